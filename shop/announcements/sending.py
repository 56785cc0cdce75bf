"""Sending announcements: start, pause, resume, cancel, and each recipient in turn.

No one gets an announcement twice. A recipient is marked as in hand before Telegram is called, and settled after its
answer. If the program dies in between, they are not written to again, because the message may have arrived. One
person in thousands who misses an announcement does no harm; people who get one twice block the bot. Letters about
goods and money go through the outbox instead, at least once.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum

from shop.announcements.announcement import Announcement, Content, State, content_of
from shop.context import Context
from shop.errors.refusals import NotAnnounced, NotFound, StaleScreen
from shop.outbox import Event
from shop.people import Person, Right
from storage.models import Announcement as AnnouncementRow
from storage.models import AnnouncementRecipient, Customer


class Outcome(Enum):
    """The outcome for a recipient."""

    SENT = "sent"
    UNREACHABLE = "unreachable"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Hand:
    """The recipient in hand. `parts_sent` messages have reached them."""

    announcement_id: int
    customer_id: int
    telegram_id: int
    bot_id: int
    parts_sent: int = 0


@dataclass(frozen=True, slots=True)
class Settled:
    """A recipient who is done."""

    hand: Hand
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class BroadcastPage:
    """One page of announcements, newest first."""

    announcements: tuple[Announcement, ...]
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class Broadcasts:
    """Started announcements. Admins with `Right.ANNOUNCEMENTS` manage all of them, not only their own."""

    context: Context
    _bell: threading.Event = field(init=False, default_factory=threading.Event)

    def page(self, person: Person, *, page: int) -> BroadcastPage:
        """Read one page of started announcements, and of what this admin scheduled."""
        self.context.customers.require(person, Right.ANNOUNCEMENTS)
        page, pages = self.context.page(page, AnnouncementRow.count_listed(person.id))
        rows = AnnouncementRow.page(person.id, page=page, size=self.context.page_entries)
        return BroadcastPage(tuple(Announcement.of(row) for row in rows), page, pages)

    def one(self, person: Person, announcement_id: int) -> Announcement:
        """Read a started announcement.

        Raises:
            NotFound: no such announcement.
        """
        self.context.customers.require(person, Right.ANNOUNCEMENTS)
        return self.status(announcement_id)

    def start(self, person: Person, announcement_id: int, *, message_id: int | None) -> Announcement:
        """Fix the recipients of a draft and queue it; starting it twice changes nothing.

        `message_id` is the admin's progress message.

        Raises:
            NotFound: no such draft of this admin.
            NotAnnounced: it has no text or no recipients.
        """
        self.context.customers.require(person, Right.ANNOUNCEMENTS)
        with self.context.database.transaction():
            row = AnnouncementRow.draft_of(person.id, announcement_id)
            if row is None:
                raise NotFound
            if row.state == State.DRAFT.value:
                self._queue(person, row, message_id)
        return self.status(announcement_id)

    def start_due(self) -> None:
        """Queue the drafts that are due; an admin whose draft can no longer be sent learns why."""
        if self.context.is_far_ahead():
            return
        for row in AnnouncementRow.due(self.context.clock()):
            with self.context.database.transaction():
                self._start_due(row.id)

    def pause(self, person: Person, announcement_id: int) -> Announcement:
        """Stop sending for now."""
        return self._move(
            person, announcement_id, "announcement.paused", State.PAUSED, of=(State.QUEUED, State.SENDING)
        )

    def go_on(self, person: Person, announcement_id: int) -> Announcement:
        """Resume sending as soon as no other announcement is being sent."""
        return self._move(person, announcement_id, "announcement.resumed", State.QUEUED, of=(State.PAUSED,))

    def cancel(self, person: Person, announcement_id: int) -> Announcement:
        """Stop sending for good."""
        every = (State.QUEUED, State.SENDING, State.PAUSED)
        now = self.context.clock()
        return self._move(person, announcement_id, "announcement.cancelled", State.CANCELLED, of=every, ended_at=now)

    def status(self, announcement_id: int) -> Announcement:
        """Read the progress of an announcement.

        Raises:
            NotFound: no such announcement was started.
        """
        row = AnnouncementRow.started(announcement_id)
        if row is None:
            raise NotFound
        return Announcement.of(row)

    def content(self, announcement_id: int) -> Content:
        """Read the content of an announcement."""
        return content_of(AnnouncementRow.get_by_id(announcement_id), self.context.currency)

    def recover(self) -> None:
        """Settle the recipient in hand when the program died; they are not written to again."""
        with self.context.database.transaction():
            AnnouncementRecipient.give_up_in_hand()

    def advance(self, settled: Settled | None = None, *, besides_bots: Sequence[int] = ()) -> Hand | None:
        """Record one recipient's outcome and take the next one in hand, in one transaction.

        Recipients whom one of `besides_bots` would write to are skipped. Returns None if there is no one to write to
        at the moment.
        """
        with self.context.database.transaction():
            if settled is not None:
                self._settle(settled)
            row = AnnouncementRow.in_state(State.SENDING.value) or self._begin()
            while row is not None:
                hand = self._next(row, besides_bots)
                if hand is not None or (besides_bots and AnnouncementRecipient.next_of(row.id) is not None):
                    return hand
                self._end(row)
                row = self._begin()
        return None

    def anything_to_send(self) -> bool:
        """Return whether an announcement is being sent or queued."""
        sending = AnnouncementRow.in_state(State.SENDING.value)
        return (sending or AnnouncementRow.in_state(State.QUEUED.value)) is not None

    def settle(self, settled: Settled) -> None:
        """Record a recipient's outcome."""
        with self.context.database.transaction():
            self._settle(settled)

    def put_back(self, hand: Hand) -> None:
        """Put a recipient back in the queue if the message was certainly not sent."""
        with self.context.database.transaction():
            AnnouncementRecipient.put(hand.announcement_id, hand.customer_id, "waiting", parts_sent=hand.parts_sent)

    def shown_on(self, announcement_id: int, bot_id: int, message_id: int) -> None:
        """Store the progress message, and the bot that sent it."""
        with self.context.database.transaction():
            AnnouncementRow.change(announcement_id, message_id=message_id, message_bot_id=bot_id)

    def wait(self, timeout_s: float) -> None:
        """Wait until an announcement starts, pauses or is cancelled, or until the timeout; without a connection."""
        self.context.database.release_thread()
        self._bell.wait(timeout_s)
        self._bell.clear()

    def ring(self) -> None:
        """End a wait."""
        self._bell.set()

    def _start_due(self, announcement_id: int) -> None:
        row = AnnouncementRow.get_by_id(announcement_id)
        if row.state != State.DRAFT.value or row.due_at is None or row.due_at > self.context.clock():
            return
        admin = self.context.customers.person(row.admin_id)
        reason = "" if Right.ANNOUNCEMENTS in admin.rights and not admin.banned else "not_allowed"
        try:
            if not reason:
                self._queue(admin, row, None)
        except NotAnnounced as refusal:
            reason = refusal.reason
        if reason:
            AnnouncementRow.change(row.id, due_at=None)
            self.context.outbox.tell(
                Customer.get_by_id(row.admin_id),
                Event.NOT_ANNOUNCED,
                key=f"not-announced:{row.id}:{row.due_at}",
                payload={"due_at": row.due_at, "reason": reason},
            )

    def _queue(self, person: Person, row: AnnouncementRow, message_id: int | None) -> None:
        if not row.html and row.listing is None:
            raise NotAnnounced("no_text")
        count = AnnouncementRecipient.freeze(row)
        if not count:
            raise NotAnnounced("nobody")
        shown_by = {"message_id": message_id, "message_bot_id": person.bot_id}
        AnnouncementRow.change(row.id, state=State.QUEUED.value, started_at=self.context.clock(), **shown_by)
        entry_id = self.context.audit.write(
            person, "announcement.started", f"announcement {row.id}", recipients=count
        )
        self.context.announce(person, entry_id)
        self.context.database.after_commit(self._bell.set)

    def _move(
        self, person: Person, announcement_id: int, action: str, to: State, *, of: tuple[State, ...], **columns: int
    ) -> Announcement:
        """Move an announcement from one of several states to another, unless it is there already."""
        self.context.customers.require(person, Right.ANNOUNCEMENTS)
        with self.context.database.transaction():
            status = self.status(announcement_id)
            if status.state in of:
                AnnouncementRow.change(announcement_id, state=to.value, **columns)
                self.context.audit.write(person, action, f"announcement {announcement_id}")
                self.context.database.after_commit(self._bell.set)
            elif status.state.ended and status.state is not to:
                raise StaleScreen
        return self.status(announcement_id)

    def _begin(self) -> AnnouncementRow | None:
        row = AnnouncementRow.in_state(State.QUEUED.value)
        if row is not None:
            AnnouncementRow.change(row.id, state=State.SENDING.value)
        return row

    def _next(self, row: AnnouncementRow, besides_bots: Sequence[int]) -> Hand | None:
        """Take the next recipient in hand, skipping those now banned, unreachable or unwilling."""
        while (found := AnnouncementRecipient.next_of(row.id, besides_bots=besides_bots)) is not None:
            if found.writable:
                AnnouncementRecipient.put(row.id, found.customer_id, "in_hand", parts_sent=found.parts_sent)
                return Hand(row.id, found.customer_id, found.telegram_id, found.bot_id, found.parts_sent)
            AnnouncementRecipient.put(row.id, found.customer_id, "unreachable")
        return None

    def _end(self, row: AnnouncementRow) -> None:
        AnnouncementRow.change(row.id, state=State.DONE.value, ended_at=self.context.clock())
        admin = Customer.get_by_id(row.admin_id)
        self.context.outbox.tell(
            admin, Event.ANNOUNCED, key=f"announced:{row.id}", payload={"announcement_id": row.id}
        )

    def _settle(self, settled: Settled) -> None:
        hand = settled.hand
        parts = hand.parts_sent
        AnnouncementRecipient.put(hand.announcement_id, hand.customer_id, settled.outcome.value, parts_sent=parts)
        if settled.outcome is Outcome.UNREACHABLE:
            Customer.reach(hand.telegram_id, reachable=False)
