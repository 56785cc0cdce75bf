"""The host names that the sandbox answers to: a page that points its own name at this machine gets nothing."""

from typing import Any

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient

from tests.patience import DEADLINE_S
from web.sandbox.hosts import NotOnLoopback, address_to_open, answer_own_names_only, require_loopback


def client_of(*, public: bool, public_url: str = "") -> FlaskClient:
    app = Flask("page")
    app.add_url_rule("/", view_func=lambda: "the page")
    answer_own_names_only(app, public=public, public_url=public_url)
    return app.test_client()


LOOPBACK = ["localhost", "LocalHost:8080", "127.0.0.1", "127.0.0.1:1", "127.9.9.9", "[::1]", "[::1]:8080"]
ADDRESSES = ["192.0.2.7:8080", "0.0.0.0", "[2001:db8::1]:80"]
FOREIGN = ["shop.example", "shop.example:8080", "localhost.shop.example", "127.0.0.1.shop.example", "x@", "[", ""]


@pytest.mark.parametrize("host", LOOPBACK)
def test_this_machines_own_names_are_answered(host: str) -> None:
    assert client_of(public=False).get("/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", ADDRESSES + FOREIGN)
def test_any_other_name_is_refused_with_or_without_its_origin(host: str) -> None:
    client = client_of(public=False)
    assert client.get("/", headers={"Host": host}).status_code == 403
    assert client.get("/", headers={"Host": host, "Origin": f"http://{host}"}).status_code == 403


@pytest.mark.parametrize("origin", ["http://shop.example", "null", "http://127.0.0.1.shop.example", "http://["])
def test_a_page_of_another_site_is_refused(origin: str) -> None:
    for client in (client_of(public=False), client_of(public=True)):
        assert client.get("/", headers={"Host": "127.0.0.1", "Origin": origin}).status_code == 403


@pytest.mark.parametrize("host", LOOPBACK + ADDRESSES + ["sandbox.example:8080"])
def test_a_public_sandbox_answers_to_addresses_and_to_its_public_url(host: str) -> None:
    client = client_of(public=True, public_url="https://sandbox.example")
    assert client.get("/", headers={"Host": host, "Origin": f"http://{host}"}).status_code == 200


@pytest.mark.parametrize("host", FOREIGN)
def test_a_public_sandbox_answers_to_no_other_name(host: str) -> None:
    assert client_of(public=True).get("/", headers={"Host": host}).status_code == 403


def test_the_emulated_servers_answer_to_this_machine_only(running: Any) -> None:
    url = f"{running.providers.url}/bot4200000001:sandbox-token/getMe"
    assert requests.get(url, timeout=DEADLINE_S).status_code == 200
    assert requests.get(url, headers={"Host": "shop.example"}, timeout=DEADLINE_S).status_code == 403


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "shop.example"])
def test_listening_for_other_machines_needs_an_explicit_option(host: str) -> None:
    with pytest.raises(NotOnLoopback) as refusal:
        require_loopback(host)
    assert f"WEBAPP_HOST={host} " in refusal.value.sentence
    assert "--public" in refusal.value.sentence


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:80"),
        ("0.0.0.0", "http://127.0.0.1:80"),
        ("::", "http://[::1]:80"),
        ("localhost", "http://localhost:80"),
        ("192.0.2.7", "http://192.0.2.7:80"),
    ],
)
def test_the_displayed_address_can_be_opened(host: str, address: str) -> None:
    assert address_to_open(host, 80) == address
