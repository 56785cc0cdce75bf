"""Witnesses: which transfers a second operator has to confirm before they are credited, and asking one.

No server is asked while a transaction is open: a deposit is held first, then a witness is heard, then it is credited.
"""

from collections import OrderedDict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from shop.chains.errors import ChainUnavailable
from shop.chains.finality import Finality
from shop.chains.testimony import BlockWitnessedReader, Testimony, WitnessedReader
from shop.chains.transfers import ChainReader, ProvingReader, Transfer
from shop.context import Context
from shop.errors.payments import AboveCeiling
from shop.money import Money, exponent
from shop.people import Person
from storage.models import Deposit as DepositRow
from wallet.chains import Chain

HOUR_S = 3_600
OWNER = "owner"
"""Recorded as the witness of a deposit that an owner released; no server's operator has this name."""
MANAGER = "manager"
"""Recorded as the witness of a deposit that a manager released; it counts towards the ceiling like any other."""
_FIRST_WAIT_S, _LONGEST_WAIT_S = 20, 600
_HEARINGS_A_MINUTE = 30
_REMEMBERED = 10_000


class Hold(Enum):
    """Why a final transfer is not credited yet."""

    UNWITNESSED = "unwitnessed"
    DENIED = "denied"
    CONTRADICTED = "contradicted"
    CEILING = "ceiling"
    EARLIER = "earlier"


BY_HAND = frozenset({Hold.CEILING, Hold.CONTRADICTED})
"""The reasons that no server's answer ends: an admin decides."""
DISPUTED = frozenset({Hold.DENIED.value, Hold.CONTRADICTED.value, Hold.EARLIER.value})
"""The reasons that mean a server disagrees, or that the money may be another's. Such a deposit does not delay the
customer's other deposits.
"""


class Verdict(Enum):
    """A witness's answer, in one word."""

    CONFIRMED = "confirmed"
    DENIED = "denied"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Hearing:
    """A witness's answer: who gave it, how many units that server shows (0: no such transfer), the
    time that it gives the block, its newest block, and what it shows differently: `sum`, `coin`, `address`, `block`.
    """

    verdict: Verdict
    server: str = ""
    units: int = 0
    block_time: int | None = None
    latest: int = 0
    differing: tuple[str, ...] = ()


_NOBODY = Hearing(Verdict.SILENT)


@dataclass(slots=True)
class Witnesses:
    """Decides which transfers need a witness, and asks servers of other operators."""

    context: Context
    readers: Mapping[Chain, ChainReader]
    _turns: OrderedDict[tuple[Chain, str, str], tuple[float, float]] = field(init=False, default_factory=OrderedDict)
    _asked: dict[Chain, deque[float]] = field(init=False, default_factory=dict)

    def needed(self, chain: Chain, unwitnessed: Money, together: Money | None) -> bool:
        """Return whether an amount needs a witness: it is large, or too much was credited without one within the
        hour.

        `together`: including the customer's other payments within the hour, on whatever chain; None if those have no
        rate.
        """
        above, reader = self._whole(self.context.settings.witness_above), self.readers.get(chain)
        if isinstance(reader, ProvingReader):
            large = self._whole(self.context.settings.finality_limits[1])
            takes = isinstance(reader, BlockWitnessedReader) and reader.takes_second_operator
            return takes and bool(above.minor) and (together is None or together > large)
        if above.minor and (together is None or together > above):
            return True
        hourly = self._whole(self.context.settings.unwitnessed_per_hour)
        within = self.context.lately(HOUR_S)
        rows = DepositRow.credited_lately(chain.value, within=within) if hourly.minor else []
        spent = sum(row.credited_minor or 0 for row in rows if row.witness is None)
        return bool(hourly.minor) and spent + unwitnessed.minor > hourly.minor

    def above_ceiling(self, customer_id: int, worth: Money) -> bool:
        """Return whether only an owner may credit an amount, counting what was credited to the customer within the
        hour, on whatever chain.
        """
        ceiling = self._whole(self.context.settings.deposit_ceiling)
        if not ceiling.minor:
            return False
        rows = DepositRow.credited_to(customer_id, within=self.context.lately(HOUR_S))
        credited = sum(row.credited_minor or 0 for row in rows if row.witness != OWNER)
        return credited + worth.minor > ceiling.minor

    def word_of(self, admin: Person, row: DepositRow, worth: Money) -> str:
        """Return the witness to record when an admin releases a deposit of this worth.

        Raises:
            AboveCeiling: only an owner may credit as much, whatever the deposit is held for.
        """
        if self.context.customers.is_owner(admin.telegram_id):
            return OWNER
        if row.held == Hold.CEILING.value or self.above_ceiling(row.customer_id, worth):
            raise AboveCeiling
        return MANAGER

    def proves(self, chain: Chain) -> bool:
        """Return whether a chain's blocks are proved, their times included."""
        return isinstance(self.readers.get(chain), ProvingReader)

    def hear(self, transfer: Transfer, finality: Finality) -> Hearing | None:
        """Ask for a witness; None if it is not this transfer's turn. The first one that answers decides."""
        reader = self.readers.get(transfer.chain)
        if transfer.block_height is None or not self._takes_turn(transfer):
            return None
        if isinstance(reader, BlockWitnessedReader):
            return _hear_of_block(reader, transfer)
        if not isinstance(reader, WitnessedReader):
            return _NOBODY
        try:
            block_hash = transfer.block_hash or reader.block_hash(transfer.block_height, server=transfer.shown_by)
        except ChainUnavailable:
            return _NOBODY
        for testimony in reader.testimonies(transfer.txid, [transfer.address], besides=transfer.shown_by):
            heard = _judge(transfer, block_hash, finality, testimony)
            if heard.verdict is not Verdict.SILENT:
                return heard
        return _NOBODY

    def find_elsewhere(
        self, chain: Chain, txid: str, address: str, *, height: int, besides: str
    ) -> Sequence[Transfer] | None:
        """Look a credited transaction up at another operator; None if no server that is far enough answers."""
        reader = self.readers.get(chain)
        if isinstance(reader, WitnessedReader):
            for testimony in reader.testimonies(txid, [address], besides=besides):
                if testimony.head.latest >= height:
                    return testimony.transfers
        return None

    def _takes_turn(self, transfer: Transfer) -> bool:
        """Return whether it is time to ask (again): waits double, and each chain has a limited number of turns a
        minute.
        """
        now, key = self.context.monotonic(), (transfer.chain, transfer.txid, transfer.index)
        due, wait_s = self._turns.get(key, (now, _FIRST_WAIT_S))
        asked = self._asked.setdefault(transfer.chain, deque())
        while asked and asked[0] <= now - 60:
            asked.popleft()
        if now < due or len(asked) >= _HEARINGS_A_MINUTE:
            return False
        asked.append(now)
        self._turns[key] = (now + wait_s, min(2 * wait_s, _LONGEST_WAIT_S))
        self._turns.move_to_end(key)
        if len(self._turns) > _REMEMBERED:
            self._turns.popitem(last=False)
        return True

    def _whole(self, units: int) -> Money:
        return Money(units * 10 ** exponent(self.context.currency), self.context.currency)


def _hear_of_block(reader: BlockWitnessedReader, transfer: Transfer) -> Hearing:
    """Ask whether another operator's chain has the block of a transfer that is proved to be in it."""
    for server, block_hash in reader.blocks_at(transfer.block_height or 0, besides=transfer.shown_by):
        if block_hash == transfer.block_hash:
            return Hearing(Verdict.CONFIRMED, server, transfer.units, transfer.block_time)
        return Hearing(Verdict.DENIED, server, differing=("block",))
    return _NOBODY


def _judge(transfer: Transfer, block_hash: str, finality: Finality, testimony: Testimony) -> Hearing:
    """Compare what a witness shows, once the block is as final for it as the amount requires."""
    height, head = transfer.block_height, testimony.head
    if height is None or head.latest < height or not finality.reached(height, head):
        return _NOBODY
    name = transfer.txid, transfer.index
    shown = next((one for one in testimony.transfers if (one.txid, one.index) == name), None)
    if shown is None:
        return Hearing(Verdict.DENIED, testimony.server)
    differing = _differing(shown, transfer, block_hash)
    if differing:
        return Hearing(Verdict.DENIED, testimony.server, shown.units, differing=differing)
    return Hearing(Verdict.CONFIRMED, testimony.server, shown.units, shown.block_time, head.latest)


def _differing(shown: Transfer, transfer: Transfer, block_hash: str) -> tuple[str, ...]:
    """Name what a witness shows differently from a transfer of the same name."""
    facts = {
        "sum": (shown.units, transfer.units),
        "coin": (shown.asset.code, transfer.asset.code),
        "address": (shown.address, transfer.address),
        "block": ((shown.block_height, shown.block_hash), (transfer.block_height, block_hash)),
    }
    return tuple(name for name, (one, other) in facts.items() if one != other)
