"""The figures that an owner sees after real deposits and purchases, from outside."""

import codecs
import csv
import io
from decimal import Decimal

from tests.e2e.conftest import show_product, stock, top_up
from tests.e2e.driver import Chat, text_only


def buy(chat: Chat) -> None:
    show_product(chat)
    chat.press("Buy now", "Pay $")
    chat.wait_text("Your goods, order #")


def sold_some(base: str) -> Chat:
    """Two customers deposit 128 and 256 dollars and buy for 10 each; return the owner."""
    owner, ada, grace = Chat(base, 1), Chat(base, 1001), Chat(base, 2002)
    stock(owner, *map(str, range(5)))
    top_up(base, ada, "0.002")
    top_up(base, grace, "0.004")
    buy(ada)
    buy(grace)
    owner.wait_text("Beacon is low on stock")
    return owner


def test_figures_match_what_was_paid_and_bought(base: str) -> None:
    owner = sold_some(base)
    owner.say("/start")
    owner.press("Admin", "Figures")
    for label in ("1 d", "30 d", "All"):
        owner.press(label)
        figures = owner.says("Revenue: $20.00")
        for line in ("Orders: 2", "Items sold: 2", "Deposits: 2", "credited: $384.00"):
            assert line in figures
        assert "1. Beacon: × 2 · $20.00" in figures
        assert "Bitcoin: × 2 · $384.00" in figures
    owner.press("CSV")
    file = owner.file("csv")
    assert file.startswith(codecs.BOM_UTF8)
    rows = list(csv.DictReader(io.StringIO(file.decode("utf-8-sig"))))
    assert sum(Decimal(row["revenue"]) for row in rows) == 20
    assert sum(Decimal(row["deposits"]) for row in rows) == 384
    owner.press("🌙 Chart")
    assert owner.screen("Revenue: $20.00")["photo"]
    text_only(base, on=True)
    owner.press("☀️ Chart")
    assert "photo" not in owner.screen("Revenue: $20.00")


def test_the_money_is_on_its_addresses_and_the_books_add_up(base: str) -> None:
    owner = sold_some(base)
    owner.say("/start")
    owner.press("Admin", "Money")
    owner.says("Bitcoin: 0.006 BTC\nAt 2 addresses\nWorth $384.00 now")
    owner.press("Bitcoin: addresses")
    assert "m/84'/0'/0'" in owner.says("0.002 BTC\nbc1q")
    owner.press("Back", "Reconciliation", "Check now")
    owner.says("Everything adds up.")
    assert not any("don’t add up" in text for text in owner.texts)
