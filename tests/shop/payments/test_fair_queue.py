"""Whoever has waited longest relative to their interval is next, whatever the clock does; nobody is left out."""

from shop.payments.fair_queue import FairQueue
from tests.conftest import NOW


def test_those_who_waited_longest_relative_to_their_interval_go_first() -> None:
    turns: FairQueue[str] = FairQueue()
    turns.take(["often", "seldom"], now=1_000)
    waits = {"often": 20, "seldom": 300}
    assert turns.choose(waits, now=1_019, questions=2) == []
    assert turns.choose(waits, now=1_020, questions=2) == ["often"]
    turns.take(["often"], now=1_290)
    assert turns.choose(waits, now=1_330, questions=1) == ["often"], "twice its time, the other a tenth more"


def test_those_who_had_no_turn_yet_go_first() -> None:
    turns: FairQueue[str] = FairQueue()
    turns.take(["old"], now=NOW - 900)
    assert turns.choose({"old": 10, "new": 300}, now=NOW, questions=1) == ["new"]


def test_everybody_gets_a_turn_within_a_budget() -> None:
    turns: FairQueue[int] = FairQueue()
    waits = dict.fromkeys(range(10), 5)
    asked: list[int] = []
    for now in range(100, 200, 20):
        chosen = turns.choose(waits, now=now, questions=2)
        turns.take(chosen, now=now)
        asked += chosen
    assert sorted(asked) == list(range(10))


def test_a_request_that_is_due_anyway_is_filled_with_others() -> None:
    turns: FairQueue[int] = FairQueue()
    turns.take(range(4), now=100)
    turns.take([5], now=80)
    waits = dict.fromkeys(range(6), 30)
    assert turns.choose(waits, now=110, questions=8, batch=4) == [4, 5, 0, 1], "one question has room for four"
    assert turns.choose(waits, now=109, questions=8, batch=2) == [4, 5]
    turns.take(range(6), now=109)
    assert turns.choose(waits, now=138, questions=8, batch=4) == [], "nobody is due"


def test_those_who_no_longer_wait_are_forgotten() -> None:
    turns: FairQueue[int] = FairQueue()
    turns.take([1], now=100)
    turns.choose({}, now=101, questions=1)
    assert turns.last(1) == 0


def test_a_clock_that_goes_back_a_day_makes_nobody_wait_a_day() -> None:
    turns: FairQueue[str] = FairQueue()
    turns.take(["before"], now=NOW)
    turns.take(["after"], now=NOW - 86_400)
    assert turns.choose({"before": 30, "after": 30}, now=NOW - 86_399, questions=2) == ["before"]
    turns.take(["before"], now=NOW - 86_399)
    assert turns.choose({"before": 30, "after": 30}, now=NOW - 86_398, questions=2) == []
    assert turns.choose({"before": 30, "after": 30}, now=NOW - 86_369, questions=2) == ["after", "before"]
