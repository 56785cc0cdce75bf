"""Refusals in words."""

import re

from bot_handlers.callbacks.catalog import ShowShelf
from bot_handlers.callbacks.checkout import ShowCart, TopUpOffer
from bot_handlers.callbacks.home import Home
from bot_handlers.screens.screen import Button, Screen
from locales import Translator
from shop import errors
from shop.errors import Refusal


def key_of(kind: type[Refusal]) -> str:
    """Name the text of a refusal: InsufficientFunds is `refusal.insufficient_funds`."""
    return "refusal." + re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()


def words(refusal: Refusal, translator: Translator) -> str:
    """Say a refusal in the language of the person."""
    key = key_of(type(refusal))
    if isinstance(refusal, errors.CouponRefused | errors.BadCoupon):
        return translator.text(f"{key}.{refusal.reason.value}", **refusal.values)
    if isinstance(refusal, errors.NotAnnounced):
        return translator.text(f"{key}.{refusal.reason}")
    if isinstance(refusal, errors.BadValue):
        return translator.text(key, reason=_import_reason(refusal, translator))
    if isinstance(refusal, errors.BadImport):
        return _bad_import(refusal, translator)
    return translator.text(key, **refusal.values)


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


def entry_words(refusal: errors.BadImport, translator: Translator) -> str:
    """Say what is wrong with one entry of a file of goods."""
    return translator.text(
        "import.line",
        entry=refusal.entry or "-",
        field=refusal.field or "-",
        reason=_import_reason(refusal, translator),
    )


def _bad_import(refusal: errors.BadImport, translator: Translator) -> str:
    reason = _import_reason(refusal, translator)
    if refusal.entry is None:
        return translator.text("refusal.bad_import", reason=reason)
    return translator.text("refusal.bad_import_at", entry=refusal.entry, field=refusal.field or "-", reason=reason)


def _import_reason(refusal: errors.BadImport | errors.BadValue, translator: Translator) -> str:
    return translator.text(f"import.{refusal.reason}")
