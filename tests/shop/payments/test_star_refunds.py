"""Stars refunded after something else has changed: the account, the order, the bot, or the customer is forgotten."""

import shutil
from dataclasses import replace

import pytest

from shop.errors.payments import StarsNotTaken
from shop.errors.sales import StarsDoNotPay
from shop.payments.star_books import Row, RowKind
from shop.payments.stars import CURRENCY, BillRefusal, PaymentState
from shop.people import Person, Sender
from storage.database import Database
from storage.models import Customer, Outbox, StarPayment, StarTransaction
from storage.models.stars import NANO
from tests.conftest import StandingClock, refused
from tests.shop.payments.starry import PER_UNIT, StarShop
from tests.shop.terms.test_erasure import everything
from tests.stand import ADMIN, BOT_ID, open_shop, readers

ADA = 1_234_567_890
WALLET = 10**9
DAY_S = 86_400


@pytest.fixture
def shop(database: Database, clock: StandingClock) -> StarShop:
    return StarShop(database, clock)


def test_stars_go_back_to_the_account_that_paid_them_even_after_a_move(shop: StarShop) -> None:
    ada = shop.customer()
    shop.pay(ada, "5.00")
    shop.clock.pass_s(60)
    shop.stand.shop.account_moves.move(shop.owner, ada.id, 2002)
    shop.clock.pass_s(60)
    shop.refunds.begin(shop.owner, StarPayment.get().id)
    shop.refunds.settle(shop)
    assert StarPayment.get().state == PaymentState.REFUNDED.value
    assert readers("admin_stars_kept") == []
    assert shop.world.stars.wallets[1001] == 10**9


@pytest.mark.parametrize("was_here", [True, False])
def test_stars_go_back_to_the_account_that_paid_them_even_if_its_next_holder_is_forgotten(
    shop: StarShop, was_here: bool
) -> None:
    ada = shop.customer(ADA)
    if was_here:
        shop.customer(2002)
    shop.pay(ada, "5.00")
    shop.clock.pass_s(60)
    shop.stand.shop.account_moves.move(shop.owner, ada.id, 2002)
    shop.stand.shop.data_rights.erasures.erase(shop.stand.visitor(ADA).id)
    shop.refunds.begin(shop.owner, StarPayment.get().id)
    shop.refunds.settle(shop)
    check_refunded_once(shop, ada.id)


def refunding(shop: StarShop) -> Person:
    """A customer whose payment is being refunded."""
    ada = shop.customer(ADA)
    shop.pay(ada, "5.00")
    shop.refunds.begin(shop.owner, StarPayment.get().id)
    return ada


def check_refunded_once(shop: StarShop, customer_id: int) -> None:
    """The Stars are back, the balance is without them, and no admin was alarmed."""
    shop.deliver()
    shop.look()
    assert StarPayment.get().state == PaymentState.REFUNDED.value
    assert (shop.world.stars.wallets[ADA], Customer.balance_of(customer_id)) == (WALLET, 0)
    assert readers("admin_stars_kept") == readers("admin_chargeback") == []


def test_stars_go_back_to_a_deleted_customer_and_then_nothing_names_them(shop: StarShop) -> None:
    ada = refunding(shop)
    shop.stand.shop.data_rights.ask(ada)
    shop.clock.pass_s(8 * DAY_S)
    shop.stand.shop.data_rights.run()
    assert Customer.by_telegram_id(ADA) is None, "nothing puts a deletion off"
    shop.refunds.settle(shop)
    check_refunded_once(shop, ada.id)
    assert str(ADA) not in everything(shop.stand.database)


def test_a_refund_whose_answer_was_lost_is_still_done_after_its_customer_is_forgotten(shop: StarShop) -> None:
    ada = refunding(shop)
    shop.silent = True
    shop.refunds.settle(shop)
    shop.silent = False
    assert shop.stand.shop.data_rights.erasures.erase(ada.id)
    shop.refunds.settle(shop)
    check_refunded_once(shop, ada.id)


def test_a_refused_refund_forgets_the_account_it_was_for(shop: StarShop) -> None:
    ada = refunding(shop)
    shop.stand.shop.data_rights.erasures.erase(ada.id)
    shop.world.stars.withdraw(shop.telegram_bot, 500)
    shop.refunds.settle(shop)
    assert (StarPayment.get().state, Customer.balance_of(ada.id)) == (PaymentState.PAID.value, 500)
    assert str(ADA) not in everything(shop.stand.database)


def test_a_restored_backup_finishes_the_refund_of_a_customer_whom_it_forgets_again(shop: StarShop) -> None:
    database, erasures = shop.stand.database, shop.stand.shop.data_rights.erasures
    copy = database.path.with_name("copy")
    erasures.pseudonym(1)  # the key is in the copy
    ada = refunding(shop)
    database.backup(copy)
    shop.refunds.settle(shop)
    erasures.erase(ada.id)
    database.close()
    shutil.move(copy, database.path)
    database.open()
    again = open_shop(database, shop.clock, PAY_BY="wallet,stars", STARS_PER_UNIT=PER_UNIT).shop
    assert Customer.by_telegram_id(ADA) is None
    assert StarPayment.get().state == PaymentState.REFUNDING.value
    again.payments.star_refunds.settle(shop)
    check_refunded_once(shop, ada.id)
    assert str(ADA) not in everything(database)


def test_a_refund_after_a_move_does_not_need_the_account_that_was_left(shop: StarShop) -> None:
    ada, grace = shop.customer(ADA), shop.customer(2002)
    shop.pay(ada, "5.00")
    shop.clock.pass_s(60)
    shop.stand.shop.account_moves.move(shop.owner, ada.id, 2002)
    shop.refunds.begin(shop.owner, StarPayment.get().id)
    shop.stand.shop.data_rights.erasures.erase(grace.id)
    shop.refunds.settle(shop)
    check_refunded_once(shop, ada.id)


def test_the_database_keeps_where_a_refund_goes_as_long_as_the_refund_and_no_longer(shop: StarShop) -> None:
    shop.pay(shop.customer(ADA), "5.00")
    row, database = StarPayment.get(), shop.stand.database
    assert "CHECK" in refused(database, lambda: StarPayment.change(row.id, refund_to=ADA))
    assert "goes to an account" in refused(database, lambda: StarPayment.change(row.id, state="refunding"))


def test_a_refunded_balance_still_counts_as_paid_in_stars(shop: StarShop) -> None:
    ada = shop.customer()
    shop.pay(ada, "10.00")
    order = shop.stand.buy(ada, shop.stand.stock("A-KEY", name="Any"))
    without = shop.stand.stock("B-KEY", name="No Stars")
    shop.stand.shop.editor.take_stars(shop.owner, without, on=False)
    shop.stand.shop.refunds.refund_order(shop.owner, order.order_id)
    with pytest.raises(StarsDoNotPay):
        shop.stand.buy(ada, without)


def test_a_refusal_says_that_stars_do_not_pay_even_if_the_balance_is_short_with_them(shop: StarShop) -> None:
    ada, goods = shop.customer(), shop.stand.stock("A-KEY", name="No Stars")
    shop.stand.shop.editor.take_stars(shop.owner, goods, on=False)
    shop.pay(ada, "9.00")
    with pytest.raises(StarsDoNotPay) as refused:
        shop.stand.buy(ada, goods)
    assert (refused.value.balance, refused.value.missing) == (shop.stand.usd("0"), shop.stand.usd("10.00"))


def test_stars_already_spent_stay_spent_when_the_product_stops_taking_stars(shop: StarShop) -> None:
    ada = shop.customer()
    shop.pay(ada, "10.00")
    goods = shop.stand.stock("A-KEY", "B-KEY", name="Any")
    shop.stand.buy(ada, goods)
    shop.stand.shop.editor.take_stars(shop.owner, goods, on=False)
    shop.stand.grant(ada, "10.00")
    shop.stand.buy(ada, goods)
    assert shop.stand.balance(ada) == 0


def test_what_a_past_order_was_paid_with_stays_when_the_product_is_switched(shop: StarShop) -> None:
    ada, bob, editor = shop.customer(), shop.customer(1002), shop.stand.shop.editor
    any_goods = shop.stand.stock("A-KEY", "B-KEY", name="Any")
    without, other = shop.stand.stock("C-KEY", name="No Stars"), shop.stand.stock("D-KEY", name="Neither")
    for goods in (without, other):
        editor.take_stars(shop.owner, goods, on=False)
    for person, bought in ((ada, without), (bob, any_goods)):
        shop.pay(person, "10.00")
        shop.stand.grant(person, "10.00")
        shop.stand.buy(person, bought)
    editor.take_stars(shop.owner, without, on=True)
    editor.take_stars(shop.owner, any_goods, on=False)
    assert [StarPayment.money_of(person.id) for person in (ada, bob)] == [1000, 0]
    with pytest.raises(StarsDoNotPay):
        shop.stand.buy(ada, other)
    shop.stand.buy(bob, other)
    assert [shop.stand.balance(person) for person in (ada, bob)] == [1000, 0]


def list_of_another_bot(shop: StarShop, rows: int) -> None:
    """Give the shop a previous bot, whose transactions it knows."""
    with shop.stand.database.transaction():
        StarTransaction.note(
            [
                {"transaction_id": f"old-{row}", "incoming": 1, "kind": "other", "nanostars": NANO, "made_at": 1}
                for row in range(rows)
            ]
        )


def test_a_new_bot_has_its_own_list_which_is_read_from_its_beginning(shop: StarShop) -> None:
    list_of_another_bot(shop, 150)
    ada = shop.customer()
    _, message_id = shop.bill(ada, "5.00")
    assert shop.judge(shop.tap(ada, message_id)) is None
    shop.telegram_bot.updates.clear()
    shop.look()
    assert shop.stand.balance(ada) == 500
    shop.payments.star_books.compare(shop)
    assert readers("admin_stars_differ") == []


def test_a_withdrawal_is_reported_once_even_after_its_letter_is_long_deleted(shop: StarShop) -> None:
    shop.pay(shop.customer(), "5.00")
    shop.world.stars.withdraw(shop.telegram_bot, 100)
    shop.look()
    assert readers("admin_stars_withdrawn") == [ADMIN, 2]
    with shop.stand.database.transaction():
        Outbox.delete().execute()
    shop.look()
    shop.payments.star_books.compare(shop)
    assert readers("admin_stars_withdrawn") == []


def test_a_bill_can_be_paid_only_through_the_bot_that_can_refund_its_stars(shop: StarShop) -> None:
    ada = shop.customer()
    bill = shop.stars.bill(ada, shop.stand.usd("5.00"))
    for bot_id, expected in ((BOT_ID, None), (BOT_ID + 1, BillRefusal.UNKNOWN)):
        no, _ = shop.stars.may_pay("1", bill.reference, bill.stars, CURRENCY, ada.telegram_id, bot_id=bot_id)
        assert no is expected
    with pytest.raises(StarsNotTaken):
        shop.stars.bill(replace(ada, bot_id=BOT_ID + 1), shop.stand.usd("5.00"))


def test_a_row_of_less_than_a_star_does_not_hold_up_those_after_it(shop: StarShop, clock: StandingClock) -> None:
    ada = shop.customer()
    payer = Sender(ada.telegram_id, BOT_ID, "Ada")
    rows = [
        Row("none", True, RowKind.PAYMENT, NANO - 1, clock(), "souk-none", payer),
        Row("five", True, RowKind.PAYMENT, 500 * NANO, clock(), "souk-five", payer),
    ]
    shop.rows = lambda offset: rows[offset:]
    shop.look()
    assert (shop.stand.balance(ada), StarTransaction.count()) == (500, 2)
