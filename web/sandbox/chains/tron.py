"""Answer as TronGrid does: the lists under /v1, the node's paths under /wallet, and the node's JSON-RPC."""

import json
from collections.abc import Callable
from typing import Any

from flask import Response, g, jsonify, request

from shop.assets import tokens
from shop.chains.tokens import TRANSFER, account, address_of
from wallet.chains import Chain
from wallet.errors import WalletError
from web.sandbox.chains.account_ledger import APPROVAL, AccountLedger, AccountTransaction, Event
from web.sandbox.chains.ethereum import EthereumServer
from web.sandbox.chains.faults import STALE_BLOCKS
from web.sandbox.chains.routes import Routes, View
from web.sandbox.chains.tron_node import TronNode

Json = dict[str, Any]
_LIMITED = "The key exceeds the frequency limit(15), and the query server is suspended for 30s"
_FIRST_BLOCK = "00000000000000001ebf88508a03865c71d452e25f4d51194196a1d22b6653dc"
_TRANSFER_CONTRACT = "TransferContract"


class TronServer:
    """One server. With `serves_logs` False it has no JSON-RPC, like some TronGrid keys and mirrors."""

    def __init__(self, ledger: AccountLedger, rpc: EthereumServer) -> None:
        self.serves_logs = True
        self._ledger = ledger
        self._rpc = rpc
        self._node = TronNode(ledger)
        self._symbols = {
            account(Chain.TRX, asset.contract): asset.ticker for asset in tokens(Chain.TRX) if asset.contract
        }

    def register(self, routes: Routes, prefix: str) -> None:
        """Add the views."""
        accounts = prefix + "/v1/accounts/<address>/transactions"
        routes.add(accounts, {"/trc20": self.trc20, "": self.trx})
        routes.add(
            prefix,
            {
                "/wallet/getnowblock": self.now,
                "/wallet/getblockbynum": self.first,
                "/walletsolidity/getnowblock": self.solid,
                "/wallet/gettransactioninfobyid": self.info,
                "/walletsolidity/gettransactioninfobyid": self.solid_info,
                "/wallet/gettransactionbyid": self.transaction,
                **{
                    f"/wallet/{name}": self._asked(answer)
                    for name, answer in (
                        ("getaccount", self._node.account),
                        ("getaccountresource", self._node.resources),
                        ("getchainparameters", self._node.parameters),
                        ("triggerconstantcontract", self._node.constant),
                        ("broadcasthex", self._node.broadcast),
                    )
                },
                "/jsonrpc": self.json_rpc,
            },
            method="POST",
        )

    def trc20(self, address: str) -> Response:
        """GET /v1/accounts/:address/transactions/trc20: without blocks and log positions."""
        contract = request.args.get("contract_address")
        found = [
            self._token_row(tx, event)
            for tx in self._newest(address)
            for event in tx.events
            if tx.ok
            and event.topics[0] in {TRANSFER, APPROVAL}
            and event.topics[-1][12:] == account(Chain.TRX, address)
        ]
        return self._page([row for row in found if contract in {None, row["token_info"]["address"]}])

    def trx(self, address: str) -> Response:
        """GET /v1/accounts/:address/transactions: including failed ones."""
        who = account(Chain.TRX, address)
        found = [tx for tx in self._newest(address) if tx.to == who and not tx.events]
        return self._page([self._describe(tx) for tx in found])

    def now(self) -> Response:
        """POST /wallet/getnowblock."""
        return self._fullnode(self._block(self._ledger.height))

    def first(self) -> Response:
        """POST /wallet/getblockbynum for the first block: only its id, which names the network."""
        return self._fullnode({"blockID": _FIRST_BLOCK})

    def solid(self) -> Response:
        """POST /walletsolidity/getnowblock."""
        return self._fullnode(self._block(self._ledger.finalized))

    def info(self) -> Response:
        """POST /wallet/gettransactioninfobyid: `{}` when unknown."""
        found = self._find()
        return self._fullnode({} if found is None else self._receipt(found))

    def solid_info(self) -> Response:
        """POST /walletsolidity/gettransactioninfobyid: `{}` also while it is not solid."""
        found = self._find()
        known = found is not None and (found.height or 0) <= self._ledger.finalized
        return self._fullnode(self._receipt(found) if found is not None and known else {})

    def transaction(self) -> Response:
        """POST /wallet/gettransactionbyid: `{}` when unknown; without its block."""
        found = self._find()
        described = {} if found is None else self._describe(found)
        return self._fullnode({key: described[key] for key in ("txID", "ret", "raw_data") if key in described})

    def json_rpc(self) -> Response:
        """POST /jsonrpc."""
        return self._rpc.answer() if self.serves_logs else Response("not found", status=404, mimetype="text/plain")

    def _asked(self, answer: Callable[[Json], Json]) -> View:
        """Build a view from the function that answers the body."""

        def view() -> Response:
            body = request.get_json(force=True, silent=True)
            try:
                return self._fullnode(answer(body if isinstance(body, dict) else {}))
            except (WalletError, KeyError, ValueError):
                return self._fullnode({"Error": "class org.tron.core.exception.ContractValidateException"})

        return view

    def _newest(self, address: str) -> list[AccountTransaction]:
        try:
            account(Chain.TRX, address)
        except WalletError:
            return []
        found = [tx for tx in self._ledger.transactions.values() if tx.height is not None]
        if request.args.get("only_confirmed") == "true":
            found = [tx for tx in found if (tx.height or 0) <= self._ledger.finalized]
        return sorted(found, key=lambda tx: tx.height or 0, reverse=True)

    def _page(self, rows: list[Json]) -> Response:
        if g.fault == "error_body":
            return jsonify(success=False, error=_LIMITED, statusCode=403)
        limit = min(int(request.args.get("limit", "20")), 200)
        shown = [] if g.fault == "empty" else rows[:limit]
        meta = {"at": self._ledger.block_time(self._ledger.height) * 1_000, "page_size": len(shown)}
        return jsonify(data=shown, success=True, meta=meta)

    def _fullnode(self, answer: Json) -> Response:
        if g.fault == "error_body":
            answer = {"Error": "class java.lang.IllegalAccessException : lack of computing resources"}
        return Response(json.dumps({} if g.fault == "empty" else answer), mimetype="application/json")

    def _find(self) -> AccountTransaction | None:
        body = request.get_json(force=True, silent=True)
        txid = body.get("value") if isinstance(body, dict) else None
        found = self._ledger.transactions.get(str(txid))
        return found if found is not None and found.height is not None else None

    def _block(self, height: int) -> Json:
        number = height - (STALE_BLOCKS if g.fault == "stale" else 0)
        block_id = number.to_bytes(8).hex() + self._ledger.block_hash(number)[16:]
        raw = {"number": number, "timestamp": self._ledger.block_time(number) * 1_000}
        return {"blockID": block_id, "block_header": {"raw_data": raw}}

    def _receipt(self, transaction: AccountTransaction) -> Json:
        height = transaction.height or 0
        outcome = "SUCCESS" if transaction.ok else "OUT_OF_ENERGY"
        answer: Json = {
            "id": transaction.txid, "fee": 266_000, "blockNumber": height,
            "blockTimeStamp": self._ledger.block_time(height) * 1_000, "contractResult": [""],
            "receipt": {"net_usage": 345} | ({"result": outcome} if transaction.events or not transaction.ok else {}),
        }  # fmt: skip
        if not transaction.ok:
            return answer | {"result": "FAILED", "resMessage": b"out of energy".hex()}
        logs = [
            {
                "address": event.contract.hex(),
                "topics": [topic.hex() for topic in event.topics],
                "data": event.data.hex(),
            }
            for event in transaction.events
        ]
        return answer | ({"log": logs} if logs else {})

    def _describe(self, transaction: AccountTransaction) -> Json:
        height = transaction.height or 0
        plain = not transaction.events
        value: Json = {"owner_address": "41" + transaction.sender.hex()}
        if plain:
            value |= {"amount": transaction.value, "to_address": "41" + transaction.to.hex()}
        else:
            value |= {"contract_address": "41" + transaction.to.hex(), "data": "a9059cbb"}
        kind = _TRANSFER_CONTRACT if plain else "TriggerSmartContract"
        return {
            "txID": transaction.txid, "ret": [{"contractRet": "SUCCESS" if transaction.ok else "OUT_OF_ENERGY"}],
            "blockNumber": height, "block_timestamp": self._ledger.block_time(height) * 1_000,
            "raw_data": {"contract": [{"type": kind, "parameter": {
                "value": value, "type_url": f"type.googleapis.com/protocol.{kind}"}}]},
            "internal_transactions": [],
        }  # fmt: skip

    def _token_row(self, transaction: AccountTransaction, event: Event) -> Json:
        symbol = self._symbols.get(event.contract, "USDT")
        return {
            "transaction_id": transaction.txid,
            "block_timestamp": self._ledger.block_time(transaction.height or 0) * 1_000,
            "token_info": {
                "symbol": symbol,
                "address": address_of(Chain.TRX, event.contract),
                "decimals": 6,
                "name": "Tether USD",
            },
            "from": address_of(Chain.TRX, event.topics[1][12:]),
            "to": address_of(Chain.TRX, event.topics[2][12:]),
            "type": "Transfer" if event.topics[0] == TRANSFER else "Approval",
            "value": str(int.from_bytes(event.data)),
        }
