"""Notifications: which admins get each event, and what each of them switched off."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from shop.customers import Customers
from shop.errors import NotAllowed
from shop.outbox import Event
from shop.people import Person, Right
from storage.database import Database
from storage.models import NoticeOff


class Notification(Enum):
    """A kind of notification that an admin can switch off."""

    NEW_CUSTOMER = "new_customer"
    DEPOSIT_SEEN = "deposit_seen"
    DEPOSIT = "deposit"
    PURCHASE = "purchase"
    REVIEW = "review"
    TICKET = "ticket"
    LOW_STOCK = "low_stock"
    TROUBLE = "trouble"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Audience:
    """The admins an event is for.

    `right`: owners get everything, managers what matches their rights; None: only owners.
    `notification`: what switches it off; None: nothing does, because money, data or a customer's goods are at stake.
    `bundled`: in a burst, each admin gets one letter with the number of events.
    """

    right: Right | None
    notification: Notification | None = None
    bundled: bool = False


AUDIENCES: Mapping[Event, Audience] = MappingProxyType(
    {
        Event.ADMIN_CUSTOMER: Audience(Right.CUSTOMERS, Notification.NEW_CUSTOMER, bundled=True),
        Event.ADMIN_SEEN: Audience(Right.MONEY, Notification.DEPOSIT_SEEN, bundled=True),
        Event.ADMIN_DEPOSIT: Audience(Right.MONEY, Notification.DEPOSIT, bundled=True),
        Event.ADMIN_INVOICE: Audience(Right.MONEY, Notification.DEPOSIT, bundled=True),
        Event.ADMIN_PURCHASE: Audience(Right.CUSTOMERS, Notification.PURCHASE, bundled=True),
        Event.ADMIN_REVIEW: Audience(Right.CUSTOMERS, Notification.REVIEW, bundled=True),
        Event.ADMIN_TICKET: Audience(Right.CUSTOMERS, Notification.TICKET, bundled=True),
        Event.ADMIN_TICKET_CLOSED: Audience(Right.CUSTOMERS, Notification.TICKET, bundled=True),
        Event.ADMIN_LOW_STOCK: Audience(Right.CATALOGUE, Notification.LOW_STOCK),
        Event.ADMIN_DELAYED: Audience(Right.MONEY, Notification.TROUBLE),
        Event.ADMIN_ANSWERS: Audience(Right.MONEY, Notification.TROUBLE),
        Event.ADMIN_POOL: Audience(Right.MONEY, Notification.TROUBLE),
        Event.ADMIN_ERROR: Audience(None, Notification.ERROR, bundled=True),
        Event.ADMIN_VANISHED: Audience(Right.MONEY),
        Event.ADMIN_UNSEEN: Audience(Right.MONEY),
        Event.ADMIN_BOOKS: Audience(Right.MONEY),
        Event.ADMIN_INVOICE_DIFFERS: Audience(Right.MONEY),
        Event.ADMIN_BACKUP: Audience(None),
        Event.ADMIN_BACKUP_FAILED: Audience(Right.BACKUP),
        Event.ADMIN_TO_MAKE: Audience(Right.CUSTOMERS),
    }
)
"""Each event that admins are told of. Who writes the letter is in `bot_handlers.letters`."""

BUNDLED = frozenset(event for event, audience in AUDIENCES.items() if audience.bundled)
RIGHTS: Mapping[Notification, Right | None] = MappingProxyType(
    {audience.notification: audience.right for audience in AUDIENCES.values() if audience.notification}
)
"""The right that each notification takes; None: only owners get it."""


def readers(owners: tuple[int, ...]) -> Callable[[Event], list[int]]:
    """Make what says who is to be told of an event, by Telegram's ids."""

    def readers_of(event: Event) -> list[int]:
        audience = AUDIENCES[event]
        right, notice = audience.right, audience.notification
        return NoticeOff.readers(
            owners, right_name=right.value if right else None, notice=notice.value if notice else None
        )

    return readers_of


class NotificationSettings:
    """What each admin wants to be told of; everything at first."""

    def __init__(self, database: Database, customers: Customers) -> None:
        self._database = database
        self._customers = customers

    def of(self, person: Person) -> dict[Notification, bool]:
        """Say of each notice that this admin can get whether it is on.

        Raises:
            NotAllowed: he looks after no part of the shop.
        """
        rights = self._customers.require_any(person)
        off = NoticeOff.of(person.telegram_id)
        return {
            notice: notice.value not in off
            for notice in Notification
            if (RIGHTS[notice] or Right.ROLES) in rights  # the right that only owners have
        }

    def switch(self, person: Person, notice: Notification, *, on: bool) -> None:
        """Switch a notice on or off for this admin.

        Raises:
            NotAllowed: it is none that he can get.
        """
        if notice not in self.of(person):
            raise NotAllowed
        with self._database.transaction():
            NoticeOff.switch(person.telegram_id, notice.value, on=on)
