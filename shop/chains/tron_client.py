"""Speak to one TronGrid server: its own lists (/v1), the node's calls (/wallet) and the node's JSON-RPC.

Contract: developers.tron.network and java-tron. Errors come with status 200 as well; `{}` means "not known".
"""

from collections.abc import Mapping
from dataclasses import dataclass

from shop.chains.answers import JsonValue
from shop.chains.errors import BadAnswer, NotFound, RateLimited, Unavailable
from shop.chains.json_rpc import JsonRpc
from shop.chains.log_reader import LogReader
from shop.chains.servers import Provider
from shop.chains.tokens import Log, account
from shop.chains.transfers import Head
from wallet.chains import Chain

_NEWEST = "50"
_PREFIX = b"\x41"


@dataclass(frozen=True, slots=True)
class TrxPayment:
    """A successful payment of TRX, in sun; the block is None while it is not told."""

    txid: str
    recipient: bytes
    units: int
    block_height: int | None
    block_time: int | None


@dataclass(frozen=True, slots=True)
class TronReceipt:
    """What became of a transaction that is in a block. `block_time` is in Unix seconds."""

    txid: str
    succeeded: bool
    block_height: int
    block_time: int
    logs: tuple[Log, ...]


class TronClient:
    """One server."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self._rpc = JsonRpc(provider, path="/jsonrpc")
        self.logs = LogReader(self._rpc)

    def head(self) -> Head:
        """Ask for the newest block and for the newest one that is solid: irreversible."""
        latest, solid = self.latest(), self.solid()
        if solid > latest + 100:
            raise BadAnswer(self.provider.name, "a solid block above the head")
        return Head(latest=max(latest, solid), finalized=solid)

    def latest(self) -> int:
        """Ask for the newest block."""
        return self._height(self._post("/wallet/getnowblock", {}))

    def solid(self) -> int:
        """Ask for the newest solid block."""
        return self._height(self._post("/walletsolidity/getnowblock", {}))

    def token_transactions(self, address: str, contract: str) -> list[str]:
        """List the newest transactions that moved a token to an address, solid or not."""
        params = {"only_to": "true", "limit": _NEWEST, "contract_address": contract}
        answer = self._get(f"/v1/accounts/{address}/transactions/trc20", params)
        found: dict[str, None] = {}
        for item in answer["data"].items():
            token = item["token_info"].get("address")
            if item["type"].text == "Transfer" and token is not None and token.text == contract:
                found[item["transaction_id"].hex(size=32).hex()] = None
        return list(found)

    def trx_payments(self, address: str) -> list[TrxPayment]:
        """List the newest payments of TRX to an address, solid or not."""
        answer = self._get(f"/v1/accounts/{address}/transactions", {"only_to": "true", "limit": _NEWEST})
        found = [self._payment(item) for item in answer["data"].items()]
        return [
            payment for payment in found if payment is not None and payment.recipient == account(Chain.TRX, address)
        ]

    def receipt(self, txid: str) -> TronReceipt | None:
        """Ask what became of a transaction; None while it is in no block, or when it does not exist."""
        answer = self._post("/wallet/gettransactioninfobyid", {"value": txid})
        if answer.get("id") is None:
            return None
        if answer["id"].hex(size=32).hex() != txid:
            raise BadAnswer(self.provider.name, "another transaction than asked for")
        outcome = answer["receipt"].get("result") if answer.get("receipt") is not None else None
        failed = answer.get("result") is not None or (outcome is not None and outcome.text != "SUCCESS")
        height, time_ms = answer["blockNumber"].integer, answer["blockTimeStamp"].integer
        logs = answer.get("log")
        read = [] if logs is None else list(logs.items())
        return TronReceipt(
            txid, not failed, height, time_ms // 1_000,
            tuple(_log(item, txid, position, height, time_ms // 1_000) for position, item in enumerate(read)),
        )  # fmt: skip

    def payment(self, txid: str) -> TrxPayment | None:
        """Look a transaction up: the TRX that it pays, None when it does something else. Raises NotFound."""
        answer = self._post("/wallet/gettransactionbyid", {"value": txid})
        if answer.get("txID") is None:
            raise NotFound(self.provider.name)
        if answer["txID"].hex(size=32).hex() != txid:
            raise BadAnswer(self.provider.name, "another transaction than asked for")
        return self._payment(answer)

    def _payment(self, item: JsonValue) -> TrxPayment | None:
        raw = item.get("raw_data")  # an internal transaction has none
        if raw is None or not _succeeded(item):
            return None
        contract = raw["contract"].first
        if contract["type"].text != "TransferContract":
            return None
        value = contract["parameter"]["value"]
        height, time_ms = item.get("blockNumber"), item.get("block_timestamp")
        recipient = value["to_address"].hex(size=21)
        if recipient[:1] != _PREFIX or value["amount"].integer == 0:
            return None
        return TrxPayment(
            txid=item["txID"].hex(size=32).hex(),
            recipient=recipient[1:],
            units=value["amount"].integer,
            block_height=None if height is None else height.integer,
            block_time=None if time_ms is None else time_ms.integer // 1_000,
        )

    def _height(self, answer: JsonValue) -> int:
        return answer["block_header"]["raw_data"]["number"].integer

    def _get(self, path: str, params: Mapping[str, str]) -> JsonValue:
        try:
            answer = self.provider.get_json(path, params)
        except NotFound:  # now and then TronGrid does not find its own lists
            raise BadAnswer(self.provider.name, "a list was not found") from None
        if not answer["success"].boolean:
            raise self._error(answer)
        return answer

    def _post(self, path: str, body: Mapping[str, object]) -> JsonValue:
        try:
            answer = self.provider.post(path, body).json()
        except NotFound:  # what is unknown is `{}`: this server lacks the service
            raise BadAnswer(self.provider.name, "no such service") from None
        if answer.get("Error") is not None:
            raise self._error(answer)
        return answer

    def _error(self, answer: JsonValue) -> RateLimited | Unavailable | BadAnswer:
        found = answer.get("Error") or answer.get("error")
        text = found.text if found is not None and found.is_text else ""
        if "exceed" in text:
            return RateLimited(self.provider.name, "too many questions")
        if "lack of computing resources" in text:
            return Unavailable(self.provider.name, "overloaded")
        return BadAnswer(self.provider.name, "an error in a 200")


def _succeeded(item: JsonValue) -> bool:
    """Read the outcome: absent on an old plain transfer, which is only in a block when it succeeded."""
    results = item.get("ret")
    outcome = None if results is None else results.first.get("contractRet")
    return outcome is None or outcome.text == "SUCCESS"


def _log(item: JsonValue, txid: str, position: int, height: int, time: int) -> Log:
    """Read a log of a receipt: addresses stand there without TRON's 0x41, in some versions with it."""
    contract = item["address"].hex()
    topics = item.get("topics")
    data = item.get("data")
    return Log(
        txid=txid,
        contract=contract[1:] if len(contract) == 21 and contract[:1] == _PREFIX else contract,
        topics=() if topics is None else tuple(topic.hex(size=32) for topic in topics.items()),
        data=b"" if data is None else data.hex(),
        position=position,
        block_height=height,
        block_hash=None,
        block_time=time,
    )
