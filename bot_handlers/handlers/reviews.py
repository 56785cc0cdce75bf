"""Reviews: buyers write them, admins hide them."""

from dataclasses import dataclass

from bot_handlers.callbacks.orders import ShowGoodsLine
from bot_handlers.callbacks.reviews import (
    GiveStars,
    HideReview,
    RateGoods,
    ShowAnyReview,
    ShowEveryReview,
    ShowOwnLine,
    ShowReviews,
    TypeReview,
    UnhideReview,
)
from bot_handlers.screens import reviews as screens
from bot_handlers.telegram.visits import Visit
from bot_handlers.updates.conversations import Chat, Dialog, Step
from shop.catalog.reviews import Moderation, Reviews


@dataclass(frozen=True, slots=True)
class ReviewHandlers:
    """Stars and words of buyers, and what admins do about them."""

    chat: Chat
    reviews: Reviews
    moderation: Moderation

    def show_product(self, visit: Visit, place: ShowReviews) -> None:
        """Show a page of the reviews of a product."""
        page = self.reviews.of(place.product_id, page=place.page)
        self.chat.show(visit, screens.reviews(page, visit.translator))

    def show_line(self, visit: Visit, choice: ShowOwnLine) -> None:
        """Show what can be done about a line of an order of this customer."""
        line = self.reviews.line(visit.person, choice.line_id)
        self.chat.show(visit, screens.own_line(line, visit.translator))

    def give_stars(self, visit: Visit, choice: GiveStars) -> None:
        """Rate a line of an order."""
        line = self.reviews.rate(visit.person, choice.line_id, choice.stars)
        self.chat.show(visit, screens.own_line(line, visit.translator))

    def rate_goods(self, visit: Visit, choice: RateGoods) -> None:
        """Rate a line below its goods."""
        self.give_stars(visit, GiveStars(choice.line_id, choice.stars))

    def show_goods_line(self, visit: Visit, choice: ShowGoodsLine) -> None:
        """Show below delivered goods what can be done about a line."""
        self.show_line(visit, ShowOwnLine(choice.line_id))

    def ask_words(self, visit: Visit, choice: TypeReview) -> None:
        """Ask for the words of a review."""
        line = self.reviews.line(visit.person, choice.line_id)
        self.chat.ask(visit, Step.REVIEW, screens.ask_review(line, visit.translator), line=str(line.line_id))

    def take_words(self, visit: Visit, dialog: Dialog, text: str) -> None:
        """Take the words of a review."""
        line = self.reviews.write(visit.person, int(dialog.answers["line"]), text)
        self.chat.end(visit)
        self.chat.show(visit, screens.own_line(line, visit.translator))

    def show_all(self, visit: Visit, place: ShowEveryReview) -> None:
        """Show admins a page of the reviews of a product, or of all products."""
        page = self.moderation.page(visit.person, place.product_id, page=place.page)
        self.chat.show(visit, screens.page(page, visit.translator))

    def show(self, visit: Visit, choice: ShowAnyReview) -> None:
        """Show admins a review."""
        review = self.moderation.one(visit.person, choice.review_id)
        self.chat.show(visit, screens.one(review, visit.translator))

    def ask_reason(self, visit: Visit, choice: HideReview) -> None:
        """Ask why a review is to be hidden."""
        review = self.moderation.one(visit.person, choice.review_id)
        self.chat.ask(visit, Step.HIDE_REVIEW, screens.ask_reason(review, visit.translator), review=str(review.id))

    def take_reason(self, visit: Visit, dialog: Dialog, text: str) -> None:
        """Hide the review for this reason."""
        review = self.moderation.hide(visit.person, int(dialog.answers["review"]), text)
        self.chat.end(visit)
        self.chat.show(visit, screens.one(review, visit.translator))

    def unhide(self, visit: Visit, choice: UnhideReview) -> None:
        """Show a hidden review again."""
        review = self.moderation.show(visit.person, choice.review_id)
        self.chat.show(visit, screens.one(review, visit.translator))
