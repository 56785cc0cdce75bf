"""Stock that is kept for who tops up for it, for a while.

Nobody can block the shop with it: one reservation a customer, of a few units, and turns. A turn begins with the
first reservation and lasts the set time, whatever is kept in it; then comes a pause of three times as long, in which
nothing is kept for him. Who buys what was kept for him may begin a new turn at once. Time alone ends a reservation:
all that counts stock looks at the clock, and no job has to run for it.
"""

from collections.abc import Callable, Mapping

from shop.people import Person
from storage.database import Database
from storage.models import Product, ReleasedStock, Reservation, ReservationTurn

MOST_UNITS = 20
"""Units that are kept for one customer; a larger order is not kept at all."""
PAUSE_TURNS = 3
"""How many times as long as a turn the pause after it lasts."""


class Reservations:
    """What is kept for whom. `minutes` 0 keeps nothing; `on_release` hears of units that are free again."""

    def __init__(
        self,
        database: Database,
        *,
        clock: Callable[[], int],
        minutes: int,
        on_release: Callable[[int, int], None],
    ) -> None:
        self._database = database
        self._clock = clock
        self._turn_s = minutes * 60
        self._on_release = on_release

    def keep(self, customer_id: int, units: Mapping[int, int]) -> None:
        """Keep units of products for a customer whose offer waits, if it is his turn. Needs an open transaction."""
        ends_at = self._turn_of(customer_id)
        if units and sum(units.values()) <= MOST_UNITS and ends_at is not None:
            ReservationTurn.begin(customer_id, ends_at=ends_at)
            Reservation.keep(customer_id, units, now=self._clock(), expires_at=ends_at)

    def kept_until(self, person: Person) -> int | None:
        """Say until when (Unix seconds) something is kept for a customer; None when nothing is."""
        kept = Reservation.of(person.id, self._clock())
        return None if kept is None else kept.expires_at

    def settle(self) -> None:
        """Let go what is over, and have those told who asked for what is free again."""
        if Reservation.any_over(self._clock()) or ReleasedStock.any():
            with self._database.transaction():
                Reservation.forget_over(self._clock())
                self.announce()

    def announce(self) -> None:
        """Have those told who asked for what is free again. Needs an open transaction."""
        for product_id, units in ReleasedStock.take():
            self._on_release(product_id, min(units, Product.free(product_id)))

    def _turn_of(self, customer_id: int) -> int | None:
        """Say when the turn of a customer ends that he is in or may begin; None in the pause."""
        now, last = self._clock(), ReservationTurn.end_of(customer_id)
        if not self._turn_s:
            return None
        if last is None or now >= last + PAUSE_TURNS * self._turn_s:
            return now + self._turn_s
        return last if now < last else None
