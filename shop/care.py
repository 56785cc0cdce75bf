"""What is done for one customer, put together."""

from dataclasses import dataclass

from shop.adjustments import Adjustments
from shop.conduct import Conduct
from shop.customer_desk import CustomerDesk
from shop.ground import Ground
from shop.moderation import Moderation
from shop.orders import Orders
from shop.refunds import Refunds
from shop.replacements import Replacements
from shop.statements import Statements


@dataclass(frozen=True, slots=True)
class Care:
    """What those have who look after customers."""

    desk: CustomerDesk
    refunds: Refunds
    adjustments: Adjustments
    conduct: Conduct
    replacements: Replacements
    moderation: Moderation


def build(ground: Ground, orders: Orders, statements: Statements) -> Care:
    """Build it on what the customers see themselves."""
    page_entries = ground.settings.page_entries
    return Care(
        desk=CustomerDesk(
            ground.customers, statements, orders, currency=ground.settings.currency, page_entries=page_entries
        ),
        refunds=Refunds(ground),
        adjustments=Adjustments(ground),
        conduct=Conduct(ground),
        replacements=Replacements(ground),
        moderation=Moderation(ground),
    )
