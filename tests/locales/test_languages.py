"""Every language has every text, in its own grammar, and none is unused."""

import ast
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from babel import Locale
from markupsafe import Markup

from bot_handlers.callbacks import Callback
from bot_handlers.screens import refusals
from bot_handlers.screens.screen import MAX_TEXT, utf16_length
from locales import Languages
from shop.errors.catalog import BadImport, BadValue
from shop.errors.payments import SweepReason, SweepRefused
from shop.errors.refusals import BadBot, CodesLocked, NotAnnounced, Refusal
from shop.errors.sales import BadCoupon, BadTerms, CouponReason, CouponRefused, InsufficientFunds, OutOfStock
from shop.money import CURRENCIES, Money
from shop.payments.deposit_views import DepositState
from tests.locales.texts import LABELS, ROOT, TEXTS, forms, placeholders

LANGUAGES = Languages.found()
MAX_LABEL = 40


def tags(text: str | dict[str, str]) -> list[list[str]]:
    return sorted({tuple(re.findall(r"<[^>]*>", form)) for form in forms(text)})


def said_in_code() -> Iterator[tuple[str, bool]]:
    """Yield every string constant of the bot, and the fixed beginning of every f-string (True)."""
    for file in [*(ROOT / "bot_handlers").rglob("*.py"), *(ROOT / "locales").glob("*.py")]:
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.JoinedStr) and node.values and isinstance(node.values[0], ast.Constant):
                yield str(node.values[0].value), True
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value, False


def keys_asked_for() -> Iterator[str]:
    """Yield the keys that the code passes to `text()` or `label()` as constants."""
    for file in (ROOT / "bot_handlers").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            called = node.func.attr if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else ""
            if called in ("text", "label") and node.args:
                first = node.args[0]
                choices = [first.body, first.orelse] if isinstance(first, ast.IfExp) else [first]
                yield from (each.value for each in choices if isinstance(each, ast.Constant))


def test_there_are_seven_languages() -> None:
    assert {"de", "en", "es", "fr", "it", "ru", "zh"} <= LANGUAGES.codes
    names = [LANGUAGES[code].name for code in ("de", "en", "es", "fr", "it", "ru", "zh")]
    assert names == ["Deutsch", "English", "Español", "Français", "Italiano", "Русский", "简体中文"]


@pytest.mark.parametrize("language", TEXTS)
def test_every_language_has_the_same_keys(language: str) -> None:
    assert sorted(TEXTS[language]) == sorted(TEXTS["en"])


@pytest.mark.parametrize("language", TEXTS)
def test_a_text_has_the_same_placeholders_and_tags_in_every_language(language: str) -> None:
    pairs = {key: (TEXTS[language][key], english) for key, english in TEXTS["en"].items()}
    assert [key for key, (ours, english) in pairs.items() if placeholders(ours) != placeholders(english)] == []
    assert [key for key, (ours, english) in pairs.items() if tags(ours) != tags(english)] == []
    assert [key for key, (ours, _) in pairs.items() if not all(form.strip() for form in forms(ours))] == []


@pytest.mark.parametrize("language", TEXTS)
def test_a_text_that_counts_has_every_plural_form_of_its_language(language: str) -> None:
    rules = Locale.parse(language).plural_form
    needed = {rules(number) for number in range(1000)} | {"other"}
    for key, text in TEXTS[language].items():
        if isinstance(text, dict):
            assert set(text) == needed, key
            assert "count" in placeholders(text), key
        assert isinstance(text, dict) == isinstance(TEXTS["en"][key], dict), key


@pytest.mark.parametrize("language", TEXTS)
def test_a_label_fits_on_a_button(language: str) -> None:
    labels = {key: text for key, text in TEXTS[language].items() if key.startswith(LABELS)}
    assert labels
    assert {key: text for key, text in labels.items() if len(text) > MAX_LABEL or "<" in text} == {}


@pytest.mark.parametrize("language", TEXTS)
def test_a_text_fits_in_a_message(language: str) -> None:
    assert [key for key, text in TEXTS[language].items() if max(map(utf16_length, forms(text))) > MAX_TEXT // 2] == []


@pytest.mark.parametrize("language", TEXTS)
def test_no_two_entries_of_the_menu_are_the_same(language: str) -> None:
    menu = [text for key, text in TEXTS[language].items() if key.startswith("menu.")]
    assert len(set(menu)) == len(menu)


def test_a_menu_word_of_one_language_means_nothing_else_in_another() -> None:
    meanings: dict[str, set[str]] = {}
    for texts in TEXTS.values():
        for key in (key for key in texts if key.startswith("menu.")):
            meanings.setdefault(texts[key], set()).add(key)
    assert {word: keys for word, keys in meanings.items() if len(keys) > 1} == {}


def test_every_text_that_the_code_uses_exists() -> None:
    asked = set(keys_asked_for())
    assert len(asked) > 40
    assert asked - set(TEXTS["en"]) == set()


def test_every_text_is_used_by_the_code() -> None:
    said = list(said_in_code())
    whole = {text for text, is_start in said if not is_start}
    starts = tuple(text for text, is_start in said if is_start and re.fullmatch(r"([a-z_]+\.)+", text))
    starts += ("refusal.",)  # named after their classes, which another test compares
    assert [key for key in TEXTS["en"] if key not in whole and not key.startswith(starts)] == []


def test_every_reason_to_refuse_a_file_has_words() -> None:
    code = "".join(file.read_text("utf-8") for file in (ROOT / "shop").rglob("*.py"))
    reasons = set(re.findall(r'(?:BadImport|wrong|place,)\(? ?"(\w+)"', code))
    assert {"not_json", "bad_price", "bad_picture", "bad_item", "other_deliverable", "twice"} <= reasons
    assert {f"import.{reason}" for reason in reasons} - set(TEXTS["en"]) == set()


@pytest.mark.parametrize("language", TEXTS)
@pytest.mark.parametrize("reason", CouponReason)
def test_every_reason_to_refuse_a_coupon_has_words(language: str, reason: CouponReason) -> None:
    least = USD if reason is CouponReason.BELOW_MINIMUM else None
    refusal = CouponRefused("<TEN>", reason, least)
    words = refusals.words(refusal, LANGUAGES[language])
    assert "&lt;TEN&gt;" in words
    assert "{" not in words


@pytest.mark.parametrize("reason", BadTerms)
def test_every_term_that_a_coupon_cannot_have_has_words(reason: BadTerms) -> None:
    assert len(refusals.words(BadCoupon(reason), LANGUAGES["en"])) > 10


def test_every_state_of_a_deposit_has_words() -> None:
    assert {f"deposit.{state.value}" for state in DepositState} - set(TEXTS["en"]) == set()


USD = Money(1234, "USD")
EXAMPLES: dict[type[Refusal], Refusal] = {
    OutOfStock: OutOfStock(1, "A <b> & key", 3, 1),
    BadValue: BadValue("bad_price"),
    BadImport: BadImport("bad_price", 3, "price"),
    CouponRefused: CouponRefused("TEN", CouponReason.BELOW_MINIMUM, USD),
    BadCoupon: BadCoupon(BadTerms.CODE),
    NotAnnounced: NotAnnounced("no_text"),
    BadBot: BadBot("known"),
    SweepRefused: SweepRefused(SweepReason.NOTHING),
}
NOT_ANNOUNCED = (
    *("no_text", "no_picture", "too_many_buttons", "nothing_to_list", "nobody", "not_taken"),
    *("no_time", "past"),
)
BAD_BOT = ("one_only", "known", "main", "too_many", "unknown", "unreachable", "no_token")
PHRASES: dict[str, set[str]] = {
    **{f"refusal.coupon_refused.{reason.value}": {"code"} for reason in CouponReason},
    "refusal.coupon_refused.below_minimum": {"code", "least"},
    **{f"refusal.bad_coupon.{reason.value}": set() for reason in BadTerms},
    **{f"refusal.not_announced.{reason}": set() for reason in NOT_ANNOUNCED},
    **{f"refusal.bad_bot.{reason}": set() for reason in BAD_BOT},
    **{f"refusal.sweep_refused.{reason.value}": set() for reason in SweepReason},
    "refusal.out_of_stock": {"product_name", "count"},
    "refusal.sold_out": {"product_name"},
    "refusal.bad_import": {"reason"},
    "refusal.bad_import_at": {"reason", "entry", "field"},
    "refusal.bad_import_entry": {"reason", "entry"},
    "refusal.bad_import_line": {"reason", "line"},
}
"""The refusals with more than one text, and the placeholders of each text."""
WITH_PHRASES = {
    *(CouponRefused, BadCoupon, NotAnnounced, OutOfStock, BadImport),
    *(SweepRefused, BadBot),
}


def kinds_of(refusal: type[Refusal]) -> list[type[Refusal]]:
    """List the kinds of a refusal, and the kinds of those."""
    return [each for kind in refusal.__subclasses__() for each in (kind, *kinds_of(kind))]


def example_of(refusal: type[Refusal]) -> Refusal:
    """Build a refusal of a kind, with plausible values."""
    if refusal in EXAMPLES:
        return EXAMPLES[refusal]
    values = {"bool": True, "int": 3, "str": "BTC", "Money": USD}
    named = fields(refusal) if is_dataclass(refusal) else ()
    kinds = [getattr(field.type, "__name__", str(field.type)) for field in named]
    return refusal(*(values[kind] for kind in kinds))


@pytest.mark.parametrize("language", TEXTS)
def test_every_refusal_has_a_text_named_after_it_with_its_fields_as_placeholders(language: str) -> None:
    plain = set(kinds_of(Refusal)) - WITH_PHRASES
    expected = {refusals.key_of(kind): set(kind.placeholders()) for kind in plain} | PHRASES
    texts = {key: text for key, text in TEXTS[language].items() if key.startswith("refusal.")}
    assert {key: placeholders(text) for key, text in texts.items()} == expected


def test_the_plural_of_a_refusal_follows_the_number_that_it_counts() -> None:
    counted = {refusals.key_of(kind) for kind in kinds_of(Refusal) if kind.counted}
    plural = {key for key, text in TEXTS["en"].items() if key.startswith("refusal.") and isinstance(text, dict)}
    assert plural - set(PHRASES) <= counted
    assert CodesLocked(61).values == {"count": 2}
    assert InsufficientFunds(Money(1, "USD"), USD, 3).values["missing"] == Money(1233, "USD")


@pytest.mark.parametrize("language", TEXTS)
def test_every_refusal_has_words_and_a_way_on(language: str) -> None:
    kinds = kinds_of(Refusal)
    screens = {kind.__name__: refusals.screen(example_of(kind), LANGUAGES[language]) for kind in kinds}
    assert [name for name, screen in screens.items() if len(screen.text) <= 10 or "{" in screen.text] == []
    ways = {name: [button.press for row in screen.rows for button in row] for name, screen in screens.items()}
    assert [name for name, ways_on in ways.items() if not any(isinstance(way, Callback) for way in ways_on)] == []


@pytest.mark.parametrize(
    ("count", "english"),
    [(0, "Send to 0 people"), (1, "Send to 1 person"), (5, "Send to 5 people")],
)
def test_a_plural_follows_the_number(count: int, english: str) -> None:
    assert LANGUAGES["en"].text("button.announce", count=count) == f"📣 {english}"


def test_values_in_a_text_are_escaped_once_and_markup_is_kept() -> None:
    english = LANGUAGES["en"]
    assert "&lt;b&gt; &amp; {x}" in english.text("welcome", name="<b> & {x}")
    assert "<i>x</i>" in english.text("welcome", name=Markup("<i>x</i>"))


def test_a_label_shows_a_name_unescaped() -> None:
    assert LANGUAGES["en"].label("button.for_category", name="R&D <1> &amp;") == "📁 All of R&D <1> &amp;"


@pytest.mark.parametrize(
    ("money", "english", "german"),
    [
        (Money(123456, "USD"), "$1,234.56", "1.234,56\xa0$"),
        (Money(-1, "EUR"), "-€0.01", "-0,01\xa0€"),
        (Money(500, "JPY"), "¥500", "500\xa0¥"),
        (Money(10**15, "USD"), "$10,000,000,000,000.00", "10.000.000.000.000,00\xa0$"),
    ],
)
def test_money_is_formatted_as_the_language_does(money: Money, english: str, german: str) -> None:
    assert (LANGUAGES["en"].money(money), LANGUAGES["de"].money(money)) == (english, german)


@pytest.mark.parametrize("language", TEXTS)
def test_money_is_shown_with_all_decimals_of_its_currency(language: str) -> None:
    shown = {currency: LANGUAGES[language].money(Money(1_000_501, currency)) for currency in CURRENCIES}
    assert [text for text in shown.values() if "".join(re.findall(r"[0-9]", text)) != "1000501"] == []
    point = "." if language in ("en", "zh") else ","
    decimals = {
        currency: re.search(re.escape(point) + r"([0-9]*)[^0-9]*$", text) if CURRENCIES[currency] else None
        for currency, text in shown.items()
    }
    assert {currency: len(found[1] if found else "") for currency, found in decimals.items()} == dict(CURRENCIES)


def test_a_missing_amount_is_never_shown_as_zero() -> None:
    price, balance = Money(100_050, "RSD"), Money(100_040, "RSD")
    refusal = InsufficientFunds(balance=balance, price=price, offer_id=1)
    shown = refusals.words(refusal, LANGUAGES["en"])
    assert "RSD1,000.50" in shown.replace("\xa0", "")
    assert "RSD0.10" in shown.replace("\xa0", "")


@pytest.mark.parametrize(
    ("rate", "written"),
    [
        ("50000", "$50,000.00"),
        ("50000.129", "$50,000.13"),
        ("100", "$100.00"),
        ("0.12345678", "$0.12346"),
        ("1", "$1.00"),
    ],
)
def test_a_rate_keeps_the_decimals_that_matter(rate: str, written: str) -> None:
    assert LANGUAGES["en"].rate(Decimal(rate), "USD") == written


def test_a_moment_is_written_in_utc() -> None:
    moment = int(datetime(2026, 11, 22, 17, 5, tzinfo=UTC).timestamp())
    assert [LANGUAGES[code].moment(moment) for code in ("en", "de", "zh")] == [
        "22 Nov 2026, 17:05 UTC",
        "22.11.2026, 17:05 UTC",
        "2026年11月22日 17:05 UTC",
    ]


def test_a_date_is_written_with_its_month_in_words() -> None:
    last = int(datetime(2026, 12, 31, 23, 59, tzinfo=UTC).timestamp())
    assert LANGUAGES["en"].date(last) == "31 December 2026"
    assert LANGUAGES["fr"].date(last) == "31 décembre 2026"
