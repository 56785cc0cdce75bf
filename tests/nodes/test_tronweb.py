"""TRON's transactions against tronweb: it reads what we sign, and builds and signs the same bytes from the fields."""

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.nodes.conftest import FOLDER, npm_package, program
from tests.patience import DEADLINE_S
from wallet import secp256k1
from wallet.addresses import Kind, ValidAddress, encode, from_public_key, validate
from wallet.chains import Chain
from wallet.secp256k1 import N
from wallet.transactions.erc20 import transfer_call
from wallet.transactions.tron import BlockReference, Transaction, Transfer, Trigger, decode, sign

INTEGERS_OF_JAVASCRIPT = 2**53 - 1
MS_OF_2100 = 4_102_444_800_000


class Tronweb:
    """A process that answers one question per line."""

    def __init__(self) -> None:
        command = [program("node"), str(Path(__file__).with_name("tronweb.cjs")), str(FOLDER)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, signed, key):
        return self.answer(
            {
                "transaction": signed.raw.hex(),
                "raw_data": as_json(signed.transaction),
                "private_key": key.hex(),
            }
        )

    def answer(self, question):
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def stop(self) -> None:
        self._process.stdin.close()
        self._process.wait(timeout=DEADLINE_S)
        self._process.stdout.close()


@pytest.fixture(scope="module")
def tronweb():
    npm_package("tronweb")
    made = Tronweb()
    yield made
    made.stop()


def account(address):
    return "41" + validate(Chain.TRX, address).payload.hex()


def as_json(transaction):
    """Format a transaction as TRON's HTTP interface does."""
    contract = transaction.contract
    value = {"owner_address": account(contract.owner)}
    if isinstance(contract, Transfer):
        value |= {"to_address": account(contract.to), "amount": contract.amount_sun}
    else:
        value |= {"contract_address": account(contract.contract), "data": contract.data.hex()}
        value |= {"call_value": contract.call_value_sun}
    written = {
        "ref_block_bytes": transaction.reference.height_bytes.hex(),
        "ref_block_hash": transaction.reference.id_bytes.hex(),
        "expiration": transaction.expiration_ms,
        "contract": [{"type": contract.name, "parameter": {"value": value}}],
    }
    optional = {
        "data": transaction.memo.hex(),
        "timestamp": transaction.timestamp_ms,
        "fee_limit": transaction.fee_limit_sun,
    }
    return written | {name: value for name, value in optional.items() if value}


addresses = st.binary(min_size=20, max_size=20).map(lambda body: encode(ValidAddress(Chain.TRX, "", Kind.EOA, body)))
amounts = st.integers(1, INTEGERS_OF_JAVASCRIPT)
calls = st.one_of(
    st.builds(transfer_call, st.just(Chain.TRX), addresses, st.integers(0, 2**256 - 1)),
    st.binary(min_size=1, max_size=200),
)
owner = encode(ValidAddress(Chain.TRX, "", Kind.EOA, bytes(20)))
contracts = st.one_of(
    st.builds(Transfer, owner=st.just(owner), to=addresses, amount_sun=amounts),
    st.builds(
        Trigger,
        owner=st.just(owner),
        contract=addresses,
        data=calls,
        call_value_sun=st.integers(0, INTEGERS_OF_JAVASCRIPT),
    ),
)
transactions = st.builds(
    Transaction,
    contract=contracts,
    reference=st.builds(BlockReference.to, st.binary(min_size=32, max_size=32)),
    expiration_ms=st.integers(1, MS_OF_2100),
    timestamp_ms=st.integers(0, MS_OF_2100),
    fee_limit_sun=st.integers(0, 15_000_000_000),
    memo=st.binary(max_size=40),
)
keys = st.integers(1, N - 1).map(lambda secret: secret.to_bytes(32))


@settings(max_examples=1000, deadline=None)
@given(transactions, keys)
def test_tronweb_reads_what_we_sign_and_signs_the_same(tronweb, transaction, key):
    signer = from_public_key(Chain.TRX, secp256k1.public_key(key))
    transaction = replace(transaction, contract=replace(transaction.contract, owner=signer))
    ours = sign(transaction, key)
    answer = tronweb.ask(ours, key)
    assert answer["read"]["txid"] == answer["signed"]["txid"] == ours.txid
    assert answer["read"]["raw"] == answer["signed"]["raw"] == transaction.raw_data.hex()
    assert answer["read"]["signer"].lower() == account(signer)
    assert answer["signed"]["signature"] == ours.signature.hex()
    assert read_back(answer["read"]["fields"]) == as_json(transaction)
    assert decode(ours.raw) == ours


def read_back(fields):
    """Convert what tronweb read to the form of the input: lower case, no TRC-10 token, no empty values."""
    (contract,) = fields["contract"]
    value = {name: small(value) for name, value in contract["parameter"]["value"].items()}
    assert value.pop("call_token_value", 0) == value.pop("token_id", 0) == 0
    rest = {name: small(value) for name, value in fields.items() if name != "contract" and value}
    return rest | {"contract": [{"type": contract["type"], "parameter": {"value": value}}]}


def small(value):
    return value.lower() if isinstance(value, str) else value
