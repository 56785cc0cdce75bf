"""Days and times as people write them, and as the shop writes them, in its own time zone."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from locales import Languages
from locales.dates import read_day, read_moment

TODAY = date(2026, 11, 26)
BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 26, 17, 30, tzinfo=BERLIN)
LAST = date(2026, 12, 31)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "31 December 2026"),
        ("en", "December 31, 2026"),
        ("en", "31st of December"),
        ("en", "Dec 31"),
        ("en", "31/12/2026"),
        ("en", "12/31/2026"),
        ("en", "2026-12-31"),
        ("de", "31.12.2026"),
        ("de", "31. Dezember 2026"),
        ("de", "31.12.26"),
        ("de", "31.12."),
        ("de", "31. Dez."),
        ("es", "31 de diciembre de 2026"),
        ("es", "31/12/2026"),
        ("es", "31 dic 2026"),
        ("fr", "31 décembre 2026"),
        ("fr", "31/12/2026"),
        ("it", "31 dicembre 2026"),
        ("it", "31/12"),
        ("ru", "31 декабря 2026 г."),
        ("ru", "31 декабрь"),
        ("ru", "31.12.2026"),
        ("zh", "2026年12月31日"),
        ("zh", "12月31日"),
        ("zh", "2026/12/31"),
    ],
)
def test_a_day_is_read_as_people_write_it(language: str, text: str) -> None:
    assert read_day(text, language, today=TODAY) == LAST


@pytest.mark.parametrize("language", sorted(Languages.found().codes))
def test_every_day_that_the_shop_writes_is_read_again(language: str) -> None:
    t = Languages.found()[language]
    for month in range(1, 13):
        moment = int(datetime(2027, month, 28, tzinfo=UTC).timestamp())
        for text in (t.date(moment), t.short_date(moment)):
            assert read_day(text, language, today=TODAY) == date(2027, month, 28), text


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "1/2/2027"),
        ("en", "31"),
        ("en", "31 Foo 2026"),
        ("en", "31 February 2027"),
        ("de", "12/31/2026"),
        ("de", "31 December 2026"),
        ("de", "32.1.2027"),
        ("ru", "31.13.2026"),
        ("en", "0000-01-01"),
        ("en", "x" * 5000),
        ("en", "٣١/١٢/٢٠٢٦x"),
    ],
)
def test_an_invalid_or_ambiguous_day_is_none(language: str, text: str) -> None:
    assert read_day(text, language, today=TODAY) is None


def test_the_first_of_a_month_is_read_in_french() -> None:
    assert read_day("1er janvier 2027", "fr", today=TODAY) == date(2027, 1, 1)


def test_a_day_without_a_year_is_the_next_such_day() -> None:
    assert read_day("26.11.", "de", today=TODAY) == TODAY
    assert read_day("25.11.", "de", today=TODAY) == date(2027, 11, 25)


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "31 December 2026 18:00", "2026-12-31T18:00+01:00"),
        ("de", "31.12.2026 um 18.00 Uhr", "2026-12-31T18:00+01:00"),
        ("fr", "31/12/2026 18h00", "2026-12-31T18:00+01:00"),
        ("es", "31/12/2026 a las 18:00", "2026-12-31T18:00+01:00"),
        ("ru", "31.12.2026 в 18:00", "2026-12-31T18:00+01:00"),
        ("zh", "2026年12月31日 18:00", "2026-12-31T18:00+01:00"),
        ("en", "18:00", "2026-11-26T18:00+01:00"),
        ("en", "9:15", "2026-11-27T09:15+01:00"),
        ("en", "1 July 2027 12:00", "2027-07-01T12:00+02:00"),
    ],
)
def test_a_moment_is_read_in_the_shops_time_zone(language: str, text: str, expected: str) -> None:
    assert read_moment(text, language, now=NOW) == int(datetime.fromisoformat(expected).timestamp())


@pytest.mark.parametrize(
    "text", ["28 March 2027 02:30", "25:00", "12:60", "tomorrow", "31 December 2026", "1/2/27 9:00"]
)
def test_an_invalid_moment_is_none(text: str) -> None:
    assert read_moment(text, "en", now=NOW) is None


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo", "UTC"])
@pytest.mark.parametrize("text", ["9999-12-31 23:59", "0001-01-01 00:00", "1 January 0001 00:00"])
def test_a_day_at_the_end_of_the_calendar_is_none(text: str, zone: str) -> None:
    assert read_moment(text, "en", now=NOW.astimezone(ZoneInfo(zone))) is None


@pytest.mark.parametrize(
    ("zone", "language", "expected"),
    [
        ("UTC", "en", "26 Nov 2026, 16:30 UTC"),
        ("Europe/Berlin", "de", "26.11.2026, 17:30 CET"),
        ("Asia/Kolkata", "en", "26 Nov 2026, 22:00 IST"),
        ("America/Sao_Paulo", "en", "26 Nov 2026, 13:30 UTC-3"),
        ("Asia/Kathmandu", "en", "26 Nov 2026, 22:15 UTC+5:45"),
    ],
)
def test_times_are_in_the_shops_zone_and_the_readers_language(zone: str, language: str, expected: str) -> None:
    written = Languages.found(zone=ZoneInfo(zone))[language].moment(int(NOW.timestamp()))
    assert written == expected


def test_no_language_writes_dates_as_in_the_us() -> None:
    every = Languages.found()
    for code in every.codes:
        assert not every[code].moment(int(NOW.timestamp())).startswith(("11/26", "Nov 26"))
