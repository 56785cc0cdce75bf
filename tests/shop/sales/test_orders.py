"""Buyers can always see their purchases, and nobody else can."""

import pytest

from shop.errors.refusals import NotFound
from shop.people import Person
from tests.stand import ADMIN, Stand


def bought(stand: Stand, person: Person, count: int) -> list[int]:
    """Make some orders; return their ids, oldest first."""
    stand.grant(person, f"{count * 10}.00")
    key = stand.stock(*(f"{person.telegram_id}-{number}" for number in range(count)), name=f"Key {person.id}")
    offers = [stand.shop.checkout.offer_product(person, key, 1) for _ in range(count)]
    return [stand.shop.checkout.place(person, offer.id).order_id for offer in offers]


@pytest.mark.parametrize(
    ("count", "sizes"), [(0, [0]), (1, [1]), (8, [8]), (9, [8, 1]), (16, [8, 8]), (17, [8, 8, 1])]
)
def test_every_order_is_on_exactly_one_page_newest_first(stand: Stand, count: int, sizes: list[int]) -> None:
    person = stand.visitor()
    ids = bought(stand, person, count) if count else []
    pages = [stand.shop.orders.history(person, page=number) for number in range(len(sizes))]
    assert [len(page.orders) for page in pages] == sizes
    assert [order.id for page in pages for order in page.orders] == ids[::-1]
    assert {(page.page, page.pages) for page in pages} == {(number, len(sizes)) for number in range(len(sizes))}


@pytest.mark.parametrize(("asked", "shown"), [(-1, 0), (99, 1), (10**17, 1)])
def test_a_forged_page_shows_the_nearest_one(stand: Stand, asked: int, shown: int) -> None:
    person = stand.visitor()
    bought(stand, person, 9)
    assert stand.shop.orders.history(person, page=asked).page == shown


def test_an_order_is_found_again_with_its_goods(stand: Stand) -> None:
    person = stand.visitor()
    [order_id] = bought(stand, person, 1)
    receipt = stand.shop.orders.receipt_for(person, order_id)
    assert [line.goods for line in receipt.lines] == [("1001-0",)]
    summary = stand.shop.orders.history(person, page=0).orders[0]
    assert (summary.title, summary.quantity, summary.total) == (f"Key {person.id}", 1, stand.usd("10"))


def test_somebody_elses_order_and_a_forged_one_are_not_found(stand: Stand) -> None:
    owner, thief = stand.visitor(), stand.visitor(5)
    [order_id] = bought(stand, owner, 1)
    for number in (order_id, 0, -1, 10**17):
        with pytest.raises(NotFound) as refused:
            stand.shop.orders.receipt_for(thief, number)
        assert refused.value.args == ()
    assert stand.shop.orders.history(thief, page=0).orders == ()


def test_the_history_shows_what_was_refunded_of_an_order_and_of_no_other(stand: Stand) -> None:
    admin, person = stand.visitor(ADMIN), stand.visitor()
    receipt = stand.sell(person, "Key", "Map")
    bought(stand, person, 1)
    stand.shop.refunds.refund_line(admin, receipt.lines[0].id)
    assert [order.refunded for order in stand.shop.orders.history(person, page=0).orders] == [
        stand.usd("0"),
        stand.usd("10"),
    ]
