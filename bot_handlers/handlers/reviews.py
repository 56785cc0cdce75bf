"""Reviews: buyers write them, admins hide them."""

from bot_handlers.callbacks.catalog import ShowProduct, TellWhenBack
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
from bot_handlers.screens import catalog as catalog_screens
from bot_handlers.screens import reviews as reviews_screens
from bot_handlers.screens import reviews as screens
from bot_handlers.telegram.messenger import Messenger
from bot_handlers.telegram.visits import Visit
from bot_handlers.updates.conversations import Conversations, Dialog, Step
from shop.catalog.reviews import Moderation, Reviews
from shop.catalog.stock import Restocks


class ReviewHandlers:
    """Stars, words, and the wish to be told."""

    def __init__(
        self, reviews: Reviews, restocks: Restocks, *, conversations: Conversations, messenger: Messenger
    ) -> None:
        self._reviews = reviews
        self._restocks = restocks
        self._conversations = conversations
        self._messenger = messenger

    def show_reviews(self, visit: Visit, place: ShowReviews) -> None:
        """Show a page of the reviews of a product."""
        page = self._reviews.of(place.product_id, page=place.page)
        self._messenger.show(visit, reviews_screens.reviews(page, visit.translator))

    def show_line(self, visit: Visit, choice: ShowOwnLine) -> None:
        """Show what can be done about a line of an order of this customer."""
        line = self._reviews.line(visit.person, choice.line_id)
        self._messenger.show(visit, reviews_screens.own_line(line, visit.translator))

    def give_stars(self, visit: Visit, choice: GiveStars) -> None:
        """Give a line its stars."""
        line = self._reviews.rate(visit.person, choice.line_id, choice.stars)
        self._messenger.show(visit, reviews_screens.own_line(line, visit.translator))

    def type_review(self, visit: Visit, choice: TypeReview) -> None:
        """Ask for the words of a review; the next message is the answer."""
        line = self._reviews.line(visit.person, choice.line_id)
        self._conversations.ask(visit, Step.REVIEW, line=str(line.line_id))
        self._messenger.show(visit, reviews_screens.ask_review(line, visit.translator))

    def typed_review(self, visit: Visit, dialog: Dialog, text: str) -> None:
        """Take the words; what is no text is asked for again."""
        line_id = int(dialog.answers["line"])
        if not text:
            self.type_review(visit, TypeReview(line_id))
            return
        line = self._reviews.write(visit.person, line_id, text)
        self._conversations.end(visit)
        self._messenger.show(visit, reviews_screens.own_line(line, visit.translator))

    def tell_when_back(self, visit: Visit, choice: TellWhenBack) -> None:
        """Remember who wants to be told."""
        self._restocks.ask(visit.person, choice.product_id)
        back = ShowProduct(choice.product_id, 1)
        self._messenger.show(visit, catalog_screens.will_be_told(back, visit.translator))


class ModeratingHandlers:
    """The reviews as those see them who look after customers."""

    def __init__(self, moderation: Moderation, *, conversations: Conversations, messenger: Messenger) -> None:
        self._moderation = moderation
        self._conversations = conversations
        self._messenger = messenger

    def show_page(self, visit: Visit, place: ShowEveryReview) -> None:
        """Show a page of the reviews."""
        page = self._moderation.page(visit.person, place.product_id, page=place.page)
        self._messenger.show(visit, screens.page(page, visit.translator))

    def show(self, visit: Visit, choice: ShowAnyReview) -> None:
        """Show one review."""
        review = self._moderation.one(visit.person, choice.review_id)
        self._messenger.show(visit, screens.one(review, visit.translator))

    def ask_reason(self, visit: Visit, choice: HideReview) -> None:
        """Ask why it is to be hidden; the next text is the answer."""
        review = self._moderation.one(visit.person, choice.review_id)
        self._conversations.ask(visit, Step.HIDE_REVIEW, review=str(review.id))
        self._messenger.show(visit, screens.ask_reason(review, visit.translator))

    def typed_reason(self, visit: Visit, dialog: Dialog, text: str) -> None:
        """Hide the review; what is no text is asked for again."""
        review_id = int(dialog.answers["review"])
        if not text:
            self.ask_reason(visit, HideReview(review_id))
            return
        review = self._moderation.hide(visit.person, review_id, text)
        self._conversations.end(visit)
        self._messenger.show(visit, screens.one(review, visit.translator))

    def unhide(self, visit: Visit, choice: UnhideReview) -> None:
        """Show a hidden review again."""
        review = self._moderation.show(visit.person, choice.review_id)
        self._messenger.show(visit, screens.one(review, visit.translator))
