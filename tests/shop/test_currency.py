"""One shop, one currency."""

import pytest

from shop.assembly import CurrencyMismatch, settle_currency
from storage.database import Database


def test_a_shop_keeps_the_currency_of_its_first_start(database: Database) -> None:
    settle_currency(database, "USD")
    settle_currency(database, "USD")
    with pytest.raises(CurrencyMismatch) as refused:
        settle_currency(database, "JPY")
    assert "set CURRENCY=USD" in str(refused.value)
