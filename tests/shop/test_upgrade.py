"""A shop that opened before coupons, refunds and reservations existed: nothing is lost, and it carries on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from shop.catalog.formats.checks import text_piece
from shop.catalog.tree import Target
from shop.people import Sender
from storage.database import Database
from storage.keys import DatabaseKey
from storage.models import Customer, LedgerEntry, Offer, Order, Product, StockItem, WaitingOffer
from storage.models.reconciliation import CHECKS, differences
from tests.conftest import NOW, StandingClock
from tests.older_file import older_file
from tests.raw_sql import engine_of
from tests.shop.books import check_books
from tests.stand import ADMIN, BOT_ID, Stand, open_shop

RELEASED = 6
BUYER, OTHER = 1001, 1002
KEYS = ", ".join(f"(1, 'KEY-{n}', x'{text_piece(f'KEY-{n}').digest.hex()}', 1)" for n in range(1, 6))
TXID, HASH = "ab" * 32, "cd" * 32
BEFORE = f"""
INSERT INTO customer (telegram_id, bot_id, username, first_name, language, created_at) VALUES
    ({ADMIN}, {BOT_ID}, 'boss', 'Olga', 'en', 1),
    ({BUYER}, {BOT_ID}, 'Ada', 'Ada', 'en', 2),
    ({OTHER}, {BOT_ID}, 'ada', 'Eve', 'de', 3);
INSERT INTO picture (media_type, digest, created_at, content) VALUES ('image/png', x'01', 1, x'02');
INSERT INTO category (name) VALUES ('Games');
INSERT INTO category (name, parent_id, picture_id) VALUES ('Keys', 1, 1);
INSERT INTO product (category_id, name, import_key, description, price_minor, created_at, deliverable) VALUES
    (2, 'Key', 'Key', 'Key', 1000, 1, 'unique_text'),
    (2, 'Key', 'Key', 'Key', 1200, 1, 'unique_text'),
    (2, 'Guide', 'Guide', '', 300, 1, 'shared_text'),
    (2, 'Logo', 'Logo', '', 5000, 1, 'made_to_order');
INSERT INTO quantity_price VALUES (1, 10, 900);
INSERT INTO stock_item (product_id, content, content_hash, created_at) VALUES {KEYS};
INSERT INTO shared_item (product_id, content, content_hash, created_at) VALUES (3, 'Read this', x'06', 1);
UPDATE product SET shared_item_id = 1 WHERE id = 3;
INSERT INTO deposit_address (customer_id, chain, address, path, created_at, shown_at)
VALUES (2, 'BTC', 'bc1qold', 'm/84h/0h/0h/0/2', 2, 2);
INSERT INTO top_up (customer_id, asset, rate, rate_source, rate_at, created_at, expires_at)
VALUES (2, 'BTC', '50000', 'first', 2, 2, 900);
INSERT INTO deposit (customer_id, address_id, chain, txid, output_index, asset, units, state, finality, top_up_id,
    rate, rate_source, rate_at, credited_minor, seen_at, updated_at)
VALUES (2, 1, 'BTC', '{TXID}', '0', 'BTC', '200000', 'credited', '2', 1, '50000', 'first', 2, 10000, 3, 3),
    (2, 1, 'BTC', '{TXID}', '1', 'BTC', '100000', 'seen', '2', 1, NULL, NULL, NULL, NULL, 4, 4);
INSERT INTO ledger_entry (customer_id, kind, amount_minor, balance_minor, key, created_at)
VALUES (2, 'deposit', 10000, 10000, 'deposit:BTC:{TXID}:0', 3);
INSERT INTO referral (customer_id, referrer_id, created_at) VALUES (2, 1, 2);
INSERT INTO referral_bonus (deposit_key, customer_id, referrer_id, referral_minor, referrer_minor, created_at)
VALUES ('deposit:BTC:{TXID}:0', 2, 1, 500, 300, 3);
INSERT INTO ledger_entry (customer_id, kind, amount_minor, balance_minor, key, created_at)
VALUES (2, 'referral_bonus', 500, 10500, 'referral:deposit:BTC:{TXID}:0', 3),
    (1, 'referrer_bonus', 300, 300, 'referrer:deposit:BTC:{TXID}:0', 3);
INSERT INTO invoice (customer_id, asset, payment_id, hash, address, fiat_minor, units, state, created_at, expires_at,
    paid_at)
VALUES (3, 'BTC', 7, '{HASH}', 'bc1qprovider', 2000, '40000', 'paid', 3, 900, 4);
INSERT INTO ledger_entry (customer_id, kind, amount_minor, balance_minor, key, created_at)
VALUES (3, 'deposit', 2000, 2000, 'kryptoexpress:{HASH}', 4);
INSERT INTO offer (id, customer_id, lines, total_minor, from_cart, created_at) VALUES
    (1, 2, '[[1, 2, 1000], [3, 1, 300], [4, 1, 5000]]', 7300, 1, {NOW}),
    (2, 2, '[[1, 1, 1000]]', 1000, 0, {NOW}),
    (3, 3, '[[1, 1, 1000], [4, 1, 5000]]', 6000, 0, {NOW});
INSERT INTO orders (customer_id, key, total_minor, created_at) VALUES (2, 'offer:1', 7300, 5);
INSERT INTO order_line (order_id, product_id, product_name, unit_price_minor, quantity, deliverable) VALUES
    (1, 1, 'Key', 1000, 2, 'unique_text'), (1, 3, 'Guide', 300, 1, 'shared_text'),
    (1, 4, 'Logo', 5000, 1, 'made_to_order');
UPDATE stock_item SET order_line_id = 1 WHERE id IN (1, 2);
UPDATE order_line SET shared_item_id = 1 WHERE id = 2;
INSERT INTO ledger_entry (customer_id, kind, amount_minor, balance_minor, key, created_at)
VALUES (2, 'purchase', -7300, 3200, 'order:1', 5);
INSERT INTO waiting_offer (customer_id, offer_id, created_at, expires_at) VALUES (3, 3, {NOW}, {NOW + 86_400});
INSERT INTO cart_item VALUES (2, 1, 1);
INSERT INTO review (order_line_id, product_id, customer_id, stars, text, created_at, changed_at)
VALUES (1, 1, 2, 5, 'good', 6, 6);
INSERT INTO ticket (customer_id, order_line_id, state, created_at, updated_at) VALUES (2, 1, 'open', 6, 6);
INSERT INTO ticket_message (ticket_id, author_id, from_shop, text, created_at) VALUES (1, 2, 0, 'hello', 6);
INSERT INTO restock_wish (product_id, customer_id, created_at) VALUES (2, 3, 6);
INSERT INTO outbox (key, telegram_id, bot_id, kind, payload, due_at, created_at)
VALUES ('goods:1', {BUYER}, {BOT_ID}, 'goods', '{{"order_id": 1}}', 5, 5);
"""
"""Everything such a shop could have, with two customers who held the same username one after the other."""


@pytest.fixture
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: DatabaseKey) -> Iterator[Database]:
    """The upgraded database of such a shop."""
    database = older_file(tmp_path, monkeypatch, key, before="0007", rows=BEFORE)
    database.open()
    yield database
    database.close()


@pytest.fixture
def stand(old: Database, clock: StandingClock) -> Stand:
    return open_shop(old, clock)


def found() -> dict[str, int]:
    return {kind: count for kind in CHECKS if (count := differences(kind, most=1)[1])}


def test_the_books_add_up_and_nothing_is_lost(old: Database) -> None:
    check_books()
    assert found() == {}
    assert [row.balance_minor for row in Customer.select().order_by(Customer.id)] == [300, 3200, 2000]
    assert [(row.price_minor, row.stock_count, row.reserved_count) for row in Product.select()] == [
        *((1000, 3, 0), (1200, 0, 0), (300, 0, 0), (5000, 0, 0))
    ]
    assert engine_of(old).execute_sql("PRAGMA foreign_key_check").fetchall() == []
    assert engine_of(old).execute_sql("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert old.path.with_name(f"{old.path.name}.before-{RELEASED + 1:04}").exists()


def test_a_username_that_two_people_had_is_nobodys_until_one_is_seen_with_it(stand: Stand) -> None:
    desk, owner = stand.shop.support_search, stand.visitor(ADMIN, first_name="Olga", username="boss")
    assert [each.customer_id for each in desk.find(owner, "@boss").customers] == [1]
    assert desk.find(owner, "@ada").count == 0
    stand.shop.customers.welcome(Sender(OTHER, BOT_ID, "Eve", "ADA"))
    assert [each.customer_id for each in desk.find(owner, "@ada").customers] == [3]


def test_earlier_purchases_can_be_refunded_and_replaced(stand: Stand) -> None:
    owner, buyer = stand.visitor(ADMIN, first_name="Olga", username="boss"), stand.visitor(BUYER)
    stand.shop.replacements.replace(owner, 1)
    assert StockItem.of_line(1) == ["KEY-2", "KEY-3"]
    assert stand.shop.refunds.refund_order(owner, 1).amount == stand.usd("73.00")
    assert stand.balance(buyer) == 3200 + 7300
    check_books()
    assert found() == {}


def test_an_earlier_offer_can_be_confirmed_and_a_waiting_one_is_placed(stand: Stand) -> None:
    buyer, waiting = stand.visitor(BUYER), stand.visitor(OTHER, first_name="Eve")
    stand.shop.checkout.place(buyer, 2)
    stand.grant(waiting, "40.00")
    stand.shop.waiting.settle()
    assert WaitingOffer.select().count() == 0
    assert [(row.customer_id, row.total_minor) for row in Order.select().order_by(Order.id)] == [
        *((2, 7300), (2, 1000), (3, 6000))
    ]
    check_books()
    assert set(found()) <= {"deposit_entry"}, "the grant of this test is of no deposit"
    assert LedgerEntry.select().where(LedgerEntry.kind == "purchase").count() == 3
    assert Offer.select().count() == 3


def test_an_earlier_import_adds_nothing_again_although_its_product_was_moved(stand: Stand) -> None:
    owner = stand.visitor(ADMIN, first_name="Olga", username="boss")
    stand.shop.editor.move(owner, Target(True, 1), 1)
    stand.stock("KEY-1", "KEY-5", "KEY-6", price="10.00")
    keys = Product.select().where(Product.name == "Key")
    assert [(row.price_minor, row.stock_count) for row in keys] == [(1000, 3 + 1), (1200, 0)]
