"""Coupons: the list, one of them, and the form that makes a new one."""

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
from bot_handlers.telegram.messenger import Messenger
from bot_handlers.telegram.visits import Visit
from bot_handlers.updates.conversations import Conversations, Dialog, Step
from shop.catalog.storefront import Catalog
from shop.errors import StaleScreen
from shop.sales.coupon_admin import CouponField, Coupons


class CouponHandlers:
    """What those who look after the catalogue do with coupons. The terms of a new one wait in a draft."""

    def __init__(
        self, coupons: Coupons, catalog: Catalog, *, conversations: Conversations, messenger: Messenger
    ) -> None:
        self._coupons = coupons
        self._catalog = catalog
        self._conversations = conversations
        self._messenger = messenger

    def show_all(self, visit: Visit, place: ShowCoupons) -> None:
        """Show a page of the coupons."""
        page = self._coupons.list(visit.person, page=place.page)
        self._messenger.show(visit, screens.coupons(page, visit.translator))

    def show(self, visit: Visit, choice: ShowCoupon) -> None:
        """Show a coupon."""
        card = self._coupons.one(visit.person, choice.coupon_id)
        self._messenger.show(visit, screens.coupon(card, visit.translator))

    def switch(self, visit: Visit, choice: SwitchCoupon) -> None:
        """Switch a coupon off or on."""
        card = self._coupons.switch(visit.person, choice.coupon_id, off=choice.off == 1)
        self._messenger.show(visit, screens.coupon(card, visit.translator))

    def show_uses(self, visit: Visit, place: ShowCouponUses) -> None:
        """Show a page of what a coupon was used for."""
        page = self._coupons.uses(visit.person, place.coupon_id, page=place.page)
        self._messenger.show(visit, screens.uses(page, visit.translator))

    def begin(self, visit: Visit, _press: NewCoupon) -> None:
        """Begin a new coupon with its code."""
        self._coupons.begin(visit.person)
        self._ask(visit, CouponField.CODE)

    def show_draft(self, visit: Visit, _page: ShowCouponDraft) -> None:
        """Show what was chosen so far."""
        self._messenger.show(visit, screens.draft(self._coupons.draft(visit.person), visit.translator))

    def type_term(self, visit: Visit, choice: TypeTerm) -> None:
        """Ask for a term; the next message is the answer."""
        if choice.field not in {field.value for field in CouponField}:
            raise StaleScreen
        self._ask(visit, CouponField(choice.field))

    def typed_term(self, visit: Visit, dialog: Dialog, text: str) -> None:
        """Take a term; what is none may be typed again. After the code the discount is asked for."""
        field = CouponField(dialog.answers["field"])
        draft = self._coupons.type(visit.person, field, text)
        if field is CouponField.CODE and not draft.terms.complete:
            self._ask(visit, CouponField.DISCOUNT)
            return
        self._conversations.end(visit)
        self._messenger.show(visit, screens.draft(draft, visit.translator))

    def show_goods(self, visit: Visit, place: ShowCouponGoods) -> None:
        """Show a page of a category to choose from."""
        shelf = self._catalog.shelf(place.category_id, page=place.page)
        self._messenger.show(visit, screens.goods(shelf, visit.translator))

    def choose_goods(self, visit: Visit, choice: ChooseCouponGoods) -> None:
        """Choose what the coupon is for."""
        product_id, category_id = choice.product_id, None if choice.product_id is not None else choice.category_id
        draft = self._coupons.choose_goods(visit.person, product_id=product_id, category_id=category_id)
        self._messenger.show(visit, screens.draft(draft, visit.translator))

    def create(self, visit: Visit, _press: CreateCoupon) -> None:
        """Make the coupon."""
        self._messenger.show(visit, screens.coupon(self._coupons.create_draft(visit.person), visit.translator))

    def _ask(self, visit: Visit, field: CouponField) -> None:
        self._conversations.ask(visit, Step.COUPON_TERM, field=field.value)
        self._messenger.show(visit, screens.ask_term(field, visit.translator))
