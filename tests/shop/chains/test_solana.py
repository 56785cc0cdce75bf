"""SOL through a node's JSON-RPC, over real HTTP."""

from decimal import Decimal

import pytest
from werkzeug.wrappers import Response

from shop.assets import SOL
from shop.chains.errors import ChainUnavailable, RateLimited, UnknownTransaction
from tests.shop.chains.lying import PREFIX, Liar, each
from tests.shop.chains.scanning import scan_to_head
from wallet import base58check
from wallet.chains import Chain


def somebody(number):
    return base58check.encode_plain(number.to_bytes(32))


ANN, BOB = somebody(10**60), somebody(10**61)


@pytest.fixture
def reader(shop):
    return shop.reader(Chain.SOL)


@pytest.fixture
def cursor(reader):
    return reader.scan([ANN, BOB], None).cursor


def test_a_payment_is_seen_under_the_same_key_by_every_look_up(chains, reader, cursor):
    txid = chains.pay("sol", ANN, Decimal("1.5"), None)
    (peeked,) = reader.peek([ANN, BOB])
    assert reader.scan([ANN, BOB], cursor).transfers == ()
    chains.mine("sol", 32)
    (scanned,) = reader.scan([ANN, BOB], cursor).transfers
    (found,) = reader.find(txid, [ANN, BOB])
    assert peeked == scanned == found
    assert (found.txid, found.index, found.asset, found.units) == (txid, ANN, SOL, 1_500_000_000)


def test_a_payment_is_final_32_slots_later(chains, reader):
    chains.pay("sol", ANN, Decimal(1), None)
    (seen,) = reader.peek([ANN])
    assert reader.head().finalized < seen.block_height <= reader.head().latest
    chains.mine("sol", 32)
    assert seen.block_height <= reader.head().finalized


def test_one_transaction_may_pay_several_customers(chains, reader):
    chains.pay_many("sol", [(ANN, Decimal(1)), (BOB, Decimal(2)), (ANN, Decimal(3))])
    assert {(t.address, t.units) for t in reader.peek([ANN, BOB])} == {(ANN, 4 * 10**9), (BOB, 2 * 10**9)}


@pytest.mark.parametrize("version", ["legacy", 0, 1])
def test_transactions_of_every_version_are_read(chains, reader, version):
    chains.sol.include([(ANN, 10**9)], version=version)
    assert [t.units for t in reader.peek([ANN])] == [10**9]


def test_a_failed_transaction_is_ignored(chains, reader):
    chains.sol.include([(ANN, 10**9)])
    txid = chains.sol.include([(ANN, 5 * 10**9)], failed=True)
    assert [t.units for t in reader.peek([ANN])] == [10**9]
    assert reader.find(txid, [ANN]) == ()


def test_an_account_that_pays_the_fee_is_still_credited_what_it_received(chains, reader):
    chains.sol.include([(ANN, 10**9)])
    txid = chains.sol.include([(ANN, 0)], payer=ANN)
    assert reader.find(txid, [ANN]) == ()


def test_a_zero_transfer_is_ignored(chains, reader):
    assert reader.find(chains.sol.include([(ANN, 0), (BOB, 5)]), [ANN]) == ()


def test_a_second_look_costs_one_request_for_a_hundred_addresses(chains, reader):
    crowd = [somebody(10**62 + i) for i in range(100)]
    chains.pay("sol", crowd[3], Decimal(1), None)
    first = reader.peek(crowd)
    before = chains.routes.questions["solana"]
    assert reader.peek(crowd) == first
    assert chains.routes.questions["solana"] - before == 1


def test_only_the_new_one_of_two_payments_is_looked_up(chains, reader):
    chains.pay("sol", ANN, Decimal(1), None)
    reader.peek([ANN])
    chains.pay("sol", ANN, Decimal(2), None)
    before = chains.routes.questions["solana"]
    assert sorted(t.units for t in reader.peek([ANN])) == [10**9, 2 * 10**9]
    assert chains.routes.questions["solana"] - before == 3


def test_days_of_downtime_miss_nothing(chains, reader, cursor, clock):
    paid = set()
    for _ in range(130):
        paid.add(chains.pay("sol", ANN, Decimal(1), None))
        chains.mine("sol", 4_000)
    found = set()
    for _ in range(3):  # not more is looked up in one turn
        some, cursor = scan_to_head(reader, [ANN, BOB], cursor)
        found |= {transfer.txid for transfer in some}
        clock.pass_s(60)
    assert found == paid


def test_old_payments_are_not_looked_up_again_after_a_restart(chains, shop, reader, cursor):
    for _ in range(20):
        chains.pay("sol", ANN, Decimal(1), None)
    chains.mine("sol", 5_000)
    cursor = reader.scan([ANN], cursor).cursor
    chains.mine("sol", 5_000)
    cursor = reader.scan([ANN], cursor).cursor
    restarted = shop.reader(Chain.SOL)
    before = chains.routes.questions["solana"]
    assert restarted.scan([ANN], cursor).transfers == ()
    assert chains.routes.questions["solana"] - before <= 4


def test_an_unreadable_address_is_still_due_after_a_restart(chains, shop, front):
    is_unreadable = True

    @each
    def unreadable(question, answer):
        if is_unreadable and question["method"] == "getSignaturesForAddress" and question["params"][0] == ANN:
            return {"jsonrpc": "2.0", "id": question["id"], "error": {"code": -32015, "message": "version (9)"}}
        return answer

    (url,) = shop.settings.servers[Chain.SOL]
    front.app = Liar(front.app.wsgi_app, unreadable)
    urls = (url.replace(front.url, front.url + PREFIX),)
    reader = shop.reader(Chain.SOL, urls)
    cursor = reader.scan([ANN, BOB], None).cursor
    txid = chains.pay("sol", ANN, Decimal(1), None)
    cursors = []
    for _ in range(4):
        chains.mine("sol", 2_000)
        cursor = reader.scan([ANN, BOB], cursor).cursor
        cursors.append(cursor)
    assert len({cursor.split(":")[0] for cursor in cursors}) == 1, "it goes no further back, and stays there"
    is_unreadable = False
    restarted = shop.reader(Chain.SOL, urls)
    scan = restarted.scan([ANN, BOB], cursor)
    assert [found.txid for found in scan.transfers] == [txid]
    assert scan.cursor == f"{scan.head.finalized}:{scan.head.finalized}:", "nothing is due any more"


def test_a_scan_continues_where_the_last_one_stopped(chains, reader):
    crowd = sorted(somebody(10**62 + i) for i in range(4_500))
    cursor = reader.scan(crowd, None).cursor
    paid = {chains.pay("sol", crowd[i], Decimal(1), None) for i in (5, 2_500, 4_499)}
    chains.mine("sol", 32)
    found = set()
    for _ in range(4):
        before = chains.routes.questions["solana"]
        scan = reader.scan(crowd, cursor)
        assert chains.routes.questions["solana"] - before <= 26
        found |= {t.txid for t in scan.transfers}
        cursor = scan.cursor
    assert found == paid


def test_a_dropped_fork_takes_its_payment_with_it(chains, reader):
    txid = chains.pay("sol", ANN, Decimal(1), None)
    assert reader.peek([ANN])
    chains.drop("sol", txid)
    assert reader.peek([ANN]) == ()
    with pytest.raises(UnknownTransaction) as refused:
        reader.find(txid, [ANN])
    assert refused.value.chain is Chain.SOL


@pytest.mark.parametrize("kind", ["error500", "ratelimit429", "forbidden403", "html", "error_body", "truncated"])
def test_a_failing_node_is_left_alone_and_proves_nothing(chains, reader, kind):
    reader.head()
    chains.fault("solana-primary", kind, 1)
    with pytest.raises(ChainUnavailable) as refused:
        reader.peek([ANN])
    assert refused.value.chain is Chain.SOL


@pytest.mark.parametrize("text", ["", "abc", "0" * 88, "1" * 64])
def test_text_that_is_not_a_transaction_id_is_unknown(reader, chains, text):
    with pytest.raises(UnknownTransaction) as refused:
        reader.find(text, [ANN])
    assert refused.value.chain is Chain.SOL


def test_a_payment_of_old_does_not_explain_a_balance_to_those_who_wait(chains, shop, front):
    lamports, hidden = None, ""

    @each
    def change(question, answer):
        if question["method"] == "getMultipleAccounts":
            shown = [
                None if lamports is None else (item or {}) | {"lamports": lamports}
                for item in answer["result"]["value"]
            ]
            return answer | {"result": answer["result"] | {"value": shown}}
        if question["method"] == "getSignaturesForAddress":
            return answer | {"result": [item for item in answer["result"] if item["signature"] != hidden]}
        return answer

    chains.pay("sol", ANN, Decimal(1), None)
    chains.mine("sol", 5_000)
    (url,) = shop.settings.servers[Chain.SOL]
    front.app = Liar(front.app.wsgi_app, change)
    reader = shop.reader(Chain.SOL, (url.replace(front.url, front.url + PREFIX),))
    assert reader.peek([ANN]) == (), "it was swept since"
    lamports, hidden = 10**9, chains.pay("sol", ANN, Decimal(1), None)
    assert hidden not in {found.txid for found in reader.peek([ANN])}, "the balance is ahead of the list"
    paid, hidden = hidden, ""
    assert paid in {found.txid for found in reader.peek([ANN])}


def test_a_payment_found_before_a_node_failed_is_found_again(chains, shop, front, clock):
    def fail_once(_question, answer):
        failing = len(node.questions) == 4  # the head, a hundred balances, one history, and now the other balances
        return Response(status=500) if failing else answer

    (url,) = shop.settings.servers[Chain.SOL]
    front.app = node = Liar(front.app.wsgi_app, fail_once)
    reader = shop.reader(Chain.SOL, (url.replace(front.url, front.url + PREFIX),))
    reader.head()
    node.questions.clear()
    crowd = sorted(somebody(10**62 + i) for i in range(150))
    cursor = reader.scan(crowd, None).cursor
    txid = chains.pay("sol", crowd[3], Decimal(1), None)
    chains.mine("sol", 32)
    node.questions.clear()
    with pytest.raises(ChainUnavailable) as refused:
        reader.scan(crowd, cursor)
    assert refused.value.chain is Chain.SOL
    assert "getSignaturesForAddress" in str(node.questions), "the payment had been found"
    clock.pass_s(60)
    assert [t.txid for t in reader.scan(crowd, cursor).transfers] == [txid]


def test_a_payment_that_could_not_be_stored_is_found_again(chains, reader, cursor):
    txid = chains.pay("sol", ANN, Decimal(1), None)
    chains.mine("sol", 32)
    for _ in range(2):  # the caller keeps the cursor only after it has stored everything
        assert [t.txid for t in reader.scan([ANN, BOB], cursor).transfers] == [txid]


def test_payments_below_an_old_balance_are_still_read_after_a_look_that_was_broken_off(chains, shop, front, clock):
    is_old, limits = True, [False, True]

    @each
    def change(question, answer):
        if question["method"] == "getMultipleAccounts" and is_old:
            return answer | {"result": answer["result"] | {"value": [None] * len(question["params"][0])}}
        if question["method"] == "getTransaction" and limits and limits.pop(0):
            return Response(status=429)
        return answer

    (url,) = shop.settings.servers[Chain.SOL]
    front.app = Liar(front.app.wsgi_app, change)
    reader = shop.reader(Chain.SOL, (url.replace(front.url, front.url + PREFIX),))
    cursor = reader.scan([ANN, BOB], None).cursor
    paid = {chains.pay("sol", ANN, Decimal(1), None) for _ in range(2)}
    chains.mine("sol", 40)
    cursor = reader.scan([ANN, BOB], cursor).cursor
    is_old = False
    with pytest.raises(ChainUnavailable) as refused:
        reader.scan([ANN, BOB], cursor)
    assert isinstance(refused.value.failures[0], RateLimited)
    clock.pass_s(120)
    scan = reader.scan([ANN, BOB], cursor)
    assert {found.txid for found in scan.transfers} == paid
    assert reader.status().unread == ""
