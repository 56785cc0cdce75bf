"""Where a customer pays to: one address for each chain, made when it is first needed, his for ever."""

import logging
from collections.abc import Callable

from shop.errors import NoAddressLeft
from shop.outbox import Event, Outbox
from storage.database import Database
from storage.models import DepositAddress, SealedWallet
from wallet.accounts import DerivedAddress
from wallet.chains import Chain
from wallet.keyring import Keyring, SealedKeyring, WatchKeyring

POOL_WARNINGS = (50, 20, 10, 5, 1, 0)
"""Tell the admins each time that so few addresses are left in a pool."""
_log = logging.getLogger("souk.wallet")


class DepositAddresses:
    """Hands out addresses. `chains` are those that the wallet has addresses for."""

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        outbox: Outbox,
        *,
        chains: frozenset[Chain],
        clock: Callable[[], int],
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._outbox = outbox
        self._clock = clock
        self.chains = chains

    def of(self, customer_id: int, chain: Chain) -> str:
        """Give the customer's address on a chain; the first time, make it. It is watched from then on.

        Raises:
            NoAddressLeft: the pool of addresses made elsewhere is used up.
        """
        known = DepositAddress.of(customer_id, chain.value)
        if known is not None:
            return known.address
        if isinstance(self._keyring, SealedKeyring):
            self._seal(customer_id, self._keyring)
        elif isinstance(self._keyring, WatchKeyring) and chain is Chain.SOL:
            self._take_from_pool(customer_id, self._keyring)
        else:
            derived = self._keyring.address_of(chain, customer_id)
            with self._database.transaction():
                self._keep(customer_id, derived)
        made = DepositAddress.of(customer_id, chain.value)
        if made is None:
            raise NoAddressLeft(chain.value)
        return made.address

    def _seal(self, customer_id: int, keyring: SealedKeyring) -> None:
        """Make the customer a wallet that this server cannot open again, and keep box and addresses together."""
        wallet = keyring.new_customer()
        with self._database.transaction():
            if SealedWallet.add(customer_id, wallet.sealed, now=self._clock()):
                for derived in wallet.addresses.values():
                    self._keep(customer_id, derived)

    def _take_from_pool(self, customer_id: int, keyring: WatchKeyring) -> None:
        """Take the first address of the pool that nobody has: its list may be replaced, cut or sorted."""
        with self._database.transaction():
            if DepositAddress.of(customer_id, Chain.SOL.value) is not None:
                return
            given = set(DepositAddress.all_of(Chain.SOL.value))
            free = [derived for derived in keyring.sol_pool if derived.address not in given]
            if not free:
                raise NoAddressLeft(Chain.SOL.value)
            self._keep(customer_id, free[0])
            left = len(free) - 1
            if left in POOL_WARNINGS:
                self._outbox.tell_admins(Event.ADMIN_POOL, key=f"pool:{len(given)}", payload={"left": left})
                _log.warning("SOL: %d addresses are left in the pool", left)

    def _keep(self, customer_id: int, derived: DerivedAddress) -> None:
        if DepositAddress.of(customer_id, derived.chain.value) is None:
            now = self._clock()
            DepositAddress.create(
                customer=customer_id,
                chain=derived.chain.value,
                address=derived.address,
                path=derived.path,
                created_at=now,
                shown_at=now,
            )
