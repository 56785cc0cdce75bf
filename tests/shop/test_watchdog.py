"""Threads that die are restarted, and jobs that hang or fail are reported, whatever their thread is doing."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from shop.jobs import OVERDUE_S, TROUBLED_AFTER, Job, Runner, Watchdog
from tests.conftest import StandingClock
from tests.patience import DEADLINE_S


@contextmanager
def running(runner: Runner) -> Iterator[Runner]:
    runner.start()
    yield runner
    runner.stop()
    assert runner.join(DEADLINE_S)


def runner_of(job: Job, clock: StandingClock) -> Runner:
    return Runner("test", (job,), let_go=lambda: None, monotonic=clock.monotonic)


class Mortal:
    """A job that fails or ends its thread with each given exception in turn, and then waits until it may succeed."""

    def __init__(self, *ends: BaseException) -> None:
        self.ends = list(ends)
        self.runs = 0
        self.may_succeed = threading.Event()
        self.may_succeed.set()

    def __call__(self) -> None:
        self.runs += 1
        if self.ends:
            raise self.ends.pop(0)
        self.may_succeed.wait(DEADLINE_S)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_dies_is_logged_shown_and_restarted(
    clock: StandingClock, wait_for: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    job, watchdog = Mortal(SystemExit()), Watchdog()
    with running(runner_of(Job("mortal", 3_600, job), clock)) as runner:
        watchdog.watch(runner)
        wait_for(lambda: runner.deaths == 1 and runner.join(0), "the thread dies")
        assert runner.is_dead
        watchdog.look()
        wait_for(lambda: job.runs == 2 and not runner.is_dead, "the job succeeds on a new thread")
    lines = [(record.levelno, record.getMessage()) for record in caplog.records]
    assert (logging.ERROR, "thread test ended without being stopped") in lines


def test_a_stopped_thread_is_not_restarted(clock: StandingClock, wait_for: Callable[..., Any]) -> None:
    job, watchdog = Mortal(), Watchdog()
    with running(runner_of(Job("one", 3_600, job), clock)) as runner:
        wait_for(lambda: job.runs == 1, "the job runs")
    watchdog.watch(runner)
    watchdog.look()
    assert runner.join(0)
    assert (job.runs, runner.deaths, runner.is_dead) == (1, 0, False)


@pytest.mark.parametrize(("every_s", "overdue_s"), [(1, OVERDUE_S), (600, 1_800)])
def test_a_hanging_job_is_overdue_after_a_few_of_its_intervals(
    every_s: int, overdue_s: int, clock: StandingClock, wait_for: Callable[..., Any]
) -> None:
    inside, hold = threading.Event(), threading.Event()

    def hang() -> None:
        inside.set()
        hold.wait(DEADLINE_S)

    with running(runner_of(Job("hang", every_s, hang), clock)) as runner:
        wait_for(inside.is_set, "the job hangs")
        clock.pass_s(overdue_s)
        assert runner.overdue == ()
        clock.pass_s(1)
        assert [record.job.name for record in runner.overdue] == ["hang"]
        hold.set()
        wait_for(lambda: runner.overdue == (), "the job is done")
        assert runner.ages_s == {"hang": 0}


def test_a_job_that_keeps_failing_is_reported_although_it_runs(
    clock: StandingClock, wait_for: Callable[..., Any]
) -> None:
    job = Mortal(*[ValueError("the first cause")] * TROUBLED_AFTER)
    job.may_succeed.clear()
    with running(runner_of(Job("failing", 1, job), clock)) as runner:
        wait_for(lambda: runner.troubled, "it fails three times in a row")
        assert [record.cause for record in runner.troubled] == ["ValueError: the first cause"]
        job.may_succeed.set()
        wait_for(lambda: not runner.troubled, "it succeeds")
        assert runner.failures == TROUBLED_AFTER


def test_an_endless_job_is_never_overdue_and_recovers_from_failures(
    clock: StandingClock, wait_for: Callable[..., Any]
) -> None:
    failures, hold = Mortal(*[OSError()] * TROUBLED_AFTER), threading.Event()

    def run() -> None:
        failures()
        hold.wait(DEADLINE_S)

    with running(runner_of(Job("letters", 1, run, endless=True), clock)) as runner:
        wait_for(lambda: failures.runs == TROUBLED_AFTER + 1, "it runs at last")
        assert runner.troubled
        clock.pass_s(OVERDUE_S + 1)
        assert (runner.troubled, runner.overdue) == ((), ())
        hold.set()
