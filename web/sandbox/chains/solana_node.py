"""The part of a Solana node that accepts signed transactions: it checks them and moves the lamports."""

import base64
import binascii
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from flask import g

from wallet import base58check
from wallet.errors import WalletError
from wallet.transactions import solana
from wallet.transactions.solana_programs import COMPUTE_BUDGET_PROGRAM, read_system_transfer
from web.sandbox.chains.errors import NodeError
from web.sandbox.chains.solana_ledger import SolanaLedger

Json = dict[str, Any]
LIFE_BLOCKS = 150
_SIGNATURE_LAMPORTS = 5_000
_LEAST_BALANCE = 650_240
_MICRO = 1_000_000
_LIE = 1_000


class SolanaNode:
    """The entrance. The block height is the slot here; a blockhash is valid for 150 slots."""

    def __init__(self, ledger: SolanaLedger) -> None:
        self._ledger = ledger

    def methods(self) -> dict[str, Callable[..., object]]:
        """List the methods it answers."""
        return {
            "getLatestBlockhash": self._blockhash,
            "getBlockHeight": lambda _options=None: self._ledger.finalized,
            "getRecentPrioritizationFees": self._priorities,
            "getMinimumBalanceForRentExemption": lambda _size: _LEAST_BALANCE * self._times,
            "getSignatureStatuses": self._statuses,
            "sendTransaction": self._send,
        }

    @property
    def _times(self) -> int:
        """Return what fees are multiplied by."""
        return _LIE if g.fault == "lie" else 1

    def _blockhash(self, _options: Json | None = None) -> Json:
        slot = self._ledger.confirmed
        value = {"blockhash": _hash_of(slot), "lastValidBlockHeight": slot + LIFE_BLOCKS}
        return {"context": {"slot": slot}, "value": value}

    def _priorities(self, _accounts: list[str] | None = None) -> list[Json]:
        price = 1_000 * (self._ledger.fees * self._times - 1)
        return [{"slot": self._ledger.height - each, "prioritizationFee": price} for each in range(LIFE_BLOCKS)]

    def _statuses(self, signatures: list[str], _options: Json | None = None) -> Json:
        return {"context": {"slot": self._ledger.height}, "value": [self._status(each) for each in signatures]}

    def _status(self, signature: str) -> Json | None:
        found = self._ledger.transactions.get(signature)
        if found is None:
            return None
        final = found.slot <= self._ledger.finalized
        return {
            "slot": found.slot, "confirmations": None if final else 1,
            "err": {"InstructionError": [0, {"Custom": 1}]} if found.failed else None,
            "confirmationStatus": "finalized" if final else "confirmed",
        }  # fmt: skip

    def _send(self, encoded: str, _options: Json | None = None) -> str:
        try:
            signed = solana.decode(base64.b64decode(encoded, validate=True))
        except (WalletError, binascii.Error):
            raise NodeError(-32003, "Transaction signature verification failure") from None
        if g.fault == "swallow":  # accepted and dropped
            return signed.txid
        if signed.txid in self._ledger.transactions:
            raise NodeError(-32002, "This transaction has already been processed")
        if signed.message.blockhash not in self._living():
            raise NodeError(-32002, "Transaction simulation failed: Blockhash not found")
        changes = self._changes(signed.message)
        for address, change in changes.items():
            after = self._ledger.lamports(address, self._ledger.height) + change
            if change < 0 and after < 0:
                raise NodeError(-32002, "Attempt to debit an account but found no record of a prior credit")
            if 0 < after < _LEAST_BALANCE:
                raise NodeError(-32002, "InsufficientFundsForRent")
        self._ledger.take(signed.txid, changes)
        return signed.txid

    def _changes(self, message: solana.Message) -> dict[str, int]:
        """Compute the changes a message makes: System program transfers and the fee."""
        payer = message.keys[0]
        changes = {payer: -_SIGNATURE_LAMPORTS * message.signers}
        limit = price = 0
        for call in message.calls():
            if call.program == COMPUTE_BUDGET_PROGRAM:
                number = int.from_bytes(call.data[1:], "little")
                limit, price = (number, price) if call.data[0] == 2 else (limit, number)
                continue
            try:
                source, payee, lamports = read_system_transfer(call)
            except WalletError:
                raise NodeError(-32602, "invalid instruction") from None
            changes[source] = changes.get(source, 0) - lamports
            changes[payee] = changes.get(payee, 0) + lamports
        changes[payer] -= -(-limit * price // _MICRO)
        return changes

    def _living(self) -> set[str]:
        newest = self._ledger.height
        return {_hash_of(slot) for slot in range(newest - LIFE_BLOCKS, newest + 1)}


def _hash_of(slot: int) -> str:
    """Return the blockhash for transactions made in a slot."""
    return base58check.encode_plain(sha256(f"souk {slot}".encode()).digest())
