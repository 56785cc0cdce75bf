"""USDT and TRX on TRON through TronGrid, over real HTTP."""

from dataclasses import replace
from decimal import Decimal

import pytest
from werkzeug.wrappers import Response

from shop.assets import TRX, USDT_TRC20
from shop.chains.errors import ChainUnavailable, UnknownTransaction
from shop.chains.tokens import account, address_of
from tests.shop.chains.lying import PREFIX, Liar
from tests.shop.chains.scanning import scan_to_head
from wallet.chains import Chain
from web.sandbox.chains.account_ledger import approval_event, transfer_event

ANN = "TUEZSdKsoDHQMeZwihtdoBiN46zxhGWYdH"
BOB = "TSeJkUh4Qv67VNFwY8LaAxERygNdy6NQZK"
SENDER = b"\x11" * 20
USDT = account(Chain.TRX, USDT_TRC20.contract)
ME = account(Chain.TRX, ANN)


def keys(transfers):
    return sorted((t.txid, t.index) for t in transfers)


@pytest.fixture(params=[True, False], ids=["logs", "lists"])
def reader(shop, chains, request):
    chains.tron_grid.serves_logs = request.param
    return shop.reader(Chain.TRX)


@pytest.fixture
def cursor(reader):
    return reader.scan([ANN, BOB], None).cursor


@pytest.mark.parametrize(("asset", "amount"), [(USDT_TRC20, "12.5"), (TRX, "3.000001")])
def test_each_coin_is_seen_under_the_same_key_by_every_look_up(chains, reader, cursor, asset, amount):
    txid = chains.pay("tron", ANN, Decimal(amount), asset.code)
    height = chains.tron.height
    (peeked,) = reader.peek([ANN, BOB], own_coin=[ANN])
    chains.mine("tron", 19)
    (scanned,) = reader.scan([ANN, BOB], cursor).transfers
    (found,) = reader.find(txid, [ANN, BOB])
    for transfer in (peeked, scanned, found):
        assert (transfer.txid, transfer.address, transfer.asset) == (txid, ANN, asset)
        assert (transfer.units, transfer.block_height) == (int(Decimal(amount).scaleb(6)), height)
    assert keys([peeked]) == keys([scanned]) == keys([found])


def test_a_payment_that_is_not_solid_is_seen_but_not_final(chains, reader):
    chains.pay("trx", ANN, Decimal(1), "usdt")
    head = reader.head()
    (seen,) = reader.peek([ANN])
    assert head.finalized < seen.block_height <= head.latest
    chains.mine("trx", 19)
    assert seen.block_height <= reader.head().finalized


def test_several_payments_to_an_address_in_one_transaction_are_summed(chains, reader, cursor):
    chains.pay_many("tron", [(ANN, Decimal(5)), (ANN, Decimal(5)), (BOB, Decimal(5)), (ANN, Decimal(7))], "USDT")
    chains.mine("tron", 19)
    peeked = reader.peek([ANN, BOB])
    assert {t.address: t.units for t in peeked} == {ANN: 17_000_000, BOB: 5_000_000}
    assert len(peeked) == 2
    assert keys(peeked) == keys(reader.scan([ANN, BOB], cursor).transfers)


def test_lists_and_logs_give_a_payment_the_same_key(chains, shop):
    chains.pay_many("tron", [(ANN, Decimal(5)), (ANN, Decimal(5)), (ANN, Decimal(7))], "USDT")
    by_logs = shop.reader(Chain.TRX).peek([ANN])
    chains.tron_grid.serves_logs = False
    by_lists = shop.reader(Chain.TRX).peek([ANN])
    assert keys(by_lists) == keys(by_logs)
    assert [t.units for t in by_lists] == [t.units for t in by_logs] == [17_000_000]


FAKE = b"\xfa" * 20
NOT_MONEY = {
    "a token that calls itself USDT": {"events": [transfer_event(FAKE, SENDER, ME, 10**12)]},
    "a failed transfer": {"events": [transfer_event(USDT, SENDER, ME, 10**12)], "ok": False},
    "a transfer of nothing": {"events": [transfer_event(USDT, SENDER, ME, 0)]},
    "an approval": {"events": [approval_event(USDT, SENDER, ME, 10**12)]},
    "a transfer that leaves": {"events": [transfer_event(USDT, ME, SENDER, 10**12)]},
    "a failed payment of TRX": {"to": ME, "value": 10**12, "ok": False},
    "a payment of no TRX": {"to": ME, "value": 0},
}


@pytest.mark.parametrize("case", NOT_MONEY)
def test_worthless_events_are_ignored(chains, reader, cursor, case):
    txid = chains.tron.include(**{"to": USDT, **NOT_MONEY[case]})
    chains.mine("tron", 19)
    assert reader.peek([ANN]) == ()
    assert reader.scan([ANN], cursor).transfers == ()
    assert reader.find(txid, [ANN]) == ()


def test_three_days_of_downtime_miss_nothing(chains, reader, cursor):
    paid = set()
    for _ in range(4):
        paid.add(chains.pay("tron", ANN, Decimal(1), "USDT"))
        paid.add(chains.pay("tron", BOB, Decimal(1), None))
        chains.mine("tron", 20_000)
    found, _ = scan_to_head(reader, [ANN, BOB], cursor)
    assert {t.txid for t in found} == paid


def test_a_peek_requests_only_the_trx_lists_it_is_given(chains, shop):
    reader = shop.reader(Chain.TRX)
    crowd = [address_of(Chain.TRX, i.to_bytes(20)) for i in range(1, 21)]
    paid = {address: chains.pay("tron", address, Decimal(2), "TRX") for address in crowd}
    reader.head()
    before = chains.routes.questions["tron"]
    assert {t.txid for t in reader.peek(crowd, own_coin=crowd[:3])} == {paid[address] for address in crowd[:3]}
    assert chains.routes.questions["tron"] - before == 4


def test_without_logs_the_lists_of_some_addresses_are_read_in_turn(chains, shop):
    chains.tron_grid.serves_logs = False
    reader = shop.reader(Chain.TRX)
    crowd = [address_of(Chain.TRX, i.to_bytes(20)) for i in range(1, 21)]
    paid = {chains.pay("tron", address, Decimal(2), "USDT") for address in crowd}
    found = [{t.txid for t in reader.peek(crowd)} for _ in range(5)]
    assert [len(each) for each in found] == [4] * 5
    assert set().union(*found) == paid


def test_scans_take_turns_through_all_addresses(chains, reader):
    crowd = sorted(address_of(Chain.TRX, i.to_bytes(20)) for i in range(1, 36))
    scan = reader.scan(crowd, None)
    paid = {chains.pay("tron", address, Decimal(2), "TRX") for address in crowd}
    found = set()
    for _ in range(7):
        scan = reader.scan(crowd, scan.cursor)
        found |= {t.txid for t in scan.transfers}
    assert found == paid


def test_ten_times_the_customers_cost_as_many_requests(chains, shop):
    costs = []
    for size in (2_000, 20_000):
        crowd = [address_of(Chain.TRX, i.to_bytes(20)) for i in range(1, size + 1)]
        reader = shop.reader(Chain.TRX)
        cursor = reader.scan(crowd, None).cursor
        chains.mine("tron", 20)
        before = chains.routes.questions["tron"]
        assert reader.scan(crowd, cursor).behind == 0
        costs.append(chains.routes.questions["tron"] - before)
    assert max(costs) <= 15


def test_the_cursor_waits_for_logs_while_no_server_has_them(chains, shop):
    chains.tron_grid.serves_logs = False
    reader = shop.reader(Chain.TRX)
    cursor = reader.scan([ANN], None).cursor
    chains.mine("tron", 500)
    assert reader.scan([ANN], cursor).cursor.split(":")[0] == cursor.split(":")[0]


@pytest.mark.parametrize("behind", [20, 100])
def test_logs_of_a_node_that_has_not_got_that_far_do_not_move_the_cursor(chains, shop, clock, behind):
    reader = shop.reader(Chain.TRX)
    cursor = reader.scan([ANN], None).cursor
    txid = chains.pay("tron", ANN, Decimal(1), "USDT")
    chains.mine("tron", 19)
    chains.tron_node.limits.behind = behind
    with pytest.raises(ChainUnavailable) as refused:
        reader.scan([ANN], cursor)
    assert [each.reason for each in refused.value.failures] == ["lags behind"]
    chains.tron_node.limits.behind = 19
    clock.pass_s(60)
    assert [found.txid for found in reader.scan([ANN], cursor).transfers] == [txid]


def test_a_payment_of_trx_without_a_receipt_is_replaceable(front, chains, shop):
    txid = chains.pay("tron", ANN, Decimal(1), None)
    (found,) = shop.reader(Chain.TRX).find(txid, [ANN])
    assert (found.block_height, found.replaceable) == (chains.tron.height, False)
    (url,) = shop.settings.servers[Chain.TRX]
    front.app = Liar(front.app.wsgi_app, lambda _question, answer: {} if "receipt" in answer else answer)
    (found,) = shop.reader(Chain.TRX, (url.replace(front.url, front.url + PREFIX),)).find(txid, [ANN])
    assert (found.block_height, found.replaceable) == (None, True)


class Forgetful:
    """Answers 404 to requests for JSON-RPC while it is told to."""

    def __init__(self):
        self.is_without_rpc = False
        self.asked = 0

    def __call__(self, question, answer):
        is_rpc = isinstance(question, list) or "method" in (question or {})
        self.asked += is_rpc
        return Response("not found", status=404) if is_rpc and self.is_without_rpc else answer


@pytest.fixture
def forgetful(front, chains, shop):
    """Make a reader whose first server is forgetful, and whose second one is not, if there is one."""

    def make(*, alone=False):
        (url,) = shop.settings.servers[Chain.TRX]
        forgetful = Forgetful()
        front.app = Liar(front.app.wsgi_app, forgetful)
        urls = (url.replace(front.url, front.url + PREFIX), url)
        reader = shop.reader(Chain.TRX, urls[:1] if alone else urls)
        reader.head()
        return forgetful, reader

    return make


def test_if_a_server_has_no_logs_another_one_is_asked_for_them_before_any_list(chains, forgetful):
    first, reader = forgetful()
    crowd = [address_of(Chain.TRX, i.to_bytes(20)) for i in range(1, 21)]
    cursor = reader.scan(crowd, None).cursor
    first.is_without_rpc = True
    paid = {chains.pay("tron", address, Decimal(2), "USDT") for address in crowd}
    assert {transfer.txid for transfer in reader.peek(crowd)} == paid
    chains.mine("tron", 19)
    scan = reader.scan(crowd, cursor)
    assert {transfer.txid for transfer in scan.transfers} == paid
    assert scan.cursor.split(":")[0] == str(reader.head().finalized)


def test_a_server_without_json_rpc_is_asked_for_it_again_after_an_hour_and_logged_once(
    chains, clock, forgetful, caplog
):
    first, reader = forgetful()
    first.is_without_rpc = True
    for _ in range(3):
        reader.peek([ANN])
        clock.pass_s(3_599)
        asked = first.asked
        reader.peek([ANN])
        assert first.asked == asked
        clock.pass_s(1)
    assert [record.getMessage() for record in caplog.records] == ["TRX: 127.0.0.1 (1) has no JSON-RPC"]
    first.is_without_rpc = False
    asked = first.asked
    reader.peek([ANN])
    reader.peek([ANN])
    assert first.asked == asked + 2


def test_balances_come_from_a_server_that_has_them_and_from_none_if_no_server_does(chains, forgetful):
    first, reader = forgetful()
    first.is_without_rpc = True
    chains.tron.include(to=USDT, internal=((ME, 5),))
    assert [(each.address, each.units) for each in reader.balances([ANN, BOB])] == [(ANN, 5), (BOB, 0)]
    first, reader = forgetful(alone=True)
    first.is_without_rpc = True
    for _ in range(2):
        with pytest.raises(ChainUnavailable) as refused:
            reader.balances([ANN])
        assert refused.value.chain is Chain.TRX


@pytest.mark.parametrize("kind", ["error500", "ratelimit429", "forbidden403", "html", "error_body", "drop"])
def test_a_peek_at_a_failing_server_proves_nothing(chains, reader, kind):
    chains.pay("tron", ANN, Decimal(1), "USDT")
    reader.head()
    chains.fault("tron-primary", kind, 4)
    with pytest.raises(ChainUnavailable) as refused:
        reader.peek([ANN])
    assert refused.value.chain is Chain.TRX
    assert not reader.status().ok


@pytest.mark.parametrize("kind", ["error500", "ratelimit429", "forbidden403", "html", "error_body", "drop", "stale"])
def test_a_scan_of_a_failing_server_proves_nothing(chains, reader, cursor, kind):
    reader.head()
    chains.fault("tron-primary", kind, 4)
    with pytest.raises(ChainUnavailable) as refused:
        reader.scan([ANN], cursor)
    assert refused.value.chain is Chain.TRX
    assert not reader.status().ok


def test_a_vanished_transaction_is_unknown(chains, reader):
    txid = chains.pay("tron", ANN, Decimal(1), "USDT")
    chains.drop("tron", txid)
    with pytest.raises(UnknownTransaction) as refused:
        reader.find(txid, [ANN])
    assert refused.value.txid == txid


def test_the_key_is_sent_as_a_header_and_never_shown(chains, shop):
    reader = shop.reader(Chain.TRX, trongrid_api_key="a-secret-key")
    chains.fault("tron-primary", "error500", 2)
    with pytest.raises(ChainUnavailable) as refused:
        reader.head()
    assert "a-secret-key" not in f"{refused.value!r} {refused.value} {reader.status()}"
    assert "a-secret-key" not in repr(replace(shop.settings, trongrid_api_key="a-secret-key"))
