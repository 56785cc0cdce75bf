"""Time checking the headers of Bitcoin and Litecoin, on disk and with all their rules.

python -m tests.bench.bench_headers
"""

import json
import tempfile
from pathlib import Path
from time import perf_counter, time

from shop.chains.proof.checkpoints import Checkpoint
from shop.chains.proof.consensus import MAINNET
from shop.chains.proof.header_chain import HeaderChain
from tests.bench.rows import Row, table, took
from wallet.chains import Chain

COUNT = 5_000
PACKAGE = 1_000
VECTORS = Path(__file__).parents[1] / "shop" / "chains" / "proof" / "vectors"


def recorded(name: str) -> tuple[int, list[bytes]]:
    saved = json.loads((VECTORS / f"{name}.json").read_text("utf-8"))
    return saved["start_height"], [bytes.fromhex(raw) for raw in saved["headers"]]


def check(chain: Chain, first_height: int, headers: list[bytes], folder: Path) -> float:
    """Time checking recorded headers in batches; the first header is the checkpoint."""
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
    """Time reading a file with all these headers."""
    path, release = folder / "opened", Checkpoint(first_height, (headers[0],))
    made = HeaderChain(path, MAINNET[Chain.BTC], release)
    made.add(headers, now=int(time()))
    made.close()
    start = perf_counter()
    HeaderChain(path, MAINNET[Chain.BTC], release).close()
    return perf_counter() - start


def main() -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="souk-headers-") as made:
        folder = Path(made)
        first, headers = recorded("headers_btc")
        bitcoin = check(Chain.BTC, first, headers[: COUNT + 1], folder)
        opened = opening(first, headers, folder)
        count, (first, of_litecoin) = len(headers), recorded("headers_ltc")
        rounds, rest = divmod(COUNT, len(of_litecoin) - 1)
        litecoin = sum(check(Chain.LTC, first, of_litecoin, folder) for _ in range(rounds))
        litecoin += check(Chain.LTC, first, of_litecoin[: rest + 1], folder)
    return [
        took(f"{COUNT:,} headers of Bitcoin (at most 1 s)", bitcoin, unit="s"),
        took(f"opening a file of {count:,} of them", opened, unit="s"),
        took(f"{COUNT:,} headers of Litecoin (at most 10 s)", litecoin, unit="s"),
    ]


if __name__ == "__main__":
    print(table(main()))
