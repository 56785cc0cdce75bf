"""A shop that sweeps until it is killed: started by the crash test as a program of its own.

Arguments: the database's path, its key in hexadecimal, and where the emulated chains are (JSON).
"""

import json
import sys
import time
from pathlib import Path

from shop.assembly import build
from shop.chains.http import HttpClient
from shop.chains.proof.checkpoints import Checkpoint, Network
from shop.chains.proof.consensus import REGTEST
from shop.chains.registry import ProviderSettings, Registry
from shop.payments.assembly import Rhythm
from storage.database import Database
from storage.keys import DatabaseKey
from tests.shop.sweeps.world import TO
from tests.stand import settings_of
from wallet.chains import Chain


def now() -> int:
    return int(time.time())


def main(path: str, key: str, providers: str) -> None:
    database = Database(Path(path), DatabaseKey(bytes.fromhex(key)))
    database.open()
    settings = settings_of(database.path.parent, **{**TO, "SWEEP_DELAY_MINUTES": "0"})
    addresses = {name: tuple(urls) for name, urls in json.loads(providers).items() if name.endswith("urls")}
    networks = {
        Chain(name): Network(REGTEST[Chain(name)], Checkpoint(height, (bytes.fromhex(header),)))
        for name, (height, header) in json.loads(providers)["first_blocks"].items()
    }
    registry = Registry(
        ProviderSettings(**addresses, ethplorer_url="", hand_mined=True, networks=networks),
        http=HttpClient(before_request=database.require_no_transaction),
        clock=time.time,
        folder=database.path.parent,
    )
    shop = build(*(settings, database, registry), clock=now, languages=frozenset({"en"}), rhythm=Rhythm())
    shop.payments.rates.refresh()
    print("ready", flush=True)
    while True:
        shop.sweeps.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
