"""Tickets: what customers and the shop write to each other."""

from typing import Self

from peewee import BooleanField, ForeignKeyField, IntegerField, TextField, fn

from storage.models.base import Base, Numbered
from storage.models.customers import Customer


class Ticket(Numbered):
    """A conversation between a customer and the shop, perhaps about one order line."""

    customer = ForeignKeyField(Customer)
    customer_id: int
    order_line_id = IntegerField(null=True)
    state = TextField()
    created_at = IntegerField()
    updated_at = IntegerField()

    @classmethod
    def one(cls, ticket_id: int) -> Self | None:
        """Find any ticket."""
        return cls.get_or_none(cls.id == ticket_id)

    @classmethod
    def open_of_line(cls, order_line_id: int) -> Self | None:
        """Find the open ticket about an order line."""
        return cls.get_or_none(cls.order_line_id == order_line_id, cls.state == "open")

    @classmethod
    def of(cls, customer_id: int, *, page: int, size: int) -> list[Self]:
        """List one page of a customer's tickets, newest first."""
        mine = cls.select().where(cls.customer == customer_id).order_by(cls.id.desc())
        return list(mine.offset(page * size).limit(size))

    @classmethod
    def count_of(cls, customer_id: int) -> int:
        """Count a customer's tickets."""
        return cls.select(fn.COUNT(cls.id)).where(cls.customer == customer_id).scalar()

    @classmethod
    def count_open_of(cls, customer_id: int) -> int:
        """Count a customer's open tickets."""
        return cls.select(fn.COUNT(cls.id)).where(cls.customer == customer_id, cls.state == "open").scalar()

    @classmethod
    def open_of(cls, customer_id: int, *, page: int, size: int) -> list[Self]:
        """List one page of a customer's open tickets, the longest untouched first."""
        waiting = cls.select().where(cls.customer == customer_id, cls.state == "open")
        return list(waiting.order_by(cls.updated_at, cls.id).offset(page * size).limit(size))

    @classmethod
    def all_open(cls, *, page: int, size: int) -> list[Self]:
        """List one page of all open tickets, the longest untouched first."""
        waiting = cls.select().where(cls.state == "open").order_by(cls.updated_at, cls.id)
        return list(waiting.offset(page * size).limit(size))

    @classmethod
    def count_open(cls) -> int:
        """Count all open tickets."""
        return cls.select(fn.COUNT(cls.id)).where(cls.state == "open").scalar()

    @classmethod
    def change(cls, ticket_id: int, **columns: object) -> None:
        """Write the named columns of one ticket, and no others."""
        cls.update(**columns).where(cls.id == ticket_id).execute()

    @classmethod
    def forget_before(cls, moment: int) -> int:
        """Drop the tickets that were closed before `moment`, with what was written in them; return how many."""
        old = cls.select(cls.id).where(cls.state == "closed", cls.updated_at < moment)
        TicketMessage.delete().where(TicketMessage.ticket.in_(old)).execute()
        return cls.delete().where(cls.state == "closed", cls.updated_at < moment).execute()


class TicketMessage(Numbered):
    """One message of a ticket; kept as it was written."""

    ticket = ForeignKeyField(Ticket, backref="messages")
    ticket_id: int
    author_id = IntegerField()
    from_shop = BooleanField()
    text = TextField()
    created_at = IntegerField()

    @classmethod
    def of(cls, ticket_id: int, *, newest: int) -> list[Self]:
        """List the newest messages of a ticket, oldest first."""
        rows = cls.select().where(cls.ticket == ticket_id).order_by(cls.id.desc()).limit(newest)
        return list(rows)[::-1]

    @classmethod
    def count_of(cls, ticket_id: int) -> int:
        """Count the messages of a ticket."""
        return cls.select(fn.COUNT(cls.id)).where(cls.ticket == ticket_id).scalar()


class TicketFile(Base):
    """A file that came with a message of a ticket: Telegram keeps it, the shop has its id."""

    message_id = IntegerField(primary_key=True)
    bot_id = IntegerField()
    kind = TextField()
    file_id = TextField()
    size_bytes = IntegerField()

    @classmethod
    def of(cls, message_ids: list[int]) -> dict[int, Self]:
        """Read the files of messages, by the message."""
        return {row.message_id: row for row in cls.select().where(cls.message_id.in_(message_ids))}

    @classmethod
    def count_of(cls, ticket_id: int) -> int:
        """Count the files of a ticket."""
        mine = TicketMessage.select(TicketMessage.id).where(TicketMessage.ticket == ticket_id)
        return cls.select().where(cls.message_id.in_(mine)).count()


class TicketSource(Base):
    """Where a message of a ticket was written: the number it has in its author's chat, or in the group."""

    message_id = IntegerField(primary_key=True)
    author_id = IntegerField()
    bot_id = IntegerField()
    in_group = BooleanField(default=False)
    chat_message_id = IntegerField()
    album = TextField(default="")

    @classmethod
    def of(cls, author_id: int, bot_id: int, chat_message_id: int, *, in_group: bool) -> int | None:
        """Find a message by its number in its author's chat, or in the group."""
        mine = (cls.author_id == author_id, cls.bot_id == bot_id, cls.in_group == in_group)
        return cls.select(cls.message_id).where(*mine, cls.chat_message_id == chat_message_id).scalar()

    @classmethod
    def ticket_of_album(cls, author_id: int, album: str) -> int | None:
        """Find the ticket that an earlier part of an album went to."""
        mine = TicketMessage.select(TicketMessage.ticket).join(cls, on=(cls.message_id == TicketMessage.id))
        return mine.where(cls.author_id == author_id, cls.album == album).limit(1).scalar()


class TicketEdit(Numbered):
    """An edited text of a ticket message; the newest counts."""

    message_id = IntegerField()
    text = TextField()
    edited_at = IntegerField()

    @classmethod
    def newest_of(cls, message_ids: list[int]) -> dict[int, str]:
        """Read what messages were edited to, by the message."""
        rows = cls.select().where(cls.message_id.in_(message_ids)).order_by(cls.id)
        return {row.message_id: row.text for row in rows}

    @classmethod
    def count_of(cls, message_id: int) -> int:
        """Count the edits of a message."""
        return cls.select().where(cls.message_id == message_id).count()
