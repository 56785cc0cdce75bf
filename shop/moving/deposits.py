"""Deposits that the old bot credited: history that is never credited again, and whose coins can be swept."""

from shop.assets import ASSETS, Asset
from shop.moving.journey import Journey
from shop.moving.old_shop import OldDeposit
from storage.models import Deposit, DepositAddress, MovedDeposit, MovedRow
from wallet.chains import Chain

SOURCE = "AiogramShopBot"


def bring(journey: Journey) -> None:
    """Bring the deposits of all customers who come along."""
    known = MovedRow.known("deposit")
    moved = {(row.customer_id, row.chain): row for row in DepositAddress.every_moved()}
    recorded = MovedDeposit.identities()
    for deposit in journey.old.deposits.values():
        if deposit.id in known:
            journey.report.known["deposits"] += 1
            continue
        customer_id = journey.customers.get(deposit.user_id)
        if customer_id is None:
            journey.report.refuse("deposits", deposit.id, f"its user {deposit.user_id} does not come")
            continue
        asset = ASSETS.get(deposit.asset)
        chain, txid = _transaction(deposit, asset)
        identity = (chain, txid, deposit.asset, customer_id)
        if not deposit.asset or not deposit.units or (txid and identity in recorded):
            journey.report.refuse("deposits", deposit.id, "it says nothing, or is there twice")
            continue
        recorded.add(identity)
        own_id = MovedDeposit.insert_row(
            customer_id=customer_id,
            asset=deposit.asset,
            units=str(deposit.units),
            chain=chain,
            txid=txid,
            fiat_minor=None if deposit.worth is None else deposit.worth.minor,
            created_at=deposit.made_at,
        )
        journey.came("deposits", "deposit", deposit.id, own_id)
        address = moved.get((customer_id, chain or ""))
        if asset is not None and txid is not None and address is not None and not deposit.withdrawn:
            _keep_coins(deposit, asset, txid, address)


def _transaction(deposit: OldDeposit, asset: Asset | None) -> tuple[str | None, str | None]:
    """Name a deposit's chain and transaction in this shop's spelling, if both are known."""
    if asset is None or not deposit.txid:
        return None, None
    if asset.chain is Chain.SOL:
        return asset.chain.value, deposit.txid.strip()
    return asset.chain.value, deposit.txid.strip().lower().removeprefix("0x")


def _keep_coins(deposit: OldDeposit, asset: Asset, txid: str, address: DepositAddress) -> None:
    """Record coins that are still at a moved address as a deposit that credited nothing here."""
    if asset.chain in (Chain.BTC, Chain.LTC):
        if deposit.output is None:
            return
        index = str(deposit.output)
    else:
        index = address.address if asset.chain is Chain.SOL else f"{asset.code}:{address.address}"
    if Deposit.parts(asset.chain.value, txid, index):
        return
    Deposit.insert_row(
        customer_id=address.customer_id,
        address_id=address.id,
        chain=asset.chain.value,
        txid=txid,
        output_index=index,
        identity=index,
        asset=asset.code,
        units=str(deposit.units),
        state="credited",
        finality="1",
        rate="0",
        rate_source=SOURCE,
        rate_at=deposit.made_at,
        credited_minor=0,
        seen_at=deposit.made_at,
        updated_at=deposit.made_at,
    )
