"""The machine's clock is judged by several servers together, never by one of them."""

from datetime import UTC, datetime
from email.utils import format_datetime

import pytest

from shop.chains.clock_offset import FRESH_S, MOST_SERVERS, ClockOffset
from tests.conftest import StandingClock


def date(moment: int) -> str:
    return format_datetime(datetime.fromtimestamp(moment, UTC), usegmt=True)


@pytest.mark.parametrize(
    ("behind_s", "expected"),
    [
        ((), 0),
        ((500,), 0),
        ((0, 500), 0),
        ((40, 41), 40),
        ((-86_400, -86_399, 0), -86_399),
        ((0, 0, 9_999_999), 0),
        ((45, 0, 44, 46), 44),
    ],
)
def test_the_offset_is_the_one_most_servers_agree_on(
    behind_s: tuple[int, ...], expected: int, clock: StandingClock
) -> None:
    offset = ClockOffset(clock, clock.monotonic)
    for number, seconds in enumerate(behind_s):
        offset.saw(f"server {number}", date(clock.now - seconds))
    assert offset.seconds() == expected


def test_old_answers_do_not_count(clock: StandingClock) -> None:
    offset = ClockOffset(clock, clock.monotonic)
    for name in "ab":
        offset.saw(name, date(clock.now - 100))
    clock.pass_s(FRESH_S)
    assert (offset.seconds(), offset.is_known) == (100, True)
    clock.pass_s(1)
    assert (offset.seconds(), offset.is_known) == (0, False)


@pytest.mark.parametrize("header", ["", "yesterday", "Tue, 99 Sep 2026 14:12:00 GMT", "Tue, 22 Sep 99999 1:1:1 GMT"])
def test_an_invalid_date_is_ignored(header: str, clock: StandingClock) -> None:
    offset = ClockOffset(clock, clock.monotonic)
    for name in "abcd":
        offset.saw(name, header)
    for name in "ef":
        offset.saw(name, date(clock.now - 100))
    assert offset.seconds() == 100


def test_only_a_limited_number_of_servers_is_remembered(clock: StandingClock) -> None:
    offset = ClockOffset(clock, clock.monotonic)
    for number in range(MOST_SERVERS):
        offset.saw(str(number), date(clock.now))
    for number in range(MOST_SERVERS, 4 * MOST_SERVERS):
        offset.saw(str(number), date(clock.now - 100))
    assert offset.seconds() == 0
