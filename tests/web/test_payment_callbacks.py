"""The endpoint for the payment provider's reports: who may post, and the answers."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from shop.chains.kryptoexpress import sign
from shop.health import Health
from shop.payments.invoices import Invoices
from shop.payments.unknown_payments import PAUSE_S
from storage.database import Database
from tests.cashier import SECRET, Cashier, open_cashier
from tests.conftest import StandingClock
from tests.patience import DEADLINE_S
from web.app_factory import create_app
from web.payment_callbacks import MAX_BODY_BYTES, CallbackRoute
from web.sandbox.server import serve_in_thread

PATH = "/cryptoprocessing/event"
VECTOR = json.loads((Path(__file__).parents[1] / "shop/vectors/kryptoexpress_callback.json").read_text("utf-8"))


def app_of(invoices: Invoices | None) -> Any:
    return create_app(
        accept=lambda _bot, _update: None,
        secrets={},
        webhook_path="/telegram",
        health=Health,
        payment_callback=invoices and CallbackRoute(PATH, "X-Signature", invoices.callback),
    )


@pytest.fixture
def cashier(database: Database, clock: StandingClock) -> Iterator[Cashier]:
    with open_cashier(database, clock) as made:
        yield made


@pytest.fixture
def door(cashier: Cashier) -> FlaskClient:
    return app_of(cashier.invoices).test_client()


def test_a_signed_report_is_accepted_and_counts(cashier: Cashier, door: FlaskClient) -> None:
    callback = cashier.pay(cashier.open())
    for _ in range(5):
        reply = door.post(PATH, data=callback.body, headers=callback.headers)
        assert (reply.status_code, reply.data) == (200, b"")
    assert cashier.balance() == 5000


def test_a_reindented_report_is_accepted_and_counts(cashier: Cashier, door: FlaskClient) -> None:
    callback = cashier.pay(cashier.open("1.00"))
    assert b'"cryptoAmount":0.000012,' in callback.body
    indented = callback.body.replace(b',"', b',\n  "').replace(b'":', b'": ')
    reply = door.post(PATH, data=indented, headers=callback.headers)
    assert (reply.status_code, cashier.balance()) == (200, 100)


@pytest.mark.parametrize("headers", [{}, {"X-Signature": ""}, {"X-Signature": "00" * 64}, {"X-Signature": "\u00e9"}])
def test_without_the_right_signature_it_is_forbidden(
    cashier: Cashier, door: FlaskClient, headers: dict[str, str]
) -> None:
    callback = cashier.pay(cashier.open())
    reply = door.post(PATH, data=callback.body, headers=headers)
    assert (reply.status_code, reply.data) == (403, b"")
    assert cashier.balance() == 0


def test_the_providers_own_example_is_valid_but_not_for_one_of_our_invoices(
    cashier: Cashier, clock: StandingClock
) -> None:
    door = app_of(cashier.with_secret(VECTOR["secret"])).test_client()
    headers = {"X-Signature": VECTOR["signature"]}
    assert door.post(PATH, data=VECTOR["body"], headers=headers).status_code == 200
    assert door.post(PATH, data=VECTOR["body"], headers=headers).status_code == 503, "it was asked about just now"
    clock.pass_s(PAUSE_S)
    assert door.post(PATH, data=VECTOR["body"] + " ", headers=headers).status_code == 200
    assert door.post(PATH, data=VECTOR["body"].replace("16.31", "1631"), headers=headers).status_code == 403


def test_an_unset_secret_lets_nobody_in(cashier: Cashier) -> None:
    door = app_of(cashier.with_secret("")).test_client()
    body = cashier.pay(cashier.open()).body
    for signature in (sign(body, ""), sign(body, SECRET), ""):
        assert door.post(PATH, data=body, headers={"X-Signature": signature}).status_code == 403
    assert cashier.balance() == 0


def test_signed_nonsense_is_not_requested_again(door: FlaskClient) -> None:
    for body in (b"[]", b"{}", b"\xff", b"[" * 10_000):
        assert door.post(PATH, data=body, headers={"X-Signature": sign(body, SECRET)}).status_code == 200


def test_a_long_report_is_checked_only_as_received(door: FlaskClient) -> None:
    """Minifying it to find what was signed would let a stranger use up the shop's time."""
    for length, status in ((1000, 200), (3000, 403)):
        minified = b'{"a":"' + b"x" * length + b'"}'
        spaced = minified.replace(b":", b" : ")
        assert door.post(PATH, data=spaced, headers={"X-Signature": sign(minified, SECRET)}).status_code == status
        assert door.post(PATH, data=minified, headers={"X-Signature": sign(minified, SECRET)}).status_code == 200


def test_refused_reports_are_logged_once_a_minute(
    door: FlaskClient, clock: StandingClock, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(50):
        assert door.post(PATH, data=b"{}", headers={"X-Signature": "00" * 64}).status_code == 403
    clock.pass_s(60)
    door.post(PATH, data=b"{}")
    assert [record.getMessage() for record in caplog.records] == [
        "callback refused: wrong signature",
        "callback refused: no signature (49 more since the last time)",
    ]


def test_a_body_that_is_too_large_is_not_read(door: FlaskClient) -> None:
    body = b" " * MAX_BODY_BYTES
    assert door.post(PATH, data=body, headers={"X-Signature": sign(body, SECRET)}).status_code == 200
    assert door.post(PATH, data=body + b" ", headers={"X-Signature": sign(body, SECRET)}).status_code == 413


def test_the_shop_does_not_wait_for_a_body_of_unknown_length(cashier: Cashier) -> None:
    server = serve_in_thread(app_of(cashier.invoices))
    with socket.create_connection((server.host, server.port), timeout=DEADLINE_S) as connection:
        head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
        connection.sendall(head.encode() + b"10001\r\n" + b" " * 65_537 + b"\r\n0\r\n\r\n")
        assert b" 413 " in connection.makefile("rb").readline()
    server.stop()


def test_only_a_post_is_a_report(door: FlaskClient) -> None:
    assert door.get(PATH).status_code == 405


def test_a_shop_without_a_provider_has_no_such_endpoint() -> None:
    assert app_of(None).test_client().post(PATH, data=b"{}").status_code == 404
