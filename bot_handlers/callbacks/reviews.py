"""Buttons of reviews, for buyers and for admins."""

from typing import ClassVar

from bot_handlers.callbacks import Callback, button


@button("reviews")
class ShowReviews(Callback):
    """Show a page of the reviews of a product."""

    product_id: int
    page: int


@button("bought")
class ShowOwnLine(Callback):
    """Show the actions for an order line: review it, report a problem."""

    line_id: int


@button("stars")
class GiveStars(Callback):
    """Rate a line of an order."""

    line_id: int
    stars: int


@button("rate")
class RateGoods(Callback):
    """Rate a line of an order below its goods, which stay as they are."""

    line_id: int
    stars: int
    below: ClassVar[bool] = True


@button("opinion")
class TypeReview(Callback):
    """Ask for the words of a review."""

    line_id: int


@button("allreviews")
class ShowEveryReview(Callback):
    """Show a page of the reviews of a product; without one, of all."""

    product_id: int | None
    page: int


@button("anyreview")
class ShowAnyReview(Callback):
    """Show one review and what can be done about it."""

    review_id: int


@button("hidereview")
class HideReview(Callback):
    """Ask why a review should be hidden."""

    review_id: int


@button("unhide")
class UnhideReview(Callback):
    """Show a hidden review again."""

    review_id: int
