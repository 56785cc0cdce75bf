"""Outside servers: whether each answers, how far its chain is, what coins cost, and what time it has."""

import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import TypeVar

from shop.assets import ASSETS
from shop.chains.answers import JsonValue
from shop.chains.clock_offset import ClockOffset
from shop.chains.errors import AnotherNetwork, NotFound, ProviderError, Refused, Unavailable
from shop.chains.http import Endpoint, HttpClient
from shop.chains.proof.checkpoints import BadCheckpoint
from shop.chains.proof.header_chain import ChainState, HeaderChain
from shop.chains.proof.second_operator import BlockbookClient
from shop.chains.provider_settings import ProviderSettings
from shop.chains.registry import Registry
from shop.doctor.findings import Finding, failure, ok, warning
from shop.payments.price_agreement import PricesDisagree, agreed
from shop.payments.provider import PaymentProvider
from shop.settings.model import Settings
from wallet.chains import Chain

_LAG_S = 3_600
"""Seconds that a server may lag behind the others, by the pace of its chain."""
_CLOCK_OFF_S = 30
_AT_ONCE = 8
T = TypeVar("T")
Heads = Mapping[Chain, Mapping[str, int | ProviderError]]


def heads(registry: Registry, read: Collection[Chain]) -> Heads:
    """Ask each server of the chains that are read for its head, all at once."""
    every = registry.heads().items()
    asked = [(chain, name, ask) for chain, servers in every if chain in read for name, ask in servers]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        answers = list(pool.map(lambda each: _outcome(each[2]), asked))
    found: dict[Chain, dict[str, int | ProviderError]] = {}
    for (chain, name, _), answer in zip(asked, answers, strict=True):
        found.setdefault(chain, {})[name] = answer
    return found


def chains(found: Heads, *, block_s: Callable[[Chain], int]) -> Iterator[Finding]:
    """Judge each server by whether it answers and keeps up with the others."""
    for chain, servers in found.items():
        heights = {name: height for name, height in servers.items() if isinstance(height, int)}
        highest = max(heights.values(), default=0)
        if not heights:
            cure = "check the network of this machine, and the servers' URLs in the settings"
            yield failure(chain.value, "no server answers: payments are not seen", cure)
        for name, answer in servers.items():
            if isinstance(answer, AnotherNetwork):
                cure = "configure one of the main network: the coins of a test network cost nothing"
                yield failure(chain.value, f"{name} is a server of another network", cure)
            elif isinstance(answer, ProviderError):
                yield warning(
                    chain.value, f"{name} does not answer: {answer.reason}", "wait, or configure another server"
                )
            elif (highest - answer) * max(block_s(chain), 1) > _LAG_S:
                yield warning(chain.value, f"{name} is {highest - answer} blocks behind", "configure another server")
            else:
                yield ok(chain.value, f"{name}: block {answer}")


def headers(providers: ProviderSettings, found: Heads, folder: Path, *, now: int) -> Iterator[Finding]:
    """Judge the header chains of the chains that are read, on a copy, since the shop may be writing to them."""
    for chain, network in providers.networks.items():
        if chain not in found:
            continue
        file = folder.joinpath(f"headers-{network.rules.name}")
        if not file.exists():
            yield warning(f"{chain.value} headers", "none read yet", "start the shop: it reads them while it runs")
            continue
        with tempfile.TemporaryDirectory() as place:
            try:
                own = HeaderChain(Path(shutil.copy(file, place)), network.rules, network.start)
            except (OSError, BadCheckpoint):
                yield warning(f"{chain.value} headers", f"{file} cannot be read", "check its permissions")
                continue
            height, state = own.tip.height, own.state(now)
            own.close()
        reached = max((each for each in found[chain].values() if isinstance(each, int)), default=height)
        text = f"block {height}, {max(0, reached - height)} behind the servers"
        if state is ChainState.CURRENT:
            yield ok(f"{chain.value} headers", text)
        else:
            cure = "let the shop run: it catches up, and confirms nothing until then"
            yield warning(f"{chain.value} headers", f"{text}, {state.value}", cure)


def second_operators(registry: Registry, found: Heads, *, block_s: Callable[[Chain], int]) -> Iterator[Finding]:
    """Ask each Blockbook server for the newest block of Litecoin, or for one that it must have by now.

    Nobody, if Litecoin itself has no server.
    """
    if Chain.LTC not in found:
        return
    highest = max((each for each in found[Chain.LTC].values() if isinstance(each, int)), default=0)
    lag = _LAG_S // max(block_s(Chain.LTC), 1)
    heights = highest, max(0, highest - lag)
    for client in registry.blockbook_clients():
        answer, name = _outcome(partial(_has_one_of, client, heights)), client.provider.name
        if isinstance(answer, NotFound):
            text = f"{name} is more than {lag} blocks behind"
        elif isinstance(answer, ProviderError):
            text = f"{name} does not answer: {answer.reason}"
        else:
            yield ok("LTC second operator", f"{name}: has block {answer}")
            continue
        cure = "wait, or change LTC_BLOCKBOOK_URLS: large sums of LTC wait for a second operator"
        yield warning("LTC second operator", text, cure)


def _has_one_of(client: BlockbookClient, heights: tuple[int, ...]) -> int:
    """Return the first of these heights at which a server has a block. Raises ProviderError; NotFound for none."""
    for height in heights:
        with suppress(NotFound):
            client.block_hash(height)
            return height
    raise NotFound(client.provider.name)


def ethplorer(registry: Registry) -> Iterator[Finding]:
    """Ask Ethplorer for its newest block, if the shop uses it."""
    client = registry.ethplorer_client()
    if client is None:
        return
    answer, name = _outcome(client.head), client.provider.name
    if isinstance(answer, ProviderError):
        cure = "wait, or change ETHPLORER_URL: tokens are looked up there while no Ethereum node answers"
        yield warning("ETH tokens", f"{name} does not answer: {answer.reason}", cure)
    else:
        yield ok("ETH tokens", f"{name}: block {answer.latest}")


def provider(takes: PaymentProvider) -> Finding:
    """Ask the payment provider for its coins, and whether it accepts the shop's key; no payment is opened."""
    subject = takes.title
    try:
        coins = takes.assets()
    except ProviderError as error:
        cure = "check the network of this machine and the provider's URL in the settings: nobody can top up in coins"
        return failure(subject, f"it does not answer: {error.reason}", cure)
    try:
        takes.check_key()
    except Refused as error:
        cure = "check the provider's API key in the settings: nobody can top up in coins"
        return failure(subject, f"it does not accept the API key: {error.reason}", cure)
    except ProviderError as error:
        text = f"it answers, but does not say whether it accepts the API key: {error.reason}"
        return warning(subject, text, "run this again, or try a top-up")
    return ok(subject, f"it accepts the API key, and takes {len(coins & set(ASSETS))} coins of this shop")


def prices(registry: Registry, settings: Settings, read: Collection[Chain]) -> Iterator[Finding]:
    """Ask every price source for every coin of the chains that are read, and report what enough of them agree on."""
    wanted = tuple(dict.fromkeys(asset.price_id for asset in ASSETS.values() if asset.chain in read))
    sources = registry.price_sources() if wanted else ()
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        answers = list(pool.map(lambda source: _outcome(lambda: source.rates(wanted, settings.currency)), sources))
    quoted: list[Mapping[str, Decimal]] = []
    for source, answer in zip(sources, answers, strict=True):
        if isinstance(answer, ProviderError):
            yield warning("prices", f"{source.name} does not answer: {answer.reason}", "wait, or change PRICE_URLS")
        elif not answer:
            yield warning("prices", f"{source.name} quotes no coin", "wait, or change PRICE_URLS")
        else:
            quoted.append(answer)
    for coin in wanted:
        try:
            price = agreed([each[coin] for each in quoted if coin in each], needed=settings.price_sources_needed)
        except PricesDisagree:
            cure = "check PRICE_URLS and PRICE_SOURCES_NEEDED: top-ups in it wait"
            yield failure("prices", f"too few sources agree on {coin} in {settings.currency}", cure)
        else:
            yield ok("prices", f"1 {coin} = {price.price.normalize():f} {settings.currency}")


def clock(offset: ClockOffset, *, only_telegram: bool) -> Finding:
    """Compare this machine's clock with the Date headers of the answers. `only_telegram`: nobody else is asked."""
    seconds = offset.seconds()
    if abs(seconds) > _CLOCK_OFF_S:
        side = "ahead" if seconds > 0 else "behind"
        return warning("clock", f"{abs(seconds)} s {side} of the servers'", "timedatectl set-ntp true")
    if not offset.is_known and only_telegram:
        return ok("clock", "not compared: this shop asks no other server than Telegram's")
    if not offset.is_known:
        return warning("clock", "too few servers answered to compare it with", "run this again when they do")
    return ok("clock", "agrees with the servers")


def shop(http: HttpClient, address: str) -> Finding:
    """Ask the shop itself for its health, if it runs."""
    try:
        health = http.get(Endpoint(address), "/healthz").json()
    except Unavailable as error:
        if not error.body:
            return warning("shop", f"nothing answers at {address}", "start it, unless you stopped it")
        health = JsonValue.parse(error.body, provider="shop")
    except ProviderError as error:
        return warning("shop", f"the server at {address} is not Souk ({error.reason})", "check WEBAPP_PORT")
    reasons = ", ".join(each.text for each in (*health["failed"].items(), *health["degraded"].items()))
    status = health["status"].text
    if status == "ok":
        return ok("shop", "it runs and is well")
    say = failure if status == "failed" else warning
    return say("shop", f"it runs and is {status}: {reasons}", "docs/monitoring.md says what each word means")


def webhook(http: HttpClient, public_url: str, path: str, bot_id: int, *, is_delivered: bool) -> Finding:
    """Post updates without the secret to the shop's public address. The shop answers 403 for a bot and 404 for bot 0,
    which a firewall does not tell apart; whatever else answers 2xx makes Telegram drop updates that the shop never
    sees. `is_delivered`: the shop runs, and Telegram reports no failed delivery.
    """
    status, reason = _posted(http, public_url, f"{path}/{bot_id}")
    if status == 0 and is_delivered:
        return ok("webhook", f"Telegram delivers to {public_url}, which this machine cannot reach itself")
    if status == 403:
        status, reason = _posted(http, public_url, f"{path}/0")
        if status == 404:
            return ok("webhook", f"{public_url} leads to the shop")
    if 200 <= status < 300:
        cure = "have the web server there pass these requests on to the shop, as docs/operate.md says"
        return failure("webhook", f"{public_url} accepts updates, but they do not reach the shop", cure)
    cure = "check what is in front of the shop; some routers don't let a machine reach its own address"
    return warning("webhook", f"{public_url} does not lead to the shop from here: {reason}", cure)


def _posted(http: HttpClient, public_url: str, path: str) -> tuple[int, str]:
    """Post an empty update; return the HTTP status, 0 without an answer, and the reason if it is not 200."""
    try:
        http.post(Endpoint(public_url), path, {})
    except ProviderError as error:
        return error.status, error.reason
    return 200, ""


def _outcome(ask: Callable[[], T]) -> T | ProviderError:
    try:
        return ask()
    except ProviderError as error:
        return error
