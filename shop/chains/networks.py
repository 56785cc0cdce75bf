"""Makes sure that a server belongs to the main network: the coins of a test network cost nothing."""

from collections.abc import Callable

from shop.chains.errors import AnotherNetwork, BadAnswer, NotFound, Refused, Rejected, Unavailable
from shop.chains.json_rpc import JsonRpc
from shop.chains.servers import Provider

ETHEREUM, TRON = 1, 728_126_428
"""The chain ids of EIP-155. TRON's are the last four bytes of the first block's id (TIP-474)."""
SOLANA = "5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d"
"""The hash of the genesis of mainnet-beta."""
_MOST_ID = 2**63
_AGAIN_S = 3_600


class MainNetwork:
    """Asks a server once which network it belongs to, and again after an hour if it does not say."""

    def __init__(self, provider: Provider, ask: Callable[[], object], *, named: object) -> None:
        self._provider = provider
        self._ask = ask
        self._named = named
        self._known = False
        self._asked_at: int | None = None

    def require(self) -> None:
        """Ask, unless the answer is known. A server that does not know its network is believed.

        Raises:
            AnotherNetwork: it belongs to another one.
            ProviderError: it did not answer.
        """
        now = int(self._provider.clock())
        if self._known or (self._asked_at is not None and 0 <= now - self._asked_at < _AGAIN_S):
            return
        try:
            found = self._ask()
        except (BadAnswer, Rejected, Refused, NotFound):
            self._asked_at = now
            return
        if found != self._named:
            raise AnotherNetwork(self._provider.name)
        self._known = True


def ethereum(provider: Provider) -> MainNetwork:
    """Expect Ethereum's main network."""
    return MainNetwork(provider, lambda: _chain_id(JsonRpc(provider)), named=ETHEREUM)


def solana(provider: Provider) -> MainNetwork:
    """Expect Solana's main network."""
    return MainNetwork(provider, lambda: JsonRpc(provider).call("getGenesisHash").text, named=SOLANA)


def tron(provider: Provider) -> MainNetwork:
    """Expect TRON's main network, by the first block's id if the server has no JSON-RPC."""

    def ask() -> int:
        try:
            return _chain_id(JsonRpc(provider, path="/jsonrpc"))
        except (BadAnswer, Rejected, Refused, Unavailable):  # where JSON-RPC is broken, all else may work
            first = provider.post("/wallet/getblockbynum", {"num": 0}).json()
            return int.from_bytes(first["blockID"].hex(size=32)[-4:])

    return MainNetwork(provider, ask, named=TRON)


def _chain_id(rpc: JsonRpc) -> int:
    return rpc.call("eth_chainId").up_to(_MOST_ID)
