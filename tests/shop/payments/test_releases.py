"""An owner credits a held deposit: only while the chain shows it, and at a known rate."""

from dataclasses import replace

import pytest

from shop.assets import ASSETS
from shop.chains.transfers import Head, Transfer
from shop.errors.payments import RateUnavailable
from shop.errors.refusals import StaleScreen
from shop.payments.deposit_views import DepositState
from shop.payments.rates import MAX_AGE_S
from shop.people import Person
from storage.models import Deposit
from tests.stand import Stand, audited
from wallet.chains import Chain

pytestmark = pytest.mark.usefixtures("books_add_up_in_the_end")
TEN_THOUSAND_USD = 20_000_000
"""Satoshi, at 50 000 USD a coin: enough to need more than one block."""


@pytest.fixture
def person(stand: Stand) -> Person:
    return stand.visitor()


def show(stand: Stand, person: Person, block: int | None) -> int:
    """Make two operators show a transfer with different sums, so that it is held; return its id."""
    address = stand.address(person, Chain.BTC)
    shown = Transfer(Chain.BTC, "aa", "0", address, ASSETS["BTC"], TEN_THOUSAND_USD, block, shown_by="one.example")
    stand.shop.payments.deposits.observe(shown, Head(100))
    stand.shop.payments.deposits.observe(replace(shown, units=1, shown_by="two.example"), Head(100))
    stand.shop.payments.deposits.observe(shown, Head(200))
    assert (Deposit.get().held, stand.balance(person)) == ("contradicted", 0)
    return int(Deposit.get().id)


def test_a_deposit_in_no_block_is_not_released(stand: Stand, owner: Person, person: Person) -> None:
    number = show(stand, person, None)
    with pytest.raises(StaleScreen) as refused:
        stand.shop.payments.deposits.release(owner, number)
    assert refused.value.args == ()
    assert stand.balance(person) == 0


def test_a_deposit_the_chain_no_longer_shows_is_not_released_until_it_does(
    stand: Stand, owner: Person, person: Person
) -> None:
    number, deposits = show(stand, person, 100), stand.shop.payments.deposits
    deposits.missed(number)
    with pytest.raises(StaleScreen) as refused:
        deposits.release(owner, number)
    assert refused.value.args == ()
    assert (stand.balance(person), audited()) == (0, [])
    show(stand, person, 100)
    assert deposits.release(owner, number).state is DepositState.CREDITED
    assert stand.balance(person) == 1_000_000
    assert [action for action, *_ in audited()] == ["deposit.released"]


def test_a_deposit_without_a_rate_is_released_at_the_rate_of_the_release(
    stand: Stand, owner: Person, person: Person
) -> None:
    for source in stand.world.prices:
        source.down = True
    stand.clock.pass_s(MAX_AGE_S + 1)
    number, deposits = show(stand, person, 100), stand.shop.payments.deposits
    with pytest.raises(RateUnavailable) as refused:
        deposits.release(owner, number)
    assert refused.value.args == ("BTC",)
    assert stand.balance(person) == 0
    for source in stand.world.prices:
        source.down, source.quotes["BTC"] = False, "60000"
    stand.shop.payments.rates.refresh()
    assert deposits.release(owner, number).state is DepositState.CREDITED
    assert stand.balance(person) == 1_200_000
