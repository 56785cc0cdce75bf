"""Leads an update to its handler."""

import json
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from telebot import TeleBot
from telebot.types import CallbackQuery, Message, PhotoSize
from telebot.types import Document as SentDocument

from bot_handlers.callbacks import Callback
from bot_handlers.telegram.setup import command_in
from bot_handlers.telegram.visits import Document, Visit, person_meant
from bot_handlers.updates.boundary import Boundary
from bot_handlers.updates.conversations import Conversations, Dialog, Step
from shop.customers import Customers
from shop.errors import NotAllowed, SecondFactorNeeded, StaleScreen
from shop.people import Right

Route = Callable[[Visit, Any], None]
"""What the press of a button does; the second argument is its callback data."""
Answer = Callable[[Visit, Dialog, str], None]
"""What a typed text does in the middle of a dialog."""
FileAnswer = Callable[[Visit, Dialog, Document], None]
"""What a file or a photo does in the middle of a dialog."""


_ALBUMS = 1_000
"""The albums that came last, one a chat."""


class Prover(Protocol):
    """Asks for a second factor; what was refused for want of it goes on after the code."""

    def ask(self, visit: Visit, needed: SecondFactorNeeded, errand: dict[str, str]) -> None:
        """Ask for a code; `errand` says what goes on afterwards."""
        ...


@dataclass(frozen=True, slots=True)
class Routes:
    """What every button, every dialog step and every menu word leads to.

    The right of an admin's route is None where any right will do.
    """

    start: Callable[[Visit], None]
    receive_file: Callable[[Visit, Document], None]
    prover: Prover
    presses: Mapping[type[Callback], Route]
    answers: Mapping[Step, Answer]
    menu_words: Mapping[str, Callback]
    admin_presses: Mapping[type[Callback], tuple[Right | None, Route]]
    admin_answers: Mapping[Step, tuple[Right | None, Answer]]
    file_answers: Mapping[Step, tuple[Right, FileAnswer]]
    person_answers: frozenset[Step]


class Router:
    """Leads an update to its handler. Buttons and menu words work in the middle of any dialog and end it."""

    def __init__(
        self, routes: Routes, customers: Customers, boundary: Boundary, conversations: Conversations
    ) -> None:
        self._customers = customers
        self._boundary = boundary
        self._conversations = conversations
        self._start = routes.start
        self._receive_file = routes.receive_file
        self._proving = routes.prover
        self._presses = routes.presses
        self._answers = routes.answers
        self._menu_words = routes.menu_words
        self._admin_presses = routes.admin_presses
        self._admin_answers = routes.admin_answers
        self._file_answers = routes.file_answers
        self._person_answers = routes.person_answers
        self._albums: OrderedDict[int, str] = OrderedDict()
        self._by_prefix = {callback.prefix: callback for callback in (*self._presses, *self._admin_presses)}

    def register(self, bot: TeleBot) -> None:
        """Give a bot its handlers."""
        bot_id = bot.bot_id
        bot.register_message_handler(
            lambda message: self._boundary.message(bot_id, message, lambda visit: self._message(visit, message)),
            content_types=["text", "document", "photo", "audio", "video", "voice", "sticker", "location", "contact"],
        )
        bot.register_callback_query_handler(
            lambda query: self._boundary.press(bot_id, query, lambda visit: self._press(visit, query)),
            func=lambda _query: True,
        )
        bot.register_my_chat_member_handler(self._boundary.membership, func=lambda _change: True)

    def _press(self, visit: Visit, query: CallbackQuery) -> None:
        self._pressed(visit, query.data or "")

    def _pressed(self, visit: Visit, data: str) -> None:
        """Do what a button says; where that takes a code, it goes on after the code."""
        try:
            self._lead(visit, data)
        except SecondFactorNeeded as needed:
            self._proving.ask(visit, needed, {"press": data})

    def _lead(self, visit: Visit, data: str) -> None:
        callback = self._by_prefix.get(data.partition(":")[0])
        if callback is None:
            raise StaleScreen
        press = callback.unpack(data)
        route = self._route(visit, callback)
        self._conversations.end(visit)
        route(visit, press)

    def _route(self, visit: Visit, callback: type[Callback]) -> Route:
        if callback in self._presses:
            return self._presses[callback]
        right, route = self._admin_presses[callback]
        self._require(visit, right)
        return route

    def _require(self, visit: Visit, right: Right | None) -> None:
        """Check a right at the route; the shop checks it again."""
        if right is not None:
            self._customers.require(visit.person, right)
        elif not visit.person.is_admin:
            raise NotAllowed

    def _go_on(self, visit: Visit, errand: dict[str, str]) -> None:
        """Do what a code was asked for."""
        if "press" in errand:
            self._pressed(visit, errand["press"])
        elif "in_step" in errand:
            self._conversations.ask(visit, Step(errand["in_step"]), **json.loads(errand["answers"]))
            self._typed(visit, errand["text"])

    def _message(self, visit: Visit, message: Message) -> None:
        """Take a message; where what it does takes a code, that goes on after the code."""
        try:
            self._take(visit, message)
        except SecondFactorNeeded as needed:
            self._proving.ask(visit, needed, self._errand(visit, message))

    def _errand(self, visit: Visit, message: Message) -> dict[str, str]:
        """Keep what a message was the answer to, and what it said; a file is asked for again."""
        dialog = self._conversations.of(visit)
        if dialog is None:
            return {}
        meant = person_meant(message) if dialog.step in self._person_answers else None
        said = (message.text or "").strip() if meant is None else meant
        return {"in_step": dialog.step.value, "answers": json.dumps(dialog.answers), "text": said}

    def _take(self, visit: Visit, message: Message) -> None:
        if message.media_group_id is not None and self._is_rest_of_album(visit, message):
            self._boundary.leave_out(visit)
            return
        text = (message.text or "").strip()
        if (meant := person_meant(message)) is not None and self._named(visit, meant):
            return
        if message.document is not None:
            self._document(visit, message.document)
        elif message.photo:
            self._photo(visit, message.photo[-1])
        elif (press := self._menu_words.get(text) or command_in(text)) is not None:
            self._conversations.end(visit)
            self._presses[type(press)](visit, press)
        else:
            self._typed(visit, text)

    def _is_rest_of_album(self, visit: Visit, message: Message) -> bool:
        """Tell whether nobody asked for this part of an album, and its first part was answered.

        Files of an admin are goods, each of them.
        """
        is_first = self._albums.get(visit.chat_id) != message.media_group_id
        self._albums[visit.chat_id] = message.media_group_id
        if len(self._albums) > _ALBUMS:
            self._albums.popitem(last=False)
        dialog = self._conversations.of(visit)
        is_wanted = dialog is not None and dialog.step in self._file_answers
        return not (is_first or is_wanted or (visit.person.is_admin and message.document is not None))

    def _named(self, visit: Visit, meant: str) -> bool:
        """Hand whom a message names to the dialog that asked for a person; return whether one did."""
        dialog = self._conversations.of(visit)
        if dialog is None or dialog.step not in self._person_answers:
            return False
        self._typed(visit, meant)
        return True

    def _typed(self, visit: Visit, text: str) -> None:
        dialog = None if text.startswith("/") else self._conversations.of(visit)
        if dialog is None:
            self._conversations.end(visit)
            self._start(visit)
        elif dialog.step in self._admin_answers:
            right, answer = self._admin_answers[dialog.step]
            self._require(visit, right)
            answer(visit, dialog, text)
            if dialog.step is Step.CODE:
                self._go_on(visit, dialog.answers)
        else:
            self._answers[dialog.step](visit, dialog, text)

    def _document(self, visit: Visit, sent: SentDocument) -> None:
        document = Document(sent.file_id, sent.file_name or "", sent.file_size or 0)
        if not self._answered(visit, document):
            self._require(visit, Right.CATALOGUE)
            self._receive_file(visit, document)

    def _photo(self, visit: Visit, sent: PhotoSize) -> None:
        """Take the largest size of a photo as a file."""
        if not self._answered(visit, Document(sent.file_id, "photo.jpg", sent.file_size or 0)):
            self._typed(visit, "")

    def _answered(self, visit: Visit, document: Document) -> bool:
        """Hand a file to the dialog that asked for one; return whether one did."""
        dialog = self._conversations.of(visit)
        if dialog is None or dialog.step not in self._file_answers:
            return False
        right, answer = self._file_answers[dialog.step]
        self._require(visit, right)
        answer(visit, dialog, document)
        return True
