"""Everything besides selling, from outside: reviews, tickets, wishes, links, statements and commands."""

import codecs
import csv
import io
import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import show_product, stock, top_up
from tests.e2e.driver import ChainPanel, Chat, address_in, running, text_only, wait_for

BONUSES = {"MIN_REFERRER_TOTAL_DEPOSIT": "0", "REFERRAL_BONUS_PERCENT": "5", "REFERRER_BONUS_PERCENT": "2.5"}


@pytest.fixture
def base(tmp_path: Path) -> Iterator[str]:
    """A sandbox in which first deposits earn a bonus."""
    with running("sandbox", cwd=tmp_path, **BONUSES) as address:
        yield address


def buy(base: str, chat: Chat) -> None:
    top_up(base, chat)
    show_product(chat)
    chat.press("Buy now", "Pay $10.00")
    chat.wait_text("Your goods, order #")


def test_a_purchase_is_reviewed_and_everybody_reads_the_review(base: str) -> None:
    admin, customer, other = Chat(base, 1), Chat(base, 1001), Chat(base, 2002)
    stock(admin, "A", "B")
    customer.say("/start", first_name="Ada")
    buy(base, customer)
    customer.say("/orders")
    customer.press("#1", "Beacon", "4 ★")
    admin.wait_text("⭐ ★★★★ for Beacon")
    customer.press("Write a review")
    customer.say("Shines <bright> & far")
    customer.says("Your review: ★★★★\nShines <bright> & far")
    admin.wait_text("Shines <bright> & far")
    other.say("/start")
    show_product(other)
    other.press("⭐ 4 (1)")
    assert other.says("1 review") == "Beacon\n⭐ 4 · 1 review\n\n★★★★ · A.\nShines <bright> & far"
    other.press("Back")
    other.says("Price: $10.00")


def test_a_problem_becomes_a_ticket_that_the_admin_answers_in_the_bot(base: str) -> None:
    admin, customer = Chat(base, 1), Chat(base, 1001)
    stock(admin, "A")
    customer.say("/start", first_name="Ada")
    buy(base, customer)
    customer.say("/orders")
    customer.press("#1", "Beacon", "Report a problem")
    customer.say("The key is <used>")
    customer.says("Ticket #1 · open\nAbout: Beacon, order #1")
    assert "The key is <used>" in admin.wait_text("Ticket #1 from Ada")
    admin.press("Answer")
    admin.say("Here is another & sorry")
    admin.says("Customer: Ada")
    customer.wait_text("Reply to ticket #1\nHere is another & sorry")
    customer.press("Reply")
    customer.say("Thank you")
    admin.wait_text("Thank you")
    admin.say("/start")
    admin.press("Admin", "Open tickets", "#1", "Mark as solved")
    admin.says("solved")
    customer.wait_text("Ticket #1 is solved")


def test_a_stranger_is_refused_others_tickets_and_order_lines_and_sees_nothing(base: str) -> None:
    admin, customer, mallory = Chat(base, 1), Chat(base, 1001), Chat(base, 666)
    stock(admin, "A")
    buy(base, customer)
    customer.say("/profile")
    customer.press("Tickets", "Message the shop")
    customer.say("my secret matter")
    mallory.say("/start")
    number = mallory.screen()["message_id"]
    forged = (
        "ticket:1",
        "reply:1",
        "solved:1",
        "matter:1",
        "answer:1",
        "settle:1",
        "desk:0",
        "bought:1",
        "stars:1:1",
    )
    for data in (*forged, "opinion:1", "ask:1", "ticket:999999999999999999", "reviews:-1:0", "account:-7"):
        mallory.press_data(number, data)
        mallory.say("into the dialog")
    shown = json.dumps(mallory.state())
    assert "my secret matter" not in shown
    assert "Beacon" not in shown
    admin.say("/start")
    admin.press("Admin", "Open tickets", "my secret matter")
    assert "into the dialog" not in admin.says("my secret matter")


def test_people_who_wait_for_goods_are_told_in_the_order_of_asking(base: str) -> None:
    admin, first, second = Chat(base, 1), Chat(base, 1001), Chat(base, 2002)
    stock(admin, "A")
    buy(base, first)
    for chat in (first, second):
        chat.say("/start")
        show_product(chat)
        chat.says("Currently sold out.")
        chat.press("Notify me when it’s back")
    stock(admin, "B")
    first.wait_text("Beacon is back")
    first.press("View product")
    first.says("Price: $10.00")
    assert not any("is back in stock, at" in text for text in second.texts)
    stock(admin, "C")
    second.wait_text("Beacon is back in stock, at $10.00")


def test_a_referral_link_brings_both_a_bonus_and_the_statement_adds_up(base: str) -> None:
    grace, ada = Chat(base, 2002), Chat(base, 3003)
    grace.say("/start", first_name="Grace")
    top_up(base, grace)
    grace.say("/profile")
    grace.press("Invite friends")
    link = grace.button("Copy link")[1]["copy_text"]["text"]
    start = re.fullmatch(r"https://t\.me/\w+\?start=(ref_[A-Za-z0-9_-]{16})", link).group(1)
    grace.says("You get 2.5% of the first 5 deposits")
    ada.say(f"/start {start}", first_name="Ada")
    top_up(base, ada)
    ada.wait_text("Welcome bonus on your deposit: $6.40")
    grace.wait_text("someone you invited made a deposit: $3.20")
    grace.say("/profile")
    grace.press("Invite friends")
    assert "Earned from referrals: $3.20" in grace.says("1 person has joined through your link.")
    ada.say("/profile")
    ada.says("Balance: $134.40")
    ada.press("Statement")
    assert "Deposit: +$128.00" in ada.says("Welcome bonus: +$6.40")
    ada.press("Download CSV")
    file = ada.file("csv")
    assert file.startswith(codecs.BOM_UTF8)
    rows = list(csv.DictReader(io.StringIO(file.decode("utf-8-sig"))))
    assert sum(Decimal(row["Amount"]) for row in rows) == Decimal(rows[-1]["Balance"]) == Decimal("134.40")


def test_a_pending_deposit_is_on_the_profile_with_a_link_to_an_explorer(base: str) -> None:
    customer, panel = Chat(base, 1001), ChainPanel(base)
    customer.say("/topup")
    customer.press("Bitcoin")
    txid = panel.pay("btc", address_in(customer), "0.002")
    customer.wait_text("Payment detected: 0 of 2")
    assert customer.button("Open in explorer")[1]["url"] == f"https://mempool.space/tx/{txid}"
    customer.say("/profile")
    customer.says("Pending deposits: 1")
    customer.press("Pending deposits")
    customer.says("0.002 BTC")
    panel.mine("btc", 2)
    customer.wait_text("Credited: $128.00")
    customer.say("/profile")
    customer.press("Pending deposits")
    customer.says("You have no pending deposits")


def commands(chat: Chat) -> dict[str, Any]:
    return {each["command"]: each["description"] for each in chat.state()["commands"]}


def test_commands_are_known_in_each_persons_language(base: str) -> None:
    ada, grete = Chat(base, 1001), Chat(base, 2002)
    ada.say("/start", language_code="en")
    grete.say("/start", language_code="de")
    names = [
        "start",
        "shop",
        "cart",
        "topup",
        "orders",
        "profile",
        "language",
        "help",
        "privacy",
        "terms",
        "paysupport",
    ]
    wait_for(lambda: list(commands(ada)) == list(commands(grete)) == names, "the commands are announced")
    assert (commands(ada)["cart"], commands(grete)["cart"]) == ("Your cart", "Dein Warenkorb")


def test_everything_around_selling_works_with_text_methods_only_in_german(base: str) -> None:
    text_only(base, on=True)
    customer = Chat(base, 1001)
    customer.say("/start", language_code="de")
    customer.press("Profil", "Kontoauszug", "Zurück", "Einzahlungen", "Zurück", "Freunde einladen", "Zurück")
    customer.press("FAQ", "Shop anschreiben")
    customer.say("Geht das?")
    customer.says("Anfrage #1 · offen")
    customer.press("Erledigt")
    customer.says("erledigt")
    customer.say("/topup")
    customer.press("Bitcoin")
    panel = ChainPanel(base)
    panel.pay("btc", address_in(customer), "0.002")
    customer.says("0 von 2")
    panel.mine("btc", 2)
    customer.says("128,00")
    customer.say("👤 Profil")
    customer.press("Kontoauszug", "CSV")
    assert "128.00" in customer.says("Zeit,Art")
