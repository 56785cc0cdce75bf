"""What stands around every handler: who is this, may he, and what becomes of a refusal or a surprise."""

import logging
from collections.abc import Callable

from telebot.types import CallbackQuery, ChatMemberUpdated, Message

from bot_handlers import failures
from bot_handlers.failures import TelegramFailure
from bot_handlers.messenger import Messenger
from bot_handlers.throttle import Throttle, Verdict
from bot_handlers.views import refusals
from bot_handlers.views.screen import Screen
from bot_handlers.visits import Visit, html_of, sender_of
from locales import Languages
from shop.customers import Customers
from shop.errors import Refusal

Handler = Callable[[Visit], None]
_log = logging.getLogger("souk.bot")


class Boundary:
    """Turns an update into a visit, runs its handler, and answers whatever comes of it."""

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
        """Handle the press of a button; it is answered in any case."""
        message = query.message
        if message is None or message.chat.type != "private":
            return

        def visit() -> Visit:
            # An InaccessibleMessage has date 0 and cannot be edited: its screen is shown anew.
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
        """Take note that a person blocked the bot, or let it in again."""
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
                self._say(visit, refusals.screen(refusal, visit.translator), tapped=refusals.as_toast(refusal))
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
        """Tell a person something: as an alert over the screen he pressed, or as a message."""
        try:
            if tapped and visit.tap_id is not None:
                self._messenger.toast(visit, screen.text, alert=True)
            else:
                self._messenger.show(visit, screen)
                self._messenger.toast(visit)
        except TelegramFailure as error:
            _log.warning("not told: %s", failures.describe(error))
