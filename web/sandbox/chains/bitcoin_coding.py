"""Serialise real transactions and blocks, as an explorer returns them in bytes.

Source: Bitcoin developer reference (raw transaction, block header), BIP-141 and BIP-144 (segregated witness).
Signatures are random bytes of the right length: nothing in the sandbox checks them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from hashlib import sha256
from typing import Any

from shop.chains.proof.consensus import HeaderRules
from shop.chains.proof.headers import target_of
from shop.chains.proof.merkle import merkle_root

Json = dict[str, Any]
_MINED = 512


@dataclass(frozen=True, slots=True)
class Coin:
    """An output, or the previous output that an input spends."""

    script: bytes
    value: int
    address: str = ""


@dataclass(frozen=True, slots=True)
class Spend:
    """An input. A coinbase input spends nothing (`coin` is None) and keeps its script in `script_sig`."""

    txid: str
    vout: int
    coin: Coin | None
    sequence: int
    witness: tuple[bytes, ...]
    script_sig: bytes = b""


@dataclass(frozen=True)
class Transaction:
    """A transaction."""

    inputs: tuple[Spend, ...]
    outputs: tuple[Coin, ...]

    @cached_property
    def txid(self) -> str:
        """The id, in display order."""
        return double_sha256(self.serialise(witness=False))[::-1].hex()

    def serialise(self, *, witness: bool = True) -> bytes:
        """Serialise the transaction."""
        body = compact_size(len(self.inputs)) + b"".join(map(_input, self.inputs))
        body += compact_size(len(self.outputs)) + b"".join(map(_output, self.outputs))
        version, locktime = (2).to_bytes(4, "little"), bytes(4)
        if not witness:
            return version + body + locktime
        stacks = b"".join(_stack(spend.witness) for spend in self.inputs)
        return version + b"\x00\x01" + body + stacks + locktime


@dataclass(frozen=True)
class Header:
    """A block header."""

    previous: str
    merkle: bytes
    time: int
    nonce: int
    version: int = 0x20000000
    bits: int = 0x207FFFFF

    def serialise(self) -> bytes:
        """Serialise the header to its 80 bytes."""
        numbers = (self.time, self.bits, self.nonce)
        return (
            self.version.to_bytes(4, "little")
            + bytes.fromhex(self.previous)[::-1]
            + self.merkle
            + b"".join(number.to_bytes(4, "little") for number in numbers)
        )

    @cached_property
    def hash(self) -> str:
        """The block's hash, in display order."""
        return double_sha256(self.serialise())[::-1].hex()


def header_of(
    previous: str, transactions: Sequence[Transaction], *, time: int, nonce: int, bits: int = 0x207FFFFF
) -> Header:
    """Build the header of a block with these transactions."""
    root = merkle_root([bytes.fromhex(tx.txid)[::-1] for tx in transactions])
    return Header(previous, root, time, nonce, bits=bits)


@lru_cache(maxsize=_MINED)
def mined(header: Header, rules: HeaderRules) -> Header:
    """Find a nonce, starting from the header's own, that puts the work hash below the target.

    The last ones are kept, because chains from the same seed and time begin with the same blocks.
    """
    target = target_of(header.bits)
    while int.from_bytes(rules.work_hash(header.serialise()), "little") > target:
        header = replace(header, nonce=(header.nonce + 1) & 0xFFFFFFFF)
    return header


def merkle_siblings(txids: Sequence[bytes], position: int) -> list[bytes]:
    """List the hashes that combine with a transaction's id on the way up to the Merkle root."""
    level, siblings = list(txids), []
    while len(level) > 1:
        level += level[-1:] * (len(level) % 2)
        siblings.append(level[position ^ 1])
        level = [double_sha256(level[i] + level[i + 1]) for i in range(0, len(level), 2)]
        position >>= 1
    return siblings


def block_bytes(header: Header, transactions: Sequence[Transaction]) -> bytes:
    """Serialise a block."""
    return header.serialise() + compact_size(len(transactions)) + b"".join(tx.serialise() for tx in transactions)


def compact_size(number: int) -> bytes:
    """Encode a count as a compact size."""
    if number < 0xFD:
        return bytes([number])
    return b"\xfd" + number.to_bytes(2, "little") if number <= 0xFFFF else b"\xfe" + number.to_bytes(4, "little")


def double_sha256(data: bytes) -> bytes:
    """Hash twice with SHA-256, as Bitcoin does."""
    return sha256(sha256(data).digest()).digest()


def to_json(transaction: Transaction) -> Json:
    """Convert a transaction to JSON for a snapshot."""
    return {
        "inputs": [
            [spend.txid, spend.vout, _coin_json(spend.coin), spend.sequence, [w.hex() for w in spend.witness],
             spend.script_sig.hex()]
            for spend in transaction.inputs
        ],
        "outputs": [_coin_json(coin) for coin in transaction.outputs],
    }  # fmt: skip


def from_json(saved: Json) -> Transaction:
    """Read a transaction from a snapshot."""
    return Transaction(
        tuple(
            Spend(txid, vout, None if coin is None else _coin(coin), sequence, tuple(map(bytes.fromhex, witness)),
                  bytes.fromhex(script_sig))
            for txid, vout, coin, sequence, witness, script_sig in saved["inputs"]
        ),
        tuple(_coin(coin) for coin in saved["outputs"]),
    )  # fmt: skip


def _coin_json(coin: Coin | None) -> list[Any] | None:
    return None if coin is None else [coin.script.hex(), coin.value, coin.address]


def _coin(saved: list[Any]) -> Coin:
    return Coin(bytes.fromhex(saved[0]), saved[1], saved[2])


def _input(spend: Spend) -> bytes:
    script = compact_size(len(spend.script_sig)) + spend.script_sig
    outpoint = bytes.fromhex(spend.txid)[::-1] + spend.vout.to_bytes(4, "little")
    return outpoint + script + spend.sequence.to_bytes(4, "little")


def _output(coin: Coin) -> bytes:
    return coin.value.to_bytes(8, "little") + compact_size(len(coin.script)) + coin.script


def _stack(witness: Sequence[bytes]) -> bytes:
    return compact_size(len(witness)) + b"".join(compact_size(len(item)) + item for item in witness)
