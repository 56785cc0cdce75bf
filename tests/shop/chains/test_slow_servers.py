"""A server that answers slowly, but in time, doesn't slow its chain: the others are asked first."""

import logging
from types import SimpleNamespace

import pytest

from shop.chains.http import HttpClient
from shop.metrics import Metrics
from tests.conftest import StandingClock
from tests.monitoring import monitor_of
from tests.patience import DEADLINE_S
from tests.shop.chains.lying import PREFIX
from tests.shop.chains.test_failover import ADDRESSES
from tests.stand import World, open_shop
from wallet.chains import Chain

JUST_IN_TIME_S = 0.9 * DEADLINE_S


class SlowServer:
    """The honest server, below `/liar`, where each answer takes `answer_s` of `seconds`; `asked` lists the paths."""

    def __init__(self, front, seconds: StandingClock) -> None:
        self.answer_s = JUST_IN_TIME_S
        self.asked: list[str] = []
        self._seconds = seconds
        self._honest = front.app.wsgi_app
        front.app = SimpleNamespace(wsgi_app=self._answer)

    def _answer(self, environ, start_response):
        path = environ["PATH_INFO"]
        if path.startswith(PREFIX):
            self.asked.append(path)
            self._seconds.pass_s(self.answer_s)
            environ = {**environ, "PATH_INFO": path.removeprefix(PREFIX)}
        return self._honest(environ, start_response)


@pytest.fixture
def seconds() -> StandingClock:
    """A monotonic clock that only slow answers move."""
    return StandingClock()


@pytest.fixture
def slow(front, chains, shop, seconds) -> SlowServer:
    shop.http = HttpClient(timeout_s=DEADLINE_S, deadline_s=DEADLINE_S, monotonic=seconds)
    return SlowServer(front, seconds)


def open_reader(shop, front, chain: Chain, *, alone: bool = False):
    """Open a reader whose first server is the slow one."""
    (url,) = shop.settings.servers[chain]
    urls = (url.replace(front.url, front.url + PREFIX), url)
    return shop.reader(chain, urls[:1] if alone else urls, ethplorer_url="")


def looks(reader, slow: SlowServer, count: int) -> int:
    """Look at an address several times; return how many questions about it the slow server got."""
    before = len(slow.asked)
    for _ in range(count):
        reader.peek([ADDRESSES[reader.chain]])
    of_headers = ("/blocks", "/block/", "/block-height/", "/tip/")
    return sum(not any(each in path for each in of_headers) for path in slow.asked[before:])


def which_are_slow(reader) -> list[bool]:
    return [each.is_slow for each in reader.status().providers]


@pytest.mark.parametrize("chain", [Chain.ETH, Chain.TRX, Chain.SOL])
def test_others_are_asked_before_a_slow_server_and_it_gets_another_try(
    shop, front, clock, slow, chain, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "souk.chains")
    reader = open_reader(shop, front, chain)
    assert looks(reader, slow, 4) > 0
    assert which_are_slow(reader) == [True, False]
    assert [each.resting_until for each in reader.status().providers] == [None, None]
    assert looks(reader, slow, 3) == 0
    assert caplog.text.count("answers slowly: for 10 minutes, any others are asked first") == 1
    clock.pass_s(601)
    assert looks(reader, slow, 1) > 0
    assert looks(reader, slow, 3) == 0, "one more slow answer is enough now"
    slow.answer_s = 0
    clock.pass_s(601)
    assert looks(reader, slow, 3) >= 3
    assert which_are_slow(reader) == [False, False]


@pytest.mark.parametrize("chain", [Chain.BTC, Chain.LTC])
def test_a_server_whose_headers_come_slowly_is_asked_about_no_address(shop, front, slow, chain) -> None:
    reader = open_reader(shop, front, chain)
    looks(reader, slow, 1)
    assert which_are_slow(reader) == [True, False]
    before = len(slow.asked)
    assert looks(reader, slow, 3) == 0
    assert len(slow.asked) > before, "its headers still count"


def test_a_slow_server_without_another_is_asked_all_the_same(shop, front, slow) -> None:
    reader = open_reader(shop, front, Chain.ETH, alone=True)
    looks(reader, slow, 4)
    assert which_are_slow(reader) == [True]
    assert looks(reader, slow, 2) >= 2


def two_operators(shop, front, chain: Chain):
    """Open a reader of two operators, the first of which is the slow one."""
    (url,) = shop.settings.servers[chain]
    urls = (url.replace(front.url, front.url + PREFIX), url.replace("127.0.0.1", "localhost"))
    return shop.reader(chain, urls, ethplorer_url="")


@pytest.mark.parametrize("chain", [Chain.ETH, Chain.TRX, Chain.SOL])
def test_the_operator_that_is_asked_before_a_slow_one_is_not_its_own_witness(shop, front, slow, chain) -> None:
    reader, addresses = two_operators(shop, front, chain), [ADDRESSES[chain]]
    looks(reader, slow, 4)
    assert which_are_slow(reader) == [True, False]
    reader.scan_elsewhere(addresses, None)
    before = len(slow.asked)
    reader.scan(addresses, None)
    assert len(slow.asked) == before
    reader.scan_elsewhere(addresses, None)
    assert len(slow.asked) > before


@pytest.mark.parametrize("chain", [Chain.ETH, Chain.TRX, Chain.SOL])
def test_a_server_that_turns_slow_is_not_its_own_witness(shop, front, slow, chain) -> None:
    reader, addresses = two_operators(shop, front, chain), [ADDRESSES[chain]]
    slow.answer_s = 0
    reader.scan(addresses, None)
    assert slow.asked
    slow.answer_s = JUST_IN_TIME_S
    looks(reader, slow, 4)
    assert which_are_slow(reader) == [True, False]
    before = len(slow.asked)
    reader.scan(addresses, None)
    reader.scan_elsewhere(addresses, None)
    assert len(slow.asked) == before


def test_a_few_slow_answers_among_many_are_usual(shop, front, slow) -> None:
    reader = open_reader(shop, front, Chain.ETH)
    for _ in range(3):
        slow.answer_s = JUST_IN_TIME_S
        reader.head()
        slow.answer_s = 0
        for _ in range(9):
            reader.head()
    assert which_are_slow(reader) == [False, False]
    assert len(slow.asked) >= 30


def test_a_clock_that_is_set_back_keeps_no_server_slow(shop, front, clock, slow) -> None:
    reader = open_reader(shop, front, Chain.ETH)
    looks(reader, slow, 4)
    clock.pass_s(-7_200)
    assert which_are_slow(reader) == [False, False]


def test_health_and_metrics_name_a_slow_server(shop, front, slow, database, clock) -> None:
    world = World(database)
    world.chains = {Chain.ETH: open_reader(shop, front, Chain.ETH)}
    stand = open_shop(database, clock, world=world)
    monitor = monitor_of(stand)
    monitor.look()
    assert monitor.examine().slow == ()
    looks(world.chains[Chain.ETH], slow, 4)
    monitor.look()
    assert monitor.examine().slow == (("ETH", ("127.0.0.1 (1)",)),)
    metrics = Metrics()
    metrics.watch(monitor)
    assert b'souk_provider_slow{chain="ETH"} 1.0' in metrics.text()
