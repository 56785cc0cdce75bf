"""The owners' look at who did what."""

from bot_handlers.admin.callbacks_roles import SendAudit, ShowAudit
from bot_handlers.messenger import Messenger
from bot_handlers.views import audit as views
from bot_handlers.visits import Visit
from shop.audit import AuditLog


class AuditingHandlers:
    """The audit log, on screen and as a file."""

    def __init__(self, audit_log: AuditLog, messenger: Messenger) -> None:
        self._audit_log = audit_log
        self._messenger = messenger

    def show(self, visit: Visit, place: ShowAudit) -> None:
        """Show a page of the log."""
        page = self._audit_log.page(visit.person, page=place.page, admin_id=place.done_by)
        self._messenger.show(visit, views.page(page, visit.translator))

    def send(self, visit: Visit, choice: SendAudit) -> None:
        """Send the log as a file; where no file can be sent, as text."""
        t = visit.translator
        text = self._audit_log.csv(
            visit.person, lambda action: views.words(action, t), views.csv_head(t), admin_id=choice.done_by
        )
        self._messenger.deliver(visit.bot_id, visit.chat_id, views.file(text, t), as_file=True)
