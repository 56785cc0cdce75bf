"""A known transaction shown with different units: only a reorganisation can explain that."""

from dataclasses import replace
from typing import Any

import pytest

from shop.assets import ASSETS
from shop.chains.transfers import Head, Transfer
from shop.people import Person
from storage.models import Deposit
from tests.stand import Stand, letters
from wallet.chains import Chain

TEN_USD = 20_000
"""Satoshi that are worth 10.00 at 50 000."""
DEAR = 1_000 * TEN_USD
pytestmark = pytest.mark.usefixtures("books_add_up_in_the_end")


@pytest.fixture
def person(stand: Stand) -> Person:
    return stand.visitor()


@pytest.fixture
def seen(stand: Stand, person: Person) -> Transfer:
    """A transfer in a block that is not deep enough yet, as one server shows it."""
    address = stand.address(person, Chain.BTC)
    shown = {"block_height": 100, "block_hash": "a" * 64, "shown_by": "one.example.org"}
    transfer = Transfer(Chain.BTC, "aa", "0", address, ASSETS["BTC"], DEAR, **shown)
    stand.shop.payments.deposits.observe(transfer, Head(100))
    assert stand.balance(person) == 0
    return transfer


def see(stand: Stand, transfer: Transfer, tip: int = 101, **changes: Any) -> Deposit:
    stand.shop.payments.deposits.observe(replace(transfer, **changes), Head(tip))
    return Deposit.get()


def alarms() -> int:
    return len(letters("admin_contradicted"))


def test_the_same_operator_may_show_different_units_in_another_block(
    stand: Stand, person: Person, seen: Transfer
) -> None:
    before = Deposit.get()
    changed = {"units": TEN_USD, "block_hash": "b" * 64, "shown_by": "two.example.org", "block_height": 101}
    row = see(stand, seen, **changed)
    assert (row.id, row.units, row.held, alarms()) == (before.id, TEN_USD, None, 0)
    assert row.finality != before.finality, "a smaller sum waits for fewer blocks"
    see(stand, seen, tip=110, **changed)
    assert stand.balance(person) == 1000


@pytest.mark.parametrize(
    "changed",
    [
        {"shown_by": "one.example.com", "block_hash": "b" * 64},
        {"shown_by": "", "block_hash": "b" * 64},
        {"shown_by": "one.example.org"},
        {"shown_by": "one.example.org", "block_hash": None},
    ],
    ids=["another operator", "nobody", "the same block", "no block"],
)
def test_an_unexplained_change_of_units_is_held_and_reported_once(
    stand: Stand, person: Person, seen: Transfer, changed: dict[str, Any]
) -> None:
    for tip in (101, 110):
        row = see(stand, seen, tip, units=TEN_USD, **changed)
        assert (row.units, row.held, alarms()) == (DEAR, "contradicted", 2), "one letter for each of two owners"
    see(stand, seen, 120)
    assert stand.balance(person) == 0


def test_two_unnamed_servers_are_not_taken_for_the_same_operator(stand: Stand, seen: Transfer) -> None:
    other = replace(seen, txid="bb", shown_by="")
    see(stand, other)
    see(stand, other, units=TEN_USD, block_hash="b" * 64)
    assert Deposit.get(Deposit.txid == "bb").held == "contradicted"


def test_a_contradiction_is_not_explained_away_later(stand: Stand, person: Person, seen: Transfer) -> None:
    see(stand, seen, units=TEN_USD, shown_by="one.example.com")
    row = see(stand, seen, 110, units=TEN_USD, block_hash="b" * 64)
    assert (row.units, row.held) == (DEAR, "contradicted")
    assert stand.balance(person) == 0


def test_a_vanished_transfer_may_come_back_with_different_units_at_any_server(
    stand: Stand, person: Person, seen: Transfer
) -> None:
    deposits = stand.shop.payments.deposits
    deposits.missed(Deposit.get().id)
    stand.clock.pass_s(100 * 86_400)
    deposits.missed(Deposit.get().id)
    assert Deposit.get().state == "orphaned"
    stand.shop.payments.rates.refresh()
    row = see(stand, seen, 110, units=TEN_USD, shown_by="one.example.com")
    assert (row.units, row.state, alarms()) == (TEN_USD, "credited", 0)
    assert stand.balance(person) == 1000


def test_a_credited_deposit_keeps_its_units(stand: Stand, person: Person, seen: Transfer) -> None:
    see(stand, seen, 110)
    assert stand.balance(person) == 1_000_000
    row = see(stand, seen, 111, units=TEN_USD, block_hash="b" * 64)
    assert (row.units, row.state, alarms()) == (DEAR, "credited", 2)
    assert stand.balance(person) == 1_000_000
