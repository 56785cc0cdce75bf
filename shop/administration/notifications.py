"""Notifications: which admins get each event, and what each of them has switched off."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from shop.context import Context
from shop.errors.refusals import NotAllowed
from shop.outbox import Event
from shop.people import Person, Right
from storage.models import NotificationOff


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
class AdminAudience:
    """The admins an event is for.

    `right`: owners get everything, managers what matches their rights; None: only owners.
    `notification`: what switches it off; None: nothing does, because money, data or a customer's goods are at stake.
    `bundled`: in a burst, each admin gets one letter with the number of events.
    """

    right: Right | None
    notification: Notification | None = None
    bundled: bool = False


AUDIENCES: Mapping[Event, AdminAudience] = MappingProxyType(
    {
        Event.ADMIN_CUSTOMER: AdminAudience(Right.CUSTOMERS, Notification.NEW_CUSTOMER, bundled=True),
        Event.ADMIN_SEEN: AdminAudience(Right.MONEY, Notification.DEPOSIT_SEEN, bundled=True),
        Event.ADMIN_DEPOSIT: AdminAudience(Right.MONEY, Notification.DEPOSIT, bundled=True),
        Event.ADMIN_INVOICE: AdminAudience(Right.MONEY, Notification.DEPOSIT, bundled=True),
        Event.ADMIN_STARS: AdminAudience(Right.MONEY, Notification.DEPOSIT, bundled=True),
        Event.ADMIN_STARS_KEPT: AdminAudience(Right.MONEY),
        Event.ADMIN_STARS_HELD: AdminAudience(None),
        Event.ADMIN_STARS_WITHDRAWN: AdminAudience(None),
        Event.ADMIN_STARS_DIFFER: AdminAudience(None),
        Event.ADMIN_CHARGEBACK: AdminAudience(None),
        Event.ADMIN_PURCHASE: AdminAudience(Right.CUSTOMERS, Notification.PURCHASE, bundled=True),
        Event.ADMIN_REVIEW: AdminAudience(Right.CUSTOMERS, Notification.REVIEW, bundled=True),
        Event.ADMIN_TICKET: AdminAudience(Right.CUSTOMERS, Notification.TICKET, bundled=True),
        Event.ADMIN_TICKET_CLOSED: AdminAudience(Right.CUSTOMERS, Notification.TICKET, bundled=True),
        Event.ADMIN_LOW_STOCK: AdminAudience(Right.CATALOGUE, Notification.LOW_STOCK),
        Event.ADMIN_DELAYED: AdminAudience(Right.MONEY, Notification.TROUBLE),
        Event.ADMIN_ANSWERS: AdminAudience(Right.MONEY, Notification.TROUBLE),
        Event.ADMIN_BRANCHES: AdminAudience(Right.MONEY, Notification.TROUBLE),
        Event.ADMIN_POOL: AdminAudience(Right.MONEY, Notification.TROUBLE),
        Event.ADMIN_ERROR: AdminAudience(None, Notification.ERROR, bundled=True),
        Event.ADMIN_VANISHED: AdminAudience(Right.MONEY),
        Event.ADMIN_HELD: AdminAudience(Right.MONEY),
        Event.ADMIN_CEILING: AdminAudience(None),
        Event.ADMIN_CONTRADICTED: AdminAudience(Right.MONEY),
        Event.ADMIN_UNSEEN: AdminAudience(Right.MONEY),
        Event.ADMIN_BOOKS: AdminAudience(Right.MONEY),
        Event.ADMIN_SWEEP: AdminAudience(None),
        Event.ADMIN_INVOICE_DIFFERS: AdminAudience(Right.MONEY),
        Event.ADMIN_INVOICE_UNREAD: AdminAudience(Right.MONEY),
        Event.ADMIN_INVOICE_UNKNOWN: AdminAudience(None),
        Event.ADMIN_SERIES: AdminAudience(None),
        Event.ADMIN_ACTION: AdminAudience(None),
        Event.ADMIN_FACTOR: AdminAudience(None),
        Event.ADMIN_ALARM: AdminAudience(None),
        Event.ADMIN_ALL_CLEAR: AdminAudience(None),
        Event.ADMIN_DEAF: AdminAudience(None),
        Event.ADMIN_HEARS: AdminAudience(None),
        Event.ADMIN_BOT_OFF: AdminAudience(None),
        Event.ADMIN_BACKUP: AdminAudience(None),
        Event.ADMIN_BACKUP_FAILED: AdminAudience(Right.BACKUP),
        Event.ADMIN_KEY: AdminAudience(None),
        Event.ADMIN_DELETIONS: AdminAudience(None),
        Event.ADMIN_TO_MAKE: AdminAudience(Right.CUSTOMERS),
        Event.ADMIN_GOODS_REFUSED: AdminAudience(Right.CUSTOMERS),
    }
)
"""The audience of each event that admins are notified of. The letters are written in `bot_handlers.letters`."""

BUNDLED = frozenset(event for event, audience in AUDIENCES.items() if audience.bundled)
RIGHTS: Mapping[Notification, Right | None] = MappingProxyType(
    {audience.notification: audience.right for audience in AUDIENCES.values() if audience.notification}
)
"""The right needed for each notification; None: only owners get it."""


IN_GROUP = frozenset(
    event
    for event, audience in AUDIENCES.items()
    if audience.right is not None and (audience.notification is not None or event is Event.ADMIN_TO_MAKE)
)
"""The everyday events, which a group may read. Alarms, backups, keys and errors go only to the admins."""


def readers(owners: tuple[int, ...], group: Callable[[], int | None]) -> Callable[[Event], list[int]]:
    """Make the function that lists the Telegram ids of an event's readers, that of a group included."""

    def readers_of(event: Event) -> list[int]:
        right, kind = AUDIENCES[event].right, AUDIENCES[event].notification
        admins = NotificationOff.readers(
            owners, right_name=right.value if right else None, notification=kind.value if kind else None
        )
        group_id = group() if event in IN_GROUP else None
        return admins if group_id is None else [*admins, group_id]

    return readers_of


@dataclass(frozen=True, slots=True)
class NotificationSettings:
    """Each admin's notifications; all are on at first."""

    context: Context

    def of(self, person: Person) -> dict[Notification, bool]:
        """Return which notifications this admin can get, and whether each is on.

        Raises:
            NotAllowed: they have no right at all.
        """
        rights = self.context.customers.require_any(person)
        off = NotificationOff.of(person.telegram_id)
        return {
            notification: notification.value not in off
            for notification in Notification
            if (RIGHTS[notification] or Right.OWNERS_ONLY) in rights  # the right that only owners have
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
