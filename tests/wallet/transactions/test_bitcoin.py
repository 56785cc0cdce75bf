"""Reading Bitcoin and Litecoin transactions: mined ones, other wallets' ones, and bytes that are not transactions."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.wallet.published import load
from wallet.chains import Chain
from wallet.errors import WalletError
from wallet.transactions import bitcoin, wire
from wallet.transactions.bitcoin import MAX_MONEY, Input, OutPoint, Output, Transaction
from wallet.transactions.wire import Flaw, MalformedTransaction

CHAINS = [Chain.BTC, Chain.LTC]
MINED = load("litecoin_mined")["vectors"]
MADE = [vector for vector in load("bitcoin_transactions")["vectors"] if vector["kind"] == "signed"]

VERSION, LOCKTIME = "02000000", "11000000"
INPUT = "aa" * 32 + "01000000" + "00" + "fdffffff"
OTHER_INPUT = "bb" * 32 + "01000000" + "00" + "fdffffff"
OUTPUT = "e803000000000000" + "16" + "0014" + "cc" * 20
WITNESS = "02" + "02abcd" + "01ef"
PLAIN = VERSION + "01" + INPUT + "01" + OUTPUT + LOCKTIME
SEGWIT = VERSION + "0001" + "01" + INPUT + "01" + OUTPUT + WITNESS + LOCKTIME


def refused(raw, chain=Chain.BTC):
    with pytest.raises(MalformedTransaction) as refusal:
        bitcoin.parse(chain, bytes.fromhex(raw))
    return refusal.value.flaw


@pytest.mark.parametrize("vector", MINED, ids=lambda vector: vector["txid"][:8])
def test_mined_litecoin_transactions_have_the_nodes_identifiers_sizes_and_outputs(vector):
    transaction = bitcoin.parse(Chain.LTC, bytes.fromhex(vector["raw"]))
    assert [transaction.txid, transaction.wtxid] == [vector["txid"], vector["wtxid"]]
    assert [transaction.weight, transaction.vsize] == [vector["weight"], vector["vsize"]]
    assert [transaction.version, transaction.locktime] == [vector["version"], vector["locktime"]]
    assert [[paid.value, paid.script_pubkey.hex()] for paid in transaction.outputs] == vector["outputs"]
    assert transaction.is_coinbase == (vector["position"] == 0)
    if vector["raw"][8:12] != "0008":
        assert transaction.serialise().hex() == vector["raw"]


@pytest.mark.parametrize("vector", MADE, ids=lambda vector: vector["name"])
def test_other_wallets_transactions_are_read_and_written_unchanged(vector):
    chain = Chain.LTC if vector["coin"] == "LTC" else Chain.BTC
    transaction = bitcoin.parse(chain, bytes.fromhex(vector["raw"]))
    assert transaction.serialise().hex() == vector["raw"]
    assert transaction.stripped().hex() == vector["unsigned"]
    assert [transaction.txid, transaction.wtxid] == [vector["txid"], vector["wtxid"]]
    assert [transaction.weight, transaction.vsize] == [vector["weight"], vector["vsize"]]
    for spent, expected in zip(transaction.inputs, vector["inputs"], strict=True):
        assert spent.outpoint == OutPoint(expected["txid"], expected["vout"])
        assert spent.sequence == expected["sequence"]


def test_data_of_the_extension_block_changes_no_identifier():
    expected = bitcoin.parse(Chain.LTC, bytes.fromhex(PLAIN))
    for data in ("00", "01" + "ab" * 100):
        raw = VERSION + "0008" + "01" + INPUT + "01" + OUTPUT + data + LOCKTIME
        assert bitcoin.parse(Chain.LTC, bytes.fromhex(raw)) == expected
    raw = VERSION + "0009" + "01" + INPUT + "01" + OUTPUT + WITNESS + "01" + "ab" * 100 + LOCKTIME
    assert bitcoin.parse(Chain.LTC, bytes.fromhex(raw)) == bitcoin.parse(Chain.LTC, bytes.fromhex(SEGWIT))


NULL = "00" * 32 + "ff" * 4
TOO_MUCH = (21_000_000 * 10**8 + 1).to_bytes(8, "little").hex()
FLAWS = {
    "nothing": ("", Flaw.TRUNCATED),
    "trailing": (PLAIN + "00", Flaw.TRAILING),
    "trailing after a witness": (SEGWIT + "00", Flaw.TRAILING),
    "count of inputs": (VERSION + "fdffff" + INPUT, Flaw.COUNT),
    "huge count of inputs": (VERSION + "ff" + "ff" * 8 + INPUT, Flaw.COUNT),
    "count of outputs": (VERSION + "01" + INPUT + "feffffffff" + OUTPUT + LOCKTIME, Flaw.COUNT),
    "long script": (VERSION + "01" + INPUT + "01" + "e803000000000000" + "feffffff7f" + LOCKTIME, Flaw.TRUNCATED),
    "count in three bytes": (VERSION + "fd0100" + INPUT + "01" + OUTPUT + LOCKTIME, Flaw.NOT_CANONICAL),
    "count in five bytes": (VERSION + "fe01000000" + INPUT + "01" + OUTPUT + LOCKTIME, Flaw.NOT_CANONICAL),
    "count in nine bytes": (VERSION + "ff0100000000000000" + INPUT + "01" + OUTPUT + LOCKTIME, Flaw.NOT_CANONICAL),
    "no inputs": (VERSION + "00" + "00" + LOCKTIME, Flaw.NO_INPUTS),
    "no inputs, extended": (VERSION + "0001" + "00" + "01" + OUTPUT + LOCKTIME, Flaw.NO_INPUTS),
    "no outputs": (VERSION + "01" + INPUT + "00" + LOCKTIME, Flaw.NO_OUTPUTS),
    "unknown flag": (VERSION + "0002" + "01" + INPUT + "01" + OUTPUT + LOCKTIME, Flaw.FLAGS),
    "Litecoin's flag": (VERSION + "0008" + "01" + INPUT + "01" + OUTPUT + "00" + LOCKTIME, Flaw.FLAGS),
    "empty witnesses": (VERSION + "0001" + "01" + INPUT + "01" + OUTPUT + "00" + LOCKTIME, Flaw.NO_WITNESS),
    "no witnesses": (VERSION + "0001" + "01" + INPUT + "01" + OUTPUT + "05000000", Flaw.COUNT),
    "value": (VERSION + "01" + INPUT + "01" + TOO_MUCH + OUTPUT[16:] + LOCKTIME, Flaw.VALUE),
    "negative value": (VERSION + "01" + INPUT + "01" + "ff" * 8 + OUTPUT[16:] + LOCKTIME, Flaw.VALUE),
    "sum": (VERSION + "01" + INPUT + "02" + OUTPUT + "0040075af0750700" + OUTPUT[16:] + LOCKTIME, Flaw.VALUE),
    "twice": (VERSION + "02" + INPUT + INPUT + "01" + OUTPUT + LOCKTIME, Flaw.DUPLICATE_INPUT),
    "null": (VERSION + "02" + NULL + "00" + "ff" * 4 + INPUT + "01" + OUTPUT + LOCKTIME, Flaw.NULL_INPUT),
    "coinbase": (VERSION + "01" + NULL + "0101" + "ff" * 4 + "01" + OUTPUT + LOCKTIME, Flaw.COINBASE_SCRIPT),
    "large": (PLAIN + "00" * 4_000_000, Flaw.TOO_LARGE),
    "heavy": (VERSION + "01" + INPUT + "01" + OUTPUT[:16] + "fe40420f00" + "00" * 10**6 + LOCKTIME, Flaw.TOO_LARGE),
}  # fmt: skip


@pytest.mark.parametrize(("raw", "flaw"), FLAWS.values(), ids=FLAWS.keys())
def test_bytes_no_node_would_accept_are_refused_with_their_flaw(raw, flaw):
    assert refused(raw) is flaw
    assert issubclass(MalformedTransaction, WalletError)
    assert str(MalformedTransaction(flaw)) == flaw.value


@pytest.mark.parametrize(
    ("raw", "flaw"),
    [
        (VERSION + "0008" + "00" + "00" + "01" + "ab" * 100 + LOCKTIME, Flaw.MWEB_ONLY),
        (VERSION + "0008" + "01" + INPUT + "00" + "00" + LOCKTIME, Flaw.MWEB_ONLY),
        (VERSION + "0008" + "01" + INPUT + "01" + OUTPUT + "02" + LOCKTIME, Flaw.FLAGS),
        (VERSION + "0008" + "01" + INPUT + "01" + OUTPUT + "01" + LOCKTIME, Flaw.TRUNCATED),
        (VERSION + "0008" + "01" + INPUT + "01" + OUTPUT + "00" + "00" + LOCKTIME, Flaw.TRAILING),
        (VERSION + "000a" + "01" + INPUT + "01" + OUTPUT + "00" + LOCKTIME, Flaw.FLAGS),
    ],
)
def test_litecoin_transactions_without_coins_of_the_chain_or_with_odd_extensions_are_refused(raw, flaw):
    assert refused(raw, Chain.LTC) is flaw


@pytest.mark.parametrize("chain", CHAINS)
def test_an_output_may_hold_every_coin_in_existence(chain):
    for value in (0, MAX_MONEY[chain]):
        raw = Transaction((Input(OutPoint("aa" * 32, 0)),), (Output(value, b"\x51"),)).serialise()
        assert bitcoin.parse(chain, raw).outputs[0].value == value


@pytest.mark.parametrize("raw", [PLAIN, SEGWIT, MINED[-1]["raw"]], ids=["original", "extended", "HogEx"])
def test_no_prefix_of_a_transaction_is_a_transaction(raw):
    for length in range(len(raw) // 2):
        refused(raw[: 2 * length], Chain.LTC)


numbers = st.integers(0, 2**32 - 1)
outpoints = st.builds(OutPoint, st.binary(min_size=32, max_size=32).map(bytes.hex), st.integers(0, 2**32 - 2))
stacks = st.lists(st.binary(max_size=80), max_size=4).map(tuple)
inputs = st.builds(Input, outpoints, st.binary(max_size=120), numbers, stacks)
outputs = st.builds(Output, st.integers(0, 10**14), st.binary(max_size=300))
transactions = st.builds(
    Transaction,
    st.lists(inputs, min_size=1, max_size=5, unique_by=lambda spent: spent.outpoint).map(tuple),
    st.lists(outputs, min_size=1, max_size=5).map(tuple),
    numbers,
    numbers,
)


@settings(max_examples=200, deadline=None)
@given(transactions, st.sampled_from(CHAINS))
def test_a_written_transaction_reads_back_the_same(transaction, chain):
    raw = transaction.serialise()
    assert bitcoin.parse(chain, raw) == transaction
    assert bitcoin.parse_unsigned(chain, transaction.stripped()).txid == transaction.txid


@settings(max_examples=300, deadline=None)
@given(transactions)
def test_identifiers_and_sizes_match_libwally(transaction):
    wally = pytest.importorskip("wallycore")
    theirs = wally.tx_from_bytes(transaction.serialise(), wally.WALLY_TX_FLAG_USE_WITNESS)
    assert bytes(wally.tx_get_txid(theirs))[::-1].hex() == transaction.txid
    assert [wally.tx_get_weight(theirs), wally.tx_get_vsize(theirs)] == [transaction.weight, transaction.vsize]


@settings(max_examples=300, deadline=None)
@given(st.data(), st.sampled_from(CHAINS))
def test_damaged_bytes_are_refused_or_are_another_transaction_that_is_written_the_same(data, chain):
    raw = bytearray.fromhex(data.draw(st.sampled_from([PLAIN, SEGWIT])))
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        transaction = bitcoin.parse(chain, bytes(raw))
    except MalformedTransaction:
        return
    assert chain is Chain.LTC or transaction.serialise() == raw


@given(st.integers(0, 2**64 - 1))
def test_compact_sizes_read_back_as_written(number):
    reader = wire.Reader(wire.compact_size(number))
    assert reader.compact_size() == number
    reader.end()
