"""Sends the letters of the outbox, through each customer's own bot and in their language.

One thread reads and writes the database; the courier's senders call Telegram and report back. So a chat that Telegram
throttles, or answers slowly, holds up only its own letters.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Protocol

from bot_handlers.letters.letters import Letters, Message, Progress
from bot_handlers.screens.screen import FileParcel, Forwarded, Parcel, Screen
from bot_handlers.telegram import failures
from bot_handlers.telegram.courier import Courier, Errand
from bot_handlers.telegram.failures import TelegramFailure
from bot_handlers.telegram.messenger import Messenger
from bot_handlers.telegram.queued import Reports
from locales import Languages
from shop.administration.error_reports import unreported
from shop.customers import Customers
from shop.outbox import Event, Letter, Outbox

_log = logging.getLogger("souk.notifier")

MOST_AT_ONCE = 16
"""The most letters sent at once: a third of the courier's senders, so that screens never wait for letters."""
_BATCH = 50
_LOOK_EVERY_S = 1.0
_STOP_S = 5.0
Chat = tuple[int, int]
"""The ids of a bot and a person."""


class OnRefused(Protocol):
    """Called for a letter that Telegram, or a proxy because of its content, has refused for two days."""

    def __call__(self, letter: Letter, *, by_proxy: bool) -> None:
        """Take note of it."""
        ...


def _ignore(letter: Letter, *, by_proxy: bool) -> None:
    """Ignore it."""


class Notifier:
    """Sends due letters: in parallel for different people, one at a time for each.

    A letter that fails is due again later. `most_of_a_bot`: how many letters of one bot may be in hand at once.
    `doubt` is called for a bot that Telegram refuses, `moved` for a group that has a new id.
    """

    def __init__(
        self,
        outbox: Outbox,
        customers: Customers,
        letters: Letters,
        languages: Languages,
        *,
        messenger: Messenger,
        courier: Courier,
        reports: Reports,
        most_of_a_bot: int = MOST_AT_ONCE,
        refused: OnRefused = _ignore,
        doubt: Callable[[int], None] = lambda _bot_id: None,
        moved: Callable[[int, int], None] = lambda _before, _after: None,
    ) -> None:
        self._outbox = outbox
        self._customers = customers
        self._letters = letters
        self._languages = languages
        self._messenger = messenger
        self._courier = courier
        self._most_of_a_bot = most_of_a_bot
        self._refused = refused
        self._doubt = doubt
        self._moved = moved
        self._stop = threading.Event()
        self._in_hand: set[Chat] = set()
        self._reports = reports
        """Outcomes from the senders, which this thread stores."""
        self._absent_admins: set[int] = set()

    def run(self) -> None:
        """Send due letters until `stop`; between letters, wait for the next one."""
        while not self._stop.is_set():
            self.look()
            self._outbox.wait(_LOOK_EVERY_S)
        self._finish()

    def look(self) -> bool:
        """Record what was sent, and send what is due; return whether anything is being sent."""
        self._reports.write_down()
        while (room := MOST_AT_ONCE - len(self._in_hand)) > 0:
            people, full = [person for _, person in self._in_hand], self._full_bots()
            due = self._outbox.due(limit=_BATCH, besides=people, besides_bots=full)
            first_of_each: dict[Chat, Letter] = {}
            for letter in due:
                first_of_each.setdefault((letter.bot_id, letter.telegram_id), letter)
            for letter in [*first_of_each.values()][:room]:
                if letter.bot_id not in self._full_bots():
                    self._send(letter)
            if len(due) < _BATCH and self._full_bots() == full:
                break
        return bool(self._in_hand)

    def _full_bots(self) -> list[int]:
        """List the bots that have reached the limit of letters in hand, so that the others keep some room."""
        in_hand = Counter(bot_id for bot_id, _ in self._in_hand)
        return sorted(bot_id for bot_id, count in in_hand.items() if count >= self._most_of_a_bot)

    def stop(self) -> None:
        """End after the letters in hand; unsent ones stay due."""
        self._stop.set()
        self._outbox.ring()

    def _finish(self) -> None:
        """Wait a moment for the letters in hand; those no sender has begun by then are not sent."""
        end = time.monotonic() + _STOP_S
        while self._in_hand and (left_s := end - time.monotonic()) > 0:
            self._outbox.wait(left_s)
            self._reports.write_down()
        for chat in self._in_hand:
            self._courier.cancel(_lane(chat))

    def _send(self, letter: Letter) -> None:
        """Hand a letter to a sender."""
        if not self._outbox.may_be_read(letter):
            self._outbox.withdraw(letter)
            return
        if not self._messenger.serves(letter.bot_id):
            # The shop has a new bot, which cannot write first: the letter is sent once they have started it.
            _log.info("letter %d waits until its recipient writes to this bot", letter.id)
            self._outbox.unreachable(letter)
            return
        # Schedule the next attempt before this one, so that a letter that breaks the job does not block the others.
        self._outbox.begin(letter)
        with _telling_of(letter):
            message = self._letters.write(letter, self._languages[self._customers.language_of(letter.telegram_id)])
        chat = letter.bot_id, letter.telegram_id
        self._in_hand.add(chat)
        errand = Errand(partial(self._try, letter, message), partial(self._report, letter))
        self._courier.post(_lane(chat), errand)

    def _try(self, letter: Letter, message: Message) -> None:
        """Call Telegram, on a sender's thread."""
        try:
            with _telling_of(letter):
                self._deliver(letter, message)
        except TelegramFailure as error:
            self._report(letter, error)
        else:
            self._report(letter, None)

    def _report(self, letter: Letter, error: BaseException | None) -> None:
        self._reports.put(partial(self._settle, letter, error))

    def _settle(self, letter: Letter, error: BaseException | None) -> None:
        """Record the outcome of a letter. Unless the answer says more, it is retried as scheduled."""
        self._in_hand.discard((letter.bot_id, letter.telegram_id))
        if error is None:
            self._outbox.sent(letter)
            return
        if not isinstance(error, TelegramFailure):
            return
        if (new_id := failures.moved_to(error)) is not None:
            self._moved(letter.telegram_id, new_id)
            return
        if failures.concerns_the_bot(error):
            # The bot is not served; this person may be fine. The letter waits, and this attempt does not count.
            self._outbox.unanswered(letter)
            self._doubt(letter.bot_id)
            _log.warning(
                "letter %d waits: bot %d is not served: %s", letter.id, letter.bot_id, failures.describe(error)
            )
            return
        if failures.unreachable(error):
            self._outbox.unreachable(letter)
            self._note_absence(letter, error)
            return
        if wait_s := failures.retry_after_s(error):
            self._outbox.postpone(letter, wait_s)
        elif failures.refused(error):
            if self._outbox.refused(letter):
                self._refused(letter, by_proxy=False)
        elif not failures.is_page(error):
            self._outbox.unanswered(letter)
        elif self._outbox.turned_away(letter):
            self._refused(letter, by_proxy=True)
        _log.warning("letter %d not sent: %s", letter.id, failures.describe(error))

    def _note_absence(self, letter: Letter, error: Exception) -> None:
        """Log that a person cannot be written to: not an error, but an admin who hears nothing should know why."""
        _log.info("letter %d waits until its recipient writes to the bot: %s", letter.id, failures.describe(error))
        if letter.event.name.startswith("ADMIN_") and letter.telegram_id not in self._absent_admins:
            self._absent_admins.add(letter.telegram_id)
            _log.warning(
                "admin %d gets no letters until they send /start to the bot; then they get the waiting ones",
                letter.telegram_id,
            )

    def _deliver(self, letter: Letter, message: Message) -> None:
        to = letter.bot_id, letter.telegram_id
        match message:
            case Screen():
                self._messenger.send(*to, message)
            case Forwarded():
                self._messenger.forward(*to, message)
            case FileParcel():
                self._messenger.deliver_file(*to, message)
            case Parcel():
                self._messenger.deliver(
                    *to,
                    message,
                    parts_sent=letter.parts_sent,
                    arrived=lambda parts: self._reports.put(partial(self._outbox.part_sent, letter, parts)),
                )
            case Progress():
                self._renew(to, message)

    def _renew(self, to: Chat, progress: Progress) -> None:
        """Send a screen, or update the message that shows it."""
        if progress.gone is not None and progress.message_id is not None:
            if not self._messenger.recaption(*to, progress.message_id, progress.screen):
                self._reports.put(progress.gone)
            return
        if progress.message_id is None:
            message_id = self._messenger.send(*to, progress.screen)
        else:
            message_id = self._messenger.update(*to, progress.message_id, progress.screen)
        if message_id != progress.message_id:
            self._reports.put(partial(progress.shown, message_id))


def _lane(chat: Chat) -> tuple[str, int, int]:
    """Name the courier's lane for the letters of a chat."""
    return "letters", *chat


def _telling_of(letter: Letter) -> AbstractContextManager[None]:
    """Only log errors of a letter that reports an error; reporting them would never end."""
    return unreported() if letter.event is Event.ADMIN_ERROR else nullcontext()
