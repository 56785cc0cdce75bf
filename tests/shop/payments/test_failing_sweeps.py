"""Scans that fail while looks succeed: the chain counts as delayed, the admins are told, and nothing is lost."""

from decimal import Decimal

import pytest

from shop.payments.outages import ALARM_AFTER_S
from shop.payments.watch import SCANS_FAIL_S
from storage.models import Deposit, Outbox
from tests.shop.chains.lying import each
from tests.shop.payments.test_witnesses import Watched
from tests.stand import ADMIN
from wallet.chains import Chain

CUSTOMERS = 120
REFUSED = {"code": -32602, "message": "the query is refused"}


@pytest.fixture
def watched(database, clock):
    made = Watched(database, clock)
    yield made
    made.close()


@pytest.fixture
def old(watched):
    """Give out many addresses of Ethereum, long ago: only scans look at them now. Return one of them."""
    watched.open(Chain.ETH, alone=True)
    people = [watched.stand.visitor(5_000 + number) for number in range(CUSTOMERS)]
    addresses = [watched.stand.address(person, Chain.ETH) for person in people]
    watched.scan()
    watched.clock.pass_s(2 * 86_400)
    watched.stand.shop.payments.rates.refresh()
    return addresses[7]


def refusing(more_than, error):
    """Refuse to look for transfers to more recipients than this at once."""

    @each
    def change(question, answer):
        topics = question["params"][0]["topics"] if question["method"] == "eth_getLogs" else []
        if len(topics) > 2 and len(topics[2]) > more_than:
            return {"jsonrpc": "2.0", "id": question["id"], "error": error}
        return answer

    return change


def minutes(watched, count):
    """Let minutes pass, with customers who come to pay, while the shop's threads look and scan."""
    watch, stand = watched.stand.watch(Chain.ETH), watched.stand
    stand.shop.payments.top_ups.open(watched.person, "ETH", None)
    found = []
    for _ in range(count):
        watched.chains.mine("eth", 5)
        watch.scan()
        for _ in range(3):
            watched.later(20)
        found.append(watch.delayed)
    return found


def told(kind):
    return Outbox.select().where(Outbox.kind == kind, Outbox.telegram_id == ADMIN).count()


def test_a_chain_whose_scans_fail_is_delayed_whatever_looks_find(watched, old):
    watched.liar.change = refusing(CUSTOMERS // 2, REFUSED)
    delayed = minutes(watched, 10)
    assert delayed == [number * 60 >= SCANS_FAIL_S for number in range(1, 11)]
    assert watched.stand.shop.payments.delayed == ("ETH",)
    assert "JSON-RPC error" in watched.stand.watch(Chain.ETH).reason
    assert told("admin_delayed") == 1
    watched.liar.change = lambda _question, answer: answer
    assert minutes(watched, 10)[-1] is False
    assert told("admin_answers") == 1


def test_scans_that_fail_for_a_moment_are_not_reported(watched, old):
    watched.liar.change = refusing(CUSTOMERS // 2, REFUSED)
    minutes(watched, (SCANS_FAIL_S + ALARM_AFTER_S) // 60 - 2)
    watched.liar.change = lambda _question, answer: answer
    minutes(watched, 10)
    assert told("admin_delayed") == 0


@pytest.mark.parametrize(
    "text",
    [
        "exceed max topics: 50",
        "exceed max addresses or topics per search position",
        "too many addresses in the filter",
    ],
)
def test_a_node_that_takes_few_recipients_at_once_is_asked_for_fewer(watched, old, text):
    watched.liar.change = refusing(50, {"code": -32602, "message": text})
    watched.chains.pay("eth", old, Decimal(50), "USDT")
    watched.chains.mine("eth", 100)
    assert not any(minutes(watched, 3))
    assert (Deposit.get().state, Deposit.get().credited_minor) == ("credited", 5_000)
