"""Refusals in words."""

import re

from markupsafe import Markup

from bot_handlers.callbacks.catalog import ShowShelf
from bot_handlers.callbacks.checkout import Agree, ShowCart, TopUpOffer
from bot_handlers.callbacks.goods import ShowBranch
from bot_handlers.callbacks.home import AdminHome, Home
from bot_handlers.screens.screen import Button, Rows, Screen, back_button
from locales import Translator
from shop.errors.catalog import BadImport, BadValue
from shop.errors.payments import SweepRefused
from shop.errors.refusals import BadBot, NotAnnounced, Refusal
from shop.errors.sales import BadCoupon, ConsentNeeded, CouponRefused, InsufficientFunds, OfferChanged, OutOfStock


def key_of(kind: type[Refusal]) -> str:
    """Name the text of a refusal: InsufficientFunds is `refusal.insufficient_funds`."""
    return "refusal." + re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()


def words(refusal: Refusal, translator: Translator) -> str:
    """Word a refusal in the person's language."""
    key = key_of(type(refusal))
    if isinstance(refusal, CouponRefused | BadCoupon | SweepRefused):
        return translator.text(f"{key}.{refusal.reason.value}", **refusal.values)
    if isinstance(refusal, NotAnnounced | BadBot):
        return translator.text(f"{key}.{refusal.reason}")
    if isinstance(refusal, OutOfStock):
        return out_of_stock(refusal.product_name, refusal.available, translator)
    if isinstance(refusal, BadValue):
        reason = _import_reason(refusal.reason, "-", translator)
        return translator.text(key, reason=Markup(reason[:1].upper() + reason[1:]))  # noqa: S704
    if isinstance(refusal, BadImport):
        return _bad_import(refusal, translator)
    return translator.text(key, **refusal.values)


def out_of_stock(product_name: str, available: int, translator: Translator) -> str:
    """Say that there is less of a product than was wanted, or nothing."""
    if not available:
        return translator.text("refusal.sold_out", product_name=product_name)
    return translator.text("refusal.out_of_stock", product_name=product_name, count=available)


def screen(refusal: Refusal, translator: Translator, ways_out: Rows = ()) -> Screen:
    """Turn a refusal into a screen that leads on; in a dialog, `ways_out` leads back and out of it."""
    rows: list[tuple[Button, ...]] = []
    if isinstance(refusal, InsufficientFunds):
        label = translator.text("button.top_up_missing", missing=refusal.missing)
        rows.append((Button(label, TopUpOffer(refusal.offer_id)),))
    if isinstance(refusal, ConsentNeeded):
        rows.append((Button(translator.text("button.agree"), Agree(refusal.offer_id, refusal.version)),))
    if isinstance(refusal, OfferChanged | CouponRefused):
        rows.append((Button(translator.text("button.cart"), ShowCart()),))
    if isinstance(refusal, BadImport):
        on = (Button(translator.text("button.goods"), ShowBranch(None, 0)), back_button(AdminHome(), translator))
    else:
        on = (
            Button(translator.text("button.shop"), ShowShelf(None, 0)),
            Button(translator.text("button.home"), Home()),
        )
    return Screen(words(refusal, translator), (*rows, *(ways_out or (on,))))


def entry_words(refusal: BadImport, translator: Translator) -> str:
    """Say what is wrong with one entry of a file of goods."""
    reason = _import_reason(refusal.reason, refusal.field or "-", translator)
    key = "import.line" if refusal.field else "import.entry"
    return translator.text(key, entry=refusal.entry or "-", field=refusal.field, reason=reason)


def _bad_import(refusal: BadImport, translator: Translator) -> str:
    field = refusal.field or "-"
    reason = _import_reason(refusal.reason, field, translator)
    if refusal.entry is None or refusal.reason in ("no_column", "unknown_column"):
        return translator.text("refusal.bad_import", reason=reason)
    if refusal.reason in ("not_json", "bad_csv"):
        return translator.text("refusal.bad_import_line", line=refusal.entry, reason=reason)
    if refusal.field is None:
        return translator.text("refusal.bad_import_entry", entry=refusal.entry, reason=reason)
    return translator.text("refusal.bad_import_at", entry=refusal.entry, field=field, reason=reason)


def _import_reason(reason: str, field: str, translator: Translator) -> Markup:
    """Say what is wrong with a value; what it names is escaped, so that the sentence can stand in another."""
    return Markup(translator.text(f"import.{reason}", field=field))  # noqa: S704
