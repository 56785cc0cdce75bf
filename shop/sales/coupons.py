"""Discounts: the amounts that coupons take off orders."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from shop.context import Context
from shop.errors.sales import CouponReason, CouponRefused
from shop.money import Money
from storage.models import Category, ChosenCoupon, Coupon, CouponUse

_MAX_SHOWN = 32
"""The most characters of an unknown code that a refusal repeats."""
_FOR_GOOD = (CouponReason.OFF, CouponReason.EXPIRED, CouponReason.USED_UP, CouponReason.USED_BY_YOU)
"""Reasons for dropping a customer's chosen coupon."""


@dataclass(frozen=True, slots=True)
class Priced:
    """A line to discount: `amount_minor` is the price of all its units, in minor units."""

    product_id: int
    category_id: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Discount:
    """A coupon's discount on an order. `shares` are per line, in minor units; they add up to `total`."""

    coupon_id: int
    code: str
    total: Money
    shares: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Discounts:
    """Applies coupons to the lines of an order. `choose`, `chosen` and `use` need an open transaction."""

    context: Context

    def choose(self, customer_id: int, code: str, lines: Sequence[Priced]) -> Discount:
        """Apply a code that a customer typed, and keep it as their chosen coupon.

        Raises:
            CouponRefused: there is no such coupon, or it does not apply to these lines.
        """
        typed = plain_code(code)
        coupon = Coupon.by_code(typed)
        if coupon is None:
            raise CouponRefused(typed[:_MAX_SHOWN], CouponReason.UNKNOWN)
        discount = self._of(coupon, customer_id, lines)
        ChosenCoupon.keep(customer_id, coupon.id, now=self.context.clock())
        return discount

    def chosen(self, customer_id: int, lines: Sequence[Priced]) -> Discount | CouponRefused | None:
        """Apply the customer's chosen coupon: return its discount, or why it does not apply.

        A coupon that can never apply again is dropped.
        """
        coupon = ChosenCoupon.of(customer_id)
        if coupon is None:
            return None
        try:
            return self._of(coupon, customer_id, lines)
        except CouponRefused as refusal:
            if refusal.reason in _FOR_GOOD:
                ChosenCoupon.forget(customer_id)
            return refusal

    def again(self, customer_id: int, coupon_id: int, lines: Sequence[Priced]) -> Discount:
        """Compute a coupon's discount now.

        Raises:
            CouponRefused: it no longer applies.
        """
        return self._of(Coupon.get_by_id(coupon_id), customer_id, lines)

    def use(self, customer_id: int, discount: Discount, order_id: int) -> None:
        """Record a use; the database refuses one beyond the limits."""
        CouponUse.create(
            coupon=discount.coupon_id, customer=customer_id, order_id=order_id, created_at=self.context.clock()
        )
        ChosenCoupon.forget(customer_id, discount.coupon_id)

    def _of(self, coupon: Coupon, customer_id: int, lines: Sequence[Priced]) -> Discount:
        if reason := self._unusable(coupon, customer_id):
            raise CouponRefused(coupon.code, reason)
        total = sum(line.amount_minor for line in lines)
        if total < coupon.least_minor:
            least = Money(coupon.least_minor, self.context.currency)
            raise CouponRefused(coupon.code, CouponReason.BELOW_MINIMUM, least=least)
        amounts = _eligible(coupon, lines)
        if not any(amounts):
            raise CouponRefused(coupon.code, CouponReason.NOT_FOR_THESE)
        taken = min(_taken_off(coupon, sum(amounts)), total - 1)
        if taken <= 0:
            raise CouponRefused(coupon.code, CouponReason.TAKES_NOTHING)
        return Discount(coupon.id, coupon.code, Money(taken, self.context.currency), shares(taken, amounts))

    def _unusable(self, coupon: Coupon, customer_id: int) -> CouponReason | None:
        """Return why a coupon applies to no order of this customer now."""
        now = self.context.clock()
        if coupon.switched_off:
            return CouponReason.OFF
        if coupon.valid_from is not None and now < coupon.valid_from:
            return CouponReason.NOT_YET
        if coupon.valid_until is not None and now >= coupon.valid_until:
            return CouponReason.EXPIRED
        each = coupon.most_uses_each
        if each is not None and CouponUse.count_of(coupon.id, customer_id) >= each:
            return CouponReason.USED_BY_YOU
        if coupon.most_uses is not None and CouponUse.count_of(coupon.id) >= coupon.most_uses:
            return CouponReason.USED_UP
        return None


def plain_code(text: str) -> str:
    """Normalise a typed code: upper case, no surrounding spaces."""
    return text.strip().upper()


def shares(taken: int, amounts: Sequence[int]) -> tuple[int, ...]:
    """Divide a discount among amounts in proportion; the shares add up to it exactly.

    Each share is the difference of two running sums rounded down: no share is below zero or above its amount, and the
    same order always gives the same shares.
    """
    whole = sum(amounts)
    ends = [taken * running // whole for running in accumulate(amounts, initial=0)]
    return tuple(end - start for start, end in pairwise(ends))


def _eligible(coupon: Coupon, lines: Sequence[Priced]) -> list[int]:
    """The price of each line; zero for a line that the coupon is not for."""
    if coupon.product_id is not None:
        return [line.amount_minor if line.product_id == coupon.product_id else 0 for line in lines]
    if coupon.category_id is not None:
        inside = Category.tree_of(coupon.category_id)
        return [line.amount_minor if line.category_id in inside else 0 for line in lines]
    return [line.amount_minor for line in lines]


def _taken_off(coupon: Coupon, amount: int) -> int:
    """A percentage rounded down to the minor unit, or the fixed sum, but no more than the amount."""
    if coupon.fixed_minor is not None:
        return min(int(coupon.fixed_minor), amount)
    return amount * int(coupon.percent or 0) // 100
