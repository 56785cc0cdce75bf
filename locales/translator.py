"""Texts, plurals, money and dates in the language of a person (Unicode CLDR, through Babel)."""

import html
import json
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from datetime import date as calendar_day
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from babel import Locale
from babel.dates import format_date, format_skeleton, format_time
from babel.numbers import format_compact_currency, format_currency, format_decimal, parse_pattern
from markupsafe import Markup

from locales.dates import read_day, read_moment
from shop.money import Money, exponent

_FOLDER = Path(__file__).parent
_DATES = {"en": "en_150"}
"""English is read all over the world, so its dates follow CLDR's English for Europe: day before month, 24 hours."""
Text = str | dict[str, str]


class Translator:
    """One language. Every value that goes into a text is escaped for Telegram's HTML unless it is `Markup`."""

    def __init__(self, language: str, texts: dict[str, Text], zone: tzinfo = UTC) -> None:
        """`zone`: the shop's time zone, for times and days."""
        self._zone = zone
        self.language = language
        self._texts = texts
        self._locale = Locale.parse(language)
        self._dates = Locale.parse(_DATES.get(language, language))

    @property
    def name(self) -> str:
        """The language's own name."""
        return str(self._texts["language_name"])

    def text(self, key: str, **values: object) -> str:
        """Return a text, filled in. One with plural forms chooses by `count`."""
        text = self._texts[key]
        if isinstance(text, dict):
            form = self._locale.plural_form(abs(int(str(values["count"]))))
            text = text.get(form) or text["other"]
        if not values:
            return text
        return text.format(**{name: self._escaped(value) for name, value in values.items()})

    def label(self, key: str, **values: object) -> str:
        """Return the text of a button, unescaped, because Telegram reads no HTML there."""
        return html.unescape(self.text(key, **values))

    def money(self, money: Money) -> str:
        """Format an amount of money as the language does, with all of the currency's decimals.

        CLDR shows fewer for some currencies: no paras for the Serbian dinar, though ISO 4217 has two decimals.
        """
        return _written(money, self._locale)

    def amount(self, value: Decimal, currency: str) -> str:
        """Format an amount of money in few characters, to fit beside a chart: 12.5K."""
        return format_compact_currency(value, currency, locale=self._locale, fraction_digits=1)

    def rate(self, value: Decimal, currency: str) -> str:
        """Write the price of a coin; cheap coins keep five decimals."""
        shown = value.quantize(Decimal("0.01") if value >= 10 else Decimal("0.00001")).normalize()
        return format_currency(
            shown, currency, locale=self._locale, currency_digits=False, decimal_quantization=False
        )

    def decimal(self, value: Decimal) -> str:
        """Format a number as the language does."""
        return str(format_decimal(value, locale=self._locale))

    def moment(self, unix_s: int) -> str:
        """Write a point in time."""
        day = format_date(self._local(unix_s), "medium", locale=self._dates)
        return str(self._dates.datetime_formats["medium"]).format(self.time_of_day(unix_s), day)

    def date(self, unix_s: int) -> str:
        """Write a day with its month and year in words."""
        return format_date(self._local(unix_s), "long", locale=self._dates)

    def short_date(self, unix_s: int) -> str:
        """Write a day with its year in few characters."""
        return format_date(self._local(unix_s), "medium", locale=self._dates)

    def day(self, unix_s: int) -> str:
        """Write a day of a year."""
        return format_skeleton("MMMd", self._local(unix_s), locale=self._dates)

    def time_of_day(self, unix_s: int) -> str:
        """Write hour and minute with the time zone."""
        local = self._local(unix_s)
        return f"{format_time(local, 'short', locale=self._dates)} {_name_of_zone(local)}"

    def clock(self, unix_s: int) -> str:
        """Write hour and minute for a chart's axis."""
        return f"{self._local(unix_s):%H:%M}"

    def iso(self, unix_s: int) -> str:
        """Write a point in time for a file: ISO 8601, with the offset from UTC."""
        return self._local(unix_s).isoformat()

    def typed_day(self, text: str, now: int) -> calendar_day | None:
        """Read a day as people type it in this language; None if it is not one, or is ambiguous."""
        return read_day(text, self.language, today=self._local(now).date())

    def typed_moment(self, text: str, now: int) -> int | None:
        """Read a day and a time of the shop's clocks, or only a time of the next 24 hours, in Unix seconds."""
        return read_moment(text, self.language, now=self._local(now))

    def _local(self, unix_s: int) -> datetime:
        return datetime.fromtimestamp(unix_s, self._zone)

    def _escaped(self, value: object) -> str:
        if isinstance(value, Money):
            value = self.money(value)
        return str(value) if isinstance(value, Markup) else html.escape(str(value), quote=False)


@lru_cache(maxsize=4_096)
def _written(money: Money, locale: Locale) -> str:
    """Format an amount, cached because amounts repeat and Babel parses its pattern each time."""
    pattern = parse_pattern(locale.currency_formats["standard"].pattern)
    pattern.frac_prec = (exponent(money.currency),) * 2
    return str(pattern.apply(money.decimal, locale, currency=money.currency, currency_digits=False))


def _name_of_zone(local: datetime) -> str:
    """Name a zone in letters, as its clocks do (CET); one without a name by its offset from UTC."""
    name = local.tzname() or "UTC"
    if name.isalpha():
        return name
    minutes = int((local.utcoffset() or timedelta()).total_seconds()) // 60
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'-' if minutes < 0 else '+'}{hours}" + (f":{rest:02}" if rest else "")


def language_codes(folder: Path = _FOLDER) -> frozenset[str]:
    """Name the languages that have a file here, without reading it."""
    return frozenset(file.stem for file in folder.glob("*.json"))


def _read(file: Path) -> dict[str, Text]:
    """Read the texts of a language; their keys, the same in all languages, are stored once."""

    def shared(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        return {sys.intern(name): text for name, text in pairs}

    texts: dict[str, Text] = json.loads(file.read_text("utf-8"), object_pairs_hook=shared)
    return texts


@dataclass(frozen=True, slots=True)
class Languages:
    """All languages that have a file here, by their code."""

    translators: dict[str, Translator]

    @classmethod
    def found(cls, folder: Path = _FOLDER, *, zone: tzinfo = UTC) -> "Languages":
        """Read every language file of a folder; times are those of a zone."""
        return cls(
            {code: Translator(code, _read(folder / f"{code}.json"), zone) for code in sorted(language_codes(folder))}
        )

    def __getitem__(self, language: str) -> Translator:
        return self.translators[language]

    @property
    def codes(self) -> frozenset[str]:
        """The codes of all languages."""
        return frozenset(self.translators)
