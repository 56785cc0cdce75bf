"""Notes, moved accounts, payments found, balances of the banned, partial refunds and replacements from a ticket."""

import pytest

from shop.catalog.exports import Form
from shop.people import Right
from storage.models import CustomerNote, LedgerEntry, StockItem
from tests.bot_handlers.stage import CUSTOMER, Stage, appoint, labels, last, press
from tests.patience import wait_for
from tests.shop.payments.looking_up import looking_up
from tests.stand import ADMIN, MANAGER, open_shop, payloads
from wallet.chains import Chain

TXID = "cd" * 32
NEW = 2002


def find(stage: Stage, text: str, user_id: int = ADMIN) -> str:
    stage.rest()
    stage.say("/admin", user_id)
    press(stage, "Find a customer", user_id=user_id)
    stage.say(text, user_id)
    return last(stage, user_id)


def test_an_order_and_a_transaction_are_opened_without_any_dialog(stage: Stage) -> None:
    stage.stand.sell(stage.stand.visitor(CUSTOMER), "Key")
    stage.say("#1", ADMIN)
    assert "👤 Ada (1001)\n\nOrder #1" in last(stage)
    stage.say("#1", CUSTOMER)
    assert "Order #1" not in last(stage, CUSTOMER)
    appoint(stage, Right.FIGURES)
    stage.say("#1", MANAGER)
    assert "Order #1" not in last(stage, MANAGER)


def test_a_payment_leads_to_its_customer(stage: Stage) -> None:
    stand = stage.stand
    stand.world.chains[Chain.BTC].pay(stand.address(stand.visitor(), Chain.BTC), 1_000_000, txid=TXID)
    stand.shop.payments.top_ups.open(stand.visitor(), "BTC", None)
    stand.watch(Chain.BTC).look()
    assert find(stage, f"https://mempool.space/tx/{TXID.upper()}").startswith("👤 Ada (1001)\n\n")
    assert "0.01 BTC" in last(stage)
    assert "Telegram ID: 1001" in press(stage, "Customer")


def test_an_unknown_payment_is_looked_up_on_the_chains_and_the_message_becomes_the_answer(stage: Stage) -> None:
    stand = stage.stand
    stand.world.chains[Chain.ETH].pay(stand.address(stand.visitor(), Chain.ETH), 10**16, txid=TXID)
    with looking_up(stand):
        find(stage, TXID)
        wait_for(lambda: any("0.01 ETH" in text for text in stage.texts(ADMIN)), "the payment")
    assert "👤 Ada (1001)" in next(text for text in stage.texts(ADMIN) if "0.01 ETH" in text)


def test_notes_are_added_and_deleted(stage: Stage) -> None:
    find(stage, "1001")
    press(stage, "Notes", "Add a note")
    stage.say("Pays <late>", ADMIN)
    assert "Pays <late>" in last(stage)
    press(stage, "Back")
    assert "📝 Notes (1)" in labels(stage)
    press(stage, "Notes (1)", "🗑 Pays")
    assert "None yet." in last(stage)
    assert CustomerNote.select().count() == 0


def test_an_account_is_moved_after_a_confirmation_and_both_are_told(stage: Stage) -> None:
    stage.stand.sell(stage.stand.visitor(CUSTOMER), "Key")
    stage.say("/start", NEW, first_name="Ada too")
    find(stage, "1001")
    press(stage, "Move account")
    stage.say("1001", ADMIN)
    assert "already" in last(stage)
    stage.say(str(NEW), ADMIN)
    assert "From: Ada (1001)\nTo: Ada too (2002)\nBalance: $0.00\nOrders: 1" in last(stage)
    assert press(stage, "Move it") == "✅ Moved: Ada (1001) now uses Ada too (2002)."
    stage.send_letters()
    assert any(text.startswith("✅ Your account has been moved here") for text in stage.texts(NEW))
    assert any(text.startswith("⚠️ Your account in this shop has been moved") for text in stage.texts(CUSTOMER))
    stage.say("/orders", NEW)
    stage.press("#1", NEW)
    assert "Order #1" in last(stage, NEW)
    stage.say("/orders", CUSTOMER)
    assert "#1" not in str(labels(stage, CUSTOMER))


def test_the_end_of_a_deletion_is_said_before_the_move_and_to_the_customer(stage: Stage) -> None:
    stage.stand.shop.data_rights.ask(stage.stand.visitor(CUSTOMER))
    find(stage, "1001")
    press(stage, "Move account")
    stage.say(str(NEW), ADMIN)
    assert "Their data is due to be deleted on 28 Sept 2026" in last(stage)
    press(stage, "Move it")
    stage.say("/start", NEW, first_name="Ada")
    stage.send_letters()
    [arrived] = [text for text in stage.texts(NEW) if text.startswith("✅ Your account has been moved here")]
    assert "The move cancelled it" in arrived


def test_a_manager_has_no_button_to_move_accounts(stage: Stage) -> None:
    appoint(stage, Right.CUSTOMERS)
    find(stage, "1001", MANAGER)
    assert "📝 Notes" in labels(stage, MANAGER)
    assert not [label for label in labels(stage, MANAGER) if "Move" in label]


@pytest.mark.parametrize(
    ("settings", "contact"), [({"OPERATOR_CONTACT": "help@shop.example"}, "help@shop.example"), ({}, "")]
)
def test_a_banned_customer_with_money_is_told_so_and_whom_to_write_to(
    open_stage, database, clock, settings: dict[str, str], contact: str
) -> None:
    stage = open_stage(open_shop(database, clock, **settings))
    stage.say("/start", CUSTOMER)
    stage.stand.grant(stage.stand.visitor(CUSTOMER), "12.00")
    owner, person = stage.stand.visitor(ADMIN), stage.stand.visitor(CUSTOMER)
    stage.stand.shop.customer_support.ban(owner, person.id, "x", banned=True)
    stage.say("Why?", CUSTOMER)
    assert "Your balance of $12.00 is kept for you." in last(stage, CUSTOMER)
    if contact:
        assert contact in last(stage, CUSTOMER)
    else:
        [button] = stage.messages(CUSTOMER)[-1]["reply_markup"]["inline_keyboard"][0]
        assert button["url"] == f"tg://user?id={ADMIN}"


@pytest.mark.parametrize("private", [0, 1], ids=["open", "private"])
@pytest.mark.parametrize(
    ("settings", "username", "named", "link"),
    [
        ({}, None, "", f"tg://user?id={ADMIN}"),
        ({}, "olga_shop", "\n@olga_shop", f"tg://user?id={ADMIN}"),
        (
            {"OPERATOR_CONTACT": "https://shop.example/a or <+49 30>"},
            None,
            "\nhttps://shop.example/a or <+49 30>",
            "",
        ),
        ({"OPERATOR_CONTACT": "https://t.me/olga"}, None, "\nhttps://t.me/olga", "https://t.me/olga"),
        ({"SUPPORT_LINK": "tg://resolve?domain=olga"}, None, "", "tg://resolve?domain=olga"),
        ({"OPERATOR_CONTACT": "tg:// olga"}, None, "\ntg:// olga", ""),
    ],
)
def test_the_warning_about_a_moved_account_arrives_whatever_telegram_thinks_of_its_link(
    open_stage, database, clock, settings: dict[str, str], username: str | None, named: str, link: str, private: int
) -> None:
    stage = open_stage(open_shop(database, clock, **settings))
    stage.say("/start", ADMIN, username=username)
    stage.say("/start", CUSTOMER)
    stage.telegram.fault("private", private)
    owner, person = stage.stand.visitor(ADMIN, username=username), stage.stand.visitor(CUSTOMER)
    stage.stand.sell(person, "Key")
    stage.stand.shop.account_moves.move(owner, person.id, NEW)
    stage.send_letters()
    message = stage.messages(CUSTOMER)[-1]
    assert message["text"].endswith("write to the shop right away." + named)
    shown = link if not (private and link.startswith("tg://user")) else ""
    assert [button["url"] for [button] in message.get("reply_markup", {}).get("inline_keyboard", [])] == (
        [shown] if shown else []
    )


def test_a_banned_customer_without_money_is_told_only_of_the_ban(stage: Stage) -> None:
    owner, person = stage.stand.visitor(ADMIN), stage.stand.visitor(CUSTOMER)
    stage.stand.shop.customer_support.ban(owner, person.id, "x", banned=True)
    stage.say("Why?", CUSTOMER)
    assert last(stage, CUSTOMER) == "You can’t use this shop."


def test_part_of_a_line_is_refunded_by_units_and_by_an_amount(stage: Stage) -> None:
    stage.stand.sell(stage.stand.visitor(CUSTOMER), "Key", quantity=3)
    stage.say("#1", ADMIN)
    press(stage, "3 × Key", "Refund $30.00", "1 item: $10.00")
    assert press(stage, "Refund $10.00") == "✅ $10.00 refunded for order #1. The customer has been notified."
    press(stage, "View order", "3 × Key")
    assert "↩️ Refunded: $10.00" in last(stage)
    press(stage, "Refund $20.00", "Other amount")
    assert "Up to $20.00 can be refunded." in last(stage)
    stage.say("20.01", ADMIN)
    assert last(stage) == "Enter an amount above zero and up to $20.00."
    stage.say("4.50", ADMIN)
    press(stage, "Refund $4.50")
    assert stage.stand.balance(stage.stand.visitor()) == 1450
    refunds = LedgerEntry.select().where(LedgerEntry.kind == "refund").order_by(LedgerEntry.id)
    assert [row.key for row in refunds] == ["refund:1", "refund:1:1000"]


def test_the_balance_after_an_adjustment_is_shown_before_it_is_confirmed(stage: Stage) -> None:
    stage.stand.grant(stage.stand.visitor(CUSTOMER), "12.00")
    find(stage, "1001")
    press(stage, "Adjust balance")
    stage.say("-2", ADMIN)
    stage.say("Mistake", ADMIN)
    assert "Change: −$2.00, new balance $10.00" in last(stage)
    assert stage.stand.balance(stage.stand.visitor()) == 1200


def test_a_unit_is_replaced_from_a_ticket_in_two_taps(stage: Stage) -> None:
    line = stage.stand.sell(stage.stand.visitor(CUSTOMER), "Key", quantity=2).lines[0]
    stage.stand.stock("SPARE-KEY", name="Key")
    stage.stand.shop.tickets.open(stage.stand.visitor(CUSTOMER), "The second one fails", line_id=line.id)
    stage.say("/start", ADMIN)
    stage.send_letters()
    press(stage, "🔁 Replace an item", "🔁 2 · ")
    assert last(stage) == "✅ A replacement for Key has been sent to the customer."
    [faulty] = StockItem.pieces_of(line.id, faulty=True)
    assert faulty.content == "SECRET-1001-Key-1"
    assert "The second one fails" in press(stage, "Back")


def test_the_owners_are_told_of_series_and_bulk_actions(stage: Stage) -> None:
    manager = stage.stand.appoint(Right.CUSTOMERS, Right.CATALOGUE)
    stage.say("/start", ADMIN)
    for number in range(5):
        line = stage.stand.sell(stage.stand.visitor(CUSTOMER), f"Key {number}").lines[0]
        stage.stand.shop.refunds.refund_line(manager, line.id)
    stage.stand.shop.exports.export(manager, None, Form.OWN)
    stage.send_letters()
    assert any(
        "Many replacements and refunds by Max (77)" in text and "refunds: 5" in text for text in stage.texts(ADMIN)
    )
    action = next(text for text in stage.texts(ADMIN) if text.startswith("📣"))
    assert "Goods exported\neverything · form: own" in action
    assert len(payloads("admin_deed")) == 2
