"""What a customer does about what he bought, and about what he could not buy yet."""

from bot_handlers.callbacks import ShowProduct
from bot_handlers.callbacks_around import GiveStars, ShowOwnLine, ShowReviews, TellWhenBack, TypeReview
from bot_handlers.conversations import Conversations, Dialog, Step
from bot_handlers.messenger import Messenger
from bot_handlers.views import reviews as views
from bot_handlers.visits import Visit
from shop.catalog.reviews import Reviews
from shop.catalog.stock import Restocks


class ReviewingHandlers:
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
        self._messenger.show(visit, views.reviews(page, visit.translator))

    def show_line(self, visit: Visit, choice: ShowOwnLine) -> None:
        """Show what can be done about a line of an order of this customer."""
        line = self._reviews.line(visit.person, choice.line_id)
        self._messenger.show(visit, views.own_line(line, visit.translator))

    def give_stars(self, visit: Visit, choice: GiveStars) -> None:
        """Give a line its stars."""
        line = self._reviews.rate(visit.person, choice.line_id, choice.stars)
        self._messenger.show(visit, views.own_line(line, visit.translator))

    def type_review(self, visit: Visit, choice: TypeReview) -> None:
        """Ask for the words of a review; the next message is the answer."""
        line = self._reviews.line(visit.person, choice.line_id)
        self._conversations.ask(visit, Step.REVIEW, line=str(line.line_id))
        self._messenger.show(visit, views.ask_review(line, visit.translator))

    def typed_review(self, visit: Visit, dialog: Dialog, text: str) -> None:
        """Take the words; what is no text is asked for again."""
        line_id = int(dialog.answers["line"])
        if not text:
            self.type_review(visit, TypeReview(line_id))
            return
        line = self._reviews.write(visit.person, line_id, text)
        self._conversations.end(visit)
        self._messenger.show(visit, views.own_line(line, visit.translator))

    def tell_when_back(self, visit: Visit, choice: TellWhenBack) -> None:
        """Remember who wants to be told."""
        self._restocks.ask(visit.person, choice.product_id)
        back = ShowProduct(choice.product_id, 1)
        self._messenger.show(visit, views.will_be_told(back, visit.translator))
