"""What the operator knows of his money, put together: figures, where the coins lie, whether the books add up."""

from dataclasses import dataclass

from shop.figures import Figures
from shop.ground import Ground
from shop.holdings import Holdings
from shop.jobs import Job, Runner
from shop.rates import Rates
from shop.reconciliation import EVERY_S, Reconciliation


@dataclass(frozen=True, slots=True)
class Accounting:
    """What is counted, and what is compared."""

    figures: Figures
    holdings: Holdings
    books: Reconciliation


def build(ground: Ground, rates: Rates) -> Accounting:
    """Build it on what the shop stands on."""
    database, customers, currency = ground.database, ground.customers, ground.settings.currency
    return Accounting(
        figures=Figures(database, customers, clock=ground.clock, currency=currency),
        holdings=Holdings(database, customers, rates, currency=currency, page_entries=ground.settings.page_entries),
        books=Reconciliation(database, customers, ground.outbox, clock=ground.clock, currency=currency),
    )


def runner(accounting: Accounting, ground: Ground) -> Runner:
    """Build what runs by itself: a thread that compares the books."""
    job = Job("reconciliation", EVERY_S, accounting.books.run)
    return Runner("books", (job,), let_go=ground.database.release_thread)
