"""Invoices as their customers and the admins see them."""

from dataclasses import dataclass
from enum import Enum

from shop.assets import ASSETS, Asset
from shop.money import Money
from shop.outbox import SentMessage
from shop.payments.providers import title_of
from storage.models import Customer
from storage.models import Invoice as InvoiceRow


class InvoiceState(Enum):
    """The state of an invoice."""

    OPEN = "open"
    PAID = "paid"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class InvoiceView:
    """An invoice as it is shown: `units` pay for `asked` until `expires_at` (Unix seconds).

    `provider` is the provider's display name, `number` its name for the payment.
    """

    id: int
    customer_id: int
    provider: str
    number: str
    asset: Asset
    address: str
    asked: Money
    units: int
    paid_units: int | None
    state: InvoiceState
    expires_at: int
    minutes_left: int
    balance: Money
    message: SentMessage | None


def view_of(row: InvoiceRow, currency: str, *, now: int) -> InvoiceView:
    """Convert a row to what its customer, or an admin, sees now."""
    return InvoiceView(
        id=row.id,
        customer_id=row.customer_id,
        provider=title_of(row.provider),
        number=row.number,
        asset=ASSETS[row.asset],
        address=row.address,
        asked=Money(row.fiat_minor, currency),
        units=row.units,
        paid_units=row.paid_units,
        state=InvoiceState(row.state),
        expires_at=row.expires_at,
        minutes_left=-(-max(0, row.expires_at - now) // 60),
        balance=Money(Customer.balance_of(row.customer_id), currency),
        message=SentMessage.of(row.message_bot_id, row.message_id),
    )
