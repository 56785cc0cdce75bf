"""Merkle proofs: recorded ones, and ones that prove nothing."""

from dataclasses import replace
from hashlib import sha256
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.chains.proof.headers import Header
from shop.chains.proof.merkle import BadProof, MerkleProof, merkle_root, verify
from tests.shop.chains.proof.recorded import load
from web.sandbox.chains.bitcoin_coding import merkle_siblings

PROOFS = load("merkle_proofs")["proofs"]
SIZE = 250


def dsha(data: bytes) -> bytes:
    return sha256(sha256(data).digest()).digest()


def wire(text: str) -> bytes:
    return bytes.fromhex(text)[::-1]


def header_with(root: bytes) -> Header:
    return Header.parse(bytes(36) + root + bytes(12))


def recorded(vector) -> tuple[bytes, MerkleProof, Header]:
    proof = MerkleProof(vector["block_height"], tuple(map(wire, vector["merkle"])), vector["pos"])
    return wire(vector["txid"]), proof, Header.parse(bytes.fromhex(vector["header"]))


def proof_of(txids: list[bytes], position: int) -> MerkleProof:
    return MerkleProof(1, tuple(merkle_siblings(txids, position)), position)


@pytest.mark.parametrize("vector", PROOFS, ids=lambda v: f"{v['network']}-{v['block_height']}-{v['pos']}")
def test_recorded_proofs_lead_to_their_blocks_root(vector):
    txid, proof, header = recorded(vector)
    verify(txid, proof, header, stripped_size=vector["stripped_size"])


@pytest.mark.parametrize("vector", PROOFS[:6], ids=lambda v: f"{v['network']}-{v['pos']}")
def test_a_proof_fails_for_any_other_block_transaction_or_position(vector):
    txid, proof, header = recorded(vector)
    other = next(each for each in PROOFS if each["block_height"] != vector["block_height"])
    changed = (proof.siblings[0][:-1] + bytes([proof.siblings[0][-1] ^ 1]), *proof.siblings[1:])
    for claim in (
        (txid, proof, recorded(other)[2]),
        (dsha(txid), proof, header),
        (txid, replace(proof, position=proof.position ^ 1), header),
        (txid, replace(proof, siblings=changed), header),
        (txid, replace(proof, siblings=(*proof.siblings, txid)), header),
    ):
        with pytest.raises(BadProof) as refused:
            verify(*claim, stripped_size=SIZE)
        assert refused.value.reason in {"a different block's root", "a hash repeated on its own right"}


@given(count=st.integers(1, 70), seed=st.integers(0, 2**32))
def test_every_transaction_in_a_block_can_be_proved(count, seed):
    txids = [Random(seed + i).randbytes(32) for i in range(count)]
    header = header_with(merkle_root(txids))
    for position, txid in enumerate(txids):
        verify(txid, proof_of(txids, position), header, stripped_size=SIZE)


def test_the_only_transaction_in_a_block_needs_no_sibling():
    txid = dsha(b"coinbase")
    assert merkle_root([txid]) == txid
    verify(txid, MerkleProof(1, (), 0), header_with(txid), stripped_size=SIZE)


@pytest.mark.parametrize(
    ("siblings", "position"),
    [((), 1), ((bytes(32),), 2), ((bytes(32),), -1), ((bytes(32),) * 33, 0), ((bytes(32),) * 2, 1 << 40)],
    ids=["above one", "above two", "negative", "too deep", "huge"],
)
def test_a_position_outside_the_tree_is_refused(siblings, position):
    with pytest.raises(BadProof) as refused:
        verify(bytes(32), MerkleProof(1, siblings, position), header_with(bytes(32)), stripped_size=SIZE)
    assert refused.value.reason == "a position outside the tree"


@pytest.mark.parametrize(("txid", "sibling"), [(bytes(31), bytes(32)), (bytes(32), bytes(33)), (bytes(32), b"")])
def test_a_hash_of_the_wrong_length_is_refused(txid, sibling):
    with pytest.raises(BadProof) as refused:
        verify(txid, MerkleProof(1, (sibling,), 0), header_with(bytes(32)), stripped_size=SIZE)
    assert refused.value.reason == "a hash of the wrong length"


def test_a_64_byte_transaction_is_not_believed_even_with_a_matching_proof():
    """CVE-2017-12842: the inner node of two transactions, offered as a transaction of its own."""
    txids = [dsha(bytes([i])) for i in range(4)]
    header = header_with(merkle_root(txids))
    node = txids[0] + txids[1]
    proof = MerkleProof(1, (dsha(txids[2] + txids[3]),), 0)
    with pytest.raises(BadProof) as refused:
        verify(dsha(node), proof, header, stripped_size=len(node))
    assert refused.value.reason == "a transaction of 64 bytes, which may be a node of the tree"


def short_transaction(input_script: int) -> bytes:
    """Write a transaction of 64 bytes: one input, one output, four bytes of script in all."""
    output_script = b"\x51" * (4 - input_script)
    spend = bytes(36) + bytes([input_script]) + b"\x51" * input_script + b"\xff" * 4
    coin = (5_000).to_bytes(8, "little") + bytes([len(output_script)]) + output_script
    return b"\1\0\0\0\1" + spend + b"\1" + coin + bytes(4)


@pytest.mark.parametrize("input_script", range(5))
@pytest.mark.parametrize("is_right", [False, True])
def test_a_64_byte_transaction_in_a_block_proves_nothing_below_it(input_script, is_right):
    """CVE-2017-12842 the other way round: the halves of a real transaction pass as the ids of two others."""
    real = short_transaction(input_script)
    assert len(real) == 64
    txids = [dsha(b"coinbase"), dsha(real)]
    header = header_with(merkle_root(txids))
    fake, sibling = (real[32:], real[:32]) if is_right else (real[:32], real[32:])
    proof = MerkleProof(1, (sibling, txids[0]), 2 + is_right)
    assert dsha(txids[0] + dsha(real)) == header.merkle_root
    with pytest.raises(BadProof) as refused:
        verify(fake, proof, header, stripped_size=SIZE)
    assert refused.value.reason == "a node that is a transaction of 64 bytes"


def test_a_repeated_hash_at_the_end_of_an_odd_level_proves_its_transaction_only_once():
    """CVE-2012-2459: the copy is a sibling, not a transaction with its own position."""
    txids = [dsha(bytes([i])) for i in range(3)]
    header = header_with(merkle_root(txids))
    verify(txids[2], proof_of(txids, 2), header, stripped_size=SIZE)
    with pytest.raises(BadProof) as refused:
        verify(txids[2], replace(proof_of(txids, 2), position=3), header, stripped_size=SIZE)
    assert refused.value.reason == "a hash repeated on its own right"


@pytest.mark.parametrize("count", [3, 5, 6, 7])
def test_a_block_with_a_repeated_tail_has_no_root(count):
    txids = [dsha(bytes([i])) for i in range(count)]
    tail = 1 if count % 2 else 2
    with pytest.raises(BadProof) as refused:
        merkle_root(txids + txids[-tail:])
    assert refused.value.reason == "the same transaction twice in a block"


def test_a_block_without_transactions_has_no_root():
    with pytest.raises(BadProof) as refused:
        merkle_root([])
    assert refused.value.reason == "a block without transactions"
