"""Orders: history, receipts, and the goods, which are kept forever."""

from collections import defaultdict
from dataclasses import dataclass, field

from shop.catalog.deliverables import DeliverableKind, deliverable_of
from shop.context import Context
from shop.errors.refusals import NotFound
from shop.money import Money
from shop.people import Person
from storage.models import CouponUse, Order, OrderLine, Refund, Tolerance
from storage.models.pictures import FileLabel


@dataclass(frozen=True, slots=True)
class OrderSummary:
    """An order in a history. `placed_at` is in Unix seconds.

    `total` is the amount paid, `refunded` the amount returned. `title` names the first product, `others` counts the
    other ones.
    """

    id: int
    total: Money
    discount: Money
    placed_at: int
    title: str
    quantity: int
    refunded: Money
    others: int = 0


@dataclass(frozen=True, slots=True)
class History:
    """One page of a customer's orders, newest first."""

    orders: tuple[OrderSummary, ...]
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """A line of an order.

    `discount` is the line's share of the order's: what was paid is `quantity * unit_price - discount`.
    `goods` are the delivered texts, `files` the delivered files; `waiting`: the goods are still being made.
    `faulty` are the replaced texts, or the names of the replaced files. `returned` went back to the balance;
    `refunded`: all of it did.
    """

    product_name: str
    unit_price: Money
    quantity: int
    discount: Money
    goods: tuple[str, ...] = field(repr=False)
    id: int = 0
    product_id: int = 0
    kind: DeliverableKind = DeliverableKind.UNIQUE_TEXT
    files: tuple[FileLabel, ...] = ()
    waiting: bool = False
    refunded: bool = False
    faulty: tuple[str, ...] = field(default=(), repr=False)
    returned: Money | None = None

    @property
    def paid(self) -> Money:
        """The amount paid for the line, which is the most that refunds can return."""
        return self.unit_price * self.quantity - self.discount

    @property
    def refundable(self) -> Money:
        """The amount that can still be refunded."""
        return self.paid if self.returned is None else self.paid - self.returned


@dataclass(frozen=True, slots=True)
class Receipt:
    """A paid order with its goods. `total` was paid, after the `discount` of the coupon `code`.

    `let_pass` of it was missing and waived; None if it was paid in full. `note` is the customer's note for the admin
    who makes the goods.
    """

    order_id: int
    customer_id: int
    total: Money
    discount: Money
    code: str
    placed_at: int
    lines: tuple[ReceiptLine, ...]
    let_pass: Money | None = None
    note: str = ""

    @property
    def refunded(self) -> Money:
        """How much of it was refunded; the waived amount is deducted first."""
        minor = sum((line.paid - line.refundable).minor for line in self.lines)
        never_paid = min(minor, self.let_pass.minor) if self.let_pass else 0
        return Money(minor - never_paid, self.total.currency)


@dataclass(frozen=True, slots=True)
class Orders:
    """Reads of orders. Customers see only their own."""

    context: Context

    def history(self, person: Person, *, page: int) -> History:
        """Read one page of a customer's orders; a page beyond the last shows the last."""
        page, pages = self.context.page(page, Order.count_of(person.id))
        rows = Order.of(person.id, page=page, size=self.context.page_entries)
        lines: dict[int, list[OrderLine]] = defaultdict(list)
        for line in OrderLine.of_all([row.id for row in rows]) if rows else []:
            lines[line.order_id].append(line)
        refunds = Refund.amounts_of([line.id for mine in lines.values() for line in mine])
        return History(tuple(self._summary(row, lines[row.id], refunds) for row in rows), page, pages)

    def summary(self, order: Order) -> OrderSummary:
        """Read any order without its goods, for admins."""
        lines = OrderLine.of(order.id)
        return self._summary(order, lines, Refund.amounts_of([line.id for line in lines]))

    def page_of(self, person: Person, order_id: int) -> int:
        """Return the page of a customer's history that shows an order."""
        return Order.count_after(person.id, order_id) // self.context.page_entries

    def receipt_for(self, person: Person, order_id: int) -> Receipt:
        """Read an order of this customer, with its goods.

        Raises:
            NotFound: no such order, or another customer's.
        """
        order = Order.one_of(person.id, order_id)
        if order is None:
            raise NotFound
        return self.receipt(order)

    def receipt_by_id(self, order_id: int) -> Receipt:
        """Read any order, for letters: never for an id from a customer."""
        return self.receipt(Order.get_by_id(order_id))

    def receipt(self, order: Order) -> Receipt:
        """Read the goods of an order."""
        lines = OrderLine.of(order.id)
        refunds = Refund.amounts_of([line.id for line in lines])
        let_pass = Tolerance.of_order(order.id)
        return Receipt(
            order_id=order.id,
            customer_id=order.customer_id,
            total=Money(order.total_minor, self.context.currency),
            discount=Money(order.discount_minor, self.context.currency),
            code=(CouponUse.code_of(order.id) or "") if order.discount_minor else "",
            placed_at=order.created_at,
            lines=tuple(self._line(line, refunds.get(line.id, 0)) for line in lines),
            let_pass=Money(let_pass, self.context.currency) if let_pass else None,
            note=order.note,
        )

    def _line(self, line: OrderLine, returned_minor: int) -> ReceiptLine:
        handed = deliverable_of(line).handed(line)
        refunded = 0 < returned_minor >= line.paid_minor
        return ReceiptLine(
            product_name=line.product_name,
            unit_price=Money(line.unit_price_minor, self.context.currency),
            quantity=line.quantity,
            discount=Money(line.discount_minor, self.context.currency),
            goods=handed.texts,
            id=line.id,
            product_id=line.product_id,
            kind=DeliverableKind(line.deliverable),
            files=handed.files,
            waiting=handed.waiting and not refunded,
            refunded=refunded,
            faulty=handed.faulty,
            returned=Money(returned_minor, self.context.currency) if returned_minor else None,
        )

    def _summary(self, order: Order, lines: list[OrderLine], refunds: dict[int, int]) -> OrderSummary:
        return OrderSummary(
            id=order.id,
            total=Money(order.total_minor, self.context.currency),
            discount=Money(order.discount_minor, self.context.currency),
            placed_at=order.created_at,
            title=lines[0].product_name,
            others=len(lines) - 1,
            quantity=sum(line.quantity for line in lines),
            refunded=Money(sum(refunds.get(line.id, 0) for line in lines), self.context.currency),
        )


def is_refunded(line: OrderLine) -> bool:
    """Return whether all that was paid for a line was refunded."""
    returned = Refund.amounts_of([line.id]).get(line.id, 0)
    return 0 < returned >= line.paid_minor
