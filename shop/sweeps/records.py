"""Plans as rows, which are stored before anything is signed and read back after a restart."""

from dataclasses import replace

from shop.assets import ASSETS, Asset, native
from shop.chains.sending import Speed
from shop.sweeps.movers import Unfit
from shop.sweeps.offers import SweepOffer
from storage.models import DepositAddress, Sweep, SweepInput, SweepPlan, SweepTransaction
from wallet.chains import Chain
from wallet.plans import reading
from wallet.plans.plan import Plan, PlannedTransaction, Spend, Transfer, write


def keep_offers(sweep_id: int, offers: dict[Speed, SweepOffer]) -> None:
    """Store the plans of a sweep. Needs an open transaction."""
    for speed, offer in offers.items():
        file = b"" if offer.plan is None else write(offer.plan)
        SweepPlan.create(sweep=sweep_id, speed=speed.value, plan=file, summary=offer.summary())


def offers_of(sweep_id: int) -> dict[Speed, SweepOffer]:
    """Read the plans of a sweep.

    Raises:
        InvalidPlan: the database was changed by hand.
    """
    return {
        Speed(speed): SweepOffer.read(reading.read(file) if file else None, summary)
        for speed, (file, summary) in SweepPlan.of(sweep_id).items()
    }


def plan_of_sweep(sweep: Sweep) -> Plan:
    """Read the plan that was confirmed. Raises InvalidPlan."""
    return reading.read(SweepPlan.of(sweep.id)[sweep.speed][0])


def begin(sweep: Sweep, plan: Plan, *, now: int) -> None:
    """Insert a row for each transaction of a plan, and for each coin it takes. Needs an open transaction.

    Raises:
        Unfit: part of it is already on its way.
    """
    ids: list[int] = []
    for position, planned in enumerate(plan.transactions):
        if any(SweepInput.is_taken(sweep.chain, address, place, asset.code)
               for address, place, asset, _ in taken(planned)):  # fmt: skip
            raise Unfit("coins of this plan are already on their way")
        after = planned.after if isinstance(planned, Transfer) else None
        row = add(sweep, position, planned, now=now, after_id=None if after is None else ids[after])
        ids.append(row.id)


def add(
    sweep: Sweep,
    position: int,
    planned: PlannedTransaction,
    *,
    now: int,
    after_id: int | None = None,
    **more: object,
) -> SweepTransaction:
    """Store one transaction. Needs an open transaction."""
    is_gas = isinstance(planned, Transfer) and planned.is_gas
    row = SweepTransaction.create(
        **{
            "sweep": sweep.id, "position": position, "chain": sweep.chain, "purpose": "gas" if is_gas else "move",
            "asset": asset_of(planned).code,
            "source": planned.source.address if isinstance(planned, Transfer) else "",
            "recipient": planned.to, "units": planned.units, "fee_units": planned.fee, "after_id": after_id,
            "state": "planned", "created_at": now, "updated_at": now,
        }
        | more
    )  # fmt: skip
    for address, place, asset, units in taken(planned):
        known = DepositAddress.find(sweep.chain, address)
        if known is not None:
            SweepInput.create(
                transaction=row.id, address=known.id, chain=sweep.chain, asset=asset.code, place=place, units=units
            )
    return row


def planned_as(row: SweepTransaction, plan: Plan) -> PlannedTransaction:
    """Find the planned transaction of a row; a replacement has the fee of its row."""
    planned = plan.transactions[row.position]
    if isinstance(planned, Spend):
        return replace(planned, units=row.units, fee=row.fee_units)
    return planned


def asset_of(planned: PlannedTransaction) -> Asset:
    """Find the coin that a planned transaction moves."""
    if isinstance(planned, Transfer) and planned.contract:
        return next(
            asset for asset in ASSETS.values() if asset.chain is planned.chain and asset.contract == planned.contract
        )
    return native(Chain(planned.chain))


def taken(planned: PlannedTransaction) -> list[tuple[str, str, Asset, int]]:
    """List what a transaction takes: address, output, coin, units. A chain's own coin includes the fee."""
    if isinstance(planned, Spend):
        own = native(planned.chain)
        return [(each.holder.address, f"{each.txid}:{each.index}", own, each.units) for each in planned.inputs]
    fee = 0 if planned.contract else planned.fee
    return [(planned.source.address, "", asset_of(planned), planned.units + fee)]
