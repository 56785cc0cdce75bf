"""The catalogue editor in the chat: browse, change, move, hide, delete; Back returns to the previous screen."""

from typing import Any

import pytest

from bot_handlers.callbacks.goods import ShowSheet, TypeField
from storage.database import Database
from storage.models import Category, Conversation, Product, StockItem
from tests.bot_handlers.stage import CUSTOMER, Stage, last, press
from tests.conftest import StandingClock
from tests.goods import png
from tests.stand import ADMIN, BOT_ID, Stand, open_shop


@pytest.fixture
def stand(database: Database, clock: StandingClock) -> Stand:
    return open_shop(database, clock, LOW_STOCK_THRESHOLD="3")


@pytest.fixture
def admin(stage: Stage) -> Stage:
    stage.stand.stock("KEY-1", "KEY-2", "KEY-3", "KEY-4")
    stage.say("/start", ADMIN)
    press(stage, "Admin", "Goods")
    return stage


def test_walking_the_tree_and_back(admin: Stage) -> None:
    press(admin, "📁 Games", "📁 Keys")
    assert last(admin) == "Games › Keys"
    press(admin, "Key · 4")
    assert last(admin).splitlines() == [
        "Key",
        "Key",
        "",
        "Price: $10.00",
        "Kind: texts, each sold once",
        "In stock: 4",
        "Sold: 0",
        "Low-stock limit: 3",
    ]
    for text in ("Games › Keys", "Games", "Goods\nHidden", "Admin"):
        press(admin, "Back")
        assert last(admin).startswith(text)


@pytest.mark.parametrize(
    ("label", "bad", "good", "shown"),
    [
        ("Name", "x" * 65, "New <name>", "New <name>"),
        ("Description", "x" * 4001, "About & it", "About & it"),
        ("Price", "free", "12.34", "Price: $12.34"),
        ("Quantity prices", "10", "10=4.50", "10 or more: $4.50 each"),
        ("Low-stock limit", "few", "7", "Low-stock limit: 7"),
    ],
)
def test_an_invalid_input_gets_a_sentence_and_the_dialog_stays_open(
    admin: Stage, label: str, bad: str, good: str, shown: str
) -> None:
    press(admin, "Games", "Keys", "Key", label)
    admin.say(bad, ADMIN)
    assert last(admin).endswith(" Please try again.")
    admin.say(good, ADMIN)
    assert shown in last(admin)
    press(admin, "Back")
    assert last(admin) == "Games › Keys"
    assert Conversation.select().count() == 0


@pytest.mark.parametrize("photo", [True, False], ids=["photo", "document"])
def test_a_picture_comes_as_a_photo_or_as_a_file(admin: Stage, photo: bool) -> None:
    press(admin, "Games", "Keys", "Key", "Picture")
    admin.say("no picture", ADMIN)
    assert last(admin) == "Answer with a photo, or with a PNG or JPEG file."
    admin.send_file(b"GIF89a", ADMIN, name="x.gif")
    assert last(admin).startswith("The picture must be PNG or JPEG")
    if photo:
        admin.telegram.people.send_document(ADMIN, upload("x.png"), caption="", profile={})
        [update] = admin.updates()
        file_id = update["message"]["document"]["file_id"]
        sizes: list[dict[str, Any]] = [{"file_id": file_id, "file_unique_id": "u", "width": 8, "height": 8}]
        admin.front.bots.accept(BOT_ID, admin.update(ADMIN, text="", photo=sizes))
    else:
        admin.send_file(png(), ADMIN, name="../../x.png")
    assert Product.get().picture_id is not None
    press(admin, "Delete picture")
    assert Product.get().picture_id is None


def upload(name: str) -> Any:
    from web.sandbox.telegram.call import Upload

    return Upload(name, png())


def test_hiding_marks_a_product_and_showing_removes_the_mark(admin: Stage) -> None:
    press(admin, "Games", "Keys", "Key", "Hide")
    assert last(admin).startswith("🚫 Key")
    press(admin, "Back", "🚫 Key", "Show")
    assert last(admin).startswith("Key")
    press(admin, "Back", "Back", "Edit category", "Hide", "Back")
    press(admin, "Back", "🚫 📁 Games")


def test_a_new_category_a_move_and_a_deletion(admin: Stage) -> None:
    press(admin, "New category")
    admin.say("Games", ADMIN)
    assert last(admin).startswith("That already exists here.")
    admin.say("Attic", ADMIN)
    assert last(admin) == "Attic"
    press(admin, "Back", "Games", "Keys", "Key", "Move", "Up", "Up", "Attic", "Move here")
    assert Product.get().category_id == Category.get(Category.name == "Attic").id
    press(admin, "Back")
    assert last(admin) == "Attic"
    press(admin, "Edit category", "Delete")
    assert "the products and categories in it (1)" in last(admin)
    press(admin, "Delete")
    assert last(admin).startswith("Goods\n")
    assert StockItem.select().count() == 0
    admin.say("🛍 Shop", CUSTOMER)
    with pytest.raises(AssertionError, match="no button"):
        admin.press("Attic")


def test_units_are_listed_shown_and_deleted(admin: Stage) -> None:
    press(admin, "Games", "Keys", "Key", "Stock", "2 · …2")
    assert last(admin) == "Key: delete this item?\n2 · …2"
    press(admin, "Delete")
    assert last(admin).startswith("Key\nIn stock: 3")
    press(admin, "Delete all", "Delete")
    assert Product.get().stock_count == 0
    press(admin, "Back")
    assert "In stock: 0" in last(admin)


def test_low_stock_is_reported_and_listed(admin: Stage) -> None:
    stand, buyer = admin.stand, admin.stand.visitor(CUSTOMER)
    stand.grant(buyer, "10.00")
    stand.shop.checkout.place(buyer, stand.shop.checkout.offer_product(buyer, stand.product("Key"), 1).id)
    admin.send_letters()
    assert "⚠️ Key is low on stock: 3 left." in admin.texts(ADMIN)
    press(admin, "View product", "Back")
    assert last(admin) == "Low stock\nLowest stock first."
    press(admin, "Key · 3", "Back", "Back")
    assert last(admin).startswith("Goods\n")


@pytest.mark.parametrize("rows", [0, 1, 8, 9, 17])
def test_lists_are_paged_and_back_leads_to_the_page(admin: Stage, rows: int) -> None:
    for number in range(rows):
        admin.stand.stock(f"u{number}", name=f"P{number:02}", category="Paged", subcategory="In")
    if rows:
        admin.rest()
        press(admin, "Back", "Goods", "Paged", "In", *["▶"] * (-(-rows // 8) - 1), f"P{rows - 1:02}", "Back")
        assert f"P{rows - 1:02} · 1" in [
            button["text"] for row in admin.messages(ADMIN)[-1]["reply_markup"]["inline_keyboard"] for button in row
        ]


@pytest.mark.parametrize(
    ("press", "answer"),
    [
        (ShowSheet("p", 999, "b0"), "This is no longer available."),
        (ShowSheet("x", 1, "b0"), "This is no longer available."),
        (TypeField("p", 1, "zz", "b0"), "That button is out of date."),
    ],
)
def test_a_forged_button_is_refused_in_words(admin: Stage, press: Any, answer: str) -> None:
    admin.press_data(press, ADMIN)
    assert last(admin).startswith(answer)
    assert Conversation.select().count() == 0


def test_every_screen_works_with_text_methods_only(admin: Stage) -> None:
    admin.telegram.fault("text_only", 1)
    press(admin, "Games", "Keys", "Key", "Price")
    admin.say("1", ADMIN)
    assert "Price: $1.00" in last(admin)
    admin.telegram.fault("text_only", 0)
