"""Who may post an update, and the answers."""

import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from shop.health import Health, Reason
from web.app_factory import create_app
from web.telegram_webhook import MAX_BODY_BYTES, knows_telegram

BOT_ID = 123456
SECRET = "a-secret-that-nobody-guesses_1"
URL = f"/telegram/{BOT_ID}"
HEADER = "X-Telegram-Bot-Api-Secret-Token"
HEALTHY = Health()


class Door:
    """The web side of the shop; it records what came through."""

    def __init__(self, secrets: dict[int, str]) -> None:
        self.accepted: list[tuple[int, dict[str, Any]]] = []
        self.health = HEALTHY
        self.ready = False
        app = create_app(
            accept=lambda bot_id, update: self.accepted.append((bot_id, update)),
            secrets=secrets,
            webhook_path="/telegram",
            health=lambda: self.health,
            is_ready=lambda: self.ready,
        )
        self.client: FlaskClient = app.test_client()

    def post(self, body: Any, *, url: str = URL) -> int:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.client.post(url, data=content, headers={HEADER: SECRET}).status_code


@pytest.fixture
def door() -> Door:
    return Door({BOT_ID: SECRET})


def test_an_update_with_the_secret_comes_through(door: Door) -> None:
    assert door.post({"update_id": 1}) == 200
    assert door.accepted == [(BOT_ID, {"update_id": 1})]


@pytest.mark.parametrize(
    "secret", ["", "wrong", SECRET[:-1], SECRET + "x", SECRET.upper(), "é" * 20, " " + SECRET + "y"]
)
def test_a_wrong_secret_is_refused(door: Door, secret: str) -> None:
    reply = door.client.post(URL, data=b"{}", headers={HEADER: secret})
    assert (reply.status_code, door.accepted) == (403, [])


def test_one_bots_secret_is_refused_on_anothers_path_and_bots_come_and_go() -> None:
    secrets = {BOT_ID: SECRET, BOT_ID + 1: "another-secret-that-nobody-guesses"}
    door = Door(secrets)
    assert door.post({"update_id": 1}, url=f"/telegram/{BOT_ID + 1}") == 403
    assert door.post({"update_id": 1}, url=f"/telegram/{BOT_ID + 2}") == 404
    knows = knows_telegram(secrets, path="/telegram")
    header = {HEADER.upper().replace("-", "_"): SECRET}
    assert knows("POST", URL, header)
    assert not knows("POST", f"/telegram/{BOT_ID + 1}", header)
    assert not knows("POST", f"/telegram/{BOT_ID + 2}", header)
    assert not knows("POST", f"/telegram/{BOT_ID}x", header)
    del secrets[BOT_ID]
    assert door.post({"update_id": 1}) == 404
    assert not knows("POST", URL, header)
    assert door.accepted == []


def test_a_missing_secret_is_refused(door: Door) -> None:
    assert door.client.post(URL, data=b'{"update_id": 1}').status_code == 403
    assert door.accepted == []


def test_a_secret_that_was_never_set_opens_nothing() -> None:
    door = Door({BOT_ID: ""})
    for headers in ({}, {HEADER: ""}):
        assert door.client.post(URL, data=b'{"update_id": 1}', headers=headers).status_code == 403
    assert door.accepted == []


@pytest.mark.parametrize(
    "url", ["/telegram/7", "/telegram/0", "/telegram/-1", "/telegram/x", "/telegram/", "/telegram"]
)
def test_an_unknown_bot_is_not_found(door: Door, url: str) -> None:
    assert door.post({"update_id": 1}, url=url) == 404
    assert door.accepted == []


@pytest.mark.parametrize("body", [b"not json", b"[]", b"5", b"null", b'"text"', b'{"a":', b"\xff\xfe", b"[" * 5000])
def test_anything_but_a_json_object_is_refused(door: Door, body: bytes) -> None:
    assert door.post(body) == 400
    assert door.accepted == []


def test_a_body_of_unknown_length_is_refused(door: Door) -> None:
    assert door.client.post(URL, headers={HEADER: SECRET}, content_length=None).status_code == 413
    assert door.accepted == []


def test_a_mebibyte_is_accepted_and_more_is_refused(door: Door) -> None:
    frame = len(json.dumps({"t": ""}))
    assert door.post({"t": "x" * (MAX_BODY_BYTES - frame)}) == 200
    assert door.post({"t": "x" * (MAX_BODY_BYTES - frame + 1)}) == 413
    assert len(door.accepted) == 1


def test_a_stranger_is_not_told_that_a_body_is_too_large(door: Door) -> None:
    assert door.client.post(URL, data=b"x" * (MAX_BODY_BYTES + 1)).status_code == 403


def test_an_update_is_only_ever_posted(door: Door) -> None:
    assert door.client.get(URL, headers={HEADER: SECRET}).status_code == 405


def test_no_answer_contains_the_secret(door: Door) -> None:
    replies = [door.client.post(URL, data=body, headers={HEADER: SECRET}) for body in (b"{}", b"nonsense")]
    assert SECRET not in "".join(f"{reply.text}{reply.headers}" for reply in replies)


@pytest.mark.parametrize(
    ("health", "status", "word"),
    [
        (HEALTHY, 200, "ok"),
        (
            Health(
                degraded=(Reason.DELAYED, Reason.JOB),
                delayed=("LTC",),
                resting=(("LTC", ("a.example",)),),
                slow=(("LTC", ("b.example",)),),
                unsent=3,
                job_failures=1,
                overdue=("backup",),
            ),
            200,
            "degraded",
        ),
        (Health(failed=(Reason.DATABASE,)), 503, "failed"),
        (Health(failed=(Reason.THREAD,), degraded=(Reason.DISK,), delayed=("BTC",)), 503, "failed"),
    ],
)
def test_a_monitor_is_told_how_the_shop_is_doing(door: Door, health: Health, status: int, word: str) -> None:
    door.health = health
    reply = door.client.get("/healthz")
    assert reply.status_code == status
    assert reply.get_json() == {
        "status": word,
        "failed": [reason.value for reason in health.failed],
        "degraded": [reason.value for reason in health.degraded],
        "delayed": list(health.delayed),
        "reasons": dict(health.reasons),
        "resting": {chain: list(names) for chain, names in health.resting},
        "slow": {chain: list(names) for chain, names in health.slow},
        "unsent": health.unsent,
        "job_failures": health.job_failures,
        "overdue": list(health.overdue),
    }


def test_the_shop_is_ready_between_its_start_and_its_end(door: Door) -> None:
    assert door.client.get("/readyz").status_code == 503
    door.ready = True
    assert (door.client.get("/readyz").status_code, door.client.get("/readyz").get_json()) == (200, {"ready": True})
