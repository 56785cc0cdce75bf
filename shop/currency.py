"""One shop, one currency: balances and prices are whole minor units, and mean nothing in another one."""

from shop.errors import CannotStart
from storage.database import Database
from storage.models import Secret

_NAME = "currency"


class CurrencyMismatch(CannotStart):
    """The balances and prices of this database are in another currency."""

    def __init__(self, stored: str, given: str) -> None:
        super().__init__(
            f"This shop's balances and prices are in {stored}, not in {given}: set CURRENCY={stored}, "
            "or start a new shop with another DATABASE_PATH."
        )


def settle_currency(database: Database, currency: str) -> None:
    """Settle the shop's currency at the first start, and keep to it.

    Raises:
        CurrencyMismatch: it was settled otherwise.
    """
    stored = Secret.read(_NAME)
    if stored is None:
        with database.transaction():
            Secret.make(_NAME, currency)
    elif stored != currency:
        raise CurrencyMismatch(stored, currency)
