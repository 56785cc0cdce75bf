"""Every answer of a Bot API server, or of a proxy, is a result or a failure that callers expect."""

import json
import logging
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telebot.apihelper import ApiTelegramException

from bot_handlers.screens.screen import Screen
from bot_handlers.telegram import failures
from bot_handlers.telegram import setup as arrival
from bot_handlers.telegram.answers import MOST_RETRY_AFTER_S, BadAnswer, checked
from bot_handlers.telegram.failures import TelegramFailure
from bot_handlers.telegram.setup import ArrivalFailed
from tests.bot_handlers.stage import CUSTOMER, Stage
from tests.stand import ADMIN, BOT_ID

METHODS = st.sampled_from(
    [
        "getMe",
        "getUpdates",
        "getFile",
        "getWebhookInfo",
        "sendMessage",
        "sendPhoto",
        "editMessageText",
        "setMyCommands",
        "sendVideo",
        "editMessageCaption",
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
NO_ANSWERS = ["", "{}", "[]", "null", "7", '"ok"', '{"ok": true}', '{"ok": 1}', '{"error": "bad gateway"}', "<html>"]


@pytest.mark.parametrize("status", [200, 404, 502])
@pytest.mark.parametrize("body", [*NO_ANSWERS, "[" * 100_000, '{"ok": true, "result": ' + "9" * 5_000 + "}"])
def test_an_answer_that_is_not_the_bot_apis_is_a_failure(body: str, status: int) -> None:
    with pytest.raises(BadAnswer) as refused:
        checked("sendMessage", status, body.encode())
    assert refused.value.status == status


@given(METHODS, st.sampled_from([200, 400, 429, 500]), JSON)
def test_every_reply_is_an_answer_or_a_failure(method: str, status: int, body: Any) -> None:
    for answer in (body, {"ok": True, "result": body}, {"ok": False, "parameters": body, "description": body}):
        try:
            read = checked(method, status, json.dumps(answer).encode())
        except BadAnswer as failure:
            assert failure.status == status
        else:
            assert read["ok"] in (True, False)


@pytest.mark.parametrize(
    ("method", "result"),
    [
        ("getMe", {"id": 1, "first_name": "x"}),
        ("getMe", {"id": 2**63, "is_bot": True, "first_name": "x"}),
        ("getUpdates", {"nothing": 1}),
        ("sendMessage", {"message_id": 2**63}),
        ("sendMessage", {"message_id": True}),
        ("sendPhoto", {"message_id": 1, "photo": [{}]}),
        ("getFile", {"file_path": 7}),
        ("getWebhookInfo", {"url": None}),
        ("sendVideo", True),
        ("sendVoice", {"chat": {"id": 1}}),
        ("editMessageCaption", False),
        ("editMessageMedia", True),
        ("deleteMessage", None),
        ("answerCallbackQuery", 1),
        ("answerPreCheckoutQuery", {}),
        ("refundStarPayment", False),
        ("setMyCommands", "true"),
        ("setWebhook", []),
        ("deleteWebhook", {"ok": True}),
    ],
)
def test_a_result_of_the_wrong_type_is_a_failure(method: str, result: Any) -> None:
    with pytest.raises(BadAnswer) as refused:
        checked(method, 200, json.dumps({"ok": True, "result": result}).encode())
    assert refused.value.is_result


@pytest.mark.parametrize(
    ("parameters", "wait_s"),
    [({"retry_after": 7}, 7), ({"retry_after": "soon"}, 1), ([1], 1), (None, 1), ({"retry_after": -5}, 1),
     ({"retry_after": 10**9}, MOST_RETRY_AFTER_S), ({"retry_after": True}, 1), ({"retry_after": 10**30}, 1)],
)  # fmt: skip
def test_an_invalid_wait_is_a_short_one(stage: Stage, parameters: Any, wait_s: int) -> None:
    body = {"ok": False, "error_code": 429, "description": "Too Many Requests", "parameters": parameters}
    stage.telegram.fault("answer", 1, "getMe", status=429, body=json.dumps(body))
    with pytest.raises(ApiTelegramException) as refused:
        stage.bot.get_me()
    assert failures.retry_after_s(refused.value) == wait_s


@pytest.mark.parametrize(
    "kind", ["502_json", "nonsense", "empty_object", "empty_list", "null", "no_result", "not_ok"]
)
def test_every_shape_fails_a_call_in_the_usual_way(stage: Stage, kind: str) -> None:
    stage.telegram.fault(kind, 1, "sendMessage")
    with pytest.raises(TelegramFailure) as refused:
        stage.messenger.send(BOT_ID, CUSTOMER, Screen("x"))
    assert failures.describe(refused.value)


def test_a_letter_that_gets_a_malformed_reply_is_sent_later(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    stage.say("/start", ADMIN)
    with stage.stand.database.transaction():
        from shop.outbox import Event

        stage.stand.shop.outbox.tell_admins(Event.ADMIN_DELAYED, key="x", payload={"chain": "BTC"})
    body = '{"error": "no such method"}'
    stage.telegram.fault("answer", 1, "sendMessage", chat_id=ADMIN, status=404, body=body)
    stage.send_letters()
    assert [record for record in caplog.records if record.exc_info] == []
    assert "No server is responding for BTC" not in "".join(stage.texts(ADMIN))
    stage.stand.clock.pass_s(10)
    stage.send_letters()
    assert "No server is responding for BTC" in stage.texts(ADMIN)[-1]


@pytest.mark.parametrize("result", [{"id": 1, "first_name": "x"}, True, {}])
def test_an_incomplete_description_of_a_bot_is_one_log_line_and_does_not_stop_the_shop(
    stage: Stage, result: Any, caplog: pytest.LogCaptureFixture
) -> None:
    stage.telegram.fault("answer", 1, "getMe", body=json.dumps({"ok": True, "result": result}))
    arrival.greet(stage.bot, stage.url)
    [line] = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert "does not say who the bot is" in line.getMessage()
    assert not line.exc_info


def test_a_server_that_is_not_a_bot_api_stops_the_start_with_a_sentence(stage: Stage) -> None:
    stage.telegram.fault("answer", 1, "getMe", status=404, body="{}")
    with pytest.raises(ArrivalFailed) as refused:
        arrival.greet(stage.bot, stage.url)
    assert "is not a Bot API" in str(refused.value)
