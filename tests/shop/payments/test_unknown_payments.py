"""A payment that a provider reports and the shop does not know, as after a restore: the owners hear of it, once."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from shop.errors.payments import PaymentsBusy, PaymentsUnavailable
from shop.health import Health
from shop.payments.invoices import Invoices
from shop.payments.unknown_payments import MOST_ASKED, PAUSE_S
from storage.database import Database
from storage.models import Invoice
from tests.cashier import Cashier, open_cashier
from tests.conftest import StandingClock
from tests.stand import letters, payloads
from web.app_factory import create_app
from web.payment_callbacks import CallbackRoute
from web.sandbox.chains.kryptoexpress import Callback

TOLD = {"provider": "KryptoExpress", "number": "634", "minor": 6457, "currency": "USD"}


@pytest.fixture
def cashier(database: Database, clock: StandingClock) -> Iterator[Cashier]:
    with open_cashier(database, clock) as made:
        yield made


def lost(cashier: Cashier, amount: str = "64.57") -> str:
    """Open an invoice that the restored database lacks; return its hash."""
    view = cashier.open(amount)
    reference = cashier.hash_of(view)
    with cashier.stand.database.transaction():
        Invoice.delete().where(Invoice.id == view.id).execute()
    return reference


def paid(cashier: Cashier) -> Callback:
    return cashier.provider.pay(lost(cashier))


def door_of(invoices: Invoices) -> FlaskClient:
    route = CallbackRoute("/report", "X-Signature", invoices.callback)
    app = create_app(
        accept=lambda _bot, _update: None, secrets={}, webhook_path="/telegram", health=Health, payment_callback=route
    )
    return app.test_client()


def told(cashier: Cashier) -> list[object]:
    assert cashier.balance() == 0
    return list(payloads("admin_invoice_unknown", to=1))


def test_the_owners_are_told_its_number_and_sum_once_however_often_it_is_reported(cashier: Cashier) -> None:
    report = paid(cashier)
    before = cashier.questions
    for _ in range(5):
        cashier.report(report)
    assert told(cashier) == [TOLD]
    assert [letter.telegram_id for letter in letters("admin_invoice_unknown")] == [1, 2]
    assert cashier.questions == before + 1


def test_one_that_is_not_paid_or_that_the_provider_does_not_know_is_nobodys_business(cashier: Cashier) -> None:
    reference = lost(cashier)
    cashier.report(cashier.provider.expire(reference))
    unknown = cashier.provider.pay(lost(cashier))
    cashier.provider.invoices.popitem()
    cashier.report(unknown)
    assert told(cashier) == []


def test_the_provider_and_not_the_report_says_whether_it_is_paid(cashier: Cashier) -> None:
    report = paid(cashier)
    cashier.twist = lambda body: body.replace(b'"isPaid":true', b'"isPaid":false')
    cashier.report(report)
    assert told(cashier) == []


@pytest.mark.parametrize(
    "twist",
    [(b'"fiatAmount":64.57', each) for each in (b'"fiatAmount":-1', b'"fiatAmount":1e90', b'"fiatAmount":0.001')]
    + [(b'"fiatAmount":64.57,', b""), (b'"fiatCurrency":"USD"', b'"fiatCurrency":"<b>"')],
)
def test_nothing_that_makes_no_sense_is_shown(cashier: Cashier, twist: tuple[bytes, bytes]) -> None:
    report = paid(cashier)
    cashier.twist = lambda body: body.replace(*twist)
    cashier.report(report)
    assert told(cashier) == []


@pytest.mark.parametrize("kind", ["error500", "ratelimit429", "html", "drop"])
def test_it_is_reported_again_if_the_provider_cannot_be_asked_now(
    cashier: Cashier, clock: StandingClock, kind: str
) -> None:
    report = paid(cashier)
    door = door_of(cashier.invoices)
    cashier.chains.fault("kryptoexpress", kind, 1)
    answers = []
    for wait_s in (0, 120, 240):  # as the provider repeats it
        clock.pass_s(wait_s)
        cashier.invoices.poll()
        answers.append(door.post("/report", data=report.body, headers=report.headers).status_code)
    assert answers == [503, 200, 200]
    assert told(cashier) == [TOLD]


def test_it_is_not_asked_about_without_a_pause(cashier: Cashier, clock: StandingClock) -> None:
    reference = lost(cashier)
    report = cashier.provider.expire(reference)
    cashier.report(report)
    before = cashier.questions
    with pytest.raises(PaymentsBusy) as refused:
        cashier.report(report)
    assert (refused.value.args, cashier.questions) == ((), before)
    clock.pass_s(PAUSE_S)
    cashier.report(cashier.provider.pay(reference))
    assert told(cashier) == [TOLD]


def test_a_clock_set_back_ends_the_pause(cashier: Cashier, clock: StandingClock) -> None:
    reference = lost(cashier)
    cashier.report(cashier.provider.expire(reference))
    clock.pass_s(-86_400)
    cashier.report(cashier.provider.pay(reference))
    assert told(cashier) == [TOLD]


def test_only_so_many_are_asked_about_in_a_minute(cashier: Cashier) -> None:
    reference = lost(cashier)
    reports = []
    for number in range(MOST_ASKED + 1):
        other = f"{number:064x}"
        cashier.provider.invoices[other] = replace(cashier.provider.invoices[reference], hash=other)
        reports.append(cashier.provider.expire(other))
    for report in reports[:-1]:
        cashier.report(report)
    with pytest.raises(PaymentsBusy) as refused:
        cashier.report(reports[-1])
    assert refused.value.alert


def test_nothing_is_asked_in_an_outage(cashier: Cashier) -> None:
    report = paid(cashier)
    cashier.chains.fault("kryptoexpress", "error500", 1)
    cashier.invoices.refresh_assets()
    before = cashier.questions
    with pytest.raises(PaymentsUnavailable) as refused:
        cashier.report(report)
    assert (refused.value.alert, cashier.questions) == (True, before)
