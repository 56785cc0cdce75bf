"""Sends announcements, one message after another, on a separate thread, with lower priority than letters."""

import logging
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from bot_handlers.screens import announcements as screens
from bot_handlers.screens.screen import Screen
from bot_handlers.telegram import failures
from bot_handlers.telegram.failures import TelegramFailure
from bot_handlers.telegram.mailing import Mailing
from bot_handlers.telegram.messenger import Messenger
from bot_handlers.updates.fleet import Fleet
from locales import Languages
from shop.announcements.announcement import Announcement, Content, State
from shop.announcements.sending import Broadcasts, Hand, Outcome, Settled
from shop.customers import Customers
from shop.outbox import Outbox

_log = logging.getLogger("souk.announcer")

LOOK_EVERY_S = 5.0
REPORT_EVERY_S = 3.0
BEHIND_LETTERS_S = 0.05
NO_ANSWER_S = (2, 5, 15, 60)
PROXY_REFUSALS = 10
"""After so many refusals by a proxy in a row, a recipient is given up: it may object to their language's text."""


@dataclass
class _Current:
    """The current announcement, with its messages by language, and the pace since this process started on it."""

    id: int
    content: Content
    mailing: Mailing
    began_at: float
    settled_before: int
    screens: dict[str, tuple[Screen, ...]] = field(default_factory=dict)


class Announcer:
    """Sends at most `per_second` messages a second.

    `monotonic` counts seconds. With a `fleet` of several bots, one that Telegram throttles or refuses holds up only
    its own recipients.
    """

    def __init__(
        self,
        broadcasts: Broadcasts,
        customers: Customers,
        outbox: Outbox,
        *,
        languages: Languages,
        messenger: Messenger,
        new_mailing: Callable[[], Mailing],
        monotonic: Callable[[], float],
        per_second: int,
        fleet: Fleet | None = None,
    ) -> None:
        self._broadcasts = broadcasts
        self._customers = customers
        self._outbox = outbox
        self._languages = languages
        self._messenger = messenger
        self._new_mailing = new_mailing
        self._monotonic = monotonic
        self._interval_s = 1 / per_second
        self._fleet = fleet
        self._resting: dict[int, float] = {}
        """For each bot that Telegram throttles or does not serve: the time until which nothing is sent through it."""
        self._stop = threading.Event()
        self._current: _Current | None = None
        self._hand: Hand | None = None
        self._settled: Settled | None = None
        self._free_at = 0.0
        self._report_at = 0.0
        self._due_at = 0.0
        self._no_answers = 0
        self._turned_away: Counter[int] = Counter()
        """For each bot: how often in a row nothing was sent, which says nothing about a person."""

    def run(self) -> None:
        """Send queued announcements until `stop`, continuing those that an earlier run left unfinished."""
        self._write_down()
        self._hand = None
        self._broadcasts.recover()
        while not self._stop.is_set():
            self._broadcasts.wait(self.step())
        self._write_down()
        if self._hand is not None:
            self._broadcasts.put_back(self._hand)
            self._hand = None

    def stop(self) -> None:
        """End after the current message."""
        self._stop.set()
        self._broadcasts.ring()

    def step(self) -> float:
        """Send at most one message; return for how many seconds there is nothing to do."""
        now = self._monotonic()
        if now >= self._due_at:
            self._due_at = now + LOOK_EVERY_S
            self._broadcasts.start_due()
        if now >= self._report_at:
            self._report(now)
        if now < self._free_at:
            return min(self._free_at - now, REPORT_EVERY_S)
        if self._outbox.anything_due():
            return BEHIND_LETTERS_S
        if self._hand is None and not self._take():
            self._report(now)
            return LOOK_EVERY_S
        self._free_at = now + self._interval_s
        if self._hand is not None:
            self._send(self._hand)
        return max(0.0, self._free_at - self._monotonic())

    def _take(self) -> bool:
        """Take the next recipient in hand, in the transaction that settles the last one."""
        if self._settled is None and not self._broadcasts.anything_to_send():
            return False
        settled, self._settled = self._settled, None
        now = self._monotonic()
        self._resting = {bot_id: until for bot_id, until in self._resting.items() if until > now}
        self._hand = self._broadcasts.advance(settled, besides_bots=sorted(self._resting))
        if self._hand is None:
            return False
        self._take_up(self._hand.announcement_id)
        return True

    def _take_up(self, announcement_id: int) -> None:
        if self._current is not None and self._current.id == announcement_id:
            return
        self._report(self._monotonic())
        status = self._broadcasts.status(announcement_id)
        content = self._broadcasts.content(announcement_id)
        self._current = _Current(announcement_id, content, self._new_mailing(), self._monotonic(), status.settled)
        self._report_at = 0.0

    def _send(self, hand: Hand) -> None:
        current = self._current
        if current is None or not current.mailing.serves(hand.bot_id):
            self._end(hand, Outcome.UNREACHABLE)
            return
        parts = self._screens(current, hand.telegram_id)
        if hand.parts_sent >= len(parts):  # the language was changed meanwhile, and the new text has fewer parts
            self._end(hand, Outcome.SENT)
            return
        try:
            current.mailing.send(hand.bot_id, hand.telegram_id, parts[hand.parts_sent])
        except TelegramFailure as error:
            self._judge(hand, error)
            return
        self._no_answers = self._turned_away[hand.bot_id] = 0
        hand = replace(hand, parts_sent=hand.parts_sent + 1)
        if hand.parts_sent < len(parts):
            self._hand = hand
        else:
            self._end(hand, Outcome.SENT)

    def _judge(self, hand: Hand, error: Exception) -> None:
        if self._fleet is not None and failures.bot_is_refused(error) and self._fleet.is_gone(hand.bot_id):
            self._put_back(hand, 0)  # it is sent through another bot that they use, or not at all
            return
        if failures.unreachable(error):
            self._end(hand, Outcome.UNREACHABLE)
            return
        if failures.not_done(error):
            wait_s = _nth_wait_s(self._turned_away[hand.bot_id])
            self._turned_away[hand.bot_id] += 1
            _log.warning("announcement %d waits: %s", hand.announcement_id, failures.describe(error))
            if failures.is_page(error) and self._turned_away[hand.bot_id] % PROXY_REFUSALS == 0:
                self._end(hand, Outcome.FAILED)
                self._write_down()
                self._free_at = self._monotonic() + wait_s
                return
            self._hold_up(hand, wait_s)
            return
        _log.warning("announcement %d not sent to somebody: %s", hand.announcement_id, failures.describe(error))
        if wait_s := failures.retry_after_s(error):
            self._hold_up(hand, wait_s)
        elif failures.refused(error):
            self._end(hand, Outcome.FAILED)
        else:
            # It may have arrived, so a retry could send it twice. An outage costs one person a message, not all.
            self._end(hand, Outcome.FAILED)
            self._write_down()
            self._free_at = self._monotonic() + _nth_wait_s(self._no_answers)
            self._no_answers += 1

    def _end(self, hand: Hand, outcome: Outcome) -> None:
        self._hand = None
        self._settled = Settled(hand, outcome)

    def _hold_up(self, hand: Hand, wait_s: int) -> None:
        """Put a recipient back and wait; among several bots, only this one waits."""
        if self._fleet is not None:
            self._resting[hand.bot_id] = self._monotonic() + wait_s
        self._put_back(hand, 0 if self._fleet is not None else wait_s)

    def _put_back(self, hand: Hand, wait_s: int) -> None:
        self._hand = None
        self._broadcasts.put_back(hand)
        self._free_at = self._monotonic() + wait_s

    def _write_down(self) -> None:
        if self._settled is not None:
            self._broadcasts.settle(self._settled)
            self._settled = None

    def _screens(self, current: _Current, telegram_id: int) -> tuple[Screen, ...]:
        language = self._customers.language_of(telegram_id)
        if language not in current.screens:
            current.screens[language] = screens.messages(current.content, self._languages[language])
        return current.screens[language]

    def _report(self, now: float) -> None:
        """Update its admin's message; an announcement that is no longer being sent is reported a last time.

        The admin's own tap has already shown the new state; this follows it, whatever was in transit meanwhile.
        """
        if self._current is None:
            return
        self._report_at = now + REPORT_EVERY_S
        status = self._broadcasts.status(self._current.id)
        left_s = self._left_s(status, now)
        if status.state is not State.SENDING:
            self._current = None
        translator = self._languages[self._customers.language_of(status.admin_telegram_id)]
        try:
            self._show(status, screens.progress(status, left_s, translator))
        except TelegramFailure as error:
            _log.info("progress not shown: %s", failures.describe(error))
            self._report_at += failures.retry_after_s(error)

    def _show(self, status: Announcement, screen: Screen) -> None:
        to = status.admin_bot_id, status.admin_telegram_id
        if status.message_id is None:
            message_id = self._messenger.send(*to, screen)
        else:
            message_id = self._messenger.update(*to, status.message_id, screen)
        if message_id != status.message_id:
            self._broadcasts.shown_on(status.id, status.admin_bot_id, message_id)

    def _left_s(self, status: Announcement, now: float) -> int | None:
        """Estimate the remaining time from the pace so far; None before there is one."""
        if self._current is None:
            return None
        done = status.settled - self._current.settled_before
        passed_s = now - self._current.began_at
        return None if done <= 0 else int(status.waiting * passed_s / done)


def _nth_wait_s(before: int) -> int:
    """Return how long to wait after a failure that had so many before it."""
    return NO_ANSWER_S[min(before, len(NO_ANSWER_S) - 1)]
