"""A clock that goes back a day freezes nothing, also after it was ahead: times in the future count as due."""

import pytest

from shop.outbox import LONGEST_WAIT_S
from shop.payments.invoices import FOLLOW_S
from shop.people import Person
from storage.database import Database
from storage.models import Deposit, Invoice
from tests.cashier import Cashier, open_cashier
from tests.plans import Recorder
from tests.raw_sql import engine_of
from tests.stand import Stand
from wallet.chains import Chain

DAY_S = 86_400
LARGE = 25_000_000
"""Satoshi; an amount this large needs six confirmations."""


@pytest.fixture
def person(stand: Stand) -> Person:
    return stand.visitor()


@pytest.fixture
def address(stand: Stand, person: Person) -> str:
    return stand.shop.payments.top_ups.open(person, "BTC", None).address


@pytest.fixture
def half_confirmed(stand: Stand, address: str) -> Deposit:
    chain, watch = stand.world.chains[Chain.BTC], stand.watch(Chain.BTC)
    chain.pay(address, LARGE)
    chain.mine(2)
    stand.clock.pass_s(60)
    watch.look()
    deposit = Deposit.get()
    assert (deposit.state, deposit.confirmations, deposit.finality) == ("confirming", 2, "6")
    return deposit


def test_a_deposit_continues_at_once(stand: Stand, person: Person, half_confirmed: Deposit) -> None:
    stand.world.chains[Chain.BTC].mine(6)
    stand.clock.pass_s(-DAY_S)
    stand.watch(Chain.BTC).look()
    assert Deposit.get().state == "credited"
    assert stand.balance(person) == 1_250_000


def test_a_deposit_that_no_look_up_shows_is_followed_at_once(
    stand: Stand, person: Person, half_confirmed: Deposit, address: str
) -> None:
    watch, chain = stand.watch(Chain.BTC), stand.world.chains[Chain.BTC]
    chain.mine(6)
    stand.clock.pass_s(-DAY_S)
    [pending] = stand.shop.payments.deposits.pending(Chain.BTC, quiet_s=30)
    assert pending.deposit_id == half_confirmed.id
    chain.peek = lambda addresses, own_coin=(): ()
    watch.look()
    assert stand.balance(person) == 1_250_000


def test_a_deposit_that_vanished_is_given_up(stand: Stand, half_confirmed: Deposit) -> None:
    deposits = stand.shop.payments.deposits
    deposits.missed(half_confirmed.id)
    stand.clock.pass_s(60)
    deposits.missed(half_confirmed.id)
    assert Deposit.get().state == "confirming"
    stand.clock.pass_s(-DAY_S)
    deposits.missed(half_confirmed.id)
    assert Deposit.get().state == "orphaned"


def test_a_waiting_letter_is_sent(stand: Stand, person: Person, half_confirmed: Deposit) -> None:
    outbox = stand.shop.outbox
    waiting = outbox.due(limit=50)
    assert waiting
    for letter in waiting:
        outbox.postpone(letter, 50 * LONGEST_WAIT_S)
    assert outbox.due(limit=50) == []
    stand.clock.pass_s(-DAY_S)
    assert [each.id for each in outbox.due(limit=50)] == [each.id for each in waiting]
    assert outbox.anything_due()


def test_a_letter_waits_an_hour_at_most(stand: Stand, half_confirmed: Deposit) -> None:
    outbox = stand.shop.outbox
    waiting = outbox.due(limit=50)
    for letter in waiting:
        outbox.postpone(letter, 50 * LONGEST_WAIT_S)
    stand.clock.pass_s(LONGEST_WAIT_S - 1)
    assert outbox.due(limit=50) == []
    stand.clock.pass_s(1)
    assert len(outbox.due(limit=50)) == len(waiting)


def test_deposits_dated_by_a_clock_that_was_ahead_are_not_asked_about_for_that_long(
    stand: Stand, person: Person, address: str
) -> None:
    chain, watch = stand.world.chains[Chain.BTC], stand.watch(Chain.BTC)
    stand.clock.pass_s(365 * DAY_S)
    stand.shop.payments.rates.refresh()
    stand.shop.payments.top_ups.open(person, "BTC", None)
    chain.pay(address, 20_000)
    chain.mine(2)
    watch.look()
    assert Deposit.get().state == "credited"
    stand.clock.pass_s(-365 * DAY_S)
    asked = len(chain.asked)
    watch.check_credited()
    assert chain.asked[asked:] == []


@pytest.fixture
def cashier(database, clock):
    with open_cashier(database, clock) as made:
        yield made


def test_an_invoice_is_checked(cashier: Cashier) -> None:
    view = cashier.open("50.00")
    cashier.stand.clock.pass_s(10)
    cashier.invoices.poll()
    asked = cashier.questions
    cashier.invoices.poll()
    assert cashier.questions == asked
    cashier.pay(view)
    cashier.stand.clock.pass_s(-DAY_S)
    cashier.invoices.poll()
    assert Invoice.get_by_id(view.id).state == "paid"


def test_a_provider_that_failed_is_asked_again(cashier: Cashier) -> None:
    view = cashier.open("50.00")
    cashier.stand.clock.pass_s(10)
    cashier.chains.fault("kryptoexpress", "error500", 1)
    cashier.invoices.poll()
    asked = cashier.questions
    cashier.stand.clock.pass_s(10)
    cashier.invoices.poll()
    assert cashier.questions == asked, "it is left alone"
    cashier.pay(view)
    cashier.stand.clock.pass_s(-DAY_S)
    cashier.invoices.poll()
    assert cashier.state(view) == "paid"


@pytest.mark.parametrize(("age_s", "ahead_s"), [(60, 2 * DAY_S), (7_200, DAY_S), (7_800, DAY_S), (60, 365 * DAY_S)])
def test_an_invoice_that_a_clock_ahead_of_time_gave_up_is_checked(cashier: Cashier, age_s: int, ahead_s: int) -> None:
    view, clock = cashier.open("50.00"), cashier.stand.clock
    clock.pass_s(age_s)
    cashier.invoices.poll()
    clock.pass_s(ahead_s)
    cashier.invoices.poll()
    assert Invoice.get_by_id(view.id).next_check_at is None
    clock.pass_s(-ahead_s)
    cashier.pay(view)
    cashier.invoices.poll()
    assert (cashier.state(view), cashier.balance()) == ("paid", 5000)


def test_an_invoice_that_was_given_up_rightly_is_left_alone(cashier: Cashier) -> None:
    view, clock = cashier.open("50.00"), cashier.stand.clock
    clock.now = view.expires_at + FOLLOW_S
    cashier.invoices.poll()
    asked = cashier.questions
    for _ in range(3):
        clock.pass_s(900)
        cashier.invoices.poll()
    assert cashier.questions == asked


def test_invoices_given_up_are_found_through_their_index(cashier: Cashier, database: Database) -> None:
    recorder = Recorder()
    with recorder.listening():
        cashier.invoices.poll()
    [asked] = [each for each in recorder.statements if each.place == "storage/models/invoices.py:given_up"]
    plan = engine_of(database).execute_sql(f"EXPLAIN QUERY PLAN {asked.sql}", asked.values).fetchall()
    used = "SEARCH invoice USING INDEX invoice_given_up (provider=? AND expires_at>?)"
    assert [row[-1] for row in plan] == [used]
