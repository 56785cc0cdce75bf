"""Letters that must arrive: rows written in the event's own transaction, sent by the notifier until delivered."""

import json
import threading
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Self

from storage.database import Database
from storage.models import Customer
from storage.models import Outbox as OutboxRow

RETRY_S = (2, 5, 15, 60, 300, 900, 3600)
LONGEST_WAIT_S = RETRY_S[-1]
"""The longest wait of a letter in seconds, whatever Telegram asks for. One that is refused waits up to a day."""
_DAY_S = 86_400
PATIENCE_S = 2 * _DAY_S
LAST_ATTEMPT = 13
"""The number of refused attempts before giving up, unless the letter is younger than `PATIENCE_S`: after the first
hours each wait is twice the one before, so these take a little longer than that.
"""


class Event(Enum):
    """The event that a letter is about. Its payload holds ids; the notifier reads the rest when it sends."""

    GOODS = "goods"
    GOODS_FILE = "goods_file"
    MADE = "made"
    ORDERED = "ordered"
    NOT_ORDERED = "not_ordered"
    STILL_SHORT = "still_short"
    TOP_UP = "top_up"
    DEPOSIT = "deposit"
    INVOICE = "invoice"
    STARS = "stars"
    STARS_REFUNDED = "stars_refunded"
    STARS_TAKEN_BACK = "stars_taken_back"
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
    ACCOUNT_ARRIVED = "account_arrived"
    ACCOUNT_LEFT = "account_left"
    ANNOUNCED = "announced"
    NOT_ANNOUNCED = "not_announced"
    ADMIN_PURCHASE = "admin_purchase"
    ADMIN_GOODS_REFUSED = "admin_goods_refused"
    ADMIN_LOW_STOCK = "admin_low_stock"
    ADMIN_TO_MAKE = "admin_to_make"
    ADMIN_DEPOSIT = "admin_deposit"
    ADMIN_INVOICE = "admin_invoice"
    ADMIN_INVOICE_DIFFERS = "admin_invoice_differs"
    ADMIN_INVOICE_UNREAD = "admin_invoice_unread"
    ADMIN_INVOICE_UNKNOWN = "admin_invoice_unknown"
    ADMIN_STARS = "admin_stars"
    ADMIN_STARS_KEPT = "admin_stars_kept"
    ADMIN_STARS_HELD = "admin_stars_held"
    ADMIN_STARS_WITHDRAWN = "admin_stars_withdrawn"
    ADMIN_STARS_DIFFER = "admin_stars_differ"
    ADMIN_CHARGEBACK = "admin_chargeback"
    ADMIN_VANISHED = "admin_vanished"
    ADMIN_HELD = "admin_held"
    ADMIN_CEILING = "admin_ceiling"
    ADMIN_CONTRADICTED = "admin_contradicted"
    ADMIN_DELAYED = "admin_delayed"
    ADMIN_BRANCHES = "admin_branches"
    ADMIN_ANSWERS = "admin_answers"
    ADMIN_DEAF = "admin_deaf"
    ADMIN_HEARS = "admin_hears"
    ADMIN_BOT_OFF = "admin_bot_off"
    ADMIN_ALARM = "admin_alarm"
    ADMIN_ALL_CLEAR = "admin_all_clear"
    ADMIN_BACKUP = "admin_backup"
    ADMIN_BACKUP_FAILED = "admin_backup_failed"
    ADMIN_KEY = "admin_key"
    ADMIN_DELETIONS = "admin_deletions"
    ADMIN_POOL = "admin_pool"
    ADMIN_UNSEEN = "admin_unseen"
    ADMIN_BOOKS = "admin_books"
    ADMIN_SWEEP = "admin_sweep"
    ADMIN_SERIES = "admin_series"
    ADMIN_ACTION = "admin_deed"
    ADMIN_FACTOR = "admin_factor"
    ADMIN_CUSTOMER = "admin_customer"
    ADMIN_SEEN = "admin_seen"
    ADMIN_ERROR = "admin_error"
    ADMIN_BUNDLE = "admin_bundle"
    ADMIN_REVIEW = "admin_review"
    ADMIN_TICKET = "admin_ticket"
    ADMIN_TICKET_CLOSED = "admin_ticket_closed"


_GOODS = frozenset({Event.GOODS, Event.GOODS_FILE, Event.MADE, Event.REPLACED})
CROWD = 5
CROWD_S = 60
"""`CROWD` letters of a kind that wait or were queued within `CROWD_S` are a burst; later ones are only counted."""


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A message that is kept up to date, and the bot that sent it: its number means nothing to another bot."""

    bot_id: int
    message_id: int

    @classmethod
    def of(cls, bot_id: int | None, message_id: int | None) -> Self | None:
        """Read two columns; None if they name no message."""
        return None if bot_id is None or message_id is None else cls(bot_id, message_id)

    def number_for(self, bot_id: int) -> int | None:
        """Return the number by which a bot knows this message; None for any other bot."""
        return self.message_id if bot_id == self.bot_id else None


@dataclass(frozen=True, slots=True)
class Letter:
    """A queued message. `parts_sent` of its parts have arrived before.

    `age_s`: how long ago it was queued, or queued again.
    """

    id: int
    event: Event
    telegram_id: int
    bot_id: int
    payload: dict[str, Any]
    progress: int
    attempts: int
    age_s: int
    parts_sent: int = 0

    @property
    def is_tried_last(self) -> bool:
        """Return whether it is given up if this attempt is refused."""
        return self.attempts + 1 >= LAST_ATTEMPT and self.age_s >= PATIENCE_S

    @property
    def brings_goods(self) -> bool:
        """Return whether it brings what was paid for."""
        return self.event in _GOODS


@dataclass(frozen=True, slots=True)
class Outbox:
    """The queue of messages that survive this process. Admins are written to through the bot they used last.

    If it is not `served`, or they have never written, `bot_id` writes. A group is written to by `bot_id` too, or by
    another one while it is not served.
    `readers`: the admins an event is for. `bundled`: events that come in bursts, for which admins get a count.
    """

    database: Database
    clock: Callable[[], int]
    bot_id: int
    readers: Callable[[Event], list[int]]
    bundled: frozenset[Event] = frozenset()
    served: set[int] = field(default_factory=set)
    _bell: threading.Event = field(init=False, default_factory=threading.Event)

    def tell(self, customer: Customer, event: Event, *, key: str, payload: dict[str, Any]) -> None:
        """Queue a message to a customer, once per key. Needs an open transaction."""
        OutboxRow.add(
            key=key,
            telegram_id=customer.telegram_id,
            bot_id=customer.bot_id,
            kind=event.value,
            payload=payload,
            now=self.clock(),
        )
        self.database.after_commit(self._bell.set)

    def tell_again(self, customer: Customer, event: Event, *, key: str, payload: dict[str, Any]) -> None:
        """Queue a message whose content changed: sent or not, it is sent (again). Needs an open transaction."""
        self.tell(customer, event, key=key, payload=payload)
        OutboxRow.rearm(key, bot_id=customer.bot_id, now=self.clock())

    def waits(self, key: str) -> bool:
        """Return whether a message is queued and has yet to be sent."""
        row = OutboxRow.by_key(key)
        return row is not None and row.sent_at is None and row.given_up_at is None

    def tell_later(self, telegram_id: int, event: Event, *, key: str, after_s: int) -> None:
        """Queue a message to anyone after a delay; queued again, the delay restarts. Needs an open transaction."""
        known, now = Customer.by_telegram_id(telegram_id), self.clock()
        bot_id = self.bot_id if known is None else known.bot_id
        OutboxRow.add(key=key, telegram_id=telegram_id, bot_id=bot_id, kind=event.value, payload={}, now=now)
        OutboxRow.rearm(key, bot_id=bot_id, now=now + after_s)

    def tell_admins(self, event: Event, *, key: str, payload: dict[str, Any], but: int | None = None) -> None:
        """Queue a message to every admin who has it switched on, once per key. Needs an open transaction.

        `but` is the Telegram id of the admin who caused the event.
        """
        readers = [reader for reader in self.readers(event) if reader != but]
        for reader in readers:
            self._tell_admin(reader, event, key=f"{key}:{reader}", payload=payload)
        if readers:  # most events have no readers, and there is one for every new customer
            self.database.after_commit(self._bell.set)

    def has_told_admins(self, event: Event, *, key: str) -> bool:
        """Return whether a message to the admins that an event is for was queued under this key."""
        return any(OutboxRow.by_key(f"{key}:{reader}") is not None for reader in self.readers(event))

    def tell_admin(self, telegram_id: int, event: Event, *, key: str) -> None:
        """Queue a message to one of the admins that an event is for, once per key. Needs an open transaction."""
        if telegram_id in self.readers(event):
            self._tell_admin(telegram_id, event, key=key, payload={})
        self.database.after_commit(self._bell.set)

    def tell_admins_again(self, event: Event, *, key: str, payload: dict[str, Any]) -> None:
        """Queue a message to admins whose content changed: it is sent (again). Needs an open transaction.

        A bundled one is sent again at once after its first change, as a rating is when its words follow, and then at
        most once every `CROWD_S`, with its newest content.
        """
        for reader in self.readers(event):
            if not self._tell_admin(reader, event, key=f"{key}:{reader}", payload=payload):
                self._tell_admin_again(reader, event, key=f"{key}:{reader}")
        self.database.after_commit(self._bell.set)

    def _tell_admin(self, reader: int, event: Event, *, key: str, payload: dict[str, Any]) -> bool:
        """Queue a message to an admin, or count it in a burst; return whether it is new."""
        if OutboxRow.by_key(key) is not None:
            return False
        if event in self.bundled and self._bundle(reader, event):
            return True
        return OutboxRow.add(
            key=key,
            telegram_id=reader,
            bot_id=self._bot_for(reader),
            kind=event.value,
            payload=payload,
            now=self.clock(),
        )

    def _tell_admin_again(self, reader: int, event: Event, *, key: str) -> None:
        """Make a message to an admin due again, or count it in a burst of changes."""
        row, due_at = OutboxRow.by_key(key), self.clock()
        if event in self.bundled and row is not None and row.given_up_at is None:
            if row.sent_at is None:
                OutboxRow.change(row.id, progress=row.progress + 1)  # it may be on its way with its old content
                return
            if self._bundle(reader, event, again=True):
                return
            if row.progress:
                due_at = max(due_at, min(row.sent_at, due_at) + CROWD_S)
        OutboxRow.rearm(key, bot_id=self._bot_for(reader), now=due_at)

    def move_groups(self, served: Collection[int]) -> None:
        """Make letters to groups due again through one of the bots `served` if theirs is not, or if they were given
        up. Needs an open transaction.
        """
        OutboxRow.send_to_groups_through(self._bot_of_groups(served), served, now=self.clock())

    def _bot_of_groups(self, served: Collection[int]) -> int:
        return self.bot_id if self.bot_id in served else min(served, default=self.bot_id)

    def _bot_for(self, reader: int) -> int:
        if reader < 0:
            return self._bot_of_groups(self.served)
        known = Customer.by_telegram_id(reader)
        return known.bot_id if known is not None and known.bot_id in self.served else self.bot_id

    def _bundle(self, reader: int, event: Event, *, again: bool = False) -> bool:
        """Count a message in a bundle if too many of its kind came, or went out; return whether it was counted.

        A bundle is sent at most once every `CROWD_S`; bundling ends when none was needed for as long. A message that
        is counted while its bundle is being sent goes out with the next one, which counts from that moment.
        """
        now, key = self.clock(), f"bundle:{event.value}:{reader}"
        row = OutboxRow.by_key(key)
        if row is not None and (row.sent_at is None or row.sent_at > now - CROWD_S):
            known = json.loads(row.payload)
            count, since = (known["count"], known["since"]) if row.sent_at is None else (0, now)
            payload = {"event": event.value, "count": count + 1, "since": since}
            OutboxRow.recount(key, payload, due_at=now + CROWD_S)
            return True
        crowds = OutboxRow.crowds_again if again else OutboxRow.crowds
        within = now - CROWD_S, now + CROWD_S  # what is dated further on was dated by a clock that was ahead
        if not crowds(reader, event.value, most=CROWD, within=within):
            return False
        if row is not None:
            OutboxRow.forget(row.id)
        payload = {"event": event.value, "count": 1, "since": now}
        OutboxRow.add(
            key=key,
            telegram_id=reader,
            bot_id=self._bot_for(reader),
            kind=Event.ADMIN_BUNDLE.value,
            payload=payload,
            now=now + CROWD_S,
        )
        return True

    def due(self, *, limit: int, besides: Iterable[int] = (), besides_bots: Iterable[int] = ()) -> list[Letter]:
        """List the letters due now, oldest first, except to the people `besides` and through `besides_bots`."""
        now = self.clock()
        return [
            Letter(
                id=row.id,
                event=Event(row.kind),
                telegram_id=row.telegram_id,
                bot_id=row.bot_id,
                payload=json.loads(row.payload),
                progress=row.progress,
                attempts=row.attempts,
                age_s=now - row.created_at,
                parts_sent=row.parts_sent,
            )
            for row in OutboxRow.due(
                now,
                limit=limit,
                longest_wait_s=LONGEST_WAIT_S,
                usual_attempts=len(RETRY_S),
                longest_later_s=_DAY_S,
                besides=besides,
                besides_bots=besides_bots,
            )
        ]

    def anything_due(self) -> bool:
        """Return whether any letter is due now."""
        return bool(self.due(limit=1))

    def oldest_s(self) -> int:
        """Return how long the oldest letter has been due, its attempts included; 0 if none is.

        The usual delays are known; a letter that has used them all up was queued long before.
        """
        now = self.clock()
        waited = (
            now - (created_at if attempts > len(RETRY_S) else due_at - sum(RETRY_S[:attempts]))
            for attempts, due_at, created_at in OutboxRow.first_due()
        )
        return max((0, *waited))

    def may_be_read(self, letter: Letter) -> bool:
        """Return whether the recipient may still read a letter; an admin may have lost the right since."""
        event = Event(letter.payload["event"]) if letter.event is Event.ADMIN_BUNDLE else letter.event
        return not event.name.startswith("ADMIN_") or letter.telegram_id in self.readers(event)

    def withdraw(self, letter: Letter) -> None:
        """Forget a letter."""
        with self.database.transaction():
            OutboxRow.forget(letter.id)

    def part_sent(self, letter: Letter, parts: int) -> None:
        """Record that the first `parts` parts of a letter have arrived; a retry continues from there."""
        with self.database.transaction():
            OutboxRow.settle(letter.id, letter.progress, parts_sent=parts)

    def sent(self, letter: Letter) -> None:
        """Record that a letter arrived; if its content changed meanwhile, it stays due."""
        with self.database.transaction():
            OutboxRow.settle(letter.id, letter.progress, sent_at=self.clock(), given_up_at=None)

    def begin(self, letter: Letter) -> None:
        """Count an attempt and schedule the next one, unless it was the last; only `refused` gives goods up."""
        attempts = letter.attempts + 1
        plan = {"attempts": attempts, "due_at": self.clock() + _wait_s(attempts)}
        if letter.is_tried_last and not letter.brings_goods:
            plan["given_up_at"] = self.clock()
        with self.database.transaction():
            OutboxRow.settle(letter.id, letter.progress, **plan)

    def refused(self, letter: Letter) -> bool:
        """Record that Telegram refused a letter; return whether it is given up, after its last attempt."""
        if letter.is_tried_last:
            with self.database.transaction():
                OutboxRow.settle(letter.id, letter.progress, given_up_at=self.clock())
        return letter.is_tried_last

    def turned_away(self, letter: Letter) -> bool:
        """Record that a proxy turned a letter away; return whether for its content, once it is `PATIENCE_S` old.

        It is the content if others arrived within the last half of the letter's life, at least an hour and at most a
        day; chance, such as the end of an outage, if that is so for the first time after the usual attempts. Goods
        then wait for as long again, and the other letters as if Telegram had refused them. If no others arrived, it
        counts as `unanswered`.
        """
        now, pause_s = self.clock(), max(LONGEST_WAIT_S, min(letter.age_s // 2, _DAY_S))
        if not OutboxRow.was_any_sent(letter.bot_id, within=(now - pause_s, now)):
            self.unanswered(letter)
            return False
        if letter.attempts <= len(RETRY_S):
            return False
        if letter.brings_goods:
            # None of the last attempts is used up: those are for Telegram, once somebody has mended the proxy.
            with self.database.transaction():
                OutboxRow.settle(letter.id, letter.progress, attempts=len(RETRY_S) + 1, due_at=now + pause_s)
        return letter.age_s >= PATIENCE_S

    def postpone(self, letter: Letter, wait_s: int) -> None:
        """Retry a letter after the delay that Telegram asked for; such an attempt is never the last.

        Everything else due to this person waits as well, since the pause applies to the chat.
        """
        due_at = self.clock() + min(wait_s, LONGEST_WAIT_S)
        with self.database.transaction():
            OutboxRow.settle(letter.id, letter.progress, due_at=due_at, given_up_at=None)
            OutboxRow.hold_up(letter.telegram_id, letter.bot_id, until=due_at)

    def unanswered(self, letter: Letter) -> None:
        """Record that Telegram did not answer: delays grow, but an outage uses up no attempts."""
        attempts = min(letter.attempts + 1, len(RETRY_S))
        plan = {"attempts": attempts, "due_at": self.clock() + RETRY_S[attempts - 1]}
        with self.database.transaction():
            OutboxRow.settle(letter.id, letter.progress, given_up_at=None, **plan)

    def unreachable(self, letter: Letter) -> None:
        """Record that the person cannot be written to; what they paid for stays in their history."""
        with self.database.transaction():
            OutboxRow.settle(letter.id, letter.progress, given_up_at=self.clock())
            Customer.reach(letter.telegram_id, reachable=False)

    def wait(self, timeout_s: float) -> None:
        """Wait until something is queued, or until the timeout; the thread has no connection meanwhile."""
        self.database.release_thread()
        self._bell.wait(timeout_s)
        self._bell.clear()

    def ring(self) -> None:
        """End a wait."""
        self._bell.set()


def _wait_s(attempts: int) -> int:
    """Return how long a letter waits after so many attempts."""
    more = attempts - len(RETRY_S)
    return RETRY_S[max(attempts, 1) - 1] if more <= 0 else min(RETRY_S[-1] << min(more, 5), _DAY_S)
