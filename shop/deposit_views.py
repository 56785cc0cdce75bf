"""A deposit as a person is shown it."""

from dataclasses import dataclass
from enum import Enum

from shop.assets import ASSETS, Asset
from shop.confirmations import Finality
from shop.money import Money
from shop.rates import Rate, recorded
from storage.models import Deposit as DepositRow
from storage.models import TopUp as TopUpRow


class DepositState(Enum):
    """Where a deposit stands."""

    SEEN = "seen"
    CONFIRMING = "confirming"
    CREDITED = "credited"
    ORPHANED = "orphaned"
    DUST = "dust"


@dataclass(frozen=True, slots=True)
class DepositView:
    """A deposit as a person is shown it. `asked` is the sum that his top-up screen named, if it did."""

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
    message_id: int | None


def view_of(row: DepositRow, currency: str) -> DepositView:
    """Make a record what its customer, or an admin, sees."""
    asset = ASSETS[row.asset]
    promise = TopUpRow.get_or_none(TopUpRow.id == row.top_up_id) if row.top_up_id else None
    return DepositView(
        id=row.id,
        customer_id=row.customer_id,
        asset=asset,
        units=row.units,
        txid=row.txid,
        state=DepositState(row.state),
        confirmations=row.confirmations,
        depth=Finality(asset.chain, row.finality).depth,
        credited=None if row.credited_minor is None else Money(row.credited_minor, currency),
        rate=recorded(row) if row.rate else None,
        locked=promise is not None,
        asked=Money(promise.asked_minor, currency) if promise and promise.asked_minor else None,
        message_id=row.message_id,
    )
