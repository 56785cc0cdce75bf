"""“Tell me when it is back”: notified in order of asking, once, and no more people than new items."""

import json

import pytest

from shop.errors.refusals import NotFound
from storage.models import Product, RestockWish
from tests.stand import ADMIN, Stand, readers


def test_those_who_asked_first_are_told_first_and_no_more_than_there_are_new_units(stand: Stand) -> None:
    product_id = stand.stock("A")
    people = [stand.visitor(2000 + number) for number in range(5)]
    for person in people:
        stand.shop.restocks.ask(person, product_id)
    stand.stock("B", "C")
    assert readers("restocked") == [2000, 2001]
    stand.stock("B", "C")
    assert readers("restocked") == [2000, 2001], "nothing new came"
    stand.stock("D", "E", "F", "G", "H")
    assert readers("restocked") == [2000, 2001, 2002, 2003, 2004]
    stand.stock("I")
    assert len(readers("restocked")) == 5, "each is told once"


def test_somebody_who_asks_again_later_is_told_again(stand: Stand) -> None:
    ada, product_id = stand.visitor(), stand.stock("A")
    for content in ("B", "C"):
        stand.shop.restocks.ask(ada, product_id)
        stand.shop.restocks.ask(ada, product_id)
        stand.stock(content)
    assert readers("restocked") == [1001, 1001]


def test_an_import_counts_as_a_restock(stand: Stand) -> None:
    ada, admin, product_id = stand.visitor(), stand.visitor(ADMIN), stand.stock("A")
    stand.shop.restocks.ask(ada, product_id)
    place = {"category": "Games", "subcategory": "Keys", "description": "Key", "price": "10.00"}
    file = json.dumps([place | {"private_data": "B"}]).encode()
    stand.bring(admin, file)
    assert readers("restocked") == [1001]


def test_banned_customers_and_hidden_products_are_skipped(stand: Stand) -> None:
    ada, grace, product_id = stand.visitor(), stand.visitor(1002), stand.stock("A")
    stand.shop.restocks.ask(ada, product_id)
    stand.shop.restocks.ask(grace, product_id)
    with stand.database.transaction():
        from storage.models import Customer

        Customer.change(ada.id, banned=True)
        Product.change(product_id, hidden=True)
    stand.stock("B")
    assert readers("restocked") == []
    with pytest.raises(NotFound):
        stand.shop.restocks.ask(grace, product_id)
    with stand.database.transaction():
        Product.change(product_id, hidden=False)
    stand.stock("C")
    assert readers("restocked") == [1002]


def test_many_taps_at_once_are_one_request(stand: Stand, at_once) -> None:
    ada, product_id = stand.visitor(), stand.stock("A")
    assert at_once(*[lambda: stand.shop.restocks.ask(ada, product_id)] * 12) == [None] * 12
    assert RestockWish.select().count() == 1


def test_simultaneous_imports_tell_nobody_twice(stand: Stand, at_once) -> None:
    product_id = stand.stock("A")
    for number in range(6):
        stand.shop.restocks.ask(stand.visitor(2000 + number), product_id)
    at_once(*[lambda n=n: stand.stock(f"new {n}") for n in range(4)])
    assert readers("restocked") == [2000, 2001, 2002, 2003]
