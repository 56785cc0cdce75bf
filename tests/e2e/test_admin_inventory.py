"""Those who look after the catalogue, from outside: a file with a bad line, a dialog, a new price, an export."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.driver import Chat, Program

FILE = (
    b"\xef\xbb\xbfGames;Keys;A key;9.99;KEY-1\r\n\r\nDIGITAL;Games;Keys;A key;9.99;user;pass\r\n"
    b"Games;Keys;A key;0;KEY-3\r\n"
)


@pytest.fixture
def base(tmp_path: Path) -> Iterator[str]:
    program = Program("sandbox", cwd=tmp_path)
    yield program.address()
    code, errors = program.stop()
    assert code == 0, errors
    assert "Traceback" not in errors


def test_goods_come_in_are_changed_and_go_out_again(base: str) -> None:
    admin = Chat(base, 1)
    admin.send_file("../../.env", FILE)
    assert "New products: 1\nNew items: 2" in admin.texts[-1]
    assert "Entry 4, field price" in admin.texts[-1]
    admin.press("Import the 2 valid entries")
    assert admin.texts[-1].startswith("📦 Imported")

    for label in ("Back", "Goods", "📁 Games", "📁 Keys", "A key · 2", "Price"):
        admin.press(label)
    for text in ("free", "12.50"):
        admin.say(text)
    assert "Price: $12.50" in admin.texts[-1]
    admin.press("Back")

    admin.press("New product")
    for text in ("Course", "Three lessons", "20"):
        admin.say(text)
    admin.press("Same text for everyone")
    admin.say("https://courses.example/")
    admin.press("Done")
    admin.press("Publish")
    assert "Price: $20.00" in admin.texts[-1]

    for label in ("Back", "Export", "CSV"):
        admin.press(label)
    assert admin.messages[-1]["document"]["file_name"] == "goods.csv"
    assert "Products: 2, items: 3" in admin.texts[-1]
    admin.send_file("goods.txt", FILE)
    assert "Skipped, already in the shop: 2" in admin.texts[-1]

    customer = Chat(base, 1001)
    customer.say("/start")
    for label in ("Shop", "Games", "Keys", "Course"):
        customer.press(label)
    assert "Three lessons" in customer.texts[-1]
