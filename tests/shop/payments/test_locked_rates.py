"""Which locked rate a payment gets: a server that lies about the time of its block cannot choose an old one."""

import json
from decimal import Decimal

import pytest

from storage.models import Deposit, TopUp
from tests.shop.payments.test_witnesses import Watched, letters
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
        shop.sweep()
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
    watched.sweep()
    assert (Deposit.get().finality, Deposit.get().witness, stand.balance(watched.person)) == (
        "finalized",
        "127.0.0.1",
        0,
    )
    settle(watched)
    assert stand.balance(watched.person) == WORTH * 100
