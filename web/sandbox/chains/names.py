"""The names for a chain or a coin in the sandbox, and the servers of each chain."""

from shop.assets import ASSETS, NOT_CREDITED, Asset, native, tokens
from wallet.chains import Chain
from web.sandbox.errors import SandboxError

_CHAINS = {
    "btc": Chain.BTC,
    "bitcoin": Chain.BTC,
    "ltc": Chain.LTC,
    "litecoin": Chain.LTC,
    "eth": Chain.ETH,
    "ethereum": Chain.ETH,
    "trx": Chain.TRX,
    "tron": Chain.TRX,
    "sol": Chain.SOL,
    "solana": Chain.SOL,
}
_PROVIDERS = {
    Chain.BTC: ("btc", "btc-mirror"),
    Chain.LTC: ("ltc", "ltc-mirror", "ltc-blockbook"),
    Chain.ETH: ("eth", "eth-mirror", "ethplorer"),
    Chain.TRX: ("tron", "tron-mirror"),
    Chain.SOL: ("solana", "solana-mirror"),
}
_PRICES = ("coingecko", "kraken", "coinbase", "binance")
SERVERS = frozenset({*_PRICES, "kryptoexpress", *(name for names in _PROVIDERS.values() for name in names)})
"""The first part of each emulated server's path."""


def chain_of(name: str) -> Chain:
    """Find a chain by its name, its ticker or one of its coins. Raises SandboxError."""
    key = name.strip().lower()
    if key in _CHAINS:
        return _CHAINS[key]
    asset = ASSETS.get(key.upper())
    if asset is None:
        raise SandboxError(f"There is no chain called {name[:40]!r}: {', '.join(sorted(_CHAINS))}.")
    return asset.chain


def payable(chain: Chain) -> tuple[Asset, ...]:
    """List the assets that can be paid on a chain, including those that the shop does not credit."""
    others = (asset for asset in NOT_CREDITED.values() if asset.chain is chain)
    return (native(chain), *tokens(chain), *others)


def asset_of(chain_name: str, asset_name: str | None) -> Asset:
    """Find the asset to pay: the named token, or by default the chain's own coin. Raises SandboxError."""
    chain = chain_of(chain_name)
    key = (asset_name or "").strip().upper()
    if not key:
        named = ASSETS.get(chain_name.strip().upper())
        return named if named is not None else native(chain)
    for asset in payable(chain):
        if key in {asset.code, asset.ticker}:
            return asset
    raise SandboxError(f"{asset_name[:40] if asset_name else ''!r} is not a coin on {chain.value}.")


def providers_of(name: str) -> tuple[str, ...]:
    """Find the emulated servers by the name of a chain, "prices", or a server's own name.

    "btc-primary" names only a chain's first server, "btc-mirror" its second. Raises SandboxError.
    """
    key = name.strip().lower()
    if key == "prices":
        return _PRICES
    if key.removesuffix("-primary") in SERVERS and key.endswith("-primary"):
        return (key.removesuffix("-primary"),)
    if key in SERVERS and key not in _CHAINS:
        return (key,)
    return _PROVIDERS[chain_of(name)]


def servers_of(chain: Chain) -> tuple[str, ...]:
    """List the emulated servers of a chain."""
    return _PROVIDERS[chain]


def server_name(server: str) -> str:
    """Return the name by which `providers_of` finds only this server."""
    return f"{server}-primary" if server in _CHAINS else server


def provider_in_path(path: str) -> str:
    """Return the emulated server that a path belongs to; empty if none."""
    first = path.lstrip("/").split("/", 1)[0]
    return first if first in SERVERS else ""
