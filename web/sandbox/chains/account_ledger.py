"""An in-memory chain of accounts and contracts: Ethereum and TRON. Transactions leave receipts and logs."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from random import Random
from typing import Any

from shop.assets import Asset, native
from shop.chains.tokens import TRANSFER, account, address_of
from wallet.chains import Chain
from web.sandbox.errors import SandboxError
from web.sandbox.wire import Clock

Json = dict[str, Any]
APPROVAL = bytes.fromhex("8c5be1e5ebec7d5bd14f71427d1e84f3dd0314c0f7b2291e5b200ac8c7c3b925")
_FIRST_BLOCKS = 256
_RECENT = 20


@dataclass(frozen=True, slots=True)
class Event:
    """A log of a contract."""

    contract: bytes
    topics: tuple[bytes, ...]
    data: bytes


@dataclass(frozen=True, slots=True)
class AccountTransaction:
    """A transaction. `height` is None while it waits; `internal` is what it moved without a top-level payment."""

    txid: str
    sender: bytes
    to: bytes
    value: int
    height: int | None
    ok: bool = True
    events: tuple[Event, ...] = ()
    internal: tuple[tuple[bytes, int], ...] = ()
    shown: tuple[tuple[str, str, str], ...] = field(default=())


class AccountLedger:
    """Ethereum or TRON. Not thread-safe: `Chains` holds one lock over all."""

    def __init__(
        self, chain: Chain, *, first_height: int, safe_depth: int, final_depth: int, clock: Clock, random: Random
    ) -> None:
        self.chain = chain
        self.height = first_height + _FIRST_BLOCKS
        self.transactions: dict[str, AccountTransaction] = {}
        self._depths = (safe_depth, final_depth)
        self._clock = clock
        self._random = random
        self._times: list[tuple[int, int]] = [(0, int(clock()))]
        self._branches: list[int] = []
        self._seed = random.randbytes(8)

    @property
    def safe(self) -> int:
        """The newest safe block."""
        return self.height - self._depths[0]

    @property
    def finalized(self) -> int:
        """The newest final (on TRON: solid) block."""
        return self.height - self._depths[1]

    def block_hash(self, height: int) -> str:
        """Name a block; a reorganisation below it gives it another name."""
        branch = sum(1 for start in self._branches if start <= height)
        return sha256(self._seed + f"{self.chain.value}/{height}/{branch}".encode()).hexdigest()

    def block_time(self, height: int) -> int:
        """Say when a block was made, in Unix seconds."""
        return self._times[bisect_right(self._times, (height, 2**62)) - 1][1]

    def in_block(self, height: int) -> list[AccountTransaction]:
        """List the transactions of a block, in their order."""
        return [tx for tx in self.transactions.values() if tx.height == height]

    def first_position(self, transaction: AccountTransaction) -> int:
        """Say where a transaction's logs begin within its block; other branches of the chain begin elsewhere."""
        height = transaction.height or 0
        branch = sum(1 for start in self._branches if start <= height)
        before = 0
        for other in self.in_block(height):
            if other.txid == transaction.txid:
                break
            before += len(other.events)
        return before + 7 * branch

    def send(self, asset: Asset, payments: Sequence[tuple[str, int]]) -> str:
        """Pay in one transaction, in a new block."""
        shown = tuple((address, asset.code, asset.format(units)) for address, units in payments)
        recipients = [(account(self.chain, address), units) for address, units in payments]
        if asset.contract is None:
            if len(recipients) > 1:
                raise SandboxError(f"One transaction pays one address in {asset.ticker}.")
            return self.include(to=recipients[0][0], value=recipients[0][1], shown=shown)
        contract, sender = account(self.chain, asset.contract), self._random.randbytes(20)
        events = [transfer_event(contract, sender, to, units) for to, units in recipients]
        return self.include(sender=sender, to=contract, events=events, shown=shown)

    def include(
        self,
        *,
        to: bytes,
        value: int = 0,
        sender: bytes | None = None,
        ok: bool = True,
        events: Sequence[Event] = (),
        internal: Sequence[tuple[bytes, int]] = (),
        shown: tuple[tuple[str, str, str], ...] = (),
        pending: bool = False,
    ) -> str:
        """Put a transaction of any kind into a new block, or among those that wait."""
        if not pending:
            self.mine(1)
        transaction = AccountTransaction(
            txid=self._random.randbytes(32).hex(),
            sender=sender or self._random.randbytes(20),
            to=to,
            value=value,
            height=None if pending else self.height,
            ok=ok,
            events=tuple(events),
            internal=tuple(internal),
            shown=shown,
        )
        self.transactions[transaction.txid] = transaction
        return transaction.txid

    def mine(self, count: int) -> None:
        """Add blocks; the first one takes what waits."""
        self._times.append((self.height + 1, int(self._clock())))
        for txid, transaction in self.transactions.items():
            if transaction.height is None:
                self.transactions[txid] = replace(transaction, height=self.height + 1)
        self.height += count

    def drop(self, txid: str) -> None:
        """Let a transaction vanish, by a reorganisation when a block holds it."""
        transaction = self.transactions.pop(txid.removeprefix("0x"), None)
        if transaction is None:
            raise SandboxError("There is no such transaction.", 404)
        if transaction.height is not None:
            self.reorganise(self.height - transaction.height + 1)

    def reorganise(self, depth: int) -> None:
        """Replace the last blocks by a branch with the same transactions, one block longer."""
        self._branches.append(self.height - depth + 1)
        self.height += 1

    def balance(self, who: bytes, height: int) -> int:
        """Sum up what an account got of the chain's own coin."""
        done = [tx for tx in self.transactions.values() if tx.ok and tx.height is not None and tx.height <= height]
        return sum(tx.value for tx in done if tx.to == who) + sum(
            units for tx in done for to, units in tx.internal if to == who
        )

    def waiting(self) -> list[Json]:
        """List what is in no block."""
        return [self._row(tx) for tx in reversed(self.transactions.values()) if tx.height is None]

    def recent(self) -> list[Json]:
        """List the latest payments in blocks, newest first."""
        return [self._row(tx) for tx in reversed(self.transactions.values()) if tx.height is not None][:_RECENT]

    def snapshot(self) -> Json:
        """Write the state as JSON."""
        return {
            "height": self.height,
            "times": self._times,
            "branches": self._branches,
            "seed": self._seed.hex(),
            "transactions": [_to_json(transaction) for transaction in self.transactions.values()],
        }

    def restore(self, saved: Json) -> None:
        """Take back a snapshot."""
        self.height = saved["height"]
        self._times = [(height, time) for height, time in saved["times"]]
        self._branches = list(saved["branches"])
        self._seed = bytes.fromhex(saved["seed"])
        self.transactions = {tx.txid: tx for tx in map(_from_json, saved["transactions"])}

    def _row(self, transaction: AccountTransaction) -> Json:
        height = transaction.height
        shown = transaction.shown or ((address_of(self.chain, transaction.to), native(self.chain).code, "0"),)
        return {
            "txid": transaction.txid,
            "asset": shown[0][1],
            "height": height,
            "confirmations": 0 if height is None else self.height - height + 1,
            "outputs": [{"address": address, "amount": amount} for address, _, amount in shown],
        }


def transfer_event(contract: bytes, sender: bytes, recipient: bytes, units: int) -> Event:
    """Make the log of a token transfer."""
    return Event(contract, (TRANSFER, word(sender), word(recipient)), units.to_bytes(32))


def approval_event(contract: bytes, owner: bytes, spender: bytes, units: int) -> Event:
    """Make the log of an approval."""
    return Event(contract, (APPROVAL, word(owner), word(spender)), units.to_bytes(32))


def word(who: bytes) -> bytes:
    """Fill 20 bytes up to 32."""
    return who.rjust(32, b"\0")


def _to_json(transaction: AccountTransaction) -> Json:
    return {
        "txid": transaction.txid, "sender": transaction.sender.hex(), "to": transaction.to.hex(),
        "value": str(transaction.value), "height": transaction.height, "ok": transaction.ok,
        "events": [[e.contract.hex(), [t.hex() for t in e.topics], e.data.hex()] for e in transaction.events],
        "internal": [[to.hex(), str(units)] for to, units in transaction.internal],
        "shown": [list(row) for row in transaction.shown],
    }  # fmt: skip


def _from_json(saved: Json) -> AccountTransaction:
    return AccountTransaction(
        txid=saved["txid"], sender=bytes.fromhex(saved["sender"]), to=bytes.fromhex(saved["to"]),
        value=int(saved["value"]), height=saved["height"], ok=saved["ok"],
        events=tuple(
            Event(bytes.fromhex(contract), tuple(map(bytes.fromhex, topics)), bytes.fromhex(data))
            for contract, topics, data in saved["events"]
        ),
        internal=tuple((bytes.fromhex(to), int(units)) for to, units in saved["internal"]),
        shown=tuple((row[0], row[1], row[2]) for row in saved["shown"]),
    )  # fmt: skip
