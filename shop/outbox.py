"""What people must be told: rows written with the event itself, sent by the notifier until they arrive."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from storage.database import Database
from storage.models import Customer
from storage.models import Outbox as OutboxRow

RETRY_S = (2, 5, 15, 60, 300, 900, 3600)
LAST_ATTEMPT = 60
"""Hourly after the first minutes: about two days of refusals."""


class Event(Enum):
    """What a message is about. The payload holds ids; the notifier reads the rest when it sends."""

    GOODS = "goods"
    GOODS_FILE = "goods_file"
    MADE = "made"
    ORDERED = "ordered"
    NOT_ORDERED = "not_ordered"
    STILL_SHORT = "still_short"
    DEPOSIT = "deposit"
    INVOICE = "invoice"
    BONUS = "bonus"
    REFUNDED = "refunded"
    REPLACED = "replaced"
    ADJUSTED = "adjusted"
    SHOP_WRITES = "shop_writes"
    REVIEW_HIDDEN = "review_hidden"
    RESTOCKED = "restocked"
    TICKET = "ticket"
    TICKET_CLOSED = "ticket_closed"
    ROLE = "role"
    ANNOUNCED = "announced"
    ADMIN_PURCHASE = "admin_purchase"
    ADMIN_LOW_STOCK = "admin_low_stock"
    ADMIN_TO_MAKE = "admin_to_make"
    ADMIN_DEPOSIT = "admin_deposit"
    ADMIN_INVOICE = "admin_invoice"
    ADMIN_INVOICE_DIFFERS = "admin_invoice_differs"
    ADMIN_VANISHED = "admin_vanished"
    ADMIN_DELAYED = "admin_delayed"
    ADMIN_ANSWERS = "admin_answers"
    ADMIN_DEAF = "admin_deaf"
    ADMIN_HEARS = "admin_hears"
    ADMIN_BACKUP = "admin_backup"
    ADMIN_BACKUP_FAILED = "admin_backup_failed"
    ADMIN_POOL = "admin_pool"
    ADMIN_UNSEEN = "admin_unseen"
    ADMIN_BOOKS = "admin_books"
    ADMIN_CUSTOMER = "admin_customer"
    ADMIN_SEEN = "admin_seen"
    ADMIN_ERROR = "admin_error"
    ADMIN_BUNDLE = "admin_bundle"
    ADMIN_REVIEW = "admin_review"
    ADMIN_TICKET = "admin_ticket"
    ADMIN_TICKET_CLOSED = "admin_ticket_closed"


BUNDLED = frozenset(
    {
        Event.ADMIN_CUSTOMER,
        Event.ADMIN_SEEN,
        Event.ADMIN_DEPOSIT,
        Event.ADMIN_INVOICE,
        Event.ADMIN_PURCHASE,
        Event.ADMIN_REVIEW,
        Event.ADMIN_TICKET,
        Event.ADMIN_TICKET_CLOSED,
        Event.ADMIN_ERROR,
    }
)
"""What can come in crowds: an admin is then told how many there were instead of each."""
CROWD = 5
CROWD_S = 60
"""So many letters of a kind that all wait, or came within so many seconds, are a crowd: the next ones are counted."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A message on its way. `parts_sent` of its parts have arrived before."""

    id: int
    event: Event
    telegram_id: int
    bot_id: int
    payload: dict[str, Any]
    progress: int
    attempts: int
    parts_sent: int = 0


class Outbox:
    """The queue of messages that survive this process. Admins are written to through the bot `bot_id`."""

    def __init__(
        self, database: Database, *, clock: Callable[[], int], bot_id: int, readers: Callable[[Event], list[int]]
    ) -> None:
        self._database = database
        self._clock = clock
        self._bot_id = bot_id
        self._readers = readers
        self._bell = threading.Event()

    def tell(self, customer: Customer, event: Event, *, key: str, payload: dict[str, Any]) -> None:
        """Queue a message to a customer, once per key. Needs an open transaction."""
        OutboxRow.add(
            key=key,
            telegram_id=customer.telegram_id,
            bot_id=customer.bot_id,
            kind=event.value,
            payload=payload,
            now=self._clock(),
        )
        self._database.after_commit(self._bell.set)

    def tell_again(self, customer: Customer, event: Event, *, key: str, payload: dict[str, Any]) -> None:
        """Queue a message whose content moved on: sent or not, it goes out (again). Needs an open transaction."""
        self.tell(customer, event, key=key, payload=payload)
        OutboxRow.rearm(key, now=self._clock())

    def tell_later(self, telegram_id: int, event: Event, *, key: str, after_s: int) -> None:
        """Queue a message to anybody for a while from now; told again, it waits anew. Needs an open transaction."""
        known, now = Customer.by_telegram_id(telegram_id), self._clock()
        bot_id = self._bot_id if known is None else known.bot_id
        OutboxRow.add(key=key, telegram_id=telegram_id, bot_id=bot_id, kind=event.value, payload={}, now=now)
        OutboxRow.rearm(key, now=now + after_s)

    def tell_admins(self, event: Event, *, key: str, payload: dict[str, Any]) -> None:
        """Queue a message to every admin who wants to know, once per key. Needs an open transaction."""
        for reader in self._readers(event):
            self._tell_admin(reader, event, key=f"{key}:{reader}", payload=payload)
        self._database.after_commit(self._bell.set)

    def tell_admins_again(self, event: Event, *, key: str, payload: dict[str, Any]) -> None:
        """Queue a message to the admins whose content moved on: it goes out (again). Needs an open transaction."""
        for reader in self._readers(event):
            if not self._tell_admin(reader, event, key=f"{key}:{reader}", payload=payload):
                OutboxRow.rearm(f"{key}:{reader}", now=self._clock())
        self._database.after_commit(self._bell.set)

    def _tell_admin(self, reader: int, event: Event, *, key: str, payload: dict[str, Any]) -> bool:
        """Queue a message to an admin, or count it where they crowd; return whether it is new."""
        if OutboxRow.by_key(key) is not None:
            return False
        if event in BUNDLED and self._bundle(reader, event):
            return True
        return OutboxRow.add(
            key=key,
            telegram_id=reader,
            bot_id=self._bot_id,
            kind=event.value,
            payload=payload,
            now=self._clock(),
        )

    def _bundle(self, reader: int, event: Event) -> bool:
        """Count a message to an admin who gets too many of its kind. Return whether it was counted.

        What counts goes out at most once in `CROWD_S`, and ends when a bundle was alone for as long. One that is
        counted while its bundle is on its way goes out with the next, which counts from the same moment.
        """
        now, key = self._clock(), f"bundle:{event.value}:{reader}"
        row = OutboxRow.by_key(key)
        if row is not None and (row.sent_at is None or row.sent_at > now - CROWD_S):
            known = json.loads(row.payload)
            count, since = (known["count"], known["since"]) if row.sent_at is None else (0, now)
            payload = {"event": event.value, "count": count + 1, "since": since}
            OutboxRow.recount(key, payload, due_at=now + CROWD_S)
            return True
        if not OutboxRow.crowds(reader, event.value, most=CROWD, since=now - CROWD_S):
            return False
        if row is not None:
            OutboxRow.forget(row.id)
        payload = {"event": event.value, "count": 1, "since": now}
        OutboxRow.add(
            key=key,
            telegram_id=reader,
            bot_id=self._bot_id,
            kind=Event.ADMIN_BUNDLE.value,
            payload=payload,
            now=now + CROWD_S,
        )
        return True

    def due(self, *, limit: int) -> list[Letter]:
        """List what is to be sent now, oldest first."""
        return [
            Letter(
                id=row.id,
                event=Event(row.kind),
                telegram_id=row.telegram_id,
                bot_id=row.bot_id,
                payload=json.loads(row.payload),
                progress=row.progress,
                attempts=row.attempts,
                parts_sent=row.parts_sent,
            )
            for row in OutboxRow.due(self._clock(), limit=limit)
        ]

    def anything_due(self) -> bool:
        """Tell whether a message is to be sent now."""
        return bool(OutboxRow.due(self._clock(), limit=1))

    def may_be_read(self, letter: Letter) -> bool:
        """Tell whether a letter may still be read by who it is for: an admin may have lost the right since."""
        event = Event(letter.payload["event"]) if letter.event is Event.ADMIN_BUNDLE else letter.event
        return not event.name.startswith("ADMIN_") or letter.telegram_id in self._readers(event)

    def withdraw(self, letter: Letter) -> None:
        """Forget a letter."""
        with self._database.transaction():
            OutboxRow.forget(letter.id)

    def part_sent(self, letter: Letter, parts: int) -> None:
        """Record that the first `parts` parts of a letter arrived: a retry goes on from there."""
        with self._database.transaction():
            OutboxRow.settle(letter.id, letter.progress, parts_sent=parts)

    def sent(self, letter: Letter) -> None:
        """Record that a letter arrived; one that moved on meanwhile stays due."""
        with self._database.transaction():
            OutboxRow.settle(letter.id, letter.progress, sent_at=self._clock(), given_up_at=None)

    def begin(self, letter: Letter) -> None:
        """Count an attempt and plan the next one; the last attempt plans none."""
        attempts = letter.attempts + 1
        plan: dict[str, int] = {"attempts": attempts}
        if attempts >= LAST_ATTEMPT:
            plan["given_up_at"] = self._clock()
        else:
            plan["due_at"] = self._clock() + RETRY_S[min(attempts, len(RETRY_S)) - 1]
        with self._database.transaction():
            OutboxRow.settle(letter.id, letter.progress, **plan)

    def postpone(self, letter: Letter, wait_s: int) -> None:
        """Try a letter again after as long as Telegram asked for; an attempt of this kind is never the last."""
        with self._database.transaction():
            OutboxRow.settle(letter.id, letter.progress, due_at=self._clock() + wait_s, given_up_at=None)

    def unanswered(self, letter: Letter) -> None:
        """Record that nobody answered: the waits grow, but an outage of any length uses no letter's attempts up."""
        attempts = min(letter.attempts + 1, len(RETRY_S))
        plan = {"attempts": attempts, "due_at": self._clock() + RETRY_S[attempts - 1]}
        with self._database.transaction():
            OutboxRow.settle(letter.id, letter.progress, given_up_at=None, **plan)

    def unreachable(self, letter: Letter) -> None:
        """Record that the person cannot be written to; what he paid for stays in his history."""
        with self._database.transaction():
            OutboxRow.settle(letter.id, letter.progress, given_up_at=self._clock())
            Customer.reach(letter.telegram_id, reachable=False)

    def wait(self, timeout_s: float) -> None:
        """Wait until something was queued, or the time is over."""
        self._bell.wait(timeout_s)
        self._bell.clear()

    def ring(self) -> None:
        """End a wait."""
        self._bell.set()
