"""A file from before every invisible character made no difference: its goods are recognised as a new file's are."""

from pathlib import Path

import pytest

from storage import migrations
from storage.database import Database
from storage.keys import DatabaseKey
from storage.models import DraftPiece, StockItem, reconciliation
from storage.models.stock import Piece
from storage.text import fingerprint
from tests.conftest import refused
from tests.older_file import older_file

TRIGGER = next(
    each for each in migrations.statements(migrations.steps()[21].read_text("utf-8")) if "is_known_again" in each
)
"""It compares with the fingerprints of today, so it is away while the rows of before come."""
BEFORE = f"""
INSERT INTO customer (telegram_id, bot_id, first_name, language, created_at) VALUES (7, 1, 'Ada', 'en', 0);
INSERT INTO category (name) VALUES ('Games');
INSERT INTO product (category_id, name, description, price_minor, created_at, import_key, deliverable) VALUES
(1, 'Key', '', 1, 0, 'Key', 'unique_text'), (1, 'Map', '', 1, 0, 'Map', 'unique_file'),
(1, 'Other', '', 1, 0, 'Other', 'unique_text');
INSERT INTO orders (customer_id, total_minor, key, created_at) VALUES (1, 2, 'offer:1', 0);
INSERT INTO order_line (order_id, product_id, product_name, unit_price_minor, quantity, deliverable) VALUES
(1, 1, 'Key', 1, 2, 'unique_text');
INSERT INTO stored_file (name, content, created_at) VALUES ('map', x'EFB88F', 0);
DROP TRIGGER stock_item_is_known_again;
INSERT INTO stock_item (product_id, content, content_hash, created_at, fingerprint, file_id) VALUES
(1, 'A', x'01', 0, goods_fingerprint('A'), NULL),
(1, 'A' || char(0xfe0f), x'02', 0, x'02', NULL),
(1, 'user' || char(0xa0) || 'pass', x'03', 0, x'03', NULL),
(1, 'user' || char(0xa0, 0x2800) || 'pass', x'04', 0, x'04', NULL),
(2, 'map', x'05', 0, goods_fingerprint(x'EFB88F'), 1),
(1, 'sold', x'06', 0, goods_fingerprint('sold'), NULL),
(1, 'sold' || char(0xfe0f), x'07', 0, x'07', NULL);
UPDATE stock_item SET order_line_id = 1 WHERE id = 7;
{TRIGGER}
INSERT INTO goods_draft (admin_id, category_id, created_at) VALUES (1, 1, 0);
INSERT INTO draft_piece (draft_id, content, content_hash, fingerprint) VALUES
(1, 'B' || char(0xfe0f), x'01', x'01'), (1, 'B' || char(0x2800), x'02', x'02'), (1, 'C', x'03', x'03');
"""


@pytest.fixture
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: DatabaseKey) -> Database:
    """A file at the schema of before, with units that only a character of no appearance tells apart."""
    return older_file(tmp_path, monkeypatch, key, before="0049", rows=BEFORE)


def test_units_get_the_fingerprints_of_today_and_the_same_ones_are_numbered_with_sold_ones_first(
    old: Database,
) -> None:
    old.open()
    marks = [(bytes(row.fingerprint or b""), row.occurrence) for row in StockItem.select().order_by(StockItem.id)]
    assert marks == [
        *((fingerprint("A"), number) for number in (1, 2)),
        *((fingerprint("user pass"), number) for number in (1, 2)),
        (fingerprint(b"\xef\xb8\x8f"), 1),
        *((fingerprint("sold"), number) for number in (2, 1)),
    ]
    assert reconciliation.differences("twice", most=9) == ([(1, None, 0, 3)], 1)
    old.close()


def test_a_sold_unit_is_recognised_without_the_one_that_was_the_same(old: Database) -> None:
    old.open()
    sold = fingerprint("sold\ufe0f")
    assert StockItem.holders([sold]) == {sold: (1, False)}, "the other one is still for sale"
    with old.transaction():
        assert StockItem.discard(1, 6)
        assert StockItem.add(3, [("Sold\u2800", b"new")], now=1) == 0
    assert StockItem.holders([sold]) == {sold: (1, True)}
    old.close()


def test_a_unit_for_sale_is_recognised_when_the_one_that_was_the_same_is_sold(old: Database) -> None:
    old.open()
    with old.transaction():
        assert StockItem.take(1, 1, order_line_id=1) == 1
        assert StockItem.holders([fingerprint("A")]) == {fingerprint("A"): (1, False)}
        assert StockItem.add(3, [("A", b"new")], now=1) == 0
    again = Piece("a", b"new")
    assert "comes again" in refused(old, lambda: StockItem.add_again(1, [again], now=1, again_by=1))
    old.close()


def test_a_unit_for_sale_is_recognised_when_the_one_that_was_the_same_is_removed(old: Database) -> None:
    old.open()
    with old.transaction():
        assert StockItem.discard(1, 1)
        assert StockItem.add(3, [("A", b"new"), ("new", b"too"), ("NEW", b"once")], now=1) == 1
    old.close()


def test_what_was_in_stock_is_recognised_when_it_comes_again(old: Database) -> None:
    old.open()
    with old.transaction():
        again = [(text, b"new") for text in ("a\ufe0f", "user pass", "user\u2800 pass", "USER\u00a0PASS")]
        assert StockItem.add(1, again, now=1) == 0
        assert StockItem.add(1, [("userpass", b"new")], now=1) == 1
    old.close()


def test_a_draft_has_each_piece_as_before(old: Database) -> None:
    old.open()
    assert set(DraftPiece.fingerprints(1)) == {fingerprint("B"), b"\x02", fingerprint("C")}
    old.close()


def test_goods_still_cannot_be_changed(old: Database) -> None:
    old.open()
    assert "never changed" in refused(old, lambda: StockItem.update(fingerprint=b"\x09").execute())
    old.close()
