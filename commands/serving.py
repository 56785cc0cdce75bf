"""The composition root: read the settings, build the objects, run them, and stop them in order."""

import logging
import os
import random
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import click
from flask import Flask

from bot_handlers import assembly as front_assembly
from bot_handlers.assembly import Front
from bot_handlers.telegram import setup as arrival
from bot_handlers.telegram.courier import SENDERS
from bot_handlers.telegram.transport import Transport
from bot_handlers.telegram.webhook_watch import LOOK_EVERY_S, WebhookWatch
from bot_handlers.updates.polling import Poller
from bot_handlers.updates.polling_many import PollerOfMany
from commands.shared import fail, now, open_database, read_settings, require_token, told_plainly
from locales import Languages
from shop import assembly as shop_assembly
from shop import memory
from shop.administration.alarms import Alarms
from shop.assembly import Shop
from shop.chains.clock_offset import ClockOffset
from shop.chains.http import HttpClient
from shop.chains.provider_settings import ProviderSettings
from shop.chains.registry import Registry
from shop.cpu_affinity import OneCore
from shop.health import Monitor
from shop.jobs import Job, Runner, Runners, Watchdog
from shop.logs import UncaughtErrors, configure_logging
from shop.metrics import Metrics
from shop.payments import providers as payment_providers
from shop.payments.assembly import Rhythm
from shop.payments.invoices import Invoices
from shop.payments.watch import WatchPace
from shop.settings.model import Settings
from shop.tunnels import public_address
from shop.version import VERSION
from storage.database import Database
from web.app_factory import create_app
from web.limits import KnowsSender, Limits, Server
from web.metrics import metrics_page
from web.payment_callbacks import CallbackRoute
from web.server import THREADS, listen, until_a_signal
from web.service_manager import ALIVE, READY, STOPPING, ServiceManager
from web.telegram_webhook import is_pre_checkout, knows_telegram

STOP_TIMEOUT_S = 8
SANDBOX_RHYTHM = Rhythm(
    pace=WatchPace(look_s=1, questions_per_look=100, longest_peek_s=1, follow_s=1),
    scan_at_most=3,
    check_credited=5,
    unseen=10,
    prices=20,
    orphan_after=3,
    sweeps=1,
)
SANDBOX_LIMITS = Limits(body_bytes=64 * 1024 * 1024, stranger_bytes=64 * 1024 * 1024, is_urgent=is_pre_checkout)
_log = logging.getLogger("souk")


@dataclass(frozen=True, slots=True)
class Parts:
    """A shop that is built and ready to run."""

    settings: Settings
    database: Database
    shop: Shop
    front: Front
    transport: Transport
    app: Flask
    knows_sender: KnowsSender
    monitor: Monitor

    def webhook_url(self, base_url: str, bot_id: int) -> str:
        """Return the URL to which Telegram posts a bot's updates."""
        return f"{base_url}{self.settings.webhook_path}/{bot_id}"


def run() -> None:
    """Run the shop, or the sandbox if there is no bot token."""
    settings = read_settings()
    if settings.token.get_secret_value():
        run_until_a_signal(settings)
    else:
        run_sandbox(settings, data=None, public=False)


@click.command()
def serve() -> None:
    """Run the shop (the default if a bot token is set)."""
    settings = read_settings()
    require_token(settings, advice="To try the shop without a bot, start `sandbox`.")
    run_until_a_signal(settings)


@click.command()
@click.option(
    "--data", type=click.Path(file_okay=False, path_type=Path), help="Keep the sandbox's state in this folder."
)
@click.option(
    "--public",
    is_flag=True,
    envvar="SANDBOX_PUBLIC",
    help="Let other machines in if WEBAPP_HOST does: anyone who reaches the page is the sandbox's admin.",
)
def sandbox(data: Path | None, public: bool) -> None:
    """Try the shop without a bot. Telegram and blockchains are emulated on this machine."""
    settings = read_settings()
    if settings.token.get_secret_value():
        fail("The sandbox doesn't run with a real bot: unset TOKEN first, or start the shop with `serve`.", code=2)
    run_sandbox(settings, data=data, public=public)


def run_until_a_signal(settings: Settings) -> None:
    """Run the shop; an error that the operator can fix is told in one sentence."""
    with told_plainly(), until_a_signal() as stack:
        run_shop(settings, stack, rhythm=Rhythm())


def run_shop(settings: Settings, stack: ExitStack, *, rhythm: Rhythm) -> None:
    """Serve real customers until a signal arrives."""
    settings = _with_tunnel(settings)
    parts = build(settings, settings.providers, stack, rhythm=rhythm)
    if len(parts.front.fleet.secrets) == 1:  # with several bots, one that is refused must not stop the others
        arrival.greet(parts.front.bot, settings.telegram_api_url)
    manager = ServiceManager(os.environ)
    tick = partial(_in_turn, partial(keep_alive, manager, parts.monitor), OneCore().tick)
    limits = Limits(knows_sender=parts.knows_sender, on_tick=tick, is_urgent=is_pre_checkout)
    server = listen(parts.app, settings.webapp_host, settings.webapp_port, limits=limits)
    stack.callback(server.close)
    _direct_updates(parts, settings.public_url)
    _start(parts, stack)
    if settings.public_url:
        _receive_by_webhook(parts, settings.public_url, stack)
    else:
        _receive_by_polling(parts, stack)
    _log.info("serving on port %s", server.effective_port)
    manager.tell(READY)
    stack.callback(manager.tell, STOPPING)
    _serve(parts, server, stack)


def _in_turn(*actions: Callable[[], None]) -> None:
    for act in actions:
        act()


def keep_alive(manager: ServiceManager, monitor: Monitor) -> None:
    """Tell the service manager that the shop is alive, unless it hangs, and restart threads that died."""
    if not monitor.is_hung:
        manager.tell(ALIVE)
    monitor.watchdog.look()


def run_sandbox(settings: Settings, *, data: Path | None, public: bool) -> None:
    """Run the shop with an emulated Telegram and emulated chains until a signal arrives."""
    from web.sandbox.chains import Chains
    from web.sandbox.goods import example_goods
    from web.sandbox.hosts import address_to_open, answer_own_names_only, require_loopback
    from web.sandbox.sandbox import Sandbox
    from web.sandbox.server import serve_in_thread
    from web.sandbox.settings import SPARE_TOKENS, TOKEN, blocks_to_mine, pointed_at_emulators

    with told_plainly(), until_a_signal() as stack:
        if not public:
            require_loopback(settings.webapp_host)
        folder = data or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="souk-sandbox-")))
        chains = Chains(clock=time.time, random=random.SystemRandom())
        tokens = [TOKEN, *(SPARE_TOKENS if settings.multibot else ())]
        emulated = Sandbox(tokens, chains, data_dir=data, paced=True)
        providers = serve_in_thread(emulated.providers_app())
        stack.callback(providers.stop)
        own = pointed_at_emulators(settings, folder, servers_url=providers.url)
        configure_logging(own.log_level, as_json=own.log_format == "json")
        parts = build(own, chains.provider_settings(providers.url, mirrors=True), stack, rhythm=SANDBOX_RHYTHM)
        emulated.announce(blocks_to_mine=blocks_to_mine(own))
        group, _ = own.notification_group
        if group is not None:
            emulated.telegram.open_group(group, "Notices")
        emulated.register(parts.app)
        answer_own_names_only(parts.app, public=public, public_url=settings.public_url)
        limits = replace(SANDBOX_LIMITS, on_tick=partial(_in_turn, parts.monitor.watchdog.look, OneCore().tick))
        server = listen(parts.app, own.webapp_host, own.webapp_port, limits=limits)
        stack.callback(server.close)
        address = address_to_open(own.webapp_host, int(server.effective_port))
        if parts.shop.payments.invoices is not None:
            parts.shop.payments.invoices.report_to(address)
        parts.shop.inventory.stock(example_goods(own.currency))
        _direct_updates(parts, address)
        _start(parts, stack)
        _receive_by_webhook(parts, address, stack)
        emulated.start()
        stack.callback(emulated.stop)
        click.echo(f"Souk sandbox: {address}/")
        _serve(parts, server, stack)


def build(settings: Settings, providers: ProviderSettings, stack: ExitStack, *, rhythm: Rhythm) -> Parts:
    """Open the database and build everything on it, without starting any thread or sending any request."""
    database, key = open_database(settings, stack, may_create=True)
    languages, clock_offset, metrics = Languages.found(zone=settings.zone), ClockOffset(), Metrics()
    http = http_client(database, clock_offset, metrics)
    registry = Registry(providers, http=http, clock=time.time, folder=settings.database_path.parent)
    stack.callback(registry.close)
    shop = shop_assembly.build(
        settings,
        database,
        registry,
        clock=now,
        languages=languages.codes,
        rhythm=rhythm,
        provider=payment_providers.connect(settings, http, clock=time.time),
        is_far_ahead=lambda: clock_offset.is_far_ahead,
    )
    _report_errors(shop, stack)
    transport = _transport(settings, database, clock_offset, metrics)
    front = front_assembly.build(
        settings,
        shop,
        database,
        transport,
        languages,
        clock=now,
        monotonic=time.monotonic,
        announcements_a_second=rhythm.announcements_a_second,
        secret_of=lambda bot_id: front_assembly.webhook_secret(settings, key.raw, bot_id),
    )
    front.bots.on_update = metrics.update_handled
    stack.callback(front.courier.stop, timeout_s=STOP_TIMEOUT_S)
    monitor = _monitor(shop, front, database, clock_offset)
    metrics.watch(monitor)
    app = _app(settings, shop, front, monitor)
    app.teardown_request(lambda _error: database.release_thread())
    app.register_blueprint(metrics_page(metrics.text, token=settings.metrics_token.get_secret_value()))
    known = knows_telegram(front.fleet.secrets, path=settings.webhook_path)
    return Parts(settings, database, shop, front, transport, app, known, monitor)


def _app(settings: Settings, shop: Shop, front: Front, monitor: Monitor) -> Flask:
    return create_app(
        accept=front.bots.accept,
        secrets=front.fleet.secrets,
        webhook_path=settings.webhook_path,
        health=monitor.examine,
        is_ready=monitor.serving.is_set,
        payment_callback=_callback_route(shop.payments.invoices),
    )


def _report_errors(shop: Shop, stack: ExitStack) -> None:
    logging.getLogger().addHandler(shop.error_reports)
    stack.callback(logging.getLogger().removeHandler, shop.error_reports)


def http_client(database: Database, clock_offset: ClockOffset, metrics: Metrics) -> HttpClient:
    """Build what asks the servers of chains, prices and the payment provider; its deadline is the client's own."""

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
        shop, database, Watchdog(), Alarms(shop.context), clock_offset, uncaught, arrivals=front.reachability
    )


def _callback_route(invoices: Invoices | None) -> CallbackRoute | None:
    if invoices is None:
        return None
    return CallbackRoute(invoices.provider.callback_path, invoices.provider.signature_header, invoices.callback)


def _with_tunnel(settings: Settings) -> Settings:
    """Use a tunnel's address as PUBLIC_URL on a developer's machine that has one."""
    if settings.public_url or settings.runtime_environment != "dev":
        return settings
    http = HttpClient(version=VERSION, timeout_s=2)
    url = public_address(http, settings.tunnel_api_url, port=settings.webapp_port)
    http.close()
    return settings.model_copy(update={"public_url": url})


def _start(parts: Parts, stack: ExitStack) -> None:
    """Start the threads, and have them all stopped before the database closes."""
    front = parts.front.runners(let_go=parts.database.release_thread)
    threads = (*parts.shop.runners, *front, parts.monitor.make_runner())
    runners = Runners(threads)
    stack.callback(runners.stop, timeout_s=STOP_TIMEOUT_S)
    stack.callback(parts.front.stop)
    stack.callback(parts.shop.payments.payment_checks.stop)
    runners.start()
    parts.monitor.watchdog.watch(*threads)


def _serve(parts: Parts, server: Server, stack: ExitStack) -> None:
    """Answer requests until a signal arrives, releasing this thread's database connection, which it does not need."""
    parts.database.release_thread()
    memory.keep_only_what_is_used()
    memory.give_back()
    stack.callback(parts.monitor.serving.clear)
    parts.monitor.serving.set()
    server.run()


def _direct_updates(parts: Parts, base_url: str) -> None:
    """Have Telegram post updates to `base_url`, or keep them until they are fetched if it is empty. A refusal ends
    the start before any job has begun, since it may be tried again every few seconds. Several bots do this on their
    own thread.
    """
    bot, fleet = parts.front.bot, parts.front.fleet
    if base_url:
        fleet.webhook_url = partial(parts.webhook_url, base_url)
    if fleet.has_several_bots:
        return
    if base_url:
        url = parts.webhook_url(base_url, bot.bot_id)
        arrival.receive_by_webhook(bot, url, secret=fleet.secrets[bot.bot_id])
    else:
        arrival.receive_by_polling(bot)


def _receive_by_webhook(parts: Parts, base_url: str, stack: ExitStack) -> None:
    bot, fleet = parts.front.bot, parts.front.fleet
    parts.monitor.arrivals = parts.front.reachability
    if fleet.has_several_bots:
        return
    url, secret = parts.webhook_url(base_url, bot.bot_id), fleet.secrets[bot.bot_id]
    watch = WebhookWatch(bot, url, secret=secret, reachability=parts.front.reachability)
    job = Job("webhook", LOOK_EVERY_S, watch.look)
    runner = Runner("webhook", (job,), let_go=parts.database.release_thread)
    runners = Runners((runner,))
    stack.callback(runners.stop, timeout_s=STOP_TIMEOUT_S)
    runners.start()
    parts.monitor.watchdog.watch(runner)


def _receive_by_polling(parts: Parts, stack: ExitStack) -> None:
    front, at_end = parts.front, parts.database.release_thread
    parts.monitor.arrivals = front.reachability
    poller: Poller | PollerOfMany
    if front.fleet.has_several_bots:
        connect = partial(parts.transport.long_poll, parts.settings.telegram_api_url)
        poller = PollerOfMany(front.fleet, front.bots, connect, monotonic=time.monotonic, at_end=at_end)
        front.fleet.changed = poller.wake
    else:
        poller = Poller(front.bot, front.bots, front.reachability, monotonic=time.monotonic, at_end=at_end)
    stack.callback(poller.stop, timeout_s=STOP_TIMEOUT_S)
    poller.start()
    parts.monitor.watchdog.watch(poller.runner)
