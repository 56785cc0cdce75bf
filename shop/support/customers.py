"""What support does for one customer: find them, show their account, write to them, ban them."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace

from shop.context import Context
from shop.customers import Customers
from shop.errors import CannotBanSelf, NotFound, OwnersOnly, TextTooLong
from shop.ledger import EntryKind
from shop.money import Money
from shop.outbox import Event
from shop.payments.statements import Coming, Profile, Statement, Statements
from shop.people import Person, Right
from shop.sales.orders import History, Orders, Receipt, ReceiptLine
from storage.models import AuditEntry, Customer, LedgerEntry, Order, OrderLine

_MOST_DIGITS = 18
MAX_TEXT = 1000
MAX_REASON = 300


@dataclass(frozen=True, slots=True)
class CustomerMatch:
    """Somebody whom a search may mean."""

    customer_id: int
    name: str


@dataclass(frozen=True, slots=True)
class Card:
    """A customer at a glance. `since` is in Unix seconds, `deposited` what he ever deposited."""

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


@dataclass(frozen=True, slots=True)
class CustomerOrder:
    """Somebody's order without its goods: its place in his history, and one page of its lines."""

    receipt: Receipt
    name: str
    history_page: int
    lines: tuple[ReceiptLine, ...]
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class CustomerLine:
    """A line of somebody's order without its goods, and on which page of the order it is."""

    order_id: int
    customer_id: int
    name: str
    line: ReceiptLine
    page: int


class CustomerSupport:
    """Reads of any customer. Each needs the right to look after customers, and raises `NotAllowed` without."""

    def __init__(
        self, customers: Customers, statements: Statements, orders: Orders, *, currency: str, page_entries: int
    ) -> None:
        self._customers = customers
        self._statements = statements
        self._orders = orders
        self._currency = currency
        self._size = page_entries

    def find(self, admin: Person, text: str) -> tuple[CustomerMatch, ...]:
        """Find who is meant by a Telegram id, a username, or the number of an order; `#` makes it an order's alone.

        A plain number may be an id and an order's at once: then both are found, and a person chooses.
        """
        self._customers.require(admin, Right.CUSTOMERS)
        word = text.strip()
        number = word.removeprefix("#")
        if not (number.isascii() and number.isdigit()):
            holder = Customer.by_username(word.removeprefix("@"))
            return self._found(holder.id if holder else None)
        if len(number) > _MOST_DIGITS:
            return ()
        person = None if word.startswith("#") else Customer.by_telegram_id(int(number))
        order = Order.get_or_none(Order.id == int(number))
        return self._found(person.id if person else None, order.customer_id if order else None)

    def card(self, admin: Person, customer_id: int) -> Card:
        """Read a customer at a glance.

        Raises:
            NotFound: there is none of this number.
        """
        person = self._person(admin, customer_id)
        row = Customer.get_by_id(customer_id)
        deposited = LedgerEntry.total_of(customer_id, EntryKind.DEPOSIT.value)
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
            deposited=Money(deposited, self._currency),
            profile=self._statements.profile(person),
        )

    def statement(self, admin: Person, customer_id: int, *, page: int) -> Statement:
        """Read one page of his movements; raises `NotFound` as `card` does."""
        return self._statements.page(self._person(admin, customer_id), page=page)

    def csv(self, admin: Person, customer_id: int, name_of: Callable[[EntryKind], str], head: tuple[str, ...]) -> str:
        """Write all of his movements as CSV; raises `NotFound` as `card` does."""
        return self._statements.csv(self._person(admin, customer_id), name_of, head)

    def coming(self, admin: Person, customer_id: int) -> Coming:
        """Read what is on its way to him; raises `NotFound` as `card` does."""
        return self._statements.coming(self._person(admin, customer_id))

    def orders(self, admin: Person, customer_id: int, *, page: int) -> History:
        """Read one page of his orders; raises `NotFound` as `card` does."""
        return self._orders.history(self._person(admin, customer_id), page=page)

    def order(self, admin: Person, order_id: int, *, page: int) -> CustomerOrder:
        """Read an order with one page of its lines.

        Raises:
            NotFound: there is no order of this number.
        """
        self._customers.require(admin, Right.CUSTOMERS)
        order = Order.get_or_none(Order.id == order_id)
        if order is None:
            raise NotFound
        receipt = self._orders.receipt(order)
        lines = tuple(_without_goods(line) for line in receipt.lines)
        pages = max(1, -(-len(lines) // self._size))
        page = min(max(page, 0), pages - 1)
        return CustomerOrder(
            receipt=replace(receipt, lines=lines),
            name=self._customers.name_of(order.customer_id),
            history_page=self._orders.page_of(self._customers.person(order.customer_id), order_id),
            lines=lines[page * self._size : (page + 1) * self._size],
            page=page,
            pages=pages,
        )

    def line(self, admin: Person, line_id: int) -> CustomerLine:
        """Read a line of an order.

        Raises:
            NotFound: there is no line of this number.
        """
        self._customers.require(admin, Right.CUSTOMERS)
        row = OrderLine.get_or_none(OrderLine.id == line_id)
        if row is None:
            raise NotFound
        lines = self._orders.receipt_by_id(row.order_id).lines
        place = next(place for place, line in enumerate(lines) if line.id == line_id)
        return CustomerLine(
            order_id=row.order_id,
            customer_id=row.order.customer_id,
            name=self._customers.name_of(row.order.customer_id),
            line=_without_goods(lines[place]),
            page=place // self._size,
        )

    def name(self, admin: Person, customer_id: int) -> str:
        """Name a customer; raises `NotFound` as `card` does."""
        return self._customers.name_of(self._person(admin, customer_id).id)

    def _person(self, admin: Person, customer_id: int) -> Person:
        self._customers.require(admin, Right.CUSTOMERS)
        return self._customers.person(customer_id)

    def _found(self, *customer_ids: int | None) -> tuple[CustomerMatch, ...]:
        known = dict.fromkeys(each for each in customer_ids if each is not None)
        return tuple(CustomerMatch(each, self._customers.name_of(each)) for each in known)


def _ban_reason(telegram_id: int) -> str:
    ban = AuditEntry.newest_of("customer.banned", f"customer {telegram_id}")
    return "" if ban is None else str(json.loads(ban.details)["reason"])


def _without_goods(line: ReceiptLine) -> ReceiptLine:
    return replace(line, goods=(), files=(), faulty=())


class Conduct:
    """Bans and letters, each with its entry in the log."""

    def __init__(self, ground: Context) -> None:
        self._database = ground.database
        self._customers = ground.customers
        self._audit = ground.audit
        self._outbox = ground.outbox

    def ban(self, admin: Person, customer_id: int, reason: str, *, banned: bool) -> None:
        """Ban a customer, or let him in again; who is banned already stays so and nothing is logged.

        Raises:
            NotAllowed: he may not look after customers.
            NotFound: no such customer.
            CannotBanSelf: they are the customer.
            OwnersOnly: an admin, whom an owner alone bans or lets in again.
            TextTooLong: the reason is longer than is kept.
        """
        if len(reason) > MAX_REASON:
            raise TextTooLong(MAX_REASON)
        # Checked inside: of two owners who ban each other at once, one is banned before he bans.
        with self._database.transaction():
            customer = self.check(admin, customer_id)
            if customer.banned == banned:
                return
            Customer.change(customer_id, banned=banned)
            action = "customer.banned" if banned else "customer.let_in"
            self._audit.write(admin, action, f"customer {customer.telegram_id}", reason=reason)

    def check(self, admin: Person, customer_id: int) -> Person:
        """Refuse whoever may not ban this customer or let him in; raises as `ban` does."""
        self._customers.require(admin, Right.CUSTOMERS)
        customer = self._customers.person(customer_id)
        if customer.id == admin.id:
            raise CannotBanSelf
        if self._customers.rights_of(customer.telegram_id) and not self._customers.is_owner(admin.telegram_id):
            raise OwnersOnly
        return customer

    def write(self, admin: Person, customer_id: int, text: str) -> None:
        """Send a customer a letter in the shop's name.

        Raises:
            NotAllowed: he may not look after customers.
            NotFound: no such customer.
            TextTooLong: more than a letter holds.
        """
        self._customers.require(admin, Right.CUSTOMERS)
        if len(text) > MAX_TEXT:
            raise TextTooLong(MAX_TEXT)
        with self._database.transaction():
            telegram_id = self._customers.person(customer_id).telegram_id
            number = self._audit.write(admin, "customer.written_to", f"customer {telegram_id}", text=text)
            customer = Customer.get_by_id(customer_id)
            self._outbox.tell(customer, Event.SHOP_WRITES, key=f"shop-writes:{number}", payload={"text": text})
