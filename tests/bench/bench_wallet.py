"""Time the wallet against bip_utils, which uses libsecp256k1: ratios from one interleaved run.

python -m tests.bench.bench_wallet
"""

import subprocess
import sys
from collections.abc import Callable
from statistics import median
from time import perf_counter
from unittest import mock

from tests.bench.rows import Row, table, took
from wallet import bip39, secp256k1
from wallet.accounts import Accounts
from wallet.chains import Chain
from wallet.keyring import HotKeyring, WatchKeyring

ROUNDS = 60
BIP_UTILS = "bip_utils"
IMPORT = "from time import perf_counter as t; s = t(); import wallet; print(t() - s)"


def five_addresses(words: str) -> list[str]:
    accounts = Accounts(bip39.seed(bip39.parse(words)))
    return [accounts.address(chain, 0).address for chain in Chain]


def five_addresses_by_bip_utils(words: str) -> list[str]:
    import bip_utils as b

    seed = b.Bip39SeedGenerator(words).Generate()
    kinds = [(b.Bip84, b.Bip84Coins.BITCOIN), (b.Bip84, b.Bip84Coins.LITECOIN)]
    kinds += [(b.Bip44, b.Bip44Coins.ETHEREUM), (b.Bip44, b.Bip44Coins.TRON)]
    chains = [
        kind.FromSeed(seed, coin).Purpose().Coin().Account(0).Change(b.Bip44Changes.CHAIN_EXT).AddressIndex(0)
        for kind, coin in kinds
    ]
    solana = b.Bip44.FromSeed(seed, b.Bip44Coins.SOLANA).Purpose().Coin().Account(0)
    chains.append(solana.Change(b.Bip44Changes.CHAIN_EXT))
    return [key.PublicKey().ToAddress() for key in chains]


def ways() -> dict[str, secp256k1.Curve]:
    found: dict[str, secp256k1.Curve] = {"pure Python": secp256k1.PurePython()}
    try:
        found["coincurve"] = secp256k1.LibSecp256k1()
    except ImportError:
        print("coincurve is not installed: only pure Python is measured")
    return found


def timed(work: Callable[[], object], way: secp256k1.Curve | None = None) -> float:
    with mock.patch.object(secp256k1, "curve", lambda: way):
        start = perf_counter()
        work()
        return perf_counter() - start


def five_addresses_rounds() -> dict[str, list[float]]:
    """Time each way on the same new mnemonic, one after another, round by round."""
    backends = ways()
    measured: dict[str, list[float]] = {BIP_UTILS: [], **{name: [] for name in backends}}
    for way in backends.values():
        way.public_key(bytes(31) + b"\1")  # builds the table and loads the library, once per process
    for _ in range(ROUNDS):
        words = bip39.generate().reveal()
        measured[BIP_UTILS].append(timed(lambda words=words: five_addresses_by_bip_utils(words)))
        for name, way in backends.items():
            measured[name].append(timed(lambda words=words: five_addresses(words), way))
    return measured


def next_addresses(way: secp256k1.Curve) -> dict[str, float]:
    """Time the addresses after the first, per five chains (four for a watching shop)."""
    words = bip39.generate().reveal()
    with mock.patch.object(secp256k1, "curve", lambda: way):
        accounts, hot = Accounts(bip39.seed(bip39.parse(words))), HotKeyring(words)
        watched = [chain for chain in Chain if chain is not Chain.SOL]
        watch = WatchKeyring({chain: accounts.account_key(chain).serialise() for chain in watched})
        [accounts.address(chain, 0) for chain in Chain]
    every: dict[str, Callable[[int], object]] = {
        "next index of a mnemonic": lambda i: [accounts.address(chain, i) for chain in Chain],
        "next customer, watch": lambda i: [watch.address_of(chain, i) for chain in watched],
        "next customer, hot": lambda i: [hot.address_of(chain, i) for chain in Chain],
    }
    return {
        name: median([timed(lambda i=i, work=work: work(i), way) for i in range(1, ROUNDS)])
        for name, work in every.items()
    }


def import_time() -> float:
    command = [sys.executable, "-c", IMPORT]
    runs = [subprocess.run(command, capture_output=True, check=True, text=True).stdout for _ in range(5)]
    return median([float(run) for run in runs])


def main() -> list[Row]:
    build = timed(lambda: secp256k1.PurePython().public_key(bytes(31) + b"\1"))
    found = [
        took("import wallet (at most 50 ms)", import_time()),
        took("pure Python's table, once per process", build),
    ]
    try:
        measured = five_addresses_rounds()
    except ImportError:
        print("bip_utils is not installed: nothing to compare with")
        return found
    base = median(measured[BIP_UTILS])
    limits = {BIP_UTILS: "", "pure Python": " (at most x1.50)", "coincurve": " (at most x0.50)"}
    for name, times in measured.items():
        ratio = median([mine / theirs for mine, theirs in zip(times, measured[BIP_UTILS], strict=True)])
        what = f"words to five addresses, {name}{limits[name]}"
        found.append(Row(what, median(times) * 1000, "ms", ratio, BIP_UTILS))
    for name, way in ways().items():
        for what, seconds in next_addresses(way).items():
            found.append(Row(f"{what}, {name}", seconds * 1000, "ms", seconds / base, BIP_UTILS))
    return found


if __name__ == "__main__":
    print(table(main()))
