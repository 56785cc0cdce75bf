"""Balances, as a separate kind of ledger entry, together with the purchases that they pay for.

A customer's balance grows by their balance there, or by the difference since the last run. The purchases brought
along are paid from it like any order, so the opening entry is larger by that much: both what they bought and what is
left follow from the ledger.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from shop.ledger import EntryKind
from shop.moving.journey import Journey, PaidOrder
from shop.moving.values import StaysBehind, rounded
from storage.models import LedgerEntry, MovedBalance, Refund, existing


@dataclass(frozen=True, slots=True)
class _Step:
    """A movement to post, with its order line if it is a refund."""

    minor: int
    kind: EntryKind
    key: str
    at: int
    line_id: int = 0


def bring(journey: Journey) -> None:
    """Post every customer's balance, purchases and refunds."""
    before = MovedBalance.latest()
    balances = existing.balances()
    for user_id, customer_id in journey.customers.items():
        there = _balance_there(journey, user_id)
        change = there - before.get(customer_id, 0)
        if balances[customer_id] + change < 0:
            twice = -balances[customer_id] - change
            journey.report.refuse("balances", user_id, f"{twice} minor units were spent both there and here")
            change = -balances[customer_id]
        steps = list(_steps(journey.orders.get(customer_id, [])))
        if change or steps or customer_id not in before:
            came = min([journey.old.users[user_id].registered_at, *(step.at for step in steps)])
            at = came if user_id in journey.fresh else journey.terms.now
            _post(journey, customer_id, balances[customer_id], there=there, change=change, steps=steps, at=at)


def _balance_there(journey: Journey, user_id: int) -> int:
    """Round a balance to minor units; one below zero there becomes zero here, and is reported."""
    user = journey.old.users[user_id]
    try:
        balance = rounded(user.balance, journey.terms.currency)
    except StaysBehind as error:
        journey.report.refuse("balances", user_id, f"{error.reason}: the customer comes without it")
        return 0
    if balance.money.minor < 0:
        journey.report.refuse("balances", user_id, f"it is below zero there ({user.balance:f}): zero here")
        return 0
    journey.report.balances.append((user.telegram_id, balance))
    return balance.money.minor


def _steps(orders: list[PaidOrder]) -> Iterator[_Step]:
    for order in orders:
        if order.fresh:
            yield _Step(-order.total_minor, EntryKind.PURCHASE, f"order:{order.order_id}", order.at)
        for line in order.lines if order.refunded else ():
            if line.paid_minor:
                yield _Step(line.paid_minor, EntryKind.REFUND, f"refund:{line.line_id}", order.at, line.line_id)


def _post(
    journey: Journey, customer_id: int, balance: int, *, there: int, change: int, steps: list[_Step], at: int
) -> None:
    """Open with what the steps need plus what is left after them; close by removing what was only needed in
    between.
    """
    opening = change - sum(step.minor for step in steps)
    lowest = running = balance + opening
    for step in steps:
        running += step.minor
        lowest = min(lowest, running)
    extra = max(0, -lowest)
    ledger = _Ledger(customer_id, balance, journey.terms.now)
    ledger.move_in(opening + extra, there, at=at)
    for step in steps:
        ledger.post(step.minor, step.kind, step.key, at=step.at)
        if step.line_id:
            columns = {"order_line_id": step.line_id, "amount_minor": step.minor}
            Refund.insert_row(refunded_by=journey.owner_id, created_at=step.at, **columns)
    if extra:
        ledger.move_in(-extra, there, at=journey.terms.now)


@dataclass(slots=True)
class _Ledger:
    """One customer's account, moved row by row."""

    customer_id: int
    balance: int
    now: int

    def move_in(self, minor: int, there: int, *, at: int) -> None:
        """Record the balance there, and move the balance here by as much; nothing is posted for zero."""
        number = MovedBalance.insert_row(
            customer_id=self.customer_id, source_minor=there, amount_minor=minor, created_at=self.now
        )
        if minor:
            self.post(minor, EntryKind.MOVED_IN, f"moved_in:{number}", at=at)

    def post(self, minor: int, kind: EntryKind, key: str, *, at: int) -> None:
        """Move the balance."""
        self.balance += minor
        columns = {"amount_minor": minor, "balance_minor": self.balance, "key": key, "created_at": at}
        LedgerEntry.insert_row(customer_id=self.customer_id, kind=kind.value, **columns)
