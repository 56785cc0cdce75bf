"""Addresses that customers pay to, the deposits that arrived, and sealed wallets."""

from collections import Counter
from collections.abc import Collection
from typing import Self

from peewee import BlobField, BooleanField, ForeignKeyField, IntegerField, TextField, fn

from storage.models.base import AMONG, Base, Numbered, UnitsField, among, summed
from storage.models.customers import Customer

_NEWEST = 2_000
"""How many of the newest deposits are searched for orphaned ones."""


class DepositAddress(Numbered):
    """A customer's address on a chain, watched permanently. `shown_at`: when they last opened its screen.

    `moved` ones are from the customer's previous shop. Of the others, there is one per chain, with its keys' `mode`.
    """

    customer = ForeignKeyField(Customer)
    customer_id: int
    chain = TextField()
    address = TextField()
    path = TextField()
    created_at = IntegerField()
    shown_at = IntegerField()
    moved = BooleanField(default=False)
    mode = TextField(null=True)

    @classmethod
    def of(cls, customer_id: int, chain: str) -> Self | None:
        """Find the address that a customer is shown on a chain."""
        return cls.one_by("customer_id = ? AND chain = ? AND moved = 0", customer_id, chain)

    @classmethod
    def shown(cls, customer_id: int, chain: str, moment: int) -> None:
        """Record that the customer is looking at their address now; their moved one is checked along with it."""
        cls.set_by("customer_id = ? AND chain = ?", customer_id, chain, shown_at=moment)

    @classmethod
    def shown_since(cls, chain: str, moment: int) -> list[tuple[str, int]]:
        """List the addresses of a chain whose screen was opened since `moment`, with when that was."""
        fresh = cls.list_by("chain = ? AND shown_at >= ?", chain, moment)
        return [(row.address, row.shown_at) for row in fresh]

    @classmethod
    def chosen_since(cls, chain: str, moment: int, asset: str) -> set[str]:
        """Find the addresses of a chain whose customer opened a top-up in this coin since `moment`."""
        asked = TopUp.select().where(TopUp.customer == cls.customer, TopUp.asset == asset, TopUp.created_at >= moment)
        fresh = cls.select(cls.address).where(cls.chain == chain, cls.shown_at >= moment, fn.EXISTS(asked))
        return {row.address for row in fresh.namedtuples()}

    @classmethod
    def all_of(cls, chain: str) -> list[str]:
        """List every address of a chain, oldest first."""
        rows = cls.select(cls.address).where(cls.chain == chain).order_by(cls.id)
        return [row.address for row in rows.namedtuples()]

    @classmethod
    def made_after(cls, chain: str, row_id: int, *, limit: int | None = None) -> list[tuple[int, str]]:
        """List the addresses of a chain that were made after a row, each with its number, oldest first."""
        rows = cls.select(cls.id, cls.address).where(cls.chain == chain, cls.id > row_id).order_by(cls.id)
        return [(row.id, row.address) for row in rows.limit(limit).namedtuples()]

    @classmethod
    def every_moved(cls) -> list[Self]:
        """List the addresses that other shops gave out."""
        return list(cls.select().where(cls.moved == 1).order_by(cls.id))

    @classmethod
    def anywhere(cls, address: str) -> Self | None:
        """Find an address on any chain, in any spelling if its case does not matter."""
        exact = cls.get_or_none(cls.address == address)
        if exact is not None or not address.lower().startswith(("0x", "bc1", "ltc1")):
            return exact
        return cls.get_or_none(fn.LOWER(cls.address) == address.lower())

    @classmethod
    def find(cls, chain: str, address: str) -> Self | None:
        """Find the record of an address."""
        return cls.get_or_none(cls.chain == chain, cls.address == address)

    @classmethod
    def among(cls, chain: str, addresses: Collection[str]) -> list[Self]:
        """Find those of these addresses that the shop gave out."""
        return cls.list_by(f"chain = ? AND address IN {AMONG}", chain, among(addresses))


class TopUp(Numbered):
    """A top-up screen's promise: a rate until `expires_at`, perhaps for an amount in fiat and in coins."""

    customer = ForeignKeyField(Customer)
    customer_id: int
    asset = TextField()
    asked_minor = IntegerField(null=True)
    asked_units = UnitsField(null=True)
    rate = TextField()
    rate_source = TextField()
    rate_at = IntegerField()
    created_at = IntegerField()
    expires_at = IntegerField()

    @classmethod
    def at(cls, customer_id: int, asset: str, moment: int) -> Self | None:
        """Find the promise that applied at a moment: the last one made before it, unless it had expired."""
        made = "customer_id = ? AND asset = ? AND created_at <= ? ORDER BY id DESC"
        last = cls.one_by(made, customer_id, asset, moment)
        return last if last is not None and moment <= last.expires_at else None

    @classmethod
    def forget_before(cls, moment: int) -> int:
        """Drop the promises that expired before `moment` and were used by no deposit; return how many."""
        kept = Deposit.select(Deposit.top_up_id).where(Deposit.top_up_id.is_null(False))
        return cls.delete().where(cls.expires_at < moment, cls.id.not_in(kept)).execute()


class TopUpScreen(Numbered):
    """The message that shows a customer's top-up, or a provider's invoice, and when it is edited next."""

    customer = ForeignKeyField(Customer)
    customer_id: int
    top_up_id = IntegerField(null=True)
    invoice_id = IntegerField(null=True)
    wanted_minor = IntegerField(null=True)
    message_id = IntegerField(null=True)
    bot_id = IntegerField()
    ends_at = IntegerField()
    next_edit_at = IntegerField(null=True)
    shown_at = IntegerField()

    @classmethod
    def begin(cls, customer_id: int, **columns: int | None) -> int:
        """Keep a customer's newest screen instead of any other; return its number."""
        cls.drop_by("customer_id = ?", customer_id)
        return cls.add_row(customer=customer_id, **columns)

    @classmethod
    def of(cls, customer_id: int) -> Self | None:
        """Find a customer's screen."""
        return cls.one_by("customer_id = ?", customer_id)

    @classmethod
    def any_due(cls, now: int) -> bool:
        """Return whether any screen is due to be edited."""
        return bool(cls.select().where(cls.next_edit_at <= now, cls.message_id.is_null(False)).exists())

    @classmethod
    def due(cls, now: int, *, limit: int) -> list[Self]:
        """List the screens due to be edited, longest due first."""
        due = cls.select().where(cls.next_edit_at <= now, cls.message_id.is_null(False))
        return list(due.order_by(cls.next_edit_at, cls.id).limit(limit))

    @classmethod
    def change(cls, screen_id: int, **columns: object) -> None:
        """Write the named columns of one screen, and no others."""
        cls.update(**columns).where(cls.id == screen_id).execute()

    @classmethod
    def forget(cls, screen_id: int) -> None:
        """Drop a screen."""
        cls.delete().where(cls.id == screen_id).execute()


class Deposit(Numbered):
    """The record of one transfer, from first sighting to balance. (chain, txid, identity) identifies it.

    `output_index` is part of its name in the ledger. Old token payments have their units in it, and one transaction
    may have several of them to one address; old payments of ETH and TRX have no address in it. `shown_by` names the
    server that showed it last, `witness` the one of another operator that confirmed it, or the owner; `held` says why
    a final transfer is not credited yet.
    """

    customer = ForeignKeyField(Customer)
    customer_id: int
    address = ForeignKeyField(DepositAddress)
    address_id: int
    chain = TextField()
    txid = TextField()
    output_index = TextField()
    identity = TextField()
    asset = TextField()
    units = UnitsField()
    state = TextField()
    block_height = IntegerField(null=True)
    block_hash = TextField(null=True)
    confirmations = IntegerField(default=0)
    finality = TextField()
    top_up_id = IntegerField(null=True)
    rate = TextField(null=True)
    rate_source = TextField(null=True)
    rate_at = IntegerField(null=True)
    credited_minor = IntegerField(null=True)
    message_id = IntegerField(null=True)
    message_bot_id = IntegerField(null=True)
    seen_at = IntegerField()
    missing_since = IntegerField(null=True)
    alarmed_at = IntegerField(null=True)
    updated_at = IntegerField()
    shown_by = TextField(default="")
    witness = TextField(null=True)
    held = TextField(null=True)
    held_at = IntegerField(null=True)

    @property
    def key(self) -> str:
        """The unique name of this money in the ledger."""
        return f"deposit:{self.chain}:{self.txid}:{self.output_index}"

    @property
    def place(self) -> str:
        """The index of the transfer that this row records, or is a part of."""
        if self.identity == "native":
            return f"native:{self.address.address}"
        return ":".join(self.identity.split(":")[:2])

    @classmethod
    def of_transaction(cls, spellings: list[str]) -> list[Self]:
        """List what a transaction paid, on whatever chain, by the ways to spell its id."""
        return list(cls.select().where(cls.txid.in_(spellings)).order_by(cls.id))

    @classmethod
    def parts(cls, chain: str, txid: str, index: str) -> list[Self]:
        """Find the record of a transfer: one row, or several old ones that the transfer is the sum of."""
        rows = cls.list_with(cls.address, "deposit.chain = ? AND txid = ?", chain, txid)
        return [row for row in rows if row.place == index]

    @classmethod
    def parts_of_all(cls, chain: str, txids: list[str]) -> dict[tuple[str, str], list[Self]]:
        """Find the records of all transfers of some transactions, by the transaction and the transfer's index."""
        found: dict[tuple[str, str], list[Self]] = {}
        for row in cls.list_with(cls.address, f"deposit.chain = ? AND txid IN {AMONG}", chain, among(txids)):
            found.setdefault((row.txid, row.place), []).append(row)
        return found

    @classmethod
    def open_on(cls, chain: str, now: int, *, quiet_s: int) -> list[Self]:
        """List the deposits of a chain that are neither credited, abandoned nor left to the owners, and have not
        changed for this long. One changed in the future counts as well, because the clock was set back.
        """
        quiet = "(updated_at <= ? OR updated_at > ?)"
        asked = "(held IS NOT 'earlier' OR alarmed_at IS NULL)"
        waiting = f"deposit.chain = ? AND state IN ('seen', 'confirming') AND {quiet} AND {asked}"
        return cls.list_with(cls.address, waiting, chain, now - quiet_s, now)

    @classmethod
    def orphaned_on(cls, chain: str, *, since: int, limit: int) -> list[int]:
        """List the numbers of the newest deposits of a chain that were orphaned since a moment.

        Only the newest deposits are read, whatever their chain, since no index leads to the orphaned ones.
        """
        newest = cls.select(fn.MAX(cls.id)).scalar() or 0
        recent = (cls.id > newest - _NEWEST, cls.state == "orphaned", cls.updated_at >= since)
        lost = cls.select(cls.id, cls.chain).where(*recent).order_by(cls.id.desc())
        return [row.id for row in lost if row.chain == chain][:limit]

    @classmethod
    def open_of(cls, customer_id: int, *, limit: int) -> list[Self]:
        """List a customer's pending deposits that they may know of, newest first."""
        known = "state IN ('seen', 'confirming', 'dust') AND (held IS NOT 'earlier' OR message_id IS NOT NULL)"
        return cls.list_by(f"customer_id = ? AND {known} ORDER BY id DESC LIMIT ?", customer_id, limit)

    @classmethod
    def coming_to(cls, customer_id: int) -> list[Self]:
        """List the payments of a customer that are shown by a chain and not credited yet."""
        return list(cls.select().where(cls.customer == customer_id, cls.state.in_(("seen", "confirming"))))

    @classmethod
    def unsafe_of(cls, customer_id: int, *, seen: tuple[int, int]) -> list[Self]:
        """List a customer's deposits on all chains that are still open, or were first seen within a span, and
        credited.
        """
        credited = (cls.state == "credited") & cls.seen_at.between(*seen)
        unsafe = cls.state.in_(("seen", "confirming")) | credited
        return list(cls.select().where(cls.customer == customer_id, unsafe))

    @classmethod
    def credited_to(cls, customer_id: int, *, within: tuple[int, int]) -> list[Self]:
        """List a customer's deposits on all chains that were credited within a span."""
        lately = (cls.state == "credited", cls.updated_at.between(*within))
        return list(cls.select().where(cls.customer == customer_id, *lately))

    @classmethod
    def credited_lately(cls, chain: str, *, within: tuple[int, int]) -> list[Self]:
        """List the deposits of a chain that were credited within a span."""
        return cls.list_by("chain = ? AND state = 'credited' AND updated_at BETWEEN ? AND ?", chain, *within)

    @classmethod
    def dust_of(cls, customer_id: int, asset: str) -> list[Self]:
        """List a customer's deposits that are too small on their own, oldest first."""
        mine = cls.select().where(cls.customer == customer_id, cls.asset == asset, cls.state == "dust")
        return list(mine.order_by(cls.id))

    @classmethod
    def credited_on(cls, chain: str, *, within: tuple[int, int]) -> list[Self]:
        """List a chain's deposits that were credited, or found to be dust, within a span, and raised no alarm."""
        # Each state has its own index.
        recent = "deposit.chain = ? AND updated_at BETWEEN ? AND ? AND alarmed_at IS NULL AND state ="
        credited = cls.list_with(cls.address, f"{recent} 'credited'", chain, *within)
        dust = cls.list_with(cls.address, f"{recent} 'dust'", chain, *within)
        return sorted([*credited, *dust], key=lambda row: int(row.id))

    @classmethod
    def sums_at(cls, address_ids: Collection[int]) -> Counter[tuple[int, str]]:
        """Sum the deposits at each address in each coin, without vanished ones, in base units."""
        here = cls.select(cls.address, cls.asset, cls.units).where(cls.address.in_(address_ids))
        return summed(here.where(cls.state != "orphaned").tuples())

    @classmethod
    def change(cls, deposit_id: int, **columns: object) -> None:
        """Write the named columns of one deposit, and no others."""
        cls.update(**columns).where(cls.id == deposit_id).execute()


class UnattributedFunds(Base):
    """An address's balance of a coin beyond its deposits: the base units that the admins were told of.

    For a payment in a token that the shop does not take, `asset` is the token's contract and the transaction,
    "contract:txid", and the units are not known (0).
    """

    address = ForeignKeyField(DepositAddress)
    address_id: int
    asset = TextField()
    units = UnitsField()
    told_at = IntegerField()

    class Meta:
        primary_key = False

    @classmethod
    def told(cls, address_ids: Collection[int]) -> Counter[tuple[int, str]]:
        """Return how many base units the admins were told of, at each address in each coin."""
        return summed(cls.select(cls.address, cls.asset, cls.units).where(cls.address.in_(address_ids)).tuples())

    @classmethod
    def keep(cls, address_id: int, asset: str, *, units: int, now: int) -> None:
        """Record what the admins are now notified of."""
        cls.replace(address=address_id, asset=asset, units=units, told_at=now).execute()


class ChainCursor(Base):
    """The position of one kind of scan of a chain."""

    chain = TextField()
    scope = TextField()
    cursor = TextField()

    class Meta:
        primary_key = False

    @classmethod
    def read(cls, chain: str, scope: str) -> str | None:
        """Read a cursor; None if there was no scan yet."""
        return cls.select(cls.cursor).where(cls.chain == chain, cls.scope == scope).scalar()

    @classmethod
    def keep(cls, chain: str, scope: str, cursor: str) -> None:
        """Move a cursor."""
        cls.replace(chain=chain, scope=scope, cursor=cursor).execute()


class SealedWallet(Base):
    """A mnemonic in a box that only the operator can open."""

    customer = ForeignKeyField(Customer, primary_key=True)
    customer_id: int
    sealed = BlobField()
    created_at = IntegerField()

    @classmethod
    def add(cls, customer_id: int, sealed: bytes, *, now: int) -> bool:
        """Keep a customer's box; return False when they have one already."""
        if cls.select().where(cls.customer == customer_id).exists():
            return False
        cls.insert(customer=customer_id, sealed=sealed, created_at=now).execute()
        return True

    @classmethod
    def every(cls) -> list[Self]:
        """List all boxes, in the order of the customers."""
        return list(cls.select().order_by(cls.customer))
