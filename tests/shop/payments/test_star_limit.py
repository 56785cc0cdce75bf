"""STARS_DAY_LIMIT, also for several bills that a customer pays at once."""

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from itertools import count
from typing import Any

import pytest

from shop.ledger import credit_deposit
from shop.payments import stars
from shop.payments.star_approvals import APPROVED_S, StarApprovals
from shop.payments.stars import CURRENCY, Bill, BillRefusal
from shop.people import Person
from storage.database import Database
from storage.models import StarPayment
from tests.conftest import StandingClock
from tests.shop.payments.starry import StarShop
from tests.stand import BOT_ID

LIMIT = 1_000
AMOUNTS = ("3.00", "3.01", "3.02", "3.03", "3.04", "3.05", "3.06", "3.07")


@pytest.fixture
def shop(database: Database, clock: StandingClock) -> StarShop:
    return StarShop(database, clock, STARS_DAY_LIMIT=str(LIMIT))


@pytest.fixture
def numbers() -> Iterator[str]:
    """Ids of pre-checkout queries."""
    return map(str, count(1))


def ask(shop: StarShop, person: Person, bill: Bill, query_id: str) -> BillRefusal | None:
    """Ask whether a person may pay a bill, without paying it."""
    asked = (query_id, bill.reference, bill.stars, CURRENCY, person.telegram_id)
    return shop.stars.may_pay(*asked, bot_id=BOT_ID)[0]


def bills(shop: StarShop, person: Person, *amounts: str) -> list[Bill]:
    return [shop.stars.bill(person, shop.stand.usd(amount)) for amount in amounts]


def test_bills_that_are_approved_one_after_another_before_a_payment_arrives_count(shop: StarShop) -> None:
    ada = shop.customer()
    taps = [shop.tap(ada, shop.bill(ada, amount)[1]) for amount in ("6.00", "4.01", "4.00", "0.01")]
    assert [shop.judge(tap) for tap in taps] == [None, BillRefusal.LIMIT, None, BillRefusal.LIMIT]
    shop.deliver()
    assert StarPayment.spent(ada.id, within=shop.stand.shop.context.lately(1)) == LIMIT


def test_bills_that_are_approved_by_several_threads_at_once_never_pass_the_limit(
    shop: StarShop, numbers: Iterator[str], at_once: Callable[..., list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    stars_of, have_read = StarApprovals.stars_of, threading.Barrier(2)

    def read_together(*asked: Any, **more: Any) -> int:
        """Read, and let a second thread read as well before either approves: only the lock keeps it out."""
        found = stars_of(*asked, **more)
        with suppress(threading.BrokenBarrierError):
            have_read.wait(timeout=0.2)
        return found

    monkeypatch.setattr(StarApprovals, "stars_of", read_together)
    ada = shop.customer()
    asked = [partial(ask, shop, ada, bill, next(numbers)) for bill in bills(shop, ada, *AMOUNTS)]
    assert sorted(map(str, at_once(*asked))) == [str(BillRefusal.LIMIT)] * (len(AMOUNTS) - 3) + [str(None)] * 3


def test_a_payment_that_is_being_written_still_counts_and_holds_up_no_answer(
    shop: StarShop, numbers: Iterator[str], at_once: Callable[..., list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = shop.customer()
    assert shop.judge(shop.tap(ada, shop.bill(ada, "6.00")[1])) is None
    [too_much] = bills(shop, ada, "4.01")
    answers = list[Any]()

    def with_a_question(*given: Any, **more: Any) -> None:
        credit_deposit(*given, **more)
        answers.extend(at_once(partial(ask, shop, ada, too_much, next(numbers))))

    monkeypatch.setattr(stars, "credit_deposit", with_a_question)
    shop.deliver()
    assert answers == [BillRefusal.LIMIT]
    assert ask(shop, ada, too_much, next(numbers)) is BillRefusal.LIMIT


def test_payments_that_arrive_meanwhile_count_once(
    shop: StarShop, numbers: Iterator[str], at_once: Callable[..., list[Any]]
) -> None:
    ada = shop.customer()
    assert shop.judge(shop.tap(ada, shop.bill(ada, "6.00")[1])) is None
    [too_much, fits] = bills(shop, ada, "4.01", "4.00")
    asked = [partial(ask, shop, ada, too_much, next(numbers)) for _ in AMOUNTS]
    assert at_once(shop.deliver, *asked) == [None, *[BillRefusal.LIMIT] * len(AMOUNTS)]
    assert ask(shop, ada, fits, next(numbers)) is None


def test_a_query_that_comes_again_is_one_approval_and_a_second_tap_on_the_bill_another(
    shop: StarShop, numbers: Iterator[str]
) -> None:
    ada = shop.customer()
    [bill, rest] = bills(shop, ada, "6.00", "4.00")
    query = next(numbers)
    assert [ask(shop, ada, bill, query), ask(shop, ada, bill, query)] == [None, None]
    assert ask(shop, ada, bill, next(numbers)) is BillRefusal.LIMIT, "a bill can be paid twice"
    assert ask(shop, ada, rest, next(numbers)) is None


def test_a_payment_ends_one_approval_of_its_bill_and_its_repetition_ends_none(shop: StarShop) -> None:
    ada = shop.customer()
    message_id, other = (shop.bill(ada, amount)[1] for amount in ("3.00", "4.01"))
    taps = [shop.tap(ada, message_id) for _ in range(2)]
    assert [shop.judge(tap) for tap in taps] == [None, None]
    first, second = shop.telegram_bot.updates
    for update in (first, first):
        shop.bots.accept(BOT_ID, update.body)
        shop.bots.accept(BOT_ID, update.body | {"update_id": update.body["update_id"] + 100})
    assert StarPayment.count() == 1
    assert shop.judge(shop.tap(ada, other)) is BillRefusal.LIMIT, "the second payment is still to come"
    shop.bots.accept(BOT_ID, second.body)
    assert (StarPayment.count(), shop.judge(shop.tap(ada, other))) == (2, BillRefusal.LIMIT)


def test_a_payment_found_in_the_list_ends_its_approval(shop: StarShop, numbers: Iterator[str]) -> None:
    ada = shop.customer()
    assert shop.judge(shop.tap(ada, shop.bill(ada, "5.00")[1])) is None
    shop.telegram_bot.updates.clear()
    shop.look()
    [rest] = bills(shop, ada, "5.00")
    assert ask(shop, ada, rest, next(numbers)) is None


@pytest.mark.parametrize("set_back_s", [0, 3_600])
def test_an_approval_without_a_payment_ends_after_a_minute_whatever_the_clock_says(
    shop: StarShop, numbers: Iterator[str], set_back_s: int
) -> None:
    ada = shop.customer()
    [bill, other] = bills(shop, ada, "6.00", "4.01")
    assert ask(shop, ada, bill, next(numbers)) is None
    shop.clock.now -= set_back_s
    shop.clock.pass_s(APPROVED_S - 1)
    assert ask(shop, ada, other, next(numbers)) is BillRefusal.LIMIT
    shop.clock.pass_s(1)
    assert ask(shop, ada, other, next(numbers)) is None


def test_customers_count_apart_and_a_refused_bill_does_not_count(shop: StarShop, numbers: Iterator[str]) -> None:
    ada, grace = shop.customer(), shop.customer(1002)
    [of_ada, of_grace] = bills(shop, ada, "6.00") + bills(shop, grace, "6.00")
    assert ask(shop, ada, of_grace, next(numbers)) is BillRefusal.OF_ANOTHER
    answers = [ask(shop, each, bill, next(numbers)) for each, bill in ((ada, of_ada), (grace, of_grace))]
    assert answers == [None, None]


def test_without_a_limit_every_bill_may_be_paid(database: Database, clock: StandingClock) -> None:
    shop = StarShop(database, clock)
    ada = shop.customer()
    asked = enumerate(bills(shop, ada, "6.00", "60.00", "600.00"))
    assert [ask(shop, ada, bill, str(number)) for number, bill in asked] == [None, None, None]


def test_what_was_paid_while_the_clock_was_ahead_does_not_count_for_that_long(shop: StarShop) -> None:
    ada, clock = shop.customer(), shop.stand.clock
    clock.pass_s(365 * 86_400)
    tap = shop.tap(ada, shop.bill(ada, "10.00")[1])
    assert shop.judge(tap) is None
    shop.deliver()
    clock.pass_s(-365 * 86_400)
    assert shop.judge(shop.tap(ada, shop.bill(ada, "10.00")[1])) is None
