"""AiogramShopBot's lists: what could be read in two ways is never sold in the wrong one."""

import pytest

from shop.catalog.formats.aiogram import Goods
from shop.catalog.formats.reading import read_goods
from shop.money import Money


def read(file: str, name: str = "goods.txt") -> tuple[list[tuple[str, str, str, int, str]], list[tuple[str, object]]]:
    """Return the goods of a list in a shop in US dollars, and its refusals with their fields."""
    reading = read_goods(file.encode(), file_name=name, currency="USD")
    assert isinstance(reading.goods, list)
    goods = [
        (each.category, each.subcategory, each.description, each.price.minor, each.content) for each in reading.goods
    ]
    return goods, [(error.reason, error.field) for error in reading.refused]


@pytest.mark.parametrize(
    ("price", "minor"),
    [("45", 4500), ("$45", 4500), ("45.00$", 4500), ("90 USD", 9000), (" $ 45 ", 4500), ("usd 45,50", 4550)],
)
def test_a_typed_line_may_have_a_number_as_its_description(price: str, minor: int) -> None:
    assert read(f"DIGITAL;Gift;Cards;50;{price};KEY-1") == ([("Gift", "Cards", "50", minor, "KEY-1")], [])
    assert read(f"DIGITAL;Gift;Cards;$50;{price};KEY;1") == ([("Gift", "Cards", "$50", minor, "KEY;1")], [])
    assert read(f"PHYSICAL;Gift;Cards;50;{price};null") == ([], [("physical", "item_type")])


@pytest.mark.parametrize(
    "price",
    [
        "€45",
        "45 руб.",
        "1 000",
        "1\u00a0000",
        "1'000",
        "US$45",
        "R$ 45",
        "1e3",
        "1,234.50",
        "-45",
        "$-45",
        "12,-",
        "",
        " ",
    ],
)
def test_an_odd_price_after_a_number_is_refused_and_never_sold(price: str) -> None:
    goods, refused = read(f"DIGITAL;Gift;Cards;50;{price};KEY-1")
    assert goods == []
    assert [field for _, field in refused] == ["price"]


@pytest.mark.parametrize("goods", ["KEY-1;more", "AB12;3", "user@example.com;9", "x" * 1_000_000 + ";1"])
def test_a_category_may_still_be_named_digital(goods: str) -> None:
    reading = read_goods(f"DIGITAL;Keys;A key;$9.99;{goods}".encode(), file_name="x.txt", currency="USD")
    assert reading.goods == [Goods("DIGITAL", "Keys", "A key", Money(999, "USD"), goods)]
