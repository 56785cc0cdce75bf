"""Answer as Ethplorer does, with token histories that lack blocks and positions, and errors as objects."""

import json
from typing import Any

from flask import Response, g, jsonify, request

from shop.assets import tokens
from shop.chains.tokens import TRANSFER, account
from wallet.chains import Chain
from wallet.errors import WalletError
from web.sandbox.chains.account_ledger import AccountLedger, AccountTransaction, Event
from web.sandbox.chains.faults import STALE_BLOCKS
from web.sandbox.chains.routes import Routes, View

Json = dict[str, Any]


class EthplorerServer:
    """The server."""

    def __init__(self, ledger: AccountLedger) -> None:
        self._ledger = ledger
        self._symbols = {
            account(Chain.ETH, asset.contract): asset.ticker for asset in tokens(Chain.ETH) if asset.contract
        }

    def register(self, routes: Routes, prefix: str) -> None:
        """Add the views."""
        views: dict[str, View] = {
            "/getLastBlock": self.last_block,
            "/getAddressHistory/<address>": self.history,
            "/getTxInfo/<txid>": self.transaction,
        }
        routes.add(prefix, views)

    def last_block(self) -> Response:
        """GET /getLastBlock."""
        refusal = self._refusal()
        height = self._ledger.height - (STALE_BLOCKS if g.fault == "stale" else 0)
        return refusal or jsonify(lastBlock=height)

    def history(self, address: str) -> Response:
        """GET /getAddressHistory/:address: newest first."""
        refusal = self._refusal()
        if refusal is not None:
            return refusal
        try:
            who = account(Chain.ETH, address)
        except WalletError:
            return _error(104, "Invalid address format", 400)
        limit = int(request.args.get("limit", "10"))
        operations = [
            self._operation(tx, event)
            for tx in reversed(self._ledger.transactions.values())
            if tx.ok and tx.height is not None
            for event in tx.events
            if event.topics[0] == TRANSFER and len(event.topics) == 3 and who in {t[12:] for t in event.topics[1:]}
        ]
        return jsonify(operations=[] if g.fault == "empty" else operations[:limit])

    def transaction(self, txid: str) -> Response:
        """GET /getTxInfo/:txid."""
        refusal = self._refusal()
        if refusal is not None:
            return refusal
        found = self._ledger.transactions.get(txid.removeprefix("0x"))
        if found is None or found.height is None:
            return _error(404, "Transaction not found", 404)
        return jsonify(
            hash="0x" + found.txid, timestamp=self._ledger.block_time(found.height), blockNumber=found.height,
            confirmations=self._ledger.height - found.height + 1, success=found.ok, value=0, gasLimit=100_000,
            gasUsed=50_000, to="0x" + found.to.hex(), **{"from": "0x" + found.sender.hex()},
            logs=[_log(event) for event in (found.events if found.ok else ())],
        )  # fmt: skip

    def _refusal(self) -> Response | None:
        if not request.args.get("apiKey"):
            return _error(1, "Invalid API key", 403)
        return (
            _error(999, "Too many requests, please use your personal key", 200) if g.fault == "error_body" else None
        )

    def _operation(self, transaction: AccountTransaction, event: Event) -> Json:
        symbol = self._symbols.get(event.contract, "USDT")
        return {
            "timestamp": self._ledger.block_time(transaction.height or 0), "transactionHash": "0x" + transaction.txid,
            "tokenInfo": {"address": "0x" + event.contract.hex(), "symbol": symbol, "name": symbol, "decimals": "6"},
            "type": "transfer", "from": "0x" + event.topics[1][12:].hex(), "to": "0x" + event.topics[2][12:].hex(),
            "value": str(int.from_bytes(event.data)),
        }  # fmt: skip


def _log(event: Event) -> Json:
    topics = ["0x" + topic.hex() for topic in event.topics]
    return {"address": "0x" + event.contract.hex(), "topics": topics, "data": "0x" + event.data.hex()}


def _error(code: int, message: str, status: int) -> Response:
    body = json.dumps({"error": {"code": code, "message": message}})
    return Response(body, status=status, mimetype="application/json")
