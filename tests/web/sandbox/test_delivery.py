"""Delivering updates to the shop: webhooks in Telegram's order, and long polling."""

import itertools
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from flask import Flask

from tests.patience import DEADLINE_S
from web.sandbox.server import serve_in_thread
from web.sandbox.telegram.methods.updates import REPEATED_S

pytestmark = pytest.mark.usefixtures("running")


def texts(receiver: Any) -> list[str]:
    return [update["message"]["text"] for update in receiver.updates if "message" in update]


@pytest.mark.usefixtures("hook")
def test_an_update_is_posted_with_the_secret_and_is_as_telegram_documents_it(
    running: Any, receiver: Any, wait_for: Any
) -> None:
    posted = running.say(1001, "/start", username="ada", language_code="pt-br")
    wait_for(lambda: receiver.updates)
    update = receiver.updates[0]
    message = update["message"]
    assert (update["update_id"], message["message_id"]) == (posted["update_id"], posted["message_id"])
    assert message["from"] == {
        "id": 1001,
        "is_bot": False,
        "first_name": "Ada",
        "username": "ada",
        "language_code": "pt-br",
    }
    assert message["chat"] == {"id": 1001, "first_name": "Ada", "username": "ada", "type": "private"}
    assert message["entities"] == [{"type": "bot_command", "offset": 0, "length": 6}]
    assert receiver.secrets == ["top-secret_1"]
    wait_for(lambda: running.chat(1001)["pending"] == 0)


@pytest.mark.usefixtures("hook")
def test_the_next_update_of_a_chat_waits_until_the_first_succeeded(
    running: Any, receiver: Any, wait_for: Any
) -> None:
    answers = iter([500, 503, 200, 200])
    receiver.answer = lambda update: next(answers)
    running.say(1001, "one")
    running.say(1001, "two")
    wait_for(lambda: len(receiver.updates) == 4)
    assert texts(receiver) == ["one", "one", "one", "two"]
    wait_for(lambda: running.chat(1001)["pending"] == 0)
    assert running.sent("getWebhookInfo")["last_error_message"].startswith("Wrong response from the webhook: 503")


@pytest.mark.usefixtures("hook")
def test_another_chat_and_the_callbacks_of_a_blocked_chat_go_on(running: Any, receiver: Any, wait_for: Any) -> None:
    receiver.answer = lambda update: 500 if update.get("message", {}).get("text") == "bad" else 200
    running.say(1001, "bad")
    running.say(1001, "behind")
    running.say(1, "other chat")
    running.press(1001, 1, "tap")
    wait_for(lambda: running.chat(1)["pending"] == 0)
    wait_for(lambda: any("callback_query" in update for update in receiver.updates))
    assert "behind" not in texts(receiver)
    wait_for(lambda: running.chat(1001)["pending"] == 2)  # Telegram counts a tap as delivered once it is answered
    assert running.sent("getWebhookInfo")["pending_update_count"] == 2


@pytest.mark.usefixtures("hook")
def test_taps_of_one_user_are_sent_in_turn_and_those_of_different_users_in_parallel(
    running: Any, receiver: Any, wait_for: Any
) -> None:
    lock, inside, most, most_per_user = threading.Lock(), dict[int, int](), [0], [0]
    together = threading.Barrier(2, timeout=DEADLINE_S)

    def answer(update: dict[str, Any]) -> int:
        user = update["callback_query"]["from"]["id"]
        with lock:
            inside[user] = inside.get(user, 0) + 1
            most[0], most_per_user[0] = max(most[0], sum(inside.values())), max(most_per_user[0], inside[user])
        together.wait()
        with lock:
            inside[user] -= 1
        return 200

    receiver.answer = answer
    for data in ("a", "b"):
        for user in (1, 1001):
            running.press(user, 1, data)
    wait_for(lambda: running.chat(1)["pending"] + running.chat(1001)["pending"] == 0)
    assert (most[0], most_per_user[0]) == (2, 1)
    order = [
        update["callback_query"]["data"] for update in receiver.updates if update["callback_query"]["from"]["id"] == 1
    ]
    assert order == ["a", "b"]


def test_an_update_waits_for_a_shop_that_is_not_running_yet(
    running: Any, receiver: Any, wait_for: Any, closed_port: int
) -> None:
    running.sent("setWebhook", url=f"http://127.0.0.1:{closed_port}/hook")
    running.say(1001, "early")
    wait_for(lambda: running.sent("getWebhookInfo").get("last_error_message", "").startswith("Connection failed"))
    server = serve_in_thread(receiver.app, port=closed_port)
    wait_for(lambda: running.chat(1001)["pending"] == 0)
    assert texts(receiver) == ["early"]
    server.stop()


@pytest.mark.usefixtures("hook")
def test_a_storm_of_parallel_posts_is_accepted_at_once_and_arrives_complete(
    running: Any, receiver: Any, wait_for: Any
) -> None:
    released = threading.Event()

    def answer(update: dict[str, Any]) -> int:
        released.wait(DEADLINE_S)
        return 200

    receiver.answer = answer
    with ThreadPoolExecutor(100) as pool:
        posted = list(pool.map(lambda n: running.say(1 + n % 10, f"m{n}"), range(100)))
    released.set()
    assert len({each["update_id"] for each in posted}) == 100
    wait_for(lambda: len(receiver.updates) >= 100)
    assert sorted(texts(receiver)) == sorted(f"m{n}" for n in range(100))
    for user in range(1, 11):
        numbers = [u["update_id"] for u in receiver.updates if u["message"]["from"]["id"] == user]
        assert numbers == sorted(numbers)


def test_unwanted_kinds_of_updates_are_not_sent(running: Any, receiver: Any, wait_for: Any, hook: str) -> None:
    running.sent("setWebhook", url=hook, allowed_updates=["message"])
    running.press(1001, 1, "tap")
    running.say(1001, "hello")
    wait_for(lambda: receiver.updates)
    assert [list(update)[1] for update in receiver.updates] == ["message"]


@pytest.mark.parametrize(
    ("asked", "listed"),
    [
        (
            ["my_chat_member", "message", "of no bot", "callback_query"],
            ["message", "callback_query", "my_chat_member"],
        ),
        ([], None),
        (["chat_member"], ["chat_member"]),
    ],
)
def test_the_allowed_kinds_are_listed_in_telegrams_order_unless_they_are_its_default(
    running: Any, asked: list[str], listed: list[str] | None
) -> None:
    running.sent("setWebhook", url="https://a.example/x", allowed_updates=asked)
    assert running.sent("getWebhookInfo").get("allowed_updates") == listed


def test_polling_the_same_offset_at_once_again_gives_one_update_only(
    running: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = itertools.count(step=REPEATED_S / 2)
    monkeypatch.setattr("web.sandbox.telegram.methods.updates.monotonic", lambda: next(now))
    for text in ("one", "two"):
        running.say(1001, text)
    assert [len(running.sent("getUpdates", offset=0)) for _ in range(2)] == [2, 1]
    next(now)
    assert len(running.sent("getUpdates", offset=0)) == 2


@pytest.mark.parametrize(
    ("parameters", "description"),
    [
        ({"url": "https://a.example/", "secret_token": "no spaces"}, "secret token contains unallowed characters"),
        ({"url": "http://a.example/"}, "bad webhook: An HTTPS URL must be provided for webhook"),
        ({"url": "https://a.example:8080/"}, "bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443"),
        ({"url": "nonsense"}, "bad webhook: invalid webhook URL specified"),
    ],
)
def test_a_bad_webhook_is_refused(running: Any, parameters: dict[str, str], description: str) -> None:
    answer = running.call("setWebhook", **parameters)
    assert (answer["status"], answer["description"]) == (400, f"Bad Request: {description}")


def test_webhook_and_polling_exclude_each_other(running: Any) -> None:
    assert running.call("setWebhook", url="https://a.example/x")["description"] == "Webhook was set"
    assert running.call("setWebhook", url="https://a.example/x")["description"] == "Webhook is already set"
    conflict = running.call("getUpdates")
    assert conflict["status"] == 409
    assert conflict["description"].startswith("Conflict: can't use getUpdates method while webhook is active")
    running.say(1001, "dropped")
    assert running.call("deleteWebhook", drop_pending_updates=True)["description"] == "Webhook was deleted"
    assert running.sent("getUpdates") == []


def test_a_long_poll_ends_with_the_update_and_the_offset_confirms(running: Any) -> None:
    with ThreadPoolExecutor(1) as pool:
        poll = pool.submit(running.sent, "getUpdates", timeout=30)
        running.say(1001, "one")
        update = poll.result(timeout=DEADLINE_S)[0]
    assert running.chat(1001)["pending"] == 1
    assert running.sent("getUpdates") == [update]
    running.say(1001, "two")
    after = running.sent("getUpdates", offset=update["update_id"] + 1)
    assert [each["message"]["text"] for each in after] == ["two"]
    assert after[0]["update_id"] == update["update_id"] + 1
    running.say(1001, "three")
    assert [each["message"]["text"] for each in running.sent("getUpdates", offset=-1)] == ["three"]
    assert running.chat(1001)["pending"] == 1


def test_a_poll_has_a_limit_and_may_be_empty(running: Any) -> None:
    begin = time.monotonic()
    assert running.sent("getUpdates", timeout=1) == []
    assert time.monotonic() - begin > 0.9
    for n in range(3):
        running.say(1001, str(n))
    assert len(running.sent("getUpdates", limit=2)) == 2


def test_a_second_poll_ends_the_first(running: Any, wait_for: Any) -> None:
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(running.call, "getUpdates", timeout=30)

        def second_ends_first() -> bool:
            running.call("getUpdates", timeout=0)
            return first.done()

        wait_for(second_ends_first)
    assert first.result()["status"] == 409
    assert first.result()["description"].startswith("Conflict: terminated by other getUpdates request")


def test_stopping_ends_every_wait(running: Any) -> None:
    with ThreadPoolExecutor(2) as pool:
        poll = pool.submit(running.call, "getUpdates", timeout=50)
        page = pool.submit(running.chat, 1001, after_version=running.chat(1001)["version"], wait=25)
        running.sandbox.stop()
        assert poll.result(timeout=DEADLINE_S)["status"] == 500
        assert page.result(timeout=DEADLINE_S)["messages"] == []


def test_a_server_stops_and_frees_its_port() -> None:
    app = Flask("app")
    app.add_url_rule("/", view_func=lambda: "up")
    server = serve_in_thread(app)
    session = requests.Session()
    assert session.get(server.url, timeout=DEADLINE_S).text == "up"
    server.stop()
    again = serve_in_thread(app, port=server.port)
    assert requests.get(again.url, timeout=DEADLINE_S).text == "up"
    again.stop()
