"""A server with the emulated chains, a clock that stands still, and readers that query the server over HTTP."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from flask import Flask

from shop.chains.provider_settings import ProviderSettings
from shop.chains.registry import Registry
from tests.conftest import StandingClock
from tests.patience import patient_client
from wallet.chains import Chain
from web.sandbox.chains import Chains
from web.sandbox.server import serve_in_thread


class Shop:
    """What the shop builds from its settings, pointed at the emulators."""

    def __init__(self, settings: ProviderSettings, clock: StandingClock, folder: Path) -> None:
        self.settings = settings
        self.folder = folder
        self.clock = clock
        self.http = patient_client()

    def registry(self, servers: Mapping[Chain, Sequence[str]] | None = None, **changes: object) -> Registry:
        """Build the registry with other servers of some chains, or with other changes of its settings."""
        changed = replace(self.settings, servers={**self.settings.servers, **(servers or {})}, **changes)
        return Registry(changed, http=self.http, clock=self.clock, folder=self.folder)

    def reader(self, chain: Chain, urls: Sequence[str] | None = None, **changes: object):
        return self.registry(None if urls is None else {chain: urls}, **changes).readers()[chain]


@pytest.fixture(scope="session")
def server_of() -> Iterator[Callable[[Flask], str]]:
    running = []

    def serve(app: Flask) -> str:
        running.append(serve_in_thread(app))
        return running[-1].url

    yield serve
    for server in running:
        server.stop()


@pytest.fixture(scope="session")
def front(server_of):
    """One server for all tests; it passes each request to the current test's chains."""

    class Front:
        app: Flask | None = None

    def dispatch(environ, start_response):
        return Front.app.wsgi_app(environ, start_response)

    Front.url = server_of(dispatch)
    return Front


@pytest.fixture
def chains(front, clock) -> Iterator[Chains]:
    made = Chains(clock=clock, random=Random(7), hold_s=0.05)
    app = Flask("emulators")
    app.register_blueprint(made.blueprint())
    front.app = app
    yield made
    made.faults.released.set()


@pytest.fixture
def shop(front, chains, clock, tmp_path) -> Iterator[Shop]:
    made = Shop(chains.provider_settings(front.url), clock, tmp_path)
    yield made
    made.http.close()


@pytest.fixture
def base(front) -> str:
    return front.url
