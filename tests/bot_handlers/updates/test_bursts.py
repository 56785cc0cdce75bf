"""Messages in a burst: an album is one action, an admin's files are queued, everything else is counted."""

from typing import Any

import pytest

from bot_handlers.telegram.courier import MOST_PER_LANE
from bot_handlers.updates.boundary import BURST, MOST_IN_ALBUM, QUIET_S, REFILL_PER_S, Throttle, Verdict
from tests.bot_handlers.conftest import Seconds
from tests.bot_handlers.stage import CUSTOMER, Stage
from tests.stand import ADMIN, BOT_ID

PHOTO = [{"file_id": "p", "file_unique_id": "p", "width": 1, "height": 1}]


def send_album(stage: Stage, count: int, user_id: int = CUSTOMER, *, name: str = "a") -> None:
    for _ in range(count):
        update = stage.update(user_id, photo=PHOTO, media_group_id=name)
        del update["message"]["text"]
        stage.front.bots.accept(BOT_ID, update)


def counted(stage: Stage, user_id: int = CUSTOMER) -> list[str]:
    return [text for text in stage.texts(user_id) if "Messages skipped" in text]


def test_ignored_messages_are_counted_once_no_more_arrive(stage: Stage, wait_for: Any) -> None:
    stage.rest()
    for number in range(BURST + 12):
        stage.say(f"text {number}")
        if number > BURST:
            assert counted(stage) == []
    stage.seconds.now += QUIET_S
    wait_for(lambda: counted(stage), "the count")
    assert ": 12." in counted(stage)[0]
    stage.rest()
    stage.say("❓ Help")
    assert len(counted(stage)) == 1


def test_a_tap_during_a_flood_gets_a_short_answer(stage: Stage) -> None:
    stage.rest()
    for _ in range(BURST + 3):
        stage.press_data("help", message_id=stage.messages()[-1]["message_id"])
    assert sum(text.startswith("Too many taps at once") for text in stage.alerts()) == 3


def test_an_admins_files_wait_in_line(stage: Stage) -> None:
    stage.say("/start", ADMIN)
    stage.rest()
    before = len(stage.texts(ADMIN))
    for _ in range(BURST + 5):
        stage.send_file(b"[]", ADMIN)
    assert len(stage.texts(ADMIN)) >= before + BURST + 5


def test_an_album_is_one_action(seconds: Seconds) -> None:
    throttle = Throttle(monotonic=seconds)
    for album in range(BURST):
        for _ in range(MOST_IN_ALBUM):
            assert throttle.judge(1, album=str(album)) is Verdict.WELCOME
    assert throttle.judge(1, album="one more") is Verdict.WARN
    assert throttle.judge(1, album="one more") is Verdict.DROP
    seconds.now += 1 / REFILL_PER_S
    for _ in range(MOST_IN_ALBUM):
        assert throttle.judge(1, album="new") is Verdict.WELCOME
    assert throttle.judge(1, album="new") is Verdict.DROP  # more than any album has


def test_an_album_that_nobody_asked_for_is_answered_once_and_the_rest_is_counted(stage: Stage, wait_for: Any) -> None:
    before = stage.texts()
    send_album(stage, 10)
    answers = stage.texts()[len(before) :]
    assert sum(text.startswith("What would you like to do with this") for text in answers) == 1
    stage.seconds.now += QUIET_S
    wait_for(lambda: counted(stage), "the count")
    assert ": 9." in counted(stage)[0]


def test_two_albums_are_two_actions(stage: Stage) -> None:
    before = len(stage.texts())
    send_album(stage, 2)
    send_album(stage, 2, name="b")
    assert sum(text.startswith("What would you like to do with this") for text in stage.texts()[before:]) == 2


def hold_up(stage: Stage) -> None:
    """Make Telegram throttle every call for a minute."""
    stage.telegram.fault("429", 1_000, seconds=60)


def test_a_flood_of_tokens_in_a_chat_that_has_to_wait_is_one_log_line_and_no_error(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    hold_up(stage)
    for _ in range(MOST_PER_LANE + 20):
        stage.front.bots.accept(BOT_ID, stage.update(text="Take 123456789:AAH" + "x" * 32))
    assert [record.getMessage() for record in caplog.records] == ["left out: this chat has to wait"]
    assert not caplog.records[0].exc_info


def test_taps_and_messages_in_a_chat_that_has_to_wait_are_not_a_log_line_each(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    message = stage.messages()[-1]
    hold_up(stage)
    for number in range(MOST_PER_LANE):
        update = stage.update(text="/start")
        stage.front.bots.accept(BOT_ID, update)
        tap = {"id": str(number), "from": update["message"]["from"], "data": "help", "message": message}
        stage.front.bots.accept(BOT_ID, {"update_id": stage.update()["update_id"], "callback_query": tap})
        stage.seconds.now += 0.5
    assert sorted(record.getMessage() for record in caplog.records) == [
        f"{what}: this chat has to wait" for what in ("left out", "not shown", "not told")
    ]
