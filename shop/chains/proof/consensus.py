"""The rules for a header at its place in the chain: its work, its target and its time.

Source: Bitcoin Core and Litecoin Core `pow.cpp` (CheckProofOfWork, CalculateNextWorkRequired), `chainparams.cpp`,
`validation.cpp` (ContextualCheckBlockHeader). Left out: the least version of a header, and test networks that allow
blocks of minimum difficulty.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from shop.chains.proof.headers import BadHeader, Header, compact, scrypt_work, sha256d_work, target_of
from wallet.chains import Chain

PERIOD_BLOCKS = 2_016
MEDIAN_BLOCKS = 11
FUTURE_S = 7_200
_CLAMP = 4
# (blocks, factor): this many blocks took more than `factor` times as long as they should. On an honest chain that
# happens less than once in a million years; on a branch that most miners have left, within a day.
_TOO_SLOW = ((12, 4), (144, 2))


@dataclass(frozen=True, slots=True)
class HeaderRules:
    """One network's rules.

    `limit`: the easiest target. `look_back`: from the height of a retarget to the block whose time begins its span.
    `stale_after_s`: how old the newest block may be before nothing counts as confirmed; None where a person mines by
    hand, and neither a pause nor slowness means anything.
    """

    name: str
    work_hash: Callable[[bytes], bytes]
    limit: int
    spacing_s: int
    look_back: int
    retargets: bool = True
    stale_after_s: int | None = None

    @property
    def span_s(self) -> int:
        """How long a period should take."""
        return PERIOD_BLOCKS * self.spacing_s

    def next_retarget(self, height: int) -> int:
        """Return the next height above this one at which the target is recomputed."""
        return (height // PERIOD_BLOCKS + 1) * PERIOD_BLOCKS

    def first_of_span(self, height: int) -> int:
        """Return the height that begins the span from which the target at `height`, a multiple of 2 016, is computed.

        Bitcoin looks back 2 016 blocks, which is 2 015 intervals; Litecoin one further, but not before its genesis.
        """
        return max(0, height - self.look_back)

    def check_work(self, header: Header) -> None:
        """Check that a header's work hash is what its bits demand.

        Raises:
            BadHeader: it is not, or the target is impossible or easier than the limit.
        """
        target = target_of(header.bits)
        if target > self.limit:
            raise BadHeader("a target above the limit")
        if int.from_bytes(self.work_hash(header.raw), "little") > target:
            raise BadHeader("less work than its target demands")

    def retarget(self, bits: int, *, first_time: int, last_time: int) -> int:
        """Compute a period's bits from those of the last period and the times of its first and last block."""
        span_s = min(max(last_time - first_time, self.span_s // _CLAMP), self.span_s * _CLAMP)
        return compact(min(target_of(bits) * span_s // self.span_s, self.limit))

    def is_stale(self, tip_time: int, now: int) -> bool:
        """Return whether the newest block is so old that the chain may have gone on elsewhere."""
        return self.stale_after_s is not None and now - tip_time > self.stale_after_s

    def is_too_slow(self, times: Sequence[int], now: int) -> bool:
        """Return whether the chain grows as slowly as a branch that most miners left; `times`: newest block first."""
        return self.stale_after_s is not None and any(
            len(times) > blocks and now - times[blocks] > factor * blocks * self.spacing_s
            for blocks, factor in _TOO_SLOW
        )


def check_time(time: int, *, previous: Sequence[int], now: int) -> None:
    """Check a header's time against those of the 11 headers before it (none near a start), and the clock.

    Raises:
        BadHeader: it is not above their median, or more than two hours ahead.
    """
    if previous and time <= sorted(previous)[len(previous) // 2]:
        raise BadHeader("a time not above the median of the 11 blocks before")
    if time > now + FUTURE_S:
        raise BadHeader("a time more than two hours ahead")


_BTC = HeaderRules("btc", sha256d_work, (1 << 224) - 1, 600, look_back=PERIOD_BLOCKS, stale_after_s=7_200)
_LTC = HeaderRules("ltc", scrypt_work, (1 << 236) - 1, 150, look_back=PERIOD_BLOCKS + 1, stale_after_s=5_400)
MAINNET: Mapping[Chain, HeaderRules] = MappingProxyType({Chain.BTC: _BTC, Chain.LTC: _LTC})
REGTEST: Mapping[Chain, HeaderRules] = MappingProxyType(
    {
        chain: replace(rules, name=f"{rules.name}-reg", limit=(1 << 255) - 1, retargets=False, stale_after_s=None)
        for chain, rules in MAINNET.items()
    }
)
