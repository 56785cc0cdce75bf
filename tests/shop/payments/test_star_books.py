"""Many payments in Stars with every kind of failure, and the list that corrects them."""

import random

from shop.administration.notifications import Notification
from shop.errors.refusals import BalanceTooLow, StaleScreen
from shop.payments.stars import PaymentState
from shop.people import Person
from storage.database import Database
from storage.models import Customer, HandledUpdate, NotificationOff, StarPayment, StarTransaction
from storage.models import reconciliation as books
from storage.models.stars import NANO
from tests.conftest import StandingClock
from tests.endurance import times
from tests.shop.books import check_books
from tests.shop.payments.starry import StarShop
from tests.stand import BOT_ID, readers
from web.sandbox.errors import SandboxError
from web.sandbox.telegram.errors import BotApiError
from web.sandbox.telegram.faults import Fault

PAYMENTS = times(1_500, full=10_000)
PEOPLE = 40


class Mayhem:
    """Random events between customers, Telegram and the shop, all derived from the seed."""

    def __init__(self, shop: StarShop, seed: int) -> None:
        self.shop = shop
        self.chance = random.Random(seed)
        self.crowd = [shop.customer(1000 + number) for number in range(PEOPLE)]
        with shop.stand.database.transaction():
            for owner in shop.stand.settings.admin_id_list:
                NotificationOff.switch(owner, Notification.DEPOSIT.value, on=False)
        self.goods = shop.stand.stock(*(f"UNIT-{number}" for number in range(600)), price="3.00")
        self.seen: dict[str, int] = dict.fromkeys(
            ("late", "second", "refused", "killed", "refund", "chargeback", "withdrawal", "bought", "lost"), 0
        )

    def go_on(self) -> None:
        """Make a customer pay, and then possibly do something else."""
        self.pay(self.chance.choice(self.crowd))
        for likely, deed in (
            (0.10, self.charge_back),
            (0.10, self.give_back),
            (0.03, self.buy),
            (0.02, self.withdraw),
            (0.20, self.arrive),
            (0.01, self.shop.look),
            (0.05, lambda: self.shop.refunds.settle(self.shop)),
        ):
            if self.chance.random() < likely:
                deed()
        self.shop.silent = self.chance.random() < 0.1

    def pay(self, person: Person) -> None:
        """Pay a bill, perhaps with two taps, perhaps too late, perhaps with its update lost or doubled."""
        _, message_id = self.shop.bill(person, f"{self.chance.randint(1, 999)}.{self.chance.randint(0, 99):02}")
        taps = [self.shop.tap(person, message_id) for _ in range(self.chance.choice((1, 1, 1, 2, 6)))]
        self.shop.clock.now += self.chance.choice((0, 1, 3, 8, 11))
        if self.chance.random() < 0.02:
            self.seen["refused"] += (
                self.shop.judge(self.shop.tap(self.crowd[0], message_id, bill_of=person.telegram_id)) is not None
            )
        before = len(self.shop.book.charges)
        for number in taps:
            fault = self.chance.choice(("lost_update", "repeated_update", "", "", ""))
            if fault:
                self.shop.world.faults.add(Fault(fault, 1))
                self.seen["lost"] += fault == "lost_update"
            try:
                self.seen["refused"] += self.shop.judge(number) is not None
            except BotApiError:
                self.seen["late"] += 1
            for kind in ("lost_update", "repeated_update"):
                self.shop.world.faults.add(Fault(kind, 0))
        self.seen["second"] += len(self.shop.book.charges) - before > 1

    def arrive(self) -> None:
        """Deliver pending updates in any order; with some, the process dies right after claiming them."""
        waiting = self.shop.telegram_bot.updates
        self.chance.shuffle(waiting)
        for update in waiting[:3]:
            if self.chance.random() < 0.05:
                self.seen["killed"] += 1
                with self.shop.stand.database.transaction():
                    HandledUpdate.claim(BOT_ID, update.update_id, now=self.shop.clock())
        self.shop.deliver()

    def charge_back(self) -> None:
        self.seen["chargeback"] += self._one_goes_back()

    def _one_goes_back(self) -> bool:
        if not self.shop.book.charges:
            return False
        try:
            self.shop.world.stars.charge_back(
                self.shop.telegram_bot, self.chance.choice(list(self.shop.book.charges))
            )
        except SandboxError:
            return False
        return True

    def give_back(self) -> None:
        rows = StarPayment.page(start=self.chance.randint(0, 50), count=1)
        try:
            for row in rows:
                self.shop.refunds.begin(self.shop.owner, row.id)
                self.seen["refund"] += 1
        except (BalanceTooLow, StaleScreen):
            return

    def buy(self) -> None:
        person = self.chance.choice(self.crowd)
        if Customer.balance_of(person.id) >= 300:
            self.shop.stand.buy(person, self.goods)
            self.seen["bought"] += 1

    def withdraw(self) -> None:
        if self.shop.book.balance > 10:
            self.shop.world.stars.withdraw(self.shop.telegram_bot, self.shop.book.balance // 2)
            self.seen["withdrawal"] += 1


def test_the_books_equal_telegrams_list_to_the_star_after_many_payments(
    database: Database, clock: StandingClock
) -> None:
    shop = StarShop(database, clock)
    mayhem = Mayhem(shop, seed=18)
    while len(shop.book.charges) < PAYMENTS:
        mayhem.go_on()
    shop.silent = False
    mayhem.arrive()
    shop.look()
    shop.refunds.settle(shop)
    shop.look()
    assert all(mayhem.seen.values()), mayhem.seen

    kept = {row.charge_id: row for row in StarPayment.select()}
    assert kept.keys() == shop.book.charges.keys()
    for charge_id, charge in shop.book.charges.items():
        row = kept[charge_id]
        went_back = row.state in (PaymentState.REFUNDED.value, PaymentState.CHARGED_BACK.value)
        assert (row.stars, went_back) == (charge.stars, charge.refunded)
    assert StarTransaction.count() == len(shop.book.transactions)
    listed = sum(row.nanostars * (2 * row.incoming - 1) for row in StarTransaction.select())
    assert listed == shop.book.balance * NANO
    shop.payments.star_books.compare(shop)
    assert readers("admin_stars_differ") == []
    differing = {kind: books.differences(kind, most=3) for kind in books.CHECKS}
    assert {kind: found for kind, (found, count) in differing.items() if count} == {}
    check_books()
