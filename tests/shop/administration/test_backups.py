"""Backups: complete, sound, encrypted, on time, and reported."""

import itertools
import shutil
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from shop.administration.backups import KeySource, newest_in
from shop.errors.refusals import BackupFailed, NotAllowed
from shop.errors.sales import InsufficientFunds, OutOfStock
from shop.people import Person, Right
from storage.database import Database
from storage.errors import SnapshotFailed
from storage.keys import DatabaseKey
from storage.models import AuditEntry, Customer, Order, Secret
from storage.numbers import SKIPPED_OF_SHOWN
from tests.conftest import StandingClock
from tests.patience import DEADLINE_S
from tests.stand import ADMIN, Stand, letters, open_shop, readers
from wallet.chains import Chain

DAY_S = 86_400
ROOT = Path(__file__).resolve().parents[3]
WRITE_WITH_LITTLE_ROOM = """
import resource, signal, sys
from pathlib import Path
from storage.database import Database
from storage.errors import SnapshotFailed
from storage.keys import DatabaseKey
database = Database(Path(sys.argv[1]), DatabaseKey(bytes.fromhex(sys.argv[2])))
database.open()
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (64 * 1024, 64 * 1024))
try:
    database.backup(Path(sys.argv[3]))
except SnapshotFailed as failed:
    print(failed)
"""


def names(stand: Stand) -> list[str]:
    return sorted(path.name for path in (stand.database.path.parent / "backups").glob("*"))


def stamp(stand: Stand) -> str:
    return datetime.fromtimestamp(stand.clock(), UTC).strftime("%Y%m%dT%H%M%SZ")


def fill_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: usage._replace(free=1000))


def test_a_backup_taken_in_a_storm_of_purchases_is_restored_and_its_books_add_up(
    stand: Stand, key: DatabaseKey, tmp_path: Path, books_add_up: Callable[[], None], wait_for: Any
) -> None:
    people = [stand.visitor(100 + number) for number in range(4)]
    for person in people:
        stand.grant(person, "100000.00")
    product = stand.stock(*(f"key {number}" for number in range(3000)))
    bought, stop = [0] * len(people), threading.Event()
    broken: list[BaseException] = []

    def storm(place: int, person: Person) -> None:
        for _ in itertools.count():
            if stop.is_set():
                break
            try:
                offer = stand.shop.checkout.offer_product(person, product, 1 + bought[place] % 3)
                stand.shop.checkout.place(person, offer.id)
            except (OutOfStock, InsufficientFunds):
                break
            except BaseException as error:  # noqa: BLE001 - the test judges it
                broken.append(error)
                break
            bought[place] += 1
        stand.database.release_thread()

    threads = [threading.Thread(target=storm, args=each) for each in enumerate(people)]
    for thread in threads:
        thread.start()
    copies = []
    try:
        for number in range(3):
            wait_for(lambda number=number: min(bought) > 3 * number, "everybody bought")
            stand.clock.pass_s(1)
            before = sum(bought)
            copies.append((before, stand.shop.backups.take(stand.visitor(ADMIN)).path))
    finally:
        stop.set()
        for thread in threads:
            thread.join(DEADLINE_S)
    assert broken == []
    stand.database.close()
    for before, copy in copies:
        folder = tmp_path / f"restored-{copy.stem}"
        folder.mkdir()
        restored = Database(Path(shutil.copy(copy, folder / "souk.db")), key)
        restored.open()
        books_add_up()
        assert before <= Order.select().count() <= sum(bought)
        assert Order.select().count() > 0
        restored.close()


def test_a_copy_is_encrypted_and_readable_only_by_the_owner_of_the_file(stand: Stand, owner: Person) -> None:
    snapshot = stand.shop.backups.take(owner)
    assert snapshot.path.name == f"souk-{stamp(stand)}-asked.db"
    assert stat.S_IMODE(snapshot.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(snapshot.path.parent.stat().st_mode) == 0o700
    assert b"SQLite format 3" not in snapshot.path.read_bytes()
    assert (snapshot.key, snapshot.size, snapshot.can_be_sent) == (
        KeySource.KEY_FILE,
        snapshot.path.stat().st_size,
        True,
    )
    assert AuditEntry.page(page=0, size=1)[0].action == "backup.taken"
    assert names(stand) == [snapshot.path.name]


def test_without_the_right_no_backup_is_taken_or_listed(stand: Stand, owner: Person) -> None:
    manager = stand.visitor(77)
    stand.shop.managers.give(owner, 77, Right.MONEY)
    for call in (stand.shop.backups.take, stand.shop.backups.standing):
        with pytest.raises(NotAllowed):
            call(manager)
    assert names(stand) == []
    stand.shop.managers.give(owner, 77, Right.BACKUP)
    assert stand.shop.backups.take(manager).path.exists()


def test_the_schedule_takes_one_a_day_and_the_first_a_day_after_the_first_customer(stand: Stand) -> None:
    run = stand.shop.backups.run
    run()
    stand.clock.pass_s(10 * DAY_S)
    run()
    assert names(stand) == []
    stand.visitor()
    for pause_s, count in ((DAY_S - 1, 0), (1, 1), (0, 1), (DAY_S - 1, 1), (1, 2)):
        stand.clock.pass_s(pause_s)
        run()
        assert len(names(stand)) == count
    assert [(row.telegram_id, row.payload) for row in letters("admin_backup")] == [
        (owner_id, f'{{"file": "{name}"}}') for name in names(stand) for owner_id in (1, 2)
    ]


def test_a_clock_that_was_set_back_delays_no_backup(stand: Stand) -> None:
    stand.visitor()
    stand.clock.pass_s(DAY_S)
    stand.shop.backups.run()
    stand.clock.pass_s(-3 * DAY_S)
    stand.shop.backups.run()
    assert len(names(stand)) == 2


@pytest.mark.parametrize("ahead_s", [3_600, DAY_S, 365 * DAY_S])
def test_a_clock_that_was_ahead_for_one_look_costs_one_old_backup_at_most(stand: Stand, ahead_s: int) -> None:
    backups = stand.shop.backups
    stand.visitor()
    for _ in range(8):
        stand.clock.pass_s(DAY_S)
        backups.run()
    old = names(stand)
    stand.clock.pass_s(DAY_S - 1_800)
    stand.clock.pass_s(ahead_s)
    backups.run()
    stand.clock.pass_s(-ahead_s)
    [wrong] = set(names(stand)) - set(old)
    for _ in range(2):
        stand.clock.pass_s(600)
        backups.run()
    assert names(stand) == [*old[1:], wrong], "none was due yet"
    assert backups.age_s() == DAY_S - 600
    stand.clock.pass_s(600)
    backups.run()
    due = f"souk-{stamp(stand)}.db"
    assert names(stand) == [*old[1:], due], "the wrong one goes first"
    for _ in range(10):
        stand.clock.pass_s(600)
        backups.run()
    assert names(stand) == [*old[1:], due]
    assert backups.age_s() == 6_000


def test_a_backup_dated_in_the_future_is_not_the_newest(stand: Stand, owner: Person) -> None:
    right = stand.shop.backups.take(owner)
    stand.clock.pass_s(DAY_S)
    stand.shop.backups.take(owner)
    stand.clock.pass_s(-DAY_S)
    stand.clock.pass_s(3_600)
    shown = stand.shop.backups.standing(owner)
    assert shown.newest is not None
    assert (shown.newest.path, shown.count) == (right.path, 2)
    assert newest_in(stand.database.path, now=stand.clock()) == right.taken_at


def test_the_configured_number_is_kept_and_manual_backups_push_out_no_scheduled_ones(
    database: Database, clock: StandingClock
) -> None:
    stand = open_shop(database, clock, BACKUP_COPIES="2")
    owner, backups = stand.visitor(ADMIN), stand.shop.backups
    (database.path.parent / "backups").mkdir()
    stranger = database.path.parent / "backups" / "mine.db"
    stranger.write_text("not ours")
    for _ in range(4):
        stand.clock.pass_s(DAY_S)
        backups.run()
    planned = names(stand)
    assert len(planned) == 3
    for _ in range(5):
        stand.clock.pass_s(1)
        backups.take(owner)
    assert [name for name in names(stand) if "asked" not in name] == planned
    assert len(names(stand)) == 5
    assert stranger.read_text() == "not ours"
    assert backups.find(planned[-1]).path.name == planned[-1]
    assert backups.find("../souk.db") is None
    assert backups.find("souk-20200101T000000Z.db") is None


def test_what_only_looks_like_a_backup_is_none_and_stops_no_other(
    database: Database, clock: StandingClock, owner: Person
) -> None:
    stand = open_shop(database, clock, BACKUP_COPIES="1")
    backups, folder = stand.shop.backups, database.path.parent / "backups"
    folder.mkdir()
    for name in ("souk-20260101T000000Z", "souk-20260101T000000Z-asked", "souk-20260102T000000Z"):
        (folder / f"{name}.db").symlink_to("/not mounted/copy.db")
    (folder / "souk-20260103T000000Z.db").mkdir()
    (folder / ".souk-20260101T000000Z.db.new").symlink_to("/not mounted/copy.db")
    assert newest_in(database.path, now=clock()) is None
    assert backups.find("souk-20260101T000000Z.db") is None
    for count in (1, 2):
        clock.pass_s(DAY_S)
        backups.run()
        assert (backups.age_s(), backups.standing(owner).count) == (0, 1), count
    backups.take(owner)
    assert backups.standing(owner).count == 2
    assert len(names(stand)) == 2 + 5, "what is not ours stays"


def test_an_old_backup_that_cannot_be_deleted_keeps_no_other(
    database: Database, clock: StandingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand, unlink = open_shop(database, clock, BACKUP_COPIES="1"), Path.unlink
    stand.visitor()
    clock.pass_s(DAY_S)
    stand.shop.backups.run()
    [immutable] = names(stand)

    def refuse_one(path: Path, missing_ok: bool = False) -> None:
        if path.name == immutable:
            raise PermissionError(1, "Operation not permitted")
        unlink(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", refuse_one)
    for _ in range(2):
        clock.pass_s(DAY_S)
        stand.shop.backups.run()
    assert names(stand) == [immutable, f"souk-{stamp(stand)}.db"]
    assert [row.telegram_id for row in letters("admin_backup")] == [1, 2] * 3


def test_the_owners_are_not_sent_backups_they_do_not_want(database: Database, clock: StandingClock) -> None:
    stand = open_shop(database, clock, BACKUP_TO_OWNERS="false")
    stand.visitor()
    stand.clock.pass_s(DAY_S)
    stand.shop.backups.run()
    assert len(names(stand)) == 1
    assert letters("admin_backup") == []


def test_with_zero_hours_nothing_runs_automatically(database: Database, clock: StandingClock) -> None:
    def running(**settings: str) -> bool:
        return any(each.name == "backups" for each in open_shop(database, clock, **settings).shop.runners)

    assert running()
    assert not running(BACKUP_EVERY_HOURS="0")


@pytest.mark.parametrize(
    ("settings", "source"),
    [({"DB_KEY": "ab" * 32}, KeySource.DB_KEY), ({"DB_PASS": "x"}, KeySource.DB_PASS), ({}, KeySource.KEY_FILE)],
)
def test_a_backup_knows_what_opens_it(
    database: Database, clock: StandingClock, settings: dict[str, str], source: KeySource
) -> None:
    stand = open_shop(database, clock, **settings)
    assert stand.shop.backups.take(stand.visitor(ADMIN)).key is source


def test_without_room_nothing_is_written_and_the_owners_are_told_once_a_day(
    stand: Stand, owner: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill_the_disk(monkeypatch)
    with pytest.raises(BackupFailed) as failed:
        stand.shop.backups.take(owner)
    assert failed.value.reason == "there is not enough room on the disk"
    stand.clock.pass_s(DAY_S)
    for _ in range(3):
        stand.shop.backups.run()
    assert names(stand) == []
    assert readers("admin_backup_failed") == [1, 2]
    assert AuditEntry.select().count() == 0
    monkeypatch.undo()
    stand.shop.backups.run()
    assert len(names(stand)) == 1


def test_a_write_that_fails_halfway_leaves_no_partial_file_and_keeps_the_older_copy(
    database: Database, key: DatabaseKey, tmp_path: Path
) -> None:
    with database.transaction():
        Secret.make("big", "x" * 500_000)
    database.close()
    folder = tmp_path / "copies"
    folder.mkdir()
    (folder / "copy.db").write_text("older")
    arguments = (str(database.path), key.raw.hex(), str(folder / "copy.db"))
    told = subprocess.run(
        [sys.executable, "-c", WRITE_WITH_LITTLE_ROOM, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.count("could not be written as a copy of the database") == 1
    assert [path.name for path in folder.iterdir()] == ["copy.db"]
    assert (folder / "copy.db").read_text() == "older"


def test_a_copy_of_a_damaged_file_is_not_kept(stand: Stand, key: DatabaseKey) -> None:
    with stand.database.transaction():
        for number in range(200):
            Secret.make(f"name {number}", "x" * 4000)
    stand.database.close()
    with stand.database.path.open("r+b") as file:
        file.seek((stand.database.path.stat().st_size // 4096 - 20) * 4096)  # among these rows, at the end
        file.write(b"\0" * 100)
    damaged = Database(stand.database.path, key)
    with pytest.raises(SnapshotFailed) as failed:
        damaged.backup(stand.database.path.parent / "copy.db")
    damaged.release_thread()
    assert failed.value.reason
    assert not list(stand.database.path.parent.glob("*copy.db*"))


def test_a_backup_during_an_open_transaction_does_not_wait_and_contains_none_of_it(
    stand: Stand, owner: Person, key: DatabaseKey, at_once: Any, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.db"
    with stand.database.transaction():
        Customer.change(owner.id, first_name="Changed")
        assert at_once(lambda: stand.database.backup(copy)) == [None]
    stand.database.close()
    restored = Database(copy, key)
    restored.open()
    assert Customer.by_telegram_id(ADMIN).first_name == owner.first_name
    restored.close()


def test_people_can_buy_while_a_large_file_is_copied(stand: Stand, owner: Person, wait_for: Any) -> None:
    with stand.database.transaction():
        for number in range(60):
            Secret.make(f"large {number}", "x" * 500_000)
    person = stand.rich("10000.00", 100)
    product = stand.stock(*(f"key {number}" for number in range(1_000)))
    taken, stop = [0], threading.Event()

    def take() -> None:
        while not stop.is_set():
            stand.shop.backups.take(owner)
            taken[0] += 1
        stand.database.release_thread()

    def bought_within_one_copy() -> bool:
        """Buy, and return whether the same copy was being written before and after."""
        copy, is_written = taken[0], list(folder.glob(".*.new"))
        stand.buy(person, product)
        return bool(is_written) and taken[0] == copy

    folder = stand.database.path.parent / "backups"
    thread = threading.Thread(target=take)
    thread.start()
    try:
        wait_for(bought_within_one_copy, "a purchase while a copy is written")
    finally:
        stop.set()
        thread.join(DEADLINE_S)
    assert not thread.is_alive()


def test_a_restored_shop_gives_nobody_an_address_that_was_given_out_after_the_backup(
    stand: Stand, owner: Person, key: DatabaseKey, tmp_path: Path
) -> None:
    copy = stand.shop.backups.take(owner).path
    lost = [stand.address(stand.visitor(5000 + number), Chain.BTC) for number in range(3)]
    stand.database.close()
    shutil.copy(copy, tmp_path / "restored.db")
    restored = Database(tmp_path / "restored.db", key)
    restored.open()
    try:
        again = open_shop(restored, stand.clock)
        given = [again.address(again.visitor(6000 + number), Chain.BTC) for number in range(3)]
        assert not set(given) & set(lost)
        assert min(Customer.by_telegram_id(6000 + number).id for number in range(3)) > SKIPPED_OF_SHOWN
    finally:
        restored.close()
