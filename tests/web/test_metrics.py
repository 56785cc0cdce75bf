"""What Prometheus reads, who may read it, and that the dashboard and the alerts use only existing metrics."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from flask import Flask

from shop.jobs import Job, Runner
from shop.metrics import Metrics
from storage.database import Database
from tests.conftest import StandingClock
from tests.monitoring import monitor_of
from tests.stand import Stand, open_shop
from wallet.chains import Chain
from web.metrics import metrics_page

MONITORING = Path(__file__).resolve().parents[2] / "docs" / "monitoring"
TOKEN = "a-token-of-the-tests"


@pytest.fixture
def stand(database: Database, clock: StandingClock) -> Stand:
    return open_shop(database, clock)


def figures(text: bytes) -> dict[str, float]:
    lines = (line for line in text.decode().splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def busy_shop(stand: Stand) -> Metrics:
    """A shop in which everything has happened once."""
    person, monitor, metrics = stand.visitor(), monitor_of(stand), Metrics()
    stand.grant(person, "20.00")
    offer = stand.shop.checkout.offer_product(person, stand.stock("a", "b"), 1)
    stand.shop.checkout.place(person, offer.id)
    stand.world.chains[Chain.BTC].pay(stand.address(person, Chain.BTC), 100_000, block_height=100)
    stand.watch(Chain.BTC).scan()
    monitor.watchdog.watch(Runner("orders", (Job("waiting", 30, stand.shop.waiting.settle),), let_go=lambda: None))
    metrics.telegram_answered("sendMessage", 429)
    metrics.provider_answered("a.example", "RateLimited")
    metrics.update_handled("message", "handled", 0.2)
    monitor.look()
    metrics.watch(monitor)
    return metrics


def test_the_page_shows_what_happened(stand: Stand) -> None:
    shown = figures(busy_shop(stand).text())
    assert shown["souk_healthy"] == 1
    assert shown["souk_customers"] == 1
    assert shown["souk_orders"] == 1
    assert shown['souk_revenue_minor_units{currency="USD"}'] == 1000
    assert shown['souk_deposits{asset="BTC",state="credited"}'] == 1
    assert shown['souk_telegram_calls_total{method="sendMessage",status="429"}'] == 1
    assert shown['souk_provider_calls_total{outcome="RateLimited",server="a.example"}'] == 1
    assert shown['souk_updates_total{kind="message",result="handled"}'] == 1
    assert shown['souk_handler_seconds_bucket{kind="message",le="0.25"}'] == 1
    assert shown['souk_chain_height{chain="BTC"}'] == 100
    assert shown["souk_database_bytes"] > 0
    assert shown["souk_transactions_total"] > 3
    assert shown["souk_memory_bytes"] > 10_000_000


def alerts() -> list[str]:
    """Read the queries of the alert rules."""
    groups = yaml.safe_load((MONITORING / "alerts.yml").read_text("utf-8"))["groups"]
    return [rule["expr"] for group in groups for rule in group["rules"]]


def panels() -> list[str]:
    """Read the queries of the dashboard."""
    dashboard = json.loads((MONITORING / "grafana.json").read_text("utf-8"))
    return [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]


@pytest.mark.parametrize("queries", [alerts, panels])
def test_every_metric_that_is_queried_exists(queries: Callable[[], list[str]], stand: Stand) -> None:
    shown = re.findall(r"^# TYPE (\w+) (\w+)$", busy_shop(stand).text().decode(), re.M)
    ends = {"histogram": ("_bucket", "_sum", "_count")}
    known = {name + end for name, kind in shown for end in ends.get(kind, ("",))}
    named = [set(re.findall(r"\bsouk_\w+", query)) for query in queries()]
    asked = set[str]().union(*named)
    assert len(asked) > 5
    assert asked - known == set()


@pytest.mark.parametrize("given", ["", "Bearer ", "Bearer wrong", TOKEN, f"Bearer {TOKEN}x", "Bearer é"])
def test_nobody_reads_the_metrics_without_the_token(given: str) -> None:
    app = Flask("test")
    app.register_blueprint(metrics_page(lambda: b"secret", token=TOKEN))
    reply = app.test_client().get("/metrics", headers={"Authorization": given})
    assert (reply.status_code, b"secret" in reply.data) == (404, False)
    assert app.test_client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).data == b"secret"


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer "])
def test_without_a_token_the_page_does_not_exist(given: str) -> None:
    app = Flask("test")
    app.register_blueprint(metrics_page(lambda: b"secret", token=""))
    assert app.test_client().get("/metrics", headers={"Authorization": given}).status_code == 404
