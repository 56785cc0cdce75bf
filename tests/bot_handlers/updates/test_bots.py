"""Receiving updates: once each and in order for each person, whatever arrives, by webhook or by polling."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot_handlers.updates.bots import Bots, UnknownBot
from bot_handlers.updates.claims import MOST_WAITING
from bot_handlers.updates.polling import Poller
from storage.models import Customer, HandledUpdate
from tests.bot_handlers.stage import CUSTOMER, Stage
from tests.conftest import open_new_database
from tests.patience import DEADLINE_S, wait_for, wait_to_reach
from tests.raw_sql import engine_of
from tests.small_disk import small_disk
from tests.stand import BOT_ID
from web.sandbox.telegram.methods.updates import MAX_UPDATES


class Recorder:
    """A bot that records what it was given, and when it was busy."""

    def __init__(self) -> None:
        self.handled: list[int] = []
        self.busy: dict[int, int] = {}
        self.overlaps = 0
        self.side_by_side = 0
        self.waits_for_company = False
        self._lock = threading.Lock()

    def process_new_updates(self, updates: list[Any]) -> None:
        [update] = updates
        person = update.message.from_user.id
        with self._lock:
            self.busy[person] = self.busy.get(person, 0) + 1
            self.overlaps += self.busy[person] > 1
            self.side_by_side = max(self.side_by_side, sum(self.busy.values()))
        if self.waits_for_company:
            wait_for(lambda: self.side_by_side > 1, "somebody else is served at the same time")
        with self._lock:
            self.busy[person] -= 1
            self.handled.append(update.update_id)


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def bots(stage: Stage, recorder: Recorder) -> Bots:
    return Bots({BOT_ID: recorder}, stage.stand.database, clock=stage.stand.clock)


def test_twenty_deliveries_of_one_update_at_once_are_handled_once(
    stage: Stage, bots: Bots, recorder: Recorder, at_once: Any
) -> None:
    update = stage.update()
    assert at_once(*[lambda: bots.accept(BOT_ID, update)] * 20) == [None] * 20
    assert recorder.handled == [update["update_id"]]


def test_a_redelivery_after_a_restart_is_not_handled_again(stage: Stage, bots: Bots, recorder: Recorder) -> None:
    update = stage.update()
    bots.accept(BOT_ID, update)
    stage.stand.database.write_waiting()  # as on shutdown
    Bots({BOT_ID: recorder}, stage.stand.database, clock=stage.stand.clock).accept(BOT_ID, update)
    assert len(recorder.handled) == 1


def test_updates_of_one_person_never_overlap_but_those_of_different_people_do(
    stage: Stage, bots: Bots, recorder: Recorder, at_once: Any
) -> None:
    recorder.waits_for_company = True
    updates = [stage.update(100 + number % 4) for number in range(20)]
    at_once(*(lambda update=update: bots.accept(BOT_ID, update) for update in updates))
    assert sorted(recorder.handled) == [update["update_id"] for update in updates]
    assert recorder.overlaps == 0
    assert recorder.side_by_side > 1


def test_the_same_update_id_at_another_bot_is_another_update(stage: Stage, recorder: Recorder) -> None:
    bots = Bots({BOT_ID: recorder, 7: recorder}, stage.stand.database, clock=stage.stand.clock)
    update = stage.update()
    bots.accept(BOT_ID, update)
    bots.accept(7, update)
    assert len(recorder.handled) == 2


def test_unknown_bots_are_distinguished_from_known_ones(stage: Stage, bots: Bots) -> None:
    update = stage.update()
    with pytest.raises(UnknownBot) as refused:
        bots.accept(7, update)
    assert refused.value.args == (7,)
    assert HandledUpdate.select().where(HandledUpdate.update_id == update["update_id"]).count() == 0


@pytest.mark.parametrize("number", [None, "5", 1.5, True, [], 10**30, -(10**30)])
def test_an_update_without_an_id_is_ignored(
    stage: Stage, bots: Bots, recorder: Recorder, number: Any, caplog: pytest.LogCaptureFixture
) -> None:
    bots.accept(BOT_ID, stage.update() | {"update_id": number})
    assert recorder.handled == []
    assert "without an id" in caplog.text


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"message": None},
        {"message": "text"},
        {"message": []},
        {"message": {"from": "me"}},
        {"message": {"message_id": 1}},
        {"callback_query": {"id": "1", "from": {"id": "x"}}},
        {"something_new": {"from": {"id": 1}}},
    ],
)
def test_an_update_that_nobody_can_read_is_swallowed_and_the_next_one_works(
    stage: Stage, content: dict[str, Any]
) -> None:
    number = stage.update()["update_id"]
    stage.front.bots.accept(BOT_ID, {"update_id": number} | content)
    stage.stand.database.write_waiting()
    assert HandledUpdate.select().where(HandledUpdate.update_id == number).count() == 1
    stage.say("❓ Help")
    assert stage.texts()[-1].startswith("How it works")


def test_a_person_who_blocks_the_bot_is_remembered_and_welcomed_back(stage: Stage) -> None:
    stage.telegram.people.block(CUSTOMER, True)
    stage.deliver()
    assert not Customer.by_telegram_id(CUSTOMER).reachable
    stage.telegram.people.block(CUSTOMER, False)
    stage.deliver()
    assert Customer.by_telegram_id(CUSTOMER).reachable


def poller_of(stage: Stage, bots: Any, **more: Any) -> Poller:
    release = stage.stand.database.release_thread
    return Poller(stage.bot, bots, stage.front.reachability, monotonic=time.monotonic, at_end=release, **more)


@pytest.fixture
def start_polling(stage: Stage) -> Iterator[Callable[[Bots], Poller]]:
    pollers: list[Poller] = []

    def start(bots: Bots) -> Poller:
        pollers.append(poller_of(stage, bots))
        pollers[-1].start()
        return pollers[-1]

    yield start
    for poller in pollers:
        poller.stop(timeout_s=5)
    stage.telegram.stop()
    for poller in pollers:
        assert poller.runner.join(DEADLINE_S)


def test_polling_passes_everything_on_in_order_for_each_person(
    stage: Stage, bots: Bots, recorder: Recorder, start_polling: Any, wait_for: Any
) -> None:
    order: dict[int, list[int]] = {}
    for number in range(24):
        posted = stage.telegram.people.say(200 + number % 3, f"text {number}", profile={})
        order.setdefault(200 + number % 3, []).append(posted.update_id)
    start_polling(bots)
    wait_for(lambda: len(recorder.handled) == 24, "every update is handled")
    for numbers in order.values():
        assert [number for number in recorder.handled if number in numbers] == numbers
    wait_for(lambda: stage.telegram.view(200)["pending"] == 0, "Telegram is told what was handled")


def test_polling_confirms_an_update_only_after_it_was_handled(
    stage: Stage, start_polling: Any, recorder: Recorder, wait_for: Any
) -> None:
    hold, inside = threading.Event(), threading.Event()

    class Slow(Recorder):
        def process_new_updates(self, updates: list[Any]) -> None:
            inside.set()
            hold.wait(DEADLINE_S)
            super().process_new_updates(updates)

    slow = Slow()
    stage.telegram.people.say(200, "wait for it", profile={})
    start_polling(Bots({BOT_ID: slow}, stage.stand.database, clock=stage.stand.clock))
    wait_for(inside.is_set, "the update is in hand")
    assert stage.telegram.view(200)["pending"] == 1
    hold.set()
    wait_for(lambda: stage.telegram.view(200)["pending"] == 0, "Telegram is told")
    assert len(slow.handled) == 1


def test_a_slow_update_delays_only_its_own_person(stage: Stage, start_polling: Any, wait_for: Any) -> None:
    hold, inside = threading.Event(), threading.Event()
    handled: list[str] = []

    class Slow:
        def process_new_updates(self, updates: list[Any]) -> None:
            text = updates[0].message.text
            if text == "slow":
                inside.set()
                hold.wait(DEADLINE_S)
            handled.append(text)

    stage.telegram.people.say(200, "slow", profile={})
    stage.telegram.people.say(200, "after it", profile={})
    start_polling(Bots({BOT_ID: Slow()}, stage.stand.database, clock=stage.stand.clock))
    wait_for(inside.is_set, "the update is in hand")
    for number in range(3):
        stage.telegram.people.say(300 + number, f"others {number}", profile={})
        wait_for(lambda number=number: f"others {number}" in handled, "others are answered meanwhile")
    assert "after it" not in handled
    hold.set()
    wait_for(lambda: handled[3:] == ["slow", "after it"], "then it goes on, in order and once")
    wait_for(lambda: stage.telegram.view(200)["pending"] == 0, "Telegram is told")


def test_an_update_that_takes_very_long_keeps_no_later_ones_out_of_telegrams_answers(
    stage: Stage, start_polling: Any, wait_for: Any
) -> None:
    hold = threading.Event()
    handled: list[int] = []

    class Slow:
        def process_new_updates(self, updates: list[Any]) -> None:
            person = updates[0].message.from_user.id
            if person == 200:
                hold.wait()
            handled.append(person)

    stage.telegram.people.say(200, "slow", profile={})
    people = range(300, 300 + MAX_UPDATES + 20)
    for person in people:
        stage.telegram.people.say(person, "hello", profile={})
    start_polling(Bots({BOT_ID: Slow()}, stage.stand.database, clock=stage.stand.clock))
    try:
        wait_to_reach(lambda: len(handled), len(people), "more updates than fit into an answer")
        assert 200 not in handled
    finally:
        hold.set()
    wait_for(lambda: sorted(handled) == [200, *people], "the slow one is handled once")


def test_an_update_that_fails_after_it_was_confirmed_early_is_not_waited_for(
    stage: Stage, start_polling: Any, wait_for: Any, caplog: pytest.LogCaptureFixture
) -> None:
    hold = threading.Event()

    class Failing(Bots):
        def accept(self, bot_id: int, update: dict[str, Any]) -> None:
            if update["message"]["from"]["id"] == 200 and not hold.is_set():
                hold.wait()
                raise OSError("disk I/O error")
            super().accept(bot_id, update)

    recorder = Recorder()
    for person in (200, *range(300, 300 + MAX_UPDATES)):
        stage.telegram.people.say(person, "hello", profile={})
    start_polling(Failing({BOT_ID: recorder}, stage.stand.database, clock=stage.stand.clock))
    try:
        wait_for(lambda: stage.telegram.view(200)["pending"] == 0, "the slow one is confirmed")
    finally:
        hold.set()
    wait_for(lambda: "confirmed early are lost" in caplog.text, "it fails")
    stage.telegram.people.say(200, "again", profile={})
    for person in range(500, 500 + MAX_UPDATES):
        stage.telegram.people.say(person, "hello", profile={})
    wait_for(lambda: stage.telegram.view(599)["pending"] == 0, "later ones are heard")


def test_polling_goes_on_after_telegram_failed(
    stage: Stage, bots: Bots, recorder: Recorder, start_polling: Any, wait_for: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot_handlers.updates.polling.PAUSE_S", 0)
    for kind in ("500", "502", "drop", "429", "nonsense"):
        stage.telegram.fault(kind, 1, "getUpdates")
    stage.telegram.people.say(200, "hello", profile={})
    start_polling(bots)
    wait_for(lambda: len(recorder.handled) == 1, "the update comes in after all")


def test_polling_goes_on_after_the_database_failed_and_loses_no_update(
    stage: Stage,
    bots: Bots,
    recorder: Recorder,
    start_polling: Any,
    wait_for: Any,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("bot_handlers.updates.polling.PAUSE_S", 0.01)
    run = engine_of(stage.stand.database).execute_sql
    run("ALTER TABLE handled_update RENAME TO elsewhere")
    stage.telegram.people.say(200, "hello", profile={})
    start_polling(bots)
    wait_for(lambda: "no such table" in caplog.text, "the failure is logged")
    run("ALTER TABLE elsewhere RENAME TO handled_update")
    wait_for(lambda: len(recorder.handled) == 1, "the update is handled after all")


def test_polling_loses_nobody_if_no_thread_could_be_started(
    stage: Stage, bots: Bots, recorder: Recorder, start_polling: Any, wait_for: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    left, start = [1], threading.Thread.start

    def fail_once(thread: threading.Thread) -> None:
        if thread.name.startswith("update") and left[0]:
            left[0] -= 1
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", fail_once)
    for number in range(3):
        stage.telegram.people.say(200 + number, "hello", profile={})
    start_polling(bots)
    wait_for(lambda: len(recorder.handled) == 3, "every update is handled")
    wait_for(lambda: stage.telegram.view(200)["pending"] == 0, "Telegram is told")
    assert left == [0]


def test_a_full_disk_stops_no_update_that_only_shows_something(
    tmp_path: Path, stage: Stage, recorder: Recorder, caplog: pytest.LogCaptureFixture
) -> None:
    with small_disk(tmp_path / "disk") as disk:
        database = open_new_database(disk.folder)
        settled: list[int] = []
        bots = Bots(
            {BOT_ID: recorder},
            database,
            clock=stage.stand.clock,
            settle=lambda _bot_id, person: settled.append(person),
        )
        updates = [stage.update() for _ in range(MOST_WAITING + 5)]
        disk.fill()
        for update in updates:
            bots.accept(BOT_ID, update)
        assert len(settled) == len(recorder.handled) == len(updates)
        assert "are not recorded yet" in caplog.text
        disk.clear()
        bots.accept(BOT_ID, stage.update())
        recorded = HandledUpdate.select().count()
        database.close()
    assert recorded == len(updates) + 1
