"""The checks before every handler: who sent the update, in which language, and whether they are banned or too
fast.
"""

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from enum import Enum

from telebot.types import CallbackQuery, ChatMemberUpdated, Message

from bot_handlers.callbacks import keeps_its_message
from bot_handlers.screens import home, refusals
from bot_handlers.screens.screen import Screen
from bot_handlers.telegram import failures
from bot_handlers.telegram.failures import TelegramFailure
from bot_handlers.telegram.queued import QueuedMessenger
from bot_handlers.telegram.visits import Visit, html_of, is_reply_to, sender_of, source_of
from locales import Languages
from shop.customers import Customers
from shop.errors.refusals import Refusal
from shop.logs import Sparing
from shop.terms.operator import Contact

_log = logging.getLogger("souk.bot")

BURST = 30
REFILL_PER_S = 3.0
MOST_IN_ALBUM = 10
"""The most messages in an album (Bot API, sendMediaGroup)."""
QUIET_S = 5
"""Seconds after the last skipped message before its sender is told how many were skipped."""
BAN_TOLD_EVERY_S = 3_600
_REMEMBERED = 10_000
Handler = Callable[[Visit], None]


class Verdict(Enum):
    """The decision about an update: handle it, drop it and say so, or drop it and count it."""

    WELCOME = "welcome"
    WARN = "warn"
    DROP = "drop"


class _Bucket:
    __slots__ = ("album", "album_left", "album_verdict", "at", "ban_told_at", "left_out", "tokens", "warned")

    def __init__(self, at: float) -> None:
        self.at = at
        self.tokens = float(BURST)
        self.warned = False
        self.left_out = 0
        self.album: str | None = None
        self.album_left = 0
        self.album_verdict = Verdict.WELCOME
        self.ban_told_at: float | None = None


class Throttle:
    """Slows down people who send too much, with a token bucket for each of those seen recently."""

    def __init__(self, *, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._buckets: OrderedDict[int, _Bucket] = OrderedDict()

    def judge(self, telegram_id: int, *, album: str | None = None) -> Verdict:
        """Count one update of a person; an album counts as one, however many messages it has."""
        with self._lock:
            bucket = self._bucket(telegram_id)
            if album is not None and album == bucket.album and bucket.album_left > 0:
                bucket.album_left -= 1
                return bucket.album_verdict
            bucket.album, bucket.album_left = album, MOST_IN_ALBUM - 1
            verdict = self._spend(bucket)
            bucket.album_verdict = Verdict.WELCOME if verdict is Verdict.WELCOME else Verdict.DROP
            return verdict

    def leave_out(self, telegram_id: int) -> None:
        """Count a message that was dropped."""
        with self._lock:
            self._bucket(telegram_id).left_out += 1

    def left_out(self, telegram_id: int) -> int:
        """Return how many messages of a person were dropped without telling them."""
        with self._lock:
            return self._bucket(telegram_id).left_out

    def told(self, telegram_id: int, count: int) -> None:
        """Record that a person was told of this many."""
        with self._lock:
            bucket = self._bucket(telegram_id)
            bucket.left_out = max(0, bucket.left_out - count)

    def ban_was_told(self, telegram_id: int) -> bool:
        """Return whether a person was told of their ban within the last hour."""
        with self._lock:
            bucket = self._buckets.get(telegram_id)
            told_at = None if bucket is None else bucket.ban_told_at
            return told_at is not None and self._monotonic() - told_at < BAN_TOLD_EVERY_S

    def tell_ban(self, telegram_id: int) -> None:
        """Record that a person is being told of their ban."""
        with self._lock:
            self._bucket(telegram_id).ban_told_at = self._monotonic()

    def _bucket(self, telegram_id: int) -> _Bucket:
        bucket = self._buckets.setdefault(telegram_id, _Bucket(self._monotonic()))
        self._buckets.move_to_end(telegram_id)
        if len(self._buckets) > _REMEMBERED:
            self._buckets.popitem(last=False)
        return bucket

    def _spend(self, bucket: _Bucket) -> Verdict:
        now = self._monotonic()
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

    def __init__(
        self,
        customers: Customers,
        languages: Languages,
        messenger: QueuedMessenger,
        throttle: Throttle,
        group: Callable[[], int | None],
        *,
        contact: Callable[[], Contact],
    ) -> None:
        """`group`: the notifications group, where admins may press buttons."""
        self._group = group
        self._customers = customers
        self._languages = languages
        self._messenger = messenger
        self._throttle = throttle
        self._contact = contact
        self._not_shown, self._not_told = Sparing(_log), Sparing(_log)

    def message(self, bot_id: int, message: Message, handler: Handler, in_group: Handler) -> None:
        """Handle a typed message, a command or a file; `in_group`: for admins' messages in the notifications
        group.
        """
        if message.from_user is None or message.from_user.is_bot:
            self._refuse_anonymous(bot_id, message)
            return
        if message.chat.type != "private":
            if message.chat.id == self._group():
                self._message_in_group(bot_id, message, in_group)
            return

        def judge(visit: Visit) -> Verdict:
            # An admin's files are queued: the people who run the shop are never told to slow down.
            if visit.person.is_admin and (message.document or message.photo):
                return Verdict.WELCOME
            return self._throttle.judge(visit.person.telegram_id, album=message.media_group_id)

        if not self._knows_of_ban(message.from_user.id):
            self._guard(lambda: self._visit_of(bot_id, message), handler, judge)

    def press(self, bot_id: int, query: CallbackQuery, handler: Handler) -> None:
        """Handle the press of a button, and always answer it."""
        message = query.message
        if message is None:
            return
        if message.chat.type != "private":
            if message.chat.id == self._group():
                self._press_in_group(bot_id, query, handler)
            return

        def visit() -> Visit:
            # An InaccessibleMessage has date 0 and cannot be edited, so the screen is sent again.
            may_change = bool(message.date) and not keeps_its_message(query.data or "")
            return self._visit(
                bot_id,
                query,
                message.chat.id,
                message_id=message.message_id if may_change else None,
                on_picture=may_change and bool(message.photo),
                tap_id=query.id,
            )

        if not self._knows_of_ban(query.from_user.id):
            self._guard(visit, handler, lambda visit: self._throttle.judge(visit.person.telegram_id))

    def _message_in_group(self, bot_id: int, message: Message, handler: Handler) -> None:
        """Handle an admin's message in the group; other people's messages there are none of the shop's business."""
        who = message.from_user.id
        if self._customers.rights_of(who) and not self._customers.is_banned(who):
            self._guard(lambda: self._visit_of(bot_id, message), handler, lambda _: self._throttle.judge(who))

    def _refuse_anonymous(self, bot_id: int, message: Message) -> None:
        """Tell an admin of the group who writes as the group that the shop cannot know who they are.

        Their reply to a notification comes from a bot of Telegram's, with the group as its `sender_chat` (Bot API,
        Message).
        """
        sender, group = message.sender_chat, self._group()
        if group is None or sender is None or not sender.id == message.chat.id == group:
            return
        if not is_reply_to(message, bot_id):
            return
        if self._throttle.judge(group) is Verdict.WELCOME:
            text = self._languages[self._customers.default_language].text("notifications.anonymous")
            try:
                self._messenger.send(bot_id, group, Screen(text))
            except TelegramFailure as error:
                self._not_told.warning("not told: %s", failures.describe(error))

    def _press_in_group(self, bot_id: int, query: CallbackQuery, handler: Handler) -> None:
        """Handle an admin's press of a notification's button, whose screen goes to their own chat with the bot that
        they used last, never to the group.
        """
        who = query.from_user.id

        def enter() -> Visit:
            visit = self._visit(bot_id, query, who, tap_id=query.id)
            visit = replace(visit, never_started=visit.translator.text("notifications.start_first"))
            own = visit.person.bot_id
            if own == bot_id or not self._messenger.serves(own):
                return visit
            return replace(visit, bot_id=own, tap_bot_id=bot_id)

        def act(visit: Visit) -> None:
            handler(visit)
            place = "in_your_chat" if visit.tap_bot_id is None else "in_another_chat"
            self._messenger.toast(visit, visit.translator.text(f"notifications.{place}"))

        if not self._customers.rights_of(who):  # being in the group does not make anyone a customer
            t = self._languages[self._customers.language_of(who)]
            self._messenger.refuse_tap(bot_id, who, query.id, t.text("refusal.not_allowed"))
        elif not self._knows_of_ban(who):
            self._guard(enter, act, lambda _: self._throttle.judge(who))

    def leave_out(self, visit: Visit) -> None:
        """Drop a message, and tell its sender how many were dropped once no more arrive."""
        who = visit.person.telegram_id
        self._throttle.leave_out(who)

        def tell(send: Callable[[Screen], object]) -> None:
            if count := self._throttle.left_out(who):
                send(Screen(visit.translator.text("left_out", count=count)))
                self._throttle.told(who, count)

        self._messenger.send_later(visit, tell, after_s=QUIET_S)

    def membership(self, change: ChatMemberUpdated) -> None:
        """Record that a person has blocked or unblocked the bot; send the group what waits for it once it is back."""
        is_out = change.new_chat_member.status in ("kicked", "left")
        if change.chat.type == "private":
            self._customers.reachability(change.from_user.id, reachable=not is_out)
        elif change.chat.id == self._group() and not is_out:
            self._customers.reachability(change.chat.id, reachable=True)

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
        sender = sender_of(update, bot_id)
        message = update.message if isinstance(update, CallbackQuery) else update
        if message.chat.type != "private":
            # In the group they meet a bot that they may never have started, so it could not write to them.
            sender = replace(sender, bot_id=self._customers.bot_of(sender))
        person = self._customers.welcome(sender)
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

    def _visit_of(self, bot_id: int, message: Message) -> Visit:
        visit = self._visit(bot_id, message, message.chat.id, html=html_of(message))
        return replace(visit, source=source_of(message, bot_id))

    def _knows_of_ban(self, telegram_id: int) -> bool:
        """Return whether a person is banned and was told so within the hour, so that nothing at all is done."""
        return self._throttle.ban_was_told(telegram_id) and self._customers.is_banned(telegram_id)

    def _guard(self, enter: Callable[[], Visit], handler: Handler, judge: Callable[[Visit], Verdict]) -> None:
        visit = None
        try:
            visit = enter()
            if self._admitted(visit, judge):
                self._messenger.tapped(visit)
                handler(visit)
                self._messenger.toast(visit)
        except Refusal as refusal:
            if visit is not None:
                self._say(visit, refusals.screen(refusal, visit.translator), tapped=refusal.alert)
        except TelegramFailure as error:
            self._not_shown.warning("not shown: %s", failures.describe(error))
            if visit is not None:
                self._say(visit, Screen(visit.translator.text("apology")), tapped=True)
        except Exception:  # noqa: BLE001 - the boundary of an update: one of three places
            _log.exception("an update could not be handled")
            if visit is not None:
                self._say(visit, Screen(visit.translator.text("apology")), tapped=True)

    def _admitted(self, visit: Visit, judge: Callable[[Visit], Verdict]) -> bool:
        if visit.person.banned:
            self._throttle.tell_ban(visit.person.telegram_id)
            balance = self._customers.balance(visit.person)
            screen = home.banned(balance, self._contact(), visit.translator)
            # An alert has no room for the contact, and the message may hold what was bought.
            self._say(visit.below, screen, tapped=not balance.minor)
            return False
        verdict = judge(visit)
        if verdict is not Verdict.WELCOME and visit.tap_id is None:
            self.leave_out(visit)
        if verdict is Verdict.WARN:
            self._say(visit, Screen(visit.translator.text("too_fast")), tapped=True)
        elif verdict is Verdict.DROP:
            self._messenger.toast(visit, visit.translator.text("too_fast"))
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
            self._not_told.warning("not told: %s", failures.describe(error))
