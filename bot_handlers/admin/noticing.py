"""What admins want to be told of."""

from bot_handlers.admin.callbacks_notices import ShowNotices, SwitchNotice
from bot_handlers.messenger import Messenger
from bot_handlers.views import notices as views
from bot_handlers.visits import Visit
from shop.administration.notifications import Notification, NotificationSettings
from shop.errors import StaleScreen


class NoticingHandlers:
    """The switches of the notices, for each admin his own."""

    def __init__(self, notices: NotificationSettings, messenger: Messenger) -> None:
        self._notices = notices
        self._messenger = messenger

    def show(self, visit: Visit, _page: ShowNotices) -> None:
        """Show what this admin is told of."""
        self._messenger.show(visit, views.switches(self._notices.of(visit.person), visit.translator))

    def switch(self, visit: Visit, choice: SwitchNotice) -> None:
        """Switch a notice on or off."""
        try:
            notice = Notification(choice.notice)
        except ValueError:
            raise StaleScreen from None
        self._notices.switch(visit.person, notice, on=bool(choice.on))
        self.show(visit, ShowNotices())
