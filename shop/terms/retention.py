"""Retention periods of personal data: one table, read by the deletion job and printed in the privacy policy."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from shop.settings.model import Settings

DAYS_TO_RECONSIDER = 7
"""Days between a request to delete personal data and the deletion."""


class KeptData(Enum):
    """Data kept for a limited time. Each kind has a line in the privacy policy, named after it."""

    SEARCHES = "searches"
    OFFERS = "offers"
    QUOTES = "quotes"
    LETTERS = "letters"
    RECIPIENTS = "recipients"
    DIALOGS = "dialogs"
    TICKETS = "tickets"
    BACKUPS = "backups"
    LOGS = "logs"


@dataclass(frozen=True, slots=True)
class Retention:
    """A shop's periods in days, and for how many years a deleted person can be recognised."""

    dialogs_days: int = 30
    tickets_days: int = 365
    backups_days: int = 0
    logs_days: int = 0
    years: int = 10

    @classmethod
    def of(cls, settings: Settings) -> "Retention":
        """Read the periods that the operator chose. A backup lasts until the last of its copies is replaced."""
        hours = settings.backup_every_hours * settings.backup_copies
        return cls(
            dialogs_days=settings.keep_dialogs_days,
            tickets_days=settings.keep_tickets_days,
            backups_days=-(-hours // 24),
            logs_days=settings.keep_logs_days,
            years=settings.keep_years,
        )

    def days(self, kept: KeptData) -> int:
        """Return how many days something is kept."""
        fixed = {
            KeptData.SEARCHES: 7,
            KeptData.OFFERS: 7,
            KeptData.QUOTES: 30,
            KeptData.LETTERS: 30,
            KeptData.RECIPIENTS: 30,
        }
        chosen = {
            KeptData.DIALOGS: self.dialogs_days,
            KeptData.TICKETS: self.tickets_days,
            KeptData.BACKUPS: self.backups_days,
            KeptData.LOGS: self.logs_days,
        }
        return (fixed | chosen)[kept]

    def printed(self) -> Iterator[tuple[KeptData, int]]:
        """List the kinds that this shop keeps for a limited time, in the order of the privacy policy."""
        return ((kept, self.days(kept)) for kept in KeptData if self.days(kept))


DEFAULTS = Retention()
