"""Announcements: composing and controlling them."""

from collections.abc import Callable

from bot_handlers.callbacks.announcements import (
    CancelAnnouncement,
    ChooseAudience,
    ChooseBuyers,
    ChooseReaders,
    ClearLinks,
    Compose,
    ComposeForBuyers,
    ComposeForReaders,
    DiscardDraft,
    GoOnAnnouncing,
    LinkCategory,
    LinkProduct,
    PauseAnnouncement,
    PickTarget,
    SendAnnouncement,
    ShowAnnouncement,
    ShowAnnouncementDraft,
    ShowAnnouncements,
    TypeAnnouncement,
    TypeLinks,
)
from bot_handlers.screens import announcements as screens
from bot_handlers.screens.screen import plain_text, utf16_length
from bot_handlers.telegram import failures
from bot_handlers.telegram.failures import TelegramFailure
from bot_handlers.telegram.mailing import Mailing
from bot_handlers.telegram.messenger import Messenger
from bot_handlers.telegram.visits import Document, Visit
from bot_handlers.updates.conversations import Conversations, Dialog, Step
from locales import Languages
from shop.announcements.announcement import Announcement, AnnouncementKind, Audience, Wording
from shop.announcements.drafts import AnnouncementDraft, Announcements
from shop.announcements.sending import Broadcasts
from shop.errors import FileTooLarge, NotAnnounced, StaleScreen
from shop.pictures import MAX_PICTURE_BYTES


class AnnouncementHandlers:
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

    def choose_audience(self, visit: Visit, choice: ChooseAudience) -> None:
        """Ask who gets it."""
        self._messenger.show(visit, screens.audiences(_kind(choice.kind), visit.translator))

    def choose_readers(self, visit: Visit, choice: ChooseReaders) -> None:
        """Ask for the language of the recipients."""
        self._messenger.show(visit, screens.readers(_kind(choice.kind), self._languages, visit.translator))

    def choose_buyers(self, visit: Visit, choice: ChooseBuyers) -> None:
        """Ask whose buyers get it."""
        page = self._announcements.sold(visit.person, page=choice.page)
        self._messenger.show(visit, screens.buyers(_kind(choice.kind), page, visit.translator))

    def compose(self, visit: Visit, choice: Compose) -> None:
        """Begin an announcement to everyone."""
        self._begin(visit, choice.kind, Audience())

    def compose_for_readers(self, visit: Visit, choice: ComposeForReaders) -> None:
        """Begin an announcement to the readers of a language."""
        self._begin(visit, choice.kind, Audience(language=choice.language))

    def compose_for_buyers(self, visit: Visit, choice: ComposeForBuyers) -> None:
        """Begin an announcement to the buyers of a product."""
        self._begin(visit, choice.kind, Audience(product_id=choice.product_id))

    def type_text(self, visit: Visit, choice: TypeAnnouncement) -> None:
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

    def type_links(self, visit: Visit, choice: TypeLinks) -> None:
        """Ask for the buttons below it; the next message is them."""
        draft = self._announcements.draft(visit.person, choice.announcement_id)
        self._conversations.ask(visit, Step.ANNOUNCEMENT_LINKS, announcement=str(draft.id))
        self._messenger.show(visit, screens.ask_links(draft, visit.translator))

    def typed_links(self, visit: Visit, dialog: Dialog, text: str) -> None:
        """Take buttons, and show how it looks."""
        draft = self._announcements.add_links(visit.person, _id_in(dialog), text)
        self._conversations.end(visit)
        self._preview(visit, draft)

    def pick_target(self, visit: Visit, place: PickTarget) -> None:
        """Show what of the shop a button can open."""
        shelf = self._announcements.shelf(visit.person, place.announcement_id, place.category_id, page=place.page)
        self._messenger.show(visit, screens.targets(place.announcement_id, shelf, visit.translator))

    def link_product(self, visit: Visit, choice: LinkProduct) -> None:
        """Put a button below it that opens a product."""
        self._preview(visit, self._announcements.add_product(visit.person, choice.announcement_id, choice.product_id))

    def link_category(self, visit: Visit, choice: LinkCategory) -> None:
        """Put a button below it that opens a category."""
        self._preview(
            visit, self._announcements.add_category(visit.person, choice.announcement_id, choice.category_id)
        )

    def clear_links(self, visit: Visit, choice: ClearLinks) -> None:
        """Take all buttons away."""
        self._preview(visit, self._announcements.clear_links(visit.person, choice.announcement_id))

    def show_draft(self, visit: Visit, choice: ShowAnnouncementDraft) -> None:
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
        self._messenger.show(visit, screens.ask_text(draft, visit.translator))

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
            for screen in screens.messages(draft.content, visit.translator):
                mailing.send(visit.bot_id, visit.chat_id, screen)
        except TelegramFailure as error:
            if not failures.refused(error):
                raise
            raise NotAnnounced("not_taken") from None
        self._messenger.send(visit.bot_id, visit.chat_id, screens.check(draft, self._languages, visit.translator))


def _kind(value: str) -> AnnouncementKind:
    try:
        return AnnouncementKind(value)
    except ValueError:
        raise StaleScreen from None


def _id_in(dialog: Dialog) -> int:
    return int(dialog.answers["announcement"])


def _wording(visit: Visit) -> Wording:
    return Wording(visit.html, utf16_length(plain_text(visit.html)))


class AnnouncingHandlers:
    """Everything that was announced."""

    def __init__(self, announcements: Announcements, broadcasts: Broadcasts, messenger: Messenger) -> None:
        self._announcements = announcements
        self._broadcasts = broadcasts
        self._messenger = messenger

    def show_all(self, visit: Visit, place: ShowAnnouncements) -> None:
        """Show a page of what was announced, and what can be."""
        page = self._broadcasts.page(visit.person, page=place.page)
        self._messenger.show(visit, screens.overview(page, visit.translator))

    def discard(self, visit: Visit, choice: DiscardDraft) -> None:
        """Throw a draft away."""
        self._announcements.discard(visit.person, choice.announcement_id)
        self.show_all(visit, ShowAnnouncements(0))

    def send(self, visit: Visit, choice: SendAnnouncement) -> None:
        """Send a draft; the screen of the button shows how far it is from now on."""
        self._show(visit, self._broadcasts.start(visit.person, choice.announcement_id, message_id=visit.message_id))

    def show(self, visit: Visit, choice: ShowAnnouncement) -> None:
        """Show how far an announcement is."""
        self._show(visit, self._broadcasts.one(visit.person, choice.announcement_id))

    def pause(self, visit: Visit, choice: PauseAnnouncement) -> None:
        """Stop sending for now."""
        self._show(visit, self._broadcasts.pause(visit.person, choice.announcement_id))

    def go_on(self, visit: Visit, choice: GoOnAnnouncing) -> None:
        """Go on sending."""
        self._show(visit, self._broadcasts.go_on(visit.person, choice.announcement_id))

    def cancel(self, visit: Visit, choice: CancelAnnouncement) -> None:
        """Send no more of it."""
        self._show(visit, self._broadcasts.cancel(visit.person, choice.announcement_id))

    def _show(self, visit: Visit, status: Announcement) -> None:
        self._messenger.show(visit, screens.progress(status, None, visit.translator))
        # A short one may be over by now, and its last report lie below this screen.
        by_now = self._broadcasts.one(visit.person, status.id)
        if by_now.state is not status.state:
            self._messenger.show(visit, screens.progress(by_now, None, visit.translator))
