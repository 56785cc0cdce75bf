"""Support for one customer: showing their account, writing to them, banning them."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace

from shop.context import Context
from shop.errors.refusals import CannotBanOwner, CannotBanSelf, NotFound, OwnersOnly, TextTooLong
from shop.ledger import EntryKind
from shop.money import Money
from shop.outbox import Event
from shop.payments.statements import Coming, Profile, Statement, Statements
from shop.people import Person, Right
from shop.sales.orders import History, Orders, Receipt, ReceiptLine
from storage.models import AuditEntry, Customer, CustomerNote, LedgerEntry, MovedDeposit, Order, OrderLine

MAX_TEXT = 1000
MAX_REASON = 300


@dataclass(frozen=True, slots=True)
class Card:
    """A customer at a glance. `since` is in Unix seconds; `deposited` is the total of their deposits."""

    customer_id: int
    name: str
    telegram_id: int
    username: str | None
    since: int
    language: str
    banned: bool
    ban_reason: str
    reachable: bool
    deposited: Money
    profile: Profile
    notes: int


@dataclass(frozen=True, slots=True)
class CustomerOrder:
    """A customer's order without its goods: its page of the history, and one page of its lines."""

    receipt: Receipt
    name: str
    history_page: int
    lines: tuple[ReceiptLine, ...]
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class CustomerLine:
    """A line of a customer's order without its goods, and its page of the order."""

    order_id: int
    customer_id: int
    name: str
    line: ReceiptLine
    page: int


@dataclass(frozen=True, slots=True)
class CustomerSupport:
    """Support for any customer. Everything takes `Right.CUSTOMERS`."""

    context: Context
    statements: Statements
    orders: Orders

    def card(self, admin: Person, customer_id: int) -> Card:
        """Read a customer at a glance.

        Raises:
            NotFound: no such customer.
        """
        person = self._person(admin, customer_id)
        row = Customer.get_by_id(customer_id)
        deposited = LedgerEntry.total_of(customer_id, EntryKind.DEPOSIT.value) + MovedDeposit.sums_of(customer_id)[1]
        return Card(
            customer_id=row.id,
            name=row.first_name,
            telegram_id=row.telegram_id,
            username=row.username,
            since=row.created_at,
            language=row.language,
            banned=row.banned,
            ban_reason=_ban_reason(row.telegram_id) if row.banned else "",
            reachable=row.reachable,
            deposited=Money(deposited, self.context.currency),
            profile=self.statements.profile(person),
            notes=CustomerNote.count_of(customer_id),
        )

    def statement(self, admin: Person, customer_id: int, *, page: int) -> Statement:
        """Read one page of their movements; raises `NotFound` as `card` does."""
        return self.statements.page(self._person(admin, customer_id), page=page)

    def csv(self, admin: Person, customer_id: int, name_of: Callable[[EntryKind], str], head: tuple[str, ...]) -> str:
        """Write all of their movements as CSV; raises `NotFound` as `card` does."""
        return self.statements.csv(self._person(admin, customer_id), name_of, head)

    def coming(self, admin: Person, customer_id: int) -> Coming:
        """Read their payments on the way; raises `NotFound` as `card` does."""
        return self.statements.coming(self._person(admin, customer_id))

    def history(self, admin: Person, customer_id: int, *, page: int) -> History:
        """Read one page of their orders; raises `NotFound` as `card` does."""
        return self.orders.history(self._person(admin, customer_id), page=page)

    def order(self, admin: Person, order_id: int, *, page: int) -> CustomerOrder:
        """Read an order with one page of its lines.

        Raises:
            NotFound: no such order.
        """
        self.context.customers.require(admin, Right.CUSTOMERS)
        order = Order.get_or_none(Order.id == order_id)
        if order is None:
            raise NotFound
        receipt = self.orders.receipt(order)
        lines = tuple(_without_goods(line) for line in receipt.lines)
        page, pages = self.context.page(page, len(lines))
        return CustomerOrder(
            receipt=replace(receipt, lines=lines),
            name=self.context.customers.name_of(order.customer_id),
            history_page=self.orders.page_of(self.context.customers.person(order.customer_id), order_id),
            lines=lines[page * self.context.page_entries : (page + 1) * self.context.page_entries],
            page=page,
            pages=pages,
        )

    def line(self, admin: Person, line_id: int) -> CustomerLine:
        """Read a line of an order.

        Raises:
            NotFound: no such line.
        """
        self.context.customers.require(admin, Right.CUSTOMERS)
        row = OrderLine.get_or_none(OrderLine.id == line_id)
        if row is None:
            raise NotFound
        lines = self.orders.receipt_by_id(row.order_id).lines
        place = next(place for place, line in enumerate(lines) if line.id == line_id)
        return CustomerLine(
            order_id=row.order_id,
            customer_id=row.order.customer_id,
            name=self.context.customers.name_of(row.order.customer_id),
            line=_without_goods(lines[place]),
            page=place // self.context.page_entries,
        )

    def name(self, admin: Person, customer_id: int) -> str:
        """Name a customer; raises `NotFound` as `card` does."""
        return self.context.customers.name_of(self._person(admin, customer_id).id)

    def ban(self, admin: Person, customer_id: int, reason: str, *, banned: bool) -> None:
        """Ban a customer, or lift the ban. If nothing changes, nothing is logged.

        Raises:
            NotFound, CannotBanSelf, CannotBanOwner, OwnersOnly, SecondFactorNeeded: as in `check`.
            TextTooLong: the reason is too long.
        """
        if len(reason) > MAX_REASON:
            raise TextTooLong(MAX_REASON)
        with self.context.database.transaction():
            customer = self.check(admin, customer_id, banned=banned)
            if Customer.get_by_id(customer_id).banned == banned:
                return
            Customer.change(customer_id, banned=banned)
            action = "customer.banned" if banned else "customer.let_in"
            self.context.audit.write(admin, action, f"customer {customer.telegram_id}", reason=reason)

    def check(self, admin: Person, customer_id: int, *, banned: bool) -> Person:
        """Refuse a ban, or the lifting of one, that `ban` would refuse.

        Raises:
            NotFound: no such customer.
            CannotBanSelf: it is the admin's own account.
            CannotBanOwner: the customer is an owner. An older ban of theirs ended when the shop started.
            OwnersOnly: the customer is an admin; only owners ban admins or lift their bans.
            SecondFactorNeeded: banning an admin ends their rights, so it needs a code as removing the rights does.
        """
        customers = self.context.customers
        customers.require(admin, Right.CUSTOMERS)
        customer = customers.person(customer_id)
        if banned and customer.id == admin.id:
            raise CannotBanSelf
        if customers.rights_of(customer.telegram_id):
            if not customers.is_owner(admin.telegram_id):
                raise OwnersOnly
            if banned and customers.is_owner(customer.telegram_id):
                raise CannotBanOwner
            customers.require(admin, Right.OWNERS_ONLY)
        return customer

    def write(self, admin: Person, customer_id: int, text: str) -> None:
        """Write to a customer in the shop's name.

        Raises:
            NotFound: no such customer.
            TextTooLong: the text is too long.
        """
        self.context.customers.require(admin, Right.CUSTOMERS)
        if len(text) > MAX_TEXT:
            raise TextTooLong(MAX_TEXT)
        with self.context.database.transaction():
            telegram_id = self.context.customers.person(customer_id).telegram_id
            number = self.context.audit.write(admin, "customer.written_to", f"customer {telegram_id}", text=text)
            customer = Customer.get_by_id(customer_id)
            self.context.outbox.tell(customer, Event.SHOP_WRITES, key=f"shop-writes:{number}", payload={"text": text})

    def _person(self, admin: Person, customer_id: int) -> Person:
        self.context.customers.require(admin, Right.CUSTOMERS)
        return self.context.customers.person(customer_id)


def _ban_reason(telegram_id: int) -> str:
    ban = AuditEntry.newest_of("customer.banned", f"customer {telegram_id}")
    return "" if ban is None else str(json.loads(ban.details).get("reason", ""))


def _without_goods(line: ReceiptLine) -> ReceiptLine:
    return replace(line, goods=(), files=(), faulty=())
