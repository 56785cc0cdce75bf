"""Derivation paths: BIP-32's notation, and where BIP-44 and BIP-84 place accounts and addresses.

m / purpose' / coin_type' / account' / change / address_index       BIP-44, BIP-84
m / 44' / 501' / address_index' / 0'                                Solana's wallets: SLIP-10 has hardened keys only
"""

import re
from dataclasses import dataclass

from wallet.chains import PARAMETERS, Chain, Codec
from wallet.errors import DerivationFailed, Reason

HARDENED = 0x8000_0000
RECEIVE = 0  # BIP-44, «Change»: 0 is the external chain, for addresses that are shown to others
ACCOUNT_DEPTH = 3  # m/purpose'/coin_type'/account'
MAX_DEPTH = 255
LEVEL = re.compile(r"(0|[1-9][0-9]{0,9})('?)")


@dataclass(frozen=True, slots=True)
class Path:
    """The child numbers from a key down to its descendant; hardened ones are 2^31 and above.

    Raises: DerivationFailed with DEPTH or INDEX.
    """

    numbers: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if len(self.numbers) > MAX_DEPTH:
            raise DerivationFailed(Reason.DEPTH, len(self.numbers))
        for number in self.numbers:
            check(number, below=2 * HARDENED)

    def __str__(self) -> str:
        return "/".join(["m", *[f"{n - HARDENED}'" if n >= HARDENED else str(n) for n in self.numbers]])


def parse(text: str) -> Path:
    """Read a path such as m/84'/0'/0'/0/0; only the canonical form is accepted. Raises: DerivationFailed."""
    root, *levels = text.split("/")
    if root != "m":
        raise DerivationFailed(Reason.ROOT, 0)
    return Path(tuple([_parse_level(level, position) for position, level in enumerate(levels, start=1)]))


def account(chain: Chain, account_index: int = 0) -> Path:
    """Locate an account: m/purpose'/coin_type'/account' (BIP-44). Raises: DerivationFailed with INDEX."""
    parameters = PARAMETERS[chain]
    return Path((harden(parameters.purpose), harden(parameters.coin_type), harden(account_index)))


def address(chain: Chain, address_index: int, account_index: int = 0) -> Path:
    """Locate a chain's receiving address; Solana's wallets count accounts instead of addresses.

    Raises: DerivationFailed with INDEX.
    """
    if PARAMETERS[chain].codec is Codec.SOLANA:
        return Path((*account(chain, address_index).numbers, harden(0)))
    return Path((*account(chain, account_index).numbers, RECEIVE, check(address_index)))


def check(number: int, *, below: int = HARDENED) -> int:
    """Return an index if it is in range; for a child number, `below` is 2^32. Raises: DerivationFailed with INDEX."""
    if not 0 <= number < below:
        raise DerivationFailed(Reason.INDEX, number)
    return number


def harden(index: int) -> int:
    """Turn an index into the number of its hardened child. Raises: DerivationFailed with INDEX."""
    return check(index) + HARDENED


def _parse_level(level: str, position: int) -> int:
    match = LEVEL.fullmatch(level)
    if not match:
        raise DerivationFailed(Reason.COMPONENT, position)
    if int(match[1]) >= HARDENED:
        raise DerivationFailed(Reason.LEVEL, position)
    return int(match[1]) + (HARDENED if match[2] else 0)
