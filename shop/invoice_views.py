"""An invoice as a person is shown it."""

from dataclasses import dataclass
from enum import Enum

from shop.assets import ASSETS, Asset
from shop.money import Money
from storage.models import Customer
from storage.models import Invoice as InvoiceRow


class InvoiceState(Enum):
    """Where an invoice stands."""

    OPEN = "open"
    PAID = "paid"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class InvoiceView:
    """An invoice as a person is shown it: `units` are to be sent for `asked` before `expires_at` (Unix seconds)."""

    id: int
    customer_id: int
    payment_id: int
    asset: Asset
    address: str
    asked: Money
    units: int
    paid_units: int | None
    state: InvoiceState
    expires_at: int
    balance: Money
    message_id: int | None


def view_of(row: InvoiceRow, currency: str) -> InvoiceView:
    """Make a record what its customer, or an admin, sees."""
    return InvoiceView(
        id=row.id,
        customer_id=row.customer_id,
        payment_id=row.payment_id,
        asset=ASSETS[row.asset],
        address=row.address,
        asked=Money(row.fiat_minor, currency),
        units=row.units,
        paid_units=row.paid_units,
        state=InvoiceState(row.state),
        expires_at=row.expires_at,
        balance=Money(Customer.balance_of(row.customer_id), currency),
        message_id=row.message_id,
    )
