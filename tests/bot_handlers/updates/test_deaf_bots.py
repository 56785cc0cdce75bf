"""One of several bots that updates do not reach: the owners are told its name, and so are monitors and *Bots*."""

import json

import pytest
from telebot.apihelper import ApiTelegramException

from shop.administration.bots import OffReason
from shop.health import Reason
from shop.metrics import Metrics
from storage.models import Bot
from storage.models import Outbox as OutboxRow
from tests.bot_handlers.fleet import FleetStage, token_of
from tests.monitoring import monitor_of
from tests.patience import DEADLINE_S
from tests.stand import ADMIN, BOT_ID

LOOK_S = 180
WEBHOOK_WAS_SET = (
    "Conflict: terminated by setWebhook request",
    "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
)
BAD_GATEWAY = "Wrong response from the webhook: 502 Bad Gateway"


@pytest.fixture
def hooked(fleet: FleetStage) -> FleetStage:
    """A bot that is polled, and two with webhooks that have been looked at once."""
    fleet.add(1, 2)
    fleet.front.fleet.webhook_url = url_of
    for on in (False, True):
        for number in (1, 2):
            fleet.stand.shop.bots.switch(fleet.person(ADMIN), BOT_ID + number, on=on)
        look(fleet)
    return fleet


def look(fleet: FleetStage) -> None:
    """Let the time of a look pass, and look."""
    step(fleet, LOOK_S)


def step(fleet: FleetStage, seconds: int) -> None:
    """Let some time pass, and do what is due."""
    fleet.stand.clock.pass_s(seconds)
    fleet.seconds.now += seconds
    fleet.front.fleet.look()


def restart(fleet: FleetStage) -> None:
    """Start the shop anew, with webhooks for all bots; updates came for two while it was down."""
    fleet.front.courier.stop(timeout_s=DEADLINE_S)
    for number in (1, 2):
        fleet.telegram.people.say(4242, "hi", profile={}, bot_name=str(BOT_ID + number))
    fail(fleet, 1, 2)
    fleet.front = FleetStage(fleet.stand, fleet.telegram, fleet.url, fleet.seconds).front
    fleet.front.fleet.webhook_url = url_of
    fleet.front.fleet.look()


def url_of(bot_id: int) -> str:
    return f"https://shop.example/telegram/{bot_id}"


def fail(fleet: FleetStage, *numbers: int) -> None:
    """Let Telegram fail to deliver to these bots now."""
    for number in numbers:
        hook = fleet.telegram.world.bots[token_of(number)].webhook
        hook.last_error_date, hook.last_error_message = fleet.stand.clock(), BAD_GATEWAY


def told(fleet: FleetStage) -> list[tuple[str, str]]:
    """List what the owner was told about arrivals: the kind, and the name of the bot."""
    rows = OutboxRow.select().where(OutboxRow.telegram_id == ADMIN).order_by(OutboxRow.id)
    kinds = ("admin_deaf", "admin_hears")
    return [(row.kind, json.loads(row.payload).get("name", "")) for row in rows if row.kind in kinds]


def name_of(fleet: FleetStage, number: int) -> str:
    return next(card.name for card in fleet.stand.shop.bots.every(fleet.person(ADMIN)) if card.id == BOT_ID + number)


def test_the_owners_are_told_once_which_bot_is_deaf_and_once_that_it_hears(hooked: FleetStage) -> None:
    name = name_of(hooked, 1)
    for _ in range(3):
        fail(hooked, 1)
        look(hooked)
    assert told(hooked) == [("admin_deaf", name)]
    look(hooked)
    assert told(hooked) == [("admin_deaf", name), ("admin_hears", name)]
    hooked.send_letters()
    said = [text for number in range(3) for text in hooked.said(number, ADMIN) if name in text and "Updates" in text]
    assert f"aren’t reaching {name}" in said[0]
    assert BAD_GATEWAY in said[0]
    assert f"are reaching {name}" in said[1]


def test_monitors_and_the_list_of_bots_show_it(fleet: FleetStage) -> None:
    fleet.add(1, 2)
    monitor, metrics = monitor_of(fleet.stand), Metrics()
    metrics.watch(monitor)
    assert b"souk_telegram_deaf_bots 0.0" in metrics.text()
    fleet.front.fleet.failed(BOT_ID + 1, TimeoutError())
    monitor.look()
    health = monitor.examine()
    assert (health.failed, Reason.TELEGRAM in health.degraded) == ((), True)
    assert b"souk_telegram_deaf_bots 1.0" in metrics.text()
    fleet.tell(0, "/start", ADMIN)
    fleet.tap(0, "Admin", "Bots", user_id=ADMIN)
    buttons = str(fleet.chat(0, ADMIN)[-1]["reply_markup"])
    assert (buttons.count("🟡"), buttons.count("🟢")) == (1, 2)
    fleet.tap(0, "🟡", user_id=ADMIN)
    assert "updates from Telegram aren’t reaching it" in fleet.said(0, ADMIN)[-1]
    fleet.front.fleet.heard(BOT_ID + 1)
    assert Reason.TELEGRAM not in monitor.examine().degraded
    assert b"souk_telegram_deaf_bots 0.0" in metrics.text()


def test_if_no_bot_gets_updates_the_owners_are_told_of_the_shop_and_of_no_bot(hooked: FleetStage) -> None:
    for _ in range(2):
        hooked.front.fleet.failed(BOT_ID, TimeoutError())
        fail(hooked, 1, 2)
        look(hooked)
    assert told(hooked) == [("admin_deaf", "")]
    hooked.front.fleet.heard(BOT_ID)
    look(hooked)
    assert told(hooked) == [("admin_deaf", ""), ("admin_hears", "")]


def test_a_short_trouble_of_a_polled_bot_is_not_told(fleet: FleetStage) -> None:
    fleet.add(1)
    front, clock = fleet.front.fleet, fleet.stand.clock
    front.failed(BOT_ID + 1, TimeoutError())
    clock.pass_s(59)
    front.look()
    front.heard(BOT_ID + 1)
    assert told(fleet) == []
    front.failed(BOT_ID + 1, TimeoutError())
    clock.pass_s(60)
    front.look()
    assert told(fleet) == [("admin_deaf", name_of(fleet, 1))]


def test_after_an_outage_of_all_bots_each_has_time_to_get_updates_again(fleet: FleetStage) -> None:
    fleet.add(1)
    front = fleet.front.fleet
    for _ in range(10):
        for number in range(2):
            front.failed(BOT_ID + number, TimeoutError())
        step(fleet, 30)
    front.heard(BOT_ID)
    front.look()
    assert told(fleet) == [("admin_deaf", ""), ("admin_hears", "")]


def test_after_an_outage_of_all_bots_none_is_told_of_that_hears_within_a_minute(fleet: FleetStage) -> None:
    fleet.add(1, 2)
    front = fleet.front.fleet
    for _ in range(22):
        for number in range(3):
            front.failed(BOT_ID + number, TimeoutError())
        step(fleet, 5)
    shop_only = [("admin_deaf", ""), ("admin_hears", "")]
    front.heard(BOT_ID)  # the busiest of them; the others may wait for a quarter of a minute in their long poll
    for _ in range(10):
        step(fleet, 5)
        assert told(fleet) == shop_only
    front.heard(BOT_ID + 1)
    for _ in range(3):
        step(fleet, 5)
    assert told(fleet) == [*shop_only, ("admin_deaf", name_of(fleet, 2))]


def test_a_bot_known_to_be_deaf_is_not_told_again_after_an_outage_of_all(fleet: FleetStage) -> None:
    fleet.add(1)
    front, deaf = fleet.front.fleet, ("admin_deaf", name_of(fleet, 1))
    front.failed(BOT_ID + 1, TimeoutError())
    step(fleet, 60)
    assert told(fleet) == [deaf]
    front.failed(BOT_ID, TimeoutError())
    step(fleet, 5)
    front.heard(BOT_ID)
    step(fleet, 120)
    front.heard(BOT_ID + 1)
    assert told(fleet) == [deaf, ("admin_hears", name_of(fleet, 1))]


def test_an_unanswered_question_about_a_webhook_is_asked_again_before_the_owners_are_told(hooked: FleetStage) -> None:
    hooked.telegram.fault("502_json", 1, "getWebhookInfo", bot_id=BOT_ID + 1)
    look(hooked)
    assert hooked.stand.shop.bots.deaf.ids == {BOT_ID + 1}
    for _ in range(LOOK_S // 5):
        step(hooked, 5)
    assert hooked.stand.shop.bots.deaf.ids == frozenset()
    assert told(hooked) == []


def test_updates_that_waited_while_the_shop_was_down_alarm_nobody(hooked: FleetStage) -> None:
    restart(hooked)
    deaf = hooked.stand.shop.bots.deaf
    assert deaf.ids == {BOT_ID + 1, BOT_ID + 2}
    for _ in range(LOOK_S // 5):
        step(hooked, 5)
    assert (told(hooked), deaf.ids) == ([], frozenset())


def test_a_bot_that_stays_deaf_after_the_start_is_told_of_at_the_second_look(hooked: FleetStage) -> None:
    restart(hooked)
    step(hooked, 5)
    fail(hooked, 1)
    assert told(hooked) == []
    look(hooked)
    assert told(hooked) == [("admin_deaf", name_of(hooked, 1))]


def lose_to_a_webhook(fleet: FleetStage, text: str) -> None:
    """Let another program set the webhook of a bot that is polled."""
    assert BOT_ID + 1 in fleet.front.fleet.to_poll()
    answer = {"ok": False, "error_code": 409, "description": text}
    fleet.front.fleet.failed(BOT_ID + 1, ApiTelegramException("getUpdates", None, answer))
    assert BOT_ID + 1 not in fleet.front.fleet.to_poll()
    step(fleet, 20)


@pytest.mark.parametrize("text", WEBHOOK_WAS_SET)
def test_a_bot_whose_webhook_another_program_keeps_setting_switches_itself_off(fleet: FleetStage, text: str) -> None:
    fleet.add(1, 2)
    for state in ("on", "on", "off"):
        lose_to_a_webhook(fleet, text)
        row = Bot.get_by_id(BOT_ID + 1)
        assert row.state == state
    assert row.reason == OffReason.CONFLICT.value
    fleet.send_letters()
    assert "another program uses its token" in str(fleet.said(2, ADMIN)), "the bot that the owner used last"


@pytest.mark.parametrize("text", WEBHOOK_WAS_SET)
def test_a_webhook_that_another_program_set_once_is_told_to_nobody(fleet: FleetStage, text: str) -> None:
    fleet.add(1)
    for _ in range(5):
        lose_to_a_webhook(fleet, text)
        fleet.front.fleet.heard(BOT_ID + 1)
        step(fleet, 600)
    assert (told(fleet), Bot.get_by_id(BOT_ID + 1).state) == ([], "on")


def test_a_bot_that_is_removed_is_no_longer_deaf(fleet: FleetStage) -> None:
    fleet.add(1)
    fleet.front.fleet.failed(BOT_ID + 1, TimeoutError())
    assert fleet.stand.shop.bots.deaf.ids == {BOT_ID + 1}
    fleet.stand.shop.bots.remove(fleet.person(ADMIN), BOT_ID + 1)
    fleet.front.fleet.look()
    assert fleet.stand.shop.bots.deaf.ids == frozenset()
    assert told(fleet) == []
