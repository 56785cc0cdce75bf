"""Sends Solana transactions, and asks what they cost and how long they are valid (solana.com/docs/rpc)."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from shop.assets import SOL
from shop.chains import networks
from shop.chains.answers import JsonValue
from shop.chains.errors import BadAnswer
from shop.chains.failover import Failover
from shop.chains.json_rpc import JsonRpc, RpcError, error_text
from shop.chains.sending import (
    Answer,
    Prices,
    SendRefusal,
    Speed,
    each_of_two,
    lower_median,
    refusal_in,
    send_to_all,
    upper_median,
)
from shop.chains.servers import Provider

SIGNATURE_LAMPORTS = 5_000
TRANSFER_UNITS = 450
"""Compute units of a transfer and its two compute budget instructions, 150 each."""
_MOST_PRICE = 10**12
_ACCOUNTS_PER_CALL = 100
_CONFIRMED = {"commitment": "confirmed"}
_KNOWN = ("alreadyprocessed", "already been processed")
_REASONS = (
    (SendRefusal.EXPIRED, ("blockhash not found", "blockhashnotfound", "block height exceeded")),
    (SendRefusal.FUNDS, ("insufficient", "no record of a prior credit", "accountnotfound")),
    (SendRefusal.INVALID, ("signature", "too large", "base64", "sanitize", "invalid")),
)


@dataclass(frozen=True, slots=True)
class Blockhash:
    """A recent block's hash, and the last block height at which a transaction with it is valid."""

    hash: str
    last_height: int


class SolanaSendingClient:
    """One node, as a way to send."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self._rpc = JsonRpc(provider, first=networks.solana(provider).require)

    def blockhash(self) -> Blockhash:
        """Ask for a recent blockhash. Raises ProviderError."""
        value = self._rpc.call("getLatestBlockhash", _CONFIRMED)["value"]
        return Blockhash(value["blockhash"].text, value["lastValidBlockHeight"].height)

    def height(self) -> int:
        """Ask for the final block height, which is not the slot. Raises ProviderError."""
        return self._rpc.call("getBlockHeight", {"commitment": "finalized"}).height

    def priorities(self) -> Prices:
        """Ask for recent priority fees, in micro-lamports per compute unit. Raises ProviderError."""
        recent = self._rpc.call("getRecentPrioritizationFees")
        paid = sorted(item["prioritizationFee"].up_to(_MOST_PRICE) for item in recent.items())
        if not paid:
            return dict.fromkeys(Speed, 0)
        places = {Speed.SLOW: 0, Speed.NORMAL: len(paid) // 2, Speed.FAST: len(paid) * 9 // 10}
        return {speed: paid[place] for speed, place in places.items()}

    def least_balance(self) -> int:
        """Ask for the rent-exempt minimum of an account. Raises ProviderError."""
        return self._rpc.call("getMinimumBalanceForRentExemption", 0).up_to(SOL.most_units)

    def lamports(self, addresses: Sequence[str]) -> list[int]:
        """Ask for the final balances of accounts; one that does not exist has none. Raises ProviderError."""
        options = {
            "commitment": "finalized",
            "encoding": "base64",
            "dataSlice": {"offset": 0, "length": 0},
        }
        found: list[int] = []
        for start in range(0, len(addresses), _ACCOUNTS_PER_CALL):
            some = list(addresses[start : start + _ACCOUNTS_PER_CALL])
            values = self._rpc.call("getMultipleAccounts", some, options)["value"]
            page = [0 if item.is_null else item["lamports"].up_to(SOL.most_units) for item in values.items()]
            if len(page) != len(some):
                raise BadAnswer(self.provider.name, "a list of the wrong length")
            found += page
        return found

    def send(self, raw: bytes) -> Answer:
        """Hand it a transaction. Raises ProviderError."""
        options = {"encoding": "base64", "preflightCommitment": "confirmed", "maxRetries": 0}
        try:
            self._rpc.call("sendTransaction", base64.b64encode(raw).decode(), options)
        except RpcError as error:
            said = error_text(error)
            if any(words in said for words in _KNOWN):
                return Answer()
            return Answer(refusal_in(said, _REASONS), said)
        return Answer()

    def has_expired(self, signature: str, last_height: int) -> bool:
        """Ask whether a transaction can no longer count and never did. Raises ProviderError."""
        options = {"searchTransactionHistory": True}
        status = self._rpc.call("getSignatureStatuses", [signature], options)["value"]
        known = [item for item in status.items() if not item.is_null]
        return not known and self.height() > last_height

    def failed(self, signature: str) -> bool:
        """Ask whether a transaction is in a block and failed. Raises ProviderError."""
        options = {"searchTransactionHistory": True}
        status = self._rpc.call("getSignatureStatuses", [signature], options)["value"]
        return any(not item.is_null and item.get("err") is not None for item in status.items())

    def final(self, signatures: Sequence[str]) -> set[str]:
        """Choose the transactions that are final and did not fail; at most 256. Raises ProviderError."""
        options = {"searchTransactionHistory": True}
        values = list(self._rpc.call("getSignatureStatuses", list(signatures), options)["value"].items())
        if len(values) != len(signatures):
            raise BadAnswer(self.provider.name, "a list of the wrong length")
        return {signature for signature, item in zip(signatures, values, strict=True) if _is_final(item)}


def _is_final(item: JsonValue) -> bool:
    return not item.is_null and item.get("err") is None and item["confirmationStatus"].text == "finalized"


class SolanaSending:
    """Solana, as a way to send."""

    def __init__(self, servers: Failover[SolanaSendingClient]) -> None:
        self._servers = servers

    def blockhash(self) -> Blockhash:
        """Ask for a recent blockhash. Raises ChainUnavailable."""
        return self._servers.ask(lambda client: client.blockhash())

    def priorities(self) -> Prices:
        """Return the recent priority fees that servers agree on. Raises ChainUnavailable."""
        return lower_median(self._servers.ask_each(lambda client: client.priorities()))

    def least_balance(self) -> int:
        """Return the rent-exempt minimum of an account, as operators agree on it. Raises ChainUnavailable."""
        return upper_median(self._servers.ask_operators(lambda client: client.least_balance()))

    def lamports(self, addresses: Sequence[str]) -> dict[str, int]:
        """Ask for final balances; for each, the lowest that any server shows counts. Raises ChainUnavailable."""
        answers = self._servers.ask_each(lambda client: client.lamports(addresses))
        return {address: min(each) for address, *each in zip(addresses, *answers, strict=True)}

    def send(self, raw: bytes) -> None:
        """Hand a transaction to every server. Raises NotTaken, ChainUnavailable."""
        send_to_all(self._servers, lambda client: client.send(raw))

    def has_expired(self, signature: str, last_height: int) -> bool:
        """Return whether two operators say that a transaction can no longer count and never did."""
        return each_of_two(self._servers, lambda client: client.has_expired(signature, last_height))

    def final(self, signatures: Sequence[str]) -> set[str]:
        """Choose the transactions that every server says are final and did not fail. Raises ChainUnavailable."""
        return set.intersection(*self._servers.ask_each(lambda client: client.final(signatures)))

    def failed(self, signature: str) -> bool:
        """Return whether two operators say that a transaction is in a block and failed."""
        return each_of_two(self._servers, lambda client: client.failed(signature))
