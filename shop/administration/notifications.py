"""What admins are told of: to whom each event goes, and what each of them switched off."""

from collections.abc import Callable, Mapping
from enum import Enum
from types import MappingProxyType

from shop.customers import Customers
from shop.errors import NotAllowed
from shop.outbox import Event
from shop.people import Person, Right
from storage.database import Database
from storage.models import NoticeOff

ALWAYS: Mapping[Event, Right | None] = MappingProxyType(
    {
        Event.ADMIN_VANISHED: Right.MONEY,
        Event.ADMIN_UNSEEN: Right.MONEY,
        Event.ADMIN_BOOKS: Right.MONEY,
        Event.ADMIN_DEAF: None,
        Event.ADMIN_HEARS: None,
        Event.ADMIN_BACKUP: None,
        Event.ADMIN_BACKUP_FAILED: Right.BACKUP,
        Event.ADMIN_INVOICE_DIFFERS: Right.MONEY,
        Event.ADMIN_TO_MAKE: Right.CUSTOMERS,
    }
)
"""What nobody can switch off: money or data that may be lost, a shop that hears nobody, and goods that a customer
waits for. None: owners."""


class Notification(Enum):
    """A kind of notice that an admin can switch off. Alarms about money that may be lost are none of these."""

    NEW_CUSTOMER = "new_customer"
    DEPOSIT_SEEN = "deposit_seen"
    DEPOSIT = "deposit"
    PURCHASE = "purchase"
    REVIEW = "review"
    TICKET = "ticket"
    LOW_STOCK = "low_stock"
    TROUBLE = "trouble"
    ERROR = "error"


RIGHTS: Mapping[Notification, Right | None] = MappingProxyType(
    {
        Notification.NEW_CUSTOMER: Right.CUSTOMERS,
        Notification.DEPOSIT_SEEN: Right.MONEY,
        Notification.DEPOSIT: Right.MONEY,
        Notification.PURCHASE: Right.CUSTOMERS,
        Notification.REVIEW: Right.CUSTOMERS,
        Notification.TICKET: Right.CUSTOMERS,
        Notification.LOW_STOCK: Right.CATALOGUE,
        Notification.TROUBLE: Right.MONEY,
        Notification.ERROR: None,
    }
)
"""Owners are told of everything, managers of what they may look after; None: owners alone."""


NOTIFICATIONS: Mapping[Event, Notification] = MappingProxyType(
    {
        Event.ADMIN_CUSTOMER: Notification.NEW_CUSTOMER,
        Event.ADMIN_SEEN: Notification.DEPOSIT_SEEN,
        Event.ADMIN_DEPOSIT: Notification.DEPOSIT,
        Event.ADMIN_INVOICE: Notification.DEPOSIT,
        Event.ADMIN_PURCHASE: Notification.PURCHASE,
        Event.ADMIN_LOW_STOCK: Notification.LOW_STOCK,
        Event.ADMIN_REVIEW: Notification.REVIEW,
        Event.ADMIN_TICKET: Notification.TICKET,
        Event.ADMIN_TICKET_CLOSED: Notification.TICKET,
        Event.ADMIN_DELAYED: Notification.TROUBLE,
        Event.ADMIN_ANSWERS: Notification.TROUBLE,
        Event.ADMIN_POOL: Notification.TROUBLE,
        Event.ADMIN_ERROR: Notification.ERROR,
    }
)


def readers(owners: tuple[int, ...]) -> Callable[[Event], list[int]]:
    """Make what says who is to be told of an event, by Telegram's ids."""

    def readers_of(event: Event) -> list[int]:
        notice = NOTIFICATIONS.get(event)
        right = ALWAYS.get(event) if notice is None else RIGHTS[notice]
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
            for notice, right in RIGHTS.items()
            if (right or Right.ROLES) in rights  # the right that owners alone have
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
