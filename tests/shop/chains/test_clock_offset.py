"""The machine's clock is judged by several servers together, never by one of them."""

from datetime import UTC, datetime
from email.utils import format_datetime

import pytest

from shop.chains.clock_offset import FAR_S, FRESH_S, MOST_SERVERS, ClockOffset
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


@pytest.mark.parametrize("ahead_s", [FAR_S + 1, 365 * 86_400])
@pytest.mark.parametrize("servers", ["a", "abc"])
def test_a_jump_far_ahead_is_known_at_once_and_over_once_the_clock_is_right(
    servers: str, ahead_s: int, clock: StandingClock
) -> None:
    offset = ClockOffset(clock, clock.monotonic)
    assert not offset.is_far_ahead, "nobody has said anything"
    for name in servers:
        offset.saw(name, date(clock.now))
    clock.pass_s(FRESH_S // 2)
    assert not offset.is_far_ahead
    clock.now += ahead_s
    assert offset.is_far_ahead
    for name in servers:
        offset.saw(name, date(clock.now - ahead_s))
    assert offset.is_far_ahead
    clock.now -= ahead_s
    assert not offset.is_far_ahead


def test_a_machine_that_slept_is_not_taken_for_one_whose_clock_is_wrong_for_longer_than_minutes(
    clock: StandingClock,
) -> None:
    offset = ClockOffset(clock, clock.monotonic)
    for name in "abc":
        offset.saw(name, date(clock.now))
    clock.now += 6 * 3_600
    offset.saw("a", date(clock.now))
    clock.pass_s(FRESH_S)
    offset.saw("a", date(clock.now))
    clock.pass_s(1)
    assert not offset.is_far_ahead


def test_one_server_that_is_behind_does_not_make_the_clock_wrong(clock: StandingClock) -> None:
    offset = ClockOffset(clock, clock.monotonic)
    offset.saw("liar", date(clock.now - 86_400))
    offset.saw("Telegram", date(clock.now))
    assert not offset.is_far_ahead
