"""A category tree of any depth, its hidden parts, and its order."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from shop.catalog.storefront import NEW_FOR_S, Sorting
from shop.errors.refusals import NotFound
from shop.errors.sales import CartEmpty, OfferChanged
from storage.models import Category, Order, Product
from tests.goods import encoded, file_item, own, png, product
from tests.raw_sql import engine_of
from tests.stand import ADMIN, Stand


def bring(stand: Stand, *products: dict[str, Any], **more: Any) -> None:
    stand.bring(stand.visitor(ADMIN), own(*products, **more))


def walk(stand: Stand, *names: str) -> int | None:
    """Go down the shelves by category names; return the id of the last one."""
    here = None
    for name in names:
        shelf = stand.shop.catalog.shelf(here, page=0)
        here = next(category.id for category in shelf.categories if category.name == name)
    return here


def names(stand: Stand, sorting: Sorting, *path: str) -> list[str]:
    shelf = stand.shop.catalog.shelf(walk(stand, *path), page=0, sorting=sorting)
    return [card.name for card in shelf.products]


@pytest.fixture
def statements(stand: Stand) -> Iterator[Callable[[], list[str]]]:
    """The statements that SQLite runs on this thread from now on."""
    heard: list[str] = []
    connection = engine_of(stand.database).connection()
    connection.set_trace_callback(heard.append)

    def since_last() -> list[str]:
        asked, heard[:] = [each for each in heard if each.startswith("SELECT")], []
        return asked

    yield since_last
    connection.set_trace_callback(None)


def test_a_tree_may_be_as_deep_as_a_path(stand: Stand) -> None:
    path = [f"Level {number}" for number in range(16)]
    bring(stand, product("Deep", path=path, items=["x"]), product("Shallow", path=path[:1], items=["y"]))
    bottom = walk(stand, *path)
    assert [card.name for card in stand.shop.catalog.shelf(bottom, page=0).products] == ["Deep"]
    for expected in reversed(path):
        shelf = stand.shop.catalog.shelf(bottom, page=0)
        assert shelf.category is not None
        assert shelf.category.name == expected
        bottom = shelf.parent_id
    assert bottom is None
    assert names(stand, Sorting.NAME_UP, path[0]) == ["Shallow"]


def test_categories_and_products_have_pictures_and_descriptions(stand: Stand) -> None:
    about = {"path": ["Games"], "description": "For long evenings", "picture": encoded(png(1))}
    bring(stand, product(picture=encoded(png(2)), description="A key"), categories=[about])
    front = stand.shop.catalog.shelf(walk(stand, "Games"), page=0).category
    assert front is not None
    assert (front.description, front.picture) == ("For long evenings", png(1))
    card = stand.shop.catalog.product_page(stand.product("Key"))
    assert (card.description, card.picture) == ("A key", png(2))
    assert "PNG" not in repr(card) + repr(front)


def test_a_category_without_a_visible_product_is_on_no_shelf(stand: Stand) -> None:
    bring(stand, product("Key", path=["A", "B", "C"], items=["x"]), product("Other", path=["A", "D"], items=["y"]))
    with stand.database.transaction():
        empty = Category.ensure("Empty", parent_id=None)
        Category.ensure("Deeper", parent_id=empty)
    top, middle = walk(stand, "A"), walk(stand, "A", "B")

    def below(here: int | None) -> list[str]:
        return [category.name for category in stand.shop.catalog.shelf(here, page=0).categories]

    assert (below(None), below(top), below(middle)) == (["A"], ["B", "D"], ["C"])
    assert [card.name for card in stand.shop.catalog.front(0)] == ["A"]
    with stand.database.transaction():
        Product.change(stand.product("Key"), hidden=True)
    assert (below(None), below(top), below(middle)) == (["A"], ["D"], [])
    with stand.database.transaction():
        Product.change(stand.product("Key"), hidden=False)
        Category.change(walk(stand, "A", "B", "C"), hidden=True)
        Product.change(stand.product("Other"), hidden=True)
    assert below(None) == []


def test_a_sold_out_product_keeps_its_category_on_the_shelf(stand: Stand) -> None:
    bring(stand, product("Gone", path=["A"]))
    assert [card.name for card in stand.shop.catalog.front(0)] == ["A"]


@pytest.mark.parametrize("hide", ["product", "its category", "the root"])
def test_a_hidden_product_is_found_and_bought_by_nobody(stand: Stand, hide: str) -> None:
    person = stand.visitor()
    stand.grant(person, "100.00")
    bring(stand, product(items=["a", "b"]))
    key, games = stand.product("Key"), walk(stand, "Games")
    keys = walk(stand, "Games", "Keys")
    stand.shop.carts.add(person, key, 1)
    search = stand.shop.catalog.search(person, "key")
    offers = [stand.shop.checkout.offer_cart(person), stand.shop.checkout.offer_product(person, key, 1)]
    with stand.database.transaction():
        if hide == "product":
            Product.change(key, hidden=True)
        else:
            Category.change(games if hide == "the root" else keys, hidden=True)
    for offer in offers:
        with pytest.raises(OfferChanged) as changed:
            stand.shop.checkout.place(person, offer.id)
        assert changed.value.args == ()
    for look in (
        lambda: stand.shop.catalog.product(key),
        lambda: stand.shop.catalog.product_page(key),
        lambda: stand.shop.carts.add(person, key, 1),
        lambda: stand.shop.carts.set(person, key, 2),
        lambda: stand.shop.checkout.offer_product(person, key, 1),
    ):
        with pytest.raises(NotFound) as missing:
            look()
        assert missing.value.args == ()
    with pytest.raises(CartEmpty) as empty:
        stand.shop.checkout.offer_cart(person)
    assert empty.value.args == ()
    assert search.count == 1
    assert stand.shop.catalog.found(person, search.search_id, page=0).count == 0
    assert (stand.balance(person), Order.select().count()) == (10_000, 0)
    if hide == "product":
        assert stand.shop.catalog.shelf(keys, page=0).products == ()
    else:
        with pytest.raises(NotFound) as gone:
            stand.shop.catalog.shelf(keys, page=0)
        assert gone.value.args == ()


def test_a_hidden_category_is_on_no_shelf_and_comes_back(stand: Stand) -> None:
    bring(stand, product(items=["a"]), categories=[{"path": ["Games"], "hidden": True}])
    assert stand.shop.catalog.shelf(None, page=0).categories == ()
    bring(stand, product(), categories=[{"path": ["Games"]}])
    assert walk(stand, "Games", "Keys") is not None


@pytest.mark.parametrize(
    ("sorting", "expected"),
    [
        (Sorting.NAME_UP, ["apple", "Banana", "cherry", "Émile", "Zebra"]),
        (Sorting.PRICE_UP, ["Zebra", "cherry", "apple", "Émile", "Banana"]),
        (Sorting.OLDEST_FIRST, ["Banana", "Zebra", "apple", "cherry", "Émile"]),
        (Sorting.FEWEST_FIRST, ["Banana", "cherry", "apple", "Émile", "Zebra"]),
    ],
)
def test_products_are_sorted_both_ways(stand: Stand, sorting: Sorting, expected: list[str]) -> None:
    for name, price, kind, items in (
        ("Banana", "9.00", "unique_text", []),
        ("Zebra", "1.00", "made_to_order", []),
        ("apple", "3.00", "unique_text", ["a", "b"]),
        ("cherry", "2.00", "unique_file", [file_item("a", b"a")]),
        ("Émile", "4.00", "shared_text", ["x"]),
    ):
        bring(stand, product(name, price, deliverable=kind, items=items))
        stand.clock.pass_s(60)
    other_way = Sorting(sorting.value[0] + ("d" if sorting.up else "u"))
    assert names(stand, sorting, "Games", "Keys") == expected
    if sorting is Sorting.FEWEST_FIRST:  # products that never run out count as equal and come by name
        assert names(stand, other_way, "Games", "Keys") == ["Émile", "Zebra", "apple", "cherry", "Banana"]
    else:
        assert names(stand, other_way, "Games", "Keys") == expected[::-1]


def test_the_order_continues_from_page_to_page(stand: Stand) -> None:
    bring(stand, *(product(f"P{number:02}", str(100 - number), items=[f"x{number}"]) for number in range(19)))
    keys = walk(stand, "Games", "Keys")
    pages = [stand.shop.catalog.shelf(keys, page=number, sorting=Sorting.PRICE_UP) for number in range(3)]
    assert [card.name for page in pages for card in page.products] == [
        f"P{number:02}" for number in range(18, -1, -1)
    ]
    assert {page.pages for page in pages} == {3}


def test_a_product_is_new_for_a_week(stand: Stand) -> None:
    bring(stand, product(items=["a"]))
    key = stand.product("Key")
    stand.clock.pass_s(NEW_FOR_S - 1)
    assert stand.shop.catalog.product(key).is_new
    stand.clock.pass_s(1)
    assert not stand.shop.catalog.product(key).is_new


@pytest.mark.parametrize(
    ("kind", "items", "available"),
    [
        ("unique_text", [], 0),
        ("unique_text", ["a", "b"], 2),
        ("unique_file", [file_item("a", b"a")], 1),
        ("shared_text", [], 0),
        ("shared_text", ["a"], 1),
        ("made_to_order", [], 1000),
    ],
)
def test_a_product_shows_how_many_can_be_bought(stand: Stand, kind: str, items: list[Any], available: int) -> None:
    bring(stand, product(deliverable=kind, items=items))
    card = stand.shop.catalog.product(stand.product("Key"))
    assert (card.available, card.runs_out) == (available, kind.startswith("unique"))


def test_a_shelf_needs_as_many_queries_for_one_product_as_for_many(
    stand: Stand, statements: Callable[[], list[str]]
) -> None:
    steps = [{"from": 2, "price": "5.00"}]
    bring(stand, product("P0", items=["x"], quantity_prices=steps))
    keys = walk(stand, "Games", "Keys")
    statements()
    stand.shop.catalog.shelf(keys, page=0)
    for_one = statements()
    bring(stand, *(product(f"P{n}", items=[f"x{n}", f"y{n}"], quantity_prices=steps) for n in range(1, 8)))
    statements()
    assert len(stand.shop.catalog.shelf(keys, page=0).products) == 8
    for_many = statements()
    assert len(for_one) == len(for_many) <= 6
    assert not any("stock_item" in statement for statement in for_many)
