"""Customers' rights over their own data: get all of it, have it deleted, or change their mind."""

import json
import logging
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from shop.context import Context
from shop.errors.refusals import DataSentToday, OnTheTeam, StaleScreen
from shop.money import Money
from shop.people import Person
from shop.terms.erasure import Erasures
from shop.terms.retention import DAYS_TO_RECONSIDER, Retention
from storage.models import Customer, DataExport, DeletionRequest, Deposit, HeldStar
from storage.models import personal_data as rows
from storage.models.customers import FIRST_PSEUDONYM

_log = logging.getLogger("souk.shop")

_DAY_S = 86_400
_MOST_DEPOSITS = 100


@dataclass(frozen=True, slots=True)
class OwnData:
    """Everything about a person: lists of rows by heading, with money and times already formatted."""

    sections: tuple[tuple[str, str, tuple[dict[str, Any], ...]], ...]

    @property
    def as_json(self) -> str:
        """Write it for a program, an object for each heading."""
        headings: dict[str, dict[str, Any]] = {}
        for heading, name, found in self.sections:
            headings.setdefault(heading, {})[name] = list(found)
        return json.dumps(headings, ensure_ascii=False, indent=2)


@dataclass(frozen=True, slots=True)
class DeletionState:
    """The effects of a deletion. `due_at`: when a requested one will happen (Unix seconds)."""

    balance: Money
    pending: int
    undelivered: int
    due_at: int | None
    days: int
    years: int


@dataclass(frozen=True, slots=True)
class DataRights:
    """Exports and deletions, asked for by the person themselves."""

    context: Context
    erasures: Erasures

    def export(self, person: Person) -> OwnData:
        """Gather everything about a person, once a day.

        Raises:
            DataSentToday: they got it within the last 24 hours.
        """
        now = self.context.clock()
        with self.context.database.transaction():
            last = DataExport.last(person.id)
            if last is not None and 0 <= now - last < _DAY_S:
                raise DataSentToday
            DataExport.keep(person.id, now)
        with self.context.database.snapshot():
            found = rows.read(person.id, person.telegram_id)
        return OwnData(tuple((heading, name, tuple(map(self._plain, every))) for heading, name, every in found))

    def not_sent(self, person: Person) -> None:
        """Let a person ask again today, because their export did not arrive."""
        with self.context.database.transaction():
            DataExport.end(person.id)

    def state(self, person: Person) -> DeletionState:
        """Return what a deletion would affect now, and whether one was requested."""
        return DeletionState(
            balance=self.context.customers.balance(person),
            pending=len(Deposit.open_of(person.id, limit=_MOST_DEPOSITS)) + HeldStar.count_of(person.id),
            undelivered=rows.count_unmade(person.id),
            due_at=DeletionRequest.due_of(person.id),
            days=DAYS_TO_RECONSIDER,
            years=Retention.of(self.context.settings).years,
        )

    def ask(self, person: Person) -> DeletionState:
        """Schedule the deletion of a person's data; a second press changes nothing.

        Raises:
            OnTheTeam: they have rights in this shop, which an owner has to remove first.
            StaleScreen: their data was deleted at this moment.
        """
        if self.context.customers.rights_of(person.telegram_id):
            raise OnTheTeam
        now = self.context.clock()
        with self.context.database.transaction():
            _require_remembered(person)
            DeletionRequest.keep(person.id, asked_at=now, due_at=now + DAYS_TO_RECONSIDER * _DAY_S)
        return self.state(person)

    def keep(self, person: Person) -> DeletionState:
        """Cancel the deletion.

        Raises:
            StaleScreen: the data was deleted at this moment.
        """
        with self.context.database.transaction():
            _require_remembered(person)
            DeletionRequest.end(person.id)
        return self.state(person)

    def run(self) -> None:
        """Carry out the deletions that are due, and replace expired hashes.

        An error in one of them is raised after the others are done.
        """
        if self.context.is_far_ahead():
            return
        with ExitStack() as each_of_them:
            each_of_them.callback(self.erasures.forget_hashes, years=Retention.of(self.context.settings).years)
            for customer_id in reversed(DeletionRequest.due(self.context.clock())):
                each_of_them.callback(self._run_one, customer_id)

    def _run_one(self, customer_id: int) -> None:
        try:
            self.erasures.erase(customer_id, if_so=self._is_due)
        except Exception as error:
            _log.error("the data of customer %d could not be deleted: %s", customer_id, error)
            raise

    def _is_due(self, customer: Customer) -> bool:
        """Return whether a deletion is still due; the request of a person who has rights by now ends.

        Needs an open transaction.
        """
        due_at = DeletionRequest.due_of(customer.id)
        if due_at is None or due_at > self.context.clock():
            return False
        if self.context.customers.rights_of(customer.telegram_id):
            DeletionRequest.end(customer.id)
            return False
        return True

    def _plain(self, row: dict[str, Any]) -> dict[str, Any]:
        """Write money in the currency and times as in `Context.iso`, under plain names."""
        plain: dict[str, Any] = {}
        for name, value in row.items():
            if name.endswith("_minor"):
                money = None if value is None else Money(value, self.context.currency)
                text = None if money is None else f"{money.decimal:f} {money.currency}"
                plain[name.removesuffix("_minor")] = text
            elif name.endswith("_at"):
                plain[name] = None if value is None else self.context.iso(value)
            else:
                plain[name] = value
        return plain


def _require_remembered(person: Person) -> None:
    """Refuse a person who was forgotten while their update waited for this transaction."""
    if Customer.get_by_id(person.id).telegram_id >= FIRST_PSEUDONYM:
        raise StaleScreen


def forget_by_operator(erasures: Erasures, telegram_id: int) -> bool:
    """Forget a person on the server, at once; return whether the shop knew them."""
    customer = Customer.by_telegram_id(telegram_id)
    return customer is not None and erasures.erase(customer.id)
