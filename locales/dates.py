"""Days and times as people type them in their language, with the names of months from CLDR (through Babel).

`31.12.2026`, `31/12/26`, `2026-12-31`, `31 December`, `December 31, 2026`, `31 de diciembre`, `2026年12月31日`. A day
without a year is the next one. A text with two possible readings (English `1/2/2027`) is rejected.
"""

import re
from datetime import date, datetime, timedelta
from functools import cache
from itertools import product

from babel import Locale

_NUMBERS = re.compile(r"(\d{1,4})\s*[./\-\s]\s*(\d{1,2})(?:\s*[./\-\s]\s*(\d{2,4}))?\.?")
_CHINESE = re.compile(r"(?:(\d{4})年)?(\d{1,2})月(\d{1,2})[日号]")
_DAY_WORD = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th|er|º|°)?\.?\s+(?:de\s+|of\s+)?([^\W\d]+)\.?(?:,?\s+(?:de\s+|del\s+)?(\d{4}))?"
)
_WORD_DAY = re.compile(r"([^\W\d]+)\.?\s+(\d{1,2})(?:st|nd|rd|th)?(?:,?\s+(\d{4}))?")
_TIME = re.compile(
    r"(?:^|[\s,T])(?:um\s+|at\s+|a las\s+|à\s+|alle\s+|в\s+)?(\d{1,2})[:.hч时](\d{2})分?\s*(?:uhr|h)?$", re.IGNORECASE
)
_YEAR_MARK = re.compile(r"\s*(г\.?|года)$")
_DAY_FIRST = {"de", "es", "fr", "it", "ru"}
"""Languages whose numeric dates always begin with the day; English has both orders."""
_LONGEST = 60
_FIRST_YEAR, _LAST_YEAR = 1970, 9998
"""Every moment of these years exists in every time zone."""


def read_day(text: str, language: str, *, today: date) -> date | None:
    """Read a day; None if the text is not one, or is ambiguous."""
    words = " ".join(text.split()).casefold()[:_LONGEST]
    words = _YEAR_MARK.sub("", words)
    if found := _CHINESE.fullmatch(words.replace(" ", "")):
        return _made(found[1], found[2], found[3], today)
    if found := _NUMBERS.fullmatch(words):
        return _of_numbers((found[1], found[2], found[3]), language, today)
    for pattern, day, month in ((_DAY_WORD, 1, 2), (_WORD_DAY, 2, 1)):
        if (found := pattern.fullmatch(words)) and (number := _months(language).get(found[month])):
            return _made(found[3], str(number), found[day], today)
    return None


def read_moment(text: str, language: str, *, now: datetime) -> int | None:
    """Read a day and a time, or only a time, which means the next such one; in Unix seconds.

    None if it is not one, is ambiguous, or does not exist on that day's clocks.
    """
    words = " ".join(text.split())[:_LONGEST]
    found = _TIME.search(words)
    if found is None or int(found[1]) > 23 or int(found[2]) > 59:
        return None
    before = words[: found.start()].strip(" ,")
    day = read_day(before, language, today=now.date()) if before else now.date()
    if day is None:
        return None
    moment = datetime(day.year, day.month, day.day, int(found[1]), int(found[2]), tzinfo=now.tzinfo)
    if not before and moment <= now:
        moment += timedelta(days=1)
    unix_s = int(moment.timestamp())
    is_there = datetime.fromtimestamp(unix_s, now.tzinfo).replace(tzinfo=None) == moment.replace(tzinfo=None)
    return unix_s if is_there else None


def _of_numbers(numbers: tuple[str, str, str | None], language: str, today: date) -> date | None:
    first, second, third = numbers
    if len(first) == 4:
        return None if third is None else _made(first, second, third, today)
    if len(first) > 2 or (third is not None and len(third) == 3):
        return None
    if language == "zh":
        return _made(third, first, second, today)
    day_first, month_first = _made(third, second, first, today), _made(third, first, second, today)
    if language in _DAY_FIRST or month_first is None or month_first == day_first:
        return day_first
    return month_first if day_first is None else None


def _made(year: str | None, month: str, day: str, today: date) -> date | None:
    """Make a day; without a year, the next such one; a year of two digits is in this century."""
    if year is not None:
        return _valid(int(year) + (2000 if len(year) == 2 else 0), int(month), int(day))
    this_year, next_year = (_valid(today.year + more, int(month), int(day)) for more in (0, 1))
    return this_year if this_year is not None and this_year >= today else next_year


def _valid(year: int, month: int, day: int) -> date | None:
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


@cache
def _months(language: str) -> dict[str, int]:
    """List the names of months in a language, long and short, inflected and not, each with its number."""
    names: dict[str, int] = {}
    for locale in map(Locale.parse, (language, "en_150") if language == "en" else (language,)):
        for form, width in product(("format", "stand-alone"), ("wide", "abbreviated")):
            names |= {name.casefold().rstrip("."): number for number, name in locale.months[form][width].items()}
    return names
