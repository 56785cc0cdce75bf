"""What a customer sees of the goods, page by page."""

import pytest

from shop.errors.refusals import NotFound
from storage.models import Category, Product
from tests.stand import Stand

SIZE = 8


def stocked(name: str, *, parent_id: int | None) -> int:
    """Make a category with a product in it: an empty one is shown to nobody."""
    category_id = Category.ensure(name, parent_id=parent_id)
    Product.ensure(category_id, name=f"In {name}", description="", price_minor=1, now=0)
    return category_id


def shelves(stand: Stand, category_id: int | None) -> list[list[str]]:
    """The names on every page of a category."""
    first = stand.shop.catalog.shelf(category_id, page=0)
    pages = [stand.shop.catalog.shelf(category_id, page=number) for number in range(first.pages)]
    assert [page.page for page in pages] == list(range(first.pages))
    return [[*(c.name for c in page.categories), *(p.name for p in page.products)] for page in pages]


@pytest.mark.parametrize("rows", [0, 1, 7, 8, 9, 15, 16, 17])
def test_every_row_is_on_exactly_one_page(stand: Stand, rows: int) -> None:
    names = [f"Category {number:02}" for number in range(rows)]
    with stand.database.transaction():
        for name in reversed(names):
            stocked(name, parent_id=None)
    pages = shelves(stand, None)
    assert [name for page in pages for name in page] == names
    assert len(pages) == max(1, -(-rows // SIZE))
    assert all(len(page) == SIZE for page in pages[:-1])


@pytest.mark.parametrize(("categories", "products"), [(0, 9), (3, 6), (8, 1), (9, 8), (1, 16), (12, 0)])
def test_categories_come_first_and_products_follow_across_pages(stand: Stand, categories: int, products: int) -> None:
    with stand.database.transaction():
        root = Category.ensure("Root", parent_id=None)
        below = Category.ensure("Below", parent_id=root)
        for number in range(categories):
            stocked(f"C{number:02}", parent_id=below)
    for number in range(products):
        stand.stock(f"x{number}", name=f"P{number:02}", category="Root", subcategory="Below")
    pages = shelves(stand, below)
    expected = [f"C{n:02}" for n in range(categories)] + [f"P{n:02}" for n in range(products)]
    assert [name for page in pages for name in page] == expected
    assert max(len(page) for page in pages) <= SIZE


@pytest.mark.parametrize(("asked", "shown"), [(-1, 0), (-(10**17), 0), (2, 2), (3, 2), (10**17, 2)])
def test_a_forged_page_shows_the_nearest_one(stand: Stand, asked: int, shown: int) -> None:
    with stand.database.transaction():
        for number in range(17):
            stocked(f"C{number:02}", parent_id=None)
    shelf = stand.shop.catalog.shelf(None, page=asked)
    assert (shelf.page, shelf.pages) == (shown, 3)


@pytest.mark.parametrize("category_id", [0, -1, 999, 10**17])
def test_a_category_that_does_not_exist_is_not_found(stand: Stand, category_id: int) -> None:
    with pytest.raises(NotFound) as refused:
        stand.shop.catalog.shelf(category_id, page=0)
    assert refused.value.args == ()


@pytest.mark.parametrize("product_id", [0, -1, 999, 10**17])
def test_a_product_that_does_not_exist_is_not_found(stand: Stand, product_id: int) -> None:
    with pytest.raises(NotFound) as refused:
        stand.shop.catalog.product(product_id)
    assert refused.value.args == ()


def test_a_product_shows_its_price_and_stock_but_never_its_goods(stand: Stand) -> None:
    product_id = stand.stock("SECRET-1", "SECRET-2", price="9.99", name="A key")
    card = stand.shop.catalog.product(product_id)
    assert (card.name, card.price, card.stock_count) == ("A key", stand.usd("9.99"), 2)
    assert "SECRET" not in repr(card)


def test_the_same_name_may_appear_in_two_places_of_the_tree(stand: Stand) -> None:
    with stand.database.transaction():
        one, two = Category.ensure("One", parent_id=None), Category.ensure("Two", parent_id=None)
        assert Category.ensure("Same", parent_id=one) != Category.ensure("Same", parent_id=two)
        assert Category.ensure("One", parent_id=None) == one
