"""A provider that does not answer holds up nobody but a few of those who are about to pay through it."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from shop.errors.payments import PaymentsBusy, PaymentsUnavailable
from shop.money import Money
from shop.payments.invoices import AT_ONCE, FOLLOW_S, LONGEST_WAIT_S, MOST_WAITING, RETRY_S, Invoices
from shop.payments.outages import ALARM_AFTER_S
from storage.database import Database
from storage.models import Invoice
from tests.cashier import Cashier, open_cashier
from tests.conftest import StandingClock
from tests.patience import DEADLINE_S, wait_for
from tests.stand import letters, readers


@pytest.fixture
def cashier(database: Database, clock: StandingClock) -> Iterator[Cashier]:
    with open_cashier(database, clock) as made:
        yield made


def break_down(cashier: Cashier, requests: int = 2) -> None:
    """Let the provider fail for a number of requests: the first opens an invoice, the second shows the outage."""
    cashier.chains.fault("kryptoexpress", "error500", requests)
    with pytest.raises(PaymentsUnavailable):
        cashier.open()
    cashier.invoices.poll()
    assert cashier.invoices.delayed


def test_few_wait_for_a_provider_that_takes_its_time_and_others_are_refused_at_once(
    database: Database, clock: StandingClock
) -> None:
    release, arrived = threading.Event(), list[bytes]()

    def hold(answer: bytes) -> bytes:
        arrived.append(answer)
        release.wait(DEADLINE_S)
        return answer

    with open_cashier(database, clock) as cashier, ThreadPoolExecutor(MOST_WAITING) as pool:
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


def test_nobody_waits_for_a_provider_that_is_known_to_be_silent(cashier: Cashier, clock: StandingClock) -> None:
    shown = cashier.open("20.00")
    break_down(cashier)
    asked = cashier.questions
    with pytest.raises(PaymentsUnavailable) as refused:
        cashier.open()
    assert refused.value.alert
    assert cashier.open("20.00").id == shown.id, "what is open already is shown"
    assert cashier.questions == asked
    clock.pass_s(RETRY_S)
    cashier.invoices.poll()
    assert not cashier.invoices.delayed
    assert cashier.open().state.value == "open"


def test_while_it_lasts_an_outage_is_probed_once_a_minute(cashier: Cashier, clock: StandingClock) -> None:
    break_down(cashier, 3)
    asked = cashier.questions
    for passed in range(0, 2 * RETRY_S + 1, 5):
        cashier.invoices.poll()
        assert cashier.questions == asked + passed // RETRY_S
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


@pytest.mark.parametrize("status", [500, 403, 404, 422])
def test_one_payment_that_always_fails_shuts_out_nobody(cashier: Cashier, clock: StandingClock, status: int) -> None:
    odd, paid = cashier.open(), cashier.open("20.00")
    cashier.refusing[cashier.hash_of(odd)] = status
    cashier.pay(paid)
    for number in range(60):
        clock.pass_s(RETRY_S)
        cashier.invoices.poll()
        assert not cashier.invoices.delayed
        opened = cashier.open(f"{30 + number}.00", person=cashier.stand.visitor(2000 + number))
        assert opened.state.value == "open"
    assert (cashier.state(odd), cashier.state(paid)) == ("open", "paid")


def test_payments_that_always_fail_do_not_keep_the_others_from_being_asked_about(
    cashier: Cashier, clock: StandingClock
) -> None:
    people = [cashier.stand.visitor(2000 + number) for number in range(AT_ONCE + 1)]
    *odd, paid = [cashier.open(person=person) for person in people]
    cashier.refusing |= {cashier.hash_of(view): 500 for view in odd}
    cashier.pay(paid)
    clock.pass_s(10)
    for _ in range(2):
        cashier.invoices.poll()
    assert cashier.state(paid) == "paid"


def test_a_payment_that_cannot_be_credited_holds_up_no_other_and_is_reported(
    cashier: Cashier, clock: StandingClock, caplog: pytest.LogCaptureFixture
) -> None:
    odd, paid = cashier.open(), cashier.open("20.00", person=cashier.stand.visitor(1002))

    def follower(customer_id: int, _amount: Money, _key: str) -> None:
        if customer_id == cashier.ada.id:
            raise OverflowError("too much")

    followed = Invoices(cashier.invoices.context, cashier.client, (follower,))
    for view in (odd, paid):
        cashier.pay(view)
    clock.pass_s(10)
    with pytest.raises(OverflowError) as raised:
        followed.poll()
    assert raised.value.args == ("too much",)
    assert (cashier.state(odd), cashier.state(paid)) == ("open", "paid")
    assert Invoice.get_by_id(odd.id).next_check_at == clock() + RETRY_S
    assert f"payment {odd.number} could not be followed: too much" in caplog.messages


def test_a_payment_that_cannot_be_read_is_given_up_a_day_after_its_expiry_and_the_admins_are_told(
    cashier: Cashier, clock: StandingClock
) -> None:
    view = cashier.open()
    cashier.refusing[cashier.hash_of(view)] = 500
    clock.pass_s(view.expires_at - clock() + FOLLOW_S - 1)
    cashier.invoices.poll()
    assert (cashier.state(view), letters("admin_invoice_unread")) == ("open", [])
    for _ in range(FOLLOW_S // LONGEST_WAIT_S + 1):
        clock.pass_s(LONGEST_WAIT_S)
        cashier.invoices.poll()
    asked = cashier.questions
    clock.pass_s(LONGEST_WAIT_S)
    cashier.invoices.poll()
    assert (cashier.questions, cashier.state(view)) == (asked, "expired")
    assert (readers("invoice"), readers("admin_invoice_unread")) == ([1001], [1, 2])
    callback = cashier.pay(view)
    del cashier.refusing[cashier.hash_of(view)]
    cashier.report(callback)
    assert cashier.state(view) == "paid", "a report still counts"


def test_a_payment_is_not_given_up_for_an_outage_or_a_few_failures_after_days_without_the_shop(
    cashier: Cashier, clock: StandingClock
) -> None:
    view = cashier.open()
    cashier.pay(view)
    clock.pass_s(3 * 86_400)
    cashier.chains.fault("kryptoexpress", "error500", 20)
    for _ in range(10):
        cashier.invoices.poll()
        clock.pass_s(RETRY_S)
    cashier.refusing[cashier.hash_of(view)] = 500
    for _ in range(10):
        cashier.invoices.poll()
        clock.pass_s(LONGEST_WAIT_S)
    cashier.refusing.clear()
    cashier.invoices.poll()
    assert (cashier.state(view), letters("admin_invoice_unread")) == ("paid", [])


@pytest.mark.parametrize("kind", ["error500", "html"])
def test_one_failed_request_of_a_customer_shuts_out_nobody(cashier: Cashier, kind: str) -> None:
    cashier.chains.fault("kryptoexpress", kind, 1)
    with pytest.raises(PaymentsUnavailable) as refused:
        cashier.open()
    assert refused.value.alert
    assert cashier.open(person=cashier.stand.visitor(1002)).state.value == "open"


def test_admins_are_told_when_no_payment_can_be_opened_though_the_provider_lists_its_coins(
    cashier: Cashier, clock: StandingClock
) -> None:
    cashier.twist = lambda answer: b"<html>" if b"address" in answer else answer
    for number in range(ALARM_AFTER_S // RETRY_S + 1):
        with pytest.raises(PaymentsUnavailable):
            cashier.open(person=cashier.stand.visitor(2000 + number))
        cashier.invoices.poll()
        clock.pass_s(RETRY_S)
    assert (readers("admin_delayed"), cashier.invoices.delayed) == ([1, 2], True)
    cashier.twist = lambda answer: answer
    assert cashier.open().state.value == "open", "a provider that opens none refuses nobody"
    assert (readers("admin_answers"), cashier.invoices.delayed) == ([1, 2], False)


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
    clock.pass_s(RETRY_S)
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
