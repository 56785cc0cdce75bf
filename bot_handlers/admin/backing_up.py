"""Backups on demand."""

from bot_handlers.admin.callbacks_backup import ShowBackups, TakeBackup
from bot_handlers.messenger import Messenger
from bot_handlers.views import backups as views
from bot_handlers.visits import Visit
from shop.administration.backups import Backups


class BackingUpHandlers:
    """How the backups are doing, and one more."""

    def __init__(self, backups: Backups, messenger: Messenger) -> None:
        self._backups = backups
        self._messenger = messenger

    def show(self, visit: Visit, _page: ShowBackups) -> None:
        """Show how the backups are doing."""
        standing = self._backups.standing(visit.person)
        self._messenger.show(visit, views.standing(standing, visit.translator))

    def take(self, visit: Visit, _page: TakeBackup) -> None:
        """Take a backup and send it as a file."""
        snapshot = self._backups.take(visit.person)
        if snapshot.can_be_sent:
            parcel = views.parcel(snapshot, snapshot.path.read_bytes(), visit.translator)
            self._messenger.deliver_file(visit.bot_id, visit.chat_id, parcel)
        else:
            self._messenger.send(visit.bot_id, visit.chat_id, views.on_the_server(snapshot, visit.translator))
