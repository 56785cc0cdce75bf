"""USDT, USDC and ETH on Ethereum through a node's JSON-RPC and through Ethplorer, over real HTTP."""

from decimal import Decimal

import pytest

from shop.assets import ETH, USDC_ERC20, USDT_ERC20
from shop.chains.errors import ChainUnavailable, UnknownTransaction
from shop.chains.tokens import account, address_of
from tests.shop.chains.scanning import scan_to_head
from wallet.chains import Chain
from web.sandbox.chains.account_ledger import Event, approval_event, transfer_event, word

ANN = "0x9858EfFD232B4033E47d90003D41EC34EcaEda94"
BOB = "0x6Fac4D18c912343BF86fa7049364Dd4E424Ab9C0"
SENDER = b"\x11" * 20
USDT = account(Chain.ETH, USDT_ERC20.contract)


def keys(transfers):
    return {(t.txid, t.index) for t in transfers}


@pytest.fixture
def reader(shop):
    return shop.reader(Chain.ETH)


@pytest.fixture
def cursor(reader):
    return scan_to_head(reader, [ANN, BOB], None)[1]


@pytest.mark.parametrize(
    ("asset", "amount"), [(USDT_ERC20, "12.5"), (USDC_ERC20, "0.01"), (ETH, "12.000000000000000001")]
)
def test_each_coin_is_seen_under_the_same_key_by_every_look_up(chains, reader, cursor, asset, amount):
    txid = chains.pay("eth", ANN, Decimal(amount), asset.code)
    (peeked,) = reader.peek([ANN, BOB])
    (scanned,) = reader.scan([ANN, BOB], cursor).transfers
    (found,) = reader.find("0x" + txid, [ANN, BOB])
    for transfer in (peeked, scanned, found):
        assert (transfer.txid, transfer.address, transfer.asset) == (txid, ANN, asset)
        assert transfer.units == int(Decimal(amount).scaleb(asset.decimals))
        assert (transfer.block_height, transfer.block_hash) == (
            chains.eth.height,
            chains.eth.block_hash(chains.eth.height),
        )
    assert keys([peeked]) == keys([scanned]) == keys([found])


def test_the_head_includes_safe_and_final_blocks(chains, reader):
    head = reader.head()
    assert (head.latest - head.safe, head.latest - head.finalized) == (32, 64)


def test_a_node_without_safe_and_final_blocks_still_has_a_head(chains, reader):
    chains.eth_node.limits.knows_final = False
    head = reader.head()
    assert (head.latest, head.safe, head.finalized) == (chains.eth.height, None, None)


def test_several_payments_to_an_address_in_one_transaction_are_summed(chains, reader, cursor):
    payments = [(ANN, Decimal(5)), (ANN, Decimal(5)), (BOB, Decimal(5)), (ANN, Decimal(7))]
    chains.pay_many("eth", payments, "USDT")
    peeked = reader.peek([ANN, BOB])
    assert {t.address: t.units for t in peeked} == {ANN: 17_000_000, BOB: 5_000_000}
    assert len(peeked) == 2
    assert keys(peeked) == keys(reader.scan([ANN, BOB], cursor).transfers)


def test_a_reorganisation_changes_positions_but_not_keys(chains, reader, cursor):
    chains.pay_many("eth", [(ANN, Decimal(5)), (ANN, Decimal(5))], "USDT")
    scan = reader.scan([ANN], cursor)
    chains.eth.reorganise(1)
    again = reader.scan([ANN], scan.cursor)
    assert keys(again.transfers) == keys(scan.transfers)
    assert {t.block_hash for t in again.transfers} != {t.block_hash for t in scan.transfers}


def test_eth_in_a_reorganised_block_is_found_again(chains, reader, cursor):
    txid = chains.pay("eth", ANN, Decimal(1), None)
    scan = reader.scan([ANN], cursor)
    chains.eth.reorganise(1)
    found, _ = scan_to_head(reader, [ANN], scan.cursor)
    assert [(t.txid, t.block_hash) for t in found] == [(txid, chains.eth.block_hash(chains.eth.height - 1))]


def test_a_deep_reorganisation_is_read_again_in_full(chains, reader, cursor):
    paid = []
    for _ in range(4):
        paid.append(chains.pay("eth", ANN, Decimal(1), None))
        chains.mine("eth", 1)
    reader.peek([ANN])
    scan = reader.scan([ANN], cursor)
    assert [t.txid for t in scan.transfers] == paid
    chains.eth.reorganise(7)
    chains.eth.transactions.pop(paid[2])
    paid.append(chains.pay("eth", ANN, Decimal(1), None))
    found, _ = scan_to_head(reader, [ANN], scan.cursor)
    assert [t.txid for t in found] == [paid[0], paid[1], paid[3], paid[4]]
    assert all(t.block_hash == chains.eth.block_hash(t.block_height) for t in found)
    assert {t.txid for t in reader.peek([ANN])} == {t.txid for t in found}


def test_a_dropped_transaction_is_unknown(chains, reader):
    txid = chains.pay("eth", ANN, Decimal(1), "USDT")
    assert reader.peek([ANN])
    chains.drop("eth", txid)
    with pytest.raises(UnknownTransaction) as refused:
        reader.find(txid, [ANN])
    assert refused.value.chain is Chain.ETH
    assert reader.peek([ANN]) == ()


def test_an_unconfirmed_transaction_has_no_block_and_is_replaceable(chains, reader):
    txid = chains.eth.include(to=account(Chain.ETH, ANN), value=10**18, pending=True)
    (found,) = reader.find(txid, [ANN])
    assert (found.units, found.block_height, found.replaceable) == (10**18, None, True)
    chains.mine("eth", 1)
    (found,) = reader.find(txid, [ANN])
    assert (found.block_height, found.replaceable) == (chains.eth.height, False)


FAKE = b"\xfa" * 20
NOT_MONEY = {
    "a token that calls itself USDT": {"events": [transfer_event(FAKE, SENDER, account(Chain.ETH, ANN), 10**12)]},
    "a failed transfer": {"events": [transfer_event(USDT, SENDER, account(Chain.ETH, ANN), 10**12)], "ok": False},
    "a transfer of nothing": {"events": [transfer_event(USDT, SENDER, account(Chain.ETH, ANN), 0)]},
    "an approval": {"events": [approval_event(USDT, SENDER, account(Chain.ETH, ANN), 10**12)]},
    "a transfer that leaves": {"events": [transfer_event(USDT, account(Chain.ETH, ANN), SENDER, 10**12)]},
    "an NFT": {
        "events": [Event(USDT, (*transfer_event(USDT, SENDER, account(Chain.ETH, ANN), 1).topics, word(b"\1")), b"")]
    },
    "more data than an amount": {
        "events": [Event(USDT, transfer_event(USDT, SENDER, account(Chain.ETH, ANN), 1).topics, bytes(63) + b"\1")]
    },
    "a recipient with something in front": {
        "events": [Event(USDT, (word(b""), word(SENDER), b"\1" * 12 + account(Chain.ETH, ANN)), (5).to_bytes(32))]
    },
    "a failed payment of ETH": {"to": account(Chain.ETH, ANN), "value": 10**20, "ok": False},
    "a payment of no ETH": {"to": account(Chain.ETH, ANN), "value": 0},
}


@pytest.mark.parametrize("case", NOT_MONEY)
def test_worthless_events_are_ignored(chains, reader, cursor, case):
    txid = chains.eth.include(**{"to": USDT, **NOT_MONEY[case]})
    assert reader.peek([ANN]) == ()
    assert reader.scan([ANN], cursor).transfers == ()
    assert reader.find(txid, [ANN]) == ()


def test_eth_sent_by_a_contract_shows_only_in_the_balance(chains, reader):
    chains.eth.include(to=USDT, internal=[(account(Chain.ETH, ANN), 10**18)])
    chains.mine("eth", 64)
    assert reader.peek([ANN]) == ()
    assert [(each.address, each.units) for each in reader.balances([ANN, BOB])] == [(ANN, 10**18), (BOB, 0)]


@pytest.mark.parametrize("most", [10, 100, 1_000])
def test_a_node_that_allows_few_blocks_per_request_is_asked_for_fewer(chains, reader, cursor, most):
    chains.eth_node.limits.blocks = most
    paid = set()
    for _ in range(4):
        paid.add(chains.pay("eth", BOB, Decimal(3), "USDC"))
        chains.mine("eth", 180)
    found, _ = scan_to_head(reader, [ANN, BOB], cursor)
    assert {t.txid for t in found} == paid


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (-32614, "eth_getLogs is limited to a {most} range"),
        (-32602, "range 500 exceeds limit of {most}"),
        (-32600, "You can make eth_getLogs requests with up to a {most} block range"),
        (-32000, "block range is too wide (maximum {most})"),
    ],
)
def test_every_providers_wording_for_too_wide_is_understood(chains, reader, cursor, code, text):
    limits = chains.eth_node.limits
    limits.blocks, limits.range_code, limits.range_text = 10, code, text
    txid = chains.pay("eth", ANN, Decimal(3), "USDC")
    chains.mine("eth", 100)
    assert [t.txid for t in scan_to_head(reader, [ANN], cursor)[0]] == [txid]


def test_too_many_results_are_requested_in_parts(chains, reader, cursor):
    chains.eth_node.limits.results = 3
    paid = {chains.pay("eth", ANN, Decimal(1), "USDT") for _ in range(12)}
    found, _ = scan_to_head(reader, [ANN], cursor)
    assert {t.txid for t in found} == paid


def test_a_node_that_takes_no_batches_gets_single_requests(chains, reader):
    chains.eth_node.limits.batch = 0
    chains.pay("eth", ANN, Decimal(1), None)
    assert [t.asset for t in reader.peek([ANN])] == [ETH]


def test_three_days_of_downtime_miss_nothing(chains, reader, cursor):
    first = chains.pay("eth", ANN, Decimal(1), "USDT")
    chains.mine("eth", 1_500)
    native = chains.pay("eth", BOB, Decimal(1), None)
    chains.mine("eth", 1_500)
    found, _ = scan_to_head(reader, [ANN, BOB], cursor)
    assert {t.txid for t in found} == {first, native}


def test_ten_times_the_customers_cost_as_many_requests(chains, shop):
    def crowd(size):
        return [address_of(Chain.ETH, i.to_bytes(20)) for i in range(1, size + 1)]

    costs = []
    for size in (2_000, 20_000):
        reader, addresses = shop.reader(Chain.ETH), crowd(size)
        cursor = reader.scan(addresses, None).cursor
        chains.mine("eth", 5)
        before = chains.routes.questions["eth"]
        assert reader.scan(addresses, cursor).behind == 0
        costs.append(chains.routes.questions["eth"] - before)
    assert max(costs) <= 4


def test_no_logs_are_requested_if_no_address_is_watched(chains, reader):
    chains.pay("eth", ANN, Decimal(1), "USDT")
    assert reader.peek([]) == ()
    assert reader.scan([], None).transfers == ()


def test_ethplorer_takes_over_for_tokens_when_no_node_answers(chains, reader):
    txid = chains.pay_many("eth", [(ANN, Decimal(5)), (ANN, Decimal(5)), (BOB, Decimal(5))], "USDT")
    chains.eth.include(to=FAKE, events=[transfer_event(FAKE, SENDER, account(Chain.ETH, ANN), 10**12)])
    names = keys(reader.peek([ANN]))
    chains.fault("eth-primary", "error500", 100)
    found = reader.peek([ANN])
    assert keys(found) == names
    assert len(names) == 1
    assert {t.units for t in found} == {10_000_000}
    assert {t.block_height for t in found} == {chains.eth.height - 1}
    assert keys(reader.find(txid, [ANN])) == names
    assert [bool(p.resting_until) for p in reader.status().providers] == [True, False]


def test_a_transaction_missing_from_ethplorer_is_not_taken_as_gone(chains, reader):
    native = chains.pay("eth", ANN, Decimal(1), None)
    chains.fault("eth-primary", "error500", 100)
    head = reader.head()
    assert (head.latest, head.safe, head.finalized) == (chains.eth.height, None, None)
    for txid in (native, "0" * 64):
        with pytest.raises(ChainUnavailable) as refused:
            reader.find(txid, [ANN])
        assert refused.value.chain is Chain.ETH


@pytest.mark.parametrize("kind", ["error500", "ratelimit429", "forbidden403", "html", "error_body", "drop", "stale"])
def test_a_failing_node_is_left_alone_and_proves_nothing(chains, shop, cursor, kind):
    reader = shop.reader(Chain.ETH, ethplorer_url="")
    chains.pay("eth", ANN, Decimal(1), "USDT")
    reader.head()
    chains.fault("eth-primary", kind, 5)
    with pytest.raises(ChainUnavailable) as refused:
        reader.scan([ANN], cursor)
    assert refused.value.chain is Chain.ETH
    assert not reader.status().ok


def test_the_mirror_answers_when_the_first_node_fails_halfway(chains, shop, base, cursor):
    reader = shop.reader(Chain.ETH, (f"{base}/eth", f"{base}/eth-mirror"))
    txid = chains.pay("eth", ANN, Decimal(1), "USDT")
    chains.fault("eth-primary", "html", 1)
    assert [t.txid for t in reader.scan([ANN], cursor).transfers] == [txid]


@pytest.mark.parametrize("text", ["", "0x12", "z" * 64, "0x" + "0" * 64])
def test_text_that_is_not_a_transaction_id_is_unknown(chains, reader, text):
    with pytest.raises(UnknownTransaction) as refused:
        reader.find(text, [ANN])
    assert refused.value.chain is Chain.ETH


def test_a_node_that_has_the_block_but_not_its_receipts_is_not_believed(chains, reader, clock, cursor):
    txid = chains.pay("eth", ANN, Decimal(1), None)
    receipt = chains.eth_node.methods["eth_getTransactionReceipt"]
    chains.eth_node.methods["eth_getTransactionReceipt"] = lambda _txid: None
    with pytest.raises(ChainUnavailable) as refused:
        reader.scan([ANN, BOB], cursor)
    assert "receipt" in str(refused.value)
    chains.eth_node.methods["eth_getTransactionReceipt"] = receipt
    clock.pass_s(60)
    assert [t.txid for t in reader.scan([ANN, BOB], cursor).transfers] == [txid]
