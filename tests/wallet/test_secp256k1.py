"""Both ways to multiply, compared with each other and with `ecdsa`."""

import pytest
from ecdsa.ecdsa import generator_secp256k1
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.endurance import times
from wallet import secp256k1
from wallet.errors import InvalidPoint
from wallet.secp256k1 import N, PurePython

EDGES = [1, 2, 3, 31, 32, 63, 64, 65, N // 2, N // 2 + 1, N - 2, N - 1, *(1 << shift for shift in range(256))]
scalars = st.integers(1, N - 1)
pure = PurePython()


def be(number):
    return number.to_bytes(32)


def by_ecdsa(scalar):
    point = generator_secp256k1 * scalar
    return b"\x04" + be(int(point.x())) + be(int(point.y()))


@pytest.mark.parametrize("scalar", EDGES, ids=hex)
def test_edge_scalars_give_the_same_points_as_ecdsa(scalar, curve):
    assert secp256k1.public_key(be(scalar)) == by_ecdsa(scalar)


@settings(max_examples=200, deadline=None)
@given(scalars)
def test_random_scalars_give_the_same_points_as_ecdsa(scalar):
    assert pure.public_key(be(scalar)) == by_ecdsa(scalar)


@settings(max_examples=times(250, full=1_000), deadline=None)
@given(scalars, st.integers(0, N - 1))
def test_both_ways_agree(scalar, step):
    pytest.importorskip("coincurve")
    library = secp256k1.LibSecp256k1()
    point = library.public_key(be(scalar))
    assert pure.public_key(be(scalar)) == point
    if (scalar + step) % N:
        assert pure.add_multiple(point, be(step)) == library.add_multiple(point, be(step))


@pytest.mark.parametrize("scalar", [0, N, N + 1, 2**256 - 1], ids=hex)
def test_scalars_outside_the_group_are_refused(scalar, curve):
    with pytest.raises(InvalidPoint):
        secp256k1.public_key(be(scalar))
    with pytest.raises(InvalidPoint):
        secp256k1.add_multiple(by_ecdsa(1), be(scalar or N))


def test_adding_handles_doubling_zero_and_the_point_at_infinity(curve):
    one = by_ecdsa(1)
    assert secp256k1.add_multiple(one, be(1)) == by_ecdsa(2)
    assert secp256k1.add_multiple(one, be(0)) == one
    with pytest.raises(InvalidPoint):
        secp256k1.add_multiple(one, be(N - 1))


@pytest.mark.parametrize("size", [0, 1, 31, 33, 64])
def test_private_keys_and_scalars_have_32_bytes(size, curve):
    key = b"\1".rjust(size, b"\0")[:size]
    with pytest.raises(InvalidPoint):
        curve.public_key(key)
    for scalar in (key, bytes(size)):
        with pytest.raises(InvalidPoint):
            curve.add_multiple(by_ecdsa(1), scalar)


ONE = by_ecdsa(1)
NOT_POINTS = {
    "compressed": secp256k1.compress(ONE),
    "hybrid": bytes([6 + (ONE[-1] & 1)]) + ONE[1:],
    "short": ONE[:-1],
    "long": ONE + b"\0",
    "empty": b"",
    "zero": bytes(65),
    "off the curve": ONE[:-1] + bytes([ONE[-1] ^ 1]),
    "x is not below p": b"\4" + be(secp256k1.P + 1) + be(int.from_bytes(secp256k1.decompress(b"\2" + be(1))[33:])),
}


@pytest.mark.parametrize("point", NOT_POINTS.values(), ids=NOT_POINTS.keys())
@pytest.mark.parametrize("scalar", [0, 1])
def test_only_65_byte_points_on_the_curve_can_be_added_to(point, scalar, curve):
    with pytest.raises(InvalidPoint):
        curve.add_multiple(point, be(scalar))


@given(scalars)
@settings(max_examples=200, deadline=None)
def test_points_survive_compression(scalar):
    point = pure.public_key(be(scalar))
    assert secp256k1.decompress(secp256k1.compress(point)) == point
    assert secp256k1.parse(secp256k1.compress(point)) == secp256k1.parse(point) == point


@pytest.mark.parametrize(
    "text",
    [
        "02" + "00" * 31 + "07",  # x of no point
        "04" + "00" * 31 + "07" + "00" * 32,  # not on the curve
        "05" + "00" * 31 + "01",  # prefix
        "02" + "ff" * 32,  # x above p
        "02" + "00" * 30 + "01",  # short
        "",
    ],
)
def test_bytes_that_are_not_a_point_are_refused(text):
    with pytest.raises(InvalidPoint):
        secp256k1.parse(bytes.fromhex(text))


def test_the_table_is_built_when_the_first_key_needs_it():
    way = PurePython()
    assert not way._table
    way.public_key(be(1))
    assert way._table
