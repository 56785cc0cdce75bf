"""One call of a Bot API method, with its bot, parameters and uploads."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from web.sandbox.telegram.errors import bad_request, blocked, too_many_requests
from web.sandbox.telegram.state import Bot, Chat
from web.sandbox.telegram.world import World
from web.sandbox.wire import Json


@dataclass(frozen=True, slots=True)
class Upload:
    """A file in a multipart body."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Described:
    """A result with a description, such as that of `setWebhook`."""

    result: Any
    description: str


@dataclass(frozen=True, slots=True)
class Call:
    """A method's input. Methods run while they hold the world's lock."""

    world: World
    bot: Bot
    values: Mapping[str, Any]
    uploads: Mapping[str, Upload]

    def text(self, name: str) -> str:
        """Return a parameter as text; empty if it is absent."""
        value = self.values.get(name)
        if value is None:
            return ""
        return value if isinstance(value, str) else json.dumps(value)

    def whole(self, name: str) -> int | None:
        """Return a parameter as a whole number; None if it is absent or not a whole number."""
        value = self.values.get(name)
        if isinstance(value, bool) or value is None:
            return None
        try:
            return int(value)
        except (TypeError, ValueError):
            return None

    def flag(self, name: str) -> bool:
        """Return a parameter as a boolean."""
        return self.text(name).lower() in {"true", "1", "yes"}

    def nested(self, name: str) -> Any:
        """Return an object or list, either JSON in a string or part of a JSON body; None if it is absent."""
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return json.loads(value)
        except ValueError:
            raise bad_request(f"can't parse {name} JSON object") from None

    def chat(self, *, to_write: bool = False) -> tuple[int, Chat]:
        """Find the chat that `chat_id` names.

        Raises: BotApiError 400 for a user who never wrote to this bot, and with `to_write` 403 for one who blocked
        it.
        """
        if not self.text("chat_id"):
            raise bad_request("chat_id is empty")
        user_id = self.whole("chat_id")
        chat = self.bot.chats.get(user_id) if user_id is not None else None
        if user_id is None or chat is None:
            raise bad_request("chat not found")
        if to_write and chat.blocked:
            raise blocked()
        return user_id, chat

    def chat_for_message(self) -> tuple[int, Chat]:
        """Find the chat that a new message goes to.

        Raises: BotApiError as `chat` does, and 429 if pacing is on and the bot has sent too fast for too long.
        """
        user_id, chat = self.chat(to_write=True)
        if self.world.faults.paced and (wait_s := chat.take_place(self.world.clock())):
            raise too_many_requests(wait_s)
        return user_id, chat

    def new_message(self, user_id: int) -> Json:
        """Create a message from the bot to a user, a group, or a topic of a group.

        Raises: BotApiError for topic 1, *General*, which Telegram knows only as no topic.
        """
        message = {"from": self.bot.user, "chat": self.world.chat_of(user_id), "date": int(self.world.clock())}
        topic = self.whole("message_thread_id")
        if topic == 1:
            raise bad_request("message thread not found")
        return message if topic is None else {**message, "message_thread_id": topic, "is_topic_message": True}
