"""The work waiting for admins, as their menu shows it."""

from dataclasses import dataclass

from shop.context import Context
from shop.people import Person, Right
from storage.models import Product, Ticket
from storage.models.order_lists import count_to_make


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much work waits for an admin; zero for anything their rights do not cover."""

    to_make: int = 0
    open_tickets: int = 0
    low_stock: int = 0


@dataclass(frozen=True, slots=True)
class Workload:
    """Counts the work waiting for an admin."""

    context: Context

    def of(self, admin: Person) -> Waiting:
        """Count the work that this admin's rights cover.

        Raises:
            NotAllowed: they have no right at all.
        """
        rights = self.context.customers.require_any(admin)
        support, stock = Right.CUSTOMERS in rights, Right.CATALOGUE in rights
        threshold = self.context.settings.low_stock_threshold
        return Waiting(
            to_make=count_to_make() if support else 0,
            open_tickets=Ticket.count_open() if support else 0,
            low_stock=Product.count_scarce(threshold) if stock else 0,
        )
