"""Coupons and their uses, reviews, and carts."""

from shop.moving.journey import Journey
from shop.moving.old_shop import OldCoupon
from shop.moving.values import StaysBehind, rounded
from shop.sales.coupons import plain_code
from storage.models import CartItem, Coupon, CouponUse, MovedRow, OrderLine, Review, existing

DIFFERENCE = "MOVED-IN"
"""The coupon that accounts for a discount on an order if no coupon of the old shop does."""
MOST_TEXT = 1_000
_CODE_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")


def bring_coupons(journey: Journey) -> None:
    """Bring the coupons, switched on until the purchases have used them."""
    known = MovedRow.known("coupon")
    for coupon in journey.old.coupons.values():
        if coupon.id in known:
            journey.report.known["coupons"] += 1
            journey.coupons[coupon.id] = known[coupon.id]
            continue
        try:
            own_id = _make_coupon(journey, coupon)
        except StaysBehind as error:
            journey.report.refuse("coupons", coupon.id, error.reason)
            continue
        journey.coupons[coupon.id] = own_id
        journey.came("coupons", "coupon", coupon.id, own_id)


def use_coupon(journey: Journey, coupon_id: int | None, customer_id: int, order_id: int, *, at: int) -> None:
    """Record what gave an order its discount: the coupon that it was bought with, if that one can still account for
    it.
    """
    own_id = journey.coupons.get(coupon_id or 0)
    coupon = None if own_id is None else Coupon.one(own_id)
    if coupon is None or coupon.switched_off or not _holds(coupon, at):
        coupon = _difference(journey)
    CouponUse.insert_row(coupon_id=coupon.id, customer_id=customer_id, order_id=order_id, created_at=at)


def switch_off_coupons(journey: Journey) -> None:
    """Deactivate coupons that were used up or inactive there, and the one that accounts for differences."""
    for coupon in journey.old.coupons.values():
        if coupon.id in journey.coupons and not coupon.active:
            Coupon.switch(journey.coupons[coupon.id], off=True)
    own = Coupon.by_code(DIFFERENCE)
    if own is not None:
        Coupon.switch(own.id, off=True)


def bring_reviews(journey: Journey) -> None:
    """Bring the reviews; their pictures stay with the old bot."""
    known = MovedRow.known("review")
    written = existing.reviewed_lines()
    for review in journey.old.reviews.values():
        if review.id in known:
            journey.report.known["reviews"] += 1
            continue
        line_id = journey.part_lines.get(review.part_id)
        if line_id is None:
            journey.report.refuse("reviews", review.id, "the purchase that it is about does not come")
            continue
        if line_id in written:
            journey.report.refuse("reviews", review.id, "what was bought has a review already")
            continue
        line = OrderLine.get_by_id(line_id)
        own_id = Review.insert_row(
            order_line_id=line_id,
            product_id=line.product_id,
            customer_id=line.order.customer_id,
            stars=review.stars,
            text=review.text[:MOST_TEXT],
            created_at=review.written_at,
            changed_at=review.written_at,
        )
        written.add(line_id)
        journey.came("reviews", "review", review.id, own_id)


def bring_carts(journey: Journey) -> None:
    """Bring the carts of the customers who come along now, as the product that each subcategory sells first."""
    known = MovedRow.known("cart_item")
    filled = existing.carts()
    for item in journey.old.cart_items.values():
        if item.id in known:
            journey.report.known["cart_items"] += 1
            continue
        customer_id = journey.customers.get(item.user_id)
        product_id = journey.products.get((item.category_id, item.subcategory_id))
        reason = ""
        if customer_id is None:
            reason = f"its user {item.user_id} does not come"
        elif item.physical:
            reason = "physical goods"
        elif product_id is None:
            reason = "nothing like it is for sale"
        elif (customer_id, product_id) in filled or not item.quantity:
            reason = "it is in the cart already"
        if reason or customer_id is None or product_id is None:
            journey.report.refuse("cart_items", item.id, reason)
            continue
        CartItem.put(customer_id, product_id, item.quantity)
        filled.add((customer_id, product_id))
        journey.came("cart_items", "cart_item", item.id, product_id)


def _make_coupon(journey: Journey, coupon: OldCoupon) -> int:
    code = plain_code(coupon.code)
    if not 3 <= len(code) <= 32 or not _CODE_CHARACTERS.issuperset(code):
        raise StaysBehind("its code has characters other than A-Z, 0-9, _ and -, or is shorter than 3")
    if Coupon.by_code(code) is not None:
        raise StaysBehind("a coupon has this code already")
    if coupon.expires_at <= coupon.made_at:
        raise StaysBehind("it ends before it begins")
    terms: dict[str, object]
    if coupon.kind == "PERCENTAGE":
        if coupon.value != int(coupon.value) or not 1 <= coupon.value <= 100:
            raise StaysBehind("its percentage is not a whole number from 1 to 100")
        terms = {"percent": int(coupon.value)}
    else:
        amount = rounded(coupon.value, journey.terms.currency).money
        if coupon.kind != "FIXED" or amount.minor <= 0:
            raise StaysBehind("its discount cannot be read")
        terms = {"fixed_minor": amount.minor}
    return Coupon.insert_row(
        code=code,
        most_uses=coupon.limit or None,
        valid_from=coupon.made_at,
        valid_until=coupon.expires_at,
        created_by=journey.owner_id,
        created_at=coupon.made_at,
        **terms,
    )


def _holds(coupon: Coupon, at: int) -> bool:
    begun = coupon.valid_from is None or coupon.valid_from <= at
    over = coupon.valid_until is not None and coupon.valid_until <= at
    return begun and not over and (coupon.most_uses is None or CouponUse.count_of(coupon.id) < coupon.most_uses)


def _difference(journey: Journey) -> Coupon:
    own = Coupon.by_code(DIFFERENCE)
    if own is None:
        made = {"code": DIFFERENCE, "fixed_minor": 1, "created_by": journey.owner_id}
        own_id = Coupon.insert_row(created_at=journey.terms.now, **made)
    else:
        own_id = own.id
        Coupon.switch(own_id, off=False)
    return Coupon.get_by_id(own_id)
