"""“Tell me when it is back”: who asked first is told first, no more people at once than there are new units."""

from collections.abc import Callable

from shop.errors import NotFound
from shop.outbox import Event, Outbox
from shop.people import Person
from storage.database import Database
from storage.models import Product, RestockWish


class Restocks:
    """Who waits for goods that are sold out."""

    def __init__(self, database: Database, outbox: Outbox, *, clock: Callable[[], int]) -> None:
        self._database = database
        self._outbox = outbox
        self._clock = clock

    def ask(self, person: Person, product_id: int) -> None:
        """Have somebody told when a product is back; to ask twice changes nothing.

        Raises:
            NotFound: no such product, or it is hidden.
        """
        if not Product.in_sight([product_id]):
            raise NotFound
        with self._database.transaction():
            if not RestockWish.waits(product_id, person.id):
                RestockWish.create(product_id=product_id, customer=person.id, created_at=self._clock())

    def arrived(self, product_id: int, units: int) -> None:
        """Tell as many as there are new units, in the order of asking. Needs an open transaction."""
        if units <= 0 or not Product.in_sight([product_id]):
            return
        now = self._clock()
        for wish in RestockWish.next_for(product_id, units):
            RestockWish.served(wish.id, now)
            self._outbox.tell(
                wish.customer, Event.RESTOCKED, key=f"restock:{wish.id}", payload={"product_id": product_id}
            )
