"""Long polling for several bots on one thread: one call per bot waits at Telegram, and answers are read as they
arrive.

An update arrives as soon as with a thread for each bot. A bot that Telegram answers slowly, or not at all, holds up
no other, because a partial answer waits in its buffer.
"""

import contextlib
import logging
import selectors
import socket
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Protocol

from bot_handlers.telegram import failures
from bot_handlers.telegram.failures import TelegramFailure
from bot_handlers.telegram.long_poll import LongPoll
from bot_handlers.telegram.visits import ALLOWED_UPDATES
from bot_handlers.updates.bots import Bots
from bot_handlers.updates.intake import Intake
from bot_handlers.updates.polling import AT_ONCE_S, LONGEST_PAUSE_S, LOOK_AGAIN_S, PAUSE_S, WAIT_S, WORKERS
from shop.jobs import Job, Runner

_log = logging.getLogger("souk.polling")

_ALLOWED = str(ALLOWED_UPDATES).replace("'", '"')
_LATE_S = WAIT_S + 15
"""Seconds after which an answer that has not begun is given up."""
_DRIP_S = 30
_LONGEST_REST_S = 1.0


class Listeners(Protocol):
    """Knows which bots to poll, and records the outcome."""

    def to_poll(self) -> Mapping[int, str]:
        """Read the tokens of the bots to fetch updates for now."""
        ...

    def heard(self, bot_id: int) -> None:
        """Record that a bot's updates arrive."""
        ...

    def failed(self, bot_id: int, error: Exception) -> None:
        """Record that a bot's updates could not be fetched."""
        ...


@dataclass(slots=True)
class _Lane:
    """One bot: its connection, its updates, and when to ask next. `waiting` is the socket on which a call waits."""

    bot_id: int
    token: str = field(repr=False)
    call: LongPoll
    intake: Intake
    ask_at: float = 0.0
    waiting: socket.socket | None = None
    asked_at: float = 0.0
    begun_at: float | None = None


class PollerOfMany:
    """Fetches the updates of several bots and passes them on (`Intake`), as `Poller` does for one.

    `connect` makes the connection for a token; `monotonic` counts seconds.
    """

    def __init__(
        self,
        listeners: Listeners,
        bots: Bots,
        connect: Callable[[str], LongPoll],
        *,
        monotonic: Callable[[], float],
        at_end: Callable[[], None],
    ) -> None:
        self._listeners = listeners
        self._bots = bots
        self._connect = connect
        self._monotonic = monotonic
        self._stop = threading.Event()
        self._lanes: dict[int, _Lane] = {}
        self._selector = selectors.DefaultSelector()
        self._alarm, self._bell = socket.socketpair()
        self._alarm.setblocking(False)
        self._bell.setblocking(False)
        self._selector.register(self._alarm, selectors.EVENT_READ)
        self.runner = Runner("polling", (Job("polling", 1, self.run, endless=True),), let_go=at_end)

    def start(self) -> None:
        """Start fetching on a separate thread."""
        self.runner.start()

    def stop(self, *, timeout_s: float) -> None:
        """Wait for the updates in hand; a call waiting at Telegram has confirmed nothing and is abandoned."""
        self._stop.set()
        self.runner.stop()
        self.wake()
        end = self._monotonic() + timeout_s
        for lane in list(self._lanes.values()):
            lane.intake.wake()
            lane.intake.wait(max(0.0, end - self._monotonic()), even_at_the_end=True)

    def wake(self) -> None:
        """End the wait, because there is something to do now."""
        with contextlib.suppress(BlockingIOError):  # the pipe is full of wake-ups, so one more is not needed
            self._bell.send(b"!")

    def run(self) -> None:
        """Fetch and pass on until `stop`."""
        with ThreadPoolExecutor(WORKERS, thread_name_prefix="update") as pool:
            try:
                while not self._stop.is_set():
                    self.round(pool)
            finally:
                for bot_id in list(self._lanes):
                    self._close(bot_id)

    def round(self, pool: ThreadPoolExecutor) -> None:
        """Poll every bot without a waiting call, and read the answers that have arrived."""
        self._keep_to(self._listeners.to_poll())
        for lane in self._lanes.values():
            if lane.waiting is None and self._is_due(lane):
                self._ask(lane)
        for key, _ in self._selector.select(self._rest_s()):
            if key.data is None:
                with contextlib.suppress(BlockingIOError):
                    self._alarm.recv(1024)
            else:
                self._hear(key.data, pool)
        for lane in self._lanes.values():
            self._give_up_if_late(lane)

    def _keep_to(self, tokens: Mapping[int, str]) -> None:
        for bot_id, lane in list(self._lanes.items()):
            if tokens.get(bot_id) != lane.token:
                self._close(bot_id)
        for bot_id, token in tokens.items():
            if bot_id not in self._lanes:
                intake = Intake(bot_id, self._bots, self._stop, done=self.wake)
                self._lanes[bot_id] = _Lane(bot_id, token, self._connect(token), intake)

    def _close(self, bot_id: int) -> None:
        lane = self._lanes.pop(bot_id)
        self._silence(lane)
        lane.call.close()

    def _is_due(self, lane: _Lane) -> bool:
        """Return whether to poll now: at once if everything is handled, after a moment if something takes long."""
        now = self._monotonic()
        return lane.ask_at <= now or (lane.ask_at - now <= LOOK_AGAIN_S and not lane.intake.is_busy)

    def _rest_s(self) -> float:
        """Return how long there is nothing to do but wait."""
        now = self._monotonic()
        waits = [lane.ask_at - now for lane in self._lanes.values() if lane.waiting is None]
        return max(0.0, min([_LONGEST_REST_S, *waits]))

    def _ask(self, lane: _Lane) -> None:
        if lane.intake.confirm():
            lane.ask_at = self._monotonic() + PAUSE_S
            return
        try:
            waiting = lane.call.ask(offset=lane.intake.offset, timeout=WAIT_S, allowed_updates=_ALLOWED)
        except TelegramFailure as error:
            self._fail(lane, error)
            return
        lane.waiting, lane.asked_at = waiting, self._monotonic()
        self._selector.register(waiting, selectors.EVENT_READ, lane)

    def _hear(self, lane: _Lane, pool: ThreadPoolExecutor) -> None:
        now = self._monotonic()
        try:
            answer = lane.call.hear()
        except TelegramFailure as error:
            self._fail(lane, error)
            return
        if answer is None:
            lane.begun_at = lane.begun_at or (now if lane.call.has_begun else None)
            return
        self._silence(lane)
        self._listeners.heard(lane.bot_id)
        updates = lane.intake.readable(answer)
        for update in updates:
            lane.intake.take(update, pool)
        is_hasty = not updates and now - lane.asked_at < AT_ONCE_S
        lane.ask_at = now + (AT_ONCE_S if is_hasty else LOOK_AGAIN_S if updates else 0)

    def _fail(self, lane: _Lane, error: Exception) -> None:
        self._silence(lane)
        lane.ask_at = self._monotonic() + max(PAUSE_S, min(failures.retry_after_s(error), LONGEST_PAUSE_S))
        self._listeners.failed(lane.bot_id, error)

    def _give_up_if_late(self, lane: _Lane) -> None:
        if lane.waiting is None:
            return
        now = self._monotonic()
        limit_s, since = (_LATE_S, lane.asked_at) if lane.begun_at is None else (_DRIP_S, lane.begun_at)
        if now - since > limit_s:
            self._fail(lane, lane.call.give_up("no answer in time"))

    def _silence(self, lane: _Lane) -> None:
        """Stop waiting for a bot's answer. Its socket may be closed by now, but the selector still knows it."""
        if lane.waiting is not None:
            self._selector.unregister(lane.waiting)
        lane.waiting = lane.begun_at = None
