"""Sends TRON transactions, and asks what they cost and what an address holds now.

Contract: java-tron's HTTP API; every call is a POST that answers 200 even for errors. Zero values are absent.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from shop.assets import TRX, Asset
from shop.chains import networks
from shop.chains.answers import JsonValue
from shop.chains.errors import BadAnswer, NotFound, Unavailable
from shop.chains.failover import Failover
from shop.chains.sending import (
    Answer,
    SendRefusal,
    each_of_two,
    send_to_all,
    upper_median,
    upper_median_of_runs,
)
from shop.chains.servers import Provider
from shop.chains.tokens import account
from wallet.chains import Chain

_MOST_ENERGY = 100_000_000
_MOST_PRICE = 10**9
_KNOWN = "DUP_TRANSACTION_ERROR"
_UNSURE = frozenset({"NOT_ENOUGH_EFFECTIVE_CONNECTION", "SERVER_BUSY", "NO_CONNECTION", "BLOCK_UNSOLIDIFIED"})
_NOT_RUN = frozenset({"CONTRACT_VALIDATE_ERROR", "CONTRACT_EXE_ERROR", "OTHER_ERROR"})
"""Codes of calls that a node does not run: the contract is not there, or the node lacks the time or the service."""
_REASONS = {
    "TRANSACTION_EXPIRATION_ERROR": SendRefusal.EXPIRED,
    "TAPOS_ERROR": SendRefusal.EXPIRED,
    "BANDWITH_ERROR": SendRefusal.FUNDS,
    "CONTRACT_VALIDATE_ERROR": SendRefusal.FUNDS,
    "SIGERROR": SendRefusal.INVALID,
    "TOO_BIG_TRANSACTION_ERROR": SendRefusal.INVALID,
    "CONTRACT_EXE_ERROR": SendRefusal.INVALID,
}


@dataclass(frozen=True, slots=True)
class TronState:
    """An address's current balances, in sun and in base units of tokens by code. An inactive one cannot sign."""

    sun: int
    active: bool
    free_bytes: int
    energy: int
    tokens: dict[str, int]


@dataclass(frozen=True, slots=True)
class TronPrices:
    """Prices in sun: per unit of energy, per byte of bandwidth, and for activating an account."""

    energy: int
    byte: int
    activation: int


@dataclass(frozen=True, slots=True)
class SolidBlock:
    """The newest solid block: what a transaction refers to; `time_ms` since 1970."""

    id: bytes
    time_ms: int


@dataclass(frozen=True, slots=True)
class Simulation:
    """The energy that a simulated call takes, None if it would fail; and whether the node ran it at all."""

    energy: int | None
    was_run: bool = True


class TronSendingClient:
    """One server, as a way to send."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self._network = networks.tron(provider)

    def prices(self) -> TronPrices:
        """Ask for the prices. Raises ProviderError."""
        listed = self._post("/wallet/getchainparameters", {})["chainParameter"]
        found: dict[str, int] = {}
        for item in listed.items():
            value = item.get("value")
            if value is not None and item["key"].text in _PARAMETERS:
                found[item["key"].text] = value.up_to(_MOST_PRICE)
        energy, byte = found.get("getEnergyFee", 0), found.get("getTransactionFee", 0)
        if not energy or not byte:
            raise BadAnswer(self.provider.name, "impossible prices")
        activation = sum(found.get(name, 0) for name in _PARAMETERS[2:])
        return TronPrices(energy, byte, activation)

    def solid_block(self) -> SolidBlock:
        """Ask for the newest solid block. Raises ProviderError."""
        answer = self._post("/walletsolidity/getnowblock", {})
        time_ms = answer["block_header"]["raw_data"]["timestamp"].integer
        return SolidBlock(answer["blockID"].hex(size=32), time_ms)

    def state(self, address: str, tokens: Sequence[Asset]) -> TronState:
        """Ask what an address holds now. Raises ProviderError."""
        own = {"address": address, "visible": True}
        known, resources = self._post("/wallet/getaccount", own), self._post("/wallet/getaccountresource", own)
        balance = known.get("balance")
        free = _number(resources, "freeNetLimit") - _number(resources, "freeNetUsed")
        energy = _number(resources, "EnergyLimit") - _number(resources, "EnergyUsed")
        return TronState(
            sun=0 if balance is None else balance.up_to(TRX.most_units),
            active=known.get("address") is not None,
            free_bytes=max(0, free),
            energy=max(0, energy),
            tokens={token.code: self._token(address, token) for token in tokens},
        )

    def simulate(self, owner: str, token: Asset, data: bytes) -> Simulation:
        """Simulate a call of a token by its real holder. Raises ProviderError."""
        answer = self._constant(owner, token, data)
        outcome = answer.get("result")
        code = None if outcome is None else outcome.get("code")
        if code is not None and code.text in _NOT_RUN and answer.get("constant_result") is None:
            return Simulation(None, was_run=False)
        states = answer["transaction"]["ret"].first.get("ret") if answer.get("transaction") else None
        if states is not None and states.text == "FAILED":
            return Simulation(None)
        return Simulation(answer["energy_used"].up_to(_MOST_ENERGY))

    def send(self, raw: bytes) -> Answer:
        """Hand it a transaction. Raises ProviderError.

        A node may answer "duplicate" for one that it refused: that means no more than "unknown", and it is looked up.
        """
        answer = self._post("/wallet/broadcasthex", {"transaction": raw.hex()})
        done = answer.get("result")
        if done is not None and done.boolean:
            return Answer()
        code = answer.get("code")
        word = code.text if code is not None and code.is_text else ""
        if word in _UNSURE or not word:
            raise Unavailable(self.provider.name, "it is unknown whether it was accepted")
        if word == _KNOWN:
            return Answer()
        return Answer(_REASONS.get(word, SendRefusal.OTHER), word)

    def outcome(self, txid: str) -> bool | None:
        """Ask whether a transaction succeeded; None while it is in no block. Raises ProviderError."""
        answer = self._post("/wallet/gettransactioninfobyid", {"value": txid})
        if answer.get("id") is None:
            return None
        receipt = answer.get("receipt")
        outcome = None if receipt is None else receipt.get("result")
        return answer.get("result") is None and (outcome is None or outcome.text == "SUCCESS")

    def has_expired(self, txid: str, until_s: int) -> bool:
        """Ask whether the solid head is past a transaction's expiration and the server does not know it."""
        known = self._post("/wallet/gettransactionbyid", {"value": txid}).get("txID") is not None
        return not known and self.solid_block().time_ms > until_s * 1_000

    def _token(self, address: str, token: Asset) -> int:
        data = bytes.fromhex("70a08231") + account(Chain.TRX, address).rjust(32, b"\0")
        found = self._constant(address, token, data)["constant_result"].first.hex()
        units = int.from_bytes(found)
        if len(found) != 32 or units > token.most_units:
            raise BadAnswer(self.provider.name, "an impossible balance")
        return units

    def _constant(self, owner: str, token: Asset, data: bytes) -> JsonValue:
        body = {"owner_address": owner, "contract_address": token.contract, "data": data.hex(), "visible": True}
        return self._post("/wallet/triggerconstantcontract", body)

    def _post(self, path: str, body: Mapping[str, object]) -> JsonValue:
        self._network.require()
        try:
            answer = self.provider.post(path, body).json()
        except NotFound:
            raise BadAnswer(self.provider.name, "no such service") from None
        if answer.get("Error") is not None or answer.get("error") is not None:
            raise BadAnswer(self.provider.name, "an error with status 200")
        return answer


_PARAMETERS = (
    *("getEnergyFee", "getTransactionFee"),
    *("getCreateNewAccountFeeInSystemContract", "getCreateAccountFee"),
)


class TronSending:
    """TRON, as a way to send."""

    def __init__(self, servers: Failover[TronSendingClient]) -> None:
        self._servers = servers

    def prices(self) -> TronPrices:
        """Return the prices, for each the upper median of what operators show. Raises ChainUnavailable."""
        answers = self._servers.ask_operators(lambda client: client.prices())

        def agreed(of: Callable[[TronPrices], int]) -> int:
            return upper_median({operator: [of(each) for each in shown] for operator, shown in answers.items()})

        return TronPrices(
            agreed(lambda prices: prices.energy),
            agreed(lambda prices: prices.byte),
            agreed(lambda prices: prices.activation),
        )

    def solid_block(self) -> SolidBlock:
        """Ask for the newest solid block. Raises ChainUnavailable."""
        return self._servers.ask(lambda client: client.solid_block())

    def is_past(self, moment: int) -> bool:
        """Return whether any server's newest solid block is later than a moment (Unix seconds). Raises
        ChainUnavailable.
        """
        newest = self._servers.ask_each(lambda client: client.solid_block())
        return any(block.time_ms > moment * 1_000 for block in newest)

    def state(self, address: str, tokens: Sequence[Asset]) -> TronState:
        """Ask what an address holds now; for each figure, the lowest of any server counts. Raises
        ChainUnavailable.
        """
        answers = self._servers.ask_each(lambda client: client.state(address, tokens))
        return TronState(
            sun=min(each.sun for each in answers),
            active=all(each.active for each in answers),
            free_bytes=min(each.free_bytes for each in answers),
            energy=min(each.energy for each in answers),
            tokens={token.code: min(each.tokens[token.code] for each in answers) for token in tokens},
        )

    def energy(self, owner: str, token: Asset, data: bytes) -> int | None:
        """Simulate a call of a token: the upper median of operators' figures; None if it would fail at any server, or
        none runs it. Raises ChainUnavailable.
        """
        answers = self._servers.ask_operators(lambda client: client.simulate(owner, token, data))
        ran = {operator: [each.energy for each in shown if each.was_run] for operator, shown in answers.items()}
        return upper_median_of_runs(ran)

    def send(self, raw: bytes) -> None:
        """Hand a transaction to every server. Raises NotTaken, ChainUnavailable."""
        send_to_all(self._servers, lambda client: client.send(raw))

    def outcome(self, txid: str) -> bool | None:
        """Ask whether a transaction succeeded. Raises ChainUnavailable."""
        return self._servers.ask(lambda client: client.outcome(txid))

    def has_expired(self, txid: str, until_s: int) -> bool:
        """Return whether two operators say that a transaction expired and was never in a block."""
        return each_of_two(self._servers, lambda client: client.has_expired(txid, until_s))


def _number(answer: JsonValue, name: str) -> int:
    value = answer.get(name)
    return 0 if value is None else value.integer
