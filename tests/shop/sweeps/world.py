"""A whole shop on emulated chains over HTTP, with addresses to sweep to."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from random import Random
from typing import Any

from flask import Flask

from shop.administration.notifications import Notification
from shop.assembly import Shop, build
from shop.assets import ASSETS
from shop.chains.provider_settings import ProviderSettings
from shop.chains.registry import Registry
from shop.chains.sending import Speed
from shop.payments.assembly import Rhythm
from shop.people import Person, Sender
from shop.settings.model import Settings
from shop.sweeps.views import SweepView
from storage.database import Database
from storage.models import Deposit, NotificationOff
from tests.patience import patient_client
from tests.stand import ADMIN, BOT_ID, settings_of
from wallet.chains import Chain
from web.sandbox.chains import Chains
from web.sandbox.server import serve_in_thread

TO = {
    # The first addresses of BIP-39's words zoo … wrong.
    "SWEEP_TO_BTC": "bc1qk0a9hr7wjfxeenz9nwenw9flhq0tmsf6vsgnn2",
    "SWEEP_TO_LTC": "ltc1qnreu4d88p5tvh33anptujvcvn3xmfhh43yg0am",
    "SWEEP_TO_ETH": "0xfc2077CA7F403cBECA41B1B0F62D91B5EA631B5E",
    "SWEEP_TO_TRON": "TCp2vg4MrkHQqTQLtCfGktdgaH99MFR88g",
    "SWEEP_TO_SOL": "E48cosDiQZK1iDSsyUzhvW4WxJeoKuDk5qgcdkmANV4N",
}

HOSTS = ("127.0.0.1", "localhost", "127.1")
"""Names of this machine; each of them counts as an operator."""


class World:
    """A shop and its emulated chains, which share `clock`."""

    def __init__(self, database: Database, clock: Any, url: str, chains: Chains, **variables: str) -> None:
        self.database, self.clock, self.chains, self.url = database, clock, chains, url
        self.hosts = HOSTS[:2]
        self.settings: Settings = settings_of(database.path.parent, **{**TO, "SWEEP_DELAY_MINUTES": "0", **variables})
        self.shop = self.start()

    def start(self) -> Shop:
        """Build the shop, as after a restart."""
        self.registry = Registry(
            at_hosts(self.chains.provider_settings(self.url, mirrors=True), self.hosts),
            http=patient_client(before_request=self.database.require_no_transaction),
            clock=self.clock,
            folder=self.database.path.parent,
        )
        self.shop = build(
            self.settings,
            self.database,
            self.registry,
            clock=self.clock,
            languages=frozenset({"en", "de"}),
            rhythm=Rhythm(monotonic=self.clock.monotonic),
        )
        self.shop.payments.rates.refresh()
        with self.database.transaction():
            for notification in Notification:
                NotificationOff.switch(ADMIN, notification.value, on=False)
        return self.shop

    @property
    def owner(self) -> Person:
        return self.shop.customers.welcome(Sender(ADMIN, BOT_ID, "Olga"))

    def customer(self, number: int = 1) -> Person:
        return self.shop.customers.welcome(Sender(1_000 + number, BOT_ID, f"Ada {number}"))

    def address(self, person: Person, chain: Chain) -> str:
        return self.shop.payments.top_ups.addresses.of(person.id, chain)

    def deposit(self, person: Person, code: str, amount: str) -> str:
        """Make a customer pay a deposit, without looking for it yet."""
        asset = ASSETS[code]
        return self.chains.pay(asset.chain.value, self.address(person, asset.chain), Decimal(amount), asset.code)

    def settle(self, chain: Chain, blocks: int = 70) -> None:
        """Make unconfirmed payments final, and let the shop find them."""
        self.chains.mine(chain.value, blocks)
        self.clock.pass_s(60)
        watch = next(watch for watch in self.shop.payments.watches if watch.chain is chain)
        watch.scan()
        watch.scan()

    def paid(self, person: Person, code: str, amount: str) -> None:
        """Make a customer pay a deposit, and credit it."""
        chain = ASSETS[code].chain
        watch = next(watch for watch in self.shop.payments.watches if watch.chain is chain)
        watch.scan()
        self.deposit(person, code, amount)
        self.settle(chain)

    def plan(self, chain: Chain) -> SweepView:
        """Request a plan as the owner, and let the job make it."""
        asked = self.shop.sweeps.ask(self.owner, chain, message_id=None)
        self.shop.sweeps.run()
        return self.shop.sweeps.view(asked.id)

    def swept(self, chain: Chain, speed: Speed = Speed.NORMAL, *, rounds: int = 8, blocks: int = 70) -> SweepView:
        """Plan and confirm a sweep, and run it until it is finished."""
        view = self.plan(chain)
        self.shop.sweeps.confirm(self.owner, view.id, speed)
        for _ in range(rounds):
            self.run()
            self.chains.mine(chain.value, blocks)
        self.run()
        return self.shop.sweeps.view(view.id)

    def run(self, seconds: int = 61) -> None:
        """Let time pass and the job run once."""
        self.clock.pass_s(seconds)
        self.shop.payments.rates.refresh()
        self.shop.sweeps.run()

    def credited(self) -> int:
        """Return the total credited, in minor units."""
        return sum(row.credited_minor or 0 for row in Deposit.select())


def at_hosts(settings: ProviderSettings, hosts: Sequence[str]) -> ProviderSettings:
    """Give each chain a server at each host: its first one, its mirror, and then its first one again."""
    found = {}
    for chain, (first, mirror) in settings.servers.items():
        paths = (first, mirror, first)
        found[chain] = tuple(path.replace(HOSTS[0], host) for path, host in zip(paths, hosts, strict=False))
    return replace(settings, servers=found)


@contextmanager
def emulated(database: Database, clock: Any) -> Iterator[Callable[..., World]]:
    """Serve emulated chains, and build worlds on them."""
    chains = Chains(clock=clock, random=Random(7), hold_s=0.05)
    app = Flask("emulators", static_folder=None)
    app.register_blueprint(chains.blueprint())
    server = serve_in_thread(app)
    made: list[World] = []

    def make(**variables: str) -> World:
        made.append(World(database, clock, server.url, chains, **variables))
        return made[-1]

    try:
        yield make
    finally:
        for world in made:
            world.registry.close()
        server.stop()
