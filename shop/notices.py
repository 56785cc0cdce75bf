"""What admins are told of: to whom each event goes, and what each of them switched off."""

from collections.abc import Callable, Mapping
from enum import Enum
from types import MappingProxyType

from shop.customers import Customers
from shop.errors import NotAllowed
from shop.outbox import Event
from shop.people import Person
from shop.rights import Right
from storage.database import Database
from storage.models import NoticeOff


class Notice(Enum):
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


RIGHTS: Mapping[Notice, Right | None] = MappingProxyType(
    {
        Notice.NEW_CUSTOMER: Right.CUSTOMERS,
        Notice.DEPOSIT_SEEN: Right.MONEY,
        Notice.DEPOSIT: Right.MONEY,
        Notice.PURCHASE: Right.CUSTOMERS,
        Notice.REVIEW: Right.CUSTOMERS,
        Notice.TICKET: Right.CUSTOMERS,
        Notice.LOW_STOCK: Right.CATALOGUE,
        Notice.TROUBLE: Right.MONEY,
        Notice.ERROR: None,
    }
)
"""Owners are told of everything, managers of what they may look after; None: owners alone."""

NOTICES: Mapping[Event, Notice] = MappingProxyType(
    {
        Event.ADMIN_CUSTOMER: Notice.NEW_CUSTOMER,
        Event.ADMIN_SEEN: Notice.DEPOSIT_SEEN,
        Event.ADMIN_DEPOSIT: Notice.DEPOSIT,
        Event.ADMIN_INVOICE: Notice.DEPOSIT,
        Event.ADMIN_PURCHASE: Notice.PURCHASE,
        Event.ADMIN_LOW_STOCK: Notice.LOW_STOCK,
        Event.ADMIN_REVIEW: Notice.REVIEW,
        Event.ADMIN_TICKET: Notice.TICKET,
        Event.ADMIN_TICKET_CLOSED: Notice.TICKET,
        Event.ADMIN_DELAYED: Notice.TROUBLE,
        Event.ADMIN_ANSWERS: Notice.TROUBLE,
        Event.ADMIN_POOL: Notice.TROUBLE,
        Event.ADMIN_ERROR: Notice.ERROR,
    }
)
ALWAYS: Mapping[Event, Right | None] = MappingProxyType(
    {
        Event.ADMIN_VANISHED: Right.MONEY,
        Event.ADMIN_UNSEEN: Right.MONEY,
        Event.ADMIN_BOOKS: Right.MONEY,
        Event.ADMIN_BACKUP: None,
        Event.ADMIN_BACKUP_FAILED: Right.BACKUP,
        Event.ADMIN_INVOICE_DIFFERS: Right.MONEY,
        Event.ADMIN_TO_MAKE: Right.CUSTOMERS,
    }
)
"""What nobody can switch off: money or data that may be lost, and goods that a customer waits for. None: owners."""


def readers(owners: tuple[int, ...]) -> Callable[[Event], list[int]]:
    """Make what says who is to be told of an event, by Telegram's ids."""

    def readers_of(event: Event) -> list[int]:
        notice = NOTICES.get(event)
        right = ALWAYS.get(event) if notice is None else RIGHTS[notice]
        return NoticeOff.readers(
            owners, right_name=right.value if right else None, notice=notice.value if notice else None
        )

    return readers_of


class Notices:
    """What each admin wants to be told of; everything at first."""

    def __init__(self, database: Database, customers: Customers) -> None:
        self._database = database
        self._customers = customers

    def of(self, person: Person) -> dict[Notice, bool]:
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

    def switch(self, person: Person, notice: Notice, *, on: bool) -> None:
        """Switch a notice on or off for this admin.

        Raises:
            NotAllowed: it is none that he can get.
        """
        if notice not in self.of(person):
            raise NotAllowed
        with self._database.transaction():
            NoticeOff.switch(person.telegram_id, notice.value, on=on)
