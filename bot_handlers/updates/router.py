"""Routes each update to its handler, using the tables it is given."""

import json
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from enum import Enum
from functools import partial
from typing import Any, Protocol

from telebot import TeleBot
from telebot.types import Message
from telebot.util import content_type_service

from bot_handlers.callbacks import Callback, unpacked
from bot_handlers.callbacks.catalog import place_in
from bot_handlers.screens import refusals
from bot_handlers.telegram.visits import Document, Visit, buttons_replied_to, file_in, is_reply_to, person_meant
from bot_handlers.updates.boundary import Boundary
from bot_handlers.updates.conversations import Chat, Dialog, Step
from shop.administration.bots import token_in
from shop.customers import Customers
from shop.errors.refusals import NotAllowed, Refusal, SecondFactorNeeded, StaleScreen
from shop.people import Right


class Group(Enum):
    """The groups of people who need no specific right for a route."""

    EVERYBODY = "everybody"
    ADMINS = "admins"
    """Everyone with at least one right."""


Access = Group | Right
"""Who may take a route."""
Press = Callable[[Visit, Any], None]
"""A button's action; the second argument is its callback data."""
TextAnswer = Callable[[Visit, Dialog, str], None]
"""The action for a text in a dialog; if a person was chosen, the text is their Telegram id."""
FileAnswer = Callable[[Visit, Dialog, Document], None]
"""The action for a file or a photo in a dialog."""


@dataclass(frozen=True, slots=True)
class Takes:
    """The kinds of answers that a step accepts, and what each does; for anything else the router asks again.

    `file` also takes photos, and `photo` also takes pictures that are sent as files. `person` takes a contact or a
    forwarded message. `note` takes a text, or any file that a ticket takes, with its caption (`Visit.source`).
    """

    text: TextAnswer | None = None
    file: FileAnswer | None = None
    photo: FileAnswer | None = None
    person: TextAnswer | None = None
    note: TextAnswer | None = None

    @property
    def kinds(self) -> str:
        """Name the kinds, such as `text_or_file`."""
        return "_or_".join(each.name for each in fields(self) if getattr(self, each.name) is not None)

    @property
    def takes_albums(self) -> bool:
        """Return whether each part of an album counts as an answer."""
        return (self.file or self.photo or self.note) is not None


@dataclass(frozen=True, slots=True)
class Said:
    """The content of a message: a text, a file, or a person by their Telegram id. A sticker or a poll has none."""

    text: str = ""
    document: Document | None = None
    person: str = ""
    caption: str = ""


Buttons = tuple[tuple[type[Callback], Access, Press], ...]
Steps = tuple[tuple[Step, Access, Takes], ...]


_GOODS_STEPS = frozenset({Step.MADE, Step.GOODS_PIECES})
_ALBUMS = 1_000
"""The most chats whose latest album is remembered."""


class Prover(Protocol):
    """Asks for a second factor."""

    def ask(self, visit: Visit, needed: SecondFactorNeeded, errand: dict[str, str]) -> None:
        """Ask for a code; `errand` is carried out after it."""
        ...


@dataclass(frozen=True, slots=True)
class Routes:
    """Everything that a person can do, and the handler for it.

    `words` are the commands and the labels of the menu, which can be typed. `greet` puts the menu below the text
    field, `start` shows the main menu as well. `receive_file` takes a file that belongs to no dialog, `receive_loose`
    any other unexpected message, and `receive_edit` an edited one. `look_up` takes an admin's text that belongs to no
    dialog, and returns whether it handled it. `answered` names the dialog that a reply to the bot's own message
    continues, and `answer_in_group` takes a reply to a ticket in the notifications group. `take_token` takes a bot's
    token, wherever it was typed, and `tokens_place` is where to continue after a second factor.
    """

    buttons: Buttons
    steps: Steps
    words: Mapping[str, Callback]
    greet: Callable[[Visit], None]
    start: Callable[[Visit], None]
    receive_file: Callable[[Visit, Document], None]
    receive_loose: Callable[[Visit, str, list[Callback]], None]
    receive_edit: Callable[[Visit, str], None]
    look_up: Callable[[Visit, str], bool]
    answered: Callable[[list[Callback]], Dialog | None]
    answer_in_group: TextAnswer
    prover: Prover
    take_token: Callable[[Visit, str], None]
    tokens_place: Callback


class Router:
    """Routes an update to its handler. A button, a command or a menu word ends any dialog."""

    def __init__(self, routes: Routes, customers: Customers, boundary: Boundary, chat: Chat) -> None:
        self.routes = routes
        self._customers = customers
        self._boundary = boundary
        self._chat = chat
        self._buttons = {button.prefix: (button, access, press) for button, access, press in routes.buttons}
        self._steps = {step: (access, takes) for step, access, takes in routes.steps}
        self._albums: OrderedDict[int, tuple[str, Dialog | None]] = OrderedDict()

    def register(self, bot: TeleBot) -> None:
        """Register the handlers of a bot."""
        bot_id = bot.bot_id
        bot.register_message_handler(
            lambda message: self._receive(bot_id, message),
            func=lambda message: message.content_type not in content_type_service,
        )
        bot.register_edited_message_handler(
            lambda message: self._receive_edit(bot_id, message),
            func=lambda message: message.content_type not in content_type_service,
        )
        bot.register_callback_query_handler(
            lambda query: self._boundary.press(bot_id, query, lambda visit: self._press(visit, query.data or "")),
            func=lambda _query: True,
        )
        bot.register_my_chat_member_handler(self._boundary.membership, func=lambda _change: True)

    def _receive(self, bot_id: int, message: Message) -> None:
        """Handle a message; one with a bot's token is deleted before its sender is checked."""
        token = self._token_in(bot_id, message)
        if token is None:
            self._boundary.message(
                bot_id,
                message,
                lambda visit: self._message(visit, message),
                lambda visit: self._message_in_group(visit, message),
            )
            return
        self._chat.messenger.erase(bot_id, message.chat.id, message.message_id)
        go_on = {"press": self.routes.tokens_place.pack()}
        self._boundary.message(
            bot_id,
            message,
            lambda visit: self._prove(visit, lambda: self.routes.take_token(visit, token), go_on),
            lambda _visit: None,
        )

    def _receive_edit(self, bot_id: int, message: Message) -> None:
        """Handle an edited message; one that now contains a bot's token is deleted and not stored."""
        if self._token_in(bot_id, message) is not None:
            self._chat.messenger.erase(bot_id, message.chat.id, message.message_id)
        else:
            edited = partial(self._edited, message)
            self._boundary.message(bot_id, message, edited, edited)

    def _token_in(self, bot_id: int, message: Message) -> str | None:
        """Find a bot's token in a message, unless goods are being typed in."""
        text = message.text or message.caption or ""
        if ":" not in text or message.chat.type != "private":
            return None
        dialog = self._chat.conversations.at(bot_id, message.chat.id)
        step = None if dialog is None else dialog.step
        return None if step in _GOODS_STEPS else token_in(text, is_asked_for=step is Step.BOT_TOKEN)

    def _message(self, visit: Visit, message: Message) -> None:
        dialog = self._chat.conversations.of(visit)
        replied = _replied(message)
        dialog = self.routes.answered(replied) or dialog
        if message.media_group_id is not None:
            dialog, is_rest = self._dialog_of_album(visit, message, dialog)
            if is_rest:
                self._boundary.leave_out(visit)
                return
        said = self._read(message, dialog)
        self._prove(visit, lambda: self._take(visit, dialog, said, replied), _errand(dialog, said))

    def _message_in_group(self, visit: Visit, message: Message) -> None:
        """Take an admin's reply to a ticket."""
        dialog = self.routes.answered(_replied(message)) if is_reply_to(message, visit.bot_id) else None
        if dialog is None or dialog.step is not Step.TICKET_ANSWER:
            return
        self._require(visit, self._steps[dialog.step][0])
        said = self._read(message, dialog)
        self.routes.answer_in_group(visit, dialog, said.text or said.caption)

    def _edited(self, message: Message, visit: Visit) -> None:
        """Pass on an edit of a message."""
        self.routes.receive_edit(visit, (message.text or message.caption or "").strip())

    def _prove(self, visit: Visit, act: Callable[[], None], errand: dict[str, str]) -> None:
        """Run a handler; if it needs a code, ask for one, and keep the errand to carry out afterwards."""
        try:
            act()
        except SecondFactorNeeded as needed:
            self.routes.prover.ask(visit, needed, errand)

    def _go_on(self, visit: Visit, errand: dict[str, str]) -> None:
        """Carry out the errand that a code was asked for."""
        if "press" in errand:
            self._press(visit, errand["press"])
        elif "in_step" in errand:
            dialog = Dialog(Step(errand["in_step"]), json.loads(errand["answers"]))
            said = Said(text=errand["text"])
            self._chat.conversations.ask(visit, dialog.step, **dialog.answers)
            self._prove(visit, lambda: self._answer(visit, dialog, said), _errand(dialog, said))

    def _press(self, visit: Visit, data: str) -> None:
        self._prove(visit, lambda: self._lead(visit, data), {"press": data})

    def _lead(self, visit: Visit, data: str) -> None:
        """Run a button's handler."""
        route = self._buttons.get(data.partition(":")[0])
        if route is None:
            raise StaleScreen
        button, access, press = route
        choice = button.unpack(data)
        self._require(visit, access)
        if button.ends_dialog:
            self._chat.end(visit)
        press(visit, choice)

    def _dialog_of_album(self, visit: Visit, message: Message, dialog: Dialog | None) -> tuple[Dialog | None, bool]:
        """Find the dialog of an album's part, which is that of its first; return also whether it was unexpected.

        Every file from an admin counts, since it may contain goods.
        """
        group, begun = self._albums.get(visit.chat_id, ("", None))
        is_first = group != message.media_group_id
        if is_first:
            self._albums[visit.chat_id] = (message.media_group_id, dialog)
            if len(self._albums) > _ALBUMS:
                self._albums.popitem(last=False)
        elif begun is not None and self._steps[begun.step][1].note is not None:
            dialog = dialog or begun
        is_wanted = dialog is not None and self._steps[dialog.step][1].takes_albums
        is_goods = visit.person.is_admin and message.document is not None
        return dialog, not (is_first or is_wanted or is_goods)

    def _require(self, visit: Visit, access: Access) -> None:
        """Check whether a person may take a route; the shop checks every right again."""
        if isinstance(access, Right):
            self._customers.require(visit.person, access)
        elif access is Group.ADMINS and not visit.person.is_admin:
            raise NotAllowed

    def _read(self, message: Message, dialog: Dialog | None) -> Said:
        """Read a message. Only a step that expects a person reads a forwarded message as its sender."""
        person = person_meant(message)
        if person is not None and dialog is not None and self._steps[dialog.step][1].person is not None:
            return Said(person=person)
        document = file_in(message)
        text, caption = (message.text or "").strip(), (message.caption or "").strip()
        return Said(document=document, caption=caption) if document is not None else Said(text=text, caption=caption)

    def _take(self, visit: Visit, dialog: Dialog | None, said: Said, replied: list[Callback]) -> None:
        word = self.routes.words.get(_command(said.text))
        goods = said.document if Right.CATALOGUE in visit.person.rights else None
        if dialog is not None and dialog.step is Step.LOOSE:
            dialog = None  # no question was asked, so the next message may also be goods, or an order to open
        if word is not None:
            self._lead(visit, word.pack())
        elif dialog is not None and not said.text.startswith("/"):
            self._answer(visit, dialog, said)
        elif (place := place_in(said.text)) is not None:
            self._chat.end(visit)
            self.routes.greet(visit)
            self._lead(visit, place.pack())
        elif said.text.startswith("/"):
            self._chat.end(visit)
            self.routes.start(visit)
        elif goods is not None and not goods.is_photo:
            self.routes.receive_file(visit, goods)
        elif not (visit.person.is_admin and said.text and self.routes.look_up(visit, said.text)):
            self.routes.receive_loose(visit, said.text or said.caption, replied)

    def _answer(self, visit: Visit, dialog: Dialog, said: Said) -> None:
        """Pass an answer to its step; while the dialog stays open, every refusal has its ways out.

        A question that a person may not answer (any more) is over, so that their next message is not an answer to it.
        """
        access, takes = self._steps[dialog.step]
        try:
            self._require(visit, access)
            is_taken = self._hand_over(visit, dialog, said, takes)
        except SecondFactorNeeded:
            raise
        except NotAllowed:
            self._chat.end(visit)
            raise
        except Refusal as refusal:
            if self._chat.conversations.of(visit) is None:
                raise
            self._chat.show(visit, refusals.screen(refusal, visit.translator, dialog.ways_out(visit.translator)))
            return
        if is_taken and dialog.step is Step.CODE:
            self._go_on(visit, dialog.answers)

    def _hand_over(self, visit: Visit, dialog: Dialog, said: Said, takes: Takes) -> bool:
        """Pass an answer to the handler for its kind; return whether there is one. If not, ask again."""
        take_file = takes.file or takes.photo
        has_file = visit.source is not None and visit.source.file is not None
        if said.person and takes.person is not None:
            takes.person(visit, dialog, said.person)
        elif takes.note is not None and (said.text or has_file):
            takes.note(visit, dialog, said.text or said.caption)
        elif said.document is not None and take_file is not None:
            take_file(visit, dialog, said.document)
        elif said.text and takes.text is not None:
            takes.text(visit, dialog, said.text)
        else:
            self._chat.ask_again(visit, dialog, visit.translator.text(f"answer_with.{takes.kinds}"))
            return False
        return True


def _replied(message: Message) -> list[Callback]:
    """Read the buttons of the message that was replied to."""
    return [press for data in buttons_replied_to(message) if (press := _pressable(data)) is not None]


def _pressable(data: str) -> Callback | None:
    """Read a button of a message that was replied to; None for a kind that no longer exists."""
    try:
        return unpacked(data)
    except StaleScreen:
        return None


def _command(text: str) -> str:
    """Read a command without the name of the bot and without arguments; any other text is left as it is."""
    return text.partition(" ")[0].partition("@")[0].lower() if text.startswith("/") else text


def _errand(dialog: Dialog | None, said: Said) -> dict[str, str]:
    """Keep an answer and its step. A file is not kept but asked for again."""
    if dialog is None:
        return {}
    answers = json.dumps(dialog.answers)
    return {"in_step": dialog.step.value, "answers": answers, "text": said.person or said.text}
