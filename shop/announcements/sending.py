"""Announcements on their way: started, paused, taken up again, cancelled; who is next, and what became of him.

Nobody gets an announcement twice. A recipient is marked as in hand before Telegram is called and settled after its
answer; who was in hand when the program died is not written to again, because nobody knows whether he got it. That
one person in thousands misses an announcement does no harm; one that comes twice annoys, and is what people block a
bot for. Goods and money are told of by the outbox instead, at least once.
"""

import threading
from dataclasses import dataclass, field
from enum import Enum

from shop.announcements.announcement import Announcement, Content, State, content_of
from shop.context import Context
from shop.errors import NotAnnounced, NotFound, StaleScreen
from shop.outbox import Event
from shop.people import Person, Right
from storage.models import Announcement as AnnouncementRow
from storage.models import AnnouncementRecipient, Customer


class Outcome(Enum):
    """What became of a recipient."""

    SENT = "sent"
    UNREACHABLE = "unreachable"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Hand:
    """The recipient in hand. `parts_sent` of the messages have reached him."""

    announcement_id: int
    customer_id: int
    telegram_id: int
    bot_id: int
    parts_sent: int = 0


@dataclass(frozen=True, slots=True)
class Settled:
    """A recipient who is dealt with."""

    hand: Hand
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class BroadcastPage:
    """One page of what was announced, newest first."""

    announcements: tuple[Announcement, ...]
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class Broadcasts:
    """Whoever has the right looks after every announcement that was started."""

    context: Context
    _bell: threading.Event = field(init=False, default_factory=threading.Event)

    def page(self, person: Person, *, page: int) -> BroadcastPage:
        """Read one page of what was announced."""
        self.context.customers.require(person, Right.ANNOUNCEMENTS)
        page, pages = self.context.page(page, AnnouncementRow.count_started())
        rows = AnnouncementRow.page(page=page, size=self.context.page_entries)
        return BroadcastPage(tuple(Announcement.of(row) for row in rows), page, pages)

    def one(self, person: Person, announcement_id: int) -> Announcement:
        """Read an announcement that was started.

        Raises:
            NotFound: there is none.
        """
        self.context.customers.require(person, Right.ANNOUNCEMENTS)
        return self.status(announcement_id)

    def start(self, person: Person, announcement_id: int, *, message_id: int | None) -> Announcement:
        """Freeze the recipients of a draft and queue it; to start it twice changes nothing.

        `message_id` is the message of this admin that shows how far it is.

        Raises:
            NotFound: no such draft of this admin.
            NotAnnounced: it has no text, or nobody would get it.
        """
        self.context.customers.require(person, Right.ANNOUNCEMENTS)
        with self.context.database.transaction():
            row = AnnouncementRow.draft_of(person.id, announcement_id)
            if row is None:
                raise NotFound
            if row.state == State.DRAFT.value:
                self._queue(person, row, message_id)
        return self.status(announcement_id)

    def pause(self, person: Person, announcement_id: int) -> Announcement:
        """Stop sending for now."""
        return self._move(
            person, announcement_id, "announcement.paused", State.PAUSED, of=(State.QUEUED, State.SENDING)
        )

    def go_on(self, person: Person, announcement_id: int) -> Announcement:
        """Go on with those who have not got it yet, as soon as nothing else is being sent."""
        return self._move(person, announcement_id, "announcement.resumed", State.QUEUED, of=(State.PAUSED,))

    def cancel(self, person: Person, announcement_id: int) -> Announcement:
        """Send no more of it, for good."""
        every = (State.QUEUED, State.SENDING, State.PAUSED)
        now = self.context.clock()
        return self._move(person, announcement_id, "announcement.cancelled", State.CANCELLED, of=every, ended_at=now)

    def status(self, announcement_id: int) -> Announcement:
        """Read how far an announcement is.

        Raises:
            NotFound: none was started under this number.
        """
        row = AnnouncementRow.started(announcement_id)
        if row is None:
            raise NotFound
        return Announcement.of(row)

    def content(self, announcement_id: int) -> Content:
        """Read what an announcement says."""
        return content_of(AnnouncementRow.get_by_id(announcement_id), self.context.currency)

    def recover(self) -> None:
        """Settle who was in hand when the program died; he is not written to again."""
        with self.context.database.transaction():
            AnnouncementRecipient.give_up_in_hand()

    def advance(self, settled: Settled | None = None) -> Hand | None:
        """Write down what became of one recipient and take the next one in hand, in one transaction.

        Returns None when there is nobody to write to at the moment.
        """
        with self.context.database.transaction():
            if settled is not None:
                self._settle(settled)
            row = AnnouncementRow.in_state(State.SENDING.value) or self._begin()
            while row is not None:
                hand = self._next(row)
                if hand is not None:
                    return hand
                self._end(row)
                row = self._begin()
        return None

    def anything_to_send(self) -> bool:
        """Tell whether an announcement is being sent or queued."""
        sending = AnnouncementRow.in_state(State.SENDING.value)
        return (sending or AnnouncementRow.in_state(State.QUEUED.value)) is not None

    def settle(self, settled: Settled) -> None:
        """Write down what became of a recipient."""
        with self.context.database.transaction():
            self._settle(settled)

    def put_back(self, hand: Hand) -> None:
        """Let somebody wait again of whom it is certain that he was not written to since he is in hand."""
        with self.context.database.transaction():
            AnnouncementRecipient.put(hand.announcement_id, hand.customer_id, "waiting", parts_sent=hand.parts_sent)

    def shown_on(self, announcement_id: int, message_id: int) -> None:
        """Remember the message that shows how far it is."""
        with self.context.database.transaction():
            AnnouncementRow.change(announcement_id, message_id=message_id)

    def wait(self, timeout_s: float) -> None:
        """Wait until somebody starts, pauses or cancels something, or the time is over."""
        self._bell.wait(timeout_s)
        self._bell.clear()

    def ring(self) -> None:
        """End a wait."""
        self._bell.set()

    def _queue(self, person: Person, row: AnnouncementRow, message_id: int | None) -> None:
        if not row.html and row.listing is None:
            raise NotAnnounced("no_text")
        count = AnnouncementRecipient.freeze(row)
        if not count:
            raise NotAnnounced("nobody")
        AnnouncementRow.change(
            row.id, state=State.QUEUED.value, started_at=self.context.clock(), message_id=message_id
        )
        self.context.audit.write(person, "announcement.started", f"announcement {row.id}", recipients=count)
        self.context.database.after_commit(self._bell.set)

    def _move(
        self, person: Person, announcement_id: int, action: str, to: State, *, of: tuple[State, ...], **columns: int
    ) -> Announcement:
        """Bring an announcement from one of some states to another; one that is there already stays."""
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

    def _next(self, row: AnnouncementRow) -> Hand | None:
        """Take the next recipient in hand; who is banned or out of reach by now is passed over."""
        while (found := AnnouncementRecipient.next_of(row.id)) is not None:
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
