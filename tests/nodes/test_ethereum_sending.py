"""Signed Ethereum transactions on a real EVM node: accepted, mined, with the right effect."""

from dataclasses import replace
from itertools import count

import pytest

from tests.nodes.conftest import RpcFailed, free_port, program
from tests.nodes.test_ethereum import TOKEN, Evm, somebody
from wallet import secp256k1
from wallet.addresses import from_public_key
from wallet.chains import Chain
from wallet.transactions.erc20 import transfer_call
from wallet.transactions.ethereum import Eip1559, sign

ETHER, GWEI = 10**18, 10**9
KEY = bytes(31) + b"\7"
SENDER = from_public_key(Chain.ETH, secp256k1.public_key(KEY))
GAS = 21_000
NUMBERS = count(7_000)


@pytest.fixture(scope="module")
def node():
    port = free_port()
    command = [program("anvil"), "--port", str(port), "--silent", "--chain-id", "1"]
    made = Evm(command, f"http://127.0.0.1:{port}", probe="eth_chainId")
    made.start()
    made.bank = made.call("eth_accounts")[0]
    deployment = made.send(None, "0x" + TOKEN["bytecode"])
    made.token = made.call("eth_getTransactionReceipt", "0x" + deployment)["contractAddress"]
    yield made
    made.stop()


@pytest.fixture
def plain(node):
    """A transfer of one ether to an address that nobody has used, from an account that holds ten."""
    node.call("anvil_setBalance", SENDER, hex(10 * ETHER))
    return Eip1559(
        chain_id=1,
        nonce=int(node.call("eth_getTransactionCount", SENDER, "latest"), 16),
        max_priority_fee_per_gas=2 * GWEI,
        max_fee_per_gas=100 * GWEI,
        gas_limit=GAS,
        to=somebody(next(NUMBERS)),
        value=ETHER,
    )


def send(node, transaction):
    """Send a transaction and return its receipt."""
    signed = sign(transaction, KEY)
    assert node.call("eth_sendRawTransaction", "0x" + signed.raw.hex()) == "0x" + signed.txid
    node.mine()
    return node.call("eth_getTransactionReceipt", "0x" + signed.txid)


def balance(node, address):
    return int(node.call("eth_getBalance", address, "latest"), 16)


def test_ether_arrives_and_the_fee_is_within_its_bound(node, plain):
    receipt = send(node, plain)
    fee = int(receipt["gasUsed"], 16) * int(receipt["effectiveGasPrice"], 16)
    assert receipt["status"] == "0x1"
    assert receipt["from"] == SENDER.lower()
    assert balance(node, plain.to) == ETHER
    assert balance(node, SENDER) == 9 * ETHER - fee
    assert fee <= GAS * plain.max_fee_per_gas


def test_a_tip_as_high_as_the_fee_leaves_nothing_behind(node, plain):
    price = plain.max_fee_per_gas
    value = 10 * ETHER - GAS * price
    assert send(node, replace(plain, max_priority_fee_per_gas=price, value=value))["status"] == "0x1"
    assert balance(node, SENDER) == 0
    assert balance(node, plain.to) == value


def test_a_token_that_returns_nothing_is_moved(node, plain):
    mint = bytes.fromhex(TOKEN["methods"]["mint(uint256)"]) + (500).to_bytes(32)
    minting = replace(plain, to=node.token, value=0, data=mint, gas_limit=200_000)
    assert send(node, minting)["status"] == "0x1"
    call = transfer_call(Chain.ETH, plain.to, 123)
    moving = replace(minting, nonce=plain.nonce + 1, data=call)
    (log,) = send(node, moving)["logs"]
    assert log["address"] == node.token
    assert (int(log["topics"][1], 16), int(log["topics"][2], 16)) == (int(SENDER, 16), int(plain.to, 16))
    assert int(log["data"], 16) == 123


def test_a_transaction_signed_for_another_chain_is_refused(node, plain):
    with pytest.raises(RpcFailed) as refusal:
        send(node, replace(plain, chain_id=5))
    assert "chain" in str(refusal.value).lower()


def test_a_transaction_with_the_same_nonce_and_a_higher_fee_takes_its_place(node, plain):
    node.call("evm_setAutomine", False)
    first = sign(plain, KEY)
    node.call("eth_sendRawTransaction", "0x" + first.raw.hex())
    dearer = replace(plain, max_priority_fee_per_gas=3 * GWEI, max_fee_per_gas=150 * GWEI, value=2 * ETHER)
    assert send(node, dearer)["status"] == "0x1"
    node.call("evm_setAutomine", True)
    assert node.call("eth_getTransactionReceipt", "0x" + first.txid) is None
    assert balance(node, plain.to) == 2 * ETHER
