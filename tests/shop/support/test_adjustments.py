"""A balance corrected by hand, once; bans and letters."""

from collections.abc import Callable
from typing import Any

import pytest

from shop.errors.refusals import (
    BalanceTooLow,
    CannotBanOwner,
    CannotBanSelf,
    NotAllowed,
    NotFound,
    OwnAccount,
    OwnersOnly,
    StaleScreen,
    TextTooLong,
)
from shop.money import Money
from shop.people import Person, Right
from shop.support.adjustments import MAX_REASON
from shop.support.customers import MAX_TEXT
from storage.database import Database
from storage.models import Adjustment, Customer, LedgerEntry, ManagerRight
from tests.conftest import StandingClock
from tests.shop.payments.starry import StarShop
from tests.stand import ADMIN, Stand, audited, letters


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def test_a_balance_can_be_adjusted_both_ways_and_is_logged_and_announced(
    stand: Stand, books_add_up: Callable[[], None]
) -> None:
    admin, person = stand.visitor(ADMIN), stand.visitor()
    adjustments = stand.shop.adjustments
    for minor, reason in ((1250, "sorry"), (-1250, "a mistake")):
        wanted = adjustments.propose(admin, person.id, usd(minor), reason)
        before = stand.balance(person)
        assert adjustments.make(admin, wanted.id) == wanted
        assert stand.balance(person) == before + minor
    assert audited() == [
        ("balance.adjusted", "customer 1001", {"amount": "+12.50 USD", "reason": "sorry"}),
        ("balance.adjusted", "customer 1001", {"amount": "-12.50 USD", "reason": "a mistake"}),
    ]
    assert len(letters("adjusted")) == 2
    books_add_up()


def test_nothing_moves_before_it_is_confirmed(stand: Stand) -> None:
    admin, person = stand.visitor(ADMIN), stand.visitor()
    stand.shop.adjustments.propose(admin, person.id, usd(500), "sorry")
    assert (stand.balance(person), audited(), len(letters("adjusted"))) == (0, [], 0)


def test_a_balance_never_falls_below_zero_however_late_it_is_confirmed(stand: Stand) -> None:
    admin, person = stand.visitor(ADMIN), stand.visitor()
    adjustments = stand.shop.adjustments
    stand.grant(person, "5.00")
    with pytest.raises(BalanceTooLow) as refused:
        adjustments.propose(admin, person.id, usd(-501), "all and more")
    assert refused.value.balance == usd(500)
    first, second = (adjustments.propose(admin, person.id, usd(-300), "fee") for _ in range(2))
    adjustments.make(admin, first.id)
    with pytest.raises(BalanceTooLow) as late:
        adjustments.make(admin, second.id)
    assert late.value.balance == usd(200)
    assert (stand.balance(person), len(letters("adjusted"))) == (200, 1)


def test_twenty_presses_at_once_adjust_once(
    stand: Stand, at_once: Callable[..., list[Any]], books_add_up: Callable[[], None]
) -> None:
    admin, person = stand.visitor(ADMIN), stand.visitor()
    wanted = stand.shop.adjustments.propose(admin, person.id, usd(700), "sorry")
    outcomes = at_once(*[lambda: stand.shop.adjustments.make(admin, wanted.id)] * 20)
    assert outcomes == [wanted] * 20
    assert (stand.balance(person), len(letters("adjusted")), len(audited())) == (700, 1, 1)
    books_add_up()


def test_adjustments_a_deposit_and_a_purchase_at_once_all_count(
    stand: Stand, at_once: Callable[..., list[Any]], books_add_up: Callable[[], None]
) -> None:
    admin, person = stand.visitor(ADMIN), stand.visitor()
    stand.grant(person, "50.00")
    stand.stock(*"abcd")
    offers = [stand.shop.checkout.offer_product(person, stand.product("Key"), 1) for _ in range(4)]
    wanted = [stand.shop.adjustments.propose(admin, person.id, usd(-250), "fee") for _ in range(4)]
    outcomes = at_once(
        *(lambda offer=offer: stand.shop.checkout.place(person, offer.id) for offer in offers),
        *(lambda each=each: stand.shop.adjustments.make(admin, each.id) for each in wanted),
        *[lambda: stand.grant(person, "1.00")] * 4,
    )
    assert not any(isinstance(each, Exception) for each in outcomes), outcomes
    assert stand.balance(person) == 5000 - 4 * 1000 - 4 * 250 + 4 * 100
    books_add_up()


@pytest.mark.parametrize("rights", [(), (Right.CUSTOMERS,), (Right.MONEY,), (Right.FIGURES, Right.BACKUP)])
def test_adjusting_needs_the_rights_to_money_and_to_customers(stand: Stand, rights: tuple[Right, ...]) -> None:
    person, other = stand.visitor(), stand.appoint(*rights)
    with pytest.raises(NotAllowed):
        stand.shop.adjustments.propose(other, person.id, usd(500), "mine")
    assert Adjustment.select().count() == 0


def test_managers_with_both_rights_adjust_others_but_not_themselves_and_an_owner_anybody(stand: Stand) -> None:
    helper, owner, person = stand.appoint(Right.CUSTOMERS, Right.MONEY), stand.visitor(ADMIN), stand.visitor()
    adjustments = stand.shop.adjustments
    with pytest.raises(OwnAccount):
        adjustments.propose(helper, helper.id, usd(500), "mine")
    adjustments.make(helper, adjustments.propose(helper, person.id, usd(500), "sorry").id)
    adjustments.make(owner, adjustments.propose(owner, owner.id, usd(500), "a trial").id)
    assert [stand.balance(each) for each in (helper, person, owner)] == [0, 500, 500]


def test_a_proposal_is_void_once_the_right_is_taken_back(stand: Stand) -> None:
    helper, person = stand.appoint(Right.CUSTOMERS, Right.MONEY), stand.visitor()
    wanted = stand.shop.adjustments.propose(helper, person.id, usd(500), "sorry")
    with stand.database.transaction():
        ManagerRight.delete().execute()
    with pytest.raises(NotAllowed):
        stand.shop.adjustments.make(helper, wanted.id)
    assert stand.balance(person) == 0


def test_another_admins_proposal_and_a_forged_one_are_stale(stand: Stand) -> None:
    admin, person = stand.visitor(ADMIN), stand.visitor()
    wanted = stand.shop.adjustments.propose(stand.visitor(2), person.id, usd(500), "sorry")
    for number in (wanted.id, 0, -1, 10**17):
        with pytest.raises(StaleScreen):
            stand.shop.adjustments.make(admin, number)
    with pytest.raises(NotAllowed):
        stand.shop.adjustments.make(person, wanted.id)
    assert LedgerEntry.select().count() == 0


def test_a_reason_has_a_maximum_length_and_the_customer_must_exist(stand: Stand) -> None:
    admin, person = stand.visitor(ADMIN), stand.visitor()
    with pytest.raises(TextTooLong) as refused:
        stand.shop.adjustments.propose(admin, person.id, usd(5), "x" * (MAX_REASON + 1))
    assert refused.value.most == MAX_REASON
    with pytest.raises(NotFound):
        stand.shop.adjustments.propose(admin, 999, usd(5), "x")


def banned(person: Person) -> bool:
    return bool(Customer.get_by_id(person.id).banned)


def test_a_ban_and_its_end_are_each_logged_once_with_the_reason(stand: Stand) -> None:
    admin, person, support = stand.visitor(ADMIN), stand.visitor(), stand.shop.customer_support
    for _ in range(2):
        support.ban(admin, person.id, "spam", banned=True)
    assert banned(person)
    assert stand.shop.customer_support.card(admin, person.id).ban_reason == "spam"
    for _ in range(2):
        support.ban(admin, person.id, "sorry", banned=False)
    assert not banned(person)
    assert stand.shop.customer_support.card(admin, person.id).ban_reason == ""
    assert audited() == [
        ("customer.banned", "customer 1001", {"reason": "spam"}),
        ("customer.let_in", "customer 1001", {"reason": "sorry"}),
    ]


def test_nobody_can_ban_themselves_and_a_manager_no_owner_or_other_manager(stand: Stand) -> None:
    owner, helper = stand.visitor(ADMIN), stand.appoint(Right.CUSTOMERS)
    other, support = stand.appoint(Right.FIGURES, telegram_id=78), stand.shop.customer_support
    for admin in (owner, helper):
        with pytest.raises(CannotBanSelf):
            support.ban(admin, admin.id, "oops", banned=True)
    for target in (owner, other):
        with pytest.raises(OwnersOnly):
            support.ban(helper, target.id, "mine now", banned=True)
    with pytest.raises(NotAllowed):
        support.ban(other, stand.visitor().id, "no right", banned=True)
    assert [banned(each) for each in (owner, helper, other)] == [False] * 3
    support.ban(owner, helper.id, "left us", banned=True)
    with pytest.raises(NotAllowed):
        support.ban(helper, stand.visitor().id, "revenge", banned=True)
    with pytest.raises(OwnersOnly):
        support.ban(stand.appoint(Right.CUSTOMERS, telegram_id=79), helper.id, "friends", banned=False)


def test_no_owner_can_be_banned(stand: Stand) -> None:
    first, second = stand.visitor(ADMIN), stand.visitor(2)
    with pytest.raises(CannotBanOwner) as refused:
        stand.shop.customer_support.ban(first, second.id, "no", banned=True)
    assert refused.value
    assert (banned(second), audited()) == (False, [])


def test_a_letter_is_queued_and_logged_with_its_text(stand: Stand) -> None:
    admin, person, support = stand.visitor(ADMIN), stand.visitor(), stand.shop.customer_support
    support.write(admin, person.id, "Hello")
    support.write(admin, person.id, "Hello")
    assert len(letters("shop_writes")) == 2
    assert audited() == [("customer.written_to", "customer 1001", {"text": "Hello"})] * 2
    with pytest.raises(TextTooLong) as refused:
        support.write(admin, person.id, "x" * (MAX_TEXT + 1))
    assert refused.value.most == MAX_TEXT
    with pytest.raises(NotFound):
        support.write(admin, 999, "Hello")
    with pytest.raises(NotAllowed):
        support.write(person, admin.id, "Hello")


def test_a_balance_below_zero_can_be_raised(database: Database, clock: StandingClock) -> None:
    shop = StarShop(database, clock)
    ada, adjustments = shop.customer(), shop.stand.shop.adjustments
    charge_id = shop.pay(ada, "10.00")
    shop.stand.buy(ada, shop.stand.stock("KEY"))
    shop.refunds.went_back(charge_id)
    adjustments.make(shop.owner, adjustments.propose(shop.owner, ada.id, usd(400), "half of it").id)
    assert shop.stand.balance(ada) == -600
    with pytest.raises(BalanceTooLow):
        adjustments.propose(shop.owner, ada.id, usd(-1), "more")
