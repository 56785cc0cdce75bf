"""Commands to use while the shop is stopped: list addresses, export sealed wallets, and sweep with plan files."""

import csv
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event

import click

from commands.shared import now, open_database, read_settings, require_token, told_plainly
from locales import language_codes
from shop import assembly
from shop.assembly import Shop
from shop.assets import ASSETS, native
from shop.chains.http import HttpClient
from shop.chains.registry import Registry
from shop.chains.sending import Speed
from shop.chains.solana_sending import SolanaSending
from shop.payments import moved
from shop.payments.assembly import Rhythm
from shop.settings.model import Settings
from shop.sweeps.live_signing import sign_and_send
from shop.sweeps.offers import Kept
from shop.sweeps.offline import OfflineSweeps, Planned
from shop.version import VERSION
from storage.models import SealedWallet
from storage.models.address_list import ListedAddress, listed_addresses
from wallet.chains import Chain
from wallet.commands.inputs import (
    FILE,
    confirm,
    key_options,
    progress,
    read_file,
    read_keys,
    replace_file,
    write_file,
)
from wallet.commands.plans import fee_option, out_option, read_plan
from wallet.plans import checks
from wallet.plans.errors import InvalidPlan, InvalidSigned
from wallet.plans.plan import Plan, Spend, write
from wallet.plans.reading import MAX_BYTES
from wallet.plans.signed import SignedPlan, SignedTransaction, read_signed, write_signed
from wallet.plans.signing import sign_plan
from wallet.plans.summary import describe, question

MOST_SIGNED_BYTES = 2 * MAX_BYTES
COLUMNS = ("address", "coin", "path", "child", "customer", "amount")
SENDING_ROUNDS = 5
SPEEDS = [speed.value for speed in Speed]
NOT_FETCHED = "no server gave them, or they do not fit into one plan"
WHY_KEPT = {
    Kept.SMALL: "worth too little",
    Kept.DEAR: "moving it costs too much",
    Kept.NO_GAS: "there is not enough gas",
    Kept.MISSING: "a contract rejects the transfer",
    Kept.BUSY: "a transaction from there is not final yet",
    Kept.SPENT: "they were spent outside this shop",
}


@contextmanager
def _shop() -> Iterator[Shop]:
    """Build the shop on its database, without a bot and without starting anything."""
    with told_plainly(), ExitStack() as stack:
        settings = read_settings()
        database, _ = open_database(settings, stack)
        require_token(settings)  # every part of a shop knows the id of its bot
        registry = _registry(settings, stack)
        codes = language_codes()
        yield assembly.build(settings, database, registry, clock=now, languages=codes, rhythm=Rhythm())


@contextmanager
def _solana() -> Iterator[SolanaSending]:
    """Build what sends SOL, without a database."""
    with told_plainly(), ExitStack() as stack:
        yield _registry(read_settings(), stack).solana_sending()


def _registry(settings: Settings, stack: ExitStack) -> Registry:
    http = HttpClient(version=VERSION)
    registry = Registry(settings.providers, http=http, clock=time.time, folder=settings.database_path.parent)
    stack.callback(registry.close)
    return registry


@click.command()
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV with a header, for a spreadsheet.")
def addresses(as_csv: bool) -> None:
    """List the shop's addresses. Shows the path, child, customer and last known balance; stop the shop first."""
    with _shop() as shop, shop.context.database.snapshot():
        rows = [_columns(row) for row in listed_addresses()]
    lines = csv.writer(sys.stdout, delimiter="," if as_csv else "\t", lineterminator="\n")
    lines.writerows([COLUMNS, *rows] if as_csv else rows)
    click.echo(f"The highest number in use is {max([row[4] for row in rows], default=0)}.", err=True)


@click.command()
@click.option("--out", type=FILE, help="Write them to this new file, with the customers' numbers.")
def sealed(out: Path | None) -> None:
    """Print the sealed wallets, one per line. Open them with `python -m wallet unseal` on your own machine."""
    with _shop():
        own = {box.customer_id: bytes(box.sealed) for box in SealedWallet.every()}
        boxes = [(number, box.hex()) for number, box in (own | moved.boxes()).items()]
    if out is None:
        click.echo("".join([f"{box}\n" for _, box in boxes]), nl=False)
        return
    write_file(out, "".join([f"{number} {box}\n" for number, box in boxes]).encode("ascii"))
    click.echo(f"{len(boxes)} boxes: {out}")


@click.group()
def sweep() -> None:
    """Move coins with plans signed elsewhere. Stop the shop for `plan` and `send`."""


@sweep.command("plan")
@click.option("--out", type=FILE, default="plan.json", show_default=True, help="The file to write.")
@click.option(
    "--speed",
    type=click.Choice(SPEEDS),
    default="normal",
    show_default=True,
    help="How soon the transactions should confirm.",
)
@click.option(
    "--previous",
    is_flag=True,
    help="Include the previous transaction of single BTC and LTC inputs too, for hardware wallets.",
)
def make_plan(out: Path, speed: str, *, previous: bool) -> None:
    """Plan a sweep. The plan lists the coins worth moving to the SWEEP_TO_ addresses, and the cost."""
    with _shop() as shop:
        shop.payments.rates.refresh()
        planned = OfflineSweeps(shop.sweeps).plan(Speed(speed), with_previous=previous)
    for line in _left_behind(planned):
        click.echo(line, err=True)
    if planned.plan is None:
        raise click.ClickException("Nothing is worth moving now.")
    if previous and (count := _missing_previous(planned.plan)):
        click.echo(f"{count} previous transactions are missing: {NOT_FETCHED}.", err=True)
    write_file(out, write(planned.plan))
    click.echo("\n".join([*describe(planned.plan), f"Written to {out}"]))


@sweep.command("sign")
@click.argument("plan_file", metavar="PLAN", type=FILE)
@key_options
@fee_option
@out_option
def sign_here(
    *, plan_file: Path, key: Path | None, boxes: Path | None, words: bool, ask: bool, fee_percent: int, out: Path
) -> None:
    """Sign PLAN and send its SOL at once. This needs a network, because a SOL signature is valid for a minute.

    It needs no database. Take the file it writes to `sweep send`, like the file of `python -m wallet sign`. If it is
    interrupted, run it again with the same file: it finds out what was accepted, and goes on.
    """
    if key is None and not words:
        raise click.UsageError("Say where the keys are: --key for a sealed shop, --words for a shop with words.")
    with told_plainly(), ExitStack() as stack:
        plan = read_plan(plan_file)
        checks.check_to_sign(plan, now=now(), fee_percent=fee_percent)
        before = _begun(out, plan, stack)
        click.echo("\n".join(describe(plan)), err=True)
        confirm(f"\n{question(plan)} Sign the plan, and send its SOL now?")
        keys = read_keys(key=key, boxes=boxes, words=words, ask=ask)
        signed = sign_plan(plan, keys, now=now(), fee_percent=fee_percent)
        stack.pop_all()

    def keep(sol: Sequence[SignedTransaction]) -> None:
        done = sorted([*signed.transactions, *sol], key=lambda each: each.position)
        replace_file(out, write_signed(SignedPlan(plan, tuple(done))))

    with _solana() as sending, progress(len(plan.transactions), "Sending SOL") as tell:
        keep(before)
        landed = sign_and_send(plan, keys, sending, wait=Event().wait, progress=tell, keep=keep, before=before)
    keep(landed)
    done, count = len(signed.transactions) + len(landed), len(plan.transactions)
    click.echo(f"Signed {done} of {count} transactions and sent {len(landed)} in SOL: {out}")


def _begun(out: Path, plan: Plan, stack: ExitStack) -> tuple[SignedTransaction, ...]:
    """Create the file, and remove it again if nothing is signed; or list the SOL that an earlier run kept in it."""
    if not out.exists():
        write_file(out, write_signed(SignedPlan(plan, ())))
        stack.callback(out.unlink)
        return ()
    try:
        kept = read_signed(read_file(out, MOST_SIGNED_BYTES), plan_digest=plan.digest)
    except (InvalidSigned, InvalidPlan):
        raise click.ClickException(f"{out} exists already: choose another name.") from None
    return tuple([each for each in kept.transactions if plan.transactions[each.position].chain is Chain.SOL])


@sweep.command("send")
@click.argument("signed_file", metavar="SIGNED", type=FILE)
def send_signed(signed_file: Path) -> None:
    """Send a signed plan, if it matches the plan that this shop made. Then start the shop, which tracks it."""
    with _shop() as shop:
        signed = read_signed(read_file(signed_file, MOST_SIGNED_BYTES))
        taken = OfflineSweeps(shop.sweeps).take(signed)
        for _ in range(SENDING_ROUNDS):
            shop.sweeps.run()
        views = [shop.sweeps.view(number) for number in taken]
    for view in views:
        counted = ", ".join([f"{count} {state}" for state, count in sorted(view.counts.items())])
        click.echo(f"{view.chain.value} to {view.destination}: {counted}")
    click.echo("Start the shop: it sends what is waiting for gas, and tracks the rest until it is final.")


def _columns(row: ListedAddress) -> tuple[str, str, str, str, int, str]:
    """Build a row of the list. The child's number is set if the key belongs to a BIP-85 child of the words."""
    chain = Chain(row.chain)
    asset = ASSETS.get(row.asset) or native(chain)
    child = str(row.customer_id) if row.mode == "hot" else ""
    return (row.address, asset.code, row.path, child, row.customer_id, asset.format(row.units))


def _missing_previous(plan: Plan) -> int:
    spent = {each.txid for planned in plan.transactions if isinstance(planned, Spend) for each in planned.inputs}
    return len(spent - plan.previous.keys())


def _left_behind(planned: Planned) -> Iterator[str]:
    for chain, offer in planned.offers.items():
        for (code, why), (count, units) in offer.left_behind.sums.items():
            asset = ASSETS[code]
            yield f"{chain.value}: {asset.format(units)} {asset.code} at {count} addresses stay: {WHY_KEPT[why]}"
        if offer.gas_missing:
            own = native(chain)
            lacks = own.format(offer.gas_missing)
            yield f"{chain.value}: the gas address {offer.gas_address or 'of this shop'} lacks {lacks} {own.code}"
    for chain, (count, units) in planned.unproved.items():
        lot = f"{native(chain).format(units)} {chain.value} in {count} outputs stay for another plan"
        yield f"{chain.value}: {lot}: the transactions that paid them are missing: {NOT_FETCHED}"
    for chain, reason in planned.refused.items():
        yield f"{chain.value}: {reason}"
