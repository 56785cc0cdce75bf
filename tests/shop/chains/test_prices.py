"""Prices from four sources, over real HTTP."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from itertools import combinations

import pytest
from flask import jsonify

from shop.chains.errors import BadAnswer, ProviderError, RateLimited, Unavailable
from shop.chains.provider_settings import UnknownPriceSource
from shop.chains.transfers import Looks
from shop.payments.rates import Rates
from tests.patience import DEADLINE_S
from tests.stand import open_shop

IDS = ("BTC", "LTC", "ETH", "SOL", "TRX", "USDT", "USDC")
NAMES = ("coingecko", "kraken", "coinbase", "binance")


@pytest.fixture
def sources(shop):
    return dict(zip(NAMES, shop.registry().price_sources(), strict=True))


@pytest.mark.parametrize("currency", ["USD", "EUR"])
def test_the_sources_agree(chains, sources, currency):
    quotes = {name: source.rates(IDS, currency) for name, source in sources.items()}
    assert set(quotes["coingecko"]) == set(quotes["kraken"]) == set(quotes["coinbase"]) == set(IDS)
    for price_id in IDS:
        rates = [found[price_id] for found in quotes.values() if price_id in found]
        assert max(rates) - min(rates) < min(rates) * Decimal("0.001")
        assert all(isinstance(rate, Decimal) for rate in rates)


def test_binance_counts_a_tether_as_a_dollar_whatever_other_sources_say(chains, sources):
    for name in ("coingecko", "kraken", "coinbase"):
        chains.prices.set_price("USDT", Decimal(10), source=name)
        sources[name].rates(("USDT",), "USD")
    quotes = sources["binance"].rates(("BTC", "USDT"), "USD")
    assert quotes["USDT"] == 1
    assert abs(quotes["BTC"] * Decimal("1.0003") - 64_000) < 1


def test_a_coin_without_a_pair_at_binance_is_converted_at_binances_own_tether_price(chains, sources):
    chains.prices.set_price("USDT", Decimal(10), source="coinbase")
    crossed, direct = (sources[name].rates(IDS, "UAH") for name in ("binance", "coingecko"))
    assert set(crossed) == set(IDS)
    assert all(abs(crossed[each] - direct[each]) <= direct[each] * Decimal("0.0001") for each in IDS)


@pytest.mark.parametrize("name", NAMES)
def test_a_coin_that_a_source_does_not_quote_is_absent(chains, sources, name):
    assert "XMR" not in sources[name].rates(("XMR", "BTC"), "EUR")
    assert "BTC" in sources[name].rates(("XMR", "BTC"), "EUR")


def test_a_currency_that_no_source_quotes_gives_nothing(chains, sources):
    assert all(source.rates(IDS, "XAU") == {} for source in sources.values())


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["error500", "ratelimit429", "forbidden403", "html", "error_body", "truncated"])
def test_a_failing_source_rests_and_is_not_asked(chains, sources, clock, name, kind):
    chains.fault(name, kind, 1)
    with pytest.raises(ProviderError) as refused:
        sources[name].rates(("BTC",), "EUR")
    assert refused.value.provider == sources[name].name
    asked = chains.routes.questions[name]
    with pytest.raises(RateLimited) as resting:
        sources[name].rates(("BTC",), "EUR")
    assert resting.value.reason == "rests"
    assert chains.routes.questions[name] == asked
    clock.pass_s(7_200)
    assert sources[name].rates(("BTC",), "EUR")
    assert sources[name].status().resting_until is None


@pytest.mark.parametrize("name", ["coingecko", "coinbase"])
@pytest.mark.parametrize("price", ["-1", "1e20"])
def test_an_impossible_price_is_refused(chains, sources, name, price):
    chains.prices.set_price("BTC", Decimal(price), source=name)
    with pytest.raises(BadAnswer) as refused:
        sources[name].rates(("BTC", "LTC"), "USD")
    assert "is not a price" in refused.value.reason


@pytest.mark.parametrize("name", NAMES)
def test_a_coin_that_a_source_quotes_at_zero_is_absent_and_the_others_are_there(chains, sources, name):
    chains.prices.set_price("LTC", Decimal(0), source=name)
    assert set(sources[name].rates(("BTC", "LTC", "ETH"), "EUR")) == {"BTC", "ETH"}
    assert sources[name].status().resting_until is None


def test_a_coin_that_nobody_asked_for_spoils_no_answer(chains, sources, monkeypatch):
    nothing = {side: ["0.00000", "0", "0.000"] for side in "ab"}
    tickers = {"XETHZEUR": nothing, "XMREUR": {"a": [], "b": []}, "XXBTZEUR": {side: ["60000"] for side in "ab"}}
    monkeypatch.setattr("web.sandbox.chains.prices.jsonify", lambda **_: jsonify(error=[], result=tickers))
    assert sources["kraken"].rates(("BTC", "ETH"), "EUR") == {"BTC": 60_000}


def test_a_price_keeps_every_digit(chains, sources):
    chains.prices.set_price("BTC", Decimal("67187.3358936566123456789"))
    assert sources["coingecko"].rates(("BTC",), "USD")["BTC"] == Decimal("67187.3358936566123456789")


def test_a_source_is_known_by_its_kind_and_its_host(chains, sources):
    assert [source.name for source in sources.values()] == [f"127.0.0.1 ({name})" for name in NAMES]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("EService:Unavailable", Unavailable),
        ("EGeneral:Too many requests", RateLimited),
        ("EAPI:Rate limit exceeded", RateLimited),
        ("EGeneral:Invalid arguments", BadAnswer),
    ],
)
def test_krakens_errors_in_a_200_are_told_apart(chains, sources, monkeypatch, text, error):
    monkeypatch.setattr("web.sandbox.chains.prices.jsonify", lambda **_: jsonify(error=[text]))
    with pytest.raises(error) as refused:
        sources["kraken"].rates(("LTC",), "USD")
    assert type(refused.value) is error


def test_an_unknown_source_is_named_at_the_start(shop):
    with pytest.raises(UnknownPriceSource) as refused:
        shop.registry(price_urls=("https://prices.example/api?key=secret",)).price_sources()
    assert refused.value.host == "prices.example"
    assert "secret" not in str(refused.value)


def test_look_ups_become_rarer_as_a_top_up_ages():
    looks = Looks(20, ((3_600, 60),))
    assert [looks.every_s(age, fresh_s=600) for age in (0, 599, 600, 3_599, 3_600)] == [20, 20, 60, 60, None]
    assert [looks.every_s(age, fresh_s=7_200) for age in (3_600, 7_199, 7_200)] == [20, 20, None]
    assert (looks.last_s(fresh_s=600), looks.last_s(fresh_s=7_200), Looks(1).last_s(fresh_s=5)) == (3_600, 7_200, 5)


@pytest.fixture
def rates(shop, clock, database) -> Callable[..., Rates]:
    context = open_shop(database, clock).shop.refunds.context

    def build(currency: str = "EUR", *, needed: int = 2) -> Rates:
        chosen = context.settings.model_copy(update={"currency": currency, "price_sources_needed": needed})
        sources = shop.registry().price_sources()
        return Rates(replace(context, settings=chosen), sources, tuple(IDS))

    return build


@pytest.mark.parametrize("currency", ["USD", "EUR", "CHF"])
def test_each_coins_rate_is_what_the_sources_agree_on(chains, rates, currency):
    quoted = rates(currency)
    quoted.refresh()
    assert quoted.untrusted() == ()
    assert abs(quoted.rate("USDT").value - quoted.rate("USDC").value) < Decimal("0.01")


@pytest.mark.parametrize("name", NAMES)
def test_one_liar_among_four_changes_nothing(chains, rates, name):
    honest, fooled = rates(), rates()
    honest.refresh()
    chains.fault(name, "lie", 50)
    fooled.refresh()
    for price_id in IDS:
        assert fooled.rate(price_id).value == honest.rate(price_id).value
        assert f"({name})" not in fooled.rate(price_id).source


@pytest.mark.parametrize("currency", ["USD", "EUR"])
@pytest.mark.parametrize("pair", list(combinations(NAMES, 2)), ids="+".join)
def test_two_sources_agreeing_on_ten_times_the_price_against_two_honest_ones_give_no_rate(
    chains, rates, pair, currency
):
    honest, quoted = rates(currency), rates(currency)
    honest.refresh()
    for name in pair:
        chains.fault(name, "lie", 50)
    quoted.refresh()
    assert {"BTC", "LTC", "ETH", "SOL", "TRX", "USDC"} <= set(quoted.untrusted())
    if "USDT" not in quoted.untrusted():  # that Binance counts a tether as a dollar is not a lie
        assert "binance" in pair and quoted.rate("USDT").value == honest.rate("USDT").value


def test_a_tether_that_loses_its_peg_outvotes_nobody(chains, rates):
    quoted = rates("USD")
    chains.prices.set_price("USDT", Decimal("0.8"))
    quoted.refresh()
    assert quoted.rate("BTC").value == 64_000
    assert quoted.rate("USDT").value == Decimal("0.8")


def test_one_liar_stops_a_currency_that_only_two_sources_quote(chains, rates):
    quoted = rates("CHF")
    quoted.refresh()
    assert quoted.rate("BTC").source == "127.0.0.1 (coingecko), 127.0.0.1 (coinbase)"
    chains.fault("coinbase", "lie", 50)
    quoted.refresh()
    assert set(quoted.untrusted()) == set(IDS)


def test_a_currency_quoted_by_too_few_sources_has_no_rate(chains, rates):
    quoted = rates("XAU")
    quoted.refresh()
    assert set(quoted.untrusted()) == set(IDS)
    quoted = rates("CHF", needed=3)
    quoted.refresh()
    assert set(quoted.untrusted()) == set(IDS)


@pytest.fixture
def in_background(chains) -> Iterator[Callable[[Callable[[], None]], threading.Thread]]:
    threads = []

    def start(run: Callable[[], None]) -> threading.Thread:
        threads.append(threading.Thread(target=run))
        threads[-1].start()
        return threads[-1]

    yield start
    chains.faults.released.set()
    for thread in threads:
        thread.join(DEADLINE_S)
        assert not thread.is_alive()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["drip", "timeout"])
def test_a_source_that_drips_or_is_silent_does_not_delay_the_others(
    chains, rates, in_background, wait_for, name, kind
):
    quoted = rates()
    chains.faults.hold_s = DEADLINE_S
    chains.fault(name, kind, 1)
    refreshing = in_background(quoted.refresh)
    wait_for(lambda: quoted.untrusted() == () and quoted.rate("BTC").source.count(",") == 2)
    assert refreshing.is_alive(), "the round still waits for the slow one"
    assert f"({name})" not in quoted.rate("BTC").source


def test_a_source_that_has_not_answered_yet_is_not_asked_again_and_leaves_no_thread(
    chains, rates, monkeypatch, wait_for
):
    def open_questions() -> list[str]:
        return [each.name for each in threading.enumerate() if each.name.startswith("prices-")]

    monkeypatch.setattr("shop.payments.rates.ROUND_S", 0.05)
    quoted = rates()
    chains.fault("kraken", "drip", 50)
    for _ in range(5):
        quoted.refresh()
    wait_for(lambda: open_questions() == ["prices-127.0.0.1 (kraken)"])
    wait_for(lambda: chains.routes.questions["kraken"])
    chains.faults.released.set()
    wait_for(lambda: open_questions() == [])
    assert chains.routes.questions["kraken"] == 1
