"""`python -m wallet`: derivation and address checks for operators and auditors, offline.

Secrets come from standard input or a hidden prompt, never from the command line, where every process could read them.
On standard input the first line is the mnemonic or the operator's key, the second the passphrase (`--passphrase`).
"""

import json
from collections.abc import Sequence
from pathlib import Path

import click

from wallet import addresses, bip32, bip39, bip85, core_dumps, slip132
from wallet.accounts import Accounts
from wallet.chains import PARAMETERS, Chain
from wallet.commands import exporting, plans
from wallet.commands.inputs import (
    FILE,
    INDEX,
    chain_option,
    passphrase_option,
    read_boxes,
    read_secrets,
    read_words,
)
from wallet.errors import InvalidAddress, WalletError
from wallet.paths import account
from wallet.sealing import OperatorKey

WATCHED = [chain for chain in Chain if PARAMETERS[chain].account_keys]

child_option = click.option("--child", type=INDEX, help="The mnemonic of one customer: this BIP-85 child.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


class Refusing(click.Group):
    """Commands whose refusals are one sentence, with exit status 1."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except WalletError as refusal:
            raise click.ClickException(str(refusal)) from None


@click.group(cls=Refusing, help="Derive and check addresses offline.")
def main() -> None:
    """Group the commands."""
    core_dumps.forbid()


@main.command()
@click.option("--words", type=click.Choice(["12", "24"]), default="12", show_default=True)
@click.option("--operator", is_flag=True, help="Make an X25519 pair for sealed wallets instead.")
def new(words: str, operator: bool) -> None:
    """Print a new mnemonic from the system's randomness."""
    if not operator:
        click.echo(bip39.generate(int(words)).reveal())
        return
    key = OperatorKey.generate()
    click.echo(f"public {key.public_key.hex()}\nprivate {key.reveal().hex()}")


@main.command("addresses")
@chain_option
@click.option("--index", type=INDEX, default=0, show_default=True, help="The first index.")
@click.option("--count", type=click.IntRange(1), default=1, show_default=True, help="How many indexes.")
@child_option
@passphrase_option
@json_option
def print_addresses(
    *, ticker: str | None, index: int, count: int, child: int | None, ask: bool, as_json: bool
) -> None:
    """Print the addresses of a mnemonic, or of a customer's child of it."""
    accounts = read_accounts(ask, child)
    indexes, chains = range(index, index + count), [Chain(ticker)] if ticker else list(Chain)
    rows = [accounts.address(chain, at) for at in indexes for chain in chains]
    print_rows([{"chain": row.chain.value, "path": row.path, "address": row.address} for row in rows], as_json)


@main.command()
@chain_option
@click.option("--account", "account_index", type=INDEX, default=0, show_default=True)
@child_option
@passphrase_option
@json_option
def xpub(*, ticker: str | None, account_index: int, child: int | None, ask: bool, as_json: bool) -> None:
    """Print the account keys to give to a watch shop."""
    accounts = read_accounts(ask, child)
    fields = []
    for chain in [Chain(ticker)] if ticker else WATCHED:
        key = slip132.print_account_key(chain, accounts.account_key(chain, account_index))
        fields.append({"chain": chain.value, "path": str(account(chain, account_index)), "xpub": key})
    print_rows(fields, as_json)


@main.command()
@click.argument("address")
@chain_option
@json_option
def check(address: str, ticker: str | None, as_json: bool) -> None:
    """Say on which chains ADDRESS is valid, or why on none; exit status 1 if none can pay to it."""
    verdicts = [verdict(chain, address) for chain in ([Chain(ticker)] if ticker else Chain)]
    print_rows([fields for fields in verdicts if "address" in fields] or verdicts, as_json)
    if all("reason" in fields for fields in verdicts):
        raise SystemExit(1)


@main.command()
@click.argument("sealed", nargs=-1)
@click.option("--boxes", type=FILE, help="A file of them, from `app.py sealed --out`: their numbers are printed too.")
def unseal(sealed: Sequence[str], boxes: Path | None) -> None:
    """Open SEALED wallets (hexadecimal) with the operator's private key and print their mnemonics."""
    if not sealed and boxes is None:
        raise click.UsageError("Name the wallets, or a file of them: --boxes FILE.")
    (private,) = read_secrets("Operator's private key (hexadecimal)")
    try:
        key, given = OperatorKey(bytes.fromhex(private.strip())), [bytes.fromhex(box) for box in sealed]
    except ValueError:
        # The original exception would quote the input.
        raise click.ClickException("The operator's key or a sealed wallet is not hexadecimal.") from None
    for box in given:
        click.echo(key.unseal(box).reveal())
    for number, box in read_boxes(boxes) if boxes is not None else ():
        click.echo(f"{number}\t{key.unseal(box).reveal()}")


def read_accounts(ask: bool, child: int | None) -> Accounts:
    """Read a mnemonic, and a passphrase if asked to; derive a customer's own mnemonic if a child is named."""
    seed = bip39.seed(*read_words(ask))
    if child is not None:
        seed = bip39.seed(bip85.mnemonic(bip85.mnemonics(bip32.master(seed)), child))
    return Accounts(seed)


def verdict(chain: Chain, text: str) -> dict[str, str]:
    """Describe an address on one chain; with a reason if it is invalid, or valid and still not to be paid."""
    fields = {"chain": chain.value}
    try:
        valid = addresses.validate(chain, text)
        fields |= {"kind": valid.kind.value, "address": valid.text}
        addresses.payable(chain, text)
    except InvalidAddress as refusal:
        name = "unpayable" if "address" in fields else "invalid"
        fields |= {name: refusal.reason.name.lower(), "reason": refusal.reason.value}
    return fields


def print_rows(rows: Sequence[dict[str, str]], as_json: bool) -> None:
    """Print rows as a JSON list or as columns."""
    click.echo(json.dumps(rows, indent=2) if as_json else "\n".join(["\t".join(row.values()) for row in rows]))


for command in (plans.sign, plans.unsigned, plans.collect, exporting.export, exporting.find):
    main.add_command(command)

if __name__ == "__main__":
    main(prog_name="python -m wallet")
