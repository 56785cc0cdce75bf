"""Other shops' tables: their column names are understood, and refusals use them."""

import pytest

from shop.catalog.formats.aiogram import Goods
from shop.catalog.formats.reading import Reading, read_goods
from shop.catalog.formats.souk_json import OwnGoods
from shop.errors.catalog import BadImport
from shop.money import Money

AIOGRAM = "category,subcategory,price,description,private_data\n"


def read(text: str, name: str = "goods.csv") -> Reading:
    return read_goods(text.encode(), file_name=name, currency="USD")


def shelves(text: str, name: str = "goods.csv") -> list[tuple[tuple[str, ...], str, int, list[str]]]:
    """Read a table without errors; return each product's path, name, price and texts."""
    reading = read(text, name)
    assert reading.refused == ()
    assert isinstance(reading.goods, OwnGoods)
    return [
        (each.path, each.name, each.price.minor, [piece.content for piece in each.pieces])
        for each in reading.goods.products
    ]


@pytest.mark.parametrize(
    "header",
    [
        "Category,Title,Price,Key",
        "categories,product name,regular price,license key",
        "CATEGORY,Item,Price,Code",
        '"category","product","price","account"',
    ],
)
@pytest.mark.parametrize("name", ["goods.csv", "goods.txt", "export"])
def test_other_shops_column_names_are_understood(header: str, name: str) -> None:
    text = f"{header}\nGames > Keys,Caravan,9.99,KEY-1\nGames > Keys,Caravan,9.99,KEY-2\n"
    assert shelves(text, name) == [(("Games", "Keys"), "Caravan", 999, ["KEY-1", "KEY-2"])]


def test_a_subcategory_is_below_its_category_and_may_be_missing() -> None:
    text = "category;subcategory;name;price;key\nGames;Keys;Caravan;1;A\nGames;;Chess;2;B\n"
    assert shelves(text) == [(("Games", "Keys"), "Caravan", 100, ["A"]), (("Games",), "Chess", 200, ["B"])]


@pytest.mark.parametrize("name", ["goods.csv", "goods.txt"])
def test_a_table_with_aiogramshopbots_fields_is_read_as_its_list(name: str) -> None:
    reading = read(AIOGRAM + 'Games,Keys,9.99,A key,"AAAA;BBBB"\nGames,Keys,none,A key,C\n', name)
    assert reading.goods == [Goods("Games", "Keys", "A key", Money(999, "USD"), "AAAA;BBBB")]
    assert [(error.reason, error.entry, error.field) for error in reading.refused] == [("bad_price", 3, "price")]


def test_private_data_cut_at_a_comma_is_never_taken_for_goods() -> None:
    reading = read(AIOGRAM + "Games,Keys,9.99,A key,me@example.com,secret\nGames,Keys,9.99,A key,C,\n")
    assert [each.content for each in reading.goods] == ["C"]
    assert [(error.reason, error.entry) for error in reading.refused] == [("many_columns", 2)]


@pytest.mark.parametrize("more", ["private_data", "password"])
def test_a_duplicate_or_unknown_column_beside_aiogramshopbots_fields_is_not_ignored(more: str) -> None:
    with pytest.raises(BadImport) as refused:
        read(AIOGRAM.replace("\n", f",{more}\nGames,Keys,9.99,A key,C,D"))
    assert (refused.value.reason, refused.value.field) == ("unknown_column", more)
    kind = read(AIOGRAM.replace("\n", ",item_type\nGames,Keys,9.99,A key,C,DIGITAL"))
    assert [each.content for each in kind.goods] == ["C"]


def test_a_table_with_aiogramshopbots_fields_has_a_size_limit() -> None:
    with pytest.raises(BadImport) as refused:
        read(AIOGRAM + "Games,Keys,9.99,A key,C\n" * 100_001)
    assert refused.value.reason == "too_many"


def test_souks_own_column_name_wins_and_a_second_one_is_not_guessed_at() -> None:
    with pytest.raises(BadImport) as refused:
        read("path,category,name,price,content\nA,B,Key,1,K")
    assert (refused.value.reason, refused.value.field) == ("unknown_column", "category")
    with pytest.raises(BadImport) as refused:
        read("category,title,price,key,code\nA,Key,1,K,C")
    assert (refused.value.reason, refused.value.field) == ("unknown_column", "code")


def test_a_refusal_names_the_column_as_the_table_does() -> None:
    reading = read("category,title,price,key\nGames,,1,K\nGames,Key,much,K\n,Key,1,K\nGames,Key,1,K")
    said = [(error.reason, error.entry, error.field) for error in reading.refused]
    assert said == [("missing_text", 2, "title"), ("bad_price", 3, "price"), ("missing_text", 4, "category")]


@pytest.mark.parametrize(
    ("header", "missing"),
    [("title,price,key", "path"), ("category,price,key", "name"), ("category,title,key", "price")],
)
def test_a_missing_column_is_named_as_in_the_help(header: str, missing: str) -> None:
    with pytest.raises(BadImport) as refused:
        read(header + "\nA,B,C")
    assert (refused.value.reason, refused.value.field) == ("no_column", missing)


@pytest.mark.parametrize(
    "cell", ["Clothing > Accessories, Sale", "Clothing, Clothing > Hoodies", "A,B", "A\\\\,B", ","]
)
def test_a_product_in_several_categories_is_refused(cell: str) -> None:
    reading = read(f'Name,Regular price,Categories\nCap,20,"{cell}"\nBeanie,20,Clothing\n')
    assert isinstance(reading.goods, OwnGoods)
    assert [(each.path, each.name) for each in reading.goods.products] == [(("Clothing",), "Beanie")]
    assert [(error.reason, error.entry, error.field) for error in reading.refused] == [
        ("many_categories", 2, "categories")
    ]


def test_a_comma_in_the_name_of_a_category_is_escaped_as_in_woocommerce() -> None:
    assert shelves('Name,Regular price,Categories,Key\nCap,20,"Clothing\\, etc > Caps\\\\",K\n') == [
        (("Clothing, etc", "Caps\\"), "Cap", 2000, ["K"])
    ]


@pytest.mark.parametrize("column", ["path", "category"])
def test_a_comma_needs_no_escape_in_a_column_for_one_category(column: str) -> None:
    assert shelves(f'{column},name,price,content\n"Keys, cheap",Cap,20,K\n')[0][0] == ("Keys, cheap",)
