"""Referrals: who brought whom, and bonuses that never exceed their caps."""

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.ledger import credit_deposit
from shop.people import Person
from storage.database import Database
from storage.models import Customer, LedgerEntry, Referral
from tests.conftest import StandingClock
from tests.shop.payments.starry import StarShop
from tests.stand import Stand, open_shop
from wallet.chains import Chain

ON = {
    "MIN_REFERRER_TOTAL_DEPOSIT": "0",
    "REFERRAL_BONUS_PERCENT": "5",
    "REFERRER_BONUS_PERCENT": "3",
    "REFERRER_BONUS_CAP_PERCENT": "100",
}


def shop_with(database: Database, clock: StandingClock, **variables: str) -> Stand:
    return open_shop(database, clock, **ON | variables)


def deposit(stand: Stand, person: Person, amount: str, key: str) -> None:
    """Credit a deposit as the chains' watchers do."""
    followers = (stand.shop.referrals.deposited,)
    with stand.database.transaction():
        credit_deposit(person.id, stand.usd(amount), key=key, now=stand.clock(), followers=followers)


def pair(stand: Stand) -> tuple[Person, Person]:
    """Somebody with a link and 1000.00, and somebody who joined through it."""
    grace = stand.visitor(2002)
    stand.grant(grace, "1000.00")
    return grace, stand.visitor(1001, start=stand.shop.referrals.figures(grace).start)


def entries(person: Person) -> list[tuple[str, int]]:
    return [(row.key, row.amount_minor) for row in LedgerEntry.of(person.id)]


def test_a_link_is_short_unguessable_and_stays(database: Database, clock: StandingClock) -> None:
    stand = shop_with(database, clock)
    starts = {stand.shop.referrals.figures(stand.visitor(number)).start for number in (1, 2, 3) for _ in range(2)}
    assert len(starts) == 3
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{20,64}", start) for start in starts)


def test_both_get_their_share_of_a_deposit_in_the_same_transaction(database: Database, clock: StandingClock) -> None:
    stand = shop_with(database, clock)
    grace, ada = pair(stand)
    deposit(stand, ada, "10.99", "deposit:btc:aa:0")
    assert entries(ada) == [("deposit:btc:aa:0", 1099), ("referral:deposit:btc:aa:0", 54)]
    assert entries(grace)[1:] == [("referrer:deposit:btc:aa:0", 32)]
    figures = stand.shop.referrals.figures(grace)
    assert (figures.people, figures.earned.minor, figures.received.minor) == (1, 32, 0)
    assert stand.shop.referrals.figures(ada).received.minor == 54


def test_a_deposit_seen_by_many_threads_at_once_brings_its_bonus_once(
    database: Database, clock: StandingClock, at_once
) -> None:
    stand = shop_with(database, clock)
    grace, ada = pair(stand)
    at_once(*[lambda: deposit(stand, ada, "100.00", "deposit:btc:aa:0")] * 16)
    assert stand.balance(ada) == 10_500
    assert stand.balance(grace) == 100_300


def test_a_transfer_that_many_threads_see_final_at_once_brings_its_bonus_once(
    database: Database, clock: StandingClock, at_once
) -> None:
    stand = shop_with(database, clock)
    grace, ada = pair(stand)
    chain = stand.world.chains[Chain.BTC]
    chain.pay(stand.address(ada, Chain.BTC), 200_000)
    chain.mine(6)
    final, head = chain.transfers[0], chain.head()
    outcomes = at_once(*[lambda: stand.shop.payments.deposits.observe(final, head)] * 12)
    assert outcomes == [None] * 12
    assert entries(ada) == [("deposit:BTC:aa:0", 10_000), ("referral:deposit:BTC:aa:0", 500)]
    assert stand.balance(grace) == 100_300


def test_a_crash_after_the_deposit_takes_the_bonus_back_with_it(database: Database, clock: StandingClock) -> None:
    stand = shop_with(database, clock)
    grace, ada = pair(stand)

    def crash(*_: object) -> None:
        raise RuntimeError

    followers = (stand.shop.referrals.deposited, crash)
    with pytest.raises(RuntimeError), stand.database.transaction():
        credit_deposit(ada.id, stand.usd("100.00"), key="deposit:btc:aa:0", now=clock(), followers=followers)
    assert (stand.balance(ada), stand.balance(grace)) == (0, 100_000)


def test_only_the_first_deposits_earn_a_bonus(database: Database, clock: StandingClock) -> None:
    limits = {"REFERRAL_BONUS_DEPOSIT_LIMIT": "1", "REFERRER_BONUS_DEPOSIT_LIMIT": "2"}
    stand = shop_with(database, clock, **limits)
    grace, ada = pair(stand)
    for number in range(3):
        deposit(stand, ada, "100.00", f"deposit:btc:{number}:0")
    assert stand.balance(ada) == 30_000 + 500
    assert stand.balance(grace) == 100_000 + 600


def test_payments_in_stars_are_no_deposits_for_referrals(database: Database, clock: StandingClock) -> None:
    limits = {"MIN_REFERRER_TOTAL_DEPOSIT": "500", "REFERRAL_BONUS_DEPOSIT_LIMIT": "1"}
    shop = StarShop(database, clock, **ON | limits)
    grace = shop.customer(2002)
    charge = shop.pay(grace, "500.00")
    assert shop.stand.shop.referrals.figures(grace).missing == shop.stand.usd("500.00")
    shop.refunds.went_back(charge)
    assert shop.stand.shop.referrals.figures(grace).start == ""
    deposit(shop.stand, grace, "500.00", "deposit:btc:aa:0")
    ada = shop.stand.visitor(1001, start=shop.stand.shop.referrals.figures(grace).start)
    shop.customer(1001)
    shop.pay(ada, "1.00")
    deposit(shop.stand, ada, "100.00", "deposit:btc:bb:0")
    assert shop.stand.balance(ada) == 100 + 10_000 + 500, "the first deposit in coins earns the bonus"


@pytest.mark.parametrize(
    ("variables", "brought", "referrer"),
    [
        ({"REFERRAL_BONUS_CAP_PERCENT": "2"}, 200, 300),
        ({"REFERRER_BONUS_CAP_PERCENT": "0.1"}, 500, 100),
        ({"TOTAL_BONUS_CAP_PERCENT": "6"}, 500, 100),
        ({"TOTAL_BONUS_CAP_PERCENT": "0"}, 0, 0),
        ({"REFERRAL_BONUS_PERCENT": "0"}, 0, 300),
        ({"REFERRER_BONUS_PERCENT": "0"}, 500, 0),
        ({"REFERRAL_BONUS_PERCENT": "0", "REFERRER_BONUS_PERCENT": "0"}, 0, 0),
    ],
)
def test_each_cap_is_enforced(
    database: Database, clock: StandingClock, variables: dict[str, str], brought: int, referrer: int
) -> None:
    stand = open_shop(database, clock, **ON)
    grace, ada = pair(stand)
    capped = open_shop(database, clock, **ON | variables)
    deposit(capped, ada, "100.00", "deposit:btc:aa:0")
    assert (stand.balance(ada) - 10_000, stand.balance(grace) - 100_000) == (brought, referrer)


def test_an_existing_customer_cannot_become_anybodys_referral(database: Database, clock: StandingClock) -> None:
    stand = shop_with(database, clock)
    ada, grace = stand.visitor(1001), stand.visitor(2002)
    start = stand.shop.referrals.figures(grace).start
    stand.visitor(1001, start=start)
    stand.visitor(2002, start=start)
    for number, forged in enumerate(("ref_", "ref_unknown-code", f"{start}x", f"ref_{grace.id}", "'; --", "")):
        stand.visitor(3000 + number, start=forged)
    assert Referral.select().count() == 0
    assert ada.id != grace.id


def test_a_referral_is_permanent_and_the_referrer_always_came_first(database: Database, clock: StandingClock) -> None:
    stand = shop_with(database, clock)
    grace, ada = pair(stand)
    for change in (
        lambda: Referral.update(referrer_id=ada.id).execute(),
        lambda: Referral.delete().execute(),
        lambda: Referral.tie(grace.id, ada.id, now=1),
        lambda: Referral.tie(grace.id, grace.id, now=1),
    ):
        with pytest.raises(Exception, match=r"kept|CHECK"), stand.database.transaction():
            change()


def test_a_link_requires_a_minimum_total_of_deposits(database: Database, clock: StandingClock) -> None:
    stand = shop_with(database, clock, MIN_REFERRER_TOTAL_DEPOSIT="50")
    ada = stand.visitor()
    stand.grant(ada, "49.99")
    figures = stand.shop.referrals.figures(ada)
    assert (figures.start, figures.missing) == ("", stand.usd("0.01"))
    stand.grant(ada, "0.01")
    assert stand.shop.referrals.figures(ada).start


def test_a_banned_referrer_gets_nothing_more(database: Database, clock: StandingClock) -> None:
    stand = shop_with(database, clock)
    grace, ada = pair(stand)
    with stand.database.transaction():
        Customer.change(grace.id, banned=True)
    deposit(stand, ada, "100.00", "deposit:btc:aa:0")
    assert (stand.balance(ada), stand.balance(grace)) == (10_500, 100_000)


@pytest.fixture
def referral_stand(database: Database, clock: StandingClock) -> Stand:
    return open_shop(
        database, clock, **ON | {"REFERRER_BONUS_DEPOSIT_LIMIT": "99", "REFERRAL_BONUS_DEPOSIT_LIMIT": "99"}
    )


def test_bonuses_stay_within_their_caps_whatever_happens(referral_stand: Stand) -> None:
    stand, numbers = referral_stand, iter(range(10**6))

    @given(st.lists(st.integers(1, 100_000), min_size=1, max_size=6))
    def check(amounts: list[Any]) -> None:
        grace = stand.visitor(10_000 + next(numbers))
        stand.grant(grace, "10.00")
        ada = stand.visitor(10_000 + next(numbers), start=stand.shop.referrals.figures(grace).start)
        for minor in amounts:
            deposit(stand, ada, f"{minor // 100}.{minor % 100:02}", f"deposit:x:{next(numbers)}:0")
        total, grown, earned = sum(amounts), stand.balance(ada) - sum(amounts), stand.balance(grace) - 1000
        assert 0 <= grown * 100 <= total * 7
        assert 0 <= earned <= 1000
        assert (grown + earned) * 100 <= total * 12

    check()


def test_settings_take_decimals_between_0_and_100(tmp_path: Path) -> None:
    from shop.settings.loading import SettingsError, load

    assert str(load({"REFERRAL_BONUS_PERCENT": "2.5"}, tmp_path / "none").referral_bonus_percent) == "2.5"
    for bad in ("-1", "101", "NaN", "5%", "1e1"):
        with pytest.raises(SettingsError) as refused:
            load({"REFERRAL_BONUS_PERCENT": bad}, tmp_path / "none")
        assert refused.value.problems[0].startswith("REFERRAL_BONUS_PERCENT must be a percentage")
