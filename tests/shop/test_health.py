"""The health report is good only while customers are served; if it is not, the owners know why."""

import shutil
import threading
from collections import namedtuple
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any

import pytest

from shop.administration.alarms import Alarm
from shop.health import DEAF_S, HUNG_S, LOOK_EVERY_S, OLD_LETTER_S, STUCK_S, UNHEARD_S, Monitor, Reason
from shop.jobs import Job, Runner
from shop.outbox import Event
from shop.payments.outages import ALARM_AFTER_S
from storage.models import Customer
from storage.models import Outbox as OutboxRow
from tests.conftest import StandingClock
from tests.monitoring import monitor_of
from tests.patience import DEADLINE_S
from tests.raw_sql import engine_of
from tests.stand import ADMIN, Stand, open_shop, payloads
from wallet.chains import Chain

HOUR_S = 3_600


class Word(Enum):
    SILENT = "silent"
    PILED = "piled"


@dataclass
class Telegram:
    """What the shop knows about Telegram, as set by a test."""

    silent_s: int = 0
    trouble: Enum | None = None


@pytest.fixture
def monitor(stand: Stand) -> Monitor:
    return monitor_of(stand)


def alarms(telegram_id: int = ADMIN) -> list[tuple[str, str, str]]:
    import json

    rows = OutboxRow.select().where(OutboxRow.telegram_id == telegram_id).order_by(OutboxRow.id)
    kinds = {Event.ADMIN_ALARM.value: "alarm", Event.ADMIN_ALL_CLEAR.value: "clear"}
    letters = [(kinds[row.kind], json.loads(row.payload)) for row in rows if row.kind in kinds]
    return [(kind, payload["alarm"], payload["subject"]) for kind, payload in letters]


def test_a_shop_that_serves_its_customers_is_healthy(monitor: Monitor) -> None:
    monitor.look()
    health = monitor.examine()
    assert (health.status, health.failed, health.degraded) == ("ok", (), ())
    assert alarms() == []


def test_an_unwritable_database_is_reported_as_soon_as_it_can_be_written_again(
    monitor: Monitor, stand: Stand
) -> None:
    engine_of(stand.database).execute_sql("PRAGMA query_only = 1")
    for _ in range(3):
        monitor.look()
        stand.clock.pass_s(5)
    assert (monitor.examine().status, monitor.examine().failed) == ("failed", (Reason.DATABASE,))
    engine_of(stand.database).execute_sql("PRAGMA query_only = 0")
    monitor.look()
    assert monitor.examine().status == "ok"
    assert alarms() == [("alarm", "database", ""), ("clear", "database", "")]
    [row] = OutboxRow.select().where(OutboxRow.kind == "admin_alarm", OutboxRow.telegram_id == ADMIN)
    assert "readonly" in row.payload


def test_a_health_check_stuck_in_a_write_fails_the_shop_until_it_gets_through(
    monitor: Monitor, stand: Stand, wait_for: Callable[..., Any]
) -> None:
    monitor.look()
    with stand.database.transaction():
        hanging = threading.Thread(target=lambda: (monitor.look(), stand.database.release_thread()))
        hanging.start()
        stand.clock.pass_s(STUCK_S)
        assert monitor.examine().failed == ()
        stand.clock.pass_s(1)
        assert monitor.examine().failed == (Reason.STUCK,)
        stand.clock.pass_s(HUNG_S - STUCK_S - 1)
        assert not monitor.is_hung
        stand.clock.pass_s(1)
        assert monitor.is_hung
    hanging.join(DEADLINE_S)
    assert (monitor.examine().failed, monitor.is_hung) == ((), False)


def test_a_health_check_that_raises_each_time_is_reported_but_has_not_hung(
    monitor: Monitor, stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = monitor.make_runner()
    monitor.watchdog.watch(runner)
    [record] = runner.records
    with monkeypatch.context() as broken:
        broken.setattr(shutil, "disk_usage", lambda folder: (folder / "not there").stat())
        for _ in range(HUNG_S // LOOK_EVERY_S + 1):
            runner.run(record)
            stand.clock.pass_s(LOOK_EVERY_S)
        assert not monitor.is_hung
        assert monitor.examine().failed == (Reason.STUCK,)
        assert monitor.examine().overdue == ("health",)
    runner.run(record)
    assert monitor.examine().status == "ok"


def test_a_health_check_whose_thread_ended_counts_as_hung(monitor: Monitor, stand: Stand) -> None:
    monitor.look()
    stand.clock.pass_s(HUNG_S + 1)
    assert monitor.is_hung


@pytest.mark.parametrize(
    ("silent_s", "trouble", "failed", "degraded"),
    [
        (0, None, (), ()),
        (UNHEARD_S, None, (), ()),
        (UNHEARD_S + 1, None, (Reason.TELEGRAM,), ()),
        (DEAF_S, Word.SILENT, (), (Reason.TELEGRAM,)),
        (DEAF_S + 1, Word.SILENT, (Reason.TELEGRAM,), ()),
        (DEAF_S + 1, Word.PILED, (), (Reason.TELEGRAM,)),
    ],
)
def test_a_shop_that_hears_nothing_from_telegram_has_failed(
    silent_s: int, trouble: Word | None, failed: tuple[Reason, ...], degraded: tuple[Reason, ...], monitor: Monitor
) -> None:
    monitor.arrivals = Telegram(silent_s, trouble)
    health = monitor.examine()
    assert (health.failed, health.degraded) == (failed, degraded)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_dead_thread_fails_the_shop_until_it_works_again(
    monitor: Monitor, clock: StandingClock, wait_for: Callable[..., Any]
) -> None:
    ends: list[BaseException] = [SystemExit()]

    def run() -> None:
        if ends:
            raise ends.pop()

    runner = Runner("mortal", (Job("mortal", HOUR_S, run),), let_go=lambda: None, monotonic=clock.monotonic)
    monitor.watchdog.watch(runner)
    runner.start()
    wait_for(lambda: monitor.examine().failed == (Reason.THREAD,), "the dead thread shows")
    wait_for(lambda: runner.join(0), "the thread ends")
    monitor.watchdog.look()
    wait_for(lambda: monitor.examine().failed == (), "it works again")
    runner.stop()
    assert runner.join(DEADLINE_S)


def test_any_thread_that_ends_with_an_error_is_logged_and_shown(
    monitor: Monitor, clock: StandingClock, caplog: pytest.LogCaptureFixture
) -> None:
    try:
        raise ZeroDivisionError("of a thread")
    except ZeroDivisionError as error:
        fields = namedtuple("Ended", "exc_type exc_value exc_traceback thread")
        monitor.uncaught.take(fields(type(error), error, error.__traceback__, threading.current_thread()))
    assert "of a thread" in caplog.text
    assert monitor.examine().failed == (Reason.THREAD,)
    assert monitor.uncaught.count == 1
    clock.pass_s(HOUR_S)
    monitor.look()
    assert monitor.examine().failed == ()


def test_a_chain_whose_thread_hangs_is_reported_as_delayed_and_so_is_its_return(
    monitor: Monitor, stand: Stand, clock: StandingClock, wait_for: Callable[..., Any]
) -> None:
    watch, inside, hold = stand.shop.payments.watches[0], threading.Event(), threading.Event()

    def hang() -> None:
        inside.set()
        hold.wait(DEADLINE_S)

    name = f"chain-{watch.chain.value}"
    runner = Runner(name, (Job("look", 5, hang),), let_go=lambda: None, monotonic=clock.monotonic)
    monitor.watchdog.watch(runner)
    runner.start()
    wait_for(inside.is_set, "the round hangs")
    clock.pass_s(121)
    monitor.look()
    assert monitor.examine().delayed == (watch.chain.value,)
    assert Reason.DELAYED in monitor.examine().degraded
    clock.pass_s(ALARM_AFTER_S)
    monitor.look()
    hold.set()
    wait_for(lambda: not runner.silent_s, "the round ends")
    watch.scan()
    monitor.look()
    assert monitor.examine().delayed == ()
    kinds = [row.kind for row in OutboxRow.select().where(OutboxRow.telegram_id == ADMIN).order_by(OutboxRow.id)]
    assert kinds == ["admin_delayed", "admin_answers"]
    runner.stop()
    assert runner.join(DEADLINE_S)


def test_headers_that_cannot_be_relied_on_are_reported(
    monitor: Monitor, stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = stand.world.chains[Chain.BTC]
    monitor.look()
    assert monitor.examine().degraded == ()
    doubtful = replace(reader.status(), doubt="the newest block is 3 hours old")
    monkeypatch.setattr(reader, "status", lambda: doubtful)
    monitor.look()
    health = monitor.examine()
    assert (health.status, health.failed, health.degraded) == ("degraded", (), (Reason.HEADERS,))


def test_a_disk_with_room_for_less_than_two_copies_of_the_database_raises_an_alarm(
    monitor: Monitor, stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, beyond_two = shutil.disk_usage(stand.database.path.parent), 0

    def measured(_folder: Path) -> Any:  # the database grows while the test writes letters into it
        return real._replace(free=2 * stand.database.size_bytes + beyond_two)

    monkeypatch.setattr(shutil, "disk_usage", measured)
    monitor.look()
    assert (monitor.examine().degraded, alarms()) == ((), [])
    beyond_two = -1
    monitor.look()
    health = monitor.examine()
    assert (health.status, health.failed, health.degraded) == ("degraded", (), (Reason.DISK,))
    assert alarms() == [("alarm", "disk", "")]
    [letter] = payloads("admin_alarm", to=ADMIN)
    assert letter["cause"] == f"{monitor.found.free_bytes >> 20} MiB"
    beyond_two = 0
    monitor.look()
    assert monitor.examine().status == "ok"
    assert alarms() == [("alarm", "disk", ""), ("clear", "disk", "")]


def test_a_letter_that_waits_long_raises_an_alarm_whether_or_not_it_was_tried(monitor: Monitor, stand: Stand) -> None:
    stand.visitor()
    with stand.database.transaction():
        stand.shop.outbox.tell(Customer.by_telegram_id(1001), Event.RESTOCKED, key="a", payload={"product_id": 1})
    stand.clock.pass_s(OLD_LETTER_S)
    monitor.look()
    assert monitor.examine().degraded == ()
    stand.clock.pass_s(1)
    monitor.look()
    assert monitor.examine().degraded == (Reason.OUTBOX,)
    [letter] = stand.shop.outbox.due(limit=9)[:1]
    stand.shop.outbox.sent(letter)
    for each in stand.shop.outbox.due(limit=9):
        stand.shop.outbox.sent(each)
    monitor.look()
    assert monitor.examine().degraded == ()
    assert alarms() == [("alarm", "outbox", ""), ("clear", "outbox", "")]


def test_a_clock_that_jumps_ahead_ages_no_letter_and_no_backup(database, clock) -> None:
    stand = open_shop(database, clock, BACKUP_EVERY_HOURS="6")
    monitor = monitor_of(stand)
    stand.visitor()
    stand.shop.backups.run()
    with stand.database.transaction():
        stand.shop.outbox.tell(Customer.by_telegram_id(1001), Event.RESTOCKED, key="a", payload={"product_id": 1})
    monitor.look()
    for _ in range(2):
        clock.now += 24 * HOUR_S
        monitor.look()
        assert monitor.examine().degraded == ()
    clock.pass_s(OLD_LETTER_S)
    monitor.look()
    assert monitor.examine().degraded == ()
    clock.pass_s(1)
    monitor.look()
    assert monitor.examine().degraded == (Reason.OUTBOX,), "what waits since then is old by now"
    after_a_restart = monitor_of(stand)
    after_a_restart.look()
    assert Reason.OUTBOX in after_a_restart.examine().degraded, "what was left is believed to be as old as it looks"


def test_retries_do_not_reset_a_letters_waiting_time(stand: Stand) -> None:
    stand.visitor()
    with stand.database.transaction():
        stand.shop.outbox.tell(Customer.by_telegram_id(1001), Event.RESTOCKED, key="a", payload={"product_id": 1})
    begun = stand.clock.now
    for _ in range(9):
        [letter] = stand.shop.outbox.due(limit=9)
        stand.shop.outbox.begin(letter)
        assert stand.shop.outbox.oldest_s() == stand.clock.now - begun
        stand.clock.pass_s(OutboxRow.get().due_at - stand.clock.now)
    assert stand.clock.now - begun > 2 * HOUR_S


def test_a_backup_older_than_twice_its_interval_raises_an_alarm(database, clock) -> None:
    stand = open_shop(database, clock, BACKUP_EVERY_HOURS="6")
    monitor = monitor_of(stand)
    stand.visitor()
    stand.shop.backups.run()
    clock.pass_s(12 * HOUR_S)
    monitor.look()
    assert monitor.examine().degraded == ()
    clock.pass_s(1)
    monitor.look()
    assert monitor.examine().degraded == (Reason.BACKUP,)
    stand.shop.backups.run()
    monitor.look()
    assert alarms() == [("alarm", "backup", ""), ("clear", "backup", "")]


def test_a_wrong_clock_raises_an_alarm_if_two_servers_agree(monitor: Monitor) -> None:
    late = "Tue, 22 Sep 2026 14:12:00 GMT"
    monitor.clock_offset.saw("a liar", late)
    monitor.look()
    assert monitor.examine().degraded == ()
    monitor.clock_offset.saw("api.telegram.org", late)
    monitor.look()
    assert monitor.examine().degraded == (Reason.CLOCK,)
    assert alarms() == [("alarm", "clock", "")]


def test_a_single_server_by_which_deletions_wait_raises_the_alarm_too(monitor: Monitor, clock: StandingClock) -> None:
    monitor.clock_offset.saw("api.telegram.org", "Sun, 20 Sep 2026 14:12:00 GMT")
    monitor.look()
    assert monitor.clock_offset.is_far_ahead
    assert monitor.examine().degraded == (Reason.CLOCK,)
    assert alarms() == [("alarm", "clock", "")]


def test_a_job_that_fails_three_times_in_a_row_is_reported_once_with_its_first_cause(
    monitor: Monitor, clock: StandingClock, wait_for: Callable[..., Any]
) -> None:
    ends, may_go_on = [OSError("first")] * 3 + [OSError("later")], threading.Event()

    def run() -> None:
        if len(ends) <= 1:
            may_go_on.wait(DEADLINE_S)
        if ends:
            raise ends.pop(0)

    runner = Runner("test", (Job("failing", 1, run),), let_go=lambda: None, monotonic=clock.monotonic)
    monitor.watchdog.watch(runner)
    runner.start()
    wait_for(lambda: runner.troubled, "it fails three times")
    monitor.look()
    assert Reason.JOB in monitor.examine().degraded
    may_go_on.set()
    wait_for(lambda: not runner.troubled, "it works")
    monitor.look()
    assert alarms() == [("alarm", "job", "failing"), ("clear", "job", "failing")]
    assert [each["cause"] for each in payloads("admin_alarm", to=ADMIN)] == ["OSError: first"]
    runner.stop()
    assert runner.join(DEADLINE_S)


def test_alarms_go_to_owners_and_not_to_managers(monitor: Monitor, stand: Stand) -> None:
    stand.visitor(7)
    monitor.alarms.tell({(Alarm.DISK, ""): "3 MiB"})
    assert (alarms(ADMIN), alarms(2), alarms(7)) == ([("alarm", "disk", "")], [("alarm", "disk", "")], [])
