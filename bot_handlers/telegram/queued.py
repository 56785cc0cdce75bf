"""The messenger for threads that serve updates: screens are queued for their chat, and the threads carry on."""

import logging
import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from functools import partial
from queue import Empty, SimpleQueue
from typing import TypeVar

from telebot import TeleBot

from bot_handlers.screens.screen import FileParcel, Menu, Parcel, Screen
from bot_handlers.telegram import failures
from bot_handlers.telegram.answers import TelegramUnreachable
from bot_handlers.telegram.courier import Courier, Errand
from bot_handlers.telegram.messenger import LiveMessage, Messenger
from bot_handlers.telegram.transport import Transport
from bot_handlers.telegram.visits import Visit
from shop.administration.appearance import MenuScreen
from shop.logs import Sparing
from shop.people import Person

_log = logging.getLogger("souk.telegram")

TAP_S = 2.0
"""Seconds after which a tap is answered before its work is done, since Telegram drops it after about 15 seconds."""
_ANSWER_S = 20
T = TypeVar("T")


class Reports:
    """Senders' reports, to be stored by a thread with a database connection; `wake` wakes it."""

    def __init__(self, wake: Callable[[], None] = lambda: None) -> None:
        self._waiting: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._wake = wake

    def put(self, report: Callable[[], None]) -> None:
        """Leave a report, and wake the thread that stores it."""
        self._waiting.put(report)
        self._wake()

    def write_down(self) -> None:
        """Store the reports so far."""
        with suppress(Empty):
            while True:
                self._waiting.get_nowait()()


class QueuedMessenger(Messenger):
    """Sends through a courier, in order for each chat, using `direct`.

    Queued screens raise nothing: a failure is logged, and the person who tapped gets an apology. Methods that return
    something, which only admins' handlers use, wait for the result, but not for the end of a chat's pause.
    """

    def __init__(
        self,
        bots: dict[int, TeleBot],
        transport: Transport,
        courier: Courier,
        *,
        direct: Messenger,
        reports: Reports,
        left: Callable[[Person, int], None] = lambda _person, _message_id: None,
        menu_picture: Callable[[int, MenuScreen], bytes | None] = lambda _bot_id, _scene: None,
    ) -> None:
        super().__init__(bots, transport, menu_picture=menu_picture)
        self._now = direct
        self._courier = courier
        self._reports = reports
        self._left = left
        self._left_out = Sparing(_log)
        self._lock = threading.Lock()
        self._open_taps: set[str] = set()
        self._answered_early: set[str] = set()

    def show(self, visit: Visit, screen: Screen, *, shown: Callable[[int], None] | None = None) -> None:
        """Show a screen; of several waiting to replace one message, only the newest counts.

        The updater of that message learns that it no longer shows its screen.
        """
        if visit.message_id is not None:
            self._left(visit.person, visit.message_id)
        # A sender has no database connection: the picture is added here, and reports are queued for another thread.
        dressed = replace(self._dressed(visit.bot_id, screen), scene=None)
        show = partial(self._now.show, visit, dressed)
        if shown is not None:
            show = partial(show, shown=lambda message_id: self._reports.put(partial(shown, message_id)))
        self._queue(visit, show, replaces=visit.message_id)

    def show_menu(self, visit: Visit, menu: Menu) -> None:
        """Send a message with the menu below the text field."""
        self._queue(visit, partial(self._now.show_menu, visit, menu))

    def renew(self, visit: Visit, message: LiveMessage, screen: Screen) -> None:
        """Send a message, or update it; of several waiting states, only the newest counts."""
        dressed = replace(self._dressed(visit.bot_id, screen), scene=None)
        self._queue(visit, partial(self._now.renew, visit, message, dressed), replaces=("live", id(message)))

    def send(self, bot_id: int, chat_id: int, screen: Screen) -> int:
        """Send a screen as a new message; return its id. Raises what `TelegramFailure` lists."""
        return self._wait(bot_id, chat_id, partial(self._now.send, bot_id, chat_id, screen))

    def update(self, bot_id: int, chat_id: int, message_id: int, screen: Screen) -> int:
        """Update a message that we sent; return the id of the message that shows it now."""
        return self._wait(bot_id, chat_id, partial(self._now.update, bot_id, chat_id, message_id, screen))

    def withdraw(self, bot_id: int, chat_id: int, message_id: int, instead: Screen) -> bool:
        """Delete a message that we sent, or replace its text; return whether either was done."""
        return self._wait(bot_id, chat_id, partial(self._now.withdraw, bot_id, chat_id, message_id, instead))

    def deliver(
        self,
        bot_id: int,
        chat_id: int,
        parcel: Parcel,
        *,
        as_file: bool = False,
        parts_sent: int = 0,
        arrived: Callable[[int], None] = lambda _parts: None,
    ) -> None:
        """Send goods in full; parts that have arrived are not sent again after a pause."""
        send = self._in_parts(bot_id, chat_id, parcel, as_file=as_file, parts_sent=parts_sent, arrived=arrived)
        self._post(bot_id, chat_id, Errand(send, self._log_failure))

    def hand_over(self, visit: Visit, parcel: Parcel, *, lost: Callable[[], None] = lambda: None) -> None:
        """Send a parcel as a file; the letters' thread calls `lost` if it does not arrive."""
        send = self._in_parts(visit.bot_id, visit.chat_id, parcel, as_file=True)
        try:
            self._queue(visit, send, lost=partial(self._reports.put, lost))
        except TelegramUnreachable:
            lost()
            raise

    def deliver_file(self, bot_id: int, chat_id: int, parcel: FileParcel) -> None:
        """Send a file; a server that takes none says where the file is instead."""
        send = partial(self._now.deliver_file, bot_id, chat_id, parcel)
        self._post(bot_id, chat_id, Errand(send, self._log_failure))

    def tapped(self, visit: Visit) -> None:
        """Register a tap, which is answered without a text if nothing else answers it within `TAP_S`."""
        if visit.tap_id is None:
            return
        with self._lock:
            self._open_taps.add(visit.tap_id)
        errand = Errand(partial(self._answer_early, visit), self._log_failure)
        self._courier.post(("tap", visit.bot_id, visit.tap_id), errand, after_s=TAP_S)

    def toast(self, visit: Visit, text: str = "", *, alert: bool = False) -> None:
        """Answer a tap, after its chat's waiting screens; if it was answered meanwhile, send a text as a message."""
        if visit.tap_id is None:
            return
        self._courier.cancel(("tap", visit.bot_id, visit.tap_id))
        with self._lock:
            self._open_taps.discard(visit.tap_id)
            is_late = visit.tap_id in self._answered_early
            self._answered_early.discard(visit.tap_id)
        if not is_late:
            answer = partial(self._answer, visit, text, alert=alert)
            self._post_if_possible(visit.bot_id, visit.chat_id, answer)
        elif text:
            self._say_late(visit, text)

    def refuse_tap(self, bot_id: int, who: int, tap_id: str, text: str) -> None:
        """Answer the tap of a person unknown here with an alert."""

        def refuse() -> None:
            self._bots[bot_id].answer_callback_query(tap_id, text=text, show_alert=True)

        self._post_if_possible(bot_id, who, refuse)

    def send_later(self, visit: Visit, tell: Callable[[Callable[[Screen], object]], None], *, after_s: float) -> None:
        """Send `tell`'s screen once this many seconds have passed since the last such request for this chat."""
        send = partial(self._now.send, visit.bot_id, visit.chat_id)
        errand = Errand(partial(tell, send), self._log_failure, replaces="later")
        self._courier.post(("later", visit.bot_id, visit.chat_id), errand, after_s=after_s)

    def erase(self, bot_id: int, chat_id: int, message_id: int) -> None:
        """Delete a message that a person sent, even if their screens are held up."""
        erase = partial(self._now.erase, bot_id, chat_id, message_id)
        self._post_if_possible(bot_id, chat_id, erase)

    def settle(self, bot_id: int, chat_id: int) -> None:
        """Give a chat's waiting screens a moment to go out."""
        self._courier.settle((bot_id, chat_id))

    def _answer(self, visit: Visit, text: str, *, alert: bool) -> None:
        """Answer a tap on a sender's thread; an alert that comes too late waits for its chat's pause as a message."""
        if not self._now.answer_tap(visit, text, alert=alert):
            self._say_late(visit, text)

    def _say_late(self, visit: Visit, text: str) -> None:
        say = partial(self._now.send, visit.bot_id, visit.chat_id, Screen(text))
        self._post(visit.bot_id, visit.chat_id, Errand(say, self._log_failure))

    def _answer_early(self, visit: Visit) -> None:
        with self._lock:
            if visit.tap_id not in self._open_taps:
                return
            self._open_taps.discard(visit.tap_id)
            self._answered_early.add(visit.tap_id)
        self._now.answer_tap(visit)

    def _in_parts(
        self,
        bot_id: int,
        chat_id: int,
        parcel: Parcel,
        *,
        as_file: bool,
        parts_sent: int = 0,
        arrived: Callable[[int], None] = lambda _parts: None,
    ) -> Callable[[], None]:
        """Make an errand of goods that continues after the parts that have arrived."""
        progress = [parts_sent]

        def note(parts: int) -> None:
            progress[0] = parts
            arrived(parts)

        def send() -> None:
            self._now.deliver(bot_id, chat_id, parcel, as_file=as_file, parts_sent=progress[0], arrived=note)

        return send

    def _queue(
        self,
        visit: Visit,
        send: Callable[[], None],
        *,
        replaces: Hashable = None,
        lost: Callable[[], None] = lambda: None,
    ) -> None:
        def failed(error: BaseException) -> None:
            self._log_failure(error)
            lost()
            # The answer still in the queue is then a second one, which Telegram ignores.
            is_known = not isinstance(error, Exception) or not failures.unreachable(error)
            unstarted = "" if is_known else visit.never_started
            self._answer(visit, unstarted or visit.translator.text("apology"), alert=True)

        self._post(visit.bot_id, visit.chat_id, Errand(send, failed, replaces=replaces))

    def _wait(self, bot_id: int, chat_id: int, call: Callable[[], T]) -> T:
        outcome: Future[T] = Future()
        errand = Errand(lambda: outcome.set_result(call()), outcome.set_exception, waits=False)
        self._post(bot_id, chat_id, errand)
        try:
            return outcome.result(_ANSWER_S)
        except TimeoutError:
            raise TelegramUnreachable("no answer yet") from None

    def _post(self, bot_id: int, chat_id: int, errand: Errand) -> None:
        self._transport.before_request()
        self._courier.post((bot_id, chat_id), errand)

    def _post_if_possible(self, bot_id: int, chat_id: int, run: Callable[[], None]) -> None:
        """Queue an errand that does not wait for the end of a pause, or leave it out if the chat's queue is full.

        Strangers can cause these as fast as they send: no throttle comes before them.
        """
        try:
            self._post(bot_id, chat_id, Errand(run, self._leave_out, despite_pause=True))
        except TelegramUnreachable as error:
            self._leave_out(error)

    def _leave_out(self, error: BaseException) -> None:
        if isinstance(error, Exception):
            self._left_out.warning("left out: %s", failures.describe(error))

    @staticmethod
    def _log_failure(error: BaseException) -> None:
        if isinstance(error, Exception):
            _log.warning("not shown: %s", failures.describe(error))
