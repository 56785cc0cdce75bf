"""Three ways to know the address of (chain, customer), behind one interface.

    HotKeyring      a master mnemonic; each customer has one of his own by BIP-85. This server can spend.
    WatchKeyring    account public keys, and a pool of SOL addresses made elsewhere. It cannot.
    SealedKeyring   a fresh mnemonic per customer, sealed to the operator the moment it is made. It cannot any more.

What differs is where an address comes from when a customer is new. The first two compute it from his number. A sealed
wallet cannot be computed again, so `new_customer` makes it, the shop stores it, and `address_of` looks into the
mapping that the shop hands in. All three give customers addresses at the first index of a mnemonic, or at his own
index of an account.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol

from wallet import addresses, bip32, bip39, bip85, paths, slip132
from wallet.accounts import Accounts, DerivedAddress
from wallet.bip32 import ExtendedPublicKey
from wallet.bip39 import Mnemonic
from wallet.chains import Chain
from wallet.errors import InvalidAddress, NotWatched, NotYetMade, PoolExhausted, Reason
from wallet.paths import HARDENED, RECEIVE
from wallet.redacted import Redacted

ACCOUNT_DEPTH = 3  # m/purpose'/coin_type'/account'

StoredAddresses = Mapping[tuple[Chain, int], DerivedAddress]
NOTHING_STORED: StoredAddresses = MappingProxyType({})


class Keyring(Protocol):
    """What the shop asks, whichever way addresses come to be."""

    def address_of(self, chain: Chain, customer_index: int) -> DerivedAddress:
        """Give a customer's address, the same one each time.

        Raises: WalletError.
        """


class HotKeyring(Redacted):
    """Addresses of each customer's own mnemonic, child `customer_index` of the master by BIP-85, at index 0."""

    __slots__ = ("_above", "_latest")

    def __init__(self, mnemonic: str, passphrase: str = "") -> None:
        """Raises: InvalidMnemonic."""
        seed = bip39.seed(bip39.parse(mnemonic), passphrase)
        self._above = bip85.mnemonics(bip32.master(seed))
        self._latest: tuple[int, Accounts] | None = None

    def address_of(self, chain: Chain, customer_index: int) -> DerivedAddress:
        """Derive a customer's address.

        Raises: InvalidIndex.
        """
        return self._accounts(customer_index).address(chain, 0)

    def mnemonic_of(self, customer_index: int) -> Mnemonic:
        """Derive a customer's own mnemonic, to be imported into any wallet without a passphrase.

        Raises: InvalidIndex.
        """
        return bip85.mnemonic(self._above, customer_index)

    def _accounts(self, customer_index: int) -> Accounts:
        latest = self._latest  # read once: another thread may replace it
        if latest is None or latest[0] != customer_index:
            latest = (customer_index, Accounts(bip39.seed(self.mnemonic_of(customer_index))))
            self._latest = latest
        return latest[1]


class WatchKeyring:
    """Addresses of the operator's accounts, the customer's number as index on the receive chain; a pool for SOL."""

    __slots__ = ("_accounts", "_pool", "_receive")

    def __init__(self, account_keys: Mapping[Chain, str], sol_pool: Sequence[str] = ()) -> None:
        """`account_keys`: xpub, zpub or Ltub text per chain.

        Raises: InvalidExtendedKey, AccountKeyRefused, InvalidAddress.
        """
        self._accounts = {chain: slip132.account_key(chain, text) for chain, text in account_keys.items()}
        self._receive = {chain: key.child(RECEIVE) for chain, key in self._accounts.items()}
        self._pool = tuple([addresses.validate(Chain.SOL, text).text for text in sol_pool])
        if len(set(self._pool)) < len(self._pool):
            raise InvalidAddress(Chain.SOL, Reason.DUPLICATE)

    def address_of(self, chain: Chain, customer_index: int) -> DerivedAddress:
        """Derive a customer's address, or take his from the pool.

        Raises: InvalidIndex, NotWatched, PoolExhausted.
        """
        paths.check_index(customer_index)
        if chain is Chain.SOL:
            return self._pooled(customer_index)
        if chain not in self._receive:
            raise NotWatched(chain)
        public_key = self._receive[chain].child(customer_index).public_key
        path = _receive_path(chain, self._accounts[chain], customer_index)
        return DerivedAddress(chain, path, addresses.from_public_key(chain, public_key))

    def remaining(self, chain: Chain, next_index: int) -> int:
        """Count the addresses from an index on, for a warning before none is left."""
        if chain is Chain.SOL:
            return max(0, len(self._pool) - next_index)
        return max(0, HARDENED - next_index) if chain in self._receive else 0

    def _pooled(self, customer_index: int) -> DerivedAddress:
        if customer_index >= len(self._pool):
            raise PoolExhausted(Chain.SOL, customer_index=customer_index, pool_size=len(self._pool))
        return DerivedAddress(Chain.SOL, f"pool/{customer_index}", self._pool[customer_index])


@dataclass(frozen=True, slots=True)
class SealedWallet:
    """A new customer's wallet: a box that only the operator opens, and the addresses below what is in it."""

    sealed: bytes = field(repr=False)
    addresses: dict[Chain, DerivedAddress]


class SealedKeyring:
    """Wallets whose mnemonics this server forgets at once."""

    __slots__ = ("_operator_public_key", "_stored")

    def __init__(self, operator_public_key: bytes, stored: StoredAddresses = NOTHING_STORED) -> None:
        """`stored`: what the shop has kept of earlier `new_customer` results, by chain and customer's number.

        Raises: SealingFailed with OPERATOR_KEY.
        """
        from wallet import sealing

        sealing.seal(bip39.generate(), operator_public_key)  # refuse a bad key now, not when a customer comes
        self._operator_public_key, self._stored = operator_public_key, stored

    def new_customer(self) -> SealedWallet:
        """Make a wallet: a fresh mnemonic of 12 words, its first address on each chain, and the sealed words."""
        from wallet import sealing

        mnemonic = bip39.generate()
        accounts = Accounts(bip39.seed(mnemonic))
        return SealedWallet(
            sealed=sealing.seal(mnemonic, self._operator_public_key),
            addresses={chain: accounts.address(chain, 0) for chain in Chain},
        )

    def address_of(self, chain: Chain, customer_index: int) -> DerivedAddress:
        """Look up a stored address.

        Raises: InvalidIndex, NotYetMade.
        """
        paths.check_index(customer_index)
        try:
            return self._stored[chain, customer_index]
        except KeyError:
            raise NotYetMade(chain, customer_index=customer_index) from None


def _receive_path(chain: Chain, account: ExtendedPublicKey, index: int) -> str:
    """Print where an address is: the whole path below an account of BIP-44's depth, else from the given key (M)."""
    if account.depth == ACCOUNT_DEPTH and account.child_number >= HARDENED:
        return f"{paths.account(chain, account.child_number - HARDENED)}/{RECEIVE}/{index}"
    return f"M/{RECEIVE}/{index}"
