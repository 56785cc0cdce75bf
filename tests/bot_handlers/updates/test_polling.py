"""The polling loop survives every answer, polls at a bounded rate, and reports problems."""

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest

from bot_handlers.telegram.reachability import ALARM_AFTER_S, Trouble
from bot_handlers.updates.polling import Poller
from storage.models import HandledUpdate
from storage.models import Outbox as OutboxRow
from tests.bot_handlers.stage import CUSTOMER, Stage
from tests.patience import DEADLINE_S
from tests.stand import ADMIN
from web.sandbox.telegram.faults import SHAPES

ENDED_BY_WEBHOOK = "Conflict: terminated by setWebhook request"
EMPTY = '{"ok": true, "result": []}'


@pytest.fixture
def poll(stage: Stage) -> Callable[..., list[float]]:
    """Poll on this thread until the loop has paused this often; return how long it would have waited each time."""

    def poll(pauses: int, *, each: Callable[[], None] = lambda: None) -> list[float]:
        paused: list[float] = []

        def pause(seconds: float) -> None:
            paused.append(seconds)
            each()
            if len(paused) == pauses:
                poller.stop(timeout_s=0)

        poller = Poller(
            stage.bot,
            stage.front.bots,
            stage.front.reachability,
            monotonic=stage.seconds,
            pause=pause,
            at_end=lambda: None,
        )
        poller.run()
        return paused

    return poll


def answer(stage: Stage, body: str, *, count: int = 1, status: int = 200) -> None:
    stage.telegram.fault("answer", count, "getUpdates", body=body, status=status)


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    ours = [record for record in caplog.records if record.name.startswith("souk")]
    records = [record for record in ours if record.levelno >= logging.WARNING]
    assert [record for record in records if record.exc_info] == []
    return [record.getMessage() for record in records]


def told(stage: Stage) -> list[str]:
    rows = OutboxRow.select().where(OutboxRow.telegram_id == ADMIN).order_by(OutboxRow.id)
    return [row.kind for row in rows if row.kind in ("admin_deaf", "admin_hears")]


def test_a_server_that_does_not_wait_is_polled_twice_a_second(stage: Stage, poll: Any) -> None:
    answer(stage, EMPTY, count=5)
    assert poll(5) == [0.5] * 5


@pytest.mark.parametrize(("asked_s", "paused_s"), [(-7, 3), (20, 20), (31_536_000, 60)])
def test_no_server_silences_the_shop_for_long(stage: Stage, poll: Any, asked_s: int, paused_s: int) -> None:
    body = json.dumps({"ok": False, "error_code": 429, "parameters": {"retry_after": asked_s}})
    answer(stage, body, status=429)
    assert poll(1) == [paused_s]


@pytest.mark.parametrize("kind", [*SHAPES, "400", "401", "403", "409", "429", "500", "502", "drop", "lost_reply"])
def test_the_loop_survives_every_answer_and_reports_it_once(
    stage: Stage, poll: Any, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    stage.telegram.fault(kind, 3, "getUpdates")
    assert poll(3) == [3, 3, 3]
    assert len(warnings(caplog)) == 1
    stage.telegram.people.say(CUSTOMER, "❓ Help", profile={})
    answer_then_empty(stage)
    poll(1)
    assert stage.texts()[-1].startswith("How it works")
    assert stage.front.reachability.trouble is None


def answer_then_empty(stage: Stage) -> None:
    """Let the loop fetch what is pending, and then pause."""
    [update] = stage.updates()
    answer(stage, json.dumps({"ok": True, "result": [update]}))
    answer(stage, EMPTY)


def pass_s(stage: Stage, seconds: int) -> None:
    stage.stand.clock.pass_s(seconds)
    stage.seconds.now += seconds


def test_a_clock_that_goes_back_hides_no_silence(stage: Stage, poll: Any) -> None:
    answer(stage, EMPTY)
    poll(1)
    stage.stand.clock.pass_s(-86_400)
    stage.telegram.fault("502", 200, "getUpdates")
    poll(30, each=lambda: pass_s(stage, 3))
    assert stage.front.reachability.silent_s == 90
    assert told(stage) == ["admin_deaf"]


@pytest.mark.parametrize(
    ("kind", "trouble", "sentence"),
    [
        ("401", Trouble.TOKEN, "Telegram rejects the bot token"),
        ("409", Trouble.CONFLICT, "another program uses this token"),
        ("403", Trouble.SILENT, "Telegram gives no updates"),
    ],
)
def test_a_problem_is_one_sentence_and_one_letter_and_is_followed_by_an_all_clear(
    stage: Stage, poll: Any, kind: str, trouble: Trouble, sentence: str, caplog: pytest.LogCaptureFixture
) -> None:
    stage.telegram.fault(kind, 200, "getUpdates")
    poll(200, each=lambda: pass_s(stage, 3))
    [line] = warnings(caplog)
    assert line.startswith(sentence)
    assert stage.front.reachability.trouble is trouble
    assert stage.front.reachability.silent_s == 600
    assert told(stage) == ["admin_deaf"]
    answer(stage, EMPTY)
    poll(1)
    assert (stage.front.reachability.trouble, stage.front.reachability.silent_s) == (None, 0)
    assert told(stage) == ["admin_deaf", "admin_hears"]
    stage.say("/start", ADMIN)
    stage.send_letters()
    assert stage.texts(ADMIN)[-1].endswith("Updates from Telegram are arriving again.")
    assert stage.texts(ADMIN)[-2].startswith("⚠️ ")


@pytest.mark.parametrize("jump_s", [86_400, -86_400])
def test_a_clock_that_is_set_makes_a_short_silence_no_longer(stage: Stage, poll: Any, jump_s: int) -> None:
    def jump() -> None:
        stage.stand.clock.now += jump_s

    stage.telegram.fault("500", 3, "getUpdates")
    poll(3, each=jump)
    assert stage.front.reachability.trouble is Trouble.SILENT
    assert told(stage) == []


def test_a_short_silence_is_only_logged(stage: Stage, poll: Any) -> None:
    stage.telegram.fault("500", 1, "getUpdates")
    poll(1, each=lambda: pass_s(stage, ALARM_AFTER_S - 1))
    answer(stage, EMPTY)
    poll(1)
    assert told(stage) == []


@pytest.mark.parametrize("number", [10**22, 2**53, 10**12, 2**31, -1, "7", None, True])
def test_an_invalid_update_id_moves_no_offset_and_is_named_once(
    stage: Stage, poll: Any, number: Any, caplog: pytest.LogCaptureFixture
) -> None:
    stage.telegram.people.say(CUSTOMER, "❓ Help", profile={})
    [update] = stage.updates()
    answer(stage, json.dumps({"ok": True, "result": [update | {"update_id": number}, update]}), count=1)
    answer(stage, json.dumps({"ok": True, "result": [update | {"update_id": number}, 7]}), count=3)
    assert poll(3) == [0.5] * 3
    assert len(warnings(caplog)) == 2  # the id, and what is not an update at all
    assert stage.texts()[-1].startswith("How it works")
    assert HandledUpdate.select().where(HandledUpdate.update_id > update["update_id"]).count() == 0


@pytest.mark.parametrize("has_waited", [False, True])
def test_a_webhook_that_another_program_set_is_removed_and_reported(
    stage: Stage, poll: Any, has_waited: bool
) -> None:
    if has_waited:  # Telegram ends a waiting poll in other words
        answer(stage, json.dumps({"ok": False, "error_code": 409, "description": ENDED_BY_WEBHOOK}), status=409)
    stage.bot.set_webhook(url="https://elsewhere.example/hook")
    poll(1)
    assert stage.bot.get_webhook_info().url == ""
    assert stage.front.reachability.trouble is Trouble.CONFLICT


def test_an_unexpected_error_is_logged_and_polling_goes_on(
    stage: Stage, wait_for: Any, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken:
        surprises = [RuntimeError("can't start new thread")]
        accept = staticmethod(stage.front.bots.accept)
        is_urgent = staticmethod(stage.front.bots.is_urgent)

        def person_of(self, update: dict[str, Any]) -> int:
            if self.surprises:
                raise self.surprises.pop()
            return stage.front.bots.person_of(update)

    stage.telegram.people.say(CUSTOMER, "❓ Help", profile={})
    poller = Poller(
        stage.bot,
        Broken(),
        stage.front.reachability,
        monotonic=stage.seconds,
        at_end=stage.stand.database.release_thread,
    )
    poller.start()
    wait_for(lambda: stage.texts()[-1].startswith("How it works"), "the update is handled after all")
    poller.stop(timeout_s=5)
    stage.telegram.stop()
    assert poller.runner.join(DEADLINE_S)
    assert poller.runner.failures == 1
    assert "can't start new thread" in caplog.text
