"""Requested faults, and a server with text methods only."""

import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.patience import DEADLINE_S
from web.sandbox import page
from web.sandbox.chains.faults import KINDS as CHAIN_KINDS
from web.sandbox.telegram.faults import KINDS as TELEGRAM_KINDS
from web.sandbox.telegram.faults import OF_UPDATES
from web.sandbox.telegram.state import BURST

PAGE = Path(page.__file__).parent / "static"


@pytest.fixture(name="chat_id")
def _chat_id(running: Any) -> int:
    running.say(1001, "/start")
    return 1001


def ask(running: Any, kind: str, count: int = 1, **more: Any) -> None:
    running.done("POST", "telegram/fault", json={"kind": kind, "count": count, **more})


@pytest.mark.parametrize(
    ("kind", "status", "description"),
    [
        ("429", 429, "Too Many Requests: retry after 1"),
        ("403", 403, "Forbidden: bot was blocked by the user"),
        ("400", 400, "Bad Request: a fault that was asked for in the sandbox"),
        ("500", 500, "Internal Server Error: restart"),
        ("401", 401, "Unauthorized"),
        (
            "409",
            409,
            "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
        ),
    ],
)
def test_a_fault_affects_as_many_calls_as_requested(
    running: Any, chat_id: int, kind: str, status: int, description: str
) -> None:
    ask(running, kind, 2)
    for _ in range(2):
        answer = running.call("sendMessage", chat_id=chat_id, text="x")
        assert (answer["status"], answer["error_code"], answer["description"]) == (status, status, description)
    assert running.call("sendMessage", chat_id=chat_id, text="x")["ok"]


def test_a_429_says_how_long_to_wait_in_both_places(running: Any, chat_id: int) -> None:
    ask(running, "429")
    url = f"{running.providers.url}/bot4200000001:sandbox-token/sendMessage"
    reply = requests.post(url, json={"chat_id": chat_id, "text": "x"}, timeout=DEADLINE_S)
    assert reply.headers["Retry-After"] == "1"
    assert reply.json()["parameters"] == {"retry_after": 1}


def test_a_chat_that_keeps_getting_more_than_a_message_a_second_has_to_wait(running: Any, chat_id: int) -> None:
    running.say(1002, "/start")
    running.done("POST", "telegram/paced", json={"on": True})
    answers = [running.call("sendMessage", chat_id=chat_id, text="x") for _ in range(4 * BURST)]
    refused = [answer for answer in answers if not answer["ok"]]
    assert all(answer["ok"] for answer in answers[:BURST]), "a short burst is taken"
    assert refused[0]["description"].startswith("Too Many Requests: retry after ")
    assert refused[0]["parameters"]["retry_after"] >= 1
    assert running.call("sendMessage", chat_id=1002, text="x")["ok"], "it is the chat's pace"
    running.done("POST", "telegram/paced", json={"on": False})
    assert running.call("sendMessage", chat_id=chat_id, text="x")["ok"]


def test_a_person_may_forbid_buttons_that_link_to_them(running: Any, chat_id: int) -> None:
    def answer(url: str) -> str:
        markup = {"inline_keyboard": [[{"text": "A", "url": url}]]}
        return running.call("sendMessage", chat_id=chat_id, text="x", reply_markup=markup).get("description", "")

    running.done("POST", "telegram/private", json={"on": True})
    assert answer("tg://user?id=1002") == "Bad Request: BUTTON_USER_PRIVACY_RESTRICTED"
    assert answer("https://t.me/ada") == ""
    running.done("POST", "telegram/private", json={"on": False})
    assert answer("tg://user?id=1002") == ""


def test_a_dripping_answer_has_no_end(running: Any, chat_id: int) -> None:
    ask(running, "drip")
    url = f"{running.providers.url}/bot4200000001:sandbox-token/sendMessage"
    with requests.post(url, json={"chat_id": chat_id, "text": "x"}, timeout=DEADLINE_S, stream=True) as reply:
        assert int(reply.headers["Content-Length"]) == 1_000_000
        assert reply.raw.read(1) == b" "


@pytest.mark.parametrize(
    ("form", "kinds"), [("telegram-fault", TELEGRAM_KINDS | OF_UPDATES), ("chain-fault", CHAIN_KINDS)]
)
def test_the_panel_offers_every_fault(form: str, kinds: Collection[str]) -> None:
    page = (PAGE / "index.html").read_text("utf-8")
    [fields] = re.findall(rf'<form class="{form}">(.*?)</form>', page, re.DOTALL)
    assert sorted(re.findall(r'<option value="(\w+)"', fields)) == sorted(kinds)


def test_a_fault_for_one_chat_leaves_the_others_alone(running: Any, chat_id: int) -> None:
    running.say(1002, "/start")
    ask(running, "429", 2, chat_id=chat_id, seconds=7)
    assert running.call("sendMessage", chat_id=1002, text="x")["ok"]
    refused = running.call("sendMessage", chat_id=chat_id, text="x")
    assert (refused["status"], refused["parameters"]) == (429, {"retry_after": 7})


def test_a_slow_call_succeeds_in_the_end(running: Any, chat_id: int) -> None:
    ask(running, "slow", chat_id=chat_id, seconds=0)
    assert running.call("sendMessage", chat_id=chat_id, text="x")["ok"]


@pytest.mark.parametrize(
    ("fault", "status", "body"),
    [
        ({"kind": "502_json"}, 502, '{"error": "bad gateway"}'),
        ({"kind": "null"}, 200, "null"),
        ({"kind": "answer", "status": 503, "body": "[1"}, 503, "[1"),
    ],
)
def test_an_answer_can_have_any_shape(running: Any, fault: dict[str, Any], status: int, body: str) -> None:
    running.done("POST", "telegram/fault", json=fault)
    reply = requests.get(f"{running.providers.url}/bot4200000001:sandbox-token/getMe", timeout=DEADLINE_S)
    assert (reply.status_code, reply.text) == (status, body)


@pytest.mark.parametrize(("kind", "messages"), [("timeout", 1), ("drop", 1), ("lost_reply", 2)])
def test_a_connection_breaks_off_before_or_after_the_call_takes_effect(
    running: Any, chat_id: int, kind: str, messages: int
) -> None:
    ask(running, kind)
    with pytest.raises(requests.exceptions.RequestException) as broken:
        running.call("sendMessage", chat_id=chat_id, text="x")
    assert not isinstance(broken.value, requests.exceptions.ReadTimeout)
    assert len(running.chat(chat_id)["messages"]) == messages


def test_the_front_end_answers_502_in_html(running: Any) -> None:
    ask(running, "502")
    reply = requests.get(f"{running.providers.url}/bot4200000001:sandbox-token/getMe", timeout=DEADLINE_S)
    assert (reply.status_code, reply.headers["Content-Type"].partition(";")[0]) == (502, "text/html")


def test_a_fault_for_one_method_leaves_the_others_alone(running: Any, chat_id: int) -> None:
    ask(running, "500", method="sendPhoto")
    assert running.call("sendMessage", chat_id=chat_id, text="x")["ok"]
    assert running.call("sendPhoto", chat_id=chat_id)["status"] == 500


def test_a_fault_without_a_method_is_not_used_up_by_polling(running: Any, chat_id: int) -> None:
    ask(running, "500")
    assert running.call("getUpdates")["ok"]
    assert running.call("sendMessage", chat_id=chat_id, text="x")["status"] == 500


def test_a_server_of_text_methods_only(running: Any, chat_id: int) -> None:
    running.done("POST", "telegram/text_only", json={"on": True})
    for method in ("sendPhoto", "sendDocument", "editMessageMedia", "setMyCommands", "getFile"):
        answer = running.call(method, chat_id=chat_id)
        assert (answer["status"], answer["description"]) == (404, "Not Found: method not found")
    assert running.call("sendMessage", chat_id=chat_id, text="x")["ok"]
    assert running.done("GET", "state")["text_only"] is True
    running.done("POST", "telegram/text_only", json={"on": False})
    assert running.call("setMyCommands", commands=[])["ok"]


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "earthquake"},
        {"kind": "429", "count": -1},
        {"kind": "429", "count": True},
        {"kind": "429", "method": "x"},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(running: Any, body: dict[str, Any]) -> None:
    reply = running.api("POST", "telegram/fault", json=body)
    assert reply.status_code == 400
    assert reply.json()["error"]
