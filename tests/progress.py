"""Report on the tests: how long they will take, and a line for each room once it is finished."""

import time
from collections import Counter
from collections.abc import Iterable

import pytest

from tests.patience import factor

MINUTES = 22
"""The time that all tests take on two cores of a quiet machine."""
BUSY = 1.5
"""A machine that takes this many times as long as that one is called slow or busy."""


class Progress:
    """Counts each room's outcomes and prints them instead of ten thousand dots."""

    def __init__(self, reporter: pytest.TerminalReporter) -> None:
        self._reporter = reporter
        self._started = time.monotonic()
        self._every = 0
        self._left: Counter[str] = Counter()
        self._outcomes: dict[str, Counter[str]] = {}

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Learn which tests there are if they run in this process."""
        self._expect(item.nodeid for item in session.items)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        """Learn which tests there are if they run in workers."""
        self._expect(ids)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count an outcome, and print a line once a room is finished."""
        room = room_of(report.nodeid)
        if report.when == "call" or report.outcome != "passed":
            self._outcomes.setdefault(room, Counter())[report.outcome] += 1
        if report.when == "teardown" and room in self._left:
            self._left[room] -= 1
            if not self._left[room]:
                self._say(room)

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """Print no dot for a test that passed."""
        return ("passed", "", "PASSED") if report.passed and report.when == "call" else None

    def _expect(self, ids: Iterable[str]) -> None:
        if self._left:
            return
        self._left = Counter(map(room_of, ids))
        self._every = self._left.total()
        how_long = f", about {MINUTES} minutes on two cores{_at_this_speed()}" if self._every > 5_000 else ""
        self._reporter.ensure_newline()
        self._reporter.write_line(f"{self._every} tests in {len(self._left)} rooms{how_long}; a line for each room:")

    def _say(self, room: str) -> None:
        counts = ", ".join(f"{count} {outcome}" for outcome, count in sorted(self._outcomes[room].items()))
        self._reporter.ensure_newline()
        percent = 100 * (self._every - self._left.total()) // self._every
        self._reporter.write_line(f"{time.monotonic() - self._started:5.0f} s  {percent:3d} %  {room}: {counts}")


def _at_this_speed() -> str:
    """Say if the machine is slow now, which may be over in a moment and so predicts nothing."""
    return f" if nothing else runs; now this machine is {factor():.0f} times as slow" if factor() > BUSY else ""


def room_of(nodeid: str) -> str:
    """Return a test's room: its folder below `tests`, or its file."""
    parts = nodeid.partition("::")[0].removeprefix("tests/").split("/")
    return "/".join(parts[:-1][:2]) or parts[0].removesuffix(".py")
