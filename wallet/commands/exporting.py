"""`python -m wallet export` and `find`: customers' keys for other wallets, if only the words or the boxes are left.

    electrum       one line a key for Electrum's and Electrum-LTC's «Import addresses or private keys»
    descriptors    what Bitcoin Core's and Litecoin Core's `importdescriptors` takes
    wif            number, chain, address and key in wallet import format
    hex            number, chain, address and key in hexadecimal, for wallets of Ethereum and TRON
    solana         number, chain, address and key pair in base58, as Phantom and Solflare import it

Anyone who reads the output can take the coins, so it goes to a terminal or to a new file that only its owner can
read.
"""

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import click

from wallet import addresses, base58check, bip32, bip39, bip85, descriptors, paths, wif
from wallet.accounts import Accounts
from wallet.chains import Chain
from wallet.commands.inputs import (
    CHAIN,
    FILE,
    INDEX,
    key_options,
    parse_range,
    passphrase_option,
    progress,
    read_boxes,
    read_keys,
    read_words,
    write_file,
)
from wallet.errors import InvalidAddress
from wallet.plans.keys import Keys
from wallet.plans.plan import KeySource

UP_TO = 1_000


@dataclass(frozen=True, slots=True)
class Exported:
    """A customer's key on a chain."""

    number: int
    chain: Chain
    address: str
    private_key: bytes = field(repr=False)
    public_key: bytes = field(repr=False)

    def columns(self, secret: str) -> str:
        """Write one line with the address and its secret."""
        return "\t".join([str(self.number), self.chain.value, self.address, secret])


Format = Callable[[Sequence[Exported]], str]


def electrum(keys: Sequence[Exported]) -> str:
    """Write one line per key, with the script type, which Electrum could not know otherwise."""
    return "\n".join([f"p2wpkh:{wif.encode(key.chain, key.private_key)}" for key in keys])


def core(keys: Sequence[Exported]) -> str:
    """Write the argument of `importdescriptors`; the node scans all of its blocks."""
    texts = [descriptors.add_checksum(f"wpkh({wif.encode(key.chain, key.private_key)})") for key in keys]
    return json.dumps([{"desc": text, "timestamp": 0} for text in texts], indent=1)


def import_format(keys: Sequence[Exported]) -> str:
    """Write each key in wallet import format."""
    return "\n".join([key.columns(wif.encode(key.chain, key.private_key)) for key in keys])


def hexadecimal(keys: Sequence[Exported]) -> str:
    """Write each key as 64 digits."""
    return "\n".join([key.columns(key.private_key.hex()) for key in keys])


def solana(keys: Sequence[Exported]) -> str:
    """Write each pair, private key and public key, in base58."""
    return "\n".join([key.columns(base58check.encode_plain(key.private_key + key.public_key)) for key in keys])


FORMATS: dict[str, tuple[Format, tuple[Chain, ...]]] = {
    "electrum": (electrum, (Chain.BTC, Chain.LTC)),
    "descriptors": (core, (Chain.BTC, Chain.LTC)),
    "wif": (import_format, (Chain.BTC, Chain.LTC)),
    "hex": (hexadecimal, (Chain.ETH, Chain.TRX)),
    "solana": (solana, (Chain.SOL,)),
}
ONE_WALLET = frozenset({"electrum", "descriptors"})
"""The formats that describe a wallet of one chain."""


@click.command()
@click.option("--child", "numbers", callback=parse_range, help="Customers' numbers: 7 or 1-500.", required=True)
@click.option("--format", "name", type=click.Choice(list(FORMATS)), required=True, help="For which wallet.")
@click.option("--chain", "ticker", type=CHAIN, help="One chain; BTC where a wallet has only one.")
@key_options
@click.option("--out", type=FILE, help="A new file for them, instead of the terminal.")
def export(
    *,
    numbers: range,
    name: str,
    ticker: str | None,
    key: Path | None,
    boxes: Path | None,
    words: bool,
    ask: bool,
    out: Path | None,
) -> None:
    """Print customers' private keys for another wallet.

    From the words of a shop, or with --key and --boxes from a sealed shop's boxes.
    """
    if out is None and not sys.stdout.isatty():
        raise click.UsageError("Keys are only shown on a terminal, or written to a new file: --out FILE.")
    write, chains = FORMATS[name]
    wanted = [Chain(ticker)] if ticker else list(chains[:1] if name in ONE_WALLET else chains)
    if not set(wanted) <= set(chains):
        raise click.UsageError(f"{name} is for {' and '.join([chain.value for chain in chains])}.")
    if boxes is not None:
        known = dict(read_boxes(boxes))
        numbers_there = [number for number in numbers if number in known]
        opened = read_keys(key=key, boxes=boxes, words=False, ask=False)
        found = export_keys(opened, numbers_there, wanted, is_sealed=True)
    else:
        found = export_keys(read_keys(key=None, boxes=None, words=True, ask=ask), numbers, wanted, is_sealed=False)
    text = write(found) + "\n"
    if out is None:
        click.echo(text, nl=False)
        return
    write_file(out, text.encode("ascii"))
    click.echo(f"{len(found)} keys: {out}", err=True)


@click.command()
@click.argument("address")
@click.option("--up-to", type=INDEX, default=UP_TO, show_default=True, help="The highest customer's number to try.")
@passphrase_option
def find(address: str, up_to: int, ask: bool) -> None:
    """Find the customer that ADDRESS belongs to, below the words of a shop; exit status 1 if there is none."""
    valid = [chain for chain in Chain if _is_valid(chain, address)]
    if not valid:
        raise click.ClickException("This is not an address of a chain that the shop uses.")
    seed = bip39.seed(*read_words(ask))
    children, own = bip85.mnemonics(bip32.master(seed)), Accounts(seed)
    with progress(up_to + 1, "Searching") as tell:
        for number in range(up_to + 1):
            child = Accounts(bip39.seed(bip85.mnemonic(children, number)))
            for place, accounts, index in (("child", child, 0), ("account", own, number)):
                for chain in valid:
                    derived = accounts.address(chain, index)
                    if derived.address == addresses.validate(chain, address).text:
                        click.echo(f"{chain.value}\t{place} {number}\t{derived.path}\t{derived.address}")
                        return
            tell(number + 1)
    raise click.ClickException(f"Not found below these words, up to number {up_to}: try a higher --up-to.")


def export_keys(keys: Keys, numbers: Sequence[int], chains: Sequence[Chain], *, is_sealed: bool) -> list[Exported]:
    """Derive keys by customers' numbers: below the words, or from the boxes."""
    found = []
    with progress(len(numbers), "Deriving") as tell:
        for done, number in enumerate(numbers, start=1):
            for chain in chains:
                child, box = (None, number) if is_sealed else (number, None)
                key = keys.derive(chain, KeySource(paths.address(chain, 0), child, box), position=done)
                address = addresses.from_public_key(chain, key.public_key)
                found.append(Exported(number, chain, address, key.private_key, key.public_key))
            tell(done)
    return found


def _is_valid(chain: Chain, address: str) -> bool:
    try:
        addresses.validate(chain, address)
    except InvalidAddress:
        return False
    return True
