"""Look-ups that customers request: on two threads of their own, in turn, and never too many."""

from collections.abc import Iterator

import pytest

from shop.errors.payments import BeingLookedUp, TooManyLookUps, TransactionUnknown, UnknownAsset
from shop.errors.refusals import TooSoon
from shop.payments.payment_checks import MOST_WAITING, THREADS
from shop.people import Person
from storage.database import Database
from storage.models import Deposit
from tests.conftest import StandingClock
from tests.patience import wait_for
from tests.raw_sql import engine_of
from tests.shop.payments.looking_up import Listener, SlowChain, looking_up
from tests.stand import Stand, World, open_shop
from wallet.chains import Chain

TXID = "ab" * 32
DAY_S = 86_400


@pytest.fixture
def stand(database: Database, clock: StandingClock) -> Stand:
    world = World(database)
    world.chains = {chain: SlowChain(chain, database) for chain in (Chain.BTC, Chain.ETH)}
    return open_shop(database, clock, world=world)


@pytest.fixture
def running(stand: Stand) -> Iterator[Stand]:
    with looking_up(stand):
        yield stand


@pytest.fixture
def person(stand: Stand) -> Person:
    return stand.visitor()


def ask(stand: Stand, person: Person, text: str = TXID, coin: str = "BTC") -> Listener:
    listener = Listener()
    stand.shop.payments.payment_checks.ask(person, coin, text, listener)
    return listener


def answered(listener: Listener) -> object:
    """Wait for the answer, which comes after the place in the queue and the start."""
    wait_for(lambda: len(listener.told) == 3, f"an answer after {listener.told}")
    return listener.told[-1]


def test_a_customers_payment_is_found_and_recorded(running: Stand, person: Person) -> None:
    chain = running.world.chains[Chain.BTC]
    chain.pay(running.address(person, Chain.BTC), 20_000, txid=TXID)
    chain.released.set()
    listener = ask(running, person, f"https://mempool.space/tx/{TXID}?lang=en")
    assert answered(listener) == [TXID]
    assert listener.told[:2] == [1, "begins"]
    assert Deposit.get().txid == TXID


def test_a_payment_that_is_not_found_is_reported_with_the_reason(running: Stand, person: Person) -> None:
    chain = running.world.chains[Chain.BTC]
    chain.pay("bc1qsomebodyelse", 20_000, txid="cd" * 32)
    chain.released.set()
    reasons = {"ab" * 32: "TransactionUnknown", "cd" * 32: "NotYourTransaction"}
    for txid, reason in reasons.items():
        assert answered(ask(running, person, txid)) == reason
        running.clock.pass_s(60)
    chain.down = True
    assert answered(ask(running, person)) == "ChainDelayed"


def test_an_error_is_reported_to_the_customer_and_the_next_one_is_answered(running: Stand, person: Person) -> None:
    chain = running.world.chains[Chain.BTC]
    chain.pay(running.address(person, Chain.BTC), 20_000, txid=TXID)
    chain.released.set()
    engine_of(running.database).execute_sql(
        "CREATE TRIGGER broken BEFORE INSERT ON deposit BEGIN SELECT RAISE(ABORT, 'the disk says no'); END"
    )
    assert answered(ask(running, person)) == "failed"
    engine_of(running.database).execute_sql("DROP TRIGGER broken")
    running.clock.pass_s(60)
    assert answered(ask(running, person)) == [TXID]


def test_a_chain_that_hangs_leaves_a_thread_for_the_others(running: Stand) -> None:
    hanging, healthy = running.world.chains[Chain.BTC], running.world.chains[Chain.ETH]
    healthy.released.set()
    held = ask(running, running.visitor(3_000))
    wait_for(lambda: hanging.held == 1)
    behind = [ask(running, running.visitor(3_001 + number)) for number in range(7)]
    assert answered(ask(running, running.visitor(4_000), coin="ETH")) == "TransactionUnknown"
    assert [listener.told[0] for listener in behind] == list(range(1, 8))
    assert running.shop.payments.payment_checks.waiting == 7
    hanging.released.set()
    assert {answered(listener) for listener in (held, *behind)} == {"TransactionUnknown"}


def test_there_are_two_threads_and_they_end_when_asked_to(running: Stand, person: Person) -> None:
    names = [runner.name for runner in running.shop.runners if runner.name.startswith("look-ups")]
    assert len(names) == THREADS == 2
    running.shop.payments.payment_checks.stop()
    ask(running, person)
    assert running.shop.payments.payment_checks.waiting == 1


def test_a_customer_has_one_look_up_at_a_time_and_a_pause_after_it(running: Stand, person: Person) -> None:
    chain = running.world.chains[Chain.BTC]
    first = ask(running, person)
    running.clock.pass_s(60)
    with pytest.raises(BeingLookedUp):
        ask(running, person)
    chain.released.set()
    assert answered(first) == "TransactionUnknown"
    assert answered(ask(running, person)) == "TransactionUnknown"
    with pytest.raises(TooSoon) as refused:
        ask(running, person)
    assert refused.value.wait_s == 10
    running.clock.pass_s(-DAY_S)
    assert answered(ask(running, person)) == "TransactionUnknown"


def test_the_queue_is_bounded(stand: Stand) -> None:
    listeners = [ask(stand, stand.visitor(5_000 + number)) for number in range(MOST_WAITING)]
    assert [listener.told for listener in listeners] == [[place] for place in range(1, MOST_WAITING + 1)]
    with pytest.raises(TooManyLookUps):
        ask(stand, stand.visitor())


@pytest.mark.parametrize("text", ["", "hello", "ab" * 31, "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"])
def test_text_without_a_transaction_id_starts_no_look_up(stand: Stand, person: Person, text: str) -> None:
    with pytest.raises(TransactionUnknown):
        ask(stand, person, text)
    assert stand.shop.payments.payment_checks.waiting == 0


def test_a_coin_that_the_shop_does_not_take_is_refused(stand: Stand, person: Person) -> None:
    with pytest.raises(UnknownAsset) as refused:
        ask(stand, person, coin="DOGE")
    assert refused.value.code == "DOGE"
