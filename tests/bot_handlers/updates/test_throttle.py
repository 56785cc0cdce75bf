"""Short bursts are allowed, a flood is ignored after one warning, and a steady pace is never limited."""

from collections import Counter

import pytest

from bot_handlers.updates.boundary import BURST, REFILL_PER_S, Throttle, Verdict
from tests.bot_handlers.conftest import Seconds


@pytest.fixture
def throttle(seconds: Seconds) -> Throttle:
    return Throttle(monotonic=seconds)


def tap(throttle: Throttle, seconds: Seconds, *, times: int, every_s: float, who: int = 1) -> Counter[Verdict]:
    verdicts: Counter[Verdict] = Counter()
    for _ in range(times):
        verdicts[throttle.judge(who)] += 1
        seconds.now += every_s
    return verdicts


def test_a_burst_is_allowed(throttle: Throttle, seconds: Seconds) -> None:
    assert tap(throttle, seconds, times=BURST, every_s=0) == {Verdict.WELCOME: BURST}


def test_after_the_burst_there_is_one_warning_and_then_silence(throttle: Throttle, seconds: Seconds) -> None:
    verdicts = tap(throttle, seconds, times=BURST + 20, every_s=0)
    assert verdicts == {Verdict.WELCOME: BURST, Verdict.WARN: 1, Verdict.DROP: 19}


@pytest.mark.parametrize("every_s", [1.0, 0.5, 1 / REFILL_PER_S])
def test_a_steady_tapper_is_never_limited(throttle: Throttle, seconds: Seconds, every_s: float) -> None:
    assert tap(throttle, seconds, times=2000, every_s=every_s) == {Verdict.WELCOME: 2000}


def test_a_continuing_flood_is_warned_about_only_once(throttle: Throttle, seconds: Seconds) -> None:
    verdicts = tap(throttle, seconds, times=1000, every_s=0.1)
    assert verdicts[Verdict.WARN] == 1
    assert verdicts[Verdict.WELCOME] >= BURST + 290
    assert verdicts[Verdict.DROP] > 600


def test_a_pause_restores_the_full_burst(throttle: Throttle, seconds: Seconds) -> None:
    tap(throttle, seconds, times=BURST + 5, every_s=0)
    seconds.now += BURST / REFILL_PER_S
    again = tap(throttle, seconds, times=BURST + 5, every_s=0)
    assert again == {Verdict.WELCOME: BURST, Verdict.WARN: 1, Verdict.DROP: 4}


def test_one_persons_flood_is_not_anothers(throttle: Throttle, seconds: Seconds) -> None:
    tap(throttle, seconds, times=BURST + 5, every_s=0, who=1)
    assert throttle.judge(2) is Verdict.WELCOME


def test_people_who_have_been_gone_longest_are_forgotten_first(throttle: Throttle, seconds: Seconds) -> None:
    tap(throttle, seconds, times=BURST + 1, every_s=0, who=1)
    for who in range(2, 10_001):
        throttle.judge(who)
    assert throttle.judge(1) is Verdict.DROP
    for who in range(10_001, 20_001):
        throttle.judge(who)
    assert throttle.judge(1) is Verdict.WELCOME
