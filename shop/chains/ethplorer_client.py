"""Talks to Ethplorer: ERC-20 histories by address. Balances and ETH are floats there, and are not read.

A history shows neither blocks nor log positions: it only yields ids, and each transaction is looked up.
"""

from collections.abc import Collection

from shop.chains.answers import JsonValue
from shop.chains.errors import BadAnswer, NotFound, RateLimited, Rejected
from shop.chains.ethereum_client import Receipt
from shop.chains.servers import Provider
from shop.chains.tokens import Log, credible
from shop.chains.transfers import Head

_MOST_OPERATIONS = "50"


class EthplorerClient:
    """The server."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider

    def head(self) -> Head:
        """Ask for the newest block; Ethplorer knows nothing of finality."""
        return Head(latest=self._get("/getLastBlock")["lastBlock"].height)

    def token_transactions(self, address: str, contracts: Collection[bytes]) -> list[str]:
        """List the newest transactions that moved these tokens to an address."""
        answer = self._get(f"/getAddressHistory/{address}", {"type": "transfer", "limit": _MOST_OPERATIONS})
        wanted = bytes.fromhex(address.removeprefix("0x"))
        found: dict[str, None] = {}
        for item in answer["operations"].items():
            token = item["tokenInfo"].get("address")
            if item["type"].text != "transfer" or token is None or item["to"].hex() != wanted:
                continue
            if token.hex() in contracts:
                found[item["transactionHash"].hex(size=32).hex()] = None
        return list(found)

    def receipt(self, txid: str) -> Receipt | None:
        """Look a transaction up; None while it is in no block. Raises NotFound."""
        answer = self._get(f"/getTxInfo/0x{txid}")
        if answer["hash"].hex(size=32).hex() != txid:
            raise BadAnswer(self.provider.name, "a different transaction than requested")
        height = answer.get("blockNumber")
        if height is None:
            return None
        logs = [self._log(txid, position, item, answer) for position, item in enumerate(answer["logs"].items())]
        return Receipt(txid, answer["success"].boolean, height.height, "", tuple(logs))

    def _log(self, txid: str, position: int, item: JsonValue, transaction: JsonValue) -> Log:
        log = Log(
            txid=txid,
            contract=item["address"].hex(size=20),
            topics=tuple(topic.hex(size=32) for topic in item["topics"].items()),
            data=item["data"].hex(),
            position=position,
            block_height=transaction["blockNumber"].height,
            block_hash=None,
            block_time=transaction["timestamp"].time,
        )
        return credible(log, item)

    def _get(self, path: str, params: dict[str, str] | None = None) -> JsonValue:
        try:
            answer = self.provider.get_json(path, params)
        except Rejected as rejection:
            self._explain(JsonValue.parse(rejection.body, provider=self.provider.name))
            raise
        self._explain(answer)
        return answer

    def _explain(self, answer: JsonValue) -> None:
        error = answer.get("error")
        if error is None:
            return
        message = error["message"].text.lower()
        if "limit" in message or "too many" in message:
            raise RateLimited(self.provider.name, "too many requests")
        if "not found" in message:
            raise NotFound(self.provider.name)
        raise BadAnswer(self.provider.name, "an error in the answer")
