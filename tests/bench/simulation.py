"""A shop with many customers, watched for hours of simulated time in seconds of real time.

The real shop on a real encrypted database, with its real jobs, readers, failover and HTTP client, in its default
configuration. Two things are not real: the clock, which jumps from one event to the next, and the wire below the
HTTP client, where every request is counted and answered by the sandbox's emulators in this process. A request
takes `LATENCY_S`, so looks last as long as they would. Blocks come at each chain's own pace and contain only these
payments: the number of requests does not depend on what else is in a block.
"""

import heapq
import io
import itertools
import json
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from random import Random
from time import process_time
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import requests
from flask import Flask
from requests.adapters import BaseAdapter

from shop import assembly
from shop.assembly import Shop
from shop.assets import ASSETS, Asset
from shop.chains.http import HttpClient
from shop.chains.provider_settings import ProviderSettings
from shop.chains.registry import Registry
from shop.chains.tokens import address_of
from shop.money import Money
from shop.payments.assembly import Rhythm
from shop.settings.loading import load
from storage.database import Database
from storage.keys import DatabaseKey
from storage.models import Deposit
from tests.raw_sql import engine_of
from wallet import base58check
from wallet.addresses import Kind, ValidAddress, encode
from wallet.chains import Chain
from web.sandbox.chains import Chains

START = 1_790_000_000
HOUR_S = 3_600
OPEN_FOR_S = 1_800
"""How long a top-up screen keeps its rate."""
DAY_S = 86_400
TOO_LATE_S = 240
LATENCY_S = 0.25
LETTERS_EVERY_S = 1
BLOCK_S = {Chain.BTC: 600.0, Chain.LTC: 150.0, Chain.ETH: 12.0, Chain.TRX: 3.0, Chain.SOL: 0.4}
WORDS = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about"
SUMS = (10_00, 20_00, 45_00, 120_00, 1_500_00)

# The shop's default servers, and the emulator that stands in for each.
STAND_INS = {
    "mempool.space": ("/api", "/btc/api"),
    "blockstream.info": ("/api", "/btc-mirror/api"),
    "litecoinspace.org": ("/api", "/ltc/api"),
    "litecoin.atomicwallet.io": ("/api/v2", "/ltc-blockbook/api/v2"),
    "ethereum-rpc.publicnode.com": ("", "/eth"),
    "eth.drpc.org": ("", "/eth-mirror"),
    "eth.llamarpc.com": ("", "/eth-mirror"),
    "api.ethplorer.io": ("", "/ethplorer"),
    "api.trongrid.io": ("", "/tron"),
    "tron-rpc.publicnode.com": ("", "/tron-mirror"),
    "api.mainnet-beta.solana.com": ("", "/solana"),
    "solana-rpc.publicnode.com": ("", "/solana-mirror"),
    "api.coingecko.com": ("/api/v3", "/coingecko"),
    "api.kraken.com": ("", "/kraken"),
    "api.coinbase.com": ("", "/coinbase"),
    "data-api.binance.vision": ("", "/binance"),
}


class Clock:
    """Simulated Unix time; requests make it pass while a job runs."""

    def __init__(self) -> None:
        self.now = float(START)

    def __call__(self) -> int:
        return int(self.now)


class Wire(BaseAdapter):
    """The layer below the HTTP client: counts the requests to each server and lets an emulator answer them."""

    def __init__(self, app: Flask, clock: Clock, before_answer: Callable[[], None]) -> None:
        super().__init__()
        self.asked: Counter[str] = Counter()
        self.kinds: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._app = app
        self._clock = clock
        self._before_answer = before_answer

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:
        parts = urlsplit(request.url or "")
        host = str(parts.hostname)
        self.asked[host] += 1
        self.kinds[host][_kind(request, parts.path)] += 1
        self._before_answer()
        self._clock.now += LATENCY_S
        there, here = STAND_INS[host]
        return self._answer(request, here + parts.path.removeprefix(there), parts.query)

    def close(self) -> None:
        """Do nothing: there is nothing to close."""

    def _answer(self, request: requests.PreparedRequest, path: str, query: str) -> requests.Response:
        body = request.body.encode() if isinstance(request.body, str) else request.body or b""
        response = requests.Response()

        def start_response(status: str, headers: list[tuple[str, str]], _error: object = None) -> None:
            response.status_code = int(status[:3])
            response.headers.update(headers)

        environ = {
            "REQUEST_METHOD": request.method, "SCRIPT_NAME": "", "PATH_INFO": path, "QUERY_STRING": query,
            "SERVER_NAME": "localhost", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1",
            "CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": "application/json",
            "HTTP_USER_AGENT": request.headers["User-Agent"], "wsgi.version": (1, 0), "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body), "wsgi.errors": io.StringIO(),
        }  # fmt: skip
        response.raw = io.BytesIO(b"".join(self._app.wsgi_app(environ, start_response)))
        response.request, response.url = request, str(request.url)
        return response


@dataclass(slots=True)
class Payment:
    """A customer's payment, and when its chain's servers began to show it."""

    asset: Asset
    shown_at: float
    txid: str


@dataclass(frozen=True, slots=True)
class Measured:
    """Measurements over a number of seconds: requests to each server, and each coin's delays in ascending seconds.

    A payment that was never announced has an infinite delay. `processor_s` is the total cost, including emulators.
    """

    seconds: float
    asked: dict[str, int]
    kinds: dict[str, Counter[str]]
    delays: dict[str, list[float]]
    processor_s: float


class Simulation:
    """A shop, its customers who keep topping up, and the chains that it watches.

    `top_ups` is how many are open at any time, spread evenly over the coins. Each is paid once, at a random moment.
    """

    def __init__(self, folder: Path, *, customers: int, top_ups: int = 100) -> None:
        folder = folder / str(customers)
        folder.mkdir()
        self.random = Random(19)
        self.clock = Clock()
        self.chains = Chains(clock=self.clock, random=Random(7))
        self.payments: list[Payment] = []
        app = Flask("emulators")
        app.register_blueprint(self.chains.blueprint())
        self.wire = Wire(app, self.clock, self._grow)
        self.database = Database(folder / "souk.db", DatabaseKey(bytes(range(32))))
        self.database.open()
        self._http = HttpClient(before_request=self.database.require_no_transaction)
        self._http._session.mount("https://", self.wire)
        self._customers = customers
        self._mined: dict[Chain, float] = dict.fromkeys(Chain, self.clock.now)
        self._next_block = {chain: self._interval(chain) for chain in (Chain.BTC, Chain.LTC)}
        self._until = self.clock.now
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._busy_until: dict[str, float] = defaultdict(float)
        self._coins = itertools.cycle(ASSETS.values())
        opened = self._opened_lately(top_ups)
        populate(self.database, customers, opened)
        self.shop = self._build(folder)
        self._schedule_jobs()
        for number, asset, moment in opened[:top_ups]:
            self._live(number, asset, moment, units=asset.dust_units * 50)

    def run(self, seconds: float) -> None:
        """Let this much time pass."""
        self._until += seconds
        while self._events[0][0] <= self._until:
            self.clock.now, _, act = heapq.heappop(self._events)
            act()

    def measure(self, seconds: float) -> "Measured":
        """Count the requests over this much time, and measure how long its payments took to be announced."""
        self.wire.asked.clear()
        self.wire.kinds.clear()
        self.payments.clear()
        started = process_time()
        self.run(seconds)
        processor_s = process_time() - started
        asked, kinds, paid = dict(self.wire.asked), dict(self.wire.kinds), list(self.payments)
        self.wire.kinds = defaultdict(Counter)
        self.run(TOO_LATE_S)
        return Measured(seconds, asked, kinds, self._delays(paid), processor_s)

    def _delays(self, paid: list[Payment]) -> dict[str, list[float]]:
        found: dict[str, list[float]] = defaultdict(list)
        for payment in paid:
            row = Deposit.get_or_none(Deposit.txid == payment.txid)
            told_at = row.seen_at + LETTERS_EVERY_S if row else float("inf")
            found[payment.asset.code].append(max(0.0, told_at - payment.shown_at))
        return {code: sorted(found[code]) for code in ASSETS}

    def close(self) -> None:
        """Close everything."""
        self._http.close()
        self.registry.close()
        self.database.close()

    def _build(self, folder: Path) -> Shop:
        settings = load(
            {"TOKEN": "1000000001:BENCH-token_of_no_bot", "ADMIN_ID_LIST": "1", "WALLET_MNEMONIC": WORDS},
            folder / "no.env",
        )
        providers = ProviderSettings(networks=self.chains.networks)
        self.registry = Registry(providers, http=self._http, clock=self.clock, folder=folder)
        return assembly.build(
            settings, self.database, self.registry, clock=self.clock, languages=frozenset({"en"}), rhythm=Rhythm()
        )

    def _opened_lately(self, top_ups: int) -> list[tuple[int, Asset, int]]:
        """List the customer, coin and time of the top-ups opened in the day before the start."""
        step = OPEN_FOR_S / top_ups
        count = min(int(DAY_S / step), self._customers)
        return [(number, next(self._coins), int(START - (number - 0.5) * step)) for number in range(1, count)]

    def _schedule_jobs(self) -> None:
        # Nobody orders anything here, so watching is measured without the job that places orders. Endless jobs wait
        # until a customer requests something.
        for runner in (each for each in self.shop.runners if each.name != "orders"):
            for job in (record.job for record in runner.records if not record.job.endless):
                phase_s = Random(f"{runner.name}/{job.name}").random()  # so that a new job shifts none of the others
                self._at(START + phase_s, self._repeated(runner.name, job.run, job.every_s))

    def _repeated(self, lane: str, run: Callable[[], None], every_s: int) -> Callable[[], None]:
        """Run a job as its runner's thread does: in turn with the others in its lane, then wait."""

        def act() -> None:
            self.clock.now = max(self.clock.now, self._busy_until[lane])
            run()
            self._busy_until[lane] = self.clock.now
            self._at(self.clock.now + every_s, act)

        return act

    def _live(self, customer: int, asset: Asset, opened_at: float, *, units: int) -> None:
        """Pay an open top-up at a random moment, and open another when its time is over."""
        pay_at = opened_at + self.random.uniform(5, OPEN_FOR_S - 5)
        if pay_at > self.clock.now:
            self._at(pay_at, lambda: self._pay(asset, address(asset.chain, customer), units))
        self._at(opened_at + OPEN_FOR_S, self._open_top_up)

    def _open_top_up(self) -> None:
        asset, customer = next(self._coins), self.random.randrange(1, self._customers + 1)
        asked = Money(self.random.choice(SUMS), "USD")
        shown = self.shop.payments.top_ups.open(SimpleNamespace(id=customer), asset.code, asked)
        self._live(customer, asset, self.clock.now, units=int(shown.units or 0))

    def _pay(self, asset: Asset, address: str, units: int) -> None:
        self._grow()
        txid = self.chains.ledgers[asset.chain].send(asset, [(address, units)])
        self.payments.append(Payment(asset, self.clock.now, txid))

    def _at(self, moment: float, act: Callable[[], None]) -> None:
        heapq.heappush(self._events, (moment, next(self._numbers), act))

    def _grow(self) -> None:
        """Add the blocks that are due since the last request."""
        for chain in (Chain.ETH, Chain.TRX, Chain.SOL):
            blocks = int((self.clock.now - self._mined[chain]) / BLOCK_S[chain])
            if blocks > 0:
                self.chains.ledgers[chain].mine(blocks)
                self._mined[chain] += blocks * BLOCK_S[chain]
        for chain in (Chain.BTC, Chain.LTC):
            while self._mined[chain] + self._next_block[chain] <= self.clock.now:
                self._mined[chain] += self._next_block[chain]
                self._next_block[chain] = self._interval(chain)
                self.chains.ledgers[chain].mine(1)

    def _interval(self, chain: Chain) -> float:
        return self.random.expovariate(1 / BLOCK_S[chain])


def populate(database: Database, customers: int, opened: list[tuple[int, Asset, int]]) -> None:
    """Give every customer an address on every chain; those who opened a top-up recently saw theirs then."""
    shown = {(number, asset.chain): moment for number, asset, moment in opened}
    long_ago = START - 30 * DAY_S
    tables = {
        "customer (id, telegram_id, bot_id, first_name, language, created_at)": (
            (n, 10_000 + n, 1_000_000_001, "Ada", "en", long_ago) for n in range(1, customers + 1)
        ),
        "deposit_address (customer_id, chain, address, path, mode, created_at, shown_at)": (
            (n, chain.value, address(chain, n), "m", "hot", long_ago, shown.get((n, chain), long_ago))
            for n in range(1, customers + 1)
            for chain in Chain
        ),
        "top_up (customer_id, asset, rate, rate_source, rate_at, created_at, expires_at)": (
            (number, asset.code, "1", "bench", moment, moment, moment + OPEN_FOR_S)
            for number, asset, moment in opened
        ),
    }
    with database.transaction():
        for columns, rows in tables.items():
            places = ", ".join("?" * (columns.count(",") + 1))
            engine_of(database).connection().executemany(f"INSERT INTO {columns} VALUES ({places})", rows)


def address(chain: Chain, number: int) -> str:
    """Create a valid address for which nobody has the key."""
    digest = sha256(f"{chain.value}/{number}".encode()).digest()
    if chain is Chain.SOL:
        return base58check.encode_plain(digest)
    if chain in (Chain.BTC, Chain.LTC):
        return encode(ValidAddress(chain, "", Kind.P2WPKH, digest[:20], 0))
    return address_of(chain, digest[:20])


def _kind(request: requests.PreparedRequest, path: str) -> str:
    """Return the kind of a request, for the table of what costs most."""
    if request.method == "POST" and request.body:
        body = json.loads(request.body)
        calls = body if isinstance(body, list) else [body]
        if "method" in calls[0]:
            return f"{calls[0]['method']}{' …' if len(calls) > 1 else ''}"
    words = [word if len(word) < 25 and not word.isdecimal() else "…" for word in path.split("/") if word]
    return "/" + "/".join(words)
