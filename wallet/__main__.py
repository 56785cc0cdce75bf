"""`python -m wallet`: derivation and address checks for operators and auditors, offline.

Secrets come from standard input or a hidden prompt, never from the command line, where every process could read them.
On standard input the first line is the mnemonic (or the operator's key); `--passphrase` reads the second one.
"""

import json
import sys
from collections.abc import Sequence

import click

from wallet import addresses, bip32, bip39, bip85, slip132
from wallet.accounts import Accounts
from wallet.addresses import ValidAddress
from wallet.chains import PARAMETERS, Chain
from wallet.errors import InvalidAddress, WalletError
from wallet.paths import HARDENED, account
from wallet.sealing import OperatorKey

INDEX = click.IntRange(0, HARDENED - 1)
CHAIN = click.Choice([chain.value for chain in Chain], case_sensitive=False)
WATCHED = [chain for chain in Chain if PARAMETERS[chain].account_keys]

chain_option = click.option("--chain", "ticker", type=CHAIN, help="One chain instead of all.")
child_option = click.option("--child", type=INDEX, help="The customer's mnemonic, BIP-85 child K, not the master.")
passphrase_option = click.option("--passphrase", "ask", is_flag=True, help="Ask for a BIP-39 passphrase too.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


class Refusing(click.Group):
    """Commands whose refusals are one sentence and exit status 1."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except WalletError as refusal:
            raise click.ClickException(str(refusal)) from None


@click.group(cls=Refusing, help="Derive and check addresses offline.")
def main() -> None:
    """Group the commands."""


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
    rows = [
        accounts.address(chain, at) for at in range(index, index + count) for chain in chosen(ticker, list(Chain))
    ]
    fields = [{"chain": row.chain.value, "path": row.path, "address": row.address} for row in rows]
    print_rows(fields, as_json)


@main.command()
@chain_option
@click.option("--account", "account_index", type=INDEX, default=0, show_default=True)
@child_option
@passphrase_option
@json_option
def xpub(*, ticker: str | None, account_index: int, child: int | None, ask: bool, as_json: bool) -> None:
    """Print the account keys that a watching shop is given."""
    accounts = read_accounts(ask, child)
    fields = []
    for chain in chosen(ticker, WATCHED):
        key = slip132.print_account_key(chain, accounts.account_key(chain, account_index))
        fields.append({"chain": chain.value, "path": str(account(chain, account_index)), "xpub": key})
    print_rows(fields, as_json)


@main.command()
@click.argument("address")
@chain_option
@json_option
def check(address: str, ticker: str | None, as_json: bool) -> None:
    """Say which chains can pay to ADDRESS, or why none can; exit status 1 then."""
    verdicts = [verdict(chain, address) for chain in chosen(ticker, list(Chain))]
    valid = [fields for fields in verdicts if "address" in fields]
    print_rows(valid or verdicts, as_json)
    if not valid:
        raise SystemExit(1)


@main.command()
@click.argument("sealed", nargs=-1, required=True)
def unseal(sealed: Sequence[str]) -> None:
    """Open SEALED wallets (hexadecimal) with the operator's private key and print their mnemonics."""
    (private,) = read_secrets("Operator's private key (hexadecimal)")
    key = OperatorKey(from_hex(private.strip(), "The operator's key"))
    for box in sealed:
        click.echo(key.unseal(from_hex(box, "A sealed wallet")).reveal())


def read_accounts(ask: bool, child: int | None) -> Accounts:
    """Read a mnemonic (and passphrase) and go down to a customer's own mnemonic if a child is named."""
    sentence, *passphrase = read_secrets("Mnemonic", *["Passphrase"] * ask)
    seed = bip39.seed(bip39.parse(" ".join(sentence.split())), *passphrase)
    if child is None:
        return Accounts(seed)
    return Accounts(bip39.seed(bip85.mnemonic(bip85.mnemonics(bip32.master(seed)), child)))


def read_secrets(*names: str) -> list[str]:
    """Ask for each secret without echo, or read one line for each from a pipe."""
    if sys.stdin.isatty():
        return [click.prompt(name, hide_input=True, err=True, default="", show_default=False) for name in names]
    try:
        return [sys.stdin.buffer.readline().decode("utf-8").rstrip("\r\n") for _ in names]
    except UnicodeDecodeError:
        # The original exception would carry the input.
        raise click.ClickException("standard input is not UTF-8") from None


def from_hex(text: str, name: str) -> bytes:
    """Read hexadecimal without quoting it when it is none."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise click.ClickException(f"{name} is not hexadecimal.") from None


def chosen(ticker: str | None, every: list[Chain]) -> list[Chain]:
    """Choose the chain that was named, or all."""
    return [Chain(ticker)] if ticker else every


def verdict(chain: Chain, text: str) -> dict[str, str]:
    """Describe an address on one chain, or the reason that it is none."""
    try:
        return describe(addresses.validate(chain, text))
    except InvalidAddress as refusal:
        return {"chain": chain.value, "invalid": refusal.reason.name.lower(), "reason": refusal.reason.value}


def describe(address: ValidAddress) -> dict[str, str]:
    """Describe what an address pays to."""
    return {"chain": address.chain.value, "kind": address.kind.value, "address": address.text}


def print_rows(rows: Sequence[dict[str, str]], as_json: bool) -> None:
    """Print rows as a JSON list or as columns."""
    click.echo(json.dumps(rows, indent=2) if as_json else "\n".join(["\t".join(row.values()) for row in rows]))


if __name__ == "__main__":
    main(prog_name="python -m wallet")
