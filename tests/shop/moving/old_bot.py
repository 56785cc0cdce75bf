"""Databases of AiogramShopBot, made from the documented schemas of three of its versions, with invented rows.

The tables and columns are those of 3.2.10 (SQLite; a mnemonic for each user), 3.3.3 (SQLite; KryptoExpress) and 4.2
(PostgreSQL; languages, bans, referrals, coupons, reviews, physical goods). Floats are stored as floats, and times as
SQLAlchemy writes them, because the old bot's files hold them that way.
"""

import csv
import json
import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import sqlcipher3

from wallet import bip39
from wallet.accounts import Accounts
from wallet.chains import Chain

ITEMS = """CREATE TABLE items (id INTEGER NOT NULL PRIMARY KEY, category_id INTEGER NOT NULL,
    subcategory_id INTEGER NOT NULL, private_data VARCHAR NOT NULL, price FLOAT NOT NULL, is_sold BOOLEAN NOT NULL,
    is_new BOOLEAN NOT NULL, description VARCHAR NOT NULL)"""
SHARED = f"""
CREATE TABLE categories (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR NOT NULL UNIQUE);
CREATE TABLE subcategories (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR NOT NULL);
{ITEMS};
CREATE TABLE buys (id INTEGER NOT NULL PRIMARY KEY, buyer_id INTEGER, quantity INTEGER NOT NULL,
    total_price FLOAT NOT NULL, buy_datetime DATETIME, is_refunded BOOLEAN);
CREATE TABLE "buyItem" (id INTEGER NOT NULL PRIMARY KEY, buy_id INTEGER NOT NULL, item_id INTEGER NOT NULL);
CREATE TABLE carts (id INTEGER NOT NULL PRIMARY KEY, user_id INTEGER NOT NULL);
CREATE TABLE cart_items (id INTEGER NOT NULL PRIMARY KEY, cart_id INTEGER NOT NULL, category_id INTEGER NOT NULL,
    subcategory_id INTEGER NOT NULL, quantity INTEGER NOT NULL);
"""
SCHEMA_3_2_10 = f"""{SHARED}
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, telegram_username VARCHAR, telegram_id INTEGER NOT NULL,
    btc_address VARCHAR NOT NULL, ltc_address VARCHAR NOT NULL, trx_address VARCHAR NOT NULL,
    eth_address VARCHAR NOT NULL, sol_address VARCHAR NOT NULL, last_balance_refresh DATETIME, top_up_amount FLOAT,
    consume_records FLOAT, btc_balance FLOAT NOT NULL, ltc_balance FLOAT NOT NULL, sol_balance FLOAT NOT NULL,
    usdt_trc20_balance FLOAT NOT NULL, usdt_erc20_balance FLOAT NOT NULL, usdc_erc20_balance FLOAT NOT NULL,
    registered_at DATETIME, seed VARCHAR NOT NULL, can_receive_messages BOOLEAN);
CREATE TABLE deposits (id INTEGER NOT NULL PRIMARY KEY, tx_id VARCHAR NOT NULL, user_id INTEGER NOT NULL,
    network VARCHAR NOT NULL, token_name VARCHAR, amount BIGINT NOT NULL, is_withdrawn BOOLEAN, vout INTEGER,
    deposit_datetime DATETIME);
"""
SCHEMA_3_3_3 = f"""{SHARED}
CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, telegram_username VARCHAR, telegram_id INTEGER NOT NULL,
    top_up_amount FLOAT, consume_records FLOAT, registered_at DATETIME, can_receive_messages BOOLEAN);
CREATE TABLE deposits (id INTEGER NOT NULL PRIMARY KEY, user_id INTEGER NOT NULL, network VARCHAR(3) NOT NULL,
    amount BIGINT NOT NULL, deposit_datetime DATETIME);
CREATE TABLE payments (id INTEGER NOT NULL PRIMARY KEY, user_id INTEGER, processing_payment_id INTEGER NOT NULL,
    message_id INTEGER NOT NULL, is_paid BOOLEAN NOT NULL, expire_datetime DATETIME);
"""
COLUMNS_4_2 = {
    "users": "id telegram_username telegram_id top_up_amount consume_records registered_at can_receive_messages"
    " language is_banned referral_code referred_by_user_id referred_at",
    "categories": "id name media_id",
    "subcategories": "id name media_id",
    "items": "id item_type category_id subcategory_id private_data price is_sold is_new description",
    "buys": "id buyer_id total_price buy_datetime status coupon_id discount shipping_address track_number"
    " shipping_option_id",
    "buyItem": "id buy_id item_ids",
    "carts": "id user_id",
    "cart_items": "id cart_id item_type category_id subcategory_id quantity",
    "coupons": "id name code type value create_datetime expire_datetime is_active usage_limit usage_count",
    "deposits": "id user_id network amount deposit_datetime fiat_amount",
    "payments": "id user_id processing_payment_id message_id is_paid expire_datetime",
    "reviews": 'id "buyItem_id" text image_id rating create_datetime',
    "referral_bonus": "id referral_user_id referrer_user_id payment_amount applied_referral_bonus"
    " applied_referrer_bonus",
    "shipping_options": "id name price is_disabled",
    "buttons_media": "id media_id button",
}

Tables = dict[str, list[dict[str, Any]]]
DAY = "2025-03-04 05:06:07.000089"


def wallet(number: int) -> dict[str, str]:
    """Create a mnemonic of an invented user, with the addresses that the old bot derives from it."""
    mnemonic = bip39.from_entropy(number.to_bytes(16))
    accounts = Accounts(bip39.seed(mnemonic))
    columns = {"btc": Chain.BTC, "ltc": Chain.LTC, "trx": Chain.TRX, "eth": Chain.ETH, "sol": Chain.SOL}
    found = {f"{name}_address": accounts.address(chain, 0).address for name, chain in columns.items()}
    return {"seed": mnemonic.reveal(), **found}


def user(number: int, top_up: Any = 0.0, consumed: Any = 0.0, **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "telegram_username": f"user{number}",
        "telegram_id": 7_000_000_000 + number,
        "top_up_amount": top_up,
        "consume_records": consumed,
        "registered_at": DAY,
        "can_receive_messages": 1,
    } | more


def user_3_2(number: int, top_up: Any = 0.0, consumed: Any = 0.0, **more: Any) -> dict[str, Any]:
    """Create a user of 3.2.10, with a mnemonic and a balance of each coin (which nobody reads)."""
    coins = ("btc", "ltc", "sol", "usdt_trc20", "usdt_erc20", "usdc_erc20")
    zeros = {f"{coin}_balance": 0.0 for coin in coins}
    return user(number, top_up, consumed, last_balance_refresh=None, **zeros, **wallet(number)) | more


def item(number: int, price: Any = 5.0, *, sold: bool = False, place: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "category_id": place,
        "subcategory_id": place,
        "private_data": f"code-{number}",
        "price": price,
        "is_sold": int(sold),
        "is_new": 1,
        "description": f"A code for place {place}",
    } | more


def places(count: int = 2) -> Tables:
    numbers = range(1, count + 1)
    return {
        "categories": [{"id": each, "name": f"Category {each}"} for each in numbers],
        "subcategories": [{"id": each, "name": f"Sub {each}"} for each in numbers],
    }


def buy(number: int, user_id: int, total: Any, items: Iterable[int], **more: Any) -> tuple[dict[str, Any], list[Any]]:
    """Add a purchase of 3.x with its rows of `buyItem`."""
    bought = list(items)
    row = {"id": number, "buyer_id": user_id, "quantity": max(1, len(bought)), "total_price": total}
    parts = [{"id": number * 1000 + at, "buy_id": number, "item_id": each} for at, each in enumerate(bought)]
    return row | {"buy_datetime": DAY, "is_refunded": 0} | more, parts


def tables_3_2_10() -> Tables:
    """A small shop: three customers, one purchase, one refund, deposits (one withdrawn), and a cart."""
    bought, parts = buy(1, 1, 10.0, [1, 2])
    refunded, more_parts = buy(2, 2, 5.0, [3], is_refunded=1)
    one, two = user_3_2(1, 112.34567, 10.0), user_3_2(2, 66.73 + 0.00000000001, 0.0)
    return places() | {
        "users": [one, two, user_3_2(3, 0.1 + 0.2, 0.3, telegram_username=None, can_receive_messages=0)],
        "items": [
            item(1, sold=True),
            item(2, sold=True),
            item(3, sold=True),
            item(4),
            item(5),
            item(6, 7.5, place=2),
        ],
        "buys": [bought, refunded],
        "buyItem": parts + more_parts,
        "carts": [{"id": each, "user_id": each} for each in (1, 2, 3)],
        "cart_items": [{"id": 1, "cart_id": 3, "category_id": 2, "subcategory_id": 2, "quantity": 1}],
        "deposits": [
            _deposit(1, 1, "BTC", 200_000, "aa" * 32, vout=1),
            _deposit(2, 2, "TRX", 66_730_000, "bb" * 32, token_name="USDT_TRC20"),
            _deposit(3, 1, "LTC", 900_000, "cc" * 32, vout=0, is_withdrawn=1),
        ],
    }


def _deposit(number: int, user_id: int, network: str, amount: int, txid: str, **more: Any) -> dict[str, Any]:
    row = {"id": number, "tx_id": txid, "user_id": user_id, "network": network, "amount": amount}
    return row | {"token_name": None, "is_withdrawn": 0, "vout": None, "deposit_datetime": DAY} | more


def tables_3_3_3() -> Tables:
    """The same shop one version later: no mnemonics, deposits without transactions, and an open payment."""
    old = tables_3_2_10()
    keep = ("id", "telegram_username", "telegram_id", "top_up_amount", "consume_records", "registered_at")
    users = [{name: row[name] for name in (*keep, "can_receive_messages")} for row in old["users"]]
    deposit = {"id": 1, "user_id": 1, "network": "BNB", "amount": 3 * 10**17, "deposit_datetime": DAY}
    payment = {"id": 9, "user_id": 1, "processing_payment_id": 77, "message_id": 5, "is_paid": 0}
    return old | {
        "users": users,
        "deposits": [deposit],
        "payments": [payment | {"expire_datetime": "2099-01-01 00:00:00.000000"}],
    }


def tables_4_2() -> Tables:
    """A shop of 4.2: a banned customer, a referral, a coupon, a review, physical goods, a mixed purchase."""
    zone = "2025-03-04 05:06:07.00009+00"
    digital = {"item_type": "DIGITAL", "is_new": True}
    items = [item(each, 10.0, sold=each <= 4) | digital for each in range(1, 7)]
    items += [item(7, 20.0, sold=True) | {"item_type": "PHYSICAL", "private_data": None, "is_new": False}]
    items += [item(8, 20.0) | {"item_type": "PHYSICAL", "private_data": None, "is_new": True}]
    more = {"language": "DE", "is_banned": False, "referral_code": None, "referred_by_user_id": None}
    some = {"referred_at": None, "registered_at": zone, "can_receive_messages": True}
    users = [
        user(1, 120.5, 18.0, **more | some | {"referral_code": "U_ABC123"}),
        user(2, 30.0, 30.0, **more | some | {"language": "ZH", "referred_by_user_id": 1, "referred_at": zone}),
        user(3, 5.0, 0.0, **more | some | {"language": "FR", "is_banned": True}),
    ]
    for row in (*items, *users):
        row.update({name: bool(row[name]) for name in ("is_sold",) if name in row})
    plain = {"coupon_id": None, "discount": 0.0, "shipping_address": None, "track_number": None}
    plain |= {"shipping_option_id": None, "buy_datetime": zone, "status": "COMPLETED"}
    mixed = {"shipping_address": "1 Invented Street", "shipping_option_id": 1, "status": "PAID"}
    return {
        "users": users,
        "categories": [
            {"id": 1, "name": "Category 1", "media_id": "0AgAC"},
            {"id": 2, "name": "Empty", "media_id": "0"},
        ],
        "subcategories": [{"id": 1, "name": "Sub 1", "media_id": "0AgAC"}],
        "items": items,
        "buys": [
            {"id": 1, "buyer_id": 1, "total_price": 18.0} | plain | {"coupon_id": 1, "discount": 2.0},
            {"id": 2, "buyer_id": 2, "total_price": 33.5} | plain | mixed,
            {"id": 3, "buyer_id": 2, "total_price": 10.0} | plain | {"status": "REFUNDED"},
        ],
        "buyItem": [
            {"id": 1, "buy_id": 1, "item_ids": [1, 2]},
            {"id": 2, "buy_id": 2, "item_ids": [3]},
            {"id": 3, "buy_id": 2, "item_ids": [7]},
            {"id": 4, "buy_id": 3, "item_ids": [4]},
        ],
        "carts": [{"id": each, "user_id": each} for each in (1, 2, 3)],
        "cart_items": [_wish(1, 1, "DIGITAL", 2), _wish(2, 2, "PHYSICAL", 1)],
        "coupons": [_coupon(1, "SPRING10", "PERCENTAGE", "10.00", limit=0), _coupon(2, "ONCE5", "FIXED", "5.00")],
        "deposits": [
            {
                "id": 1,
                "user_id": 1,
                "network": "BTC",
                "amount": 250_000,
                "deposit_datetime": zone,
                "fiat_amount": 120.5,
            },
            {
                "id": 2,
                "user_id": 2,
                "network": "BNB",
                "amount": 10**17,
                "deposit_datetime": zone,
                "fiat_amount": 30.0,
            },
        ],
        "payments": [],
        "reviews": [
            {
                "id": 1,
                "buyItem_id": 1,
                "text": "Quick;\tand\n“good”",
                "image_id": "AgAC",
                "rating": 5,
                "create_datetime": zone,
            }
        ],
        "referral_bonus": [],
        "shipping_options": [{"id": 1, "name": "Post", "price": 3.5, "is_disabled": False}],
        "buttons_media": [],
    }


def _wish(number: int, cart_id: int, kind: str, quantity: int) -> dict[str, Any]:
    place = {"category_id": 1, "subcategory_id": 1, "quantity": quantity}
    return {"id": number, "cart_id": cart_id, "item_type": kind} | place


def _coupon(number: int, code: str, kind: str, value: str, *, limit: int = 1) -> dict[str, Any]:
    moments = {"create_datetime": "2025-01-01 00:00:00+00", "expire_datetime": "2099-01-01 00:00:00+00"}
    terms = {"code": code, "type": kind, "value": value, "usage_limit": limit, "usage_count": 0, "is_active": True}
    return {"id": number, "name": None} | terms | moments


def write_sqlite(path: Path, schema: str, tables: Tables, *, passphrase: str = "") -> Path:
    """Write a file as the old bot's SQLAlchemy does; with a passphrase, as SQLCipher does."""
    connection: Any = sqlcipher3.connect(path) if passphrase else sqlite3.connect(path)
    if passphrase:
        connection.execute(f'PRAGMA key = "{passphrase}"')
        connection.execute("PRAGMA journal_mode = wal")
    connection.executescript(schema)
    for name, rows in tables.items():
        for row in rows:
            columns = ", ".join(f'"{column}"' for column in row)
            marks = ", ".join("?" * len(row))
            connection.execute(f'INSERT INTO "{name}" ({columns}) VALUES ({marks})', tuple(row.values()))
    connection.commit()
    connection.close()
    return path


def write_dump(path: Path, tables: Tables, *, inserts: bool = False) -> Path:
    """Write a plain dump as pg_dump does: COPY, or with --inserts."""
    blocks = ["--\n-- PostgreSQL database dump\n--\n\nSET standard_conforming_strings = on;\n"]
    for name, columns in COLUMNS_4_2.items():
        listed = ",\n".join(f"    {each} text" for each in columns.split())
        check = ",\n    CONSTRAINT check_some CHECK ((id > 0))"
        blocks.append(f"CREATE TABLE public.{_quoted(name)} (\n{listed}{check}\n);\n\n")
    for name, columns in COLUMNS_4_2.items():
        rows = [[row.get(each.strip('"')) for each in columns.split()] for row in tables.get(name, [])]
        if inserts:
            blocks += [
                f"INSERT INTO public.{_quoted(name)} VALUES ({', '.join(map(_literal, row))});\n" for row in rows
            ]
            continue
        blocks.append(f"COPY public.{_quoted(name)} ({', '.join(columns.split())}) FROM stdin;\n")
        blocks += ["\t".join(map(_copied, row)) + "\n" for row in rows]
        blocks.append("\\.\n\n\n")
    path.write_text("".join(blocks), "utf-8")
    return path


def write_csv(folder: Path, tables: Tables) -> Path:
    """Write a folder of CSV files as `\\copy TABLE TO 'TABLE.csv' CSV HEADER` does."""
    folder.mkdir()
    for name, columns in COLUMNS_4_2.items():
        names = [each.strip('"') for each in columns.split()]
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(names)
            writer.writerows([_text(row.get(each)) for each in names] for row in tables.get(name, []))
    return folder


def _quoted(name: str) -> str:
    return name if name.islower() else f'"{name}"'


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, list):
        return "{" + ",".join(map(str, value)) + "}"
    return "" if value is None else str(value)


def _copied(value: Any) -> str:
    if value is None:
        return "\\N"
    escapes: dict[str, str] = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
    return "".join(escapes.get(letter, letter) for letter in _text(value))


def _literal(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else "'" + _text(value).replace("'", "''") + "'"


Writer = Callable[[Path], Path]
VERSIONS: dict[str, Writer] = {
    "3.2.10": lambda folder: write_sqlite(folder / "old.db", SCHEMA_3_2_10, tables_3_2_10()),
    "3.2.10 encrypted": lambda folder: write_sqlite(
        folder / "old.db", SCHEMA_3_2_10, tables_3_2_10(), passphrase="p@ss"
    ),
    "3.3.3": lambda folder: write_sqlite(folder / "old.db", SCHEMA_3_3_3, tables_3_3_3()),
    "4.2 dump": lambda folder: write_dump(folder / "old.sql", tables_4_2()),
    "4.2 inserts": lambda folder: write_dump(folder / "old.sql", tables_4_2(), inserts=True),
    "4.2 csv": lambda folder: write_csv(folder / "old", tables_4_2()),
}


def as_json(tables: Tables) -> str:
    """Format tables for a test's message."""
    return json.dumps(tables, indent=1)
