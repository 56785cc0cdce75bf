"""Forgetting what nobody needs any more."""

from collections.abc import Callable

from storage.database import Database
from storage.models import HandledUpdate, Offer, Outbox, Search

_DAY_S = 86_400


def forget_old_rows(database: Database, *, clock: Callable[[], int]) -> None:
    """Drop claims of updates after two weeks (Telegram keeps an update a day), stale offers, searches and letters."""
    now = clock()
    ages = ((HandledUpdate, 14 * _DAY_S), (Offer, 7 * _DAY_S), (Search, 7 * _DAY_S), (Outbox, 30 * _DAY_S))
    for forget, age_s in ages:
        with database.transaction():
            forget.forget_before(now - age_s)
