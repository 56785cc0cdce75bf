"""The API that the page and the end-to-end tests use."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from tests.patience import DEADLINE_S


def test_the_customer_and_the_admin_exist_at_the_start_and_others_come_by_writing(running: Any) -> None:
    assert [user["id"] for user in running.done("GET", "state")["users"]] == [1, 1001]
    assert running.chat(1001)["user"]["language_code"] == "en"
    assert running.call("sendMessage", chat_id=1001, text="x")["description"] == "Bad Request: chat not found"
    running.say(2**40, "hi", first_name="Far")
    state = running.done("GET", "state")
    assert [user["id"] for user in state["users"]] == [1, 1001, 2**40]
    assert (state["admin_id"], state["customer_id"]) == (1, 1001)
    assert running.chat(2**40)["user"] == {"id": 2**40, "is_bot": False, "first_name": "Far"}


def test_a_profile_is_changed(running: Any) -> None:
    running.done("PATCH", "users/1001", json={"language_code": "de", "username": "ada"})
    assert running.chat(1001)["user"]["language_code"] == "de"
    running.done("PATCH", "users/1001", json={"language_code": None})
    assert "language_code" not in running.chat(1001)["user"]


def test_the_chat_waits_for_a_change(running: Any) -> None:
    version = running.chat(1001)["version"]
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(running.chat, 1001, after_version=version, wait=20)
        running.say(1001, "hello")
        changed = waiting.result(timeout=DEADLINE_S)
    assert changed["version"] > version
    assert [message["text"] for message in changed["messages"]] == ["hello"]
    assert running.chat(1001, after_version=version, wait=20)["messages"] == changed["messages"]


def test_the_chat_waits_until_the_shop_has_handled_everything(running: Any) -> None:
    running.say(1001, "hello")
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(running.chat, 1001, settled=1, wait=20)
        [update] = running.call("getUpdates")["result"]
        running.call("getUpdates", offset=update["update_id"] + 1)
        assert waiting.result(timeout=DEADLINE_S)["pending"] == 0
    assert running.chat(1001, settled=1, wait=20)["pending"] == 0


def test_people_talk_to_several_bots(running: Any) -> None:
    running.say(1001, "to the second", bot="4200000002")
    assert running.chat(1001)["messages"] == []
    chat = running.chat(1001, bot="4200000002")
    assert [message["text"] for message in chat["messages"]] == ["to the second"]
    assert running.sent("getUpdates") == []
    assert running.api("GET", "users/1001/chat", params={"bot": "nobody"}).status_code == 404


def test_no_token_is_shown(running: Any) -> None:
    running.say(1001, "x")
    assert "sandbox-token" not in json.dumps([running.chat(1001), running.done("GET", "state")])


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("users/1001/messages", {}),
        ("users/1001/messages", {"text": "  "}),
        ("users/1001/messages", {"text": "x" * 4097}),
        ("users/1001/messages", {"text": 5}),
        ("users/1001/messages", {"text": "x", "first_name": 5}),
        ("users/0/messages", {"text": "x"}),
        (f"users/{2**52}/messages", {"text": "x"}),
        ("users/1001/callbacks", {"message_id": "1", "data": "x"}),
        ("users/1001/callbacks", {"message_id": 1}),
        ("chains/btc/pay", {"address": "a", "amount": 1}),
        ("chains/btc/pay", {"address": "a", "amount": "0"}),
        ("chains/btc/pay", {"address": "a", "amount": "0.000"}),
        ("chains/btc/pay", {"address": "a", "amount": "-1"}),
        ("chains/btc/pay", {"address": "a", "amount": "1e3"}),
        ("chains/btc/pay", {"address": "a", "amount": "NaN"}),
        ("chains/btc/pay", {"address": "a", "amount": "１"}),
        ("chains/btc/pay", {"amount": "1"}),
        ("chains/btc/mine", {"blocks": 0}),
        ("chains/btc/mine", {"blocks": "1"}),
        ("telegram/text_only", {"on": 1}),
    ],
)
def test_bad_input_gets_a_sentence(running: Any, path: str, body: dict[str, Any]) -> None:
    reply = running.api("POST", path, json=body)
    assert reply.status_code == 400
    assert isinstance(reply.json()["error"], str)


def test_broken_json_unknown_paths_and_wrong_methods_get_a_sentence(running: Any) -> None:
    assert running.api("POST", "users/1/messages", data="{").json()["error"] == "The body must be a JSON object."
    assert running.api("GET", "nothing").status_code == 404
    assert running.api("GET", "nothing").json()["error"]
    assert running.api("GET", "files/nothing").json()["error"] == "There is no such file."
    assert running.api("POST", "users/9/block").status_code == 404


def test_another_site_cannot_use_the_sandbox(running: Any) -> None:
    foreign = running.api("POST", "users/1/messages", json={"text": "x"}, headers={"Origin": "https://evil.example"})
    assert foreign.status_code == 403
    own = running.api("POST", "users/1/messages", json={"text": "x"}, headers={"Origin": running.page.url})
    assert own.status_code == 200


def test_the_chain_panel_is_passed_on(running: Any) -> None:
    paid = running.done("POST", "chains/btc/pay", json={"address": " bc1q ", "amount": "0.00050000"})
    assert paid == {"txid": "tx1"}
    running.done("POST", "chains/usdt_trc20/pay", json={"address": "T1", "amount": "5", "asset": "USDT"})
    assert running.sandbox.chains.state["paid"] == [
        ["btc", "bc1q", "0.00050000", None],
        ["usdt_trc20", "T1", "5", "USDT"],
    ]
    assert running.done("POST", "chains/btc/mine", json={"blocks": 2}) == {"height": 102}
    running.done("POST", "chains/btc/drop", json={"txid": "tx1"})
    running.done("POST", "chains/btc/fault", json={"kind": "429", "count": 3})
    assert (running.sandbox.chains.state["dropped"], running.sandbox.chains.state["faults"]) == (
        ["tx1"],
        [["429", 3]],
    )
    assert running.api("POST", "chains/doge/pay", json={"address": "D", "amount": "1"}).status_code == 404
    assert running.done("GET", "state")["chains"][0]["height"] == 102
    assert requests.get(f"{running.providers.url}/esplora/height", timeout=DEADLINE_S).text == "102"


def test_the_page_comes_with_a_strict_policy_and_nothing_from_elsewhere(running: Any) -> None:
    page = requests.get(running.page.url, timeout=DEADLINE_S)
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert "//" not in page.text.replace("<!doctype html>", "")
    script = requests.get(f"{running.page.url}/sandbox/page/app.js", timeout=DEADLINE_S)
    assert script.headers["Content-Type"].startswith("text/javascript")
