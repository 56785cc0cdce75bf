"""Deposits as their customers and the admins see them."""

from dataclasses import dataclass
from enum import Enum

from shop.assets import ASSETS, Asset
from shop.chains.finality import Finality
from shop.money import Money, to_fiat
from shop.outbox import SentMessage
from shop.payments.rates import Rate, recorded
from shop.payments.witnesses import Hold
from storage.models import Deposit as DepositRow
from storage.models import TopUp as TopUpRow


class DepositState(Enum):
    """The state of a deposit. One being verified is final, and stored as confirming together with what holds it."""

    SEEN = "seen"
    CONFIRMING = "confirming"
    VERIFYING = "verifying"
    CREDITED = "credited"
    ORPHANED = "orphaned"
    DUST = "dust"


OPEN = frozenset(state.value for state in (DepositState.SEEN, DepositState.CONFIRMING, DepositState.ORPHANED))
"""The stored states of deposits that are not settled."""


@dataclass(frozen=True, slots=True)
class DepositView:
    """A deposit as it is shown. `asked` is the amount on the customer's top-up screen, if any.

    `worth` is its value at its rate, once that is known.
    """

    id: int
    customer_id: int
    asset: Asset
    units: int
    txid: str
    state: DepositState
    confirmations: int
    depth: int
    credited: Money | None
    rate: Rate | None
    locked: bool
    asked: Money | None
    message: SentMessage | None
    held: Hold | None
    shown_by: str
    worth: Money | None

    @property
    def is_unknown_to_customer(self) -> bool:
        """Return whether it is older than its customer's address, and they were never told of it."""
        return self.held is Hold.EARLIER and self.message is None


def view_of(row: DepositRow, currency: str) -> DepositView:
    """Convert a row to what its customer, or an admin, sees."""
    asset = ASSETS[row.asset]
    promise = TopUpRow.get_or_none(TopUpRow.id == row.top_up_id) if row.top_up_id else None
    return DepositView(
        id=row.id,
        customer_id=row.customer_id,
        asset=asset,
        units=row.units,
        txid=row.txid,
        state=DepositState.VERIFYING if row.held and row.state in OPEN else DepositState(row.state),
        confirmations=row.confirmations,
        depth=Finality(asset.chain, row.finality).depth,
        credited=None if row.credited_minor is None else Money(row.credited_minor, currency),
        rate=recorded(row) if row.rate else None,
        locked=promise is not None,
        asked=Money(promise.asked_minor, currency) if promise and promise.asked_minor else None,
        message=SentMessage.of(row.message_bot_id, row.message_id),
        held=Hold(row.held) if row.held else None,
        shown_by=row.shown_by,
        worth=_worth_at(row, currency) if row.rate else None,
    )


def _worth_at(row: DepositRow, currency: str) -> Money:
    rate = recorded(row)
    return to_fiat(row.units, decimals=ASSETS[row.asset].decimals, rate=rate.value, currency=currency)
