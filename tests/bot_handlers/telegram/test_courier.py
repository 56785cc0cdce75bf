"""A waiting chat delays no other chat, and the screens of a chat keep their order. Tested by events, not by time."""

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask, Response, request
from telebot.apihelper import ApiTelegramException

from bot_handlers.callbacks.catalog import ShowShelf
from bot_handlers.callbacks.checkout import ShowCart
from bot_handlers.callbacks.home import ShowHelp
from bot_handlers.screens.screen import Screen
from bot_handlers.telegram.answers import TelegramUnreachable
from bot_handlers.telegram.courier import KEPT_S, MOST_PER_LANE, Courier, Errand
from bot_handlers.telegram.queued import QueuedMessenger, Reports
from tests.bot_handlers.conftest import FrontServer, Seconds
from tests.bot_handlers.stage import CUSTOMER, Stage
from tests.conftest import DEADLINE_S
from tests.stand import BOT_ID

SLOW = range(8_001, 8_009)
WORKERS = 8


@pytest.fixture
def courier(seconds: Seconds) -> Iterator[Courier]:
    courier = Courier(monotonic=seconds, senders=4)
    yield courier
    courier.stop(timeout_s=1)


class Log:
    """Records the order in which errands ran, by their lane and number."""

    def __init__(self) -> None:
        self.done: list[Any] = []
        self.failed: list[BaseException] = []

    def errand(self, what: Any, **how: Any) -> Errand:
        return Errand(lambda: self.done.append(what), self.failed.append, **how)

    def told_to_wait(self, what: Any, wait_s: int) -> Callable[[], None]:
        def refused() -> None:
            self.done.append(what)
            answer = {"error_code": 429, "description": "Too Many Requests", "parameters": {"retry_after": wait_s}}
            raise ApiTelegramException("deleteMessage", None, answer)

        return refused


@pytest.fixture
def log() -> Log:
    return Log()


def test_every_lane_keeps_its_order_however_many_there_are(courier: Courier, log: Log, wait_for: Any) -> None:
    for number in range(90):
        courier.post(number % 30, log.errand((number % 30, number)))
    wait_for(lambda: len(log.done) == 90, "all is done")
    for lane in range(30):
        mine = [number for key, number in log.done if key == lane]
        assert mine == sorted(mine)


def test_a_lane_that_hangs_holds_up_no_other_one(courier: Courier, log: Log, wait_for: Any) -> None:
    hold = threading.Event()
    for lane in range(3):
        courier.post(lane, Errand(lambda: hold.wait(DEADLINE_S), log.failed.append))
        courier.post(lane, log.errand((lane, "behind")))
    for number in range(20):
        courier.post("free", log.errand(number))
    wait_for(lambda: log.done == list(range(20)), "the free lane goes on")
    hold.set()
    wait_for(lambda: len(log.done) == 23, "then the others do")


def test_only_the_newest_errand_waiting_for_the_same_place_counts(
    courier: Courier, log: Log, seconds: Seconds, wait_for: Any
) -> None:
    courier.post("lane", log.errand("first"), after_s=5)
    for number in range(3):
        courier.post("lane", log.errand(number, replaces=77))
        courier.post("lane", log.errand(f"letter {number}"))
    assert log.done == []
    seconds.now += 5
    wait_for(lambda: len(log.done) == 5, "the pause is over")
    assert log.done == ["first", "letter 0", "letter 1", 2, "letter 2"]


def test_an_urgent_errand_runs_despite_a_pause(courier: Courier, log: Log, seconds: Seconds, wait_for: Any) -> None:
    courier.post("lane", log.errand("screen"), after_s=60)
    courier.post("lane", log.errand("tap", despite_pause=True))
    wait_for(lambda: log.done == ["tap"], "the tap is answered")
    seconds.now += 60
    wait_for(lambda: log.done == ["tap", "screen"], "the screen follows")


def test_an_urgent_errand_that_is_told_to_wait_itself_waits(
    courier: Courier, log: Log, seconds: Seconds, wait_for: Any
) -> None:
    courier.post("lane", log.errand("screen"), after_s=60)
    courier.post("lane", Errand(log.told_to_wait("erase", 7), log.failed.append, despite_pause=True))
    courier.post("lane", log.errand("tap", despite_pause=True))
    wait_for(lambda: log.done[-1:] == ["tap"], "the next one goes on")
    assert log.done == ["erase", "tap"]
    seconds.now += 59
    with pytest.raises(TelegramUnreachable) as refused:  # a shorter pause ends no longer one
        courier.post("lane", log.errand("no time to wait", waits=False))
    assert refused.value.never_asked
    seconds.now += 1
    wait_for(lambda: log.done == ["erase", "tap", "erase"], "it is done once the pause is over")


def test_an_errand_that_waited_too_long_is_not_sent(
    courier: Courier, log: Log, seconds: Seconds, wait_for: Any
) -> None:
    courier.post("lane", log.errand("filler"), after_s=1)
    courier.post("lane", log.errand("old"))
    seconds.now += KEPT_S + 2
    wait_for(lambda: len(log.failed) == 2, "both are given up")
    assert log.done == []


def test_a_lane_that_is_held_up_repeatedly_is_scheduled_once(
    courier: Courier, log: Log, seconds: Seconds, wait_for: Any
) -> None:
    for number in range(1, 51):
        courier.post("lane", log.errand("cancelled"), after_s=2)
        courier.cancel("lane")
        courier.post("other", log.errand("done"))
        wait_for(lambda number=number: len(log.done) == number, "a sender has looked at what goes on later")
        seconds.now += 0.1
    assert len(courier._later) == 1
    seconds.now += 2
    wait_for(lambda: not courier._lanes and not courier._later, "nothing is left of it")


def test_a_lane_accepts_only_so_many_errands(courier: Courier, log: Log) -> None:
    courier.post("lane", log.errand(0), after_s=60)
    for number in range(1, MOST_PER_LANE):
        courier.post("lane", log.errand(number))
    with pytest.raises(TelegramUnreachable) as refused:
        courier.post("lane", log.errand("one too many"))
    assert refused.value.never_asked
    with pytest.raises(TelegramUnreachable) as refused:
        courier.post("lane", log.errand("no time to wait", waits=False))
    assert refused.value.never_asked


def test_an_unexpected_error_ends_no_lane(
    courier: Courier, log: Log, wait_for: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(threading, "excepthook", lambda _: None)

    def surprise() -> None:
        raise RuntimeError("nobody thought of this")

    for _ in range(10):
        courier.post("lane", Errand(surprise, log.failed.append))
    courier.post("lane", log.errand("after it"))
    wait_for(lambda: log.done == ["after it"], "the lane goes on")
    assert len(log.failed) == 10
    assert "nobody thought of this" in caplog.text


def test_an_apology_that_telegram_refuses_too_ends_no_sender(
    courier: Courier, log: Log, wait_for: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ended: list[Any] = []
    monkeypatch.setattr(threading, "excepthook", ended.append)

    def fail(*_: Any) -> None:
        raise TelegramUnreachable("they have blocked the bot")

    courier.post("lane", Errand(fail, fail))
    courier.post("lane", log.errand("after it"))
    wait_for(lambda: log.done == ["after it"], "the lane goes on")
    assert ended == []
    assert "nor could this be said: they have blocked the bot" in caplog.text


def test_a_chat_that_has_to_wait_gets_its_newest_screen_when_it_may(stage: Stage, wait_for: Any) -> None:
    stage.telegram.fault("429", 1, "editMessageText", chat_id=CUSTOMER, seconds=7)
    message = stage.messages()[-1]["message_id"]
    for press in (ShowHelp(), ShowCart(), ShowShelf(None, 0)):
        stage.press_data(press, message_id=message)
    assert stage.texts()[-1].startswith("Main menu")
    assert len(stage.view()["answers"]) == 3  # taps are answered although the chat has to wait
    stage.say("/start", 1002)
    assert stage.texts(1002)[-1].startswith("Main menu")
    stage.seconds.now += 7
    wait_for(lambda: stage.texts()[-1].startswith("The shop is empty"), "the newest screen is shown")
    assert stage.telegram.world.faults.snapshot()["waiting"] == []


def test_a_screen_that_fails_becomes_an_apology(stage: Stage) -> None:
    stage.telegram.fault("500", 1, "editMessageText")
    stage.press("Help")
    assert stage.alerts()[-1].startswith("Sorry")


def test_a_tap_is_answered_while_its_work_takes_long(
    stage: Stage, wait_for: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside, hold = threading.Event(), threading.Event()
    catalog = type(stage.stand.shop.catalog)
    shelf = catalog.shelf

    def slow(*given: Any, **more: Any) -> Any:
        inside.set()
        hold.wait(DEADLINE_S)
        return shelf(*given, **more)

    monkeypatch.setattr(catalog, "shelf", slow)
    presses = threading.Thread(target=stage.press, args=("Shop",))
    presses.start()
    assert inside.wait(DEADLINE_S)
    stage.seconds.now += 3
    wait_for(lambda: len(stage.view()["answers"]) == 1, "the tap is answered before the work is done")
    hold.set()
    presses.join(DEADLINE_S)
    assert stage.texts()[-1].startswith("The shop is empty")


def queued(stage: Stage, reports: Reports | None = None) -> QueuedMessenger:
    """Build a messenger that sends through the stage's courier."""
    bots, direct = {BOT_ID: stage.bot}, stage.messenger
    return QueuedMessenger(bots, stage.transport, stage.front.courier, direct=direct, reports=reports or Reports())


def test_the_result_of_a_tap_answered_meanwhile_is_a_message(stage: Stage, wait_for: Any) -> None:
    messenger = queued(stage)
    stage.telegram.people.press(CUSTOMER, stage.messages()[-1]["message_id"], "x")
    [update] = stage.updates()
    visit = stage.visit(tap_id=update["callback_query"]["id"])
    messenger.tapped(visit)
    stage.seconds.now += 3
    wait_for(lambda: len(stage.view()["answers"]) == 1, "it is answered")
    messenger.toast(visit, "Only one is left.", alert=True)
    wait_for(lambda: stage.texts()[-1] == "Only one is left.", "the text comes as a message")


def test_an_alert_that_comes_too_late_waits_for_its_chats_pause(stage: Stage, wait_for: Any) -> None:
    messenger, faults = queued(stage), stage.telegram.world.faults
    stage.telegram.fault("429", 1, "sendMessage", seconds=30)
    messenger.toast(stage.visit(tap_id="12345"), "Only one is left.", alert=True)
    wait_for(lambda: faults.snapshot()["waiting"] == [], "the message is refused for now")
    messenger.settle(BOT_ID, CUSTOMER)
    assert "Only one is left." not in stage.texts()
    stage.seconds.now += 30
    wait_for(lambda: stage.texts()[-1] == "Only one is left.", "it comes once the pause is over")


def test_a_person_who_blocks_the_bot_after_a_late_tap_ends_no_sender(
    stage: Stage, wait_for: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[Any] = []
    monkeypatch.setattr(threading, "excepthook", ended.append)
    faults = stage.telegram.world.faults
    for method in ("editMessageText", "sendMessage"):
        stage.telegram.fault("403", 1, method)
    message = stage.messages()[-1]["message_id"]
    queued(stage).show(stage.visit(tap_id="12345", message_id=message), Screen("hello"))
    wait_for(lambda: faults.snapshot()["waiting"] == [], "neither the screen nor an apology arrives")
    stage.say("/help")
    assert stage.texts()[-1].startswith("How it works")
    assert ended == []


def test_a_direct_message_fails_during_a_pause_instead_of_waiting(stage: Stage) -> None:
    messenger = queued(stage)
    assert messenger.send(BOT_ID, CUSTOMER, Screen("one")) > 0
    stage.telegram.fault("429", 1, "sendMessage", seconds=60)
    for _ in range(2):
        with pytest.raises(Exception, match=r"429|has to wait") as refused:
            messenger.send(BOT_ID, CUSTOMER, Screen("two"))
        assert "two" not in str(refused.value)


def test_a_shown_screen_is_recorded_without_waiting_for_the_next_look(stage: Stage) -> None:
    woken, told = threading.Event(), list[int]()
    reports = Reports(woken.set)
    queued(stage, reports).show(stage.visit(), Screen("one"), shown=told.append)
    assert woken.wait(DEADLINE_S)
    reports.write_down()
    assert told == [stage.messages()[-1]["message_id"]]


class HoldingTelegram:
    """A Telegram that answers some chats only when released, or makes them wait."""

    def __init__(self, server: FrontServer, refuse: bool) -> None:
        self.hold = threading.Event()
        self.reached: list[int] = []
        self._refuse = refuse
        app = Flask("holding")
        app.add_url_rule("/<path:_path>", view_func=self._answer, methods=["GET", "POST"])
        server.app = app

    def _answer(self, _path: str) -> Response:
        chat = int(request.form.get("chat_id", "0"))
        self.reached.append(chat)
        if chat in SLOW and self._refuse:
            return Response('{"ok":false,"error_code":429,"description":"-","parameters":{"retry_after":3}}', 429)
        if chat in SLOW:
            self.hold.wait(DEADLINE_S)
        return Response(json.dumps({"ok": True, "result": {"message_id": 7, "date": 1, "chat": {"id": chat}}}))


@pytest.mark.parametrize("refuse", [False, True], ids=["slow", "429"])
@pytest.mark.parametrize("count", [4, 8])
def test_customers_whom_telegram_answers_slowly_hold_up_nobody_elses_start(
    stage: Stage, front_server: FrontServer, wait_for: Callable[..., Any], count: int, refuse: bool
) -> None:
    telegram = HoldingTelegram(front_server, refuse)
    with ThreadPoolExecutor(WORKERS) as workers:  # as many as serve a webhook
        accept = stage.front.bots.accept
        for chat in SLOW[:count]:
            workers.submit(accept, BOT_ID, stage.update(chat, text="/start"))
        wait_for(lambda: set(SLOW[:count]) <= set(telegram.reached), "Telegram has every slow customer in hand")
        workers.submit(accept, BOT_ID, stage.update(9_001, text="/start")).result(DEADLINE_S)
        wait_for(lambda: telegram.reached.count(9_001) == 2, "the greeting and the menu, while the others wait")
        telegram.hold.set()
    stage.seconds.now += 10
    wait_for(lambda: refuse or min(map(telegram.reached.count, SLOW[:count])) == 2, "the others get theirs")


@pytest.fixture
def no_threads(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Let the next so many starts of a thread fail, as they do when the system has no room for another."""
    left = 0
    start = threading.Thread.start

    def fail_or_start(thread: threading.Thread) -> None:
        nonlocal left
        if left and thread.name.startswith(("sender", "pauses")):
            left -= 1
            raise RuntimeError("can't start new thread")
        start(thread)

    def fail(count: int) -> None:
        nonlocal left
        left = count

    monkeypatch.setattr(threading.Thread, "start", fail_or_start)
    return fail


def test_senders_that_could_not_be_started_count_for_nothing(
    courier: Courier, log: Log, no_threads: Callable[[int], None], wait_for: Any, caplog: pytest.LogCaptureFixture
) -> None:
    no_threads(4)  # as many as this courier may have
    for number in range(4):
        courier.post(number, log.errand(number))
    assert [record.getMessage().split(";")[0] for record in caplog.records] == [
        "no thread could be started to send screens"
    ] * 4
    courier.post(4, log.errand(4))
    wait_for(lambda: sorted(log.done) == [0, 1, 2, 3, 4], "all is done")


def test_the_next_screen_of_the_same_chat_starts_a_sender_too(
    courier: Courier, log: Log, no_threads: Callable[[int], None], wait_for: Any
) -> None:
    no_threads(1)
    courier.post("chat", log.errand(1))
    courier.post("chat", log.errand(2))
    wait_for(lambda: log.done == [1, 2], "both are done")


def test_pauses_are_watched_from_the_next_one_on_if_no_thread_could_be_started(
    courier: Courier, log: Log, no_threads: Callable[[int], None], wait_for: Any, seconds: Seconds
) -> None:
    no_threads(1)
    courier.post("one", log.errand(1), after_s=5)
    courier.post("two", log.errand(2), after_s=5)
    seconds.now += 6
    wait_for(lambda: sorted(log.done) == [1, 2], "both are done after their pause")


def test_a_lane_that_is_cancelled_while_no_sender_is_free_leaves_nothing_behind(
    courier: Courier, log: Log, wait_for: Any, seconds: Seconds
) -> None:
    busy, hold = threading.Barrier(5), threading.Event()

    def work() -> None:
        busy.wait(DEADLINE_S)
        hold.wait(DEADLINE_S)

    for number in range(4):
        courier.post(("slow", number), Errand(work, log.failed.append))
    busy.wait(DEADLINE_S)
    for number in range(50):
        courier.post(("tap", 1, number), log.errand(number), after_s=2)
    seconds.now += 3
    wait_for(lambda: not courier._later, "the lanes are offered")
    for number in range(50):
        courier.cancel(("tap", 1, number))
    hold.set()
    wait_for(lambda: not courier._lanes, "no lane is left")
    assert log.done == []
