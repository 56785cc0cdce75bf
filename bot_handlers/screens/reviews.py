"""Reviews, for buyers and for admins."""

from decimal import Decimal

from bot_handlers.callbacks.catalog import ShowProduct
from bot_handlers.callbacks.home import AdminHome
from bot_handlers.callbacks.orders import ShowOrder
from bot_handlers.callbacks.reviews import (
    GiveStars,
    HideReview,
    ShowAnyReview,
    ShowEveryReview,
    ShowOwnLine,
    ShowReviews,
    TypeReview,
    UnhideReview,
)
from bot_handlers.callbacks.tickets import TypeTicket
from bot_handlers.screens.screen import Button, Screen, back_button, back_home, back_row, pager, shortened
from locales import Translator
from shop.catalog.reviews import STARS, EveryReview, EveryReviewPage, NewReview, OwnLine, ReviewPage

MAX_SHOWN = 700
"""The most UTF-16 code units of a review, so that a page of reviews fits in a message."""
_MAX_LABEL = 40
_HIDDEN = "🙈 "


def reviews(page: ReviewPage, t: Translator) -> Screen:
    """Show a page of the reviews of a product, newest first."""
    back = back_row(ShowProduct(page.product_id, 1), t)
    if not page.rating.count:
        return Screen(t.text("reviews.none", name=page.product_name), (back,))
    average = t.decimal(Decimal(page.rating.tenths).scaleb(-1))
    blocks = [t.text("reviews", name=page.product_name, stars=average, count=page.rating.count)]
    for review in page.reviews:
        line = t.text(
            "reviews.one", stars="★" * review.stars, name=review.initial, text=shortened(review.text, MAX_SHOWN)
        )
        blocks.append(line.strip())
    rows = pager(page, lambda number: ShowReviews(page.product_id, number))
    return Screen("\n\n".join(blocks), (*rows, back))


def own_line(line: OwnLine, t: Translator) -> Screen:
    """Show what can be done about a line of an order."""
    parts = [t.text("own_line", name=line.product_name, number=line.order_id)]
    if line.stars is None:
        parts.append(t.text("own_line.no_stars"))
    else:
        parts.append(t.text("own_line.review", stars="★" * line.stars, text=line.text).strip())
    stars = tuple(
        Button(f"{'●' if line.stars == each else ''}{each} ★", GiveStars(line.line_id, each)) for each in STARS
    )
    words = [(Button(t.text("button.write_review"), TypeReview(line.line_id)),)] if line.stars else []
    rows = (
        stars,
        *words,
        (Button(t.text("button.report"), TypeTicket(line.line_id)),),
        back_row(ShowOrder(line.order_id), t),
    )
    return Screen("\n\n".join(parts), rows)


def ask_review(line: OwnLine, t: Translator) -> Screen:
    """Ask for the words of a review."""
    return Screen(t.text("ask_review", name=line.product_name), ((back_button(ShowOwnLine(line.line_id), t),),))


def new_review(review: NewReview, customer: str, t: Translator) -> Screen:
    """Tell an admin of a review."""
    stars = "★" * review.stars
    text = t.text("admin.review", stars=stars, name=review.product_name, customer=customer, text=review.text)
    return Screen(text.strip())


def page(page: EveryReviewPage, t: Translator) -> Screen:
    """Show a page of reviews, one button each."""
    rows = [
        (Button(shortened(f"{_mark(review)}{review.stars}★ {review.product}", _MAX_LABEL), ShowAnyReview(review.id)),)
        for review in page.reviews
    ]
    title = t.text("moderation" if page.reviews else "moderation.none")
    text = "\n\n".join([title, *(_words(review, t) for review in page.reviews)])
    turns = pager(page, lambda number: ShowEveryReview(page.product_id, number))
    back = AdminHome() if page.product_id is None else ShowEveryReview(None, 0)
    return Screen(text, (*rows, *turns, back_row(back, t)))


def one(review: EveryReview, t: Translator) -> Screen:
    """Show a review and what can be done about it."""
    change = Button(t.text("button.hide_review"), HideReview(review.id))
    if review.hidden:
        change = Button(t.text("button.unhide_review"), UnhideReview(review.id))
    rows = (
        (change,),
        (Button(t.text("button.reviews_of_product"), ShowEveryReview(review.product_id, 0)),),
        back_row(ShowEveryReview(None, 0), t),
    )
    return Screen(_words(review, t), rows)


def ask_reason(review: EveryReview, t: Translator) -> Screen:
    """Ask for the reason."""
    back = back_row(ShowAnyReview(review.id), t)
    return Screen(t.text("moderation.ask_reason", name=review.product), (back,))


def hidden(review: NewReview, reason: str, t: Translator) -> Screen:
    """Tell a customer that their review is hidden, and why."""
    return Screen(t.text("review.hidden", name=review.product_name, reason=reason), (back_home(t),))


def _mark(review: EveryReview) -> str:
    return _HIDDEN if review.hidden else ""


def _words(review: EveryReview, t: Translator) -> str:
    stars = _mark(review) + "★" * review.stars
    return t.text(
        "moderation.one", stars=stars, name=review.product, customer=review.customer, text=review.text
    ).strip()
