"""A purchase is exactly what was shown, once or not at all, however many taps arrive and whoever is first."""

import json
from typing import Any

import pytest

from shop.errors.refusals import NotFound, StaleScreen
from shop.errors.sales import BadQuantity, CartEmpty, InsufficientFunds, OfferChanged, OutOfStock
from shop.people import Person
from shop.sales.orders import Receipt
from storage.models import Offer, Order, OrderLine, Outbox, Product, StockItem
from tests.stand import Stand

pytestmark = pytest.mark.usefixtures("books_add_up_in_the_end")


def units(count: int) -> list[str]:
    return [f"unit {number}" for number in range(count)]


def goods_of(receipt: Receipt) -> list[str]:
    return [unit for line in receipt.lines for unit in line.goods]


def nothing_was_taken(stand: Stand, person: Person, balance: int) -> None:
    assert stand.balance(person) == balance
    assert (Order.select().count(), OrderLine.select().count(), Outbox.select().count()) == (0, 0, 0)
    assert StockItem.select().where(StockItem.order_line_id.is_null(False)).count() == 0


def test_a_purchase_takes_the_money_and_gives_the_oldest_units(stand: Stand) -> None:
    person = stand.rich("35.00")
    key = stand.stock(*units(5))
    offer = stand.shop.checkout.offer_product(person, key, 3)
    assert (offer.total, offer.balance, offer.missing.minor) == (stand.usd("30"), stand.usd("35"), -500)
    receipt = stand.shop.checkout.place(person, offer.id)
    assert goods_of(receipt) == ["unit 0", "unit 1", "unit 2"]
    assert (receipt.total, receipt.placed_at) == (stand.usd("30"), stand.clock.now)
    assert stand.balance(person) == 500
    assert stand.shop.catalog.product(key).stock_count == 2


def test_a_receipts_repr_does_not_show_its_goods(stand: Stand) -> None:
    person = stand.rich("10.00")
    offer = stand.shop.checkout.offer_product(person, stand.stock("SECRET-KEY"), 1)
    assert "SECRET-KEY" not in repr(stand.shop.checkout.place(person, offer.id))


def test_goods_and_the_admins_notice_are_queued_with_the_order(stand: Stand) -> None:
    person = stand.rich("10.00")
    offer = stand.shop.checkout.offer_product(person, stand.stock("a"), 1)
    receipt = stand.shop.checkout.place(person, offer.id)
    letters = [(row.kind, row.telegram_id) for row in Outbox.select().order_by(Outbox.id)]
    assert letters == [("goods", 1001), ("admin_purchase", 1), ("admin_purchase", 2)]
    assert all(row.payload == f'{{"order_id": {receipt.order_id}}}' for row in Outbox.select())


def test_a_second_press_gives_the_same_receipt_and_takes_nothing(stand: Stand) -> None:
    person = stand.rich("20.00")
    offer = stand.shop.checkout.offer_product(person, stand.stock("a", "b"), 1)
    first = stand.shop.checkout.place(person, offer.id)
    assert stand.shop.checkout.place(person, offer.id) == first
    assert stand.balance(person) == 1000
    assert Outbox.select().count() == 3


def test_twenty_parallel_presses_of_one_button_buy_once(stand: Stand, at_once: Any) -> None:
    person = stand.rich("1000.00")
    offer = stand.shop.checkout.offer_product(person, stand.stock(*units(50)), 1)
    receipts = at_once(*[lambda: stand.shop.checkout.place(person, offer.id)] * 20)
    assert receipts == [receipts[0]] * 20
    assert goods_of(receipts[0]) == ["unit 0"]
    assert stand.balance(person) == 99_000
    assert Order.select().count() == 1


def test_twenty_parallel_offers_with_money_for_one_buy_once(stand: Stand, at_once: Any) -> None:
    person = stand.rich("10.00")
    key = stand.stock(*units(50))
    offers = [stand.shop.checkout.offer_product(person, key, 1) for _ in range(20)]
    outcomes = at_once(*(lambda offer=offer: stand.shop.checkout.place(person, offer.id) for offer in offers))
    assert sum(isinstance(outcome, Receipt) for outcome in outcomes) == 1
    refused = [outcome for outcome in outcomes if not isinstance(outcome, Receipt)]
    assert {type(outcome) for outcome in refused} == {InsufficientFunds}
    assert {outcome.missing for outcome in refused} == {stand.usd("10.00")}
    assert stand.balance(person) == 0
    assert stand.shop.catalog.product(key).stock_count == 49


def test_fifty_customers_share_ten_items_and_each_item_is_sold_once(stand: Stand, at_once: Any) -> None:
    key = stand.stock(*units(10))
    people = [stand.rich("10.00", telegram_id=2000 + number) for number in range(50)]
    offers = [stand.shop.checkout.offer_product(person, key, 1) for person in people]
    outcomes = at_once(
        *(
            lambda person=person, offer=offer: stand.shop.checkout.place(person, offer.id)
            for person, offer in zip(people, offers, strict=True)
        )
    )
    lucky = [outcome for outcome in outcomes if isinstance(outcome, Receipt)]
    assert sorted(unit for receipt in lucky for unit in goods_of(receipt)) == sorted(units(10))
    assert {type(outcome) for outcome in outcomes if outcome not in lucky} == {OutOfStock}
    assert sorted(stand.balance(person) for person in people) == [0] * 10 + [1000] * 40
    assert stand.shop.catalog.product(key).stock_count == 0


def test_the_last_item_can_be_bought(stand: Stand) -> None:
    person = stand.rich("10.00")
    offer = stand.shop.checkout.offer_product(person, stand.stock("the last"), 1)
    assert goods_of(stand.shop.checkout.place(person, offer.id)) == ["the last"]


def test_parallel_purchases_and_deposits_of_one_person_lose_nothing(stand: Stand, at_once: Any) -> None:
    person = stand.rich("100.00")
    key = stand.stock(*units(10))
    offers = [stand.shop.checkout.offer_product(person, key, 1) for _ in range(10)]
    buys = [lambda offer=offer: stand.shop.checkout.place(person, offer.id) for offer in offers]
    outcomes = at_once(*buys, *[lambda: stand.grant(person, "1.00")] * 10)
    assert all(isinstance(outcome, Receipt) for outcome in outcomes[:10])
    assert outcomes[10:] == [None] * 10
    assert stand.balance(person) == 1000


def test_too_low_a_balance_takes_nothing_and_says_how_much_is_missing(stand: Stand) -> None:
    person = stand.rich("9.99")
    offer = stand.shop.checkout.offer_product(person, stand.stock("a"), 1)
    assert offer.missing == stand.usd("0.01")
    with pytest.raises(InsufficientFunds) as refused:
        stand.shop.checkout.place(person, offer.id)
    assert (refused.value.balance, refused.value.price) == (stand.usd("9.99"), stand.usd("10"))
    assert refused.value.missing == stand.usd("0.01")
    nothing_was_taken(stand, person, 999)


def test_after_a_top_up_the_same_button_buys(stand: Stand) -> None:
    person = stand.rich("9.99")
    offer = stand.shop.checkout.offer_product(person, stand.stock("a"), 1)
    with pytest.raises(InsufficientFunds) as refused:
        stand.shop.checkout.place(person, offer.id)
    assert refused.value.missing.minor == 1
    stand.grant(person, "0.01")
    assert goods_of(stand.shop.checkout.place(person, offer.id)) == ["a"]


@pytest.mark.parametrize("new_price", [999, 1001])
def test_a_price_changed_after_the_offer_must_be_confirmed_again(stand: Stand, new_price: int) -> None:
    person = stand.rich("20.00")
    key = stand.stock("a")
    offer = stand.shop.checkout.offer_product(person, key, 1)
    with stand.database.transaction():
        Product.update(price_minor=new_price).where(Product.id == key).execute()
    with pytest.raises(OfferChanged) as refused:
        stand.shop.checkout.place(person, offer.id)
    assert refused.value.args == ()
    nothing_was_taken(stand, person, 2000)


@pytest.mark.parametrize("change", [{"name": "Spotify 1 month"}, {"description": "For one week only."}])
@pytest.mark.parametrize("is_cart", [False, True])
def test_a_product_that_became_another_after_the_offer_must_be_confirmed_again(
    stand: Stand, change: dict[str, str], is_cart: bool
) -> None:
    person = stand.rich("20.00")
    key = stand.stock("a", name="Netflix 1 month")
    checkout = stand.shop.checkout
    stand.shop.carts.add(person, key, 1)
    offer = checkout.offer_cart(person) if is_cart else checkout.offer_product(person, key, 1)
    with stand.database.transaction():
        Product.update(**change).where(Product.id == key).execute()
    with pytest.raises(OfferChanged) as refused:
        checkout.place(person, offer.id)
    assert refused.value.args == ()
    nothing_was_taken(stand, person, 2000)
    again = checkout.offer_cart(person) if is_cart else checkout.offer_product(person, key, 1)
    assert goods_of(checkout.place(person, again.id)) == ["a"]


def test_an_offer_that_an_earlier_version_made_is_compared_by_price_alone(stand: Stand) -> None:
    person = stand.rich("20.00")
    key = stand.stock("a")
    offer = stand.shop.checkout.offer_product(person, key, 1)
    with stand.database.transaction():
        Offer.update(lines=json.dumps([(key, 1, 1000)])).where(Offer.id == offer.id).execute()
        Product.update(name="Another key").where(Product.id == key).execute()
    assert goods_of(stand.shop.checkout.place(person, offer.id)) == ["a"]


def test_a_cart_changed_after_the_offer_must_be_confirmed_again(stand: Stand) -> None:
    person = stand.rich("100.00")
    key, card = stand.stock("a", "b"), stand.stock("c", name="Card")
    stand.shop.carts.add(person, key, 1)
    for change in (
        lambda: stand.shop.carts.add(person, key, 1),
        lambda: stand.shop.carts.add(person, card, 1),
        lambda: stand.shop.carts.clear(person),
    ):
        offer = stand.shop.checkout.offer_cart(person)
        change()
        with pytest.raises(OfferChanged) as refused:
            stand.shop.checkout.place(person, offer.id)
        assert refused.value.args == ()
        nothing_was_taken(stand, person, 10_000)


def test_an_old_button_of_the_same_cart_does_not_buy_it_twice(stand: Stand) -> None:
    person = stand.rich("100.00")
    stand.shop.carts.add(person, stand.stock("a", "b"), 1)
    old, new = stand.shop.checkout.offer_cart(person), stand.shop.checkout.offer_cart(person)
    stand.shop.checkout.place(person, new.id)
    with pytest.raises(OfferChanged) as refused:
        stand.shop.checkout.place(person, old.id)
    assert refused.value.args == ()
    assert stand.balance(person) == 9000


def test_a_cart_is_bought_as_a_whole_and_empty_afterwards(stand: Stand) -> None:
    person = stand.rich("100.00")
    stand.shop.carts.add(person, stand.stock("a", "b", "c"), 2)
    stand.shop.carts.add(person, stand.stock("z", name="Card", price="5.00"), 1)
    receipt = stand.shop.checkout.place(person, stand.shop.checkout.offer_cart(person).id)
    assert sorted(goods_of(receipt)) == ["a", "b", "z"]
    assert receipt.total == stand.usd("25.00")
    assert stand.shop.carts.of(person).lines == ()


def test_buying_one_product_does_not_change_the_cart(stand: Stand) -> None:
    person = stand.rich("100.00")
    key = stand.stock("a", "b")
    stand.shop.carts.add(person, key, 1)
    stand.shop.checkout.place(person, stand.shop.checkout.offer_product(person, key, 1).id)
    assert stand.shop.carts.of(person).lines[0].quantity == 1


def test_an_empty_cart_is_not_offered(stand: Stand) -> None:
    with pytest.raises(CartEmpty) as refused:
        stand.shop.checkout.offer_cart(stand.visitor())
    assert refused.value.args == ()


def test_a_purchase_that_comes_too_late_takes_nothing(stand: Stand) -> None:
    person, other = stand.rich("100.00"), stand.rich("100.00", telegram_id=5)
    key, card = stand.stock("a", "b"), stand.stock("z", name="Card")
    stand.shop.carts.add(person, key, 2)
    stand.shop.carts.add(person, card, 1)
    offer = stand.shop.checkout.offer_cart(person)
    stand.shop.checkout.place(other, stand.shop.checkout.offer_product(other, key, 1).id)
    with pytest.raises(OutOfStock) as refused:
        stand.shop.checkout.place(person, offer.id)
    assert (refused.value.product_id, refused.value.wanted, refused.value.available) == (key, 2, 1)
    assert stand.balance(person) == 10_000
    assert Order.select().count() == 1
    assert stand.shop.catalog.product(card).stock_count == 1
    assert len(stand.shop.carts.of(person).lines) == 2


@pytest.mark.parametrize("quantity", [0, -1, 10**17])
def test_a_forged_quantity_is_not_offered(stand: Stand, quantity: int) -> None:
    key = stand.stock("a")
    with pytest.raises(BadQuantity) as refused:
        stand.shop.checkout.offer_product(stand.visitor(), key, quantity)
    assert refused.value.largest == 1


def test_a_quantity_beyond_the_stock_is_not_offered(stand: Stand) -> None:
    key = stand.stock("a")
    with pytest.raises(OutOfStock) as refused:
        stand.shop.checkout.offer_product(stand.visitor(), key, 2)
    assert refused.value.available == 1


def test_a_product_that_does_not_exist_is_not_offered(stand: Stand) -> None:
    with pytest.raises(NotFound) as refused:
        stand.shop.checkout.offer_product(stand.visitor(), 999, 1)
    assert refused.value.args == ()


def test_somebody_elses_offer_and_a_forged_one_are_stale(stand: Stand) -> None:
    owner, thief = stand.rich("10.00"), stand.rich("10.00", telegram_id=5)
    offer = stand.shop.checkout.offer_product(owner, stand.stock("a"), 1)
    for number in (offer.id, 0, -1, 10**17):
        with pytest.raises(StaleScreen) as refused:
            stand.shop.checkout.place(thief, number)
        assert refused.value.args == ()
    nothing_was_taken(stand, thief, 1000)
    assert goods_of(stand.shop.checkout.place(owner, offer.id)) == ["a"]
    with pytest.raises(StaleScreen) as refused:
        stand.shop.checkout.place(thief, offer.id)
    assert refused.value.args == ()


def test_renaming_a_product_later_does_not_change_the_receipt(stand: Stand) -> None:
    person = stand.rich("10.00")
    key = stand.stock("a")
    receipt = stand.shop.checkout.place(person, stand.shop.checkout.offer_product(person, key, 1).id)
    with stand.database.transaction():
        Product.update(name="Renamed", price_minor=1).where(Product.id == key).execute()
    assert stand.shop.orders.receipt_for(person, receipt.order_id) == receipt
