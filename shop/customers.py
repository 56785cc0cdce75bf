"""The people who write to the shop: customers and admins."""

import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass

from shop.errors.refusals import NotAllowed, NotFound, OwnAccount
from shop.money import Money
from shop.outbox import Event, Outbox
from shop.people import EVERY_RIGHT, Person, Right, Sender
from storage.database import Database
from storage.models import Customer, ManagerRight
from storage.models import Outbox as OutboxRow
from storage.models.customers import FIRST_PSEUDONYM

_log = logging.getLogger("souk.shop")


@dataclass(frozen=True, slots=True)
class Customers:
    """Registration, language, rights and balance."""

    database: Database
    outbox: Outbox
    clock: Callable[[], int]
    currency: str
    admin_ids: Collection[int]
    languages: frozenset[str]
    default_language: str
    on_arrival: Callable[[int, str], None] = lambda _customer_id, _start: None
    guard: Callable[[Person, Right], None] = lambda _person, _right: None
    proof: Callable[[Person], None] = lambda _person: None
    returning: Callable[[int], Customer | None] = lambda _telegram_id: None

    def welcome(self, sender: Sender) -> Person:
        """Find the sender of an update; a first message of any kind registers them."""
        customer = Customer.by_telegram_id(sender.telegram_id)
        if customer is None or self._differs(customer, sender):
            with self.database.transaction():
                customer = self._register(sender)
        return self._person(customer)

    @staticmethod
    def bot_of(sender: Sender) -> int:
        """Return the bot that a person used last; of somebody new, the bot that the sender names."""
        customer = Customer.by_telegram_id(sender.telegram_id)
        return sender.bot_id if customer is None else customer.bot_id

    def balance(self, person: Person) -> Money:
        """Read a person's balance."""
        return Money(Customer.balance_of(person.id), self.currency)

    def choose_language(self, person: Person, language: str) -> Person:
        """Set the language that a person chose; Telegram's language no longer changes it."""
        if language in self.languages:
            with self.database.transaction():
                Customer.change(person.id, language=language, language_chosen=True)
        return self._person(Customer.get_by_id(person.id))

    def hear(self, person: Person, *, announcements: bool) -> None:
        """Record whether a person wants announcements; letters about their own orders are sent regardless."""
        with self.database.transaction():
            Customer.change(person.id, announcements=announcements)

    def reachability(self, telegram_id: int, *, reachable: bool) -> None:
        """Record whether a person can be written to; once they can, waiting letters are sent."""
        with self.database.transaction():
            Customer.reach(telegram_id, reachable=reachable)
            if reachable:
                OutboxRow.send_after_all(telegram_id, now=self.clock())

    def language_of(self, telegram_id: int) -> str:
        """Return the language for letters to a person."""
        customer = Customer.by_telegram_id(telegram_id)
        language = customer.language if customer else self.default_language
        return language if language in self.languages else self.default_language

    def is_banned(self, telegram_id: int) -> bool:
        """Return whether a person is banned."""
        customer = Customer.by_telegram_id(telegram_id)
        return customer is not None and bool(customer.banned)

    def let_owners_in(self) -> None:
        """End the bans of people who have become owners since: no one can lock an owner out from the chat."""
        with self.database.transaction():
            for telegram_id in self.admin_ids:
                customer = Customer.by_telegram_id(telegram_id)
                if customer is not None and customer.banned:
                    Customer.change(customer.id, banned=False)
                    _log.warning("the ban of customer %d ended: they are an owner now", customer.id)

    def speaks(self, language: str) -> bool:
        """Return whether the shop has this language."""
        return language in self.languages

    def name_of(self, customer_id: int) -> str:
        """Write a customer's name as admins see it."""
        customer = Customer.get_by_id(customer_id)
        if customer.telegram_id >= FIRST_PSEUDONYM:
            return f"{customer.first_name} (#{customer.id})"
        handle = f" @{customer.username}" if customer.username else ""
        return f"{customer.first_name}{handle} ({customer.telegram_id})"

    def require(self, person: Person, right: Right) -> None:
        """Refuse anyone without this right, as the rights stand now.

        Every method that takes an admin begins with this check, so their docstrings do not repeat what it raises.

        Raises:
            NotAllowed: they do not have the right, or are banned.
            SecondFactorNeeded: they have it, and must enter a code first.
        """
        if right not in self.rights_of(person.telegram_id) or Customer.get_by_id(person.id).banned:
            raise NotAllowed
        self.guard(person, right)

    def require_proof(self, admin: Person) -> None:
        """Ask for the second factor before an action that needs one, whatever right it needs.

        Raises:
            SecondFactorNeeded: they must enter a code first.
        """
        self.proof(admin)

    def require_for(self, admin: Person, right: Right, customer_id: int) -> None:
        """Refuse as `require` does; also refuse managers who act on their own account. Owners may.

        Raises:
            NotAllowed: as in `require`.
            OwnAccount: it is the admin's own account, and they are not an owner.
        """
        self.require(admin, right)
        if customer_id == admin.id and not self.is_owner(admin.telegram_id):
            raise OwnAccount

    def is_owner(self, telegram_id: int) -> bool:
        """Return whether a person is an owner."""
        return telegram_id in self.admin_ids

    def person(self, customer_id: int) -> Person:
        """Read a customer by number.

        Raises:
            NotFound: there is none.
        """
        customer = Customer.get_or_none(Customer.id == customer_id)
        if customer is None:
            raise NotFound
        return self._person(customer)

    def require_any(self, person: Person) -> frozenset[Right]:
        """Return an admin's rights as they stand now.

        Raises:
            NotAllowed: they have none, or are banned.
        """
        rights = self.rights_of(person.telegram_id)
        if not rights or Customer.get_by_id(person.id).banned:
            raise NotAllowed
        return rights

    def rights_of(self, telegram_id: int) -> frozenset[Right]:
        """Return a person's rights, whether they are banned or not."""
        if telegram_id in self.admin_ids:
            return EVERY_RIGHT
        return frozenset(Right(name) for name in ManagerRight.of(telegram_id))

    def _register(self, sender: Sender) -> Customer:
        if sender.username:
            Customer.release_username(sender.username, but=sender.telegram_id)
        known = Customer.by_telegram_id(sender.telegram_id) or self.returning(sender.telegram_id)
        if known is None:
            _log.info("new customer %d", sender.telegram_id)
            # A manager may have got letters before they wrote to the bot.
            OutboxRow.send_after_all(sender.telegram_id, now=self.clock())
            customer = Customer.create(
                telegram_id=sender.telegram_id,
                bot_id=sender.bot_id,
                username=sender.username,
                first_name=sender.first_name,
                language=self._language_for(sender.language_code),
                created_at=self.clock(),
            )
            self.on_arrival(customer.id, sender.start)
            if not self.rights_of(sender.telegram_id):
                self.outbox.tell_admins(
                    Event.ADMIN_CUSTOMER, key=f"customer:{customer.id}", payload={"customer_id": customer.id}
                )
            return customer
        if not known.reachable:
            OutboxRow.send_after_all(sender.telegram_id, now=self.clock())
        if known.bot_id != sender.bot_id:
            OutboxRow.send_through(sender.bot_id, sender.telegram_id, now=self.clock())
        Customer.change(
            known.id,
            bot_id=sender.bot_id,
            username=sender.username,
            first_name=sender.first_name,
            reachable=True,
            banned=bool(known.banned) and not self.is_owner(sender.telegram_id),
        )
        return Customer.get_by_id(known.id)

    def _language_for(self, code: str | None) -> str:
        """Map Telegram's code, such as `pt-br`, to a language of the shop."""
        language = (code or "").lower().partition("-")[0]
        return language if language in self.languages else self.default_language

    @staticmethod
    def _differs(customer: Customer, sender: Sender) -> bool:
        known = (customer.bot_id, customer.username, customer.first_name, customer.reachable)
        return known != (sender.bot_id, sender.username, sender.first_name, True)

    def _person(self, customer: Customer) -> Person:
        return Person(
            id=customer.id,
            telegram_id=customer.telegram_id,
            bot_id=customer.bot_id,
            first_name=customer.first_name,
            language=customer.language if customer.language in self.languages else self.default_language,
            banned=bool(customer.banned),
            rights=frozenset() if customer.banned else self.rights_of(customer.telegram_id),
        )
