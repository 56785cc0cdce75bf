"""One move: everything in one transaction, which a dry run rolls back at its end."""

import logging
from collections.abc import Collection
from dataclasses import dataclass

from shop.errors.refusals import CannotStart
from shop.money import Money
from shop.moving import balances, deposits, extras, goods, people, purchases
from shop.moving.journey import Journey, Terms
from shop.moving.old_shop import OldShop, Reader, open_payments
from shop.moving.report import KINDS, MoveReport
from shop.moving.wallets import Custody, OldWallet, compared, custody_of
from shop.payments.moved import keep_own_key
from shop.settings.model import Settings
from storage.database import Database
from storage.foreign.tables import Tables
from storage.models import MovedRow, existing
from storage.models.reconciliation import CHECKS, differences

_log = logging.getLogger("souk.moving")


class BooksDisagree(CannotStart):
    """The books would not agree after the move; nothing was changed."""

    def __init__(self, kinds: Collection[str]) -> None:
        super().__init__(
            f"Afterwards the books would not agree ({', '.join(sorted(kinds))}): nothing was changed. "
            "If they did before, this is an error of Souk's: report it, without your data."
        )


class _Rehearsed(Exception):
    """Ends the transaction of a dry run."""


@dataclass(slots=True)
class Move:
    """The contents of the old shop, ready to be rehearsed and brought."""

    settings: Settings
    database: Database
    languages: frozenset[str]
    now: int
    old: OldShop
    open_payments: tuple[str, ...]
    custody: Custody | None
    wallets: dict[int, OldWallet]
    wallet_report: MoveReport

    def rehearse(self) -> MoveReport:
        """Do everything that `bring` does, then roll it back. Raises: as `bring`."""
        report = MoveReport(self.old.version, self.settings.currency, self.old.counts)
        try:
            with self.database.transaction():
                self._do(report)
                raise _Rehearsed
        except _Rehearsed:
            return report

    def bring(self) -> MoveReport:
        """Bring everything that has not come before, in one transaction.

        Raises:
            OtherShop: other customers have come from a shop of this kind before.
            BooksDisagree: nothing was changed.
        """
        report = MoveReport(self.old.version, self.settings.currency, self.old.counts)
        with self.database.transaction():
            self._do(report)
        _log.info("moved in: %s", ", ".join(f"{report.came[table]} {name}" for table, name in KINDS.items()))
        return report

    def _do(self, report: MoveReport) -> None:
        report.refused += self.old.refused + self.wallet_report.refused
        for payment in self.open_payments:
            report.refuse("payments", payment, "it can still be paid to the old bot: wait until it has expired")
        settings = self.settings
        terms = Terms(
            currency=settings.currency,
            languages=self.languages,
            default_language=settings.default_language,
            bot_id=int(settings.token.get_secret_value().partition(":")[0]),
            owner_telegram_id=settings.admin_id_list[0],
            now=self.now,
        )
        journey = Journey(self.old, terms, report, items_before=MovedRow.known("item"))
        people.bring(journey)
        if self.custody is not None and self.custody.own_key is not None and self.wallets:
            keep_own_key(self.custody.own_key)
        people.bring_addresses(journey, self.wallets)
        extras.bring_coupons(journey)
        shelves = goods.Shelves(journey)
        purchases.bring(journey, shelves)
        goods.bring_unsold(journey, shelves)
        extras.bring_reviews(journey)
        extras.bring_carts(journey)
        extras.switch_off_coupons(journey)
        deposits.bring(journey)
        balances.bring(journey)
        balances_here = existing.balances()
        moved = set(MovedRow.known("user").values())
        report.here = Money(sum(balances_here[each] for each in moved), settings.currency)
        wrong = [kind for kind in CHECKS if differences(kind, most=1)[1]]
        if wrong:
            raise BooksDisagree(wrong)


def prepare(settings: Settings, database: Database, tables: Tables, *, languages: frozenset[str], now: int) -> Move:
    """Read the old shop, and compare its mnemonics with its addresses; nothing is written.

    Raises:
        NotThatShop: the tables are not those of AiogramShopBot.
        NoOperatorKey: its mnemonics have to be sealed, but there is no key to seal them to.
    """
    old = Reader(tables, settings.currency, now).read()
    report = MoveReport(old.version, settings.currency, old.counts)
    known = MovedRow.known("user")
    fresh = [user for user in old.users.values() if user.id not in known]
    custody = custody_of(settings) if any(user.seed for user in fresh) else None
    wallets = {} if custody is None else compared(fresh, custody, report)
    payments = tuple(open_payments(tables, now))
    return Move(settings, database, languages, now, old, payments, custody, wallets, report)
