"""A copy takes a database's place whole, beside nothing that could spoil it, and never repeats customer numbers."""

import shutil
import stat
from pathlib import Path

import pytest

from storage.database import Database
from storage.errors import DatabaseLocked, DatabaseThere, DatabaseUnreadable, DatabaseUnwritable
from storage.inspection import inspect
from storage.keys import DatabaseKey
from storage.models import Customer, Secret
from storage.numbers import SKIPPED_OF_SHOWN
from storage.restoring import place_aside, restored
from tests.conftest import NOW

DAY_S = 86_400
LOG_HEADER, FRAME_HEADER = 32, 24
"""Bytes (SQLite's file format, section 4.1). The header names the size of pages, a frame its page."""


@pytest.fixture
def copy(database: Database, tmp_path: Path) -> Path:
    """A backup of a shop with three customers."""
    for number in range(3):
        newcomer(database, number)
    database.backup(tmp_path / "copy.db")
    database.close()
    return tmp_path / "copy.db"


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "new" / "souk.db"


def newcomer(database: Database, number: int) -> int:
    with database.transaction():
        row = Customer.create(telegram_id=number + 1, bot_id=1, first_name="Ada", language="en", created_at=NOW)
    return int(row.id)


def restore(copy: Path, key: DatabaseKey, target: Path, *, now: int = NOW, aside: bool = False) -> None:
    with restored(copy, key, target, now=now, aside=aside):
        pass


def killed(copy: Path, key: DatabaseKey, target: Path) -> None:
    """Leave a database as a kill does: its newest row is only in the log."""
    restore(copy, key, target)
    database = Database(target, key)
    database.open()
    with database.transaction():
        Secret.make("of the older one", "x")
    files = {name: target.with_name(name).read_bytes() for name in ("souk.db", "souk.db-wal", "souk.db-shm")}
    database.close()
    for name, content in files.items():
        target.with_name(name).write_bytes(content)


def newest_row(source: Path, key: DatabaseKey) -> str | None:
    """Restore what `killed` left to another place, and read the row that was only in its log."""
    again = source.parent / "again" / "souk.db"
    restore(source, key, again)
    with inspect(again, key) as found:
        return found.secret("of the older one")


def numbers_after(target: Path, key: DatabaseKey, *, first: int = 10) -> list[int]:
    database = Database(target, key)
    database.open()
    found = [newcomer(database, number) for number in range(first, first + 30)]
    database.close()
    return found


@pytest.mark.parametrize("later_s", [60, 3600, DAY_S, 30 * DAY_S])
def test_two_restores_of_one_copy_give_out_different_customer_numbers(
    copy: Path, key: DatabaseKey, tmp_path: Path, later_s: int
) -> None:
    """Addresses are derived from these numbers: the second shop must not give out one of the first."""
    found = []
    for name, at in (("first", NOW), ("second", NOW + 30 * later_s)):
        restore(copy, key, tmp_path / name / "souk.db", now=at)
        found += numbers_after(tmp_path / name / "souk.db", key)
    assert len(set(found)) == len(found) == 60
    assert min(found) > 10_000
    assert max(found) < 80_000, "a wallet with the words still finds them"


def test_two_copies_restored_one_after_the_other_give_out_different_customer_numbers(
    copy: Path, key: DatabaseKey, tmp_path: Path
) -> None:
    """The older one is restored 25 minutes later: it had 25 customers fewer."""
    shop = Database(tmp_path / "souk.db", key)
    shop.open()
    for number in range(100, 125):
        newcomer(shop, number)
    shop.backup(tmp_path / "newer.db")
    shop.close()
    target = tmp_path / "restored" / "souk.db"
    restore(tmp_path / "newer.db", key, target)
    found = numbers_after(target, key)
    restore(copy, key, target, now=NOW + 25 * 60, aside=True)
    found += numbers_after(target, key)
    restore(tmp_path / "newer.db", key, target, now=NOW + 50_000 * 60, aside=True)
    found += numbers_after(target, key, first=200)
    assert len(set(found)) == len(found) == 90


def test_numbers_under_another_key_are_passed_if_that_key_is_at_hand(
    copy: Path, key: DatabaseKey, target: Path
) -> None:
    newer = DatabaseKey(b"n" * 32)
    restore(copy, key, target)
    found = numbers_after(target, key)
    database = Database(target, key)
    database.open()
    database.rekey(newer)
    database.close()
    with restored(copy, key, target, now=NOW + 50_000 * 60, aside=True, others=(newer,)):
        pass
    found += numbers_after(target, key)
    assert len(set(found)) == len(found) == 60


def test_a_page_that_a_power_cut_tore_is_taken_from_the_log(copy: Path, key: DatabaseKey, target: Path) -> None:
    killed(copy, key, target)
    log = target.with_name("souk.db-wal").read_bytes()
    size = int.from_bytes(log[8:12])
    frames = range(LOG_HEADER, len(log), FRAME_HEADER + size)
    logged = {int.from_bytes(log[frame : frame + 4]) for frame in frames}
    torn = bytearray(target.read_bytes())
    page = max(number for number in logged if number * size <= len(torn))
    torn[page * size - size // 2 : page * size] = bytes(size // 2)
    target.write_bytes(torn)
    assert newest_row(target, key) == "x"


def test_a_copy_behind_a_link_brings_its_log(copy: Path, key: DatabaseKey, target: Path) -> None:
    killed(copy, key, target)
    link = target.parent / "link.db"
    link.symlink_to(target)
    assert newest_row(link, key) == "x"


def test_a_database_has_one_lock_whatever_links_lead_to_it(copy: Path, key: DatabaseKey, target: Path) -> None:
    restore(copy, key, target)
    link = target.parent / "elsewhere" / "linked.db"
    link.parent.mkdir()
    link.symlink_to(target)
    shop = Database(link, key)
    shop.open()
    with pytest.raises(DatabaseLocked):
        restore(copy, key, target, aside=True)
    shop.close()


def test_a_name_with_brackets_is_a_name(copy: Path, key: DatabaseKey, tmp_path: Path) -> None:
    target = tmp_path / "odd" / "shop[1].db"
    for later in (0, 60):
        restore(copy, key, target, now=NOW + later, aside=True)
    assert not list(target.parent.glob("*restoring*"))


def test_numbers_that_are_only_in_the_log_or_in_an_earlier_database_are_passed_too(
    copy: Path, key: DatabaseKey, target: Path
) -> None:
    restore(copy, key, target)
    database = Database(target, key)
    database.open()
    with database.transaction():
        Customer.insert(
            {"id": 500_000, "telegram_id": 9, "bot_id": 1, "first_name": "A", "language": "en", "created_at": NOW}
        ).execute()
    files = {name: target.with_name(name).read_bytes() for name in ("souk.db", "souk.db-wal")}
    database.close()
    for name, content in files.items():
        target.with_name(name).write_bytes(content)
    for later in (60, 120):
        restore(copy, key, target, now=NOW + later, aside=True)
        assert min(numbers_after(target, key)) > 500_000 + SKIPPED_OF_SHOWN
    kept = place_aside(target, NOW + 60)
    assert {name: (kept / name).read_bytes() for name in files} == files, "it is only read"


def test_a_database_that_this_key_does_not_open_is_set_aside_nevertheless(
    copy: Path, key: DatabaseKey, target: Path
) -> None:
    target.parent.mkdir()
    target.write_bytes(b"x" * 8192)
    for later in (0, 60):
        restore(copy, key, target, now=NOW + later, aside=True)
    assert (place_aside(target, NOW) / "souk.db").read_bytes() == b"x" * 8192


def test_a_database_that_was_set_aside_skips_as_many_customers_as_a_backup(
    copy: Path, key: DatabaseKey, target: Path, tmp_path: Path
) -> None:
    """It has given out numbers of its own: no skip was put into it, as one is into a backup."""
    restore(copy, key, target)
    last = numbers_after(target, key)[-1]
    shutil.copy(target, tmp_path / "as it was.db")
    restore(tmp_path / "as it was.db", key, tmp_path / "again" / "souk.db", now=50_000 * 60 * 600)
    assert min(numbers_after(tmp_path / "again" / "souk.db", key, first=100)) > last + SKIPPED_OF_SHOWN


@pytest.mark.parametrize("end", ["-wal", "-shm", "-journal"])
def test_a_log_that_was_left_behind_is_not_replayed_into_the_restored_database(
    copy: Path, key: DatabaseKey, target: Path, end: str
) -> None:
    target.parent.mkdir()
    stray = target.with_name(target.name + end)
    stray.write_bytes(b"of another database")
    with pytest.raises(DatabaseThere, match="--set-aside"):
        restore(copy, key, target)
    assert sorted(path.name for path in target.parent.iterdir()) == [stray.name, "souk.db.lock"]
    restore(copy, key, target, aside=True)
    assert not stray.exists()
    assert (place_aside(target, NOW) / stray.name).read_bytes() == b"of another database"
    with inspect(target, key) as found:
        assert found.damage() == []


def test_the_database_that_is_there_is_set_aside_with_its_log(copy: Path, key: DatabaseKey, target: Path) -> None:
    killed(copy, key, target)
    log = target.with_name("souk.db-wal").read_bytes()
    beside = target.with_name("souk.db.deletions")
    beside.write_text("kept\n")
    restore(copy, key, target, now=NOW + 60, aside=True)
    aside = place_aside(target, NOW + 60)
    assert stat.S_IMODE(aside.stat().st_mode) == 0o700
    assert (aside / "souk.db-wal").read_bytes() == log
    assert not target.with_name("souk.db-wal").exists()
    assert beside.read_text() == "kept\n", "people who were deleted stay deleted"
    with inspect(aside / "souk.db", key) as found:
        assert found.secret("of the older one") == "x"
    with inspect(target, key) as found:
        assert found.secret("of the older one") is None
        assert found.damage() == []


def test_a_database_in_use_is_not_set_aside(copy: Path, key: DatabaseKey, target: Path) -> None:
    restore(copy, key, target)
    running = Database(target, key)
    running.open()
    before = target.read_bytes()
    with pytest.raises(DatabaseLocked):
        restore(copy, key, target, aside=True)
    assert target.read_bytes() == before
    assert not place_aside(target, NOW).exists()
    running.close()


def test_after_a_failure_the_database_is_where_it_was(copy: Path, key: DatabaseKey, target: Path) -> None:
    restore(copy, key, target)
    before = target.read_bytes()
    with pytest.raises(RuntimeError), restored(copy, key, target, now=NOW, aside=True):
        raise RuntimeError
    assert target.read_bytes() == before
    assert not place_aside(target, NOW).exists()


def test_a_second_restore_is_refused_and_takes_nothing_from_the_first(
    copy: Path, key: DatabaseKey, target: Path
) -> None:
    killed(copy, key, target)
    with restored(copy, key, target, now=NOW + 60, aside=True) as first:
        with pytest.raises(DatabaseLocked):
            restore(copy, key, target, now=NOW + 120, aside=True)
        assert first.database.path.exists()
    with inspect(place_aside(target, NOW + 60) / "souk.db", key) as found:
        assert found.secret("of the older one") == "x"
    with inspect(target, key) as found:
        assert found.damage() == []


def test_no_shop_makes_a_database_where_one_is_being_restored(copy: Path, key: DatabaseKey, target: Path) -> None:
    with restored(copy, key, target, now=NOW):
        with pytest.raises(DatabaseLocked):
            Database(target, key).open()
        assert not target.exists()
    with inspect(target, key) as found:
        assert found.damage() == []


def test_if_the_copy_cannot_take_its_place_the_database_is_there_with_its_log(
    copy: Path, key: DatabaseKey, target: Path
) -> None:
    killed(copy, key, target)
    with pytest.raises(DatabaseUnwritable), restored(copy, key, target, now=NOW + 60, aside=True) as found:
        found.database.path.unlink()
    assert not place_aside(target, NOW + 60).exists()
    with inspect(target, key) as whole:
        assert whole.secret("of the older one") == "x"


def test_the_draft_of_a_restore_that_was_killed_is_left_out(copy: Path, key: DatabaseKey, target: Path) -> None:
    killed(copy, key, target)
    target.with_name("souk.db-wal").rename(target.with_name("souk.db.restoring-wal"))
    target.unlink()
    restore(copy, key, target, aside=True)
    with inspect(target, key) as found:
        assert (found.secret("of the older one"), found.damage()) == (None, [])


def test_a_database_that_was_set_aside_comes_back_with_its_log(
    copy: Path, key: DatabaseKey, target: Path, tmp_path: Path
) -> None:
    killed(copy, key, target)
    restore(copy, key, target, now=NOW + 60, aside=True)
    aside = place_aside(target, NOW + 60) / "souk.db"
    restore(aside, key, target, now=NOW + 120, aside=True)
    restore(aside, key, tmp_path / "elsewhere" / "souk.db")
    for path in (target, tmp_path / "elsewhere" / "souk.db"):
        with inspect(path, key) as found:
            assert (found.secret("of the older one"), found.damage()) == ("x", [])


def test_an_empty_file_is_no_copy(key: DatabaseKey, target: Path, tmp_path: Path) -> None:
    (tmp_path / "copy.db").touch()
    with pytest.raises(DatabaseUnreadable):
        restore(tmp_path / "copy.db", key, target)
