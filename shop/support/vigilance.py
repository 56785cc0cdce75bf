"""Vigilance: limits on what managers can give away for free in a day, and an alarm when they do it often.

A manager with the right to customers could have a friend buy one item, replace it forty times, and refund it. So
replacements are limited, per line and per manager and day, and owners are notified of a series of replacements and
refunds. Owners have no limits.
"""

from dataclasses import dataclass

from shop.context import Context
from shop.errors.refusals import ReplacementLimit
from shop.outbox import Event
from shop.people import Person
from storage.models import OrderLine, Refund, Replacement, StockItem

DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Vigilance:
    """Counts an admin's replacements and refunds within 24 hours."""

    context: Context

    def check(self, admin: Person, line: OrderLine) -> None:
        """Refuse a replacement above a manager's limits; call it in the transaction of the replacement.

        Raises:
            ReplacementLimit: the line, or the manager's day, has as many replacements as the settings allow.
        """
        if self.context.customers.is_owner(admin.telegram_id):
            return
        settings, today = self.context.settings, self.context.lately(DAY_S)
        of_line, of_day = settings.manager_replacements_per_line, settings.manager_replacements_per_day
        if of_line and len(StockItem.pieces_of(line.id, faulty=True)) >= of_line:
            raise ReplacementLimit(of_line)
        if of_day and Replacement.count_by(admin.id, within=today) >= of_day:
            raise ReplacementLimit(of_day)

    def noted(self, admin: Person, count: int = 1) -> None:
        """Tell the owners if a replacement, or a refund of `count` lines, made it a series. Needs its transaction."""
        every = self.context.settings.manager_alarm_after
        if not every or self.context.customers.is_owner(admin.telegram_id):
            return
        now, today = self.context.clock(), self.context.lately(DAY_S)
        replaced, refunded = (kind.count_by(admin.id, within=today) for kind in (Replacement, Refund))
        total = replaced + refunded
        if total // every == (total - count) // every:
            return
        self.context.outbox.tell_admins(
            Event.ADMIN_SERIES,
            key=f"series:{admin.id}:{now}:{replaced}:{refunded}",
            payload={"manager_id": admin.id, "replaced": replaced, "refunded": refunded},
        )
