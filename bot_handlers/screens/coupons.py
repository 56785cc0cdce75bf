"""Coupons, as admins see them."""

from bot_handlers.callbacks import Callback
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
from bot_handlers.callbacks.home import AdminHome
from bot_handlers.screens.screen import Button, Screen, back_row, pager, shortened
from locales import Translator
from shop.catalog.storefront import Shelf
from shop.sales.coupon_admin import CouponCard, CouponDraft, CouponField, CouponPage, CouponTerms, Use, UsePage

MAX_NAME = 24
"""The most UTF-16 code units of a customer's name in a list."""


def coupons(page: CouponPage, t: Translator) -> Screen:
    """Show a page of the coupons, newest first."""
    rows: list[tuple[Button, ...]] = [(Button(_label(card, t), ShowCoupon(card.id)),) for card in page.coupons]
    rows += pager(page, ShowCoupons)
    rows += [(Button(t.text("button.new_coupon"), NewCoupon()),), back_row(AdminHome(), t)]
    return Screen(t.text("coupons" if page.coupons else "coupons.none"), tuple(rows))


def coupon(card: CouponCard, t: Translator) -> Screen:
    """Show a coupon with its terms and how often it was used."""
    lines = [t.text("coupon", code=card.terms.code), *_terms(card.terms, card.goods, t)]
    lines.append(t.text("coupon.uses", count=card.uses))
    if card.switched_off:
        lines.append(t.text("coupon.is_off"))
    switch = "button.switch_on" if card.switched_off else "button.switch_off"
    rows = (
        (Button(t.text(switch), SwitchCoupon(card.id, 0 if card.switched_off else 1)),),
        *([(Button(t.text("button.coupon_uses"), ShowCouponUses(card.id, 0)),)] if card.uses else []),
        back_row(ShowCoupons(0), t),
    )
    return Screen("\n".join(lines), rows)


def uses(page: UsePage, t: Translator) -> Screen:
    """Show a page of what a coupon was used for, newest first."""
    lines = [t.text("coupon", code=page.coupon.terms.code), t.text("coupon.uses", count=page.coupon.uses), ""]
    lines += [_use(use, t) for use in page.uses]
    turn = pager(page, lambda number: ShowCouponUses(page.coupon.id, number))
    return Screen("\n".join(lines), (*turn, back_row(ShowCoupon(page.coupon.id), t)))


def _use(use: Use, t: Translator) -> str:
    moment = t.moment(use.used_at)
    if use.order_id is None or use.customer is None:
        return t.text("coupon.use.unnamed", discount=use.discount, moment=moment)
    customer = shortened(use.customer, MAX_NAME)
    return t.text("coupon.use", number=use.order_id, customer=customer, discount=use.discount, moment=moment)


def draft(draft: CouponDraft, t: Translator) -> Screen:
    """Show the form of a new coupon: what was chosen so far, and a button for each term."""
    terms = draft.terms
    head = t.text("coupon", code=terms.code or "–")
    buttons = [Button(t.text(f"button.term.{field.value}"), TypeTerm(field.value)) for field in CouponField]
    buttons.insert(2, Button(t.text("button.term.goods"), ShowCouponGoods(None, 0)))
    rows = [tuple(buttons[start : start + 2]) for start in range(0, len(buttons), 2)]
    if terms.complete:
        rows.append((Button(t.label("button.create_coupon", code=terms.code), CreateCoupon()),))
    text = "\n".join([head, *_terms(terms, draft.goods, t), "", t.text("coupon.form")])
    return Screen(text, (*rows, back_row(ShowCoupons(0), t)))


def ask_term(field: CouponField, t: Translator) -> Screen:
    """Ask for a term."""
    return Screen(t.text(f"coupon.ask.{field.value}"), (back_row(ShowCouponDraft(), t),))


def goods(shelf: Shelf, t: Translator) -> Screen:
    """Show a page of a category to choose what a coupon is for."""
    here = shelf.category
    whole = (
        Button(t.text("button.for_everything"), ChooseCouponGoods(None, None))
        if here is None
        else Button(t.label("button.for_category", name=here.name), ChooseCouponGoods(None, here.id))
    )
    rows: list[tuple[Button, ...]] = [(whole,)]
    rows += [(Button(f"📁 {category.name}", ShowCouponGoods(category.id, 0)),) for category in shelf.categories]
    rows += [(Button(card.name, ChooseCouponGoods(card.id, None)),) for card in shelf.products]
    rows += pager(shelf, lambda page: ShowCouponGoods(here.id if here else None, page))
    up: Callback = ShowCouponDraft() if here is None else ShowCouponGoods(shelf.parent_id, 0)
    return Screen(t.text("coupon.ask.goods"), (*rows, back_row(up, t)))


def _terms(terms: CouponTerms, goods: str, t: Translator) -> list[str]:
    lines = []
    if terms.percent is not None:
        lines.append(t.text("coupon.percent", percent=terms.percent))
    if terms.fixed is not None:
        lines.append(t.text("coupon.fixed", amount=terms.fixed))
    if terms.product_id is not None:
        lines.append(t.text("coupon.for_product", name=goods))
    elif terms.category_id is not None:
        lines.append(t.text("coupon.for_category", name=goods))
    else:
        lines.append(t.text("coupon.for_everything"))
    if terms.least is not None:
        lines.append(t.text("coupon.least", amount=terms.least))
    if terms.most_uses is not None:
        lines.append(t.text("coupon.most_uses", count=terms.most_uses))
    if terms.most_uses_each is not None:
        lines.append(t.text("coupon.most_uses_each", count=terms.most_uses_each))
    if terms.valid_from is not None:
        lines.append(t.text("coupon.from", moment=t.date(terms.valid_from)))
    if terms.valid_until is not None:
        last_day = t.date(terms.valid_until - 1)
        lines.append(t.text("coupon.until", moment=last_day))
    return lines


def _label(card: CouponCard, t: Translator) -> str:
    terms = card.terms
    off = t.money(terms.fixed) if terms.fixed is not None else t.text("figures.percent", value=terms.percent)
    return f"{'⏸ ' if card.switched_off else ''}{terms.code} · −{off} · × {card.uses}"
