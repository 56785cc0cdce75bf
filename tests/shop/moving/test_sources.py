"""The old bot's data in every kind of file, and files that are something else."""

import sqlite3
from pathlib import Path

import pytest

from storage.foreign import source
from storage.foreign.tables import PassphraseNeeded, SourceUnreadable
from tests.shop.moving import old_bot


def test_the_three_forms_of_a_postgresql_database_give_the_same_rows(tmp_path: Path) -> None:
    tables = old_bot.tables_4_2()
    copied = source.read(old_bot.write_dump(tmp_path / "copy.sql", tables))
    inserted = source.read(old_bot.write_dump(tmp_path / "inserts.sql", tables, inserts=True))
    folder = source.read(old_bot.write_csv(tmp_path / "csv", tables))
    for name in ("users", "items", "buys", "buyitem", "coupons", "reviews", "deposits"):
        rows = copied[name]
        assert rows and len(rows) == len(folder[name])
        assert [_plainly(row) for row in inserted[name]] == [_plainly(row) for row in rows]
        assert [_plainly(row) for row in folder[name]] == [_plainly(row) for row in rows]


def _plainly(row: dict[str, str | None]) -> dict[str, str | None]:
    """Return a row with yes and no in one spelling, because each form has its own."""
    return {name: {"true": "t", "false": "f", "": None}.get(value or "", value) for name, value in row.items()}


def test_every_character_of_a_dump_is_read_unchanged(tmp_path: Path) -> None:
    content = "tab\there, line\nbreak, back\\slash, 'quotes', \\N, (1, 2); \r end \\."
    tables = {"items": [old_bot.item(1, 1.0) | {"item_type": "DIGITAL", "private_data": content}]}
    for inserts in (False, True):
        path = old_bot.write_dump(tmp_path / f"{inserts}.sql", tables, inserts=inserts)
        (row,) = source.read(path)["items"]
        assert row["private_data"] == content


def test_escapes_and_casts_in_a_dump_are_read(tmp_path: Path) -> None:
    path = tmp_path / "dump.sql"
    path.write_text(
        "CREATE TABLE public.users (\n    id integer NOT NULL,\n    name character varying\n);\n"
        "INSERT INTO public.users VALUES (1, E'a\\nb\\\\c\\'\\x41'), (2, 'x'::character varying);\n"
        "INSERT INTO users (name, id) VALUES (NULL, -3);\n"
        "COPY public.more (a, b) FROM stdin;\n\\x41\\101\t\\b\\f\\v\n\\.\n",
        "utf-8",
    )
    tables = source.read(path)
    assert [row["id"] for row in tables["users"]] == ["1", "2", "-3"]
    assert tables["more"] == [{"a": "AA", "b": "\b\f\v"}]


def test_numbers_are_read_as_the_file_has_them(tmp_path: Path) -> None:
    path = old_bot.write_sqlite(tmp_path / "old.db", old_bot.SCHEMA_3_3_3, old_bot.tables_3_3_3())
    users = source.read(path)["users"]
    assert users[1]["top_up_amount"] == "66.73000000001001"
    assert users[2]["top_up_amount"] == "0.30000000000000004"


def test_rows_only_in_the_write_ahead_log_are_read(tmp_path: Path) -> None:
    path = old_bot.write_sqlite(tmp_path / "old.db", old_bot.SCHEMA_3_3_3, old_bot.tables_3_3_3())
    open_still = sqlite3.connect(path, isolation_level=None)
    open_still.execute("PRAGMA journal_mode = wal")
    open_still.execute("UPDATE users SET top_up_amount = 77.0 WHERE id = 1")
    log = path.with_name("old.db-wal").read_bytes()
    assert log
    assert source.read(path)["users"][0]["top_up_amount"] == "77.0"
    assert path.with_name("old.db-wal").read_bytes() == log
    open_still.close()


@pytest.mark.parametrize("passphrase", ["", "p@sS"])
def test_an_encrypted_file_needs_its_passphrase(tmp_path: Path, passphrase: str) -> None:
    path = old_bot.VERSIONS["3.2.10 encrypted"](tmp_path)
    assert source.is_encrypted(path)
    with pytest.raises(PassphraseNeeded) as refusal:
        source.read(path, passphrase)
    assert refusal.value.given == bool(passphrase)


def test_a_passphrase_taken_from_a_url_opens_the_file(tmp_path: Path) -> None:
    path = old_bot.write_sqlite(tmp_path / "old.db", old_bot.SCHEMA_3_3_3, old_bot.tables_3_3_3(), passphrase="a/b c")
    assert len(source.read(path, "a%2Fb%20c")["users"]) == 3


def test_no_passphrase_is_needed_for_plain_files(tmp_path: Path) -> None:
    for version in ("3.2.10", "4.2 dump", "4.2 csv"):
        folder = tmp_path / version
        folder.mkdir()
        assert not source.is_encrypted(old_bot.VERSIONS[version](folder))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"PGDMP\x01\x0e\x00", "pg_dump's own format"),
        (b"COPY public.users (id, name) FROM stdin;\n1\tx\n", "ends in the middle"),
        (b"COPY public.users (id, name) FROM stdin;\n1\n\\.\n", "different number of columns"),
        (b"INSERT INTO users (id) VALUES (1, 2);\n", "different number of columns"),
        (b"a text that is no dump\n", "no rows"),
        (b"SQLite format 3\x00" + b"\x00" * 200, "file is"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_the_reason(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "odd"
    path.write_bytes(content)
    with pytest.raises(SourceUnreadable) as refusal:
        source.read(path)
    assert reason in str(refusal.value)


def test_a_folder_without_tables_and_a_truncated_table_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable) as refusal:
        source.read(tmp_path)
    assert "no CSV file" in refusal.value.reason
    (tmp_path / "users.csv").write_text("id,name\n1\n")
    with pytest.raises(SourceUnreadable) as refusal:
        source.read(tmp_path)
    assert "different number of columns" in refusal.value.reason


def test_no_copy_of_the_old_file_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    path = old_bot.VERSIONS["3.2.10 encrypted"](tmp_path)
    source.read(path, "p@ss")
    with pytest.raises(PassphraseNeeded):
        source.read(path, "wrong")
    assert list(temporary.iterdir()) == []
