"""Sends Ethereum transactions, and asks what gas costs and what an address holds now.

Contract: ethereum/execution-apis. Errors are recognised by the wording of go-ethereum and others, ignoring case.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from shop.assets import ETH, Asset
from shop.chains import networks
from shop.chains.errors import BadAnswer
from shop.chains.failover import Failover
from shop.chains.json_rpc import Call, JsonRpc, RpcError, error_text, settled
from shop.chains.sending import (
    Answer,
    Prices,
    SendRefusal,
    Speed,
    each_of_two,
    lower_median,
    refusal_in,
    send_to_all,
    upper_median_of_runs,
)
from shop.chains.servers import Provider
from shop.chains.tokens import account
from wallet.chains import Chain

PLAIN_GAS = 21_000
_BLOCKS, _PERCENTILES = "0xa", [10, 50, 90]
_LEAST_TIP = 1
_MOST_PRICE = 100_000 * 10**9
_MOST_GAS = 16_777_216
_PER_BATCH = 48
_BALANCE_OF = "70a08231"
_KNOWN = ("already known", "known transaction", "alreadyknown")
_REASONS = (
    (SendRefusal.SPENT, ("nonce too low", "oldnonce", "nonce is too low")),
    (
        SendRefusal.UNDERPRICED,
        ("underpriced", "price below minimum", "less than block base fee", "fee cap less", "replacementnotallowed"),
    ),
    (SendRefusal.FUNDS, ("insufficient funds",)),
    (
        SendRefusal.INVALID,
        ("intrinsic gas", "exceeds block gas", "higher than max fee", "invalid sender", "rlp", "chain id"),
    ),
)


@dataclass(frozen=True, slots=True)
class AccountState:
    """An address's current balances, in wei and in base units of tokens by code, and its next nonce.

    The nonce is the highest that two operators have reached, each with all its servers: one that lies upwards does
    not count, nor of three or more one that lags. Of two, the lower one counts.
    """

    wei: int
    nonce: int
    tokens: dict[str, int]


class EthereumSendingClient:
    """One node, as a way to send."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self._rpc = JsonRpc(provider, first=networks.ethereum(provider).require)

    def chain_id(self) -> int:
        """Ask which network this is. Raises ProviderError."""
        return self._rpc.call("eth_chainId").up_to(2**63)

    def tips_and_base(self) -> tuple[Prices, int]:
        """Ask for recently accepted tips and the base fee of the next block, in wei per gas."""
        history = self._rpc.call("eth_feeHistory", _BLOCKS, "latest", _PERCENTILES)
        bases = [each.up_to(_MOST_PRICE) for each in history["baseFeePerGas"].items()]
        rewards = [[tip.up_to(_MOST_PRICE) for tip in block.items()] for block in history["reward"].items()]
        if not bases or not rewards or any(len(block) != len(_PERCENTILES) for block in rewards):
            raise BadAnswer(self.provider.name, "a fee history without fees")
        tips: Prices = {}
        for place, speed in enumerate(Speed):
            quotes = sorted(block[place] for block in rewards)
            tips[speed] = max(_LEAST_TIP, quotes[len(quotes) // 2])
        return tips, bases[-1]

    def states(self, addresses: Sequence[str], tokens: Sequence[Asset]) -> dict[str, AccountState]:
        """Ask what addresses hold now, and for their next nonces. Raises ProviderError."""
        found: dict[str, AccountState] = {}
        step = max(1, _PER_BATCH // (2 + len(tokens)))
        for start in range(0, len(addresses), step):
            some = addresses[start : start + step]
            answers = self._rpc.batch([call for address in some for call in _questions(address, tokens)])
            values = [settled(answer) for answer in answers]
            for place, address in enumerate(some):
                wei, nonce, *held = values[place * (2 + len(tokens)) : (place + 1) * (2 + len(tokens))]
                units = {token.code: each.up_to(token.most_units) for token, each in zip(tokens, held, strict=True)}
                found[address] = AccountState(wei.up_to(ETH.most_units), nonce.up_to(2**53), units)
        return found

    def nonce(self, address: str) -> int:
        """Ask for the next nonce of an address. Raises ProviderError."""
        return self._rpc.call("eth_getTransactionCount", address, "latest").up_to(2**53)

    def gas(self, sender: str, to: str, value: int, data: bytes) -> int | None:
        """Ask how much gas a call takes; None if it would fail. Raises ProviderError."""
        call = {"from": sender, "to": to, "value": hex(value), "data": "0x" + data.hex()}
        try:
            return self._rpc.call("eth_estimateGas", call).up_to(_MOST_GAS)
        except RpcError as error:
            if "revert" in error_text(error):
                return None
            raise

    def send(self, raw: bytes) -> Answer:
        """Hand it a transaction. Raises ProviderError."""
        try:
            self._rpc.call("eth_sendRawTransaction", "0x" + raw.hex())
        except RpcError as error:
            said = error_text(error)
            if any(words in said for words in _KNOWN):
                return Answer()
            return Answer(refusal_in(said, _REASONS), said)
        return Answer()

    def receipt(self, txid: str) -> tuple[bool, int] | None:
        """Ask whether a transaction succeeded, and in which block; None while it is in none."""
        answer = self._rpc.call("eth_getTransactionReceipt", "0x" + txid)
        return None if answer.is_null else (answer["status"].quantity == 1, answer["blockNumber"].height)

    def knows(self, txid: str) -> bool:
        """Ask whether the node knows a transaction, in a block or waiting."""
        return not self._rpc.call("eth_getTransactionByHash", "0x" + txid).is_null


class EthereumSending:
    """Ethereum, as a way to send."""

    def __init__(self, servers: Failover[EthereumSendingClient]) -> None:
        self._servers = servers

    def chain_id(self) -> int:
        """Ask which network this is. Raises ChainUnavailable."""
        return self._servers.ask(lambda client: client.chain_id())

    def fees(self) -> tuple[int, Prices]:
        """Return the base fee of the next block and the accepted tips, in wei per gas, as servers agree.

        Raises ChainUnavailable.
        """
        answers = self._servers.ask_each(lambda client: client.tips_and_base())
        bases = sorted(base for _, base in answers)
        return bases[(len(bases) - 1) // 2], lower_median([tips for tips, _ in answers])

    def states(self, addresses: Sequence[str], tokens: Sequence[Asset]) -> dict[str, AccountState]:
        """Ask what addresses hold now; for each, the lowest balance of any server counts, since one may lie.

        Raises ChainUnavailable.
        """
        answers = self._servers.ask_operators(lambda client: client.states(addresses, tokens)).values()
        return {address: _least([[each[address] for each in shown] for shown in answers]) for address in addresses}

    def agree_on_nonce(self, address: str, judge: Callable[[int], bool]) -> bool:
        """Return whether `judge` says yes to the next nonce of an address that two operators name."""
        return each_of_two(self._servers, lambda client: judge(client.nonce(address)))

    def gas(self, sender: str, to: str, value: int, data: bytes = b"") -> int | None:
        """Ask how much gas a call takes: the upper median of operators' figures; None if it would fail at any server.

        Raises ChainUnavailable.
        """
        return upper_median_of_runs(self._servers.ask_operators(lambda client: client.gas(sender, to, value, data)))

    def send(self, raw: bytes) -> None:
        """Hand a transaction to every server. Raises NotTaken, ChainUnavailable."""
        send_to_all(self._servers, lambda client: client.send(raw))

    def receipt(self, txid: str) -> tuple[bool, int] | None:
        """Ask whether a transaction succeeded, and in which block. Raises ChainUnavailable."""
        return self._servers.ask(lambda client: client.receipt(txid))

    def known(self, txid: str) -> bool:
        """Return whether any server knows a transaction. Raises ChainUnavailable."""
        return any(self._servers.ask_each(lambda client: client.knows(txid)))


def _questions(address: str, tokens: Sequence[Asset]) -> list[Call]:
    """List the requests for an address: its wei, its next nonce, and its balance of each token."""
    word = account(Chain.ETH, address).rjust(32, b"\0").hex()
    calls: list[Call] = [("eth_getBalance", [address, "latest"]), ("eth_getTransactionCount", [address, "latest"])]
    return calls + [
        ("eth_call", [{"to": token.contract, "data": f"0x{_BALANCE_OF}{word}"}, "latest"]) for token in tokens
    ]


def _least(by_operator: Sequence[Sequence[AccountState]]) -> AccountState:
    states = [state for shown in by_operator for state in shown]
    tokens = {code: min(state.tokens[code] for state in states) for code in states[0].tokens}
    nonces = sorted(min(state.nonce for state in shown) for shown in by_operator)
    return AccountState(min(state.wei for state in states), nonces[-2:][0], tokens)
