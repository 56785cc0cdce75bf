"""Managers: owners give them rights and take them back."""

from dataclasses import dataclass

from shop.context import Context
from shop.errors.refusals import IsOwner, NotAllowed, PersonUnknown
from shop.outbox import Event
from shop.people import EVERY_GIVEN, LARGEST_ID, Person, Right
from storage.models import Customer, ManagerRight, SecondFactor

LETTER_AFTER_S = 5
"""Seconds to wait before sending the letter, since rights are usually given one after another."""


@dataclass(frozen=True, slots=True)
class Manager:
    """A person who is not an owner, with their rights. Without rights they are not (or no longer) a manager.

    `customer_id` is None if they never wrote to the shop.
    """

    telegram_id: int
    name: str
    rights: frozenset[Right]
    customer_id: int | None
    has_second_factor: bool


@dataclass(frozen=True, slots=True)
class ManagerPage:
    """One page of the managers."""

    managers: tuple[Manager, ...]
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class Managers:
    """The managers. Everything takes `Right.OWNERS_ONLY`, which only owners have."""

    context: Context

    def managers(self, owner: Person, *, page: int) -> ManagerPage:
        """Read one page of the managers; a page beyond the last shows the last."""
        self.context.customers.require(owner, Right.OWNERS_ONLY)
        ids = [each for each in ManagerRight.holders() if not self.context.customers.is_owner(each)]
        page, pages = self.context.page(page, len(ids))
        shown = ids[page * self.context.page_entries : (page + 1) * self.context.page_entries]
        return ManagerPage(tuple(self._manager(each) for each in shown), page, pages)

    def find(self, owner: Person, text: str) -> Manager:
        """Find a person by Telegram id, or by the @username of someone who wrote to the shop.

        Raises:
            PersonUnknown: the text matches no one, or more than one person.
            IsOwner: the person is an owner.
        """
        self.context.customers.require(owner, Right.OWNERS_ONLY)
        return self._manager(self._no_owner(_id_of(text.strip())))

    def one(self, owner: Person, telegram_id: int) -> Manager:
        """Read a person's rights.

        Raises:
            PersonUnknown: not a possible id.
            IsOwner: the person is an owner.
        """
        self.context.customers.require(owner, Right.OWNERS_ONLY)
        return self._manager(self._no_owner(telegram_id))

    def give(self, owner: Person, telegram_id: int, right: Right) -> Manager:
        """Give a person a right, and tell them.

        Raises:
            NotAllowed: the admin is not an owner, or the right cannot be given.
            PersonUnknown, IsOwner: as in `one`.
        """
        with self.context.database.transaction():
            self.context.customers.require(owner, Right.OWNERS_ONLY)
            if right not in EVERY_GIVEN & self.context.customers.rights_of(owner.telegram_id):
                raise NotAllowed
            self._no_owner(telegram_id)
            if ManagerRight.give(telegram_id, right.value, given_by=owner.id, now=self.context.clock()):
                self._changed(owner, "role.given", telegram_id, right=right.value)
        return self._manager(telegram_id)

    def take(self, owner: Person, telegram_id: int, right: Right) -> Manager:
        """Take a right back at once, and tell the person.

        Raises:
            PersonUnknown, IsOwner: as in `one`.
        """
        with self.context.database.transaction():
            self.context.customers.require(owner, Right.OWNERS_ONLY)
            self._no_owner(telegram_id)
            if ManagerRight.take(telegram_id, right.value):
                self._changed(owner, "role.taken", telegram_id, right=right.value)
        return self._manager(telegram_id)

    def remove(self, owner: Person, telegram_id: int) -> None:
        """Take every right back at once, and tell the person.

        Raises:
            PersonUnknown, IsOwner: as in `one`.
        """
        with self.context.database.transaction():
            self.context.customers.require(owner, Right.OWNERS_ONLY)
            self._no_owner(telegram_id)
            if ManagerRight.take_all(telegram_id):
                self._changed(owner, "role.removed", telegram_id)

    def reset_factor(self, owner: Person, telegram_id: int) -> Manager:
        """Delete a manager's second factor, so that they can enrol again.

        Raises:
            PersonUnknown, IsOwner: as in `one`.
        """
        with self.context.database.transaction():
            self.context.customers.require(owner, Right.OWNERS_ONLY)
            self._no_owner(telegram_id)
            if SecondFactor.drop(telegram_id):
                self.context.audit.write(owner, "factor.reset", self._name(telegram_id))
        return self._manager(telegram_id)

    def _changed(self, owner: Person, action: str, telegram_id: int, **details: str) -> None:
        self.context.audit.write(owner, action, self._name(telegram_id), **details)
        self.context.outbox.tell_later(telegram_id, Event.ROLE, key=f"role:{telegram_id}", after_s=LETTER_AFTER_S)

    def _no_owner(self, telegram_id: int) -> int:
        if not 0 < telegram_id <= LARGEST_ID:
            raise PersonUnknown
        if self.context.customers.is_owner(telegram_id):
            raise IsOwner
        return telegram_id

    def _manager(self, telegram_id: int) -> Manager:
        known = Customer.by_telegram_id(telegram_id)
        rights = self.context.customers.rights_of(telegram_id)
        return Manager(
            telegram_id,
            self._name(telegram_id),
            rights,
            None if known is None else known.id,
            has_second_factor=SecondFactor.of(telegram_id) is not None,
        )

    def _name(self, telegram_id: int) -> str:
        known = Customer.by_telegram_id(telegram_id)
        return str(telegram_id) if known is None else self.context.customers.name_of(known.id)


def _id_of(text: str) -> int:
    if text.isascii() and text.isdecimal() and len(text) <= len(str(LARGEST_ID)):
        return int(text)
    if text.startswith("@"):
        named = Customer.by_username(text[1:])
        if named is not None:
            return int(named.telegram_id)
    raise PersonUnknown
