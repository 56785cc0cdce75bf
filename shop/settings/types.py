"""Parsing of settings. A value that does not parse is refused with a sentence for the operator."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BeforeValidator, SecretStr

from shop.assets import ASSETS
from shop.chains.finality import is_rule
from shop.chains.provider_settings import UnknownPriceSource, price_source_of
from shop.money import CURRENCIES, Money, exponent
from wallet import bip39, slip132
from wallet.addresses import payable
from wallet.chains import Chain
from wallet.errors import WalletError
from wallet.keyring import SealedKeyring, WatchKeyring

_TOKEN = re.compile(r"[0-9]+:[A-Za-z0-9_-]+")
_WEBHOOK_SECRET = re.compile(r"[A-Za-z0-9_-]{16,256}")
_CALLBACK_SECRET_LENGTH = 16
_BEARER = re.compile(r"[!-~]([ -~]*[!-~])?")
COIN_WAYS = ("wallet", "kryptoexpress")
"""Ways to pay in coins; a shop has at most one of them."""
_STARS = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6})?")
_PERCENT = re.compile(r"[0-9]{1,3}(\.[0-9]{1,4})?")
_SUM = re.compile(r"[0-9]{1,9}(\.[0-9]{1,4})?")
_MOST_TOLERATED = 10
_HEX_KEY = re.compile(r"[0-9a-fA-F]{64}")
_ID = re.compile(r"[1-9][0-9]{0,15}")
_PORT = r":([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
_SUPPORT_LINK = re.compile(
    rf"https?://([^\s/?#@:.\\]+\.)+[^\s/?#@:.\\]{{2,}}({_PORT})?([/?#]\S*)?|tg://[A-Za-z0-9_-]+([/?#]\S*)?"
)
_GROUP = re.compile(r"-[1-9][0-9]{0,15}(/[1-9][0-9]{0,9})?")
_URL = re.compile(r"https?://[^\s/]+\S*")
_HOST = r"[a-z0-9_-]+(\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\]"
_SERVER = re.compile(rf"https?://({_HOST})({_PORT})?", re.IGNORECASE | re.ASCII)
_PATH = re.compile(r"(/(?!\.{1,2}(/|$))[A-Za-z0-9._~-]+)+")
_SERVER_AND_PATH = re.compile(rf"{_SERVER.pattern}{_PATH.pattern}/?", re.IGNORECASE | re.ASCII)


def _ids(text: object) -> object:
    if not isinstance(text, str):
        return text
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not all(_ID.fullmatch(part) for part in parts):
        raise ValueError("must be numeric Telegram IDs, separated by commas")
    if not parts:
        raise ValueError("must name at least one Telegram ID, or nobody can run the shop")
    return tuple(dict.fromkeys(int(part) for part in parts))


def _group(text: str) -> str:
    if text and not _GROUP.fullmatch(text.strip()):
        raise ValueError("must be the ID of a group, such as -1001234567890, or with a topic: -1001234567890/5")
    return text.strip()


def _timezone(text: str) -> str:
    try:
        return ZoneInfo(text.strip()).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("must be an IANA time zone, such as Europe/Berlin or UTC") from None


def _urls(text: object) -> object:
    if not isinstance(text, str):
        return text
    urls = tuple(part.strip().rstrip("/") for part in text.split(",") if part.strip())
    for url in urls:
        _url(url)
    return urls


def _url(text: str) -> str:
    if text and not _URL.fullmatch(text):
        raise ValueError("must be a URL that begins with http:// or https://")
    return text.rstrip("/")


def _server(text: str) -> str:
    """Accept a server's address and nothing after it, because the web server in front reads the same value: it
    would take a path for all that it has to serve.
    """
    if not text.isascii():
        raise ValueError("must name the server in its xn-- form, such as https://xn--bcher-kva.example")
    if _SERVER_AND_PATH.fullmatch(text):
        raise ValueError(
            "must end with the server's name: move the path into WEBHOOK_PATH, as in WEBHOOK_PATH=/souk/telegram, "
            "and have your web server pass it on unchanged"
        )
    if text and not _SERVER.fullmatch(text):
        raise ValueError("must be https:// and the name of one server, without a / or path: https://shop.example.com")
    return text.lower()


def _currency(text: str) -> str:
    code = text.strip().upper()
    if code not in CURRENCIES:
        raise ValueError("must be the ISO 4217 code of a currency, such as USD or EUR")
    return code


def _path(text: str) -> str:
    if not _PATH.fullmatch(text):
        raise ValueError("must be a URL path such as /telegram, without a / at the end")
    return text


def _token(text: SecretStr | str) -> SecretStr:
    token = text.get_secret_value() if isinstance(text, SecretStr) else text.strip()
    if token and not _TOKEN.fullmatch(token):
        raise ValueError("does not look like a bot token from @BotFather (digits, a colon, letters)")
    return SecretStr(token)


def _webhook_secret(text: SecretStr | str) -> SecretStr:
    secret = text.get_secret_value() if isinstance(text, SecretStr) else text.strip()
    if secret and (not _WEBHOOK_SECRET.fullmatch(secret) or len(set(secret)) < 8):
        raise ValueError("is weak: leave it empty, or use 16 to 256 letters, digits, - and _ that nobody can guess")
    return SecretStr(secret)


def _callback_secret(text: SecretStr | str) -> SecretStr:
    secret = text.get_secret_value() if isinstance(text, SecretStr) else text.strip()
    if secret and len(secret) < _CALLBACK_SECRET_LENGTH:
        raise ValueError(
            "must be at least 16 characters that nobody can guess (create some with openssl rand -hex 32)"
        )
    return SecretStr(secret)


def _bearer_token(text: SecretStr | str) -> SecretStr:
    token = text.get_secret_value() if isinstance(text, SecretStr) else text.strip()
    if token and not _BEARER.fullmatch(token):
        raise ValueError("must be of ASCII letters, digits, signs and spaces: no header carries anything else")
    return SecretStr(token)


def _db_key(text: SecretStr | str) -> SecretStr:
    key = text.get_secret_value() if isinstance(text, SecretStr) else text.strip()
    if key and not _HEX_KEY.fullmatch(key):
        raise ValueError("must be 64 hexadecimal digits (create them with openssl rand -hex 32)")
    return SecretStr(key)


def _limits(text: object) -> object:
    parts = [part.strip() for part in text.split(",")] if isinstance(text, str) else text
    if not isinstance(parts, list):
        return parts
    if len(parts) != 2 or not all(part.isascii() and part.isdecimal() for part in parts):
        raise ValueError("must be two whole numbers, separated by a comma")
    limits = (int(parts[0]), int(parts[1]))
    if not 0 < limits[0] < limits[1]:
        raise ValueError("must be two numbers, the smaller one first")
    return limits


def _rules(chain: Chain, wanted: str) -> BeforeValidator:
    def read(text: object) -> object:
        parts = tuple(part.strip().lower() for part in text.split(",")) if isinstance(text, str) else text
        if isinstance(parts, tuple) and (len(parts) != 3 or not all(is_rule(part, chain) for part in parts)):
            raise ValueError(f"must be three of: {wanted}; separated by commas")
        return parts

    return BeforeValidator(read)


def _quotas(text: object) -> object:
    if not isinstance(text, str):
        return text
    quotas = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        url, _, number = part.rpartition("=")
        if not _URL.fullmatch(url) or not re.fullmatch(r"[0-9]{1,9}", number):
            raise ValueError("must be URL=number pairs, separated by commas")
        quotas[url.rstrip("/")] = int(number)
    return quotas


def _ways(text: object) -> object:
    if not isinstance(text, str):
        return text
    ways = tuple(dict.fromkeys(part.strip().lower() for part in text.split(",") if part.strip()))
    for way in ways:
        if way not in (*COIN_WAYS, "stars"):
            raise ValueError(f"must name {', '.join(COIN_WAYS)} or stars, separated by commas")
    if sum(way in COIN_WAYS for way in ways) > 1:
        raise ValueError(f"must name one of {', '.join(COIN_WAYS)}, not several")
    return ways


def _stars_per_unit(text: object) -> object:
    if not isinstance(text, str):
        return text
    if not _STARS.fullmatch(text.strip()):
        raise ValueError("must be a number of Stars, such as 100 or 76.9")
    return Decimal(text.strip())


def _percent(text: object) -> object:
    if not isinstance(text, str):
        return text
    if not _PERCENT.fullmatch(text.strip()) or Decimal(text.strip()) > 100:
        raise ValueError("must be a percentage between 0 and 100, such as 5 or 2.5")
    return Decimal(text.strip())


Ways = Annotated[tuple[str, ...], BeforeValidator(_ways)]
StarsPerUnit = Annotated[Decimal, BeforeValidator(_stars_per_unit)]
Percent = Annotated[Decimal, BeforeValidator(_percent)]
Quotas = Annotated[Mapping[str, int], BeforeValidator(_quotas)]
Limits = Annotated[tuple[int, int], BeforeValidator(_limits)]
BlockRules = Annotated[tuple[str, str, str], _rules(Chain.BTC, "a number of blocks from 1 to 1000")]
EthereumRules = Annotated[tuple[str, str, str], _rules(Chain.ETH, "a number of blocks, safe, finalized")]
FinalizedRules = Annotated[tuple[str, str, str], _rules(Chain.TRX, "a number of blocks, finalized")]


def _mnemonic(text: SecretStr | str) -> SecretStr:
    words = text.get_secret_value() if isinstance(text, SecretStr) else text
    if words:
        try:
            bip39.parse(words)
        except WalletError as error:
            raise ValueError(f"is not a BIP-39 mnemonic: {error}") from None
    return SecretStr(words)


def account_key(chain: Chain) -> BeforeValidator:
    """Accept an account key for a chain."""

    def read(text: str) -> str:
        if text:
            try:
                slip132.account_key(chain, text)
            except WalletError as error:
                raise ValueError(f"cannot be used: {error}") from None
        return text

    return BeforeValidator(read)


def _sol_pool(text: object) -> object:
    if not isinstance(text, str):
        return text
    pool = tuple(re.split(r"[\s,]+", text.strip()))
    try:
        WatchKeyring({}, pool)
    except WalletError as error:
        raise ValueError(f"cannot be used: {error}") from None
    return pool


def destination(chain: Chain) -> BeforeValidator:
    """Accept an address of a chain that coins may be sent to."""

    def read(text: str) -> str:
        try:
            return payable(chain, text.strip()).text if text else text
        except WalletError as error:
            raise ValueError(f"cannot be paid: {error}") from None

    return BeforeValidator(read)


def _sums_by_coin(text: object) -> object:
    if not isinstance(text, str):
        return text
    sums = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        coin, _, number = part.partition("=")
        if coin.strip().upper() not in ASSETS or not re.fullmatch(r"[1-9][0-9]{0,8}", number.strip()):
            raise ValueError(f"must be COIN=number pairs, separated by commas; the coins are {', '.join(ASSETS)}")
        sums[coin.strip().upper()] = int(number)
    return sums


def _sum(text: object) -> object:
    if isinstance(text, str) and not _SUM.fullmatch(text.strip()):
        raise ValueError("must be an amount in CURRENCY, such as 5 or 2.50")
    return Decimal(text.strip()) if isinstance(text, str) else text


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How much of an order may be missing: a percentage, an amount in whole units of the currency. None: not
    given.
    """

    percent: Decimal | None = None
    amount: Decimal | None = None

    def __bool__(self) -> bool:
        return bool(self.percent or self.amount)

    def __str__(self) -> str:
        parts = [] if self.percent is None else [f"{self.percent}%"]
        return ", ".join([*parts, *([] if self.amount is None else [str(self.amount)])]) or "0"

    def of(self, total: Money) -> Money:
        """Return how much of a total may be missing: the smaller of the two, and never more than a tenth of it."""
        most = [Decimal(total.minor * _MOST_TOLERATED).scaleb(-2) if self else Decimal(0)]
        if self.percent is not None:
            most.append(total.minor * self.percent.scaleb(-2))
        if self.amount is not None:
            most.append(self.amount.scaleb(exponent(total.currency)))
        return Money(int(min(most).to_integral_value(rounding=ROUND_DOWN)), total.currency)


def _tolerance(text: object) -> object:
    if not isinstance(text, str):
        return text
    parts = [part.strip() for part in text.split(",")]
    percents = [Decimal(part[:-1]) for part in parts if part.endswith("%") and _PERCENT.fullmatch(part[:-1])]
    amounts = [Decimal(part) for part in parts if _SUM.fullmatch(part)]
    if len(percents) + len(amounts) != len(parts) or max(len(percents), len(amounts)) > 1:
        raise ValueError("must be a percentage, an amount in CURRENCY, or both: 1%, 0.50")
    if percents and percents[0] > _MOST_TOLERATED:
        raise ValueError(f"must be at most {_MOST_TOLERATED}%")
    return Tolerance(next(iter(percents), None), next(iter(amounts), None))


def _operator_key(text: str) -> str:
    if text:
        if not _HEX_KEY.fullmatch(text):
            raise ValueError("must be 64 hexadecimal digits")
        try:
            SealedKeyring(bytes.fromhex(text))
        except WalletError as error:
            raise ValueError(f"cannot be used: {error}") from None
    return text


def _price_urls(text: object) -> object:
    urls = _urls(text)
    if isinstance(text, str) and isinstance(urls, tuple):
        for url in urls:
            try:
                price_source_of(url)
            except UnknownPriceSource as error:
                raise ValueError(f"names a source that Souk cannot read: {error}") from None
    return urls


def is_link(text: str) -> bool:
    """Return whether a text is a link that Telegram takes for a button."""
    return _SUPPORT_LINK.fullmatch(text) is not None


def _support_link(text: str) -> str:
    if text and not is_link(text):
        raise ValueError("must be a link that Telegram opens, such as https://t.me/yourname")
    return text


def _environment(text: object) -> object:
    return text.strip().lower() if isinstance(text, str) else text


MnemonicText = Annotated[SecretStr, BeforeValidator(_mnemonic)]
SolPool = Annotated[tuple[str, ...], BeforeValidator(_sol_pool)]
OperatorKey = Annotated[str, BeforeValidator(_operator_key)]
SumsByCoin = Annotated[Mapping[str, int], BeforeValidator(_sums_by_coin)]
LeastSum = Annotated[Decimal | None, BeforeValidator(_sum)]
PaymentTolerance = Annotated[Tolerance, BeforeValidator(_tolerance)]
PriceUrls = Annotated[tuple[str, ...], BeforeValidator(_price_urls)]
SupportLink = Annotated[str, BeforeValidator(_support_link)]
RuntimeEnvironment = Annotated[Literal["prod", "dev"], BeforeValidator(_environment)]
GroupChat = Annotated[str, BeforeValidator(_group)]
TimeZone = Annotated[str, BeforeValidator(_timezone)]
Ids = Annotated[tuple[int, ...], BeforeValidator(_ids)]
Currency = Annotated[str, BeforeValidator(_currency)]
UrlPath = Annotated[str, BeforeValidator(_path)]
Token = Annotated[SecretStr, BeforeValidator(_token)]
WebhookSecret = Annotated[SecretStr, BeforeValidator(_webhook_secret)]
CallbackSecret = Annotated[SecretStr, BeforeValidator(_callback_secret)]
BearerToken = Annotated[SecretStr, BeforeValidator(_bearer_token)]
DatabaseKeyText = Annotated[SecretStr, BeforeValidator(_db_key)]
ServerUrl = Annotated[str, BeforeValidator(_server)]
Url = Annotated[str, BeforeValidator(_url)]
Urls = Annotated[tuple[str, ...], BeforeValidator(_urls)]
