"""Mnemonics and addresses of the old bot's customers: compared with each other, and sealed.

The old bot derives m/84'/0'/0'/0/0 (BTC), m/84'/2'/0'/0/0 (LTC), m/44'/60'/0'/0/0 (ETH), m/44'/195'/0'/0/0 (TRON)
and m/44'/501'/0'/0' (Solana) below each customer's own mnemonic, without a passphrase: the first address of each of
the accounts that Souk's wallet has.
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from shop.errors.refusals import CannotStart
from shop.moving.old_shop import User
from shop.moving.report import MoveReport
from shop.payments.moved import own_key
from shop.settings.model import Settings
from wallet import bip39, sealing
from wallet.accounts import Accounts, DerivedAddress
from wallet.chains import Chain
from wallet.errors import InvalidMnemonic
from wallet.sealing import OperatorKey

COLUMNS = {
    "btc_address": Chain.BTC,
    "ltc_address": Chain.LTC,
    "trx_address": Chain.TRX,
    "eth_address": Chain.ETH,
    "sol_address": Chain.SOL,
}


class NoOperatorKey(CannotStart):
    """Mnemonics would enter a shop that must not hold any."""

    def __init__(self, mode: str) -> None:
        super().__init__(
            f"The old bot's mnemonics are sealed where WALLET_MODE is {mode}: set WALLET_OPERATOR_KEY to the public "
            "key from `python -m wallet new --operator`, made on a machine of your own."
        )


@dataclass(frozen=True, slots=True)
class OldWallet:
    """A customer's sealed mnemonic, and those of its addresses that the old bot actually gave out."""

    sealed: bytes = field(repr=False)
    addresses: tuple[DerivedAddress, ...]


@dataclass(frozen=True, slots=True)
class Custody:
    """The key that mnemonics are sealed to; `own_key` is None if this server cannot open them again."""

    public_key: bytes
    own_key: OperatorKey | None


def custody_of(settings: Settings) -> Custody:
    """Return the key that moved mnemonics are sealed to in the configured wallet mode. Raises: NoOperatorKey."""
    if settings.wallet_mode == "hot":
        key = own_key() or OperatorKey.generate()
        return Custody(key.public_key, key)
    if not settings.wallet_operator_key:
        raise NoOperatorKey(settings.wallet_mode)
    return Custody(bytes.fromhex(settings.wallet_operator_key), None)


def compared(users: Iterable[User], custody: Custody, report: MoveReport) -> dict[int, OldWallet]:
    """Seal each mnemonic, and keep the addresses that derive from it; return the wallets by the users' numbers.

    An address that does not is refused, because no one could spend payments to it.
    """
    with_seed = [user for user in users if user.seed]
    parsed = {user.id: mnemonic for user in with_seed if (mnemonic := _parsed(user, report)) is not None}
    with ThreadPoolExecutor(max_workers=2) as pool:  # PBKDF2 releases the interpreter lock
        seeds = dict(zip(parsed, pool.map(bip39.seed, parsed.values()), strict=True))
    wallets = {}
    for user in with_seed:
        if user.id in parsed:
            addresses = tuple(_fitting(user, Accounts(seeds[user.id]), report))
            wallets[user.id] = OldWallet(sealing.seal(parsed[user.id], custody.public_key), addresses)
    return wallets


def _parsed(user: User, report: MoveReport) -> bip39.Mnemonic | None:
    try:
        return bip39.parse(" ".join((user.seed or "").split()))
    except InvalidMnemonic:
        report.refuse(
            "addresses", user.id, "the mnemonic is not valid: nobody could spend what comes to its addresses"
        )
        return None


def _fitting(user: User, accounts: Accounts, report: MoveReport) -> Iterator[DerivedAddress]:
    for column, chain in COLUMNS.items():
        stored = user.addresses.get(column, "").strip()
        derived = accounts.address(chain, 0)
        same = stored.lower() == derived.address.lower() if chain is Chain.ETH else stored == derived.address
        if same:
            yield derived
        elif stored:
            reason = f"{column} does not derive from the customer's mnemonic: nobody could spend what comes to it"
            report.refuse("addresses", user.id, reason)
