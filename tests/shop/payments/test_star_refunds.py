"""Stars refunded after something else has changed: the account, the order, the bot."""

from dataclasses import replace

import pytest

from shop.errors.payments import StarsNotTaken
from shop.errors.sales import StarsDoNotPay
from shop.payments.star_books import Row, RowKind
from shop.payments.stars import CURRENCY, No, PaymentState
from shop.people import Sender
from storage.database import Database
from storage.models import Outbox, StarPayment, StarTransaction
from storage.models.stars import NANO
from tests.conftest import StandingClock
from tests.shop.payments.starry import StarShop
from tests.stand import ADMIN, BOT_ID, readers


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


def test_a_refunded_balance_still_counts_as_paid_in_stars(shop: StarShop) -> None:
    ada = shop.customer()
    shop.pay(ada, "10.00")
    order = shop.stand.buy(ada, shop.stand.stock("A-KEY", name="Any"))
    without = shop.stand.stock("B-KEY", name="No Stars")
    shop.stand.shop.editor.take_stars(shop.owner, without, on=False)
    shop.stand.shop.refunds.refund_order(shop.owner, order.order_id)
    with pytest.raises(StarsDoNotPay):
        shop.stand.buy(ada, without)


def test_stars_already_spent_stay_spent_when_the_product_stops_taking_stars(shop: StarShop) -> None:
    ada = shop.customer()
    shop.pay(ada, "10.00")
    goods = shop.stand.stock("A-KEY", "B-KEY", name="Any")
    shop.stand.buy(ada, goods)
    shop.stand.shop.editor.take_stars(shop.owner, goods, on=False)
    shop.stand.grant(ada, "10.00")
    shop.stand.buy(ada, goods)
    assert shop.stand.balance(ada) == 0


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
    for bot_id, expected in ((BOT_ID, None), (BOT_ID + 1, No.UNKNOWN)):
        no, _ = shop.stars.may_pay(bill.reference, bill.stars, CURRENCY, ada.telegram_id, bot_id=bot_id)
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
