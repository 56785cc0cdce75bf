"""Answers as CoinGecko, Kraken, Coinbase and Binance do, all with the same prices, unless one is made to lie."""

import json
from decimal import Decimal, getcontext
from typing import Any

from flask import Response, g, jsonify, request

from web.sandbox.chains.routes import Routes
from web.sandbox.errors import SandboxError
from web.sandbox.wire import Clock

Json = dict[str, Any]
_USD = {
    "BTC": "64000", "LTC": "84.5", "ETH": "3150", "SOL": "152.4", "TRX": "0.1315", "USDT": "1.0003", "USDC": "0.9999",
}  # fmt: skip
_FIATS = {
    "USD": "1", "EUR": "0.92", "GBP": "0.79", "CHF": "0.88", "PLN": "3.95", "CZK": "23.2", "UAH": "41.3",
    "RUB": "92", "TRY": "32.5", "BRL": "5.1", "CAD": "1.37", "AUD": "1.52", "INR": "83.4", "JPY": "151", "CNY": "7.2",
}  # fmt: skip
_COINGECKO = {
    "bitcoin": "BTC", "litecoin": "LTC", "ethereum": "ETH", "solana": "SOL", "tron": "TRX", "tether": "USDT",
    "usd-coin": "USDC",
}  # fmt: skip
_KRAKEN_OLD_NAMES = {
    "XBTUSD": "XXBTZUSD", "XBTEUR": "XXBTZEUR", "XBTGBP": "XXBTZGBP", "ETHUSD": "XETHZUSD", "ETHEUR": "XETHZEUR",
    "ETHGBP": "XETHZGBP", "LTCUSD": "XLTCZUSD", "LTCEUR": "XLTCZEUR", "USDTUSD": "USDTZUSD",
}  # fmt: skip
_KRAKEN_FIATS = ("USD", "EUR", "GBP")
_BINANCE_FIATS = ("EUR", "TRY", "BRL", "PLN")
_BINANCE_TETHER_FIATS = ("UAH",)
_LIE = 10


class PriceServers:
    """The four sources. A price set for one source differs from the others'. A lying source quotes ten
    times as much.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._usd = {coin: Decimal(price) for coin, price in _USD.items()}
        self._own: dict[tuple[str, str], Decimal] = {}

    def set_price(self, coin: str, usd: Decimal, *, source: str | None = None) -> None:
        """Change a coin's price in dollars, everywhere or at one source. Raises SandboxError."""
        if coin not in self._usd:
            raise SandboxError(f"There is no price of {coin[:20]!r}: {', '.join(self._usd)}.")
        if source is None:
            self._usd[coin] = usd
        else:
            self._own[source, coin] = usd

    def register(self, routes: Routes) -> None:
        """Add the views of all four."""
        routes.add("/coingecko", {"/simple/price": self.coingecko})
        routes.add("/kraken", {"/0/public/Ticker": self.kraken})
        routes.add("/coinbase", {"/v2/exchange-rates": self.coinbase, "/v2/prices/<pair>/spot": self.coinbase_spot})
        routes.add("/binance", {"/api/v3/ticker/price": self.binance})

    def snapshot(self) -> Json:
        """Write the prices as JSON."""
        return {
            "usd": {coin: str(price) for coin, price in self._usd.items()},
            "own": [[source, coin, str(price)] for (source, coin), price in self._own.items()],
        }

    def restore(self, saved: Json) -> None:
        """Take back a snapshot."""
        self._usd = {coin: Decimal(price) for coin, price in saved["usd"].items()}
        self._own = {(source, coin): Decimal(price) for source, coin, price in saved["own"]}

    def coingecko(self) -> Response:
        """GET /simple/price: unknown coins and currencies are left out."""
        if not request.headers.get("User-Agent", "").startswith("Souk"):
            message = "Please add a descriptive User-Agent to your request"
            return _json({"status": {"error_code": 403, "error_message": message}}, 403)
        if g.fault == "error_body":
            return _json({"status": {"error_code": 429, "error_message": "You've exceeded the Rate Limit"}})
        found: dict[str, dict[str, Decimal]] = {}
        for coin in request.args.get("ids", "").split(","):
            if coin in _COINGECKO and g.fault != "empty":
                fiats = request.args.get("vs_currencies", "").upper().split(",")
                prices = {f: self._price("coingecko", _COINGECKO[coin], f) for f in fiats if f in _FIATS}
                found[coin] = {fiat.lower(): price for fiat, price in prices.items()}
        return _numbers(found)

    def kraken(self) -> Response:
        """GET /0/public/Ticker: one unknown pair fails the whole list; keys come back in Kraken's own names."""
        if g.fault == "error_body":
            return jsonify(error=["EGeneral:Too many requests"])
        found: Json = {}
        for pair in request.args.get("pair", "").split(","):
            coin, fiat = pair[:-3].replace("XBT", "BTC"), pair[-3:]
            if coin not in self._usd or fiat not in _KRAKEN_FIATS or pair == "TRXGBP":
                return jsonify(error=["EQuery:Unknown asset pair"])
            price = self._price("kraken", coin, fiat)
            ask, bid = price * Decimal("1.0001"), price * Decimal("0.9999")
            found[_KRAKEN_OLD_NAMES.get(pair, pair)] = {
                "a": [f"{ask:f}", "1", "1.000"], "b": [f"{bid:f}", "1", "1.000"], "c": [f"{price:f}", "0.001"],
                "t": [100, 200], "o": f"{price:f}",
            }  # fmt: skip
        return jsonify(error=[], result={} if g.fault == "empty" else found)

    def coinbase(self) -> Response:
        """GET /v2/exchange-rates."""
        coin = request.args.get("currency", "USD")
        if g.fault == "error_body":
            return jsonify(errors=[{"id": "rate_limit_exceeded", "message": "slow down"}])
        if coin not in self._usd:
            return _json({"errors": [{"id": "invalid_request", "message": "Invalid currency"}]}, 400)
        rates = {} if g.fault == "empty" else {f: f"{self._price('coinbase', coin, f):f}" for f in _FIATS}
        return jsonify(data={"currency": coin, "rates": rates})

    def coinbase_spot(self, pair: str) -> Response:
        """GET /v2/prices/:pair/spot."""
        coin, _, fiat = pair.partition("-")
        if coin not in self._usd or fiat not in _FIATS:
            return _json({"errors": [{"id": "not_found", "message": "Invalid base currency"}]}, 404)
        return jsonify(data={"amount": f"{self._price('coinbase', coin, fiat):f}", "base": coin, "currency": fiat})

    def binance(self) -> Response:
        """GET /api/v3/ticker/price: no dollars, an unknown symbol is 400."""
        symbol = request.args.get("symbol", "")
        if g.fault == "error_body":
            return jsonify(code=-1003, msg="Too many requests")
        coin = next((coin for coin in self._usd if symbol.startswith(coin)), "")
        fiat = symbol.removeprefix(coin)
        if coin and fiat == "USDT" and coin != "USDT":
            price = getcontext().divide(self._price("binance", coin, "USD"), self._usd["USDT"])
        elif coin and _sells(coin, fiat) and g.fault != "empty":
            price = self._price("binance", coin, fiat)
        else:
            return _json({"code": -1121, "msg": "Invalid symbol."}, 400)
        return jsonify(symbol=symbol, price=f"{price:.8f}")

    def _price(self, source: str, coin: str, fiat: str) -> Decimal:
        told = _LIE if g.fault == "lie" else 1
        return self._own.get((source, coin), self._usd[coin]) * Decimal(_FIATS[fiat]) * told


def _sells(coin: str, fiat: str) -> bool:
    """Return whether Binance has a market; some currencies buy nothing but tethers there."""
    return fiat in _BINANCE_FIATS or (coin == "USDT" and fiat in _BINANCE_TETHER_FIATS)


def _json(value: Json, status: int = 200) -> Response:
    return Response(json.dumps(value), status=status, mimetype="application/json")


def _numbers(prices: dict[str, dict[str, Decimal]]) -> Response:
    """Write decimals as JSON numbers, which the json module cannot do without a float."""
    coins = (
        f'"{coin}":{{' + ",".join(f'"{fiat}":{price:f}' for fiat, price in fiats.items()) + "}"
        for coin, fiats in prices.items()
    )
    return Response("{" + ",".join(coins) + "}", mimetype="application/json")
