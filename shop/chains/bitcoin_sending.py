"""Sends Bitcoin and Litecoin transactions through Esplora servers, and asks what a place in a block costs.

Contract: mempool/electrs (`POST /tx`), Blockstream/esplora API.md (`/fee-estimates`), mempool.space
(`/v1/fees/recommended`). Servers read a transaction only as plain text. Nodes' errors arrive inside a 400, wrapped
and shortened, at times to the code alone, so they are recognised by words in them.
"""

from collections.abc import Callable
from decimal import ROUND_UP, Decimal

from shop.chains.answers import JsonValue
from shop.chains.errors import BadAnswer, NotFound, Rejected
from shop.chains.failover import Failover
from shop.chains.proof.proof_client import ProofClient
from shop.chains.sending import Answer, Prices, SendRefusal, Speed, lower_median, refusal_in, send_to_all
from shop.chains.servers import Provider
from wallet.chains import Chain
from wallet.transactions import bitcoin
from wallet.transactions.wire import MalformedTransaction

LEAST_RATE = 1_000
"""The lowest fee that nodes relay, per 1,000 virtual bytes (Litecoin Core, `DEFAULT_MIN_RELAY_TX_FEE`)."""
_MOST_RATE = 5_000_000
_RECOMMENDED = {Speed.FAST: "fastestFee", Speed.NORMAL: "halfHourFee", Speed.SLOW: "hourFee"}
_TARGETS = {Speed.FAST: ("1", "2", "3"), Speed.NORMAL: ("6", "5", "10"), Speed.SLOW: ("144", "25", "504")}
_KNOWN = (
    *("already in block chain", "already in utxo set", "already-in-mempool", "already-known", "already known"),
    '"code":-27',
)
_REASONS = (
    (SendRefusal.SPENT, ("missingorspent", "missing or spent", "mempool-conflict")),
    (SendRefusal.UNDERPRICED, ("min relay fee", "mempool min fee", "insufficient fee", "replacement")),
    (
        SendRefusal.INVALID,
        ("decode failed", "script-verify", "dust", "scriptpubkey", "tx-size", "non-final", "bad-txns"),
    ),
)


class BitcoinSendingClient:
    """One Esplora server, as a way to send."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider

    def send(self, raw: bytes) -> Answer:
        """Hand it a transaction. Raises ProviderError."""
        try:
            self.provider.post("/tx", raw.hex()).text()
        except Rejected as error:
            said = error.body.decode("utf-8", "replace").lower()
            if any(words in said for words in _KNOWN):
                return Answer()
            return Answer(refusal_in(said, _REASONS), said)
        return Answer()

    def rates(self) -> Prices:
        """Ask for the fee rates per 1,000 virtual bytes. Raises ProviderError."""
        try:
            answer = self.provider.get_json("/v1/fees/recommended")
            return {speed: _per_thousand(answer[name]) for speed, name in _RECOMMENDED.items()}
        except (NotFound, Rejected, BadAnswer):  # the server lacks mempool.space's extensions
            answer = self.provider.get_json("/fee-estimates")
        found: Prices = {}
        for speed, targets in _TARGETS.items():
            quotes = [quote for target in targets if (quote := answer.get(target)) is not None]
            found[speed] = _per_thousand(quotes[0]) if quotes else LEAST_RATE
        return found

    def spender(self, txid: str, index: int) -> str | None:
        """Ask which transaction in a block spends an output; None while none does. Raises ProviderError."""
        answer = self.provider.get_json(f"/tx/{txid}/outspend/{index}")
        is_spent = answer["spent"].boolean and answer["status"]["confirmed"].boolean
        return answer["txid"].hex(size=32).hex() if is_spent else None

    def transaction(self, chain: Chain, txid: str) -> bytes:
        """Ask for a whole transaction; its id is computed. Raises ProviderError."""
        raw = ProofClient(self.provider).raw_transaction(txid)
        try:
            found = bitcoin.parse(chain, raw)
        except MalformedTransaction as error:
            raise BadAnswer(self.provider.name, error.flaw.value) from None
        if found.txid != txid:
            raise BadAnswer(self.provider.name, "a different transaction than requested")
        return raw

    def is_gone(self, chain: Chain, place: str, is_own: Callable[[str], bool]) -> bool:
        """Ask whether an output, "txid:index", is unknown or spent by a foreign transaction. Raises ProviderError."""
        txid, _, index = place.partition(":")
        try:
            spender = self.spender(txid, int(index))
            if spender is None:
                self.transaction(chain, txid)
        except NotFound:
            return True
        return spender is not None and not is_own(spender)


class BitcoinSending:
    """Bitcoin or Litecoin, as a way to send."""

    def __init__(self, servers: Failover[BitcoinSendingClient]) -> None:
        self._servers = servers

    def rates(self) -> Prices:
        """Return the fee rates per 1,000 virtual bytes that servers agree on. Raises ChainUnavailable."""
        return lower_median(self._servers.ask_each(lambda client: client.rates()))

    def send(self, raw: bytes) -> None:
        """Hand a transaction to every server. Raises NotTaken, ChainUnavailable."""
        send_to_all(self._servers, lambda client: client.send(raw))

    def is_gone(self, chain: Chain, place: str, is_own: Callable[[str], bool]) -> bool | None:
        """Return whether all servers that answer say that others spent an output for good, or that it never was.

        None if too few answer (`Failover.is_quorum`). Raises ChainUnavailable.
        """
        answers = self._servers.ask_operators(lambda client: client.is_gone(chain, place, is_own))
        return all(all(each) for each in answers.values()) if self._servers.is_quorum(answers) else None

    def transaction(self, chain: Chain, txid: str) -> bytes:
        """Ask for a whole transaction. Raises ChainUnavailable, NotFound."""
        return self._servers.ask(lambda client: client.transaction(chain, txid))


def _per_thousand(quote: JsonValue) -> int:
    rate = int((quote.decimal * Decimal(1_000)).to_integral_value(rounding=ROUND_UP))
    if not 0 <= rate <= _MOST_RATE:
        raise BadAnswer(quote.provider, "an impossible fee")
    return max(rate, LEAST_RATE)
