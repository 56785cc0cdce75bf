"""Announcements on their way: send, watch, pause, go on, cancel."""

from bot_handlers.admin import callbacks_announcements as cb
from bot_handlers.messenger import Messenger
from bot_handlers.views import announcements as views
from bot_handlers.visits import Visit
from shop.announcements.announcement import Announcement
from shop.announcements.drafts import Announcements
from shop.announcements.sending import Broadcasts


class AnnouncingHandlers:
    """Everything that was announced."""

    def __init__(self, announcements: Announcements, broadcasts: Broadcasts, messenger: Messenger) -> None:
        self._announcements = announcements
        self._broadcasts = broadcasts
        self._messenger = messenger

    def show_all(self, visit: Visit, place: cb.ShowAnnouncements) -> None:
        """Show a page of what was announced, and what can be."""
        page = self._broadcasts.page(visit.person, page=place.page)
        self._messenger.show(visit, views.overview(page, visit.translator))

    def discard(self, visit: Visit, choice: cb.DiscardDraft) -> None:
        """Throw a draft away."""
        self._announcements.discard(visit.person, choice.announcement_id)
        self.show_all(visit, cb.ShowAnnouncements(0))

    def send(self, visit: Visit, choice: cb.SendAnnouncement) -> None:
        """Send a draft; the screen of the button shows how far it is from now on."""
        self._show(visit, self._broadcasts.start(visit.person, choice.announcement_id, message_id=visit.message_id))

    def show(self, visit: Visit, choice: cb.ShowAnnouncement) -> None:
        """Show how far an announcement is."""
        self._show(visit, self._broadcasts.one(visit.person, choice.announcement_id))

    def pause(self, visit: Visit, choice: cb.PauseAnnouncement) -> None:
        """Stop sending for now."""
        self._show(visit, self._broadcasts.pause(visit.person, choice.announcement_id))

    def go_on(self, visit: Visit, choice: cb.GoOnAnnouncing) -> None:
        """Go on sending."""
        self._show(visit, self._broadcasts.go_on(visit.person, choice.announcement_id))

    def cancel(self, visit: Visit, choice: cb.CancelAnnouncement) -> None:
        """Send no more of it."""
        self._show(visit, self._broadcasts.cancel(visit.person, choice.announcement_id))

    def _show(self, visit: Visit, status: Announcement) -> None:
        self._messenger.show(visit, views.progress(status, None, visit.translator))
        # A short one may be over by now, and its last report lie below this screen.
        by_now = self._broadcasts.one(visit.person, status.id)
        if by_now.state is not status.state:
            self._messenger.show(visit, views.progress(by_now, None, visit.translator))
