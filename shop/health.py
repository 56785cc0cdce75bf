"""Whether the shop serves its customers and, if not, why. Nothing secret, nothing about customers.

A separate job checks the database, the disk and the queues; `examine` adds the state of the threads and of Telegram.
It reads only memory, so it answers whatever hangs.
"""

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Protocol

from shop.administration.alarms import Alarm, Alarms
from shop.assembly import Shop
from shop.chains.clock_offset import ClockOffset
from shop.jobs import Job, Runner, Watchdog
from shop.logs import UncaughtErrors
from storage.database import Database
from storage.errors import DatabaseUnwritable
from storage.models import Outbox

LOOK_EVERY_S = 5
STUCK_S = 60
"""Seconds after which a check counts as hanging, most likely in a write to the database."""
HUNG_S = 300
"""Seconds after which only a restart can help: no transaction takes that long."""
DEAF_S = 60
"""Seconds of trouble with Telegram before the shop counts as failed."""
UNHEARD_S = 600
"""Seconds after the last answer before the shop counts as deaf, even for no known reason."""
OLD_LETTER_S = 600
CLOCK_OFF_S = 30
DATABASES_FREE = 2
"""The disk counts as nearly full if it has room for fewer copies of the database than this."""
_LESS_THAN_DEAF = frozenset({"piled", "moved"})
"""Troubles during which updates still arrive."""


class Reason(Enum):
    """Why the shop is not well, in one word."""

    DATABASE = "database"
    TELEGRAM = "telegram"
    THREAD = "thread"
    STUCK = "stuck"
    DISK = "disk"
    OUTBOX = "outbox"
    DELAYED = "delayed"
    HEADERS = "headers"
    JOB = "job"
    CLOCK = "clock"
    BACKUP = "backup"


class Arrivals(Protocol):
    """The state of the arrival of Telegram's updates."""

    @property
    def silent_s(self) -> int:
        """The seconds since updates arrived, or could have."""
        ...

    @property
    def trouble(self) -> Enum | None:
        """The reason why they don't arrive, in one word."""
        ...


@dataclass(frozen=True, slots=True)
class Unwatched:
    """For a shop where the arrival of updates is not watched."""

    silent_s: int = 0
    trouble: Enum | None = None


@dataclass(frozen=True, slots=True)
class Health:
    """The shop's state for a monitor.

    `failed`: reasons why customers are not served. `degraded`: reasons why something is late, or soon will be.
    `delayed` names the chains, payment provider or `rates` that don't answer; `reasons` says why a chain doesn't, or
    why its answers don't count. `resting` names, by chain, the servers that are not asked for a while, and under
    `rates` the price sources that have been silent for long, with the coins if it is not about all; `slow` those that
    answer slowly and are asked last. `unsent` counts waiting letters. `overdue` names jobs without a recent success.
    """

    failed: tuple[Reason, ...] = ()
    degraded: tuple[Reason, ...] = ()
    delayed: tuple[str, ...] = ()
    reasons: tuple[tuple[str, str], ...] = ()
    resting: tuple[tuple[str, tuple[str, ...]], ...] = ()
    slow: tuple[tuple[str, tuple[str, ...]], ...] = ()
    unsent: int = 0
    job_failures: int = 0
    overdue: tuple[str, ...] = ()

    @property
    def status(self) -> str:
        """The state in one word."""
        if self.failed:
            return "failed"
        return "degraded" if self.degraded else "ok"


@dataclass(frozen=True, slots=True)
class Findings:
    """The findings of one look. `at` is from a monotonic clock; `unwritable` says why nothing can be written."""

    at: float
    unwritable: str = ""
    free_bytes: int = 0
    size_bytes: int = 0
    delayed: tuple[str, ...] = ()
    reasons: tuple[tuple[str, str], ...] = ()
    resting: tuple[tuple[str, tuple[str, ...]], ...] = ()
    slow: tuple[tuple[str, tuple[str, ...]], ...] = ()
    unsent: int = 0
    oldest_letter_s: int = 0
    backup_age_s: int = 0

    @property
    def disk_is_nearly_full(self) -> bool:
        """Return whether there is too little free space beside the database."""
        return self.free_bytes < DATABASES_FREE * self.size_bytes


@dataclass(slots=True)
class SteadyAge:
    """An age that grows no faster than time passes, so a clock that jumps ahead makes nothing older.

    The first look is believed, since its finding may date from before this process.
    """

    monotonic: Callable[[], float]
    _last: tuple[float, int] | None = field(init=False, default=None)

    def of(self, measured_s: int) -> int:
        """Return the age in seconds, given the age by the machine's clock."""
        now = self.monotonic()
        if self._last is not None:
            at, age_s = self._last
            measured_s = min(measured_s, age_s + math.ceil(now - at))
        self._last = now, measured_s
        return measured_s


@dataclass(slots=True)
class Monitor:
    """Watches the shop and notifies the owners of problems.

    `arrivals` is set by the receiver of updates.
    """

    shop: Shop
    database: Database
    watchdog: Watchdog
    alarms: Alarms
    clock_offset: ClockOffset
    uncaught: UncaughtErrors
    monotonic: Callable[[], float] = time.monotonic
    arrivals: Arrivals = field(default_factory=Unwatched)
    serving: threading.Event = field(init=False, default_factory=threading.Event)
    """Set while the shop serves, from start to stop."""
    found: Findings = field(init=False)
    _begun: float = field(init=False)
    """When the last look began: one that raises each time leaves no findings, but has not hung."""
    _letter_age: SteadyAge = field(init=False)
    _backup_age: SteadyAge = field(init=False)

    def __post_init__(self) -> None:
        self.found = Findings(self.monotonic())
        self._begun = self.found.at
        self._letter_age, self._backup_age = SteadyAge(self.monotonic), SteadyAge(self.monotonic)

    def make_runner(self) -> Runner:
        """Make the thread that looks at regular intervals."""
        job = Job("health", LOOK_EVERY_S, self.look)
        return Runner("health", (job,), let_go=self.database.release_thread, monotonic=self.monotonic)

    def look(self) -> None:
        """Check everything that needs the database or the disk, then notify the owners."""
        self._begun = self.monotonic()
        try:
            self.database.require_writable()
        except DatabaseUnwritable as error:
            self.found = replace(self._measured(), unwritable=error.reason)
            self.alarms.keep(self._alarms())
            return
        self._note_silent_threads()
        self.found = replace(
            self._measured(),
            unsent=Outbox.count_waiting(),
            oldest_letter_s=self._letter_age.of(self.shop.outbox.oldest_s()),
            backup_age_s=self._backup_age.of(self.shop.backups.age_s()),
        )
        self.alarms.tell(self._alarms())

    def examine(self) -> Health:
        """Sum up what is known now, without asking anything."""
        failed = (
            *((Reason.DATABASE,) if self.found.unwritable else ()),
            *((Reason.STUCK,) if self._silent_s > STUCK_S else ()),
            *((Reason.TELEGRAM,) if self._is_deaf else ()),
            *((Reason.THREAD,) if self._has_dead_thread else ()),
        )
        runners = self.watchdog.runners
        return Health(
            failed=failed,
            degraded=tuple(reason for reason in self._troubles() if reason not in failed),
            delayed=self.found.delayed,
            reasons=self.found.reasons,
            resting=self.found.resting,
            slow=self.found.slow,
            unsent=self.found.unsent,
            job_failures=sum(runner.failures for runner in runners),
            overdue=tuple(record.job.name for runner in runners for record in runner.overdue),
        )

    @property
    def is_hung(self) -> bool:
        """Return whether the checks have hung, or their thread has been dead, for so long that the service manager
        should start the shop again.
        """
        return self.monotonic() - max(self.found.at, self._begun) > HUNG_S

    @property
    def _silent_s(self) -> float:
        return self.monotonic() - self.found.at

    @property
    def _is_deaf(self) -> bool:
        trouble, silent_s = self.arrivals.trouble, self.arrivals.silent_s
        in_trouble = trouble is not None and trouble.value not in _LESS_THAN_DEAF
        return silent_s > (DEAF_S if in_trouble else UNHEARD_S)

    @property
    def _has_dead_thread(self) -> bool:
        return any(runner.is_dead for runner in self.watchdog.runners) or self.uncaught.is_recent

    def _troubles(self) -> tuple[Reason, ...]:
        found, runners = self.found, self.watchdog.runners
        every_s = self.shop.backups.plan.every_s
        present = {
            Reason.TELEGRAM: self.arrivals.trouble is not None or bool(self.shop.bots.deaf.ids),
            Reason.DISK: found.disk_is_nearly_full,
            Reason.OUTBOX: found.oldest_letter_s > OLD_LETTER_S,
            Reason.DELAYED: bool(found.delayed),
            Reason.HEADERS: any(watch.reader.status().doubt for watch in self.shop.payments.watches),
            Reason.JOB: any(runner.overdue or runner.troubled for runner in runners),
            Reason.CLOCK: abs(self.clock_offset.seconds()) > CLOCK_OFF_S or self.clock_offset.is_far_ahead,
            Reason.BACKUP: bool(every_s) and found.backup_age_s > 2 * every_s,
        }
        return tuple(reason for reason, is_present in present.items() if is_present)

    def _alarms(self) -> dict[tuple[Alarm, str], str]:
        """List the current alarms, each with its subject and cause."""
        found, troubles = self.found, self._troubles()
        stated = {
            (Alarm.DATABASE, ""): found.unwritable,
            (Alarm.DISK, ""): f"{found.free_bytes >> 20} MiB" if Reason.DISK in troubles else "",
            (Alarm.OUTBOX, ""): f"{found.oldest_letter_s // 60} min" if Reason.OUTBOX in troubles else "",
            (Alarm.CLOCK, ""): f"{self.clock_offset.seconds() or self.clock_offset.ahead_s} s"
            if Reason.CLOCK in troubles
            else "",
            (Alarm.BACKUP, ""): f"{found.backup_age_s // 3_600} h" if Reason.BACKUP in troubles else "",
        }
        for runner in self.watchdog.runners:
            stated |= {(Alarm.JOB, record.job.name): record.cause for record in runner.troubled}
        return {alarm: cause for alarm, cause in stated.items() if cause}

    def _measured(self) -> Findings:
        """Measure the disk, and name what does not answer, and which servers are resting or slow."""
        payments = self.shop.payments
        resting = (
            *((watch.chain.value, watch.resting) for watch in payments.watches),
            ("rates", payments.rates.silent),
        )
        return Findings(
            at=self.monotonic(),
            free_bytes=self.database.free_bytes,
            size_bytes=self.database.size_bytes,
            delayed=payments.delayed,
            reasons=tuple((watch.chain.value, watch.reason) for watch in payments.watches if watch.reason),
            resting=tuple((chain, names) for chain, names in resting if names),
            slow=tuple((watch.chain.value, watch.slow) for watch in payments.watches if watch.slow),
        )

    def _note_silent_threads(self) -> None:
        """Count a chain or the prices as delayed if their thread has had no success for long, whatever it is
        doing.
        """
        silent = {runner.name: runner.silent_s for runner in self.watchdog.runners if runner.silent_s}
        payments = self.shop.payments
        for watch in payments.watches:
            if age_s := silent.get(f"chain-{watch.chain.value}"):
                watch.outage.failed(f"no round for {age_s} s")
        if age_s := silent.get("prices"):
            payments.no_rates.failed(f"no round for {age_s} s")
