"""A rate is used only while it is fresh, sane, and not contradicted."""

from decimal import Decimal

import pytest

from shop.errors import RateUnavailable
from shop.payments.rates import MAX_AGE_S
from tests.stand import Stand


def refused(stand: Stand, price_id: str = "BTC") -> str:
    with pytest.raises(RateUnavailable) as error:
        stand.shop.payments.rates.rate(price_id)
    return error.value.price_id


def quote(stand: Stand, first: str | None, second: str | None) -> None:
    for source, price in zip(stand.world.prices, (first, second), strict=True):
        source.down = price is None
        source.quotes["BTC"] = price or "0"
    stand.shop.payments.rates.refresh()


def test_a_rate_says_who_quoted_it_and_when(stand: Stand) -> None:
    rate = stand.shop.payments.rates.rate("BTC")
    assert (rate.value, rate.source, rate.at) == (Decimal(50_000), "first", stand.clock.now)


def test_a_rate_is_used_for_ten_minutes_and_no_longer(stand: Stand) -> None:
    stand.clock.pass_s(MAX_AGE_S)
    assert stand.shop.payments.rates.rate("BTC").value == 50_000
    stand.clock.pass_s(1)
    assert refused(stand) == "BTC"
    assert MAX_AGE_S == 600


def test_another_source_takes_over_when_the_preferred_one_is_silent(stand: Stand) -> None:
    stand.clock.pass_s(MAX_AGE_S + 1)
    quote(stand, None, "50100")
    assert stand.shop.payments.rates.rate("BTC").source == "second"


def test_nobody_who_answers_is_no_rate(stand: Stand) -> None:
    stand.clock.pass_s(MAX_AGE_S + 1)
    quote(stand, None, None)
    assert refused(stand) == "BTC"


@pytest.mark.parametrize(
    ("other", "trusted"), [("52500", True), ("52500.01", False), ("47620", True), ("47600", False)]
)
def test_two_sources_may_be_five_percent_apart_and_no_more(stand: Stand, other: str, trusted: bool) -> None:
    quote(stand, "50000", other)
    if trusted:
        assert stand.shop.payments.rates.rate("BTC").value == 50_000
    else:
        assert refused(stand) == "BTC"


def test_a_rate_a_thousand_times_off_is_not_used_and_sense_returns_with_agreement(stand: Stand) -> None:
    quote(stand, "50000000", "50000")
    assert refused(stand) == "BTC"
    assert stand.shop.payments.rates.rate("ETH").value == 2000
    quote(stand, "50001", "50000")
    assert stand.shop.payments.rates.rate("BTC").value == 50_001


@pytest.mark.parametrize("nonsense", ["0", "-1", "NaN", "sNaN", "Infinity", "-Infinity"])
def test_a_quote_that_is_no_price_is_not_kept(stand: Stand, nonsense: str) -> None:
    quote(stand, nonsense, "50500")
    assert stand.shop.payments.rates.rate("BTC").value in (50_000, 50_500)
    stand.clock.pass_s(MAX_AGE_S + 1)
    quote(stand, nonsense, nonsense)
    assert refused(stand) == "BTC"


def test_a_coin_that_nobody_quotes_has_no_rate(stand: Stand) -> None:
    assert refused(stand, "DOGE") == "DOGE"


def test_an_old_contradiction_does_not_count(stand: Stand) -> None:
    quote(stand, "50000", "90000")
    stand.clock.pass_s(MAX_AGE_S + 1)
    quote(stand, "50000", None)
    assert stand.shop.payments.rates.rate("BTC").value == 50_000


def test_a_quote_from_the_future_is_not_used(stand: Stand) -> None:
    stand.clock.pass_s(-1)
    assert refused(stand) == "BTC"
    stand.shop.payments.rates.refresh()
    assert stand.shop.payments.rates.rate("BTC").at == stand.clock.now


def test_a_leap_that_nobody_confirms_is_not_used_and_one_that_two_see_is(stand: Stand) -> None:
    assert stand.shop.payments.rates.rate("BTC").value == 50_000
    stand.clock.pass_s(MAX_AGE_S + 1)
    quote(stand, "50000000", None)
    assert refused(stand) == "BTC"
    quote(stand, "58000", None)
    assert stand.shop.payments.rates.rate("BTC").value == 58_000
    quote(stand, "90000", "90001")
    assert stand.shop.payments.rates.rate("BTC").value == 90_000
