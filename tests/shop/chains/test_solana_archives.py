"""SOL at nodes without an archive: what they no longer list, and how the shop finds out."""

from decimal import Decimal

import pytest
from werkzeug.wrappers import Response

from shop.chains.http import Endpoint
from shop.chains.servers import Provider
from shop.chains.solana_client import Signature, SolanaClient
from tests.shop.chains.lying import PREFIX, Liar, each
from wallet import base58check
from wallet.chains import Chain


def somebody(number):
    return base58check.encode_plain(number.to_bytes(32))


ANN, BOB = somebody(10**60), somebody(10**61)


def while_off(chains, shop, amount=1):
    """Let a payment come while the shop is off for so long that a node without an archive forgets it."""
    cursor = shop.reader(Chain.SOL).scan([ANN, BOB], None).cursor
    txid = chains.pay("sol", ANN, Decimal(amount), None)
    chains.mine("sol", 90_000)
    chains.solana_node.first_slot_kept = chains.sol.height - 50_000
    return cursor, txid


def test_a_payment_that_a_node_has_forgotten_is_found_at_one_with_an_archive(chains, shop, base):
    cursor, txid = while_off(chains, shop)
    urls = (f"{base}/solana", f"{base.replace('127.0.0.1', 'localhost')}/solana-mirror")
    reader = shop.reader(Chain.SOL, urls)
    scan = reader.scan([ANN, BOB], cursor)
    assert [found.txid for found in scan.transfers] == [txid]
    assert scan.cursor == f"{scan.head.finalized}:{scan.head.finalized}:"
    before = chains.routes.questions["solana"]
    assert reader.scan([ANN, BOB], scan.cursor).transfers == ()
    assert chains.routes.questions["solana"] - before <= 3


def test_a_balance_whose_history_every_node_has_forgotten_counts_as_unread_for_a_day(chains, shop, clock):
    cursor, _ = while_off(chains, shop)
    reader, first = shop.reader(Chain.SOL), cursor.split(":")[0]
    for _ in range(3):
        newer = chains.pay("sol", BOB, Decimal(2), None)
        chains.mine("sol", 32)
        scan = reader.scan([ANN, BOB], cursor)
        cursor = scan.cursor
        assert newer in {found.txid for found in scan.transfers}, "another address is read"
        assert cursor.split(":")[0] <= first, "it goes no further while an address is unread"
        clock.pass_s(300)
    assert "history that old" in reader.status().unread
    clock.pass_s(86_400)
    scan = reader.scan([ANN, BOB], cursor)
    assert scan.cursor == f"{scan.head.finalized}:{scan.head.finalized}:"


def refusing(code, text):
    return lambda question: {"jsonrpc": "2.0", "id": question["id"], "error": {"code": code, "message": text}}


@pytest.mark.parametrize(
    "refusal",
    [
        refusing(-32601, "Method not found"),
        refusing(-32052, "API key is not allowed to access method"),
        lambda _question: Response("forbidden", status=403),
        lambda _question: Response("bad request", status=400),
    ],
)
def test_a_node_that_does_not_say_how_old_its_history_is_is_believed(chains, shop, front, refusal):
    @each
    def silent(question, answer):
        return refusal(question) if question["method"] == "getFirstAvailableBlock" else answer

    cursor, _ = while_off(chains, shop)
    (url,) = shop.settings.servers[Chain.SOL]
    front.app = node = Liar(front.app.wsgi_app, silent)
    reader = shop.reader(Chain.SOL, (url.replace(front.url, front.url + PREFIX),))
    scan = reader.scan([ANN, BOB], cursor)
    assert scan.cursor == f"{scan.head.finalized}:{scan.head.finalized}:"
    assert str(node.questions).count("getFirstAvailableBlock") == 1


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (-32000, "upstream timeout"),
        (-32004, "Block not available for slot 9"),
        (-32005, "Node is behind by 42 slots"),
        (-32014, "Block status not yet available for slot 9"),
        (-32016, "Minimum context slot has not been reached"),
        (-32603, "Internal error"),
    ],
)
def test_an_error_that_passes_does_not_make_a_short_history_whole(chains, shop, front, base, clock, code, text):
    ill = [True]

    @each
    def hiccup(question, answer):
        if question["method"] == "getFirstAvailableBlock" and ill:
            ill.pop()
            return refusing(code, text)(question)
        return answer

    cursor, txid = while_off(chains, shop)
    (url,) = shop.settings.servers[Chain.SOL]
    front.app = Liar(front.app.wsgi_app, hiccup)
    archive = f"{base.replace('127.0.0.1', 'localhost')}/solana-mirror"
    reader = shop.reader(Chain.SOL, (url.replace(front.url, front.url + PREFIX), archive))
    assert txid in {found.txid for found in reader.scan([ANN, BOB], cursor).transfers}
    assert not ill, "the error was told"


@pytest.mark.parametrize(
    "reply",
    [
        refusing(-32603, "Internal error"),
        lambda question: {"jsonrpc": "2.0", "id": question["id"], "result": None},
    ],
)
def test_a_node_whose_error_never_passes_still_shows_what_it_lists(chains, shop, front, clock, reply):
    @each
    def ill(question, answer):
        return reply(question) if question["method"] == "getFirstAvailableBlock" else answer

    cursor, _ = while_off(chains, shop)
    (url,) = shop.settings.servers[Chain.SOL]
    front.app = Liar(front.app.wsgi_app, ill)
    reader = shop.reader(Chain.SOL, (url.replace(front.url, front.url + PREFIX),))
    txid = chains.pay("sol", ANN, Decimal(2), None)
    chains.mine("sol", 32)
    scan = reader.scan([ANN, BOB], cursor)
    assert txid in {found.txid for found in scan.transfers}
    assert "history that old" in reader.status().unread
    clock.pass_s(86_400)
    scan = reader.scan([ANN, BOB], scan.cursor)
    assert scan.cursor == f"{scan.head.finalized}:{scan.head.finalized}:", "the balance has been shown for a day"


def test_what_another_node_without_an_archive_lists_is_found_beside_it(chains, shop, front, base):
    """The first one lists less and cannot say how old its history is; the second one has forgotten a part as well."""
    newer = []

    @each
    def ill(question, answer):
        if question["method"] == "getFirstAvailableBlock":
            return answer | {"result": None}
        if question["method"] == "getSignaturesForAddress":
            return answer | {"result": [item for item in answer["result"] if item["signature"] not in newer]}
        return answer

    cursor, _ = while_off(chains, shop)
    newer.append(chains.pay("sol", ANN, Decimal(2), None))
    chains.mine("sol", 32)
    (url,) = shop.settings.servers[Chain.SOL]
    front.app = Liar(front.app.wsgi_app, ill)
    second = url.replace("127.0.0.1", "localhost")
    reader = shop.reader(Chain.SOL, (url.replace(front.url, front.url + PREFIX), second))
    assert [found.txid for found in reader.scan([ANN, BOB], cursor).transfers] == newer
    assert "history that old" in reader.status().unread


@pytest.mark.parametrize(
    "refusal",
    [
        refusing(-32601, "Method not found"),
        lambda _question: Response("forbidden", status=403),
        lambda _question: Response("bad request", status=400),
    ],
)
def test_what_a_node_said_of_its_history_outlasts_a_refusal(chains, shop, front, clock, refusal):
    refuses = False

    @each
    def change(question, answer):
        return refusal(question) if refuses and question["method"] == "getFirstAvailableBlock" else answer

    (url,) = shop.settings.servers[Chain.SOL]
    front.app = Liar(front.app.wsgi_app, change)
    client = SolanaClient(Provider(Endpoint(url.replace(front.url, front.url + PREFIX)), shop.http, clock=clock))
    chains.solana_node.first_slot_kept = 7
    assert client.is_cut_short([], down_to=6)
    refuses = True
    clock.pass_s(600)
    assert client.is_cut_short([], down_to=6)


def test_a_payment_that_is_all_an_address_has_is_no_short_history(chains, shop, clock):
    cursor, _ = while_off(chains, shop)
    reader = shop.reader(Chain.SOL)
    cursor = reader.scan([ANN, BOB], cursor).cursor
    clock.pass_s(80_000)
    new = somebody(10**62)
    txid = chains.pay("sol", new, Decimal(1), None)
    chains.mine("sol", 32)
    scan = reader.scan([ANN, BOB, new], cursor)
    assert txid in {found.txid for found in scan.transfers}
    clock.pass_s(6_400)
    scan = reader.scan([ANN, BOB, new], scan.cursor)
    assert scan.cursor == f"{scan.head.finalized}:{scan.head.finalized}:", "only the forgotten one was due"


def test_an_address_with_a_forgotten_history_is_asked_less_and_less_often(chains, shop, clock):
    cursor, _ = while_off(chains, shop)
    reader, asked = shop.reader(Chain.SOL), []
    for _ in range(60):
        before = chains.routes.questions["solana"]
        cursor = reader.scan([ANN, BOB], cursor).cursor
        asked.append(chains.routes.questions["solana"] - before > 2)
        clock.pass_s(60)
    assert asked[0]
    assert 4 < sum(asked) < 30


def test_how_old_a_nodes_history_is_is_asked_once_in_ten_minutes(chains, shop, clock, base):
    provider = Provider(Endpoint(f"{base}/solana"), shop.http, clock=clock)
    client = SolanaClient(provider)
    chains.solana_node.first_slot_kept = 7
    assert client.is_cut_short([], down_to=6)
    asked = provider.asked
    assert not client.is_cut_short([], down_to=7)
    assert client.is_cut_short([Signature("a", 6, failed=False)], down_to=6)
    assert not client.is_cut_short([Signature("a", 5, failed=False)], down_to=6)
    assert provider.asked == asked
    clock.pass_s(600)
    assert client.is_cut_short([], down_to=6)
    assert provider.asked == asked + 1
