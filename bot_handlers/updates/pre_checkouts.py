"""Answers to Telegram's question whether a payment may be made, within its ten seconds.

The threads that serve updates may all be busy. So these questions bypass them: they have their own small pool, take
one read each, and wait for no writer. Answering one twice is harmless, so none is claimed.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Self

from telebot import TeleBot
from telebot.apihelper import ApiTelegramException

from bot_handlers.telegram import failures
from bot_handlers.telegram.answers import is_number
from bot_handlers.telegram.failures import TelegramFailure
from locales import Languages, Translator
from shop.payments.stars import BillRefusal, Stars

_log = logging.getLogger("souk.stars")

KIND = "pre_checkout_query"
WORKERS = 4
ANSWER_S = 10
"""Seconds to answer; a later answer does not count (Bot API, answerPreCheckoutQuery)."""
_TRIES = 3
_RESTART_S = 0.5
_LONGEST_REFERENCE = 128


@dataclass(frozen=True, slots=True)
class Question:
    """A pre-checkout query: who wants to pay which bill, and how much."""

    id: str
    telegram_id: int
    language_code: str
    reference: str
    currency: str
    stars: int

    @classmethod
    def read(cls, query: Any) -> Self:
        """Read a query (Bot API, “PreCheckoutQuery”).

        Raises:
            LookupError, TypeError: it lacks a field, or a field is of the wrong type.
        """
        payer, amount = query["from"]["id"], query["total_amount"]
        texts = [query["id"], query["invoice_payload"], query["currency"]]
        if not is_number(payer) or not is_number(amount) or not all(isinstance(text, str) for text in texts):
            raise TypeError
        language = query["from"].get("language_code")
        return cls(
            id=texts[0],
            telegram_id=payer,
            language_code=language if isinstance(language, str) else "",
            reference=texts[1][:_LONGEST_REFERENCE],
            currency=texts[2],
            stars=amount,
        )


class PreCheckouts:
    """Judges pre-checkout queries and answers them.

    `monotonic` counts seconds; `let_go` frees what a thread holds.
    """

    def __init__(
        self,
        bots: Mapping[int, TeleBot],
        stars: Stars,
        languages: Languages,
        *,
        default_language: str,
        monotonic: Callable[[], float],
        let_go: Callable[[], None],
    ) -> None:
        self._bots = bots
        self._stars = stars
        self._languages = languages
        self._default_language = default_language
        self._monotonic = monotonic
        self._let_go = let_go
        self._stopping = threading.Event()
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="pre-checkout")

    def take(self, bot_id: int, query: Any) -> None:
        """Queue a query, and return at once."""
        try:
            question = Question.read(query)
        except (LookupError, TypeError, AttributeError) as error:
            _log.warning("a pre-checkout query of an unknown shape (%s)", type(error).__name__)
            return
        work = self._pool.submit(self._work, bot_id, question, self._monotonic() + ANSWER_S)
        work.add_done_callback(_log_failure)

    def stop(self) -> None:
        """Answer the queued queries, then accept no more."""
        self._stopping.set()
        self._pool.shutdown()

    def _work(self, bot_id: int, question: Question, due: float) -> None:
        try:
            no, language = self._stars.may_pay(
                question.id,
                question.reference,
                question.stars,
                question.currency,
                question.telegram_id,
                bot_id=bot_id,
            )
        finally:
            self._let_go()
        words = None if no is None else self._words(no, language, question.language_code)
        if no is not None:
            _log.info("a payment in Stars was refused: %s", no.value)
        again_s = 0.0
        for _ in range(_TRIES):
            if self._monotonic() + again_s >= due:
                _log.warning("a pre-checkout query was not answered in time")
                return
            if again_s:
                self._stopping.wait(again_s)
            later_s = self._answer(bot_id, question.id, words)
            if later_s is None:
                return
            again_s = later_s

    def _answer(self, bot_id: int, query_id: str, words: str | None) -> float | None:
        """Answer; return in how many seconds to try again, or None if Telegram has it or will not take it."""
        try:
            self._bots[bot_id].answer_pre_checkout_query(query_id, words is None, error_message=words)
        except TelegramFailure as error:
            _log.warning("a pre-checkout query was not answered: %s", failures.describe(error))
            return _again_s(error)
        return None

    def _words(self, no: BillRefusal, chosen: str | None, code: str) -> str:
        """Say why not, in the language they chose here, or in their Telegram's."""
        known = (chosen or "", code.lower().partition("-")[0], self._default_language)
        translator: Translator = next(
            self._languages[language] for language in known if language in self._languages.codes
        )
        return translator.label(f"stars.no.{no.value}")


def _again_s(error: Exception) -> float | None:
    """Return when another try may help: at once without an answer, soon if the server restarts or asks to wait."""
    if not isinstance(error, ApiTelegramException):
        return 0.0
    if error.error_code >= 500:
        return _RESTART_S
    return float(failures.retry_after_s(error)) or None


def _log_failure(work: Future[None]) -> None:
    error = work.exception()
    if error is not None:
        _log.error("a pre-checkout query could not be answered", exc_info=error)
