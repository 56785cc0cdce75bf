"""Stock that runs low: the admins are told once, until it is refilled."""

from collections.abc import Iterable

from shop.deliverables import deliverable_of
from shop.outbox import Event, Outbox
from storage.models import Product


class LowStock:
    """Watches what is left after each order. `threshold` is for products without one of their own; 0 is never."""

    def __init__(self, outbox: Outbox, *, threshold: int) -> None:
        self._outbox = outbox
        self._threshold = threshold

    def sold(self, order_id: int, product_ids: Iterable[int]) -> None:
        """Tell of what an order left too little of. Needs an open transaction."""
        for product in map(Product.get_by_id, product_ids):
            if self.is_low(product) and not product.low_stock_told:
                Product.change(product.id, low_stock_told=True)
                key, payload = f"low-stock:{product.id}:{order_id}", {"product_id": product.id}
                self._outbox.tell_admins(Event.ADMIN_LOW_STOCK, key=key, payload=payload)

    def refilled(self, product_id: int) -> None:
        """Be ready to tell again, if there is enough. Needs an open transaction."""
        product = Product.get_by_id(product_id)
        if product.low_stock_told and not self.is_low(product):
            Product.change(product_id, low_stock_told=False)

    def threshold_of(self, product: Product) -> int:
        """Say from which number of units on there is too little; 0 is never."""
        own = product.low_stock_threshold
        return self._threshold if own is None else int(own)

    def is_low(self, product: Product) -> bool:
        """Tell whether there is too little."""
        threshold = self.threshold_of(product)
        return deliverable_of(product).runs_out and threshold > 0 and product.stock_count <= threshold
