"""The address of a developer's tunnel, from a stand-in for ngrok's local API."""

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from flask import Flask, Response

from shop.tunnels import public_address
from tests.patience import patient_client
from web.sandbox.server import serve_in_thread


def tunnel(url: str, leads_to: str) -> dict[str, Any]:
    return {"name": "x", "proto": "https", "public_url": url, "config": {"addr": leads_to, "inspect": True}}


@pytest.fixture
def found() -> Iterator[Callable[[Any], str]]:
    """Ask a stand-in that gives an answer, for port 8080."""
    with ExitStack() as stack:

        def found(answer: Any) -> str:
            app = Flask("ngrok")
            app.add_url_rule("/api/tunnels", view_func=lambda: answer)
            server = serve_in_thread(app)
            stack.callback(server.stop)
            return public_address(patient_client(), server.url, port=8080)

        yield found


def test_the_https_tunnel_to_the_shops_port_is_used(found: Callable[[Any], str]) -> None:
    tunnels = [
        tunnel("https://other.example", "http://localhost:3000"),
        tunnel("https://longer.example", "http://localhost:18080"),
        tunnel("tcp://0.tcp.example:18080", "localhost:8080"),
        tunnel("http://plain.example", "http://localhost:8080"),
        tunnel("https://shop.example", "http://localhost:8080"),
    ]
    assert found({"tunnels": tunnels, "uri": "/api/tunnels"}) == "https://shop.example"


@pytest.mark.parametrize("leads_to", ["http://localhost:8080/", "127.0.0.1:8080", "8080"])
def test_a_tunnels_target_may_be_written_in_several_ways(found: Callable[[Any], str], leads_to: str) -> None:
    assert found({"tunnels": [tunnel("https://shop.example/", leads_to)]}) == "https://shop.example"


@pytest.mark.parametrize(
    "answer",
    [
        {"tunnels": []},
        {},
        {"tunnels": None},
        {"tunnels": [5]},
        {"tunnels": [{"public_url": "https://shop.example"}]},
        {"tunnels": [tunnel("https://a b", "8080")]},
        {"tunnels": [tunnel("https://user@shop.example/path", "8080")]},
        Response("<html>", mimetype="text/html"),
        Response("{}", status=502),
    ],
)
def test_anything_else_is_not_a_tunnel(found: Callable[[Any], str], answer: Any) -> None:
    assert found(answer) == ""


def test_without_ngrok_there_is_no_tunnel() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    assert public_address(patient_client(), f"http://127.0.0.1:{port}", port=8080) == ""
