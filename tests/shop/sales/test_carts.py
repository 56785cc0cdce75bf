"""The cart before a purchase."""

import pytest

from shop.catalog.deliverables import MAX_QUANTITY
from shop.catalog.tree import Target
from shop.errors.refusals import NotFound
from shop.errors.sales import BadQuantity, CartFull, OutOfStock
from shop.sales.carts import MAX_LINES
from tests.stand import ADMIN, Stand


def test_a_cart_adds_up_at_current_prices(stand: Stand) -> None:
    person = stand.visitor()
    key, card = stand.stock("a", "b", price="10.10"), stand.stock("c", price="0.20", name="Card")
    stand.shop.carts.add(person, key, 2)
    cart = stand.shop.carts.add(person, card, 1)
    assert [(line.product.name, line.quantity, line.total) for line in cart.lines] == [
        ("Card", 1, stand.usd("0.20")),
        ("Key", 2, stand.usd("20.20")),
    ]
    assert cart.total == stand.usd("20.40")
    assert stand.shop.carts.of(stand.visitor(2)).lines == ()


def test_units_are_removed_one_by_one_and_never_below_zero(stand: Stand) -> None:
    person, key = stand.visitor(), stand.stock("a", "b")
    stand.shop.carts.add(person, key, 2)
    assert stand.shop.carts.add(person, key, -1).lines[0].quantity == 1
    assert stand.shop.carts.add(person, key, -5).lines == ()
    assert stand.shop.carts.add(person, key, -1).lines == ()


def test_more_than_is_in_stock_is_refused(stand: Stand) -> None:
    person, key = stand.visitor(), stand.stock("a", "b")
    stand.shop.carts.add(person, key, 1)
    with pytest.raises(OutOfStock) as refused:
        stand.shop.carts.add(person, key, 2)
    assert (refused.value.wanted, refused.value.available, refused.value.product_name) == (3, 2, "Key")
    assert stand.shop.carts.of(person).lines[0].quantity == 1


def test_a_forged_quantity_is_refused(stand: Stand) -> None:
    person, key = stand.visitor(), stand.stock("a", "b")
    with pytest.raises(BadQuantity) as refused:
        stand.shop.carts.add(person, key, 10**17)
    assert refused.value.largest == 2
    assert MAX_QUANTITY < 10**17


def test_a_product_that_does_not_exist_is_not_found(stand: Stand) -> None:
    with pytest.raises(NotFound) as refused:
        stand.shop.carts.add(stand.visitor(), 999, 1)
    assert refused.value.args == ()


def test_a_cart_holds_as_many_products_as_a_screen_shows(stand: Stand) -> None:
    person = stand.visitor()
    products = [stand.stock(f"x{number}", f"y{number}", name=f"P{number}") for number in range(MAX_LINES + 1)]
    for product in products[:MAX_LINES]:
        stand.shop.carts.add(person, product, 1)
    with pytest.raises(CartFull) as refused:
        stand.shop.carts.add(person, products[-1], 1)
    assert refused.value.largest == MAX_LINES
    assert len(stand.shop.carts.add(person, products[0], 1).lines) == MAX_LINES


def test_hidden_products_give_way_in_a_full_cart_and_never_make_it_fuller(stand: Stand) -> None:
    person, owner = stand.visitor(), stand.visitor(ADMIN)
    products = [stand.stock(f"x{number}", name=f"P{number:02}") for number in range(MAX_LINES + 1)]
    for product in products[:-1]:
        stand.shop.carts.add(person, product, 1)
    for product in products[:2]:
        stand.shop.editor.hide(owner, Target(True, product), hidden=True)
    stand.shop.carts.add(person, products[-1], 1)
    for product in products[:2]:
        stand.shop.editor.hide(owner, Target(True, product), hidden=False)
    names = [line.product.name for line in stand.shop.carts.of(person).lines]
    assert names == [f"P{number:02}" for number in range(2, MAX_LINES + 1)]


def test_an_emptied_cart_is_empty(stand: Stand) -> None:
    person = stand.visitor()
    stand.shop.carts.add(person, stand.stock("a"), 1)
    assert stand.shop.carts.clear(person).lines == ()


def test_parallel_taps_on_plus_all_count(stand: Stand, at_once) -> None:
    person, key = stand.visitor(), stand.stock(*(str(number) for number in range(20)))
    at_once(*[lambda: stand.shop.carts.add(person, key, 1)] * 10)
    assert stand.shop.carts.of(person).lines[0].quantity == 10
