"""Asks several sources what one coin costs in the shop's currency.

Each source answers for the coins it quotes: the others are absent, never zero. Callers decide whether two sources
agree, and how old a rate may be.
"""

import threading
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Protocol

from shop.assets import COINGECKO_IDS
from shop.chains.answers import JsonValue
from shop.chains.errors import BadAnswer, NotFound, ProviderError, RateLimited, Rejected, Unavailable
from shop.chains.http import Clock
from shop.chains.servers import Cooldowns, Provider
from shop.chains.transfers import ProviderStatus

_SMALLEST = Decimal("1e-12")
_LARGEST = Decimal("1e15")
_WIDEST_SPREAD = Decimal("0.03")


class PriceServer(Protocol):
    """One server that quotes prices."""

    @property
    def provider(self) -> Provider:
        """The server."""
        ...

    def rates(self, price_ids: Sequence[str], currency: str) -> dict[str, Decimal]:
        """Ask what one of each coin costs."""
        ...


class RestingPriceSource:
    """A price server that rests after a failure, as a chain's servers do."""

    def __init__(self, server: PriceServer, *, clock: Clock) -> None:
        self.name = server.provider.name
        self._server = server
        self._rests = Cooldowns(clock)

    def rates(self, price_ids: Sequence[str], currency: str) -> Mapping[str, Decimal]:
        """Ask what one of each coin costs; a coin that the source does not quote is absent.

        Raises:
            ProviderError: no usable answer, or the source rests (then it is not asked).
        """
        left_s = self._rests.left_s(self._server.provider)
        if left_s:
            raise RateLimited(self.name, "rests", retry_after_s=left_s)
        try:
            found = self._server.rates(price_ids, currency)
        except ProviderError as error:
            self._rests.failed(self._server.provider, error)
            raise
        self._rests.answered(self._server.provider)
        return found

    def status(self) -> ProviderStatus:
        """Return the state of the source."""
        return self._rests.status(self._server.provider)


class CoinGecko:
    """CoinGecko's simple price list: all coins in one request."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider

    def rates(self, price_ids: Sequence[str], currency: str) -> dict[str, Decimal]:
        """Ask for all coins at once; unknown coins and currencies are left out by the server."""
        wanted = {COINGECKO_IDS[price_id]: price_id for price_id in price_ids if price_id in COINGECKO_IDS}
        fiat = currency.lower()
        params = {"ids": ",".join(wanted), "vs_currencies": fiat, "precision": "full"}
        answer = self.provider.get_json("/simple/price", params)
        if answer.get("status") is not None:
            raise BadAnswer(self.provider.name, "an error with status 200")
        found: dict[str, Decimal] = {}
        for coin, prices in answer.fields():
            price = prices.get(fiat) if coin in wanted else None
            rate = None if price is None else _sane(price)
            if rate is not None:
                found[wanted[coin]] = rate
        return found


class Kraken:
    """Kraken's ticker: the midpoint of the best bid and the best ask."""

    _BASES: Mapping[str, str] = {"BTC": "XBT"}

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self._unknown: set[str] = set()
        self._lock = threading.Lock()

    def rates(self, price_ids: Sequence[str], currency: str) -> dict[str, Decimal]:
        """Ask for all pairs at once or, if one of them is unknown and fails the list, one by one."""
        with self._lock:
            unknown = set(self._unknown)
        pairs = {self._BASES.get(price_id, price_id) + currency: price_id for price_id in price_ids}
        wanted = [pair for pair in pairs if pair not in unknown]
        if not wanted:
            return {}
        try:
            tickers = self._tickers(wanted)
        except NotFound:
            tickers = [ticker for pair in wanted for ticker in self._one(pair)]
        found = {}
        for name, ticker in tickers:
            pair = next((pair for pair in wanted if name in _kraken_names(pair, currency)), None)
            middle = None if pair is None else _middle(ticker)
            if pair is not None and middle is not None:
                found[pairs[pair]] = middle
        return found

    def _one(self, pair: str) -> list[tuple[str, JsonValue]]:
        try:
            return self._tickers([pair])
        except NotFound:
            with self._lock:
                self._unknown.add(pair)
            return []

    def _tickers(self, pairs: Sequence[str]) -> list[tuple[str, JsonValue]]:
        answer = self.provider.get_json("/0/public/Ticker", {"pair": ",".join(pairs)})
        errors = [item.text for item in answer["error"].items()]
        fatal = next((text for text in errors if not text.startswith("W")), None)
        if fatal is None:
            return list(answer["result"].fields())
        if fatal.startswith("EQuery:Unknown asset pair"):
            raise NotFound(self.provider.name)
        if "Too many requests" in fatal or "Rate limit" in fatal or "Throttled" in fatal:
            raise RateLimited(self.provider.name, "too many requests")
        if fatal.startswith("EService"):
            raise Unavailable(self.provider.name, "out of service")
        raise BadAnswer(self.provider.name, "an error with status 200")


class Coinbase:
    """Coinbase's exchange rates, one request per coin: the inverted list would lose digits."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider

    def rates(self, price_ids: Sequence[str], currency: str) -> dict[str, Decimal]:
        """Ask for each coin, and check that the answer is about that coin."""
        found: dict[str, Decimal] = {}
        for price_id in price_ids:
            try:
                answer = self.provider.get_json("/v2/exchange-rates", {"currency": price_id})
            except (NotFound, Rejected):
                continue
            data = answer["data"]
            if data["currency"].text != price_id:
                raise BadAnswer(self.provider.name, "the rates of a different coin")
            quoted = data["rates"].get(currency)
            rate = None if quoted is None else _sane(quoted)
            if rate is not None:
                found[price_id] = rate
        return found


class Binance:
    """Binance's last prices, some of them via USDT, in which most of its markets quote.

    The price of USDT is never asked elsewhere, because a source that repeats another's word is not a second one.
    Binance has no dollar market, so USDT counts as a dollar; when it is worth less, Binance is outvoted.
    """

    def __init__(self, provider: Provider) -> None:
        self.provider = provider

    def rates(self, price_ids: Sequence[str], currency: str) -> dict[str, Decimal]:
        """Ask for each coin's own pair with the currency, or for its USDT pair if there is none."""
        dollars = currency == "USD"
        tether = Decimal(1) if dollars else self._price("USDT" + currency)
        found = {"USDT": tether} if tether is not None and "USDT" in price_ids else {}
        for price_id in price_ids:
            if price_id == "USDT":
                continue
            rate = None if dollars else self._price(price_id + currency)
            if rate is None and tether is not None:
                in_tether = self._price(price_id + "USDT")
                rate = None if in_tether is None else in_tether * tether
            if rate is not None:
                found[price_id] = rate
        return found

    def _price(self, symbol: str) -> Decimal | None:
        try:
            answer = self.provider.get_json("/api/v3/ticker/price", {"symbol": symbol})
        except Rejected:
            return None
        if answer["symbol"].text != symbol:
            raise BadAnswer(self.provider.name, "the price of a different pair")
        return _sane(answer["price"])


def _sane(answer: JsonValue) -> Decimal | None:
    """Return a plausible price: no more than it could be in any currency; None for zero.

    A delisted pair, or one that nobody trades, has a price of zero: no reason to doubt the other coins.
    """
    rate = answer.decimal
    if not rate:
        return None
    if not _SMALLEST < rate < _LARGEST:
        raise answer.bad("is not a price")
    return rate


def _middle(ticker: JsonValue) -> Decimal | None:
    """Return the midpoint of bid and ask, unless they are too far apart to mean anything."""
    ask, bid = (_sane(ticker[side].first) for side in ("a", "b"))
    if ask is None or bid is None or ask < bid or ask - bid > ask * _WIDEST_SPREAD:
        return None
    return (ask + bid) * Decimal("0.5")


def _kraken_names(pair: str, currency: str) -> set[str]:
    """List what Kraken may call a pair in its answer: XBTUSD comes back as XXBTZUSD, SOLUSD as SOLUSD."""
    base = pair.removesuffix(currency)
    return {f"{x}{base}{z}{currency}" for x in ("", "X") for z in ("", "Z")}
