"""Addresses that the previous shop gave out: what was credited there, and their keys."""

from shop.chains.transfers import Transfer
from storage.models import DepositAddress, MovedDeposit, MovedWallet, Secret
from storage.models.moving import MOVED_BOX
from wallet.chains import Chain
from wallet.sealing import OperatorKey

_KEY = "moved_wallets_key"
_GAS = frozenset({Chain.ETH, Chain.TRX})
"""Chains on which the previous shop took no native coins: any there were sent to pay for transactions."""


def credited_before(transfer: Transfer, address: DepositAddress) -> bool:
    """Return whether the previous shop credited a transfer, or it was gas for that shop's wallets."""
    chain = transfer.chain
    if MovedDeposit.knows(chain.value, transfer.txid, transfer.asset.code, address.customer_id):
        return True
    is_gas = address.moved and chain in _GAS and transfer.asset.contract is None
    return is_gas and (transfer.block_time or address.created_at) < address.created_at


def own_key() -> OperatorKey | None:
    """Read the key that moved mnemonics are sealed to in a shop that can spend; None if there is none."""
    stored = Secret.read(_KEY)
    return None if stored is None else OperatorKey(bytes.fromhex(stored))


def keep_own_key(key: OperatorKey) -> None:
    """Keep that key, the first time. Needs an open transaction."""
    if Secret.read(_KEY) is None:
        Secret.make(_KEY, key.reveal().hex())


def boxes() -> dict[int, bytes]:
    """Read the sealed mnemonics of moved addresses, by the numbers that plans know them by."""
    return {MOVED_BOX + box.customer_id: bytes(box.sealed) for box in MovedWallet.every()}
