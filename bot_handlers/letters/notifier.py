"""Sends the letters of the outbox, through each customer's own bot and in their language."""

import logging
import threading
from contextlib import nullcontext

from bot_handlers.letters.letters import Letters, Progress
from bot_handlers.screens.screen import FileParcel, Parcel, Screen
from bot_handlers.telegram import failures
from bot_handlers.telegram.failures import TelegramFailure
from bot_handlers.telegram.messenger import Messenger
from locales import Languages
from shop.administration.error_reports import unreported
from shop.customers import Customers
from shop.outbox import Event, Letter, Outbox

_log = logging.getLogger("souk.notifier")

_BATCH = 50
_LOOK_EVERY_S = 1.0


class Notifier:
    """Sends what is due. A letter that fails is due again later."""

    def __init__(
        self, outbox: Outbox, customers: Customers, letters: Letters, languages: Languages, messenger: Messenger
    ) -> None:
        self._outbox = outbox
        self._customers = customers
        self._letters = letters
        self._languages = languages
        self._messenger = messenger
        self._stop = threading.Event()

    def run(self) -> None:
        """Send what is due until `stop`; between letters, wait for the next one."""
        while not self._stop.is_set():
            for letter in self._outbox.due(limit=_BATCH):
                if not self._stop.is_set():
                    self._send(letter)
            self._outbox.wait(_LOOK_EVERY_S)

    def stop(self) -> None:
        """End after the letter in hand; what is not sent stays due."""
        self._stop.set()
        self._outbox.ring()

    def _send(self, letter: Letter) -> None:
        if not self._outbox.may_be_read(letter):
            self._outbox.withdraw(letter)
            return
        if not self._messenger.serves(letter.bot_id):
            # The shop got a new bot, and no bot may write first: the letter goes out once they come to the new one.
            _log.info("letter %d waits until its recipient writes to this bot", letter.id)
            self._outbox.unreachable(letter)
            return
        # The next attempt is planned before this one: a letter that breaks the job does not block those behind it.
        self._outbox.begin(letter)
        try:
            # An error while errors are reported is only logged, or each report would bring the next.
            with unreported() if letter.event is Event.ADMIN_ERROR else nullcontext():
                self._deliver(letter)
        except TelegramFailure as error:
            if failures.unreachable(error):
                self._outbox.unreachable(letter)
            elif wait_s := failures.retry_after_s(error):
                self._outbox.postpone(letter, wait_s)
            elif not failures.refused(error):
                self._outbox.unanswered(letter)
            _log.warning("letter %d not sent: %s", letter.id, failures.describe(error))
        else:
            self._outbox.sent(letter)

    def _deliver(self, letter: Letter) -> None:
        to = letter.bot_id, letter.telegram_id
        message = self._letters.write(letter, self._languages[self._customers.language_of(letter.telegram_id)])
        match message:
            case Screen():
                self._messenger.send(*to, message)
            case FileParcel():
                self._messenger.deliver_file(*to, message)
            case Parcel():
                self._messenger.deliver(
                    *to,
                    message,
                    parts_sent=letter.parts_sent,
                    arrived=lambda parts: self._outbox.part_sent(letter, parts),
                )
            case Progress():
                self._renew(to, message)

    def _renew(self, to: tuple[int, int], progress: Progress) -> None:
        """Send a screen, or bring the message that shows it up to date."""
        if progress.message_id is None:
            message_id = self._messenger.send(*to, progress.screen)
        else:
            message_id = self._messenger.update(*to, progress.message_id, progress.screen)
        if message_id != progress.message_id:
            progress.shown(message_id)
