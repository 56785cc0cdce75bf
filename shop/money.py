"""Fiat amounts in whole minor units, and the one rule that converts coins to fiat.

No binary float is used here or by callers: prices are typed as decimal strings, stored as whole minor units (cents),
and compared as integers.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_UP, Decimal, localcontext
from types import MappingProxyType

# ISO 4217 List One (SIX, 2025), without metals, test codes and units of account: they have no minor unit.
_CODES_BY_DECIMALS: Mapping[int, str] = MappingProxyType(
    {
        0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
        2: "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE "
        "CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD "
        "HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP "
        "MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD "
        "SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS "
        "VED VES WST XCD XCG YER ZAR ZMW ZWG",
        3: "BHD IQD JOD KWD LYD OMR TND",
        4: "CLF UYW",
    }
)
CURRENCIES: Mapping[str, int] = MappingProxyType(
    {code: decimals for decimals, codes in _CODES_BY_DECIMALS.items() for code in codes.split()}
)
"""Every currency by its code, with its number of decimals."""
MAX_MINOR = 10**12
"""The largest amount that the shop handles, in minor units: far above any sale, and far below 64 bits."""
_SIGNS: Mapping[str, str] = MappingProxyType(
    {
        **{
            "USD": "$",
            "EUR": "€",
            "GBP": "£",
            "JPY": "¥",
            "CNY": "¥",
            "INR": "₹",
            "RUB": "₽",
            "UAH": "₴",
            "KRW": "₩",
        },
        **{"TRY": "₺", "ILS": "₪", "VND": "₫", "KZT": "₸", "NGN": "₦", "PHP": "₱", "GEL": "₾", "AZN": "₼"},
    }
)
"""Currency signs (Unicode, block 20A0, and CLDR). The dollar sign means only US dollars: otherwise another shop's
prices could silently become Canadian dollars."""
_THOUSANDS = re.compile(r"[1-9][0-9]{0,2}[.,][0-9]{3}")
_PLAIN = re.compile(r"([0-9]{0,20})(?:[.,]([0-9]*))?")


class InvalidAmount(ValueError):
    """A text that is not an amount of money the shop accepts."""

    def __init__(self, text: str) -> None:
        super().__init__("not an amount of money")
        self.text = text


class AmbiguousAmount(InvalidAmount):
    """A text that means one amount to some people and a thousand times as much to others: `1,000`."""


def exponent(currency: str) -> int:
    """Count the decimals of a currency (ISO 4217)."""
    return CURRENCIES[currency]


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount of fiat: whole minor units of a currency, never mixed with another currency."""

    minor: int
    currency: str

    def __add__(self, other: "Money") -> "Money":
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.minor - self._same(other), self.currency)

    def __mul__(self, count: int) -> "Money":
        return Money(self.minor * count, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.minor < self._same(other)

    def __le__(self, other: "Money") -> bool:
        return self.minor <= self._same(other)

    def __gt__(self, other: "Money") -> bool:
        return self.minor > self._same(other)

    def __ge__(self, other: "Money") -> bool:
        return self.minor >= self._same(other)

    @property
    def decimal(self) -> Decimal:
        """The amount in whole units, exact."""
        return Decimal(self.minor).scaleb(-exponent(self.currency))

    def _same(self, other: "Money") -> int:
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not mix")
        return other.minor


def parse(text: str, currency: str) -> Money:
    """Read a price that a person typed or that is in a file: "12", "12.5", "12,50", "$12", "12 USD".

    The currency's own sign or code may stand on either side; another currency's is refused.
    More decimals than the currency has are refused, not rounded, even if they are zeros. "1,000" may mean a thousand:
    it is refused in every currency. "1.000" is how a file writes one of a currency with three decimals, and is read
    as that there.

    Raises:
        AmbiguousAmount: as "1,000" is.
        InvalidAmount: not a plain decimal number, negative, too precise, or above `MAX_MINOR`.
    """
    decimals, number = exponent(currency), _without_sign(text, currency)
    if _THOUSANDS.fullmatch(number) and ("," in number or decimals < 3):
        raise AmbiguousAmount(text)
    match = _PLAIN.fullmatch(number)
    if match is None:
        raise InvalidAmount(text)
    whole, fraction = match[1], match[2] or ""
    if not whole + fraction or len(fraction) > decimals:
        raise InvalidAmount(text)
    minor = int(whole + fraction.ljust(decimals, "0"))
    if minor > MAX_MINOR:
        raise InvalidAmount(text)
    return Money(minor, currency)


def _without_sign(text: str, currency: str) -> str:
    """Take the sign or the code of a currency off the beginning or the end of an amount."""
    number = text.strip()
    for sign in (currency, currency.lower(), _SIGNS.get(currency, currency)):
        if number.startswith(sign):
            return number.removeprefix(sign).lstrip()
        if number.endswith(sign):
            return number.removesuffix(sign).rstrip()
    return number


def whole_units(amount: Decimal, currency: str) -> Money:
    """Make an amount from whole units of a currency, rounded up to its minor unit."""
    minor = amount.scaleb(exponent(currency)).to_integral_value(rounding=ROUND_UP)
    return Money(int(minor), currency)


def to_fiat(units: int, *, decimals: int, rate: Decimal, currency: str) -> Money:
    """Convert coins to fiat, rounded down to the minor unit: the shop never credits a fraction it did not get.

    Args:
        units: whole base units of the coin.
        decimals: how many decimals the coin has; one coin is 10**decimals units.
        rate: the price of one whole coin in whole units of `currency`.
    """
    with localcontext() as context:
        context.prec = 100  # 78 digits of a uint256 and the digits of a rate multiply without rounding
        coins = Decimal(units).scaleb(-decimals)
        minor = (coins * rate).scaleb(exponent(currency)).to_integral_value(rounding=ROUND_DOWN)
    return Money(int(minor), currency)


def to_coin(money: Money, *, decimals: int, rate: Decimal, step: int = 1) -> int:
    """Convert fiat to coins: the smallest multiple of `step` that converts back to no less than `money`.

    Args:
        decimals: how many decimals the coin has.
        rate: the price of one whole coin in whole units of the money's currency.
        step: round up to a multiple of this many units, so that the figure is short enough to type.
    """
    numerator, denominator = rate.as_integer_ratio()
    units = -(-money.minor * 10**decimals * denominator // (10 ** exponent(money.currency) * numerator))
    return int(units + -units % step)
