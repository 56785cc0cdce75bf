"""A provider that does not answer holds up nobody but a few of those who are about to pay through it."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from shop.errors.payments import PaymentsBusy, PaymentsUnavailable
from shop.payments.invoices import MOST_WAITING, RETRY_S, Invoices
from shop.payments.outages import ALARM_AFTER_S
from storage.database import Database
from storage.models import Invoice
from tests.cashier import Cashier, open_cashier
from tests.conftest import StandingClock
from tests.patience import DEADLINE_S, wait_for
from tests.stand import readers


@pytest.fixture
def cashier(database: Database, clock: StandingClock) -> Iterator[Cashier]:
    with open_cashier(database, clock) as made:
        yield made


def break_down(cashier: Cashier, requests: int = 1) -> None:
    """Let the provider fail for a number of requests, of which opening an invoice is the first."""
    cashier.chains.fault("kryptoexpress", "error500", requests)
    with pytest.raises(PaymentsUnavailable):
        cashier.open()
    assert cashier.invoices.delayed


def test_few_wait_for_a_provider_that_takes_its_time_and_others_are_refused_at_once(
    database: Database, clock: StandingClock
) -> None:
    release, arrived = threading.Event(), list[bytes]()

    def hold(answer: bytes) -> bytes:
        arrived.append(answer)
        release.wait(DEADLINE_S)
        return answer

    with open_cashier(database, clock, timeout_s=DEADLINE_S) as cashier, ThreadPoolExecutor(MOST_WAITING) as pool:
        people = [cashier.stand.visitor(2000 + number) for number in range(MOST_WAITING)]
        cashier.twist = hold
        waiting = [pool.submit(cashier.open, person=person) for person in people]
        wait_for(lambda: len(arrived) == MOST_WAITING, "requests that wait")
        with pytest.raises(PaymentsBusy) as refused:
            cashier.open()
        release.set()
        opened = {each.result().id for each in waiting} | {cashier.open().id}
    assert refused.value.alert
    assert len(opened) == MOST_WAITING + 1


def test_nobody_waits_for_a_provider_that_is_known_to_be_silent(cashier: Cashier) -> None:
    shown = cashier.open("20.00")
    break_down(cashier)
    asked = cashier.questions
    with pytest.raises(PaymentsUnavailable) as refused:
        cashier.open()
    assert refused.value.alert
    assert cashier.open("20.00").id == shown.id, "what is open already is shown"
    assert cashier.questions == asked
    cashier.invoices.poll()
    assert not cashier.invoices.delayed
    assert cashier.open().state.value == "open"


def test_while_it_lasts_an_outage_is_probed_once_a_minute(cashier: Cashier, clock: StandingClock) -> None:
    break_down(cashier, 3)
    asked = cashier.questions
    for passed in range(0, 2 * RETRY_S + 1, 5):
        cashier.invoices.poll()
        assert cashier.questions == asked + 1 + passed // RETRY_S
        clock.pass_s(5)
    assert not cashier.invoices.delayed


def test_one_payment_that_cannot_be_read_stops_no_others(cashier: Cashier, clock: StandingClock) -> None:
    view = cashier.open()
    odd = cashier.hash_of(view).encode()
    cashier.twist = lambda answer: b"{}" if odd in answer else answer
    clock.pass_s(10)
    cashier.invoices.poll()
    assert not cashier.invoices.delayed
    assert cashier.open("20.00").state.value == "open"


def test_coins_that_were_never_listed_are_asked_for_by_the_job_and_not_by_customers(cashier: Cashier) -> None:
    started = Invoices(cashier.invoices.context, cashier.client, ())
    asked = cashier.questions
    with pytest.raises(PaymentsUnavailable) as refused:
        assert started.assets
    assert (refused.value.alert, cashier.questions) == (True, asked)
    started.poll()
    assert len(started.assets) == 8


def test_reports_that_come_during_an_outage_are_followed_after_it(cashier: Cashier, clock: StandingClock) -> None:
    view = cashier.open("20.00")
    break_down(cashier)
    asked = cashier.questions
    cashier.report(cashier.pay(view))
    assert (cashier.questions, cashier.state(view)) == (asked, "open")
    assert Invoice.get_by_id(view.id).next_check_at == clock()
    cashier.invoices.poll()
    assert cashier.state(view) == "paid"


def test_a_silent_provider_is_reported_and_shown_although_no_customer_waits_for_it(
    cashier: Cashier, clock: StandingClock
) -> None:
    payments = cashier.stand.shop.payments
    cashier.chains.fault("kryptoexpress", "error500", 3)
    cashier.invoices.refresh_assets()
    assert payments.delayed == ("KryptoExpress",)
    for _ in range(2):
        clock.pass_s(ALARM_AFTER_S)
        cashier.invoices.poll()
    assert readers("admin_delayed") == [1, 2]
    clock.pass_s(60)
    cashier.invoices.poll()
    assert (payments.delayed, readers("admin_answers")) == ((), [1, 2])
