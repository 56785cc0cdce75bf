"""Data moved from another shop's bot: the mapping of rows, balances, deposits and wallets."""

from typing import Any, Self

from peewee import BlobField, CompositeKey, ForeignKeyField, IntegerField, TextField, fn

from storage.models.base import Base, Numbered, UnitsField
from storage.models.customers import Customer

MOVED_BOX = 1_000_000_000
"""Added to a customer's id where a plan names the sealed wallet of their moved addresses; they may have another."""


class MovedRow(Base):
    """A row of the other shop, by its number there, and the number that it has here."""

    kind = TextField()
    source_id = IntegerField()
    own_id = IntegerField()
    moved_at = IntegerField()

    class Meta:
        primary_key = CompositeKey("kind", "source_id")

    @classmethod
    def known(cls, kind: str) -> dict[int, int]:
        """Read which rows of a kind came along before: their numbers here, by their numbers there."""
        rows: Any = cls.select(cls.source_id, cls.own_id).where(cls.kind == kind).tuples()
        return dict(rows)

    @classmethod
    def known_some(cls, kind: str, source_ids: tuple[int, ...]) -> dict[int, int]:
        """Read which of these rows came along: their numbers here, by their numbers there."""
        rows: Any = cls.select(cls.source_id, cls.own_id).where(cls.kind == kind)
        found: dict[int, int] = {}
        for start in range(0, len(source_ids), 500):
            found |= dict(rows.where(cls.source_id.in_(source_ids[start : start + 500])).tuples())
        return found


class MovedBalance(Numbered):
    """A customer's balance there, and the amount posted to the ledger for it."""

    customer = ForeignKeyField(Customer)
    customer_id: int
    source_minor = IntegerField()
    amount_minor = IntegerField()
    created_at = IntegerField()

    @classmethod
    def latest(cls) -> dict[int, int]:
        """Read each customer's balance there as of the last run, in minor units."""
        rows: Any = cls.select(cls.customer, cls.source_minor).order_by(cls.id).tuples()
        return dict(rows)


class MovedDeposit(Numbered):
    """A deposit that the other shop credited. `fiat_minor`, `chain` and `txid` are not always known."""

    customer = ForeignKeyField(Customer)
    customer_id: int
    asset = TextField()
    units = UnitsField()
    chain = TextField(null=True)
    txid = TextField(null=True)
    fiat_minor = IntegerField(null=True)
    created_at = IntegerField()

    @classmethod
    def knows(cls, chain: str, txid: str, asset: str, customer_id: int) -> bool:
        """Return whether the other shop credited a transaction's payment to a customer in a coin."""
        same = "chain = ? AND txid = ? AND asset = ? AND customer_id = ?"
        return cls.one_by(same, chain, txid, asset, customer_id) is not None

    @classmethod
    def identities(cls) -> set[tuple[str | None, str | None, str, int]]:
        """Read which transactions are known: chain, transaction, coin and customer."""
        rows: Any = cls.select(cls.chain, cls.txid, cls.asset, cls.customer).where(cls.txid.is_null(False))
        return set(rows.tuples())

    @classmethod
    def sums_of(cls, customer_id: int) -> tuple[int, int]:
        """Count a customer's deposits there, and add up what they were worth, where that is known."""
        sums = cls.select(fn.COUNT(cls.id), fn.COALESCE(fn.SUM(cls.fiat_minor), 0))
        count, total = sums.where(cls.customer == customer_id).tuples()[0]
        return count, total


class MovedWallet(Base):
    """The mnemonic of a customer's moved addresses, in a sealed box."""

    customer = ForeignKeyField(Customer, primary_key=True)
    customer_id: int
    sealed = BlobField()
    created_at = IntegerField()

    @classmethod
    def every(cls) -> list[Self]:
        """List all boxes, in the order of the customers."""
        return list(cls.select().order_by(cls.customer))
