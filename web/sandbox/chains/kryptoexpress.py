"""Answer as KryptoExpress does. A paid or expired payment produces a signed callback, which the caller delivers."""

import json
from dataclasses import dataclass, replace
from decimal import ROUND_UP, Decimal, InvalidOperation
from random import Random
from typing import Any

from flask import Response, g, request

from shop.assets import ASSETS
from shop.chains.kryptoexpress import sign
from wallet.addresses import Kind, ValidAddress, encode
from wallet.chains import Chain
from web.sandbox.chains.routes import Routes
from web.sandbox.errors import SandboxError
from web.sandbox.wire import Clock

Json = dict[str, Any]
_LIFETIME_MS = 7_200_000
_NATIVE = ("BTC", "LTC", "ETH", "SOL", "BNB", "DOGE", "TRX")
_STABLE = ("USDT_ERC20", "USDC_ERC20", "USDT_BEP20", "USDC_BEP20", "USDT_SOL", "USDC_SOL", "USDT_TRC20")
_COINS_PER_UNIT = Decimal("0.000012")
_FIATS = ("USD", "EUR", "GBP", "CHF", "PLN", "UAH", "RUB", "TRY", "BRL")


@dataclass(frozen=True, slots=True)
class Invoice:
    """A payment. Amounts are the digits of JSON numbers, and empty until known.

    `received` is the total that has reached the address, in whole coins.
    """

    id: int
    hash: str
    kind: str
    fiat: str
    fiat_amount: str
    coin: str
    coin_amount: str
    address: str
    created_ms: int
    callback_url: str
    secret: str
    paid: bool = False
    received: str = "0"


@dataclass(frozen=True, slots=True)
class Callback:
    """A callback to the shop."""

    url: str
    body: bytes
    headers: dict[str, str]


class KryptoExpressServer:
    """The provider. `price` returns what a coin costs in a currency."""

    def __init__(self, clock: Clock, random: Random, *, api_key: str = "sandbox") -> None:
        self.api_key = api_key
        self.invoices: dict[str, Invoice] = {}
        self._clock = clock
        self._random = random

    def register(self, routes: Routes, prefix: str) -> None:
        """Add the views."""
        routes.add(prefix, {"/payment": self.create}, method="POST")
        routes.add(
            prefix,
            {
                "/payment": self.show,
                "/wallet": self.wallet,
                "/cryptocurrency": lambda: _json(list(_NATIVE)),
                "/cryptocurrency/all": lambda: _json([*_NATIVE, *_STABLE]),
                "/cryptocurrency/stable": lambda: _json(list(_STABLE)),
                "/currency": lambda: _json(list(_FIATS)),
            },
        )

    def create(self) -> Response:
        """POST /payment."""
        if request.headers.get("X-Api-Key") != self.api_key:
            return _json({"error": "Invalid API key"}, 401)
        if g.fault == "error_body":
            return _json({"error": "Service is temporarily unavailable"})
        try:
            wanted = json.loads(request.get_data(), parse_float=str, parse_int=str)
            invoice = self._invoice(wanted)
        except (ValueError, KeyError, TypeError, InvalidOperation):
            return _json({"error": "Validation failed", "details": []}, 422)
        self.invoices[invoice.hash] = invoice
        return Response(_body(invoice), mimetype="application/json")

    def show(self) -> Response:
        """GET /payment?hash=…"""
        found = self.invoices.get(request.args.get("hash", ""))
        if found is None or g.fault == "empty":
            return Response("Payment not found.", status=404, mimetype="text/plain")
        return Response(_body(found), mimetype="application/json")

    def wallet(self) -> Response:
        """GET /wallet: what the account holds, of each coin that it was paid in."""
        if request.headers.get("X-Api-Key") != self.api_key:
            return _json({"error": "Invalid API key"}, 401)
        held: dict[str, Decimal] = {}
        for invoice in self.invoices.values():
            if invoice.paid:
                held[invoice.coin] = held.get(invoice.coin, Decimal(0)) + Decimal(invoice.coin_amount)
        return Response(
            "{" + ",".join(f'"{coin}":{coins:f}' for coin, coins in held.items()) + "}", mimetype="application/json"
        )

    def pay(self, payment_hash: str, coins: Decimal | None = None) -> Callback:
        """Mark a payment as paid, and return the resulting callback. Raises SandboxError."""
        invoice = self._known(payment_hash)
        digits = f"{coins:f}" if coins is not None else invoice.coin_amount or "0.01"
        paid = replace(invoice, paid=True, coin_amount=digits, fiat_amount=invoice.fiat_amount or "10.5")
        self.invoices[payment_hash] = paid
        return _callback(paid)

    def receive(self, address: str, coin: str, coins: Decimal) -> Callback | None:
        """Add to what a payment's address has received; return the callback if this pays it.

        Coins add up, and an overpayment is accepted; a stablecoin has to arrive in the exact amount, in one
        transaction.
        """
        waiting = (
            one for one in self.invoices.values() if (one.address, one.coin, one.paid) == (address, coin, False)
        )
        invoice = next(waiting, None)
        if invoice is None:
            return None
        total = Decimal(invoice.received) + coins
        self.invoices[invoice.hash] = replace(invoice, received=f"{total:f}")
        wanted = Decimal(invoice.coin_amount or 0)
        enough = coins == wanted if coin in _STABLE else total >= wanted
        return self.pay(invoice.hash, total) if enough else None

    def expire(self, payment_hash: str) -> Callback:
        """Mark a payment as expired, and return the resulting callback. Raises SandboxError."""
        return _callback(self._known(payment_hash))

    def snapshot(self) -> list[list[Any]]:
        """Return the payments as JSON."""
        return [[getattr(invoice, name) for name in Invoice.__slots__] for invoice in self.invoices.values()]

    def restore(self, saved: list[list[Any]]) -> None:
        """Restore a snapshot."""
        self.invoices = {invoice.hash: invoice for invoice in (Invoice(*values) for values in saved)}

    def _known(self, payment_hash: str) -> Invoice:
        if payment_hash not in self.invoices:
            raise SandboxError("There is no such payment.", 404)
        return self.invoices[payment_hash]

    def _invoice(self, wanted: Json) -> Invoice:
        kind, fiat, coin = wanted["paymentType"], wanted["fiatCurrency"], wanted["cryptoCurrency"]
        fixed = kind == "PAYMENT"
        if kind not in {"PAYMENT", "DEPOSIT"} or fiat not in _FIATS or coin not in {*_NATIVE, *_STABLE}:
            raise ValueError(kind)
        if not fixed and coin in _STABLE:
            raise ValueError(coin)
        amount = Decimal(wanted["fiatAmount"]) if fixed else Decimal(1)
        if amount < 1:
            raise ValueError("minimum")
        return Invoice(
            id=634 + len(self.invoices), hash=self._random.randbytes(32).hex(), kind=kind, fiat=fiat,
            fiat_amount=f"{amount:f}" if fixed else "", coin=coin,
            coin_amount=f"{_price(amount, coin):f}" if fixed else "",
            address=_address(coin, self._random), created_ms=int(self._clock()) * 1_000,
            callback_url=wanted.get("callbackUrl") or "", secret=wanted.get("callbackSecret") or "",
        )  # fmt: skip


def _price(amount: Decimal, coin: str) -> Decimal:
    """Return the price of a sum: a dollar coin costs a dollar, and all other coins cost the same."""
    coins = amount if coin in _STABLE else amount * _COINS_PER_UNIT
    decimals = ASSETS[coin].decimals if coin in ASSETS else 8
    return coins.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_UP).normalize()


def _address(coin: str, random: Random) -> str:
    """Create an address that is valid on the coin's chain, if the shop knows the coin."""
    if coin not in ASSETS:
        return "bc1q" + random.randbytes(19).hex()
    chain = ASSETS[coin].chain
    if chain in {Chain.BTC, Chain.LTC}:
        return encode(ValidAddress(chain, "", Kind.P2WPKH, random.randbytes(20), 0))
    return encode(ValidAddress(chain, "", Kind.EOA, random.randbytes(32 if chain is Chain.SOL else 20)))


def _body(invoice: Invoice) -> str:
    """Serialise a payment compactly, without the amounts that are not known."""
    fields = [
        ("id", str(invoice.id)), ("paymentType", json.dumps(invoice.kind)),
        ("fiatCurrency", json.dumps(invoice.fiat)),
        ("fiatAmount", invoice.fiat_amount), ("cryptoAmount", invoice.coin_amount),
        ("userId", '"fa92a3e0-48c0-44db-9d59-213ca94a14c3"'), ("cryptoCurrency", json.dumps(invoice.coin)),
        ("expireDatetime", str(invoice.created_ms + _LIFETIME_MS)), ("createDatetime", str(invoice.created_ms)),
        ("address", json.dumps(invoice.address)), ("isPaid", json.dumps(invoice.paid)), ("isWithdrawn", "false"),
        ("hash", json.dumps(invoice.hash)), ("callbackUrl", json.dumps(invoice.callback_url)),
    ]  # fmt: skip
    return "{" + ",".join(f'"{name}":{value}' for name, value in fields if value) + "}"


def _callback(invoice: Invoice) -> Callback:
    body = _body(invoice).encode()
    headers = {"Content-Type": "application/json"}
    if invoice.secret:
        headers["X-Signature"] = sign(body, invoice.secret)
    return Callback(invoice.callback_url, body, headers)


def _json(value: object, status: int = 200) -> Response:
    return Response(json.dumps(value), status=status, mimetype="application/json")
