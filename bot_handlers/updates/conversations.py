"""Multi-step dialogs, kept in the database, so that a restart loses nobody's place."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from bot_handlers.telegram.visits import Visit
from storage.database import Database
from storage.models import Conversation


class Step(Enum):
    """What a dialog waits for."""

    TOP_UP_SUM = "top_up_sum"
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
    MANAGER = "manager"
    CUSTOMER = "customer"
    CODE = "code"
    ADJUSTMENT = "adjustment"
    ADJUSTMENT_REASON = "adjustment_reason"
    LETTER = "letter"
    BAN_REASON = "ban_reason"
    ANNOUNCEMENT = "announcement"
    ANNOUNCEMENT_LINKS = "announcement_links"
    HIDE_REVIEW = "hide_review"
    OWN_TEXT = "own_text"
    SCENE = "scene"
    GOODS_FIELD = "goods_field"
    GOODS_DRAFT = "goods_draft"
    GOODS_PIECES = "goods_pieces"
    GOODS_PICTURE = "goods_picture"
    GOODS_CATEGORY = "goods_category"


@dataclass(frozen=True, slots=True)
class Dialog:
    """Where a chat's dialog stands, and what was answered so far."""

    step: Step
    answers: dict[str, str]


class Conversations:
    """The open dialogs, at most one per chat."""

    def __init__(self, database: Database, *, clock: Callable[[], int]) -> None:
        self._database = database
        self._clock = clock

    def of(self, visit: Visit) -> Dialog | None:
        """Find the dialog of a chat; None when the chat is in none."""
        row = Conversation.of(visit.bot_id, visit.chat_id)
        return None if row is None else Dialog(Step(row.step), json.loads(row.answers))

    def ask(self, visit: Visit, step: Step, **answers: str) -> None:
        """Wait for an answer to this step."""
        with self._database.transaction():
            Conversation.keep(
                visit.bot_id, visit.chat_id, step=step.value, answers=json.dumps(answers), now=self._clock()
            )

    def end(self, visit: Visit) -> None:
        """Leave a dialog, if there is one: any button and any command does."""
        if Conversation.of(visit.bot_id, visit.chat_id) is None:
            return
        with self._database.transaction():
            Conversation.end(visit.bot_id, visit.chat_id)
