"""Talks to KryptoExpress, the payment provider that can replace the shop's own addresses.

Contract: kryptoexpress/kryptoexpress api-docs.md. Amounts are JSON numbers in whole coins: they become `Decimal`,
never a binary float. Transaction ids are never reported; `hash` is the provider's own name for a payment.
"""

import hmac
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from shop.chains.answers import JsonValue
from shop.chains.errors import BadAnswer, BadCallback, UnsignedCallback
from shop.chains.http import Clock, Endpoint, HttpClient
from shop.chains.provider_settings import KRYPTO_EXPRESS_URL
from shop.chains.servers import Provider

_HASH = re.compile(r"[0-9a-f]{64}")
_STRING_OR_SPACE = re.compile(r'("(?:[^"\\]|\\.)*"?)|\s+')
"""The closing quote is optional: otherwise an unclosed string would be scanned again from every quote in it."""
_LARGEST_BODY = 64 * 1024
_LARGEST_REWRITTEN = 2048
"""The most bytes of a report to rewrite. Real ones have a few hundred; a stranger could send longer ones to waste
processor time.
"""
_SIGNATURE = re.compile(r"[0-9a-f]{128}")


@dataclass(frozen=True, slots=True)
class KryptoPayment:
    """A payment as the provider shows it. Times are Unix seconds; amounts are None until they are known."""

    id: int
    hash: str
    payment_type: str
    fiat_currency: str
    fiat_amount: Decimal | None
    crypto_currency: str
    crypto_amount: Decimal | None
    address: str
    is_paid: bool
    created_at: int
    expires_at: int


def endpoint(api_key: str, *, base_url: str = KRYPTO_EXPRESS_URL) -> Endpoint:
    """Describe the server, with the key that every request carries."""
    return Endpoint(base_url, {"X-Api-Key": api_key})


class KryptoExpress:
    """The server."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    def create_payment(
        self,
        *,
        fiat_currency: str,
        fiat_amount: Decimal,
        crypto_currency: str,
        callback_url: str,
        callback_secret: str,
    ) -> KryptoPayment:
        """Open a payment of a fixed amount in fiat; without a URL it is not reported. Raises ProviderError."""
        reported = {"callbackUrl": callback_url, "callbackSecret": callback_secret} if callback_url else {}
        return self._create(
            {
                "paymentType": "PAYMENT",
                "fiatCurrency": fiat_currency,
                "fiatAmount": _Digits(f"{fiat_amount:f}"),
                "cryptoCurrency": crypto_currency,
                **reported,
            }
        )

    def payment(self, payment_hash: str) -> KryptoPayment:
        """Ask for a payment by its hash. Raises NotFound, ProviderError."""
        found = _payment(self._provider.get_json("/payment", {"hash": payment_hash}))
        if found.hash != payment_hash:
            raise BadAnswer(self._provider.name, "a different payment than requested")
        return found

    def currencies(self) -> tuple[str, ...]:
        """List the coins and tokens that can be paid with."""
        return tuple(item.text for item in self._provider.get_json("/cryptocurrency/all").items())

    def check_key(self) -> None:
        """Ask for what the key's account holds, which says whether the key is accepted; nothing is moved.

        Raises ProviderError; Refused if it is not accepted.
        """
        self._provider.get_json("/wallet")

    def _create(self, body: dict[str, object]) -> KryptoPayment:
        found = _payment(self._provider.post("/payment", _write(body).encode()).json())
        if (found.fiat_currency, found.crypto_currency) != (body["fiatCurrency"], body["cryptoCurrency"]):
            raise BadAnswer(self._provider.name, "a different payment than requested")
        return found


def connect(base_url: str, api_key: str, http: HttpClient, *, clock: Clock) -> KryptoExpress:
    """Make a client for the server at an address."""
    return KryptoExpress(Provider(endpoint(api_key, base_url=base_url), http, clock=clock))


def read_callback(body: bytes, *, signature: str | None, secret: str) -> KryptoPayment:
    """Check the signature of a callback over its raw body, and only then read it.

    A callback is a hint, not money: ask for the payment by its hash before anything is credited.

    Raises:
        UnsignedCallback: no secret is set, no signature came, or it is wrong.
        BadCallback: it is too large, or the signed text is not a payment.
    """
    if not secret:
        raise UnsignedCallback("no callback secret is set")
    if not signature:
        raise UnsignedCallback("no signature")
    if len(body) > _LARGEST_BODY:
        raise BadCallback("too large")
    given = signature.strip().lower()
    if not _SIGNATURE.fullmatch(given) or not any(
        hmac.compare_digest(given, sign(text, secret)) for text in _signed_texts(body)
    ):
        raise UnsignedCallback("wrong signature")
    try:
        return _payment(JsonValue.parse(body, provider="callback"))
    except BadAnswer as error:
        raise BadCallback(error.reason) from None


def sign(body: bytes, secret: str) -> str:
    """Sign as the provider does: HMAC-SHA512 in lower-case hexadecimal."""
    return hmac.new(secret.encode(), body, "sha512").hexdigest()


def _signed_texts(body: bytes) -> Iterator[bytes]:
    """List what the provider may have signed: the body; the body minified; the body parsed and written again.

    Numbers keep their digits in all of them: 0.000012 must not become 1.2e-05.
    """
    yield body
    if len(body) > _LARGEST_REWRITTEN:
        return
    try:
        text = body.decode()
        yield _STRING_OR_SPACE.sub(lambda found: found[1] or "", text).encode()
        written = _write(json.loads(text, parse_float=_Digits, parse_int=_Digits)).encode()
    except (ValueError, RecursionError):
        return
    yield written


class _Digits(str):
    """A number of a JSON text, digit by digit."""

    __slots__ = ()


def _write(value: object) -> str:
    if isinstance(value, _Digits):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{_write(key)}:{_write(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_write, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def _payment(answer: JsonValue) -> KryptoPayment:
    payment_hash = answer["hash"].text
    if not _HASH.fullmatch(payment_hash):
        raise answer.bad("has no hash")
    if not 0 <= answer["id"].integer < 2**63:
        raise answer.bad("has no number")
    fiat, crypto = answer.get("fiatAmount"), answer.get("cryptoAmount")
    return KryptoPayment(
        id=answer["id"].integer,
        hash=payment_hash,
        payment_type=answer["paymentType"].text,
        fiat_currency=answer["fiatCurrency"].text,
        fiat_amount=None if fiat is None else fiat.decimal,
        crypto_currency=answer["cryptoCurrency"].text,
        crypto_amount=None if crypto is None else crypto.decimal,
        address=answer["address"].text,
        is_paid=answer["isPaid"].boolean,
        created_at=answer["createDatetime"].time_ms,
        expires_at=answer["expireDatetime"].time_ms,
    )
