"""The state of one emulated bot: its chats, pending updates, webhook and settings."""

import math
from dataclasses import asdict, dataclass, field
from typing import Self

from web.sandbox.wire import Json

MESSAGE_LIFE_S = 24 * 3600
QUERY_LIFE_S = 150
"""How long a tap waits to be delivered."""
ANSWER_LIFE_S = 15
"""About how long a tap can be answered, from the moment it was made."""
BURST = 20
RESTART_GAP = 1000
"""Ids to skip after a restart, so that none given out since the last snapshot is reused."""

UPDATE_KINDS = (
    *("message", "edited_message", "channel_post", "edited_channel_post", "inline_query", "chosen_inline_result"),
    *("callback_query", "shipping_query", "pre_checkout_query", "poll", "poll_answer", "my_chat_member"),
    *("chat_member", "chat_join_request", "chat_boost", "removed_chat_boost", "message_reaction"),
    *("message_reaction_count", "business_connection", "business_message", "edited_business_message"),
    *("deleted_business_messages", "purchased_paid_media"),
)
"""In Telegram's order, in which `getWebhookInfo` lists the allowed kinds, however they were given."""
NOT_BY_DEFAULT = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
DEFAULT_UPDATES = tuple(kind for kind in UPDATE_KINDS if kind not in NOT_BY_DEFAULT)


@dataclass(slots=True)
class Chat:
    """One user's private chat with one bot.

    `fixed` are messages sent with a reply keyboard, which Telegram lets no bot edit. `version` grows with each
    visible change. `sent` counts the bot's messages, less one per second up to `sent_at`.
    """

    messages: dict[int, Json] = field(default_factory=dict)
    fixed: set[int] = field(default_factory=set)
    keyboard: Json | None = None
    answers: list[Json] = field(default_factory=list)
    blocked: bool = False
    version: int = 0
    sent: float = 0.0
    sent_at: float = 0.0

    def take_place(self, now: float) -> int:
        """Count a message from a bot; return how many seconds too early it is, or 0.

        Telegram allows one message a second in a chat, and short bursts (Bots FAQ, "My bot is hitting limits").
        """
        passed_s = max(0.0, now - self.sent_at)
        self.sent, self.sent_at = max(0.0, self.sent - passed_s), now
        if self.sent >= BURST:
            return max(1, math.ceil(self.sent - BURST + 1))
        self.sent += 1
        return 0

    def snapshot(self) -> Json:
        """Return the chat as JSON."""
        return {
            "messages": list(self.messages.values()),
            "fixed": sorted(self.fixed),
            "keyboard": self.keyboard,
            "answers": self.answers,
            "blocked": self.blocked,
        }

    @classmethod
    def restored(cls, saved: Json) -> Self:
        """Create the chat from a snapshot."""
        messages = {message["message_id"]: message for message in saved["messages"]}
        return cls(messages, set(saved["fixed"]), saved["keyboard"], saved["answers"], saved["blocked"])


@dataclass(frozen=True, slots=True)
class Update:
    """An update that the shop has not acknowledged.

    `lane` is Telegram's queue: within a lane, an update is sent only after the previous one succeeded.
    """

    update_id: int
    user_id: int
    lane: str
    body: Json
    expires_at: float


@dataclass(slots=True)
class Webhook:
    """Where a bot's updates are posted; an empty URL means long polling."""

    url: str = ""
    secret_token: str = ""
    max_connections: int = 40
    last_error_date: int = 0
    last_error_message: str = ""


@dataclass(slots=True)
class Bot:
    """One bot. `queries` are the callback queries that can still be answered, with their deadline and chat."""

    token: str
    user: Json
    next_update_id: int
    next_message_id: int = 1
    chats: dict[int, Chat] = field(default_factory=dict)
    updates: list[Update] = field(default_factory=list)
    queries: dict[str, tuple[float, int]] = field(default_factory=dict)
    webhook: Webhook = field(default_factory=Webhook)
    allowed_updates: tuple[str, ...] = DEFAULT_UPDATES
    commands: dict[str, list[Json]] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    menu_buttons: dict[str, Json] = field(default_factory=dict)
    polls: int = 0
    asked_offset: int = 0
    asked_at: float = -math.inf
    """When `getUpdates` was last asked, in seconds of a monotonic clock, and with which offset."""

    @property
    def bot_id(self) -> int:
        """The number in front of the token's colon."""
        return int(self.user["id"])

    def snapshot(self) -> Json:
        """Return the bot as JSON, without open callback queries, which live only two minutes."""
        return {
            "next_update_id": self.next_update_id,
            "next_message_id": self.next_message_id,
            "chats": {str(user_id): chat.snapshot() for user_id, chat in self.chats.items()},
            "updates": [asdict(update) for update in self.updates],
            "webhook": asdict(self.webhook),
            "allowed_updates": list(self.allowed_updates),
            "commands": dict(self.commands),
            "texts": dict(self.texts),
            "menu_buttons": dict(self.menu_buttons),
        }

    def restore(self, saved: Json) -> None:
        """Restore a snapshot, with a gap in all ids."""
        self.next_update_id = max(self.next_update_id, saved["next_update_id"] + RESTART_GAP)
        self.next_message_id = saved["next_message_id"] + RESTART_GAP
        self.chats = {int(user_id): Chat.restored(chat) for user_id, chat in saved["chats"].items()}
        self.updates = [Update(**update) for update in saved["updates"]]
        self.webhook = Webhook(**saved["webhook"])
        self.allowed_updates = tuple(saved["allowed_updates"])
        self.commands = saved["commands"]
        self.texts = saved["texts"]
        self.menu_buttons = saved["menu_buttons"]
