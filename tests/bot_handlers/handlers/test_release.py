"""The button that credits a held deposit: what is shown, who may press it, and the second factor it asks for."""

import re

import pyotp
import pytest

from bot_handlers.callbacks.account import ShowComing
from bot_handlers.callbacks.reports import ReleaseDeposit
from shop.people import Right
from storage.database import Database
from storage.models import AuditEntry, Deposit
from tests.bot_handlers.stage import CUSTOMER, Stage, appoint, last
from tests.conftest import StandingClock
from tests.stand import ADMIN, MANAGER, Stand, open_shop
from wallet.chains import Chain


@pytest.fixture
def stand(database: Database, clock: StandingClock) -> Stand:
    return open_shop(database, clock, ADMIN_TOTP="true", DEPOSIT_CEILING="100")


@pytest.fixture
def held(stage: Stage) -> int:
    """A deposit of 5 000 dollars waits for an owner, who has read about it; return its id."""
    stand, chain = stage.stand, stage.stand.world.chains[Chain.BTC]
    stand.watch(Chain.BTC).scan()
    chain.pay(stand.address(stand.visitor(CUSTOMER), Chain.BTC), 10_000_000)
    chain.mine(6)
    stand.watch(Chain.BTC).scan()
    stage.say("/start", ADMIN, first_name="Olga")
    stage.send_letters()
    return int(Deposit.get().id)


def prove(stage: Stage) -> None:
    """Enrol with the key that is shown, and send the code."""
    key = re.search(r"(?:[A-Z2-7]{4} ){7}[A-Z2-7]{4}", last(stage)).group().replace(" ", "")
    stage.say(pyotp.TOTP(key).at(stage.stand.clock()), ADMIN)


def test_the_owner_reads_what_waits_and_the_customer_that_the_shop_checks_it(stage: Stage, held: int) -> None:
    message, button = stage.button("Credit it", ADMIN)
    assert "0.1 BTC ($5,000.00) from Ada" in message["text"]
    assert "above DEPOSIT_CEILING" in message["text"]
    assert button["callback_data"] == ReleaseDeposit(held).pack()
    assert stage.texts()[-1].endswith("Confirmed. The shop checks payments of this size by hand.")
    stage.rest()
    stage.press_data(ShowComing(), CUSTOMER)
    assert "Confirmed. The shop checks payments of this size by hand." in stage.texts()[-1]


def test_a_manager_neither_reads_of_it_nor_credits_it(stage: Stage, held: int) -> None:
    appoint(stage, Right.MONEY)
    secret = stage.stand.shop.second_factor.enrol(stage.stand.visitor(MANAGER, first_name="Max")).secret
    stage.stand.shop.second_factor.enter(
        stage.stand.visitor(MANAGER, first_name="Max"), pyotp.TOTP(secret).at(stage.stand.clock())
    )
    stage.send_letters()
    assert not any("DEPOSIT_CEILING" in text for text in stage.texts(MANAGER))
    stage.press_data(ReleaseDeposit(held), MANAGER)
    assert stage.alerts(MANAGER)[-1] == "This is above DEPOSIT_CEILING. Only an owner of the shop can credit it."
    assert (stage.stand.balance(stage.stand.visitor(CUSTOMER)), Deposit.get().held) == (0, "ceiling")


def test_it_is_credited_after_the_code_and_not_before(stage: Stage, held: int) -> None:
    person = stage.stand.visitor(CUSTOMER)
    stage.press("Credit it", ADMIN)
    assert "Two-factor authentication required" in last(stage)
    assert (stage.stand.balance(person), Deposit.get().held) == (0, "ceiling")
    prove(stage)
    assert stage.stand.balance(person) == 500_000
    assert "0.1 BTC credited as $5,000.00 to Ada" in last(stage)
    stage.send_letters()
    assert "Credited: $5,000.00" in stage.texts()[-1]
    [entry] = AuditEntry.select().where(AuditEntry.action == "deposit.released")
    assert entry.subject == f"deposit {held}"


def test_a_second_press_credits_nothing_more(stage: Stage, held: int) -> None:
    stage.press("Credit it", ADMIN)
    prove(stage)
    stage.press_data(ReleaseDeposit(held), ADMIN)
    assert stage.stand.balance(stage.stand.visitor(CUSTOMER)) == 500_000
    assert AuditEntry.select().where(AuditEntry.action == "deposit.released").count() == 1


@pytest.mark.parametrize("rights", [(), (Right.CUSTOMERS, Right.CATALOGUE, Right.BACKUP)])
def test_without_the_right_to_money_the_button_does_nothing(
    stage: Stage, held: int, rights: tuple[Right, ...]
) -> None:
    appoint(stage, *rights)
    for user_id in (MANAGER, CUSTOMER):
        stage.press_data(ReleaseDeposit(held), user_id)
    assert (stage.stand.balance(stage.stand.visitor(CUSTOMER)), Deposit.get().held) == (0, "ceiling")
    assert AuditEntry.select().where(AuditEntry.action == "deposit.released").count() == 0


@pytest.mark.parametrize("number", [0, 99, -1])
def test_a_deposit_that_does_not_exist_cannot_be_released(stage: Stage, held: int, number: int) -> None:
    stage.press("Credit it", ADMIN)
    prove(stage)
    before = Deposit.select().count()
    stage.press_data(ReleaseDeposit(number), ADMIN)
    assert "out of date" in last(stage)
    assert Deposit.select().count() == before


def test_the_owner_reads_of_coins_that_are_older_than_their_address_and_can_credit_them(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    stand, chain = stage.stand, stage.stand.world.chains[Chain.BTC]
    address = stand.address(stand.visitor(CUSTOMER), Chain.BTC)
    chain.pay(address, 100_000, block_height=95, block_time=stand.clock() - 86_400)
    stage.say("/start", ADMIN, first_name="Olga")
    for _ in range(3):
        stand.watch(Chain.BTC).look()
        stand.clock.pass_s(301)
    stage.send_letters()
    message, _ = stage.button("Credit it", ADMIN)
    assert "0.001 BTC arrived at the address of Ada" in message["text"]
    assert "is older than its address" in caplog.text
    assert not any("BTC" in text for text in stage.texts())
    stand.shop.payments.rates.refresh()
    stage.press("Credit it", ADMIN)
    prove(stage)
    stage.send_letters()
    assert "Credited: $50.00" in stage.texts()[-1]
