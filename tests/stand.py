"""A whole shop on a real database. Tests script everything outside it: chains and price sources."""

import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from shop import assembly, ledger
from shop.administration.notifications import Notification
from shop.assembly import Shop
from shop.assets import ASSETS, native
from shop.catalog.formats.aiogram import Goods
from shop.catalog.stock import ImportReport
from shop.chains.errors import ChainUnavailable, ProviderError, UnknownTransaction
from shop.chains.transfers import ChainStatus, Head, Looks, Scan, Transfer, WatchPlan
from shop.ledger import EntryKind
from shop.money import Money, parse
from shop.payments.assembly import Rhythm
from shop.people import Person, Right, Sender
from shop.sales.orders import Receipt
from shop.settings.loading import load
from shop.settings.model import Settings
from storage.database import Database
from storage.models import AuditEntry, ManagerRight, NotificationOff, Outbox, Product
from tests.conftest import StandingClock
from wallet.chains import Chain

BOT_ID = 1000000001
TOKEN = f"{BOT_ID}:TEST-token_of_no_bot"
ADMIN = 1
MANAGER = 77
WORDS = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about"
OVERLAP = 3


class ScriptedChain:
    """A chain and its provider in one; it shows what the test put there."""

    def __init__(self, chain: Chain, database: Database) -> None:
        self.chain = chain
        self.plan = WatchPlan(peek_batch=20, looks=Looks(10, ((3_600, 10), (86_400, 300))), scan_every_s=60)
        self.tip = Head(100)
        self.transfers: list[Transfer] = []
        self.down = False
        self.asked: list[str] = []
        self.peeked: list[tuple[str, ...]] = []
        self.database = database

    def pay(self, address: str, units: int, *, txid: str = "aa", index: str = "0", **more: Any) -> Transfer:
        """Make a payment appear; without a block it is unconfirmed."""
        asset = ASSETS[more.pop("asset", native(self.chain).code)]
        transfer = Transfer(self.chain, txid, index, address, asset, units, **more)
        self.transfers.append(transfer)
        return transfer

    def mine(self, blocks: int = 1) -> None:
        """Add blocks; the first one takes every unconfirmed payment."""
        height = self.tip.latest + 1
        self.transfers = [
            replace(each, block_height=height) if each.block_height is None else each for each in self.transfers
        ]
        self.tip = Head(self.tip.latest + blocks, self.tip.safe, self.tip.finalized)

    def status(self) -> ChainStatus:
        return ChainStatus(self.chain, None, self.tip.latest, ())

    def head(self) -> Head:
        self._answer("head")
        return self.tip

    def peek(self, addresses: Sequence[str], *, own_coin: Sequence[str] = ()) -> tuple[Transfer, ...]:
        self._answer("peek")
        self.peeked.append(tuple(addresses))
        return tuple(each for each in self.transfers if each.address in addresses)

    def scan(self, addresses: Sequence[str], cursor: str | None) -> Scan:
        self._answer("scan")
        start = (int(cursor) if cursor else self.tip.latest) - OVERLAP
        found = [each for each in self.transfers if each.address in addresses and (each.block_height or 0) >= start]
        return Scan(tuple(found), self.tip, str(self.tip.latest))

    def find(self, txid: str, addresses: Sequence[str]) -> tuple[Transfer, ...]:
        self._answer("find")
        known = [each for each in self.transfers if each.txid == txid]
        if not known:
            raise UnknownTransaction(self.chain, txid)
        return tuple(each for each in known if each.address in addresses)

    def _answer(self, question: str) -> None:
        assert not self.database.in_transaction(), "a server is asked while a transaction is open"
        self.asked.append(question)
        if self.down:
            raise ChainUnavailable(self.chain, (), retry_after_s=60)


class ScriptedPrices:
    """A source that returns the prices that the test set."""

    def __init__(self, name: str, quotes: Mapping[str, str]) -> None:
        self.name = name
        self.quotes = dict(quotes)
        self.down = False
        self.asked = 0

    def rates(self, price_ids: Sequence[str], currency: str) -> Mapping[str, Decimal]:
        self.asked += 1
        if self.down:
            raise ProviderError(self.name, "down")
        return {each: Decimal(self.quotes[each]) for each in price_ids if each in self.quotes}


QUOTES = {"BTC": "50000", "LTC": "80", "ETH": "2000", "USDT": "1", "USDC": "1", "TRX": "0.1", "SOL": "150"}


class World:
    """What a registry gives the shop."""

    def __init__(self, database: Database, chains: tuple[Chain, ...] = (Chain.BTC, Chain.ETH)) -> None:
        self.chains = {chain: ScriptedChain(chain, database) for chain in chains}
        self.prices = (ScriptedPrices("first", QUOTES), ScriptedPrices("second", QUOTES))

    def readers(self) -> dict[Chain, ScriptedChain]:
        return self.chains

    def sendings(self) -> dict[Chain, Any]:
        return {}

    def price_sources(self) -> tuple[ScriptedPrices, ...]:
        return self.prices


class Stand:
    """A shop, its surroundings, and shortcuts for what tests do with both."""

    def __init__(self, shop: Shop, world: World, database: Database, clock: Any, settings: Settings) -> None:
        self.shop = shop
        self.world = world
        self.database = database
        self.clock = clock
        self.settings = settings
        self._grants = itertools.count(1)

    def visitor(self, telegram_id: int = 1001, **profile: Any) -> Person:
        return self.shop.customers.welcome(Sender(telegram_id, BOT_ID, profile.pop("first_name", "Ada"), **profile))

    def grant(self, person: Person, amount: str) -> None:
        """Add to a balance the only way there is: through the ledger."""
        with self.database.transaction():
            money = parse(amount, self.settings.currency)
            ledger.post(person.id, money, kind=EntryKind.DEPOSIT, key=f"grant:{next(self._grants)}", now=self.clock())

    def rich(self, amount: str = "100.00", telegram_id: int = 1001) -> Person:
        """Create a customer with a balance."""
        person = self.visitor(telegram_id)
        self.grant(person, amount)
        return person

    def appoint(self, *rights: Right, telegram_id: int = MANAGER) -> Person:
        """Create a manager with these rights."""
        owner, person = self.visitor(ADMIN), self.visitor(telegram_id, first_name="Max")
        with self.database.transaction():
            for right in rights:
                ManagerRight.create(telegram_id=telegram_id, right_name=right.value, given_by=owner.id, given_at=1)
        return self.shop.customers.person(person.id)

    def buy(self, person: Person, product: int | str, quantity: int = 1) -> Receipt:
        """Buy one product as a customer, by its id or name."""
        product_id = self.product(product) if isinstance(product, str) else product
        checkout = self.shop.checkout
        return checkout.place(person, checkout.offer_product(person, product_id, quantity).id)

    def bought(self, person: Person, product: int | str, quantity: int = 1) -> int:
        """Give a customer 100 dollars and let them buy; return the id of the order line."""
        self.grant(person, "100.00")
        return self.buy(person, product, quantity).lines[0].id

    def sell(self, person: Person, *names: str, quantity: int = 1, price: str = "10.00") -> Receipt:
        """Give a customer the money for several new products, and let them buy all in one order."""
        for name in names:
            units = (f"SECRET-{person.telegram_id}-{name}-{number}" for number in range(quantity))
            self.stock(*units, name=name, price=price)
            self.shop.carts.add(person, self.product(name), quantity)
        self.grant(person, str(Decimal(price) * quantity * len(names)))
        return self.shop.checkout.place(person, self.shop.checkout.offer_cart(person).id)

    def balance(self, person: Person) -> int:
        return self.shop.customers.balance(person).minor

    def stock(self, *contents: str, price: str = "10.00", name: str = "Key", **place: str) -> int:
        """Put units of one product in stock; return the product's id."""
        price_of = parse(price, self.settings.currency)
        category, sub = place.get("category", "Games"), place.get("subcategory", "Keys")
        self.shop.inventory.stock([Goods(category, sub, name, price_of, content) for content in contents])
        return self.product(name)

    def bring(self, admin: Person, file: bytes, name: str = "goods.json") -> ImportReport:
        """Import a file without errors."""
        preview = self.shop.imports.receive(admin, name, file)
        if preview.refused:
            raise preview.refused[0]
        return self.shop.imports.confirm(admin, preview.id)

    def product(self, name: str) -> int:
        return int(Product.get(Product.name == name).id)

    def address(self, person: Person, chain: Chain) -> str:
        """Assign a person an address without showing a screen, which would promise a rate."""
        return self.shop.payments.top_ups.addresses.of(person.id, chain)

    def usd(self, amount: str) -> Money:
        return parse(amount, self.settings.currency)

    def watch(self, chain: Chain) -> Any:
        return next(watch for watch in self.shop.payments.watches if watch.chain is chain)


def letters(*kinds: str) -> list[Outbox]:
    """List the letters of these kinds, oldest first."""
    return list(Outbox.select().where(Outbox.kind.in_(kinds)).order_by(Outbox.id))


def readers(kind: str) -> list[int]:
    """List the Telegram ids of those who get a letter of this kind."""
    return [letter.telegram_id for letter in letters(kind)]


def payloads(kind: str, *, to: int | None = None) -> list[dict[str, Any]]:
    """List the payloads of letters of this kind, to everybody or to one person."""
    return [json.loads(letter.payload) for letter in letters(kind) if to in (None, letter.telegram_id)]


def audited() -> list[tuple[str, str, dict[str, Any]]]:
    """List the audit log, oldest first: action, subject, details."""
    return [(row.action, row.subject, json.loads(row.details)) for row in AuditEntry.select().order_by(AuditEntry.id)]


def settings_of(folder: Path, **variables: str) -> Settings:
    environ = {
        "TOKEN": TOKEN,
        "ADMIN_ID_LIST": f"{ADMIN},2",
        "WALLET_MNEMONIC": WORDS,
        "LOW_STOCK_THRESHOLD": "0",
        "WITNESS_ABOVE": "0",
        "UNWITNESSED_PER_HOUR": "0",
        "DEPOSIT_CEILING": "0",
        "CONSENT": "never",
    } | variables
    return load(environ, folder / "no.env")


def open_shop(database: Database, clock: StandingClock, *, world: World | None = None, **variables: str) -> Stand:
    """Build a shop as `commands/serving.py` does, on scripted chains and current prices."""
    settings = settings_of(database.path.parent, **variables)
    world = world or World(database)
    rhythm, languages = Rhythm(monotonic=clock.monotonic), frozenset({"en", "de"})
    shop = assembly.build(settings, database, world, clock=clock, languages=languages, rhythm=rhythm)
    shop.payments.rates.refresh()
    with database.transaction():
        for admin_id in settings.admin_id_list:  # most tests count letters, and create customers freely
            NotificationOff.switch(admin_id, Notification.NEW_CUSTOMER.value, on=False)
    return Stand(shop, world, database, clock, settings)
