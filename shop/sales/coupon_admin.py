"""Coupons for admins: terms, drafts and uses."""

import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import Enum
from typing import Any

from shop.catalog.price_cuts import MOST_PERCENT
from shop.context import Context
from shop.errors.catalog import AmbiguousSum
from shop.errors.refusals import NotFound
from shop.errors.sales import BadCoupon, BadTerms
from shop.money import AmbiguousAmount, InvalidAmount, Money, parse
from shop.people import Person, Right
from shop.sales.coupons import plain_code
from storage.models import Category, Coupon, CouponUse, Order, Product
from storage.models import CouponDraft as CouponDraftRow

_log = logging.getLogger("souk.shop")

MOST_USES = 1_000_000
_FIRST_YEAR, _LAST_YEAR = 1970, 9998
"""The first and last days of the calendar do not exist in every time zone."""
_CODE = re.compile(r"[A-Z0-9_-]{3,32}")
_PERCENT = re.compile(r"([0-9]{1,3})\s?%")
_NUMBER = re.compile(r"[0-9]{1,7}")


class CouponField(Enum):
    """A term that is typed. The value is in buttons."""

    CODE = "code"
    DISCOUNT = "discount"
    LEAST = "least"
    USES = "uses"
    EACH = "each"
    FROM = "from"
    UNTIL = "until"


@dataclass(frozen=True, slots=True)
class CouponTerms:
    """A coupon's terms: a percentage or fixed sum off one product, a category with its subcategories, or everything.

    `least` is the minimum order before the discount. It is valid from `valid_from` until just before `valid_until`,
    in Unix seconds. None means no limit.
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
        """Return whether the required terms are set."""
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


def with_typed(
    terms: CouponTerms, field: CouponField, text: str, currency: str, *, zone: tzinfo = UTC
) -> CouponTerms:
    """Set a term to what an admin typed; 0 removes a limit. Days are those of a time zone.

    Raises:
        BadCoupon: the text is not such a term.
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
            change = {"valid_from": _day(text, zone)}
        case CouponField.UNTIL:
            change = {"valid_until": _day(text, zone, days_later=1)}
    return replace(terms, **change)


def checked_code(text: str) -> str:
    """Read a code: 3 to 32 letters, digits, `-` or `_`, whatever case it was typed in.

    Raises:
        BadCoupon: the text is not a code.
    """
    code = plain_code(text)
    if not _CODE.fullmatch(code):
        raise BadCoupon(BadTerms.CODE)
    return code


def check_terms(terms: CouponTerms, *, now: int) -> None:
    """Refuse terms that no order can meet.

    Raises:
        BadCoupon: names the first problem.
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


def is_deep(terms: CouponTerms) -> bool:
    """Return whether a coupon may take off more than half, so that creating it needs the second factor.

    A fixed discount does if orders need not be worth twice as much.
    """
    if terms.fixed is None:
        return (terms.percent or 0) > MOST_PERCENT
    least_minor = 0 if terms.least is None else terms.least.minor
    return terms.fixed.minor * 100 > least_minor * MOST_PERCENT


def _discount(text: str, currency: str) -> dict[str, Any]:
    """Parse a percentage such as `10 %`, or a sum."""
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
    except AmbiguousAmount:
        raise AmbiguousSum(text) from None
    except InvalidAmount:
        raise BadCoupon(reason) from None


def _number(text: str) -> int:
    if not _NUMBER.fullmatch(text) or int(text) > MOST_USES:
        raise BadCoupon(BadTerms.NUMBER)
    return int(text)


def _day(text: str, zone: tzinfo, *, days_later: int = 0) -> int | None:
    """Parse a day such as `2026-12-31` as its first second in a time zone; 0 means no day."""
    if text == "0":
        return None
    try:
        day = date.fromisoformat(text) + timedelta(days=days_later)
    except (ValueError, OverflowError):
        raise BadCoupon(BadTerms.DAY) from None
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise BadCoupon(BadTerms.DAY)
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp())


@dataclass(frozen=True, slots=True)
class CouponCard:
    """A coupon, how often it was used, and in `goods` the name of its product or category."""

    id: int
    terms: CouponTerms
    goods: str
    uses: int
    switched_off: bool


@dataclass(frozen=True, slots=True)
class CouponPage:
    """One page of the coupons, newest first."""

    coupons: tuple[CouponCard, ...]
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class Use:
    """A coupon's discount on an order. `used_at` is in Unix seconds.

    `order_id` and `customer` are None for admins without `Right.CUSTOMERS`.
    """

    order_id: int | None
    customer: str | None
    discount: Money
    used_at: int


@dataclass(frozen=True, slots=True)
class UsePage:
    """One page of the uses of a coupon, newest first."""

    coupon: CouponCard
    uses: tuple[Use, ...]
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class CouponDraft:
    """The coupon that an admin is drafting."""

    terms: CouponTerms
    goods: str


@dataclass(frozen=True, slots=True)
class Coupons:
    """Coupons as admins manage them. Everything takes `Right.CATALOGUE`."""

    context: Context

    def create(self, admin: Person, terms: CouponTerms) -> CouponCard:
        """Create a coupon; its terms cannot be changed later.

        Raises:
            BadCoupon: no order can meet these terms, or the code is taken.
        """
        self.context.customers.require(admin, Right.CATALOGUE)
        check_terms(terms, now=self.context.clock())
        if is_deep(terms):
            self.context.customers.require_proof(admin)
        with self.context.database.transaction():
            self._check_free(terms)
            coupon = Coupon.create(**columns_of(terms), created_by=admin.id, created_at=self.context.clock())
            self.context.audit.write(admin, "coupon.created", f"coupon {coupon.code}", **self._in_the_log(terms))
            CouponDraftRow.keep(admin.id, "{}", now=self.context.clock())
        _log.info("coupon %d made by %d", coupon.id, admin.telegram_id)
        return self._card(coupon, 0)

    def _in_the_log(self, terms: CouponTerms) -> dict[str, int | str | None]:
        """Write terms for the audit log, where people read them: sums with their currency, and times as dates."""
        sums = {"fixed": terms.fixed, "least": terms.least}
        times = {"valid_from": terms.valid_from, "valid_until": terms.valid_until}
        return {
            "code": terms.code,
            "percent": terms.percent,
            **{name: None if sum_ is None else f"{sum_.decimal:f} {sum_.currency}" for name, sum_ in sums.items()},
            "product_id": terms.product_id,
            "category_id": terms.category_id,
            "most_uses": terms.most_uses,
            "most_uses_each": terms.most_uses_each,
            **{name: None if at is None else self.context.iso(at) for name, at in times.items()},
        }

    def create_draft(self, admin: Person) -> CouponCard:
        """Create the coupon that an admin has drafted.

        Raises:
            BadCoupon: as in `create`.
        """
        return self.create(admin, self.draft(admin).terms)

    def list(self, admin: Person, *, page: int) -> CouponPage:
        """Read one page of the coupons; a page beyond the last shows the last."""
        self.context.customers.require(admin, Right.CATALOGUE)
        page, pages = self.context.page(page, Coupon.count_all())
        rows = Coupon.page(page=page, size=self.context.page_entries)
        uses = CouponUse.counts([row.id for row in rows])
        return CouponPage(tuple(self._card(row, uses.get(row.id, 0)) for row in rows), page, pages)

    def one(self, admin: Person, coupon_id: int) -> CouponCard:
        """Read one coupon.

        Raises:
            NotFound: no such coupon.
        """
        self.context.customers.require(admin, Right.CATALOGUE)
        coupon = Coupon.one(coupon_id)
        if coupon is None:
            raise NotFound
        return self._card(coupon, CouponUse.count_of(coupon.id))

    def switch(self, admin: Person, coupon_id: int, *, off: bool) -> CouponCard:
        """Switch a coupon off or on; orders that used it stay as they are.

        Raises:
            NotFound: as in `one`.
        """
        before = self.one(admin, coupon_id)
        if before.switched_off and not off and is_deep(before.terms):
            self.context.customers.require_proof(admin)
        if before.switched_off != off:
            with self.context.database.transaction():
                Coupon.switch(coupon_id, off=off)
                action = "coupon.switched_off" if off else "coupon.switched_on"
                self.context.audit.write(admin, action, f"coupon {before.terms.code}")
        return replace(before, switched_off=off)

    def uses(self, admin: Person, coupon_id: int, *, page: int) -> UsePage:
        """Read one page of a coupon's uses.

        Raises:
            NotFound: as in `one`.
        """
        card = self.one(admin, coupon_id)
        page, pages = self.context.page(page, card.uses)
        rows = CouponUse.page_of(coupon_id, page=page, size=self.context.page_entries)
        discounts = Order.discounts_of([row.order_id for row in rows]) if rows else {}
        named = Right.CUSTOMERS in self.context.customers.rights_of(admin.telegram_id)
        uses = tuple(
            Use(
                order_id=row.order_id if named else None,
                customer=row.customer.first_name if named else None,
                discount=Money(discounts[row.order_id], self.context.currency),
                used_at=row.created_at,
            )
            for row in rows
        )
        return UsePage(card, uses, page, pages)

    def draft(self, admin: Person) -> CouponDraft:
        """Read the coupon that an admin is drafting."""
        self.context.customers.require(admin, Right.CATALOGUE)
        terms = terms_of(json.loads(CouponDraftRow.of(admin.id)), self.context.currency)
        return CouponDraft(terms, _goods(terms))

    def begin(self, admin: Person) -> CouponDraft:
        """Begin a new coupon."""
        self.context.customers.require(admin, Right.CATALOGUE)
        return self._keep(admin, CouponTerms())

    def type(self, admin: Person, field: CouponField, text: str) -> CouponDraft:
        """Set a term of the draft to what the admin typed.

        Raises:
            BadCoupon: the text is not such a term, or the code is taken.
        """
        terms = with_typed(
            self.draft(admin).terms, field, text, self.context.currency, zone=self.context.settings.zone
        )
        if field is CouponField.CODE:
            self._check_free(terms)
        return self._keep(admin, terms)

    def choose_goods(
        self, admin: Person, *, product_id: int | None = None, category_id: int | None = None
    ) -> CouponDraft:
        """Choose the product or category of the draft; without either, it is for everything.

        Raises:
            NotFound: no such product or category.
        """
        terms = replace(self.draft(admin).terms, product_id=product_id, category_id=category_id)
        if not _goods(terms) and (product_id is not None or category_id is not None):
            raise NotFound
        return self._keep(admin, terms)

    def _keep(self, admin: Person, terms: CouponTerms) -> CouponDraft:
        with self.context.database.transaction():
            CouponDraftRow.keep(admin.id, json.dumps(columns_of(terms)), now=self.context.clock())
        return CouponDraft(terms, _goods(terms))

    def _check_free(self, terms: CouponTerms) -> None:
        if Coupon.by_code(terms.code) is not None:
            raise BadCoupon(BadTerms.CODE_TAKEN)
        if (terms.product_id is not None or terms.category_id is not None) and not _goods(terms):
            raise BadCoupon(BadTerms.GOODS)

    def _card(self, coupon: Coupon, uses: int) -> CouponCard:
        terms = terms_of(coupon.__data__, self.context.currency)
        return CouponCard(coupon.id, terms, _goods(terms), uses, coupon.switched_off)


def _goods(terms: CouponTerms) -> str:
    """Name the product or category of the terms; empty if they are for everything."""
    if terms.product_id is not None:
        return Product.name_of(terms.product_id)
    if terms.category_id is not None:
        return Category.name_of(terms.category_id)
    return ""
