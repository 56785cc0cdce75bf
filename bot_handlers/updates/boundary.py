"""What every update passes before its handler: who sent it, in which language, and are they banned or too fast."""

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from enum import Enum

from telebot.types import CallbackQuery, ChatMemberUpdated, Message

from bot_handlers.screens import refusals
from bot_handlers.screens.screen import Screen
from bot_handlers.telegram import failures
from bot_handlers.telegram.failures import TelegramFailure
from bot_handlers.telegram.messenger import Messenger
from bot_handlers.telegram.visits import Visit, html_of, sender_of
from locales import Languages
from shop.customers import Customers
from shop.errors import Refusal

_log = logging.getLogger("souk.bot")

BURST = 30
REFILL_PER_S = 3.0
_REMEMBERED = 10_000
Handler = Callable[[Visit], None]


class Verdict(Enum):
    """What to do with an update: handle it, warn the sender once, or drop it silently."""

    WELCOME = "welcome"
    WARN = "warn"
    DROP = "drop"


class _Bucket:
    __slots__ = ("at", "tokens", "warned")

    def __init__(self, at: float) -> None:
        self.at = at
        self.tokens = float(BURST)
        self.warned = False


class Throttle:
    """Slows down people who send too much: a token bucket for each of those seen last."""

    def __init__(self, *, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._buckets: OrderedDict[int, _Bucket] = OrderedDict()

    def judge(self, telegram_id: int) -> Verdict:
        """Count one update of a person."""
        now = self._monotonic()
        with self._lock:
            bucket = self._buckets.setdefault(telegram_id, _Bucket(now))
            self._buckets.move_to_end(telegram_id)
            if len(self._buckets) > _REMEMBERED:
                self._buckets.popitem(last=False)
            bucket.tokens = min(float(BURST), bucket.tokens + (now - bucket.at) * REFILL_PER_S)
            bucket.at = now
            if bucket.tokens >= BURST:
                bucket.warned = False
            if bucket.tokens >= 1:
                bucket.tokens -= 1
                return Verdict.WELCOME
            verdict = Verdict.DROP if bucket.warned else Verdict.WARN
            bucket.warned = True
            return verdict


class Boundary:
    """Turns an update into a visit, runs its handler, and tells the person if that fails."""

    def __init__(self, customers: Customers, languages: Languages, messenger: Messenger, throttle: Throttle) -> None:
        self._customers = customers
        self._languages = languages
        self._messenger = messenger
        self._throttle = throttle

    def message(self, bot_id: int, message: Message, handler: Handler) -> None:
        """Handle a typed message, a command or a file."""
        if message.chat.type != "private" or message.from_user is None or message.from_user.is_bot:
            return
        self._guard(lambda: self._visit(bot_id, message, message.chat.id, html=html_of(message)), handler)

    def press(self, bot_id: int, query: CallbackQuery, handler: Handler) -> None:
        """Handle the press of a button, and always answer it."""
        message = query.message
        if message is None or message.chat.type != "private":
            return

        def visit() -> Visit:
            # An InaccessibleMessage has date 0 and cannot be edited: the screen is sent again.
            alive = bool(message.date)
            return self._visit(
                bot_id,
                query,
                message.chat.id,
                message_id=message.message_id if alive else None,
                on_picture=alive and bool(message.photo),
                tap_id=query.id,
            )

        self._guard(visit, handler)

    def membership(self, change: ChatMemberUpdated) -> None:
        """Note that a person has blocked the bot, or unblocked it."""
        if change.chat.type == "private":
            blocked = change.new_chat_member.status in ("kicked", "left")
            self._customers.reachability(change.from_user.id, reachable=not blocked)

    def _visit(
        self,
        bot_id: int,
        update: Message | CallbackQuery,
        chat_id: int,
        *,
        message_id: int | None = None,
        on_picture: bool = False,
        tap_id: str | None = None,
        html: str = "",
    ) -> Visit:
        person = self._customers.welcome(sender_of(update, bot_id))
        return Visit(
            bot_id,
            chat_id,
            person,
            self._languages[person.language],
            message_id,
            on_picture=on_picture,
            tap_id=tap_id,
            html=html,
        )

    def _guard(self, enter: Callable[[], Visit], handler: Handler) -> None:
        visit = None
        try:
            visit = enter()
            if self._admitted(visit):
                handler(visit)
                self._messenger.toast(visit)
        except Refusal as refusal:
            if visit is not None:
                self._say(visit, refusals.screen(refusal, visit.translator), tapped=refusal.alert)
        except TelegramFailure as error:
            _log.warning("not shown: %s", failures.describe(error))
            if visit is not None:
                self._messenger.toast(visit, visit.translator.text("apology"), alert=True)
        except Exception:  # noqa: BLE001 - the boundary of an update: one of three places
            _log.exception("an update could not be handled")
            if visit is not None:
                self._say(visit, Screen(visit.translator.text("apology")), tapped=True)

    def _admitted(self, visit: Visit) -> bool:
        if visit.person.banned:
            self._say(visit, Screen(visit.translator.text("refusal.banned")), tapped=True)
            return False
        verdict = self._throttle.judge(visit.person.telegram_id)
        if verdict is Verdict.WARN:
            self._say(visit, Screen(visit.translator.text("too_fast")), tapped=True)
        elif verdict is Verdict.DROP:
            self._messenger.toast(visit)
        return verdict is Verdict.WELCOME

    def _say(self, visit: Visit, screen: Screen, *, tapped: bool) -> None:
        """Tell a person something: as an alert over the screen that was pressed, or as a message."""
        try:
            if tapped and visit.tap_id is not None:
                self._messenger.toast(visit, screen.text, alert=True)
            else:
                self._messenger.show(visit, screen)
                self._messenger.toast(visit)
        except TelegramFailure as error:
            _log.warning("not told: %s", failures.describe(error))
