"""One shop, one currency."""

import pytest

from shop.assembly import CurrencyMismatch, DecimalsMismatch, settle_currency
from storage.database import Database
from storage.models import Category, Product, Secret
from tests.stand import Stand


def test_a_shop_keeps_the_currency_from_its_first_start(database: Database) -> None:
    settle_currency(database, "USD")
    settle_currency(database, "USD")
    with database.transaction():
        Product.ensure(Category.ensure("A", parent_id=None), name="B", description="B", price_minor=1, now=0)
    with pytest.raises(CurrencyMismatch) as refused:
        settle_currency(database, "JPY")
    assert "set CURRENCY=USD" in str(refused.value)


def test_the_currency_may_change_while_there_are_no_amounts(database: Database) -> None:
    for currency, decimals in (("USD", "2"), ("JPY", "0"), ("KWD", "3"), ("KWD", "3")):
        settle_currency(database, currency)
        assert (Secret.read("currency"), Secret.read("currency_decimals")) == (currency, decimals)


@pytest.mark.parametrize("kept", ["product", "ledger"])
def test_the_currency_stays_once_there_are_goods_or_a_ledger(stand: Stand, kept: str) -> None:
    if kept == "product":
        stand.stock("KEY")
    else:
        stand.rich()
    with pytest.raises(CurrencyMismatch) as refused:
        settle_currency(stand.database, "EUR")
    assert "set CURRENCY=USD" in str(refused.value)
    assert Secret.read("currency") == "USD"


def test_amounts_stored_by_an_older_version_with_other_decimals_are_never_misread(
    database: Database,
) -> None:
    with database.transaction():
        Secret.make("currency", "UGX")  # as in 0.1.0: two decimals, and no record of how many
    with pytest.raises(DecimalsMismatch, match="2 decimals") as refused:
        settle_currency(database, "UGX")
    assert "UGX" in str(refused.value)
    assert Secret.read("currency_decimals") is None


def test_a_shop_from_an_older_version_carries_on_if_the_decimals_are_the_same(database: Database) -> None:
    with database.transaction():
        Secret.make("currency", "JPY")
    settle_currency(database, "JPY")
    settle_currency(database, "JPY")
    assert Secret.read("currency_decimals") == "0"
