"""Input for the commands: secrets from standard input or a prompt, files of bounded size, ranges of numbers."""

import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

from wallet import bip39
from wallet.bip39 import Mnemonic
from wallet.chains import Chain
from wallet.paths import HARDENED
from wallet.plans.keys import Keys
from wallet.sealing import OperatorKey

INDEX = click.IntRange(0, HARDENED - 1)
CHAIN = click.Choice([chain.value for chain in Chain], case_sensitive=False)
FILE = click.Path(dir_okay=False, path_type=Path)
MAX_KEY_BYTES = 1_000
MAX_BOXES_BYTES = 64 * 1024 * 1024
MAX_RANGE = 100_000
BOX_LINE = re.compile(rb"([0-9]{1,10}) ((?:[0-9a-f]{2})+)")
NUMBERS = re.compile(r"[0-9]{1,10}(-[0-9]{1,10})?")

Command = TypeVar("Command", bound=Callable[..., Any])

chain_option = click.option("--chain", "ticker", type=CHAIN, help="One chain instead of all.")
passphrase_option = click.option("--passphrase", "ask", is_flag=True, help="Ask for a BIP-39 passphrase too.")


def key_options(command: Command) -> Command:
    """Add the options that say where private keys come from."""
    for option in (
        passphrase_option,
        click.option("--words", is_flag=True, help="Ask for the words of the wallet."),
        click.option("--boxes", type=FILE, help="Customers' sealed boxes, from `app.py sealed --out`."),
        click.option("--key", type=FILE, help="The operator's key, from `wallet new --operator`."),
    ):
        command = option(command)
    return command


def read_keys(*, key: Path | None, boxes: Path | None, words: bool, ask: bool) -> Keys:
    """Read what private keys are derived from: the operator's key and boxes from files, or words from the person."""
    operator = None if key is None else read_operator_key(key)
    sealed = {} if boxes is None else dict(read_boxes(boxes))
    if not words:
        return Keys(operator=operator, boxes=sealed)
    mnemonic, passphrase = read_words(ask)
    return Keys(words=mnemonic, passphrase=passphrase, operator=operator, boxes=sealed)


def read_words(ask: bool) -> tuple[Mnemonic, str]:
    """Read a mnemonic, and a passphrase if asked to."""
    sentence, *passphrase = read_secrets("Mnemonic", *["Passphrase"] * ask)
    return bip39.parse(" ".join(sentence.split())), "".join(passphrase)


def read_secrets(*names: str) -> list[str]:
    """Ask for each secret without echo, or read one line for each from a pipe."""
    if sys.stdin is None:
        raise click.ClickException("Standard input is closed: give the secret there, or start this on a terminal.")
    if sys.stdin.isatty():
        return [click.prompt(name, hide_input=True, err=True, default="", show_default=False) for name in names]
    try:
        return [sys.stdin.buffer.readline().decode("utf-8").rstrip("\r\n") for _ in names]
    except UnicodeDecodeError:
        # The original exception would contain the input.
        raise click.ClickException("Standard input is not UTF-8.") from None
    except OSError:
        raise click.ClickException("Standard input cannot be read.") from None


def confirm(question: str) -> None:
    """Ask a person, or read a line from a pipe; anything but yes ends the command."""
    click.echo(f"{question} [y/N] ", nl=False, err=True)
    try:
        answer = b"" if sys.stdin is None else sys.stdin.buffer.readline()
    except OSError:
        answer = b""
    if answer.strip().lower() not in {b"y", b"yes"}:
        raise click.ClickException("Nothing was signed.")


def read_operator_key(path: Path) -> OperatorKey:
    """Read the operator's private key: what `new --operator` printed, or only the digits of the private half."""
    lines = read_file(path, MAX_KEY_BYTES).decode("ascii", "replace").split("\n")
    digits = [line.removeprefix("private").strip() for line in lines if not line.startswith("public")]
    try:
        return OperatorKey(bytes.fromhex("".join(digits)))
    except ValueError:
        # The original exception would quote the key.
        raise click.ClickException(f"{path} does not hold an operator's key.") from None


def read_boxes(path: Path) -> Iterator[tuple[int, bytes]]:
    """Read a file of boxes: each line a customer's number and the box, hexadecimal."""
    for position, line in enumerate(read_file(path, MAX_BOXES_BYTES).splitlines(), start=1):
        match = BOX_LINE.fullmatch(line)
        if not match:
            raise click.ClickException(f"Line {position} of {path} is not a number and a box.")
        yield int(match[1]), bytes.fromhex(match[2].decode("ascii"))


def read_file(path: Path, most: int) -> bytes:
    """Read a file of bounded size."""
    try:
        with path.open("rb") as file:
            content = file.read(most + 1)
    except OSError as error:
        raise click.ClickException(f"{path} cannot be read: {error.strerror}.") from None
    if len(content) > most:
        raise click.ClickException(f"{path} is too large.")
    return content


def write_file(path: Path, content: bytes) -> None:
    """Write a new file that only its owner can read."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, 0o600)
            file.write(content)
    except FileExistsError:
        raise click.ClickException(f"{path} exists already: choose another name.") from None
    except OSError as error:
        raise click.ClickException(f"{path} cannot be written: {error.strerror}.") from None


def replace_file(path: Path, content: bytes) -> None:
    """Write a file again so that it is never half written, not even if the power fails."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    write_file(fresh, content)
    try:
        with fresh.open("rb") as file:
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError as error:
        raise click.ClickException(f"{path} cannot be written: {error.strerror}.") from None


def parse_range(context: click.Context, parameter: click.Parameter, text: str) -> range:
    """Read `7` or `1-500`, both ends included."""
    first, _, last = text.partition("-")
    if not NUMBERS.fullmatch(text):
        raise click.BadParameter("a number, or two with a dash: 1-500")
    numbers = range(int(first), int(last or first) + 1)
    if not numbers or numbers.stop > HARDENED or len(numbers) > MAX_RANGE:
        raise click.BadParameter(f"from a lower number to a higher one, at most {MAX_RANGE:,} of them")
    return numbers


@contextmanager
def progress(length: int, label: str) -> Iterator[Callable[[int], None]]:
    """Show the progress of a long task on a terminal; call the yielded function with the number done."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    with click.progressbar(length=length, label=label, file=sys.stderr) as bar:
        yield lambda done: bar.update(done - bar.pos)
