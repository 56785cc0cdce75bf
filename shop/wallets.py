"""The shop's wallet: what its customers' addresses derive from, kept in the encrypted database."""

import hmac
import logging
from dataclasses import dataclass

from shop.errors import CannotStart
from shop.settings import Settings
from storage.database import Database
from storage.models import Secret
from wallet import bip39
from wallet.chains import Chain
from wallet.keyring import HotKeyring, Keyring, SealedKeyring, WatchKeyring

_MNEMONIC = "wallet_mnemonic"
_log = logging.getLogger("souk")


class WalletMismatch(CannotStart):
    """WALLET_MNEMONIC is not the one that this database's addresses come from."""

    def __init__(self) -> None:
        super().__init__(
            "WALLET_MNEMONIC is not the one that this shop's addresses derive from: "
            "give the right one, or leave it empty to go on with the stored one."
        )


@dataclass(frozen=True, slots=True)
class Wallet:
    """A keyring, and the chains that it has addresses for."""

    keyring: Keyring
    chains: frozenset[Chain]


def open_wallet(settings: Settings, database: Database) -> Wallet:
    """Build the keyring that the settings ask for.

    Raises:
        WalletMismatch: WALLET_MNEMONIC is not the stored one.
        WalletError: a mnemonic, an account key, an address or the operator's key is none.
    """
    if settings.wallet_mode == "watch":
        keys = {Chain(name): key for name, key in settings.account_keys.items() if key}
        keyring = WatchKeyring(keys, settings.wallet_sol_pool)
        for first in keyring.first_addresses():
            _log.info(
                "wallet: %s starts with %s (%s): your wallet must show it",
                first.chain.value,
                first.address,
                first.path,
            )
        return Wallet(keyring, frozenset(keys) | ({Chain.SOL} if keyring.sol_pool else set()))
    if settings.wallet_mode == "sealed":
        return Wallet(SealedKeyring(bytes.fromhex(settings.wallet_operator_key)), frozenset(Chain))
    return Wallet(_open_hot(settings, database), frozenset(Chain))


def _open_hot(settings: Settings, database: Database) -> HotKeyring:
    """Find the mnemonic that all addresses derive from; the first start makes one."""
    given = settings.wallet_mnemonic.get_secret_value()
    if not given:
        return HotKeyring(stored_words(database))
    words = bip39.parse(given).reveal()
    if Secret.read(_MNEMONIC) is None:
        with database.transaction():
            Secret.make(_MNEMONIC, words)
    elif not hmac.compare_digest(stored_words(database).encode(), words.encode()):
        raise WalletMismatch
    return HotKeyring(words)


def stored_words(database: Database) -> str:
    """Read the shop's mnemonic, for its operator alone; the first time, make it."""
    words = Secret.read(_MNEMONIC)
    if words is None:
        words = bip39.generate(24).reveal()
        with database.transaction():
            Secret.make(_MNEMONIC, words)
        _log.info("wallet: a new one was made; write its words down: python app.py words")
    return words
