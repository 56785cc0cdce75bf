"""Headers recorded from main networks, and headers that tests mine."""

import json
from functools import cache
from itertools import count
from pathlib import Path

from shop.chains.proof.checkpoints import Checkpoint
from shop.chains.proof.consensus import MAINNET, HeaderRules
from shop.chains.proof.header_chain import HeaderChain
from shop.chains.proof.headers import Header, compact, target_of
from wallet.chains import Chain

NOW = 1_800_000_000
BTC_START, STALE_HEIGHT = 822_528, 823_226


@cache
def load(name: str) -> dict:
    return json.loads((Path(__file__).parent / "vectors" / f"{name}.json").read_text())


@cache
def btc_headers() -> tuple[bytes, ...]:
    """Bitcoin's headers 822 528 to 830 592, with four retargets."""
    return tuple(map(bytes.fromhex, load("headers_btc")["headers"]))


@cache
def ltc_headers() -> tuple[bytes, ...]:
    """Litecoin's headers 0 to 256."""
    return tuple(map(bytes.fromhex, load("headers_ltc")["headers"]))


def orphan() -> bytes:
    """A Bitcoin block at 823 226 with full work that became an orphan."""
    return bytes.fromhex(load("headers_btc")["stale"]["headers"][str(STALE_HEIGHT)])


def btc_chain(path: Path, start: int = BTC_START) -> HeaderChain:
    release = Checkpoint(start, (btc_headers()[start - BTC_START],))
    return HeaderChain(path, MAINNET[Chain.BTC], release)


def mine(rules: HeaderRules, previous: str, *, time: int, bits: int | None = None, root: bytes = bytes(32)) -> Header:
    """Mine a header after another one; without `bits`, as easy as the rules allow."""
    bits = compact(rules.limit) if bits is None else bits
    start = b"\0\0\0\x20" + bytes.fromhex(previous)[::-1] + root + time.to_bytes(4, "little")
    start += bits.to_bytes(4, "little")
    tried = (start + nonce.to_bytes(4, "little") for nonce in count())
    target = target_of(bits)
    return Header.parse(next(raw for raw in tried if int.from_bytes(rules.work_hash(raw), "little") <= target))


def branch(rules: HeaderRules, after: Header, blocks: int, *, mark: int = 0, step_s: int = 600) -> list[bytes]:
    """Mine blocks on top of a header; `mark` tells two branches apart."""
    found, last = [], after
    for _ in range(blocks):
        last = mine(rules, last.hash, time=last.time + step_s, bits=after.bits, root=bytes([mark]) * 32)
        found.append(last.raw)
    return found
