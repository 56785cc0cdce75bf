"""RLP: the vectors of ethereum/tests, pyrlp's encodings, and bytes that are not valid RLP."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.endurance import times
from tests.wallet.published import load
from wallet.transactions import rlp
from wallet.transactions.errors import InvalidTransaction, Malformed

VECTORS = load("rlp")["vectors"]
VALID = [vector for vector in VECTORS if vector["kind"] == "valid"]
INVALID = [vector for vector in VECTORS if vector["kind"] == "invalid"]
items = st.recursive(st.binary(max_size=80), lambda inner: st.lists(inner, max_size=6), max_leaves=30)


def item_of(value):
    return bytes.fromhex(value) if isinstance(value, str) else [item_of(inner) for inner in value]


@pytest.mark.parametrize("vector", VALID, ids=lambda vector: vector["name"])
def test_published_items_have_the_published_encoding(vector):
    item, encoded = item_of(vector["value"]), bytes.fromhex(vector["rlp"])
    assert rlp.encode(item) == encoded
    assert rlp.decode(encoded) == item


@pytest.mark.parametrize("vector", [v for v in VALID if "integer" in v], ids=lambda vector: vector["name"])
def test_published_numbers_are_written_without_leading_zeros(vector):
    number, digits = int(vector["integer"]), bytes.fromhex(vector["value"])
    assert rlp.encode_integer(number) == digits
    assert rlp.decode_integer(digits) == number


@pytest.mark.parametrize("vector", INVALID, ids=lambda vector: vector["name"])
def test_published_invalid_encodings_are_refused(vector):
    with pytest.raises(InvalidTransaction) as refusal:
        rlp.decode(bytes.fromhex(vector["rlp"]))
    assert refusal.value.reason is Malformed.ENCODING, vector["reason"]


@settings(max_examples=times(250, full=1_000), deadline=None)
@given(items)
def test_random_items_are_encoded_as_by_pyrlp(item):
    reference = pytest.importorskip("rlp")
    assert rlp.encode(item) == reference.encode(item)
    assert rlp.decode(rlp.encode(item)) == item


@settings(max_examples=times(250, full=1_000), deadline=None)
@given(st.binary(max_size=80))
def test_whatever_is_read_has_no_other_encoding(encoded):
    try:
        item = rlp.decode(encoded)
    except InvalidTransaction as refusal:
        assert refusal.reason is Malformed.ENCODING
        return
    assert rlp.encode(item) == encoded


@pytest.mark.parametrize("digits", [b"\0", b"\0\1"], ids=bytes.hex)
def test_numbers_with_leading_zeros_are_refused(digits):
    with pytest.raises(InvalidTransaction) as refusal:
        rlp.decode_integer(digits)
    assert refusal.value.reason is Malformed.ENCODING


def nested(depth):
    item = b""
    for _ in range(depth):
        item = [item]
    return rlp.encode(item)


def test_lists_nested_too_deeply_are_refused():
    assert rlp.encode(rlp.decode(nested(rlp.MAX_DEPTH - 1))) == nested(rlp.MAX_DEPTH - 1)
    for depth in (rlp.MAX_DEPTH, 200):
        with pytest.raises(InvalidTransaction) as refusal:
            rlp.decode(nested(depth))
        assert refusal.value.reason is Malformed.ENCODING


def test_more_bytes_than_a_node_accepts_are_refused():
    with pytest.raises(InvalidTransaction) as refusal:
        rlp.decode(rlp.encode(bytes(rlp.MAX_BYTES)))
    assert refusal.value.reason is Malformed.LENGTH
