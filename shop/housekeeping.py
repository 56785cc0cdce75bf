"""Forgetting what nobody needs any more."""

from collections.abc import Callable

from storage.database import Database
from storage.models import HandledUpdate, Offer, Outbox

_DAY_S = 86_400


def forget_old_rows(database: Database, *, clock: Callable[[], int]) -> None:
    """Drop claims of updates after two weeks (Telegram keeps an update a day), and stale offers and letters."""
    now = clock()
    for forget, age_s in ((HandledUpdate, 14 * _DAY_S), (Offer, 7 * _DAY_S), (Outbox, 30 * _DAY_S)):
        with database.transaction():
            forget.forget_before(now - age_s)
