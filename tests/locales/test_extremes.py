"""Every text still fits with the longest names, the largest amounts and every count."""

import ast
import re
from collections.abc import Iterator
from typing import Any

import pytest

from bot_handlers.screens import refusals
from bot_handlers.screens.screen import MAX_TEXT, MAX_TOAST, plain_text, utf16_length
from locales import Languages
from shop.errors.payments import SweepReason, SweepRefused
from shop.errors.refusals import BackupFailed, BadBot, NotAnnounced, Refusal
from shop.errors.sales import BadCoupon, BadTerms, CouponReason, CouponRefused, OutOfStock
from shop.money import Money
from tests.locales.emulator_font import HALF_ROW_PX, ROW_PX, width_px
from tests.locales.texts import LABELS, ROOT, TEXTS, placeholders

LANGUAGES = Languages.found()
COUNTS = (0, 1, 2, 5, 11, 21, 1_000_000)
NAME = "&" + "W" * 62 + "<"
"""As long as the name of a product or a person may be; both ends have to be escaped."""
LARGEST = Money(10**15, "VND")
LONG: dict[str, object] = {
    **dict.fromkeys(("amount", "units"), "123456789.123456789012345678"),
    **dict.fromkeys(("text", "description", "content", "goods", "lines", "example"), "W" * 1000),
    **dict.fromkeys(("number", "confirmations", "depth", "place", "entry"), 2**31),
    **dict.fromkeys(("percent", "minutes", "seconds"), 100),
    **dict.fromkeys(("total", "balance", "missing", "asked", "price", "credited", "least", "rate", "rest"), LARGEST),
    **dict.fromkeys(("address", "uri", "link", "secret", "path"), "W" * 120),
}
"""By placeholder, the longest value that a text can contain; all others get `NAME`."""

SHORT_LABEL_VALUES: dict[str, object] = {
    "count": 1000,
    "code": "SUMMER-2027",
    "name": "Windows 11 key",
    "coin": "Tether (ERC-20)",
    "stars": "4.9",
    "ticker": "USDT",
    "quantity": 99,
    "txid": "a1b2c3d4…",
    **dict.fromkeys(("total", "missing", "price", "amount", "cost"), Money(123_456, "USD")),
}
"""By placeholder, a value of the usual length: a label may be cut if somebody gave a product a longer name."""
WHOLE_ROW = {
    *("button.held", "button.release_goods", "button.release_all", "button.loose_about", "button.loose_send"),
    *("button.quantity", "button.top_up_missing", "button.confirm", "button.own_line", "button.stop_waiting"),
    *("button.tell_when_back", "button.report", "button.write_review", "button.explorer", "button.explorer_of"),
    *("button.copy_link", "button.referral", "button.send_goods", "button.drop_coupon", "button.create_coupon"),
    *("button.announce", "button.announce_own", "button.to_buyers", "button.link_category", "button.for_category"),
    *("button.import", "button.import_good", "button.refused_file", "button.no_description", "button.addresses"),
    *("button.kind.unique_text", "button.kind.unique_file", "button.kind.shared_text", "button.kind.shared_file"),
    *("button.form.list", "button.form.txt", "button.delete_all", "button.move_here", "button.find_faulty"),
    *("button.refund", "button.import_update", "button.import_skip", "button.sell_again", "button.yes_again"),
    *("button.key_kept", "button.sweeps", "button.sweep_plan", "button.sweep_under_way", "button.sweep_raise_fee"),
    *("button.sweep_speed.slow", "button.sweep_speed.normal", "button.sweep_speed.fast", "button.sweep_confirm"),
    *("button.sweep_drop", "button.sweep_stop", "button.sweep_refresh"),
    *("button.send_my_data", "button.delete_my_data", "button.confirm_deletion", "button.keep_my_data"),
    *("button.agree", "button.agree_and_top_up", "button.stop_announcements", "button.hear_announcements"),
    *("button.my_data", "button.hand_over_line", "button.store_mode_on", "button.store_mode_off"),
    "button.refund_stars",
}
"""Labels that have a row of their own; all others share one."""


def filled(language: str, key: str, values: dict[str, object], count: int) -> str:
    needed = placeholders(TEXTS[language][key])
    chosen = {name: values.get(name, NAME) for name in needed} | ({"count": count} if "count" in needed else {})
    return LANGUAGES[language].text(key, **chosen)


@pytest.mark.parametrize("language", TEXTS)
@pytest.mark.parametrize("count", COUNTS)
def test_a_text_with_the_longest_values_is_complete_and_fits_in_a_message(language: str, count: int) -> None:
    for key in TEXTS[language]:
        text = filled(language, key, LONG, count)
        assert not re.search(r"\{\w*\}", text), key
        assert "&amp;amp;" not in text, key
        assert utf16_length(plain_text(text)) <= MAX_TEXT, key


def refused() -> Iterator[Refusal]:
    """Yield every refusal that is shown as an alert, with the longest values."""
    yield from (SweepRefused(reason) for reason in SweepReason)
    yield from (CouponRefused("W" * 32, reason, Money(10**12, "VND")) for reason in CouponReason)
    yield from (BadCoupon(reason) for reason in BadTerms)
    yield from (OutOfStock(1, NAME, 10**6, available) for available in (0, 1, 999_999))
    for key in TEXTS["en"]:
        if key.startswith("refusal.not_announced."):
            yield NotAnnounced(key.removeprefix("refusal.not_announced."))
        if key.startswith("refusal.bad_bot.") and BadBot.alert:
            yield BadBot(key.removeprefix("refusal.bad_bot."))
    made: dict[str, Any] = {"bool": True, "int": 10**6, "str": "W" * 20, "Money": Money(10**12, "VND")}
    kinds = {CouponRefused, BadCoupon, OutOfStock, NotAnnounced, BackupFailed, SweepRefused, BadBot}
    for kind in Refusal.__subclasses__():
        if kind not in kinds and kind.alert:
            fields = getattr(kind, "__annotations__", {}).values()
            yield kind(*(made[getattr(each, "__name__", str(each))] for each in fields))


@pytest.mark.parametrize("language", TEXTS)
def test_a_refusal_that_is_an_alert_fits_in_one(language: str) -> None:
    told = {repr(refusal): refusals.words(refusal, LANGUAGES[language]) for refusal in refused() if refusal.alert}
    assert len(told) == len(list(refused()))
    assert {name: words for name, words in told.items() if utf16_length(plain_text(words)) > MAX_TOAST} == {}


@pytest.mark.parametrize("language", TEXTS)
def test_a_label_fits_in_its_share_of_a_phones_width(language: str) -> None:
    cut = {}
    for key in (key for key in TEXTS[language] if key.startswith(LABELS) and key != "button.sorting"):
        label = filled(language, key, SHORT_LABEL_VALUES, 1000)
        if width_px(plain_text(label)) > (ROW_PX if key in WHOLE_ROW else HALF_ROW_PX):
            cut[key] = label
    assert cut == {}


@pytest.mark.parametrize("language", TEXTS)
def test_the_button_that_names_the_sort_order_fits_beside_the_search(language: str) -> None:
    orders = [text for key, text in TEXTS[language].items() if key.startswith("sorting.")]
    labels = [LANGUAGES[language].text("button.sorting", order=order) for order in orders]
    assert len(labels) == 8
    assert [label for label in labels if width_px(label) > HALF_ROW_PX] == []


def sharing() -> Iterator[str]:
    """Yield the keys of buttons that views put in a row with others."""
    for file in (ROOT / "bot_handlers").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if not isinstance(node, ast.Tuple | ast.List):
                continue
            if len(node.elts) == 1:
                continue
            for button in node.elts:
                if isinstance(button, ast.Call) and button.args and ast.unparse(button.func) == "Button":
                    yield from (each.value for each in ast.walk(button.args[0]) if isinstance(each, ast.Constant))


def test_a_button_does_not_escape_the_name_on_it() -> None:
    escaped = [
        ast.unparse(node)
        for file in (ROOT / "bot_handlers").rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Call)
        if ast.unparse(node.func) == "t.text" and {"name", "code"} & {each.arg for each in node.keywords}
        if isinstance(node.args[0], ast.Constant) and str(node.args[0].value).startswith("button.")
    ]
    assert escaped == []


def test_a_label_that_needs_a_row_has_one() -> None:
    shared = set(sharing())
    assert {"button.buy_now", "button.check_out"} <= shared
    assert shared & WHOLE_ROW == set()
    assert set(TEXTS["en"]) >= WHOLE_ROW
