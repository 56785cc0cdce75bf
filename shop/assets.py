"""The tables of coins and tokens: what the shop accepts, and what it only notices. CONTRIBUTING.md lists what a
new coin takes.
"""

from dataclasses import dataclass

from wallet import contracts
from wallet.chains import Chain

_NETWORKS = {
    Chain.BTC: ("Bitcoin", ""),
    Chain.LTC: ("Litecoin", ""),
    Chain.SOL: ("Solana", "SPL"),
    Chain.TRX: ("TRON", "TRC-20"),
    Chain.ETH: ("Ethereum", "ERC-20"),
}
"""The name of each network and of its token standard."""

COINGECKO_IDS = {
    "BTC": "bitcoin",
    "LTC": "litecoin",
    "SOL": "solana",
    "USDT": "tether",
    "USDC": "usd-coin",
    "TRX": "tron",
    "ETH": "ethereum",
}
"""CoinGecko's name of each coin, by its `price_id`."""


@dataclass(frozen=True, slots=True)
class Asset:
    """A coin or a token on one chain.

    `decimals`: one whole coin is 10**decimals base units (satoshi, litoshi, lamport, sun, wei, token units).
    `contract`: the token's contract in the chain's own spelling, or None for the chain's native coin.
    `price_id`: the ticker that `shop.chains.prices` asks for.
    `dust_units`: transfers below this are dust until those to the same address add up to it.
    `most_coins`: more whole coins than this cannot exist, so a server that reports more is wrong. For BTC and LTC
    this is a rule of the chain; for the others, a figure that issuance will not reach for many years. `least_units`:
    the smallest top-up to ask for, unless a setting says otherwise: well above dust, and about the smallest amount
    that exchanges send.
    """

    code: str
    ticker: str
    name: str
    chain: Chain
    decimals: int
    price_id: str
    dust_units: int
    most_coins: int
    contract: str | None = None
    least_units: int = 0

    @property
    def network(self) -> str:
        """The name of its network, with the token's standard if it is a token."""
        name, standard = _NETWORKS[self.chain]
        return f"{name} ({standard})" if self.contract else name

    @property
    def label(self) -> str:
        """Its ticker and its name, as on a button."""
        return f"{self.ticker} · {self.name}"

    @property
    def most_units(self) -> int:
        """The most base units that one payment can move, or one account hold."""
        unit: int = 10**self.decimals
        return self.most_coins * unit

    def format(self, units: int) -> str:
        """Write base units as a plain decimal number of coins: no exponent, no trailing zeros."""
        whole, fraction = divmod(units, 10**self.decimals)
        return f"{whole}.{fraction:0{self.decimals}}".rstrip("0").rstrip(".")


BTC = Asset("BTC", "BTC", "Bitcoin", Chain.BTC, 8, "BTC", 1_000, 21_000_000, least_units=10_000)
LTC = Asset("LTC", "LTC", "Litecoin", Chain.LTC, 8, "LTC", 100_000, 84_000_000, least_units=5_000_000)
SOL = Asset("SOL", "SOL", "Solana", Chain.SOL, 9, "SOL", 1_000_000, 1_000_000_000, least_units=30_000_000)
USDT_TRC20 = Asset(
    "USDT_TRC20",
    "USDT",
    "Tether (TRC-20)",
    Chain.TRX,
    6,
    "USDT",
    100_000,
    1_000_000_000_000,
    contracts.USDT_TRC20,
    5_000_000,
)
USDT_ERC20 = Asset(
    "USDT_ERC20",
    "USDT",
    "Tether (ERC-20)",
    Chain.ETH,
    6,
    "USDT",
    100_000,
    1_000_000_000_000,
    contracts.USDT_ERC20,
    10_000_000,
)
USDC_ERC20 = Asset(
    "USDC_ERC20",
    "USDC",
    "USD Coin (ERC-20)",
    Chain.ETH,
    6,
    "USDC",
    100_000,
    1_000_000_000_000,
    contracts.USDC_ERC20,
    10_000_000,
)
TRX = Asset("TRX", "TRX", "TRON", Chain.TRX, 6, "TRX", 1_000_000, 120_000_000_000, least_units=20_000_000)
ETH = Asset(
    "ETH", "ETH", "Ether", Chain.ETH, 18, "ETH", 100_000_000_000_000, 150_000_000, least_units=2_000_000_000_000_000
)

ASSETS: dict[str, Asset] = {a.code: a for a in (BTC, LTC, SOL, USDT_TRC20, USDT_ERC20, USDC_ERC20, TRX, ETH)}
"""Every asset by its code, in the order shown to customers."""

USDT_SPL = Asset(
    "USDT_SPL",
    "USDT",
    "Tether (SPL)",
    Chain.SOL,
    6,
    "USDT",
    100_000,
    1_000_000_000_000,
    contracts.USDT_SPL,
)
USDC_SPL = Asset(
    "USDC_SPL",
    "USDC",
    "USD Coin (SPL)",
    Chain.SOL,
    6,
    "USDC",
    100_000,
    1_000_000_000_000,
    contracts.USDC_SPL,
)
NOT_CREDITED: dict[str, Asset] = {a.code: a for a in (USDT_SPL, USDC_SPL)}
"""Tokens that the shop does not accept but that are often sent to its addresses; the admins are notified."""


def native(chain: Chain) -> Asset:
    """Find the native coin of a chain."""
    return next(asset for asset in ASSETS.values() if asset.chain is chain and asset.contract is None)


def tokens(chain: Chain) -> tuple[Asset, ...]:
    """List the tokens that the shop accepts on a chain."""
    return tuple(asset for asset in ASSETS.values() if asset.chain is chain and asset.contract)
