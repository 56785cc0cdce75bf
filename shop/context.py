"""The context with which every subject of the shop is built."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from shop.audit import Audit
from shop.customers import Customers
from shop.outbox import Event, Outbox
from shop.people import Person
from shop.settings.model import Settings
from storage.database import Database

MANY = 10
"""The other owners are notified of an action on at least this many things at once."""


@dataclass(frozen=True, slots=True)
class Context:
    """The shop's settings, database and clock; its customers, the letters to them, and the audit log.

    `monotonic` counts seconds and never goes back: it measures how long something lasts, however the clock is set.
    `is_far_ahead` says whether the clock is known to be so wrong that nothing irreversible may be done by its time.
    """

    settings: Settings
    database: Database
    clock: Callable[[], int]
    customers: Customers
    outbox: Outbox
    audit: Audit
    monotonic: Callable[[], float]
    is_far_ahead: Callable[[], bool] = lambda: False

    @property
    def currency(self) -> str:
        """The currency of every balance and price (ISO 4217)."""
        return self.settings.currency

    @property
    def page_entries(self) -> int:
        """How many entries a page of a list holds."""
        return self.settings.page_entries

    def lately(self, seconds: int) -> tuple[int, int]:
        """Return the span of the last so many seconds, from when until when.

        It reaches as far into the future: if the clock was set back, recent rows are dated there. Rows dated later
        come from a clock that was wrong.
        """
        now = self.clock()
        return now - seconds, now + seconds

    def iso(self, unix_s: int) -> str:
        """Write a point in time for a file: in the shop's time zone, with its offset from UTC (ISO 8601)."""
        return datetime.fromtimestamp(unix_s, self.settings.zone).isoformat()

    def announce(self, admin: Person, entry_id: int) -> None:
        """Notify the other owners of an admin's bulk action, by its entry in the audit log.

        Needs an open transaction.
        """
        self.outbox.tell_admins(
            Event.ADMIN_ACTION, key=f"deed:{entry_id}", payload={"entry_id": entry_id}, but=admin.telegram_id
        )

    def page(self, number: int, entries: int, *, size: int | None = None) -> tuple[int, int]:
        """Bring a page number (it may be forged) into range; return it with the number of pages.

        Pages count from 0; an empty list has one page. `size` is for lists with a different page length.
        """
        pages = max(1, -(-entries // (size or self.page_entries)))
        return min(max(number, 0), pages - 1), pages
