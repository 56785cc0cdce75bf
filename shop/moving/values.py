"""Parses strings of the old database: amounts, times, yes and no. Anything else is refused."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation, localcontext

from shop.money import MAX_MINOR, Money, exponent

EXACT_DIGITS = 60
"""Enough digits for the difference of any two of the old bot's amounts without rounding."""
_WHOLE = re.compile(r"[+-]?[0-9]{1,78}(?:\.0*)?")
_LATEST = 4_102_444_800  # 2100-01-01


class StaysBehind(Exception):
    """A row cannot come along; `reason` is a phrase for the operator."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Rounded:
    """An amount as stored there, and in whole minor units, rounded to the nearest, halves up."""

    exact: Decimal
    money: Money

    @property
    def difference(self) -> Decimal:
        """The amount that rounding added (or, below zero, removed)."""
        return self.money.decimal - self.exact


def decimal(text: str | None) -> Decimal:
    """Read a number exactly as its text says. Raises: StaysBehind."""
    try:
        value = Decimal((text or "").strip())
    except InvalidOperation:
        raise StaysBehind("an amount is not a number") from None
    places = value.as_tuple().exponent
    if not isinstance(places, int) or value.adjusted() > EXACT_DIGITS // 2 or places < -6 * EXACT_DIGITS:
        raise StaysBehind("an amount is not a number that can be")
    return value


def less(first: Decimal, second: Decimal) -> Decimal:
    """Subtract without rounding."""
    with localcontext() as context:
        context.prec = 8 * EXACT_DIGITS
        return first - second


def rounded(exact: Decimal, currency: str) -> Rounded:
    """Round an amount of the old shop, a binary fraction there, to whole minor units. Raises: StaysBehind."""
    with localcontext() as context:
        context.prec = 8 * EXACT_DIGITS
        minor = int(exact.scaleb(exponent(currency)).to_integral_value(ROUND_HALF_UP))
    if abs(minor) > MAX_MINOR:
        raise StaysBehind("an amount is larger than the shop handles")
    return Rounded(exact, Money(minor, currency))


def money(text: str | None, currency: str) -> Money:
    """Read an amount and round it. Raises: StaysBehind."""
    return rounded(decimal(text), currency).money


def number(text: str | None, *, most: int = 2**63 - 1) -> int:
    """Read a whole number from 0 to `most`; some versions store it with a fraction of zero. Raises: StaysBehind."""
    if text is None or not _WHOLE.fullmatch(text.strip()):
        raise StaysBehind("a number is missing or is not whole")
    value = int(text.strip().partition(".")[0])
    if not 0 <= value <= most:
        raise StaysBehind("a number is out of range")
    return value


def optional(text: str | None) -> int | None:
    """Read a whole number that may be missing. Raises: StaysBehind."""
    return None if text is None else number(text)


def numbers(text: str | None) -> tuple[int, ...]:
    """Read a list of numbers: PostgreSQL's `{1,2}` or JSON's `[1, 2]`. Raises: StaysBehind."""
    inside = (text or "").strip().strip('"')
    if not inside or inside[0] + inside[-1] not in ("{}", "[]"):
        raise StaysBehind("a list of items cannot be read")
    return tuple(number(each.strip().strip('"')) for each in inside[1:-1].split(",") if each.strip())


def flag(text: str | None) -> bool:
    """Read yes or no as SQLite, PostgreSQL and CSV write it; a missing value is no."""
    return (text or "").strip().lower() in ("1", "1.0", "t", "true")


def moment(text: str | None, *, otherwise: int) -> int:
    """Read a date and time as Unix seconds; without a zone it is UTC, which is what the old bot's databases hold."""
    try:
        read = datetime.fromisoformat((text or "").strip())
    except ValueError:
        return otherwise
    seconds = int((read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp())
    return seconds if 0 < seconds < _LATEST else otherwise


def word(text: str | None) -> str:
    """Read the name of an enumeration's member, whether it was stored by name or as `Name.MEMBER`."""
    return (text or "").strip().rpartition(".")[2].upper()
