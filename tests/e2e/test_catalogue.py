"""The catalogue from outside: a deep tree, sorting, searching, every kind of goods, with and without pictures."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from locales import Languages
from shop.money import Money
from tests.e2e.driver import ChainPanel, Chat, address_in, plain, running, text_only, wait_for
from tests.goods import encoded, file_item, own, png, product

LONG = "\n".join(f"line {number:04} <&>" for number in range(600))
DEEP = ["Worlds", "North", "Islands", "Harbour"]
GOODS = own(
    product("Anker", "3.00", path=DEEP, description="An <iron> anchor & chain", items=["ANCHOR-1"]),
    product("Zebrafell", "1.00", path=DEEP, items=["ZEBRA-1"], picture=encoded(png(90))),
    product(
        "Möwe",
        "10.00",
        path=DEEP,
        items=[f"GULL-{n}" for n in range(1, 20)],
        quantity_prices=[{"from": 10, "price": "4.50"}],
    ),
    product("Geheimnis", "2.00", path=DEEP, items=["SECRET"], hidden=True),
    product(
        "Chart", "5.00", path=["Goods"], deliverable="unique_file", items=[file_item("chart.bin", b"\0\xff chart")]
    ),
    product("Course", "5.00", path=["Goods"], deliverable="shared_text", items=["https://c.example/?a=1&b=<2>"]),
    product("Book", "5.00", path=["Goods"], deliverable="shared_file", items=[file_item("book.pdf", b"%PDF-1.7")]),
    product("Portrait", "5.00", path=["Goods"], deliverable="made_to_order"),
    product("Saga", "5.00", path=["Goods"], items=[LONG]),
    # a category with a single child would open that child directly
    *(product(f"Aside {depth}", "1.00", path=[*DEEP[:depth], "Elsewhere"]) for depth in (1, 2, 3)),
    categories=[{"path": DEEP, "description": "Where ships <rest>", "picture": encoded(png(10))}],
)


class Shopper:
    """A customer who uses the shop in one language."""

    def __init__(self, base: str, language: str) -> None:
        self.chat = Chat(base, 3003)
        self.base = base
        self.t = Languages.found()[language]
        self.chat.say("/start", language_code=language, first_name="Ida")

    def press(self, *labels: str) -> None:
        """Press buttons, given by their text keys or their labels."""
        for label in labels:
            self.chat.press(self.t.text(label) if "." in label and " " not in label else label)

    def shelf(self, *names: str) -> None:
        self.chat.say(self.t.text("menu.shop"))
        self.press(*names)

    def labels(self) -> list[str]:
        """Return the labels on the newest screen; goods bought earlier may arrive below it."""
        return self.chat.labels()

    def names(self) -> list[str]:
        """Return the products on the newest screen, in order."""
        return [label.split(" · ")[0].removeprefix("🆕 ") for label in self.labels() if " · " in label]

    def top_up(self) -> None:
        panel = ChainPanel(self.base)
        self.chat.say(self.t.text("menu.top_up"))
        self.press("Bitcoin")
        panel.pay("btc", address_in(self.chat), "0.01")
        panel.mine("btc", 6)
        self.chat.says(plain(self.t.text("deposit.credited", amount="")))

    def buy(self, *path: str) -> str:
        """Buy one unit of a product; return the order number."""
        self.shelf(*path)
        self.press("button.buy_now")
        pay = next(label for label in self.labels() if label.startswith("✅"))
        self.chat.press(pay)
        thanks = plain(self.t.text("bought", number="", total="").partition("\n")[0])
        return re.search(r"#(\d+)", self.chat.says(thanks))[1]

    def history(self, order: str) -> str:
        self.chat.say(self.t.text("menu.history"))
        self.press(f"#{order} ")
        return self.chat.says(plain(self.t.text("order", number=order, moment="", total="").partition("\n")[0]))


@pytest.fixture
def base(tmp_path: Path) -> Iterator[str]:
    """A sandbox with these goods in stock."""
    with running("sandbox", cwd=tmp_path) as address:
        admin = Chat(address, 1)
        admin.send_file("goods.json", GOODS)
        admin.press("Import")
        admin.says("New products: 12")
        yield address


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_deep_tree_is_walked_sorted_and_searched(base: str, language: str) -> None:
    shopper = Shopper(base, language)
    shopper.shelf(*DEEP)
    assert shopper.chat.screen("Where ships <rest>")["photo"]
    assert shopper.names() == ["Anker", "Möwe", "Zebrafell"]
    for order, expected in (
        ("sorting.pu", ["Zebrafell", "Anker", "Möwe"]),
        ("sorting.pd", ["Möwe", "Anker", "Zebrafell"]),
        ("sorting.ad", ["Möwe", "Anker", "Zebrafell"]),
        ("sorting.nd", ["Zebrafell", "Möwe", "Anker"]),
    ):
        shopper.press("↕", order)
        assert shopper.names() == expected
    shopper.press("Zebrafell")
    assert shopper.chat.screen("Zebrafell")["photo"]
    shopper.press("button.back")
    assert shopper.names() == ["Zebrafell", "Möwe", "Anker"], "Back leads to the shelf as it was sorted"
    shopper.press("button.back", "button.back", "button.back", "button.back")
    assert "📁 Worlds" in shopper.labels()

    shopper.press("button.search")
    shopper.chat.say("CHAIN anch")
    assert shopper.names() == ["Anker"]
    shopper.press("Anker")
    shopper.chat.says("An <iron> anchor & chain")
    shopper.press("button.back", "button.search_again")
    shopper.chat.say("geheimnis 100%")
    assert shopper.names() == []


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_cart_is_filled_by_plus_minus_and_number_at_quantity_prices(base: str, language: str) -> None:
    shopper = Shopper(base, language)
    shopper.top_up()
    shopper.shelf(*DEEP, "Möwe")
    step = shopper.t.text("product.quantity_price", count=10, price="").split("<b>")[0].strip()
    shopper.chat.says(step)
    shopper.press("+", "button.add_to_cart")
    shopper.press("+", "−", "× Möwe", "button.type_number")
    shopper.chat.say("many")
    shopper.chat.say("12")
    money = shopper.t.money
    assert money(Money(450, "USD")) in shopper.chat.says(f"12 × Möwe — {money(Money(5400, 'USD'))}")
    shopper.press("button.shop", "Worlds", "North", "Islands", "Harbour", "Anker", "button.add_to_cart")
    shopper.press("× Anker", "button.remove")
    assert "Anker" not in shopper.chat.says("12 × Möwe")
    shopper.press("button.check_out")
    shopper.chat.says(f"12 × Möwe — {money(Money(5400, 'USD'))}")
    shopper.chat.press(next(label for label in shopper.labels() if label.startswith("✅")))
    goods = shopper.chat.wait_text("GULL-12")
    assert all(f"GULL-{n}\n" in goods + "\n" for n in range(1, 13))
    assert "GULL-13" not in goods


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_kind_of_goods_arrives_and_is_shown_again(base: str, language: str) -> None:
    shopper = Shopper(base, language)
    shopper.top_up()
    course = shopper.buy("Goods", "Course")
    shopper.chat.wait_text("https://c.example/?a=1&b=<2>")
    assert "https://c.example/?a=1&b=<2>" in shopper.history(course)

    shopper.buy("Goods", "Chart")
    book = shopper.buy("Goods", "Book")
    shopper.buy("Goods", "Saga")
    wait_for(lambda: len(shopper.chat.files()) == 3, "three files")
    files = shopper.chat.files()
    assert (files["chart.bin"], files["book.pdf"]) == (b"\0\xff chart", b"%PDF-1.7")
    [saga] = [content for name, content in files.items() if name.startswith("order-")]
    assert LONG in saga.decode()
    before = shopper.chat.texts.count(caption := shopper.t.text("goods.file", name="Book", number=book))
    assert "book.pdf" in shopper.history(book)
    shopper.press("button.send_goods")
    wait_for(lambda: shopper.chat.texts.count(caption) > before, "the book again")


@pytest.mark.parametrize("language", ["en", "de"])
def test_goods_made_to_order_come_as_a_file_or_a_text_and_show_their_state(base: str, language: str) -> None:
    shopper, admin = Shopper(base, language), Chat(base, 1)
    shopper.top_up()
    portrait = shopper.buy("Goods", "Portrait")
    waiting, made = shopper.t.text("order.waiting"), shopper.t.text("order.made")
    assert waiting in shopper.history(portrait)
    admin.wait_text(f"Order #{portrait}: Ida (3003) is waiting for 1 × Portrait")
    admin.press("Deliver")
    admin.send_file("portrait.png", png(33))
    wait_for(lambda: "portrait.png" in shopper.chat.files(), "the portrait")
    assert shopper.chat.files()["portrait.png"] == png(33)
    shown = shopper.history(portrait)
    assert made in shown
    assert waiting not in shown

    second = shopper.buy("Goods", "Portrait")
    admin.wait_text(f"Order #{second}: Ida (3003) is waiting for 1 × Portrait")
    admin.press("Deliver")
    admin.say("A <drawing> & a poem")
    shopper.chat.wait_text("A <drawing> & a poem")
    assert "A <drawing> & a poem" in shopper.history(second)


@pytest.mark.parametrize("language", ["en", "de"])
def test_on_a_server_with_text_methods_only_nothing_is_lost(base: str, language: str) -> None:
    shopper = Shopper(base, language)
    shopper.top_up()
    text_only(base, on=True)
    shopper.shelf(*DEEP)
    assert "photo" not in shopper.chat.screen("Where ships <rest>")
    assert shopper.names() == ["Anker", "Möwe", "Zebrafell"]
    shopper.buy("Goods", "Saga")
    last = LONG.splitlines()[-1]
    shopper.chat.wait_text(last)
    texts = "\n".join(shopper.chat.texts)
    assert all(line in texts for line in LONG.splitlines())
    assert sum(last in text for text in shopper.chat.texts) == 1
    chart = shopper.buy("Goods", "Chart")
    shopper.chat.wait_text(f"chart.bin, {'order' if language == 'en' else 'Bestellung'} #{chart}")
    assert shopper.chat.files() == {}
    assert "chart.bin" in shopper.history(chart)
    text_only(base, on=False)
    shopper.press("button.send_goods")
    wait_for(lambda: "chart.bin" in shopper.chat.files(), "the chart, once files can be sent")
    assert shopper.chat.files()["chart.bin"] == b"\0\xff chart"
