"""Reads transactions and whole blocks of Bitcoin or Litecoin from their bytes: who is paid how much.

Nothing is taken on trust: a transaction's id is computed from its bytes, and a block's header must match the
requested hash and commit to every transaction. So a server can withhold a block but not alter one. Left out: scripts,
which nodes check, and the header's work, which `shop.chains.proof` checks.

Source: Bitcoin developer reference (block), BIP-125 (replaceability), LIP-0002 (the last transaction of a Litecoin
block ends with an extra byte, and an extension block may follow it).
"""

from dataclasses import dataclass

from shop.chains.proof.headers import HEADER_BYTES, BadHeader, Header
from shop.chains.proof.merkle import BadProof, merkle_root
from wallet.chains import Chain
from wallet.hashes import hash256
from wallet.transactions import bitcoin
from wallet.transactions.bitcoin import Output, Transaction
from wallet.transactions.wire import MalformedTransaction, Reader

_SMALLEST_TRANSACTION = 60
_LOWEST_FINAL_SEQUENCE = 0xFFFFFFFE


class BrokenBlock(ValueError):
    """Bytes that are not a block, or not the requested block."""


@dataclass(frozen=True, slots=True)
class RawTransaction:
    """A transaction's payments. `stripped_size`: its bytes without the witness, whose hash is the txid."""

    txid: str
    outputs: tuple[Output, ...]
    replaceable: bool
    is_coinbase: bool
    stripped_size: int


@dataclass(frozen=True, slots=True)
class RawBlock:
    """A consistent block."""

    header: Header
    transactions: tuple[RawTransaction, ...]


def parse_transaction(chain: Chain, data: bytes) -> RawTransaction:
    """Read one transaction.

    Raises:
        MalformedTransaction: no node would accept these bytes.
    """
    return _essence(bitcoin.parse(chain, data))


def parse_block(chain: Chain, data: bytes, *, block_hash: str) -> RawBlock:
    """Read and check a block.

    Raises:
        BrokenBlock: the bytes are not the block of this hash.
    """
    try:
        header = Header.parse(data[:HEADER_BYTES])
        if header.hash != block_hash:
            raise BrokenBlock("the header of a different block")
        reader = Reader(data[HEADER_BYTES:])
        count = reader.count(_SMALLEST_TRANSACTION)
        transactions = tuple([_essence(bitcoin.read_in_block(chain, reader)) for _ in range(count)])
        root = merkle_root([bytes.fromhex(each.txid)[::-1] for each in transactions])
    except (BadHeader, BadProof) as error:
        raise BrokenBlock(error.reason) from None
    except MalformedTransaction as error:
        raise BrokenBlock(error.flaw.value) from None
    if root != header.merkle_root:
        raise BrokenBlock("the transactions do not match the header")
    # The hashes of an inner level have the same root, and 64 bytes could be read as a transaction (CVE-2017-12842).
    # A coinbase spends 32 zero bytes, which no two hashes contain: if one comes first, this level is the lowest.
    if not transactions[0].is_coinbase:
        raise BrokenBlock("a block that does not begin with a coinbase")
    return RawBlock(header, transactions)


def _essence(transaction: Transaction) -> RawTransaction:
    stripped = transaction.stripped()
    return RawTransaction(
        txid=hash256(stripped)[::-1].hex(),
        outputs=transaction.outputs,
        replaceable=any(spent.sequence < _LOWEST_FINAL_SEQUENCE for spent in transaction.inputs),
        is_coinbase=transaction.is_coinbase,
        stripped_size=len(stripped),
    )
