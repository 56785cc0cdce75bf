"""Coupons as those who look after the shop know them: made, switched off and on, and what became of them."""

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

from shop.audit import Audit
from shop.coupon_reasons import BadTerms
from shop.coupon_terms import CouponField, CouponTerms, check_terms, columns_of, terms_of, with_typed
from shop.customers import Customers
from shop.errors import BadCoupon, NotFound
from shop.money import Money
from shop.people import Person
from shop.rights import Right
from storage.database import Database
from storage.models import Category, Coupon, CouponDraft, CouponUse, Order, Product

_log = logging.getLogger("souk.shop")


@dataclass(frozen=True, slots=True)
class CouponCard:
    """A coupon with what it is for and how often it was used. `goods` names its product or category."""

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
    """An order that a coupon took something off. `used_at` is in Unix seconds."""

    order_id: int
    customer: str
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
class Draft:
    """The coupon that an admin is writing."""

    terms: CouponTerms
    goods: str


class Coupons:
    """What admins do with coupons. Each call takes the right to the catalogue."""

    def __init__(
        self,
        database: Database,
        customers: Customers,
        audit: Audit,
        *,
        clock: Callable[[], int],
        currency: str,
        page_entries: int,
    ) -> None:
        self._database = database
        self._customers = customers
        self._audit = audit
        self._clock = clock
        self._currency = currency
        self._size = page_entries

    def create(self, admin: Person, terms: CouponTerms) -> CouponCard:
        """Make a coupon; its terms then stay as they are.

        Raises:
            NotAllowed: only who looks after the catalogue may.
            BadCoupon: no order could meet these terms, or the code is taken.
        """
        self._customers.require(admin, Right.CATALOGUE)
        check_terms(terms, now=self._clock())
        with self._database.transaction():
            self._check_free(terms)
            coupon = Coupon.create(**columns_of(terms), created_by=admin.id, created_at=self._clock())
            self._audit.write(admin, "coupon.created", f"coupon {coupon.code}", **columns_of(terms))
            CouponDraft.keep(admin.id, "{}", now=self._clock())
        _log.info("coupon %d made by %d", coupon.id, admin.telegram_id)
        return self._card(coupon, 0)

    def create_draft(self, admin: Person) -> CouponCard:
        """Make the coupon that an admin has written.

        Raises:
            NotAllowed, BadCoupon: as in `create`.
        """
        return self.create(admin, self.draft(admin).terms)

    def list(self, admin: Person, *, page: int) -> CouponPage:
        """Read one page of the coupons; a page beyond the last shows the last.

        Raises:
            NotAllowed: only who looks after the catalogue may.
        """
        self._customers.require(admin, Right.CATALOGUE)
        page, pages = self._page(page, Coupon.count_all())
        rows = Coupon.page(page=page, size=self._size)
        uses = CouponUse.counts([row.id for row in rows])
        return CouponPage(tuple(self._card(row, uses.get(row.id, 0)) for row in rows), page, pages)

    def one(self, admin: Person, coupon_id: int) -> CouponCard:
        """Read one coupon.

        Raises:
            NotAllowed: only who looks after the catalogue may.
            NotFound: no such coupon.
        """
        self._customers.require(admin, Right.CATALOGUE)
        coupon = Coupon.one(coupon_id)
        if coupon is None:
            raise NotFound
        return self._card(coupon, CouponUse.count_of(coupon.id))

    def switch(self, admin: Person, coupon_id: int, *, off: bool) -> CouponCard:
        """Switch a coupon off, or on again; orders that it was used for stay as they are.

        Raises:
            NotAllowed, NotFound: as in `one`.
        """
        before = self.one(admin, coupon_id)
        if before.switched_off != off:
            with self._database.transaction():
                Coupon.switch(coupon_id, off=off)
                action = "coupon.switched_off" if off else "coupon.switched_on"
                self._audit.write(admin, action, f"coupon {before.terms.code}")
        return replace(before, switched_off=off)

    def uses(self, admin: Person, coupon_id: int, *, page: int) -> UsePage:
        """Read one page of what a coupon was used for.

        Raises:
            NotAllowed, NotFound: as in `one`.
        """
        card = self.one(admin, coupon_id)
        page, pages = self._page(page, card.uses)
        rows = CouponUse.page_of(coupon_id, page=page, size=self._size)
        discounts = Order.discounts_of([row.order_id for row in rows]) if rows else {}
        uses = tuple(
            Use(
                order_id=row.order_id,
                customer=row.customer.first_name,
                discount=Money(discounts[row.order_id], self._currency),
                used_at=row.created_at,
            )
            for row in rows
        )
        return UsePage(card, uses, page, pages)

    def draft(self, admin: Person) -> Draft:
        """Read the coupon that an admin is writing.

        Raises:
            NotAllowed: only who looks after the catalogue may.
        """
        self._customers.require(admin, Right.CATALOGUE)
        terms = terms_of(json.loads(CouponDraft.of(admin.id)), self._currency)
        return Draft(terms, _goods(terms))

    def begin(self, admin: Person) -> Draft:
        """Begin a new coupon.

        Raises:
            NotAllowed: only who looks after the catalogue may.
        """
        self._customers.require(admin, Right.CATALOGUE)
        return self._keep(admin, CouponTerms())

    def type(self, admin: Person, field: CouponField, text: str) -> Draft:
        """Put what an admin typed into the coupon that he is writing.

        Raises:
            NotAllowed: only who looks after the catalogue may.
            BadCoupon: it is no such term, or the code is taken.
        """
        terms = with_typed(self.draft(admin).terms, field, text, self._currency)
        if field is CouponField.CODE:
            self._check_free(terms)
        return self._keep(admin, terms)

    def choose_goods(self, admin: Person, *, product_id: int | None = None, category_id: int | None = None) -> Draft:
        """Say what the coupon that an admin is writing is for; without either, for everything.

        Raises:
            NotAllowed: only who looks after the catalogue may.
            NotFound: no such product or category.
        """
        terms = replace(self.draft(admin).terms, product_id=product_id, category_id=category_id)
        if not _goods(terms) and (product_id is not None or category_id is not None):
            raise NotFound
        return self._keep(admin, terms)

    def _keep(self, admin: Person, terms: CouponTerms) -> Draft:
        with self._database.transaction():
            CouponDraft.keep(admin.id, json.dumps(columns_of(terms)), now=self._clock())
        return Draft(terms, _goods(terms))

    def _check_free(self, terms: CouponTerms) -> None:
        if Coupon.by_code(terms.code) is not None:
            raise BadCoupon(BadTerms.CODE_TAKEN)
        if (terms.product_id is not None or terms.category_id is not None) and not _goods(terms):
            raise BadCoupon(BadTerms.GOODS)

    def _card(self, coupon: Coupon, uses: int) -> CouponCard:
        terms = terms_of(coupon.__data__, self._currency)
        return CouponCard(coupon.id, terms, _goods(terms), uses, coupon.switched_off)

    def _page(self, page: int, rows: int) -> tuple[int, int]:
        """Bring a page number, forged perhaps, to one that exists; say how many there are."""
        pages = max(1, -(-rows // self._size))
        return min(max(page, 0), pages - 1), pages


def _goods(terms: CouponTerms) -> str:
    """Name the product or the category that terms are for; nothing when they are for everything."""
    if terms.product_id is not None:
        return Product.name_of(terms.product_id)
    if terms.category_id is not None:
        return Category.name_of(terms.category_id)
    return ""
