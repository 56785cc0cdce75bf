"""Reconciliation of ledger, balances, deposits, invoices, orders, refunds, bonuses and stock.

Everything is read from one snapshot while the shop keeps running. Differences are listed, and reported to admins
once. The sums behind the figures are checked as well, and recomputed if they are wrong.
"""

import logging
from dataclasses import dataclass

from shop.context import Context
from shop.money import Money
from shop.outbox import Event
from shop.people import Person, Right
from storage.models import Customer, period_sums, recent_sums
from storage.models import Difference as DifferenceRow
from storage.models import Reconciliation as Look
from storage.models import reconciliation as rows

_log = logging.getLogger("souk.books")

EVERY_S = 86_400
MOST_KEPT = 100
"""The most differences of each kind that are listed; the others are only counted, to bound the memory."""
MOST_SHOWN = 10
_IN_UNITS = frozenset({"coupon", "stock", "twice", "reserved", "sales", "units", "swept", "stars_listed"})


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference between two records: `found` in one, `expected` by the other.

    `subject` is the number of a row. `whose` names the customer, if any. Both values are money, or counts of items.
    """

    kind: str
    subject: int
    whose: str
    expected: Money | int
    found: Money | int


@dataclass(frozen=True, slots=True)
class Result:
    """The result of a reconciliation: `checked` rows, `differing` ones, and the first of these in detail."""

    at: int
    checked: int
    differing: int
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Compares the books daily and on demand."""

    context: Context

    def last(self, person: Person) -> Result | None:
        """Read the latest result."""
        self.context.customers.require(person, Right.MONEY)
        look = Look.last()
        return None if look is None else self._result(look)

    def check(self, person: Person) -> Result:
        """Reconcile now."""
        self.context.customers.require(person, Right.MONEY)
        return self._result(self._look(person.id))

    def run(self) -> None:
        """Reconcile, as scheduled."""
        self._look(None)

    def news(self, look_id: int) -> Result:
        """Read the differences that a run was the first to find, for letters."""
        new = DifferenceRow.first_found_by(look_id)
        return self._shown(Look.get_by_id(look_id), new[:MOST_SHOWN], len(new))

    def _look(self, asked_by: int | None) -> Look:
        with self.context.database.snapshot():
            checked = rows.count_rows()
            found = rows.all_differences(most=MOST_KEPT)
            sums_are_right = period_sums.are_right()
            recent_are_right = recent_sums.are_right()
        differing = sum(count for _, count in found.values())
        if not (sums_are_right and recent_are_right):
            _log.error("the sums of the figures were wrong and are computed again")
        with self.context.database.transaction():
            if not sums_are_right:
                period_sums.rebuild()
            if not recent_are_right:
                recent_sums.forget()
            look = Look.create(
                asked_by=asked_by, checked=checked, differing=differing, created_at=self.context.clock()
            )
            new = [DifferenceRow.note(look.id, kind, row) for kind, (named, _) in found.items() for row in named]
            if any(new):
                self.context.outbox.tell_admins(
                    Event.ADMIN_BOOKS, key=f"books:{look.id}", payload={"look_id": look.id}
                )
        if differing:
            kinds = ", ".join(f"{kind}: {count}" for kind, (_, count) in found.items() if count)
            _log.error("the books differ in %d places: %s", differing, kinds)
        else:
            _log.info("the books add up: %d rows", checked)
        return look

    def _result(self, look: Look) -> Result:
        return self._shown(look, DifferenceRow.of(look.id, limit=MOST_SHOWN), look.differing)

    def _shown(self, look: Look, found: list[DifferenceRow], differing: int) -> Result:
        return Result(look.created_at, look.checked, differing, tuple(self._difference(row) for row in found))

    def _difference(self, row: DifferenceRow) -> Difference:
        customer = Customer.get_or_none(Customer.id == row.customer_id)
        whose = "" if customer is None else self.context.customers.name_of(customer.id)
        if row.kind in _IN_UNITS:
            return Difference(row.kind, row.subject, whose, row.expected, row.found)
        expected, found = (Money(minor, self.context.currency) for minor in (row.expected, row.found))
        return Difference(row.kind, row.subject, whose, expected, found)
