"""People's actions in Telegram: write, send a file, press a button, block the bot."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from web.sandbox.errors import SandboxError
from web.sandbox.telegram.call import Upload
from web.sandbox.telegram.composing import MAX_CAPTION, MAX_TEXT, shown_file
from web.sandbox.telegram.entities import with_detected
from web.sandbox.telegram.state import MESSAGE_LIFE_S, QUERY_LIFE_S, Bot, Chat
from web.sandbox.telegram.world import World, private_chat
from web.sandbox.wire import Json, utf16_length

MAX_USER_ID = 2**52 - 1
PROFILE = ("first_name", "last_name", "username", "language_code")
MAX_PROFILE_TEXT = 64
MAX_DOCUMENT_BYTES = 60 * 1024 * 1024
KINDS = ("photo", "document", "video", "voice")
"""The ways to send a file."""


@dataclass(frozen=True, slots=True)
class Posted:
    """The result of a person's action: the update, and the message if there is one."""

    update_id: int
    message_id: int | None = None

    def as_json(self) -> Json:
        """Show as the answer of the sandbox's API."""
        return {"update_id": self.update_id, **({"message_id": self.message_id} if self.message_id else {})}


class People:
    """The people of the sandbox. Every action returns at once and never waits for the shop."""

    def __init__(self, world: World) -> None:
        self._world = world

    def change(self, user_id: int, profile: Mapping[str, Any]) -> Json:
        """Create a person or change their profile; None removes an optional field.

        Raises: SandboxError for an id or a field that Telegram could not have.
        """
        _check_profile(user_id, profile)
        with self._world.changed:
            known = self._world.people.get(user_id, {"id": user_id, "is_bot": False, "first_name": f"User {user_id}"})
            changed = {**known, **{key: profile[key] for key in PROFILE if key in profile}}
            changed = {key: value for key, value in changed.items() if value is not None}
            if changed != self._world.people.get(user_id):
                self._world.people[user_id] = changed
                for bot in self._world.bots.values():
                    self._world.touch(bot.chats.get(user_id))
            return changed

    def say(
        self,
        user_id: int,
        text: Any,
        *,
        profile: Mapping[str, Any],
        bot_name: str | None = None,
        reply_to: int | None = None,
        group_id: int | None = None,
    ) -> Posted:
        """Write a text to a bot or in a group, perhaps as a reply to a message; the first one opens the chat."""
        if not isinstance(text, str) or not text.strip():
            raise SandboxError("text is missing or empty.")
        if utf16_length(text) > MAX_TEXT:
            raise SandboxError(f"text is longer than {MAX_TEXT} UTF-16 units; Telegram would split it.")
        entities = with_detected(text.strip(), [])
        content = {"text": text.strip(), **({"entities": entities} if entities else {})}
        return self._write(user_id, content, profile, bot_name, reply_to, group_id=group_id)

    def edit(
        self, user_id: int, message_id: int, text: str, *, bot_name: str | None = None, group_id: int | None = None
    ) -> Posted:
        """Change a text, or the caption of a file, that this person sent, perhaps in a group."""
        with self._world.changed:
            bot = self._world.bot_named(bot_name)
            self._world.check_group(group_id)
            chat = bot.chats.setdefault(group_id or user_id, Chat())
            message = chat.messages.get(message_id)
            if message is None or message["from"]["id"] != user_id:
                raise SandboxError("This person has no such message.", 404)
            key = "text" if "text" in message else "caption"
            edited = {**message, key: text, "edit_date": int(self._world.clock())}
            chat.messages[message_id] = edited
            update_id = self._world.enqueue(
                bot, user_id, "edited_message", edited, lane=f"chat {user_id}", life_s=MESSAGE_LIFE_S
            )
            return Posted(update_id, message_id)

    def send_document(
        self,
        user_id: int,
        upload: Upload,
        *,
        caption: str,
        profile: Mapping[str, Any],
        bot_name: str | None = None,
        kind: str = "document",
        album: str = "",
        reply_to: int | None = None,
        group_id: int | None = None,
    ) -> Posted:
        """Send a file to a bot, as one of `KINDS`, perhaps as a part of an album."""
        if kind not in KINDS:
            raise SandboxError(f"kind is one of {', '.join(KINDS)}.")
        if not upload.content:
            raise SandboxError("The document is empty.")
        if utf16_length(caption) > MAX_CAPTION:
            raise SandboxError(f"caption is longer than {MAX_CAPTION} UTF-16 units.")
        if len(upload.content) > MAX_DOCUMENT_BYTES:
            raise SandboxError("The document is too large for the sandbox.", 413)
        with self._world.changed:
            bot = self._world.bot_named(bot_name)
            stored = self._world.files.add(
                bot.bot_id, upload.content, name=upload.name or "file", photo=kind == "photo"
            )
            content = {**shown_file(kind, stored), **({"caption": caption} if caption else {})}
            content |= {"media_group_id": album} if album else {}
            return self._write(user_id, content, profile, bot_name, reply_to, group_id=group_id)

    def _write(
        self,
        user_id: int,
        content: Json,
        profile: Mapping[str, Any],
        bot_name: str | None,
        reply_to: int | None = None,
        *,
        group_id: int | None = None,
    ) -> Posted:
        with self._world.changed:
            bot = self._world.bot_named(bot_name)
            self._world.check_group(group_id)
            person = self.change(user_id, profile)
            chat = bot.chats.setdefault(group_id or user_id, Chat())
            if chat.blocked:
                raise SandboxError("This person has blocked the bot: unblock it first.", 409)
            if chat.keyboard is not None and chat.keyboard.get("one_time_keyboard"):
                chat.keyboard = None
            place = self._world.chat_of(group_id or user_id)
            sender = {"from": person, "chat": place, "date": int(self._world.clock())}
            if reply_to is not None:
                replied = chat.messages.get(reply_to)
                if replied is None:
                    raise SandboxError("There is no such message to reply to.", 404)
                content = {
                    **content,
                    "reply_to_message": {k: v for k, v in replied.items() if k != "reply_to_message"},
                }
            message = self._world.post(bot, chat, {**sender, **content})
            if group_id is not None and not _is_for(bot, message):
                return Posted(0, message["message_id"])
            update_id = self._world.enqueue(
                bot, user_id, "message", message, lane=f"chat {user_id}", life_s=MESSAGE_LIFE_S
            )
            return Posted(update_id, message["message_id"])

    def press(
        self, user_id: int, message_id: int, data: str, *, bot_name: str | None = None, group_id: int | None = None
    ) -> Posted:
        """Send a callback query, with any data at all: what a forger's app would send as well.

        `group_id`: the message is in this group.
        """
        with self._world.changed:
            bot = self._world.bot_named(bot_name)
            person = self.change(user_id, {})
            bot.chats.setdefault(user_id, Chat())
            chat = bot.chats.setdefault(group_id or user_id, Chat())
            gone = {"chat": self._world.chat_of(group_id or user_id), "message_id": message_id, "date": 0}
            query = {
                "id": self._world.open_query(bot, user_id),
                "from": person,
                "message": chat.messages.get(message_id, gone),
                "chat_instance": str(-((bot.bot_id << 24) ^ user_id)),
                "data": data,
            }
            update_id = self._world.enqueue(
                bot, user_id, "callback_query", query, lane=f"callback {user_id}", life_s=QUERY_LIFE_S
            )
            return Posted(update_id)

    def block(self, user_id: int, blocked: bool, *, bot_name: str | None = None) -> Posted | None:
        """Block or unblock a bot; None if that changes nothing."""
        with self._world.changed:
            bot = self._world.bot_named(bot_name)
            chat = bot.chats.get(user_id)
            if chat is None:
                raise SandboxError("This person has no chat with the bot.", 404)
            if chat.blocked == blocked:
                return None
            chat.blocked = blocked
            person = self._world.people[user_id]
            change = {
                "chat": private_chat(person),
                "from": person,
                "date": int(self._world.clock()),
                "old_chat_member": _member(bot, not blocked),
                "new_chat_member": _member(bot, blocked),
            }
            update_id = self._world.enqueue(
                bot, user_id, "my_chat_member", change, lane=f"chat {user_id}", life_s=MESSAGE_LIFE_S
            )
            return Posted(update_id)


def _is_for(bot: Bot, message: Json) -> bool:
    """Return whether a bot in privacy mode hears a message of a group: a command, or a reply to its own message."""
    replied = message.get("reply_to_message")
    return message.get("text", "").startswith("/") or (replied is not None and replied["from"]["id"] == bot.bot_id)


def _member(bot: Bot, blocked: bool) -> Json:
    state = {"status": "kicked", "until_date": 0} if blocked else {"status": "member"}
    return {"user": bot.user, **state}


def _check_profile(user_id: int, profile: Mapping[str, Any]) -> None:
    if not 0 < user_id <= MAX_USER_ID:
        raise SandboxError("A user's id is a whole number from 1 to 2^52 - 1.")
    for key in PROFILE:
        value = profile.get(key)
        if value is not None and (not isinstance(value, str) or not 0 < len(value) <= MAX_PROFILE_TEXT):
            raise SandboxError(f"{key} is a text of 1 to {MAX_PROFILE_TEXT} characters.")
    if "first_name" in profile and profile["first_name"] is None:
        raise SandboxError("first_name cannot be taken away.")
