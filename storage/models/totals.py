"""All-time totals, for monitoring."""

from dataclasses import dataclass
from typing import Any

from peewee import fn

from storage.models.customers import Customer
from storage.models.orders import Order
from storage.models.payments import Deposit


@dataclass(frozen=True, slots=True)
class Totals:
    """Customers, orders and their total (in minor units), and deposits by asset and state."""

    customers: int
    orders: int
    revenue_minor: int
    deposits: tuple[tuple[str, str, int], ...]


def read() -> Totals:
    """Count and add up. A few milliseconds for a hundred thousand rows."""
    sums: Any = Order.select(fn.COUNT(Order.id), fn.COALESCE(fn.SUM(Order.total_minor), 0)).tuples()
    [(orders, revenue)] = sums
    deposits: Any = (
        Deposit.select(Deposit.asset, Deposit.state, fn.COUNT(Deposit.id))
        .group_by(Deposit.asset, Deposit.state)
        .order_by(Deposit.asset, Deposit.state)
        .tuples()
    )
    return Totals(
        customers=Customer.select(fn.COUNT(Customer.id)).scalar(),
        orders=orders,
        revenue_minor=revenue,
        deposits=tuple(deposits),
    )
