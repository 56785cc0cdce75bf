"""When a transfer is final: by chain and by value."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.chains.finality import Finality, confirmations, is_rule
from shop.chains.transfers import Head
from shop.money import Money
from shop.payments.assembly import finality_policy
from tests.stand import settings_of
from wallet.chains import Chain


@pytest.mark.parametrize(
    ("chain", "worth", "rule"),
    [
        (Chain.BTC, 1, "1"),
        (Chain.BTC, 5_000, "1"),
        (Chain.BTC, 5_001, "2"),
        (Chain.BTC, 100_000, "2"),
        (Chain.BTC, 100_001, "6"),
        (Chain.BTC, None, "6"),
        (Chain.LTC, 5_000, "3"),
        (Chain.LTC, 100_000, "6"),
        (Chain.LTC, 100_001, "24"),
        (Chain.ETH, 5_000, "12"),
        (Chain.ETH, 100_000, "safe"),
        (Chain.ETH, 100_001, "finalized"),
        (Chain.TRX, 1, "finalized"),
        (Chain.SOL, 1, "finalized"),
    ],
)
def test_the_rule_follows_the_chain_and_the_amount(
    tmp_path: Path, chain: Chain, worth: int | None, rule: str
) -> None:
    policy = finality_policy(settings_of(tmp_path))
    assert policy.required(chain, None if worth is None else Money(worth, "USD")).rule == rule


@pytest.mark.parametrize(("currency", "minor"), [("JPY", 50), ("USD", 5_000), ("KWD", 50_000)])
def test_the_limits_are_whole_units_of_any_currency(tmp_path: Path, currency: str, minor: int) -> None:
    policy = finality_policy(settings_of(tmp_path, CURRENCY=currency))
    assert policy.required(Chain.BTC, Money(minor, currency)).rule == "1"
    assert policy.required(Chain.BTC, Money(minor + 1, currency)).rule == "2"


def test_the_limits_and_the_rules_can_be_set(tmp_path: Path) -> None:
    policy = finality_policy(settings_of(tmp_path, FINALITY_LIMITS="10,20", ETH_FINALITY="5, Safe ,finalized"))
    rules = [policy.required(Chain.ETH, Money(minor, "USD")).rule for minor in (1_000, 2_000, 2_001)]
    assert rules == ["5", "safe", "finalized"]


@pytest.mark.parametrize(("tip", "count"), [(99, 1), (100, 1), (101, 2), (105, 6)])
def test_a_block_in_the_tip_counts_as_one_and_a_lagging_tip_never_counts_below_zero(tip: int, count: int) -> None:
    assert confirmations(100, Head(tip)) == count


@given(st.integers(0, 10**7), st.integers(-3, 300), st.integers(1, 100))
def test_the_count_reaches_its_goal_exactly_when_the_transfer_is_final(block: int, above: int, rule: int) -> None:
    finality, head = Finality(Chain.BTC, str(rule)), Head(max(0, block + above))
    count = finality.count(block, head)
    assert 0 < count <= finality.depth == rule
    assert (count == finality.depth) == finality.reached(block, head)


def test_a_transfer_in_no_block_has_no_confirmations() -> None:
    assert Finality(Chain.BTC, "2").count(None, Head(100)) == 0


@pytest.mark.parametrize("rule", ["safe", "finalized"])
def test_a_named_level_decides_and_the_last_confirmation_is_withheld_until_it_is_reached(rule: str) -> None:
    finality = Finality(Chain.ETH, rule)
    unknown, below, above = Head(1000), Head(1000, safe=99, finalized=99), Head(1000, safe=100, finalized=100)
    assert [finality.reached(100, head) for head in (unknown, below, above)] == [False, False, True]
    assert finality.count(100, below) == finality.depth - 1
    assert finality.count(100, above) == finality.depth


def test_a_safe_block_is_not_yet_a_final_one() -> None:
    head = Head(1000, safe=100, finalized=50)
    assert Finality(Chain.ETH, "safe").reached(100, head)
    assert not Finality(Chain.ETH, "finalized").reached(100, head)


@pytest.mark.parametrize(
    ("chain", "levels"),
    [
        (Chain.BTC, set()),
        (Chain.LTC, set()),
        (Chain.ETH, {"safe", "finalized"}),
        (Chain.TRX, {"finalized"}),
        (Chain.SOL, {"finalized"}),
    ],
)
def test_a_rule_is_a_number_of_blocks_or_a_level_the_chain_has(chain: Chain, levels: set[str]) -> None:
    assert {text for text in ("safe", "finalized", "latest") if is_rule(text, chain)} == levels
    assert is_rule("1", chain)
    assert is_rule("1000", chain)


@pytest.mark.parametrize("text", ["0", "-1", "1001", "", "latest", "1.5", "²", "Safe", "01", "9" * 5000])
def test_anything_else_is_not_a_rule(text: str) -> None:
    assert not is_rule(text, Chain.ETH)
