"""A shop that sweeps until it is killed; the crash test starts it in its own process."""

import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from shop.assembly import build
from shop.chains.proof.checkpoints import Checkpoint, Network
from shop.chains.proof.consensus import REGTEST
from shop.chains.provider_settings import ProviderSettings
from shop.chains.registry import Registry
from shop.payments.assembly import Rhythm
from storage.database import Database
from storage.keys import DatabaseKey
from tests.patience import patient_client
from tests.shop.sweeps.world import TO
from tests.stand import settings_of
from wallet.chains import Chain


def now() -> int:
    return int(time.time())


def main(path: str, key: bytes, told: dict[str, Any], ready: Connection) -> None:
    """Sweep the emulated chains in `told`. Reports on `ready` once it sweeps; ends when the other side closes."""
    database = Database(Path(path), DatabaseKey(key))
    database.open()
    settings = settings_of(database.path.parent, **{**TO, "SWEEP_DELAY_MINUTES": "0"})
    networks = {
        Chain(name): Network(REGTEST[Chain(name)], Checkpoint(height, (bytes.fromhex(header),)))
        for name, (height, header) in told["first_blocks"].items()
    }
    registry = Registry(
        ProviderSettings(
            servers=told["servers"],
            price_urls=told["price_urls"],
            ethplorer_url="",
            hand_mined=True,
            networks=networks,
        ),
        http=patient_client(before_request=database.require_no_transaction),
        clock=time.time,
        folder=database.path.parent,
    )
    shop = build(settings, database, registry, clock=now, languages=frozenset({"en"}), rhythm=Rhythm())
    shop.payments.rates.refresh()
    ready.send("ready")
    while not ready.poll():
        shop.sweeps.run()
