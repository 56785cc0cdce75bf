"""An in-memory, account-based chain: Ethereum or TRON. Transactions leave receipts and logs."""

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
LEAST_PRICE = 10**9
"""Wei per gas on a quiet chain."""


@dataclass(frozen=True, slots=True)
class Event:
    """A log entry of a contract."""

    contract: bytes
    topics: tuple[bytes, ...]
    data: bytes


@dataclass(frozen=True, slots=True)
class AccountTransaction:
    """A transaction. `height` is None while it is pending; `internal` holds the payments made by contracts.

    A signed transaction has a `nonce`, the `fee` that its sender paid, and the maximum `price` that they offered.
    """

    txid: str
    sender: bytes
    to: bytes
    value: int
    height: int | None
    ok: bool = True
    events: tuple[Event, ...] = ()
    internal: tuple[tuple[bytes, int], ...] = ()
    shown: tuple[tuple[str, str, str], ...] = field(default=())
    fee: int = 0
    nonce: int | None = None
    price: int = 0


class AccountLedger:
    """Ethereum or TRON. Not thread-safe: `Chains` holds one lock over all of them."""

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
        self.fees = 1
        """The current fees, as a multiple of the usual ones."""
        self.energy: dict[bytes, int] = {}
        """The energy that accounts have without burning TRX, for example because it was delegated to them."""

    @property
    def safe(self) -> int:
        """The newest safe block."""
        return self.height - self._depths[0]

    @property
    def finalized(self) -> int:
        """The newest final (on TRON: solid) block."""
        return self.height - self._depths[1]

    def block_hash(self, height: int) -> str:
        """Return a block's hash, which changes when a block below it is reorganised."""
        branch = sum(1 for start in self._branches if start <= height)
        return sha256(self._seed + f"{self.chain.value}/{height}/{branch}".encode()).hexdigest()

    def block_time(self, height: int) -> int:
        """Return a block's timestamp, in Unix seconds."""
        return self._times[bisect_right(self._times, (height, 2**62)) - 1][1]

    def in_block(self, height: int) -> list[AccountTransaction]:
        """List a block's transactions, in order."""
        return [tx for tx in self.transactions.values() if tx.height == height]

    def first_position(self, transaction: AccountTransaction) -> int:
        """Return the index of a transaction's first log in its block; it differs on other branches of the chain."""
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
                raise SandboxError(f"A {asset.ticker} transaction pays only one address.")
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
        """Put a transaction of any kind into a new block or among the pending ones."""
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
        """Add blocks; the first one takes the pending transactions."""
        self._times.append((self.height + 1, int(self._clock())))
        for txid, transaction in self.transactions.items():
            if transaction.height is None and self._is_taken(transaction):
                self.transactions[txid] = replace(transaction, height=self.height + 1)
        self.height += count

    def _is_taken(self, transaction: AccountTransaction) -> bool:
        """Return whether the next block takes a pending transaction. A signed one needs a sufficient price and the
        next nonce.
        """
        if transaction.nonce is None:
            return True
        return transaction.price >= LEAST_PRICE * self.fees and transaction.nonce == self.nonce(transaction.sender)

    def drop(self, txid: str) -> None:
        """Remove a transaction, by a reorganisation if it is in a block."""
        transaction = self.transactions.pop(txid.removeprefix("0x"), None)
        if transaction is None:
            raise SandboxError("There is no such transaction.", 404)
        if transaction.height is not None:
            self.reorganise(self.height - transaction.height + 1)

    def reorganise(self, depth: int) -> None:
        """Replace the last blocks with a branch that holds the same transactions and is one block longer."""
        self._branches.append(self.height - depth + 1)
        self.height += 1

    def balance(self, who: bytes, height: int) -> int:
        """Return an account's balance of the chain's own coin."""
        there = [tx for tx in self.transactions.values() if tx.height is not None and tx.height <= height]
        done = [tx for tx in there if tx.ok]
        spent = sum(tx.fee for tx in there if tx.sender == who) + sum(tx.value for tx in done if tx.sender == who)
        received = sum(tx.value for tx in done if tx.to == who)
        return received + sum(units for tx in done for to, units in tx.internal if to == who) - spent

    def token_balance(self, contract: bytes, who: bytes) -> int:
        """Return an account's balance of a token, computed from its events."""
        held = 0
        for transaction in self.transactions.values():
            for event in transaction.events if transaction.ok and transaction.height is not None else ():
                if event.contract == contract and event.topics[0] == TRANSFER:
                    units = int.from_bytes(event.data)
                    held += units * ((event.topics[2][12:] == who) - (event.topics[1][12:] == who))
        return held

    def nonce(self, who: bytes, *, pending: bool = False) -> int:
        """Count an account's signed transactions."""
        own = [tx for tx in self.transactions.values() if tx.sender == who and tx.nonce is not None]
        return sum(1 for tx in own if pending or tx.height is not None)

    def waiting_at(self, who: bytes, nonce: int) -> AccountTransaction | None:
        """Find an account's pending transaction with a given nonce."""
        own = (tx for tx in self.transactions.values() if tx.sender == who and tx.nonce == nonce)
        return next((tx for tx in own if tx.height is None), None)

    def take(self, transaction: AccountTransaction, *, pays_enough: bool) -> None:
        """Accept a signed transaction, into a new block, or as pending until the fees fall."""
        if transaction.nonce is not None:
            other = self.waiting_at(transaction.sender, transaction.nonce)
            if other is not None:
                del self.transactions[other.txid]
        self.transactions[transaction.txid] = transaction
        is_next = transaction.nonce is None or transaction.nonce == self.nonce(transaction.sender)
        if pays_enough and is_next:
            self.mine(1)

    def waiting(self) -> list[Json]:
        """List the pending transactions."""
        return [self._row(tx) for tx in reversed(self.transactions.values()) if tx.height is None]

    def recent(self) -> list[Json]:
        """List the latest confirmed payments, newest first."""
        return [self._row(tx) for tx in reversed(self.transactions.values()) if tx.height is not None][:_RECENT]

    def snapshot(self) -> Json:
        """Return the state as JSON."""
        return {
            "height": self.height,
            "times": self._times,
            "branches": self._branches,
            "seed": self._seed.hex(),
            "transactions": [_to_json(transaction) for transaction in self.transactions.values()],
        }

    def restore(self, saved: Json) -> None:
        """Restore a snapshot."""
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
    """Build the log of a token transfer."""
    return Event(contract, (TRANSFER, word(sender), word(recipient)), units.to_bytes(32))


def approval_event(contract: bytes, owner: bytes, spender: bytes, units: int) -> Event:
    """Build the log of an approval."""
    return Event(contract, (APPROVAL, word(owner), word(spender)), units.to_bytes(32))


def word(who: bytes) -> bytes:
    """Pad 20 bytes to 32."""
    return who.rjust(32, b"\0")


def _to_json(transaction: AccountTransaction) -> Json:
    return {
        "txid": transaction.txid, "sender": transaction.sender.hex(), "to": transaction.to.hex(),
        "value": str(transaction.value), "height": transaction.height, "ok": transaction.ok,
        "events": [[e.contract.hex(), [t.hex() for t in e.topics], e.data.hex()] for e in transaction.events],
        "internal": [[to.hex(), str(units)] for to, units in transaction.internal],
        "shown": [list(row) for row in transaction.shown], "fee": str(transaction.fee), "nonce": transaction.nonce,
        "price": str(transaction.price),
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
        shown=tuple((row[0], row[1], row[2]) for row in saved["shown"]), fee=int(saved.get("fee", 0)),
        nonce=saved.get("nonce"), price=int(saved.get("price", 0)),
    )  # fmt: skip
