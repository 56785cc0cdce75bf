"""Figures for Prometheus, in its text format. Labels are few and fixed: no customer, no address, no text.

Events are counted here as they happen; states are read from the shop on request.
"""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily as Count
from prometheus_client.core import GaugeMetricFamily as Gauge
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from shop.health import Monitor
from storage.models import totals

_PAGE_BYTES = 4096
_STATM = Path("/proc/self/statm")


class Metrics:
    """The counters of this process, and a page of all figures. Methods may be called by any thread."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._telegram = self._counter("telegram_calls", "Calls of the Bot API (0: no answer)", "method", "status")
        self._providers = self._counter("provider_calls", "Questions to other servers", "server", "outcome")
        self._updates = self._counter("updates", "Updates of Telegram", "kind", "result")
        self._handling = Histogram(
            "souk_handler_seconds", "How long an update took to handle", ["kind"], registry=self._registry
        )

    def telegram_answered(self, method: str, status: int) -> None:
        """Count a call of the Bot API."""
        self._telegram.labels(method, str(status)).inc()

    def provider_answered(self, server: str, outcome: str) -> None:
        """Count a request to a server; `outcome` is `ok` or the class of the error."""
        self._providers.labels(server, outcome).inc()

    def update_handled(self, kind: str, result: str, seconds: float) -> None:
        """Count an update."""
        self._updates.labels(kind, result).inc()
        self._handling.labels(kind).observe(seconds)

    def watch(self, monitor: Monitor) -> None:
        """Read the shop's state from a monitor."""
        self._registry.register(_State(monitor))

    def text(self) -> bytes:
        """Write every figure, in the text format."""
        return generate_latest(self._registry)

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(f"souk_{name}", meaning, labels, registry=self._registry)


@dataclass(frozen=True, slots=True, eq=False)
class _State(Collector):
    """The monitor's latest findings, the runners, the memory, and the totals of the books."""

    monitor: Monitor

    def describe(self) -> list[Metric]:
        """Describe nothing in advance: the registry would query the database for it."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Read every figure now."""
        yield from self._of_health()
        yield from self._of_jobs()
        yield from self._of_chains()
        yield from self._of_database()
        if not self.monitor.found.unwritable:
            yield from self._of_the_books()

    def _of_health(self) -> Iterator[Metric]:
        health, found, offset = self.monitor.examine(), self.monitor.found, self.monitor.clock_offset
        reasons = Gauge("souk_trouble", "1 for each reason why the shop is not well", labels=["state", "reason"])
        for state, present in (("failed", health.failed), ("degraded", health.degraded)):
            for reason in present:
                reasons.add_metric([state, reason.value], 1)
        yield reasons
        yield Gauge("souk_healthy", "1 while customers are served", value=int(not health.failed))
        yield Gauge("souk_outbox_letters", "Waiting letters", value=found.unsent)
        yield Gauge("souk_outbox_age_seconds", "Seconds since the oldest letter was due", value=found.oldest_letter_s)
        yield Gauge("souk_clock_offset_seconds", "Seconds that this clock is ahead", value=offset.seconds())
        yield Gauge("souk_backup_age_seconds", "Age of the newest backup in seconds", value=found.backup_age_s)
        yield Gauge(
            "souk_telegram_silent_seconds",
            "Seconds since updates arrived or could have",
            value=self.monitor.arrivals.silent_s,
        )
        deaf = self.monitor.shop.bots.deaf.ids
        yield Gauge("souk_telegram_deaf_bots", "Bots, of several, that updates do not reach", value=len(deaf))
        yield Gauge("souk_threads", "Threads of this process", value=threading.active_count())
        if _STATM.exists():
            pages = int(_STATM.read_text("ascii").split()[1])
            yield Gauge("souk_memory_bytes", "Resident memory", value=pages * _PAGE_BYTES)

    def _of_jobs(self) -> Iterator[Metric]:
        seconds = Count("souk_job_seconds", "Seconds that jobs took", labels=["thread", "name"])
        runs = Count("souk_job_runs", "Runs of jobs", labels=["thread", "name"])
        failures = Count("souk_job_failures", "Failures of jobs", labels=["thread", "name"])
        ages = Gauge("souk_job_age_seconds", "Seconds since a job's last success", labels=["thread", "name"])
        deaths = Count("souk_thread_deaths", "Threads that ended without being stopped", labels=["thread"])
        for runner in self.monitor.watchdog.runners:
            deaths.add_metric([runner.name], runner.deaths)
            for record in runner.records:
                labels = [runner.name, record.job.name]
                seconds.add_metric(labels, record.seconds)
                runs.add_metric(labels, record.runs)
                failures.add_metric(labels, record.failures)
                ages.add_metric(labels, runner.ages_s[record.job.name])
        yield from (seconds, runs, failures, ages, deaths)
        yield Count("souk_uncaught_errors", "Errors that ended a thread", value=self.monitor.uncaught.count)

    def _of_chains(self) -> Iterator[Metric]:
        heights = Gauge("souk_chain_height", "Height of the chain, by headers if there are any", labels=["chain"])
        delayed = Gauge("souk_chain_delayed", "1 while a chain is delayed", labels=["chain"])
        rests = Gauge("souk_provider_rests", "Servers that are resting", labels=["chain"])
        slow = Gauge("souk_provider_slow", "Servers that answer slowly and are asked last", labels=["chain"])
        for watch in self.monitor.shop.payments.watches:
            labels = [watch.chain.value]
            heights.add_metric(labels, watch.reader.status().highest_block or 0)
            delayed.add_metric(labels, watch.delayed)
            rests.add_metric(labels, len(watch.resting))
            slow.add_metric(labels, len(watch.slow))
        yield from (heights, delayed, rests, slow)

    def _of_database(self) -> Iterator[Metric]:
        database, found = self.monitor.database, self.monitor.found
        yield Gauge("souk_database_bytes", "Size of the database and its log", value=found.size_bytes)
        yield Gauge("souk_disk_free_bytes", "Free space on the database's disk", value=found.free_bytes)
        yield Count("souk_transactions", "Transactions", value=database.transactions)
        yield Count("souk_transaction_seconds", "Seconds in transactions", value=database.written_s)
        yield Count("souk_transaction_wait_seconds", "Seconds waited for other writers", value=database.waited_s)

    def _of_the_books(self) -> Iterator[Metric]:
        found = totals.read()
        yield Gauge("souk_customers", "Customers", value=found.customers)
        yield Gauge("souk_orders", "Orders", value=found.orders)
        revenue = Gauge("souk_revenue_minor_units", "Revenue of orders, in minor units", labels=["currency"])
        revenue.add_metric([self.monitor.shop.context.currency], found.revenue_minor)
        deposits = Gauge("souk_deposits", "Deposits", labels=["asset", "state"])
        for asset, state, count in found.deposits:
            deposits.add_metric([asset, state], count)
        yield from (revenue, deposits)
