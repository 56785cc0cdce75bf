"""What stands around the selling, from outside: reviews, tickets, wishes, links, statements and commands."""

import csv
import io
import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.e2e.driver import ChainPanel, Chat, Program, address_in, text_only, wait_for
from tests.patience import DEADLINE_S

BONUSES = {"MIN_REFERRER_TOTAL_DEPOSIT": "0", "REFERRAL_BONUS_PERCENT": "5", "REFERRER_BONUS_PERCENT": "2.5"}
PLACE = {"category": "Keys", "subcategory": "Steam", "price": "10.00", "description": "Beacon"}


@pytest.fixture
def base(tmp_path: Path) -> Iterator[str]:
    program = Program("sandbox", cwd=tmp_path, **BONUSES)
    yield program.address()
    code, errors = program.stop()
    assert code == 0, errors
    assert "Traceback" not in errors


def stock(admin: Chat, *keys: str) -> None:
    admin.send_file("goods.json", json.dumps([PLACE | {"private_data": key} for key in keys]).encode())
    admin.press("Import")


def top_up(base: str, chat: Chat, coins: str = "0.002") -> None:
    """Bring 128 dollars for 0.002 BTC."""
    chat.say("/topup")
    chat.press("Bitcoin")
    before = sum("Credited" in text for text in chat.texts)
    panel = ChainPanel(base)
    panel.pay("btc", address_in(chat), coins)
    chat.wait_text("Payment detected: 0 of 2")
    panel.mine("btc", 2)
    wait_for(lambda: sum("Credited" in text for text in chat.texts) > before, "the deposit is credited")


def show_product(chat: Chat) -> None:
    chat.say("/shop")
    for label in ("Keys", "Steam", "Beacon"):
        chat.press(label)


def buy(base: str, chat: Chat) -> None:
    top_up(base, chat)
    show_product(chat)
    chat.press("Buy now")
    chat.press("Pay $10.00")
    chat.wait_text("Your goods, order #")


def file_of(chat: Chat) -> str:
    document = next(message["document"] for message in reversed(chat.messages) if "document" in message)
    reply = requests.get(f"{chat.api}/files/{document['file_id']}", timeout=DEADLINE_S)
    assert reply.ok, reply.text
    return reply.content.decode()


def labels(chat: Chat) -> list[str]:
    return [button["text"] for row in chat.messages[-1]["reply_markup"]["inline_keyboard"] for button in row]


def test_what_was_bought_is_reviewed_and_everybody_reads_it(base: str) -> None:
    admin, customer, other = Chat(base, 1), Chat(base, 1001), Chat(base, 2002)
    stock(admin, "A", "B")
    customer.say("/start", first_name="Ada")
    buy(base, customer)
    customer.say("/orders")
    customer.press("#1")
    customer.press("Beacon")
    customer.press("4 ★")
    admin.wait_text("⭐ ★★★★ for Beacon")
    customer.press("Write a review")
    customer.say("Shines <bright> & far")
    assert "Your review: ★★★★\nShines <bright> & far" in customer.texts[-1]
    admin.wait_text("Shines <bright> & far")
    other.say("/start")
    show_product(other)
    other.press("⭐ 4 (1)")
    assert other.texts[-1] == "Beacon\n⭐ 4 · 1 review\n\n★★★★ · A.\nShines <bright> & far"
    other.press("Back")
    assert "Price: $10.00" in other.texts[-1]


def test_a_problem_becomes_a_ticket_that_the_admin_answers_in_the_bot(base: str) -> None:
    admin, customer = Chat(base, 1), Chat(base, 1001)
    stock(admin, "A")
    customer.say("/start", first_name="Ada")
    buy(base, customer)
    customer.say("/orders")
    for label in ("#1", "Beacon", "Report a problem"):
        customer.press(label)
    customer.say("The key is <used>")
    assert "Ticket #1 · open\nAbout: Beacon, order #1" in customer.texts[-1]
    assert "The key is <used>" in admin.wait_text("Ticket #1 from Ada")
    admin.press("Answer")
    admin.say("Here is another & sorry")
    assert "Customer: Ada" in admin.texts[-1]
    customer.wait_text("Reply to ticket #1\nHere is another & sorry")
    customer.press("Reply")
    customer.say("Thank you")
    admin.wait_text("Thank you")
    admin.say("/start")
    for label in ("Admin", "Open tickets", "#1", "Mark as solved"):
        admin.press(label)
    assert "closed" in admin.texts[-1]
    customer.wait_text("Ticket #1 is solved")


def test_a_strangers_tickets_and_lines_are_refused_and_show_nothing(base: str) -> None:
    admin, customer, mallory = Chat(base, 1), Chat(base, 1001), Chat(base, 666)
    stock(admin, "A")
    buy(base, customer)
    customer.say("/profile")
    for label in ("Tickets", "Message the shop"):
        customer.press(label)
    customer.say("my secret matter")
    mallory.say("/start")
    number = mallory.messages[-1]["message_id"]
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
    for label in ("Admin", "Open tickets", "my secret matter"):
        admin.press(label)
    assert "into the dialog" not in admin.texts[-1]


def test_who_waits_for_goods_is_told_in_the_order_of_asking(base: str) -> None:
    admin, first, second = Chat(base, 1), Chat(base, 1001), Chat(base, 2002)
    stock(admin, "A")
    buy(base, first)
    for chat in (first, second):
        chat.say("/start")
        show_product(chat)
        assert "Currently sold out." in chat.texts[-1]
        chat.press("Notify me when it’s back")
    stock(admin, "B")
    first.wait_text("Beacon is back")
    first.press("View product")
    assert "Price: $10.00" in first.texts[-1]
    assert not any("is back in stock, at" in text for text in second.texts)
    stock(admin, "C")
    second.wait_text("Beacon is back in stock, at $10.00")


def test_a_link_brings_both_a_bonus_and_the_statement_adds_up(base: str) -> None:
    grace, ada = Chat(base, 2002), Chat(base, 3003)
    grace.say("/start", first_name="Grace")
    top_up(base, grace)
    grace.say("/profile")
    grace.press("Invite friends")
    link = grace.button("Copy link")[1]["copy_text"]["text"]
    start = re.fullmatch(r"https://t\.me/\w+\?start=(ref_[A-Za-z0-9_-]{16})", link).group(1)
    assert "You get 2.5% of the first 5 deposits" in grace.texts[-1]
    ada.say(f"/start {start}", first_name="Ada")
    top_up(base, ada)
    ada.wait_text("Welcome bonus on your deposit: $6.40")
    grace.wait_text("someone you invited made a deposit: $3.20")
    grace.say("/profile")
    grace.press("Invite friends")
    assert "1 person has joined through your link." in grace.texts[-1]
    assert "Earned from referrals: $3.20" in grace.texts[-1]
    ada.say("/profile")
    assert "Balance: $134.40" in ada.texts[-1]
    ada.press("Statement")
    assert "Welcome bonus: +$6.40" in ada.texts[-1]
    assert "Deposit: +$128.00" in ada.texts[-1]
    ada.press("Download CSV")
    rows = list(csv.DictReader(io.StringIO(file_of(ada))))
    assert sum(Decimal(row["Amount"]) for row in rows) == Decimal(rows[-1]["Balance"]) == Decimal("134.40")


def test_a_deposit_on_its_way_is_on_the_profile_with_a_link_to_an_explorer(base: str) -> None:
    customer, panel = Chat(base, 1001), ChainPanel(base)
    customer.say("/topup")
    customer.press("Bitcoin")
    txid = panel.pay("btc", address_in(customer), "0.002")
    customer.wait_text("Payment detected: 0 of 2")
    assert customer.button("Open in explorer")[1]["url"] == f"https://mempool.space/tx/{txid}"
    customer.say("/profile")
    assert "Pending deposits: 1" in customer.texts[-1]
    customer.press("Pending deposits")
    assert "0.002 BTC" in customer.texts[-1]
    panel.mine("btc", 2)
    customer.wait_text("Credited: $128.00")
    customer.say("/profile")
    customer.press("Pending deposits")
    assert "You have no pending deposits" in customer.texts[-1]


def commands(chat: Chat) -> dict[str, Any]:
    return {each["command"]: each["description"] for each in chat.state()["commands"]}


def test_commands_are_known_in_each_persons_language(base: str) -> None:
    ada, grete = Chat(base, 1001), Chat(base, 2002)
    ada.say("/start", language_code="en")
    grete.say("/start", language_code="de")
    names = ["start", "shop", "cart", "topup", "orders", "profile", "help"]
    wait_for(lambda: list(commands(ada)) == list(commands(grete)) == names, "the commands are announced")
    assert (commands(ada)["cart"], commands(grete)["cart"]) == ("Your cart", "Dein Warenkorb")


def test_everything_around_works_on_text_methods_alone_in_german(base: str) -> None:
    text_only(base, on=True)
    customer = Chat(base, 1001)
    customer.say("/start", language_code="de")
    for label in ("Profil", "Kontoauszug", "Zurück", "Einzahlungen", "Zurück", "Freunde einladen", "Zurück"):
        customer.press(label)
    for label in ("FAQ", "Shop anschreiben"):
        customer.press(label)
    customer.say("Geht das?")
    assert "Anfrage #1 · offen" in customer.texts[-1]
    customer.press("Erledigt")
    assert "erledigt" in customer.texts[-1]
    customer.say("/topup")
    customer.press("Bitcoin")
    panel = ChainPanel(base)
    panel.pay("btc", address_in(customer), "0.002")
    wait_for(lambda: any("0 von 2" in text for text in customer.texts), "the deposit is seen")
    panel.mine("btc", 2)
    wait_for(lambda: any("128,00" in text for text in customer.texts), "the deposit is credited")
    customer.say("👤 Profil")
    customer.press("Kontoauszug")
    customer.press("CSV")
    assert any("Zeit (UTC),Art" in text and "128.00" in text for text in customer.texts)
