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
    """Something to do every `every_s` seconds."""

    name: str
    every_s: int
    run: Callable[[], None]


RARE_S = 60
"""A thread whose jobs are all at least this rare frees its connection between them: one costs half a megabyte."""


class Runner:
    """Runs its jobs in turn on one thread. A job that raises is logged and counted; the others go on.

    `let_go` frees what the thread holds: at the end, and after each job if all jobs of the thread are rare.
    """

    def __init__(self, name: str, jobs: tuple[Job, ...], *, let_go: Callable[[], None]) -> None:
        self.name = name
        self._jobs = jobs
        self._let_go = let_go
        self._rare = all(job.every_s >= RARE_S for job in jobs)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._loop, name=name, daemon=True)
        self.failures = 0

    def start(self) -> None:
        """Run every job once, then each at its interval."""
        self._thread.start()

    def stop(self) -> None:
        """Ask the thread to end after the current job."""
        self._stop.set()

    def join(self, timeout_s: float) -> bool:
        """Wait for the thread to end; return whether it did in time."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _loop(self) -> None:
        scheduler = Scheduler()
        for job in self._jobs:
            scheduler.every(job.every_s).seconds.do(self._run, job)
        scheduler.run_all()
        while not self._stop.wait(max(0.05, _idle_s(scheduler))):
            scheduler.run_pending()
        self._let_go()

    def _run(self, job: Job) -> None:
        if self._stop.is_set():
            return
        try:
            job.run()
        except Exception:  # noqa: BLE001 - the job runner: one of three places
            self.failures += 1
            _log.exception("job %s failed", job.name)
        if self._rare:
            self._let_go()


def _idle_s(scheduler: Scheduler) -> float:
    """Return how long nothing is due.

    schedule goes by local time, and that goes back: each autumn, and when a clock is set right. What would not be
    due for longer than its own rhythm is due now.
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
