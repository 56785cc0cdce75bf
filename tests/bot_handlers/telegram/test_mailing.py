"""An announcement's picture: refused once or always, forgotten, or answered oddly."""

import json
from typing import Any

import pytest
from telebot.apihelper import ApiTelegramException

from bot_handlers.screens.screen import Screen
from bot_handlers.telegram.failures import TelegramFailure
from bot_handlers.telegram.mailing import REFUSALS, Mailing
from tests.bot_handlers.crowd import people
from tests.bot_handlers.stage import NOT_SERVED, Stage
from tests.goods import png
from tests.stand import BOT_ID

NEWS = Screen("News", picture=png())


@pytest.fixture
def mailing(stage: Stage) -> Mailing:
    return Mailing({BOT_ID: stage.bot})


def send(stage: Stage, mailing: Mailing, *crowd: int) -> list[bool]:
    """Send the announcement; return who got it with its picture."""
    for each in crowd:
        mailing.send(BOT_ID, each, NEWS)
    assert [stage.texts(each) for each in crowd] == [["News"]] * len(crowd)
    return ["photo" in stage.messages(each)[-1] for each in crowd]


def refuse(stage: Stage, count: int, description: str = "not enough rights to send photos to the chat") -> None:
    told: dict[str, Any] = {"ok": False, "error_code": 400, "description": f"Bad Request: {description}"}
    stage.telegram.fault("answer", count, "sendPhoto", status=400, body=json.dumps(told))


def calls_left(stage: Stage) -> list[int]:
    return [fault["count"] for fault in stage.telegram.overview()["faults"]]


def test_a_picture_that_one_person_cannot_get_is_still_sent_to_the_others(stage: Stage, mailing: Mailing) -> None:
    first, second, *rest = people(stage, 5)
    assert send(stage, mailing, first) == [True]
    refuse(stage, 1)
    assert send(stage, mailing, second, *rest) == [False, True, True, True]


def test_a_picture_that_is_always_refused_is_not_tried_again_and_again(stage: Stage, mailing: Mailing) -> None:
    refuse(stage, 100)
    assert send(stage, mailing, *people(stage, REFUSALS + 3)) == [False] * (REFUSALS + 3)
    assert calls_left(stage) == [100 - REFUSALS]


def test_a_server_without_pictures_is_asked_once(stage: Stage, mailing: Mailing) -> None:
    body = '{"ok": false, "error_code": 404, "description": "Not Found: method not found"}'
    stage.telegram.fault("answer", 100, "sendPhoto", status=404, body=body)
    assert send(stage, mailing, *people(stage, 3)) == [False] * 3
    assert calls_left(stage) == [99]


@pytest.mark.parametrize("answer", NOT_SERVED)
def test_answers_that_refuse_the_text_as_well_do_not_count_against_the_picture(
    stage: Stage, mailing: Mailing, answer: str
) -> None:
    [person] = people(stage, 1)
    for _ in range(REFUSALS + 1):
        stage.telegram.fault("answer", 1, "sendPhoto", **NOT_SERVED[answer])
        stage.telegram.fault("answer", 1, "sendMessage", **NOT_SERVED[answer])
        with pytest.raises(TelegramFailure):
            mailing.send(BOT_ID, person, NEWS)
    stage.telegram.fault("answer", 0)
    assert send(stage, mailing, person) == [True]


def test_a_picture_that_telegram_has_forgotten_is_uploaded_again(stage: Stage, mailing: Mailing) -> None:
    first, second, third = people(stage, 3)
    assert send(stage, mailing, first) == [True]
    refuse(stage, 1, "wrong file identifier/HTTP URL specified")
    assert send(stage, mailing, second, third) == [True, True]


def test_an_answer_without_the_picture_is_no_failure(stage: Stage, mailing: Mailing) -> None:
    first, second = people(stage, 2)
    stage.telegram.fault("answer", 1, "sendPhoto", body='{"ok": true, "result": {"message_id": 9}}')
    mailing.send(BOT_ID, first, NEWS)
    assert send(stage, mailing, second) == [True]


def test_a_person_who_blocked_the_bot_gets_no_text_instead(stage: Stage, mailing: Mailing) -> None:
    [person] = people(stage, 1)
    stage.telegram.people.block(person, True)
    with pytest.raises(ApiTelegramException, match="blocked"):
        mailing.send(BOT_ID, person, NEWS)
