"""Announcements: write them, send them, follow their progress."""

from collections.abc import Callable
from dataclasses import dataclass

from bot_handlers.callbacks import member
from bot_handlers.callbacks.announcements import (
    AnnounceAgain,
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
    TypeTime,
    Unschedule,
)
from bot_handlers.screens import announcements as screens
from bot_handlers.screens.screen import plain_text, utf16_length
from bot_handlers.telegram import failures
from bot_handlers.telegram.failures import TelegramFailure
from bot_handlers.telegram.mailing import Mailing
from bot_handlers.telegram.visits import Document, Visit
from bot_handlers.updates.conversations import Chat, Dialog, Step
from locales import Languages
from shop.announcements.announcement import Announcement, AnnouncementKind, Audience, Wording
from shop.announcements.drafts import AnnouncementDraft, Announcements
from shop.announcements.sending import Broadcasts
from shop.errors.refusals import NotAnnounced
from shop.pictures import MAX_PICTURE_BYTES


@dataclass(frozen=True, slots=True)
class AnnouncementHandlers:
    """From the choice of an audience to the last message."""

    chat: Chat
    announcements: Announcements
    broadcasts: Broadcasts
    languages: Languages
    new_mailing: Callable[[], Mailing]
    clock: Callable[[], int]

    def show_all(self, visit: Visit, place: ShowAnnouncements) -> None:
        """Show a page of all announcements, and the kinds that can be written."""
        page = self.broadcasts.page(visit.person, page=place.page)
        self.chat.show(visit, screens.overview(page, visit.translator))

    def choose_audience(self, visit: Visit, choice: ChooseAudience) -> None:
        """Ask who is to get it."""
        self.chat.show(visit, screens.audiences(member(AnnouncementKind, choice.kind), visit.translator))

    def choose_readers(self, visit: Visit, choice: ChooseReaders) -> None:
        """Ask for the language of the recipients."""
        kind = member(AnnouncementKind, choice.kind)
        self.chat.show(visit, screens.readers(kind, self.languages, visit.translator))

    def choose_buyers(self, visit: Visit, choice: ChooseBuyers) -> None:
        """Ask for the product whose buyers are to get it."""
        page = self.announcements.sold(visit.person, page=choice.page)
        self.chat.show(visit, screens.buyers(member(AnnouncementKind, choice.kind), page, visit.translator))

    def begin(self, visit: Visit, choice: Compose) -> None:
        """Begin an announcement to everyone."""
        self._begin(visit, choice.kind, Audience())

    def begin_for_readers(self, visit: Visit, choice: ComposeForReaders) -> None:
        """Begin an announcement to the readers of a language."""
        self._begin(visit, choice.kind, Audience(language=choice.language))

    def begin_for_buyers(self, visit: Visit, choice: ComposeForBuyers) -> None:
        """Begin an announcement to the buyers of a product."""
        self._begin(visit, choice.kind, Audience(product_id=choice.product_id))

    def ask_text(self, visit: Visit, choice: TypeAnnouncement) -> None:
        """Ask for the text."""
        self._ask_text(visit, self.announcements.draft(visit.person, choice.announcement_id))

    def take_text(self, visit: Visit, dialog: Dialog, _text: str) -> None:
        """Take the text with its formatting, and show a preview."""
        draft = self.announcements.write(visit.person, _id_in(dialog), _wording(visit))
        self.chat.end(visit)
        self._preview(visit, draft)

    def take_photo(self, visit: Visit, dialog: Dialog, document: Document) -> None:
        """Take a photo with its caption, and show a preview."""
        picture = self.chat.fetch(visit, document, most_bytes=MAX_PICTURE_BYTES)
        draft = self.announcements.write(visit.person, _id_in(dialog), _wording(visit), picture)
        self.chat.end(visit)
        self._preview(visit, draft)

    def ask_links(self, visit: Visit, choice: TypeLinks) -> None:
        """Ask for the buttons below it."""
        draft = self.announcements.draft(visit.person, choice.announcement_id)
        screen = screens.ask_links(draft, visit.translator)
        self.chat.ask(visit, Step.ANNOUNCEMENT_LINKS, screen, announcement=str(draft.id))

    def take_links(self, visit: Visit, dialog: Dialog, text: str) -> None:
        """Take the buttons, and show a preview."""
        draft = self.announcements.add_links(visit.person, _id_in(dialog), text)
        self.chat.end(visit)
        self._preview(visit, draft)

    def choose_target(self, visit: Visit, place: PickTarget) -> None:
        """Show what a button below it can open."""
        shelf = self.announcements.shelf(visit.person, place.announcement_id, place.category_id, page=place.page)
        self.chat.show(visit, screens.targets(place.announcement_id, shelf, visit.translator))

    def link_product(self, visit: Visit, choice: LinkProduct) -> None:
        """Add a button that opens a product."""
        self._preview(visit, self.announcements.add_product(visit.person, choice.announcement_id, choice.product_id))

    def link_category(self, visit: Visit, choice: LinkCategory) -> None:
        """Add a button that opens a category."""
        draft = self.announcements.add_category(visit.person, choice.announcement_id, choice.category_id)
        self._preview(visit, draft)

    def clear_links(self, visit: Visit, choice: ClearLinks) -> None:
        """Remove all buttons."""
        self._preview(visit, self.announcements.clear_links(visit.person, choice.announcement_id))

    def ask_time(self, visit: Visit, choice: TypeTime) -> None:
        """Ask when a draft is to be sent."""
        draft = self.announcements.draft(visit.person, choice.announcement_id)
        screen = screens.ask_time(draft, self.clock(), visit.translator)
        self.chat.ask(visit, Step.ANNOUNCEMENT_TIME, screen, announcement=str(draft.id))

    def take_time(self, visit: Visit, dialog: Dialog, text: str) -> None:
        """Take the moment at which a draft is to be sent."""
        due_at = visit.translator.typed_moment(text, self.clock())
        if due_at is None:
            raise NotAnnounced("no_time")
        draft = self.announcements.schedule(visit.person, _id_in(dialog), due_at)
        self.chat.end(visit)
        self.chat.show(visit, screens.check(draft, self.languages, visit.translator))

    def unschedule(self, visit: Visit, choice: Unschedule) -> None:
        """Have a scheduled draft wait again."""
        draft = self.announcements.unschedule(visit.person, choice.announcement_id)
        self.chat.show(visit, screens.check(draft, self.languages, visit.translator))

    def begin_again(self, visit: Visit, choice: AnnounceAgain) -> None:
        """Begin a draft that says what an announcement said."""
        self._preview(visit, self.announcements.again(visit.person, choice.announcement_id))

    def show_draft(self, visit: Visit, choice: ShowAnnouncementDraft) -> None:
        """Show a preview."""
        self._preview(visit, self.announcements.draft(visit.person, choice.announcement_id))

    def discard(self, visit: Visit, choice: DiscardDraft) -> None:
        """Delete a draft."""
        self.announcements.discard(visit.person, choice.announcement_id)
        self.show_all(visit, ShowAnnouncements(0))

    def send(self, visit: Visit, choice: SendAnnouncement) -> None:
        """Send a draft; from now on, the message of the button shows how far it is."""
        self._show(visit, self.broadcasts.start(visit.person, choice.announcement_id, message_id=visit.message_id))

    def show(self, visit: Visit, choice: ShowAnnouncement) -> None:
        """Show how far an announcement is."""
        self._show(visit, self.broadcasts.one(visit.person, choice.announcement_id))

    def pause(self, visit: Visit, choice: PauseAnnouncement) -> None:
        """Pause the sending."""
        self._show(visit, self.broadcasts.pause(visit.person, choice.announcement_id))

    def go_on(self, visit: Visit, choice: GoOnAnnouncing) -> None:
        """Go on with the sending."""
        self._show(visit, self.broadcasts.go_on(visit.person, choice.announcement_id))

    def cancel(self, visit: Visit, choice: CancelAnnouncement) -> None:
        """Stop the sending for good."""
        self._show(visit, self.broadcasts.cancel(visit.person, choice.announcement_id))

    def _begin(self, visit: Visit, kind: str, audience: Audience) -> None:
        draft = self.announcements.compose(visit.person, member(AnnouncementKind, kind), audience)
        if draft.content.kind is AnnouncementKind.OWN:
            self._ask_text(visit, draft)
        else:
            self._preview(visit, draft)

    def _ask_text(self, visit: Visit, draft: AnnouncementDraft) -> None:
        screen = screens.ask_text(draft, visit.translator)
        self.chat.ask(visit, Step.ANNOUNCEMENT, screen, announcement=str(draft.id))

    def _preview(self, visit: Visit, draft: AnnouncementDraft) -> None:
        """Send a draft to its admin exactly as recipients will get it, and then ask whether to send it.

        Raises:
            NotAnnounced: Telegram does not accept it.
        """
        if draft.content.kind is AnnouncementKind.OWN and not draft.content.html:
            self._ask_text(visit, draft)
            return
        mailing = self.new_mailing()
        try:
            for screen in screens.messages(draft.content, visit.translator):
                mailing.send(visit.bot_id, visit.chat_id, screen)
        except TelegramFailure as error:
            if not failures.refused(error):
                raise
            raise NotAnnounced("not_taken") from None
        check = screens.check(draft, self.languages, visit.translator)
        self.chat.messenger.send(visit.bot_id, visit.chat_id, check)

    def _show(self, visit: Visit, status: Announcement) -> None:
        self.chat.show(visit, screens.progress(status, None, visit.translator))
        # A short one may have ended meanwhile, and its last report would then be below this screen.
        by_now = self.broadcasts.one(visit.person, status.id)
        if by_now.state is not status.state:
            self.chat.show(visit, screens.progress(by_now, None, visit.translator))


def _id_in(dialog: Dialog) -> int:
    return int(dialog.answers["announcement"])


def _wording(visit: Visit) -> Wording:
    return Wording(visit.html, utf16_length(plain_text(visit.html)))
