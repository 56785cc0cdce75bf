"""Screens to be sent: one queue for each chat, served by a pool of senders.

A thread that serves updates hands its screens over, and waits for them only briefly (`settle`). If those threads
sent them, a few people could stop everyone: there are eight threads, Telegram may take half a minute to answer, and
after too many messages it makes a chat wait (429). More of those threads would be expensive, since each holds a
database connection. A sender holds nothing, so there may be many; one is started only when all others are busy. A
chat has at most one sender at a time, so its screens keep their order, a slow chat costs one sender, and a chat that
has to wait costs none.
"""

import heapq
import itertools
import logging
import threading
from collections import Counter, deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace

from bot_handlers.telegram import failures
from bot_handlers.telegram.answers import TelegramUnreachable
from bot_handlers.telegram.failures import TelegramFailure

_log = logging.getLogger("souk.telegram")

SENDERS = 48
KEPT_S = 300
"""Seconds after which an unsent screen is dropped, because it is of no use by then."""
MOST_PER_LANE = 100
_LOOK_AGAIN_S = 0.25
_PATIENT = 4
PATIENCE_S = 2.0
_COURTESY_S = 0.2
"""Seconds that a thread waits for its screens. `_PATIENT` threads at a time may wait for `PATIENCE_S` instead."""


@dataclass(frozen=True, slots=True)
class Errand:
    """A job to do at Telegram. It is repeated after a 429, so doing a part of it twice must be harmless.

    An errand replaces a waiting one with the same `replaces`. `despite_pause`: its lane's pause does not hold it up,
    unless that pause is the answer it got itself. `waits`: after a 429 it is retried later; otherwise it has failed.
    `failed` is told why; a failure of Telegram's that it raises in turn is logged.
    """

    run: Callable[[], object]
    failed: Callable[[BaseException], None]
    replaces: Hashable = None
    despite_pause: bool = False
    waits: bool = True


@dataclass(slots=True)
class _Lane:
    errands: deque[tuple[float, Errand]] = field(default_factory=deque)
    free_at: float = 0.0
    busy: bool = False
    is_slow: bool = False
    is_planned: bool = False
    """Whether the lane is queued to continue after its pause."""
    settled: threading.Condition | None = None
    """Notified when none of the lane's errands is ready or running any more."""


def bot_of_lane(key: Hashable) -> Hashable:
    """Read the bot of a lane: a key is (bot, chat), preceded by a word if the lane is not for screens."""
    if not isinstance(key, tuple):
        return None
    bot: Hashable = key[1] if isinstance(key[0], str) else key[0]
    return bot


class Courier:
    """Does the errands of a lane in order, and those of different lanes in parallel. `monotonic` counts seconds.

    At most `most_of_a_bot` lanes of one bot have a sender at once, so a bot that Telegram answers slowly leaves
    senders for the others. `patience_s`: how long a thread may wait for its screens.
    """

    def __init__(
        self,
        *,
        monotonic: Callable[[], float],
        senders: int = SENDERS,
        most_of_a_bot: int | None = None,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._monotonic = monotonic
        self._most_senders = senders
        self._most_of_a_bot = most_of_a_bot or senders
        self._patience_s = patience_s
        self._at_work: Counter[Hashable] = Counter()
        self._held: dict[Hashable, deque[Hashable]] = {}
        self._lock = threading.Lock()
        self._work = threading.Condition(self._lock)
        self._planned = threading.Condition(self._lock)
        """Wakes the thread that makes lanes ready again after their pause."""
        self._done = threading.Condition(self._lock)
        """Notified after each errand, for the wait at the end."""
        self._lanes: dict[Hashable, _Lane] = {}
        self._ready: deque[Hashable] = deque()
        self._later: list[tuple[float, int, Hashable]] = []
        self._count = itertools.count()
        self._senders = self._idle = 0
        self._is_watched = self._stopping = False
        """Whether that thread is running, and whether all threads are to end."""
        self._patient = threading.Semaphore(_PATIENT)

    def post(self, key: Hashable, errand: Errand, *, after_s: float = 0.0) -> None:
        """Queue an errand behind the others of its lane; with `after_s`, hold up the whole lane for that long.

        Raises:
            TelegramUnreachable: the lane's queue is full, or the lane has to wait and this errand cannot.
        """
        with self._work:
            now = self._monotonic()
            lane = self._lanes.setdefault(key, _Lane())
            if errand.replaces is not None:
                lane.errands = deque(each for each in lane.errands if each[1].replaces != errand.replaces)
            lane.free_at = max(lane.free_at, now + after_s) if after_s else lane.free_at
            if len(lane.errands) >= MOST_PER_LANE or (lane.free_at > now and not errand.waits):
                raise TelegramUnreachable("this chat has to wait", never_asked=True)
            lane.errands.append((now + after_s, errand))
            self._offer(key, lane)

    def cancel(self, key: Hashable) -> None:
        """Drop a lane's waiting errands."""
        with self._work:
            if (lane := self._lanes.get(key)) is not None:
                lane.errands.clear()

    def settle(self, key: Hashable) -> None:
        """Give a lane a moment to finish, so that an update counts as handled once its screens are out.

        The wait is bounded, for a few lanes at a time, and not repeated for a slow lane, so that it holds up no one
        else.
        """
        is_patient = self._patient.acquire(blocking=False)
        try:
            with self._lock:
                lane = self._lanes.get(key)
                if lane is not None and not lane.is_slow:
                    timeout_s = self._patience_s if is_patient else _COURTESY_S
                    lane.settled = lane.settled or threading.Condition(self._lock)
                    lane.is_slow = not lane.settled.wait_for(lambda: not self._is_at_work(lane), timeout_s)
        finally:
            if is_patient:
                self._patient.release()

    def stop(self, *, timeout_s: float) -> None:
        """Send everything that can go now, except in chats that have to wait."""
        with self._done:
            self._done.wait_for(lambda: not any(self._is_at_work(lane) for lane in self._lanes.values()), timeout_s)
            self._stopping = True
            self._work.notify_all()
            self._planned.notify_all()

    def _is_at_work(self, lane: _Lane) -> bool:
        return lane.busy or (bool(lane.errands) and self._may_go(lane))

    def _may_go(self, lane: _Lane) -> bool:
        return lane.free_at <= self._monotonic() or any(errand.despite_pause for _, errand in lane.errands)

    def _offer(self, key: Hashable, lane: _Lane) -> None:
        """Offer a lane to the senders, now or when its pause is over."""
        if self._put(key, lane):
            self._call_sender()

    def _put(self, key: Hashable, lane: _Lane) -> bool:
        """Queue a lane, now or for when its pause is over; return whether another sender is needed."""
        if lane.busy:
            return False
        if lane.errands and self._may_go(lane):
            if key in self._ready:
                return not self._senders  # none could be started: try again
            self._ready.append(key)
            return True
        if lane.errands or lane.free_at > self._monotonic():
            if not lane.is_planned:
                lane.is_planned = True
                heapq.heappush(self._later, (lane.free_at, next(self._count), key))
                self._keep_watch()
        else:
            del self._lanes[key]
        return False

    def _keep_watch(self) -> None:
        """Make sure that a thread will offer the lanes that resume later."""
        if not self._is_watched:
            try:
                threading.Thread(target=self._watch, name="pauses", daemon=True).start()
            except RuntimeError:
                _log.exception("no thread could be started to watch pauses; the next pause tries again")
            else:
                self._is_watched = True
        elif len(self._later) == 1:
            self._planned.notify()

    def _call_sender(self) -> None:
        if self._idle and len(self._ready) <= self._idle:
            self._work.notify()
        elif self._senders < self._most_senders and not self._stopping:
            try:
                threading.Thread(target=self._send, name=f"sender-{self._senders + 1}", daemon=True).start()
            except RuntimeError:
                _log.exception("no thread could be started to send screens; the next screen tries again")
            else:
                self._senders += 1

    def _send(self) -> None:
        try:
            while (taken := self._take()) is not None:
                self._do(*taken)
        finally:
            with self._work:
                self._senders -= 1
                if self._ready and not self._stopping:
                    self._call_sender()

    def _take(self) -> tuple[Hashable, _Lane, float, Errand] | None:
        """Wait for an errand that may be done; None at the end."""
        with self._work:
            while not self._stopping:
                while self._ready:
                    key = self._ready.popleft()
                    lane, bot = self._lanes.get(key), bot_of_lane(key)
                    if lane is None or lane.busy or not lane.errands or not self._may_go(lane):
                        if lane is not None:
                            self._put(key, lane)  # cancelled meanwhile: it goes, or waits for its pause to end
                        self._release(bot)
                        continue
                    if self._at_work[bot] >= self._most_of_a_bot:
                        self._held.setdefault(bot, deque()).append(key)
                        continue
                    self._at_work[bot] += 1
                    is_free = lane.free_at <= self._monotonic()
                    place = 0 if is_free else [errand.despite_pause for _, errand in lane.errands].index(True)
                    at, errand = lane.errands[place]
                    del lane.errands[place]
                    lane.busy = True
                    return key, lane, at, errand
                self._idle += 1
                self._work.wait()
                self._idle -= 1
        return None

    def _leave(self, bot: Hashable) -> None:
        self._at_work[bot] -= 1
        if not self._at_work[bot]:
            del self._at_work[bot]
        if bot in self._held:
            self._release(bot)
            self._call_sender()

    def _release(self, bot: Hashable) -> None:
        """Resume a lane that waited because its bot had reached its limit of senders."""
        held = self._held.get(bot)
        if held is None or self._at_work[bot] >= self._most_of_a_bot:
            return
        self._ready.append(held.popleft())
        if not held:
            del self._held[bot]

    def _watch(self) -> None:
        """Offer each lane when its pause is over, until the courier stops."""
        with self._planned:
            try:
                while not self._stopping:
                    self._wake()
                    self._planned.wait(_LOOK_AGAIN_S if self._later else None)
            finally:
                self._is_watched = False

    def _wake(self) -> None:
        now = self._monotonic()
        while self._later and self._later[0][0] <= now:
            _, _, key = heapq.heappop(self._later)
            if (lane := self._lanes.get(key)) is not None:
                lane.is_planned = False
                self._offer(key, lane)

    def _do(self, key: Hashable, lane: _Lane, at: float, errand: Errand) -> None:
        wait_s = 0
        try:
            if self._monotonic() - at > KEPT_S:
                raise TelegramUnreachable("the chat had to wait too long", never_asked=True)
            errand.run()
        except TelegramFailure as error:
            wait_s = failures.retry_after_s(error)
            if not (wait_s and errand.waits):
                self._tell(errand, error)
        except BaseException as error:
            _log.exception("a screen could not be sent")
            self._tell(errand, error)
            raise
        finally:
            self._let_go(key, lane, wait_s, (at, errand))

    @staticmethod
    def _tell(errand: Errand, error: BaseException) -> None:
        """Tell an errand that it failed. That Telegram then refuses an apology too ends no sender."""
        try:
            errand.failed(error)
        except TelegramFailure as again:
            _log.warning("nor could this be said: %s", failures.describe(again))

    def _let_go(self, key: Hashable, lane: _Lane, wait_s: int, done: tuple[float, Errand]) -> None:
        with self._work:
            lane.busy = False
            self._leave(bot_of_lane(key))
            if wait_s:
                lane.free_at = max(lane.free_at, self._monotonic() + wait_s)
                at, errand = done
                replaced = {each.replaces for _, each in lane.errands} - {None}
                if errand.waits and errand.replaces not in replaced:
                    lane.errands.appendleft((at, replace(errand, despite_pause=False)))  # or it would go at once
            self._put(key, lane)  # this sender takes it next, so no other is woken
            if lane.settled is not None and not self._is_at_work(lane):
                lane.settled.notify_all()
            self._done.notify_all()
