"""Derivation paths: BIP-32's notation, and the places that BIP-44 and BIP-84 give to accounts and addresses.

m / purpose' / coin_type' / account' / change / address_index       BIP-44, BIP-84
m / 44' / 501' / address_index' / 0'                                Solana's wallets: SLIP-10 has hardened keys only
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from wallet.chains import PARAMETERS, Chain, Codec
from wallet.errors import InvalidIndex, InvalidPath, Reason

HARDENED = 0x8000_0000
RECEIVE = 0  # BIP-44, «Change»: 0 is the external chain, for addresses that are shown to others
MAX_DEPTH = 255
LEVEL = re.compile(r"(0|[1-9][0-9]{0,9})('?)")


@dataclass(frozen=True, slots=True)
class Path:
    """The child numbers from a key down to its descendant; hardened ones are 2^31 and above."""

    numbers: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if len(self.numbers) > MAX_DEPTH:
            raise InvalidPath(Reason.DEPTH, position=MAX_DEPTH + 1)
        for number in self.numbers:
            if not 0 <= number < 2 * HARDENED:
                raise InvalidIndex(number)

    def __str__(self) -> str:
        return "/".join(["m", *map(_print_level, self.numbers)])


def parse(text: str) -> Path:
    """Read a path such as m/84'/0'/0'/0/0; only what would print as it was written.

    Raises: InvalidPath.
    """
    root, *levels = text.split("/")
    if root != "m":
        raise InvalidPath(Reason.ROOT, position=0)
    return Path(tuple([_parse_level(level, position) for position, level in enumerate(levels, start=1)]))


def of(*numbers: int, hardened: Iterable[int] = ()) -> Path:
    """Build a path: first the hardened levels, then the others."""
    return Path((*[harden(number) for number in hardened], *[check_index(number) for number in numbers]))


def account(chain: Chain, account_index: int = 0) -> Path:
    """Locate an account: m/purpose'/coin_type'/account' (BIP-44)."""
    parameters = PARAMETERS[chain]
    return of(hardened=(parameters.purpose, parameters.coin_type, account_index))


def address(chain: Chain, address_index: int) -> Path:
    """Locate a chain's receiving address.

    Raises: InvalidIndex.
    """
    parameters = PARAMETERS[chain]
    if parameters.codec is Codec.SOLANA:
        return of(hardened=(parameters.purpose, parameters.coin_type, address_index, 0))
    return of(RECEIVE, address_index, hardened=(parameters.purpose, parameters.coin_type, 0))


def check_index(index: int) -> int:
    """Return an index that is below 2^31.

    Raises: InvalidIndex.
    """
    if not 0 <= index < HARDENED:
        raise InvalidIndex(index)
    return index


def harden(index: int) -> int:
    """Turn an index into the number of its hardened child.

    Raises: InvalidIndex.
    """
    return check_index(index) + HARDENED


def _parse_level(level: str, position: int) -> int:
    match = LEVEL.fullmatch(level)
    if not match:
        raise InvalidPath(Reason.COMPONENT, position=position)
    if int(match[1]) >= HARDENED:
        raise InvalidPath(Reason.INDEX, position=position)
    return int(match[1]) + (HARDENED if match[2] else 0)


def _print_level(number: int) -> str:
    return f"{number - HARDENED}'" if number >= HARDENED else str(number)
