"""One call of a Bot API method: its bot, its parameters, its uploads."""

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
    """A result that Telegram sends with a description, as `setWebhook` does."""

    result: Any
    description: str


@dataclass(frozen=True, slots=True)
class Call:
    """The input of a method. Methods run with the world's lock held."""

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
        """Return a parameter as a whole number; None if it is absent or not one."""
        value = self.values.get(name)
        if isinstance(value, bool) or value is None:
            return None
        try:
            return int(value)
        except (TypeError, ValueError):
            return None

    def flag(self, name: str) -> bool:
        """Return a parameter as yes or no."""
        return self.text(name).lower() in {"true", "1", "yes"}

    def nested(self, name: str) -> Any:
        """Return an object or list, given as JSON in a string or directly in a JSON body; None if absent."""
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

        Raises: BotApiError 400 for a person who never wrote to this bot; 403, `to_write`, for one who blocked it.
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

        Raises: BotApiError as `chat` does; 429 where Telegram keeps its pace and the bot sends too fast for too long.
        """
        user_id, chat = self.chat(to_write=True)
        if self.world.faults.paced and (wait_s := chat.take_place(self.world.clock())):
            raise too_many_requests(wait_s)
        return user_id, chat

    def new_message(self, user_id: int) -> Json:
        """Begin a message from the bot to a person, or to a group or a topic of one."""
        message = {"from": self.bot.user, "chat": self.world.chat_of(user_id), "date": int(self.world.clock())}
        topic = self.whole("message_thread_id")
        return message if topic is None else {**message, "message_thread_id": topic, "is_topic_message": True}
