"""The Stars machinery behind the screens: pre-checkout queries, payments, and regular requests to Telegram."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from telebot import TeleBot

from bot_handlers.telegram.stars import TelegramStarDesk
from bot_handlers.updates.pre_checkouts import PreCheckouts
from bot_handlers.updates.star_payments import StarPayments
from locales import Languages
from shop.jobs import Job
from shop.payments.assembly import Payments
from shop.payments.star_books import COMPARE_EVERY_S, LOOK_EVERY_S, StarDesk
from shop.payments.star_refunds import REFUNDS_EVERY_S
from shop.settings.model import Settings
from storage.database import Database


@dataclass(frozen=True, slots=True)
class StarFront:
    """The pool that answers pre-checkout queries, and the jobs that ask Telegram, also at startup.

    `register` registers the handler of payments with a bot: before every other one.
    """

    pre_checkouts: PreCheckouts
    jobs: tuple[Job, ...]
    register: Callable[[TeleBot], None]


def build(
    settings: Settings,
    bots: Mapping[int, TeleBot],
    payments: Payments,
    languages: Languages,
    database: Database,
    *,
    monotonic: Callable[[], float],
) -> StarFront:
    """Build it. Stars belong to the shop's main bot, whatever other bots it has."""
    pre_checkouts = PreCheckouts(
        bots,
        payments.stars,
        languages,
        default_language=settings.default_language,
        monotonic=monotonic,
        let_go=database.release_thread,
    )
    desk = TelegramStarDesk(settings.token.get_secret_value())
    return StarFront(
        pre_checkouts, _jobs(payments, desk), StarPayments(payments.stars, payments.star_refunds).register
    )


def _jobs(payments: Payments, desk: StarDesk) -> tuple[Job, ...]:
    """List the jobs, and how often they run."""
    books, refunds = payments.star_books, payments.star_refunds
    return (
        Job("refunds of Stars", REFUNDS_EVERY_S, lambda: refunds.settle(desk)),
        Job("list of Stars", LOOK_EVERY_S, lambda: books.look(desk)),
        Job("balance of Stars", COMPARE_EVERY_S, lambda: books.compare(desk)),
    )
