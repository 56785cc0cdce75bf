"""Dialogs of several steps, which survive a restart, and the chat that handlers talk to people through."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from bot_handlers.callbacks import unpacked
from bot_handlers.callbacks.home import AdminHome, Home
from bot_handlers.screens.screen import Button, Parcel, Rows, Screen
from bot_handlers.telegram.messenger import Messenger
from bot_handlers.telegram.visits import Document, Visit
from locales import Translator
from shop.errors.catalog import FileTooLarge
from shop.errors.refusals import StaleScreen
from storage.database import Database
from storage.models import Conversation


class Step(Enum):
    """The answer that a dialog waits for."""

    TOP_UP_SUM = "top_up_sum"
    STAR_SUM = "star_sum"
    TRANSACTION = "transaction"
    SEARCH = "search"
    QUANTITY = "quantity"
    COUPON = "coupon"
    COUPON_TERM = "coupon_term"
    MADE = "made"
    REVIEW = "review"
    TICKET = "ticket"
    TICKET_REPLY = "ticket_reply"
    TICKET_ANSWER = "ticket_answer"
    LOOSE = "loose"
    """The customer sent something unexpected, which is kept until they choose what to do with it."""
    MANAGER = "manager"
    BOT_TOKEN = "bot_token"  # noqa: S105 - a step, not a token
    BOT_NAME = "bot_name"
    BOT_WELCOME = "bot_welcome"
    BOT_PICTURE = "bot_picture"
    CUSTOMER = "customer"
    CODE = "code"
    ADJUSTMENT = "adjustment"
    ADJUSTMENT_REASON = "adjustment_reason"
    REFUND_SUM = "refund_sum"
    CUSTOMER_NOTE = "customer_note"
    NEW_ACCOUNT = "new_account"
    ORDER_SEARCH = "order_search"
    ORDER_NOTE = "order_note"
    LETTER = "letter"
    BAN_REASON = "ban_reason"
    ANNOUNCEMENT = "announcement"
    ANNOUNCEMENT_LINKS = "announcement_links"
    ANNOUNCEMENT_TIME = "announcement_time"
    HIDE_REVIEW = "hide_review"
    OWN_TEXT = "own_text"
    SCENE = "scene"
    OPERATOR = "operator"
    GOODS_FIELD = "goods_field"
    GOODS_DRAFT = "goods_draft"
    GOODS_PIECES = "goods_pieces"
    GOODS_PICTURE = "goods_picture"
    GOODS_CATEGORY = "goods_category"


OF_CUSTOMERS = frozenset(
    {
        *(Step.TOP_UP_SUM, Step.STAR_SUM, Step.TRANSACTION, Step.SEARCH, Step.QUANTITY, Step.COUPON),
        *(Step.ORDER_NOTE, Step.REVIEW, Step.TICKET, Step.TICKET_REPLY, Step.LOOSE),
    }
)
"""The customers' steps; all others are admins'."""
_BACK, _CANCEL = "_back", "_cancel"


@dataclass(frozen=True, slots=True)
class Dialog:
    """The step that a chat's dialog is at, and the answers so far."""

    step: Step
    answers: dict[str, str]

    def ways_out(self, t: Translator) -> Rows:
        """Make the row below every refusal: back to where the question came from, and out of it."""
        back = unpacked(self.answers.get(_BACK) or Home().pack())
        cancel = self.answers.get(_CANCEL)
        end = unpacked(cancel) if cancel else Home() if self.step in OF_CUSTOMERS else AdminHome()
        return ((Button(t.text("button.back"), back), Button(t.text("button.cancel"), end)),)


def _ways_out(screen: Screen, t: Translator) -> dict[str, str]:
    """Find where Back and Cancel of a question lead; without Back, its last row leads away."""
    presses = {button.label: button.press for row in screen.rows for button in row if button.press}
    cancel = presses.pop(t.text("button.cancel"), None)
    last = next((button.press for button in (screen.rows or ((),))[-1] if button.press not in (None, cancel)), None)
    back = presses.get(t.text("button.back")) or last
    found = {_BACK: back, _CANCEL: cancel}
    return {name: press.pack() for name, press in found.items() if press is not None}


class Conversations:
    """The open dialogs, at most one for each chat."""

    def __init__(self, database: Database, *, clock: Callable[[], int]) -> None:
        self._database = database
        self._clock = clock

    def of(self, visit: Visit) -> Dialog | None:
        """Find the open dialog of a chat; None if there is none."""
        return self.at(visit.bot_id, visit.chat_id)

    def at(self, bot_id: int, chat_id: int) -> Dialog | None:
        """Find the open dialog of a chat before its person is known."""
        row = Conversation.of(bot_id, chat_id)
        return None if row is None else Dialog(Step(row.step), json.loads(row.answers))

    def ask(self, visit: Visit, step: Step, **answers: str) -> None:
        """Wait for the answer to a step, with what is known so far."""
        with self._database.transaction():
            Conversation.keep(
                visit.bot_id, visit.chat_id, step=step.value, answers=json.dumps(answers), now=self._clock()
            )

    def end(self, visit: Visit) -> None:
        """End the dialog of a chat, if there is one."""
        if Conversation.of(visit.bot_id, visit.chat_id) is None:
            return
        with self._database.transaction():
            Conversation.end(visit.bot_id, visit.chat_id)


@dataclass(frozen=True, slots=True)
class Chat:
    """A handler's way to talk to people: it shows screens, asks questions and fetches files."""

    messenger: Messenger
    conversations: Conversations

    def show(self, visit: Visit, screen: Screen, *, shown: Callable[[int], None] | None = None) -> None:
        """Show a screen in place of the one whose button was pressed, or as a new message.

        The letters' thread passes the message's id to `shown`.
        """
        self.messenger.show(visit, screen, shown=shown)

    def ask(self, visit: Visit, step: Step, screen: Screen, **answers: str) -> None:
        """Show a question; the next message is the answer to it."""
        self.conversations.ask(visit, step, **answers | _ways_out(screen, visit.translator))
        self.messenger.show(visit, screen)

    def ask_again(self, visit: Visit, dialog: Dialog, text: str) -> None:
        """Say why an answer was not accepted; the dialog stays open, with its ways out."""
        self.messenger.show(visit, Screen(text, dialog.ways_out(visit.translator)))

    def loose(self, visit: Visit, message_id: int | None) -> Dialog:
        """Find the unexpected message that a button is about; None, in older buttons: the latest one.

        Raises:
            StaleScreen: only the latest is kept, until its author has said what to do with it.
        """
        dialog = self.conversations.of(visit)
        if dialog is None or dialog.step is not Step.LOOSE:
            raise StaleScreen
        if message_id not in (None, int(dialog.answers.get("message", "0"))):
            raise StaleScreen
        return dialog

    def settle(self, visit: Visit) -> None:
        """Give the shown screens a moment to go out."""
        self.messenger.settle(visit.bot_id, visit.chat_id)

    def end(self, visit: Visit) -> None:
        """End the dialog: no answer is expected any more."""
        self.conversations.end(visit)

    def send_file(self, visit: Visit, parcel: Parcel, *, lost: Callable[[], None] = lambda: None) -> None:
        """Send a parcel as a file, or as text if no file can be sent; `lost` is called if it does not arrive."""
        self.messenger.hand_over(visit, parcel, lost=lost)

    def fetch(self, visit: Visit, document: Document, *, most_bytes: int) -> bytes:
        """Fetch a file that a person sent.

        Raises:
            FileTooLarge: it has more than `most_bytes`, so it was not fetched.
        """
        if document.size > most_bytes:
            raise FileTooLarge(largest_mb=most_bytes // 1024**2)
        return self.messenger.fetch(visit, document, most_bytes=most_bytes)
