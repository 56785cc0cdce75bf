"""Quantity discounts: shown, fixed in the offer, and never changed silently."""

from collections.abc import Callable

import pytest

from shop.errors.sales import OfferChanged
from storage.models import OrderLine, QuantityPrice
from tests.goods import own, product
from tests.stand import ADMIN, Stand

STEPS = [{"from": 3, "price": "9.00"}, {"from": 10, "price": "4.50"}]


@pytest.fixture
def key_id(stand: Stand) -> int:
    items = [f"unit {number}" for number in range(40)]
    goods = own(product(items=items, quantity_prices=STEPS))
    stand.bring(stand.visitor(ADMIN), goods)
    return stand.product("Key")


@pytest.mark.parametrize(
    ("quantity", "total"), [(1, "10.00"), (2, "20.00"), (3, "27.00"), (9, "81.00"), (10, "45.00"), (11, "49.50")]
)
def test_cart_offer_order_line_and_balance_agree(
    stand: Stand, key_id: int, quantity: int, total: str, books_add_up: Callable[[], None]
) -> None:
    person = stand.visitor()
    stand.grant(person, "100.00")
    cart = stand.shop.carts.add(person, key_id, quantity)
    assert cart.total == stand.usd(total)
    offer = stand.shop.checkout.offer_cart(person)
    assert offer.total == stand.usd(total)
    receipt = stand.shop.checkout.place(person, offer.id)
    assert receipt.total == stand.usd(total)
    [line] = receipt.lines
    assert line.unit_price * quantity == stand.usd(total)
    assert OrderLine.get().unit_price_minor * quantity == receipt.total.minor
    assert stand.balance(person) == 10_000 - receipt.total.minor
    books_add_up()


def test_a_product_shows_its_steps(stand: Stand, key_id: int) -> None:
    card = stand.shop.catalog.product(key_id)
    steps = [(step.from_quantity, step.price) for step in card.quantity_prices]
    assert steps == [(3, stand.usd("9.00")), (10, stand.usd("4.50"))]


@pytest.mark.parametrize("steps", [[], [(10, 449)], [(10, 451)], [(11, 450)]])
def test_a_step_that_changed_after_the_offer_asks_again(
    stand: Stand, key_id: int, steps: list[tuple[int, int]]
) -> None:
    person = stand.visitor()
    stand.grant(person, "100.00")
    offer = stand.shop.checkout.offer_product(person, key_id, 10)
    with stand.database.transaction():
        QuantityPrice.put(key_id, steps)
    with pytest.raises(OfferChanged) as refused:
        stand.shop.checkout.place(person, offer.id)
    assert refused.value.args == ()
    assert stand.balance(person) == 10_000


def test_a_step_that_does_not_apply_to_the_offer_changes_nothing(stand: Stand, key_id: int) -> None:
    person = stand.visitor()
    stand.grant(person, "100.00")
    offer = stand.shop.checkout.offer_product(person, key_id, 2)
    with stand.database.transaction():
        QuantityPrice.put(key_id, [(3, 1)])
    assert stand.shop.checkout.place(person, offer.id).total == stand.usd("20.00")
