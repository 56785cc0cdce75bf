"""Which locked rate a payment gets: neither a server that lies about the time of its block nor a customer who holds
a payment back can choose one.
"""

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from shop.chains.tokens import account
from shop.payments.locked_rates import LATE_BLOCK_S
from storage.models import Deposit, TopUp
from tests.shop.payments.test_witnesses import Watched, letters
from tests.stand import open_shop
from wallet.chains import Chain

COINS = {Chain.ETH: ("eth", "ETH", "2000"), Chain.TRX: ("tron", "TRX", "0.1"), Chain.SOL: ("sol", "SOL", "150")}
MONTH_S, HOURS_S = 20 * 86_400, 5 * 3_600
WORTH = 1_500
chains = pytest.mark.parametrize("chain", COINS)


@pytest.fixture
def watched(database, clock):
    made = Watched(database, clock)
    yield made
    made.close()


def dated(moment):
    """Give every block this time."""
    times = {"timestamp": hex(moment), "blockTimestamp": hex(moment), "blockTime": moment}
    times |= {"block_timestamp": moment * 1_000, "blockTimeStamp": moment * 1_000}

    def told(value):
        if isinstance(value, list):
            return [told(each) for each in value]
        if isinstance(value, dict):
            return {key: times[key] if key in times else told(each) for key, each in value.items()}
        return value

    return lambda question, answer: told(json.loads(json.dumps(answer)))


def priced(shop, times):
    _, coin, price = COINS[shop.chain]
    for source in shop.stand.shop.payments.rates.sources:
        source.quotes[coin] = str(Decimal(price) * Decimal(times))
    for _ in range(8):  # a price that leaps is not believed at once
        shop.clock.pass_s(3_600)
        shop.stand.shop.payments.rates.refresh()


def promise(shop):
    """Lock a rate; return when."""
    shop.stand.shop.payments.top_ups.open(shop.person, COINS[shop.chain][1], None)
    return shop.clock()


def pay(shop):
    name, _, price = COINS[shop.chain]
    return shop.chains.pay(name, shop.address, WORTH / Decimal(price), None)


def settle(shop):
    """Let every payment become final, and every address be looked at."""
    shop.chains.mine(COINS[shop.chain][0], 80)
    for _ in range(5):
        shop.scan()
        shop.later(60)


@chains
@pytest.mark.parametrize("liar_first", [True, False])
def test_an_old_time_at_one_server_gets_no_old_rate(watched, chain, liar_first):
    stand = watched.open(chain, liar_first=liar_first)
    priced(watched, "2")
    then = promise(watched)
    watched.clock.pass_s(MONTH_S)
    priced(watched, "1")
    watched.liar.change = dated(then + 60)
    pay(watched)
    settle(watched)
    assert (watched.deposit.state, watched.deposit.top_up_id) == ("credited", None)
    assert (stand.balance(watched.person), letters("admin_contradicted")) == (WORTH * 100, 0)


@chains
@pytest.mark.parametrize("liar_first", [True, False])
def test_an_older_time_does_not_cost_a_later_promise(watched, chain, liar_first):
    stand = watched.open(chain, liar_first=liar_first)
    then = promise(watched)
    watched.clock.pass_s(MONTH_S)
    priced(watched, "2")
    promise(watched)
    if not liar_first:
        watched.liar.change = dated(then + 60)
    pay(watched)
    settle(watched)
    assert watched.deposit.top_up_id == TopUp.select().order_by(TopUp.id.desc()).get().id
    assert stand.balance(watched.person) == 2 * WORTH * 100


@chains
def test_whoever_paid_in_time_while_the_shop_was_off_gets_the_promised_rate(watched, chain):
    stand = watched.open(chain)
    priced(watched, "2")
    promise(watched)
    watched.clock.pass_s(60)
    pay(watched)
    watched.chains.mine(COINS[chain][0], 1)
    watched.clock.pass_s(HOURS_S)
    priced(watched, "1")
    settle(watched)
    assert (watched.deposit.state, watched.deposit.witness) == ("credited", "127.0.0.1")
    assert stand.balance(watched.person) == 2 * WORTH * 100


def test_a_corrected_rate_asks_for_the_finality_of_its_worth(watched):
    stand = watched.open(Chain.ETH, FINALITY_LIMITS="100,1000")
    priced(watched, "0.5")
    then = promise(watched)
    watched.clock.pass_s(MONTH_S)
    priced(watched, "1")
    watched.liar.change = dated(then + 60)
    pay(watched)
    watched.chains.mine("eth", 40)
    watched.scan()
    assert (Deposit.get().finality, Deposit.get().witness, stand.balance(watched.person)) == (
        "finalized",
        "127.0.0.1",
        0,
    )
    settle(watched)
    assert stand.balance(watched.person) == WORTH * 100


def held_back(shop, hours):
    """Let a payment of one ETH, which the customer names at once, wait for a block while ETH falls."""
    promise(shop)
    led = shop.chains.eth
    txid = led.include(to=account(Chain.ETH, shop.address), value=10**18, pending=True)
    led.transactions[txid] = replace(led.transactions[txid], nonce=0, price=1)
    shop.stand.watch(Chain.ETH).find("0x" + txid, shop.address)
    for _ in range(10 * hours):
        shop.chains.mine("eth", 30)
        shop.later(360)
    priced(shop, "0.7")
    led.mine(1)
    led.transactions[txid] = replace(led.transactions[txid], height=led.height)


def test_a_payment_that_waits_for_a_block_for_days_gets_the_rate_of_its_block(watched):
    stand = watched.open(Chain.ETH)
    held_back(watched, hours=24)
    settle(watched)
    assert (watched.deposit.state, watched.deposit.top_up_id) == ("credited", None)
    assert stand.balance(watched.person) == 140_000


def test_a_pending_payment_of_ether_locks_no_rate(watched):
    watched.open(Chain.ETH)
    promise(watched)
    txid = watched.chains.eth.include(to=account(Chain.ETH, watched.address), value=10**18, pending=True)
    watched.stand.watch(Chain.ETH).find("0x" + txid, watched.address)
    assert (watched.deposit.state, watched.deposit.rate) == ("seen", None)
    watched.chains.mine("eth", 1)
    watched.later(60)
    assert (watched.deposit.state, watched.deposit.top_up_id) == ("confirming", TopUp.get().id)


@pytest.fixture
def stand(database, clock):
    return open_shop(database, clock)


@pytest.fixture
def paid(stand, clock):
    """Pay 50 dollars in BTC for a locked rate, let some time pass while BTC falls, and let a block take it."""

    def pay(**waited):
        person, chain = stand.visitor(), stand.world.chains[Chain.BTC]
        stand.shop.payments.top_ups.open(person, "BTC", None)
        chain.pay(stand.address(person, Chain.BTC), 100_000, **{"replaceable": False, **waited})
        stand.watch(Chain.BTC).look()
        return person

    return pay


def mined_after(stand, seconds):
    chain, watch = stand.world.chains[Chain.BTC], stand.watch(Chain.BTC)
    for source in stand.world.prices:
        source.quotes["BTC"] = "30000"
    for _ in range(10):
        stand.clock.pass_s(seconds // 10)
        stand.shop.payments.rates.refresh()
        watch.look()
    chain.mine(7)
    chain.transfers = [replace(each, block_time=stand.clock.now, replaceable=False) for each in chain.transfers]
    stand.clock.pass_s(300)
    watch.look()


@pytest.mark.parametrize(("seconds", "credited"), [(LATE_BLOCK_S - 60, 5_000), (LATE_BLOCK_S + 60, 3_000)])
def test_a_locked_rate_holds_for_a_payment_whose_block_comes_soon(stand, paid, seconds, credited):
    person = paid()
    assert Deposit.get().top_up_id == TopUp.get().id
    mined_after(stand, seconds)
    assert stand.balance(person) == credited


def test_a_payment_without_a_block_loses_its_locked_rate_while_it_waits(stand, paid):
    paid()
    stand.clock.pass_s(LATE_BLOCK_S + 1)
    stand.watch(Chain.BTC).look()
    assert (Deposit.get().rate, Deposit.get().top_up_id) == (None, None)


def test_a_replaceable_payment_counts_from_its_block_also_once_nothing_shows_that_it_was(stand, paid):
    person = paid(replaceable=True)
    mined_after(stand, 3_600)
    assert stand.balance(person) == 3_000
