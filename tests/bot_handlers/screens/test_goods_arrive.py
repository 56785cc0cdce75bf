"""Goods arrive unchanged: a text that Telegram would alter is sent as a file, byte for byte."""

from typing import Any

import pytest

from bot_handlers.screens import orders as screens
from bot_handlers.screens.screen import MAX_PIECES, Parcel
from shop.sales.orders import ReceiptLine
from tests.bot_handlers.stage import CUSTOMER, Stage
from tests.goods import own, product
from tests.stand import BOT_ID

EVERY_TEXT = [text for code in range(1, 0x3000) for text in (f"A{chr(code)}B", f"C{chr(code)}")]


def parcel(stage: Stage, *goods: str) -> Parcel:
    price = stage.stand.usd("1")
    line = ReceiptLine("Key", price, len(goods), price - price, goods)
    return screens.made_parcel(7, line, stage.languages["en"])


def arrived(stage: Stage, *goods: str) -> tuple[str, ...]:
    """Send goods to a customer, and read them from the message or the file that arrives."""
    stage.messenger.deliver(BOT_ID, CUSTOMER, parcel(stage, *goods))
    message = stage.messages()[-1]
    if "document" in message:
        return (file_of(stage, message).decode(),)
    units = message["text"].encode("utf-16-le")
    marked = [each for each in message["entities"] if each["type"] == "pre"]
    return tuple(units[2 * each["offset"] :][: 2 * each["length"]].decode("utf-16-le") for each in marked)


def file_of(stage: Stage, message: dict[str, Any]) -> bytes:
    return stage.telegram.file(message["document"]["file_id"])[1]


@pytest.fixture
def customer(stage: Stage) -> Stage:
    stage.say("/start")
    return stage


def test_every_character_below_u3000_arrives(customer: Stage) -> None:
    alone = [text for text in EVERY_TEXT if parcel(customer, text).instead is not None]
    together = [text for text in EVERY_TEXT if text not in set(alone)]
    assert 0 < len(alone) < 200
    for text in alone:
        assert arrived(customer, text) == (text,)
    for start in range(0, len(together), MAX_PIECES):
        sent = tuple(together[start : start + MAX_PIECES])
        assert arrived(customer, *sent) == sent


@pytest.mark.parametrize(
    "text",
    [
        "a\tb",
        "a\r\nb",
        " a",
        "a ",
        "a\n",
        "x\u202ey",
        "a\u030a",
        "\u200e\u200fx\u200f\u200e",
        "a\x1bb",
        "\u2028x",
        "a\xa0",
    ],
)
def test_a_text_that_telegram_would_change_goes_as_a_file(customer: Stage, text: str) -> None:
    assert arrived(customer, text) == (text,)
    assert "document" in customer.messages()[-1]


def test_more_texts_than_telegram_marks_go_as_a_file(customer: Stage) -> None:
    keys = tuple(f"KEY-{number}" for number in range(MAX_PIECES + 1))
    assert arrived(customer, *keys[:-1]) == keys[:-1]
    [file] = arrived(customer, *keys)
    assert file.splitlines()[1:] == list(keys)


def test_a_server_that_takes_no_file_says_where_it_is_and_shows_nothing_altered(customer: Stage) -> None:
    customer.telegram.fault("text_only", 1)
    customer.messenger.deliver(BOT_ID, CUSTOMER, parcel(customer, "a\tb"))
    assert "can’t be sent here at the moment" in customer.texts()[-1]
    assert not any("a b" in text for text in customer.texts())


def test_a_file_for_one_text_says_what_else_was_bought(customer: Stage) -> None:
    stand, ada = customer.stand, customer.stand.rich()
    stand.bring(
        stand.visitor(1), own(product("Config", items=["a\tb"]), product("Portrait", deliverable="made_to_order"))
    )
    for name in ("Config", "Portrait"):
        stand.shop.carts.add(ada, stand.product(name), 1)
    stand.shop.checkout.place(ada, stand.shop.checkout.offer_cart(ada).id)
    customer.send_letters()
    lines = file_of(customer, customer.messages()[-1]).decode().splitlines()
    assert lines[:4] == ["1 × Config", "a\tb", "", "1 × Portrait"]


def test_the_order_shows_no_text_that_telegram_would_change(customer: Stage) -> None:
    customer.stand.bring(customer.stand.visitor(1), own(product("Tabbed", items=["a\tb"])))
    receipt = customer.stand.buy(customer.stand.rich(), "Tabbed")
    screen = screens.order(receipt, customer.languages["en"])
    assert "a\tb" not in screen.text
    customer.send_letters()
    assert file_of(customer, customer.messages()[-1]) == b"a\tb"
