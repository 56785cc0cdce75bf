"""Goods of a restored shop, on hold until an owner releases them: some may have been sold after the backup."""

from dataclasses import dataclass

from shop.context import Context
from shop.errors.refusals import StaleScreen
from shop.people import Person, Right
from storage.models import HeldProduct


@dataclass(frozen=True, slots=True)
class HeldUnits:
    """A product on hold, with its units in stock; `held_at` is when the shop was restored, in Unix seconds."""

    product_id: int
    name: str
    stock_count: int
    held_at: int


@dataclass(frozen=True, slots=True)
class HeldPage:
    """One page of the products on hold, of which there are `count`."""

    products: tuple[HeldUnits, ...]
    page: int
    pages: int
    count: int


@dataclass(frozen=True, slots=True)
class HeldGoods:
    """The products on hold. Until an owner releases one, no admin can show it to customers (a trigger)."""

    context: Context

    def count(self) -> int:
        """Count the products on hold."""
        return HeldProduct.count()

    def since(self, product_id: int) -> int | None:
        """Return since when a product is on hold, in Unix seconds; None if it is not."""
        row = HeldProduct.of(product_id)
        return None if row is None else row.held_at

    def page(self, owner: Person, *, page: int) -> HeldPage:
        """Read one page of the products on hold."""
        self.context.customers.require(owner, Right.OWNERS_ONLY)
        count = HeldProduct.count()
        page, pages = self.context.page(page, count)
        rows = HeldProduct.page(page=page, size=self.context.page_entries)
        return HeldPage(tuple(HeldUnits(*row) for row in rows), page, pages, count)

    def one(self, owner: Person, product_id: int) -> HeldUnits:
        """Read a product on hold.

        Raises:
            StaleScreen: it does not wait any more.
        """
        self.context.customers.require(owner, Right.OWNERS_ONLY)
        row = HeldProduct.one(product_id)
        if row is None:
            raise StaleScreen
        return HeldUnits(*row)

    def release(self, owner: Person, product_id: int | None) -> int:
        """Release a product, or all of them, restoring its previous state; return how many were released. The other
        owners are notified if it was all.

        Raises:
            StaleScreen: it does not wait any more.
        """
        self.context.customers.require(owner, Right.OWNERS_ONLY)
        with self.context.database.transaction():
            released = HeldProduct.release(product_id)
            if not released:
                raise StaleScreen
            for number in released:
                self.context.audit.write(owner, "goods.released", f"product {number}")
            if product_id is None:
                entry_id = self.context.audit.write(owner, "goods.released", "shop", count=len(released))
                self.context.announce(owner, entry_id)
        return len(released)
