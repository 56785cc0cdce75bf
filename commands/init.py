"""`app.py init`: asks what a new shop needs, and creates its `.env`, its key and its wallet."""

import os
import random
import secrets
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import click

from bot_handlers.updates.first_contact import FirstContact
from commands.shared import ENV_FILE, fail, open_database, told_plainly
from locales import language_codes
from shop.assembly import settle_currency
from shop.assets import native
from shop.payments.addresses import stored_words
from shop.settings import files
from shop.settings.advice import unwise
from shop.settings.files import SettingsFileThere
from shop.settings.loading import SettingsError, load
from shop.settings.model import Settings, name_of
from shop.settings.sources import Unreadable, read_text
from storage.database import Database
from storage.keys import key_place
from wallet.chains import PARAMETERS

NOWHERE = Path("/nonexistent/.env")
OWNER_WAIT_S = 600
WORDS_AGAIN = "this command with `words` in place of `init` shows them"
ASKED_BACK = 3
CUSTODY = {
    "hot": "The shop makes its own wallet and keeps its words, encrypted, on this server. "
    "You can spend what arrives from the shop itself or from any wallet that takes the words. "
    "Anyone who takes over the server can take the coins.",
    "watch": "You give the public account keys of wallets that you keep elsewhere. "
    "The server derives addresses from them and can spend nothing. "
    "You spend from your own wallets; someone who breaks in learns your addresses, not your keys.",
    "sealed": "Each customer gets a new wallet, sealed to your public key the moment it is made. "
    "The server cannot open it again, and you open it on another machine with your private key. "
    "If you lose that key, no one can spend the coins.",
}
WATCHED = {
    f"WALLET_XPUB_{name_of(chain)}".upper(): f"Account key for {native(chain).network} ({' or '.join(keys)})"
    for chain, keys in ((chain, row.account_keys) for chain, row in PARAMETERS.items())
    if keys
} | {"WALLET_SOL_POOL": "Solana addresses, separated by commas"}
OPERATOR = {
    "OPERATOR_NAME": "Your name or your company's",
    "OPERATOR_CONTACT": "How customers reach you about their data, such as an e-mail address",
    "OPERATOR_COUNTRY": "The country that you run the shop from",
}


@click.command()
@click.option("--token-file", type=click.Path(path_type=Path), help="File that holds the bot token; or set TOKEN.")
@click.option("--owner", help="Your numeric Telegram id, or several, separated by commas.")
@click.option("--currency", help="Currency of prices and balances, such as USD or EUR.")
@click.option("--language", help="Language for people whose own language Souk doesn't speak.")
@click.option("--custody", type=click.Choice([*CUSTODY]), help="Who can spend the coins (WALLET_MODE).")
@click.option("--support-link", help="Link to the support profile, such as https://t.me/yourname.")
@click.option("--set", "more", multiple=True, metavar="NAME=VALUE", help="Any other setting; may be repeated.")
@click.option(
    "--env-file", type=click.Path(path_type=Path), default=ENV_FILE, help="File for the settings, by default .env."
)
@click.option("--settings-only", is_flag=True, help="Don't create the key and the wallet yet: the first start does.")
def init(
    *,
    token_file: Path | None,
    owner: str | None,
    currency: str | None,
    language: str | None,
    custody: str | None,
    support_link: str | None,
    more: tuple[str, ...],
    env_file: Path,
    settings_only: bool,
) -> None:
    """Set up a new shop. On a terminal it asks for whatever the options leave out; elsewhere the options must be
    enough.
    """
    with told_plainly():
        if env_file.exists():
            raise SettingsFileThere(env_file)
        given = {"ADMIN_ID_LIST": owner, "CURRENCY": currency, "DEFAULT_LANGUAGE": language, "WALLET_MODE": custody}
        given |= {"SUPPORT_LINK": support_link, "TOKEN": _token(token_file)} | _pairs(more)
        values = {name: value for name, value in given.items() if value is not None}
        _ask_missing(values, at_terminal=sys.stdin.isatty() and sys.stdout.isatty())
        for name in OPERATOR.keys() & values.keys():
            values[name] = values[name].replace("'", "’")  # the settings file puts values in single quotes
        settings = _checked(values)
        files.write(env_file, {name: value for name, value in values.items() if value})
        click.echo(f"Wrote {env_file}, readable only by you.")
        if not settings_only:
            _make_wallet(settings)
        click.echo("Start the shop: make run, or with Docker: docker compose up -d")


def _token(file: Path | None) -> str | None:
    if file is None:
        return os.environ.get("TOKEN") or None
    try:
        return read_text(file).strip()
    except Unreadable as error:
        fail(f"--token-file: {file} {error.problem}.", code=2)


def _pairs(more: tuple[str, ...]) -> dict[str, str]:
    pairs = {}
    for each in more:
        name, equals, value = each.partition("=")
        if not equals or name.lower() not in Settings.model_fields:
            fail(f"--set: {name} is not a setting (docs/settings.md lists them).", code=2)
        pairs[name.upper()] = value
    return pairs


def _ask_missing(values: dict[str, str], *, at_terminal: bool) -> None:
    """Fill in the missing answers: by asking on a terminal, with defaults elsewhere."""
    if not at_terminal:
        missing = [
            option for name, option in (("TOKEN", "TOKEN"), ("ADMIN_ID_LIST", "--owner")) if name not in values
        ]
        if missing:
            fail(f"Without a terminal, init needs {' and '.join(missing)}: see init --help.", code=2)
        _bot(values["TOKEN"])
        return
    click.echo("Press Enter to accept the value in brackets, or Ctrl-C to stop without saving anything.\n")
    contact, name = _ask_token(values)
    if "ADMIN_ID_LIST" not in values:
        values["ADMIN_ID_LIST"] = _ask_owner(contact, name)
    languages = ", ".join(sorted(language_codes()))
    _ask(values, "CURRENCY", "Currency of prices and balances", "USD")
    _ask(values, "DEFAULT_LANGUAGE", f"Language for people whose own language Souk doesn't speak ({languages})", "en")
    _ask_custody(values)
    _ask(values, "SUPPORT_LINK", "Link where customers reach you, such as https://t.me/yourname; Enter for none", "")
    click.echo("Who runs the shop? Customers see this in /privacy and /terms. Press Enter to skip a question.")
    for name, question in OPERATOR.items():
        _ask(values, name, question, "")


def _base() -> dict[str, str]:
    """Return the environment without the settings that this command asks for."""
    about = {"TOKEN", "TOKEN_FILE", "ADMIN_ID_LIST", "ADMIN_ID_LIST_FILE"}
    return {name: value for name, value in os.environ.items() if name not in about}


def _checked(values: dict[str, str]) -> Settings:
    """Read the settings more strictly than a start: no customer has an address yet."""
    try:
        settings = load(_base() | values, NOWHERE, languages=language_codes())
        if problems := unwise(settings):
            raise SettingsError(problems)
    except SettingsError as error:
        fail("These settings cannot be used:\n" + "\n".join(f"  {each}" for each in error.problems), code=2)
    return settings


def _problem(name: str, value: str, others: Mapping[str, str]) -> str:
    """Return what is wrong with one answer, also beside the others about the wallet; empty if nothing is."""
    beside = {each: others[each] for each in ("WALLET_MODE", *WATCHED) if each in others}
    try:
        settings = load(beside | {name: value}, NOWHERE, languages=language_codes())
    except SettingsError as error:
        return next((each for each in error.problems if each.startswith(name)), "")
    return next((each for each in unwise(settings) if name in each), "")


def _ask(values: dict[str, str], name: str, question: str, default: str) -> None:
    while name not in values:
        answer = str(click.prompt(question, default=default, show_default=bool(default))).strip()
        if problem := _problem(name, answer, values):
            click.echo(problem)
        else:
            values[name] = answer


def _bot(token: str) -> tuple[FirstContact, str]:
    contact = FirstContact(token, _checked({}).telegram_api_url)
    return contact, contact.name()


def _ask_token(values: dict[str, str]) -> tuple[FirstContact, str]:
    if "TOKEN" not in values:
        click.echo("Send /newbot to https://t.me/BotFather. It gives you a token.")
    while "TOKEN" not in values:
        answer = str(click.prompt("Bot token (not shown as you type)", hide_input=True)).strip()
        if problem := _problem("TOKEN", answer, values):
            click.echo(problem)
        else:
            values["TOKEN"] = answer
    contact, name = _bot(values["TOKEN"])
    click.echo(f"This is @{name}." if name else "Telegram knows this bot.")
    return contact, name


def _ask_owner(contact: FirstContact, name: str) -> str:
    """Find the owner by a message to the bot."""
    code = secrets.token_hex(4)
    link = f"open https://t.me/{name}?start={code} and press Start, or " if name else ""
    click.echo(f"\nWho owns the shop? With your own Telegram account, {link}send the bot this message:")
    click.echo(f"  /start {code}")
    end = time.monotonic() + OWNER_WAIT_S
    found = contact.owner(code, is_over=lambda: time.monotonic() > end, pause=lambda: time.sleep(1))
    if found is None:
        fail("Nobody sent the message. Start again, or name the owner with --owner.", code=1)
    click.echo(f"Owner: {found.first_name} ({found.telegram_id}).\n")
    return str(found.telegram_id)


def _ask_custody(values: dict[str, str]) -> None:
    if "WALLET_MODE" not in values:
        click.echo("Who can spend the coins?")
        for mode, sentences in CUSTODY.items():
            click.echo(f"  {mode}: {sentences}")
        values["WALLET_MODE"] = click.prompt("Custody", type=click.Choice([*CUSTODY]), default="hot")
    if values["WALLET_MODE"] == "watch":
        click.echo("Give at least one. Press Enter to leave a coin out.")
        for name, question in WATCHED.items():
            _ask(values, name, question, "")
    if values["WALLET_MODE"] == "sealed":
        click.echo("Run `python -m wallet new --operator` on your own machine; it shows the public key.")
        _ask(values, "WALLET_OPERATOR_KEY", "Your public key", "")


def _make_wallet(settings: Settings) -> None:
    """Create the database with its key and, if the shop keeps one, its wallet."""
    with ExitStack() as stack:
        database, _ = open_database(settings, stack, may_create=True)
        settle_currency(database, settings.currency)
        if not (settings.db_key.get_secret_value() or settings.db_pass.get_secret_value()):
            file = key_place(settings.database_path, settings.key_place)
            click.echo(f"The database key is in {file}: keep a copy on another machine.")
        if settings.wallet_mode == "hot" and not settings.wallet_mnemonic.get_secret_value():
            _show_words(database)


def _show_words(database: Database) -> None:
    """Show the words once, then ask for some of them."""
    words = stored_words(database).split()
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        click.echo(f"The wallet is ready. Write down its words: on a terminal, {WORDS_AGAIN}.")
        return
    click.echo("\nThese words are the wallet. Write them down on paper: anyone who has them can take the coins.\n")
    for start in range(0, len(words), 4):
        row = [f"{number:2} {word:10}" for number, word in enumerate(words[start : start + 4], start + 1)]
        click.echo("  " + " ".join(row).rstrip())
    question = "\nPress Enter once they are on paper. This clears the screen."
    click.prompt(question, default="", show_default=False, prompt_suffix="")
    click.clear()
    for place in sorted(random.SystemRandom().sample(range(len(words)), ASKED_BACK)):
        while str(click.prompt(f"Word {place + 1}")).strip().lower() != words[place]:
            click.echo(f"That isn't the word. Check your paper; {WORDS_AGAIN}.")
    click.echo("Correct.")
