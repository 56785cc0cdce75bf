"""A rate is used only while it is fresh, sane, and agreed on by enough sources."""

from decimal import Decimal

import pytest

from shop.errors.payments import RateUnavailable
from shop.payments.rates import MAX_AGE_S, Rates
from tests.monitoring import monitor_of
from tests.stand import QUOTES, ScriptedPrices, Stand, World, open_shop

DAY_S = 86_400


def refused(stand: Stand, price_id: str = "BTC") -> str:
    with pytest.raises(RateUnavailable) as error:
        stand.shop.payments.rates.rate(price_id)
    return error.value.price_id


def quote(stand: Stand, first: str | None, second: str | None) -> None:
    for source, price in zip(stand.world.prices, (first, second), strict=True):
        source.down = price is None
        source.quotes["BTC"] = price or "0"
    stand.shop.payments.rates.refresh()


def rate(stand: Stand) -> Decimal:
    return stand.shop.payments.rates.rate("BTC").value


def four(database, clock, **variables: str) -> Stand:
    """A shop with four sources."""
    world = World(database)
    world.prices = tuple(ScriptedPrices(name, world.prices[0].quotes) for name in ("a", "b", "c", "d"))
    return open_shop(database, clock, world=world, **variables)


def test_a_rate_says_who_agreed_on_it_and_when_the_first_of_them_was_asked(stand: Stand) -> None:
    asked_at = stand.clock.now
    stand.clock.pass_s(60)
    quote(stand, None, "50100")
    found = stand.shop.payments.rates.rate("BTC")
    assert (found.value, found.source, found.at) == (Decimal(50_050), "first, second", asked_at)


def test_a_rate_is_used_for_ten_minutes_and_no_longer(stand: Stand) -> None:
    stand.clock.pass_s(MAX_AGE_S)
    assert rate(stand) == 50_000
    stand.clock.pass_s(1)
    assert refused(stand) == "BTC"
    assert MAX_AGE_S == 600


def test_one_answering_source_gives_no_rate_while_two_are_needed(stand: Stand) -> None:
    stand.clock.pass_s(MAX_AGE_S + 1)
    quote(stand, None, "50100")
    assert refused(stand) == "BTC"
    assert "BTC" in stand.shop.payments.rates.untrusted()


def test_no_answers_give_no_rate(stand: Stand) -> None:
    stand.clock.pass_s(MAX_AGE_S + 1)
    quote(stand, None, None)
    assert refused(stand) == "BTC"


def test_a_rate_a_thousand_times_off_is_not_used_until_the_sources_agree_again(stand: Stand) -> None:
    quote(stand, "50000000", "50000")
    assert refused(stand) == "BTC"
    assert stand.shop.payments.rates.rate("ETH").value == 2000
    quote(stand, "50001", "50000")
    assert rate(stand) == Decimal("50000.5")


@pytest.mark.parametrize("nonsense", ["0", "-1", "NaN", "sNaN", "Infinity", "-Infinity"])
def test_a_quote_that_is_not_a_price_is_not_kept(database, clock, nonsense: str) -> None:
    stand = open_shop(database, clock, PRICE_SOURCES_NEEDED="1")
    quote(stand, nonsense, "50500")
    assert rate(stand) == 50_500
    quote(stand, nonsense, nonsense)
    assert refused(stand) == "BTC"


def test_a_coin_that_no_source_quotes_has_no_rate(stand: Stand) -> None:
    assert refused(stand, "DOGE") == "DOGE"


def test_a_coin_that_a_source_no_longer_quotes_has_no_rate_from_that_source(stand: Stand) -> None:
    del stand.world.prices[0].quotes["BTC"]
    stand.shop.payments.rates.refresh()
    assert refused(stand) == "BTC"
    assert stand.shop.payments.rates.rate("ETH").value == 2000


def test_an_old_contradiction_does_not_count(database, clock) -> None:
    stand = open_shop(database, clock, PRICE_SOURCES_NEEDED="1")
    quote(stand, "50000", "90000")
    assert refused(stand) == "BTC"
    stand.clock.pass_s(MAX_AGE_S + 1)
    quote(stand, "50000", None)
    assert rate(stand) == 50_000


def test_a_clock_that_goes_back_a_day_freezes_nothing_and_keeps_no_rate_alive(stand: Stand) -> None:
    stand.clock.pass_s(-DAY_S)
    found = stand.shop.payments.rates.rate("BTC")
    assert (found.value, found.at) == (50_000, stand.clock.now), "the quotes are as old as they were"
    quote(stand, "50100", "50100")
    assert rate(stand) == 50_100
    stand.clock.pass_s(MAX_AGE_S + 1)
    assert refused(stand) == "BTC"


def test_a_clock_that_jumps_ahead_makes_no_quote_old(stand: Stand) -> None:
    stand.clock.now += DAY_S
    assert rate(stand) == 50_000


def minutes(stand: Stand, count: int, *, times: str) -> list[Decimal]:
    """Raise the price at every working source each minute; list the accepted rates."""
    seen = []
    price = Decimal(50_000)
    for _ in range(count):
        stand.clock.pass_s(60)
        price *= Decimal(times)
        for source in stand.world.prices:
            source.quotes["BTC"] = str(price)
        stand.shop.payments.rates.refresh()
        if "BTC" not in stand.shop.payments.rates.untrusted():
            seen.append(rate(stand))
    return seen


def test_a_single_source_that_climbs_a_fifth_each_minute_is_refused_after_the_first(database, clock) -> None:
    world = World(database)
    world.prices = world.prices[:1]
    urls = {"PRICE_URLS": "https://api.kraken.com", "PRICE_SOURCES_NEEDED": "1"}
    stand = open_shop(database, clock, world=world, **urls)
    assert rate(stand) == 50_000
    assert minutes(stand, 20, times="1.19") == [59_500]
    assert refused(stand) == "BTC"


def test_two_of_four_that_climb_while_the_others_are_silent_are_refused_after_a_fifth(database, clock) -> None:
    stand = four(database, clock)
    for source in stand.world.prices[:2]:
        source.down = True
    stand.clock.pass_s(MAX_AGE_S)
    assert minutes(stand, 20, times="1.19") == [59_500]


def test_a_leap_that_most_sources_see_is_accepted_at_once(database, clock) -> None:
    stand = four(database, clock)
    stand.world.prices[0].down = True
    assert minutes(stand, 2, times="0.5") == [25_000, 12_500]
    stand.world.prices[1].down = True
    stand.clock.pass_s(MAX_AGE_S)
    for source in stand.world.prices:
        source.quotes["BTC"] = "13000"
    stand.shop.payments.rates.refresh()
    assert rate(stand) == 13_000, "two are enough for what is near the price that three confirmed"


def test_the_first_rate_after_a_restart_is_measured_against_nothing(stand: Stand) -> None:
    for source in stand.world.prices:
        source.quotes["BTC"] = "10000"
    assert rate(open_shop(stand.database, stand.clock, world=stand.world)) == 10_000


@pytest.mark.parametrize(
    ("quotes", "expected"),
    [
        (("500000", "50000", "50000", "50000"), "50000"),
        (("52450", "50000", "50000", "50000"), "50000"),
        (("47550", "50010", "50000", "50020"), "50010"),
        (("500000", "500000", "50000", "50000"), None),
        (("0.0001", "50000", "50000", "50000"), "50000"),
    ],
)
def test_a_liar_among_four_changes_nothing_and_two_who_agree_stop_the_coin(database, clock, quotes, expected) -> None:
    stand = four(database, clock)
    for order in range(4):
        stand.clock.pass_s(MAX_AGE_S + 1)
        for source, price in zip(stand.world.prices, quotes[order:] + quotes[:order], strict=True):
            source.quotes["BTC"] = price
        stand.shop.payments.rates.refresh()
        if expected is None:
            assert refused(stand) == "BTC"
        else:
            assert rate(stand) == Decimal(expected)


def test_a_source_that_stays_silent_is_shown_although_the_others_give_a_rate(database, clock) -> None:
    stand = four(database, clock)
    monitor = monitor_of(stand)
    monitor.look()
    assert monitor.examine().resting == ()
    stand.world.prices[3].down = True
    stand.clock.pass_s(MAX_AGE_S + 1)
    stand.shop.payments.refresh_rates()
    monitor.look()
    health = monitor.examine()
    assert (health.resting, health.status) == ((("rates", ("d",)),), "ok")


def test_a_source_that_drops_a_coin_it_quoted_before_is_shown_and_logged_once(database, clock, caplog) -> None:
    stand = four(database, clock)
    rates = stand.shop.payments.rates
    stand.world.prices[1].quotes.clear()
    del stand.world.prices[2].quotes["ETH"]
    for _ in range(3):
        stand.clock.pass_s(MAX_AGE_S // 2 + 1)
        rates.refresh()
    assert rates.silent == ("b", "c (ETH)")
    logged = [each.message for each in caplog.records if "no longer" in each.message]
    coins = sorted(rates.price_ids)
    assert logged == [*(f"prices: b no longer quotes {coin}" for coin in coins), "prices: c no longer quotes ETH"]
    for source in stand.world.prices:
        source.quotes = dict(QUOTES)
    rates.refresh()
    assert rates.silent == ()


def test_a_source_is_not_silent_about_a_coin_that_it_never_quoted_unless_it_quotes_none(database, clock) -> None:
    stand = four(database, clock)
    rates = Rates(stand.shop.context, stand.world.prices, ("BTC", "LTC"))
    stand.world.prices[1].quotes.clear()
    del stand.world.prices[2].quotes["LTC"]
    rates.refresh()
    assert rates.silent == ("b",)


def test_a_source_that_contradicts_the_others_is_logged_once(database, clock, caplog) -> None:
    stand = four(database, clock)
    stand.world.prices[2].quotes["BTC"] = "90000"
    for _ in range(3):
        stand.shop.payments.rates.refresh()
    assert [each.message for each in caplog.records if "contradicts" in each.message] == [
        "prices: c contradicts the others about BTC"
    ]


def test_a_source_that_keeps_failing_is_logged_once_until_it_answers(database, clock, caplog) -> None:
    stand = four(database, clock)
    for down in (True, True, False, True):
        stand.world.prices[1].down = down
        stand.shop.payments.rates.refresh()
    assert [each.message for each in caplog.records if "b: down" in each.message] == ["prices: b: down"] * 2


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_source_whose_thread_dies_is_asked_again_in_the_next_round(stand: Stand) -> None:
    first, _ = stand.world.prices
    answer, first.rates = first.rates, lambda _ids, _currency: {}["nobody thought of this"]
    quote(stand, "50000", "50000")
    first.rates = answer
    quote(stand, "60", "60")
    quote(stand, "50002", "50000")
    assert rate(stand) == 50_001
