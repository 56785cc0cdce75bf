"""Talks to one TronGrid server: its own lists (/v1), the node's calls (/wallet) and the node's JSON-RPC.

Contract: developers.tron.network and java-tron. Errors can come with status 200, under lower-case or upper-case
names; `{}` means "not known".
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shop.assets import TRX
from shop.chains import networks
from shop.chains.answers import JsonValue
from shop.chains.errors import BadAnswer, NotFound, RateLimited, Unavailable
from shop.chains.ethereum_client import balances, block_hash
from shop.chains.json_rpc import JsonRpc
from shop.chains.log_reader import LogReader
from shop.chains.servers import Provider
from shop.chains.tokens import Log, account, credible
from shop.chains.transfers import Head
from wallet.chains import Chain

_NEWEST = "50"
_PREFIX = b"\x41"
_LIMIT_WORDS = ("exceed", "frequency limit", "rate limit", "too many requests", "daily usage", "suspended")
_LIMIT_CODES = frozenset({403, 429})
_SUSPENDED = re.compile(r"suspended for (\d{1,4}) ?s")


@dataclass(frozen=True, slots=True)
class TrxPayment:
    """A successful payment of TRX, in sun; the block is None if not reported."""

    txid: str
    recipient: bytes
    units: int
    block_height: int | None
    block_time: int | None


@dataclass(frozen=True, slots=True)
class TronReceipt:
    """The outcome of a transaction that is in a block. `block_time` is in Unix seconds."""

    txid: str
    succeeded: bool
    block_height: int
    block_time: int
    logs: tuple[Log, ...]


class TronClient:
    """One server."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self._network = networks.tron(provider)
        self._rpc = JsonRpc(provider, path="/jsonrpc", first=self._network.require)
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

    def block_hash(self, height: int) -> str:
        """Ask for the hash of a block, which is its id. Raises NotFound."""
        return block_hash(self._rpc, height)

    def balances(self, accounts: Sequence[bytes]) -> dict[bytes, int]:
        """Ask for the balances of accounts, in sun, as of the newest block: a node reports no older ones."""
        return balances(self._rpc, accounts, level="latest", most_units=TRX.most_units)

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
        """Ask for the outcome of a transaction; None while it is in no block, or if it does not exist."""
        answer = self._post("/wallet/gettransactioninfobyid", {"value": txid})
        if answer.get("id") is None:
            return None
        if answer["id"].hex(size=32).hex() != txid:
            raise BadAnswer(self.provider.name, "a different transaction than requested")
        outcome = answer["receipt"].get("result") if answer.get("receipt") is not None else None
        failed = answer.get("result") is not None or (outcome is not None and outcome.text != "SUCCESS")
        height, time = answer["blockNumber"].height, answer["blockTimeStamp"].time_ms
        logs = answer.get("log")
        read = [] if logs is None else list(logs.items())
        return TronReceipt(
            txid, not failed, height, time,
            tuple(_log(item, txid, position, height, time) for position, item in enumerate(read)),
        )  # fmt: skip

    def payment(self, txid: str) -> TrxPayment | None:
        """Look a transaction up: the TRX that it pays, None when it does something else. Raises NotFound."""
        answer = self._post("/wallet/gettransactionbyid", {"value": txid})
        if answer.get("txID") is None:
            raise NotFound(self.provider.name)
        if answer["txID"].hex(size=32).hex() != txid:
            raise BadAnswer(self.provider.name, "a different transaction than requested")
        return self._payment(answer)

    def _payment(self, item: JsonValue) -> TrxPayment | None:
        raw = item.get("raw_data")  # an internal transaction has none
        if raw is None or not _succeeded(item):
            return None
        contract = raw["contract"].first
        if contract["type"].text != "TransferContract":
            return None
        value = contract["parameter"]["value"]
        height, time = item.get("blockNumber"), item.get("block_timestamp")
        units = value["amount"].up_to(TRX.most_units)
        recipient = value["to_address"].hex(size=21)
        if recipient[:1] != _PREFIX or units == 0:
            return None
        return TrxPayment(
            txid=item["txID"].hex(size=32).hex(),
            recipient=recipient[1:],
            units=units,
            block_height=None if height is None else height.height,
            block_time=None if time is None else time.time_ms,
        )

    def _height(self, answer: JsonValue) -> int:
        return answer["block_header"]["raw_data"]["number"].height

    def _get(self, path: str, params: Mapping[str, str]) -> JsonValue:
        self._network.require()
        try:
            answer = self.provider.get_json(path, params)
        except NotFound:  # TronGrid occasionally fails to find its own lists
            raise BadAnswer(self.provider.name, "a list was not found") from None
        self._explain(answer)
        if answer.get("success") is None:
            raise answer.bad("has no such field", "success")
        return answer

    def _post(self, path: str, body: Mapping[str, object]) -> JsonValue:
        self._network.require()
        try:
            answer = self.provider.post(path, body).json()
        except NotFound:  # an unknown transaction gives `{}`: this server lacks the service
            raise BadAnswer(self.provider.name, "no such service") from None
        self._explain(answer)
        return answer

    def _explain(self, answer: JsonValue) -> None:
        """Raise the error that an answer reports, which must not be taken for `{}`, "not known"."""
        success, found, code = (_either(answer, name) for name in ("success", "error", "statusCode"))
        if found is None and (success is None or success.boolean):
            return
        text = found.text.lower() if found is not None and found.is_text else ""
        is_limit = code is not None and code.error_code in _LIMIT_CODES
        if is_limit or any(word in text for word in _LIMIT_WORDS):
            suspended = _SUSPENDED.search(text)
            wait_s = None if suspended is None else int(suspended[1])
            raise RateLimited(self.provider.name, "too many requests", retry_after_s=wait_s)
        if "lack of computing resources" in text:
            raise Unavailable(self.provider.name, "overloaded")
        raise BadAnswer(self.provider.name, "an error with status 200")


def _either(answer: JsonValue, name: str) -> JsonValue | None:
    return answer.get(name) or answer.get(name[0].upper() + name[1:])


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
    log = Log(
        txid=txid,
        contract=contract[1:] if len(contract) == 21 and contract[:1] == _PREFIX else contract,
        topics=() if topics is None else tuple(topic.hex(size=32) for topic in topics.items()),
        data=b"" if data is None else data.hex(),
        position=position,
        block_height=height,
        block_hash=None,
        block_time=time,
    )
    return credible(log, item)
