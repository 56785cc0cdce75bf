"""The shop's wallet: what its customers' addresses derive from, kept in the encrypted database."""

import hmac
import logging

from shop.settings import Settings
from storage.database import Database
from storage.models import Secret
from wallet import bip39
from wallet.keyring import HotKeyring, Keyring

_MNEMONIC = "wallet_mnemonic"
_log = logging.getLogger("souk")


class WalletMismatch(Exception):
    """WALLET_MNEMONIC is not the one that this database's addresses come from."""

    def __init__(self) -> None:
        super().__init__(
            "WALLET_MNEMONIC is not the one that this shop's addresses derive from: "
            "give the right one, or leave it empty to go on with the stored one."
        )


def open_keyring(settings: Settings, database: Database) -> Keyring:
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
