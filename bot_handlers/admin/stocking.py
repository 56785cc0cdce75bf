"""Files of goods."""

from dataclasses import replace

from bot_handlers.admin.callbacks_inventory import AskExport, CancelImport, ConfirmImport, SendExport, SendRefused
from bot_handlers.messenger import Messenger
from bot_handlers.views import imports as views
from bot_handlers.views.screen import Screen
from bot_handlers.visits import Document, Visit
from shop.assembly import Shop
from shop.catalog.exports import Form
from shop.catalog.formats.checks import MAX_FILE_BYTES
from shop.errors import BadImport, StaleScreen

LONG_BYTES = 256 * 1024
LONG_ENTRIES = 2_000
"""From here on an admin is told that it takes a moment."""


class StockingHandlers:
    """The files that admins send: a preview first, the import when they say so."""

    def __init__(self, shop: Shop, messenger: Messenger) -> None:
        self._imports = shop.imports
        self._exports = shop.exports
        self._messenger = messenger

    def receive_file(self, visit: Visit, document: Document) -> None:
        """Read a file of goods and show what it would do."""
        if document.size > MAX_FILE_BYTES:
            raise BadImport("too_large")
        t = visit.translator
        if document.size > LONG_BYTES:
            message_id = self._messenger.send(visit.bot_id, visit.chat_id, views.reading(document.name, t))
            visit = replace(visit, message_id=message_id)
        file = self._messenger.fetch(visit, document, most_bytes=MAX_FILE_BYTES)
        preview = self._imports.receive(
            visit.person,
            document.name,
            file,
            progress=lambda count: self._tell(visit, count, views.checking(count, t)),
        )
        self._messenger.show(visit, views.preview(preview, t))

    def confirm(self, visit: Visit, choice: ConfirmImport) -> None:
        """Put the good entries into the shop."""
        t, number = visit.translator, choice.import_id
        report = self._imports.confirm(
            visit.person,
            number,
            progress=lambda count: self._tell(visit, count, views.storing(number, count, t)),
        )
        self._messenger.show(visit, views.imported(report, t))

    def cancel(self, visit: Visit, choice: CancelImport) -> None:
        """Forget a file."""
        self._imports.cancel(visit.person, choice.import_id)
        self._messenger.show(visit, views.cancelled(visit.translator))

    def send_refused(self, visit: Visit, choice: SendRefused) -> None:
        """Send everything that is wrong with a file, and leave the screen as it is."""
        preview = self._imports.preview(visit.person, choice.import_id)
        parcel = views.refused_file(preview, visit.translator)
        self._messenger.deliver(visit.bot_id, visit.chat_id, parcel, as_file=True)

    def ask_export(self, visit: Visit, choice: AskExport) -> None:
        """Ask for the format of a file of what is unsold."""
        self._messenger.show(visit, views.ask_export(choice.category_id, visit.translator))

    def send_export(self, visit: Visit, choice: SendExport) -> None:
        """Send a file of what is unsold."""
        if choice.form not in {form.value for form in Form}:
            raise StaleScreen
        made = self._exports.export(visit.person, choice.category_id, Form(choice.form))
        self._messenger.deliver_file(visit.bot_id, visit.chat_id, views.exported(made, visit.translator))

    def _tell(self, visit: Visit, count: int, screen: Screen) -> None:
        """Say how far a long import is, on the message that shows it."""
        if count > LONG_ENTRIES and visit.message_id is not None:
            self._messenger.update(visit.bot_id, visit.chat_id, visit.message_id, screen)
