"""The top-up screen: one address forever, one rate for a while, and a sum that is enough."""

from decimal import Decimal

import pytest

from shop.assets import ASSETS
from shop.errors.payments import RateUnavailable, UnknownAsset
from shop.money import Money, to_fiat
from shop.payments.rates import Rate
from shop.payments.top_ups import least_sum, payment_uri
from storage.models import DepositAddress
from tests.stand import Stand, World, open_shop, settings_of
from wallet.chains import Chain


def test_the_address_never_changes(stand: Stand, clock) -> None:
    person = stand.visitor()
    first = stand.shop.payments.top_ups.open(person, "BTC", None)
    clock.pass_s(40 * 86_400)
    stand.shop.payments.rates.refresh()
    assert stand.shop.payments.top_ups.open(person, "BTC", stand.usd("5")).address == first.address
    assert first.address.startswith("bc1q")
    assert DepositAddress.select().count() == 1


def test_the_address_is_the_same_after_a_restart(stand: Stand, database, clock) -> None:
    person = stand.visitor()
    first = stand.shop.payments.top_ups.open(person, "ETH", None)
    assert open_shop(database, clock).shop.payments.top_ups.open(person, "ETH", None).address == first.address


def test_every_customer_and_every_chain_has_its_own_address(stand: Stand) -> None:
    people = [stand.visitor(number) for number in (11, 12, 13)]
    addresses = {
        stand.shop.payments.top_ups.open(person, code, None).address for person in people for code in ("BTC", "ETH")
    }
    assert len(addresses) == 6


def test_coins_of_one_chain_share_its_address(stand: Stand) -> None:
    person = stand.visitor()
    shown = {
        stand.shop.payments.top_ups.open(person, code, None).address for code in ("ETH", "USDT_ERC20", "USDC_ERC20")
    }
    assert len(shown) == 1


def test_parallel_first_visits_are_shown_one_address(stand: Stand, at_once) -> None:
    person = stand.visitor()
    shown = at_once(*[lambda: stand.shop.payments.top_ups.open(person, "BTC", None)] * 10)
    assert {each.address for each in shown} == {shown[0].address}
    assert DepositAddress.select().count() == 1


def test_the_rate_is_kept_until_it_expires_whatever_the_market_does(stand: Stand, clock) -> None:
    person = stand.visitor()
    first = stand.shop.payments.top_ups.open(person, "BTC", None)
    assert (first.rate.value, first.expires_at) == (Decimal(50_000), clock.now + 1800)
    for source in stand.world.prices:
        source.quotes["BTC"] = "40000"
    clock.pass_s(1800)
    stand.shop.payments.rates.refresh()
    again = stand.shop.payments.top_ups.open(person, "BTC", stand.usd("100"))
    assert (again.rate, again.expires_at) == (first.rate, first.expires_at)
    assert again.units == 200_000
    clock.pass_s(1)
    renewed = stand.shop.payments.top_ups.open(person, "BTC", stand.usd("100"))
    assert (renewed.rate.value, renewed.expires_at) == (Decimal(40_000), clock.now + 1800)
    assert renewed.units == 250_000


def test_looking_again_does_not_extend_a_lock(stand: Stand, clock) -> None:
    person = stand.visitor()
    first = stand.shop.payments.top_ups.open(person, "BTC", None)
    for _ in range(6):
        clock.pass_s(300)
        assert stand.shop.payments.top_ups.open(person, "BTC", None).expires_at == first.expires_at


def test_each_coin_has_its_own_lock(stand: Stand, clock) -> None:
    person = stand.visitor()
    stand.shop.payments.top_ups.open(person, "BTC", None)
    clock.pass_s(60)
    assert stand.shop.payments.top_ups.open(person, "ETH", None).expires_at == clock.now + 1800


def test_the_lock_is_as_long_as_the_settings_say(database, clock) -> None:
    stand = open_shop(database, clock, RATE_LOCK_MINUTES="5")
    assert stand.shop.payments.top_ups.open(stand.visitor(), "BTC", None).expires_at == clock.now + 300


@pytest.mark.parametrize("code", ["BTC", "ETH", "USDT_ERC20", "USDC_ERC20"])
@pytest.mark.parametrize("price", ["49999.99", "3333.33", "0.9997", "1"])
def test_the_coins_shown_cover_the_sum_and_are_short_enough_to_type(stand: Stand, code: str, price: str) -> None:
    asset = ASSETS[code]
    for source in stand.world.prices:
        source.quotes[asset.price_id] = price
    stand.shop.payments.rates.refresh()
    shown = stand.shop.payments.top_ups.open(stand.visitor(), code, stand.usd("19.99"))
    worth = to_fiat(shown.units, decimals=asset.decimals, rate=shown.rate.value, currency="USD")
    assert worth >= stand.usd("19.99")
    assert len(asset.format(shown.units).partition(".")[2]) <= 8


def test_the_confirmations_shown_depend_on_the_sum(stand: Stand) -> None:
    person = stand.visitor()
    depths = [
        stand.shop.payments.top_ups.open(person, "BTC", stand.usd(sum_)).depth for sum_ in ("50", "1000", "1000.01")
    ]
    assert depths == [1, 2, 6]


def test_a_coin_that_the_shop_does_not_take_is_refused(stand: Stand) -> None:
    for code in ("DOGE", "LTC", "btc", ""):
        with pytest.raises(UnknownAsset) as refused:
            stand.shop.payments.top_ups.open(stand.visitor(), code, None)
        assert refused.value.code == code


def test_without_a_rate_no_sum_is_shown(stand: Stand, clock) -> None:
    clock.pass_s(601)
    with pytest.raises(RateUnavailable) as refused:
        stand.shop.payments.top_ups.open(stand.visitor(), "BTC", stand.usd("5"))
    assert refused.value.price_id == "BTC"


def test_a_lock_outlives_the_price_source(stand: Stand, clock) -> None:
    person = stand.visitor()
    first = stand.shop.payments.top_ups.open(person, "BTC", None)
    clock.pass_s(1200)
    assert stand.shop.payments.top_ups.open(person, "BTC", stand.usd("5")).rate == first.rate


def test_the_screen_says_when_a_chain_is_late(stand: Stand) -> None:
    stand.world.chains[Chain.BTC].down = True
    stand.watch(Chain.BTC).scan()
    person = stand.visitor()
    assert stand.shop.payments.top_ups.open(person, "BTC", None).delayed
    assert not stand.shop.payments.top_ups.open(person, "ETH", None).delayed


def test_a_payment_is_a_link_that_wallets_can_open() -> None:
    assert payment_uri(ASSETS["BTC"], "bc1qx", 29_000_000) == "bitcoin:bc1qx?amount=0.29"
    assert payment_uri(ASSETS["LTC"], "ltc1qx", None) == "litecoin:ltc1qx"
    assert payment_uri(ASSETS["USDT_TRC20"], "Tx", 5) == "Tx"


def test_the_shop_takes_the_coins_of_its_chains(database, clock) -> None:
    stand = open_shop(database, clock, world=World(database, (Chain.LTC, Chain.TRX)))
    assert [asset.code for asset in stand.shop.payments.top_ups.assets] == ["LTC", "USDT_TRC20", "TRX"]


@pytest.mark.parametrize(("code", "least"), [("BTC", "5.00"), ("ETH", "4.00"), ("USDT_ERC20", "10.00")])
def test_a_shortfall_of_three_cents_is_raised_to_the_coins_minimum(stand: Stand, code: str, least: str) -> None:
    shown = stand.shop.payments.top_ups.open(stand.visitor(), code, stand.usd("0.03"))
    assert (shown.asked, shown.least, shown.wanted) == (stand.usd(least), stand.usd(least), stand.usd("0.03"))
    assert shown.units == ASSETS[code].least_units


def test_the_minimum_itself_and_a_screen_without_a_sum_are_not_raised(stand: Stand) -> None:
    top_ups, person = stand.shop.payments.top_ups, stand.visitor()
    exact, free = top_ups.open(person, "BTC", stand.usd("5.00")), top_ups.open(person, "BTC", None)
    assert (exact.asked, exact.wanted) == (stand.usd("5.00"), None)
    assert (free.asked, free.units, free.least) == (None, None, stand.usd("5.00"))


def test_a_setting_gives_the_minimum_in_the_shops_currency(database, clock) -> None:
    stand = open_shop(database, clock, BTC_MIN_TOPUP="12.50")
    shown = stand.shop.payments.top_ups.open(stand.visitor(), "BTC", stand.usd("0.03"))
    assert (shown.least, shown.asked) == (stand.usd("12.50"), stand.usd("12.50"))
    assert stand.shop.payments.top_ups.open(stand.visitor(), "ETH", None).least == stand.usd("4.00")


@pytest.mark.parametrize("asset", ASSETS.values(), ids=lambda asset: asset.code)
@pytest.mark.parametrize("least", ["0", "0.01"])
@pytest.mark.parametrize("currency", ["USD", "JPY"])
def test_no_setting_makes_the_shop_ask_for_dust(database, clock, asset, least: str, currency: str) -> None:
    world = World(database, tuple(Chain))
    stand = open_shop(database, clock, world=world, CURRENCY=currency, **{f"{asset.code}_MIN_TOPUP": least})
    shown = stand.shop.payments.top_ups.open(stand.visitor(), asset.code, Money(1, currency))
    dust = to_fiat(asset.dust_units, decimals=asset.decimals, rate=shown.rate.value, currency=currency)
    assert shown.asked == shown.least <= dust + Money(1, currency)
    assert shown.units is not None
    assert shown.units >= asset.dust_units


@pytest.mark.parametrize(
    ("rate", "least"), [("50000", "0.50"), ("50001", "0.50"), ("50100", "0.51"), ("1000", "0.01"), ("7", "0.01")]
)
def test_the_worth_of_dust_is_rounded_up_to_the_minor_unit(stand: Stand, rate: str, least: str) -> None:
    settings = settings_of(stand.database.path.parent, BTC_MIN_TOPUP="0")
    assert least_sum(ASSETS["BTC"], Rate(Decimal(rate), "test", 0), settings) == stand.usd(least)


@pytest.mark.parametrize("asset", ASSETS.values(), ids=lambda asset: asset.code)
def test_every_coins_minimum_is_far_above_its_dust(asset) -> None:
    assert asset.least_units >= 10 * asset.dust_units
