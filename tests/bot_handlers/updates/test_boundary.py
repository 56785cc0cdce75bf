"""The checks around every handler: strangers, groups, bans, refusals, errors, rate limits."""

import logging
from typing import Any

import pytest

from bot_handlers.callbacks.catalog import ShowProduct
from bot_handlers.callbacks.checkout import BuyNow
from bot_handlers.callbacks.home import AdminHome, ShowHelp
from bot_handlers.updates.boundary import BURST
from shop.people import Right
from storage.models import Customer, Product
from tests.bot_handlers.conftest import Seconds
from tests.bot_handlers.stage import CUSTOMER, Stage, appoint
from tests.raw_sql import engine_of
from tests.stand import ADMIN, BOT_ID, MANAGER

APOLOGY = "Sorry, something went wrong on our side."


def break_the_catalogue(stage: Stage) -> None:
    engine_of(stage.stand.database).execute_sql("ALTER TABLE category RENAME TO elsewhere")


def mend_the_catalogue(stage: Stage) -> None:
    engine_of(stage.stand.database).execute_sql("ALTER TABLE elsewhere RENAME TO category")


def ban(stage: Stage, telegram_id: int) -> None:
    with stage.stand.database.transaction():
        Customer.update(banned=True).where(Customer.telegram_id == telegram_id).execute()


def test_the_first_message_is_answered_with_the_menu_and_the_balance(stage: Stage) -> None:
    assert stage.texts() == [
        "Hello Ada! Use the menu below to get started.",
        "Main menu\nYour balance: $0.00",
    ]
    keyboard = [[key["text"] for key in row] for row in stage.view()["reply_keyboard"]]
    assert keyboard == [["🛍 Shop", "🛒 Cart"], ["💰 Top up", "📦 My purchases"], ["👤 Profile", "❓ Help"]]


def test_a_person_without_username_and_language_is_answered(stage: Stage) -> None:
    stage.say("/start", 2**52 - 1, first_name="<b>&")
    assert stage.texts(2**52 - 1)[0].startswith("Hello <b>&!")


@pytest.mark.parametrize("chat", [{"id": -100, "type": "group"}, {"id": -200, "type": "supergroup"}])
def test_groups_are_not_answered(stage: Stage, chat: dict[str, Any]) -> None:
    before = stage.messages()
    stage.front.bots.accept(BOT_ID, stage.update(77, chat=chat))
    assert Customer.by_telegram_id(77) is None
    assert stage.messages() == before


def test_other_bots_and_nameless_senders_are_not_answered(stage: Stage) -> None:
    update = stage.update(78)
    update["message"]["from"]["is_bot"] = True
    stage.front.bots.accept(BOT_ID, update)
    nameless = stage.update(79)
    del nameless["message"]["from"]
    stage.front.bots.accept(BOT_ID, nameless)
    assert Customer.select().where(Customer.telegram_id.in_([78, 79])).count() == 0


def test_an_unexpected_error_is_logged_with_its_traceback_and_apologised_for_and_the_next_update_works(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    break_the_catalogue(stage)
    stage.say("🛍 Shop")
    record = next(record for record in caplog.records if record.levelno == logging.ERROR)
    assert record.exc_info
    assert "category" in str(record.exc_info[1])
    assert stage.texts()[-1].startswith(APOLOGY)
    assert "category" not in "".join(stage.texts())
    mend_the_catalogue(stage)
    stage.say("🛍 Shop")
    assert stage.texts()[-1].startswith("The shop is empty")


def test_an_unexpected_error_behind_a_button_is_an_alert_over_the_screen(stage: Stage) -> None:
    break_the_catalogue(stage)
    stage.press("Shop")
    assert stage.alerts()[-1].startswith(APOLOGY)
    assert stage.texts()[-1].startswith("Main menu")


def test_a_refusal_that_leaves_the_screen_valid_is_an_alert(stage: Stage) -> None:
    stage.stand.stock("a", name="Key")
    product_id = stage.stand.product("Key")
    stage.press_data(BuyNow(product_id, 2))
    assert stage.alerts() == ["Only 1 × Key left in stock."]
    assert stage.texts()[-1].startswith("Main menu")


def test_a_refusal_that_makes_the_screen_invalid_replaces_it(stage: Stage) -> None:
    stage.press_data(ShowProduct(999, 1))
    assert stage.texts()[-1] == "This is no longer available. Open the menu to see what is."
    stage.press("Menu")
    assert stage.texts()[-1].startswith("Main menu")


@pytest.mark.parametrize(
    "data", ["", "x", "confirm", "shelf:~", "drop table:1", "confirm:" + "9" * 18, "🛍", "home:1"]
)
def test_forged_data_is_answered_like_an_old_button(stage: Stage, data: str) -> None:
    stage.press_data(data)
    assert stage.texts()[-1] == "That button is out of date. You can continue from here."
    assert not stage.alerts()


def test_a_banned_person_is_told_so_and_gets_nothing_else(stage: Stage) -> None:
    ban(stage, CUSTOMER)
    stage.say("🛍 Shop")
    assert stage.texts()[-1] == "You can’t use this shop."
    stage.press("Shop")
    stage.say("/start")
    assert stage.texts().count("You can’t use this shop.") == 1
    assert stage.view()["answers"] == []


def test_a_ban_is_mentioned_once_an_hour_and_ends_at_once(stage: Stage) -> None:
    ban(stage, CUSTOMER)
    for _ in range(40):
        stage.say("hello")
        stage.seconds.now += 100
    assert stage.texts().count("You can’t use this shop.") == 2
    with stage.stand.database.transaction():
        Customer.update(banned=False).where(Customer.telegram_id == CUSTOMER).execute()
    stage.say("❓ Help")
    assert stage.texts()[-1].startswith("How it works")


def test_a_stranger_reaches_no_admin_screen_by_a_forged_button_or_a_file(stage: Stage) -> None:
    stage.press_data(AdminHome())
    assert stage.alerts() == ["Only the admins of this shop can do that."]
    stage.send_file(b'[{"category":"a","subcategory":"b","price":1,"description":"c","private_data":"d"}]')
    assert stage.texts()[-1] == "What would you like to do with this file?"
    assert Product.select().count() == 0


def test_a_banned_manager_has_no_rights(stage: Stage) -> None:
    appoint(stage, Right.CATALOGUE)
    ban(stage, MANAGER)
    stage.send_file(b"[]", MANAGER)
    assert stage.texts(MANAGER)[-1] == "You can’t use this shop."


def test_a_press_is_answered_so_that_the_button_stops_spinning(stage: Stage) -> None:
    stage.press("Shop")
    assert len(stage.view()["answers"]) == 1
    assert stage.alerts() == []


def test_a_press_is_answered_although_the_screen_could_not_be_shown(stage: Stage) -> None:
    stage.telegram.fault("500", 1, "editMessageText")
    stage.press("Help")
    assert len(stage.view()["answers"]) == 1
    stage.press("Help")
    assert stage.texts()[-1].startswith("How it works")


def test_a_screen_that_is_gone_is_sent_again(stage: Stage) -> None:
    stage.press_data(ShowHelp(), message_id=999_999)
    assert stage.texts()[-1].startswith("How it works")


def test_haste_is_warned_about_once_and_then_ignored(stage: Stage, seconds: Seconds) -> None:
    for _ in range(BURST + 10):
        stage.say("/start")
    assert sum(text.startswith("Too many taps at once") for text in stage.texts()) == 1
    seconds.now += 60
    stage.say("❓ Help")
    assert any(text.startswith("How it works") for text in stage.texts()[-2:])


def test_no_log_of_a_telegram_failure_contains_the_token(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "souk")
    for kind in ("502", "drop", "500", "429", "403"):
        stage.telegram.fault(kind, 3)
        stage.say("❓ Help")
        stage.telegram.fault(kind, 0)
        stage.rest()
    assert len([record for record in caplog.records if record.name.startswith("souk")]) >= 5
    assert "TEST-token" not in caplog.text


@pytest.mark.parametrize("fault", ["400", "429", "500", "502", "drop"])
def test_a_file_that_cannot_be_fetched_is_answered(stage: Stage, fault: str) -> None:
    stage.say("/start", ADMIN)
    stage.telegram.fault(fault, 2, "getFile")
    stage.send_file(b"[]", ADMIN)
    assert stage.texts(ADMIN)[-1].startswith(APOLOGY)


def test_an_alert_for_a_tap_that_telegram_no_longer_waits_for_is_a_message(stage: Stage) -> None:
    product = stage.stand.stock("KEY-1")
    stage.say("/start")
    stage.telegram.people.press(CUSTOMER, stage.messages()[-1]["message_id"], BuyNow(product, 5).pack())
    stage.stand.clock.pass_s(20)  # the shop was off
    stage.deliver()
    assert stage.view()["answers"] == []
    assert any("Only 1" in text for text in stage.texts()), stage.texts()
