"""Buttons of reviews, for buyers and for admins."""

from dataclasses import dataclass

from bot_handlers.callbacks import Callback


@dataclass(frozen=True, slots=True)
class ShowReviews(Callback):
    """Show a page of the reviews of a product."""

    prefix = "reviews"
    product_id: "int"
    page: "int"


@dataclass(frozen=True, slots=True)
class ShowOwnLine(Callback):
    """Show what can be done about a line of an order: review it, report a problem."""

    prefix = "bought"
    line_id: "int"


@dataclass(frozen=True, slots=True)
class GiveStars(Callback):
    """Give a line of an order its stars."""

    prefix = "stars"
    line_id: "int"
    stars: "int"


@dataclass(frozen=True, slots=True)
class TypeReview(Callback):
    """Ask for the words of a review."""

    prefix = "opinion"
    line_id: "int"


@dataclass(frozen=True, slots=True)
class ShowEveryReview(Callback):
    """Show a page of the reviews of a product; without one, of all."""

    prefix = "allreviews"
    product_id: "int | None"
    page: "int"


@dataclass(frozen=True, slots=True)
class ShowAnyReview(Callback):
    """Show one review and what can be done about it."""

    prefix = "anyreview"
    review_id: "int"


@dataclass(frozen=True, slots=True)
class HideReview(Callback):
    """Ask why a review is to be hidden."""

    prefix = "hidereview"
    review_id: "int"


@dataclass(frozen=True, slots=True)
class UnhideReview(Callback):
    """Show a hidden review again."""

    prefix = "unhide"
    review_id: "int"
