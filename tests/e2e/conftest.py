"""A sandbox to drive, the steps that every test uses, and an emulated world that outlives the shop under test."""

import json
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask

from shop.chains.parameters import PARAMETERS
from tests.e2e.driver import ChainPanel, Chat, address_in, running
from web.sandbox.chains import Chains
from web.sandbox.sandbox import Sandbox
from web.sandbox.server import RunningServer, serve_in_thread

TOKEN = "4242424242:a-token-of-the-tests"
FURTHER_TOKENS = tuple(f"{4242424242 + number}:a-further-token-of-these-tests-{number:04}" for number in (1, 2))
"""Tokens of bots that exist and that no program uses, in @BotFather's format."""
NEVER_S = 86_400
"""A kept world is saved once, when it stops."""


@dataclass
class World:
    """An emulated Telegram with its chains, and the settings of a shop that uses them."""

    sandbox: Sandbox
    providers: RunningServer
    page: RunningServer
    environ: dict[str, str]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with world_of(tmp_path) as made:
        yield made


@contextmanager
def world_of(folder: Path, *, kept: Path | None = None) -> Iterator[World]:
    """Emulate a world for a shop in a folder. With `kept`, it goes on from that folder and is kept there."""
    chains = Chains(clock=time.time, random=random.Random(7))
    sandbox = Sandbox([TOKEN, *FURTHER_TOKENS], chains, retry_base_s=0.1, data_dir=kept, save_delay_s=NEVER_S)
    providers = serve_in_thread(sandbox.providers_app())
    app = Flask("page")
    sandbox.register(app)
    page = serve_in_thread(app)
    urls = chains.provider_settings(providers.url)
    sandbox.start()
    yield World(
        sandbox,
        providers,
        page,
        {
            "TOKEN": TOKEN,
            "ADMIN_ID_LIST": "1",
            "TELEGRAM_API_URL": providers.url,
            "DATABASE_PATH": str(folder / "shop" / "souk.db"),
            # Every emulated server is on this machine, so all belong to one operator, which cannot be a witness.
            "WITNESS_ABOVE": "0",
            "UNWITNESSED_PER_HOUR": "0",
            **{row.servers_setting.upper(): ",".join(urls.servers[chain]) for chain, row in PARAMETERS.items()},
            "LTC_BLOCKBOOK_URLS": ",".join(urls.ltc_blockbook_urls),
            "ETHPLORER_URL": urls.ethplorer_url,
            "PRICE_URLS": ",".join(urls.price_urls),
        },
    )
    sandbox.stop()
    page.stop()
    providers.stop()


@pytest.fixture
def base(tmp_path: Path) -> Iterator[str]:
    """The URL of a sandbox with default settings."""
    with running("sandbox", cwd=tmp_path) as address:
        yield address


def stock(admin: Chat, *keys: str) -> None:
    """Put units of one product in stock as an admin, at 10 dollars each."""
    place = {"category": "Keys", "subcategory": "Steam", "price": "10.00", "description": "Beacon"}
    admin.send_file("goods.json", json.dumps([place | {"private_data": key} for key in keys]).encode())
    admin.press("Import")


def show_product(chat: Chat) -> None:
    chat.say("/shop")
    chat.press("Keys", "Beacon")


def pay(base: str, chat: Chat, amount: str) -> None:
    """Pay bitcoins to the address on the screen, and mine blocks until the payment is final."""
    panel = ChainPanel(base)
    panel.pay("btc", address_in(chat), amount)
    chat.says("Payment detected: 0 of")
    panel.mine("btc", 2)


def top_up(base: str, chat: Chat, amount: str = "0.002") -> None:
    """Top up 128 dollars with 0.002 BTC, or another amount."""
    chat.say("/topup")
    chat.press("Bitcoin")
    pay(base, chat, amount)
    chat.says("Credited: $")
