"""What a chain shows: transfers, the head of the chain, and the two ways to look for transfers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from shop.assets import Asset
from wallet.chains import Chain


@dataclass(frozen=True, slots=True)
class Transfer:
    """One incoming payment as a provider shows it.

    Identity is (chain, txid, index). `index` is the output number (BTC, LTC), the block-wide log index (ERC-20),
    the account (SOL: the address itself), or what else tells two payments of one transaction apart; it is the
    same text in every later look at the same payment, whichever provider or method showed it.
    `units` are whole base units of `asset`. `block_height` is None while it is unconfirmed. `replaceable` is
    BIP-125's signal. `block_time` is in Unix seconds.
    """

    chain: Chain
    txid: str
    index: str
    address: str
    asset: Asset
    units: int
    block_height: int | None = None
    block_hash: str | None = None
    block_time: int | None = None
    replaceable: bool = False


@dataclass(frozen=True, slots=True)
class Head:
    """How far a chain has come, as block heights (slots on Solana).

    `safe` and `finalized` are None where the chain has no such notion (BTC, LTC). On TRON `finalized` is the
    solidified block.
    """

    latest: int
    safe: int | None = None
    finalized: int | None = None


@dataclass(frozen=True, slots=True)
class Scan:
    """What one look found. `cursor` is where the next sweep of the same addresses starts."""

    transfers: tuple[Transfer, ...]
    head: Head
    cursor: str


class ChainReader(Protocol):
    """What the shop asks of a chain, whoever answers."""

    chain: Chain

    def head(self) -> Head:
        """Ask how far the chain has come."""
        ...

    def peek(self, addresses: Sequence[str]) -> tuple[Transfer, ...]:
        """Look at a few fresh addresses at once, unconfirmed payments included: everything recent they received."""
        ...

    def sweep(self, addresses: Sequence[str], cursor: str | None) -> Scan:
        """Find every payment to `addresses` since `cursor`; None starts at the head (with the usual overlap).

        Bounded in requests: returns early with a cursor that has not reached the head when there is a lot to
        read. The caller keeps the cursor only after it has stored every transfer.
        """
        ...

    def find(self, txid: str, addresses: Sequence[str]) -> tuple[Transfer, ...]:
        """Look one transaction up: what it pays to `addresses` (nothing: an empty tuple).

        Raises:
            UnknownTransaction: every provider that answered says it does not exist.
        """
        ...
