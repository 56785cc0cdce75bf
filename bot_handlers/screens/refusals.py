"""Refusals in words."""

from collections.abc import Callable
from typing import Any

from bot_handlers.callbacks.catalog import ShowShelf
from bot_handlers.callbacks.checkout import ShowCart, TopUpOffer
from bot_handlers.callbacks.home import Home
from bot_handlers.screens.screen import Button, Screen
from locales import Translator
from shop import errors
from shop.errors import Refusal

_PLAIN: dict[type[Refusal], str] = {
    errors.Banned: "refusal.banned",
    errors.NotAllowed: "refusal.not_allowed",
    errors.NotFound: "refusal.not_found",
    errors.StaleScreen: "refusal.stale_screen",
    errors.OfferChanged: "refusal.offer_changed",
    errors.CartEmpty: "refusal.cart_empty",
    errors.PaymentsUnavailable: "refusal.payments_unavailable",
    errors.TransactionUnknown: "refusal.transaction_unknown",
    errors.NotYourTransaction: "refusal.not_your_transaction",
    errors.AlreadyDelivered: "refusal.already_delivered",
    errors.PersonUnknown: "refusal.person_unknown",
    errors.IsOwner: "refusal.is_owner",
    errors.OwnAccount: "refusal.own_account",
    errors.NothingToRefund: "refusal.nothing_to_refund",
    errors.LineRefunded: "refusal.line_refunded",
    errors.SecondFactorNeeded: "refusal.second_factor_needed",
    errors.WrongCode: "refusal.wrong_code",
    errors.CannotBanSelf: "refusal.cannot_ban_self",
    errors.OwnersOnly: "refusal.owners_only",
    errors.ImportGone: "refusal.import_gone",
    errors.AlreadyReplaced: "refusal.already_replaced",
    errors.NameTaken: "refusal.name_taken",
    errors.BelowItself: "refusal.below_itself",
}
_WITH_DATA: dict[type[Refusal], tuple[str, Callable[[Any], dict[str, object]]]] = {
    errors.OutOfStock: ("refusal.out_of_stock", lambda e: {"product_name": e.product_name, "count": e.available}),
    errors.InsufficientFunds: (
        "refusal.insufficient_funds",
        lambda e: {"balance": e.balance, "price": e.price, "missing": e.missing},
    ),
    errors.BalanceTooLow: ("refusal.balance_too_low", lambda e: {"balance": e.balance}),
    errors.BadQuantity: ("refusal.bad_quantity", lambda e: {"count": e.largest}),
    errors.SumNotTaken: ("refusal.sum_not_taken", lambda e: {"asked": e.asked}),
    errors.TooManyInvoices: ("refusal.too_many_invoices", lambda e: {"count": e.most}),
    errors.UnknownAsset: ("refusal.unknown_asset", lambda e: {"code": e.code}),
    errors.NoAddressLeft: ("refusal.no_address_left", lambda e: {"chain": e.chain}),
    errors.ChainDelayed: ("refusal.chain_delayed", lambda e: {"coin": e.coin}),
    errors.FileTooLarge: ("refusal.file_too_large", lambda e: {"count": e.largest_mb}),
    errors.TextTooLong: ("refusal.text_too_long", lambda e: {"count": e.most}),
    errors.BadLink: ("refusal.bad_link", lambda e: {"line": e.line}),
    errors.TooManyTickets: ("refusal.too_many_tickets", lambda e: {"count": e.most}),
    errors.TooSoon: ("refusal.too_soon", lambda e: {"count": e.wait_s}),
    errors.BackupFailed: ("refusal.backup_failed", lambda e: {"reason": e.reason}),
    errors.CodesLocked: ("refusal.codes_locked", lambda e: {"count": -(-e.wait_s // 60)}),
    errors.RateUnavailable: ("refusal.rate_unavailable", lambda e: {"price_id": e.price_id}),
}
_TOASTS = (
    *(errors.Banned, errors.NotAllowed, errors.OutOfStock, errors.BadQuantity, errors.RateUnavailable),
    *(errors.CouponRefused, errors.BadCoupon, errors.BackupFailed, errors.NotAnnounced),
    *(errors.PaymentsUnavailable, errors.SumNotTaken, errors.TooManyInvoices),
    *(errors.OwnAccount, errors.NothingToRefund, errors.LineRefunded, errors.BalanceTooLow),
    *(errors.CannotBanSelf, errors.OwnersOnly, errors.AlreadyReplaced),
)


def words(refusal: Refusal, translator: Translator) -> str:
    """Say a refusal in the language of the person."""
    if isinstance(refusal, errors.BadImport | errors.BadValue):
        return _bad_import(refusal, translator)
    if isinstance(refusal, errors.CouponRefused):
        return _coupon_refused(refusal, translator)
    if isinstance(refusal, errors.BadCoupon):
        return translator.text(f"refusal.bad_coupon.{refusal.reason.value}")
    if isinstance(refusal, errors.NotAnnounced):
        return translator.text(f"refusal.not_announced.{refusal.reason}")
    if type(refusal) in _PLAIN:
        return translator.text(_PLAIN[type(refusal)])
    key, values = _WITH_DATA[type(refusal)]
    return translator.text(key, **values(refusal))


def as_toast(refusal: Refusal) -> bool:
    """Tell whether the screen below is still true, so that an alert over it is enough."""
    return isinstance(refusal, _TOASTS)


def screen(refusal: Refusal, translator: Translator) -> Screen:
    """Make a refusal a screen that leads on."""
    rows: list[tuple[Button, ...]] = []
    if isinstance(refusal, errors.InsufficientFunds):
        label = translator.text("button.top_up_missing", missing=refusal.missing)
        rows.append((Button(label, TopUpOffer(refusal.offer_id)),))
    if isinstance(refusal, errors.OfferChanged | errors.CouponRefused):
        rows.append((Button(translator.text("button.cart"), ShowCart()),))
    rows.append(
        (
            Button(translator.text("button.shop"), ShowShelf(None, 0)),
            Button(translator.text("button.home"), Home()),
        )
    )
    return Screen(words(refusal, translator), tuple(rows))


def _coupon_refused(refusal: errors.CouponRefused, translator: Translator) -> str:
    values: dict[str, object] = {"code": refusal.code}
    if refusal.least is not None:
        values["least"] = refusal.least
    return translator.text(f"refusal.coupon_refused.{refusal.reason.value}", **values)


def entry_words(refusal: errors.BadImport, translator: Translator) -> str:
    """Say what is wrong with one entry of a file of goods."""
    reason = translator.text(f"import.{refusal.reason}")
    return translator.text("import.line", entry=refusal.entry or "-", field=refusal.field or "-", reason=reason)


def _bad_import(refusal: errors.BadImport | errors.BadValue, translator: Translator) -> str:
    reason = translator.text(f"import.{refusal.reason}")
    if isinstance(refusal, errors.BadValue):
        return translator.text("refusal.bad_value", reason=reason)
    if refusal.entry is None:
        return translator.text("refusal.bad_import", reason=reason)
    return translator.text("refusal.bad_import_at", entry=refusal.entry, field=refusal.field or "-", reason=reason)
