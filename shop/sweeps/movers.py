"""The interface that a sweep needs from any chain."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from shop.chains.sending import Speed
from shop.sweeps.offers import SweepOffer
from shop.sweeps.values import Budget
from storage.models import SweepTransaction
from wallet.chains import Chain
from wallet.plans.plan import PlannedTransaction


class Fate(Enum):
    """The fate of a transaction that is not in a block yet."""

    WAITING = "waiting"
    FAILED = "failed"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


class Unfit(Exception):
    """A planned transaction no longer fits the state of the chain; `reason` is a phrase for admins."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Live:
    """Data from signing time: Solana's recent blockhash, and how long the transaction is valid."""

    blockhash: str = ""
    valid_until: int | None = None


class Mover(Protocol):
    """One chain. Every method that asks servers raises ChainUnavailable when none answers."""

    @property
    def chain(self) -> Chain:
        """The chain."""
        ...

    @property
    def can_replace(self) -> bool:
        """Return whether a stuck transaction can be replaced: two of the same coins exclude each other."""
        ...

    def offers(self, destination: str, budget: Budget, *, now: int) -> Mapping[Speed, SweepOffer]:
        """Plan a sweep at each speed."""
        ...

    def prepare(self, planned: PlannedTransaction, row: SweepTransaction) -> Live:
        """Compare a planned transaction with the current state of the chain, just before signing. Raises Unfit."""
        ...

    def send(self, raw: bytes) -> None:
        """Hand a transaction to the servers. Raises NotTaken."""
        ...

    def fate(self, row: SweepTransaction) -> Fate:
        """Return the fate of a transaction that is not in a block yet."""
        ...

    def is_past(self, moment: int) -> bool:
        """Return whether a server's newest block is later than a moment (Unix seconds), since this machine's clock
        may be ahead; True where nothing expires at a time.
        """
        ...

    def is_lost(self, row: SweepTransaction) -> bool:
        """Return whether a transaction waits for others that the shop knows nothing about."""
        ...

    def gone(self, row: SweepTransaction) -> tuple[str, ...]:
        """List the outputs of a refused transaction that another transaction has spent."""
        ...

    def with_higher_fee(self, planned: PlannedTransaction, row: SweepTransaction) -> PlannedTransaction:
        """Make the replacement of a stuck transaction, at a higher fee. Raises Unfit."""
        ...
