"""Payments for bills that a restored copy does not have, in a shop that no longer has a price for Stars."""

import json
import shutil

import pytest

from shop.payments.stars import Charge, PaymentState
from shop.people import Sender
from storage.database import Database
from storage.models import Outbox, StarPayment, StarTransaction
from tests.conftest import StandingClock
from tests.shop.payments.starry import PER_UNIT, StarShop
from tests.stand import BOT_ID, open_shop, readers


@pytest.fixture
def shop(database: Database, clock: StandingClock) -> StarShop:
    """A restored shop: the payment of $5.00 that Telegram lists came after its copy was made, one of $1.00 before."""
    shop = StarShop(database, clock)
    ada = shop.customer()
    shop.pay(ada, "1.00")
    shop.look()
    database.backup(database.path.with_name("copy.db"))
    shop.pay(ada, "5.00")
    database.close()
    shutil.copy(database.path.with_name("copy.db"), database.path)
    database.open()
    reopen(shop, stars_per_unit="0")
    return shop


def reopen(shop: StarShop, *, stars_per_unit: str) -> None:
    """Start the shop again with another price, or with none: then it takes coins only."""
    shop.stand = open_shop(shop.stand.database, shop.clock, PAY_BY="wallet", STARS_PER_UNIT=stars_per_unit)
    shop.payments = shop.stand.shop.payments
    shop.stars, shop.refunds = shop.payments.stars, shop.payments.star_refunds


def balance(shop: StarShop) -> int:
    return shop.stand.balance(shop.stand.visitor(1001))


def test_a_payment_without_a_bill_or_a_price_is_held_and_the_owners_are_told_once(shop: StarShop) -> None:
    for _ in range(2):
        shop.look()
    assert (balance(shop), StarPayment.count(), StarTransaction.count()) == (100, 1, 1)
    assert readers("admin_stars_held") == [1, 2]
    letter = Outbox.select().where(Outbox.kind == "admin_stars_held").get()
    assert json.loads(letter.payload) == {"customer_id": shop.stand.visitor(1001).id, "stars": 500}


def test_its_update_credits_it_no_more_than_the_list_does(shop: StarShop) -> None:
    charge_id, reference = next(reversed(shop.book.charges)), "souk-of-a-lost-bill"
    assert not shop.stars.paid(Charge(charge_id, reference, 500, Sender(1001, BOT_ID, "Ada")))
    shop.look()
    assert (balance(shop), readers("admin_stars_held")) == (100, [1, 2])


def test_it_is_credited_once_there_is_a_price_again(shop: StarShop) -> None:
    shop.look()
    reopen(shop, stars_per_unit=PER_UNIT)
    for _ in range(2):
        shop.look()
    assert (balance(shop), StarPayment.count(), StarTransaction.count()) == (600, 2, 2)
    assert shop.stand.shop.reconciliation.check(shop.owner).differing == 0


def test_one_that_was_reversed_while_it_was_held_leaves_nothing(shop: StarShop) -> None:
    shop.look()
    charge_id = next(reversed(shop.book.charges))
    shop.world.stars.charge_back(shop.telegram_bot, charge_id)
    shop.look()
    assert (balance(shop), readers("admin_chargeback")) == (100, [])
    reopen(shop, stars_per_unit=PER_UNIT)
    shop.payments.star_books.compare(shop)
    assert (balance(shop), StarPayment.find(charge_id).state) == (100, PaymentState.CHARGED_BACK.value)
    assert StarTransaction.count() == 3


def test_without_a_price_bills_that_the_shop_knows_are_credited_as_agreed(
    database: Database, clock: StandingClock
) -> None:
    shop = StarShop(database, clock)
    ada = shop.customer()
    shop.pay(ada, "1.00")
    _, message_id = shop.bill(ada, "5.00")
    assert shop.judge(shop.tap(ada, message_id)) is None
    reopen(shop, stars_per_unit="0")
    shop.look()
    assert (balance(shop), readers("admin_stars_held")) == (600, [])
