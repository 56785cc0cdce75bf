"""Notes about a customer, which admins write for each other. The customer gets them with their data."""

from dataclasses import dataclass

from shop.context import Context
from shop.errors.refusals import NotFound, TextTooLong
from shop.people import Person, Right
from storage.models import CustomerNote

MAX_NOTE = 1000


@dataclass(frozen=True, slots=True)
class Note:
    """A note. `written_at` is in Unix seconds."""

    id: int
    author: str
    text: str
    written_at: int


@dataclass(frozen=True, slots=True)
class NotePage:
    """One page of the notes about a customer, newest first."""

    notes: tuple[Note, ...]
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class Notes:
    """Notes about customers. All of it takes `Right.CUSTOMERS`; each change is in the audit log, without the text."""

    context: Context

    def of(self, admin: Person, customer_id: int, *, page: int) -> NotePage:
        """Read one page of the notes about a customer.

        Raises:
            NotFound: no such customer.
        """
        self.context.customers.require(admin, Right.CUSTOMERS)
        self.context.customers.person(customer_id)
        page, pages = self.context.page(page, CustomerNote.count_of(customer_id))
        rows = CustomerNote.of(customer_id, page=page, size=self.context.page_entries)
        name_of = self.context.customers.name_of
        notes = tuple(Note(row.id, name_of(row.admin_id), row.text, row.created_at) for row in rows)
        return NotePage(notes, page, pages)

    def add(self, admin: Person, customer_id: int, text: str) -> None:
        """Write a note about a customer.

        Raises:
            NotFound: no such customer.
            TextTooLong: the text is too long.
        """
        self.context.customers.require(admin, Right.CUSTOMERS)
        text = text.strip()
        if len(text) > MAX_NOTE:
            raise TextTooLong(MAX_NOTE)
        with self.context.database.transaction():
            customer = self.context.customers.person(customer_id)
            CustomerNote.create(customer=customer_id, admin=admin.id, text=text, created_at=self.context.clock())
            self.context.audit.write(admin, "customer.noted", f"customer {customer.telegram_id}")

    def remove(self, admin: Person, note_id: int) -> int:
        """Delete a note; return the customer's number.

        Raises:
            NotFound: no such note.
        """
        self.context.customers.require(admin, Right.CUSTOMERS)
        with self.context.database.transaction():
            row = CustomerNote.get_or_none(CustomerNote.id == note_id)
            if row is None:
                raise NotFound
            CustomerNote.drop(note_id)
            customer = self.context.customers.person(row.customer_id)
            self.context.audit.write(admin, "customer.note_removed", f"customer {customer.telegram_id}")
            return int(row.customer_id)
