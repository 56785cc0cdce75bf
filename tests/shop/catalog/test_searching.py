"""A search's count is cached, and never shown when it is out of date."""

from collections.abc import Callable

import pytest

from shop.catalog import searching
from storage.database import Database
from storage.models import Category, Product
from tests.goods import own, product
from tests.stand import ADMIN, Stand

LAMPS = 20


@pytest.fixture(params=[0, searching.FEW], ids=["many", "few"])
def shop(stand: Stand, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Stand:
    """A shop of lamps, which count as many or as few, depending on `FEW`."""
    monkeypatch.setattr(searching, "FEW", request.param)
    lamps = (product(f"Lamp {n:02}", path=["Light"], items=[f"lamp {n}"]) for n in range(LAMPS))
    stand.bring(stand.visitor(ADMIN), own(*lamps, product("Torch", path=["Light"], items=["torch"])))
    return stand


def found(stand: Stand, text: str = "lamp") -> tuple[int, list[str]]:
    """Return how many are found, and the names on all pages."""
    catalog, person = stand.shop.catalog, stand.visitor()
    first = catalog.search(person, text)
    pages = [catalog.found(person, first.search_id, page=number) for number in range(first.pages)]
    assert {page.count for page in pages} == {first.count}
    return first.count, [card.name for page in pages for card in page.products]


def written(database: Database, change: Callable[[], object]) -> None:
    with database.transaction():
        change()


def test_the_results_are_split_into_pages_by_name(shop: Stand) -> None:
    for _ in range(2):
        assert found(shop) == (LAMPS, [f"Lamp {n:02}" for n in range(LAMPS)])
    assert found(shop, "  ") == (0, [])


def test_hidden_renamed_and_moved_products_are_found_as_they_are_now(shop: Stand) -> None:
    light = Category.child("Light", parent_id=None)
    names = [f"Lamp {n:02}" for n in range(LAMPS)]
    assert found(shop)[0] == LAMPS
    written(shop.database, lambda: Product.change(shop.product("Lamp 00"), hidden=True))
    assert found(shop) == (LAMPS - 1, names[1:])
    written(shop.database, lambda: Product.change(shop.product("Lamp 19"), name="Torch"))
    assert found(shop) == (LAMPS - 2, names[1:-1])
    written(shop.database, lambda: Product.change(shop.product("Torch"), name="A lamp"))
    assert found(shop)[0] == LAMPS - 1
    written(shop.database, lambda: Category.change(light.id, hidden=True))
    assert found(shop) == (0, [])
    written(shop.database, lambda: Category.change(light.id, hidden=False))
    assert found(shop)[0] == LAMPS - 1


def test_products_below_a_hidden_category_are_hidden_too(shop: Stand) -> None:
    light = Category.child("Light", parent_id=None)
    with shop.database.transaction():
        cellar = Category.ensure("Cellar", parent_id=None)
        Category.change(cellar, hidden=True)
    assert found(shop)[0] == LAMPS
    written(shop.database, lambda: Category.change(light.id, parent=cellar))
    assert found(shop) == (0, [])


def test_a_large_import_is_found_only_once_it_is_complete(shop: Stand) -> None:
    assert found(shop)[0] == LAMPS
    more = own(*(product(f"Lamp {n:03}", path=["Dark"], items=[f"dark {n}"]) for n in range(200)))
    shop.bring(shop.visitor(ADMIN), more)
    assert found(shop)[0] == LAMPS + 200


def test_only_a_limited_number_of_searches_is_remembered(shop: Stand) -> None:
    person, catalog = shop.visitor(), shop.shop.catalog
    for number in range(searching.MOST_REMEMBERED + 5):
        catalog.search(person, f"lamp {number}")
    assert found(shop)[0] == LAMPS


def test_the_top_shelf_has_as_many_pages_as_its_visible_categories_need(stand: Stand) -> None:
    def pages() -> tuple[int, list[str]]:
        shelves = [stand.shop.catalog.shelf(None, page=number) for number in range(2)]
        return shelves[0].pages, [card.name for shelf in shelves[: shelves[0].pages] for card in shelf.categories]

    names = [f"Room {n}" for n in range(stand.shop.catalog.context.page_entries + 1)]
    stand.bring(stand.visitor(ADMIN), own(*(product(name, path=[name], items=[name]) for name in names)))
    assert pages() == (2, names)
    written(stand.database, lambda: Product.change(stand.product("Room 3"), hidden=True))
    assert pages() == (1, [name for name in names if name != "Room 3"])
    stand.bring(stand.visitor(ADMIN), own(product("Attic", path=["Attic"], items=["attic"])))
    assert pages()[0] == 2
    written(stand.database, lambda: Category.change(Category.child("Attic", parent_id=None).id, hidden=True))
    assert pages()[0] == 1
