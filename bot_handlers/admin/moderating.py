"""Reading everybody's reviews, hiding one, showing it again."""

from bot_handlers.admin.callbacks_reviews import HideReview, ShowAnyReview, ShowEveryReview, UnhideReview
from bot_handlers.conversations import Conversations, Dialog, Step
from bot_handlers.messenger import Messenger
from bot_handlers.views import moderation as views
from bot_handlers.visits import Visit
from shop.catalog.reviews import Moderation


class ModeratingHandlers:
    """The reviews as those see them who look after customers."""

    def __init__(self, moderation: Moderation, *, conversations: Conversations, messenger: Messenger) -> None:
        self._moderation = moderation
        self._conversations = conversations
        self._messenger = messenger

    def show_page(self, visit: Visit, place: ShowEveryReview) -> None:
        """Show a page of the reviews."""
        page = self._moderation.page(visit.person, place.product_id, page=place.page)
        self._messenger.show(visit, views.page(page, visit.translator))

    def show(self, visit: Visit, choice: ShowAnyReview) -> None:
        """Show one review."""
        review = self._moderation.one(visit.person, choice.review_id)
        self._messenger.show(visit, views.one(review, visit.translator))

    def ask_reason(self, visit: Visit, choice: HideReview) -> None:
        """Ask why it is to be hidden; the next text is the answer."""
        review = self._moderation.one(visit.person, choice.review_id)
        self._conversations.ask(visit, Step.HIDE_REVIEW, review=str(review.id))
        self._messenger.show(visit, views.ask_reason(review, visit.translator))

    def typed_reason(self, visit: Visit, dialog: Dialog, text: str) -> None:
        """Hide the review; what is no text is asked for again."""
        review_id = int(dialog.answers["review"])
        if not text:
            self.ask_reason(visit, HideReview(review_id))
            return
        review = self._moderation.hide(visit.person, review_id, text)
        self._conversations.end(visit)
        self._messenger.show(visit, views.one(review, visit.translator))

    def unhide(self, visit: Visit, choice: UnhideReview) -> None:
        """Show a hidden review again."""
        review = self._moderation.show(visit.person, choice.review_id)
        self._messenger.show(visit, views.one(review, visit.translator))
