"""Notifications as admins see them: the switches, and what each notification says."""

import json
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bot_handlers.callbacks.administration import SwitchNotification, TakeRight
from shop.administration.notifications import Notification
from shop.outbox import CROWD, CROWD_S, Event
from shop.people import Right
from storage.models import Customer, NotificationOff, Outbox
from tests.bot_handlers.handlers.test_admin_routes import MANAGER, NOT_ALLOWED, appoint
from tests.bot_handlers.stage import CUSTOMER, Stage, labels
from tests.raw_sql import engine_of
from tests.stand import ADMIN, TOKEN


@pytest.fixture
def stage(stage: Stage) -> Stage:
    """An owner has the admins' menu open, and has switched every notification on."""
    with stage.stand.database.transaction():
        NotificationOff.delete().execute()
    stage.say("/start", ADMIN, first_name="Olga")
    stage.press("Admin", ADMIN)
    return stage


def tell(stage: Stage, event: Event, key: str = "k", **payload: Any) -> str:
    """Deliver a letter; return what the owner reads."""
    with stage.stand.database.transaction():
        stage.stand.shop.outbox.tell_admins(event, key=key, payload=payload)
    stage.send_letters()
    return stage.texts(ADMIN)[-1]


def test_an_owner_switches_a_notification_off_and_on_again_with_its_button(stage: Stage) -> None:
    stage.press("Notifications", ADMIN)
    assert labels(stage, ADMIN)[:9] == [
        "✅ New customers",
        "✅ Pending deposits",
        "✅ Credited deposits",
        "✅ Purchases",
        "✅ Reviews",
        "✅ Tickets",
        "✅ Low stock",
        "✅ Outages of networks, rates and providers",
        "✅ Errors",
    ]
    stage.press("New customers", ADMIN)
    assert "⬜ New customers" in labels(stage, ADMIN)
    stage.say("/start", 1002, first_name="Bob")
    stage.send_letters()
    assert not any("Bob" in text for text in stage.texts(ADMIN))
    stage.rest()
    stage.press("New customers", ADMIN)
    stage.say("/start", 1003, first_name="<Eve>", username="eve")
    stage.send_letters()
    assert stage.texts(ADMIN)[-1] == "👋 New customer: <Eve> @eve (1003)"


def test_two_presses_of_the_same_screen_switch_once(stage: Stage) -> None:
    stage.press("Notifications", ADMIN)
    message, button = stage.button("Purchases", ADMIN)
    for _ in range(2):
        stage.press_data(button["callback_data"], ADMIN, message_id=message["message_id"])
    assert "⬜ Purchases" in labels(stage, ADMIN)


def test_a_manager_sees_what_they_could_get_and_cannot_forge_the_rest(stage: Stage) -> None:
    appoint(stage, Right.CUSTOMERS)
    stage.say("/start", MANAGER)
    stage.press("Admin", MANAGER)
    stage.press("Notifications", MANAGER)
    assert [label for label in labels(stage, MANAGER) if label.startswith("✅")] == [
        "✅ New customers",
        "✅ Purchases",
        "✅ Reviews",
        "✅ Tickets",
    ]
    for user_id, notification in ((MANAGER, Notification.ERROR), (CUSTOMER, Notification.PURCHASE)):
        stage.rest()
        stage.press_data(SwitchNotification(notification.value, 0), user_id)
        assert stage.alerts(user_id)[-1] == NOT_ALLOWED
    stage.press_data(SwitchNotification("weather", 0), MANAGER)
    assert "out of date" in stage.texts(MANAGER)[-1]
    assert NotificationOff.select().count() == 0


def test_notifications_of_outages_say_which_service_does_not_answer(stage: Stage) -> None:
    said = [tell(stage, Event.ADMIN_DELAYED, name, chain=name) for name in ("BTC", "KryptoExpress", "rates")]
    assert [text.partition(".")[0] for text in said] == [
        "⏳ No server is responding for BTC",
        "⏳ KryptoExpress isn’t responding",
        "⏳ Some coins have no reliable exchange rate: no source is responding, or two are too far apart",
    ]
    said = [tell(stage, Event.ADMIN_ANSWERS, f"{name}!", chain=name) for name in ("BTC", "KryptoExpress", "rates")]
    assert said == [
        "✅ BTC is responding again.",
        "✅ KryptoExpress is responding again.",
        "✅ All exchange rates are available again.",
    ]


@pytest.mark.parametrize("event", ["admin_ticket", "admin_error", "admin_purchase"])
def test_many_events_are_reported_as_a_number(stage: Stage, event: str) -> None:
    for number in range(CROWD + 3):
        with stage.stand.database.transaction():
            stage.stand.shop.outbox.tell_admins(Event(event), key=str(number), payload={})
    [bundle] = [
        letter for letter in all_letters(stage) if letter.event is Event.ADMIN_BUNDLE and letter.telegram_id == ADMIN
    ]
    stage.send_letter(bundle)
    assert "3 more " in stage.texts(ADMIN)[-1]
    assert ("Open tickets" in str(stage.messages(ADMIN)[-1])) == (event == "admin_ticket")


def all_letters(stage: Stage) -> list[Any]:
    stage.stand.clock.pass_s(CROWD_S)
    return stage.stand.shop.outbox.due(limit=99)


def break_the_screen(stage: Stage) -> None:
    """Make a handler fail because its table is gone."""
    handler = stage.stand.shop.error_reports
    logging.getLogger().addHandler(handler)
    run = engine_of(stage.stand.database).execute_sql
    run("ALTER TABLE category RENAME TO elsewhere")
    stage.press("Shop")
    run("ALTER TABLE elsewhere RENAME TO category")
    logging.getLogger().removeHandler(handler)
    handler.write()


def test_a_handlers_error_is_a_letter_with_its_traceback_as_a_file(stage: Stage) -> None:
    break_the_screen(stage)
    assert (
        stage.alerts(CUSTOMER)[-1] == "Sorry, something went wrong on our side. No money was lost. Please try again."
    )
    stage.send_letters()
    message = stage.messages(ADMIN)[-1]
    assert message["caption"].startswith("🐞 Something went wrong in the program.\nOperationalError")
    assert "storage/database.py:" in message["caption"]
    assert message["document"]["file_name"].startswith("error-")
    _, content = stage.telegram.file(message["document"]["file_id"])
    assert content.startswith(b"an update could not be handled")
    assert TOKEN.encode() not in content


def test_if_no_file_can_be_sent_the_end_of_the_traceback_is_in_the_message(stage: Stage) -> None:
    break_the_screen(stage)
    stage.telegram.fault("text_only", 1)
    stage.send_letters()
    text = stage.texts(ADMIN)[-1]
    assert text.startswith("🐞 Something went wrong in the program.")
    assert "no such table" in text.splitlines()[-1]


def test_an_error_while_reporting_an_error_is_reported_to_nobody(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    break_the_screen(stage)
    handler = stage.stand.shop.error_reports
    logging.getLogger().addHandler(handler)
    [letter, _] = stage.stand.shop.outbox.due(limit=9)
    with pytest.raises(KeyError) as error:
        stage.send_letter(replace(letter, payload={}))
    logging.getLogger("souk.jobs").error("job letters failed", exc_info=error.value)
    logging.getLogger().removeHandler(handler)
    before = json.dumps([row.id for row in stage.stand.shop.outbox.due(limit=99)])
    handler.write()
    assert json.dumps([row.id for row in stage.stand.shop.outbox.due(limit=99)]) == before


def take_right(stage: Stage) -> None:
    stage.press_data(TakeRight(MANAGER, Right.CUSTOMERS.value), ADMIN)


def ban(stage: Stage) -> None:
    with stage.stand.database.transaction():
        Customer.update(banned=True).where(Customer.telegram_id == MANAGER).execute()


@pytest.mark.parametrize("end", [take_right, ban], ids=["no right", "banned"])
def test_a_queued_letter_does_not_reach_an_admin_who_may_no_longer_read_it(
    stage: Stage, end: Callable[[Stage], None]
) -> None:
    appoint(stage, Right.CUSTOMERS)
    stage.say("/start", MANAGER, first_name="Max")
    for newcomer in range(CROWD + 2):
        stage.stand.visitor(2_000 + newcomer, first_name="Bob")
    end(stage)
    stage.stand.clock.pass_s(CROWD_S)
    for _ in range(2):
        stage.send_letters()
    assert not any("customer" in text for text in stage.texts(MANAGER))
    assert any("New customer: Bob" in text for text in stage.texts(ADMIN))
    assert any("3 more new customers" in text for text in stage.texts(ADMIN))
    assert not any(row.telegram_id == MANAGER and row.kind.startswith("admin_") for row in Outbox.select())
