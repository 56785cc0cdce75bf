"""Telegram's own list of Star transactions, compared with ours: it shows what a lost update did not."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from shop.context import Context
from shop.outbox import Event
from shop.payments.star_refunds import Refunder, StarRefunds
from shop.payments.stars import Charge, Stars
from shop.people import Sender
from storage.models import StarTransaction
from storage.models.stars import NANO

_log = logging.getLogger("souk.stars")

LOOK_EVERY_S = 300
COMPARE_EVERY_S = 86_400
PAGE = 100
"""The most rows in one answer (Bot API, getStarTransactions)."""
OVERLAP = 100
"""How many known rows are reread each time."""
_MOST_PAGES = 2_000
_TRIES = 3


class RowKind(Enum):
    """The kind of a row. `other` is not ours, such as a payment another program took with this bot."""

    PAYMENT = "payment"
    REFUND = "refund"
    WITHDRAWAL = "withdrawal"
    OTHER = "other"


class StarsUnreachable(Exception):
    """Telegram did not answer, or its answer was not a list."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the list. `payer` and `reference` are of payments. `made_at` is Unix seconds."""

    transaction_id: str
    incoming: bool
    kind: RowKind
    nanostars: int
    made_at: int
    reference: str = ""
    payer: Sender | None = None


class StarDesk(Refunder, Protocol):
    """Telegram's reports about the bot's Stars."""

    def rows(self, offset: int) -> Sequence[Row]:
        """Read up to `PAGE` rows of the list, oldest first. Raises StarsUnreachable."""
        ...

    def balance(self) -> int:
        """Read the balance, in billionths of a Star. Raises StarsUnreachable."""
        ...


@dataclass(frozen=True, slots=True)
class StarBooks:
    """Reads the list regularly, and compares its sum with the balance daily."""

    context: Context
    stars: Stars
    refunds: StarRefunds

    def look(self, desk: StarDesk) -> None:
        """Read new rows, and catch up on every update that was lost. Without an answer, the next look does it."""
        if not self.stars.is_used:
            return
        try:
            self._read(desk)
        except StarsUnreachable as error:
            _log.warning("the list of Stars was not read: %s", error)

    def compare(self, desk: StarDesk) -> None:
        """Compare the list with the balance; owners are notified of each difference once."""
        if not self.stars.is_used:
            return
        try:
            for _ in range(_TRIES):
                before = desk.balance()
                rows = {(row.transaction_id, row.incoming): row for row in self._read(desk, whole=True)}
                if before == desk.balance():
                    listed = sum(row.nanostars if row.incoming else -row.nanostars for row in rows.values())
                    self._tell_difference(listed, before)
                    return
        except StarsUnreachable as error:
            _log.warning("the balance of Stars was not compared: %s", error)

    def _read(self, desk: StarDesk, *, whole: bool = False) -> list[Row]:
        """Read the list, `whole` or from a little before its known end, and apply what is new.

        A row is recorded after it is applied, so a crash loses nothing. A payment that is held is not recorded, nor
        is its return, so both are applied once it can be credited. A list that ends earlier than the known end is a
        different one: a bot that replaces the shop's former one has its own list.
        """
        rows = _rows(desk, 0 if whole else max(0, StarTransaction.count() - OVERLAP))
        if not rows and not whole:
            rows = _rows(desk, 0)
        fresh = [row for row in rows if not StarTransaction.is_known(row.transaction_id, row.incoming)]
        back = {row.transaction_id for row in rows if row.kind is RowKind.REFUND}
        held = {row.transaction_id for row in fresh if not self._apply(row, went_back=row.transaction_id in back)}
        with self.context.database.transaction():
            StarTransaction.note([_columns(row) for row in fresh if row.transaction_id not in held])
        return rows

    def _apply(self, row: Row, *, went_back: bool) -> bool:
        """Apply a row; return whether that is done. A return may be known longer than its payment, which was held."""
        if row.kind is RowKind.PAYMENT and row.payer is not None and row.nanostars >= NANO:
            charge = Charge(row.transaction_id, row.reference, row.nanostars // NANO, row.payer, row.made_at)
            if self.stars.paid(charge, went_back=went_back):
                _log.warning("a payment in Stars was found in the list; its update never came")
                if went_back:
                    self.refunds.went_back(row.transaction_id)
            return went_back or not self.stars.is_held(charge)
        if row.kind is RowKind.REFUND:
            self.refunds.went_back(row.transaction_id)
        if row.kind is RowKind.WITHDRAWAL:
            with self.context.database.transaction():
                payload = {"stars": row.nanostars // NANO, "incoming": row.incoming}
                key = f"stars-withdrawn:{row.transaction_id}:{int(row.incoming)}"
                self.context.outbox.tell_admins(Event.ADMIN_STARS_WITHDRAWN, key=key, payload=payload)
        return True

    def _tell_difference(self, listed: int, balance: int) -> None:
        if listed == balance:
            return
        _log.error("Telegram's list of Stars adds up to %d billionths, but its balance is %d", listed, balance)
        payload = {"listed": listed // NANO, "balance": balance // NANO}
        with self.context.database.transaction():
            key = f"stars-differ:{listed}:{balance}"
            self.context.outbox.tell_admins(Event.ADMIN_STARS_DIFFER, key=key, payload=payload)


def _rows(desk: StarDesk, offset: int) -> list[Row]:
    """Read the list from a place to its end. Raises StarsUnreachable, also if it has no end."""
    rows: list[Row] = []
    for _ in range(_MOST_PAGES):
        page = desk.rows(offset + len(rows))
        rows += page
        if len(page) < PAGE:
            return rows
    raise StarsUnreachable("an endless list")


def _columns(row: Row) -> dict[str, object]:
    return {
        "transaction_id": row.transaction_id,
        "incoming": int(row.incoming),
        "kind": row.kind.value,
        "nanostars": row.nanostars,
        "made_at": row.made_at,
    }
