"""What the doctor says about other people's servers: who answers, who lags, whose clock differs, who takes coins."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from flask import Flask

from shop.chains.clock_offset import ClockOffset
from shop.chains.parameters import PARAMETERS
from shop.chains.proof.checkpoints import NETWORKS
from shop.chains.proof.header_chain import HeaderChain
from shop.chains.provider_settings import ProviderSettings
from shop.chains.registry import Registry
from shop.doctor import servers
from shop.doctor.findings import Finding
from shop.payments.kryptoexpress import KryptoExpressProvider
from tests.conftest import StandingClock
from tests.patience import patient_client
from tests.stand import settings_of
from wallet.chains import Chain
from web.sandbox.chains import Chains
from web.sandbox.server import serve_in_thread

DAY_S = 86_400


class World:
    """Emulated servers, two of each chain, and what the doctor says about them."""

    def __init__(self, url: str, chains: Chains, clock: StandingClock, folder: Path) -> None:
        self.url, self.chains, self.clock, self.folder = url, chains, clock, folder
        self.http = patient_client()
        self.settings: ProviderSettings = chains.provider_settings(url, mirrors=True)
        self.registry = Registry(self.settings, http=self.http, clock=clock, folder=folder)

    def heads(self) -> servers.Heads:
        return servers.heads(self.registry, set(Chain))

    def lagging(self, chain: Chain) -> list[tuple[str, str]]:
        return said(servers.chains(self.heads(), block_s=block_s), chain.value)

    def headers(self, chain: Chain) -> list[tuple[str, str]]:
        found = servers.headers(self.settings, self.heads(), self.folder, now=self.clock())
        return said(found, f"{chain.value} headers")

    def second_operators(self) -> list[tuple[str, str]]:
        found = servers.second_operators(self.registry, self.heads(), block_s=block_s)
        return said(found, "LTC second operator")

    def ethplorer(self) -> list[tuple[str, str]]:
        return said(servers.ethplorer(self.registry), "ETH tokens")

    def provider(self, key: str = "sandbox", path: str = "/kryptoexpress") -> tuple[str, str]:
        given = {"KRYPTO_EXPRESS_API_KEY": key, "KRYPTO_EXPRESS_API_URL": self.url + path}
        settings = settings_of(self.folder, **given)
        [found] = said([servers.provider(KryptoExpressProvider.connect(settings, self.http, self.clock))])
        return found


def block_s(chain: Chain) -> int:
    return PARAMETERS[chain].pace.block_s


def said(findings: Any, subject: str | None = None) -> list[tuple[str, str]]:
    """List the verdicts and texts of the findings about a subject; a cure belongs to what is not well."""
    found: list[Finding] = [each for each in findings if subject in (None, each.subject)]
    assert all(bool(each.cure) is (each.verdict.name != "OK") for each in found)
    return [(each.verdict.name, each.text) for each in found]


@pytest.fixture
def world(tmp_path: Path, clock: StandingClock) -> Iterator[World]:
    chains, app = Chains(clock=clock, random=Random(7), hold_s=0.05), Flask("servers")
    app.register_blueprint(chains.blueprint())
    server = serve_in_thread(app)
    made = World(server.url, chains, clock, tmp_path)
    yield made
    made.registry.close()
    made.http.close()
    server.stop()


def test_a_server_is_named_once_it_is_an_hour_behind_the_others(world: World) -> None:
    for chain, name, verdict in (
        (Chain.BTC, "btc-mirror", "WARNING"),
        (Chain.LTC, "ltc-mirror", "WARNING"),
        (Chain.ETH, "eth-mirror", "OK"),
    ):
        world.chains.mine(chain.value, 120)
        world.chains.fault(name, "stale", 10)
        first, second = world.lagging(chain)
        assert (first[0], second[0]) == ("OK", verdict), "100 blocks take hours on the first two, minutes on Ethereum"
        assert verdict == "OK" or second[1].endswith("is 100 blocks behind")
        world.chains.fault(name, "stale", 0)


def test_only_the_chains_that_are_read_are_asked(world: World) -> None:
    found = servers.heads(world.registry, {Chain.TRX})
    assert list(found) == [Chain.TRX]
    assert all(name.startswith("tron") for name in world.chains.routes.questions)
    assert list(servers.headers(world.settings, found, world.folder, now=world.clock())) == []


def test_nothing_is_asked_about_a_chain_without_a_server(world: World) -> None:
    none = replace(world.settings, servers={**world.settings.servers, Chain.LTC: ()})
    world.registry = Registry(none, http=world.http, clock=world.clock, folder=world.folder)
    assert world.lagging(Chain.LTC) == world.headers(Chain.LTC) == world.second_operators() == []


def test_the_headers_are_judged_by_how_far_they_are(world: World) -> None:
    assert world.headers(Chain.BTC) == [("WARNING", "none read yet")]
    world.registry.readers()[Chain.BTC].head()
    world.registry.close()
    [(verdict, text)] = world.headers(Chain.BTC)
    assert (verdict, text.partition(", ")[2]) == ("OK", "0 behind the servers")
    world.chains.mine("btc", 3)
    [(verdict, text)] = world.headers(Chain.BTC)
    assert (verdict, text.partition(", ")[2]) == ("OK", "3 behind the servers")
    for file in world.folder.glob("headers-*"):
        file.unlink()
        file.mkdir()
    [(verdict, text)] = world.headers(Chain.BTC)
    assert (verdict, text.endswith("cannot be read")) == ("WARNING", True)


def test_headers_that_are_days_old_confirm_nothing(tmp_path: Path) -> None:
    bitcoin, settings = NETWORKS[Chain.BTC], ProviderSettings()
    headers = HeaderChain(tmp_path / f"headers-{bitcoin.rules.name}", bitcoin.rules, bitcoin.start)
    height, made_at = headers.tip.height, headers.tip.header.time
    headers.close()
    heads = {Chain.BTC: {"a server": height + 300}}
    found = servers.headers(settings, heads, tmp_path, now=made_at + 2 * DAY_S)
    assert said(found) == [("WARNING", f"block {height}, 300 behind the servers, stale")]


def test_a_second_operator_of_litecoin_answers_or_is_missed(world: World) -> None:
    [(verdict, text)] = world.second_operators()
    assert (verdict, text.partition(": ")[2]) == ("OK", f"has block {world.chains.ltc.height}")
    world.chains.fault("ltc-blockbook", "error500", 1)
    [(verdict, text)] = world.second_operators()
    assert (verdict, text.partition(" ")[2]) == ("WARNING", "does not answer: server error (500)")
    world.chains.fault("ltc-blockbook", "stale", 2)
    [(verdict, text)] = world.second_operators()
    assert (verdict, text.partition(" ")[2]) == ("WARNING", "is more than 24 blocks behind")


def test_ethplorer_is_only_missed_since_it_is_a_fallback(world: World) -> None:
    [(verdict, text)] = world.ethplorer()
    assert (verdict, text.partition(": ")[2]) == ("OK", f"block {world.chains.eth.height}")
    world.chains.fault("ethplorer", "error500", 1)
    [(verdict, text)] = world.ethplorer()
    assert (verdict, text.partition(" ")[2]) == ("WARNING", "does not answer: server error (500)")


def test_a_provider_without_which_nobody_can_top_up_is_a_failure(world: World) -> None:
    verdict, text = world.provider()
    assert (verdict, text) == ("OK", "it accepts the API key, and takes 8 coins of this shop")
    verdict, text = world.provider(key="another")
    assert (verdict, text) == ("FAILURE", "it does not accept the API key: refused (401)")
    verdict, text = world.provider(path="/nowhere")
    assert (verdict, text) == ("FAILURE", "it does not answer: unexpected status 404")
    world.chains.fault("kryptoexpress", "error500", 1)
    assert world.provider() == ("FAILURE", "it does not answer: server error (500)")
    assert world.chains.kryptoexpress.invoices == {}


@pytest.mark.parametrize(("ahead_s", "text"), [(31, "31 s ahead"), (-45, "45 s behind"), (30, "agrees")])
def test_a_clock_that_is_off_by_more_than_half_a_minute_is_a_warning(ahead_s: int, text: str) -> None:
    offset = ClockOffset(clock=lambda: 1_000_000_000 + ahead_s)
    for server in ("one", "two"):
        offset.saw(server, "Sun, 09 Sep 2001 01:46:40 GMT")
    found = servers.clock(offset, only_telegram=False)
    assert found.text.startswith(text)
    assert (found.verdict.name == "OK") is (text == "agrees")


def test_a_clock_that_nobody_could_be_asked_about_is_no_warning_if_nobody_else_is_asked() -> None:
    found = [servers.clock(ClockOffset(), only_telegram=alone).verdict.name for alone in (True, False)]
    assert found == ["OK", "WARNING"]
