"""Bitcoin and Litecoin through Esplora servers, over real HTTP."""

import re
from decimal import Decimal

import pytest
from werkzeug.wrappers import Response

from shop.assets import BTC, LTC
from shop.chains.errors import BadAnswer, ChainUnavailable, NotFound, UnknownTransaction
from shop.chains.esplora_client import EsploraClient
from shop.chains.http import Endpoint
from shop.chains.proof.proof_client import ProofClient
from shop.chains.servers import Provider
from wallet.addresses import Kind, ValidAddress, encode
from wallet.chains import Chain

ANN = "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu"
BOB = "bc1qnjg0jd8228aq7egyzacy8cys3knf9xvrerkf9g"
LTC_ANN = "ltc1qjmxnz78nmc8nq77wuxh25n2es7rzm5c2rkk4wh"


def keys(transfers):
    return [(t.txid, t.index) for t in transfers]


@pytest.fixture
def reader(shop):
    return shop.reader(Chain.BTC)


def scan_to_head(reader, addresses, cursor):
    found = []
    while True:
        scan = reader.scan(addresses, cursor)
        found += scan.transfers
        if scan.cursor == cursor or not scan.behind:
            return found, scan.cursor
        cursor = scan.cursor


def test_a_payment_is_seen_while_it_is_unconfirmed(chains, reader):
    txid = chains.pay("btc", ANN, Decimal("0.29"), None)
    (seen,) = reader.peek([ANN])
    assert (seen.txid, seen.address, seen.asset, seen.units) == (txid, ANN, BTC, 29_000_000)
    assert seen.block_height is None
    assert not seen.replaceable


def test_a_replaceable_payment_is_marked_until_it_is_confirmed(chains, reader):
    chains.btc.pay([(ANN, 5_000)], replaceable=True)
    assert reader.peek([ANN])[0].replaceable
    chains.mine("btc", 1)
    assert not reader.peek([ANN])[0].replaceable


def test_a_block_gives_a_payment_its_height_and_hash(chains, reader):
    chains.pay("btc", ANN, Decimal("0.1"), None)
    height = chains.mine("btc", 1)
    (seen,) = reader.peek([ANN])
    assert (seen.block_height, seen.block_hash) == (height, chains.btc.blocks[-1].hash)
    assert reader.head().latest == height


def test_two_outputs_of_one_transaction_are_two_payments(chains, reader):
    chains.pay_many("btc", [(ANN, Decimal("0.1")), (ANN, Decimal("0.1")), (BOB, Decimal("0.2"))])
    chains.mine("btc", 1)
    seen = reader.peek([ANN, BOB])
    assert sorted(t.units for t in seen) == [10_000_000, 10_000_000, 20_000_000]
    assert len(set(keys(seen))) == 3


def test_every_look_up_gives_a_payment_the_same_key(chains, reader):
    cursor = reader.scan([ANN, BOB], None).cursor
    txid = chains.pay_many("btc", [(ANN, Decimal(1)), (BOB, Decimal(2)), (ANN, Decimal(3))])
    waiting = reader.peek([ANN, BOB])
    chains.mine("btc", 1)
    scanned = reader.scan([ANN, BOB], cursor).transfers
    assert set(keys(waiting)) == set(keys(scanned)) == set(keys(reader.find(txid, [ANN, BOB])))
    assert len(set(keys(scanned))) == 3


def test_a_scan_costs_the_same_for_one_customer_or_a_thousand(chains, reader):
    crowd = [encode(ValidAddress(Chain.BTC, "", Kind.P2WPKH, i.to_bytes(20), 0)) for i in range(1_000)]
    cursor = reader.scan(crowd, None).cursor
    cursor = scan_to_head(reader, crowd, cursor)[1]
    chains.pay("btc", crowd[777], Decimal("0.5"), None)
    chains.mine("btc", 2)
    before = chains.routes.questions["btc"]
    (seen,) = reader.scan(crowd, cursor).transfers
    assert seen.address == crowd[777]
    assert chains.routes.questions["btc"] - before <= 7


def test_a_scan_at_the_head_costs_one_request(chains, reader):
    cursor = scan_to_head(reader, [ANN], reader.scan([ANN], None).cursor)[1]
    before = chains.routes.questions["btc"]
    scan = reader.scan([ANN], cursor)
    assert (scan.cursor, scan.transfers, scan.behind) == (cursor, (), 0)
    assert chains.routes.questions["btc"] - before == 1


@pytest.mark.parametrize("customers", [1, 80])
def test_days_of_downtime_miss_nothing(chains, reader, customers):
    addresses = [encode(ValidAddress(Chain.BTC, "", Kind.P2WPKH, i.to_bytes(20), 0)) for i in range(customers)]
    cursor = reader.scan(addresses, None).cursor
    paid = set()
    for _ in range(36):
        paid.add(chains.pay("btc", addresses[0], Decimal("0.01"), None))
        chains.mine("btc", 2)
    found, _ = scan_to_head(reader, addresses, cursor)
    assert {t.txid for t in found} == paid


def test_after_downtime_a_history_that_no_server_can_list_holds_up_no_other_address(chains, front, base, shop):
    """Anyone can send an address more transactions than are ever listed; blocks still show all payments."""
    reader = shop.reader(Chain.BTC, (f"{base}/btc/api", f"{base}/btc-mirror/api"))
    honest = front.app.wsgi_app

    class Unlisted:
        @staticmethod
        def wsgi_app(environ, start_response):
            if f"/address/{BOB}/txs" in environ["PATH_INFO"]:
                return Response("{}", mimetype="application/json")(environ, start_response)
            return honest(environ, start_response)

    cursor = reader.scan([BOB, ANN], None).cursor
    paid = {chains.pay("btc", address, Decimal("0.01"), None) for address in (ANN, BOB)}
    chains.mine("btc", 80)
    front.app = Unlisted
    found, _ = scan_to_head(reader, [BOB, ANN], cursor)
    assert {t.txid for t in found} == paid
    assert all(server.resting_until is None for server in reader.status().providers)


def test_a_block_that_fails_does_not_move_the_cursor_past_it(chains, reader, clock):
    cursor = scan_to_head(reader, [ANN], reader.scan([ANN], None).cursor)[1]
    txid = chains.pay("btc", ANN, Decimal(1), None)
    chains.mine("btc", 1)
    chains.fault("btc", "html", 1)
    with pytest.raises(ChainUnavailable) as refused:
        reader.scan([ANN], cursor)
    assert refused.value.chain is Chain.BTC
    chains.fault("btc", "html", 0)
    clock.pass_s(60)
    assert [t.txid for t in reader.scan([ANN], cursor).transfers] == [txid]


def test_a_reorganisation_is_read_again_from_before_the_fork(chains, reader):
    cursor = scan_to_head(reader, [ANN], reader.scan([ANN], None).cursor)[1]
    txid = chains.pay("btc", ANN, Decimal(1), None)
    chains.mine("btc", 1)
    scan = reader.scan([ANN], cursor)
    (first,) = scan.transfers
    chains.btc.reorganise(1)
    found, _ = scan_to_head(reader, [ANN], scan.cursor)
    again = next(t for t in found if t.txid == txid)
    assert (again.txid, again.index) == (first.txid, first.index)
    assert again.block_hash != first.block_hash


@pytest.mark.parametrize("depth", [1, 30, 100])
def test_a_reorganisation_is_read_again_from_the_fork_however_deep(chains, reader, depth):
    cursor = scan_to_head(reader, [ANN], None)[1]
    txid = chains.pay("btc", BOB, Decimal(1), None)
    chains.mine("btc", depth)
    cursor = scan_to_head(reader, [ANN], cursor)[1]
    chains.btc.reorganise(depth)
    assert {t.txid for t in scan_to_head(reader, [ANN, BOB], cursor)[0]} == {txid}


def test_a_transaction_removed_by_a_reorganisation_is_unknown(chains, reader):
    txid = chains.pay("btc", ANN, Decimal(1), None)
    chains.mine("btc", 1)
    assert reader.find(txid, [ANN])
    chains.drop("btc", txid)
    with pytest.raises(UnknownTransaction) as refused:
        reader.find(txid, [ANN])
    assert refused.value.txid == txid


def test_a_replaced_transaction_is_unknown_and_its_replacement_is_seen(chains, reader):
    old = chains.btc.pay([(ANN, 5_000)], replaceable=True)
    new = chains.btc.replace(old, [(ANN, 4_000)])
    assert [t.txid for t in reader.peek([ANN])] == [new]
    with pytest.raises(UnknownTransaction) as refused:
        reader.find(old, [ANN])
    assert refused.value.chain is Chain.BTC


@pytest.mark.parametrize("text", ["", "xyz", "0" * 63, "../../etc/passwd", "0" * 64])
def test_text_that_is_not_a_transaction_id_is_unknown(reader, chains, text):
    with pytest.raises(UnknownTransaction) as refused:
        reader.find(text, [ANN])
    assert refused.value.chain is Chain.BTC


def test_a_transaction_that_pays_somebody_else_pays_nothing_here(chains, reader):
    assert reader.find(chains.pay("btc", BOB, Decimal(1), None), [ANN]) == ()


def test_blocks_are_read_page_by_page_if_raw_bytes_are_refused(chains, reader):
    chains.explorers[Chain.BTC].serves_raw = False
    cursor = scan_to_head(reader, [ANN], reader.scan([ANN], None).cursor)[1]
    for _ in range(60):
        chains.pay("btc", ANN, Decimal("0.001"), None)
    chains.mine("btc", 1)
    assert len(reader.scan([ANN], cursor).transfers) == 60


def test_a_server_that_bans_the_shop_rests_longer_each_time_though_it_is_asked_for_blocks(chains, shop, base, clock):
    urls = (f"{base}/btc/api", f"{base}/btc-mirror/api")
    reader = shop.reader(Chain.BTC, urls, hand_mined=False)  # headers are not read at each scan
    cursor, rests = scan_to_head(reader, [ANN], None)[1], []
    chains.fault("btc-primary", "forbidden403", 10_000)
    for _ in range(3):
        clock.pass_s(60)
        reader.head()
        rests.append(reader.status().providers[0].resting_until - clock())
        chains.mine("btc", 1)
        clock.pass_s(rests[-1] - 10)
        reader.head()
        clock.pass_s(10)
        before = chains.routes.questions["btc"]
        cursor = scan_to_head(reader, [ANN], cursor)[1]
        assert chains.routes.questions["btc"] - before == 1, "it refuses a block"
    assert rests == [300, 600, 1_200]


def test_litecoin_recognises_a_script_under_both_spellings_of_its_address(chains, shop):
    reader = shop.reader(Chain.LTC)
    new = "MGxNPPB7eBoWPUaprtX9v9CXJZoD2465zN"
    cursor = reader.scan([new, LTC_ANN], None).cursor
    chains.pay_many("ltc", [(new, Decimal("1.5")), (LTC_ANN, Decimal(2))])
    chains.mine("ltc", 1)
    found, _ = scan_to_head(reader, [new, LTC_ANN], cursor)
    assert {(t.address, t.asset, t.units) for t in found} == {(new, LTC, 150_000_000), (LTC_ANN, LTC, 200_000_000)}


def test_a_long_history_is_read_to_its_end(chains, base, clock, shop):
    for _ in range(70):
        chains.pay("btc", ANN, Decimal("0.001"), None)
    chains.mine("btc", 1)
    client = EsploraClient(Provider(Endpoint(f"{base}/btc/api"), shop.http, clock=clock))
    assert len(client.history(ANN, down_to=0)) == 70
    assert len(client.history(ANN)) == 25


@pytest.mark.parametrize("server", ["btc", "btc-mirror"])
@pytest.mark.parametrize(("most", "count"), [(50, 49), (50, 50), (50, 60), (10, 12), (200, 210)])
def test_waiting_transactions_do_not_hide_the_ones_in_blocks(
    chains, base, clock, shop, server, most, count, monkeypatch
):
    monkeypatch.setattr("web.sandbox.chains.esplora._MEMPOOL_PAGE", most)  # a setting of the server
    paid = {chains.pay("btc", ANN, Decimal("0.001"), None) for _ in range(30)}
    chains.mine("btc", 1)
    for _ in range(count):
        chains.pay("btc", ANN, Decimal("0.001"), None)
    client = EsploraClient(Provider(Endpoint(f"{base}/{server}/api"), shop.http, clock=clock))
    history = client.history(ANN, down_to=0)
    assert {seen.txid for seen in history if seen.block_height is not None} == paid
    assert len(client.history(ANN)) == (min(most, count + 25) if server == "btc-mirror" else min(count, most) + 25)


def test_a_server_whose_pages_start_over_is_not_followed_forever(chains, base, clock, shop, monkeypatch):
    for _ in range(30):
        chains.pay("btc", ANN, Decimal("0.001"), None)
    chains.mine("btc", 1)
    monkeypatch.setattr("web.sandbox.chains.esplora.HASH", re.compile("never"))
    client = EsploraClient(Provider(Endpoint(f"{base}/btc/api"), shop.http, clock=clock))
    with pytest.raises(BadAnswer) as refused:
        client.history(ANN, down_to=0)
    assert refused.value.reason == "endless pages"


def test_a_missing_block_does_not_make_all_later_blocks_be_read_page_by_page(chains, shop, monkeypatch):
    client = ProofClient(Provider(Endpoint(shop.settings.servers[Chain.BTC][0]), shop.http, clock=shop.clock))
    chains.mine("btc", 1)
    newest = chains.btc.blocks[-1]
    with monkeypatch.context() as patched:
        patched.setattr(chains.explorers[Chain.BTC], "find_block", lambda block_hash: None)
        assert client.whole_block(Chain.BTC, newest.hash) is None
        with pytest.raises(NotFound) as refused:
            client.block_by_pages(Chain.BTC, newest.hash, scripts=())
    assert refused.value.provider == client.provider.name
    found = client.whole_block(Chain.BTC, newest.hash)
    assert found.header.hash == newest.hash
    client.block_by_pages(Chain.BTC, newest.hash, scripts=())
    before = client.provider.asked
    assert client.whole_block(Chain.BTC, newest.hash) is None
    assert client.provider.asked == before, "a server that has only pages is not asked for bytes again"
