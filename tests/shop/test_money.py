"""Money is whole minor units, coins are whole base units, and nothing is ever rounded up or lost on the way."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.assets import ASSETS, BTC, ETH
from shop.money import CURRENCIES, MAX_MINOR, AmbiguousAmount, InvalidAmount, Money, exponent, parse, to_coin, to_fiat

SOME = st.sampled_from(["USD", "EUR", "JPY", "KWD", "RSD", "CLF"])
RATES = st.decimals(min_value="0.000001", max_value="10000000", places=6, allow_nan=False)
WEI = 10**18


@given(st.integers(0, MAX_MINOR), SOME, st.sampled_from([".", ","]))
def test_an_amount_that_is_written_out_reads_back_the_same(minor: int, currency: str, point: str) -> None:
    written = f"{Money(minor, currency).decimal:f}".replace(".", point)
    if "," in written and len(written.partition(",")[2]) == 3 and written[0] >= "1" and written.index(",") <= 3:
        with pytest.raises(AmbiguousAmount) as refused:
            parse(written, currency)
        assert refused.value.text == written
    else:
        assert parse(written, currency) == Money(minor, currency)


@pytest.mark.parametrize(
    ("text", "minor"),
    [("12", 1200), ("12.5", 1250), ("12,50", 1250), (" 0.01 ", 1), (".5", 50), ("5.", 500), ("0", 0), ("007", 700)],
)
def test_prices_are_read_as_people_type_them(text: str, minor: int) -> None:
    assert parse(text, "USD") == Money(minor, "USD")


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            " ",
            ".",
            ",",
            "abc",
            "-1",
            "+1",
            "1e3",
            "1E3",
            "NaN",
            "Infinity",
            "0x10",
            "1_000",
            "1 000",
            "$",
            "USD",
        ),
        *("$$5", "$5$", "5 $ USD", "€5", "5 EUR", "£5", "-$5", "$-5", "$ 1 000", "5 Usd", "US$5", "USDT 5"),
        *("1,000.00", "1.2.3", "12.345", "0.001", "１２", "٣", "½", "10000000000000.01", "1;DROP", "1\n2"),
        *("9" * 25, "9" * 5000),
    ],
)
def test_text_that_is_not_an_amount_is_refused_and_kept_for_the_reply(text: str) -> None:
    with pytest.raises(InvalidAmount) as refused:
        parse(text, "USD")
    assert refused.value.text == text


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        *[("$12.50", "USD", 1250), ("12,50 $", "USD", 1250), ("12.5 USD", "USD", 1250), ("usd 12", "USD", 1200)],
        *[("4,50 €", "EUR", 450), ("€4.5", "EUR", 450), ("4,50\N{NO-BREAK SPACE}EUR", "EUR", 450)],
        *[("¥500", "JPY", 500), ("¥500", "CNY", 50000), ("500₽", "RUB", 50000), ("CAD 5", "CAD", 500)],
    ],
)
def test_the_currencys_sign_or_code_may_accompany_an_amount(text: str, currency: str, minor: int) -> None:
    assert parse(text, currency) == Money(minor, currency)


@pytest.mark.parametrize("currency", ["CAD", "AUD", "MXN"])
def test_a_dollar_sign_means_us_dollars_only(currency: str) -> None:
    with pytest.raises(InvalidAmount) as refused:
        parse("$5", currency)
    assert refused.value.text == "$5"


@pytest.mark.parametrize("text", ["1,000", "1.000", "12.500", "$1,000", "1.000 USD"])
def test_a_thousand_with_a_separator_is_refused_rather_than_read_as_one(text: str) -> None:
    for currency in ("USD",) if "$" in text or "USD" in text else ("USD", "JPY", "KRW", "EUR"):
        with pytest.raises(AmbiguousAmount) as refused:
            parse(text, currency)
        assert refused.value.text == text


@pytest.mark.parametrize("currency", ["KWD", "BHD", "CLF"])
def test_a_comma_before_three_digits_is_refused_if_it_could_be_a_decimal_point(currency: str) -> None:
    with pytest.raises(AmbiguousAmount) as refused:
        parse("1,000", currency)
    assert refused.value.text == "1,000"
    assert parse("1.000", currency) == parse("1", currency)
    assert parse("0,500", currency) == parse("0.5", currency)


@pytest.mark.parametrize(("currency", "text", "minor"), [("JPY", "500", 500), ("KWD", "1.234", 1234)])
def test_a_currency_has_its_own_number_of_decimals(currency: str, text: str, minor: int) -> None:
    assert parse(text, currency) == Money(minor, currency)
    with pytest.raises(InvalidAmount) as refused:
        parse(f"1.{'0' * exponent(currency)}1", currency)
    assert refused.value.text.startswith("1.")


@pytest.mark.parametrize(
    ("decimals", "codes"),
    [
        (0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"),
        (2, "USD EUR GBP RSD HUF IDR COP CZK SEK TWD MGA MRU PKR"),
        (3, "BHD IQD JOD KWD LYD OMR TND"),
        (4, "CLF UYW"),
    ],
)
def test_a_currency_counts_in_the_minor_unit_of_iso_4217(decimals: int, codes: str) -> None:
    listed = codes.split()
    assert {exponent(code) for code in listed} == {decimals}
    assert decimals == 2 or {code for code, each in CURRENCIES.items() if each == decimals} == set(listed)


@pytest.mark.parametrize("code", ["XXX", "XTS", "XAU", "XDR", "BTC", "HRK", "DEM", "ZZZ", "usd", ""])
def test_an_unknown_currency_has_no_minor_unit(code: str) -> None:
    assert code not in CURRENCIES


def test_amounts_that_floats_get_wrong_are_exact() -> None:
    assert to_fiat(29_000_000, decimals=8, rate=Decimal(100), currency="USD") == Money(2900, "USD")
    assert to_coin(Money(2900, "USD"), decimals=8, rate=Decimal(100)) == 29_000_000
    assert parse("10.1", "USD") - parse("9.9", "USD") == parse("0.2", "USD")
    assert parse("19.99", "USD") == Money(1999, "USD")
    assert parse("0.1", "USD") + parse("0.2", "USD") == parse("0.3", "USD")


def test_more_ether_than_64_bits_of_wei_hold_is_exact() -> None:
    units = 2**63 + 1
    assert units > int(Decimal("9.22") * WEI)
    assert to_fiat(units, decimals=18, rate=Decimal(2000), currency="USD") == Money(1_844_674, "USD")
    assert to_fiat(2**256 - 1, decimals=0, rate=Decimal(1), currency="JPY") == Money(2**256 - 1, "JPY")
    assert ETH.format(units) == "9.223372036854775809"


@given(st.integers(0, 10**27), st.integers(0, 18), RATES, SOME)
def test_coins_are_converted_rounding_down_never_up(units: int, decimals: int, rate: Decimal, currency: str) -> None:
    fiat = to_fiat(units, decimals=decimals, rate=rate, currency=currency)
    scale = 10 ** (decimals + 6)
    exact_numerator = units * int(rate * 10**6) * 10 ** exponent(currency)
    assert fiat.minor * scale <= exact_numerator < (fiat.minor + 1) * scale


@given(st.integers(0, 10**27), st.integers(0, 10**27), RATES)
def test_two_parts_are_never_worth_more_than_the_whole(one: int, other: int, rate: Decimal) -> None:
    def worth(units: int) -> int:
        return to_fiat(units, decimals=18, rate=rate, currency="USD").minor

    assert 0 <= worth(one + other) - worth(one) - worth(other) <= 1


@given(st.integers(1, MAX_MINOR), st.sampled_from(list(ASSETS.values())), RATES)
def test_the_requested_coins_are_just_enough_and_one_unit_less_would_not_be(
    minor: int, asset: object, rate: Decimal
) -> None:
    money = Money(minor, "USD")
    units = to_coin(money, decimals=asset.decimals, rate=rate)
    assert to_fiat(units, decimals=asset.decimals, rate=rate, currency="USD") >= money
    assert to_fiat(units - 1, decimals=asset.decimals, rate=rate, currency="USD") < money


@given(st.integers(1, 10**9), RATES)
def test_coins_requested_in_steps_are_the_next_sufficient_step(minor: int, rate: Decimal) -> None:
    step, money = 10**10, Money(minor, "USD")
    units = to_coin(money, decimals=18, rate=rate, step=step)
    assert units % step == 0
    assert to_fiat(units, decimals=18, rate=rate, currency="USD") >= money
    assert to_fiat(units - step, decimals=18, rate=rate, currency="USD") < money


@given(st.integers(0, 2**256 - 1), st.sampled_from(list(ASSETS.values())))
def test_a_coin_amount_is_written_out_exactly_and_plainly(units: int, asset: object) -> None:
    text = asset.format(units)
    assert "E" not in text
    whole, _, fraction = text.partition(".")
    assert int(whole + fraction.ljust(asset.decimals, "0")) == units
    assert not fraction.endswith("0")


@pytest.mark.parametrize(("units", "text"), [(0, "0"), (1, "0.00000001"), (29_000_000, "0.29"), (10**9, "10")])
def test_bitcoin_amounts_are_written_as_people_write_them(units: int, text: str) -> None:
    assert BTC.format(units) == text


def test_money_in_two_currencies_cannot_be_mixed() -> None:
    usd, eur = Money(1, "USD"), Money(1, "EUR")
    for mix in (usd.__add__, usd.__sub__, usd.__lt__, usd.__le__, usd.__gt__, usd.__ge__):
        with pytest.raises(ValueError, match="do not mix") as refused:
            mix(eur)
        assert "USD" in str(refused.value)
    assert usd != eur


@given(st.integers(-MAX_MINOR, MAX_MINOR), st.integers(-MAX_MINOR, MAX_MINOR), st.integers(0, 1000))
def test_money_arithmetic_is_that_of_its_minor_units(one: int, other: int, count: int) -> None:
    a, b = Money(one, "USD"), Money(other, "USD")
    assert (a + b).minor == one + other
    assert (a - b) + b == a
    assert a * count == Money(one * count, "USD")
    assert (-a).minor == -one
    assert (a < b, a <= b, a > b, a >= b) == (one < other, one <= other, one > other, one >= other)
