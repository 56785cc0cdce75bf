"""Servers that return headers, both honest ones and liars, behind one real HTTP server."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from flask import Flask, Response, request

from shop.chains.http import Endpoint, HttpClient
from shop.chains.proof.headers import Header
from shop.chains.proof.proof_client import ProofClient
from shop.chains.servers import Provider
from tests.patience import patient_client


@dataclass
class HeaderServer:
    """An explorer that knows headers. `lie` may change its answer to a request."""

    headers: list[bytes]
    first_height: int
    lie: Callable[[str, object], object] = field(default=lambda _, said: said)
    page: int = 10
    asked: list[str] = field(default_factory=list)

    @property
    def height(self) -> int:
        return self.first_height + len(self.headers) - 1

    def answer(self, path: str) -> Response:
        self.asked.append(path)
        said = self.lie(path, self._truth(path))
        if said is None:
            return Response("Block not found", status=404, mimetype="text/plain")
        if isinstance(said, Response):
            return said
        text = said if isinstance(said, str) else json.dumps(said)
        return Response(text, mimetype="text/plain" if isinstance(said, str) else "application/json")

    def _truth(self, path: str) -> object:
        if path == "/blocks/tip/hash":
            return Header.parse(self.headers[-1]).hash
        if path == "/blocks/tip/height":
            return str(self.height)
        number = path.rpartition("/")[2]
        height = int(number) if number.isdecimal() else self.height
        if not self.first_height <= height <= self.height:
            return None
        if path.startswith("/block-height/"):
            return Header.parse(self.headers[height - self.first_height]).hash
        lowest = max(self.first_height, height - self.page + 1)
        return [described(self.headers[at - self.first_height], at) for at in range(height, lowest - 1, -1)]


def described(raw: bytes, height: int) -> dict[str, object]:
    """Describe a header as an explorer does."""
    header = Header.parse(raw)
    return {
        "id": header.hash, "height": height, "version": int.from_bytes(raw[:4], "little"), "timestamp": header.time,
        "bits": header.bits, "nonce": int.from_bytes(raw[76:], "little"), "difficulty": 1.5,
        "merkle_root": header.merkle_root[::-1].hex(), "previousblockhash": header.previous, "tx_count": 1,
    }  # fmt: skip


@pytest.fixture(scope="session")
def header_front(server_of):
    """One server for all tests; the first part of a path names the test's own server."""
    app, servers = Flask("headers"), {}

    @app.get("/<name>/<path:rest>")
    def ask(name: str, rest: str) -> Response:
        assert not request.query_string
        return servers[name].answer(f"/{rest}")

    return server_of(app), servers


@pytest.fixture
def http() -> Iterator[HttpClient]:
    made = patient_client()
    yield made
    made.close()


@pytest.fixture
def client_of(header_front, http, clock) -> Callable[[str, HeaderServer], ProofClient]:
    """Register a server as a host of this operator, and return a client for it."""
    url, servers = header_front
    servers.clear()

    def made(name: str, server: HeaderServer) -> ProofClient:
        servers[name] = server
        provider = Provider(Endpoint(f"{url}/{name}", label=name), http, clock=clock)
        provider.name = f"{name}.example"
        return ProofClient(provider)

    return made
