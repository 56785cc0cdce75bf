"""Days and times as people write them, and as the shop writes them, in its own time zone."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from babel.dates import format_date, format_time

from locales import Languages
from locales.dates import read_day, read_moment

TODAY = date(2026, 11, 26)
BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 26, 17, 30, tzinfo=BERLIN)
LAST = date(2026, 12, 31)


def of(language: str, *texts: str) -> list[tuple[str, str]]:
    return [(language, text) for text in texts]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        *of("en", "31 December 2026", "December 31, 2026", "31st of December", "Dec 31", "31/12/2026"),
        *of("en", "12/31/2026", "2026-12-31", "Thu 31 Dec", "Thurs., Dec 31"),
        *of("en", "Thursday, the 31st of December, 2026", "on Thursday 31 December", "31 December (Thursday)"),
        *of("en", "Thu 31/12/2026", "the 31st of December", "31 Dec 26", "31-Dec-26", "Dec 31, 26"),
        *of("de", "31.12.2026", "31. Dezember 2026", "31.12.26", "31.12.", "31. Dez.", "Do, 31.12.2026"),
        *of("de", "31.12.2026 (Do.)", "Donnerstag, den 31. Dezember", "am Donnerstag, dem 31. Dezember 2026"),
        *of("en", "31 Dec-2026", "31 Dec - 2026", "31/Dec/26", "31 12 26"),
        *of("de", "31 Dez 26", "31.Dez.26", "31. 12. 26", "31.12 - 2026", "31-12-2026"),
        *of("es", "31 de diciembre de 2026", "31/12/2026", "31 dic 2026", "jueves 31 de diciembre"),
        *of("es", "el jueves, 31 de diciembre de 2026", "jue 31/12", "el 31 de diciembre"),
        *of("es", "el día 31 de diciembre del 26"),
        *of("fr", "31 décembre 2026", "31/12/2026", "31 decembre", "jeudi 31 décembre", "jeu. 31 déc. 26"),
        *of("fr", "le 31 décembre", "le jeudi 31 décembre 2026"),
        *of("it", "31 dicembre 2026", "31/12", "il 31 dicembre", "giovedì 31 dicembre", "giovedi 31 dic 26"),
        *of("it", "gio 31/12/26"),
        *of("ru", "31 декабря 2026 г.", "31 декабрь", "31.12.2026", "31-го декабря", "чт, 31 дек."),
        *of("ru", "в четверг, 31 декабря", "31 дек 26 года"),
        *of("zh", "2026年12月31日", "12月31日", "2026/12/31", "26年12月31日", "12月31號", "12月31号 週四"),
        *of("zh", "26/12/31", "26-12-31", "12/31/26"),
        *of("zh", "2026年12月31日星期四", "2026 年 12 月 31 日（周四）", "２０２６年１２月３１日"),
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
        *of("en", "1/2/2027", "03/04", "31", "31 Foo 2026", "31 February 2027", "31 Feb", "31 De", "0000-01-01"),
        *of("en", "Thu", "Thu 31", "Fri 31 Dec", "Fri Thu 31 Dec", "31 Dec 026", "31 Dec 2026 2027", "the", "Mon"),
        *of("en", "x" * 5000, "31 December 2026" + " the" * 20, "٣١/١٢/٢٠٢٦x"),
        *of("de", "12/31/2026", "31 December 2026", "32.1.2027", "Fr, 31.12.2026", "31.12.2026 (Fr)"),
        *of("fr", "12 jui", "vendredi 31 décembre", "31 de"),
        *of("es", "31 de febrero", "mar 31 mar", "mar 5", "31-12-26"),
        *of("it", "mar 5", "mar. 5, 27"),
        *of("fr", "mar 5", "mar 1er", "mar 10 28", "mar 2 12", "3 déc - 31"),
        *of("en", "28 Nov - 30", "3 Dec - 31", "1 Dec - 27", "1 Dec-31", "28 Nov/30", "3 Dec-10"),
        *of("en", "28/11 - 30", "28/11-30", "26-12-31", "1-12-6"),
        *of("de", "3. Dez. - 31", "28.11 - 30", "26-12-31"),
        *of("ru", "31.13.2026", "30-го февраля", "пт 31 дек", "26-12-31"),
        *of("zh", "10/11/12", "12月31", "13月1日", "2026年12月31日星期五"),
    ],
)
def test_an_invalid_or_ambiguous_day_is_none(language: str, text: str) -> None:
    assert read_day(text, language, today=TODAY) is None


@pytest.mark.parametrize(
    ("language", "text", "month", "day"),
    [
        ("en", "1st of Sept", 9, 1),
        ("de", "1. Jänner", 1, 1),
        ("de", "1. Maerz", 3, 1),
        ("de", "1. Jaenner", 1, 1),
        ("de", "Sonnabend, 2. Januar", 1, 2),
        ("es", "1.º de enero", 1, 1),
        ("es", "1º de setiembre", 9, 1),
        ("es", "mar 2 mar", 3, 2),
        ("fr", "1er janvier 2027", 1, 1),
        ("fr", "1er fevrier", 2, 1),
        ("fr", "le 12 juill", 7, 12),
        ("fr", "12 aout", 8, 12),
        ("fr", "mar 5 2027", 3, 5),
        ("fr", "mars 5", 3, 5),
        ("fr", "mar 5/1", 1, 5),
        ("it", "mar 5 1", 1, 5),
        ("it", "l’8 giugno", 6, 8),
        ("it", "1° gennaio", 1, 1),
        ("it", "martedi 2 mar", 3, 2),
        ("ru", "1-е мая", 5, 1),
        ("ru", "в субботу 2 января", 1, 2),
        ("zh", "1月3号星期天", 1, 3),
        ("zh", "2027/1/3", 1, 3),
    ],
)
def test_a_name_is_read_in_every_spelling_that_people_use(language: str, text: str, month: int, day: int) -> None:
    assert read_day(text, language, today=TODAY) == date(2027, month, day)


@pytest.mark.parametrize(
    "locale", ["en_US", "en_GB", "de", "de_AT", "es", "es_UY", "fr", "fr_CA", "it", "ru", "zh", "zh_TW"]
)
def test_every_day_and_time_is_read_as_cldr_writes_it(locale: str) -> None:
    for days in range(0, 365, 5):
        day = TODAY + timedelta(days)
        for width in ("full", "long", "medium"):
            text = format_date(day, width, locale=locale)
            assert read_day(text, locale[:2], today=TODAY) == day, text
    for hour in range(24):
        moment = datetime.combine(LAST, time(hour, 30), BERLIN)
        text = f"{format_date(LAST, 'long', locale=locale)} {format_time(moment, 'short', locale=locale)}"
        assert read_moment(text, locale[:2], now=NOW) == int(moment.timestamp()), text


def test_a_day_without_a_year_is_the_next_such_day() -> None:
    assert read_day("26.11.", "de", today=TODAY) == TODAY
    assert read_day("25.11.", "de", today=TODAY) == date(2027, 11, 25)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        *of("en", "31 December 2026 18:00", "31 Dec 6pm", "Dec 31 at 6:00 pm", "31 Dec 26, 6.00 p.m."),
        *of("en", "2026-12-31T18:00"),
        *of("de", "31.12.2026 um 18.00 Uhr", "Do, 31.12.2026 18 Uhr", "31.12.26 18.00", "31.12. - 18:00 h"),
        *of("es", "31/12/2026 a las 18:00", "el 31 de diciembre a las 18 h", "jueves 31 dic 6:00 p. m."),
        *of("es", "31/12 18 horas"),
        *of("fr", "31/12/2026 18h00", "le 31 décembre à 18h", "jeudi 31 decembre à 18 h 00", "31/12 à 18 heures"),
        *of("it", "31/12 ore 18", "il 31 dicembre alle ore 18:00", "31 dicembre alle 18.00"),
        *of("ru", "31.12.2026 в 18:00", "31 декабря в 18 часов", "31-го декабря, 18 ч. 00 мин."),
        *of("zh", "2026年12月31日 18:00", "2026年12月31日18:00", "12月31號18點", "12月31日下午6点", "12月31日18：00"),
    ],
)
def test_a_day_and_time_are_read_as_people_write_them(language: str, text: str) -> None:
    assert read_moment(text, language, now=NOW) == int(datetime(2026, 12, 31, 18, tzinfo=BERLIN).timestamp())


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "18:00", "2026-11-26T18:00+01:00"),
        ("en", "9:15", "2026-11-27T09:15+01:00"),
        ("en", "6pm", "2026-11-26T18:00+01:00"),
        ("en", "12am", "2026-11-27T00:00+01:00"),
        ("en", "12pm", "2026-11-27T12:00+01:00"),
        ("en", "12:30 a.m.", "2026-11-27T00:30+01:00"),
        ("en", "1 July 2027 12:00", "2027-07-01T12:00+02:00"),
        ("de", "18 Uhr", "2026-11-26T18:00+01:00"),
        ("de", "18 Uhr 30", "2026-11-26T18:30+01:00"),
        ("es", "a la 1:00", "2026-11-27T01:00+01:00"),
        ("fr", "à 18h", "2026-11-26T18:00+01:00"),
        ("fr", "à 18 h 30", "2026-11-26T18:30+01:00"),
        ("it", "ore 18:00", "2026-11-26T18:00+01:00"),
        ("ru", "в 18 часов 30 минут", "2026-11-26T18:30+01:00"),
        ("ru", "в 3 часа", "2026-11-27T03:00+01:00"),
        ("es", "a las 18 horas", "2026-11-26T18:00+01:00"),
        ("fr", "18h30", "2026-11-26T18:30+01:00"),
        ("zh", "18点30分", "2026-11-26T18:30+01:00"),
        ("zh", "18時", "2026-11-26T18:00+01:00"),
        ("zh", "上午12点", "2026-11-27T00:00+01:00"),
        ("zh", "晚上8点", "2026-11-26T20:00+01:00"),
        ("zh", "中午1点", "2026-11-27T13:00+01:00"),
    ],
)
def test_a_moment_is_read_in_the_shops_time_zone(language: str, text: str, expected: str) -> None:
    assert read_moment(text, language, now=NOW) == int(datetime.fromisoformat(expected).timestamp())


@pytest.mark.parametrize(
    "text",
    [
        *("28 March 2027 02:30", "25:00", "12:60", "tomorrow", "31 December 2026", "1/2/27 9:00", "18", "at 6"),
        *("25h"),
        *("13pm", "0 am", "18:00 pm", "6:60 pm", "31 Feb 18:00", "Fri 31 Dec 18:00", "31 Dec 26", "pm", ""),
        *("下午13点"),
    ],
)
def test_an_invalid_moment_is_none(text: str) -> None:
    assert read_moment(text, "en", now=NOW) is None


@pytest.mark.parametrize(
    ("language", "text"),
    [
        *of("en", "2h", "2 hrs", "18 h", "- 2 h", "31 December 18 hrs"),
        *of("de", "3 h", "3 h 30 min"),
        *of("fr", "3 h", "2 heures", "1 heure", "1 h 30 min."),
        *of("es", "3 horas", "1 hora", "3 hs"),
        *of("it", "3 h", "3 ore"),
        *of("ru", "3 ч", "3 ч.", "3 часа", "1 час", "18 часов", "1 ч 30 мин", "3 часа 5 минут"),
        *of("zh", "3小时"),
    ],
)
def test_a_duration_is_no_time_of_day(language: str, text: str) -> None:
    assert read_moment(text, language, now=NOW) is None


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
