"""The Ethereum reader against a real EVM node with a real token."""

import json
from pathlib import Path

import pytest

from shop.assets import ETH, USDC_ERC20, USDT_ERC20
from shop.chains.errors import ChainUnavailable, UnknownTransaction
from shop.chains.provider_settings import ProviderSettings
from shop.chains.registry import Registry
from tests.nodes.conftest import Node, free_port, program
from tests.patience import patient_client, wait_for
from tests.shop.chains.scanning import scan_to_head
from wallet.addresses import Kind, ValidAddress, encode
from wallet.chains import Chain

TOKEN = json.loads((Path(__file__).parent / "token.json").read_text())
CONTRACTS = {USDT_ERC20: USDT_ERC20.contract, USDC_ERC20: USDC_ERC20.contract}


def somebody(number: int) -> str:
    return encode(ValidAddress(Chain.ETH, "", Kind.EOA, (10**30 + number).to_bytes(20)))


ANN, BOB = somebody(1), somebody(2)


class Evm(Node):
    """The node, and the token on it."""

    def send(self, to, data="0x", **fields):
        """Send a transaction from the first of the node's own accounts; return its id once a block holds it."""
        txid = self.submit(to, data, **fields)
        wait_for(lambda: self.call("eth_getTransactionReceipt", "0x" + txid), "the node makes a block")
        return txid

    def submit(self, to, data="0x", **fields):
        """Send a transaction without waiting for a block."""
        wanted = {"from": self.bank, "to": to, "data": data, "gas": "0x300000", **fields}
        return self.call("eth_sendTransaction", wanted).removeprefix("0x")

    def invoke(self, contract, method, *words, **fields):
        data = "0x" + TOKEN["methods"][method] + "".join(word(value) for value in words)
        return self.send(contract, data, **fields)

    def transfer(self, asset, to, units):
        return self.invoke(CONTRACTS.get(asset, asset), "transfer(address,uint256)", to, units)

    def mine(self, count=1):
        self.call("anvil_mine", hex(count))


def word(value) -> str:
    return f"{value:064x}" if isinstance(value, int) else value.removeprefix("0x").lower().rjust(64, "0")


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    port, state = free_port(), tmp_path_factory.mktemp("anvil") / "state.json"
    command = [program("anvil"), "--port", str(port), "--state", str(state), "--silent", "--chain-id", "1"]
    made = Evm(command, f"http://127.0.0.1:{port}", probe="eth_chainId")
    made.start()
    made.bank = made.call("eth_accounts")[0]
    deployment = made.send(None, "0x" + TOKEN["bytecode"])
    made.token = made.call("eth_getTransactionReceipt", "0x" + deployment)["contractAddress"]
    code = made.call("eth_getCode", made.token, "latest")
    for contract in CONTRACTS.values():
        made.call("anvil_setCode", contract, code)
    for contract in (*CONTRACTS.values(), made.token):
        made.invoke(contract, "mint(uint256)", 10**15)
    made.mine(100)
    yield made
    made.stop()


@pytest.fixture
def reader(node, clock, tmp_path):
    settings = ProviderSettings(servers={Chain.ETH: (node.url,)}, ethplorer_url="", hand_mined=True)
    registry = Registry(settings, http=patient_client(), clock=clock, folder=tmp_path)
    return registry.readers()[Chain.ETH]


@pytest.fixture
def cursor(reader):
    return scan_to_head(reader, [ANN, BOB], None)[1]


def facts(transfers):
    return {(t.txid, t.index, t.address, t.asset, t.units) for t in transfers}


def test_the_node_names_safe_and_finalized_blocks(node, reader):
    head = reader.head()
    assert head.finalized <= head.safe <= head.latest


@pytest.mark.parametrize("asset", [USDT_ERC20, USDC_ERC20, ETH])
def test_every_way_of_looking_finds_each_coin(node, reader, cursor, asset):
    if asset is ETH:
        txid = node.send(ANN, value=hex(12 * 10**18 + 1))
        units = 12 * 10**18 + 1
    else:
        txid = node.transfer(asset, ANN, 12_500_000)
        units = 12_500_000
    scanned, _ = scan_to_head(reader, [ANN, BOB], cursor)
    mine = facts(t for t in scanned if t.txid == txid)
    assert {fact[2:] for fact in mine} == {(ANN, asset, units)}
    assert mine == facts(reader.find(txid, [ANN, BOB]))
    assert mine <= facts(reader.peek([ANN, BOB]))


def test_payments_to_many_addresses_in_one_transaction(node, reader, cursor):
    crowd = [somebody(100 + i) for i in range(60)]
    recipients = [*crowd, crowd[0], crowd[0]]
    values = [1_000_000 + i for i in range(60)] + [1_000_000, 7]
    words = [64, 64 + 32 * (len(recipients) + 1), len(recipients), *recipients, len(values), *values]
    txid = node.invoke(USDT_ERC20.contract, "transferMany(address[],uint256[])", *words)
    scanned, _ = scan_to_head(reader, crowd, cursor)
    sums = dict(zip(crowd, values, strict=False)) | {crowd[0]: values[0] + values[60] + values[61]}
    assert {t.address: t.units for t in scanned} == sums
    assert len({(t.txid, t.index) for t in scanned}) == len(scanned) == 60
    assert facts(scanned) == facts(reader.find(txid, crowd))


def test_anything_that_is_not_a_payment_is_ignored(node, reader, cursor):
    transactions = [
        node.transfer(node.token, ANN, 10**12),
        node.transfer(USDT_ERC20, ANN, 0),
        node.invoke(USDT_ERC20.contract, "approve(address,uint256)", ANN, 10**12),
        node.invoke(USDT_ERC20.contract, "transfer(address,uint256)", ANN, 10**30),
        node.invoke(USDT_ERC20.contract, "passOn(address)", ANN, value=hex(10**18)),
    ]
    scanned, _ = scan_to_head(reader, [ANN], cursor)
    assert not {t.txid for t in scanned} & set(transactions)
    assert [reader.find(txid, [ANN]) for txid in transactions] == [()] * 5
    failed = node.call("eth_getTransactionReceipt", "0x" + transactions[3])
    assert failed["status"] == "0x0"


def test_a_replaced_transaction_gives_way_to_its_replacement(node, reader, cursor):
    node.call("evm_setAutomine", False)
    nonce = node.call("eth_getTransactionCount", node.bank, "pending")
    price = {"nonce": nonce, "maxPriorityFeePerGas": hex(10**9), "maxFeePerGas": hex(10**11)}
    old = node.submit(BOB, value=hex(5), **price)
    assert reader.find(old, [BOB])[0].block_height is None
    dearer = {"nonce": nonce, "maxPriorityFeePerGas": hex(5 * 10**9), "maxFeePerGas": hex(5 * 10**11)}
    new = node.submit(BOB, value=hex(6), **dearer)
    node.mine()
    node.call("evm_setAutomine", True)
    with pytest.raises(UnknownTransaction) as refused:
        reader.find(old, [BOB])
    assert refused.value.txid == old
    scanned, _ = scan_to_head(reader, [BOB], cursor)
    assert (new, 6) in {(t.txid, t.units) for t in scanned}
    assert old not in {t.txid for t in scanned}


def test_a_reorganisation_takes_payments_back_and_brings_others(node, reader, cursor):
    before = node.call("evm_snapshot")
    token, native = node.transfer(USDT_ERC20, BOB, 4_000_000), node.send(BOB, value=hex(44))
    scanned, later = scan_to_head(reader, [BOB], cursor)
    assert {token, native} <= {t.txid for t in scanned}
    assert node.call("evm_revert", before)
    node.mine()
    other = node.send(BOB, value=hex(45))
    again = node.transfer(USDC_ERC20, BOB, 4_000_000)
    node.mine(3)
    for txid in (token, native):
        with pytest.raises(UnknownTransaction) as refused:
            reader.find(txid, [BOB])
        assert refused.value.txid == txid
    found, _ = scan_to_head(reader, [BOB], later)
    assert {other, again} <= {t.txid for t in found}
    assert not {token, native} & {t.txid for t in found}


def test_a_restart_of_the_node_causes_delay_but_loses_nothing(node, reader, cursor, clock):
    token, native = node.transfer(USDC_ERC20, ANN, 9_000_000), node.send(ANN, value=hex(99))
    node.stop()
    with pytest.raises(ChainUnavailable) as refused:
        reader.scan([ANN], cursor)
    assert refused.value.chain is Chain.ETH
    node.start()
    clock.now += refused.value.retry_after_s
    found, _ = scan_to_head(reader, [ANN], cursor)
    assert {token, native} <= {t.txid for t in found}
    assert reader.status().ok
