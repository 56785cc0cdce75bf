"""An emulated Telegram and emulated chains in the test's own process, which outlive the shop under test."""

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask

from web.sandbox.chains import Chains
from web.sandbox.sandbox import Sandbox
from web.sandbox.server import RunningServer, serve_in_thread

TOKEN = "4242424242:a-token-of-the-tests"


@dataclass
class World:
    """An emulated Telegram with its chains, and the settings of a shop that lives in it."""

    sandbox: Sandbox
    providers: RunningServer
    page: RunningServer
    environ: dict[str, str]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    chains = Chains(clock=time.time, random=random.Random(7))
    sandbox = Sandbox([TOKEN], chains, retry_base_s=0.1)
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
            "DATABASE_PATH": str(tmp_path / "shop" / "souk.db"),
            "BTC_API_URLS": ",".join(urls.btc_api_urls),
            "LTC_API_URLS": ",".join(urls.ltc_api_urls),
            "ETH_RPC_URLS": ",".join(urls.eth_rpc_urls),
            "ETHPLORER_URL": urls.ethplorer_url,
            "TRONGRID_URLS": ",".join(urls.trongrid_urls),
            "SOLANA_RPC_URLS": ",".join(urls.solana_rpc_urls),
            "PRICE_URLS": ",".join(urls.price_urls),
        },
    )
    sandbox.stop()
    page.stop()
    providers.stop()
