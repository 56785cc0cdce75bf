"""Adding goods in a dialog, and exporting them as a file."""

import pytest

from storage.models import GoodsDraft, Product, StockItem
from tests.bot_handlers.stage import Stage, last, press
from tests.stand import ADMIN


@pytest.fixture
def admin(stage: Stage) -> Stage:
    stage.say("/start", ADMIN)
    press(stage, "Admin", "Goods", "New category")
    stage.say("Games", ADMIN)
    return stage


def test_from_the_name_to_the_shelf(admin: Stage) -> None:
    press(admin, "New product")
    for text in ("x" * 65, "A <key>"):
        admin.say(text, ADMIN)
    assert last(admin) == "Description?"
    press(admin, "No description")
    for text in ("free", "9.99"):
        admin.say(text, ADMIN)
    assert last(admin) == "What does a buyer get?"
    press(admin, "Texts, each sold once")
    admin.say("KEY-1\nKEY-2", ADMIN)
    assert last(admin).endswith("Items so far: 2")
    admin.send_file(b"KEY-3\nKEY-2\n", ADMIN, name="keys.txt")
    assert last(admin).endswith("Items so far: 3\nSkipped, sent before: 1")
    press(admin, "Done")
    assert last(admin).splitlines() == [
        "Games",
        "A <key>",
        "",
        "Price: $9.99",
        "Kind: texts, each sold once",
        "A buyer gets, for example:",
        "KEY-1",
        "KEY-2",
        "Items so far: 3",
    ]
    assert Product.select().count() == 0
    press(admin, "Publish")
    assert "In stock: 3" in last(admin)
    press(admin, "Back")
    assert last(admin) == "Games"


def test_files_and_goods_made_to_order(admin: Stage) -> None:
    for name, kind in (("Maps", "Files, each"), ("Portrait", "Made to order")):
        press(admin, "New product")
        for text in (name, "About it", "5"):
            admin.say(text, ADMIN)
        press(admin, kind)
        if name == "Maps":
            admin.say("no file", ADMIN)
            assert last(admin).endswith(" Please try again.")
            admin.send_file(b"map", ADMIN, name="../../map.png")
            press(admin, "Done")
        press(admin, "Publish", "Back")
    assert StockItem.get().content == ".._.._map.png"
    assert [row.deliverable for row in Product.select().order_by(Product.id)] == ["unique_file", "made_to_order"]


def test_a_cancelled_dialog_leaves_nothing(admin: Stage) -> None:
    press(admin, "New product")
    admin.say("Name", ADMIN)
    press(admin, "Cancel")
    assert last(admin) == "Nothing was added to the shop."
    assert (Product.select().count(), GoodsDraft.select().count()) == (0, 0)


def test_stock_is_added_to_a_product(admin: Stage) -> None:
    admin.stand.stock("a")
    press(admin, "Back", "Games", "Keys", "Key", "Stock", "Add stock")
    admin.say("b\nc", ADMIN)
    press(admin, "Done", "Publish")
    assert "In stock: 3" in last(admin)


def test_the_first_items_of_each_file_are_shown_before_they_are_for_sale(admin: Stage) -> None:
    admin.stand.stock("a")
    press(admin, "Back", "Games", "Keys", "Key", "Stock", "Add stock")
    admin.say("b", ADMIN)
    admin.send_file(f'<b>&\n"quoted"\n{"x" * 500}'.encode(), ADMIN, name="keys.csv")
    assert last(admin).splitlines()[-4:] == ["A buyer gets, for example:", "<b>&", '"quoted"', "Items so far: 4"]
    admin.say("x" * 600, ADMIN)
    assert last(admin).splitlines()[-2] == "x" * 199 + "…"
    press(admin, "Done")
    assert last(admin).splitlines()[-4:] == ["A buyer gets, for example:", "b", "<b>&", "Items so far: 5"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"category,title,price,key\nGames,Key,10,AAAA\n", "cancel this dialog, then send the file to the bot."),
        (b"key\nAAAA\n", "The first line is the name of a column. Remove that line. Please try again."),
    ],
)
def test_a_file_that_is_no_plain_list_is_refused_and_another_can_be_sent(
    admin: Stage, content: bytes, words: str
) -> None:
    admin.stand.stock("a")
    press(admin, "Back", "Games", "Keys", "Key", "Stock", "Add stock")
    admin.send_file(content, ADMIN, name="keys.csv")
    assert last(admin).endswith(words)
    admin.send_file(b"AAAA\n", ADMIN, name="keys.csv")
    assert last(admin).endswith("Items so far: 1")


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("JSON: everything", "goods.json"),
        ("CSV", "goods.csv"),
        ("JSON: AiogramShopBot list", "list.json"),
        ("TXT", "goods.txt"),
    ],
)
def test_unsold_goods_come_as_a_file_and_can_be_imported_again(admin: Stage, label: str, name: str) -> None:
    admin.stand.stock("a", "b")
    press(admin, "Back", "Export", label)
    sent = admin.messages(ADMIN)[-1]
    assert sent["document"]["file_name"] == name
    assert sent["caption"].startswith("📤 Products: 1, items: 2")


def test_a_server_with_text_methods_only_says_that_no_file_can_be_sent(admin: Stage) -> None:
    admin.telegram.fault("text_only", 1)
    press(admin, "Export", "CSV")
    assert last(admin) == "The file can’t be sent here at the moment."
    admin.telegram.fault("text_only", 0)


def test_the_encoding_of_a_text_file_is_asked_for_in_the_dialog_too(admin: Stage) -> None:
    admin.stand.stock("KEY-1")
    press(admin, "Back", "Games", "Keys", "Key", "Add stock")
    admin.send_file("Ключ-1\nКлюч-2".encode("cp1251"), ADMIN, name="keys.txt")
    assert "Which line looks right?" in last(admin)
    assert "Cyrillic (1251): Ключ-1" in last(admin)
    press(admin, "Cyrillic (1251)")
    assert last(admin).endswith("Items so far: 2")
    press(admin, "Done", "Publish")
    assert sorted(row.content for row in StockItem.select()) == ["KEY-1", "Ключ-1", "Ключ-2"]
    admin.press_data("piecesas:cp1251:1", ADMIN)
    assert last(admin).startswith("That button is out of date.")


def test_several_files_in_another_encoding_wait_beside_each_other(admin: Stage) -> None:
    admin.stand.stock("KEY-1")
    press(admin, "Back", "Games", "Keys", "Key", "Add stock")
    asked = []
    for file, encoding in (
        ("Ключ-1\nКлюч-2", "cp1251"),
        ("Clé-3", "cp1252"),
        ("KEY-4", "utf-8"),
        ("Ключ-5", "cp1251"),
    ):
        admin.send_file(file.encode(encoding), ADMIN, name=f"{file[-1]}.txt")
        asked.append(admin.messages(ADMIN)[-1])
    for message, row in ((asked[3], 0), (asked[1], 1), (asked[0], 0)):
        admin.rest()
        data = message["reply_markup"]["inline_keyboard"][row][0]["callback_data"]
        admin.press_data(data, ADMIN, message_id=message["message_id"])
    press(admin, "Done", "Publish")
    assert sorted(row.content for row in StockItem.select()) == [
        *("Clé-3", "KEY-1", "KEY-4", "Ключ-1", "Ключ-2", "Ключ-5"),
    ]


def test_the_way_back_from_one_question_about_an_encoding_leaves_the_others_open(admin: Stage) -> None:
    admin.stand.stock("KEY-1")
    press(admin, "Back", "Games", "Keys", "Key", "Add stock")
    for number in (1, 2):
        admin.send_file(f"Ключ-{number}".encode("cp1251"), ADMIN, name=f"{number}.txt")
    first = admin.messages(ADMIN)[-3]
    press(admin, "Back")
    assert last(admin).startswith("Send ")
    admin.rest()
    data = first["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
    admin.press_data(data, ADMIN, message_id=first["message_id"])
    admin.say("KEY-3", ADMIN)
    assert last(admin).endswith("Items so far: 2")


def test_more_goods_are_asked_for_whatever_else_was_asked_before(admin: Stage) -> None:
    admin.stand.stock("KEY-1")
    press(admin, "Back", "Games", "Keys", "Key", "Add stock")
    admin.say("KEY-2", ADMIN)
    press(admin, "Done")
    button = admin.button("➕ Add stock", ADMIN)
    admin.say("/admin", ADMIN)
    press(admin, "Goods", "New category")
    admin.press_data(button[1]["callback_data"], ADMIN, message_id=button[0]["message_id"])
    admin.say("KEY-3", ADMIN)
    assert last(admin).endswith("Items so far: 2")
