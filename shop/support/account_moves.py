"""Accounts that move: a customer has lost their Telegram account and continues with another one.

The customer stays the same: balance, orders, addresses and payments belong to their number, so no row of the books
changes, only the number's Telegram id. If the new account has been here already but has nothing in the books, the two
numbers swap their Telegram ids, and its tickets come along. If it has entries in the books, or an address to pay to,
the move is refused: books are append-only, so two accounts cannot become one, and what is paid to that address later
must reach the person it was given to.
"""

import logging
from dataclasses import dataclass

from shop.context import Context
from shop.errors.refusals import (
    AccountBanned,
    AccountInUse,
    AccountOfTeam,
    NotFound,
    PersonUnknown,
    SameAccount,
    StaleScreen,
)
from shop.money import Money
from shop.outbox import Event
from shop.people import LARGEST_ID, Person, Right
from shop.terms.erasure import Erasures
from storage.models import AccountMove, Customer, DeletionRequest, Order
from storage.models import account_rows as rows
from storage.models.customers import FIRST_PSEUDONYM

_log = logging.getLogger("souk.shop")


@dataclass(frozen=True, slots=True)
class MovePlan:
    """A preview of a move: whose account gets which Telegram id, and what goes with it."""

    customer_id: int
    name: str
    to_telegram_id: int
    to_name: str
    balance: Money
    orders: int
    deletion_at: int | None
    """When the customer's data was to be deleted (Unix seconds); the move ends that."""


@dataclass(frozen=True, slots=True)
class AccountMoves:
    """Moves accounts. Everything needs `Right.OWNERS_ONLY`, which only owners have, and the second factor."""

    context: Context
    erasures: Erasures

    def plan(self, owner: Person, customer_id: int, telegram_id: int) -> MovePlan:
        """Preview a move.

        Raises:
            NotFound: no such customer, or their data was deleted; if they come back, they get their number again.
            PersonUnknown: not a possible Telegram id.
            SameAccount: it is theirs already.
            AccountOfTeam: one of the two has rights here; rights belong to a Telegram account.
            AccountBanned: one of the two is banned, and the move would lift the ban.
            AccountInUse: the other account has its own books or addresses, perhaps under a person who was forgotten.
        """
        self.context.customers.require(owner, Right.OWNERS_ONLY)
        if not 0 < telegram_id <= LARGEST_ID:
            raise PersonUnknown
        customer = self.context.customers.person(customer_id)
        if customer.telegram_id >= FIRST_PSEUDONYM:
            raise NotFound
        if customer.telegram_id == telegram_id:
            raise SameAccount
        there = Customer.by_telegram_id(telegram_id)
        others = [each for each in (there, self.erasures.forgotten(telegram_id)) if each is not None]
        if any(self.context.customers.rights_of(each) for each in (customer.telegram_id, telegram_id)):
            raise AccountOfTeam
        if customer.banned or any(each.banned for each in others):
            raise AccountBanned
        if any(rows.is_in_use(each.id) for each in others):
            raise AccountInUse
        return MovePlan(
            customer_id=customer_id,
            name=self.context.customers.name_of(customer_id),
            to_telegram_id=telegram_id,
            to_name=str(telegram_id) if there is None else self.context.customers.name_of(there.id),
            balance=self.context.customers.balance(customer),
            orders=Order.count_of(customer_id),
            deletion_at=DeletionRequest.due_of(customer_id),
        )

    def read(self, owner: Person, customer_id: int, text: str) -> MovePlan:
        """Preview a move to the account that a text names: a Telegram id, or the @username of a person seen here.

        Raises:
            PersonUnknown: the text names no one.
            NotFound, SameAccount, AccountOfTeam, AccountBanned, AccountInUse: as in `plan`.
        """
        word = text.strip()
        named = Customer.by_username(word.removeprefix("@")) if word.startswith("@") else None
        if named is None and not (word.isascii() and word.isdecimal() and len(word) <= len(str(LARGEST_ID))):
            self.context.customers.require(owner, Right.OWNERS_ONLY)
            raise PersonUnknown
        return self.plan(owner, customer_id, named.telegram_id if named is not None else int(word))

    def move(self, owner: Person, customer_id: int, telegram_id: int) -> MovePlan:
        """Move an account, and tell both Telegram accounts and the other owners.

        A requested deletion ends: whoever has the old account may have requested it.

        Raises:
            StaleScreen: the account was moved already, or is someone else's by now.
            NotFound, PersonUnknown, AccountOfTeam, AccountBanned, AccountInUse: as in `plan`; nothing moves.
        """
        with self.context.database.transaction():
            try:
                plan = self.plan(owner, customer_id, telegram_id)
            except SameAccount:
                raise StaleScreen from None
            before = int(Customer.get_by_id(customer_id).telegram_id)
            there, forgotten = Customer.by_telegram_id(telegram_id), self.erasures.forgotten(telegram_id)
            if forgotten is not None:  # their number is empty, and the account's hash is the customer's from now on
                self.erasures.disown(forgotten)
            now = self.context.clock()
            rows.swap(customer_id, None if there is None else there.id, to_telegram_id=telegram_id, now=now)
            moved = AccountMove.create(
                customer=customer_id,
                vacated_id=None if there is None else there.id,
                from_telegram_id=before,
                to_telegram_id=telegram_id,
                moved_by=owner.id,
                created_at=now,
            )
            DeletionRequest.end(customer_id)
            details = {"from": before, "to": telegram_id}
            entry_id = self.context.audit.write(owner, "customer.moved", f"customer {telegram_id}", **details)
            self.context.announce(owner, entry_id)
            arrived, left = Event.ACCOUNT_ARRIVED, Event.ACCOUNT_LEFT
            said = {} if plan.deletion_at is None else {"deletion_ended": True}
            customer = Customer.get_by_id(customer_id)
            self.context.outbox.tell(customer, arrived, key=f"{arrived.value}:{moved.id}", payload=said)
            self.context.outbox.tell_later(before, left, key=f"{left.value}:{moved.id}", after_s=0)
        _log.info("customer %d: moved to another Telegram account", customer_id)
        return plan
