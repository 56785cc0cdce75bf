"""Whether a restored database can go into service: its addresses are derived again and its books reconciled."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from shop.payments.addresses import MNEMONIC
from shop.settings.model import Settings
from storage.models import Customer, DepositAddress, HeldProduct, Order, Secret
from storage.models.reconciliation import CHECKS, differences
from wallet.chains import Chain
from wallet.errors import WalletError
from wallet.keyring import HotKeyring, WatchKeyring


@dataclass(frozen=True, slots=True)
class RestoreReport:
    """The state of a copy. `strange`: addresses that no available wallet derives; `differing`: books that don't
    agree.
    """

    customers: int
    orders: int
    addresses: int
    strange: tuple[str, ...]
    differing: tuple[str, ...]

    @property
    def is_well(self) -> bool:
        """Return whether every address was derived again and all books agree."""
        return not self.strange and not self.differing


def examine(settings: Settings) -> RestoreReport:
    """Examine the open database: derive every unsealed address again and reconcile the books."""
    rows = list(DepositAddress.select().order_by(DepositAddress.customer))
    derive = tuple(_derivations(settings))
    strange = [
        row.address
        for row in rows
        if not any(row.address == each(Chain(row.chain), row.customer_id) for each in derive)
        and row.address not in settings.wallet_sol_pool
        and row.mode in {"hot", "watch"}
    ]
    differing = tuple(kind for kind in CHECKS if differences(kind, most=1)[1])
    return RestoreReport(Customer.select().count(), Order.select().count(), len(rows), tuple(strange), differing)


def hold_goods(now: int) -> int:
    """Hide products with stock until an owner releases them: units sold after the backup must not be sold twice."""
    return HeldProduct.hold_stocked(now=now)


def _derivations(settings: Settings) -> Iterator[Callable[[Chain, int], str]]:
    words = Secret.read(MNEMONIC)
    keys = {Chain(name): key for name, key in settings.account_keys.items() if key}
    for keyring in (HotKeyring(words) if words else None, WatchKeyring(keys) if keys else None):
        if keyring is not None:
            yield _address_below(keyring)


def _address_below(keyring: HotKeyring | WatchKeyring) -> Callable[[Chain, int], str]:
    def address(chain: Chain, customer_id: int) -> str:
        try:
            return keyring.address_of(chain, customer_id).address
        except WalletError:
            return ""

    return address
