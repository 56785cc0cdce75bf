"""Product files in the chat: a preview that names each bad line, the choice, and the result."""

import codecs
import json

import pytest

from bot_handlers.callbacks.goods import CancelImport, ConfirmImport, SendRefused
from bot_handlers.handlers.goods import LONG_ENTRIES
from bot_handlers.screens.screen import Screen
from bot_handlers.telegram.messenger import Messenger
from storage.models import PendingImport, Product, StockItem
from tests.bot_handlers.stage import CUSTOMER, Stage, labels, last
from tests.bot_handlers.stage import press as tap
from tests.stand import ADMIN
from web.sandbox.telegram.call import Upload

GOOD = "Games;Keys;A key;9.99;KEY-"


@pytest.fixture
def admin(stage: Stage) -> Stage:
    stage.say("/start", ADMIN)
    return stage


def test_valid_lines_are_imported_when_the_admin_says_so(admin: Stage) -> None:
    admin.send_file(f"{GOOD}1\nGames;Keys;<b>;x;2\n\n{GOOD}3".encode(), ADMIN, name="<goods>.txt")
    assert admin.texts(ADMIN)[-1].splitlines() == [
        "📄 <goods>.txt",
        "Nothing has been saved yet. This file contains:",
        "• A key: $9.99 × 2",
        "New products: 1",
        "New items: 2",
        "Skipped, already in the shop: 0",
        "",
        "⚠️ 1 entry can’t be imported:",
        "• Entry 2, field price: write the price as a number above zero, such as 9.99 or 1234.50, without thousands "
        "separators. It can’t have more decimals than the shop’s currency, or another currency’s sign.",
    ]
    assert labels(admin) == ["✅ Import the 2 valid entries", "✖ Cancel"]
    assert StockItem.select().count() == 0
    admin.press("Import the 2 valid", ADMIN)
    assert admin.texts(ADMIN)[-1].startswith("📦 Imported\nNew products: 1\nNew items: 2")
    assert StockItem.select().count() == 2


def test_a_cancelled_file_leaves_nothing(admin: Stage) -> None:
    admin.send_file(f"{GOOD}1".encode(), ADMIN, name="goods.txt")
    assert labels(admin) == ["✅ Import 1 entry", "✖ Cancel"]
    admin.press("Cancel", ADMIN)
    assert admin.texts(ADMIN)[-1] == "Nothing was imported. The file was discarded."
    assert (PendingImport.select().count(), Product.select().count()) == (0, 0)


@pytest.mark.parametrize("text_only", [0, 1], ids=["files", "text alone"])
def test_all_bad_lines_come_as_a_file_or_as_text(admin: Stage, text_only: int) -> None:
    admin.send_file("\n".join(["bad"] * 7 + [f"{GOOD}1"]).encode(), ADMIN, name="goods.txt")
    assert admin.texts(ADMIN)[-1].count("• Entry") == 5
    admin.telegram.fault("text_only", text_only)
    admin.press("Refused entries", ADMIN)
    last = admin.messages(ADMIN)[-1]
    if text_only:
        assert last["text"].count("Entry") == 7
    else:
        assert last["document"]["file_name"] == "refused.txt"
        assert admin.telegram.file(last["document"]["file_id"])[1].startswith(codecs.BOM_UTF8)
    admin.telegram.fault("text_only", 0)
    admin.press("Import the 1 valid entry", ADMIN)
    assert StockItem.select().count() == 1


def test_a_file_without_a_valid_line_offers_no_import(admin: Stage) -> None:
    admin.send_file(b"Games;Keys;A key;free;K", ADMIN, name="goods.txt")
    assert labels(admin) == ["✖ Cancel"]
    assert "Nothing in it can be imported." in admin.texts(ADMIN)[-1]


@pytest.mark.parametrize(
    ("file", "name", "said"),
    [
        (b"", "x.json", "the file is empty."),
        (b"a\0\xff", "x.txt", "the file isn’t UTF-8 text. Save it as UTF-8, then send it again."),
        (b"{", "x.json", "the file isn’t valid JSON."),
        (b"name\nKey", "x.csv", "and content for what is sold."),
    ],
)
def test_an_invalid_file_is_refused_in_a_sentence(admin: Stage, file: bytes, name: str, said: str) -> None:
    admin.send_file(file or b" ", ADMIN, name=name)
    assert admin.texts(ADMIN)[-1].startswith("Nothing was imported")
    assert admin.texts(ADMIN)[-1].endswith(said)


def test_a_long_import_shows_its_progress_in_one_message(admin: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    update = Messenger.update

    def updated(self: Messenger, bot_id: int, chat_id: int, message_id: int, screen: Screen) -> int:
        number = update(self, bot_id, chat_id, message_id, screen)
        said.append(admin.texts(ADMIN)[-1].partition(" …")[0].partition(", ")[0])
        return number

    monkeypatch.setattr(Messenger, "update", updated)
    entries = LONG_ENTRIES + 1
    file = "\n".join(f"{GOOD}{number:05}{'x' * 120}" for number in range(entries)).encode()
    before = len(admin.messages(ADMIN))
    admin.send_file(file, ADMIN, name="goods.txt")
    assert len(admin.messages(ADMIN)) == before + 2
    assert "Nothing has been saved yet" in admin.texts(ADMIN)[-1]
    admin.press("Import", ADMIN)
    assert len(admin.messages(ADMIN)) == before + 2
    assert f"New items: {entries}" in admin.texts(ADMIN)[-1]
    assert said == [f"⏳ {entries} entries read", f"⏳ Saving {entries} entries…"]


def test_a_file_that_is_gone_is_asked_for_again_with_the_reason(admin: Stage) -> None:
    admin.send_file(f"{GOOD}1".encode(), ADMIN, name="goods.txt")
    number = PendingImport.get().id
    admin.send_file(json.dumps([]).encode() + b" ", ADMIN)
    admin.press("Cancel", ADMIN)
    for press in (ConfirmImport(number), SendRefused(number), ConfirmImport(999)):
        admin.rest()
        admin.press_data(press, ADMIN)
        assert "Send it again." in admin.texts(ADMIN)[-1]
        admin.send_file(f"{GOOD}1".encode(), ADMIN, name="goods.txt")
        admin.press_data(CancelImport(PendingImport.get().id), ADMIN)
    assert StockItem.select().count() == 0


def test_a_list_with_higher_prices_updates_the_product_or_is_skipped(admin: Stage) -> None:
    admin.send_file(f"{GOOD}1".encode(), ADMIN, name="goods.txt")
    tap(admin, "Import 1")
    dearer = f"{GOOD}1\n{GOOD}1\n".replace("9.99", "10.99").encode()
    admin.send_file(dearer, ADMIN, name="goods.txt")
    assert (
        "Skipped, already in the shop: 1\nTwice in this file: 1\n\n1 item is in stock already, as A key at $9.99."
        in last(admin)
    )
    assert labels(admin) == ["✏️ Update 1 product", "⏭ Skip existing", "✖ Cancel"]
    tap(admin, "Skip existing")
    assert (Product.get().price_minor, StockItem.select().count()) == (999, 1)
    admin.send_file(dearer, ADMIN, name="goods.txt")
    tap(admin, "Update 1 product")
    assert (Product.get().price_minor, StockItem.select().count()) == (1099, 1)


def test_items_sold_before_are_sold_again_after_a_second_confirmation(admin: Stage) -> None:
    admin.send_file(f"{GOOD}1".encode(), ADMIN, name="goods.txt")
    tap(admin, "Import 1")
    admin.stand.bought(admin.stand.visitor(), "A key")
    admin.send_file(f"{GOOD}1".encode(), ADMIN, name="goods.txt")
    assert "Sell 1 sold item again?" in tap(admin, "Sell sold items again (1)")
    assert Product.get().stock_count == 0
    tap(admin, "Yes, sell again")
    assert Product.get().stock_count == 1


def test_a_dialog_asks_twice_before_items_are_sold_again(admin: Stage) -> None:
    admin.send_file(f"{GOOD}1".encode(), ADMIN, name="goods.txt")
    tap(admin, "Import 1")
    admin.stand.bought(admin.stand.visitor(), "A key")
    tap(admin, "Back", "Goods", "Games", "Keys", "A key", "Stock", "Add stock")
    admin.say("key-1", ADMIN)
    assert "1 item was sold before, as A key at $9.99." in tap(admin, "Done")
    tap(admin, "Sell sold items again (1)", "Yes, sell again")
    assert Product.get().stock_count == 1


def test_each_of_several_files_is_imported(admin: Stage) -> None:
    for number in range(3):
        admin.telegram.people.send_document(
            ADMIN, Upload(f"{number}.txt", f"{GOOD}{number}".encode()), caption="", profile={}
        )
    admin.deliver()
    for row in PendingImport.select().order_by(PendingImport.id):
        admin.rest()
        admin.press_data(ConfirmImport(row.id), ADMIN)
    assert StockItem.select().count() == 3


def test_a_product_file_is_read_after_an_unexpected_message(admin: Stage) -> None:
    admin.say("what do I do with this file", ADMIN)
    assert "What would you like to do with it?" in last(admin)
    admin.send_file(f"{GOOD}1".encode(), ADMIN, name="goods.txt")
    assert "New items: 1" in last(admin)


def test_an_order_opens_by_its_number_after_an_unexpected_message(admin: Stage) -> None:
    admin.stand.sell(admin.stand.visitor(), "Lamp")
    for word in ("Ada?", "#1"):
        admin.say(word, ADMIN)
    assert "Order #1" in last(admin)
    for word in ("Ada?", "still nothing"):
        admin.say(word, ADMIN)
    assert "“still nothing”" in last(admin)


def test_a_burst_of_documents_into_a_dialog_loses_none(admin: Stage) -> None:
    admin.send_file(f"{GOOD}0".encode(), ADMIN, name="goods.txt")
    tap(admin, "Import 1", "Back", "Goods", "Games", "Keys", "A key", "Stock", "Add stock")
    for number in range(1, 31):
        admin.telegram.people.send_document(ADMIN, Upload("k.txt", f"KEY-{number}".encode()), caption="", profile={})
    admin.deliver()
    tap(admin, "Done", "Publish")
    assert StockItem.select().count() == 31


def test_the_encoding_of_an_old_file_is_asked_for(admin: Stage) -> None:
    admin.send_file("Игры;Ключи;Ключ;1;К1".encode("cp1251"), ADMIN, name="goods.txt")
    assert "Cyrillic (1251): Игры;Ключи;Ключ;1;К1" in last(admin)
    tap(admin, "Cyrillic", "Import 1")
    assert StockItem.get().content == "К1"


def test_an_ambiguous_price_is_refused_in_a_sentence(admin: Stage) -> None:
    admin.send_file(b"Games;Keys;A key;1,000;K1\nGames;Keys;A key;12.50;K2", ADMIN, name="goods.txt")
    assert "Entry 1, field price: a number such as 1,000 can mean one or a thousand. Write 1 or 1000." in last(admin)
    tap(admin, "Import the 1 valid", "Back", "Goods", "Games", "Keys", "A key", "Price")
    admin.say("1.000", ADMIN)
    assert last(admin).startswith("A number such as 1,000 can mean one or a thousand.")
    assert Product.get().price_minor == 1250


def test_an_ambiguous_top_up_amount_is_asked_for_again(stage: Stage) -> None:
    stage.say("/topup")
    tap(stage, "Bitcoin", "Other amount", user_id=CUSTOMER)
    stage.say("1,000")
    assert "“1,000” can mean two amounts." in last(stage, CUSTOMER)
    stage.say("1000")
    assert "$1,000.00" in last(stage, CUSTOMER)


@pytest.mark.parametrize(
    ("file", "name", "said"),
    [
        (b"KEY-1\nKEY-2", "keys.txt", "press “Add stock” and send the file there"),
        (b"Handle,Title,Price\na,b,1", "products.csv", "no column “path”. A table needs path, name and price"),
        (b"path,name,price,SKU\nA,B,1,x", "products.csv", "unknown or repeated columns: sku"),
        (b"%PDF-1.7", "keys.pdf", "this isn’t a text file"),
        (b'path,name,price\nA,"B,1', "a.csv", "Line 2: the quotation marks"),
    ],
)
def test_a_file_that_is_refused_leads_on_to_the_goods(admin: Stage, file: bytes, name: str, said: str) -> None:
    admin.send_file(file, ADMIN, name=name)
    assert said in last(admin)
    assert labels(admin) == ["🗂 Goods", "← Back"]


def test_a_refused_entry_names_no_field_if_there_is_none(admin: Stage) -> None:
    admin.send_file(f"{GOOD}1\nGames;Keys".encode(), ADMIN, name="goods.txt")
    assert "• Entry 2: the line needs category" in last(admin)


def test_a_name_that_looks_like_another_is_reported(admin: Stage) -> None:
    admin.send_file(f"{GOOD}1\nGаmes;Keys;Other;1;K2".encode(), ADMIN, name="goods.txt")
    assert "⚠️ “Gаmes” looks like “Games”" in last(admin)
