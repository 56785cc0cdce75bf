"""The command line and the composition root: settings in, objects built, run, and stopped in order."""

import logging
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn

import click
from flask import Flask

from bot_handlers import assembly as front_assembly
from bot_handlers.assembly import Front
from bot_handlers.telegram import setup as arrival
from bot_handlers.telegram.courier import SENDERS
from bot_handlers.telegram.setup import ArrivalFailed
from bot_handlers.telegram.transport import Transport
from bot_handlers.telegram.webhook_watch import LOOK_EVERY_S, WebhookWatch
from bot_handlers.updates.polling import Poller
from locales import Languages
from shop import assembly as shop_assembly
from shop.administration.alarms import Alarms
from shop.administration.second_factor import reset_by_operator
from shop.assembly import Shop
from shop.chains.clock_offset import ClockOffset
from shop.chains.http import HttpClient
from shop.chains.proof.proposals import proposals
from shop.chains.registry import ProviderSettings, Registry, UnknownPriceSource
from shop.errors import CannotStart
from shop.health import Monitor
from shop.jobs import Job, Runner, Runners, Watchdog
from shop.logs import UncaughtErrors, configure_logging
from shop.metrics import Metrics
from shop.payments import providers as payment_providers
from shop.payments.addresses import stored_words
from shop.payments.assembly import Rhythm
from shop.payments.invoices import Invoices
from shop.payments.watch import WatchPace
from shop.settings import Settings, SettingsError, load, without_effect
from shop.terms.erasure import Erasures
from shop.terms.own_data import forget_by_operator
from shop.tunnels import public_address
from storage.database import Database
from storage.errors import StorageError
from storage.keys import DatabaseKey, database_key
from storage.models import SealedWallet
from wallet import core_dumps
from wallet.errors import WalletError
from web.app_factory import create_app
from web.limits import KnowsSender, Limits, Server
from web.metrics import metrics_page
from web.payment_callbacks import CallbackRoute
from web.sandbox.errors import SandboxError
from web.server import THREADS, PortUnavailable, listen, until_a_signal
from web.service_manager import ALIVE, READY, STOPPING, ServiceManager
from web.telegram_webhook import knows_telegram

VERSION = "0.1.0"
ENV_FILE = Path(".env")
STOP_TIMEOUT_S = 8
SANDBOX_RHYTHM = Rhythm(
    pace=WatchPace(look_s=1, questions_per_look=100, longest_peek_s=1, follow_s=1),
    sweep_at_most=3,
    check_credited=5,
    prices=20,
    orphan_after=3,
)
SANDBOX_LIMITS = Limits(body_bytes=64 * 1024 * 1024, stranger_bytes=64 * 1024 * 1024)
PROBLEMS = (StorageError, ArrivalFailed, PortUnavailable, CannotStart, UnknownPriceSource, WalletError, SandboxError)
"""What an operator can mend; each says how in one sentence."""
_log = logging.getLogger("souk")


@dataclass(frozen=True, slots=True)
class Parts:
    """A shop that is built and ready to run."""

    settings: Settings
    database: Database
    shop: Shop
    front: Front
    webhook_secret: str
    app: Flask
    knows_sender: KnowsSender
    monitor: Monitor

    def webhook_url(self, base_url: str) -> str:
        """Say where Telegram posts this bot's updates."""
        return f"{base_url}{self.settings.webhook_path}/{self.front.bot.bot_id}"


@click.group(invoke_without_command=True, help="A self-hosted Telegram shop for digital goods.")
@click.pass_context
def cli(context: click.Context) -> None:
    """Run the shop when no command is named; without a bot token, the sandbox."""
    core_dumps.forbid()
    os.umask(0o077)
    if context.invoked_subcommand is not None:
        return
    settings = _settings()
    if settings.token.get_secret_value():
        run_until_a_signal(settings)
    else:
        run_sandbox(settings, data=None, public=False)


@cli.command()
def serve() -> None:
    """Run the shop (default where a bot token is set)."""
    settings = _settings()
    if not settings.token.get_secret_value():
        _fail(
            "TOKEN is missing: set it to the bot token from @BotFather, or TOKEN_FILE to a file that holds it. "
            "To try the shop without a bot, start `sandbox`.",
            code=2,
        )
    run_until_a_signal(settings)


@cli.command()
@click.option(
    "--data", type=click.Path(file_okay=False, path_type=Path), help="Keep the sandbox's state in this folder."
)
@click.option(
    "--public",
    is_flag=True,
    envvar="SANDBOX_PUBLIC",
    help="Let other machines in where WEBAPP_HOST does: whoever reaches the page is the sandbox's admin.",
)
def sandbox(data: Path | None, public: bool) -> None:
    """Try the shop: Telegram and blockchains are emulated on this machine."""
    settings = _settings()
    if settings.token.get_secret_value():
        _fail("The sandbox doesn't run with a real bot: unset TOKEN first, or start the shop with `serve`.", code=2)
    run_sandbox(settings, data=data, public=public)


@cli.command()
def words() -> None:
    """Show the mnemonic that all addresses derive from, only on a terminal: write it down and keep it safe."""
    settings = _settings()
    if not sys.stdout.isatty():
        _fail("The words are only shown on a terminal, never written to a pipe or a file.", code=2)
    with _told_plainly(), ExitStack() as stack:
        database = _open_database(settings, stack)[0]
        click.confirm("Anyone who sees these words can take the shop's coins. Show them now?", abort=True)
        click.echo(stored_words(database))


@cli.command(name="sealed")
def sealed_wallets() -> None:
    """Print the customers' sealed wallets, one per line, for `python -m wallet unseal` on your own machine."""
    with _told_plainly(), ExitStack() as stack:
        _open_database(_settings(), stack)
        for box in SealedWallet.every():
            click.echo(bytes(box.sealed).hex())


@cli.command()
@click.argument("telegram_id", type=int)
def reset_totp(telegram_id: int) -> None:
    """Let an admin who lost their authenticator app set it up again; stop the shop first."""
    with _told_plainly(), ExitStack() as stack:
        database, _ = _open_database(_settings(), stack)
        if not reset_by_operator(database, telegram_id, clock=_now):
            _fail(f"{telegram_id} has no two-factor authentication set up.", code=1)
        click.echo(f"{telegram_id} will be asked to set up two-factor authentication again.")


@cli.command()
@click.argument("telegram_id", type=int)
@click.confirmation_option(prompt="This cannot be undone. Forget this person now?")
def forget(telegram_id: int) -> None:
    """Delete what the shop knows about a person at once, as docs/legal.md says; stop the shop first."""
    with _told_plainly(), ExitStack() as stack:
        database, _ = _open_database(_settings(), stack)
        if not forget_by_operator(Erasures(database, _now), telegram_id):
            _fail(f"{telegram_id} is not a customer of this shop.", code=1)
        click.echo(f"{telegram_id} is forgotten. The books stay, without their name.")


@cli.command()
def checkpoints() -> None:
    """Propose a checkpoint for each chain that is proved by its headers, for the next release, and check it."""
    settings, http = _settings(), HttpClient(version=VERSION)
    registry = Registry(settings.providers, http=http, clock=time.time, folder=settings.database_path.parent)
    paragraphs, complete = proposals(registry.proof_clients, clock=time.time)
    click.echo("\n".join(paragraphs))
    sys.exit(0 if complete else 1)


@cli.command()
def version() -> None:
    """Print the version."""
    click.echo(f"Souk {VERSION}")


def run_until_a_signal(settings: Settings) -> None:
    """Run the shop; what the operator can mend is told in one sentence."""
    with _told_plainly(), until_a_signal() as stack:
        run_shop(settings, stack, rhythm=Rhythm())


def run_shop(settings: Settings, stack: ExitStack, *, rhythm: Rhythm) -> None:
    """Serve real customers until a signal comes."""
    settings = _with_tunnel(settings)
    parts = build(settings, settings.providers, stack, rhythm=rhythm)
    arrival.greet(parts.front.bot, settings.telegram_api_url)
    manager = ServiceManager(os.environ)

    def tick() -> None:
        manager.tell(ALIVE)
        parts.monitor.watchdog.look()

    limits = Limits(knows_sender=parts.knows_sender, on_tick=tick)
    server = listen(parts.app, settings.webapp_host, settings.webapp_port, limits=limits)
    stack.callback(server.close)
    _start(parts, stack)
    if settings.public_url:
        _receive_by_webhook(parts, settings.public_url, stack)
    else:
        _receive_by_polling(parts, stack)
    _log.info("serving on port %s", server.effective_port)
    manager.tell(READY)
    stack.callback(manager.tell, STOPPING)
    _serve(parts, server, stack)


def run_sandbox(settings: Settings, *, data: Path | None, public: bool) -> None:
    """Run the shop beside an emulated Telegram and emulated chains until a signal comes."""
    from web.sandbox.chains import Chains
    from web.sandbox.goods import example_goods
    from web.sandbox.hosts import address_to_open, answer_own_names_only, require_loopback
    from web.sandbox.sandbox import Sandbox
    from web.sandbox.server import serve_in_thread
    from web.sandbox.settings import TOKEN, pointed_at_emulators

    with _told_plainly(), until_a_signal() as stack:
        if not public:
            require_loopback(settings.webapp_host)
        folder = data or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="souk-sandbox-")))
        chains = Chains(clock=time.time, random=random.SystemRandom())
        emulated = Sandbox([TOKEN], chains, data_dir=data)
        providers = serve_in_thread(emulated.providers_app())
        stack.callback(providers.stop)
        own = pointed_at_emulators(settings, folder, servers_url=providers.url)
        configure_logging(own.log_level, as_json=own.log_format == "json")
        parts = build(own, chains.provider_settings(providers.url, mirrors=True), stack, rhythm=SANDBOX_RHYTHM)
        emulated.register(parts.app)
        answer_own_names_only(parts.app, public=public, public_url=settings.public_url)
        limits = replace(SANDBOX_LIMITS, on_tick=parts.monitor.watchdog.look)
        server = listen(parts.app, own.webapp_host, own.webapp_port, limits=limits)
        stack.callback(server.close)
        address = address_to_open(own.webapp_host, int(server.effective_port))
        if parts.shop.payments.invoices is not None:
            parts.shop.payments.invoices.report_to(address)
        parts.shop.inventory.stock(example_goods(own.currency))
        _start(parts, stack)
        _receive_by_webhook(parts, address, stack)
        emulated.start()
        stack.callback(emulated.stop)
        click.echo(f"Souk sandbox: {address}/")
        _serve(parts, server, stack)


def build(settings: Settings, providers: ProviderSettings, stack: ExitStack, *, rhythm: Rhythm) -> Parts:
    """Open the database and build everything on it; nothing runs and nobody is asked yet."""
    database, key = _open_database(settings, stack)
    languages, clock_offset, metrics = Languages.found(), ClockOffset(), Metrics()
    http = _http(database, clock_offset, metrics)
    registry = Registry(providers, http=http, clock=time.time, folder=settings.database_path.parent)
    stack.callback(registry.close)
    shop = shop_assembly.build(
        settings,
        database,
        registry,
        clock=_now,
        languages=languages.codes,
        rhythm=rhythm,
        provider=payment_providers.connect(settings, http, clock=time.time),
    )
    _report_errors(shop, stack)
    transport = _transport(settings, database, clock_offset, metrics)
    front = front_assembly.build(
        *(settings, shop, database, transport, languages),
        clock=_now,
        monotonic=time.monotonic,
        announcements_a_second=rhythm.announcements_a_second,
    )
    front.bots.on_update = metrics.update_handled
    stack.callback(front.courier.stop, timeout_s=STOP_TIMEOUT_S)
    secret = front_assembly.webhook_secret(settings, key.raw)
    secrets = {front.bot.bot_id: secret}
    monitor = _monitor(shop, front, database, clock_offset)
    metrics.watch(monitor)
    app = create_app(
        accept=front.bots.accept,
        secrets=secrets,
        webhook_path=settings.webhook_path,
        health=monitor.examine,
        is_ready=monitor.serving.is_set,
        payment_callback=_callback_route(shop.payments.invoices),
    )
    app.register_blueprint(metrics_page(metrics.text, token=settings.metrics_token.get_secret_value()))
    knows_sender = knows_telegram(secrets, path=settings.webhook_path)
    return Parts(settings, database, shop, front, secret, app, knows_sender, monitor)


def _report_errors(shop: Shop, stack: ExitStack) -> None:
    logging.getLogger().addHandler(shop.error_reports)
    stack.callback(logging.getLogger().removeHandler, shop.error_reports)


def _http(database: Database, clock_offset: ClockOffset, metrics: Metrics) -> HttpClient:
    def on_answer(server: str, outcome: str, date: str) -> None:
        metrics.provider_answered(server, outcome)
        clock_offset.saw(server, date)

    return HttpClient(
        version=VERSION,
        before_request=database.require_no_transaction,
        on_answer=on_answer,
    )


def _transport(settings: Settings, database: Database, clock_offset: ClockOffset, metrics: Metrics) -> Transport:
    def on_answer(method: str, status: int, date: str) -> None:
        metrics.telegram_answered(method, status)
        clock_offset.saw("Telegram", date)

    transport = Transport(
        connections=SENDERS + THREADS,
        before_request=database.require_no_transaction,
        on_answer=on_answer,
    )
    transport.install(settings.telegram_api_url)
    return transport


def _monitor(shop: Shop, front: Front, database: Database, clock_offset: ClockOffset) -> Monitor:
    uncaught = UncaughtErrors()
    uncaught.install()
    return Monitor(
        *(shop, database, Watchdog(), Alarms(shop.context), clock_offset, uncaught), arrivals=front.reachability
    )


def _callback_route(invoices: Invoices | None) -> CallbackRoute | None:
    if invoices is None:
        return None
    return CallbackRoute(invoices.provider.callback_path, invoices.provider.signature_header, invoices.callback)


def _with_tunnel(settings: Settings) -> Settings:
    """Take the address of a tunnel for PUBLIC_URL, on a developer's machine that has one."""
    if settings.public_url or settings.runtime_environment != "dev":
        return settings
    http = HttpClient(version=VERSION, timeout_s=2)
    url = public_address(http, settings.tunnel_api_url, port=settings.webapp_port)
    http.close()
    return settings.model_copy(update={"public_url": url})


def _open_database(settings: Settings, stack: ExitStack) -> tuple[Database, DatabaseKey]:
    key = database_key(
        settings.database_path,
        db_key=settings.db_key.get_secret_value(),
        db_pass=settings.db_pass.get_secret_value(),
    )
    database = Database(settings.database_path, key)
    database.open()
    stack.callback(database.close)
    return database, key


def _start(parts: Parts, stack: ExitStack) -> None:
    """Start the threads; they are stopped together, before the database closes."""
    front = parts.front.runners(let_go=parts.database.release_thread)
    threads = (*parts.shop.runners, *front, parts.monitor.make_runner())
    runners = Runners(threads)
    stack.callback(runners.stop, timeout_s=STOP_TIMEOUT_S)
    stack.callback(parts.front.stop)
    runners.start()
    parts.monitor.watchdog.watch(*threads)


def _serve(parts: Parts, server: Server, stack: ExitStack) -> None:
    """Answer until a signal comes."""
    stack.callback(parts.monitor.serving.clear)
    parts.monitor.serving.set()
    server.run()


def _receive_by_webhook(parts: Parts, base_url: str, stack: ExitStack) -> None:
    bot, url, secret = parts.front.bot, parts.webhook_url(base_url), parts.webhook_secret
    parts.monitor.arrivals = parts.front.reachability
    arrival.receive_by_webhook(bot, url, secret=secret)
    watch = WebhookWatch(bot, url, secret=secret, reachability=parts.front.reachability)
    job = Job("webhook", LOOK_EVERY_S, watch.look)
    runner = Runner("webhook", (job,), let_go=parts.database.release_thread)
    runners = Runners((runner,))
    stack.callback(runners.stop, timeout_s=STOP_TIMEOUT_S)
    runners.start()
    parts.monitor.watchdog.watch(runner)


def _receive_by_polling(parts: Parts, stack: ExitStack) -> None:
    front = parts.front
    parts.monitor.arrivals = front.reachability
    arrival.receive_by_polling(front.bot)
    poller = Poller(
        *(front.bot, front.bots, front.reachability), monotonic=time.monotonic, at_end=parts.database.release_thread
    )
    stack.callback(poller.stop, timeout_s=STOP_TIMEOUT_S)
    poller.start()
    parts.monitor.watchdog.watch(poller.runner)


def _settings() -> Settings:
    try:
        settings = load(os.environ, ENV_FILE, languages=Languages.found().codes)
    except SettingsError as error:
        _fail("Souk cannot start with these settings:\n" + "\n".join(f"  {each}" for each in error.problems), code=2)
    configure_logging(settings.log_level, as_json=settings.log_format == "json")
    for sentence in without_effect(os.environ, ENV_FILE):
        _log.warning("%s", sentence)
    return settings


@contextmanager
def _told_plainly() -> Iterator[None]:
    """Turn what an operator can mend into one sentence and a non-zero exit."""
    try:
        yield
    except PROBLEMS as error:
        _fail(str(error), code=1)


def _now() -> int:
    return int(time.time())


def _fail(sentence: str, *, code: int) -> NoReturn:
    click.echo(sentence, err=True)
    sys.exit(code)


if __name__ == "__main__":
    cli()
