"""Losing the machine costs minutes: changes go to a second folder, an upload follows, a restored shop carries on."""

import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from shop.administration.backups import KEY_KEPT, Backups
from shop.administration.restoring import examine, hold_goods
from shop.cpu_affinity import OneCore
from shop.doctor import files
from shop.doctor.findings import Level
from shop.errors.refusals import NotAllowed
from shop.people import Person
from storage.database import Database
from storage.inspection import inspect
from storage.keys import DatabaseKey
from storage.models import DepositAddress, Product, Secret
from storage.numbers import SKIPPED_OF_SHOWN
from storage.off_site import series_of
from storage.restoring import restored
from tests.conftest import NOW, StandingClock
from tests.stand import ADMIN, Stand, audited, open_shop, payloads, readers
from wallet.chains import Chain

DAY_S = 86_400
MINUTES_S = 900


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "second"


@pytest.fixture
def stand(database: Database, clock: StandingClock, place: Path) -> Stand:
    return open_shop(database, clock, BACKUP_FOLDER=str(place))


@pytest.fixture
def hook(tmp_path: Path) -> Path:
    """A program that copies the folder elsewhere, as an upload would, and records its environment."""
    script = tmp_path / "upload"
    script.write_text(
        f'#!/bin/sh\n[ ! -e "{tmp_path}/broken" ] || exit 3\n'
        f'rm -rf "{tmp_path}/far"\ncp -r "$1" "{tmp_path}/far"\nenv > "{tmp_path}/env"\n'
        f'grep Cpus_allowed_list /proc/self/status > "{tmp_path}/cores"\n'
    )
    script.chmod(0o700)
    return script


def pieces(place: Path) -> list[str]:
    return [path.name for series in series_of(place) for path in series]


def test_after_the_machine_is_lost_the_shop_goes_on_elsewhere_with_what_was_paid_since(
    stand: Stand,
    clock: StandingClock,
    key: DatabaseKey,
    place: Path,
    books_add_up: Callable[[], None],
    tmp_path: Path,
) -> None:
    ada = stand.visitor()
    stand.stock("KEY-1", "KEY-2", "KEY-3")
    chain = stand.world.chains[Chain.ETH]
    address = stand.address(ada, Chain.ETH)
    stand.grant(ada, "50.00")
    off_site = stand.shop.off_site_copy
    assert off_site is not None
    off_site.run()
    stand.buy(ada, "Key")
    clock.pass_s(MINUTES_S)
    off_site.run()
    stand.buy(ada, "Key")  # in the minutes that are lost
    chain.pay(address, 10**16, txid="ab", asset="ETH")
    before = stand.world
    assert len(pieces(place)) == 2
    stand.database.close()

    target = tmp_path / "new" / "souk.db"
    with restored(place, key, target, now=NOW) as again:
        report = examine(stand.settings)
        assert (report.customers, report.orders, report.addresses) == (1, 1, 1)
        assert report.strange == ()
        assert set(report.differing) <= {"deposit_entry"}, "the grant of this test is of no deposit"
        with again.database.transaction():
            assert hold_goods(1) == 1
    database = Database(target, key)
    database.open()
    before.chains[Chain.ETH].database = database
    later = open_shop(database, clock, world=before)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert Product.get().hidden
    ada = later.visitor()
    later.watch(Chain.ETH).scan()
    for _ in range(3):
        chain.mine(40)
        later.watch(Chain.ETH).look()
        clock.pass_s(60)
    assert later.balance(ada) == 5000 - 1000 + 2000
    newcomer = later.visitor(2002, first_name="Eve")
    assert newcomer.id > SKIPPED_OF_SHOWN
    books_add_up()
    database.close()


def test_addresses_of_another_wallet_are_listed(stand: Stand, key: DatabaseKey, place: Path, tmp_path: Path) -> None:
    ada = stand.visitor()
    address = stand.address(ada, Chain.BTC)
    with stand.database.transaction():
        DepositAddress.update(address="bc1qstrange").where(DepositAddress.address == address).execute()
    assert stand.shop.off_site_copy is not None
    stand.shop.off_site_copy.run()
    stand.database.close()
    with restored(place, key, tmp_path / "new" / "souk.db", now=NOW):
        report = examine(stand.settings)
    assert report.strange == ("bc1qstrange",)
    assert not report.is_well


def test_the_upload_follows_a_change_and_is_retried_until_it_works(
    database: Database, clock: StandingClock, place: Path, hook: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DB_KEY", "of the shop alone")
    stand = open_shop(database, clock, BACKUP_FOLDER=str(place), BACKUP_HOOK=str(hook))
    far, broken = hook.with_name("far"), hook.with_name("broken")
    off_site = stand.shop.off_site_copy
    assert off_site is not None
    broken.touch()
    stand.visitor(ADMIN)
    off_site.run()
    assert not far.exists()
    assert payloads("admin_backup_failed", to=ADMIN) == [{"reason": "upload: 3"}]
    broken.unlink()
    off_site.run()
    assert sorted(pieces(far)) == pieces(place)
    assert "of the shop alone" not in hook.with_name("env").read_text()
    shutil.rmtree(far)
    off_site.run()
    assert not far.exists(), "nothing changed, so nothing is uploaded"


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="the kernel alone chooses the cores")
def test_the_upload_may_use_the_cores_that_the_shop_leaves_to_others(
    database: Database, clock: StandingClock, place: Path, hook: Path
) -> None:
    stand = open_shop(database, clock, BACKUP_FOLDER=str(place), BACKUP_HOOK=str(hook))
    off_site, core, given = stand.shop.off_site_copy, OneCore(), os.sched_getaffinity(0)
    assert off_site is not None
    core.tick()
    try:
        stand.visitor(ADMIN)
        off_site.run()
    finally:
        for thread in Path("/proc/self/task").iterdir():
            os.sched_setaffinity(int(thread.name), given)
    [*_, cores] = hook.with_name("cores").read_text().split()
    assert cores_in(cores) == given


def cores_in(listed: str) -> set[int]:
    """Read the kernel's list of cores, such as `0-3,7` (cpuset(7), List format)."""
    spans = [each.partition("-") for each in listed.split(",")]
    return {core for first, _, last in spans for core in range(int(first), int(last or first) + 1)}


def test_a_folder_that_cannot_be_written_is_reported_once_a_day(
    database: Database, clock: StandingClock, place: Path
) -> None:
    place.write_text("a file")
    stand = open_shop(database, clock, BACKUP_FOLDER=str(place))
    stand.visitor(ADMIN)
    for _ in range(3):
        assert stand.shop.off_site_copy is not None
        stand.shop.off_site_copy.run()
    assert len(payloads("admin_backup_failed", to=ADMIN)) == 1


def test_without_a_folder_nothing_is_written(database: Database, clock: StandingClock) -> None:
    assert open_shop(database, clock).shop.off_site_copy is None


def test_owners_are_reminded_weekly_to_keep_the_key_until_one_confirms_it(
    stand: Stand, owner: Person, clock: StandingClock
) -> None:
    backups: Backups = stand.shop.backups
    backups.remind()
    assert readers("admin_key") == []
    clock.pass_s(DAY_S)
    for _ in range(3):
        backups.remind()
    assert readers("admin_key") == [1, 2]
    clock.pass_s(7 * DAY_S)
    backups.remind()
    assert readers("admin_key") == [1, 2, 1, 2]
    assert not backups.standing(owner).key_is_kept
    with pytest.raises(NotAllowed):
        backups.key_is_kept(stand.visitor())
    backups.key_is_kept(owner)
    backups.key_is_kept(owner)
    assert backups.standing(owner).key_is_kept
    assert [entry for entry in audited() if entry[0] == "backup.key_kept"] == [("backup.key_kept", "", {})]
    clock.pass_s(30 * DAY_S)
    backups.remind()
    assert len(readers("admin_key")) == 4
    assert Secret.read(KEY_KEPT) is not None


def test_a_clock_that_was_ahead_when_the_first_customer_came_puts_off_no_reminder(
    stand: Stand, clock: StandingClock
) -> None:
    clock.pass_s(365 * DAY_S)
    stand.visitor(ADMIN)
    clock.pass_s(-365 * DAY_S)
    stand.shop.backups.remind()
    assert readers("admin_key") == [1, 2]


def test_doctor_is_not_deceived_by_files_dated_in_the_future(
    stand: Stand, owner: Person, key: DatabaseKey, place: Path, clock: StandingClock
) -> None:
    def written(at: int) -> None:
        assert stand.shop.off_site_copy is not None
        before = set(place.glob("*.pages"))
        stand.shop.backups.take(owner)
        stand.shop.off_site_copy.run()
        [piece] = set(place.glob("*.pages")) - before
        os.utime(piece, (at, at))

    written(clock())
    clock.pass_s(365 * DAY_S)
    written(clock())
    clock.pass_s(-362 * DAY_S)
    with inspect(stand.database.path, key) as found:
        told = {each.subject: each for each in files.backups(found, stand.settings, now=clock())}
    assert (told["backup"].verdict, told["backup"].text) == (Level.WARNING, "72 h old")
    assert told["off-site copy"].verdict is Level.WARNING
    assert told["off-site copy"].text.endswith("the newest 4320 min old")
