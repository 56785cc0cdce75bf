"""The terms of a coupon, and how an admin types them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from typing import Any

from shop.coupon_reasons import BadTerms
from shop.discounts import plain_code
from shop.errors import BadCoupon
from shop.money import InvalidAmount, Money, parse

MOST_USES = 1_000_000
_CODE = re.compile(r"[A-Z0-9_-]{3,32}")
_PERCENT = re.compile(r"([0-9]{1,3})\s?%")
_NUMBER = re.compile(r"[0-9]{1,7}")


class CouponField(Enum):
    """A term that is typed. The value travels in buttons."""

    CODE = "code"
    DISCOUNT = "discount"
    LEAST = "least"
    USES = "uses"
    EACH = "each"
    FROM = "from"
    UNTIL = "until"


@dataclass(frozen=True, slots=True)
class CouponTerms:
    """What a code takes off: a percentage or a fixed sum, of one product, of a category and all below it, or of all.

    `least` is what the order has to come to before the discount. It holds from `valid_from` until just before
    `valid_until`, in Unix seconds. None means without limit.
    """

    code: str = ""
    percent: int | None = None
    fixed: Money | None = None
    product_id: int | None = None
    category_id: int | None = None
    least: Money | None = None
    most_uses: int | None = None
    most_uses_each: int | None = None
    valid_from: int | None = None
    valid_until: int | None = None

    @property
    def complete(self) -> bool:
        """Tell whether a coupon can be made of it."""
        return bool(self.code) and (self.percent is not None or self.fixed is not None)


def columns_of(terms: CouponTerms) -> dict[str, Any]:
    """Write terms as the columns of a coupon."""
    return {
        "code": terms.code,
        "percent": terms.percent,
        "fixed_minor": None if terms.fixed is None else terms.fixed.minor,
        "product_id": terms.product_id,
        "category_id": terms.category_id,
        "least_minor": 0 if terms.least is None else terms.least.minor,
        "most_uses": terms.most_uses,
        "most_uses_each": terms.most_uses_each,
        "valid_from": terms.valid_from,
        "valid_until": terms.valid_until,
    }


def terms_of(columns: Mapping[str, Any], currency: str) -> CouponTerms:
    """Read terms from the columns of a coupon."""
    fixed, least = columns.get("fixed_minor"), columns.get("least_minor")
    return CouponTerms(
        code=columns.get("code", ""),
        percent=columns.get("percent"),
        fixed=None if fixed is None else Money(fixed, currency),
        product_id=columns.get("product_id"),
        category_id=columns.get("category_id"),
        least=Money(least, currency) if least else None,
        most_uses=columns.get("most_uses"),
        most_uses_each=columns.get("most_uses_each"),
        valid_from=columns.get("valid_from"),
        valid_until=columns.get("valid_until"),
    )


def with_typed(terms: CouponTerms, field: CouponField, text: str, currency: str) -> CouponTerms:
    """Put what an admin typed into terms; 0 takes a limit away.

    Raises:
        BadCoupon: it is no such term.
    """
    text = text.strip()
    change: dict[str, Any]
    match field:
        case CouponField.CODE:
            change = {"code": checked_code(text)}
        case CouponField.DISCOUNT:
            change = _discount(text, currency)
        case CouponField.LEAST:
            least = _sum(text, currency, BadTerms.SUM)
            change = {"least": least if least.minor else None}
        case CouponField.USES:
            change = {"most_uses": _number(text) or None}
        case CouponField.EACH:
            change = {"most_uses_each": _number(text) or None}
        case CouponField.FROM:
            change = {"valid_from": _day(text)}
        case CouponField.UNTIL:
            change = {"valid_until": _day(text, days_later=1)}
    return replace(terms, **change)


def checked_code(text: str) -> str:
    """Read a code: 3 to 32 letters, digits, `-` or `_`, whatever case it was typed in.

    Raises:
        BadCoupon: it is none.
    """
    code = plain_code(text)
    if not _CODE.fullmatch(code):
        raise BadCoupon(BadTerms.CODE)
    return code


def check_terms(terms: CouponTerms, *, now: int) -> None:
    """Refuse terms that no order could ever meet.

    Raises:
        BadCoupon: with the first thing that is wrong.
    """
    checked_code(terms.code)
    percent, fixed = terms.percent, terms.fixed
    if (percent is None) == (fixed is None):
        raise BadCoupon(BadTerms.DISCOUNT)
    if (percent is not None and not 1 <= percent <= 100) or (fixed is not None and fixed.minor <= 0):
        raise BadCoupon(BadTerms.DISCOUNT)
    if terms.least is not None and terms.least.minor < 0:
        raise BadCoupon(BadTerms.SUM)
    if any(limit is not None and not 1 <= limit <= MOST_USES for limit in (terms.most_uses, terms.most_uses_each)):
        raise BadCoupon(BadTerms.NUMBER)
    if terms.valid_until is not None and terms.valid_until <= max(now, terms.valid_from or now):
        raise BadCoupon(BadTerms.OVER)
    if terms.product_id is not None and terms.category_id is not None:
        raise BadCoupon(BadTerms.GOODS)


def _discount(text: str, currency: str) -> dict[str, Any]:
    """Read a percentage such as `10 %`, or a sum."""
    if match := _PERCENT.fullmatch(text):
        percent = int(match[1])
        if not 1 <= percent <= 100:
            raise BadCoupon(BadTerms.DISCOUNT)
        return {"percent": percent, "fixed": None}
    fixed = _sum(text, currency, BadTerms.DISCOUNT)
    if not fixed.minor:
        raise BadCoupon(BadTerms.DISCOUNT)
    return {"percent": None, "fixed": fixed}


def _sum(text: str, currency: str, reason: BadTerms) -> Money:
    try:
        return parse(text, currency)
    except InvalidAmount:
        raise BadCoupon(reason) from None


def _number(text: str) -> int:
    if not _NUMBER.fullmatch(text) or int(text) > MOST_USES:
        raise BadCoupon(BadTerms.NUMBER)
    return int(text)


def _day(text: str, *, days_later: int = 0) -> int | None:
    """Read a day such as `2026-12-31` as its first second in UTC; 0 is none."""
    if text == "0":
        return None
    try:
        day = date.fromisoformat(text) + timedelta(days=days_later)
    except (ValueError, OverflowError):
        raise BadCoupon(BadTerms.DAY) from None
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
