"""Payments for bills that a restored copy does not have, in a shop that no longer has a price for Stars."""

import json
import shutil

import pytest

from shop.errors.refusals import AccountInUse
from shop.payments.stars import Charge
from shop.people import Sender
from shop.terms.retention import DAYS_TO_RECONSIDER
from storage.database import Database
from storage.models import Customer, HeldStar, Outbox, StarPayment, StarTransaction
from storage.models.customers import FIRST_PSEUDONYM
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


def test_a_customer_who_is_forgotten_meanwhile_stays_so_and_gets_it_if_they_come_back(shop: StarShop) -> None:
    shop.look()
    ada = shop.stand.visitor(1001)
    assert shop.stand.shop.data_rights.ask(ada).pending == 1
    shop.clock.pass_s(DAYS_TO_RECONSIDER * 86_400)
    shop.stand.shop.data_rights.run()
    shop.look()
    gone = Customer.get_by_id(ada.id)
    assert gone.telegram_id >= FIRST_PSEUDONYM
    assert (Customer.by_telegram_id(1001), bool(gone.reachable), bool(gone.announcements)) == (None, False, False)
    reopen(shop, stars_per_unit=PER_UNIT)
    shop.look()
    assert (Customer.balance_of(ada.id), Customer.by_telegram_id(1001)) == (600, None)
    assert balance(shop) == 600


def test_it_stays_with_the_customer_who_moves_to_another_account(shop: StarShop) -> None:
    shop.look()
    ada = shop.stand.visitor(1001)
    shop.stand.shop.account_moves.move(shop.owner, ada.id, 2002)
    newcomer = shop.stand.visitor(1001)
    shop.look()
    reopen(shop, stars_per_unit=PER_UNIT)
    shop.look()
    assert (Customer.balance_of(ada.id), Customer.balance_of(newcomer.id)) == (600, 0)


def test_no_account_is_moved_over_a_customer_with_a_held_payment(shop: StarShop) -> None:
    reference = "souk-of-a-lost-bill"
    assert not shop.stars.paid(Charge("held", reference, 5, Sender(3003, BOT_ID, "Grace")))
    with pytest.raises(AccountInUse) as refused:
        shop.stand.shop.account_moves.plan(shop.owner, shop.stand.visitor(1001).id, 3003)
    assert refused.value


def test_a_customer_who_blocked_the_bot_is_not_written_to_again_for_it(shop: StarShop) -> None:
    shop.look()
    shop.stand.shop.customers.reachability(1001, reachable=False)
    shop.look()
    assert not Customer.by_telegram_id(1001).reachable


def test_one_that_was_reversed_while_it_was_held_leaves_nothing(shop: StarShop) -> None:
    shop.look()
    charge_id = next(reversed(shop.book.charges))
    shop.world.stars.charge_back(shop.telegram_bot, charge_id)
    shop.look()
    assert (balance(shop), readers("admin_chargeback")) == (100, [])
    reopen(shop, stars_per_unit=PER_UNIT)
    shop.payments.star_books.compare(shop)
    assert (balance(shop), StarPayment.find(charge_id), HeldStar.select().count()) == (100, None, 0)
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
