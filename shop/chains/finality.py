"""How many confirmations a transfer needs, by chain and amount."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from shop.chains.parameters import PARAMETERS
from shop.chains.transfers import FINALIZED, SAFE, Head
from shop.money import Money
from wallet.chains import Chain

_NAMED = (SAFE, FINALIZED)


@dataclass(frozen=True, slots=True)
class Finality:
    """The condition that makes a transfer final: a number of blocks, or a level that the chain itself defines."""

    chain: Chain
    rule: str

    @property
    def depth(self) -> int:
        """The N of "n of N confirmations"."""
        return PARAMETERS[self.chain].usual_depth[self.rule] if self.rule in _NAMED else int(self.rule)

    def reached(self, block_height: int, head: Head) -> bool:
        """Return whether a transfer in this block is final."""
        if self.rule in _NAMED:
            level = head.safe if self.rule == SAFE else head.finalized
            return level is not None and block_height <= level
        return confirmations(block_height, head) >= int(self.rule)

    def count(self, block_height: int | None, head: Head) -> int:
        """Count confirmations up to N; N itself is reserved for final transfers."""
        if block_height is None:
            return 0
        if self.reached(block_height, head):
            return self.depth
        return min(confirmations(block_height, head), self.depth - 1)


@dataclass(frozen=True, slots=True)
class FinalityPolicy:
    """The rules per chain for amounts up to `small`, up to `large`, and above; in the shop's currency."""

    small: Money
    large: Money
    rules: Mapping[Chain, tuple[str, str, str]]

    def required(self, chain: Chain, worth: Money | None) -> Finality:
        """Choose the rule for a transfer worth this much; without a rate, the strictest."""
        small, large, above = self.rules[chain]
        if worth is None or worth > self.large:
            return Finality(chain, above)
        return Finality(chain, small if worth <= self.small else large)


def confirmations(block_height: int, head: Head) -> int:
    """Count a block and those on top of it.

    A transfer in the tip has one confirmation, not zero. Servers cache the tip, so it may lag behind the block.
    """
    return max(1, head.latest - block_height + 1)


def is_rule(text: str, chain: Chain) -> bool:
    """Return whether a text is a finality rule for a chain: 1 to 1000 blocks, or a level that the chain defines."""
    return text in PARAMETERS[chain].usual_depth or (
        re.fullmatch(r"[1-9][0-9]{0,3}", text) is not None and int(text) <= 1000
    )
