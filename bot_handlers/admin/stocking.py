"""Files of goods."""

from bot_handlers.messenger import Messenger
from bot_handlers.views import admin as views
from bot_handlers.visits import Document, Visit
from shop.errors import BadImport
from shop.goods_files import MAX_FILE_BYTES
from shop.inventory import Inventory


class StockingHandlers:
    """The files that admins send."""

    def __init__(self, inventory: Inventory, messenger: Messenger) -> None:
        self._inventory = inventory
        self._messenger = messenger

    def receive_file(self, visit: Visit, document: Document) -> None:
        """Put a file of goods in stock."""
        if document.size > MAX_FILE_BYTES:
            raise BadImport("too_large")
        file = self._messenger.fetch(visit, document, most_bytes=MAX_FILE_BYTES)
        report = self._inventory.import_json(visit.person, file)
        self._messenger.show(visit, views.imported(report, visit.translator))
