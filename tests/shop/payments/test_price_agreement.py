"""Prices that agree are accepted, a liar changes nothing, and a jump waits for confirmation."""

from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shop.payments.price_agreement import LEAP_S, Past, PricesDisagree, agreed, median

BASE = Decimal(64_000)
anything = st.decimals(min_value=Decimal("1e-12"), max_value=Decimal("1e15"), allow_nan=False, places=12)
near = st.decimals(min_value=Decimal("0.9"), max_value=Decimal("1.1"), places=4).map(lambda times: BASE * times)
close = st.integers(0, 200).map(lambda steps: BASE + BASE * steps * Decimal("0.0001"))
"""At most 2 % above the base."""


def believed(*prices: str, needed: int = 2) -> Decimal | None:
    try:
        return agreed([Decimal(price) for price in prices], needed=needed).price
    except PricesDisagree:
        return None


@st.composite
def majority_and_liars(draw: st.DrawFn) -> tuple[list[Decimal], list[Decimal]]:
    """Draw prices that agree, and fewer others, most of them close enough to confuse matters."""
    liars = draw(st.lists(near | anything, max_size=4))
    honest = draw(st.lists(close, min_size=len(liars) + 1, max_size=len(liars) + 4))
    return honest, liars


@given(majority_and_liars(), st.randoms(use_true_random=False))
@example(([BASE, BASE * Decimal("1.01"), BASE * Decimal("1.019")], [BASE * Decimal("1.0395")] * 2), None)
@example(([BASE, BASE * Decimal("1.0001")], [BASE * Decimal("1.0215")]), None)
def test_a_minority_of_liars_never_moves_the_price_outside_the_others_range(asked, shuffle) -> None:
    honest, liars = asked
    prices = [*honest, *liars]
    if shuffle is not None:
        shuffle.shuffle(prices)
    found = agreed(prices, needed=min(2, len(honest)))
    assert min(honest) <= found.price <= max(honest)


@given(st.lists(close, min_size=3, max_size=3), anything)
def test_a_single_distant_liar_among_four_changes_nothing(honest, lie) -> None:
    if not BASE * Decimal("0.95") < lie < BASE * Decimal("1.1"):
        assert agreed([*honest, lie], needed=2) == agreed(honest, needed=2)


@given(st.lists(near, min_size=1, max_size=7), st.integers(1, 4))
def test_an_accepted_price_has_enough_sources_and_lies_between_them(prices, needed) -> None:
    try:
        found = agreed(prices, needed=needed)
    except PricesDisagree:
        return
    assert sum(found.holds(price) for price in prices) >= needed
    assert found.low <= found.price <= found.high
    assert found.high - found.low <= found.price * Decimal("0.09")


@given(st.lists(near, min_size=1, max_size=6), st.integers(2, 9))
def test_the_unit_of_a_price_does_not_matter(prices, times) -> None:
    def outcome(some: list[Decimal]) -> Decimal | None:
        try:
            return agreed(some, needed=2).price
        except PricesDisagree:
            return None

    found, scaled = outcome(prices), outcome([price * times for price in prices])
    assert scaled == (None if found is None else found * times)


@pytest.mark.parametrize(
    ("prices", "price"),
    [
        (("10", "10", "1", "1"), None),
        (("10", "1", "1", "1"), "1"),
        (("1.049", "1", "1", "1"), "1"),
        (("10", "10", "10", "1"), "10"),
        (("10", "30", "1", "1"), "1"),
        (("10", "20", "30", "1"), None),
        (("1", "1"), "1"),
        (("1", "2"), None),
        (("1",), None),
        ((), None),
        (("100", "101", "102"), "101"),
        (("100", "101"), "100.5"),
    ],
)
def test_the_largest_group_decides_and_two_of_equal_size_decide_nothing(prices, price) -> None:
    assert believed(*prices) == (None if price is None else Decimal(price))


@pytest.mark.parametrize(
    ("other", "agrees"), [("104.0816", True), ("104.0817", False), ("96.08", True), ("96.07", False)]
)
def test_two_prices_agree_if_both_are_within_two_percent_of_their_middle(other, agrees) -> None:
    assert (believed("100", other) is not None) is agrees


def test_two_groups_with_the_same_middle_give_that_middle() -> None:
    assert believed("1.00", "1.019", "1.04") == Decimal("1.019")
    assert believed("1.00", "1.019", "1.04", "9", "9") is None, "without a majority they contradict each other"


def test_one_source_is_enough_if_one_is_required_and_two_that_differ_are_not() -> None:
    assert believed("7", needed=1) == 7
    assert believed("7", "8", needed=1) is None
    assert believed("7", "7", "8", needed=1) == 7
    assert believed("7", "7", "8", needed=3) is None


@given(st.lists(anything, min_size=1, max_size=9).map(sorted))
def test_a_median_has_as_many_above_it_as_below(ordered) -> None:
    middle = median(ordered)
    assert sum(price < middle for price in ordered) <= len(ordered) // 2
    assert sum(price > middle for price in ordered) <= len(ordered) // 2


def test_a_price_that_climbs_a_little_each_minute_is_stopped_after_a_fifth_within_an_hour() -> None:
    past, price, highest = Past(), Decimal(1), dict[int, Decimal]()
    for minute in range(5 * 60):
        if not past.leapt(price, now=minute * 60):
            past.note(price, now=minute * 60)
            highest[minute] = price
        price = min(price * Decimal("1.19"), Decimal(27))
        hour_ago = max((then for then in highest if then <= minute - 60), default=0)
        assert max(highest.values()) <= highest[hour_ago] * Decimal("1.2")


@pytest.mark.parametrize(
    ("price", "leapt"), [("120", False), ("120.01", True), ("80", False), ("79.99", True), ("100", False)]
)
def test_a_leap_is_more_than_a_fifth_up_or_down(price, leapt) -> None:
    past = Past()
    past.note(Decimal(100), now=0)
    assert past.leapt(Decimal(price), now=LEAP_S) is leapt


def test_a_fall_and_a_rise_are_measured_against_the_whole_hour() -> None:
    past = Past()
    for now, price in ((0, "100"), (1_000, "82"), (2_000, "81")):
        past.note(Decimal(price), now=now)
    assert past.leapt(Decimal(98), now=3_000), "a fifth above the lowest"
    assert not past.leapt(Decimal(97), now=3_000)
    assert past.leapt(Decimal(79), now=3_000), "a fifth below the highest"
    assert not past.leapt(Decimal(79), now=1_000 + LEAP_S), "82 held an hour ago"


def test_a_lasting_change_is_accepted_after_some_hours() -> None:
    past = Past()
    past.note(Decimal(100), now=0)
    assert past.leapt(Decimal(140), now=2 * LEAP_S - 1)
    assert not past.leapt(Decimal(140), now=2 * LEAP_S)


def test_the_next_price_is_measured_against_a_confirmed_leap() -> None:
    past = Past()
    past.note(Decimal(100), now=0)
    past.note(Decimal(50), now=60)
    assert not past.leapt(Decimal(51), now=120)
    assert past.leapt(Decimal(100), now=120)


def test_the_first_price_is_not_a_leap() -> None:
    assert not Past().leapt(Decimal(27), now=0)
