"""The shop's health in figures: nothing secret, nothing about customers."""

from dataclasses import dataclass

from shop.assembly import Shop
from storage.database import Database
from storage.models import Outbox


@dataclass(frozen=True, slots=True)
class Health:
    """What a monitor wants to know.

    `delayed` names what does not answer: chains, the payment provider, `rates`; `reasons` says why a chain does not,
    or why what it shows does not count. `resting` names, by chain, the servers that are not asked for a while, and at
    `rates` the price sources that have been silent for long. `unsent` counts waiting letters.
    """

    database: bool
    delayed: tuple[str, ...] = ()
    reasons: tuple[tuple[str, str], ...] = ()
    resting: tuple[tuple[str, tuple[str, ...]], ...] = ()
    unsent: int = 0
    job_failures: int = 0

    @property
    def status(self) -> str:
        """Sum it up in one word."""
        if not self.database:
            return "down"
        return "degraded" if self.delayed else "ok"


def examine(shop: Shop, database: Database) -> Health:
    """Take the figures now."""
    if not database.answers():
        return Health(database=False)
    watches = shop.payments.watches
    rates = shop.payments.rates
    resting = (*((watch.chain.value, watch.resting) for watch in watches), ("rates", rates.silent))
    return Health(
        database=True,
        delayed=shop.payments.delayed,
        reasons=tuple((watch.chain.value, watch.reason) for watch in watches if watch.reason),
        resting=tuple((chain, names) for chain, names in resting if names),
        unsent=Outbox.count_waiting(),
        job_failures=sum(runner.failures for runner in shop.runners),
    )
