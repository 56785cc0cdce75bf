"""Replacements: a faulty item is replaced from stock for free. Both stay with the line; the old one is marked.

Admins see a sold item's number, as the customer sees it, and its last characters: enough to recognise it, too little
to use it.
"""

import logging
from dataclasses import dataclass

from shop.catalog.deliverables import UNIQUE, DeliverableKind, mark_of
from shop.context import Context
from shop.errors.catalog import GoodsHeld
from shop.errors.refusals import NotFound
from shop.errors.sales import AlreadyReplaced, LineRefunded, OutOfStock
from shop.outbox import Event
from shop.people import Person, Right
from shop.sales.orders import is_refunded
from shop.support.refunds import require_money
from shop.support.vigilance import Vigilance
from storage.models import Customer, HeldProduct, OrderLine, Refund, Replacement, Reservation, StockItem

_log = logging.getLogger("souk.shop")


@dataclass(frozen=True, slots=True)
class SoldPiece:
    """A sold item of a line. `mark` is the end of its text, or the name of its file."""

    item_id: int
    number: int
    mark: str


@dataclass(frozen=True, slots=True)
class PiecePage:
    """One page of the items of a line."""

    line_id: int
    order_id: int
    product_name: str
    pieces: tuple[SoldPiece, ...]
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class Faulty:
    """An item that is to be replaced."""

    piece: SoldPiece
    line_id: int
    order_id: int
    customer_id: int
    product_name: str


@dataclass(frozen=True, slots=True)
class Replacements:
    """Replacements. Each item is replaced once; the new one can be replaced in turn."""

    context: Context
    vigilance: Vigilance

    def pieces(self, admin: Person, line_id: int, *, page: int) -> PiecePage:
        """Read one page of a line's current items.

        Raises:
            OwnAccount: it is the manager's own order.
            NotFound: no such line, or its goods are not sold by the item.
            LineRefunded: the line was refunded.
        """
        line = self._line(admin, line_id)
        items = StockItem.pieces_of(line_id)
        page, pages = self.context.page(page, len(items))
        first = page * self.context.page_entries
        pieces = [_piece(item, number) for number, item in enumerate(items, start=1)]
        shown = tuple(pieces[first : first + self.context.page_entries])
        return PiecePage(line_id, line.order_id, line.product_name, shown, page, pages)

    def faulty(self, admin: Person, item_id: int) -> Faulty:
        """Read an item that is to be replaced.

        Raises:
            OwnAccount, LineRefunded: as in `pieces`.
            NotFound: no such item, or it is not sold.
            AlreadyReplaced: it was replaced before.
        """
        self.context.customers.require(admin, Right.CUSTOMERS)
        item = StockItem.get_or_none(StockItem.id == item_id)
        if item is None or item.order_line_id is None:
            raise NotFound
        line = self._line(admin, item.order_line_id)
        if Replacement.is_faulty(item_id):
            raise AlreadyReplaced
        number = 1 + [each.id for each in StockItem.pieces_of(line.id)].index(item_id)
        return Faulty(_piece(item, number), line.id, line.order_id, line.order.customer_id, line.product_name)

    def replace(self, admin: Person, item_id: int) -> Faulty:
        """Replace a faulty item with one from stock; it is delivered like other goods.

        Raises:
            OwnAccount, NotFound, LineRefunded, AlreadyReplaced: as in `faulty`.
            ReplacementLimit: a manager has reached a limit.
            MoneyRightNeeded: a part of the line was refunded, and the manager does not have the right to money.
            GoodsHeld: the shop was restored, and an owner has not released the product yet.
            OutOfStock: every item in stock is reserved, or the stock is empty.
        """
        with self.context.database.transaction():
            faulty = self.faulty(admin, item_id)
            self.context.customers.require_proof(admin)
            line = OrderLine.get_by_id(faulty.line_id)
            if Refund.amounts_of([line.id]):
                require_money(self.context, admin)
            self.vigilance.check(admin, line)
            if HeldProduct.of(line.product_id) is not None:
                raise GoodsHeld
            Reservation.give_way(line.product_id, 1)
            new = StockItem.oldest_free(line.product_id)
            if new is None:
                raise OutOfStock(product_id=line.product_id, product_name=faulty.product_name, wanted=1, available=0)
            Replacement.make(item_id, new.id, replaced_by=admin.id, now=self.context.clock())
            subject, number = f"order {faulty.order_id}", faulty.piece.number
            self.context.audit.write(admin, "item.replaced", subject, goods=faulty.product_name, number=number)
            self._deliver(faulty, new)
            self.vigilance.noted(admin)
        _log.info("order %d: unit %d replaced by %d", faulty.order_id, item_id, new.id)
        return faulty

    def _deliver(self, faulty: Faulty, new: StockItem) -> None:
        customer, line_id = Customer.get_by_id(faulty.customer_id), faulty.line_id
        payload = {"line_id": line_id, "item_id": new.id}
        self.context.outbox.tell(customer, Event.REPLACED, key=f"replaced:{faulty.piece.item_id}", payload=payload)
        if new.file_id is not None:
            payload = {"line_id": line_id, "file_id": new.file_id}
            self.context.outbox.tell(customer, Event.GOODS_FILE, key=f"file:{line_id}:{new.file_id}", payload=payload)

    def _line(self, admin: Person, line_id: int) -> OrderLine:
        self.context.customers.require(admin, Right.CUSTOMERS)
        line = OrderLine.get_or_none(OrderLine.id == line_id)
        if line is None or DeliverableKind(line.deliverable) not in UNIQUE:
            raise NotFound
        self.context.customers.require_for(admin, Right.CUSTOMERS, line.order.customer_id)
        if is_refunded(line):
            raise LineRefunded
        return line


def _piece(item: StockItem, number: int) -> SoldPiece:
    return SoldPiece(item.id, number, mark_of(item))
