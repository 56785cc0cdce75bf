"""One server for all tests; it passes each call to the current test's Telegram."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

from storage.database import Database
from tests.bot_handlers.fleet import FleetStage, token_of
from tests.bot_handlers.stage import CUSTOMER, Stage, restore_telebot, telebot_globals
from tests.conftest import StandingClock
from tests.stand import TOKEN, Stand, open_shop
from web.sandbox.server import serve_in_thread
from web.sandbox.telegram.emulator import Telegram


class FrontServer:
    """The address of the emulated Telegram."""

    def __init__(self) -> None:
        self.app: Flask | None = None
        self.running = serve_in_thread(self._dispatch)
        self.url = self.running.url

    def _dispatch(self, environ, start_response):
        return self.app.wsgi_app(environ, start_response)


@pytest.fixture(scope="session")
def front_server() -> Iterator[FrontServer]:
    server = FrontServer()
    yield server
    server.running.stop()


@pytest.fixture
def telegram(front_server: FrontServer, clock: StandingClock) -> Iterator[Telegram]:
    emulated = Telegram([TOKEN], clock=clock, hang_s=0.2)
    app = Flask("telegram")
    app.register_blueprint(emulated.blueprint())
    front_server.app = app
    yield emulated
    emulated.stop()


@pytest.fixture
def open_fleet(
    front_server: FrontServer, database: Database, clock: StandingClock, seconds: "Seconds"
) -> Iterator[Callable[..., FleetStage]]:
    """Opens the shop with other settings each time, on one Telegram with ten bots."""
    emulated = Telegram([token_of(number) for number in range(10)], clock=clock, hang_s=0.2)
    app = Flask("telegram")
    app.register_blueprint(emulated.blueprint())
    front_server.app = app
    before, opened = telebot_globals(), list[FleetStage]()

    def open_fleet(**settings: str) -> FleetStage:
        opened.append(FleetStage(open_shop(database, clock, **settings), emulated, front_server.url, seconds))
        opened[-1].front.fleet.look()
        return opened[-1]

    yield open_fleet
    for stage in opened:
        stage.front.courier.stop(timeout_s=5)
    emulated.stop()
    restore_telebot(before)


@pytest.fixture
def fleet(open_fleet: Callable[..., FleetStage]) -> FleetStage:
    """A shop that may have several bots, and a Telegram with ten. An owner and a customer have written to it."""
    return open_fleet(MULTIBOT="true")


@pytest.fixture
def stand(database: Database, clock: StandingClock) -> Stand:
    return open_shop(database, clock)


class Seconds:
    """A monotonic clock that the test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def rest(self) -> None:
        self.now += 60


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def open_stage(telegram: Telegram, front_server: FrontServer, seconds: Seconds) -> Iterator[Callable[[Stand], Stage]]:
    before, opened = telebot_globals(), list[Stage]()

    def open_stage(stand: Stand) -> Stage:
        opened.append(Stage(stand, telegram, front_server.url, seconds))
        return opened[-1]

    yield open_stage
    for stage in opened:
        stage.front.courier.stop(timeout_s=5)
    restore_telebot(before)


@pytest.fixture
def reopen(open_stage: Callable[[Stand], Stage], clock: StandingClock) -> Iterator[Callable[[Stage, Path], Stage]]:
    """Stop a shop and open it with another file, for the same people and chats: a copy, or a new one."""
    opened = list[Database]()

    def reopen(stage: Stage, path: Path) -> Stage:
        before = stage.stand.database
        before.close()
        opened.append(Database(path, before.key))
        opened[-1].open()
        again = open_stage(open_shop(opened[-1], clock))
        again.offset = stage.offset
        return again

    yield reopen
    for database in opened:
        database.close()


@pytest.fixture
def stage(open_stage: Callable[[Stand], Stage], stand: Stand) -> Stage:
    """A shop to which a customer has written once."""
    stage = open_stage(stand)
    stage.say("/start", CUSTOMER, first_name="Ada")
    return stage
