"""ECDSA with RFC 6979: published vectors, both ways to sign compared, and recovered keys."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.endurance import times
from tests.wallet.published import load
from wallet import secp256k1
from wallet.secp256k1 import N
from wallet.transactions.errors import InvalidPrivateKey, InvalidSignature
from wallet.transactions.signatures import HALF_ORDER, recover, sign_recoverable

VECTORS = load("rfc6979_secp256k1")["vectors"]
SIGNED = [vector for vector in VECTORS if vector["kind"] in {"nonce", "digest"}]
DIGEST = bytes(range(32))
KEY = (1).to_bytes(32)
pure = secp256k1.PurePython()


def signature_of(vector):
    return int(vector["r"], 16), int(vector["s"], 16), vector["recovery_id"]


def test_published_digests_get_the_published_signatures(curve):
    assert len(SIGNED) == 142
    for vector in SIGNED:
        digest, key = bytes.fromhex(vector["digest"]), bytes.fromhex(vector["private_key"])
        assert sign_recoverable(digest, key) == signature_of(vector)


def test_the_public_key_is_recovered_from_published_signatures():
    for vector in SIGNED:
        r, s, recovery_id = signature_of(vector)
        found = recover(bytes.fromhex(vector["digest"]), r=r, s=s, recovery_id=recovery_id)
        assert found == secp256k1.public_key(bytes.fromhex(vector["private_key"]))


@pytest.mark.parametrize("vector", [v for v in VECTORS if v["kind"] == "invalid_key"], ids=lambda v: v["reason"])
def test_published_invalid_keys_cannot_sign(vector, curve):
    with pytest.raises(InvalidPrivateKey) as refusal:
        sign_recoverable(bytes.fromhex(vector["digest"]), bytes.fromhex(vector["private_key"]))
    assert vector["private_key"] not in repr(refusal.value)


@settings(max_examples=times(250, full=1_000), deadline=None)
@given(st.binary(min_size=32, max_size=32), st.integers(1, N - 1))
def test_both_ways_to_sign_agree_and_give_a_low_s(digest, secret):
    pytest.importorskip("coincurve")
    signatures = set()
    for way in (secp256k1.LibSecp256k1(), pure):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(secp256k1, "curve", lambda way=way: way)
            signatures.add(sign_recoverable(digest, secret.to_bytes(32)))
    assert len(signatures) == 1
    assert next(iter(signatures))[1] <= HALF_ORDER


@settings(max_examples=200, deadline=None)
@given(st.binary(min_size=32, max_size=32), st.integers(1, N - 1), st.integers(0, 1))
def test_both_parities_recover_the_keys_libsecp256k1_finds(digest, secret, parity):
    coincurve = pytest.importorskip("coincurve")
    r, s, _ = sign_recoverable(digest, secret.to_bytes(32))
    packed = r.to_bytes(32) + s.to_bytes(32) + bytes([parity])
    theirs = coincurve.PublicKey.from_signature_and_message(packed, digest, hasher=None)
    assert recover(digest, r=r, s=s, recovery_id=parity) == theirs.format(compressed=False)


def test_signatures_out_of_range_are_refused():
    r, s, recovery_id = sign_recoverable(DIGEST, KEY)
    wrong = [
        {"r": 0}, {"r": N}, {"s": 0}, {"s": N - s}, {"s": N}, {"recovery_id": 4}, {"recovery_id": -1},
        {"r": 5, "recovery_id": 0},  # no point has this x
        {"recovery_id": 2},  # r + n is not below p
    ]  # fmt: skip
    for change in wrong:
        with pytest.raises(InvalidSignature) as refusal:
            recover(DIGEST, **{"r": r, "s": s, "recovery_id": recovery_id} | change)
        assert str(refusal.value) == "not a valid signature"


def test_a_signature_that_would_recover_the_point_at_infinity_is_refused():
    # R = k·G with s·k = e: sR - eG is the point at infinity.
    r = int.from_bytes(secp256k1.public_key((7).to_bytes(32))[1:33])
    parity = secp256k1.public_key((7).to_bytes(32))[-1] & 1
    with pytest.raises(InvalidSignature) as refusal:
        recover((21).to_bytes(32), r=r, s=3, recovery_id=parity)
    assert str(refusal.value) == "not a valid signature"


@pytest.mark.parametrize("digest", [b"", bytes(31), bytes(33)], ids=len)
def test_only_32_byte_digests_are_signed(digest, curve):
    with pytest.raises(InvalidSignature) as refusal:
        sign_recoverable(digest, KEY)
    assert str(refusal.value) == "not a valid signature"
