"""Payments through a provider: what is opened, what is accepted, and what is credited once."""

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from peewee import IntegrityError

from shop.chains.errors import UnsignedCallback
from shop.chains.kryptoexpress import sign
from shop.errors.payments import PaymentsUnavailable, SumNotTaken, TooManyInvoices, UnknownAsset
from shop.payments.invoices import AT_ONCE, FOLLOW_S, LEAST_LEFT_S, MOST_OPEN
from shop.settings.loading import SettingsError, load
from storage.database import Database
from storage.models import Invoice, LedgerEntry
from tests.cashier import SECRET, SHOP_URL, Cashier, open_cashier
from tests.conftest import StandingClock
from tests.stand import letters

LIFE_S = 7_200


@pytest.fixture
def cashier(database: Database, clock: StandingClock) -> Iterator[Cashier]:
    with open_cashier(database, clock) as made:
        yield made


def twist(pattern: bytes, other: bytes) -> Callable[[bytes], bytes]:
    return lambda body: re.sub(pattern, other, body)


def test_an_invoice_has_an_address_an_exact_amount_and_an_expiry(cashier: Cashier, clock: StandingClock) -> None:
    view = cashier.open("64.57")
    asked_for = cashier.provider.invoices[cashier.hash_of(view)]
    assert (view.asked, view.units, view.state.value) == (cashier.stand.usd("64.57"), 77_484, "open")
    assert (view.address, asked_for.fiat_amount, asked_for.coin_amount) == (asked_for.address, "64.57", "0.00077484")
    assert view.expires_at == clock() + LIFE_S
    assert (asked_for.callback_url, asked_for.secret) == (SHOP_URL + "/cryptoprocessing/event", SECRET)


def test_a_shop_without_a_public_url_asks_for_no_callbacks(database: Database, clock: StandingClock) -> None:
    with open_cashier(database, clock, PUBLIC_URL="") as cashier:
        view = cashier.open()
        asked_for = cashier.provider.invoices[cashier.hash_of(view)]
        assert (asked_for.callback_url, asked_for.secret) == ("", "")
        cashier.pay(view)
        clock.pass_s(10)
        cashier.invoices.poll()
        assert cashier.balance() == 5000


def test_only_coins_known_to_both_are_offered(cashier: Cashier) -> None:
    cashier.twist = twist(rb'"(LTC|SOL|ETH|TRX)", ?', rb"")
    cashier.invoices.refresh_assets()
    assert [asset.code for asset in cashier.invoices.assets] == ["BTC", "USDT_TRC20", "USDT_ERC20", "USDC_ERC20"]
    with pytest.raises(UnknownAsset) as refused:
        cashier.open(coin="LTC")
    assert refused.value.code == "LTC"
    with pytest.raises(UnknownAsset) as refused:
        cashier.open(coin="DOGE")
    assert refused.value.code == "DOGE"


def test_coins_are_known_while_the_provider_is_down(cashier: Cashier) -> None:
    cashier.chains.fault("kryptoexpress", "error500", 1)
    cashier.invoices.refresh_assets()
    assert len(cashier.invoices.assets) == 8


def test_the_same_request_shows_the_same_invoice(cashier: Cashier, clock: StandingClock) -> None:
    first = cashier.open()
    assert cashier.open().id == first.id
    other = {
        cashier.open("51.00").id,
        cashier.open(coin="LTC").id,
        cashier.open(person=cashier.stand.visitor(1002)).id,
    }
    assert len(other | {first.id}) == 4
    clock.pass_s(LIFE_S)
    assert cashier.open().id not in other | {first.id}


def test_an_invoice_about_to_expire_is_not_shown_again(cashier: Cashier, clock: StandingClock) -> None:
    first = cashier.open()
    clock.pass_s(LIFE_S - LEAST_LEFT_S)
    assert cashier.open().id != first.id


def test_the_same_request_twice_at_once_opens_one_invoice(
    cashier: Cashier, at_once: Callable[..., list[Any]]
) -> None:
    first, second = at_once(cashier.open, cashier.open)
    assert first == second
    assert Invoice.select().count() == 1


def test_simultaneous_requests_open_no_more_than_the_limit(
    cashier: Cashier, at_once: Callable[..., list[Any]]
) -> None:
    outcomes = []
    for number in range(50, 50 + MOST_OPEN + 1, 2):
        outcomes += at_once(*(partial(cashier.open, f"{each}.00") for each in (number, number + 1)))
    assert sum(isinstance(each, TooManyInvoices) for each in outcomes) == 1
    assert Invoice.select().count() == MOST_OPEN


def test_a_customer_may_have_a_limited_number_of_open_invoices(cashier: Cashier, clock: StandingClock) -> None:
    opened = [cashier.open(f"{50 + number}.00") for number in range(MOST_OPEN)]
    with pytest.raises(TooManyInvoices) as refused:
        cashier.open("99.00")
    assert refused.value.most == MOST_OPEN
    assert cashier.open("50.00").id == opened[0].id
    cashier.report(cashier.pay(opened[0]))
    assert cashier.open("99.00").state.value == "open"
    clock.pass_s(LIFE_S)
    assert cashier.open("98.00").state.value == "open"


def test_a_sum_the_provider_does_not_take_is_refused(cashier: Cashier) -> None:
    with pytest.raises(SumNotTaken) as refused:
        cashier.open("0.99")
    assert refused.value.asked == cashier.stand.usd("0.99")
    assert Invoice.select().count() == 0
    assert not cashier.invoices.delayed


@pytest.mark.parametrize("kind", ["error500", "ratelimit429", "forbidden403", "html", "error_body", "drop"])
def test_nothing_is_opened_while_the_provider_has_problems(cashier: Cashier, kind: str) -> None:
    cashier.chains.fault("kryptoexpress", kind, 1)
    with pytest.raises(PaymentsUnavailable) as refused:
        cashier.open()
    assert refused.value
    assert Invoice.select().count() == 0


@pytest.mark.parametrize(
    ("pattern", "other"),
    [
        (rb'"fiatAmount":50', rb'"fiatAmount":49'),
        (rb'"address":"bc1q', rb'"address":"bc1p'),
        (rb'"address":"[^"]*"', rb'"address":"<b>"'),
        (rb'"isPaid":false', rb'"isPaid":true'),
        (rb'"cryptoAmount":[0-9.]+', rb'"cryptoAmount":0'),
        (rb'"cryptoAmount":[0-9.]+,', rb""),
        (rb'"expireDatetime":[0-9]+', rb'"expireDatetime":1'),
        (rb'"expireDatetime":[0-9]+', rb'"expireDatetime":99999999999999999'),
        (rb'"id":[0-9]+', rb'"id":9223372036854775808'),
        (rb'"cryptoCurrency":"BTC"', rb'"cryptoCurrency":"LTC"'),
    ],
)
def test_nothing_is_opened_after_an_answer_that_cannot_be_shown(
    cashier: Cashier, pattern: bytes, other: bytes
) -> None:
    cashier.twist = twist(pattern, other)
    with pytest.raises(PaymentsUnavailable) as refused:
        cashier.open()
    assert refused.value
    assert Invoice.select().count() == 0


def test_nothing_is_opened_under_the_reference_of_another_payment(
    cashier: Cashier, caplog: pytest.LogCaptureFixture
) -> None:
    view = cashier.open()
    cashier.twist = twist(rb'"hash":"[^"]*"', f'"hash":"{cashier.hash_of(view)}"'.encode())
    with pytest.raises(PaymentsUnavailable) as refused:
        cashier.open(person=cashier.stand.visitor(1002))
    assert refused.value
    assert Invoice.select().count() == 1
    why = "no payment can be opened: KryptoExpress: the reference of another payment was given again"
    assert why in caplog.messages
    cashier.twist = bytes
    assert cashier.open(person=cashier.stand.visitor(1002)).id != view.id


def test_a_payment_is_credited_and_reported(cashier: Cashier, books_add_up: Callable[[], None]) -> None:
    view = cashier.open("12.34")
    cashier.report(cashier.pay(view))
    [entry] = LedgerEntry.of(cashier.ada.id)
    assert (entry.key, entry.kind, entry.amount_minor) == (f"kryptoexpress:{cashier.hash_of(view)}", "deposit", 1234)
    paid = cashier.invoices.view(view.id)
    assert (paid.state.value, paid.balance.minor, paid.paid_units) == ("paid", 1234, view.units)
    assert [len(letters(kind)) for kind in ("invoice", "admin_invoice")] == [1, 2]
    books_add_up()


def test_five_simultaneous_callbacks_credit_once(cashier: Cashier, at_once: Callable[..., list[Any]]) -> None:
    callback = cashier.pay(cashier.open())
    assert at_once(*[lambda: cashier.report(callback)] * 5) == [None] * 5
    assert cashier.balance() == 5000
    assert [len(letters(kind)) for kind in ("invoice", "admin_invoice")] == [1, 2]


def test_simultaneous_callbacks_and_polls_credit_once(cashier: Cashier, at_once: Callable[..., list[Any]]) -> None:
    callback = cashier.pay(cashier.open())
    cashier.stand.clock.pass_s(10)
    assert at_once(*[lambda: cashier.report(callback), cashier.invoices.poll] * 3) == [None] * 6
    assert cashier.balance() == 5000


def test_a_missing_callback_does_not_matter(cashier: Cashier, clock: StandingClock) -> None:
    view = cashier.open()
    cashier.pay(view)
    cashier.invoices.poll()
    assert cashier.state(view) == "open"
    clock.pass_s(10)
    cashier.invoices.poll()
    assert (cashier.state(view), cashier.balance()) == ("paid", 5000)


def test_a_callback_alone_credits_nothing(cashier: Cashier) -> None:
    view = cashier.open()
    body = b"".join(
        (
            b'{"id":634,"paymentType":"PAYMENT","fiatCurrency":"USD","fiatAmount":50.00,"cryptoAmount":0.0006,',
            b'"cryptoCurrency":"BTC","expireDatetime":1,"createDatetime":1,"address":"x","isPaid":true,',
            f'"hash":"{cashier.hash_of(view)}"}}'.encode(),
        )
    )
    cashier.invoices.callback(body, sign(body, SECRET))
    assert (cashier.state(view), cashier.balance()) == ("open", 0)


@pytest.mark.parametrize("signature", [None, "", "00" * 64, "é"])
def test_a_callback_without_the_providers_signature_is_refused(cashier: Cashier, signature: str | None) -> None:
    view = cashier.open()
    callback = cashier.pay(view)
    with pytest.raises(UnsignedCallback) as refused:
        cashier.invoices.callback(callback.body, signature)
    assert refused.value.reason in {"no signature", "wrong signature"}
    assert cashier.balance() == 0


def test_a_callback_about_somebody_elses_payment_is_ignored(cashier: Cashier) -> None:
    callback = cashier.pay(cashier.open())
    body = re.sub(rb'"hash":"[0-9a-f]{64}"', b'"hash":"' + b"0" * 64 + b'"', callback.body)
    cashier.invoices.callback(body, sign(body, SECRET))
    cashier.invoices.callback(b"[]", sign(b"[]", SECRET))
    assert cashier.balance() == 0


def test_a_provider_that_is_down_after_its_callback_is_asked_again(cashier: Cashier, clock: StandingClock) -> None:
    view = cashier.open()
    callback = cashier.pay(view)
    cashier.chains.fault("kryptoexpress", "error500", 2)
    cashier.report(callback)
    cashier.invoices.poll()
    assert (cashier.state(view), cashier.balance()) == ("open", 0)
    asked = cashier.questions
    clock.pass_s(30)
    cashier.invoices.poll()
    assert cashier.questions == asked, "a server in trouble is left alone for a while"
    clock.pass_s(30)
    cashier.invoices.poll()
    assert (cashier.state(view), cashier.balance()) == ("paid", 5000)


def test_a_rate_limiting_provider_is_asked_again_when_it_says(cashier: Cashier, clock: StandingClock) -> None:
    view = cashier.open()
    cashier.pay(view)
    clock.pass_s(10)
    cashier.chains.fault("kryptoexpress", "ratelimit429", 1)
    cashier.invoices.poll()
    clock.pass_s(29)
    asked = cashier.questions
    cashier.invoices.poll()
    assert cashier.questions == asked
    clock.pass_s(31)
    cashier.invoices.poll()
    assert cashier.balance() == 5000


def test_one_payment_forgotten_by_the_provider_does_not_hold_up_the_others(
    cashier: Cashier, clock: StandingClock
) -> None:
    lost, paid = cashier.open("50.00"), cashier.open("51.00")
    del cashier.provider.invoices[cashier.hash_of(lost)]
    cashier.pay(paid)
    clock.pass_s(10)
    cashier.invoices.poll()
    assert (cashier.state(lost), cashier.state(paid)) == ("open", "paid")


def test_an_expiry_is_announced_once(cashier: Cashier, clock: StandingClock) -> None:
    view = cashier.open()
    clock.pass_s(LIFE_S)
    cashier.invoices.poll()
    cashier.report(cashier.provider.expire(cashier.hash_of(view)))
    clock.pass_s(120)
    cashier.invoices.poll()
    assert cashier.state(view) == "expired"
    [letter] = letters("invoice")
    assert letter.progress == 1


def test_an_expiry_reported_too_early_is_not_announced(cashier: Cashier) -> None:
    view = cashier.open()
    cashier.report(cashier.provider.expire(cashier.hash_of(view)))
    assert (cashier.state(view), letters("invoice")) == ("open", [])


def test_a_payment_after_the_expiry_is_credited(cashier: Cashier, clock: StandingClock) -> None:
    view = cashier.open()
    clock.pass_s(LIFE_S)
    cashier.invoices.poll()
    assert cashier.state(view) == "expired"
    cashier.pay(view)
    clock.pass_s(120)
    cashier.invoices.poll()
    assert (cashier.state(view), cashier.balance()) == ("paid", 5000)
    [letter] = letters("invoice")
    assert letter.progress == 2, "the message that said expired says paid now"


def test_an_expiry_after_the_payment_changes_nothing(cashier: Cashier, clock: StandingClock) -> None:
    view = cashier.open()
    expiry = cashier.provider.expire(cashier.hash_of(view))
    cashier.report(cashier.pay(view))
    clock.pass_s(LIFE_S)
    cashier.report(expiry)
    cashier.invoices.poll()
    assert (cashier.state(view), cashier.balance()) == ("paid", 5000)


def test_an_answer_overtaken_by_the_payment_changes_nothing(cashier: Cashier, clock: StandingClock) -> None:
    view = cashier.open()

    def overtake(unpaid: bytes) -> bytes:
        cashier.twist = bytes
        cashier.report(cashier.pay(view))
        cashier.stand.database.release_thread()
        return unpaid

    clock.pass_s(LIFE_S)
    cashier.twist = overtake
    cashier.invoices.poll()
    assert (cashier.state(view), cashier.balance()) == ("paid", 5000)
    assert letters("invoice")[0].progress == 1


def test_a_callback_that_comes_weeks_late_still_counts(cashier: Cashier, clock: StandingClock) -> None:
    view = cashier.open()
    clock.pass_s(40 * 86_400)
    cashier.invoices.poll()
    callback = cashier.pay(view)
    clock.pass_s(86_400)
    cashier.invoices.poll()
    assert cashier.balance() == 0
    cashier.report(callback)
    assert (cashier.state(view), cashier.balance()) == ("paid", 5000)


def test_three_days_of_downtime_miss_nothing(cashier: Cashier, clock: StandingClock) -> None:
    view = cashier.open()
    cashier.pay(view)
    clock.pass_s(3 * 86_400)
    cashier.invoices.poll()
    assert (cashier.state(view), cashier.balance()) == ("paid", 5000)


@pytest.mark.parametrize(
    ("name", "pattern", "other"),
    [
        ("id", rb'"id":634', rb'"id":635'),
        ("address", rb'"address":"[^"]*"', rb'"address":"bc1qother"'),
        ("coin", rb'"cryptoCurrency":"BTC"', rb'"cryptoCurrency":"LTC"'),
        ("currency", rb'"fiatCurrency":"USD"', rb'"fiatCurrency":"RUB"'),
        ("sum", rb'"fiatAmount":50.00', rb'"fiatAmount":500.00'),
        ("sum", rb'"fiatAmount":50.00,', rb""),
    ],
)
def test_a_payment_that_differs_from_its_invoice_is_not_credited(
    cashier: Cashier, name: str, pattern: bytes, other: bytes
) -> None:
    view = cashier.open()
    callback = cashier.pay(view)
    cashier.twist = twist(pattern, other)
    cashier.report(callback)
    cashier.report(callback)
    assert (cashier.state(view), cashier.balance()) == ("open", 0)
    alarms = letters("admin_invoice_differs")
    assert [letter.telegram_id for letter in alarms] == [1, 2]
    assert f'"differing": ["{name}"]' in alarms[0].payload
    cashier.twist = bytes
    cashier.report(callback)
    assert cashier.balance() == 5000, "once the provider has put it right"


def test_an_answer_about_another_payment_does_not_count(cashier: Cashier) -> None:
    view, other = cashier.open("50.00"), cashier.open("51.00")
    callback = cashier.pay(view)
    cashier.twist = twist(cashier.hash_of(view).encode(), cashier.hash_of(other).encode())
    cashier.report(callback)
    assert cashier.balance() == 0


def test_an_overpayment_is_shown_to_the_admins(cashier: Cashier) -> None:
    view = cashier.open()
    callback = cashier.provider.receive(view.address, "BTC", Decimal("0.0004"))
    assert callback is None
    callback = cashier.provider.receive(view.address, "BTC", Decimal("0.0003"))
    assert callback is not None
    cashier.report(callback)
    assert cashier.balance() == 5000
    assert cashier.invoices.view(view.id).paid_units == 70_000


def test_the_older_an_invoice_the_less_often_it_is_checked(cashier: Cashier, clock: StandingClock) -> None:
    cashier.open()

    def asked_in(seconds: int) -> int:
        before = cashier.questions
        for _ in range(seconds // 5):
            clock.pass_s(5)
            cashier.invoices.poll()
        return cashier.questions - before

    assert asked_in(600) == 60
    assert asked_in(LIFE_S - 600) in range(100, 140)
    assert asked_in(3_600) == 30
    clock.pass_s(FOLLOW_S)
    assert asked_in(60) == 1
    assert asked_in(3_600) == 0


def test_many_invoices_are_checked_in_turns(cashier: Cashier, clock: StandingClock) -> None:
    people = [cashier.stand.visitor(2000 + number) for number in range(AT_ONCE + 5)]
    views = [cashier.open(person=person) for person in people]
    for view in views:
        cashier.pay(view)
    clock.pass_s(10)
    cashier.invoices.poll()
    assert sum(cashier.state(view) == "paid" for view in views) == AT_ONCE
    cashier.invoices.poll()
    assert all(cashier.state(view) == "paid" for view in views)


def test_a_paid_invoice_stays_paid(cashier: Cashier, database: Database) -> None:
    view = cashier.open()
    cashier.report(cashier.pay(view))
    with pytest.raises(IntegrityError) as refused, database.transaction():
        Invoice.change(view.id, state="expired", paid_at=None)
    assert "stays paid" in str(refused.value)


def test_chains_are_not_watched_while_the_provider_takes_the_payments(cashier: Cashier) -> None:
    assert cashier.stand.shop.payments.watches == ()
    assert {runner.name for runner in cashier.stand.shop.runners} >= {"invoices"}


def test_a_real_shop_must_set_its_key_and_its_secret(tmp_path: Path) -> None:
    shop = {"TOKEN": "1:x", "ADMIN_ID_LIST": "1", "PAYMENT_BACKEND": "kryptoexpress", "CURRENCY": "dollars"}
    with pytest.raises(SettingsError) as refused:
        load(shop, tmp_path / "no.env")
    assert [problem.split()[0] for problem in refused.value.problems] == [
        "CURRENCY",
        "KRYPTO_EXPRESS_API_KEY",
        "KRYPTO_EXPRESS_API_SECRET",
    ]
    assert load({"PAYMENT_BACKEND": "kryptoexpress"}, tmp_path / "no.env"), "the sandbox needs neither"


def test_a_short_secret_is_refused_and_not_shown(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refused:
        load({"KRYPTO_EXPRESS_API_SECRET": "x7f-x7f-x7f-x7f"}, tmp_path / "no.env")
    [problem] = refused.value.problems
    assert problem.startswith("KRYPTO_EXPRESS_API_SECRET must be at least 16 characters")
    assert "x7f" not in problem
    settings = load(
        {"KRYPTO_EXPRESS_API_SECRET": "x7f-a2k-c9m-d4w-", "KRYPTO_EXPRESS_API_KEY": "k7f"}, tmp_path / "-"
    )
    assert "7f" not in repr(settings)
