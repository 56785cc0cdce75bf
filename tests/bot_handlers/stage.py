"""The shop's bots with an emulated Telegram, over HTTP: people write and press, and updates go through the router."""

import functools
import itertools
import json
from typing import Any

from telebot import apihelper

from bot_handlers import assembly
from bot_handlers.callbacks import Callback
from bot_handlers.telegram.messenger import Messenger
from bot_handlers.telegram.transport import Transport
from bot_handlers.telegram.visits import ALLOWED_UPDATES, Visit
from locales import Languages
from shop.outbox import Letter
from shop.people import Right
from tests.goods import png
from tests.patience import DEADLINE_S
from tests.stand import ADMIN, BOT_ID, MANAGER, TOKEN, Stand
from web.sandbox.telegram.call import Call, Upload
from web.sandbox.telegram.emulator import Telegram
from web.sandbox.telegram.methods import METHODS
from web.sandbox.telegram.state import Chat

CUSTOMER = 1001
NOT_SERVED: dict[str, dict[str, Any]] = {
    description: {
        "status": status,
        "body": json.dumps({"ok": False, "error_code": status, "description": description}),
    }
    for status, description in (
        (400, "Logged out"),
        (401, "Unauthorized"),
        (403, "Forbidden"),
        (404, "Not Found"),
        (409, "Conflict: terminated by another request"),
        (421, "Misdirected Request"),
    )
} | {f"page {status}": {"status": status, "body": "<html>No</html>"} for status in (400, 403, 404)}
"""Answers about the bot, and pages of a proxy: they say nothing about the person written to."""
_numbers = itertools.count(5_000_000)


@functools.cache
def languages() -> Languages:
    """Read the languages once for all stages; nothing changes them."""
    return Languages.found()


class Stage:
    """Everything between a person's app and the shop."""

    def __init__(self, stand: Stand, telegram: Telegram, url: str, monotonic: Any, **transport: Any) -> None:
        self.seconds = monotonic
        self.rest = monotonic.rest
        """Let enough seconds pass that nobody is rate-limited."""
        self.stand = stand
        self.telegram = telegram
        self.url = url
        self.languages = languages()
        self.transport = Transport(connections=8, before_request=self._no_transaction, **transport)
        self.transport.install(url)
        self.front = assembly.build(
            stand.settings,
            stand.shop,
            stand.database,
            self.transport,
            self.languages,
            clock=stand.clock,
            monotonic=monotonic,
            announcements_a_second=25,
            patience_s=DEADLINE_S,
        )
        self.bot = self.front.bot
        self.messenger = Messenger({BOT_ID: self.bot}, self.transport)
        self.offset: int | None = None

    def say(self, text: str, user_id: int = CUSTOMER, **profile: Any) -> None:
        """Send a text and let the shop handle it."""
        self.telegram.people.say(user_id, text, profile=profile)
        self.deliver()

    def send_file(self, content: bytes, user_id: int = CUSTOMER, name: str = "goods.json") -> None:
        self.telegram.people.send_document(user_id, Upload(name, content), caption="", profile={})
        self.deliver()

    def send(self, kind: str, user_id: int = CUSTOMER, *, caption: str = "", **how: Any) -> None:
        """Send a photo, a document, a video or a voice message."""
        content = png() if kind == "photo" else f"a {kind} of {user_id}".encode()
        upload = Upload(f"a.{kind}", content)
        self.telegram.people.send_document(user_id, upload, caption=caption, profile={}, kind=kind, **how)
        self.deliver()

    def reply(self, text: str, to: dict[str, Any], user_id: int = CUSTOMER) -> None:
        """Send a message as a reply to another."""
        self.telegram.people.say(user_id, text, profile={}, reply_to=to["message_id"])
        self.deliver()

    def edit(self, text: str, message: dict[str, Any], user_id: int = CUSTOMER) -> None:
        """Edit a message that this person wrote."""
        self.telegram.people.edit(user_id, message["message_id"], text)
        self.deliver()

    def press(self, label: str, user_id: int = CUSTOMER) -> None:
        """Press the newest button whose label contains `label`."""
        message, button = self.button(label, user_id)
        self.press_data(button["callback_data"], user_id, message_id=message["message_id"])

    def press_data(self, data: str | Callback, user_id: int = CUSTOMER, *, message_id: int | None = None) -> None:
        """Send arbitrary callback data, as a forger could."""
        text = data if isinstance(data, str) else data.pack()
        number = self.messages(user_id)[-1]["message_id"] if message_id is None else message_id
        self.telegram.people.press(user_id, number, text)
        self.deliver()

    def deliver(self) -> None:
        """Pass Telegram's waiting updates to the shop, one after another."""
        for update in self.updates():
            self.front.bots.accept(BOT_ID, update)

    def updates(self) -> list[dict[str, Any]]:
        found = take_updates(self.telegram, TOKEN, offset=self.offset)
        if found:
            self.offset = found[-1]["update_id"] + 1
        return found

    def send_letters(self) -> None:
        """Send the letters that are due, as the notifier does."""
        while self.front.notifier.look():
            self.stand.shop.outbox.wait(DEADLINE_S)

    def send_letter(self, letter: Letter) -> None:
        """Send exactly one letter."""
        notifier = self.front.notifier
        notifier._send(letter)
        while notifier._in_hand:
            self.stand.shop.outbox.wait(DEADLINE_S)
            notifier._reports.write_down()

    def chat(self, user_id: int = CUSTOMER) -> Chat:
        """Return a chat as the emulator keeps it; `view` shows all its messages anew at each call."""
        return self.telegram.world.bot_named(None).chats[user_id]

    def view(self, user_id: int = CUSTOMER) -> dict[str, Any]:
        return self.telegram.view(user_id)

    def messages(self, user_id: int = CUSTOMER) -> list[dict[str, Any]]:
        return self.view(user_id)["messages"]

    def texts(self, user_id: int = CUSTOMER) -> list[str]:
        """The bot's messages, oldest first."""
        mine = [message for message in self.messages(user_id) if message["from"]["is_bot"]]
        return [message.get("text") or message.get("caption") or "" for message in mine]

    def alerts(self, user_id: int = CUSTOMER) -> list[str]:
        """The alerts shown over the chat when a button was pressed."""
        return [answer.get("text") or "" for answer in self.view(user_id)["answers"] if answer.get("text")]

    def button(self, label: str, user_id: int = CUSTOMER) -> tuple[dict[str, Any], dict[str, Any]]:
        for message in reversed(self.messages(user_id)):
            for row in message.get("reply_markup", {}).get("inline_keyboard", []):
                for button in row:
                    if label in button["text"]:
                        return message, button
        raise AssertionError(f"no button {label!r} in {self.texts(user_id)}")

    def visit(self, user_id: int = CUSTOMER, **where: Any) -> Visit:
        """Build a visit by a person who has written before."""
        return Visit(BOT_ID, user_id, self.stand.visitor(user_id), self.languages["en"], **where)

    def update(self, user_id: int = CUSTOMER, *, text: str = "hello", **message: Any) -> dict[str, Any]:
        """Build an update as Telegram would send it, with its own id."""
        number = next(_numbers)
        person = {"id": user_id, "is_bot": False, "first_name": "Ada"}
        chat = {"id": user_id, "type": "private"}
        plain = {"message_id": number, "date": 1, "chat": chat, "from": person, "text": text}
        return {"update_id": number, "message": plain | message}

    def _no_transaction(self) -> None:
        assert not self.stand.database.in_transaction(), "Telegram is called while a transaction is open"


def take_updates(telegram: Telegram, token: str, *, offset: int | None) -> list[dict[str, Any]]:
    """Take a bot's updates as getUpdates gives them, without a connection: polling has tests of its own."""
    asked = {"offset": offset, "allowed_updates": json.dumps(ALLOWED_UPDATES)}
    with telegram.world.changed:
        call = Call(telegram.world, telegram.world.bot_of_token(token), asked, {})
        return list(json.loads(json.dumps(METHODS["getupdates"](call))))


def press(stage: Stage, *labels: str, user_id: int = ADMIN) -> str:
    """Press buttons slowly enough not to be rate-limited; return what is shown at the end."""
    for label in labels:
        stage.rest()
        stage.press(label, user_id)
    return last(stage, user_id)


def last(stage: Stage, user_id: int = ADMIN) -> str:
    """Read the newest message. Nothing arrives in between, because updates are handled one after another."""
    return stage.texts(user_id)[-1]


def labels(stage: Stage, user_id: int = ADMIN) -> list[str]:
    """Read the button labels of the newest message."""
    keyboard = stage.messages(user_id)[-1]["reply_markup"]["inline_keyboard"]
    return [button["text"] for row in keyboard for button in row]


def appoint(stage: Stage, *rights: Right) -> None:
    """Make a person who has written to the shop a manager with these rights."""
    stage.say("/start", MANAGER, first_name="Max")
    stage.stand.appoint(*rights)


def restore_telebot(before: tuple[Any, ...]) -> None:
    apihelper.CUSTOM_REQUEST_SENDER, apihelper.API_URL, apihelper.FILE_URL = before


def telebot_globals() -> tuple[Any, ...]:
    return apihelper.CUSTOM_REQUEST_SENDER, apihelper.API_URL, apihelper.FILE_URL
