"""A customer's account: every movement of the balance, and pending payments."""

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from shop.assets import ASSETS, Asset
from shop.context import Context
from shop.ledger import EntryKind
from shop.money import Money
from shop.payments.deposit_views import DepositView, view_of
from shop.people import Person
from storage.models import Customer, Deposit, Invoice, LedgerEntry, Order, OrderLine, Ticket, Tolerance

MOST_OPEN_DEPOSITS = 20


@dataclass(frozen=True, slots=True)
class Entry:
    """A movement of a balance. `subject` is the number of its order, if it has one.

    `discount` is the coupon's discount on that order; the amount is what was paid.
    """

    kind: EntryKind
    amount: Money
    balance: Money
    posted_at: int
    subject: str
    discount: Money


@dataclass(frozen=True, slots=True)
class Statement:
    """One page of a customer's movements, newest first, and the balance."""

    entries: tuple[Entry, ...]
    balance: Money
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class OpenInvoice:
    """An open invoice, payable until `expires_at` (Unix seconds)."""

    asset: Asset
    asked: Money
    units: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class Coming:
    """A customer's payments that are on their way, or may be."""

    deposits: tuple[DepositView, ...]
    invoices: tuple[OpenInvoice, ...]


@dataclass(frozen=True, slots=True)
class Profile:
    """A customer at a glance."""

    balance: Money
    orders: int
    open_deposits: int
    open_tickets: int
    announcements: bool


@dataclass(frozen=True, slots=True)
class Statements:
    """Reads of a customer's account."""

    context: Context

    def profile(self, person: Person) -> Profile:
        """Read a customer at a glance."""
        return Profile(
            balance=Money(Customer.balance_of(person.id), self.context.currency),
            orders=Order.count_of(person.id),
            open_deposits=len(Deposit.open_of(person.id, limit=MOST_OPEN_DEPOSITS))
            + Invoice.count_open(person.id, self.context.clock()),
            open_tickets=Ticket.count_open_of(person.id),
            announcements=bool(Customer.get_by_id(person.id).announcements),
        )

    def page(self, person: Person, *, page: int) -> Statement:
        """Read one page of a customer's movements; a page beyond the last shows the last."""
        page, pages = self.context.page(page, LedgerEntry.count_of(person.id))
        rows = LedgerEntry.page_of(person.id, page=page, size=self.context.page_entries)
        balance = Money(Customer.balance_of(person.id), self.context.currency)
        return Statement(self._entries(rows), balance, page, pages)

    def csv(self, person: Person, name_of: Callable[[EntryKind], str], head: tuple[str, ...]) -> str:
        """Write all of a customer's movements as CSV (RFC 4180), oldest first; the amounts add up to the balance.

        Amounts are plain decimals of the shop's currency, times are as in `Context.iso`.
        """
        out = io.StringIO()
        table = csv.writer(out)
        table.writerow(head)
        for entry in self._entries(LedgerEntry.of(person.id)):
            amounts = (f"{entry.amount.decimal:f}", f"{entry.balance.decimal:f}", self.context.currency)
            off = (f"{entry.discount.decimal:f}",) if entry.discount.minor else ("",)
            table.writerow((self.context.iso(entry.posted_at), name_of(entry.kind), entry.subject, *amounts, *off))
        return out.getvalue()

    def coming(self, person: Person) -> Coming:
        """Read the payments that are on their way, newest first."""
        rows = Deposit.open_of(person.id, limit=MOST_OPEN_DEPOSITS)
        invoices = Invoice.open_of(person.id, self.context.clock())
        return Coming(
            deposits=tuple(view_of(row, self.context.currency) for row in rows),
            invoices=tuple(self._invoice(row) for row in invoices),
        )

    def _invoice(self, row: Invoice) -> OpenInvoice:
        return OpenInvoice(ASSETS[row.asset], Money(row.fiat_minor, self.context.currency), row.units, row.expires_at)

    def _entries(self, rows: list[LedgerEntry]) -> tuple[Entry, ...]:
        discounts = Order.discounts_of(_numbers(rows, "order"))
        orders = {
            "refund": OrderLine.orders_of(_numbers(rows, "refund")),
            "tolerance": Tolerance.orders_of(_numbers(rows, "tolerance")),
        }
        return tuple(self._entry(row, discounts, orders) for row in rows)

    def _entry(
        self, row: LedgerEntry, discounts: Mapping[int, int], orders: Mapping[str, Mapping[int, int]]
    ) -> Entry:
        prefix, _, number = row.key.partition(":")
        about_order = prefix == "order"
        if prefix in orders:
            number = str(orders[prefix][int(number.partition(":")[0])])
        return Entry(
            kind=EntryKind(row.kind),
            amount=Money(row.amount_minor, self.context.currency),
            balance=Money(row.balance_minor, self.context.currency),
            posted_at=row.created_at,
            subject=f"#{number}" if about_order or prefix in orders else "",
            discount=Money(discounts.get(int(number), 0) if about_order else 0, self.context.currency),
        )


def _numbers(rows: list[LedgerEntry], prefix: str) -> list[int]:
    """Read the numbers from the keys with this prefix; anything after a key's number is left out."""
    words = (row.key.split(":") for row in rows)
    return [int(number) for word, number, *_ in words if word == prefix]
