"""How many taps a newcomer needs for common tasks, counted in the default sandbox."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import stock, top_up
from tests.e2e.driver import ADDRESS, Chat, running


class Tapping(Chat):
    """A chat that counts its taps."""

    taps = 0

    def press(self, *labels: str) -> None:
        self.taps += len(labels)
        super().press(*labels)


@pytest.fixture
def base(tmp_path: Path) -> Iterator[str]:
    """A sandbox that asks for consent, as a shop does by default."""
    with running("sandbox", cwd=tmp_path, CONSENT="first") as address:
        yield address


def goods(base: str) -> Tapping:
    """Buy as a customer; return the chat that shows the goods."""
    stock(Chat(base, 1), "SECRET-A", "SECRET-B")
    customer = Tapping(base, 1001)
    customer.say("/start", first_name="Ada")
    top_up(base, customer)
    customer.say("/shop")
    customer.press("Keys", "Beacon", "Buy now", "Pay $10.00")
    customer.press("Agree and continue")
    customer.wait_text("Your goods, order #")
    customer.taps = 0
    return customer


def test_a_first_purchase_takes_six_taps_from_start_to_the_address(base: str) -> None:
    customer = Tapping(base, 1001)
    customer.say("/start", first_name="Ada")
    customer.press("Software", "Password manager", "one year", "Buy now", "Agree and top up", "Bitcoin")
    assert customer.says(ADDRESS)
    assert customer.taps <= 6


def test_a_purchase_is_rated_with_one_tap(base: str) -> None:
    customer = goods(base)
    customer.press("5 ★")
    customer.says("Your review: ★★★★★")
    assert customer.taps == 1
    assert customer.wait_text("SECRET-A")


def test_a_key_is_reported_with_two_taps_at_most(base: str) -> None:
    customer = goods(base)
    customer.press("Something is wrong")
    customer.say("It does not open")
    customer.says(re.compile(r"Ticket #1.*open", re.DOTALL))
    assert customer.taps <= 2
    assert "It does not open" in Chat(base, 1).wait_text("Ticket #1 from Ada")
