"""Servers that fail, lie, lag or rate-limit rest for a while, and the next one is asked."""

from decimal import Decimal

import pytest

from shop.chains.answers import JsonValue
from shop.chains.errors import BadAnswer, ChainUnavailable, NotFound, RateLimited, Unavailable
from shop.chains.failover import Failover
from shop.chains.http import Endpoint, HttpClient
from shop.chains.servers import Provider
from shop.chains.transfers import Head
from tests.patience import DEADLINE_S
from wallet.chains import Chain

SERVERS = {Chain.BTC: "btc", Chain.LTC: "ltc", Chain.ETH: "eth", Chain.TRX: "tron", Chain.SOL: "solana"}
ADDRESSES = {
    Chain.BTC: "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu",
    Chain.LTC: "ltc1qjmxnz78nmc8nq77wuxh25n2es7rzm5c2rkk4wh",
    Chain.ETH: "0x9858EfFD232B4033E47d90003D41EC34EcaEda94",
    Chain.TRX: "TUEZSdKsoDHQMeZwihtdoBiN46zxhGWYdH",
    Chain.SOL: "HAgk14JpMQLgt6rVgv7cBQFJWFto5Dqxi472uT3DKpqk",
}
UNKNOWN = {chain: "5" * 88 if chain is Chain.SOL else "ab" * 32 for chain in Chain}
ANN = "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu"


@pytest.fixture
def reader(shop, base):
    return shop.reader(Chain.BTC, (f"{base}/btc/api", f"{base}/btc-mirror/api"))


@pytest.fixture
def lonely(shop):
    return shop.reader(Chain.BTC)


KINDS = ["error500", "ratelimit429", "forbidden403", "html", "error_body", "drop", "truncated"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_next_server_answers_if_one_fails(chains, reader, kind):
    chains.pay("btc", ANN, Decimal(1), None)
    chains.fault("btc-primary", kind, 1)
    assert len(reader.peek([ANN])) == 1
    status = reader.status()
    assert status.ok
    assert [bool(provider.resting_until) for provider in status.providers] == [True, False]
    assert status.providers[0].reason
    asked = chains.routes.questions["btc"]
    reader.peek([ANN])
    assert chains.routes.questions["btc"] == asked


@pytest.mark.parametrize("kind", KINDS)
def test_a_chain_without_any_answer_is_delayed_and_shows_since_when(chains, lonely, clock, kind):
    chains.fault("btc", kind, 1)
    with pytest.raises(ChainUnavailable) as refused:
        lonely.peek([ANN])
    assert refused.value.chain is Chain.BTC
    assert lonely.status().delayed_since == clock.now
    clock.pass_s(7_200)
    lonely.peek([ANN])
    assert lonely.status().ok


def test_a_server_that_answers_late_counts_as_silent(chains, shop):
    shop.http = HttpClient(version="test", timeout_s=0.2)
    chains.faults.hold_s = DEADLINE_S
    lonely = shop.reader(Chain.BTC)
    chains.fault("btc", "timeout", 1)
    with pytest.raises(ChainUnavailable) as refused:
        lonely.head()
    assert refused.value.failures[0].reason == "no answer in time"


def test_a_height_lower_than_before_is_a_lie(chains, shop, base):
    reader = shop.reader(Chain.ETH, (f"{base}/eth", f"{base}/eth-mirror"))
    before = reader.head().latest
    chains.fault("eth-primary", "stale", 1)
    assert reader.head().latest == before
    assert reader.status().providers[0].reason == "a lower height than before"


def test_a_lagging_server_takes_no_block_away(chains, reader):
    chains.mine("btc", 200)
    before = reader.head().latest
    chains.fault("btc-primary", "stale", 1)
    assert reader.head().latest == before
    assert not any(provider.resting_until for provider in reader.status().providers)


def test_an_empty_list_where_there_was_one_is_a_lie(chains, shop, base):
    both = (f"{base}/btc/api", f"{base}/btc-mirror/api")
    reader = shop.reader(Chain.BTC, both, hand_mined=False)
    chains.pay("btc", ANN, Decimal(1), None)
    chains.mine("btc", 1)
    assert reader.peek([ANN])
    chains.fault("btc-primary", "empty", 1)
    assert reader.peek([ANN])
    assert "empty list" in reader.status().providers[0].reason


def test_two_servers_that_agree_on_an_empty_list_are_believed(chains, reader, clock):
    txid = chains.pay("btc", ANN, Decimal(1), None)
    chains.mine("btc", 1)
    assert reader.peek([ANN])
    chains.drop("btc", txid)
    assert reader.peek([ANN]) == ()


def test_retry_after_is_respected(chains, lonely, clock):
    chains.fault("btc", "ratelimit429", 1)
    with pytest.raises(ChainUnavailable) as refused:
        lonely.head()
    assert refused.value.retry_after_s == 30
    clock.pass_s(29)
    with pytest.raises(ChainUnavailable) as still:
        lonely.head()
    assert still.value.failures == ()
    clock.pass_s(1)
    lonely.head()


def test_rests_grow_while_a_server_keeps_failing(chains, lonely, clock):
    waits = []
    chains.fault("btc", "error500", 4)
    for _ in range(4):
        with pytest.raises(ChainUnavailable) as refused:
            lonely.head()
        waits.append(refused.value.retry_after_s)
        clock.pass_s(waits[-1])
    assert waits == [5, 10, 20, 40]


def test_a_daily_quota_is_kept_and_renewed_at_midnight(chains, shop, clock):
    url = shop.settings.servers[Chain.BTC][0]
    shop.reader(Chain.BTC).head()
    before = chains.routes.questions["btc"]
    reader = shop.reader(Chain.BTC, daily_quotas={url: 3})
    for _ in range(3):
        reader.head()
    with pytest.raises(ChainUnavailable) as refused:
        reader.head()
    assert isinstance(refused.value.failures[0], RateLimited)
    assert chains.routes.questions["btc"] == before + 3
    clock.pass_s(refused.value.retry_after_s)
    reader.head()


class Standing:
    """A server that only reports its height."""

    def __init__(self, name: str, shop, height: int) -> None:
        self.provider = Provider(Endpoint(f"https://{name}.example"), shop.http, clock=shop.clock)
        self.height = height

    def head(self) -> Head:
        return Head(self.height)


def test_a_height_the_chain_cannot_have_reached_is_a_lie(shop, clock):
    server = Standing("first", shop, 100)
    servers = Failover(Chain.BTC, [server], clock=clock)
    servers.head(Standing.head)
    server.height = 600
    with pytest.raises(ChainUnavailable) as refused:
        servers.head(Standing.head)
    assert "cannot have reached" in refused.value.failures[0].reason


@pytest.mark.parametrize("liar_is_first", [True, False])
def test_one_operators_absurd_height_is_not_held_against_anybody_else(shop, clock, liar_is_first):
    liar, honest = Standing("liar", shop, 25_000_000), Standing("honest", shop, 21_000_000)
    order = [liar, honest] if liar_is_first else [honest, liar]
    servers = Failover(Chain.ETH, order, clock=clock)
    for _ in range(3):
        for server in order:
            servers.put(lambda client: servers.check_height(client, client.height), server)
        honest.height += 5
        clock.pass_s(60)
    assert servers.status().highest_block in (21_000_005, 21_000_010)
    assert not any(provider.resting_until for provider in servers.status().providers)


def test_a_height_that_two_operators_reached_is_held_against_a_third(shop, clock):
    heights = {"one": 21_001_000, "two": 21_001_001, "three": 21_000_900}
    one, two, three = (Standing(name, shop, height) for name, height in heights.items())
    servers = Failover(Chain.ETH, [one, two, three], clock=clock)
    for server in (one, two):
        servers.check_height(server, server.height)
    with pytest.raises(BadAnswer) as refused:
        servers.check_height(three, three.height)
    assert refused.value.reason == "a lower height than before"


@pytest.mark.parametrize("chain", [Chain.ETH, Chain.TRX, Chain.SOL])
def test_a_height_that_a_chain_of_slots_cannot_have_is_refused_from_the_start(shop, clock, chain):
    servers = Failover(chain, [Standing("only", shop, 10**9)], clock=clock)
    with pytest.raises(ChainUnavailable) as refused:
        servers.head(Standing.head)
    assert "cannot have reached" in refused.value.failures[0].reason
    assert servers.status().highest_block is None


def refusal(servers, server, read_to):
    """Return why a height is refused; empty if it is not."""
    try:
        servers.check_height(server, server.height, read_to=(read_to, int(servers.now())))
    except BadAnswer as error:
        return error.reason
    return ""


def test_a_height_far_below_what_the_shop_has_read_is_refused_and_not_remembered(shop, clock):
    server = Standing("only", shop, 20_000_000)
    servers = Failover(Chain.ETH, [server], clock=clock)
    assert refusal(servers, server, 21_000_000) == "lags behind"
    server.height = 21_000_010
    assert refusal(servers, server, 21_000_000) == ""


def test_a_server_that_catches_up_with_what_the_shop_has_read_is_believed_at_once(shop, clock):
    server = Standing("only", shop, 20_000_000)
    servers = Failover(Chain.ETH, [server], clock=clock)
    servers.check_height(server, server.height)
    server.height = 21_000_010
    assert "cannot have reached" in refusal(servers, server, 0)
    assert refusal(servers, server, 21_000_000) == ""


@pytest.mark.parametrize(("others", "seconds"), [(1, 0), (0, 3_600)])
def test_two_operators_or_one_for_an_hour_show_that_the_shop_was_led_too_far(shop, clock, others, seconds):
    names = ["first", "second"][: 1 + others]
    low = [Standing(name, shop, 20_999_000) for name in names]
    servers = Failover(Chain.ETH, low, clock=clock)
    assert refusal(servers, low[0], 21_000_000) == "lags behind"
    clock.pass_s(seconds)
    assert refusal(servers, low[-1], 21_000_000) == ""
    assert servers.is_below(low[-1].height, read_to=21_000_000)


def test_questions_between_two_scans_do_not_restart_that_hour(shop, clock):
    server = Standing("only", shop, 20_999_000)
    servers = Failover(Chain.ETH, [server], clock=clock)
    for _ in range(60):
        assert refusal(servers, server, 21_000_000) == "lags behind"
        clock.pass_s(60)
        servers.check_height(server, server.height)
        with servers.others_first():
            assert refusal(servers, server, 20_999_000) == ""
    assert refusal(servers, server, 21_000_000) == ""


def test_a_height_that_the_shop_cannot_have_read_discredits_no_server(shop, clock):
    server = Standing("only", shop, 21_000_000)
    assert refusal(Failover(Chain.ETH, [server], clock=clock), server, 10**9) == ""


@pytest.mark.parametrize("chain", [Chain.ETH, Chain.TRX, Chain.SOL])
@pytest.mark.parametrize("height", [0, 5_000_000])
def test_a_height_that_a_chain_of_slots_passed_long_ago_is_refused_from_the_start(shop, clock, chain, height):
    servers = Failover(chain, [Standing("only", shop, height)], clock=clock)
    with pytest.raises(ChainUnavailable) as refused:
        servers.head(Standing.head)
    assert "long passed" in refused.value.failures[0].reason
    assert servers.status().highest_block is None


@pytest.mark.parametrize("chain", [Chain.ETH, Chain.TRX, Chain.SOL])
def test_a_cursor_moved_ahead_by_a_false_height_comes_back(chains, shop, chain):
    reader, address = shop.reader(chain), ADDRESSES[chain]
    name = chain.value.lower()
    ahead = reader.head().latest + 2_000_000
    false = {Chain.ETH: f"{ahead}:{ahead}:", Chain.TRX: f"{ahead}:", Chain.SOL: f"{ahead}:{ahead}:"}
    txid = chains.pay(name, address, Decimal(1), None if chain is Chain.SOL else "USDT")
    chains.mine(name, 80)
    assert [transfer.txid for transfer in reader.scan([address], false[chain]).transfers] == [txid]


def test_not_found_at_a_server_means_nothing_while_another_is_further_ahead(shop, clock):
    class Ignorant(Standing):
        def look(self):
            raise NotFound(self.provider.name)

    ahead, behind = Ignorant("ahead", shop, 21_001_000), Ignorant("behind", shop, 21_000_900)
    servers = Failover(Chain.ETH, [behind, ahead], clock=clock)
    servers.check_height(ahead, ahead.height)
    with pytest.raises(NotFound) as unknown:
        servers.look_up(Ignorant.look, height=lambda client: client.height)
    assert unknown.value.provider == "ahead.example"
    servers.rests.failed(ahead.provider, Unavailable(ahead.provider.name, "down"))
    with pytest.raises(ChainUnavailable) as refused:
        servers.look_up(Ignorant.look, height=lambda client: client.height)
    assert refused.value.failures[0].reason == "lags behind"
    assert not servers.rests.is_resting(behind.provider)


def test_a_stalled_server_is_compared_with_the_next(shop, clock):
    first, second = Standing("first", shop, 100), Standing("second", shop, 100)
    servers = Failover(Chain.BTC, [first, second], clock=clock)
    assert servers.head(Standing.head).latest == 100
    second.height = 105
    clock.pass_s(3_000)
    assert servers.head(Standing.head).latest == 105
    assert servers.status().providers[0].reason == "lags behind"


def test_one_chains_outage_does_not_affect_the_others(chains, shop):
    readers = shop.registry().readers()
    chains.fault("ltc", "error500", 1)
    with pytest.raises(ChainUnavailable) as refused:
        readers[Chain.LTC].head()
    assert refused.value.chain is Chain.LTC
    assert readers[Chain.BTC].head()
    assert readers[Chain.BTC].status().ok


@pytest.mark.parametrize("chain", list(Chain))
def test_a_lagging_server_is_not_believed_when_it_does_not_know_a_transaction(chains, shop, chain):
    reader = shop.reader(chain, ethplorer_url="", hand_mined=False)
    chains.pay(chain.value, ADDRESSES[chain], Decimal(1), None)
    reader.head()
    chains.fault(f"{SERVERS[chain]}-primary", "empty", 1)
    chains.fault(f"{SERVERS[chain]}-primary", "stale", 5)
    with pytest.raises(ChainUnavailable) as refused:
        reader.find(UNKNOWN[chain], [ADDRESSES[chain]])
    assert refused.value.failures[0].reason in ("a lower height than before", "lags behind")


@pytest.mark.parametrize("chain", list(Chain))
def test_a_wrong_url_is_an_outage_not_an_unknown_transaction(chains, shop, base, chain):
    nowhere = (f"{base}/{SERVERS[chain]}/nowhere",)
    reader = shop.reader(chain, nowhere, ethplorer_url="")
    for ask in (
        reader.head,
        lambda: reader.peek([ADDRESSES[chain]]),
        lambda: reader.scan([ADDRESSES[chain]], None),
        lambda: reader.find(UNKNOWN[chain], [ADDRESSES[chain]]),
    ):
        with pytest.raises(ChainUnavailable) as refused:
            ask()
        assert refused.value.chain is chain
        shop.clock.pass_s(7_200)


@pytest.mark.parametrize("chain", list(Chain))
def test_a_chain_without_any_server_is_an_outage(shop, chain):
    reader = shop.reader(chain, (), ethplorer_url="")
    servers = Failover(chain, [], clock=shop.clock)
    with servers.others_first(), pytest.raises(ChainUnavailable):
        servers.ask(Standing.head)
    for ask in (lambda: reader.peek([ADDRESSES[chain]]), lambda: reader.scan([ADDRESSES[chain]], None)):
        with pytest.raises(ChainUnavailable):
            ask()


def test_others_are_the_operators_that_were_not_believed_if_there_are_any(shop, clock):
    first, second, third = (Standing(name, shop, 100) for name in ("first", "second", "third"))
    servers = Failover(Chain.ETH, [first, second, third], clock=clock)

    def without_the_first(client):
        if client is first:
            raise BadAnswer(client.provider.name, "nonsense")
        return client

    assert servers.ask(lambda client: client) is first
    assert servers.ask(without_the_first) is second
    clock.pass_s(3_600)
    with servers.others_first():
        assert servers.ask(lambda client: client) is third


@pytest.mark.parametrize(("is_enough", "rests"), [(True, True), (False, False)])
def test_a_server_in_doubt_rests_only_if_another_gives_a_good_answer(shop, clock, is_enough, rests):
    archive = Standing("archive", shop, 100)
    servers = Failover(Chain.SOL, [archive, Standing("other", shop, 100)], clock=clock)

    def question(client):
        if client is archive:
            raise BadAnswer(client.provider.name, "does not list what it holds")
        return is_enough

    assert servers.ask(question, of_one_address=True, enough=bool) is is_enough
    assert bool(servers.status().providers[0].resting_until) is rests


@pytest.mark.parametrize("chain", Chain)
def test_a_clock_that_is_set_back_leaves_no_server_resting_and_no_height_distrusted(chains, shop, clock, chain):
    reader = shop.reader(chain, hand_mined=False)
    height = reader.head().latest
    clock.pass_s(60)
    chains.fault(SERVERS[chain], "error500", 1)
    with pytest.raises(ChainUnavailable):
        reader.head()
    clock.pass_s(-365 * 86_400)
    assert reader.head().latest == height
    assert reader.status().ok


def test_a_number_too_large_for_the_database_is_not_an_answer():
    answer = JsonValue.parse(b'{"n": 9223372036854775808, "q": "0x8000000000000000"}', provider="somebody")
    for read in (lambda: answer["n"].integer, lambda: answer["q"].height):
        with pytest.raises(BadAnswer) as refused:
            read()
        assert refused.value.provider == "somebody"
    assert answer["q"].quantity == 2**63
