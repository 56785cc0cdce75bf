"""Customers and their ledger."""

from typing import Self

from peewee import BooleanField, ForeignKeyField, IntegerField, TextField, fn

from storage.models.base import Numbered


class Customer(Numbered):
    """A person of the shop. The balance follows the ledger; nothing else moves it."""

    telegram_id = IntegerField(unique=True)
    bot_id = IntegerField()
    username = TextField(null=True)
    first_name = TextField()
    language = TextField()
    language_chosen = BooleanField(default=False)
    balance_minor = IntegerField(default=0)
    banned = BooleanField(default=False)
    reachable = BooleanField(default=True)
    created_at = IntegerField()

    @classmethod
    def by_telegram_id(cls, telegram_id: int) -> Self | None:
        """Find a person by Telegram's id."""
        return cls.one_by("telegram_id = ?", telegram_id)

    @classmethod
    def by_username(cls, username: str) -> Self | None:
        """Find who was last seen with this username; Telegram's usernames are ASCII of either case."""
        return cls.one_by("lower(username) = lower(?)", username)

    @classmethod
    def release_username(cls, username: str, *, but: int) -> None:
        """Take a username from whoever had it before the person of this Telegram id was seen with it."""
        held = (fn.LOWER(cls.username) == fn.LOWER(username), cls.telegram_id != but)
        cls.update(username=None).where(*held).execute()

    @classmethod
    def first_came_at(cls) -> int | None:
        """Say when the first person of the shop wrote to it; None where nobody did."""
        return cls.select(fn.MIN(cls.created_at)).scalar()

    @classmethod
    def change(cls, customer_id: int, **columns: object) -> None:
        """Write the named columns of one row, and no others: a stale copy never overwrites what came meanwhile."""
        cls.update(**columns).where(cls.id == customer_id).execute()

    @classmethod
    def balance_of(cls, customer_id: int) -> int:
        """Read a balance, in minor units."""
        return cls.select(cls.balance_minor).where(cls.id == customer_id).scalar()

    @classmethod
    def reach(cls, telegram_id: int, *, reachable: bool) -> None:
        """Remember whether this person can be written to."""
        cls.update(reachable=reachable).where(cls.telegram_id == telegram_id).execute()


class LedgerEntry(Numbered):
    """One movement of a balance. Append-only; `key` makes each movement happen once."""

    customer = ForeignKeyField(Customer, backref="entries")
    kind = TextField()
    amount_minor = IntegerField()
    balance_minor = IntegerField()
    key = TextField(unique=True)
    created_at = IntegerField()

    @classmethod
    def post(cls, customer_id: int, *, kind: str, amount_minor: int, key: str, now: int) -> bool:
        """Move a balance once. Return whether this call did it: False means that `key` was posted before.

        Raises:
            peewee.IntegrityError: the balance would fall below zero.
        """
        # The transaction is IMMEDIATE: nobody posts between the look and the insert. The UNIQUE key guards all the
        # same; INSERT OR IGNORE would not do, it also swallows a failed CHECK.
        if cls.select().where(cls.key == key).exists():
            return False
        balance = Customer.balance_of(customer_id)
        cls.insert(
            customer=customer_id,
            kind=kind,
            amount_minor=amount_minor,
            balance_minor=balance + amount_minor,
            key=key,
            created_at=now,
        ).execute()
        return True

    @classmethod
    def of(cls, customer_id: int) -> list[Self]:
        """List a customer's movements, oldest first."""
        return list(cls.select().where(cls.customer == customer_id).order_by(cls.id))

    @classmethod
    def total_of(cls, customer_id: int, kind: str) -> int:
        """Add up a customer's movements of a kind, in minor units."""
        total = cls.select(fn.SUM(cls.amount_minor)).where(cls.customer == customer_id, cls.kind == kind).scalar()
        return int(total or 0)

    @classmethod
    def page_of(cls, customer_id: int, *, page: int, size: int) -> list[Self]:
        """List one page of a customer's movements, newest first."""
        mine = cls.select().where(cls.customer == customer_id).order_by(cls.id.desc())
        return list(mine.offset(page * size).limit(size))

    @classmethod
    def count_of(cls, customer_id: int) -> int:
        """Count a customer's movements."""
        return cls.select(fn.COUNT(cls.id)).where(cls.customer == customer_id).scalar()
