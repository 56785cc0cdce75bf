"""`python -m wallet sign`, `unsigned` and `collect`: plans on a machine that has keys and needs no network."""

import time
from pathlib import Path

import click

from wallet.commands.inputs import FILE, confirm, key_options, progress, read_file, read_keys, write_file
from wallet.plans import checks, reading
from wallet.plans.collecting import Collector
from wallet.plans.errors import InvalidSigned
from wallet.plans.files import unsigned_files
from wallet.plans.plan import Plan
from wallet.plans.signed import SignedPlan, write_signed
from wallet.plans.signing import sign_plan
from wallet.plans.summary import describe, question
from wallet.transactions import psbt

MOST_FILES = 10_000

plan_argument = click.argument("plan_file", metavar="PLAN", type=FILE)
out_option = click.option("--out", type=FILE, default="signed.json", show_default=True, help="The file to write.")
fee_option = click.option(
    "--fee-percent",
    type=click.IntRange(1, 50),
    default=checks.FEE_PERCENT,
    show_default=True,
    help="Refuse to pay more than this, in percent of what is moved. Tokens have a limit of their own.",
)


@click.command()
@plan_argument
@key_options
@fee_option
@out_option
def sign(
    *, plan_file: Path, key: Path | None, boxes: Path | None, words: bool, ask: bool, fee_percent: int, out: Path
) -> None:
    """Show what PLAN moves, ask, and sign it. No network is used.

    A plan of a sealed shop needs --key, one of a shop with words needs --words. SOL is left out: its signatures are
    valid for a minute, so they are made on a machine with a network (`app.py sweep sign`).
    """
    if key is None and not words:
        raise click.UsageError("Say where the keys are: --key for a sealed shop, --words for a shop with words.")
    plan = read_plan(plan_file)
    checks.check_to_sign(plan, now=int(time.time()), fee_percent=fee_percent)
    click.echo("\n".join(describe(plan)), err=True)
    confirm(f"\n{question(plan)} Shall it be signed?")
    keys = read_keys(key=key, boxes=boxes, words=words, ask=ask)
    with progress(len(plan.transactions), "Signing") as tell:
        signed = sign_plan(plan, keys, now=int(time.time()), fee_percent=fee_percent, progress=tell)
    _write(signed, out)


@click.command()
@plan_argument
@fee_option
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="A new folder for them.")
def unsigned(*, plan_file: Path, fee_percent: int, out: Path) -> None:
    """Show what PLAN moves, and write it as files that other wallets sign: PSBT for BTC and LTC, unsigned
    transactions for ETH and TRON.
    """
    plan = read_plan(plan_file)
    checks.check_to_sign(plan, now=int(time.time()), fee_percent=fee_percent)
    click.echo("\n".join(describe(plan)), err=True)
    try:
        out.mkdir(mode=0o700)
    except OSError as error:
        raise click.ClickException(f"{out} cannot be made: {error.strerror}.") from None
    for file in unsigned_files(plan):
        write_file(out / file.name, file.content)
        click.echo(str(out / file.name))


@click.command()
@plan_argument
@click.argument("files", nargs=-1, required=True, type=FILE)
@out_option
def collect(*, plan_file: Path, files: tuple[Path, ...], out: Path) -> None:
    """Compare FILES signed by another wallet with PLAN, and combine them into one file to send."""
    if len(files) > MOST_FILES:
        raise click.UsageError(f"At most {MOST_FILES:,} files.")
    plan = read_plan(plan_file)
    collector = Collector(plan)
    for path in files:
        try:
            collector.add(read_file(path, psbt.MAX_BYTES))
        except InvalidSigned as refusal:
            raise click.ClickException(f"{path}: {refusal}") from None
    _write(SignedPlan(plan, collector.signed()), out)


def read_plan(path: Path) -> Plan:
    """Read a plan from its file. Raises InvalidPlan."""
    return reading.read(read_file(path, reading.MAX_BYTES))


def _write(signed: SignedPlan, out: Path) -> None:
    write_file(out, write_signed(signed))
    click.echo(f"{len(signed.transactions)} of {len(signed.plan.transactions)} transactions are signed: {out}")
