"""Merkle trees of blocks: which transactions a header commits to, and proof that a transaction is one of them.

Source: Bitcoin developer reference (merkle trees). Guards: CVE-2012-2459 (an odd level repeats its last hash) and
CVE-2017-12842 (64 bytes can be both a transaction and two hashes of the tree).
Hashes are in wire order.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shop.chains.proof.headers import Header
from wallet.hashes import hash256

_HASH_BYTES = 32
NODE_BYTES = 2 * _HASH_BYTES
"""Length of the data that a node of the tree hashes; a transaction of the same length proves nothing."""
_MOST_SIBLINGS = 32
# version 4, number of inputs 1, outpoint 36, length of the input's script 1
_SCRIPT_STARTS_AT = 42
_AROUND_THE_SCRIPTS = 60


class BadProof(ValueError):
    """A proof that proves nothing; `reason` is a short phrase for admins."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class MerkleProof:
    """The path from a transaction up to the root: each level's sibling, and the transaction's place in the block."""

    block_height: int
    siblings: tuple[bytes, ...]
    position: int


def merkle_root(txids: Sequence[bytes]) -> bytes:
    """Hash the ids of a whole block's transactions together as its header does.

    Raises:
        BadProof: there are none, or two equal neighbours: then a block with fewer transactions has the same root.
    """
    if not txids:
        raise BadProof("a block without transactions")
    level = list(txids)
    while len(level) > 1:
        level = [hash256(left + right) for left, right in _pairs(level)]
    return level[0]


def verify(txid: bytes, proof: MerkleProof, header: Header, *, stripped_size: int) -> None:
    """Check that a header commits to a transaction.

    `stripped_size` is the length in bytes of what `txid` was computed from: the transaction without its witness.

    Raises:
        BadProof: it does not, or something other than a transaction could be proved in the same way.
    """
    if stripped_size == NODE_BYTES:
        raise BadProof("a transaction of 64 bytes, which may be a node of the tree")
    if len(proof.siblings) > _MOST_SIBLINGS or not 0 <= proof.position < 1 << len(proof.siblings):
        raise BadProof("a position outside the tree")
    if any(len(each) != _HASH_BYTES for each in (txid, *proof.siblings)):
        raise BadProof("a hash of the wrong length")
    node, position = txid, proof.position
    for sibling in proof.siblings:
        node = _parent(node, sibling, is_right=bool(position & 1))
        position >>= 1
    if node != header.merkle_root:
        raise BadProof("a different block's root")


def _parent(node: bytes, sibling: bytes, *, is_right: bool) -> bytes:
    if is_right and node == sibling:
        raise BadProof("a hash repeated on its own right")
    joined = sibling + node if is_right else node + sibling
    if _reads_as_transaction(joined):
        raise BadProof("a node that is a transaction of 64 bytes")
    return hash256(joined)


def _reads_as_transaction(node: bytes) -> bool:
    """Return whether 64 bytes are a transaction, with one input, one output and four bytes of script in all."""
    input_script, spare = node[_SCRIPT_STARTS_AT - 1], NODE_BYTES - _AROUND_THE_SCRIPTS
    if node[4] != 1 or input_script > spare:
        return False
    outputs_at = _SCRIPT_STARTS_AT + input_script + 4
    return node[outputs_at] == 1 and node[outputs_at + 9] == spare - input_script


def _pairs(level: Sequence[bytes]) -> Iterator[tuple[bytes, bytes]]:
    for i in range(0, len(level) - 1, 2):
        if level[i] == level[i + 1]:
            raise BadProof("the same transaction twice in a block")
        yield level[i], level[i + 1]
    if len(level) % 2:
        yield level[-1], level[-1]
