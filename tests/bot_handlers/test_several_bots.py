"""Ten bots and twenty thousand customers in one process; limits apply per customer, whichever bot they use.

The customers are inserted directly, as if they had written before; some of each bot's customers act.
"""

import gc
import tracemalloc
from collections.abc import Callable
from typing import Any

import pyotp
import pytest

from shop.administration.second_factor import OPEN_S
from shop.sales.coupon_admin import CouponTerms
from storage.database import Database
from storage.models import Bot, BotVisit, Customer
from tests.bot_handlers.conftest import FrontServer, Seconds
from tests.bot_handlers.fleet import FleetStage
from tests.bot_handlers.handlers.test_second_factor import key_in
from tests.bot_handlers.stage import CUSTOMER
from tests.conftest import StandingClock
from tests.shop.sales.test_reservations import regular
from tests.stand import ADMIN, BOT_ID, open_shop
from web.sandbox.telegram.state import Chat

EACH = 2_000
THROTTLED, REVOKED, SLOW = 3, 5, 7
WELL = tuple(number for number in range(10) if number not in (THROTTLED, REVOKED, SLOW))
FIRST = 100_000
FURTHER_BOT_BYTES = 2_000_000


def crowd_of(number: int) -> range:
    """List the Telegram ids of the people who use this bot."""
    return range(FIRST + number * EACH, FIRST + (number + 1) * EACH)


def fill(fleet: FleetStage) -> None:
    """Create two thousand customers for each bot, each with a chat with it."""
    world = fleet.telegram.world
    chats = {bot.bot_id: bot.chats for bot in world.bots.values()}
    plain = {"first_name": "Bo", "language": "en", "created_at": 1}
    for number in range(10):
        for each in crowd_of(number):
            world.people[each] = {"id": each, "is_bot": False, "first_name": "Bo"}
            chats[BOT_ID + number][each] = Chat()
        rows = [plain | {"telegram_id": each, "bot_id": BOT_ID + number} for each in crowd_of(number)]
        with fleet.stand.database.transaction():
            for start in range(0, EACH, 500):
                Customer.insert_many(rows[start : start + 500]).execute()


def buy(fleet: FleetStage, person_id: int) -> None:
    product = fleet.stand.stock(f"GOODS-OF-{person_id}", name=f"Key {person_id}")
    fleet.stand.bought(fleet.person(person_id), product)


def has_goods(fleet: FleetStage, number: int, person_id: int) -> bool:
    return any(f"GOODS-OF-{person_id}" in text for text in fleet.said(number, person_id))


def test_ten_bots_serve_their_customers_though_one_is_throttled_one_revoked_and_one_slow(
    fleet: FleetStage, wait_for: Callable[..., Any]
) -> None:
    fleet.add(*range(1, 10))
    fleet.send_letters()
    fill(fleet)
    assert Customer.select().count() == 10 * EACH + 1
    fleet.telegram.fault("429", 10_000, "sendMessage", bot_id=BOT_ID + THROTTLED, seconds=600)
    fleet.telegram.fault("slow", 10_000, "sendMessage", bot_id=BOT_ID + SLOW, seconds=600)
    fleet.telegram.revoke(str(BOT_ID + REVOKED))
    # Customers of the bots in trouble come first, and outnumber the senders.
    acting = {number: list(crowd_of(number))[:40] for number in (SLOW, REVOKED, THROTTLED)}
    acting |= {number: list(crowd_of(number))[:3] for number in WELL}
    for people in acting.values():
        for each in people:
            buy(fleet, each)

    def well_served() -> bool:
        fleet.front.notifier.look()
        fleet.stand.shop.outbox.wait(0.1)
        return all(has_goods(fleet, number, each) for number in WELL for each in acting[number])

    wait_for(well_served, "the goods of everybody else")
    assert not any(has_goods(fleet, SLOW, each) for each in acting[SLOW]), "its calls still wait at Telegram"
    fleet.front.fleet.look()
    assert Bot.get_by_id(BOT_ID + REVOKED).reason == "token"
    assert {row.state for row in Bot.select().where(Bot.id != BOT_ID + REVOKED)} == {"on"}
    for number in WELL:
        person = crowd_of(number)[-1]
        fleet.tell(number, "❓ Help", person)
        assert fleet.said(number, person)[-1].startswith("How it works")
    person = acting[REVOKED][0]
    fleet.tell(0, "/start", person)
    wait_for(lambda: fleet.front.notifier.look() is None or has_goods(fleet, 0, person), "the goods in another bot")
    fleet.telegram.stop()


def test_another_bot_takes_less_than_two_megabytes(fleet: FleetStage) -> None:
    """Measured as memory allocated by Python (tracemalloc), including the emulated Telegram's share."""
    fleet.add(1)
    fleet.tell(1, "/start")
    gc.collect()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    fleet.add(*range(2, 10))
    for number in range(2, 10):
        fleet.tell(number, "/start")
    gc.collect()
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (after - before) // 8 < FURTHER_BOT_BYTES


def test_a_flood_is_counted_over_all_bots(fleet: FleetStage) -> None:
    fleet.add(1)
    fleet.tell(0, "/start")
    fleet.tell(1, "/start")
    for number in range(32):
        fleet.telegram.people.say(CUSTOMER, "❓ Help", profile={}, bot_name=str(BOT_ID + number % 2))
    fleet.deliver_to(0)
    fleet.deliver_to(1)
    fleet.telegram.people.say(CUSTOMER, "❓ Help", profile={}, bot_name=str(BOT_ID + 1))
    fleet.deliver_to(1)
    assert any("Too many" in text for number in (0, 1) for text in fleet.said(number))


def test_stock_reserved_in_one_bot_is_kept_for_its_customer_in_all_and_for_nobody_else(fleet: FleetStage) -> None:
    fleet.add(1)
    fleet.stand.stock("KEY")
    for number, user_id in ((0, CUSTOMER), (1, 5)):
        fleet.tell(number, "/start", user_id)
    regular(fleet.stand, fleet.person())
    fleet.tap(0, "Shop", "Games", "Key", "Buy now", "Top up $10.00")
    fleet.tap(1, "Shop", "Games", user_id=5)
    assert "Key · sold out" in str(fleet.chat(1, 5)[-1]["reply_markup"])
    fleet.tell(1, "/start")
    fleet.tap(1, "Shop", "Games", "Key")
    assert "In stock: 1" in fleet.said(1)[-1]
    fleet.tell(1, "/topup")
    assert "1 × Key. Until your payment is detected" in fleet.said(1)[-1]


def test_a_coupon_used_in_one_bot_is_used_in_all(fleet: FleetStage) -> None:
    fleet.add(1)
    fleet.stand.stock("KEY-1", "KEY-2")
    terms = CouponTerms("ONCE", percent=10, most_uses_each=1)
    fleet.stand.shop.coupons.create(fleet.person(ADMIN), terms)
    fleet.tell(0, "/start")
    fleet.stand.grant(fleet.person(), "50.00")
    fleet.tap(0, "Shop", "Games", "Key", "Buy now", "Coupon")
    fleet.tell(0, "ONCE")
    fleet.tap(0, "Pay $9.00")
    fleet.tell(1, "/start")
    fleet.tap(1, "Shop", "Games", "Key", "Buy now", "Coupon")
    fleet.tell(1, "ONCE")
    assert "ONCE" in fleet.said(1)[-1]
    assert "$9.00" not in fleet.said(1)[-1]


def test_a_balance_is_spent_once_across_all_bots(fleet: FleetStage) -> None:
    fleet.add(1)
    fleet.stand.stock("KEY-1", "KEY-2")
    fleet.tell(0, "/start")
    fleet.stand.grant(fleet.person(), "10.00")
    fleet.tap(0, "Shop", "Games", "Key", "Buy now")
    fleet.tell(1, "/start")
    fleet.tap(1, "Shop", "Games", "Key", "Buy now", "Pay $10.00")
    fleet.tap(0, "Pay $10.00")
    assert fleet.stand.shop.customers.balance(fleet.person()).minor == 0
    assert Bot.figures(0, 2**40) == [(BOT_ID + 1, 1, 1000)]


@pytest.fixture
def guarded(front_server: FrontServer, database: Database, clock: StandingClock, fleet: FleetStage) -> FleetStage:
    """The same fleet, in which admins need a code."""
    seconds: Seconds = fleet.seconds
    stage = FleetStage(
        open_shop(database, clock, MULTIBOT="true", ADMIN_TOTP="true"), fleet.telegram, front_server.url, seconds
    )
    stage.front.fleet.look()
    return stage


def test_a_code_counts_in_every_bot_and_only_once(fleet: FleetStage, guarded: FleetStage) -> None:
    fleet.add(1)
    guarded.front.fleet.look()
    guarded.offsets = fleet.offsets
    guarded.tell(0, "/start", ADMIN)
    guarded.tap(0, "Admin", "Managers", user_id=ADMIN)
    key = key_in(guarded.said(0, ADMIN)[-1])
    code = pyotp.TOTP(key).at(guarded.stand.clock())
    guarded.tell(0, code, ADMIN)
    guarded.tell(1, "/start", ADMIN)
    guarded.tap(1, "Admin", "Managers", user_id=ADMIN)
    assert guarded.said(1, ADMIN)[-1].startswith("Managers"), "proven in one bot is proven in all"
    guarded.stand.clock.pass_s(OPEN_S)
    guarded.tap(1, "Back", "Managers", user_id=ADMIN)
    guarded.tell(1, code, ADMIN)
    assert not guarded.said(1, ADMIN)[-1].startswith("Managers"), "a code is taken once, whichever bot it is typed in"


def test_the_bots_that_each_person_has_used_are_known(fleet: FleetStage) -> None:
    fleet.add(1)
    for number in (0, 1, 0):
        fleet.tell(number, "/start")
    mine = BotVisit.select(BotVisit.bot_id).where(BotVisit.customer_id == fleet.person().id)
    assert {row.bot_id for row in mine} == {BOT_ID, BOT_ID + 1}
    assert fleet.person().bot_id == BOT_ID
