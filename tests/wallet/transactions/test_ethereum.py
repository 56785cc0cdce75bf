"""Ethereum's transactions: published vectors, eth-account's answers to the same questions, and hostile bytes."""

import traceback
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.endurance import times
from tests.wallet.published import load
from tests.wallet.transactions.spends import changes_of
from wallet.addresses import Kind, ValidAddress, encode, validate
from wallet.chains import Chain
from wallet.errors import InvalidAddress
from wallet.hashes import keccak256
from wallet.secp256k1 import N
from wallet.transactions import ethereum, rlp
from wallet.transactions.erc20 import read_transfer_call, transfer_call
from wallet.transactions.errors import InvalidPrivateKey, InvalidSignature, InvalidTransaction, Malformed
from wallet.transactions.ethereum import Eip1559, Legacy, decode, sign
from wallet.transactions.signatures import recover

VECTORS = load("eth_transactions")["vectors"]
SIGNED = [vector for vector in VECTORS if vector["kind"] == "signed" and vector["type"] != 1]
SIGNABLE = [vector for vector in SIGNED if vector["chain_id"] is not None]
VALID = [vector for vector in VECTORS if vector["kind"] == "valid" and not vector["raw"].startswith("01")]
CALLS = [vector for vector in VECTORS if vector["kind"] == "erc20_transfer_calldata"]
OF_A_NODE = "INTRINSIC_GAS_TOO_LOW"  # the state of the chain decides, not the bytes
OF_CHAIN_1 = "INVALID_CHAINID"
INVALID = [vector for vector in VECTORS if vector["kind"] == "invalid" and vector["reason"] != OF_A_NODE]
NUMBERS = ("nonce", "gas_limit", "value")
FEES = {0: ("gas_price",), 2: ("max_priority_fee_per_gas", "max_fee_per_gas")}
PLAIN = Eip1559(
    chain_id=1,
    nonce=0,
    max_priority_fee_per_gas=1,
    max_fee_per_gas=2,
    gas_limit=21_000,
    to="0x3535353535353535353535353535353535353535",
    value=10**18,
)
KEY = bytes([0x46]) * 32
SIGNED_PLAIN = sign(PLAIN, KEY)


def address_of(account):
    return encode(ValidAddress(Chain.ETH, "", Kind.EOA, account))


def transaction_of(vector):
    fields = {name: vector[name] for name in ("chain_id", "to", *NUMBERS, *FEES[vector["type"]])}
    fields["data"] = bytes.fromhex(vector["data"])
    if vector["type"] == 0:
        return Legacy(**fields)
    accesses = [(entry["address"], entry["storage_keys"]) for entry in map(access, vector["access_list"])]
    keys = [(address, tuple(bytes.fromhex(key.removeprefix("0x")) for key in keys)) for address, keys in accesses]
    return Eip1559(**fields, access_list=tuple(keys))


def access(entry):
    return entry if isinstance(entry, dict) else {"address": entry[0], "storage_keys": entry[1]}


def test_published_fields_and_keys_give_the_published_bytes():
    assert len(SIGNABLE) == 138
    for vector in SIGNABLE:
        transaction = transaction_of(vector)
        signed = sign(transaction, bytes.fromhex(vector["private_key"]))
        if "signing_payload" in vector:
            assert transaction.signing_payload().hex() == vector["signing_payload"]
        assert (signed.raw.hex(), signed.txid, signed.sender) == (vector["raw"], vector["hash"], vector["sender"])


def test_published_bytes_give_the_published_fields():
    for vector in SIGNED:
        signed = decode(bytes.fromhex(vector["raw"]))
        assert signed.transaction == transaction_of(vector)
        assert (signed.txid, signed.sender) == (vector["hash"], vector["sender"])


def test_published_valid_transactions_have_the_published_hash_and_sender():
    assert len(VALID) == 48
    for vector in VALID:
        signed = decode(bytes.fromhex(vector["raw"]))
        assert (signed.txid, signed.sender.lower()) == (vector["hash"], vector["sender"])


@pytest.mark.parametrize("vector", INVALID, ids=lambda vector: f"{vector['reason']}-{vector['name']}")
def test_published_invalid_transactions_are_refused_or_belong_to_another_chain(vector):
    try:
        signed = decode(bytes.fromhex(vector["raw"]))
    except InvalidTransaction as refusal:
        assert refusal.chain is Chain.ETH
    else:
        assert vector["reason"] == OF_CHAIN_1
        assert signed.transaction.chain_id not in {1, None}


@pytest.mark.parametrize("vector", CALLS, ids=lambda vector: vector["origin"])
def test_published_transfer_calls_are_written_and_read(vector):
    recipient = validate(Chain.ETH, vector["to"]).text
    call = transfer_call(Chain.ETH, vector["to"], vector["amount"])
    assert call.hex() == vector["data"]
    assert read_transfer_call(Chain.ETH, call) == (recipient, vector["amount"])


addresses = st.binary(min_size=20, max_size=20).map(address_of)
uint256 = st.one_of(st.integers(0, 2**256 - 1), st.integers(0, 300))
keys = st.integers(1, N - 1).map(lambda secret: secret.to_bytes(32))
access_lists = st.lists(
    st.tuples(addresses, st.lists(st.binary(min_size=32, max_size=32), max_size=2).map(tuple)), max_size=2
).map(tuple)
fees = st.lists(st.integers(0, 2**192 - 1), min_size=2, max_size=2).map(sorted)
eip1559 = st.builds(
    lambda fees, **fields: Eip1559(max_priority_fee_per_gas=fees[0], max_fee_per_gas=fees[1], **fields),
    fees,
    chain_id=st.integers(1, 2**63),
    nonce=st.one_of(st.integers(0, 2**64 - 2), st.integers(0, 300)),
    gas_limit=st.integers(0, 2**64 - 1),
    to=st.one_of(addresses, addresses, st.none()),
    value=uint256,
    data=st.one_of(st.binary(max_size=300), st.builds(transfer_call, st.just(Chain.ETH), addresses, uint256)),
    access_list=access_lists,
)


def for_eth_account(transaction):
    return {
        "type": 2,
        "chainId": transaction.chain_id,
        "nonce": transaction.nonce,
        "maxPriorityFeePerGas": transaction.max_priority_fee_per_gas,
        "maxFeePerGas": transaction.max_fee_per_gas,
        "gas": transaction.gas_limit,
        "to": transaction.to or b"",
        "value": transaction.value,
        "data": transaction.data,
        "accessList": [
            {"address": address, "storageKeys": ["0x" + key.hex() for key in keys]}
            for address, keys in transaction.access_list
        ],
    }


@pytest.fixture(scope="module")
def account():
    return pytest.importorskip("eth_account").Account


@settings(max_examples=times(250, full=1_000), deadline=None)
@given(eip1559, keys)
def test_random_transactions_are_signed_as_eth_account_signs_them_and_read_back(account, transaction, key):
    ours, theirs = sign(transaction, key), account.sign_transaction(for_eth_account(transaction), key)
    assert ours.raw == bytes(theirs.raw_transaction)
    assert ours.txid == bytes(theirs.hash).hex()
    assert ours.sender == account.from_key(key).address
    assert decode(ours.raw) == ours


@settings(max_examples=times(200, full=500), deadline=None)
@given(changes_of(SIGNED_PLAIN.raw))
def test_no_change_of_the_bytes_leaves_the_transaction_and_its_sender(changed):
    try:
        signed = decode(changed)
    except InvalidTransaction:
        return
    assert (signed.transaction, signed.sender) != (PLAIN, SIGNED_PLAIN.sender)


def resigned(**fields):
    """Write a transaction by hand, so that its fields can be wrong."""
    names = ["chain_id", "nonce", "tip", "max_fee", "gas", "to", "value", "data", "accesses", "parity", "r", "s"]
    items = dict(zip(names, rlp.decode(SIGNED_PLAIN.raw[1:]), strict=True)) | fields
    return b"\x02" + rlp.encode(list(items.values()))


WRONG = {
    "nothing": (b"", Malformed.LENGTH),
    "too long": (b"\x02" + bytes(rlp.MAX_BYTES + 1), Malformed.LENGTH),
    "type 1": (b"\x01" + SIGNED_PLAIN.raw[1:], Malformed.TYPE),
    "type 4": (b"\x04" + SIGNED_PLAIN.raw[1:], Malformed.TYPE),
    "a string": (b"\x02\x80", Malformed.FIELDS),
    "unsigned": (PLAIN.signing_payload(), Malformed.FIELDS),
    "a field too many": (resigned(more=b""), Malformed.FIELDS),
    "a list as nonce": (resigned(nonce=[]), Malformed.FIELDS),
    "a short recipient": (resigned(to=bytes(19)), Malformed.FIELDS),
    "accesses that are no list": (resigned(accesses=b""), Malformed.FIELDS),
    "a short storage key": (resigned(accesses=[[bytes(20), [bytes(31)]]]), Malformed.FIELDS),
    "no chain id": (resigned(chain_id=b""), Malformed.CHAIN_ID),
    "leading zeros": (resigned(value=b"\0\1"), Malformed.ENCODING),
    "the last nonce": (resigned(nonce=b"\xff" * 8), Malformed.RANGE),
    "value": (resigned(value=b"\1" + bytes(32)), Malformed.RANGE),
    "gas": (resigned(gas=b"\1" + bytes(8)), Malformed.RANGE),
    "tip above the fee": (resigned(tip=b"\3"), Malformed.FEE_ORDER),
    "fee above 256 bits": (resigned(max_fee=b"\1" + bytes(32), gas=b""), Malformed.RANGE),
    "cost above 256 bits": (resigned(max_fee=b"\1" + bytes(31)), Malformed.RANGE),
    "parity 2": (resigned(parity=b"\2"), Malformed.SIGNATURE),
    "r of zero": (resigned(r=b""), Malformed.SIGNATURE),
    "high s": (resigned(s=rlp.encode_integer(N - 1)), Malformed.SIGNATURE),
}


@pytest.mark.parametrize(("raw", "reason"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_transaction_is_refused_with_its_reason(raw, reason):
    with pytest.raises(InvalidTransaction) as refusal:
        decode(raw)
    assert refusal.value.reason is reason


def test_a_parity_of_two_is_refused_although_a_key_can_be_recovered():
    # r is so small that r + n is the x of a point as well: recovery knows this case, Ethereum does not.
    digest = keccak256(PLAIN.signing_payload())
    for r in range(1, 100):
        try:
            recover(digest, r=r, s=1, recovery_id=2)
        except InvalidSignature:
            continue
        with pytest.raises(InvalidTransaction) as refusal:
            decode(resigned(r=bytes([r]), s=b"\1", parity=b"\2"))
        assert refusal.value.reason is Malformed.SIGNATURE
        return
    pytest.fail("no such r below 100")


def test_more_bytes_than_a_node_accepts_are_not_signed():
    with pytest.raises(InvalidTransaction) as refusal:
        sign(replace(PLAIN, data=bytes(rlp.MAX_BYTES)), KEY)
    assert refusal.value.reason is Malformed.LENGTH


def test_a_negative_number_is_not_a_field():
    for name in ("nonce", "gas_limit", "value", "max_priority_fee_per_gas"):
        with pytest.raises(InvalidTransaction) as refusal:
            replace(PLAIN, **{name: -1})
        assert refusal.value.reason is Malformed.RANGE


def test_the_recipient_is_a_checked_address_and_gets_checksum_capitals():
    sender = SIGNED_PLAIN.sender
    assert replace(PLAIN, to=sender.lower()) == replace(PLAIN, to=sender)
    with pytest.raises(InvalidAddress) as refusal:
        replace(PLAIN, to=sender[:-1] + ("0" if sender[-1] != "0" else "1"))
    assert refusal.value.chain is Chain.ETH


def test_a_transaction_without_a_chain_id_can_be_read_but_not_signed():
    old = next(vector for vector in SIGNED if vector["chain_id"] is None)
    assert decode(bytes.fromhex(old["raw"])).sender == old["sender"]
    with pytest.raises(InvalidTransaction) as refusal:
        sign(transaction_of(old), KEY)
    assert refusal.value.reason is Malformed.CHAIN_ID


@pytest.mark.parametrize("chain", [Chain.ETH, Chain.TRX], ids=lambda chain: chain.value)
def test_calls_other_than_transfer_are_refused(chain):
    recipient = encode(ValidAddress(chain, "", Kind.EOA, bytes(range(20))))
    call = transfer_call(chain, recipient, 7)
    assert read_transfer_call(chain, call) == (recipient, 7)
    dirty = call[:15] + b"\x41" + call[16:]
    for data in (b"", call[:-1], call + b"\0", b"\x09\x5e\xa7\xb3" + call[4:], dirty):
        with pytest.raises(InvalidTransaction) as refusal:
            read_transfer_call(chain, data)
        assert (refusal.value.chain, refusal.value.reason) == (chain, Malformed.TYPE)
    for units in (-1, 2**256):
        with pytest.raises(InvalidTransaction) as refusal:
            transfer_call(chain, recipient, units)
        assert (refusal.value.chain, refusal.value.reason) == (chain, Malformed.RANGE)


@pytest.mark.parametrize("key", [b"", KEY[1:], KEY + KEY, bytes(32), N.to_bytes(32)], ids=bytes.hex)
def test_a_wrong_key_is_refused_and_not_shown(key, curve):
    with pytest.raises(InvalidPrivateKey) as refusal:
        ethereum.sign(PLAIN, key)
    shown = "".join(traceback.format_exception(refusal.value)) + repr(vars(refusal.value))
    assert not key or key.hex() not in shown
    assert not key or repr(key) not in shown
