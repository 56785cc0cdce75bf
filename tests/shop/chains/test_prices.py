"""Prices of four sources, over real HTTP."""

from decimal import Decimal

import pytest
from flask import jsonify

from shop.chains.errors import BadAnswer, ProviderError, RateLimited, Unavailable
from shop.chains.registry import UnknownPriceSource
from shop.chains.transfers import WatchPlan, every_at

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


def test_dollars_at_binance_are_tethers_times_their_price(chains, sources):
    assert sources["binance"].rates(("BTC",), "USD") == {}
    sources["kraken"].rates(("USDT",), "USD")
    (rate,) = sources["binance"].rates(("BTC", "USDT"), "USD").values()
    assert abs(rate - 64_000) < 1


@pytest.mark.parametrize("name", NAMES)
def test_a_coin_that_a_source_does_not_quote_is_absent(chains, sources, name):
    assert "XMR" not in sources[name].rates(("XMR", "BTC"), "EUR")
    assert "BTC" in sources[name].rates(("XMR", "BTC"), "EUR")


def test_a_currency_that_nobody_quotes_gives_nothing(chains, sources):
    assert all(source.rates(IDS, "XAU") == {} for source in sources.values())


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["error500", "ratelimit429", "forbidden403", "html", "error_body", "truncated"])
def test_a_source_that_fails_rests_and_is_not_asked(chains, sources, clock, name, kind):
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
@pytest.mark.parametrize("price", ["0", "-1", "1e20"])
def test_a_price_that_cannot_be_one_is_refused(chains, sources, name, price):
    chains.prices.set_price("BTC", Decimal(price), source=name)
    with pytest.raises(BadAnswer) as refused:
        sources[name].rates(("BTC", "LTC"), "USD")
    assert "is no price" in refused.value.reason


def test_a_price_keeps_every_digit(chains, sources):
    chains.prices.set_price("BTC", Decimal("67187.3358936566123456789"))
    assert sources["coingecko"].rates(("BTC",), "USD")["BTC"] == Decimal("67187.3358936566123456789")


def test_the_same_prices_whatever_the_source_is_called(chains, sources):
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


def test_an_unknown_source_is_named_when_the_shop_starts(shop):
    with pytest.raises(UnknownPriceSource) as refused:
        shop.registry(price_urls=("https://prices.example/api?key=secret",)).price_sources()
    assert refused.value.host == "prices.example"
    assert "secret" not in str(refused.value)


def test_a_plan_looks_less_often_as_a_top_up_ages():
    plan = WatchPlan(peek_batch=1, peek_steps=((600, 20), (3_600, 60)), sweep_every_s=60)
    assert [every_at(plan.peek_steps, age) for age in (0, 599, 600, 3_599, 3_600)] == [20, 20, 60, 60, None]
