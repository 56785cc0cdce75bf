"""Goods made to order, as admins hand them over."""

from bot_handlers.callbacks.orders import MakeLine
from bot_handlers.screens import orders as screens
from bot_handlers.telegram.messenger import Messenger
from bot_handlers.telegram.visits import Document, Visit
from bot_handlers.updates.conversations import Conversations, Dialog, Step
from shop.errors import FileTooLarge
from shop.sales.delivery import MAX_FILE_BYTES, Delivery

MAX_FILE_NAME = 120


class OrderHandlers:
    """From the order to the hands of its buyer."""

    def __init__(self, delivery: Delivery, *, conversations: Conversations, messenger: Messenger) -> None:
        self._delivery = delivery
        self._conversations = conversations
        self._messenger = messenger

    def ask(self, visit: Visit, choice: MakeLine) -> None:
        """Ask for what was made; the next text or file is the answer."""
        line = self._delivery.to_make(visit.person, choice.line_id)
        self._conversations.ask(visit, Step.MADE, line=str(line.line_id))
        self._messenger.show(visit, screens.ask_made(line, visit.translator))

    def typed(self, visit: Visit, dialog: Dialog, text: str) -> None:
        """Hand a text over; what is no text is asked for again."""
        if not text:
            self.ask(visit, MakeLine(int(dialog.answers["line"])))
            return
        line = self._delivery.deliver(visit.person, int(dialog.answers["line"]), text)
        self._conversations.end(visit)
        self._messenger.show(visit, screens.made(line, visit.translator))

    def sent_file(self, visit: Visit, dialog: Dialog, document: Document) -> None:
        """Hand a file over."""
        line = self._delivery.to_make(visit.person, int(dialog.answers["line"]))
        if document.size > MAX_FILE_BYTES:
            raise FileTooLarge(largest_mb=MAX_FILE_BYTES // 1024**2)
        content = self._messenger.fetch(visit, document, most_bytes=MAX_FILE_BYTES)
        name = document.name.replace("/", "_").replace("\\", "_")[-MAX_FILE_NAME:] or f"order-{line.order_id}"
        self._delivery.deliver(visit.person, line.line_id, name, file=content)
        self._conversations.end(visit)
        self._messenger.show(visit, screens.made(line, visit.translator))
