"""A file of the released schema, with rows in every table, is upgraded: nothing is lost and the books agree."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlcipher3
from peewee import IntegrityError

from storage import migrations
from storage.database import Database
from storage.keys import DatabaseKey
from storage.models import Deposit, DraftPiece, GoodsDraft, Invoice, LedgerEntry
from storage.models import reports as rows
from storage.models.reconciliation import CHECKS, differences
from storage.models.stock import Piece
from storage.text import fold
from tests.raw_sql import engine_of

RELEASED = Path(__file__).with_name("released_0017.sql")
TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
PAID_KEY = "kryptoexpress:" + "cd" * 32


OWNER = "0x9858EfFD232B4033E47d90003D41EC34EcaEda94"
TOKENS = {
    3: ("aa" * 32, f"USDT_ERC20:{OWNER}:1000000:0", "USDT_ERC20", f"USDT_ERC20:{OWNER}"),
    4: ("aa" * 32, f"USDT_ERC20:{OWNER}:1000000:1", "USDT_ERC20", f"USDT_ERC20:{OWNER}:1000000:1"),
    5: ("aa" * 32, f"USDC_ERC20:{OWNER}:5000000:0", "USDC_ERC20", f"USDC_ERC20:{OWNER}"),
    6: ("bb" * 32, f"USDT_ERC20:{OWNER}:7000000:0", "USDT_ERC20", f"USDT_ERC20:{OWNER}"),
    7: ("cc" * 32, "native", "ETH", "native"),
}
"""Deposits from then by id: transaction, key in the ledger, asset, and the key they are found by now."""


def counts(connection: object) -> dict[str, int]:
    names = [name for (name,) in connection.execute(TABLES).fetchall()]
    return {name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in names}


@pytest.fixture
def released(tmp_path: Path, key: DatabaseKey) -> tuple[Path, dict[str, int]]:
    path = tmp_path / "released.db"
    connection = sqlcipher3.connect(str(path), isolation_level=None)
    connection.execute(f"PRAGMA key = \"x'{key.raw.hex()}'\"")
    connection.create_function("casefold", 1, fold, deterministic=True)
    connection.executescript(RELEASED.read_text("utf-8"))
    connection.execute("INSERT INTO deposit_address VALUES (2, 2, 'ETH', ?, 'm', 2, 2)", (OWNER,))
    for number, (txid, name, asset, _) in TOKENS.items():
        connection.execute(
            "INSERT INTO deposit (id, customer_id, address_id, chain, txid, output_index, asset, units, state,"
            " finality, seen_at, updated_at) VALUES (?, 2, 2, 'ETH', ?, ?, ?, '1000000', 'seen', 'safe', 4, 4)",
            (number, txid, name, asset),
        )
    before = counts(connection)
    connection.close()
    return path, before


@pytest.fixture
def upgraded(released: tuple[Path, dict[str, int]], key: DatabaseKey) -> Iterator[Database]:
    database = Database(released[0], key)
    database.open()
    yield database
    database.close()


def test_the_released_file_has_rows_in_every_table(released: tuple[Path, dict[str, int]]) -> None:
    assert len(released[1]) == 57
    assert min(released[1].values()) > 0


def test_no_row_is_lost_and_the_file_is_intact(upgraded: Database, released: tuple[Path, dict[str, int]]) -> None:
    engine = engine_of(upgraded)
    assert engine.pragma("user_version") == len(migrations.steps()) > 17
    assert counts(engine.connection()).items() >= released[1].items()
    assert engine.execute_sql("PRAGMA foreign_key_check").fetchall() == []
    assert engine.execute_sql("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_a_draft_keeps_its_pieces_and_recognises_them(upgraded: Database) -> None:
    draft = GoodsDraft.of(1)
    assert draft is not None
    assert (draft.name, draft.created_at, DraftPiece.first(draft.id, 2)) == ("New", 17, ("KEY-9",))
    with upgraded.transaction():
        assert DraftPiece.add(draft.id, [Piece("key-9", b"new")]) == 0


def test_the_books_agree_and_earlier_keys_are_still_read(upgraded: Database) -> None:
    assert {kind: differences(kind, most=1) for kind in CHECKS if differences(kind, most=1)[1]} == {}
    paid, still_open = Invoice.select().order_by(Invoice.id)
    assert (paid.provider, paid.number, paid.ledger_key) == ("kryptoexpress", "7", PAID_KEY)
    assert LedgerEntry.select().where(LedgerEntry.key == paid.ledger_key).count() == 1
    assert (still_open.state, still_open.number, still_open.next_check_at) == ("open", "8", 29)
    assert rows.coins(0, 2**60) == [("BTC", 2, 12_000)]
    assert list(rows.paid()) == [("kryptoexpress", "BTC", 2000, 40_000)]


def test_a_ledger_entry_with_another_providers_invoice_is_a_difference(upgraded: Database) -> None:
    with upgraded.transaction():
        engine_of(upgraded).execute_sql("DROP TRIGGER invoice_keeps_its_key")
        Invoice.update(provider="other").where(Invoice.id == 1).execute()
    assert [kind for kind in CHECKS if differences(kind, most=1)[1]] == ["invoice", "deposit_entry"]


def test_a_payment_keeps_its_provider_and_may_share_its_reference_with_another_providers(upgraded: Database) -> None:
    with pytest.raises(IntegrityError) as refused, upgraded.transaction():
        Invoice.change(1, provider="other")
    assert "keeps its provider" in str(refused.value)
    same = Invoice.select().where(Invoice.id == 2).dicts().get()
    del same["id"], same["ledger_key"]
    with upgraded.transaction():
        Invoice.insert(same | {"provider": "other"}).execute()
    assert Invoice.find("other", same["reference"]).ledger_key == f"other:{same['reference']}"
    with pytest.raises(IntegrityError) as refused, upgraded.transaction():
        Invoice.insert(same | {"provider": "other"}).execute()
    assert "UNIQUE" in str(refused.value)


def test_token_deposits_are_found_without_their_units_and_keep_their_ledger_keys(upgraded: Database) -> None:
    rows = {row.id: row for row in Deposit.select().where(Deposit.chain == "ETH")}
    assert {number: row.identity for number, row in rows.items()} == {n: each[3] for n, each in TOKENS.items()}
    assert {number: row.key for number, row in rows.items()} == {
        number: f"deposit:ETH:{txid}:{name}" for number, (txid, name, _, _) in TOKENS.items()
    }
    assert [row.id for row in Deposit.parts("ETH", "aa" * 32, f"USDT_ERC20:{OWNER}")] == [3, 4]
    assert [row.id for row in Deposit.parts("ETH", "aa" * 32, f"USDC_ERC20:{OWNER}")] == [5]
    assert [row.id for row in Deposit.parts("ETH", "cc" * 32, f"native:{OWNER}")] == [7]


def test_from_now_on_a_transaction_has_one_deposit_of_a_token_per_address(upgraded: Database) -> None:
    again = Deposit.select().where(Deposit.id == 6).dicts().get()
    again = {name: value for name, value in again.items() if name != "id"} | {"output_index": "another", "units": 9}
    with pytest.raises(IntegrityError) as refused, upgraded.transaction():
        Deposit.insert(again).execute()
    assert "UNIQUE" in str(refused.value)
