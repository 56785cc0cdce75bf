"""A monitor of a shop under test, with time that the test moves."""

from shop.administration.alarms import Alarms
from shop.chains.clock_offset import ClockOffset
from shop.health import Monitor
from shop.jobs import Watchdog
from shop.logs import UncaughtErrors
from tests.stand import Stand


def monitor_of(stand: Stand) -> Monitor:
    """Build a monitor as `commands/serving.py` does, watching nothing yet."""
    monotonic = stand.clock.monotonic
    return Monitor(
        stand.shop,
        stand.database,
        Watchdog(),
        Alarms(stand.shop.context),
        clock_offset=ClockOffset(stand.clock, monotonic),
        uncaught=UncaughtErrors(monotonic=monotonic),
        monotonic=monotonic,
    )
