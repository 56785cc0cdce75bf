"""Three ways to obtain a customer's address.

    HotKeyring      a master mnemonic; each customer has a separate mnemonic by BIP-85. This server can spend.
    WatchKeyring    account public keys, and a pool of SOL addresses made elsewhere. It cannot.
    SealedKeyring   a fresh mnemonic per customer, sealed to the operator as soon as it is made. It cannot, either.

The first two compute an address from the customer's number. A sealed wallet cannot be computed again: the shop stores
its addresses and its box when `new_customer` has made it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from wallet import addresses, bip32, bip39, bip85, paths, sealing, slip132
from wallet.accounts import Accounts, DerivedAddress
from wallet.bip39 import Mnemonic
from wallet.chains import Chain
from wallet.errors import ChainUnsupported, InvalidAddress, Reason, Redacted
from wallet.paths import HARDENED, RECEIVE


class HotKeyring(Redacted):
    """Addresses at index 0 of each customer's own mnemonic: the master's BIP-85 child `customer_index`."""

    __slots__ = ("_above", "_latest")

    def __init__(self, mnemonic: str, passphrase: str = "") -> None:
        """Raises: InvalidMnemonic."""
        seed = bip39.seed(bip39.parse(mnemonic), passphrase)
        self._above = bip85.mnemonics(bip32.master(seed))
        self._latest: tuple[int, Accounts] | None = None

    def address_of(self, chain: Chain, customer_index: int) -> DerivedAddress:
        """Derive a customer's address. Raises: DerivationFailed with INDEX."""
        latest = self._latest  # read once: another thread may replace it
        if latest is None or latest[0] != customer_index:
            latest = (customer_index, Accounts(bip39.seed(self.mnemonic_of(customer_index))))
            self._latest = latest
        return latest[1].address(chain, 0)

    def mnemonic_of(self, customer_index: int) -> Mnemonic:
        """Derive a customer's own mnemonic, to be imported into any wallet without a passphrase.

        Raises: DerivationFailed with INDEX.
        """
        return bip85.mnemonic(self._above, customer_index)


class WatchKeyring:
    """Addresses of the operator's accounts, with the customer's number as index on the receive chain; a pool for SOL.

    `sol_pool` holds the pool's addresses in the order given.
    """

    __slots__ = ("_accounts", "_receive", "sol_pool")

    def __init__(self, account_keys: Mapping[Chain, str], sol_pool: Sequence[str] = ()) -> None:
        """`account_keys`: the text of a zpub or xpub per chain. Raises: InvalidExtendedKey, InvalidAddress."""
        self._accounts = {chain: slip132.account_key(chain, text) for chain, text in account_keys.items()}
        self._receive = {chain: key.child(RECEIVE) for chain, key in self._accounts.items()}
        pool = [addresses.receivable(Chain.SOL, text).text for text in sol_pool]
        if len(set(pool)) < len(pool):
            raise InvalidAddress(Chain.SOL, Reason.DUPLICATE)
        self.sol_pool = tuple([DerivedAddress(Chain.SOL, f"pool/{at}", text) for at, text in enumerate(pool)])

    def address_of(self, chain: Chain, customer_index: int) -> DerivedAddress:
        """Derive a customer's address below an account key. Raises: DerivationFailed, ChainUnsupported."""
        if chain not in self._receive:
            raise ChainUnsupported(chain, Reason.NO_ACCOUNT_KEY)
        path = paths.address(chain, customer_index, self._accounts[chain].child_number - HARDENED)
        public_key = self._receive[chain].child(customer_index).public_key
        return DerivedAddress(chain, str(path), addresses.from_public_key(chain, public_key))

    def first_addresses(self) -> list[DerivedAddress]:
        """Derive the first address of each account, which the operator compares with their own wallet."""
        return [self.address_of(chain, 0) for chain in self._accounts]


@dataclass(frozen=True, slots=True)
class SealedWallet:
    """A new customer's wallet: a box that only the operator can open, and the addresses below the mnemonic inside."""

    sealed: bytes = field(repr=False)
    addresses: dict[Chain, DerivedAddress]


class SealedKeyring:
    """Wallets whose mnemonics this server forgets at once."""

    __slots__ = ("_operator_public_key",)

    def __init__(self, operator_public_key: bytes) -> None:
        """Raises: SealingFailed with OPERATOR_KEY."""
        sealing.seal(bip39.generate(), operator_public_key)  # refuse a bad key now, not at the first customer
        self._operator_public_key = operator_public_key

    def new_customer(self) -> SealedWallet:
        """Create a wallet: a fresh mnemonic of 12 words, its first address on each chain, and the sealed words."""
        mnemonic = bip39.generate()
        sealed = sealing.seal(mnemonic, self._operator_public_key)
        accounts = Accounts(bip39.seed(mnemonic))
        return SealedWallet(sealed, {chain: accounts.address(chain, 0) for chain in Chain})


Keyring = HotKeyring | WatchKeyring | SealedKeyring
