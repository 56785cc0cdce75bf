"""Limited goods: places in shared goods, and items per customer, in total and in 24 hours."""

import json
from typing import Any

import pytest
from peewee import IntegrityError

from shop.catalog.editor import Field
from shop.catalog.exports import Form
from shop.catalog.tree import Target
from shop.errors.catalog import BadImport
from shop.errors.refusals import NotFound
from shop.errors.sales import LimitReached, OutOfStock
from shop.people import Person
from shop.sales.orders import Receipt
from storage.models import Order, OrderLine, Product, SharedItem
from tests.conftest import StandingClock
from tests.goods import own, product
from tests.shop.sales.test_waiting import deposit, waits
from tests.stand import Stand, letters, payloads

pytestmark = pytest.mark.usefixtures("books_add_up_in_the_end")
DAY_S = 86_400


def limited(stand: Stand, owner: Person, **limits: Any) -> int:
    """Import a shared login, or keys, with the limits of a goods file."""
    shared = {"deliverable": "shared_text", "items": ["login: a, password: b"]}
    keys = {"items": [f"KEY-{number}" for number in range(30)]}
    stand.bring(owner, own(product("Login", **(shared if "seats" in limits else keys), **limits)))
    return stand.product("Login")


def left(stand: Stand, person: Person, product_id: int) -> int | None:
    return stand.shop.catalog.product(product_id, person.id).allowance


def refused(stand: Stand, person: Person, product_id: int, quantity: int = 1) -> int:
    with pytest.raises(LimitReached) as error:
        stand.buy(person, product_id, quantity)
    return error.value.left


def test_a_shared_login_sells_as_many_places_as_it_has(stand: Stand, owner: Person) -> None:
    login = limited(stand, owner, seats=2)
    for telegram_id in (5, 6):
        stand.buy(stand.rich(telegram_id=telegram_id), login)
    card = stand.shop.catalog.product(login)
    assert (card.seats_left, card.available) == (0, 0)
    with pytest.raises(OutOfStock) as error:
        stand.buy(stand.rich(telegram_id=7), login)
    assert error.value.available == 0


def test_a_new_login_has_all_its_places_and_old_buyers_keep_theirs(stand: Stand, owner: Person) -> None:
    login, ada = limited(stand, owner, seats=1), stand.rich()
    first = stand.buy(ada, login).order_id
    limited_again = product("Login", deliverable="shared_text", items=["login: c, password: d"])
    stand.bring(owner, own(limited_again))
    assert stand.shop.catalog.product(login).seats_left == 1, "a file that names no places leaves them as they are"
    stand.buy(stand.rich(telegram_id=6), login)
    assert stand.shop.orders.receipt_for(ada, first).lines[0].goods == ("login: a, password: b",)


def test_new_places_are_announced_to_those_who_asked(stand: Stand, owner: Person) -> None:
    login = limited(stand, owner, seats=1)
    stand.buy(stand.rich(), login)
    waiting = stand.visitor(6)
    stand.shop.restocks.ask(waiting, login)
    stand.shop.editor.edit(owner, Target(True, login), Field.SEATS, "3")
    assert [letter.telegram_id for letter in letters("restocked")] == [6]
    assert stand.shop.catalog.product(login).seats_left == 2


def test_one_customer_buys_no_more_than_the_limit_over_all_their_orders(stand: Stand, owner: Person) -> None:
    key, ada, bob = limited(stand, owner, per_customer=3), stand.rich(), stand.rich(telegram_id=5)
    stand.buy(ada, key, 2)
    assert (left(stand, ada, key), left(stand, bob, key)) == (1, 3)
    assert refused(stand, ada, key, 2) == 1
    stand.buy(ada, key)
    assert refused(stand, ada, key) == 0
    with pytest.raises(LimitReached) as error:
        stand.shop.carts.add(ada, key, 1)
    assert error.value.product_name == "Login"
    stand.buy(bob, key, 3)


def test_the_daily_limit_covers_24_hours(stand: Stand, owner: Person, clock: StandingClock) -> None:
    key, ada = limited(stand, owner, per_customer=3, per_day=2), stand.rich()
    stand.buy(ada, key)
    clock.pass_s(DAY_S // 2)
    stand.buy(ada, key)
    assert refused(stand, ada, key) == 0
    clock.pass_s(DAY_S // 2 - 1)
    assert refused(stand, ada, key) == 0
    clock.pass_s(1)
    stand.buy(ada, key)
    clock.pass_s(DAY_S)
    assert refused(stand, ada, key) == 0, "in all there are no more than three"


def test_refunded_units_do_not_count(stand: Stand, owner: Person) -> None:
    key, ada = limited(stand, owner, per_customer=1), stand.rich()
    line = stand.buy(ada, key).lines[0].id
    assert refused(stand, ada, key) == 0
    stand.shop.refunds.refund_line(owner, line)
    assert left(stand, ada, key) == 1
    stand.buy(ada, key)


def test_an_earlier_offer_is_refused_at_the_limit(stand: Stand, owner: Person) -> None:
    key, ada = limited(stand, owner, per_customer=1), stand.rich()
    old = stand.shop.checkout.offer_product(ada, key, 1)
    stand.buy(ada, key)
    with pytest.raises(LimitReached) as error:
        stand.shop.checkout.place(ada, old.id)
    assert error.value.left == 0
    assert stand.balance(ada) == 9000


def test_a_waiting_order_ends_at_the_limit_and_says_why(stand: Stand, owner: Person) -> None:
    key, ada = limited(stand, owner, per_customer=1), stand.visitor()
    offer = stand.shop.checkout.offer_product(ada, key, 1)
    stand.shop.waiting.wait(ada, offer.id)
    stand.shop.editor.edit(owner, Target(True, key), Field.EACH, "-")
    stand.grant(ada, "10.00")
    stand.buy(ada, key)
    stand.shop.editor.edit(owner, Target(True, key), Field.EACH, "1")
    deposit(stand, ada)
    assert not waits(stand, ada)
    assert payloads("not_ordered") == [{"minor": 1000, "reason": "limit", "name": "Login", "left": 0}]
    assert stand.balance(ada) == 1000


@pytest.mark.parametrize("limit", ["per_customer", "per_day"])
def test_ten_purchases_at_the_same_moment_stay_within_the_limit(
    stand: Stand, owner: Person, at_once: Any, limit: str
) -> None:
    key, ada = limited(stand, owner, **{limit: 3}), stand.rich()
    offers = [stand.shop.checkout.offer_product(ada, key, 1).id for _ in range(10)]
    outcomes = at_once(*(lambda offer=offer: stand.shop.checkout.place(ada, offer) for offer in offers))
    assert sum(isinstance(each, Receipt) for each in outcomes) == 3
    assert {type(each) for each in outcomes if isinstance(each, Exception)} == {LimitReached}
    assert stand.balance(ada) == 7000


def test_ten_customers_at_the_same_moment_share_the_places(stand: Stand, owner: Person, at_once: Any) -> None:
    login = limited(stand, owner, seats=4)
    people = [stand.rich("10.00", 100 + number) for number in range(10)]
    offers = [stand.shop.checkout.offer_product(person, login, 1).id for person in people]
    calls = (lambda p=p, o=o: stand.shop.checkout.place(p, o) for p, o in zip(people, offers, strict=True))
    outcomes = at_once(*calls)
    assert sum(isinstance(each, Receipt) for each in outcomes) == 4
    assert sorted(stand.balance(person) for person in people) == [0] * 4 + [1000] * 6


@pytest.mark.parametrize(("column", "quantity"), [("most_each", 3), ("most_daily", 3)])
def test_the_database_itself_refuses_a_unit_too_many(stand: Stand, owner: Person, column: str, quantity: int) -> None:
    key, ada = limited(stand, owner), stand.rich()
    stand.buy(ada, key, 2)
    with pytest.raises(IntegrityError) as error, stand.database.transaction():
        Product.change(key, **{column: 2 + quantity - 1})
        order = Order.create(customer=ada.id, key="x", total_minor=1, created_at=stand.clock())
        OrderLine.create(order=order, product_id=key, product_name="x", unit_price_minor=1, quantity=quantity)
    assert "may buy no more" in str(error.value)


def test_the_database_itself_refuses_a_buyer_without_a_place(stand: Stand, owner: Person) -> None:
    login = limited(stand, owner, seats=1)
    stand.buy(stand.rich(), login)
    with pytest.raises(IntegrityError) as error, stand.database.transaction():
        order = Order.create(customer=owner.id, key="x", total_minor=1, created_at=stand.clock())
        line = OrderLine.create(
            order=order, product_id=login, product_name="x", unit_price_minor=1, quantity=1, deliverable="shared_text"
        )
        OrderLine.attach_shared(line.id, SharedItem.get().id)
    assert "no seat is left" in str(error.value)


@pytest.mark.parametrize("form", [Form.OWN, Form.TABLE])
def test_limits_survive_export_and_import(stand: Stand, owner: Person, form: Form) -> None:
    login = limited(stand, owner, seats=5, per_customer=1, per_day=1)
    file = stand.shop.exports.export(owner, None, form).content
    stand.shop.editor.edit(owner, Target(True, login), Field.SEATS, "2")
    stand.shop.editor.edit(owner, Target(True, login), Field.DAILY, "0")
    report = stand.bring(owner, file, "goods.json" if form is Form.OWN else "goods.csv")
    row = Product.get_by_id(login)
    assert (report.changed, row.seats, row.most_each, row.most_daily) == (1, 5, 1, 1)


def test_a_table_gives_limits_in_columns_and_zero_means_none(stand: Stand, owner: Person) -> None:
    key = limited(stand, owner, per_customer=3, per_day=2)
    table = "path,name,price,per_customer,per_day\nGames > Keys,Login,10.00,0,4\n"
    stand.bring(owner, table.encode(), "goods.csv")
    row = Product.get_by_id(key)
    assert (row.most_each, row.most_daily) == (None, 4)


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        ({"per_customer": -1}, "bad_number"),
        ({"per_day": "2"}, "bad_number"),
        ({"per_day": 1.5}, "bad_number"),
        ({"per_customer": True}, "bad_number"),
        ({"per_customer": 10**7}, "bad_number"),
        ({"seats": 3, "deliverable": "unique_text"}, "bad_seats"),
    ],
)
def test_a_limit_that_makes_no_sense_is_refused(
    stand: Stand, owner: Person, limits: dict[str, Any], reason: str
) -> None:
    preview = stand.shop.imports.receive(owner, "goods.json", own(product("Login", **limits)))
    [error] = preview.refused
    assert isinstance(error, BadImport)
    assert error.reason == reason


def test_places_cannot_be_set_for_goods_that_are_sold_once(stand: Stand, owner: Person) -> None:
    key = limited(stand, owner)
    with pytest.raises(NotFound) as error:
        stand.shop.editor.edit(owner, Target(True, key), Field.SEATS, "3")
    assert error.value.args == ()
    assert json.dumps(stand.shop.catalog_tree.sheet(owner, Target(True, key)).seats) == "null"
