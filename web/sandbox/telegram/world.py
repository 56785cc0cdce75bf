"""The emulator's whole state behind one lock, and the changes that all parts make to it."""

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from web.sandbox.errors import SandboxError
from web.sandbox.telegram.errors import BotApiError
from web.sandbox.telegram.faults import Faults
from web.sandbox.telegram.files import FileStore
from web.sandbox.telegram.state import ANSWER_LIFE_S, RESTART_GAP, Bot, Chat, Update
from web.sandbox.wire import Clock, Json

if TYPE_CHECKING:
    from web.sandbox.telegram.stars import Stars  # it needs a world

MAX_ANSWERS = 50
MAX_MESSAGES = 2000
MAX_POLL_S = 50


class World:
    """Users, bots and files. `changed` is the lock: hold it to read or write, and wait on it for a change."""

    stars: "Stars"
    """Set right after the world is built."""

    def __init__(
        self, tokens: Sequence[str], *, clock: Clock, files: FileStore, on_change: Callable[[], None]
    ) -> None:
        self.clock = clock
        self.files = files
        self.changed = threading.Condition(threading.RLock())
        self.faults = Faults()
        self.people: dict[int, Json] = {}
        self.groups: dict[int, Json] = {}
        self.bots = {token: _new_bot(token, number, clock) for number, token in enumerate(tokens)}
        self.version = 0
        self.stopping = threading.Event()
        self.longest_poll_s: float = MAX_POLL_S
        self._on_change = on_change

    def bot_of_token(self, token: str) -> Bot:
        """Find the bot that a method call is for. Raises: BotApiError 401."""
        bot = self.bots.get(token)
        if bot is None:
            raise BotApiError(401, "Unauthorized")
        return bot

    def bot_named(self, name: str | None) -> Bot:
        """Find a bot by its id, username or token; the first bot if there is no name."""
        for bot in self.bots.values():
            if name is None or name in {bot.token, str(bot.bot_id), bot.user["username"], f"@{bot.user['username']}"}:
                return bot
        raise SandboxError("There is no bot of this name.", 404)

    def chat_of(self, chat_id: int) -> Json:
        """Return the Chat of a user or a group."""
        return self.groups[chat_id] if chat_id in self.groups else private_chat(self.people[chat_id])

    def check_group(self, group_id: int | None) -> None:
        """Check that the group, if one is given, exists. Raises: SandboxError."""
        if group_id is not None and group_id not in self.groups:
            raise SandboxError("There is no such group.", 404)

    def open_group(self, chat_id: int, title: str) -> None:
        """Make every bot a member of a group."""
        with self.changed:
            self.groups[chat_id] = {"id": chat_id, "title": title, "type": "supergroup", "is_forum": True}
            for bot in self.bots.values():
                bot.chats.setdefault(chat_id, Chat())
            self.touch()

    def revoke(self, bot: Bot, new_token: str) -> None:
        """Give a bot another token, or one that nobody knows."""
        bot.token = new_token or f"{bot.bot_id}:revoked"
        self.bots = {each.token: each for each in self.bots.values()}
        self.touch()

    def touch(self, chat: Chat | None = None) -> None:
        """Record a change: wake all waiting threads, and schedule a save."""
        self.version += 1
        if chat is not None:
            chat.version = self.version
        self.changed.notify_all()
        self._on_change()

    def post(self, bot: Bot, chat: Chat, message: Json) -> Json:
        """Put a new message into a chat, under the bot's next message id."""
        message = {"message_id": bot.next_message_id, **message}
        bot.next_message_id += 1
        chat.messages[message["message_id"]] = message
        while len(chat.messages) > MAX_MESSAGES:
            forgotten = next(iter(chat.messages))
            del chat.messages[forgotten]
            chat.fixed.discard(forgotten)
        self.touch(chat)
        return message

    def enqueue(self, bot: Bot, user_id: int, kind: str, content: Json, *, lane: str, life_s: float) -> int:
        """Give an update its id and queue it, unless the bot does not want this kind."""
        update_id = bot.next_update_id
        bot.next_update_id += 1
        if kind in bot.allowed_updates:
            body = {"update_id": update_id, kind: content}
            bot.updates.append(Update(update_id, user_id, lane, body, self.clock() + life_s))
        self.touch(bot.chats.get(user_id))
        return update_id

    def acknowledge(self, bot: Bot, done: Iterable[int]) -> None:
        """Forget the updates that the shop has taken."""
        numbers = set(done)
        taken = [update for update in bot.updates if update.update_id in numbers]
        if not taken:
            return
        bot.updates = [update for update in bot.updates if update.update_id not in numbers]
        for update in taken:
            self.touch(bot.chats.get(update.user_id))

    def drop_expired(self, bot: Bot) -> None:
        """Drop updates that Telegram would no longer deliver: messages after a day, taps after 150 s."""
        now = self.clock()
        self.acknowledge(bot, [update.update_id for update in bot.updates if update.expires_at <= now])
        for query_id in [query_id for query_id, (end, _) in bot.queries.items() if end <= now]:
            del bot.queries[query_id]

    def open_query(self, bot: Bot, user_id: int) -> str:
        """Create the id of a new callback query, which can be answered once and for a limited time."""
        query_id = str((user_id << 32) + bot.next_update_id)
        bot.queries[query_id] = (self.clock() + ANSWER_LIFE_S, user_id)
        return query_id

    def answer(self, chat: Chat, answer: Json) -> None:
        """Show the answer to a callback query."""
        chat.answers = [*chat.answers, answer][-MAX_ANSWERS:]
        self.touch(chat)

    def snapshot(self) -> Json:
        """Return everything as JSON except file contents."""
        return {
            "people": list(self.people.values()),
            "groups": list(self.groups.values()),
            "bots": {token: bot.snapshot() for token, bot in self.bots.items()},
            "files": self.files.snapshot(),
            "faults": self.faults.snapshot(),
            "stars": self.stars.snapshot(),
            "version": self.version,
        }

    def restore(self, saved: dict[str, Any]) -> None:
        """Restore a snapshot. Bots that are no longer configured are left out."""
        self.people = {person["id"]: person for person in saved["people"]}
        self.groups = {group["id"]: group for group in saved.get("groups", [])}
        self.files.restore(saved["files"])
        self.faults.restore(saved["faults"])
        self.stars.restore(saved.get("stars", {}))
        self.version = saved["version"] + RESTART_GAP
        for token, bot in self.bots.items():
            if token in saved["bots"]:
                bot.restore(saved["bots"][token])
                for chat in bot.chats.values():
                    chat.version = self.version


def private_chat(person: Json) -> Json:
    """Return a user as the Chat that a bot has with them."""
    names = {key: person[key] for key in ("first_name", "last_name", "username") if person.get(key)}
    return {"id": person["id"], **names, "type": "private"}


def _new_bot(token: str, number: int, clock: Clock) -> Bot:
    """Create a bot. Its update ids start at the current time, so a shop that remembers older ones accepts them."""
    bot_id = int(token.partition(":")[0])
    name = f"Souk {number + 1}" if number else "Souk"
    user = {"id": bot_id, "is_bot": True, "first_name": name, "username": f"souk{number or ''}_sandbox_bot"}
    return Bot(token, user, next_update_id=int(clock()))
