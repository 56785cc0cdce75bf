"""Liars invent transactions on chains without proofs: no large ones are credited, and few small ones."""

from decimal import Decimal

import pytest

from storage.models import Deposit, LedgerEntry
from tests.shop.payments.inventing import Inventor
from tests.shop.payments.test_witnesses import PATHS, Watched, letters
from wallet.chains import Chain

CHAINS = list(PATHS)
HOURLY_MINOR = 500_00


@pytest.fixture
def watched(database, clock):
    made = Watched(database, clock)
    yield made
    made.close()


def lying(watched: Watched, chain: Chain, **options) -> Inventor:
    """Open a shop with a liar that invents nothing yet."""
    watched.open(chain, **options)
    inventor = Inventor(chain, watched.chains.ledgers[chain])
    watched.liar.change = inventor
    return inventor


def let_pass(watched: Watched, minutes: int = 3) -> None:
    """Make what was shown final, and let the shop look at it again."""
    watched.scan()
    watched.chains.mine({Chain.TRX: "tron"}.get(watched.chain, watched.chain.value.lower()), 80)
    for _ in range(minutes):
        watched.scan()
        watched.later(60)


def credited_of(inventor: Inventor) -> int:
    """Sum what was credited for inventions, in cents."""
    rows = Deposit.select().where(Deposit.txid.in_(list(inventor.made)), Deposit.state == "credited")
    return sum(row.credited_minor for row in rows)


@pytest.mark.parametrize("worth", [500, 5_000, 50_000])
@pytest.mark.parametrize("chain", CHAINS)
def test_an_invention_above_the_limit_is_recorded_denied_and_never_credited(watched, chain, worth):
    inventor = lying(watched, chain)
    inventor.invent(watched.address, worth)
    let_pass(watched)
    assert watched.deposit.held == "denied"
    assert (LedgerEntry.select().count(), letters("admin_contradicted")) == (0, 1)


@pytest.mark.parametrize("worth", [50, 500, 5_000, 50_000])
@pytest.mark.parametrize("chain", CHAINS)
def test_a_liar_asked_last_gains_nothing_above_the_limit_either(watched, chain, worth):
    inventor = lying(watched, chain, liar_first=False)
    inventor.invent(watched.address, worth)
    let_pass(watched)
    assert credited_of(inventor) == watched.stand.balance(watched.person) <= (50_00 if worth == 50 else 0)


@pytest.mark.parametrize("chain", CHAINS)
def test_small_inventions_gain_no_more_than_the_hourly_bound(watched, chain):
    inventor = lying(watched, chain)
    people = [watched.stand.visitor(3_000 + number) for number in range(20)]
    for person in people:
        inventor.invent(watched.stand.address(person, chain), 50)
    let_pass(watched)
    assert 0 < credited_of(inventor) <= HOURLY_MINOR
    assert sum(watched.stand.balance(person) for person in people) == credited_of(inventor)


@pytest.mark.parametrize("chain", CHAINS)
def test_small_inventions_to_one_customer_count_together(watched, chain):
    inventor = lying(watched, chain)
    for _ in range(10):
        inventor.invent(watched.address, 50)
    let_pass(watched)
    assert credited_of(inventor) <= 100_00


@pytest.mark.parametrize("liar_first", [True, False])
@pytest.mark.parametrize("chain", CHAINS)
def test_real_payments_amid_inventions_are_credited_within_the_same_minutes(watched, chain, liar_first):
    inventor = lying(watched, chain, liar_first=liar_first)
    people = [watched.stand.visitor(3_000 + number) for number in range(20)]
    name = {Chain.TRX: "tron"}.get(chain, chain.value.lower())
    for person in people:
        inventor.invent(watched.stand.address(person, chain), 50)
    inventor.invent(watched.address, 5_000)
    paid = {}
    for person, worth in ((watched.person, 300), (people[0], 30), (people[1], 3_000)):
        amount = Decimal(worth) / (150 if chain is Chain.SOL else 1)
        asset = None if chain is Chain.SOL else "USDT"
        paid[watched.chains.pay(name, watched.stand.address(person, chain), amount, asset)] = worth * 100
    let_pass(watched)
    honest = Deposit.select().where(Deposit.txid.in_(list(paid)))
    assert {row.txid: row.credited_minor for row in honest} == paid
    assert credited_of(inventor) <= HOURLY_MINOR


def hiding(question, answer):
    """Show no payment at all."""
    if isinstance(question, list):
        calls = {call["id"]: call for call in question}
        return [hiding(calls[reply["id"]], reply) for reply in answer]
    method = (question or {}).get("method")
    if method in {"eth_getLogs", "getSignaturesForAddress"}:
        return answer | {"result": []}
    if method in {"eth_getTransactionByHash", "eth_getTransactionReceipt", "getTransaction"}:
        return answer | {"result": None}
    if method == "getMultipleAccounts":
        return answer | {"result": answer["result"] | {"value": [None] * len(question["params"][0])}}
    return {} if "value" in (question or {}) else answer


@pytest.mark.parametrize("chain", CHAINS)
def test_payments_hidden_by_the_first_server_are_found_at_another_operator(watched, chain):
    watched.open(chain)
    for _ in range(3):  # every third scan is followed by one at the other operator
        watched.scan()
    watched.liar.change = hiding
    watched.pay(45)
    assert Deposit.select().count() == 0
    let_pass(watched)
    assert watched.stand.balance(watched.person) == 4_500


@pytest.mark.parametrize("chain", CHAINS)
def test_a_large_payment_hidden_by_the_first_server_is_held_with_an_alarm(watched, chain):
    watched.open(chain)
    for _ in range(3):
        watched.scan()
    watched.liar.change = hiding
    watched.pay(3_000)
    let_pass(watched)
    assert (watched.deposit.held, letters("admin_contradicted")) == ("denied", 1)
    watched.liar.change = lambda _question, answer: answer
    let_pass(watched, minutes=5)
    assert watched.stand.balance(watched.person) == 300_000


def test_every_chain_that_needs_witnesses_is_tested():
    assert set(PATHS) == set(CHAINS) == {Chain.ETH, Chain.TRX, Chain.SOL}
