"""Where a header chain starts: the blocks that a release of the shop vouches for.

A block's hash commits to everything before it, so a checkpoint is its header and the few headers before it whose
times the next retarget needs: for Bitcoin none at a height that is a multiple of 2 016, for Litecoin one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from types import MappingProxyType

from shop.chains.proof.consensus import MAINNET, HeaderRules
from shop.chains.proof.headers import BadHeader, Header, target_of
from wallet.chains import Chain

_EASIER_AT_MOST = 4


class BadCheckpoint(ValueError):
    """A start that the shop does not trust; `reason` is a short phrase for admins."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A block that is trusted without proof.

    `headers`: 80 bytes each, linked; the last one stands at `height`, those before it are what the next retarget
    needs. `agreed`: servers agreed on it at run time; otherwise a release vouches for it.
    """

    height: int
    headers: tuple[bytes, ...] = field(repr=False)
    agreed: bool = False

    @property
    def header(self) -> Header:
        """The block itself."""
        return Header.parse(self.headers[-1])

    @property
    def hash(self) -> str:
        """The block's hash."""
        return self.header.hash

    @property
    def first_height(self) -> int:
        """The height of the first of `headers`."""
        return self.height - len(self.headers) + 1

    def check(self, rules: HeaderRules) -> None:
        """Check that the headers are consistent, prove work, and reach back as far as the next retarget looks.

        Raises:
            BadCheckpoint: they do not.
        """
        headers = [Header.parse(raw) for raw in self.headers]
        if any(header.previous != before.hash for before, header in pairwise(headers)):
            raise BadCheckpoint("headers that are not linked")
        try:
            for header in headers:
                rules.check_work(header)
        except BadHeader as error:
            raise BadCheckpoint(error.reason) from None
        if rules.retargets and self.first_height > rules.first_of_span(rules.next_retarget(self.height)):
            raise BadCheckpoint("the times for the next retarget are missing")

    def check_floor(self, release: "Checkpoint") -> None:
        """Check a start that servers agreed on against the one that the release vouches for.

        Raises:
            BadCheckpoint: it is older, or its blocks need less than a quarter of the work.
        """
        if self.height <= release.height or self.header.time <= release.header.time:
            raise BadCheckpoint("a start before the release's")
        if target_of(self.header.bits) > _EASIER_AT_MOST * target_of(release.header.bits):
            raise BadCheckpoint("a start with less than a quarter of the release's work")


# Both from horizontalsystems/bitcoin-kit-android, resources MainNet.checkpoint and MainNetLitecoin.checkpoint
# (2026-05-14). Bitcoin's predecessor and bits equal those of spesmilo/electrum's checkpoints.json (2026-08-21).
_BTC_941472 = (
    "00a04e38373d0c01c28991ba80faec5d306ae89732ab13800b7201000000000000000000"
    "b9ff0d1552f4c89dbb9c1b4825da6c49354ea5037cc16aa837c0f20244a1d94a0bc2bd69911a021700e00e14"
)
_LTC_3080447 = (
    "14000020ab11d146680e8c900aefea4ddbd1c4edf3f026abe4db0fea490c576aa4bdb2b3"
    "f19b9d0e487a8e6f1637c1ecbec8f8fa35fe3a29217e4e025b22702a4677fd73338fc869fc342e196c12421a"
)
_LTC_3080448 = (
    "00000020c0f8b976bc8164f4a9b3f438d8f0c80f29e4d6a5119f0e35f5f59564ab09b13f"
    "4d1da5a27878bc290dbfdec2fe712f1b2b1be9ebc96666e59da699c9427ff451698fc86993972b193dd05653"
)
CHECKPOINTS: Mapping[Chain, Checkpoint] = MappingProxyType(
    {
        Chain.BTC: Checkpoint(941_472, (bytes.fromhex(_BTC_941472),)),
        Chain.LTC: Checkpoint(3_080_448, (bytes.fromhex(_LTC_3080447), bytes.fromhex(_LTC_3080448))),
    }
)


@dataclass(frozen=True, slots=True)
class Network:
    """A network whose headers are followed: its rules, and where its chain starts."""

    rules: HeaderRules
    start: Checkpoint


NETWORKS: Mapping[Chain, Network] = MappingProxyType(
    {chain: Network(MAINNET[chain], checkpoint) for chain, checkpoint in CHECKPOINTS.items()}
)
