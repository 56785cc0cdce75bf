"""Answer as an Ethereum node does (ethereum/execution-apis), with the limits of public ones. TRON uses it too."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from flask import Response, g, jsonify, request

from web.sandbox.chains.account_ledger import AccountLedger, AccountTransaction
from web.sandbox.chains.account_node import EthereumNode
from web.sandbox.chains.errors import NodeError
from web.sandbox.chains.faults import STALE_BLOCKS
from web.sandbox.chains.routes import Routes

Json = dict[str, Any]
_NO_TAG = -39001


@dataclass(slots=True)
class Limits:
    """The limits of a public node.

    `behind`: how many blocks of the chain it does not have yet. `clamps`: it lists no logs of those and does not say
    so, as java-tron does.
    """

    blocks: int = 10_000
    results: int = 10_000
    topics: int = 5_000
    batch: int = 100
    knows_final: bool = True
    behind: int = 0
    clamps: bool = False
    range_text: str = "query exceeds max block range {most}"
    range_code: int = -32602


class EthereumServer:
    """One node's JSON-RPC."""

    def __init__(self, ledger: AccountLedger, *, chain_id: int, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._ledger = ledger
        self._chain_id = chain_id
        self.methods: dict[str, Callable[..., object]] = {
            "web3_clientVersion": lambda: "Souk/sandbox",
            "eth_chainId": lambda: hex(self._chain_id),
            "eth_blockNumber": lambda: hex(self._head()),
            "eth_getBlockByNumber": self._block,
            "eth_getLogs": self._logs,
            "eth_getTransactionByHash": self._transaction,
            "eth_getTransactionReceipt": self._receipt,
            "eth_getBalance": self._balance,
            **EthereumNode(ledger, chain_id).methods(),
        }

    def register(self, routes: Routes, prefix: str) -> None:
        """Add the view."""
        routes.add(prefix, {"": self.answer, "/": self.answer}, method="POST")

    def answer(self) -> Response:
        """POST /: one request or a batch."""
        body = request.get_json(force=True, silent=True)
        if isinstance(body, list):
            if g.fault == "batch":
                return jsonify(_error(None, -32600, "batch requests are not supported"))
            if len(body) > self.limits.batch or not body:
                return jsonify(_error(None, -32600, f"batch size limit is {self.limits.batch}"))
            return jsonify([self._one(item) for item in reversed(body)])
        return jsonify(self._one(body))

    def _one(self, call: object) -> Json:
        if not isinstance(call, dict) or not isinstance(call.get("params", []), list):
            return _error(None, -32600, "invalid request")
        number = call.get("id")
        if g.fault == "error_body":
            return _error(number, -32046, "Cannot fulfill request")
        method = self.methods.get(str(call.get("method")))
        if method is None:
            return _error(number, -32601, f"the method {call.get('method')} does not exist/is not available")
        try:
            return {"jsonrpc": "2.0", "id": number, "result": method(*call.get("params", []))}
        except NodeError as error:
            return _error(number, error.code, error.message)
        except (TypeError, ValueError, KeyError):
            return _error(number, -32602, "invalid argument")

    def _head(self) -> int:
        return self._ledger.height - self.limits.behind - (STALE_BLOCKS if g.fault == "stale" else 0)

    def number_of(self, tag: str) -> int:
        if tag in {"safe", "finalized"}:
            if not self.limits.knows_final:
                raise NodeError(_NO_TAG, f"{tag} block not found")
            below = self._ledger.safe if tag == "safe" else self._ledger.finalized
            return below - (STALE_BLOCKS if g.fault == "stale" else 0)
        return self._head() if tag in {"latest", "pending"} else 0 if tag == "earliest" else int(tag, 16)

    def _block(self, tag: str, full: bool) -> Json | None:
        number = self.number_of(tag)
        if number > self._head() or (g.fault == "empty" and full):
            return None
        transactions = self._ledger.in_block(number)
        return {
            "number": hex(number), "hash": self._hash(number), "parentHash": self._hash(number - 1),
            "timestamp": hex(self._ledger.block_time(number)), "gasUsed": "0x5208", "gasLimit": "0x1c9c380",
            "transactions": [self._describe(tx) if full else "0x" + tx.txid for tx in transactions],
        }  # fmt: skip

    def _logs(self, wanted: Json) -> list[Json]:
        first, last = self._range(wanted)
        if last - first + 1 > self.limits.blocks:
            text = self.limits.range_text.format(most=self.limits.blocks)
            raise NodeError(self.limits.range_code, text)
        if any(isinstance(topic, list) and len(topic) > self.limits.topics for topic in wanted.get("topics", [])):
            raise NodeError(-32602, f"exceed max topics: {self.limits.topics}")
        found = [log for log in self._all_logs(first, last) if _matches(log, wanted)]
        if len(found) > self.limits.results:
            raise NodeError(-32005, f"query returned more than {self.limits.results} results")
        return [] if g.fault == "empty" else found

    def _range(self, wanted: Json) -> tuple[int, int]:
        first, last = self.number_of(wanted["fromBlock"]), self.number_of(wanted["toBlock"])
        if self.limits.clamps:
            if first > last and wanted["toBlock"] != "latest":
                raise NodeError(-32602, "please verify: fromBlock <= toBlock")
            return first, min(last, self._head())
        if first > last:
            raise NodeError(-32602, "invalid block range params")
        if last > self._head():
            raise NodeError(-32602, "block range extends beyond current head block")
        return first, last

    def _all_logs(self, first: int, last: int) -> Iterator[Json]:
        for transaction in list(self._ledger.transactions.values()):
            if transaction.height is not None and first <= transaction.height <= last and transaction.ok:
                yield from self._logs_of(transaction)

    def _logs_of(self, transaction: AccountTransaction) -> Iterator[Json]:
        height = transaction.height or 0
        start = self._ledger.first_position(transaction)
        for position, event in enumerate(transaction.events, start):
            yield {
                "address": "0x" + event.contract.hex(), "topics": ["0x" + topic.hex() for topic in event.topics],
                "data": "0x" + event.data.hex(), "blockNumber": hex(height), "blockHash": self._hash(height),
                "blockTimestamp": hex(self._ledger.block_time(height)), "transactionHash": "0x" + transaction.txid,
                "transactionIndex": "0x0", "logIndex": hex(position), "removed": False,
            }  # fmt: skip

    def _find(self, txid: str) -> AccountTransaction | None:
        return None if g.fault == "empty" else self._ledger.transactions.get(txid.removeprefix("0x"))

    def _transaction(self, txid: str) -> Json | None:
        found = self._find(txid)
        return None if found is None else self._describe(found)

    def _describe(self, transaction: AccountTransaction) -> Json:
        height = transaction.height
        return {
            "hash": "0x" + transaction.txid, "to": "0x" + transaction.to.hex(),
            "from": "0x" + transaction.sender.hex(), "value": hex(transaction.value),
            "input": "0x", "nonce": hex(transaction.nonce or 0), "gas": "0x5208", "type": "0x2",
            "blockNumber": None if height is None else hex(height),
            "blockHash": None if height is None else self._hash(height), "transactionIndex": "0x0",
        }  # fmt: skip

    def _receipt(self, txid: str) -> Json | None:
        found = self._find(txid)
        if found is None or found.height is None:
            return None
        return {
            "transactionHash": "0x" + found.txid, "status": hex(found.ok), "blockNumber": hex(found.height),
            "blockHash": self._hash(found.height), "from": "0x" + found.sender.hex(), "to": "0x" + found.to.hex(),
            "gasUsed": "0x5208", "effectiveGasPrice": "0x3b9aca00",
            "logs": list(self._logs_of(found)) if found.ok else [],
        }  # fmt: skip

    def _balance(self, address: str, tag: str) -> str:
        wei = max(0, self._ledger.balance(bytes.fromhex(address[2:]), self.number_of(tag)))
        return hex(wei * (10 if g.fault == "lie" else 1))

    def _hash(self, number: int) -> str:
        return "0x" + self._ledger.block_hash(number)


def _matches(log: Json, wanted: Json) -> bool:
    """Return whether a log matches a filter; an absent, null or empty entry matches everything."""
    contracts = wanted.get("address") or []
    contracts = [contracts] if isinstance(contracts, str) else contracts
    if contracts and log["address"] not in [contract.lower() for contract in contracts]:
        return False
    for position, entry in enumerate(wanted.get("topics", [])):
        allowed = [entry] if isinstance(entry, str) else entry
        if allowed and (position >= len(log["topics"]) or log["topics"][position] not in allowed):
            return False
    return True


def _error(number: object, code: int, message: str) -> Json:
    return {"jsonrpc": "2.0", "id": number, "error": {"code": code, "message": message}}
