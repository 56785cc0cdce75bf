"""TRON's transactions: published vectors, blocks to build on, and bytes that must be refused."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.endurance import times
from tests.wallet.published import load
from tests.wallet.transactions.spends import changes_of
from wallet import secp256k1
from wallet.addresses import from_public_key
from wallet.chains import Chain
from wallet.errors import InvalidAddress
from wallet.transactions import protobuf, tron
from wallet.transactions.erc20 import read_transfer_call
from wallet.transactions.errors import InvalidPrivateKey, InvalidTransaction, Malformed
from wallet.transactions.tron import BlockReference, Transaction, Transfer, Trigger, decode, parse, sign

VECTORS = load("tron_transactions")["vectors"]
SIGNED = [vector for vector in VECTORS if vector["kind"] == "signed" and "token_id" not in vector]
REFUSED = [vector for vector in VECTORS if vector not in SIGNED]
KEY = bytes(31) + b"\7"
OWNER = from_public_key(Chain.TRX, secp256k1.public_key(KEY))
PAYEE = from_public_key(Chain.TRX, secp256k1.public_key(bytes(31) + b"\x08"))
PLAIN = Transaction(
    contract=Transfer(owner=OWNER, to=PAYEE, amount_sun=1_000_000),
    reference=BlockReference(b"\x29\x27", bytes.fromhex("939ece39d08a7abe")),
    expiration_ms=1_777_447_527_000,
    timestamp_ms=1_777_447_470_038,
)
SIGNED_PLAIN = sign(PLAIN, KEY)


def transaction_of(vector):
    if vector["contract_type"] == "TransferContract":
        to, amount = vector["to_address"], vector["amount_sun"]
        contract = Transfer(owner=vector["owner_address"], to=to, amount_sun=amount)
    else:
        contract = Trigger(
            owner=vector["owner_address"],
            contract=vector["contract_address"],
            data=bytes.fromhex(vector["data"]),
            call_value_sun=vector["call_value"],
        )
    return Transaction(
        contract=contract,
        reference=BlockReference(bytes.fromhex(vector["ref_block_bytes"]), bytes.fromhex(vector["ref_block_hash"])),
        expiration_ms=vector["expiration"],
        timestamp_ms=vector["timestamp"],
        fee_limit_sun=vector.get("fee_limit", 0),
        memo=bytes.fromhex(vector.get("memo", "")),
    )


def name_of(vector):
    return vector["name"]


@pytest.mark.parametrize("vector", SIGNED, ids=name_of)
def test_published_fields_and_keys_give_the_published_bytes(vector):
    transaction = transaction_of(vector)
    assert transaction.raw_data.hex() == vector["raw_data_hex"]
    signed = sign(transaction, bytes.fromhex(vector["private_key"]))
    assert signed.txid == vector["txid"]
    assert signed.signature[:64].hex() == vector["signature"][:128]
    assert signed.signature[64] == 27 + vector["recovery_id"]


@pytest.mark.parametrize("vector", SIGNED, ids=name_of)
def test_published_bytes_give_the_published_fields(vector):
    raw = bytes.fromhex(vector["transaction_hex"])
    signed = decode(raw)
    assert signed.transaction == transaction_of(vector)
    assert (signed.txid, signed.raw) == (vector["txid"], raw)
    assert signed.transaction.bandwidth_bytes == len(raw) + 64


@pytest.mark.parametrize("vector", REFUSED, ids=name_of)
def test_other_contracts_and_trc10_tokens_are_refused(vector):
    with pytest.raises(InvalidTransaction) as refusal:
        decode(bytes.fromhex(vector["transaction_hex"]))
    assert (refusal.value.chain, refusal.value.reason) == (
        Chain.TRX,
        Malformed.FIELDS if "token_id" in vector else Malformed.TYPE,
    )


@pytest.mark.parametrize("vector", [v for v in SIGNED if "block_header" in v], ids=name_of)
def test_a_published_block_id_gives_the_published_reference(vector):
    reference = BlockReference.to(bytes.fromhex(vector["block_header"]["block_id"]))
    assert (reference.height_bytes.hex(), reference.id_bytes.hex()) == (
        vector["ref_block_bytes"],
        vector["ref_block_hash"],
    )


def test_a_published_tether_transfer_is_read_with_its_recipient():
    vector = next(vector for vector in SIGNED if vector["name"] == "TriggerSmartContract_USDT_transfer")
    recipient, units = read_transfer_call(Chain.TRX, transaction_of(vector).contract.data)
    assert units == 0x013BB450
    assert recipient.startswith("T")


@settings(max_examples=times(200, full=500), deadline=None)
@given(changes_of(SIGNED_PLAIN.raw))
def test_no_change_of_the_bytes_leaves_the_transaction_and_its_id(changed):
    try:
        signed = decode(changed)
    except (InvalidTransaction, InvalidAddress):
        return
    # Only the last byte of the signature has two forms; the id does not depend on it.
    assert signed.transaction == PLAIN
    assert changed[:-1] == SIGNED_PLAIN.raw[:-1]


@settings(max_examples=times(250, full=1_000), deadline=None)
@given(st.one_of(st.binary(max_size=40), st.lists(st.tuples(st.integers(1, 40), st.binary(max_size=9))).map(dict)))
def test_whatever_is_read_has_no_other_encoding(message):
    encoded = message if isinstance(message, bytes) else protobuf.write(message)
    try:
        read = protobuf.read(encoded)
    except InvalidTransaction as refusal:
        assert isinstance(message, bytes)
        assert refusal.reason is Malformed.ENCODING
        return
    assert protobuf.write(read) == encoded


ENCODINGS = {
    "field 0": "0001",
    "fields out of order": "10010801",
    "a field twice": "08010801",
    "a zero": "0800",
    "an empty string": "0a00",
    "a varint with a byte too many": "088100",
    "a varint of ten bytes": "08ffffffffffffffffff01",
    "a varint without an end": "0880",
    "a string without an end": "0a0201",
    "a fixed number": "0d01000000",
    "a group": "0b0c",
}


@pytest.mark.parametrize("encoded", ENCODINGS.values(), ids=ENCODINGS.keys())
def test_other_protobuf_encodings_are_refused(encoded):
    with pytest.raises(InvalidTransaction) as refusal:
        protobuf.read(bytes.fromhex(encoded))
    assert refusal.value.reason is Malformed.ENCODING


def rewritten(*, contract=None, parameter=None, value=None, **fields):
    """Write the plain transaction by hand, so that its fields can be wrong."""
    numbers = {"num": 3, "auths": 9, "memo": 10, "fee_limit": 18, "reference": 1, "hash": 4, "expiration": 8}
    raw = protobuf.read(PLAIN.raw_data)
    outer = protobuf.read(raw[11])
    any_message = protobuf.read(outer[2])
    any_message[2] = protobuf.write({**protobuf.read(any_message[2]), **(value or {})})
    outer[2] = protobuf.write({**any_message, **(parameter or {})})
    raw[11] = protobuf.write({**outer, **(contract or {})})
    return protobuf.write({**raw, **{numbers[name]: changed for name, changed in fields.items()}})


WRONG = {
    "nothing": (b"", Malformed.TYPE),
    "too long": (bytes(tron.MAX_BYTES + 1), Malformed.LENGTH),
    "the number of a block": (rewritten(num=7), Malformed.FIELDS),
    "authorities": (rewritten(auths=b"x"), Malformed.FIELDS),
    "a number as memo": (rewritten(memo=1), Malformed.FIELDS),
    "text as fee limit": (rewritten(fee_limit=b"x"), Malformed.FIELDS),
    "a long reference": (rewritten(reference=b"abc"), Malformed.FIELDS),
    "a short reference": (rewritten(hash=b"abc"), Malformed.FIELDS),
    "no expiration": (rewritten(expiration=0), Malformed.RANGE),
    "another type": (rewritten(contract={1: 2}), Malformed.TYPE),
    "a permission": (rewritten(contract={5: 2}), Malformed.TYPE),
    "the name of another contract": (rewritten(parameter={1: b"type.googleapis.com/protocol.X"}), Malformed.TYPE),
    "no amount": (rewritten(value={3: 0}), Malformed.RANGE),
    "a field too many": (rewritten(value={4: 1}), Malformed.FIELDS),
    "a short address": (rewritten(value={2: b"\x41" + bytes(19)}), Malformed.FIELDS),
    "an address of another network": (rewritten(value={2: b"\xa0" + bytes(20)}), Malformed.FIELDS),
}


@pytest.mark.parametrize(("raw_data", "reason"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_transaction_is_refused_with_its_reason(raw_data, reason):
    assert parse(rewritten()) == PLAIN
    with pytest.raises(InvalidTransaction) as refusal:
        parse(raw_data)
    assert refusal.value.reason is reason


HIGH_S = (secp256k1.N - 1).to_bytes(32)
SIGNATURES = {
    "none": (b"", Malformed.SIGNATURE),
    "short": (SIGNED_PLAIN.signature[:-1], Malformed.SIGNATURE),
    "high s": (SIGNED_PLAIN.signature[:32] + HIGH_S + SIGNED_PLAIN.signature[64:], Malformed.SIGNATURE),
    "unknown last byte": (SIGNED_PLAIN.signature[:-1] + b"\x1f", Malformed.SIGNATURE),
    "of another transaction": (sign(replace(PLAIN, expiration_ms=1), KEY).signature, Malformed.SIGNER),
}


@pytest.mark.parametrize(("signature", "reason"), SIGNATURES.values(), ids=SIGNATURES.keys())
def test_a_wrong_signature_is_refused(signature, reason):
    with pytest.raises(InvalidTransaction) as refusal:
        decode(protobuf.write({1: PLAIN.raw_data, 2: signature}))
    assert refusal.value.reason is reason


def test_more_bytes_than_a_node_accepts_are_neither_signed_nor_read():
    with pytest.raises(InvalidTransaction) as refusal:
        sign(replace(PLAIN, memo=bytes(tron.MAX_BYTES)), KEY)
    assert refusal.value.reason is Malformed.LENGTH
    with pytest.raises(InvalidTransaction) as refusal:
        decode(bytes(tron.MAX_BYTES + 1))
    assert refusal.value.reason is Malformed.LENGTH


def test_a_block_id_has_32_bytes():
    with pytest.raises(InvalidTransaction) as refusal:
        BlockReference.to(bytes(31))
    assert refusal.value.reason is Malformed.FIELDS


def test_two_signatures_are_refused():
    twice = SIGNED_PLAIN.raw + protobuf.write({2: SIGNED_PLAIN.signature})
    with pytest.raises(InvalidTransaction) as refusal:
        decode(twice)
    assert refusal.value.reason is Malformed.ENCODING


def test_the_last_byte_of_a_signature_is_read_with_and_without_27():
    plain = SIGNED_PLAIN.signature[:-1] + bytes([SIGNED_PLAIN.signature[-1] - 27])
    signed = decode(protobuf.write({1: PLAIN.raw_data, 2: plain}))
    assert (signed.transaction, signed.txid) == (PLAIN, SIGNED_PLAIN.txid)


def test_another_accounts_key_signs_nothing():
    with pytest.raises(InvalidTransaction) as refusal:
        sign(PLAIN, bytes(31) + b"\x08")
    assert refusal.value.reason is Malformed.SIGNER


def test_fields_out_of_range_are_refused():
    wrong = [
        lambda: Transfer(owner=OWNER, to=PAYEE, amount_sun=0),
        lambda: Transfer(owner=OWNER, to=PAYEE, amount_sun=2**63),
        lambda: Trigger(owner=OWNER, contract=PAYEE, data=b"", call_value_sun=-1),
        lambda: replace(PLAIN, fee_limit_sun=-1),
        lambda: replace(PLAIN, timestamp_ms=2**63),
    ]
    for make in wrong:
        with pytest.raises(InvalidTransaction) as refusal:
            make()
        assert refusal.value.reason is Malformed.RANGE


def test_another_chains_address_is_refused_as_a_payee():
    with pytest.raises(InvalidAddress) as refusal:
        Transfer(owner=OWNER, to="0x3535353535353535353535353535353535353535", amount_sun=1)
    assert refusal.value.chain is Chain.TRX


@pytest.mark.parametrize("key", [b"", KEY[1:], bytes(32)], ids=bytes.hex)
def test_a_wrong_key_is_refused(key):
    with pytest.raises(InvalidPrivateKey) as refusal:
        sign(PLAIN, key)
    assert vars(refusal.value) == {}
