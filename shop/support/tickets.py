"""Tickets: conversations between a customer and the shop. A ticket is open until one side closes it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from shop.catalog.deliverables import DeliverableKind
from shop.catalog.reviews import own_line
from shop.context import Context
from shop.errors.catalog import FileTooLarge
from shop.errors.refusals import NotFound, TextTooLong, TooManyFiles, TooManyTickets
from shop.outbox import Event
from shop.people import Person, Right
from shop.sales.delivery import is_to_make
from storage.models import Customer, OrderLine, TicketEdit, TicketFile, TicketMessage, TicketSource
from storage.models import Ticket as TicketRow

MAX_TEXT = 1000
MAX_FILE_BYTES = 50 * 1024 * 1024
MOST_FILES = 30
"""The most files in a ticket, from both sides together."""
MOST_EDITS = 20
"""The most edits of a message that are recorded."""
NO_WORDS = "📎"
"""The text of a file without a caption."""
MOST_OPEN = 10
SHOWN = 10
"""How many of the newest messages a ticket's screen shows."""


class FileKind(Enum):
    """The kinds of files that a ticket takes."""

    PHOTO = "photo"
    DOCUMENT = "document"
    VIDEO = "video"
    VOICE = "voice"


@dataclass(frozen=True, slots=True)
class FileAtTelegram:
    """A file that Telegram keeps; its id belongs to the bot that it was sent to."""

    bot_id: int
    kind: FileKind
    file_id: str
    size: int


@dataclass(frozen=True, slots=True)
class Source:
    """The origin of a message: its number in its author's chat with a bot, its album, and its file.

    `in_group`: it was written in the notifications group, which has its own message numbers.
    """

    bot_id: int
    message_id: int
    album: str = ""
    file: FileAtTelegram | None = None
    in_group: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """A message of a ticket, as last edited."""

    from_shop: bool
    text: str
    written_at: int
    file: FileAtTelegram | None = None
    edited: bool = False


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket with its newest messages, oldest first. `about` is the name of the product concerned.

    `line_id` and `kind` are of the order line concerned; `to_make`: its goods are still to be made.
    """

    id: int
    customer_id: int
    is_open: bool
    order_id: int | None
    about: str
    messages: tuple[Message, ...]
    older: int
    line_id: int | None = None
    kind: DeliverableKind | None = None
    to_make: bool = False


@dataclass(frozen=True, slots=True)
class TicketPage:
    """One page of tickets."""

    tickets: tuple[Ticket, ...]
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class Tickets:
    """Tickets. Customers see only their own, admins every open one."""

    context: Context

    def check(self, person: Person, line_id: int) -> None:
        """Make sure that an order line is this customer's.

        Raises:
            NotFound: it is not.
        """
        own_line(person, line_id)

    def open(self, person: Person, text: str, *, line_id: int | None = None, source: Source | None = None) -> Ticket:
        """Open a ticket, perhaps about an order line; an open ticket about the same line is continued.

        A later part of an album goes to the ticket of its first.

        Raises:
            NotFound: no such line of this customer.
            TextTooLong, FileTooLarge: the text is too long, the file too large.
            TooManyTickets, TooManyFiles: the customer has the maximum number of open tickets, the ticket of files.
        """
        text = _fitting(text, source)
        if line_id is not None:
            own_line(person, line_id)
        with self.context.database.transaction():
            row = _of_album(person, source)
            if row is None and line_id is not None:
                row = TicketRow.open_of_line(line_id)
            if row is None:
                if TicketRow.count_open_of(person.id) >= MOST_OPEN:
                    raise TooManyTickets(MOST_OPEN)
                now = self.context.clock()
                row = TicketRow.create(
                    customer=person.id, order_line_id=line_id, state="open", created_at=now, updated_at=now
                )
            self._say(row, person, text, source, from_shop=False)
        return _ticket(TicketRow.get_by_id(row.id))

    def reply(self, person: Person, ticket_id: int, text: str, *, source: Source | None = None) -> Ticket:
        """Add a message; a closed ticket is opened again.

        Raises:
            NotFound: no such ticket of this customer.
            TextTooLong, FileTooLarge, TooManyTickets, TooManyFiles: as in `open`.
        """
        text = _fitting(text, source)
        with self.context.database.transaction():
            row = _own(person, ticket_id)
            if row.state == "closed" and row.order_line_id is not None:
                row = TicketRow.open_of_line(row.order_line_id) or row
            if row.state == "closed" and TicketRow.count_open_of(person.id) >= MOST_OPEN:
                raise TooManyTickets(MOST_OPEN)
            self._say(row, person, text, source, from_shop=False)
        return _ticket(TicketRow.get_by_id(row.id))

    def answer(self, admin: Person, ticket_id: int, text: str, *, source: Source | None = None) -> Ticket:
        """Answer a customer; a closed ticket is opened again.

        Raises:
            NotFound: no such ticket.
            TextTooLong, FileTooLarge, TooManyFiles: as in `open`.
        """
        self.context.customers.require(admin, Right.CUSTOMERS)
        text = _fitting(text, source)
        with self.context.database.transaction():
            row = _any(ticket_id)
            if row.state == "closed" and row.order_line_id is not None:
                row = TicketRow.open_of_line(row.order_line_id) or row
            self._say(row, admin, text, source, from_shop=True)
        return _ticket(TicketRow.get_by_id(row.id))

    def edit(self, person: Person, source: Source, text: str) -> None:
        """Apply an edit of a message in an open ticket, and tell the other side; other edits are ignored.

        Raises:
            TextTooLong: the text is too long.
        """
        with self.context.database.transaction():
            message_id = TicketSource.of(person.id, source.bot_id, source.message_id, in_group=source.in_group)
            if message_id is None:
                return
            row = TicketMessage.get_by_id(message_id)
            is_same = _messages([row])[0].text == (text or NO_WORDS)
            if is_same or row.ticket.state != "open" or TicketEdit.count_of(message_id) >= MOST_EDITS:
                return
            if row.from_shop:
                self.context.customers.require(person, Right.CUSTOMERS)
            TicketEdit.create(message_id=message_id, text=_fitting(text, source), edited_at=self.context.clock())
            self._tell(row, again=True)

    def close(self, person: Person, ticket_id: int) -> Ticket:
        """Close a ticket of this customer, and tell the admins.

        Raises:
            NotFound: no such ticket of this customer.
        """
        with self.context.database.transaction():
            row = _own(person, ticket_id)
            if self._close(row):
                self.context.outbox.tell_admins(
                    Event.ADMIN_TICKET_CLOSED, key=_closing(row), payload={"ticket_id": row.id}
                )
        return _ticket(TicketRow.get_by_id(ticket_id))

    def close_as_admin(self, admin: Person, ticket_id: int) -> Ticket:
        """Close any ticket, and tell its customer.

        Raises:
            NotFound: no such ticket.
        """
        self.context.customers.require(admin, Right.CUSTOMERS)
        with self.context.database.transaction():
            row = _any(ticket_id)
            if self._close(row):
                customer = Customer.get_by_id(row.customer_id)
                self.context.outbox.tell(
                    customer, Event.TICKET_CLOSED, key=_closing(row), payload={"ticket_id": row.id}
                )
        return _ticket(TicketRow.get_by_id(ticket_id))

    def one_of(self, person: Person, ticket_id: int) -> Ticket:
        """Read a ticket of this customer.

        Raises:
            NotFound: no such ticket, or another customer's.
        """
        return _ticket(_own(person, ticket_id))

    def one(self, admin: Person, ticket_id: int) -> Ticket:
        """Read any ticket.

        Raises:
            NotFound: no such ticket.
        """
        self.context.customers.require(admin, Right.CUSTOMERS)
        return _ticket(_any(ticket_id))

    def of(self, person: Person, *, page: int) -> TicketPage:
        """Read one page of a customer's tickets, newest first."""
        return self._page(page, TicketRow.count_of(person.id), lambda number: self._mine(person, number))

    def all_open(self, admin: Person, *, page: int) -> TicketPage:
        """Read one page of all open tickets, those without activity for longest first."""
        self.context.customers.require(admin, Right.CUSTOMERS)
        return self._page(
            page,
            TicketRow.count_open(),
            lambda number: TicketRow.all_open(page=number, size=self.context.page_entries),
        )

    def open_of(self, admin: Person, customer_id: int, *, page: int) -> TicketPage:
        """Read one page of a customer's open tickets, those without activity for longest first."""
        self.context.customers.require(admin, Right.CUSTOMERS)
        count = TicketRow.count_open_of(customer_id)
        return self._page(
            page, count, lambda number: TicketRow.open_of(customer_id, page=number, size=self.context.page_entries)
        )

    def ticket(self, ticket_id: int) -> Ticket:
        """Read a ticket, for letters."""
        return _ticket(_any(ticket_id))

    def message(self, message_id: int) -> tuple[Ticket, Message]:
        """Read a message with its ticket, for letters."""
        row = TicketMessage.get_by_id(message_id)
        return _ticket(row.ticket), _messages([row])[0]

    def _say(self, row: TicketRow, author: Person, text: str, source: Source | None, *, from_shop: bool) -> None:
        now = self.context.clock()
        if source is not None and source.file is not None and TicketFile.count_of(row.id) >= MOST_FILES:
            raise TooManyFiles(MOST_FILES)
        message = TicketMessage.create(
            ticket=row.id, author_id=author.id, from_shop=from_shop, text=text, created_at=now
        )
        if source is not None:
            _keep(message.id, author, source)
        TicketRow.change(row.id, state="open", updated_at=now)
        self._tell(message)

    def _tell(self, message: TicketMessage, *, again: bool = False) -> None:
        """Queue a message for the other side; `again`: it was edited."""
        key, payload, outbox = f"ticket-message:{message.id}", {"message_id": message.id}, self.context.outbox
        if message.from_shop:
            customer = Customer.get_by_id(message.ticket.customer_id)
            tell = outbox.tell_again if again else outbox.tell
            tell(customer, Event.TICKET, key=key, payload=payload)
        else:
            tell_admins = outbox.tell_admins_again if again else outbox.tell_admins
            tell_admins(Event.ADMIN_TICKET, key=key, payload=payload)

    def _close(self, row: TicketRow) -> bool:
        if row.state == "closed":
            return False
        TicketRow.change(row.id, state="closed", updated_at=self.context.clock())
        return True

    def _mine(self, person: Person, number: int) -> list[TicketRow]:
        return TicketRow.of(person.id, page=number, size=self.context.page_entries)

    def _page(self, page: int, count: int, rows: Callable[[int], list[TicketRow]]) -> TicketPage:
        page, pages = self.context.page(page, count)
        return TicketPage(tuple(_ticket(row, newest=1) for row in rows(page)), page, pages)


def _fitting(text: str, source: Source | None) -> str:
    if len(text) > MAX_TEXT:
        raise TextTooLong(MAX_TEXT)
    if source is not None and source.file is not None and source.file.size > MAX_FILE_BYTES:
        raise FileTooLarge(largest_mb=MAX_FILE_BYTES // 1024**2)
    return text or NO_WORDS


def _keep(message_id: int, author: Person, source: Source) -> None:
    """Record a message's origin and file. Needs an open transaction."""
    TicketSource.create(
        message_id=message_id,
        author_id=author.id,
        bot_id=source.bot_id,
        in_group=source.in_group,
        chat_message_id=source.message_id,
        album=source.album,
    )
    if source.file is not None:
        TicketFile.create(
            message_id=message_id,
            bot_id=source.file.bot_id,
            kind=source.file.kind.value,
            file_id=source.file.file_id,
            size_bytes=source.file.size,
        )


def _of_album(person: Person, source: Source | None) -> TicketRow | None:
    """Find the ticket that an earlier part of the same album went to."""
    if source is None or not source.album:
        return None
    ticket_id = TicketSource.ticket_of_album(person.id, source.album)
    row = None if ticket_id is None else TicketRow.one(ticket_id)
    return row if row is not None and row.customer_id == person.id and row.state == "open" else None


def _closing(row: TicketRow) -> str:
    """Return the key of a closing: a ticket can close once after each message."""
    return f"ticket-closed:{row.id}:{TicketMessage.count_of(row.id)}"


def _own(person: Person, ticket_id: int) -> TicketRow:
    row = TicketRow.one(ticket_id)
    if row is None or row.customer_id != person.id:
        raise NotFound
    return row


def _any(ticket_id: int) -> TicketRow:
    row = TicketRow.one(ticket_id)
    if row is None:
        raise NotFound
    return row


def _ticket(row: TicketRow, newest: int = SHOWN) -> Ticket:
    line = None if row.order_line_id is None else OrderLine.get_by_id(row.order_line_id)
    messages = tuple(_messages(TicketMessage.of(row.id, newest=newest)))
    return Ticket(
        id=row.id,
        customer_id=row.customer_id,
        is_open=row.state == "open",
        order_id=None if line is None else line.order_id,
        about="" if line is None else line.product_name,
        messages=messages,
        older=TicketMessage.count_of(row.id) - len(messages),
        line_id=None if line is None else line.id,
        kind=None if line is None else DeliverableKind(line.deliverable),
        to_make=line is not None and is_to_make(line),
    )


def _messages(rows: list[TicketMessage]) -> list[Message]:
    numbers = [row.id for row in rows]
    edits, files = TicketEdit.newest_of(numbers), TicketFile.of(numbers)
    return [
        Message(
            row.from_shop,
            edits.get(row.id, row.text),
            row.created_at,
            file=_file(files[row.id]) if row.id in files else None,
            edited=row.id in edits,
        )
        for row in rows
    ]


def _file(row: TicketFile) -> FileAtTelegram:
    return FileAtTelegram(row.bot_id, FileKind(row.kind), row.file_id, row.size_bytes)
