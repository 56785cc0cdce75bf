"""Scheduled jobs: each runner is a thread with its own scheduler, and can be stopped."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from schedule import Scheduler

_log = logging.getLogger("souk.jobs")


@dataclass(frozen=True, slots=True)
class Job:
    """Something to do every `every_s` seconds. An `endless` job runs until the shop stops: it is never overdue."""

    name: str
    every_s: int
    run: Callable[[], None]
    endless: bool = False


OVERDUE_INTERVALS = 3
OVERDUE_S = 120
"""A job is overdue after this many intervals without a success, but never before this many seconds."""
TROUBLED_AFTER = 3
"""Failures in a row that are more than bad luck."""


@dataclass(slots=True)
class JobRecord:
    """A job's record so far. Times are from a monotonic clock; `cause` is the last error."""

    job: Job
    since: float
    """The time of its last success; before that, of the start."""
    begun: float | None = None
    """The time when the current run began; None between runs."""
    runs: int = 0
    seconds: float = 0
    failures: int = 0
    failures_in_a_row: int = 0
    cause: str = ""

    def age_s(self, now: float) -> int:
        """Return the seconds since the last success."""
        return 0 if self.job.endless else max(0, int(now - self.since))

    def is_overdue(self, now: float) -> bool:
        """Return whether the last success is too long ago, whatever the thread is doing now."""
        return self.age_s(now) > max(OVERDUE_S, OVERDUE_INTERVALS * self.job.every_s)

    def is_troubled(self, now: float) -> bool:
        """Return whether it keeps failing."""
        return self.failures_in_a_row >= TROUBLED_AFTER and not self.has_settled(now)

    def has_settled(self, now: float) -> bool:
        """Return whether an endless job has run long enough to count as a success."""
        return self.job.endless and self.begun is not None and now - self.begun > OVERDUE_S


class Runner:
    """Runs its jobs in turn on one thread. A job that raises is logged and counted; the others carry on.

    `let_go` frees the thread's resources after each job and at the end.
    `monotonic` counts seconds and never goes back.
    """

    def __init__(
        self,
        name: str,
        jobs: tuple[Job, ...],
        *,
        let_go: Callable[[], None],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self.records = tuple(JobRecord(job, monotonic()) for job in jobs)
        self.deaths = 0
        """How many times the thread ended without being stopped."""
        self._let_go = let_go
        self._monotonic = monotonic
        self._stop = threading.Event()
        self._thread = self._new_thread()
        self._unproved = False

    @property
    def failures(self) -> int:
        """How many times a job of this thread failed."""
        return sum(record.failures for record in self.records)

    @property
    def is_dead(self) -> bool:
        """Return whether the thread ended without being stopped, and no job has succeeded since."""
        if not self._unproved or self._stop.is_set():
            return False
        now = self._monotonic()
        return not self._thread.is_alive() or not any(record.has_settled(now) for record in self.records)

    @property
    def troubled(self) -> tuple[JobRecord, ...]:
        """The jobs that keep failing."""
        now = self._monotonic()
        return tuple(record for record in self.records if record.is_troubled(now))

    @property
    def overdue(self) -> tuple[JobRecord, ...]:
        """The jobs whose last success is too long ago."""
        now = self._monotonic()
        return tuple(record for record in self.records if record.is_overdue(now))

    @property
    def silent_s(self) -> int:
        """The seconds since any job succeeded, once they are more than a few of the shortest interval; 0 before."""
        limit_s = max(OVERDUE_S, OVERDUE_INTERVALS * min(record.job.every_s for record in self.records))
        since_s = min(self.ages_s.values())
        return since_s if since_s > limit_s else 0

    @property
    def ages_s(self) -> dict[str, int]:
        """The seconds since each job's last success, by the name of the job."""
        now = self._monotonic()
        return {record.job.name: record.age_s(now) for record in self.records}

    def start(self) -> None:
        """Run every job once, then each at its interval."""
        now = self._monotonic()
        for record in self.records:
            record.since = now
        self._thread.start()

    def revive(self) -> None:
        """Start the thread again if it ended without being stopped."""
        if self._thread.ident is None or self._thread.is_alive() or self._stop.is_set():
            return
        self._thread = self._new_thread()
        self._thread.start()
        _log.warning("thread %s was restarted", self.name)

    def stop(self) -> None:
        """Ask the thread to end after the current job."""
        self._stop.set()

    def join(self, timeout_s: float) -> bool:
        """Wait for the thread to end; return whether it did in time.

        A signal may arrive while the runners are being started; a thread that has not started has nothing to end.
        """
        try:
            self._thread.join(timeout_s)
        except RuntimeError:
            return True
        return not self._thread.is_alive()

    def _new_thread(self) -> threading.Thread:
        return threading.Thread(target=self._live, name=self.name, daemon=True)

    def _live(self) -> None:
        try:
            self._loop()
        finally:
            if not self._stop.is_set():
                self._unproved = True
                self.deaths += 1
                _log.error("thread %s ended without being stopped", self.name)

    def _loop(self) -> None:
        scheduler = Scheduler()
        for record in self.records:
            scheduler.every(record.job.every_s).seconds.do(self.run, record)
        scheduler.run_all()
        while not self._stop.wait(max(0.05, _idle_s(scheduler))):
            scheduler.run_pending()
        self._let_go()

    def run(self, record: JobRecord) -> None:
        """Run a job once, on this thread, and record the outcome."""
        if self._stop.is_set():
            return
        record.begun = begun = self._monotonic()
        try:
            record.job.run()
        except Exception as error:  # noqa: BLE001 - the job runner: one of three places
            record.failures += 1
            record.failures_in_a_row = 1 if record.has_settled(self._monotonic()) else record.failures_in_a_row + 1
            record.cause = f"{type(error).__name__}: {error}"
            _log.exception("job %s failed", record.job.name)
        else:
            record.since = self._monotonic()
            record.failures_in_a_row = 0
            self._unproved = False
        record.begun = None
        record.runs += 1
        record.seconds += self._monotonic() - begun
        self._let_go()


def _idle_s(scheduler: Scheduler) -> float:
    """Return the time until the next job is due.

    schedule uses local time, which goes back each autumn and when a clock is corrected. A job that would not be due
    for longer than its own interval is due now.
    """
    now = datetime.now()  # noqa: DTZ005 - what schedule compares with
    for job in scheduler.get_jobs():
        if job.next_run is not None and job.next_run - now > timedelta(seconds=job.interval):
            job.next_run = now
    return scheduler.idle_seconds or 0


class Runners:
    """Runners that start and stop together."""

    def __init__(self, runners: tuple[Runner, ...]) -> None:
        self._runners = runners

    def start(self) -> None:
        """Start every runner."""
        for runner in self._runners:
            runner.start()

    def stop(self, *, timeout_s: float) -> None:
        """Ask all to end; wait no longer than the timeout for all of them together."""
        for runner in self._runners:
            runner.stop()
        deadline = time.monotonic() + timeout_s
        for runner in self._runners:
            if not runner.join(max(0.1, deadline - time.monotonic())):
                _log.warning("%s did not stop in time", runner.name)


class Watchdog:
    """Restarts runners whose thread died. It is called from a thread that cannot die unnoticed."""

    def __init__(self) -> None:
        self.runners: tuple[Runner, ...] = ()

    def watch(self, *runners: Runner) -> None:
        """Watch these as well."""
        self.runners = (*self.runners, *runners)

    def look(self) -> None:
        """Restart whatever died."""
        for runner in self.runners:
            try:
                runner.revive()
            except RuntimeError as error:  # no room for another thread: the next look tries again
                _log.error("thread %s cannot be restarted: %s", runner.name, error)
