"""Everybody's orders in an admin's chat: listed, searched, fulfilled, and found again after the message is gone."""

import codecs

import pytest

from bot_handlers.callbacks.orders import MakeLine
from shop.people import Right
from tests.bot_handlers.stage import CUSTOMER, Stage, appoint, labels, last, press
from tests.goods import own, product
from tests.stand import ADMIN, MANAGER


@pytest.fixture
def made(stage: Stage) -> Stage:
    """A customer waits for a portrait, and left a note about it; its line is the first."""
    stage.stand.bring(stage.stand.visitor(ADMIN), own(product("Portrait", deliverable="made_to_order")))
    stage.stand.grant(stage.stand.visitor(CUSTOMER), "10.00")
    stage.say("/shop")
    press(stage, "Games", "Portrait", "Buy now", "Add a note", user_id=CUSTOMER)
    stage.say("In <blue>")
    assert "📝 Note: In <blue>" in last(stage, CUSTOMER)
    press(stage, "Pay $10.00", user_id=CUSTOMER)
    return stage


def menu(stage: Stage, user_id: int = ADMIN) -> list[str]:
    stage.rest()
    stage.say("/admin", user_id)
    return labels(stage, user_id)


def test_the_menu_counts_the_orders_that_wait(made: Stage) -> None:
    made.stand.shop.tickets.open(made.stand.visitor(CUSTOMER), "When?")
    shown = menu(made)
    assert shown[0] == "🛠 To make (1)"
    assert "✉️ Open tickets (1)" in shown
    assert "🧾 Orders" in shown
    appoint(made, Right.ANNOUNCEMENTS)
    assert not [label for label in menu(made, MANAGER) if "(" in label]


def test_goods_made_to_order_are_handed_over_from_the_list_with_the_note_in_sight(made: Stage) -> None:
    menu(made)
    assert press(made, "To make (1)") == "Orders\n1 order"
    assert "📝 Note: In <blue>" in press(made, "#1")
    assert "📝 Note: In <blue>" in press(made, "Deliver: Portrait")
    made.say("Here it is", ADMIN)
    assert last(made).startswith("✅")
    made.send_letters()
    assert any("Here it is" in text for text in made.texts(CUSTOMER))
    press(made, "View order")
    assert not [label for label in labels(made) if "Deliver" in label]
    assert "🛠 To make (1)" not in menu(made)


def test_a_notification_that_was_edited_away_loses_nothing(made: Stage) -> None:
    made.say("/start", ADMIN)
    made.send_letters()
    press(made, "📨 Deliver")
    press(made, "Menu")
    menu(made)
    press(made, "To make (1)", "#1", "Deliver: Portrait")
    made.say("Made", ADMIN)
    assert last(made).startswith("✅")


def test_goods_are_handed_over_from_the_order_the_line_the_purchase_and_the_ticket(made: Stage) -> None:
    made.say("/start", ADMIN)
    made.send_letters()
    buttons = [
        button
        for message in made.messages(ADMIN)
        for row in message.get("reply_markup", {}).get("inline_keyboard", [])
        for button in row
        if button.get("callback_data") == MakeLine(1).pack()
    ]
    assert len(buttons) == 2, "the purchase and what is to be made"
    made.say("#1", ADMIN)
    press(made, "1 × Portrait")
    assert [label for label in labels(made) if "Deliver: Portrait" in label]
    made.stand.shop.tickets.open(made.stand.visitor(CUSTOMER), "When?", line_id=1)
    menu(made)
    press(made, "Open tickets (1)", "Portrait")
    assert "📨 Deliver" in labels(made)


def test_orders_are_searched_and_sent_as_a_file(stage: Stage) -> None:
    stage.stand.sell(stage.stand.visitor(CUSTOMER), "Steam key")
    menu(stage)
    press(stage, "🧾 Orders", "Search")
    stage.say("steam", ADMIN)
    assert last(stage) == "1 order found"
    assert "Order #1" in press(stage, "#1")
    menu(stage)
    press(stage, "🧾 Orders", "Search")
    stage.say("SECRET-1001-steam", ADMIN)
    assert last(stage) == "1 order found\nDelivered goods were searched. This is recorded in the audit log."
    press(stage, "Search")
    stage.say("nothing like it", ADMIN)
    assert last(stage).startswith("No order found.")
    stage.say("#1", ADMIN)
    assert last(stage) == "1 order found"
    menu(stage)
    press(stage, "🧾 Orders", "Refunded")
    assert last(stage) == "Orders\n0 orders"
    press(stage, "Newest", "Download CSV")
    document = stage.messages(ADMIN)[-1]["document"]
    assert document["file_name"] == "shop-orders.csv"
    assert stage.telegram.file(document["file_id"])[1].startswith(codecs.BOM_UTF8)


def test_goods_from_stock_offer_no_note(stage: Stage) -> None:
    stage.stand.stock("KEY")
    stage.stand.grant(stage.stand.visitor(CUSTOMER), "10.00")
    stage.say("/shop")
    press(stage, "Games", "Key", "Buy now", user_id=CUSTOMER)
    assert not [label for label in labels(stage, CUSTOMER) if "note" in label]
