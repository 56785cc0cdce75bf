"""Orders as admins work with them: listed, searched, exported, and what is still to be made."""

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from shop.catalog.formats.tables import harmless
from shop.context import Context
from shop.errors.refusals import SearchLimit
from shop.people import Person, Right
from shop.sales.orders import Orders, OrderSummary
from storage.models import AuditEntry, Order, OrderLine, Search
from storage.models import order_lists as rows
from storage.text import fold

MAX_SEARCH = 100
LEAST_FRAGMENT = 4
"""The shortest part of the goods to search for, in characters; anything shorter would find unrelated orders."""

MOST_LOOKS = 30
"""The most searches of delivered goods by one manager in `LOOKS_S` seconds: with more, they could guess a key letter
by letter.
"""
LOOKS_S = 86_400
_SEARCHED = "orders.searched"


class OrderFilter(Enum):
    """Which orders a list shows. The value is in buttons."""

    EVERY = "all"
    TO_MAKE = "make"
    REFUNDED = "back"


@dataclass(frozen=True, slots=True)
class AnyOrder:
    """An order in a list of everyone's. `customer` is who placed it."""

    summary: OrderSummary
    customer: str


@dataclass(frozen=True, slots=True)
class OrderPage:
    """One page of orders: newest first, those to be made oldest first. `count` counts them on all pages.

    `search_id` is the search that found them, if it can be paged; `in_goods`: it searched delivered goods.
    """

    orders: tuple[AnyOrder, ...]
    count: int
    page: int
    pages: int
    filter: OrderFilter = OrderFilter.EVERY
    search_id: int | None = None
    in_goods: bool = False


@dataclass(frozen=True, slots=True)
class OrderSupport:
    """Everyone's orders. Everything takes `Right.CUSTOMERS`."""

    context: Context
    orders: Orders

    def page(self, admin: Person, which: OrderFilter, *, page: int) -> OrderPage:
        """Read one page of the orders; a page beyond the last shows the last."""
        self.context.customers.require(admin, Right.CUSTOMERS)
        count = rows.count(which.value)
        page, pages = self.context.page(page, count)
        ids = rows.ids(which.value, start=page * self.context.page_entries, size=self.context.page_entries)
        return OrderPage(self._orders(ids), count, page, pages, which)

    def search(self, admin: Person, text: str) -> OrderPage:
        """Find orders by number, by customer, by product, or else by part of the goods that were delivered.

        A search in delivered goods is recorded in the audit log, without the words typed.

        Raises:
            SearchLimit: this manager has searched delivered goods too often recently.
        """
        self.context.customers.require(admin, Right.CUSTOMERS)
        word = text.strip()[:MAX_SEARCH]
        number = word.removeprefix("#")
        if (
            number.isascii()
            and number.isdecimal()
            and len(number) <= 18
            and Order.get_or_none(Order.id == int(number))
        ):
            return OrderPage(self._orders([int(number)]), 1, 0, 1)
        words = fold(word.removeprefix("@"))
        count = rows.count_found(words) if words else 0
        if count:
            with self.context.database.transaction():
                search_id = Search.insert(customer=admin.id, words=words, created_at=self.context.clock()).execute()
            return self._found(search_id, words, count, page=0)
        return self._in_goods(admin, word)

    def found(self, admin: Person, search_id: int, *, page: int) -> OrderPage:
        """Read one page of an admin's search results; an expired search finds nothing."""
        self.context.customers.require(admin, Right.CUSTOMERS)
        search = Search.one_of(admin.id, search_id)
        if search is None:
            return OrderPage((), 0, 0, 1)
        return self._found(search_id, search.words, rows.count_found(search.words), page=page)

    def csv(self, admin: Person, which: OrderFilter, head: tuple[str, ...]) -> str:
        """Write orders as CSV (RFC 4180), without the goods. Times are as in `Context.iso`."""
        self.context.customers.require(admin, Right.CUSTOMERS)
        with self.context.database.transaction():
            self.context.audit.write(admin, "orders.exported", which.value, count=rows.count(which.value))
        out = io.StringIO()
        table = csv.writer(out)
        table.writerow(head)
        for order_id in rows.ids(which.value, start=0, size=-1):
            table.writerow(self._row(order_id))
        return out.getvalue()

    def _row(self, order_id: int) -> tuple[str, ...]:
        order = Order.get_by_id(order_id)
        summary = self.orders.summary(order)
        goods = ", ".join(f"{line.quantity} × {line.product_name}" for line in OrderLine.of(order_id))
        moment = self.context.iso(order.created_at)
        sums = (f"{amount.decimal:f}" for amount in (summary.total, summary.discount, summary.refunded))
        name = self.context.customers.name_of(order.customer_id)
        return (str(order_id), moment, harmless(name), harmless(goods), *sums, harmless(order.note))

    def _found(self, search_id: int, words: str, count: int, *, page: int) -> OrderPage:
        page, pages = self.context.page(page, count)
        size = self.context.page_entries
        ids = rows.found(words, start=page * size, size=size)
        return OrderPage(self._orders(ids), count, page, pages, search_id=search_id)

    def _in_goods(self, admin: Person, fragment: str) -> OrderPage:
        if len(fragment) < LEAST_FRAGMENT:
            return OrderPage((), 0, 0, 1)
        with self.context.database.transaction():
            self._check_looks(admin)
            ids = rows.with_goods(fold(fragment))
            self.context.audit.write(admin, _SEARCHED, characters=len(fragment), found=len(ids))
        shown = ids[: self.context.page_entries]
        return OrderPage(self._orders(shown), len(ids), 0, 1, in_goods=True)

    def _check_looks(self, admin: Person) -> None:
        if self.context.customers.is_owner(admin.telegram_id):
            return
        first = AuditEntry.done_at(admin.id, _SEARCHED, back=MOST_LOOKS - 1)
        since, until = self.context.lately(LOOKS_S)
        if first is not None and since < first <= until:
            raise SearchLimit(MOST_LOOKS)

    def _orders(self, ids: list[int]) -> tuple[AnyOrder, ...]:
        name_of: Callable[[int], str] = self.context.customers.name_of
        orders = [Order.get_by_id(order_id) for order_id in ids]
        return tuple(AnyOrder(self.orders.summary(order), name_of(order.customer_id)) for order in orders)
