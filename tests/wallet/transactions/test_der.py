"""DER signatures: published ones, valid and not, and both ways to verify compared."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.wallet.published import load
from wallet import secp256k1
from wallet.secp256k1 import N
from wallet.transactions import der
from wallet.transactions.errors import InvalidSignature
from wallet.transactions.signatures import sign_recoverable

VECTORS = load("rfc6979_secp256k1")["vectors"]
OF_A_TYPE_BYTE = "Invalid hashType"  # the byte after the signature, which `p2wpkh` reads
digests = st.binary(min_size=32, max_size=32)
secrets = st.integers(1, N - 1).map(lambda secret: secret.to_bytes(32))


def of_kind(kind):
    found = [vector for vector in VECTORS if vector["kind"] == kind]
    assert found
    return found


@pytest.mark.parametrize("vector", of_kind("der_valid"), ids=lambda vector: f"type {vector['sighash_type']}")
def test_published_signatures_are_read_and_written_unchanged(vector):
    signature = bytes.fromhex(vector["hex"])[:-1]
    r, s = int(vector["r"], 16), int(vector["s"], 16)
    assert der.encode(r, s) == signature
    assert der.decode(signature) == (r, s)


MALFORMED = [vector for vector in of_kind("der_invalid") if OF_A_TYPE_BYTE not in vector["reason"]]


@pytest.mark.parametrize("vector", MALFORMED, ids=lambda vector: vector["reason"])
def test_published_malformed_signatures_are_refused(vector):
    with pytest.raises(InvalidSignature):
        der.decode(bytes.fromhex(vector["hex"])[:-1])


def test_published_signatures_verify(curve):
    for vector in of_kind("nonce"):
        point = secp256k1.public_key(bytes.fromhex(vector["private_key"]))
        der.verify(point, bytes.fromhex(vector["digest"]), bytes.fromhex(vector["der"]))


@settings(max_examples=30, deadline=None)
@given(secrets, digests, st.data())
def test_a_changed_signature_digest_or_key_does_not_verify_either_way(secret, digest, data):
    pytest.importorskip("coincurve")
    r, s, _ = sign_recoverable(digest, secret)
    signature = der.encode(r, s)
    where = data.draw(st.integers(0, len(signature) - 1))
    changed = signature[:where] + bytes([signature[where] ^ data.draw(st.integers(1, 255))]) + signature[where + 1 :]
    other = bytes([digest[0] ^ 1]) + digest[1:]
    neighbour = secp256k1.public_key((int.from_bytes(secret) % (N - 1) + 1).to_bytes(32))
    for way in (secp256k1.LibSecp256k1(), secp256k1.PurePython()):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(secp256k1, "curve", lambda way=way: way)
            point = secp256k1.public_key(secret)
            der.verify(point, digest, signature)
            for forged in ((point, digest, changed), (point, other, signature), (neighbour, digest, signature)):
                with pytest.raises(InvalidSignature):
                    der.verify(*forged)


@given(st.binary(max_size=80))
def test_random_bytes_are_refused_or_written_back_the_same(content):
    try:
        r, s = der.decode(content)
    except InvalidSignature:
        return
    assert der.encode(r, s) == content


def test_a_high_s_is_refused():
    for digest in (bytes([n]) * 32 for n in range(8)):  # r takes 32 bytes with some of them, 33 with others
        r, s, _ = sign_recoverable(digest, (1).to_bytes(32))
        assert der.decode(der.encode(r, s)) == (r, s)
        with pytest.raises(InvalidSignature):
            der.decode(der.encode(r, N - s))
