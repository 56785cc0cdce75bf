"""From settings to readers: which servers are asked about which chain, and in which order."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from shop.chains.bitcoin_sending import BitcoinSending, BitcoinSendingClient
from shop.chains.esplora import EsploraReader
from shop.chains.ethereum import EthereumReader
from shop.chains.ethereum_client import EthereumClient
from shop.chains.ethereum_sending import EthereumSending, EthereumSendingClient
from shop.chains.ethplorer_client import EthplorerClient
from shop.chains.failover import Client, Failover
from shop.chains.http import Clock, Endpoint, HttpClient
from shop.chains.operators import operator_of
from shop.chains.parameters import PARAMETERS, BlockPace
from shop.chains.prices import Binance, Coinbase, CoinGecko, Kraken, PriceServer, RestingPriceSource
from shop.chains.proof.header_chain import HeaderChain
from shop.chains.proof.proof_client import ProofClient
from shop.chains.proof.proofs import Proofs
from shop.chains.proof.second_operator import BlockbookClient, SecondOperators
from shop.chains.provider_settings import ProviderSettings, price_source_of
from shop.chains.servers import Provider
from shop.chains.solana import SolanaReader
from shop.chains.solana_client import SolanaClient
from shop.chains.solana_sending import SolanaSending, SolanaSendingClient
from shop.chains.transfers import ChainReader
from shop.chains.tron import TronReader
from shop.chains.tron_client import TronClient
from shop.chains.tron_sending import TronSending, TronSendingClient
from wallet.chains import Chain

C = TypeVar("C", bound=Client)
Sending = BitcoinSending | EthereumSending | TronSending | SolanaSending
_HEADERS_EVERY_S = 20
_PRICE_SERVERS: Mapping[str, Callable[[Provider], PriceServer]] = {
    "coingecko": CoinGecko,
    "kraken": Kraken,
    "coinbase": Coinbase,
    "binance": Binance,
}


class Registry:
    """Builds readers and price sources that share one HTTP client. `folder` keeps the headers of BTC and LTC."""

    def __init__(self, settings: ProviderSettings, *, http: HttpClient, clock: Clock, folder: Path) -> None:
        self._settings = settings
        self._http = http
        self._clock = clock
        self._folder = folder
        self._proofs: list[Proofs] = []

    def readers(self) -> dict[Chain, ChainReader]:
        """Build the reader of every chain that has a server."""
        return {
            Chain.BTC: self._esplora(Chain.BTC),
            Chain.LTC: self._esplora(Chain.LTC),
            Chain.ETH: EthereumReader(self._failover(Chain.ETH, EthereumClient), ethplorer=self._ethplorer()),
            Chain.TRX: TronReader(self._failover(Chain.TRX, TronClient)),
            Chain.SOL: SolanaReader(self._failover(Chain.SOL, SolanaClient)),
        }

    def heads(self) -> dict[Chain, list[tuple[str, Callable[[], int]]]]:
        """Return, for each server of each chain, its name and a function that asks for its head."""
        asked: dict[Chain, list[tuple[str, Callable[[], int]]]] = {
            chain: [(each.provider.name, partial(_top_height, each)) for each in self.proof_clients(chain)]
            for chain in (Chain.BTC, Chain.LTC)
        }
        others: dict[Chain, Sequence[EthereumClient | TronClient | SolanaClient]] = {
            Chain.ETH: self._clients(Chain.ETH, EthereumClient),
            Chain.TRX: self._clients(Chain.TRX, TronClient),
            Chain.SOL: self._clients(Chain.SOL, SolanaClient),
        }
        for chain, clients in others.items():
            asked[chain] = [(each.provider.name, partial(_latest, each)) for each in clients]
        return asked

    def sendings(self) -> dict[Chain, Sending]:
        """Build the way to send transactions on each chain."""
        return {
            Chain.BTC: BitcoinSending(self._failover(Chain.BTC, BitcoinSendingClient)),
            Chain.LTC: BitcoinSending(self._failover(Chain.LTC, BitcoinSendingClient)),
            Chain.ETH: EthereumSending(self._failover(Chain.ETH, EthereumSendingClient)),
            Chain.TRX: TronSending(self._failover(Chain.TRX, TronSendingClient)),
            Chain.SOL: self.solana_sending(),
        }

    def solana_sending(self) -> SolanaSending:
        """Build the way to send Solana transactions."""
        return SolanaSending(self._failover(Chain.SOL, SolanaSendingClient))

    def proof_clients(self, chain: Chain) -> list[ProofClient]:
        """Build a client for each server that provides headers and proofs of Bitcoin or Litecoin."""
        return self._clients(chain, ProofClient)

    def blockbook_clients(self) -> list[BlockbookClient]:
        """Build a client for each Blockbook server, a second operator of Litecoin."""
        return self._clients_at(self._settings.ltc_blockbook_urls, BlockbookClient)

    def ethplorer_client(self) -> EthplorerClient | None:
        """Build the client for Ethplorer, if it is to be asked."""
        if not self._settings.ethplorer_url:
            return None
        url, key = self._settings.ethplorer_url, self._settings.ethplorer_api_key or "freekey"
        return EthplorerClient(self._provider(url, query={"apiKey": key}))

    def price_sources(self) -> tuple[RestingPriceSource, ...]:
        """Build the sources of prices.

        Raises:
            UnknownPriceSource: a URL names none of those that the shop can read.
        """
        urls = self._settings.price_urls
        one_host = len({urlsplit(url).hostname for url in urls}) < len(urls)
        servers = [self._price_server(url, labelled=one_host) for url in urls]
        return tuple(RestingPriceSource(server, clock=self._clock) for server in servers)

    def close(self) -> None:
        """Close the files of headers."""
        while self._proofs:
            self._proofs.pop().close()

    def _esplora(self, chain: Chain) -> EsploraReader:
        network = self._settings.networks[chain]
        path = self._folder.joinpath(f"headers-{network.rules.name}")
        servers = self._failover(chain, ProofClient)
        every_s = 0 if self._settings.hand_mined else _HEADERS_EVERY_S
        proofs = Proofs(HeaderChain(path, network.rules, network.start), servers, clock=self._clock, every_s=every_s)
        self._proofs.append(proofs)
        return EsploraReader(chain, servers, proofs, second_operators=self._second_operators(chain, servers))

    def _second_operators(self, chain: Chain, servers: Failover[ProofClient]) -> SecondOperators | None:
        if chain is not Chain.LTC:
            return None
        blockbooks = Failover(chain, self.blockbook_clients(), clock=self._clock, pace=self._pace(chain))
        return SecondOperators(servers, blockbooks)

    def _ethplorer(self) -> Failover[EthplorerClient] | None:
        client = self.ethplorer_client()
        if client is None:
            return None
        return Failover(Chain.ETH, [client], clock=self._clock, pace=self._pace(Chain.ETH))

    def _price_server(self, url: str, *, labelled: bool) -> PriceServer:
        kind = price_source_of(url)
        headers = self._coingecko_key(urlsplit(url).hostname or "") if kind == "coingecko" else {}
        return _PRICE_SERVERS[kind](self._provider(url, label=kind if labelled else "", headers=headers))

    def _coingecko_key(self, host: str) -> dict[str, str]:
        """Put the key into the header that its plan uses: the paid plan has its own host."""
        key = self._settings.coingecko_api_key
        plan = "pro" if host.startswith("pro-") else "demo"
        return {f"x-cg-{plan}-api-key": key} if key else {}

    def _failover(self, chain: Chain, client: Callable[[Provider], C]) -> Failover[C]:
        return Failover(chain, self._clients(chain, client), clock=self._clock, pace=self._pace(chain))

    def _clients(self, chain: Chain, client: Callable[[Provider], C]) -> list[C]:
        tron_key = self._settings.trongrid_api_key
        headers = {"TRON-PRO-API-KEY": tron_key} if tron_key and chain is Chain.TRX else None
        return self._clients_at(self._settings.servers.get(chain, ()), client, headers=headers)

    def _clients_at(
        self, urls: tuple[str, ...], client: Callable[[Provider], C], *, headers: Mapping[str, str] | None = None
    ) -> list[C]:
        hosts = [urlsplit(url).hostname for url in urls]
        keyed = {operator_of(host or "") for host in hosts[:1]}  # a key belongs to the first server's operator
        labels = [str(i) if hosts.count(host) > 1 else "" for i, host in enumerate(hosts, 1)]
        return [
            client(self._provider(url, label=label, headers=headers if operator_of(host or "") in keyed else None))
            for url, host, label in zip(urls, hosts, labels, strict=True)
        ]

    def _pace(self, chain: Chain) -> BlockPace:
        pace = PARAMETERS[chain].pace
        return replace(pace, block_s=0) if self._settings.hand_mined else pace

    def _provider(
        self,
        url: str,
        *,
        label: str = "",
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Provider:
        base_url, own_query = split_query(url)
        endpoint = Endpoint(base_url, headers or {}, {**(query or {}), **own_query}, label)
        quota = self._settings.daily_quotas.get(url)
        return Provider(endpoint, self._http, clock=self._clock, daily_quota=quota)


def _top_height(client: ProofClient) -> int:
    return client.newest_headers().top_height


def _latest(client: EthereumClient | TronClient | SolanaClient) -> int:
    return client.head().latest


def split_query(url: str) -> tuple[str, dict[str, str]]:
    """Split the query off a base URL: keys in it go with every request."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/"), "", "")), dict(parse_qsl(parts.query))
