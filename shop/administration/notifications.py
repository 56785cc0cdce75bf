"""Notifications: which admins get each event, and what each of them switched off."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from shop.context import Context
from shop.errors import NotAllowed
from shop.outbox import Event
from shop.people import Person, Right
from storage.models import NotificationOff

ALWAYS: Mapping[Event, Right | None] = MappingProxyType(
    {
        Event.ADMIN_VANISHED: Right.MONEY,
        Event.ADMIN_HELD: Right.MONEY,
        Event.ADMIN_CONTRADICTED: Right.MONEY,
        Event.ADMIN_UNSEEN: Right.MONEY,
        Event.ADMIN_BOOKS: Right.MONEY,
        Event.ADMIN_BACKUP: None,
        Event.ADMIN_BACKUP_FAILED: Right.BACKUP,
        Event.ADMIN_INVOICE_DIFFERS: Right.MONEY,
        Event.ADMIN_TO_MAKE: Right.CUSTOMERS,
    }
)
"""Events that cannot be switched off: possible loss of money or data, and goods to make. None: only owners."""


class Notification(Enum):
    """A notification that an admin can switch off. Alarms about money that may be lost cannot be."""

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
"""Owners get every notification, managers those that match their rights. None: only owners."""


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
    """Make the function that lists the Telegram ids of an event's readers."""

    def readers_of(event: Event) -> list[int]:
        kind = NOTIFICATIONS.get(event)
        right = ALWAYS.get(event) if kind is None else RIGHTS[kind]
        return NotificationOff.readers(
            owners, right_name=right.value if right else None, notice=kind.value if kind else None
        )

    return readers_of


@dataclass(frozen=True, slots=True)
class NotificationSettings:
    """Each admin's notifications; all are on at first."""

    context: Context

    def of(self, person: Person) -> dict[Notification, bool]:
        """Tell which notifications this admin can get, and whether each is on.

        Raises:
            NotAllowed: they have no right at all.
        """
        rights = self.context.customers.require_any(person)
        off = NotificationOff.of(person.telegram_id)
        return {
            notification: notification.value not in off
            for notification, right in RIGHTS.items()
            if (right or Right.ROLES) in rights  # the right that only owners have
        }

    def switch(self, person: Person, notification: Notification, *, on: bool) -> None:
        """Switch a notification on or off for this admin.

        Raises:
            NotAllowed: they cannot get it.
        """
        if notification not in self.of(person):
            raise NotAllowed
        with self.context.database.transaction():
            NotificationOff.switch(person.telegram_id, notification.value, on=on)
