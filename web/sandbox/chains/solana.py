"""Answers as a Solana node does (solana.com/docs/rpc)."""

import base64
from collections.abc import Callable
from typing import Any

from flask import Response, g, jsonify, request

from shop.chains.networks import SOLANA
from wallet.addresses import validate
from wallet.chains import Chain
from wallet.contracts import SPL_PROGRAM
from wallet.errors import WalletError
from wallet.transactions.solana_programs import SYSTEM_PROGRAM
from web.sandbox.chains.errors import NodeError
from web.sandbox.chains.faults import STALE_BLOCKS
from web.sandbox.chains.routes import Routes, is_mirror
from web.sandbox.chains.solana_ledger import SolanaLedger, SolanaTransaction, TokenAccount
from web.sandbox.chains.solana_node import SolanaNode

Json = dict[str, Any]
_START_LAMPORTS = 10**12


class SolanaServer:
    """One node's JSON-RPC.

    `first_slot_kept` is the oldest slot of which a node without an archive knows anything; the mirror has an archive.
    """

    def __init__(self, ledger: SolanaLedger) -> None:
        self.first_slot_kept = 0
        self._ledger = ledger
        self._methods: dict[str, Callable[..., object]] = {
            "getGenesisHash": lambda: SOLANA,
            "getSlot": self._slot,
            "getFirstAvailableBlock": self._first_kept,
            "getMultipleAccounts": self._accounts,
            "getBalance": self._balance,
            "getSignaturesForAddress": self._signatures,
            "getTransaction": self._transaction,
            "getBlock": self._block,
            **SolanaNode(ledger).methods(),
        }

    def register(self, routes: Routes, prefix: str) -> None:
        """Add the view."""
        routes.add(prefix, {"": self.answer, "/": self.answer}, method="POST")

    def answer(self) -> Response:
        """POST /: one request or a batch."""
        body = request.get_json(force=True, silent=True)
        if isinstance(body, list) and g.fault == "batch":
            return jsonify(_error(None, -32600, "batch requests are not supported"))
        return jsonify([self._one(item) for item in body] if isinstance(body, list) else self._one(body))

    def _one(self, call: object) -> Json:
        if not isinstance(call, dict) or not isinstance(call.get("params", []), list):
            return _error(None, -32600, "Invalid request")
        number, method = call.get("id"), self._methods.get(str(call.get("method")))
        if g.fault == "error_body":
            return _error(number, -32005, "Node is behind by 150 slots")
        if method is None:
            return _error(number, -32601, "Method not found")
        try:
            return {"jsonrpc": "2.0", "id": number, "result": method(*call.get("params", []))}
        except NodeError as error:
            return _error(number, error.code, error.message)
        except (TypeError, ValueError, KeyError, AttributeError):
            return _error(number, -32602, "Invalid params")

    def _level(self, options: Json | None) -> int:
        level = (options or {}).get("commitment", "finalized")
        below = STALE_BLOCKS * 2 if g.fault == "stale" else 0
        heights = {"processed": self._ledger.height, "confirmed": self._ledger.confirmed}
        return int(heights.get(level, self._ledger.finalized)) - below

    def _first_kept(self) -> int:
        return 0 if is_mirror() else self.first_slot_kept

    def _slot(self, options: Json | None = None) -> int:
        return self._level(options)

    def _accounts(self, addresses: list[str], options: Json | None = None) -> Json:
        if len(addresses) > 100:
            raise NodeError(-32602, "Too many inputs provided; max 100")
        slot = self._level(options)
        part = (options or {}).get("dataSlice", {"offset": 0, "length": 165})
        values = [self._account(_checked(address), slot, part) for address in addresses]
        return {"context": {"slot": slot, "apiVersion": "2.3.0"}, "value": values}

    def _account(self, address: str, slot: int, part: Json) -> Json | None:
        lamports = 0 if g.fault == "empty" else self._ledger.lamports(address, slot) * (10 if g.fault == "lie" else 1)
        if lamports <= 0:
            return None
        held = self._ledger.token_account(address, slot)
        content = b"" if held is None else _token_data(held)
        shown = content[part["offset"] : part["offset"] + part["length"]]
        return {
            "lamports": lamports, "owner": SYSTEM_PROGRAM if held is None else SPL_PROGRAM,
            "data": [base64.b64encode(shown).decode(), "base64"],
            "executable": False, "rentEpoch": 18446744073709551615, "space": len(content),
        }  # fmt: skip

    def _balance(self, address: str, options: Json | None = None) -> Json:
        slot = self._level(options)
        return {"context": {"slot": slot}, "value": max(0, self._ledger.lamports(_checked(address), slot))}

    def _signatures(self, address: str, options: Json | None = None) -> list[Json]:
        listed = self._ledger.history(_checked(address), self._level(options))
        found = [tx for tx in listed if tx.slot >= self._first_kept()]
        before, limit = (options or {}).get("before"), (options or {}).get("limit", 1000)
        if before is not None:
            ids = [tx.signature for tx in found]
            found = found[ids.index(before) + 1 :] if before in ids else []
        if g.fault == "empty":
            return []
        return [
            {
                "signature": tx.signature, "slot": tx.slot, "memo": None,
                "blockTime": self._ledger.slot_time(tx.slot),
                "err": {"InstructionError": [0, {"Custom": 1}]} if tx.failed else None,
                "confirmationStatus": "finalized" if tx.slot <= self._ledger.finalized else "confirmed",
            }
            for tx in found[:limit]
        ]  # fmt: skip

    def _transaction(self, signature: str, options: Json | None = None) -> Json | None:
        found = self._ledger.transactions.get(signature)
        if found is None or not self._first_kept() <= found.slot <= self._level(options) or g.fault == "empty":
            return None
        most = (options or {}).get("maxSupportedTransactionVersion")
        if found.version != "legacy" and (most is None or int(found.version) > most):
            text = f"Transaction version ({found.version}) is not supported by the requesting client."
            raise NodeError(-32015, text)
        parsed = (options or {}).get("encoding") == "jsonParsed"
        return {
            "slot": found.slot, "blockTime": self._ledger.slot_time(found.slot), "version": found.version,
            "meta": self._meta(found),
            "transaction": {"signatures": [signature], "message": {"accountKeys": [
                {"pubkey": who, "signer": i == 0, "writable": True, "source": "transaction"} if parsed else who
                for i, (who, _) in enumerate(found.changes)]}},
        }  # fmt: skip

    def _block(self, slot: int, options: Json | None = None) -> Json:
        if slot > self._level(options):
            raise NodeError(-32004, f"Block not available for slot {slot}")
        if slot < self._first_kept():
            text = f"Block {slot} cleaned up, does not exist on node. First available block: {self._first_kept()}"
            raise NodeError(-32001, text)
        return {"blockhash": self._ledger.block_hash(slot), "parentSlot": slot - 1}

    def _meta(self, transaction: SolanaTransaction) -> Json:
        before = [
            _START_LAMPORTS + self._ledger.lamports(who, transaction.slot - 1) for who, _ in transaction.changes
        ]
        changes = [0 if transaction.failed else change for _, change in transaction.changes]
        if transaction.failed:
            changes[0] = -transaction.fee
        return {
            "err": {"InstructionError": [0, {"Custom": 1}]} if transaction.failed else None, "fee": transaction.fee,
            "preBalances": before,
            "postBalances": [old + change for old, change in zip(before, changes, strict=True)],
            "preTokenBalances": self._token_balances(transaction, transaction.slot - 1),
            "postTokenBalances": self._token_balances(transaction, transaction.slot),
            "innerInstructions": [], "loadedAddresses": {"writable": [], "readonly": []},
        }  # fmt: skip

    def _token_balances(self, transaction: SolanaTransaction, slot: int) -> list[Json]:
        held = [self._ledger.token_account(who, slot) for who, _ in transaction.changes]
        return [
            {
                "accountIndex": index, "mint": one.mint, "owner": one.owner, "programId": SPL_PROGRAM,
                "uiTokenAmount": {"amount": str(one.amount), "decimals": 6},
            }
            for index, one in enumerate(held)
            if one is not None
        ]  # fmt: skip


def _token_data(held: TokenAccount) -> bytes:
    """Build the data of a token account (spl-token, `state.rs`): mint, owner, amount and state; the rest is empty."""
    head = b"".join(validate(Chain.SOL, address).payload for address in (held.mint, held.owner))
    return head + held.amount.to_bytes(8, "little") + bytes(36) + b"\x01" + bytes(56)


def _checked(address: str) -> str:
    try:
        return validate(Chain.SOL, address).text
    except WalletError:
        raise NodeError(-32602, "Invalid param: Invalid") from None


def _error(number: object, code: int, message: str) -> Json:
    return {"jsonrpc": "2.0", "id": number, "error": {"code": code, "message": message}}
