"""How long it takes to check the headers of Bitcoin and Litecoin, on disk and with all their rules.

python -m tests.bench.bench_headers
"""

import json
import tempfile
from pathlib import Path
from time import perf_counter, time

from shop.chains.proof.checkpoints import Checkpoint
from shop.chains.proof.consensus import MAINNET
from shop.chains.proof.header_chain import HeaderChain
from wallet.chains import Chain

COUNT = 5_000
PACKAGE = 1_000
VECTORS = Path(__file__).parents[1] / "shop" / "chains" / "proof" / "vectors"


def recorded(name: str) -> tuple[int, list[bytes]]:
    saved = json.loads((VECTORS / f"{name}.json").read_text("utf-8"))
    return saved["start_height"], [bytes.fromhex(raw) for raw in saved["headers"]]


def check(chain: Chain, first_height: int, headers: list[bytes], folder: Path) -> float:
    """Time the checks of recorded headers, the first of which is the checkpoint, a package at a time."""
    made = HeaderChain(
        folder / f"{len(list(folder.iterdir()))}", MAINNET[chain], Checkpoint(first_height, (headers[0],))
    )
    start = perf_counter()
    for at in range(1, len(headers), PACKAGE):
        made.add(headers[at : at + PACKAGE], now=int(time()))
    took = perf_counter() - start
    made.close()
    return took


def opening(first_height: int, headers: list[bytes], folder: Path) -> float:
    """Time the reading of a file with all these headers."""
    path, release = folder / "opened", Checkpoint(first_height, (headers[0],))
    made = HeaderChain(path, MAINNET[Chain.BTC], release)
    made.add(headers, now=int(time()))
    made.close()
    start = perf_counter()
    HeaderChain(path, MAINNET[Chain.BTC], release).close()
    return perf_counter() - start


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="souk-headers-") as made:
        folder = Path(made)
        first, headers = recorded("headers_btc")
        took = check(Chain.BTC, first, headers[: COUNT + 1], folder)
        print(f"{COUNT:,} headers of Bitcoin           {took:7.2f} s   (at most 1)")
        print(f"opening a file with {len(headers):,} of them {opening(first, headers, folder):7.2f} s")
        first, headers = recorded("headers_ltc")
        rounds, rest = divmod(COUNT, len(headers) - 1)
        took = sum(check(Chain.LTC, first, headers, folder) for _ in range(rounds))
        took += check(Chain.LTC, first, headers[: rest + 1], folder)
        print(f"{COUNT:,} headers of Litecoin, scrypt  {took:7.2f} s   (at most 10; the first 256, repeated)")


if __name__ == "__main__":
    main()
