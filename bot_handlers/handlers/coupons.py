"""Coupons: the list, one of them, and the dialog that makes a new one."""

from collections.abc import Callable
from dataclasses import dataclass

from bot_handlers.callbacks import member
from bot_handlers.callbacks.coupons import (
    ChooseCouponGoods,
    CreateCoupon,
    NewCoupon,
    ShowCoupon,
    ShowCouponDraft,
    ShowCouponGoods,
    ShowCoupons,
    ShowCouponUses,
    SwitchCoupon,
    TypeTerm,
)
from bot_handlers.screens import coupons as screens
from bot_handlers.telegram.visits import Visit
from bot_handlers.updates.conversations import Chat, Dialog, Step
from shop.catalog.storefront import Catalog
from shop.sales.coupon_admin import CouponField, Coupons


@dataclass(frozen=True, slots=True)
class CouponHandlers:
    """Coupons, for admins. The terms of a new one are kept in a draft."""

    chat: Chat
    coupons: Coupons
    catalog: Catalog
    clock: Callable[[], int]

    def show_all(self, visit: Visit, place: ShowCoupons) -> None:
        """Show a page of the coupons."""
        page = self.coupons.list(visit.person, page=place.page)
        self.chat.show(visit, screens.coupons(page, visit.translator))

    def show(self, visit: Visit, choice: ShowCoupon) -> None:
        """Show a coupon."""
        card = self.coupons.one(visit.person, choice.coupon_id)
        self.chat.show(visit, screens.coupon(card, visit.translator))

    def switch(self, visit: Visit, choice: SwitchCoupon) -> None:
        """Switch a coupon off or on."""
        card = self.coupons.switch(visit.person, choice.coupon_id, off=choice.off == 1)
        self.chat.show(visit, screens.coupon(card, visit.translator))

    def show_uses(self, visit: Visit, place: ShowCouponUses) -> None:
        """Show a page of the orders that a coupon was used for."""
        page = self.coupons.uses(visit.person, place.coupon_id, page=place.page)
        self.chat.show(visit, screens.uses(page, visit.translator))

    def begin(self, visit: Visit, _press: NewCoupon) -> None:
        """Begin a new coupon, with its code."""
        self.coupons.begin(visit.person)
        self._ask(visit, CouponField.CODE)

    def show_draft(self, visit: Visit, _page: ShowCouponDraft) -> None:
        """Show the terms so far."""
        self.chat.show(visit, screens.draft(self.coupons.draft(visit.person), visit.translator))

    def ask_term(self, visit: Visit, choice: TypeTerm) -> None:
        """Ask for a term."""
        self._ask(visit, member(CouponField, choice.field))

    def take_term(self, visit: Visit, dialog: Dialog, text: str) -> None:
        """Take a term; if it is not valid, it can be typed again. After the code, ask for the discount."""
        field = CouponField(dialog.answers["field"])
        if field in (CouponField.FROM, CouponField.UNTIL):
            day = visit.translator.typed_day(text, self.clock())
            text = text if day is None else day.isoformat()
        draft = self.coupons.type(visit.person, field, text)
        if field is CouponField.CODE and not draft.terms.complete:
            self._ask(visit, CouponField.DISCOUNT)
            return
        self.chat.end(visit)
        self.chat.show(visit, screens.draft(draft, visit.translator))

    def show_goods(self, visit: Visit, place: ShowCouponGoods) -> None:
        """Show a page of a category, to choose what the coupon is for."""
        shelf = self.catalog.shelf(place.category_id, page=place.page)
        self.chat.show(visit, screens.goods(shelf, visit.translator))

    def choose_goods(self, visit: Visit, choice: ChooseCouponGoods) -> None:
        """Choose what the coupon is for."""
        product_id, category_id = choice.product_id, None if choice.product_id is not None else choice.category_id
        draft = self.coupons.choose_goods(visit.person, product_id=product_id, category_id=category_id)
        self.chat.show(visit, screens.draft(draft, visit.translator))

    def create(self, visit: Visit, _press: CreateCoupon) -> None:
        """Create the coupon of the draft."""
        self.chat.show(visit, screens.coupon(self.coupons.create_draft(visit.person), visit.translator))

    def _ask(self, visit: Visit, field: CouponField) -> None:
        self.chat.ask(visit, Step.COUPON_TERM, screens.ask_term(field, visit.translator), field=field.value)
