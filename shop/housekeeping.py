"""Forgetting what nobody needs any more."""

from collections.abc import Callable

from storage.database import Database
from storage.models import (
    Adjustment,
    Announcement,
    AnnouncementRecipient,
    GoodsDraft,
    HandledUpdate,
    Offer,
    Outbox,
    PendingImport,
    Picture,
    Search,
    TopUp,
)

_DAY_S = 86_400


def forget_old_rows(database: Database, *, clock: Callable[[], int]) -> None:
    """Drop claims of updates (Telegram keeps an update a day), and what is stale or long settled.

    Goods that nobody confirmed go after a day, adjustments that nobody confirmed and pictures that nothing shows any
    more after a week.
    """
    ages = (
        *((HandledUpdate, 14), (Offer, 7), (Search, 7), (Outbox, 30), (TopUp, 30)),
        *((PendingImport, 1), (GoodsDraft, 1), (Announcement, 7), (AnnouncementRecipient, 30)),
        *((Adjustment, 7), (Picture, 7)),
    )
    for forget, days in ages:
        with database.transaction():
            forget.forget_before(clock() - days * _DAY_S)
