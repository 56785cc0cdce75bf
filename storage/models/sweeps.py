"""Sweeps: coins moved out of the shop's addresses, transaction by transaction."""

from collections import Counter
from collections.abc import Collection
from typing import Self

from peewee import BlobField, BooleanField, CompositeKey, ForeignKeyField, IntegerField, TextField, fn

from storage.models.base import AMONG, Base, Numbered, UnitsField, among, summed
from storage.models.moving import MOVED_BOX
from storage.models.payments import Deposit, DepositAddress

LIVE = ("planned", "funding", "signed", "sent")
OPEN = ("asked", "waiting", "running")
OVER = ("done", "stopped")


_DUE = """
may_land = 1 AND chain = ? AND (updated_at > ? OR ? - updated_at >= min(3600, 60 + (? - created_at) / 10))
ORDER BY updated_at LIMIT ?
"""
_RIVALS = """
id <> ? AND (chain = ? AND source = ? AND nonce = ? OR id IN (
    SELECT i.transaction_id FROM sweep_input i JOIN sweep_input own ON own.chain = i.chain AND own.place = i.place
    WHERE own.transaction_id = ? AND own.place <> '' AND i.place <> ''
))
"""


class Sweep(Numbered):
    """One sweep of one chain, from the request to the last transaction. Kept permanently."""

    chain = TextField()
    destination = TextField()
    speed = TextField()
    state = TextField()
    reason = TextField(default="")
    asked_by = IntegerField(null=True)
    created_at = IntegerField()
    starts_at = IntegerField(null=True)
    ended_at = IntegerField(null=True)

    @classmethod
    def open(cls) -> list[Self]:
        """List the sweeps that need work, oldest first."""
        return list(cls.select().where(cls.state.in_(OPEN)).order_by(cls.id))

    @classmethod
    def find(cls, sweep_id: int) -> Self | None:
        """Find a sweep by its number."""
        return cls.get_or_none(cls.id == sweep_id)

    @classmethod
    def under_way(cls, chain: str) -> Self | None:
        """Find a chain's sweep that is confirmed and not over."""
        return cls.get_or_none(cls.chain == chain, cls.state.in_(("waiting", "running")))

    @classmethod
    def last_asked(cls, chain: str) -> int:
        """Return when an automatic sweep of a chain was begun last; 0: never."""
        own = cls.select(fn.MAX(cls.created_at)).where(cls.chain == chain, cls.asked_by.is_null())
        return int(own.scalar() or 0)

    @classmethod
    def latest(cls, *, limit: int) -> list[Self]:
        """List the sweeps that were confirmed, newest first."""
        return list(cls.select().where(cls.starts_at.is_null(False)).order_by(cls.id.desc()).limit(limit))

    @classmethod
    def change(cls, sweep_id: int, **columns: object) -> None:
        """Write the named columns of one sweep, and no others."""
        cls.update(**columns).where(cls.id == sweep_id).execute()

    @classmethod
    def forget_before(cls, moment: int) -> int:
        """Drop plans made before `moment` and never confirmed; return how many."""
        return cls.delete().where(cls.created_at < moment, cls.state.in_(("planned", "dropped"))).execute()


class SweepPlan(Base):
    """A plan for a sweep at one speed, as a file, and what it leaves behind (JSON)."""

    sweep = ForeignKeyField(Sweep)
    sweep_id: int
    speed = TextField()
    plan = BlobField()
    summary = TextField()

    class Meta:
        primary_key = CompositeKey("sweep", "speed")

    @classmethod
    def of(cls, sweep_id: int) -> dict[str, tuple[bytes, str]]:
        """Read the plans of a sweep by speed: the file and the summary."""
        rows = cls.select().where(cls.sweep == sweep_id)
        return {row.speed: (bytes(row.plan), row.summary) for row in rows}

    @classmethod
    def with_bytes(cls, plan: bytes) -> Self | None:
        """Find the plan that a file holds, byte for byte; the newest, should there be two."""
        return cls.select().where(cls.plan == plan).order_by(cls.sweep.desc()).first()


class SweepTransaction(Numbered):
    """One transaction of a sweep. Its bytes and its id are stored before they are sent to anyone.

    `may_land`: the sweep is done with it, but a block may still take it.
    """

    sweep = ForeignKeyField(Sweep)
    sweep_id: int
    position = IntegerField()
    chain = TextField()
    purpose = TextField()
    asset = TextField()
    source = TextField()
    recipient = TextField()
    units = UnitsField()
    fee_units = UnitsField()
    after_id = IntegerField(null=True)
    replaces_id = IntegerField(null=True)
    state = TextField()
    nonce = IntegerField(null=True)
    txid = TextField(null=True)
    signed_bytes = BlobField(null=True)
    valid_until = IntegerField(null=True)
    confirmations = IntegerField(default=0)
    needed = IntegerField(default=0)
    reason = TextField(default="")
    created_at = IntegerField()
    updated_at = IntegerField()
    may_land = BooleanField(default=False)

    @classmethod
    def of(cls, sweep_id: int) -> list[Self]:
        """List the transactions of a sweep, in their order."""
        return list(cls.select().where(cls.sweep == sweep_id).order_by(cls.id))

    @classmethod
    def find(cls, transaction_id: int) -> Self | None:
        """Find a transaction by its number."""
        return cls.get_or_none(cls.id == transaction_id)

    @classmethod
    def to_do(cls, sweep_id: int) -> list[Self]:
        """List the transactions of a sweep that are not over."""
        return list(cls.select().where(cls.sweep == sweep_id, cls.state.in_(LIVE)).order_by(cls.id))

    @classmethod
    def tries(cls, sweep_id: int, position: int) -> int:
        """Count the attempts at one position of a plan."""
        return cls.select().where(cls.sweep == sweep_id, cls.position == position).count()

    @classmethod
    def follow(cls, transaction_id: int, other_id: int) -> None:
        """Make transactions that wait for one wait for another."""
        cls.update(after_id=other_id).where(cls.after_id == transaction_id).execute()

    @classmethod
    def counts(cls, sweep_id: int) -> dict[str, int]:
        """Count the transactions of a sweep by their state."""
        return dict(Counter(row.state for row in cls.select(cls.state).where(cls.sweep == sweep_id)))

    @classmethod
    def is_own(cls, chain: str, txid: str) -> bool:
        """Return whether the shop itself made a transaction."""
        return cls.one_by("chain = ? AND txid = ?", chain, txid) is not None

    @classmethod
    def nonces_between(cls, chain: str, source: str, first: int, end: int) -> int:
        """Count the nonces of an address, from `first` up to one before `end`, that are used or about to be."""
        own = (cls.chain == chain, cls.source == source, cls.state.in_(("signed", "sent", "confirmed")))
        return cls.select().where(*own, cls.nonce >= first, cls.nonce < end).count()

    @classmethod
    def give_up(cls, row: Self, *, reason: str) -> None:
        """Fail a signed transaction that a block may still take, as it may one that this one replaced."""
        cls.change(row.id, state="failed", reason=reason, may_land=1, updated_at=0)
        older = None if row.replaces_id is None else cls.find(row.replaces_id)
        while older is not None:
            cls.change(older.id, may_land=1, updated_at=0)
            older = None if older.replaces_id is None else cls.find(older.replaces_id)

    @classmethod
    def look_again(cls, chain: str, txid: str) -> None:
        """Make a transaction that a sweep is done with due to be looked for, unless it is final."""
        done = (cls.chain == chain, cls.txid == txid, cls.state.in_(("failed", "replaced")))
        cls.update(may_land=1, updated_at=0).where(*done).execute()

    @classmethod
    def to_look_for(cls, chain: str, now: int, *, limit: int) -> list[Self]:
        """List a chain's that may still land and are due to be looked for: the older they are, the less often."""
        return cls.list_by(_DUE, chain, now, now, now, limit)

    @classmethod
    def rivals(cls, row: Self, states: Collection[str]) -> list[Self]:
        """List the others in some states of which and this one only one can be in a block."""
        return cls.list_by(
            f"{_RIVALS} AND state IN {AMONG}", row.id, row.chain, row.source, row.nonce, row.id, among(states)
        )

    @classmethod
    def change(cls, transaction_id: int, **columns: object) -> None:
        """Write the named columns of one transaction, and no others."""
        cls.update(**columns).where(cls.id == transaction_id).execute()


class SweepInput(Numbered):
    """A coin that a transaction takes from an address; `place` is the output it spends ("txid:index"), or empty."""

    transaction = ForeignKeyField(SweepTransaction)
    transaction_id: int
    address = ForeignKeyField(DepositAddress)
    address_id: int
    chain = TextField()
    asset = TextField()
    place = TextField(default="")
    units = UnitsField()
    live = IntegerField(default=1)

    @classmethod
    def of(cls, transaction_id: int) -> list[Self]:
        """List what a transaction takes, in the order of its inputs."""
        return list(cls.select().where(cls.transaction == transaction_id).order_by(cls.id))

    @classmethod
    def is_taken(cls, chain: str, address: str, place: str, asset: str) -> bool:
        """Return whether an output is spent, or an address's balance of a coin is on its way."""
        if place:
            return cls.select().where(cls.chain == chain, cls.place == place, cls.live == 1).exists()
        mine = (SweepTransaction.chain == chain, SweepTransaction.source == address, SweepTransaction.asset == asset)
        moving = (SweepTransaction.purpose == "move", SweepTransaction.state.in_(LIVE))
        return SweepTransaction.select().where(*mine, *moving).exists()

    @classmethod
    def moved(cls) -> dict[str, int]:
        """Sum up the amounts that have left the addresses, or are about to, by asset."""
        sums: dict[str, int] = {}
        for asset, units in cls.select(cls.asset, cls.units).where(cls.live == 1).tuples().iterator():
            sums[asset] = sums.get(asset, 0) + int(units)
        return sums

    @classmethod
    def moved_from(cls, address_ids: list[int], asset: str) -> dict[int, int]:
        """Sum up what of a coin left each of these addresses, or is about to."""
        sums: dict[int, int] = {}
        here = cls.select().where(cls.address.in_(address_ids), cls.asset == asset, cls.live == 1)
        for row in here:
            sums[row.address_id] = sums.get(row.address_id, 0) + row.units
        return sums

    @classmethod
    def confirmed_from(cls, address_ids: Collection[int]) -> Counter[tuple[int, str]]:
        """Sum up what left addresses for good, of each in each coin."""
        here = cls.select(cls.address, cls.asset, cls.units).join(SweepTransaction)
        return summed(here.where(cls.address.in_(address_ids), SweepTransaction.state == "confirmed").tuples())


class SpentElsewhere(Base):
    """An output that was found spent outside the shop with its keys; servers are asked again for each plan."""

    chain = TextField()
    place = TextField()
    found_at = IntegerField()

    class Meta:
        primary_key = CompositeKey("chain", "place")

    @classmethod
    def note(cls, chain: str, place: str, *, now: int) -> None:
        """Record that an output was spent elsewhere."""
        cls.insert(chain=chain, place=place, found_at=now).on_conflict_ignore().execute()


class SweepMessage(Base):
    """Which message shows a sweep to an admin."""

    sweep = ForeignKeyField(Sweep)
    sweep_id: int
    telegram_id = IntegerField()
    message_id = IntegerField()
    bot_id = IntegerField()

    class Meta:
        primary_key = CompositeKey("sweep", "telegram_id")

    @classmethod
    def of(cls, sweep_id: int, telegram_id: int, bot_id: int) -> int | None:
        """Find the message in which a bot shows a sweep to a person."""
        theirs = (cls.sweep == sweep_id, cls.telegram_id == telegram_id, cls.bot_id == bot_id)
        return cls.select(cls.message_id).where(*theirs).scalar()

    @classmethod
    def keep(cls, sweep_id: int, telegram_id: int, bot_id: int, message_id: int) -> None:
        """Remember the message in which a bot shows a sweep to a person."""
        cls.replace(sweep=sweep_id, telegram_id=telegram_id, bot_id=bot_id, message_id=message_id).execute()


_UNSPENT = """
SELECT d.txid || ':' || d.output_index AS place, d.units,
    a.id, a.customer_id + a.moved * {moved_box} AS number, a.path, a.address,
    EXISTS (
        SELECT 1 FROM spent_elsewhere s WHERE s.chain = d.chain AND s.place = d.txid || ':' || d.output_index
    ) AS is_noted
FROM deposit d JOIN deposit_address a ON a.id = d.address_id
WHERE d.chain = ? AND d.state IN ('credited', 'dust') AND {keys}
AND NOT EXISTS (
    SELECT 1 FROM sweep_input i JOIN sweep_transaction t ON t.id = i.transaction_id
    WHERE i.chain = d.chain AND i.place = d.txid || ':' || d.output_index AND i.place <> ''
    AND (i.live = 1 OR (t.may_land = 1 AND t.confirmations > 0))
)
ORDER BY d.id
"""
_HOLDERS = """
SELECT DISTINCT a.id, a.customer_id + a.moved * {moved_box} AS number, a.path, a.address FROM deposit_address a
WHERE a.chain = ? AND (
    EXISTS (SELECT 1 FROM deposit d WHERE d.address_id = a.id AND d.state IN ('credited', 'dust'))
) AND {keys}
ORDER BY a.id
"""
# A shop whose mode was changed has addresses of each mode, even of one customer. Addresses of a pool have no paths.
_KEYS = {mode: f"(a.moved = 1 OR a.mode = '{mode}' AND a.path LIKE 'm/%')" for mode in ("hot", "sealed", "watch")}


def unspent(chain: str, mode: str) -> list[tuple[str, int, int, int, str, str, int]]:
    """List the final deposits of a chain with outputs that the shop does not spend: place, units, address id, number,
    path, address, whether they were found spent elsewhere (1 or 0); oldest first.

    `mode`: of the wallet that their keys have to be of.
    """
    sql = _UNSPENT.format(keys=_KEYS[mode], moved_box=MOVED_BOX)
    return [(place, int(units), *rest) for place, units, *rest in Deposit.raw(sql, chain).tuples()]


def holders(chain: str, mode: str) -> list[tuple[int, int, str, str]]:
    """List the addresses of a chain that something final came to: id, number, path, address; oldest first.

    `mode`: of the wallet that their keys have to be of.
    """
    return [
        tuple(row)
        for row in DepositAddress.raw(_HOLDERS.format(keys=_KEYS[mode], moved_box=MOVED_BOX), chain).tuples()
    ]


def gas_received(chain: str, addresses: Collection[str]) -> Counter[str]:
    """Sum up the gas that the shop paid to its own addresses, in base units of the native coin, by address."""
    paid = f"chain = ? AND recipient IN {AMONG} AND purpose = 'gas' AND state IN ('signed', 'sent', 'confirmed')"
    sums: Counter[str] = Counter()
    for row in SweepTransaction.list_by(paid, chain, among(addresses)):
        sums[row.recipient] += row.units
    return sums


def held() -> dict[str, int]:
    """Sum up the final deposits on the addresses, by asset, less what was moved out."""
    final = Deposit.select(Deposit.asset, Deposit.units).where(Deposit.state.in_(("credited", "dust")))
    sums: dict[str, int] = {}
    for asset, units in final.tuples().iterator():
        sums[asset] = sums.get(asset, 0) + int(units)
    for asset, units in SweepInput.moved().items():
        sums[asset] = sums.get(asset, 0) - units
    return sums


def busy_sources(chain: str) -> set[str]:
    """List the addresses of a chain that a transaction leaves that is not over yet."""
    busy = SweepTransaction.select(SweepTransaction.source).where(
        SweepTransaction.chain == chain, SweepTransaction.purpose == "move", SweepTransaction.state.in_(LIVE)
    )
    return {row.source for row in busy}
