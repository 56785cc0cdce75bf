"""Delivery: letters with the goods, files one by one, and goods that an admin makes by hand.

Each file is a separate letter, so it is not sent again if a later one fails.
"""

import hashlib
from dataclasses import dataclass, field, replace

from shop.catalog.deliverables import DeliverableKind
from shop.context import Context
from shop.errors.catalog import FileTooLarge
from shop.errors.refusals import NotFound
from shop.errors.sales import AlreadyDelivered, LineRefunded
from shop.money import Money
from shop.outbox import Event, Letter
from shop.people import Person, Right
from shop.sales.orders import Orders, Receipt, ReceiptLine, is_refunded
from storage.models import Customer, MadeItem, OrderLine, StockItem, StoredFile
from storage.models.pictures import FileLabel
from storage.models.stock import Piece

MAX_FILE_BYTES = 20 * 1024 * 1024
"""The largest file that a bot can download (Bot API, getFile)."""


@dataclass(frozen=True, slots=True)
class LineToMake:
    """An order line as the admin who makes the goods sees it."""

    line_id: int
    order_id: int
    customer_id: int
    product_name: str
    quantity: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class FileToSend:
    """A file of an order, with its bytes."""

    order_id: int
    line_id: int
    product_name: str
    name: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Delivery:
    """Delivers the goods of orders."""

    context: Context
    orders: Orders

    def announce(self, receipt: Receipt, *, automatic: bool = False) -> None:
        """Queue the goods of a new order, and tell admins what to make. Needs an open transaction.

        An order that was placed automatically has no receipt screen: a letter before the goods announces it.
        """
        customer = Customer.get_by_id(receipt.customer_id)
        ids = {"order_id": receipt.order_id}
        if automatic:
            self.context.outbox.tell(customer, Event.ORDERED, key=f"ordered:{receipt.order_id}", payload=ids)
        self.context.outbox.tell(customer, Event.GOODS, key=f"goods:{receipt.order_id}", payload=ids)
        for line, file in _files(receipt):
            self.context.outbox.tell(customer, Event.GOODS_FILE, key=_key(line, file), payload=_payload(line, file))
        self.context.outbox.tell_admins(Event.ADMIN_PURCHASE, key=f"admin-purchase:{receipt.order_id}", payload=ids)
        for line in receipt.lines:
            if line.waiting:
                self.context.outbox.tell_admins(
                    Event.ADMIN_TO_MAKE, key=f"to-make:{line.id}", payload={"line_id": line.id}
                )

    def send_files_again(self, person: Person, order_id: int) -> Receipt:
        """Queue the files of this customer's order again.

        Raises:
            NotFound: no such order, or another customer's.
        """
        receipt = self.orders.receipt_for(person, order_id)
        with self.context.database.transaction():
            customer = Customer.get_by_id(person.id)
            for line, file in _files(receipt):
                self.context.outbox.tell_again(
                    customer, Event.GOODS_FILE, key=_key(line, file), payload=_payload(line, file)
                )
        return receipt

    def to_make(self, admin: Person, line_id: int) -> LineToMake:
        """Read a line that an admin has to make.

        Raises:
            NotFound: no such line, or it is not made to order.
            AlreadyDelivered: another admin was faster.
            LineRefunded: the line was refunded.
        """
        self.context.customers.require(admin, Right.CUSTOMERS)
        line = self.line(line_id)
        _require_waiting(line_id)
        return line

    def deliver(self, admin: Person, line_id: int, content: str, *, file: bytes | None = None) -> LineToMake:
        """Deliver goods made to order: a text, or a file with `content` as its name. They are kept forever.

        Raises:
            NotFound, AlreadyDelivered, LineRefunded: as in `to_make`.
            FileTooLarge: larger than a bot can download.
        """
        line = self.to_make(admin, line_id)
        if file is not None and len(file) > MAX_FILE_BYTES:
            raise FileTooLarge(largest_mb=MAX_FILE_BYTES // 1024**2)
        digest = hashlib.blake2b(content.encode() + (file or b""), digest_size=16).digest()
        with self.context.database.transaction():
            _require_waiting(line_id)
            MadeItem.keep(line_id, Piece(content, digest, file), made_by=admin.id, now=self.context.clock())
            customer = Customer.get_by_id(line.customer_id)
            self.context.outbox.tell(customer, Event.MADE, key=f"made:{line_id}", payload={"line_id": line_id})
            subject = f"order {line.order_id}"
            self.context.audit.write(admin, "item.made", subject, goods=line.product_name, quantity=line.quantity)
            made = self.receipt_line(line_id)
            for label in made.files:
                self.context.outbox.tell(
                    customer, Event.GOODS_FILE, key=_key(made, label), payload=_payload(made, label)
                )
        return line

    def refused(self, letter: Letter, *, by_proxy: bool) -> None:
        """Tell the admins of a letter that was refused for two days if it brings goods: once for each order, and once
        more if a proxy refuses it, since the letter is then still tried and Telegram may refuse it later.
        """
        if not letter.brings_goods:
            return
        order_id = letter.payload.get("order_id") or _order_of(letter.payload["line_id"])
        key = f"goods-refused:{order_id}" + (":proxy" if by_proxy else "")
        with self.context.database.transaction():
            self.context.outbox.tell_admins(
                Event.ADMIN_GOODS_REFUSED,
                key=key,
                payload={"order_id": order_id, "by_proxy": by_proxy},
            )

    def line(self, line_id: int) -> LineToMake:
        """Read a line that is made to order, for letters.

        Raises:
            NotFound: no such line, or it is not made to order.
        """
        line = OrderLine.get_or_none(
            OrderLine.id == line_id, OrderLine.deliverable == DeliverableKind.MADE_TO_ORDER.value
        )
        if line is None:
            raise NotFound
        order = line.order
        return LineToMake(line.id, order.id, order.customer_id, line.product_name, line.quantity, order.note)

    def receipt_line(self, line_id: int) -> ReceiptLine:
        """Read a line with its goods, for letters."""
        receipt = self.orders.receipt_by_id(_order_of(line_id))
        return next(line for line in receipt.lines if line.id == line_id)

    def file(self, line_id: int, file_id: int) -> FileToSend:
        """Read a file of a line, for letters."""
        line = self.receipt_line(line_id)
        faulty = StockItem.pieces_of(line_id, faulty=True)  # a unit may be replaced before it is delivered
        replaced = StoredFile.labels([item.file_id for item in faulty if item.file_id is not None])
        label = next(label for label in (*line.files, *replaced) if label.id == file_id)
        return FileToSend(_order_of(line_id), line_id, line.product_name, label.name, StoredFile.read(file_id))

    def replacement(self, line_id: int, item_id: int) -> tuple[int, ReceiptLine]:
        """Read an order's number, and a free replacement item as its only line."""
        item, line = StockItem.get_by_id(item_id), self.receipt_line(line_id)
        goods = () if item.file_id is not None else (item.content,)
        files = () if item.file_id is None else tuple(StoredFile.labels([item.file_id]))
        nothing = Money(0, line.unit_price.currency)
        free = replace(line, quantity=1, unit_price=nothing, discount=nothing, goods=goods, files=files, faulty=())
        return _order_of(line_id), free


def is_to_make(line: OrderLine) -> bool:
    """Return whether a line is made to order, and still to be made."""
    made = MadeItem.of_line(line.id) is not None
    return line.deliverable == DeliverableKind.MADE_TO_ORDER.value and not made and not is_refunded(line)


def _order_of(line_id: int) -> int:
    return int(OrderLine.get_by_id(line_id).order_id)


def _require_waiting(line_id: int) -> None:
    if MadeItem.of_line(line_id) is not None:
        raise AlreadyDelivered
    if is_refunded(OrderLine.get_by_id(line_id)):
        raise LineRefunded


def _files(receipt: Receipt) -> list[tuple[ReceiptLine, FileLabel]]:
    return [(line, file) for line in receipt.lines for file in line.files]


def _key(line: ReceiptLine, file: FileLabel) -> str:
    return f"file:{line.id}:{file.id}"


def _payload(line: ReceiptLine, file: FileLabel) -> dict[str, int]:
    return {"line_id": line.id, "file_id": file.id}
