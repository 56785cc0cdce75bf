"""The catalogue as admins manage it, from outside: a file with a bad line, a dialog, a new price, an export."""

from tests.e2e.driver import Chat

FILE = (
    b"\xef\xbb\xbfGames;Keys;A key;9.99;KEY-1\r\n\r\nDIGITAL;Games;Keys;A key;9.99;user;pass\r\n"
    b"Games;Keys;A key;0;KEY-3\r\n"
)


def test_goods_are_imported_changed_and_exported(base: str) -> None:
    admin = Chat(base, 1)
    admin.send_file("../../.env", FILE)
    assert "Entry 4, field price" in admin.says("New products: 1\nNew items: 2")
    admin.press("Import the 2 valid entries")
    admin.says("📦 Imported")

    admin.press("Back", "Goods", "📁 Games", "📁 Keys", "A key · 2", "Price")
    for text in ("free", "12.50"):
        admin.say(text)
    admin.says("Price: $12.50")
    admin.press("Back", "New product")
    for text in ("Course", "Three lessons", "20"):
        admin.say(text)
    admin.press("Same text for everyone")
    admin.say("https://courses.example/")
    admin.press("Done", "Publish")
    admin.says("Price: $20.00")

    admin.press("Back", "Export", "CSV")
    assert admin.file("goods.csv")
    admin.says("Products: 2, items: 3")
    admin.send_file("goods.txt", FILE)
    admin.says("Skipped, already in the shop: 2")

    customer = Chat(base, 1001)
    customer.say("/start")
    customer.press("Shop", "📁 Games", "📁 Keys", "Course")
    customer.says("Three lessons")
