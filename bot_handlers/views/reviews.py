"""Stars, words, and who waits for goods."""

from decimal import Decimal

from bot_handlers.callbacks import Callback, ShowOrder, ShowProduct, ShowShelf
from bot_handlers.callbacks_around import GiveStars, ShowOwnLine, ShowReviews, TypeReview, TypeTicket
from bot_handlers.views.catalog import pager
from bot_handlers.views.home import back_home
from bot_handlers.views.screen import Button, Screen, shortened
from locales import Translator
from shop.catalog.reviews import STARS, NewReview, OwnLine, ReviewPage
from shop.catalog.storefront import ProductCard

MAX_SHOWN = 700
"""UTF-16 code units of a review: a page of them fits in a message."""


def reviews(page: ReviewPage, t: Translator) -> Screen:
    """Show a page of the reviews of a product, newest first."""
    back = (Button(t.text("button.back"), ShowProduct(page.product_id, 1)), *back_home(t))
    if not page.rating.count:
        return Screen(t.text("reviews.none", name=page.product_name), (back,))
    average = t.decimal(Decimal(page.rating.tenths).scaleb(-1))
    blocks = [t.text("reviews", name=page.product_name, stars=average, count=page.rating.count)]
    for review in page.reviews:
        line = t.text(
            "reviews.one", stars="★" * review.stars, name=review.initial, text=shortened(review.text, MAX_SHOWN)
        )
        blocks.append(line.strip())
    rows = pager(page.page, page.pages, lambda number: ShowReviews(page.product_id, number))
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
        (Button(t.text("button.back"), ShowOrder(line.order_id)), *back_home(t)),
    )
    return Screen("\n\n".join(parts), rows)


def ask_review(line: OwnLine, t: Translator) -> Screen:
    """Ask for the words of a review."""
    return Screen(
        t.text("ask_review", name=line.product_name), ((Button(t.text("button.back"), ShowOwnLine(line.line_id)),),)
    )


def will_be_told(back: Callback, t: Translator) -> Screen:
    """Say that somebody will be told."""
    return Screen(t.text("restock.noted"), ((Button(t.text("button.back"), back), *back_home(t)),))


def restocked(card: ProductCard, t: Translator) -> Screen:
    """Tell somebody that a product is back."""
    rows = (
        (Button(t.text("button.to_product"), ShowProduct(card.id, 1)),),
        (Button(t.text("button.shop"), ShowShelf(None, 0)), *back_home(t)),
    )
    return Screen(t.text("restock.back", name=card.name, price=card.price), rows)


def new_review(review: NewReview, customer: str, t: Translator) -> Screen:
    """Tell an admin of a review."""
    stars = "★" * review.stars
    text = t.text("admin.review", stars=stars, name=review.product_name, customer=customer, text=review.text)
    return Screen(text.strip())
