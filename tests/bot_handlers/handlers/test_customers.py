"""A customer in an admin's chat: found, shown, adjusted, refunded, written to and banned."""

import pytest

from bot_handlers.callbacks.customers import (
    AskRefundLine,
    AskRefundOrder,
    FindCustomer,
    RefundLine,
    RefundOrder,
    TypeAdjustment,
    TypeBan,
)
from bot_handlers.screens.screen import MAX_TEXT, plain_text, utf16_length
from shop.people import Right
from storage.models import Conversation, Deposit, LedgerEntry, Outbox
from tests.bot_handlers.stage import CUSTOMER, Stage, appoint, labels, press
from tests.stand import ADMIN, MANAGER
from wallet.chains import Chain


def find(stage: Stage, text: str, user_id: int = ADMIN) -> str:
    """Search as an admin; return the answer."""
    stage.rest()
    stage.say("/start", user_id)
    for label in ("Admin", "Find a customer"):
        stage.press(label, user_id)
    stage.say(text, user_id)
    return stage.texts(user_id)[-1]


@pytest.mark.parametrize("text", ["1001", "@ada_l", "ADA_L", " @Ada_L ", "t.me/ada_l", "https://t.me/Ada_L", "ada"])
def test_a_customer_is_found_by_id_by_name_and_by_link(stage: Stage, text: str) -> None:
    stage.stand.sell(stage.stand.visitor(CUSTOMER), "Key")
    stage.stand.visitor(CUSTOMER, username="ada_l")
    shown = find(stage, text, user_id=2)
    assert shown.startswith("👤 Ada\nTelegram ID: 1001\nLast seen as: @ada_l")
    assert "Balance: $0.00\nDeposited: $10.00\nOrders: 1\nPending deposits: 0\nOpen tickets: 0" in shown
    assert Conversation.select().count() == 0


def test_a_number_that_is_both_an_id_and_an_order_lets_the_admin_choose(stage: Stage) -> None:
    stage.stand.sell(stage.stand.visitor(CUSTOMER), "Key")
    stage.say("/start", 1)
    assert find(stage, "1") == "That number matches a Telegram ID and an order. Which one?"
    assert "Order #1" in press(stage, "🧾 #1")
    find(stage, "1")
    assert "Telegram ID: 1\n" in press(stage, "(1)")
    assert "Order #1" in find(stage, "#1")


@pytest.mark.parametrize("text", ["999999", "#2", "@nobody", "", "-1", "%", "9" * 4000, "²", "#", "1 OR 1=1"])
def test_an_unknown_person_is_asked_for_again(stage: Stage, text: str) -> None:
    stage.say("/start", ADMIN)
    stage.press_data(FindCustomer(), ADMIN)
    stage.say(text or "\N{ZERO WIDTH SPACE}", ADMIN)
    assert stage.texts(ADMIN)[-1].startswith("No one found.")
    stage.say("1001", ADMIN)
    assert "Telegram ID: 1001" in stage.texts(ADMIN)[-1]


def test_a_name_leads_to_the_last_person_seen_with_it(stage: Stage) -> None:
    stage.stand.visitor(CUSTOMER, username="ada")
    stage.stand.visitor(2002, first_name="Eve", username="Ada")
    assert find(stage, "@ada").startswith("👤 Eve\nTelegram ID: 2002")
    assert "Last seen as: –" in find(stage, "1001")
    stage.stand.visitor(CUSTOMER, username="ada")
    assert find(stage, "@ada").startswith("👤 Ada\nTelegram ID: 1001")


def test_the_account_is_shown_and_sent_and_every_back_leads_back(stage: Stage) -> None:
    stage.stand.sell(stage.stand.visitor(CUSTOMER), "Key")
    find(stage, "1001")
    shown = press(stage, "Statement")
    assert shown.startswith("👤 Ada (1001)\n\nStatement\nBalance: $0.00")
    assert "Purchase #1: −$10.00" in shown
    press(stage, "Download CSV")
    assert "document" in stage.messages(ADMIN)[-1]
    press(stage, "Back")
    assert "Telegram ID: 1001" in stage.texts(ADMIN)[-2]


def test_movements_and_orders_are_paged(stage: Stage) -> None:
    for number in range(9):
        stage.stand.sell(stage.stand.visitor(CUSTOMER), f"Key {number}")
    find(stage, "1001")
    assert "1 / 3" in (press(stage, "Statement"), labels(stage))[1]
    press(stage, "▶", "▶")
    assert "3 / 3" in labels(stage)
    press(stage, "Back", "Orders")
    assert "1 / 2" in labels(stage)
    press(stage, "▶", "#1 ")
    press(stage, "Back")
    assert "2 / 2" in labels(stage), "Back leads to the page that the order is on"


def test_a_customer_who_has_done_nothing_yet_has_empty_pages_that_lead_back(stage: Stage) -> None:
    find(stage, "1001")
    assert "No transactions yet." in press(stage, "Statement")
    press(stage, "Back")
    assert "No orders yet." in press(stage, "Orders")
    press(stage, "Back")
    assert "No pending deposits." in press(stage, "Pending deposits")
    press(stage, "Back")


def test_pending_deposits_are_shown_without_the_customers_buttons(stage: Stage) -> None:
    stand = stage.stand
    address = stand.address(stand.visitor(), Chain.BTC)
    stand.world.chains[Chain.BTC].pay(address, 1_000_000)
    stand.watch(Chain.BTC).look()
    assert Deposit.select().count() == 1
    assert "Pending deposits: 1" in find(stage, "1001")
    assert "0.01 BTC" in press(stage, "Pending deposits")
    assert [label for label in labels(stage) if "Top up" in label] == []


def test_an_order_shows_every_line_and_none_of_the_goods(stage: Stage) -> None:
    stage.stand.sell(stage.stand.visitor(CUSTOMER), "Key", "Map", quantity=2)
    shown = find(stage, "#1")
    assert "2 × Key — $20.00\n2 × Map — $20.00" in shown
    assert "2 × Key — $20.00" in press(stage, "2 × Key")
    press(stage, "Back")
    assert not any("SECRET" in text for text in stage.texts(ADMIN))


def test_the_lines_of_a_long_order_are_paged(stage: Stage) -> None:
    stage.stand.sell(stage.stand.visitor(CUSTOMER), *(f"Key {number}" for number in range(9)))
    find(stage, "#1")
    press(stage, "▶")
    assert "2 / 2" in labels(stage)
    press(stage, "1 × Key 8")
    press(stage, "Back")
    assert "2 / 2" in labels(stage)
    assert utf16_length(plain_text(stage.texts(ADMIN)[-1])) < MAX_TEXT


def test_a_line_is_refunded_after_a_confirmation_and_the_customer_is_told(stage: Stage) -> None:
    stage.stand.sell(stage.stand.visitor(CUSTOMER), "Key", "Map")
    find(stage, "#1")
    press(stage, "1 × Key")
    asked = press(stage, "Refund $10.00")
    assert "Ada (1001) gets $10.00 back in their balance, for:\nKey" in asked
    assert stage.stand.balance(stage.stand.visitor()) == 0
    assert press(stage, "Refund $10.00") == "✅ $10.00 refunded for order #1. The customer has been notified."
    stage.send_letters()
    letter = next(text for text in stage.texts() if text.startswith("↩️ Refund"))
    assert letter == "↩️ Refund for order #1\n$10.00 has been returned to your balance, for:\nKey"
    stage.press("View order")
    assert "Paid: $20.00\n↩️ Refunded: $10.00" in stage.texts()[-1]
    stage.say("/orders")
    stage.press("↩️ #1 ·")
    assert "SECRET-1001-Key-0\n↩️ Refunded: $10.00" in stage.texts()[-1]
    stage.say("/profile")
    stage.press("Statement")
    assert "Refund #1: +$10.00" in stage.texts()[-1]


def test_an_order_is_refunded_for_what_is_left_and_a_second_press_is_an_alert(stage: Stage) -> None:
    stage.stand.sell(stage.stand.visitor(CUSTOMER), "Key", "Map")
    stage.say("/start", ADMIN)
    stage.press_data(RefundLine(1), ADMIN)
    shown = find(stage, "#1")
    assert "↩️ Refunded: $10.00" in shown
    assert "↩️ 1 × Key" in labels(stage)
    press(stage, "Refund $10.00")
    message = stage.messages(ADMIN)[-1]["message_id"]
    press(stage, "Refund $10.00")
    before = stage.texts(ADMIN)
    stage.rest()
    stage.press_data(RefundOrder(1), ADMIN, message_id=message)
    stage.press_data(AskRefundLine(2), ADMIN)
    assert stage.alerts(ADMIN)[-2:] == ["This has already been refunded."] * 2
    assert stage.texts(ADMIN) == before
    press(stage, "View order")
    assert [label for label in labels(stage) if "Refund $" in label] == []
    assert LedgerEntry.select().where(LedgerEntry.kind == "refund").count() == 2
    assert Outbox.select().where(Outbox.kind == "refunded").count() == 2


def test_managers_cannot_refund_their_own_orders(stage: Stage) -> None:
    appoint(stage, Right.CUSTOMERS)
    stage.stand.sell(stage.stand.visitor(MANAGER), "Key")
    stage.press_data(AskRefundOrder(1), MANAGER)
    stage.press_data(RefundOrder(1), MANAGER)
    assert stage.alerts(MANAGER) == ["You can’t do this on your own account. Ask a shop owner."] * 2
    assert stage.stand.balance(stage.stand.visitor(MANAGER, first_name="Max")) == 0


def test_a_name_full_of_markup_is_shown_as_it_is(stage: Stage) -> None:
    stage.stand.visitor(CUSTOMER, first_name="<b>&A")
    assert find(stage, "1001").startswith("👤 <b>&A\n")
    assert press(stage, "Statement").startswith("👤 <b>&A (1001)")


def test_a_balance_is_adjusted_with_an_amount_a_reason_and_a_confirmation(stage: Stage) -> None:
    find(stage, "1001")
    assert "Balance: $0.00\n\nHow much to add?" in press(stage, "Adjust balance")
    stage.say("12,50", ADMIN)
    assert stage.texts(ADMIN)[-1] == "Why? The customer will see the reason."
    stage.say("<sorry> & thanks", ADMIN)
    assert (
        stage.texts(ADMIN)[-1]
        == "Confirm the adjustment\nAda (1001)\nChange: +$12.50, new balance $12.50\nReason: <sorry> & thanks"
    )
    message, button = stage.button("✅ +$12.50", ADMIN)
    for _ in range(2):
        stage.rest()
        stage.press_data(button["callback_data"], ADMIN, message_id=message["message_id"])
        assert stage.texts(ADMIN)[-1] == "✅ Balance adjusted: +$12.50. The customer has been notified."
    assert stage.stand.balance(stage.stand.visitor()) == 1250
    stage.send_letters()
    told = [text for text in stage.texts() if "adjusted" in text]
    assert told == ["💵 The shop has adjusted your balance: +$12.50\nReason: <sorry> & thanks"]
    stage.press("Statement")
    assert "Adjustment by the shop: +$12.50" in stage.texts()[-1]


@pytest.mark.parametrize("text", ["0", "-0", "€", "five", "1.2345", "--5", "+-5", "1e3", "-", "NaN", "9" * 30])
def test_an_invalid_amount_is_asked_for_again_and_the_dialog_goes_on(stage: Stage, text: str) -> None:
    find(stage, "1001")
    press(stage, "Adjust balance")
    stage.say(text, ADMIN)
    assert stage.texts(ADMIN)[-1] == "That isn’t an amount in USD. Type one such as 5, 12.50 or -3."
    stage.say("−3", ADMIN)
    assert stage.texts(ADMIN)[-1] == "The balance is only $0.00."
    stage.say("+3", ADMIN)
    stage.say("x" * 301, ADMIN)
    assert "at most 300 characters" in stage.texts(ADMIN)[-1]
    stage.say("sorry", ADMIN)
    assert "Confirm the adjustment" in stage.texts(ADMIN)[-1]
    press(stage, "Back")
    assert "How much to add?" in stage.texts(ADMIN)[-1]


def test_a_manager_without_the_right_to_money_sees_no_button_and_is_refused(stage: Stage) -> None:
    appoint(stage, Right.CUSTOMERS)
    find(stage, "1001", MANAGER)
    assert [label for label in labels(stage, MANAGER) if "Adjust" in label] == []
    stage.press_data(TypeAdjustment(1), MANAGER)
    assert stage.alerts(MANAGER)[-1] == "Only the admins of this shop can do that."


def test_a_customer_is_written_to_in_the_shops_name(stage: Stage) -> None:
    find(stage, "1001")
    assert press(stage, "Message").startswith("What would you like to write to Ada (1001)?")
    stage.say("x" * 1001, ADMIN)
    assert "at most 1000 characters" in stage.texts(ADMIN)[-1]
    stage.say("Your key <A> & B", ADMIN)
    assert stage.texts(ADMIN)[-1] == "✅ Message sent."
    stage.send_letters()
    assert stage.texts()[-1] == "📢 Message from the shop\nYour key <A> & B"
    stage.press("Message the shop")
    assert "What is it about?" in stage.texts()[-1]


def test_a_banned_customer_gets_one_sentence_until_the_ban_is_lifted(stage: Stage) -> None:
    find(stage, "1001")
    press(stage, "Ban")
    stage.say("spam & <more>", ADMIN)
    assert "⛔ Banned: spam & <more>" in stage.texts(ADMIN)[-1]
    stage.say("/start")
    assert stage.texts()[-1] == "You can’t use this shop."
    press(stage, "Unban")
    stage.say("a mistake", ADMIN)
    assert "Banned" not in stage.texts(ADMIN)[-1]
    stage.rest()
    stage.say("/start")
    assert "Main menu" in stage.texts()[-1]


def test_a_manager_can_ban_neither_owners_nor_themselves(stage: Stage) -> None:
    appoint(stage, Right.CUSTOMERS)
    for telegram_id, said in ((ADMIN, "only an owner can do this."), (MANAGER, "You can’t ban yourself.")):
        person = stage.stand.visitor(telegram_id, first_name="Max" if telegram_id == MANAGER else "User 1")
        stage.press_data(TypeBan(person.id, 1), MANAGER)
        assert stage.alerts(MANAGER)[-1].endswith(said)
    assert Conversation.select().count() == 0


def test_an_owner_is_told_that_owners_can_not_be_banned(stage: Stage) -> None:
    stage.say("/start", ADMIN)
    stage.press_data(TypeBan(stage.stand.visitor(2).id, 1), ADMIN)
    assert stage.alerts(ADMIN)[-1] == "That is an owner of the shop. Owners can’t be banned."
    assert Conversation.select().count() == 0


def test_open_tickets_are_shown_and_lead_back_to_the_customer(stage: Stage) -> None:
    tickets, person = stage.stand.shop.tickets, stage.stand.visitor()
    for number in range(9):
        tickets.open(person, f"matter {number}")
    tickets.close(person, 2)
    tickets.open(stage.stand.visitor(2002, first_name="Eve"), "hers")
    find(stage, "1001")
    assert "Ada (1001)" in press(stage, "Tickets")
    assert [label for label in labels(stage) if "matter" in label] == [
        f"🟢 #{number} · matter {number - 1}" for number in (1, 3, 4, 5, 6, 7, 8, 9)
    ]
    assert "matter 0" in press(stage, "#1 ")
    press(stage, "Back")
    assert "#3 · matter 2" in " ".join(labels(stage))
    press(stage, "#3 ", "Customer")
    assert "Telegram ID: 1001" in stage.texts(ADMIN)[-1]
    press(stage, "Tickets", "Back")
    assert "Telegram ID: 1001" in stage.texts(ADMIN)[-1]


def test_a_faulty_unit_is_chosen_confirmed_replaced_and_delivered(stage: Stage) -> None:
    stage.stand.sell(stage.stand.visitor(CUSTOMER), "Key", quantity=2)
    stage.stand.stock("SPARE-<new>&1", name="Key")
    find(stage, "#1")
    press(stage, "2 × Key", "Replace an item")
    assert labels(stage)[:2] == ["1 · …ey-0", "2 · …ey-1"]
    assert "number 1 · …ey-0\nAda (1001) gets another one" in press(stage, "1 · …ey-0")
    message, button = stage.button("🔁 Replace", ADMIN)
    assert press(stage, "🔁 Replace") == "✅ A replacement for Key has been sent to the customer."
    stage.rest()
    stage.press_data(button["callback_data"], ADMIN, message_id=message["message_id"])
    assert stage.alerts(ADMIN)[-1] == "This item has already been replaced."
    stage.send_letters()
    [letter] = [text for text in stage.texts() if text.startswith("🔁")]
    assert letter == "🔁 Your replacement, order #1\n\n1 × Key — $0.00\nSPARE-<new>&1"
    stage.rest()
    stage.say("/orders")
    stage.press("#1 ·")
    shown = stage.texts()[-1]
    assert "SECRET-1001-Key-1\nSPARE-<new>&1\n⚠️ Faulty, replaced: SECRET-1001-Key-0" in shown
    assert not any("SPARE" in text or "SECRET" in text for text in stage.texts(ADMIN))


def test_out_of_stock_is_an_alert_over_the_confirmation(stage: Stage) -> None:
    stage.stand.sell(stage.stand.visitor(CUSTOMER), "Key")
    find(stage, "#1")
    press(stage, "1 × Key", "Replace an item", "1 · ", "🔁 Replace")
    assert stage.alerts(ADMIN)[-1] == "Key is sold out."
    press(stage, "Back", "Back", "Back")
    assert "Order #1" in stage.texts(ADMIN)[-1]
