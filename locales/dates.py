"""Days and times as people type them in their language, with the names of months and weekdays from CLDR (Babel).

Days: `31.12.2026`, `31/12/26`, `2026-12-31`, `Thu 31 Dec`, `December 31, 2026`, `le 31 décembre`, `2026年12月31日`. A
day without a year is the next one; two digits are a year of this century. Times: `18:00`, `6 pm`, `18 Uhr`, `à 18 h`,
`下午6点`; neither a number alone is one, nor a duration (`3 h`, `2 часа`). Accents may be left out. Three letters of
a name are enough if no other begins with them. A text is rejected if its weekday is not that day's, or if it has two
readings: English `1/2/2027`, French `mar 5` (mardi or mars), `28 Nov - 30` (a range or a year). A year of two digits
between hyphens may be the first number, as in ISO's dates, or the last: `26-12-31` is rejected where both make a day.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import cache
from itertools import product
from typing import Literal

from babel import Locale

from storage.text import fold

_NUMBERS = re.compile(
    r"(?P<first>\d{1,4})\s*(?P<sign>[./\-\s])\s*(?P<second>\d{1,2})"
    r"(?:(?:\s*(?P=sign)\s*|\s*[./\-\s]\s*(?=\d{4}))(?P<third>\d{1,4}))?\.?"
)
"""After another sign, two digits may be the last day of a range; four are a year after any."""
_CHINESE = re.compile(r"(?:(\d{4}|\d{2})\s?年\s?)?(\d{1,2})\s?月\s?(\d{1,2})日")
_DAY = r"(?P<day>\d{1,2})(?:(?:st|nd|rd|th|er|\.?[o°]|-?о?го|-?о?е)(?![^\W\d]))?"
_MONTH = r"(?P<month>[^\W\d]+)"
_YEAR = r"(?P<year>\d{4}|\d{2})"
_DAY_AND_MONTH = re.compile(
    rf"{_DAY}(?P<sign>[\s./-]*){_MONTH}(?:(?:(?P=sign)|[\s.,'’]*|[\s.,/'’-]*(?=\d{{4}})){_YEAR})?\.?"
)
_MONTH_AND_DAY = re.compile(rf"{_MONTH}[\s./-]*{_DAY}(?:[\s,'’]+{_YEAR})?\.?")
_WEEKDAY = (
    re.compile(r"(?P<name>[^\W\d]+)[\s.,]*(?P<day>.+)"),
    re.compile(r"(?P<day>.+?)[\s.,]*(?P<name>[^\W\d]+)\.?"),
)
_LENGTH = r"h|hs|heures?|horas?|ч|час(?:а|ов)?"
_HOURS = rf"(?:{_LENGTH}|uhr|[点點时時])\.?"
_MINUTES = r"(?:min\.?|мин\.?|минут[аы]?|分)"
_DURATION = re.compile(rf"\d+\s?(?:{_LENGTH})\.?(?:\s?\d+\s?{_MINUTES})?")
"""What may be a duration unless a day, a part of the day or a preposition stands beside it."""
_TIME = re.compile(
    rf"""(?:^|[\s,]|(?<=\d)t)
    (?:(?:at|um|a\slas?|alle|a|в)\s)?
    (?P<ore>ore\s)?
    (?P<part_before>凌晨|清晨|早上|上午|中午|下午|晚上)?\s?
    (?P<hour>\d{{1,2}})
    (?:\s?(?:[:.]|{_HOURS})\s?(?P<minute>\d{{2}})\s?(?:{_HOURS}|{_MINUTES})?|\s?(?P<whole>{_HOURS}))?
    (?:\s?(?P<part_after>[ap])\.?\s?m\.?)?$""",
    re.VERBOSE,
)
_FROM_TO = {
    **{"a": (0, 12), "p": (12, 24), "上午": (0, 12), "下午": (12, 24)},
    **{"凌晨": (0, 6), "清晨": (4, 9), "早上": (4, 12), "中午": (11, 14), "晚上": (18, 24)},
}
"""The hours that a part of the day may mean: the first, and the one after the last."""
_LITTLE_WORDS = re.compile(
    r"(?<![^\W\d])(?:(?:on|of|the|am|den|dem|de|del|el|dia|le|il|в|г|год|года)(?![^\W\d])\.?|l['’])"
)
"""Articles, prepositions and words for "year" or "day" that stand in a date; without accents."""
_DAY_FIRST = {"de", "es", "fr", "it", "ru"}
"""Languages whose numeric dates begin with the day unless they begin with the year; English has both orders."""
_REGIONS = {"de": ("de_AT",), "es": ("es_UY",), "zh": ("zh_Hant",)}
"""Where months or weekdays have other names: Jänner, setiembre, 週四."""
_MORE_WEEKDAYS = {"de": {"sonnabend": 5}, "ru": {"среду": 2, "пятницу": 4, "субботу": 5}, "zh": {"星期天": 6}}
"""Names that CLDR lacks, and those that change after "в"."""
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
_LEAST_LETTERS = 3
_LONGEST = 60
_FIRST_YEAR, _LAST_YEAR = 1970, 9998
"""Every moment of these years exists in every time zone."""


def read_day(text: str, language: str, *, today: date) -> date | None:
    """Read a day; None if the text is not one, or is ambiguous."""
    return _day(_plain(text), language, today)


def read_moment(text: str, language: str, *, now: datetime) -> int | None:
    """Read a day and a time, or only a time, which means the next such one; in Unix seconds.

    None if it is not one, is ambiguous, or does not exist on that day's clocks.
    """
    words = _plain(text).strip(" ,-–")
    found = _TIME.search(words)
    clock = found and _clock(found)
    if found is None or clock is None or _DURATION.fullmatch(words):
        return None
    before = words[: found.start()].strip(" ,-–")
    day = _day(before, language, now.date()) if before else now.date()
    if day is None:
        return None
    moment = datetime.combine(day, clock, now.tzinfo)
    if not before and moment <= now:
        moment += timedelta(days=1)
    unix_s = int(moment.timestamp())
    is_there = datetime.fromtimestamp(unix_s, now.tzinfo).replace(tzinfo=None) == moment.replace(tzinfo=None)
    return unix_s if is_there else None


def _plain(text: str) -> str:
    """Write a text without capitals, accents, brackets and wide characters; none if it is too long for a date."""
    words = " ".join(text.split())
    if len(words) > _LONGEST:
        return ""
    words = re.sub(r"(?<=\d)\s?[日号號]", "日 ", re.sub(r"[()]", " ", fold(words)))
    return " ".join(words.split())


def _clock(found: re.Match[str]) -> time | None:
    """Read hour and minute, on a clock of 12 hours if a part of the day is named."""
    hour, minute = int(found["hour"]), int(found["minute"] or 0)
    if part := found["part_before"] or found["part_after"]:
        hours = [each for each in (hour % 12, hour % 12 + 12) if each in range(*_FROM_TO[part])]
        if not 1 <= hour <= 12 or len(hours) != 1:
            return None
        hour = hours[0]
    elif not (found["minute"] or found["whole"] or found["ore"]):
        return None
    return time(hour, minute) if hour < 24 and minute < 60 else None


def _day(words: str, language: str, today: date) -> date | None:
    """Read a day with its weekday before it, after it, or without one."""
    words = " ".join(_LITTLE_WORDS.sub(" ", words).split()).strip(" ,")
    return _only({_date(words, language, today), *_days_with_weekday(words, language, today)})


def _days_with_weekday(words: str, language: str, today: date) -> Iterator[date]:
    for pattern in _WEEKDAY:
        if found := pattern.fullmatch(words):
            day = _date(found["day"].strip(" ,"), language, today)
            if day is not None and day.weekday() == _named(found["name"], _names(language, "days")):
                yield day


def _date(words: str, language: str, today: date) -> date | None:
    if found := _CHINESE.fullmatch(words):
        return _made(found[1], found[2], found[3], today)
    if found := _NUMBERS.fullmatch(words):
        return _of_numbers(found, language, today)
    if found := _DAY_AND_MONTH.fullmatch(words) or _MONTH_AND_DAY.fullmatch(words):
        return _with_name(found, language, today)
    return None


def _with_name(found: re.Match[str], language: str, today: date) -> date | None:
    """Read a day whose month has a name; none if that may be a weekday's: French `mar 5` may be mardi or mars."""
    name = found["month"]
    month = _named(name, _names(language, "months"))
    is_open = found.start("month") == 0 and len(found["year"] or "") < 4
    if month is None or (is_open and _named(name, _names(language, "days")) is not None):
        return None
    return _made(found["year"], str(month), found["day"], today)


def _of_numbers(found: re.Match[str], language: str, today: date) -> date | None:
    first, second, third = found["first"], found["second"], found["third"]
    if len(first) == 4:
        return None if third is None else _made(first, second, third, today)
    if len(first) > 2 or (third is not None and len(third) not in (2, 4)):
        return None
    readings = set()
    if language != "zh":
        readings.add(_made(third, second, first, today))
    if language not in _DAY_FIRST:
        readings.add(_made(third, first, second, today))
    if third is not None and len(third) == 2 and (language == "zh" or found["sign"] == "-"):
        readings.add(_made(first, second, third, today))
    return _only(readings)


def _only(readings: set[date | None]) -> date | None:
    days = readings - {None}
    return days.pop() if len(days) == 1 else None


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


def _named(word: str, names: dict[str, int]) -> int | None:
    """Find what a word names: it is a name, or the letters that only one begins with."""
    if word in names:
        return names[word]
    numbers = {number for name, number in names.items() if name.startswith(word)}
    return numbers.pop() if len(numbers) == 1 and len(word) >= _LEAST_LETTERS else None


@cache
def _names(language: str, kind: Literal["months", "days"]) -> dict[str, int]:
    """List the names of months or weekdays in a language, long and short, inflected and not, each with its number."""
    names = {fold(name): number for name, number in _MORE_WEEKDAYS.get(language, {}).items() if kind == "days"}
    for locale in (language, *_REGIONS.get(language, ())):
        forms = getattr(Locale.parse(locale), kind)
        for form, width in product(("format", "stand-alone"), ("wide", "abbreviated")):
            for number, name in forms[form][width].items():
                plain = name.casefold().rstrip(".")
                names |= {fold(plain): number, fold(plain.translate(_UMLAUTS)): number}
    return names
