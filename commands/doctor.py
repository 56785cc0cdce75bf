"""`app.py doctor`: checks everything that a shop depends on, changes nothing, and suggests what to do."""

import json
import os
import sys
import time
from collections.abc import Collection, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import click

from bot_handlers.telegram import checkup
from bot_handlers.telegram.transport import Transport
from commands.shared import ENV_FILE, key_of, now
from locales import language_codes
from shop.chains.clock_offset import ClockOffset
from shop.chains.http import HttpClient
from shop.chains.parameters import PARAMETERS
from shop.chains.registry import Registry
from shop.doctor import files, servers
from shop.doctor.findings import Finding, Level, failure, ok, warning, worst
from shop.payments import providers
from shop.payments.addresses import watched_chains
from shop.settings.advice import unwise
from shop.settings.loading import SettingsError, load, without_effect
from shop.settings.model import Settings
from shop.version import VERSION
from storage.errors import StorageError
from storage.inspection import inspect
from storage.keys import key_place
from wallet.chains import Chain
from web.sandbox.hosts import address_to_open

MARKS = {Level.OK: "ok     ", Level.WARNING: "warning", Level.FAILURE: "FAILURE"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object.")
def doctor(as_json: bool) -> None:
    """Check the shop, running or not. Exit code: 0 all is well, 1 warnings, 2 failures."""
    found: list[Finding] = []
    for each in _as_far_as_possible(_examination()):
        found.append(each)
        if not as_json:
            click.echo(f"{MARKS[each.verdict]}  {each.subject}: {each.text}")
            if each.cure:
                click.echo(f"         → {each.cure}")
    verdict = worst(found)
    if as_json:
        click.echo(json.dumps({"status": verdict.name.lower(), "findings": [each.as_json() for each in found]}))
    sys.exit(verdict.value)


def _as_far_as_possible(findings: Iterator[Finding]) -> Iterator[Finding]:
    """End the findings with a failure at a file or folder that cannot even be looked at."""
    try:
        yield from findings
    except OSError as error:
        if error.filename is None:
            raise
        cure = "run this as the user that the shop runs as"
        yield failure("files", f"{error.filename} cannot be used ({error.strerror})", cure)


def _examination() -> Iterator[Finding]:
    """Check one thing after another, leaving out what needs valid settings or a readable database."""
    yield ok("version", f"Souk {VERSION}")
    try:
        settings = load(os.environ, ENV_FILE, languages=language_codes())
    except SettingsError as error:
        for problem in error.problems:
            yield failure("settings", problem, "docs/settings.md lists them all")
        return
    names = without_effect(os.environ, ENV_FILE)
    yield from (warning("settings", each, "remove it, or correct its name") for each in names)
    advice = unwise(settings)
    yield from (warning("settings", each, "docs/settings.md says what to set") for each in advice)
    if not names + advice:
        yield ok("settings", "all are valid")
    with ExitStack() as stack:
        offset = ClockOffset()
        http = HttpClient(version=VERSION, on_answer=lambda server, _outcome, date: offset.saw(server, date))
        own = HttpClient(version=VERSION)  # its clock is the one to be compared
        stack.callback(http.close)
        stack.callback(own.close)
        yield from _files(settings)
        yield (shop := servers.shop(own, address_to_open(settings.webapp_host, settings.webapp_port)))
        yield from (telegram := list(_telegram(settings, offset)))
        if settings.public_url and settings.token.get_secret_value():
            where = settings.public_url, settings.webhook_path, settings.bot_id
            yield servers.webhook(own, *where, is_delivered=worst((shop, *telegram)) is Level.OK)
        read, takes = _chains(settings), providers.connect(settings, http, clock=time.time)
        if takes is not None:
            yield servers.provider(takes)
        yield from _servers(settings, http, read)
        yield servers.clock(offset, only_telegram=takes is None and not read)


def _files(settings: Settings) -> Iterator[Finding]:
    path = settings.database_path
    opener = [key_place(path, settings.key_place, end) for end in (".key", ".salt")]
    yield from files.rights((ENV_FILE, path, *opener, path.parent))
    yield from files.key_apart(path, opener)
    if not path.exists():
        yield warning("database", f"{path} does not exist yet", "run make init, or start the shop: it creates one")
        return
    yield files.disk(path)
    try:
        with inspect(path, key_of(settings)) as found:
            if not found.schema:
                yield warning("database", f"{path} is still empty", "the first start fills it: try again soon")
                return
            yield from files.database(found)
            yield from files.backups(found, settings, now=now())
            yield from files.first_addresses(found, settings)
            yield from files.gas_addresses(found, settings)
            yield files.operator(found, settings)
            yield from checkup.owners(settings, found.customers_of(settings.admin_id_list))
    except StorageError as error:
        yield failure("database", str(error), "do what the message says")


def _telegram(settings: Settings, offset: ClockOffset) -> Iterator[Finding]:
    if not settings.token.get_secret_value():
        yield warning("telegram", "there is no TOKEN: only the sandbox can start", "run make init")
        return
    transport = Transport(
        connections=1,
        before_request=lambda: None,
        on_answer=lambda _method, _status, date: offset.saw("Telegram", date),
    )
    transport.install(settings.telegram_api_url)
    yield from checkup.examine(settings, now=now())
    if settings.multibot and settings.database_path.exists():
        try:
            with inspect(settings.database_path, key_of(settings)) as found:
                bots = found.further_bots()
        except StorageError:  # another check reports on the database
            return
        yield from checkup.examine_further(bots, settings, now=now())


def _chains(settings: Settings) -> frozenset[Chain]:
    """Return the chains that the shop reads; as long as its database cannot be read, as if it were new."""
    used: set[str] = set()
    if settings.database_path.exists():
        with suppress(StorageError), inspect(settings.database_path, key_of(settings)) as found:
            used = found.used_chains()
    return watched_chains(settings, used=used)


def _servers(settings: Settings, http: HttpClient, read: Collection[Chain]) -> Iterator[Finding]:
    folder: Path = settings.database_path.parent
    registry = Registry(settings.providers, http=http, clock=time.time, folder=folder)
    heads = servers.heads(registry, read)
    yield from servers.chains(heads, block_s=_block_s)
    yield from servers.headers(settings.providers, heads, folder, now=now())
    if Chain.LTC in read and settings.witness_above:
        yield from servers.second_operators(registry, heads, block_s=_block_s)
    if Chain.ETH in read:
        yield from servers.ethplorer(registry)
    yield from servers.prices(registry, settings, read)


def _block_s(chain: Chain) -> int:
    return PARAMETERS[chain].pace.block_s
