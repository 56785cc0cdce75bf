"""Keys and addresses of five chains: bytes and strings in, bytes and strings out. Nothing here reads or writes.

    from wallet import Chain, HotKeyring, validate
    HotKeyring(mnemonic).address_of(Chain.BTC, customer_index).address
    validate(Chain.LTC, text_from_a_person).text

One module per standard: bip39 bip32 slip132 slip10 bip85 paths (BIP-44, BIP-84) bech32 base58check. They stand on
secp256k1 ed25519 hashes; on top are chains (the table) addresses accounts keyring sealing. `errors` draws the errors.
The names below are imported when they are first used: importing `wallet` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wallet.accounts import Accounts as Accounts
    from wallet.accounts import DerivedAddress as DerivedAddress
    from wallet.addresses import Kind as Kind
    from wallet.addresses import ValidAddress as ValidAddress
    from wallet.addresses import from_public_key as from_public_key
    from wallet.addresses import script_pubkey as script_pubkey
    from wallet.addresses import validate as validate
    from wallet.bip39 import Mnemonic as Mnemonic
    from wallet.chains import Chain as Chain
    from wallet.errors import InvalidAddress as InvalidAddress
    from wallet.errors import InvalidMnemonic as InvalidMnemonic
    from wallet.errors import Reason as Reason
    from wallet.errors import WalletError as WalletError
    from wallet.keyring import HotKeyring as HotKeyring
    from wallet.keyring import Keyring as Keyring
    from wallet.keyring import SealedKeyring as SealedKeyring
    from wallet.keyring import SealedWallet as SealedWallet
    from wallet.keyring import WatchKeyring as WatchKeyring
    from wallet.sealing import OperatorKey as OperatorKey

_HOMES = {
    "accounts": ("Accounts", "DerivedAddress"),
    "addresses": ("Kind", "ValidAddress", "from_public_key", "script_pubkey", "validate"),
    "bip39": ("Mnemonic",),
    "chains": ("Chain",),
    "errors": ("InvalidAddress", "InvalidMnemonic", "Reason", "WalletError"),
    "keyring": ("HotKeyring", "Keyring", "SealedKeyring", "SealedWallet", "WatchKeyring"),
    "sealing": ("OperatorKey",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'wallet' has no attribute {name!r}")
    return getattr(import_module(f"wallet.{_HOME_OF[name]}"), name)


def __dir__() -> list[str]:
    return sorted(_HOME_OF)
