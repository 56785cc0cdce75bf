"""The shop's wallet, and the deposit addresses of customers."""

import hmac
import logging
from collections.abc import Iterable
from dataclasses import dataclass

from shop.context import Context
from shop.errors.payments import NoAddressLeft
from shop.errors.refusals import CannotStart
from shop.outbox import Event
from shop.settings.model import Settings
from storage.database import Database
from storage.models import DepositAddress, SealedWallet, Secret
from wallet import bip39
from wallet.accounts import DerivedAddress
from wallet.chains import Chain
from wallet.keyring import HotKeyring, Keyring, SealedKeyring, WatchKeyring

_log = logging.getLogger("souk")

MNEMONIC = "wallet_mnemonic"
POOL_WARNINGS = (50, 20, 10, 5, 1, 0)
"""The admins are warned when a pool has this many addresses left."""


class WalletMismatch(CannotStart):
    """WALLET_MNEMONIC differs from the mnemonic that this database's addresses derive from."""

    def __init__(self) -> None:
        super().__init__(
            "WALLET_MNEMONIC is not the one that this shop's addresses derive from: "
            "give the right one, or leave it empty to go on with the stored one."
        )


@dataclass(frozen=True, slots=True)
class Wallet:
    """A keyring, and the chains that it can derive addresses for."""

    keyring: Keyring
    chains: frozenset[Chain]


def wallet_chains(settings: Settings) -> frozenset[Chain]:
    """Return the chains that the configured wallet can derive addresses for."""
    if settings.wallet_mode != "watch":
        return frozenset(Chain)
    keyed = {Chain(name) for name, key in settings.account_keys.items() if key}
    return frozenset(keyed | ({Chain.SOL} if settings.wallet_sol_pool else set()))


def watched_chains(settings: Settings, *, used: Iterable[str]) -> frozenset[Chain]:
    """Return the chains to read: those on which customers get addresses, and those `used`, with an address that one
    got before. No address is ever new on another one.
    """
    offered = wallet_chains(settings) if settings.coins_through == "wallet" else frozenset[Chain]()
    return offered | {Chain(name) for name in used}


def open_wallet(settings: Settings, database: Database) -> Wallet:
    """Build the keyring of the configured wallet mode.

    Raises:
        WalletMismatch: WALLET_MNEMONIC differs from the stored one.
        WalletError: a mnemonic, account key, address or operator key is not valid.
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
        return Wallet(keyring, wallet_chains(settings))
    if settings.wallet_mode == "sealed":
        return Wallet(SealedKeyring(bytes.fromhex(settings.wallet_operator_key)), wallet_chains(settings))
    return Wallet(_open_hot(settings, database), wallet_chains(settings))


def _open_hot(settings: Settings, database: Database) -> HotKeyring:
    """Load the mnemonic that all addresses derive from; generate it at the first start."""
    given = settings.wallet_mnemonic.get_secret_value()
    if not given:
        return HotKeyring(stored_words(database))
    words = bip39.parse(given).reveal()
    if Secret.read(MNEMONIC) is None:
        with database.transaction():
            Secret.make(MNEMONIC, words)
    elif not hmac.compare_digest(stored_words(database).encode(), words.encode()):
        raise WalletMismatch
    return HotKeyring(words)


def stored_words(database: Database) -> str:
    """Read the shop's mnemonic, generating it the first time. Only the operator may see it."""
    words = Secret.read(MNEMONIC)
    if words is None:
        words = bip39.generate(24).reveal()
        with database.transaction():
            Secret.make(MNEMONIC, words)
        _log.info("wallet: a new one was created; write its words down: python app.py words")
    return words


@dataclass(frozen=True, slots=True)
class DepositAddresses:
    """Deposit addresses. `chains` are those that the wallet can derive addresses for."""

    context: Context
    keyring: Keyring
    chains: frozenset[Chain]

    def of(self, customer_id: int, chain: Chain) -> str:
        """Return the customer's address on a chain; the first time, create it. It is watched from then on.

        Raises:
            NoAddressLeft: the pool of addresses is used up.
        """
        known = DepositAddress.of(customer_id, chain.value)
        if known is not None:
            return known.address
        if isinstance(self.keyring, SealedKeyring):
            self._seal(customer_id, self.keyring)
        elif isinstance(self.keyring, WatchKeyring) and chain is Chain.SOL:
            self._take_from_pool(customer_id, self.keyring)
        else:
            derived = self.keyring.address_of(chain, customer_id)
            with self.context.database.transaction():
                self._keep(customer_id, derived)
        made = DepositAddress.of(customer_id, chain.value)
        if made is None:
            raise NoAddressLeft(chain.value)
        return made.address

    def _seal(self, customer_id: int, keyring: SealedKeyring) -> None:
        """Create a wallet that this server cannot open again, and store the sealed box with its addresses."""
        wallet = keyring.new_customer()
        with self.context.database.transaction():
            if SealedWallet.add(customer_id, wallet.sealed, now=self.context.clock()):
                for derived in wallet.addresses.values():
                    self._keep(customer_id, derived)

    def _take_from_pool(self, customer_id: int, keyring: WatchKeyring) -> None:
        """Take the first unused address of the pool; the list may have been replaced, cut or sorted."""
        with self.context.database.transaction():
            if DepositAddress.of(customer_id, Chain.SOL.value) is not None:
                return
            given = set(DepositAddress.all_of(Chain.SOL.value))
            free = [derived for derived in keyring.sol_pool if derived.address not in given]
            if not free:
                raise NoAddressLeft(Chain.SOL.value)
            self._keep(customer_id, free[0])
            left = len(free) - 1
            if left in POOL_WARNINGS:
                self.context.outbox.tell_admins(Event.ADMIN_POOL, key=f"pool:{len(given)}", payload={"left": left})
                _log.warning("SOL: %d addresses are left in the pool", left)

    def _keep(self, customer_id: int, derived: DerivedAddress) -> None:
        if DepositAddress.of(customer_id, derived.chain.value) is None:
            now = self.context.clock()
            DepositAddress.create(
                customer=customer_id,
                chain=derived.chain.value,
                address=derived.address,
                path=derived.path,
                mode=self.context.settings.wallet_mode,
                created_at=now,
                shown_at=now,
            )
