"""Reviews as admins see them, and what the writer of a hidden one is told."""

from bot_handlers.admin.callbacks_reviews import HideReview, ShowAnyReview, ShowEveryReview, UnhideReview
from bot_handlers.callbacks import AdminHome
from bot_handlers.views.catalog import pager
from bot_handlers.views.home import back_home
from bot_handlers.views.screen import Button, Screen, shortened
from locales import Translator
from shop.catalog.reviews import EveryReview, EveryReviewPage, NewReview

_MAX_LABEL = 40
_HIDDEN = "🙈 "


def page(page: EveryReviewPage, t: Translator) -> Screen:
    """Show a page of reviews, one button each."""
    rows = [
        (Button(shortened(f"{_mark(review)}{review.stars}★ {review.product}", _MAX_LABEL), ShowAnyReview(review.id)),)
        for review in page.reviews
    ]
    title = t.text("moderation" if page.reviews else "moderation.none")
    text = "\n\n".join([title, *(_words(review, t) for review in page.reviews)])
    turns = pager(page.page, page.pages, lambda number: ShowEveryReview(page.product_id, number))
    back = AdminHome() if page.product_id is None else ShowEveryReview(None, 0)
    return Screen(text, (*rows, *turns, (Button(t.text("button.back"), back), *back_home(t))))


def one(review: EveryReview, t: Translator) -> Screen:
    """Show a review and what can be done about it."""
    change = Button(t.text("button.hide_review"), HideReview(review.id))
    if review.hidden:
        change = Button(t.text("button.unhide_review"), UnhideReview(review.id))
    rows = (
        (change,),
        (Button(t.text("button.reviews_of_product"), ShowEveryReview(review.product_id, 0)),),
        (Button(t.text("button.back"), ShowEveryReview(None, 0)), *back_home(t)),
    )
    return Screen(_words(review, t), rows)


def ask_reason(review: EveryReview, t: Translator) -> Screen:
    """Ask for the reason."""
    back = (Button(t.text("button.back"), ShowAnyReview(review.id)), *back_home(t))
    return Screen(t.text("moderation.ask_reason", name=review.product), (back,))


def hidden(review: NewReview, reason: str, t: Translator) -> Screen:
    """Tell a customer that his review is hidden, and why."""
    return Screen(t.text("review.hidden", name=review.product_name, reason=reason), (back_home(t),))


def _mark(review: EveryReview) -> str:
    return _HIDDEN if review.hidden else ""


def _words(review: EveryReview, t: Translator) -> str:
    stars = _mark(review) + "★" * review.stars
    return t.text(
        "moderation.one", stars=stars, name=review.product, customer=review.customer, text=review.text
    ).strip()
