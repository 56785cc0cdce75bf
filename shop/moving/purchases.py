"""Purchases with their goods, as orders that the ledger pays like any other."""

from dataclasses import dataclass, field

from shop.money import Money
from shop.moving.extras import use_coupon
from shop.moving.goods import Shelves
from shop.moving.journey import Journey, PaidLine, PaidOrder
from shop.moving.old_shop import Buy, Item
from shop.moving.values import StaysBehind
from shop.sales.coupons import shares
from storage.models import MovedRow, Order, OrderLine, Product, Refund, StockItem


@dataclass(slots=True)
class BoughtLine:
    """The part of a purchase that is of one product."""

    product_id: int
    price_minor: int
    items: list[Item] = field(default_factory=list)

    @property
    def minor(self) -> int:
        """The price of the line."""
        return self.price_minor * len(self.items)


@dataclass(slots=True)
class Brought:
    """The state of the items so far: those that are here, sold or for sale, and those that a purchase has."""

    here: dict[int, int]
    taken: set[int] = field(default_factory=set)


def bring(journey: Journey, shelves: Shelves) -> None:
    """Bring the purchases in the order they were made; earlier ones may have been refunded since."""
    known, refunded = MovedRow.known("buy"), MovedRow.known("refund")
    brought = Brought(journey.items_before)
    for buy in sorted(journey.old.buys.values(), key=lambda each: (each.bought_at, each.id)):
        if buy.id in known:
            journey.report.known["buys"] += 1
            brought.taken.update(_items_of(buy))
            _remember(journey, buy, known[buy.id])
            if buy.refunded and buy.id not in refunded:
                _refund_later(journey, buy, known[buy.id])
            continue
        try:
            _bring(journey, shelves, brought, buy)
        except StaysBehind as error:
            journey.report.refuse("buys", buy.id, error.reason)
    _report_unclaimed(journey, brought)


def _bring(journey: Journey, shelves: Shelves, brought: Brought, buy: Buy) -> None:
    if buy.user_id not in journey.customers:
        raise StaysBehind(f"its buyer, user {buy.user_id}, does not come")
    lines, physical = _lines(journey, shelves, brought, buy)
    if not lines:
        raise StaysBehind("physical goods" if physical else "none of its goods comes")
    total = min(buy.total.minor, sum(line.minor for line in lines)) if physical else buy.total.minor
    if total <= 0:
        raise StaysBehind("nothing was paid for it")
    if physical:
        journey.report.refuse("buyitem", buy.id, "physical goods of a purchase whose other goods come")
    customer_id = journey.customers[buy.user_id]
    discount = _fit(lines, total)
    columns = {"key": f"aiogram:{buy.id}", "total_minor": total, "discount_minor": discount}
    order_id = Order.insert_row(customer_id=customer_id, created_at=buy.bought_at, **columns)
    paid = []
    for line, share in zip(lines, shares(discount, [line.minor for line in lines]), strict=True):
        line_id = _put_line(line, shelves.name_of(line.product_id), order_id, share)
        for item in line.items:
            _hand_over(journey, shelves, brought, item, line_id)
        paid.append(PaidLine(line_id, line.minor - share))
    if discount:
        use_coupon(journey, buy.coupon_id, customer_id, order_id, at=buy.bought_at)
    order = PaidOrder(order_id, total, buy.bought_at, tuple(paid), fresh=True, refunded=buy.refunded)
    journey.orders[customer_id].append(order)
    journey.came("buys", "buy", buy.id, order_id)
    if buy.refunded:
        journey.note("refund", buy.id, order_id)
    _remember(journey, buy, order_id)
    bought = journey.report.bought or Money(0, journey.terms.currency)
    journey.report.bought = bought + Money(total, journey.terms.currency)


def _lines(journey: Journey, shelves: Shelves, brought: Brought, buy: Buy) -> tuple[list[BoughtLine], bool]:
    """Group a purchase's items by product; return whether physical ones are left out. The others are reported."""
    lines: dict[int, BoughtLine] = {}
    physical = False
    for item_id in _items_of(buy):
        item = journey.old.items.get(item_id)
        reason = ""
        if item is None:
            reason = f"of purchase {buy.id}; it is missing"
        elif item_id in brought.taken:
            reason = f"of purchase {buy.id}; another purchase has it already"
        elif item.physical:
            physical = True
            reason = "physical goods"
        elif item_id in brought.here and not _can_be_sold(brought.here[item_id]):
            reason = f"of purchase {buy.id}; it was sold here already, or is reserved"
        elif item_id not in brought.here and shelves.is_for_sale(item):
            reason = "the same goods are for sale here"
        else:
            try:
                product_id = shelves.product_of(item)
                line = lines.setdefault(product_id, BoughtLine(product_id, item.price.minor))
                line.items.append(item)
            except StaysBehind as error:
                reason = error.reason
        if reason:
            table = "buyitem" if item is None or item_id in brought.taken or item_id in brought.here else "items"
            journey.report.refuse(table, item_id, reason)
        brought.taken.add(item_id)
    return list(lines.values()), physical


def _can_be_sold(stock_id: int) -> bool:
    """Return whether an item that came earlier as unsold is still for sale and not reserved."""
    unit = StockItem.get_or_none(StockItem.id == stock_id)
    return unit is not None and unit.order_line_id is None and Product.free(unit.product_id) > 0


def _fit(lines: list[BoughtLine], total: int) -> int:
    """Make the lines cost at least what was paid; return the discount that makes up the difference.

    If more was paid than the items cost now, the first line's price is raised.
    """
    missing = total - sum(line.minor for line in lines)
    if missing > 0:
        lines[0].price_minor += -(-missing // len(lines[0].items))
    return sum(line.minor for line in lines) - total


def _put_line(line: BoughtLine, name: str, order_id: int, share: int) -> int:
    columns = {"unit_price_minor": line.price_minor, "quantity": len(line.items), "discount_minor": share}
    return OrderLine.insert_row(order_id=order_id, product_id=line.product_id, product_name=name, **columns)


def _hand_over(journey: Journey, shelves: Shelves, brought: Brought, item: Item, line_id: int) -> None:
    if item.id in brought.here:
        StockItem.give(brought.here[item.id], line_id)
        return
    stock_id = shelves.put(item, line_id=line_id)
    if stock_id is not None:
        journey.came("items", "item", item.id, stock_id)
        journey.report.sold += 1


def _remember(journey: Journey, buy: Buy, order_id: int) -> None:
    """Remember the line that a part of a purchase became, since reviews name the part."""
    if not journey.old.reviews:
        return
    stocked = MovedRow.known_some("item", _items_of(buy))
    line_of = StockItem.lines_of(order_id)
    for part_id, items in buy.parts.items():
        for item_id in items:
            line_id = line_of.get(stocked.get(item_id, 0))
            if line_id is not None:
                journey.part_lines.setdefault(part_id, line_id)


def _refund_later(journey: Journey, buy: Buy, order_id: int) -> None:
    """Refund what was refunded there since the purchase came; refunds already made here stay as they are."""
    order = Order.get_by_id(order_id)
    lines = OrderLine.of(order_id)
    done = Refund.amounts_of([line.id for line in lines])
    paid = tuple(PaidLine(line.id, line.paid_minor) for line in lines if line.id not in done)
    refund = PaidOrder(order_id, order.total_minor, buy.bought_at, paid, fresh=False, refunded=True)
    journey.orders[order.customer_id].append(refund)
    journey.note("refund", buy.id, order_id)


def _report_unclaimed(journey: Journey, brought: Brought) -> None:
    """Report items sold there in purchases that do not come along."""
    here = MovedRow.known("item")
    refused = {row for table, row, _ in journey.report.refused if table == "items"}
    for item in journey.old.items.values():
        if item.sold and item.id not in here and str(item.id) not in refused:
            reason = "physical goods" if item.physical else "sold, and no purchase that comes has it"
            journey.report.refuse("items", item.id, reason)


def _items_of(buy: Buy) -> tuple[int, ...]:
    return tuple(item_id for _, items in sorted(buy.parts.items()) for item_id in items)
