"""Reviews: only by buyers, once per order line, without names."""

import pytest

from shop.catalog.reviews import MAX_TEXT
from shop.errors.refusals import NotFound, TextTooLong
from storage.models import OrderLine, Outbox, Review
from tests.stand import Stand


def test_a_buyer_gives_stars_and_text_and_can_change_both(stand: Stand) -> None:
    ada = stand.visitor()
    product_id = stand.stock("A")
    line_id = stand.bought(ada, product_id)
    assert stand.shop.reviews.line(ada, line_id).stars is None
    stand.shop.reviews.rate(ada, line_id, 2)
    stand.shop.reviews.write(ada, line_id, " <b>fine</b> ")
    line = stand.shop.reviews.rate(ada, line_id, 5)
    assert (line.stars, line.text, line.product_name) == (5, "<b>fine</b>", "Key")
    page = stand.shop.reviews.of(product_id, page=7)
    assert [(each.initial, each.stars, each.text) for each in page.reviews] == [("A.", 5, "<b>fine</b>")]
    assert (page.rating.count, page.rating.tenths, page.page, page.pages) == (1, 50, 0, 1)


def test_the_average_covers_visible_reviews_and_is_rounded_down(stand: Stand) -> None:
    product_id = stand.stock("A", "B", "C")
    for number, stars in enumerate((5, 4, 4)):
        person = stand.visitor(1001 + number)
        stand.shop.reviews.rate(person, stand.bought(person, product_id), stars)
    assert stand.shop.reviews.of(product_id, page=0).rating.tenths == 43
    with stand.database.transaction():
        Review.change(1, hidden=True)
    page = stand.shop.reviews.of(product_id, page=0)
    assert (page.rating.count, page.rating.tenths, len(page.reviews)) == (2, 40, 2)


def test_nobody_can_review_what_somebody_else_bought(stand: Stand) -> None:
    ada, mallory = stand.visitor(), stand.visitor(666)
    line_id = stand.bought(ada, stand.stock("A"))
    for act in (
        lambda: stand.shop.reviews.line(mallory, line_id),
        lambda: stand.shop.reviews.rate(mallory, line_id, 1),
        lambda: stand.shop.reviews.write(mallory, line_id, "bad"),
        lambda: stand.shop.reviews.rate(ada, line_id + 1, 1),
        lambda: stand.shop.reviews.rate(ada, line_id, 0),
        lambda: stand.shop.reviews.rate(ada, line_id, 6),
        lambda: stand.shop.reviews.write(ada, line_id, "no stars yet"),
    ):
        with pytest.raises(NotFound):
            act()
    assert Review.select().count() == 0


def test_a_review_that_is_too_long_is_refused(stand: Stand) -> None:
    ada = stand.visitor()
    line_id = stand.bought(ada, stand.stock("A"))
    stand.shop.reviews.rate(ada, line_id, 4)
    with pytest.raises(TextTooLong) as refused:
        stand.shop.reviews.write(ada, line_id, "x" * (MAX_TEXT + 1))
    assert refused.value.most == MAX_TEXT


def test_twenty_simultaneous_taps_on_a_star_are_one_review_and_one_letter(stand: Stand, at_once) -> None:
    ada = stand.visitor()
    line_id = stand.bought(ada, stand.stock("A"))
    outcomes = at_once(*[lambda stars=1 + n % 5: stand.shop.reviews.rate(ada, line_id, stars) for n in range(20)])
    assert not [each for each in outcomes if isinstance(each, Exception)]
    assert Review.select().count() == 1
    assert Outbox.select().where(Outbox.kind == "admin_review").count() == 2, "one for each of two admins"


def test_the_database_refuses_a_review_by_somebody_who_did_not_buy(stand: Stand) -> None:
    ada, mallory = stand.visitor(), stand.visitor(666)
    line = OrderLine.get_by_id(stand.bought(ada, stand.stock("A")))
    forged = {"order_line_id": line.id, "product_id": line.product_id, "customer": mallory.id, "stars": 1}
    with pytest.raises(Exception, match="by who bought it"), stand.database.transaction():
        Review.create(**forged, created_at=1, changed_at=1)
