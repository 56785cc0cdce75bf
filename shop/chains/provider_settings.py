"""Where the shop asks. No client is loaded here, so that a command that asks nobody starts sooner."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from shop.chains.parameters import PARAMETERS
from shop.chains.proof.checkpoints import NETWORKS, Network
from shop.errors.refusals import OperatorError
from wallet.chains import Chain

KRYPTO_EXPRESS_URL = "https://kryptoexpress.pro/api"

PRICE_SOURCES = ("coingecko", "kraken", "coinbase", "binance")


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """Where to ask, in order of preference. Keys may also stand in a URL's path or query.

    `servers`: those of each chain. `daily_quotas`: base URL (as in the lists) to requests per day. `hand_mined`: a
    person mines the blocks (the sandbox), so a jump in height is believed and a pause means nothing. `networks`:
    those whose headers are followed.
    """

    servers: Mapping[Chain, tuple[str, ...]] = field(
        default_factory=lambda: {chain: row.servers for chain, row in PARAMETERS.items()}, repr=False
    )
    ltc_blockbook_urls: tuple[str, ...] = ("https://litecoin.atomicwallet.io/api/v2",)
    ethplorer_url: str = "https://api.ethplorer.io"
    ethplorer_api_key: str = field(default="freekey", repr=False)
    trongrid_api_key: str = field(default="", repr=False)
    coingecko_api_key: str = field(default="", repr=False)
    price_urls: tuple[str, ...] = (
        "https://api.coingecko.com/api/v3",
        "https://api.kraken.com",
        "https://api.coinbase.com",
        "https://data-api.binance.vision",
    )
    daily_quotas: Mapping[str, int] = field(
        default_factory=lambda: {"https://blockstream.info/api": 12_000, "https://api.ethplorer.io": 900}, repr=False
    )
    hand_mined: bool = False
    networks: Mapping[Chain, Network] = field(default_factory=lambda: NETWORKS, repr=False)


class UnknownPriceSource(OperatorError):
    """A URL of PRICE_URLS belongs to no source that the shop can read; `host` names it."""

    def __init__(self, host: str) -> None:
        super().__init__(f"{host}: not one of {', '.join(PRICE_SOURCES)}")
        self.host = host


def price_source_of(url: str) -> str:
    """Return which price source a URL leads to, by its host or path.

    Raises:
        UnknownPriceSource: to none that the shop can read.
    """
    parts = urlsplit(url)
    named = f"{parts.netloc}{parts.path}".lower()
    source = next((each for each in PRICE_SOURCES if each in named), None)
    if source is None:
        raise UnknownPriceSource(parts.hostname or "?")
    return source
