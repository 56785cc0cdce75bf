"""Announcements before they are sent: to whom, what, with which buttons, and how it looks."""

from collections.abc import Callable

from bot_handlers import failures
from bot_handlers.admin import callbacks_announcements as cb
from bot_handlers.conversations import Conversations, Dialog, Step
from bot_handlers.failures import TelegramFailure
from bot_handlers.mailing import Mailing
from bot_handlers.messenger import Messenger
from bot_handlers.views import announcements as views
from bot_handlers.views.screen import plain_text, utf16_length
from bot_handlers.visits import Document, Visit
from locales import Languages
from shop.announcements.announcement import AnnouncementKind, Audience, Wording
from shop.announcements.drafts import AnnouncementDraft, Announcements
from shop.errors import FileTooLarge, NotAnnounced, StaleScreen
from shop.pictures import MAX_PICTURE_BYTES


class ComposingHandlers:
    """Drafts of announcements."""

    def __init__(
        self,
        announcements: Announcements,
        *,
        conversations: Conversations,
        messenger: Messenger,
        languages: Languages,
        new_mailing: Callable[[], Mailing],
    ) -> None:
        self._announcements = announcements
        self._conversations = conversations
        self._messenger = messenger
        self._languages = languages
        self._new_mailing = new_mailing

    def choose_audience(self, visit: Visit, choice: cb.ChooseAudience) -> None:
        """Ask who gets it."""
        self._messenger.show(visit, views.audiences(_kind(choice.kind), visit.translator))

    def choose_readers(self, visit: Visit, choice: cb.ChooseReaders) -> None:
        """Ask for the language of the recipients."""
        self._messenger.show(visit, views.readers(_kind(choice.kind), self._languages, visit.translator))

    def choose_buyers(self, visit: Visit, choice: cb.ChooseBuyers) -> None:
        """Ask whose buyers get it."""
        page = self._announcements.sold(visit.person, page=choice.page)
        self._messenger.show(visit, views.buyers(_kind(choice.kind), page, visit.translator))

    def compose(self, visit: Visit, choice: cb.Compose) -> None:
        """Begin an announcement to everyone."""
        self._begin(visit, choice.kind, Audience())

    def compose_for_readers(self, visit: Visit, choice: cb.ComposeForReaders) -> None:
        """Begin an announcement to the readers of a language."""
        self._begin(visit, choice.kind, Audience(language=choice.language))

    def compose_for_buyers(self, visit: Visit, choice: cb.ComposeForBuyers) -> None:
        """Begin an announcement to the buyers of a product."""
        self._begin(visit, choice.kind, Audience(product_id=choice.product_id))

    def type_text(self, visit: Visit, choice: cb.TypeAnnouncement) -> None:
        """Ask for the text; the next message is it."""
        self._ask_text(visit, self._announcements.draft(visit.person, choice.announcement_id))

    def typed_text(self, visit: Visit, dialog: Dialog, _text: str) -> None:
        """Take the text with its formatting, and show how it looks."""
        draft = self._announcements.write(visit.person, _id_in(dialog), _wording(visit))
        self._conversations.end(visit)
        self._preview(visit, draft)

    def sent_photo(self, visit: Visit, dialog: Dialog, document: Document) -> None:
        """Take a photo with its caption, and show how it looks."""
        if document.size > MAX_PICTURE_BYTES:
            raise FileTooLarge(largest_mb=MAX_PICTURE_BYTES // 1024**2)
        picture = self._messenger.fetch(visit, document, most_bytes=MAX_PICTURE_BYTES)
        draft = self._announcements.write(visit.person, _id_in(dialog), _wording(visit), picture)
        self._conversations.end(visit)
        self._preview(visit, draft)

    def type_links(self, visit: Visit, choice: cb.TypeLinks) -> None:
        """Ask for the buttons below it; the next message is them."""
        draft = self._announcements.draft(visit.person, choice.announcement_id)
        self._conversations.ask(visit, Step.ANNOUNCEMENT_LINKS, announcement=str(draft.id))
        self._messenger.show(visit, views.ask_links(draft, visit.translator))

    def typed_links(self, visit: Visit, dialog: Dialog, text: str) -> None:
        """Take buttons, and show how it looks."""
        draft = self._announcements.add_links(visit.person, _id_in(dialog), text)
        self._conversations.end(visit)
        self._preview(visit, draft)

    def pick_target(self, visit: Visit, place: cb.PickTarget) -> None:
        """Show what of the shop a button can open."""
        shelf = self._announcements.shelf(visit.person, place.announcement_id, place.category_id, page=place.page)
        self._messenger.show(visit, views.targets(place.announcement_id, shelf, visit.translator))

    def link_product(self, visit: Visit, choice: cb.LinkProduct) -> None:
        """Put a button below it that opens a product."""
        self._preview(visit, self._announcements.add_product(visit.person, choice.announcement_id, choice.product_id))

    def link_category(self, visit: Visit, choice: cb.LinkCategory) -> None:
        """Put a button below it that opens a category."""
        self._preview(
            visit, self._announcements.add_category(visit.person, choice.announcement_id, choice.category_id)
        )

    def clear_links(self, visit: Visit, choice: cb.ClearLinks) -> None:
        """Take all buttons away."""
        self._preview(visit, self._announcements.clear_links(visit.person, choice.announcement_id))

    def show_draft(self, visit: Visit, choice: cb.ShowDraft) -> None:
        """Show how it looks."""
        self._preview(visit, self._announcements.draft(visit.person, choice.announcement_id))

    def _begin(self, visit: Visit, kind: str, audience: Audience) -> None:
        draft = self._announcements.compose(visit.person, _kind(kind), audience)
        if draft.content.kind is AnnouncementKind.OWN:
            self._ask_text(visit, draft)
        else:
            self._preview(visit, draft)

    def _ask_text(self, visit: Visit, draft: AnnouncementDraft) -> None:
        self._conversations.ask(visit, Step.ANNOUNCEMENT, announcement=str(draft.id))
        self._messenger.show(visit, views.ask_text(draft, visit.translator))

    def _preview(self, visit: Visit, draft: AnnouncementDraft) -> None:
        """Send it to its admin the way that recipients get it, and ask below whether to send it.

        Raises:
            NotAnnounced: Telegram does not take it.
        """
        if draft.content.kind is AnnouncementKind.OWN and not draft.content.html:
            self._ask_text(visit, draft)
            return
        mailing = self._new_mailing()
        try:
            for screen in views.messages(draft.content, visit.translator):
                mailing.send(visit.bot_id, visit.chat_id, screen)
        except TelegramFailure as error:
            if not failures.refused(error):
                raise
            raise NotAnnounced("not_taken") from None
        self._messenger.send(visit.bot_id, visit.chat_id, views.check(draft, self._languages, visit.translator))


def _kind(value: str) -> AnnouncementKind:
    try:
        return AnnouncementKind(value)
    except ValueError:
        raise StaleScreen from None


def _id_in(dialog: Dialog) -> int:
    return int(dialog.answers["announcement"])


def _wording(visit: Visit) -> Wording:
    return Wording(visit.html, utf16_length(plain_text(visit.html)))
