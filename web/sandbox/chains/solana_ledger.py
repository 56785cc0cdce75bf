"""An in-memory Solana: accounts with lamports, token accounts, and transactions that move both."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from random import Random
from typing import Any

from shop.assets import NOT_CREDITED, SOL, Asset
from wallet import base58check
from wallet.transactions.solana_programs import associated_token_account
from web.sandbox.errors import SandboxError
from web.sandbox.wire import Clock

Json = dict[str, Any]
FINAL_DEPTH = 32
_CONFIRMED_DEPTH = 1
_FIRST_SLOTS = 2_000
_RECENT = 20
_FEE = 5_000
_RENT = 1_488_440
"""Lamports that a new token account needs to be exempt from rent."""


@dataclass(frozen=True, slots=True)
class SolanaTransaction:
    """A transaction: how it changed accounts, the payer first. `version` is "legacy", 0 or 1.

    `tokens`: what it moved to owners' own token accounts, as (owner, code of the token, base units).
    """

    signature: str
    slot: int
    changes: tuple[tuple[str, int], ...]
    failed: bool = False
    version: str | int = 0
    fee: int = _FEE
    tokens: tuple[tuple[str, str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class TokenAccount:
    """An owner's account for the tokens of a mint."""

    mint: str
    owner: str
    amount: int


class SolanaLedger:
    """The chain. Not thread-safe: `Chains` holds one lock over all."""

    def __init__(self, *, first_slot: int, clock: Clock, random: Random) -> None:
        self.height = first_slot + _FIRST_SLOTS
        self.transactions: dict[str, SolanaTransaction] = {}
        self._clock = clock
        self._random = random
        self._times: list[tuple[int, int]] = [(0, int(clock()))]
        self.fees = 1
        """How many times the usual fee it costs to be in a block soon."""

    @property
    def confirmed(self) -> int:
        """The newest slot that most votes confirm."""
        return self.height - _CONFIRMED_DEPTH

    @property
    def finalized(self) -> int:
        """The newest slot that cannot be undone."""
        return self.height - FINAL_DEPTH

    def block_hash(self, slot: int) -> str:
        """Name a slot's block by its transactions, so that a dropped one changes it."""
        held = sorted(tx.signature for tx in self.transactions.values() if tx.slot == slot)
        return base58check.encode_plain(sha256(f"{slot}:{held}".encode()).digest())

    def slot_time(self, slot: int) -> int:
        """Return when a slot was, in Unix seconds."""
        return self._times[bisect_right(self._times, (slot, 2**62)) - 1][1]

    def lamports(self, address: str, slot: int) -> int:
        """Sum up an account as of a slot."""
        done = [tx for tx in self.transactions.values() if tx.slot <= slot and not tx.failed]
        return sum(change for tx in done for who, change in tx.changes if who == address)

    def history(self, address: str, slot: int) -> list[SolanaTransaction]:
        """List an address's transactions up to a slot, newest first, failed ones too."""
        found = [
            tx for tx in self.transactions.values() if tx.slot <= slot and any(w == address for w, _ in tx.changes)
        ]
        found.reverse()
        return sorted(found, key=lambda tx: tx.slot, reverse=True)

    def send(self, asset: Asset, payments: Sequence[tuple[str, int]]) -> str:
        """Pay in one transaction, in a new slot that is confirmed at once."""
        if asset.contract is None:
            return self.include(payments)
        rents = [(associated_token_account(owner, asset.contract), _RENT) for owner, _ in payments]
        return self.include(rents, tokens=[(owner, asset.code, units) for owner, units in payments])

    def include(
        self,
        payments: Sequence[tuple[str, int]],
        *,
        failed: bool = False,
        version: str | int = 0,
        payer: str | None = None,
        tokens: Sequence[tuple[str, str, int]] = (),
    ) -> str:
        """Put a transaction of any kind into a new slot. Several payments to one account become one change."""
        self.mine(1 + _CONFIRMED_DEPTH)
        payer = payer or base58check.encode_plain(self._random.randbytes(32))
        totals: dict[str, int] = {payer: -sum(lamports for _, lamports in payments) - _FEE}
        for address, lamports in payments:
            totals[address] = totals.get(address, 0) + lamports
        signature = base58check.encode_plain(self._random.randbytes(64))
        self.transactions[signature] = SolanaTransaction(
            signature, self.confirmed, tuple(totals.items()), failed=failed, version=version, tokens=tuple(tokens)
        )
        return signature

    def take(self, signature: str, changes: dict[str, int]) -> None:
        """Put a checked transaction into a new slot, its payer first."""
        self.mine(1 + _CONFIRMED_DEPTH)
        self.transactions[signature] = SolanaTransaction(
            signature, self.confirmed, tuple(changes.items()), version="legacy"
        )

    def token_account(self, address: str, slot: int) -> TokenAccount | None:
        """Find an owner's own token account as of a slot."""
        amount, found = 0, None
        for tx in self.transactions.values():
            for owner, code, units in tx.tokens if tx.slot <= slot and not tx.failed else ():
                mint = NOT_CREDITED[code].contract or ""
                if associated_token_account(owner, mint) == address:
                    amount, found = amount + units, (mint, owner)
        return None if found is None else TokenAccount(*found, amount)

    def mine(self, count: int) -> None:
        """Add slots."""
        self._times.append((self.height + 1, int(self._clock())))
        self.height += count

    def drop(self, txid: str) -> None:
        """Make a transaction vanish with its fork."""
        if self.transactions.pop(txid, None) is None:
            raise SandboxError("There is no such transaction.", 404)
        self.height += 1

    def waiting(self) -> list[Json]:
        """List the transactions that are confirmed but not final."""
        return [self._row(tx) for tx in reversed(self.transactions.values()) if tx.slot > self.finalized]

    def recent(self) -> list[Json]:
        """List the latest final payments, newest first."""
        return [self._row(tx) for tx in reversed(self.transactions.values()) if tx.slot <= self.finalized][:_RECENT]

    def snapshot(self) -> Json:
        """Write the state as JSON."""
        return {
            "slot": self.height,
            "times": self._times,
            "transactions": [
                [
                    *(tx.signature, tx.slot, [[who, str(change)] for who, change in tx.changes]),
                    *(tx.failed, tx.version, [[owner, code, str(units)] for owner, code, units in tx.tokens]),
                ]
                for tx in self.transactions.values()
            ],
        }

    def restore(self, saved: Json) -> None:
        """Take back a snapshot."""
        self.height = saved["slot"]
        self._times = [(slot, time) for slot, time in saved["times"]]
        self.transactions = {
            signature: SolanaTransaction(
                signature,
                slot,
                tuple((who, int(change)) for who, change in changes),
                failed=failed,
                version=version,
                tokens=tuple((owner, code, int(units)) for owner, code, units in (tokens[0] if tokens else ())),
            )
            for signature, slot, changes, failed, version, *tokens in saved["transactions"]
        }

    def _row(self, transaction: SolanaTransaction) -> Json:
        asset, gains = SOL, [(address, change) for address, change in transaction.changes if change > 0]
        if transaction.tokens:
            asset = NOT_CREDITED[transaction.tokens[0][1]]
            gains = [(owner, units) for owner, _, units in transaction.tokens]
        return {
            "txid": transaction.signature,
            "asset": asset.code,
            "height": transaction.slot,
            "confirmations": min(self.height - transaction.slot, FINAL_DEPTH),
            "outputs": [{"address": address, "amount": asset.format(change)} for address, change in gains],
        }
