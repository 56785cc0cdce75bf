"""Telegram Stars from the first tap to the balance, and back, with updates lost, repeated and reordered."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from telebot.types import LabeledPrice

from bot_handlers.updates.polling import Poller
from shop.payments.stars import PaymentState
from shop.people import Right
from storage.database import Database
from storage.models import Conversation, Customer, LedgerEntry, Order, StarBill, StarPayment, StarTransaction
from tests.bot_handlers.stage import CUSTOMER, NOT_SERVED, Stage, labels, last, press
from tests.conftest import StandingClock
from tests.patience import DEADLINE_S, wait_for
from tests.stand import ADMIN, BOT_ID, MANAGER, Stand, open_shop, payloads, readers
from web.sandbox.errors import SandboxError
from web.sandbox.telegram.emulator import Telegram

STARS = {"PAY_BY": "wallet,stars", "STARS_PER_UNIT": "76.9"}


@pytest.fixture
def stand(database: Database, clock: StandingClock) -> Stand:
    return open_shop(database, clock, **STARS)


@pytest.fixture
def stage(stage: Stage) -> Iterator[Stage]:
    yield stage
    stage.front.stars.pre_checkouts.stop()


def ways(stage: Stage, user_id: int = CUSTOMER) -> None:
    """Show the ways to top up."""
    stage.rest()
    stage.press_data("topup:~", user_id)


def bill(stage: Stage, user_id: int = CUSTOMER, *, of: str = "25") -> int:
    """Send a person an invoice; return its message id."""
    ways(stage, user_id)
    press(stage, "Telegram Stars", of, "Pay", user_id=user_id)
    message = stage.messages(user_id)[-1]
    assert message["invoice"]["currency"] == "XTR"
    return int(message["message_id"])


def answers(stage: Stage, user_id: int = CUSTOMER) -> int:
    return len(stage.alerts(user_id)) + len(stage.telegram.wallet(user_id)["payments"])


def tap(stage: Stage, message_id: int, user_id: int = CUSTOMER, *, bill_of: int | None = None) -> None:
    """Tap *Pay*, and wait for the shop's answer."""
    before = answers(stage, user_id)
    stage.telegram.pay_stars(user_id, message_id, bill_of=bill_of)
    stage.deliver()
    wait_for(lambda: answers(stage, user_id) > before, "the shop has answered")


def pay(stage: Stage, user_id: int = CUSTOMER, *, of: str = "25") -> str:
    """Pay a new invoice; return the id of the charge."""
    tap(stage, bill(stage, user_id, of=of), user_id)
    stage.deliver()
    return str(stage.telegram.wallet(user_id)["payments"][0]["charge_id"])


def balance(stage: Stage, user_id: int = CUSTOMER) -> int:
    return stage.stand.balance(stage.stand.visitor(user_id))


def work(stage: Stage, name: str) -> None:
    """Run one of the jobs for Stars once."""
    next(job for job in stage.front.stars.jobs if name in job.name).run()


def test_the_price_is_shown_before_the_tap_and_the_payment_is_in_the_balance(stage: Stage) -> None:
    ways(stage)
    press(stage, "Telegram Stars", user_id=CUSTOMER)
    assert "$25.00 · 1923 ⭐" in labels(stage, CUSTOMER), "25 × 76.9 is 1922.5, rounded up"
    press(stage, "$25.00", user_id=CUSTOMER)
    assert "1923 ⭐" in last(stage, CUSTOMER)
    pay(stage)
    assert balance(stage) == 2_500
    stage.send_letters()
    assert "1923 ⭐ received" in last(stage, CUSTOMER)
    assert readers("admin_stars") == [ADMIN, 2]


@pytest.mark.parametrize(
    ("currency", "per_unit", "smallest"),
    [("VND", "0.002", "₫25,000 · 50 ⭐"), ("JPY", "0.7", "¥25 · 18 ⭐"), ("USD", "0.1", "$250.00 · 25 ⭐")],
)
def test_suggested_sums_cost_several_stars_in_any_currency(
    database: Database,
    clock: StandingClock,
    open_stage: Callable[[Stand], Stage],
    currency: str,
    per_unit: str,
    smallest: str,
) -> None:
    stage = open_stage(open_shop(database, clock, PAY_BY="stars", STARS_PER_UNIT=per_unit, CURRENCY=currency))
    stage.say("/start")
    stage.rest()
    stage.press_data("xtr:~")
    assert labels(stage, CUSTOMER)[0] == smallest


@pytest.mark.parametrize("fault", ["429", "500", "502", "drop", "lost_reply"])
def test_an_answer_that_telegram_did_not_take_is_given_again_within_its_ten_seconds(stage: Stage, fault: str) -> None:
    stage.telegram.fault(fault, 1, "answerPreCheckoutQuery")
    pay(stage)
    assert balance(stage) == 2500


def test_a_bill_that_cannot_be_sent_ends_no_sender_when_this_cannot_be_said_either(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[Any] = []
    monkeypatch.setattr(threading, "excepthook", ended.append)
    ways(stage)
    press(stage, "Telegram Stars", "25", user_id=CUSTOMER)
    for method in ("sendInvoice", "sendMessage"):
        stage.telegram.fault("500", 1, method)
    press(stage, "Pay", user_id=CUSTOMER)
    wait_for(lambda: stage.telegram.overview()["faults"] == [], "both were tried")
    stage.rest()
    stage.say("/help")
    assert ended == []


def test_an_update_that_arrives_again_under_another_id_is_credited_once(stage: Stage) -> None:
    message_id = bill(stage)
    stage.telegram.fault("repeated_update", 2)
    tap(stage, message_id)
    stage.deliver()
    assert (balance(stage), StarPayment.count()) == (2_500, 1)


def test_a_payment_is_never_eaten_by_a_dialog(stage: Stage) -> None:
    message_id = bill(stage)
    ways(stage)
    press(stage, "Telegram Stars", "Other amount", user_id=CUSTOMER)
    tap(stage, message_id)
    stage.deliver()
    assert balance(stage) == 2_500
    assert Conversation.of(BOT_ID, CUSTOMER).step == "star_sum", "the dialog is still open"
    stage.rest()
    stage.say("10")
    assert "769 ⭐" in last(stage, CUSTOMER)


def test_two_taps_before_the_first_answer_are_two_payments_and_the_second_is_reported(stage: Stage) -> None:
    message_id = bill(stage)
    for _ in range(2):
        stage.telegram.pay_stars(CUSTOMER, message_id)
    stage.deliver()
    wait_for(lambda: answers(stage) == 2, "both are answered")
    stage.deliver()
    assert balance(stage) == 5_000
    stage.send_letters()
    assert sum("This invoice had already been paid" in text for text in stage.texts()) == 1


def test_a_banned_customers_payment_that_was_under_way_is_credited(stage: Stage) -> None:
    message_id = bill(stage)
    tap(stage, message_id)
    with stage.stand.database.transaction():
        Customer.change(stage.stand.visitor(CUSTOMER).id, banned=True)
    stage.deliver()
    assert balance(stage) == 2_500


def _unknown(stage: Stage) -> None:
    with stage.stand.database.transaction():
        StarBill.delete().execute()


def _banned(stage: Stage) -> None:
    with stage.stand.database.transaction():
        Customer.change(stage.stand.visitor(CUSTOMER).id, banned=True)


def _expired(stage: Stage) -> None:
    stage.stand.clock.now += 3_601


REASONS: dict[str, tuple[Callable[[Stage], None], str]] = {
    "unknown": (_unknown, "gilt nicht mehr"),
    "banned": (_banned, "nimmt von dir keine Zahlungen"),
    "expired": (_expired, "abgelaufen"),
}


@pytest.mark.parametrize("reason", REASONS)
def test_an_invoice_that_may_not_be_paid_is_refused_in_the_customers_language(stage: Stage, reason: str) -> None:
    happens, words = REASONS[reason]
    message_id = bill(stage)
    stage.stand.shop.customers.choose_language(stage.stand.visitor(CUSTOMER), "de")
    happens(stage)
    tap(stage, message_id)
    assert words in stage.alerts()[-1]
    assert (balance(stage), stage.telegram.wallet(CUSTOMER)["payments"]) == (0, [])


def test_a_paid_invoice_and_another_persons_invoice_are_refused(stage: Stage) -> None:
    message_id = bill(stage)
    tap(stage, message_id)
    stage.deliver()
    tap(stage, message_id)
    assert stage.alerts()[-1] == "You have already paid this invoice."
    stage.say("/start", 1002, first_name="Bob")
    tap(stage, message_id, 1002, bill_of=CUSTOMER)
    assert "someone else" in stage.alerts(1002)[-1]
    assert (balance(stage), balance(stage, 1002)) == (2_500, 0)


def test_an_amount_other_than_the_invoices_is_refused(stage: Stage, stand: Stand) -> None:
    bill(stage)
    [row] = StarBill.select()
    for stars, currency in ((row.stars - 1, "XTR"), (row.stars, "USD")):
        no, _ = stand.shop.payments.stars.may_pay("1", row.reference, stars, currency, CUSTOMER, bot_id=BOT_ID)
        assert no is not None
        assert no.value == "other_sum"


def _wait_for_goods(stage: Stage, *contents: str) -> int:
    """Make a customer want something they cannot pay for, and send them an invoice for the missing amount."""
    product = stage.stand.stock(*contents, price="20.00")
    checkout = stage.stand.shop.checkout
    person = stage.stand.visitor(CUSTOMER)
    stage.stand.shop.waiting.wait(person, checkout.offer_product(person, product, 1).id)
    stage.rest()
    stage.press_data("topup:2000")
    return product


def test_a_payment_for_a_waiting_order_places_it_at_once(stage: Stage) -> None:
    _wait_for_goods(stage, "THE-KEY")
    assert "⭐ Telegram Stars · 1538" in labels(stage, CUSTOMER)
    press(stage, "Telegram Stars", "Pay", user_id=CUSTOMER)
    tap(stage, stage.messages()[-1]["message_id"])
    stage.deliver()
    assert (balance(stage), Order.select().count()) == (0, 1)


def test_an_invoice_for_goods_that_are_gone_meanwhile_is_refused(stage: Stage) -> None:
    product = _wait_for_goods(stage, "THE-KEY")
    press(stage, "Telegram Stars", "Pay", user_id=CUSTOMER)
    message_id = stage.messages()[-1]["message_id"]
    stage.stand.shop.waiting.stop(stage.stand.visitor(CUSTOMER))
    stage.stand.buy(stage.stand.rich(telegram_id=1002), product)
    tap(stage, message_id)
    assert "just sold out" in stage.alerts()[-1]
    assert stage.telegram.wallet(CUSTOMER)["payments"] == []


def test_goods_that_cannot_be_paid_in_stars_are_not_paid_with_them(stage: Stage) -> None:
    product = _wait_for_goods(stage, "THE-KEY")
    owner = stage.stand.visitor(ADMIN, first_name="Olga")
    stage.stand.shop.editor.take_stars(owner, product, on=False)
    stage.rest()
    stage.press_data("topup:2000")
    assert not any("Stars" in label for label in labels(stage, CUSTOMER))
    press(stage, "Don’t order automatically", user_id=CUSTOMER)
    pay(stage)
    stage.rest()
    stage.press_data(f"buy:{product}:1")
    assert "Your balance: $25.00" in last(stage, CUSTOMER)
    assert "Without Stars, your balance is $0.00 and the price is $20.00" in last(stage, CUSTOMER)
    assert "💰 Top up $20.00" in labels(stage, CUSTOMER)
    assert not any("✅ Pay" in label for label in labels(stage, CUSTOMER))
    assert (balance(stage), Order.select().count()) == (2_500, 0)
    stage.stand.grant(stage.stand.visitor(CUSTOMER), "20.00")
    stage.stand.buy(stage.stand.visitor(CUSTOMER), product)
    assert balance(stage) == 2_500, "what came by Stars is still there"


def test_a_day_has_a_limit(database: Database, clock: StandingClock, open_stage: Callable[[Stand], Stage]) -> None:
    stage = open_stage(open_shop(database, clock, **STARS, STARS_DAY_LIMIT="3000"))
    stage.say("/start", CUSTOMER, first_name="Ada")
    early = bill(stage)
    tap(stage, early)
    stage.deliver()
    ways(stage)
    press(stage, "Telegram Stars", "25", "Pay", user_id=CUSTOMER)
    assert "3000 ⭐" in stage.alerts()[-1]
    clock.now += 86_401
    assert bill(stage) > early
    stage.front.stars.pre_checkouts.stop()


def test_bills_that_are_paid_at_once_do_not_pass_the_limit_of_a_day(
    database: Database, clock: StandingClock, open_stage: Callable[[Stand], Stage]
) -> None:
    stage = open_stage(open_shop(database, clock, **STARS, STARS_DAY_LIMIT="4000"))
    stage.say("/start", CUSTOMER, first_name="Ada")
    for message_id in [bill(stage, of="25"), bill(stage, of="50")]:
        stage.telegram.pay_stars(CUSTOMER, message_id)
    stage.deliver()
    wait_for(lambda: answers(stage) == 2, "both are answered")
    assert len(stage.telegram.wallet(CUSTOMER)["payments"]) == 1
    assert "24-hour limit" in stage.alerts()[-1]
    stage.front.stars.pre_checkouts.stop()


def test_telegrams_list_is_read_every_five_minutes_and_compared_once_a_day(stage: Stage) -> None:
    every_s = {job.name: job.every_s for job in stage.front.stars.jobs}
    assert every_s == {"refunds of Stars": 5, "list of Stars": 300, "balance of Stars": 86_400}
    [runner] = [each for each in stage.front.runners(let_go=lambda: None) if each.name == "stars"]
    assert tuple(record.job for record in runner.records) == stage.front.stars.jobs


def test_payments_lost_in_a_kill_are_found_in_telegrams_list(stage: Stage) -> None:
    message_id = bill(stage)
    tap(stage, message_id)
    stage.telegram.fault("lost_update", 1)
    stage.updates()
    assert balance(stage) == 0, "its update was taken, and its process died"
    work(stage, "list")
    assert balance(stage) == 2_500
    work(stage, "list")
    assert (balance(stage), StarTransaction.count()) == (2_500, 1)


def test_a_refund_that_arrives_before_its_payment_leaves_nothing_and_places_no_order(stage: Stage) -> None:
    _wait_for_goods(stage, "THE-KEY")
    press(stage, "Telegram Stars", "Pay", user_id=CUSTOMER)
    tap(stage, stage.messages()[-1]["message_id"])
    stage.telegram.charge_back(stage.telegram.wallet(CUSTOMER)["payments"][0]["charge_id"])
    for update in reversed(stage.updates()):
        stage.front.bots.accept(BOT_ID, update)
    assert (balance(stage), Order.select().count()) == (0, 0)
    assert [entry.kind for entry in LedgerEntry.select().order_by(LedgerEntry.id)] == ["deposit", "chargeback"]


def test_payments_of_a_program_that_had_this_bot_before_are_not_credited(stage: Stage, telegram: Telegram) -> None:
    stage.bot.send_invoice(CUSTOMER, "Old", "Of another program", "their-own-42", "", "XTR", [_price(50)])
    question = telegram.pay_stars(CUSTOMER, stage.messages()[-1]["message_id"])
    stage.bot.answer_pre_checkout_query(question, True)
    stage.deliver()
    work(stage, "list")
    assert (balance(stage), StarPayment.count(), StarTransaction.count()) == (0, 0, 1)
    work(stage, "balance")
    assert readers("admin_stars_differ") == []
    stage.bot.refund_star_payment(CUSTOMER, telegram.wallet(CUSTOMER)["payments"][0]["charge_id"])
    work(stage, "list")
    assert StarTransaction.count() == 2
    assert stage.stand.shop.reconciliation.check(stage.stand.visitor(ADMIN)).differing == 0


def _price(stars: int) -> LabeledPrice:
    return LabeledPrice("Old", stars)


def test_a_refund_is_made_once_and_one_made_before_counts_as_done(stage: Stage) -> None:
    charge_id = pay(stage)
    stage.say("/start", ADMIN, first_name="Olga")
    press(stage, "Admin", "⭐ Stars", "1923", "Refund Stars")
    assert "is processing the refund" in last(stage)
    assert balance(stage) == 0
    stage.telegram.fault("lost_reply", 1, "refundStarPayment")
    work(stage, "refunds")
    assert StarPayment.get().state == PaymentState.REFUNDING.value, "nobody knows yet"
    work(stage, "refunds")
    stage.deliver()
    assert StarPayment.get().state == PaymentState.REFUNDED.value
    assert stage.telegram.wallet(CUSTOMER)["payments"] == [{"charge_id": charge_id, "stars": 1923, "refunded": True}]
    assert readers("admin_chargeback") == []
    stage.send_letters()
    assert "We’ve refunded your" in last(stage, CUSTOMER)


def test_a_refund_that_telegram_refuses_gives_the_balance_back(stage: Stage) -> None:
    pay(stage)
    stage.telegram.withdraw_stars(1_000)
    owner = stage.stand.visitor(ADMIN, first_name="Olga")
    stage.stand.shop.payments.star_refunds.begin(owner, StarPayment.get().id)
    work(stage, "refunds")
    assert (balance(stage), StarPayment.get().state) == (2_500, "paid")
    assert readers("admin_stars_kept") == [ADMIN, 2]
    stage.stand.shop.payments.star_refunds.begin(owner, StarPayment.get().id)
    assert balance(stage) == 0, "it can be tried again"


NO_REFUSALS = NOT_SERVED | {
    f"result {result}": {"body": f'{{"ok": true, "result": {result}}}'} for result in ("false", "null", "{}")
}


@pytest.mark.parametrize("answer", ["429", "500", *NO_REFUSALS])
def test_only_a_refusal_by_telegram_gives_the_balance_back(stage: Stage, answer: str) -> None:
    pay(stage)
    stage.stand.shop.payments.star_refunds.begin(stage.stand.visitor(ADMIN, first_name="Olga"), StarPayment.get().id)
    stage.telegram.fault("lost_reply", 1, "refundStarPayment")
    work(stage, "refunds")
    if answer.isdecimal():
        stage.telegram.fault(answer, 1, "refundStarPayment")
    else:
        stage.telegram.fault("answer", 1, "refundStarPayment", **NO_REFUSALS[answer])
    work(stage, "refunds")
    assert (balance(stage), StarPayment.get().state) == (0, "refunding")
    work(stage, "refunds")
    assert (balance(stage), StarPayment.get().state) == (0, "refunded")


def test_a_refund_to_an_account_that_is_gone_is_not_retried_forever(stage: Stage) -> None:
    pay(stage)
    stage.stand.shop.payments.star_refunds.begin(stage.stand.visitor(ADMIN, first_name="Olga"), StarPayment.get().id)
    gone = '{"ok": false, "error_code": 400, "description": "Bad Request: user not found"}'
    stage.telegram.fault("answer", 1, "refundStarPayment", status=400, body=gone)
    work(stage, "refunds")
    assert (balance(stage), StarPayment.get().state) == (2_500, "paid")
    assert readers("admin_stars_kept") == [ADMIN, 2]


def test_a_chargeback_of_spent_money_stops_buying_and_names_the_order_to_the_owners(stage: Stage) -> None:
    product = stage.stand.stock("KEY-1", "KEY-2", price="20.00")
    charge_id = pay(stage)
    order = stage.stand.buy(stage.stand.visitor(CUSTOMER), product)
    stage.telegram.charge_back(charge_id)
    stage.deliver()
    assert balance(stage) == -2_000
    assert readers("admin_chargeback") == [ADMIN, 2]
    stage.say("/start", ADMIN, first_name="Olga")
    stage.send_letters()
    assert f"this payment: order #{order.order_id}" in "".join(stage.texts(ADMIN)[-3:])
    assert "negative" in last(stage, CUSTOMER)
    stage.stand.grant(stage.stand.visitor(CUSTOMER), "10.00")
    stage.rest()
    stage.press_data(f"buy:{product}:1")
    assert "-$10.00" in last(stage, CUSTOMER)
    assert Order.select().count() == 1


def test_a_withdrawal_and_a_list_that_differs_from_the_balance_are_reported(stage: Stage) -> None:
    pay(stage)
    stage.telegram.withdraw_stars(900)
    work(stage, "list")
    assert payloads("admin_stars_withdrawn", to=ADMIN) == [{"stars": 900, "incoming": False}]
    work(stage, "balance")
    assert readers("admin_stars_differ") == []
    stage.telegram.fault("answer", 2, "getMyStarBalance", body='{"ok": true, "result": {"amount": 7}}')
    work(stage, "balance")
    assert payloads("admin_stars_differ", to=ADMIN) == [{"listed": 1_023, "balance": 7}]


def test_store_mode_hides_every_coin_at_once_until_it_is_switched_off(stage: Stage) -> None:
    stage.stand.grant(stage.stand.visitor(CUSTOMER), "30.00")
    ways(stage)
    assert "Bitcoin" in " ".join(labels(stage, CUSTOMER))
    stage.say("/start", ADMIN, first_name="Olga")
    press(stage, "Admin", "⭐ Stars", "Turn on store mode")
    press(stage, "Bitcoin", user_id=CUSTOMER)
    assert "available at the moment" in "".join(stage.alerts()) + last(stage, CUSTOMER)
    ways(stage)
    assert [label for label in labels(stage, CUSTOMER) if "Menu" not in label] == ["⭐ Telegram Stars"]
    stage.stand.buy(stage.stand.visitor(CUSTOMER), stage.stand.stock("KEY", price="20.00"))
    assert balance(stage) == 1_000, "balances can be spent"
    press(stage, "Turn off store mode")
    ways(stage)
    assert "Bitcoin" in " ".join(labels(stage, CUSTOMER))


def test_only_an_owner_switches_store_mode_and_needs_a_code_if_codes_are_on(
    database: Database, clock: StandingClock, open_stage: Callable[[Stand], Stage]
) -> None:
    stage = open_stage(open_shop(database, clock, **STARS, ADMIN_TOTP="true"))
    stage.say("/start", MANAGER, first_name="Max")
    stage.stand.appoint(Right.MONEY)
    stage.rest()
    stage.press_data("storemode:1", MANAGER)
    stage.say("/start", ADMIN, first_name="Olga")
    stage.rest()
    stage.press_data("storemode:1", ADMIN)
    assert not stage.stand.shop.payments.store_mode.is_on
    assert "authenticator" in "".join(stage.texts(ADMIN)[-2:])


def test_a_pre_checkout_is_answered_while_all_eight_workers_are_stuck(stage: Stage) -> None:
    message_id = bill(stage)
    stuck, free = threading.Barrier(9), threading.Event()

    def hold(*_: Any) -> None:
        stuck.wait(DEADLINE_S)
        free.wait(DEADLINE_S)

    poller = Poller(
        stage.bot,
        stage.front.bots,
        stage.front.reachability,
        monotonic=stage.seconds,
        at_end=stage.stand.database.release_thread,
    )
    register = stage.bot.message_handlers
    taken = list(register)
    register.insert(0, {"function": hold, "pass_bot": False, "filters": {"func": lambda m: m.text == "stuck"}})
    poller.start()
    try:
        for number in range(8):
            stage.telegram.people.say(2_000 + number, "stuck", profile={})
        stuck.wait(DEADLINE_S)
        with stage.stand.database.transaction():  # and somebody writes
            stage.telegram.pay_stars(CUSTOMER, message_id)
            wait_for(lambda: answers(stage) == 1, "the shop has answered")
        assert not free.is_set()
        assert balance(stage) == 0, "the payment itself waits for a worker"
    finally:
        free.set()
        wait_for(lambda: StarPayment.count() == 1, "the payment has arrived")
        poller.stop(timeout_s=DEADLINE_S)
        register[:] = taken
    assert balance(stage) == 2_500


def test_the_sandbox_wallet_refuses_what_telegram_refuses(stage: Stage) -> None:
    message_id = bill(stage)
    number = stage.telegram.pay_stars(CUSTOMER, message_id)
    stage.stand.clock.now += 10
    with pytest.raises(Exception, match="query is too old"):
        stage.bot.answer_pre_checkout_query(number, True)
    with pytest.raises(Exception, match="CURRENCY_INVALID"):
        stage.bot.send_invoice(CUSTOMER, "a", "b", "c", "", "USD", [_price(1)])
    with pytest.raises(Exception, match="INVOICE_TITLE_INVALID"):
        stage.bot.send_invoice(CUSTOMER, "a" * 33, "b", "c", "", "XTR", [_price(1)])
    with pytest.raises(Exception, match="CHARGE_ID_INVALID"):
        stage.bot.refund_star_payment(CUSTOMER, "nobody-paid-this")
    with pytest.raises(SandboxError):
        stage.telegram.charge_back("nobody-paid-this")
