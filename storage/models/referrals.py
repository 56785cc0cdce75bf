"""Referrals and their bonuses."""

from typing import Self

from peewee import ForeignKeyField, IntegerField, TextField, fn

from storage.models.base import Base, Numbered
from storage.models.customers import Customer
from storage.models.ledger import LedgerEntry
from storage.models.moving import MovedDeposit


class ReferralCode(Base):
    """The random word in a customer's personal link."""

    customer = ForeignKeyField(Customer, primary_key=True)
    customer_id: int
    code = TextField(unique=True)
    created_at = IntegerField()

    @classmethod
    def of(cls, customer_id: int) -> str | None:
        """Read the code of a customer who has one."""
        return cls.select(cls.code).where(cls.customer == customer_id).scalar()

    @classmethod
    def owner(cls, code: str) -> int | None:
        """Find the owner of a code."""
        return cls.select(cls.customer).where(cls.code == code).scalar()

    @classmethod
    def keep(cls, customer_id: int, code: str, *, now: int) -> None:
        """Give a customer their code."""
        cls.insert(customer=customer_id, code=code, created_at=now).execute()


class Referral(Base):
    """A customer who joined through another's link, permanently."""

    customer = ForeignKeyField(Customer, primary_key=True)
    referrer_id = IntegerField()
    created_at = IntegerField()

    @classmethod
    def tie(cls, customer_id: int, referrer_id: int, *, now: int) -> None:
        """Record a new customer's referrer."""
        cls.insert(customer=customer_id, referrer_id=referrer_id, created_at=now).execute()

    @classmethod
    def referrer_of(cls, customer_id: int) -> int | None:
        """Return a customer's referrer, if any."""
        return cls.select(cls.referrer_id).where(cls.customer == customer_id).scalar()

    @classmethod
    def count_by(cls, referrer_id: int) -> int:
        """Count the customers that a customer has referred."""
        return cls.select(fn.COUNT(cls.customer)).where(cls.referrer_id == referrer_id).scalar()


class ReferralBonus(Numbered):
    """The bonuses of one deposit: to the customer who made it, and to their referrer."""

    deposit_key = TextField(unique=True)
    customer_id = IntegerField()
    referrer_id = IntegerField()
    referral_minor = IntegerField()
    referrer_minor = IntegerField()
    created_at = IntegerField()

    @classmethod
    def sums_for(cls, customer_id: int) -> tuple[int, int]:
        """Add up the bonuses of a customer's deposits: theirs, and their referrer's."""
        sums = (fn.COALESCE(fn.SUM(cls.referral_minor), 0), fn.COALESCE(fn.SUM(cls.referrer_minor), 0))
        own, referrers = cls.select(*sums).where(cls.customer_id == customer_id).tuples()[0]
        return own, referrers

    @classmethod
    def earned_by(cls, referrer_id: int) -> int:
        """Add up the bonuses that a customer got for customers they referred."""
        return cls.select(fn.COALESCE(fn.SUM(cls.referrer_minor), 0)).where(cls.referrer_id == referrer_id).scalar()

    @classmethod
    def keep(cls, **columns: object) -> Self:
        """Record the bonuses of a deposit."""
        return cls.create(**columns)


def deposits_of(customer_id: int) -> tuple[int, int]:
    """Count a customer's deposits, and add them up; those at their previous shop count, too.

    Payments in Stars, whose keys begin with `stars:`, do not: they can be reversed.
    """
    e = LedgerEntry
    sums = e.select(fn.COUNT(e.id), fn.COALESCE(fn.SUM(e.amount_minor), 0))
    theirs = (e.customer == customer_id, e.kind == "deposit", ~e.key.startswith("stars:"))
    count, total = sums.where(*theirs).tuples()[0]
    before, moved = MovedDeposit.sums_of(customer_id)
    return count + before, total + moved
