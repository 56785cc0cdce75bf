"""A shop's day in a minute: everything is real except the time, which the test controls.

The shop has an encrypted database on a small disk, its jobs, its chain readers, its bot with polling and letters,
and its health. Telegram, the chains and the price sources are the sandbox's emulators. What the shop's
threads would do in `STEP_S` of simulated time is done in turn on one thread. The world's clock only goes forward;
the machine's can be set.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from decimal import Decimal
from random import Random
from typing import Any
from urllib.parse import urlsplit

import requests
from flask import Flask, Response
from requests.adapters import BaseAdapter
from werkzeug.http import http_date

from bot_handlers.updates.polling import Poller
from shop import assembly
from shop.chains.http import HttpClient
from shop.chains.registry import Registry
from shop.health import Health
from shop.jobs import Runner
from shop.payments.assembly import Rhythm
from storage.database import Database
from storage.keys import DatabaseKey
from tests.bench.simulation import Clock, Wire
from tests.bot_handlers.stage import Stage
from tests.conftest import StandingClock
from tests.e2e.driver import ADDRESS
from tests.monitoring import monitor_of
from tests.patience import DEADLINE_S, factor
from tests.small_disk import Disk
from tests.stand import TOKEN, Stand, settings_of
from wallet.chains import Chain
from web.sandbox.chains import Chains
from web.sandbox.chains.faults import Faults
from web.sandbox.chains.names import provider_in_path
from web.sandbox.server import serve_in_thread
from web.sandbox.telegram.emulator import Telegram

STEP_S = 60
CHAIN_ROUND_S = 120
"""A chain's thread is slow: one round takes this long."""
LONGEST_ANSWER_S = 0.5 * min(2.0, factor())
DRIP_S = 0.2
BLOCK_S = {Chain.BTC: 600, Chain.LTC: 150, Chain.ETH: 12, Chain.TRX: 3, Chain.SOL: 0.4}


class Machine(StandingClock):
    """The shop's clock: the same as the world's unless it has been set."""

    def __init__(self, world: StandingClock) -> None:
        super().__init__()
        self._world = world
        self.off_s = 0

    def __call__(self) -> int:
        return self._world() + self.off_s

    def monotonic(self) -> float:
        return self._world.monotonic()


class Shortcut(Wire):
    """Calls the emulator of a working server directly; a broken server is reached over HTTP."""

    def __init__(self, app: Flask, faults: Faults, over_http: BaseAdapter) -> None:
        super().__init__(app, Clock(), lambda: None)
        self._faults = faults
        self._over_http = over_http

    def send(self, request: requests.PreparedRequest, **details: Any) -> requests.Response:
        parts = urlsplit(request.url or "")
        if self._faults.left().get(provider_in_path(parts.path)):
            return self._over_http.send(request, **details)
        return self._answer(request, parts.path, parts.query)


class Seconds:
    """Monotonic seconds for a stage, which nobody can set back."""

    def __init__(self, world: StandingClock) -> None:
        self._world = world

    def __call__(self) -> float:
        return self._world.monotonic()

    def rest(self) -> None:
        """Do nothing: nobody here is rate-limited."""


class Day:
    """The shop and its world."""

    def __init__(self, disk: Disk, stack: ExitStack) -> None:
        self.disk = disk
        self.world = StandingClock()
        self.machine = Machine(self.world)
        self.chains = Chains(clock=self.world, random=Random(7), hold_s=0.05, drip_s=DRIP_S)
        self.telegram = Telegram([TOKEN], clock=self.world, hang_s=0.1, longest_poll_s=0)
        self._emulators = self._make_emulators()
        server = serve_in_thread(self._emulators)
        stack.callback(server.stop)
        stack.callback(self.chains.faults.released.set)
        stack.callback(self.telegram.stop)
        self.database = Database(disk.folder / "souk.db", DatabaseKey(bytes(range(32))))
        self.database.open()
        stack.callback(self.database.close)
        self.stand = self._shop(server.url, stack)
        self.monitor = monitor_of(self.stand)
        self.stage = Stage(
            self.stand,
            self.telegram,
            server.url,
            Seconds(self.world),
            on_answer=lambda _method, _status, date: self.monitor.clock_offset.saw("Telegram", date),
            drip_s=2 * LONGEST_ANSWER_S,
        )
        stack.callback(self.stage.front.courier.stop, timeout_s=5)
        self.monitor.arrivals = self.stage.front.reachability
        self._pool = stack.enter_context(ThreadPoolExecutor(4))
        self._poller = self._polling()
        self._runners = self._watched()
        self._last: dict[int, float] = {}
        self._mined = dict.fromkeys(Chain, float(self.world.now))

    def step(self) -> Health:
        """Let `STEP_S` pass with its blocks, updates, jobs and letters. Return the shop's health afterwards."""
        self.world.pass_s(STEP_S)
        self._grow()
        self._poller.round(self._pool)
        for runner in self._runners:
            self._run(runner)
        if not self.monitor.found.unwritable:
            self._send_letters()
        return self.monitor.examine()

    def _run(self, runner: Runner) -> None:
        """Run a runner's due jobs, as its thread does."""
        now, least_s = self.world.monotonic(), CHAIN_ROUND_S if runner.name.startswith("chain-") else 0
        for record in (record for record in runner.records if not record.job.endless):
            if now - self._last.get(id(record), float("-inf")) >= max(least_s, record.job.every_s):
                self._last[id(record)] = now
                runner.run(record)

    def _send_letters(self) -> None:
        while self.stage.front.notifier.look():
            self.stand.shop.outbox.wait(DEADLINE_S)

    def _grow(self) -> None:
        for chain, block_s in BLOCK_S.items():
            blocks = int((self.world.now - self._mined[chain]) / block_s)
            if blocks:
                self.chains.mine(chain.value.lower(), blocks)
                self._mined[chain] += blocks * block_s

    def _make_emulators(self) -> Flask:
        app = Flask("emulators")
        app.register_blueprint(self.telegram.blueprint())
        app.register_blueprint(self.chains.blueprint())

        @app.after_request
        def dated(reply: Response) -> Response:
            reply.headers["Date"] = http_date(self.world.now)
            return reply

        return app

    def _shop(self, url: str, stack: ExitStack) -> Stand:
        settings = settings_of(self.disk.folder, BACKUP_EVERY_HOURS="0")
        http = HttpClient(
            timeout_s=LONGEST_ANSWER_S,
            deadline_s=LONGEST_ANSWER_S,
            before_request=self.database.require_no_transaction,
            on_answer=lambda server, _outcome, date: self.monitor.clock_offset.saw(server, date),
        )
        stack.callback(http.close)
        over_http = http._session.get_adapter(url)
        http._session.mount("http://", Shortcut(self._emulators, self.chains.faults, over_http))
        providers = replace(self.chains.provider_settings(url, mirrors=True), hand_mined=False)
        registry = Registry(providers, http=http, clock=self.machine, folder=self.disk.folder)
        stack.callback(registry.close)
        shop = assembly.build(
            settings,
            self.database,
            registry,
            clock=self.machine,
            languages=frozenset({"en"}),
            rhythm=Rhythm(monotonic=self.world.monotonic, prices=240),
        )
        return Stand(shop, None, self.database, self.machine, settings)

    def _polling(self) -> Poller:
        front = self.stage.front
        return Poller(
            front.bot,
            front.bots,
            front.reachability,
            monotonic=self.world.monotonic,
            pause=lambda _seconds: None,
            at_end=self.database.release_thread,
        )

    def _watched(self) -> tuple[Runner, ...]:
        seconds = self.world.monotonic
        front = self.stage.front.runners(let_go=self.database.release_thread, monotonic=seconds)
        runners = (*self.stand.shop.runners, *front, self.monitor.make_runner())
        self.monitor.watchdog.watch(*runners)
        return runners


Visit = Iterator[None]


class Shopper:
    """A customer who pays with one coin and buys with the balance. Each `next` on a visit is one action."""

    def __init__(self, day: Day, user_id: int, coin: str, chain: Chain) -> None:
        self._day = day
        self.user_id = user_id
        self._coin = coin
        self._chain = chain
        self.paid: list[str] = []
        """The transactions they sent, whether or not the shop knows them."""

    def visits(self, amount: str) -> Visit:
        """Top up and buy repeatedly; whatever fails is left for the next time."""
        while True:
            yield from self._walk("/topup", self._coin)
            yield from self._pay(amount)
            yield from self._walk("/shop", "Games", "Key", "Buy now", "Pay $")

    def _walk(self, word: str, *labels: str) -> Visit:
        self._day.telegram.people.say(self.user_id, word, profile={"first_name": "Ada"})
        yield
        for label in labels:
            found = self._button(label)
            if found is None:
                return
            self._day.telegram.people.press(self.user_id, *found)
            yield

    def _pay(self, amount: str) -> Visit:
        shown = ADDRESS.search("".join(self.texts()[-1:]))
        if shown is not None:
            self.paid.append(self._day.chains.pay(self._chain.value, shown.group(), Decimal(amount), None))
        yield

    def _button(self, label: str) -> tuple[int, str] | None:
        for message in reversed(self._messages()[-3:]):
            for row in message.get("reply_markup", {}).get("inline_keyboard", []):
                for button in row:
                    if label in button["text"] and "callback_data" in button:
                        return message["message_id"], button["callback_data"]
        return None

    def texts(self) -> list[str]:
        """The bot's messages to them, oldest first."""
        return [each.get("text") or each.get("caption") or "" for each in self._messages()]

    def _messages(self) -> list[dict[str, Any]]:
        return [each for each in self._day.telegram.view(self.user_id)["messages"] if each["from"]["is_bot"]]


def open_day(disk: Disk, stack: ExitStack) -> Day:
    """Open the shop with goods in stock, and owners who have started the bot."""
    day = Day(disk, stack)
    day.stand.stock(*(f"UNIT-{number:04}" for number in range(2_000)), price="1.00", name="Key")
    for owner in day.stand.settings.admin_id_list:
        day.telegram.people.say(owner, "/start", profile={})
    return day
