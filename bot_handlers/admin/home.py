"""The admins' menu."""

from bot_handlers.callbacks import AdminHome
from bot_handlers.messenger import Messenger
from bot_handlers.views import admin as views
from bot_handlers.visits import Visit


class AdminHomeHandlers:
    """The way in for those who look after the shop."""

    def __init__(self, messenger: Messenger) -> None:
        self._messenger = messenger

    def show(self, visit: Visit, _page: AdminHome) -> None:
        """Show what this admin may look after."""
        self._messenger.show(visit, views.home(visit.person.rights, visit.translator))
