"""Admins hide reviews, tell the writer why, and can show them again."""

import pytest

from shop.catalog.reviews import MAX_REASON, NO_RATING
from shop.errors.refusals import NotAllowed, NotFound, TextTooLong
from shop.people import Person
from tests.stand import Stand, audited, payloads


@pytest.fixture
def product_id(stand: Stand) -> int:
    """A product with a review of one star."""
    ada = stand.visitor()
    product_id = stand.stock("A", "B")
    line_id = stand.bought(ada, product_id)
    stand.shop.reviews.rate(ada, line_id, 1)
    stand.shop.reviews.write(ada, line_id, "call 555-1234")
    return product_id


def test_a_hidden_review_is_neither_shown_nor_counted_and_its_writer_is_told_why(
    stand: Stand, owner: Person, product_id: int
) -> None:
    review = stand.shop.moderation.hide(owner, 1, "No numbers, please")
    assert review.hidden
    page = stand.shop.reviews.of(product_id, page=0)
    assert (page.rating, page.reviews) == (NO_RATING, ())
    assert payloads("review_hidden", to=1001) == [{"review_id": 1, "reason": "No numbers, please"}]
    stand.shop.moderation.hide(owner, 1, "again")
    assert len(payloads("review_hidden", to=1001)) == 1
    assert [each[:2] for each in audited()] == [("review.hidden", "review 1")]


def test_an_edit_by_its_writer_does_not_bring_it_back(stand: Stand, owner: Person, product_id: int) -> None:
    stand.shop.moderation.hide(owner, 1, "No numbers, please")
    stand.shop.reviews.rate(stand.visitor(), 1, 5)
    assert stand.shop.reviews.of(product_id, page=0).reviews == ()


def test_a_review_can_be_shown_again_and_hidden_again(stand: Stand, owner: Person, product_id: int) -> None:
    moderation = stand.shop.moderation
    moderation.hide(owner, 1, "first")
    assert not moderation.show(owner, 1).hidden
    moderation.show(owner, 1)
    assert stand.shop.reviews.of(product_id, page=0).rating.count == 1
    moderation.hide(owner, 1, "second")
    assert [each["reason"] for each in payloads("review_hidden", to=1001)] == ["first", "second"]
    assert [action for action, _ in [each[:2] for each in audited()]] == [
        "review.hidden",
        "review.shown",
        "review.hidden",
    ]


def test_reviews_are_listed_newest_first_overall_and_by_product(stand: Stand, owner: Person, product_id: int) -> None:
    other = stand.stock("X", name="Other")
    for number in range(6):
        person = stand.visitor(2000 + number)
        stand.stock(f"X{number}", name="Other")
        stand.shop.reviews.rate(person, stand.bought(person, other), 4)
    moderation = stand.shop.moderation
    moderation.hide(owner, 7, "spam")
    first, last = moderation.page(owner, None, page=0), moderation.page(owner, None, page=99)
    assert [review.id for review in (*first.reviews, *last.reviews)] == [7, 6, 5, 4, 3, 2, 1]
    assert (first.reviews[0].hidden, last.page, last.pages) == (True, 1, 2)
    assert [review.product for review in moderation.page(owner, product_id, page=0).reviews] == ["Key"]
    assert moderation.page(owner, 99, page=0).reviews == ()


def test_somebody_without_the_right_to_customers_is_refused(stand: Stand, product_id: int) -> None:
    moderation, ada = stand.shop.moderation, stand.visitor()
    for act in (
        lambda: moderation.page(ada, None, page=0),
        lambda: moderation.one(ada, 1),
        lambda: moderation.hide(ada, 1, "mine"),
        lambda: moderation.show(ada, 1),
    ):
        with pytest.raises(NotAllowed):
            act()
    assert (payloads("review_hidden", to=1001), [each[:2] for each in audited()]) == ([], [])


def test_a_reason_has_a_maximum_length_and_the_review_must_exist(
    stand: Stand, owner: Person, product_id: int
) -> None:
    with pytest.raises(TextTooLong) as refused:
        stand.shop.moderation.hide(owner, 1, "x" * (MAX_REASON + 1))
    assert refused.value.most == MAX_REASON
    for act in (stand.shop.moderation.one, stand.shop.moderation.show):
        with pytest.raises(NotFound):
            act(owner, 2)
    assert not stand.shop.moderation.one(owner, 1).hidden
