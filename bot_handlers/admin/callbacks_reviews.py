"""Callback data of what admins do about reviews."""

from dataclasses import dataclass

from bot_handlers.callbacks import Callback


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
