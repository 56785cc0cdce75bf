"""Signing a plan's transactions, with keys that the machine that made the plan does not need.

Solana's are valid for a minute from their blockhash, so a plan cannot carry them signed: `sign_plan` leaves them out,
and `sign_transaction` signs one on a machine with a network.
"""

from collections.abc import Callable

from wallet.chains import Chain
from wallet.errors import WalletError
from wallet.plans import building, checks
from wallet.plans.keys import Keys
from wallet.plans.plan import EthereumTerms, Holder, Plan, Spend, Transfer, TronTerms
from wallet.plans.signed import SignedPlan, SignedTransaction
from wallet.transactions import ethereum, p2wpkh, solana, tron
from wallet.transactions.p2wpkh import SigningKey

Progress = Callable[[int], None]


class BlockhashNeeded(WalletError):
    """A Solana transaction cannot be signed without a recent blockhash."""

    says = "SOL is signed where there is a network: a signature lives for a minute"


def sign_plan(
    plan: Plan,
    keys: Keys,
    *,
    now: int,
    fee_percent: int = checks.FEE_PERCENT,
    progress: Progress = lambda _: None,
) -> SignedPlan:
    """Check a plan, then sign all of it but Solana's transactions; `progress` is called with the number done.

    Raises: what `checks.check_to_sign` raises; KeyMissing, WrongKey.
    """
    checks.check_to_sign(plan, now=now, fee_percent=fee_percent)
    signed = []
    for position, planned in enumerate(plan.transactions):
        if planned.chain is not Chain.SOL:
            signed.append(sign_transaction(plan, position, keys))
        progress(position + 1)
    return SignedPlan(plan, tuple(signed))


def sign_transaction(plan: Plan, position: int, keys: Keys, *, blockhash: str = "") -> SignedTransaction:
    """Sign one transaction of a checked plan; `blockhash`: a recent one, for Solana.

    Raises: KeyMissing, WrongKey, BlockhashNeeded; InvalidTransaction for a malformed blockhash.
    """
    planned = plan.transactions[position]

    def secret(holder: Holder) -> bytes:
        return keys.private_key(planned.chain, holder, position=position + 1, boxes=plan.boxes)

    if isinstance(planned, Spend):
        owners = [SigningKey(secret(holder)) for holder in dict.fromkeys(planned.holders)]
        spent = p2wpkh.sign(building.spending(planned), building.coins(planned), owners)
        return SignedTransaction(position, spent.txid, spent.serialise())
    return _sign_transfer(planned, position, secret(planned.source), blockhash)


def _sign_transfer(planned: Transfer, position: int, secret: bytes, blockhash: str) -> SignedTransaction:
    if isinstance(planned.terms, EthereumTerms):
        sent = ethereum.sign(building.on_ethereum(planned, planned.terms), secret)
        return SignedTransaction(position, sent.txid, sent.raw)
    if isinstance(planned.terms, TronTerms):
        moved = tron.sign(building.on_tron(planned, planned.terms), secret)
        return SignedTransaction(position, moved.txid, moved.raw)
    if not blockhash:
        raise BlockhashNeeded
    signed = solana.sign(building.on_solana(planned, planned.terms, blockhash=blockhash), secret)
    return SignedTransaction(position, signed.txid, signed.raw)
