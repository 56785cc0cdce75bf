"""Coins that were at an address before its customer got it are never theirs, unless an owner says so."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from shop.assets import ASSETS
from shop.chains.transfers import Head
from shop.errors.refusals import StaleScreen
from shop.outbox import SentMessage
from shop.payments.deposit_views import DepositState
from shop.payments.older_than_address import TOLERANCE_S
from shop.people import Person
from storage.database import Database
from storage.models import Deposit, Outbox
from tests.conftest import StandingClock
from tests.patience import wait_for
from tests.shop.payments.looking_up import Listener, looking_up
from tests.shop.payments.test_locked_rates import dated
from tests.shop.payments.test_witnesses import Watched
from tests.shop.sweeps.test_offline import ACCOUNTS, WATCH
from tests.shop.sweeps.world import World as Emulated
from tests.shop.sweeps.world import emulated
from tests.stand import ADMIN, BOT_ID, Stand, World, audited, letters, open_shop, readers
from wallet.chains import Chain
from wallet.keyring import HotKeyring

HUNDRED_USD = {"BTC": 200_000, "LTC": 125_000_000, "ETH": 5 * 10**16, "TRX": 10**9, "SOL": 666_666_667,
               "USDT_ERC20": 10**8, "USDT_TRC20": 10**8}  # fmt: skip
CALM_S = 301
OWNERS = [ADMIN, 2]
coins = pytest.mark.parametrize("coin", HUNDRED_USD)


@pytest.fixture
def stand(database: Database, clock: StandingClock) -> Stand:
    return open_shop(database, clock, world=World(database, tuple(Chain)))


@pytest.fixture
def person(stand: Stand) -> Person:
    return stand.visitor()


def pay(stand: Stand, person: Person, coin: str, **block: Any) -> None:
    """Show a payment of 100 dollars, final if it is in a block."""
    asset = ASSETS[coin]
    chain, address = stand.world.chains[asset.chain], stand.address(person, asset.chain)
    chain.tip = Head(200, 200, 200)
    index = {Chain.BTC: "0", Chain.LTC: "0", Chain.SOL: address}.get(asset.chain, f"{coin}:{address}")
    txid = block.pop("txid", "ab" * 32)
    if asset.contract is None:
        index = index.replace(f"{coin}:", "native:")
    chain.pay(address, HUNDRED_USD[coin], txid=txid, index=index, asset=coin, **block)


def look(stand: Stand, coin: str) -> None:
    watch = stand.watch(ASSETS[coin].chain)
    for _ in range(3):
        watch.look()
        stand.clock.pass_s(CALM_S)
        stand.shop.payments.rates.refresh()


def told(person: Person) -> int:
    return Outbox.select().where(Outbox.kind == "deposit", Outbox.telegram_id == person.telegram_id).count()


@coins
def test_an_older_transfer_waits_for_an_owner_and_its_customer_hears_nothing(
    stand: Stand, owner: Person, person: Person, coin: str
) -> None:
    stand.address(person, ASSETS[coin].chain)
    pay(stand, person, coin, block_height=100, block_time=stand.clock() - TOLERANCE_S - 1)
    look(stand, coin)
    assert (Deposit.get().state, Deposit.get().held, stand.balance(person)) == ("confirming", "earlier", 0)
    assert (told(person), stand.shop.statements.profile(person).open_deposits) == (0, 0)
    assert stand.shop.statements.coming(person).deposits == ()
    assert readers("admin_held") == OWNERS
    assert letters("admin_seen") == []


@coins
def test_one_within_the_tolerance_is_credited(stand: Stand, person: Person, coin: str) -> None:
    stand.address(person, ASSETS[coin].chain)
    pay(stand, person, coin, block_height=100, block_time=stand.clock() - TOLERANCE_S)
    look(stand, coin)
    assert (Deposit.get().state, stand.balance(person)) == ("credited", 10_000)


def test_an_address_is_as_old_as_its_chains_own(stand: Stand, person: Person) -> None:
    stand.address(person, Chain.BTC)
    stand.clock.pass_s(43_200)
    stand.shop.payments.rates.refresh()
    before = stand.clock() - TOLERANCE_S - 1
    for coin in ("BTC", "ETH"):
        pay(stand, person, coin, block_height=100, block_time=before)
        look(stand, coin)
    assert {row.chain: row.state for row in Deposit.select()} == {"BTC": "credited", "ETH": "confirming"}


def test_an_owner_can_credit_it_at_the_rate_of_that_moment(stand: Stand, owner: Person, person: Person) -> None:
    pay(stand, person, "BTC", block_height=100, block_time=stand.clock() - 86_400)
    look(stand, "BTC")
    for source in stand.world.prices:
        source.quotes["BTC"] = "60000"
    stand.shop.payments.rates.refresh()
    assert stand.shop.payments.deposits.release(owner, Deposit.get().id).state is DepositState.CREDITED
    assert (stand.balance(person), told(person)) == (12_000, 1)
    assert [(action, more["reason"]) for action, _, more in audited()] == [("deposit.released", "earlier")]
    look(stand, "BTC")
    assert stand.balance(person) == 12_000


def test_one_in_no_final_block_is_not_offered_to_the_owners_yet(stand: Stand, owner: Person, person: Person) -> None:
    stand.address(person, Chain.ETH)
    chain = stand.world.chains[Chain.ETH]
    pay(stand, person, "ETH", block_height=199, block_time=stand.clock() - 86_400)
    chain.tip = Head(200, 150, 150)
    look(stand, "ETH")
    assert (Deposit.get().held, letters("admin_held")) == ("earlier", [])
    chain.tip = Head(300, 250, 250)
    look(stand, "ETH")
    assert readers("admin_held") == OWNERS


def test_no_server_is_asked_about_it_once_the_owners_know(stand: Stand, owner: Person, person: Person) -> None:
    pay(stand, person, "BTC", block_height=100, block_time=stand.clock() - 86_400)
    assert stand.shop.payments.deposits.pending(Chain.BTC, quiet_s=0) == []
    stand.watch(Chain.BTC).look()
    assert len(stand.shop.payments.deposits.pending(Chain.BTC, quiet_s=0)) == 1
    look(stand, "BTC")
    chain = stand.world.chains[Chain.BTC]
    assert stand.shop.payments.deposits.pending(Chain.BTC, quiet_s=0) == []
    assert stand.shop.payments.deposits.unsettled(chain.transfers) == []


def test_it_counts_for_nothing_else_the_customer_pays(stand: Stand, person: Person) -> None:
    pay(stand, person, "BTC", block_height=100, block_time=stand.clock() - 86_400)
    look(stand, "BTC")
    valuation = stand.shop.payments.deposits.valuation
    assert valuation.beside(person.id, on=Chain.BTC) == []
    assert valuation.coming(person.id).seen.minor == 0
    stand.world.chains[Chain.BTC].pay(stand.address(person, Chain.BTC), 20_000, txid="cd" * 32, block_height=150)
    look(stand, "BTC")
    assert stand.balance(person) == 1_000


def test_a_customer_who_names_it_hears_that_it_is_not_theirs(stand: Stand, person: Person) -> None:
    pay(stand, person, "BTC", block_height=100, block_time=stand.clock() - 86_400)
    listener = Listener()
    with looking_up(stand):
        stand.shop.payments.payment_checks.ask(person, "BTC", "ab" * 32, listener)
        wait_for(lambda: len(listener.told) == 3, "an answer")
    assert listener.told[-1] == "NotYourTransaction"


@pytest.fixture
def made_ahead(stand: Stand, person: Person) -> None:
    """A customer's address that was made while the clock was five days ahead."""
    stand.clock.pass_s(5 * 86_400)
    stand.address(person, Chain.BTC)
    stand.clock.pass_s(-5 * 86_400)
    stand.shop.payments.rates.refresh()


@pytest.mark.usefixtures("made_ahead")
def test_a_payment_to_an_address_made_while_the_clock_was_ahead_is_credited(stand: Stand, person: Person) -> None:
    pay(stand, person, "BTC", block_height=150, block_time=stand.clock())
    stand.watch(Chain.BTC).look()
    assert stand.balance(person) == 10_000


@pytest.mark.usefixtures("made_ahead")
def test_one_that_is_found_hours_later_waits_for_an_owner_and_its_customer_knows(
    stand: Stand, owner: Person, person: Person
) -> None:
    pay(stand, person, "BTC")
    stand.watch(Chain.BTC).look()
    stand.shop.payments.deposits.announced(Deposit.get().id, SentMessage(BOT_ID, 7))
    chain = stand.world.chains[Chain.BTC]
    [seen] = chain.transfers
    chain.transfers = []
    pay(stand, person, "BTC", txid=seen.txid, block_height=150, block_time=stand.clock() - TOLERANCE_S - 1)
    look(stand, "BTC")
    view = stand.shop.payments.deposits.view(Deposit.get().id)
    assert (view.state, view.is_unknown_to_customer) == (DepositState.VERIFYING, False)
    assert stand.shop.statements.coming(person).deposits == (view,)
    stand.shop.payments.deposits.release(owner, view.id)
    assert stand.balance(person) == 10_000


def test_one_that_its_chain_drops_is_judged_again_in_its_new_block(stand: Stand, person: Person) -> None:
    stand.address(person, Chain.ETH)
    pay(stand, person, "ETH", block_height=199, block_time=stand.clock() - 86_400)
    chain = stand.world.chains[Chain.ETH]
    chain.tip = Head(200, 150, 150)
    stand.watch(Chain.ETH).look()
    number = Deposit.get().id
    for _ in range(2):
        stand.shop.payments.deposits.missed(number)
        stand.clock.pass_s(86_400)
    assert (Deposit.get().state, told(person)) == ("orphaned", 0)
    chain.transfers = []
    pay(stand, person, "ETH", block_height=200, block_time=stand.clock())
    stand.shop.payments.rates.refresh()
    stand.watch(Chain.ETH).scan()
    assert (Deposit.get().state, stand.balance(person)) == ("credited", 10_000)


def test_an_owner_cannot_credit_one_that_its_chain_dropped(stand: Stand, owner: Person, person: Person) -> None:
    pay(stand, person, "BTC", block_height=100, block_time=stand.clock() - 86_400)
    look(stand, "BTC")
    stand.shop.payments.deposits.missed(Deposit.get().id)
    with pytest.raises(StaleScreen) as refused:
        stand.shop.payments.deposits.release(owner, Deposit.get().id)
    assert (refused.value.args, stand.balance(person)) == ((), 0)


@pytest.fixture
def make_world(database: Database, clock: StandingClock) -> Iterator[Any]:
    with emulated(database, clock) as make:
        yield make


def settle(world: Emulated) -> None:
    for _ in range(4):
        for watch in world.shop.payments.watches:
            world.chains.mine(watch.chain.value, 30)
            world.clock.pass_s(120)
            world.shop.payments.rates.refresh()
            watch.look()
            watch.scan()


PAID = (("BTC", "0.5"), ("LTC", "5"), ("TRX", "3000"), ("SOL", "20"))


def test_a_used_account_pays_no_customer(make_world: Any) -> None:
    world = make_world(**WATCH, WALLET_SOL_POOL=ACCOUNTS.address(Chain.SOL, 1).address)
    for coin, amount in PAID:
        used = ACCOUNTS.address(Chain(coin), 1 if coin == "SOL" else 2).address
        world.chains.pay(coin, used, Decimal(amount), None)
        world.chains.mine(coin, 70)
    world.clock.pass_s(4 * 3_600)
    world.shop.payments.rates.refresh()
    assert world.owner.id == 1
    person = world.customer()
    for coin, _ in PAID:
        world.address(person, Chain(coin))
    settle(world)
    assert {row.asset: row.held for row in Deposit.select()} == {coin: "earlier" for coin, _ in PAID}
    assert world.credited() == 0


def test_the_words_of_an_earlier_shop_pay_no_customer_of_this_one_but_a_new_payment_does(make_world: Any) -> None:
    world = make_world()
    owner, old = world.owner, HotKeyring(world.settings.wallet_mnemonic.get_secret_value())
    for coin in ("BTC", "TRX"):
        world.chains.pay(coin, old.address_of(Chain(coin), owner.id + 1).address, Decimal(1), None)
        world.chains.mine(coin, 70)
    world.clock.pass_s(86_400)
    world.shop.payments.rates.refresh()
    person = world.customer()
    assert world.address(person, Chain.BTC) == old.address_of(Chain.BTC, owner.id + 1).address
    world.address(person, Chain.TRX)
    settle(world)
    assert (world.credited(), Deposit.select().where(Deposit.held == "earlier").count()) == (0, 2)
    world.deposit(person, "BTC", "0.001")
    settle(world)
    assert [row.credited_minor for row in Deposit.select().where(Deposit.state == "credited")] == [6_400]


CHAINS = {Chain.ETH: ("eth", "USDT", 900), Chain.TRX: ("tron", "USDT", 3_600), Chain.SOL: ("sol", None, 27_000)}
"""Each chain's name in the emulators, what is paid, and the blocks of three hours."""
chains = pytest.mark.parametrize("chain", CHAINS)
liars = pytest.mark.parametrize("liar_first", [True, False])


@pytest.fixture
def watched(database: Database, clock: StandingClock) -> Iterator[Watched]:
    made = Watched(database, clock)
    yield made
    made.close()


def older(watched: Watched, chain: Chain, worth: int) -> None:
    """Pay the next customer's address five hours before they get it."""
    name, token, blocks = CHAINS[chain]
    keyring = watched.stand.shop.payments.top_ups.addresses.keyring
    address = keyring.address_of(chain, watched.person.id + 1).address
    amount = Decimal(worth) if token else Decimal(worth) / 150
    txid = watched.chains.pay(name, address, amount, token)
    watched.chains.mine(name, 1)
    watched.clock.pass_s(5 * 3_600)
    watched.stand.shop.payments.rates.refresh()
    watched.chains.mine(name, blocks * 2)
    watched.person = watched.stand.visitor(1_002)
    watched.address = watched.stand.address(watched.person, chain)
    watched.stand.watch(chain).find(txid, watched.address)


def newer(watched: Watched, chain: Chain, worth: int) -> None:
    name, token, _ = CHAINS[chain]
    watched.chains.pay(name, watched.address, Decimal(worth) if token else Decimal(worth) / 150, token)
    watched.chains.mine(name, 80)


def minutes(watched: Watched, count: int = 16) -> None:
    for _ in range(count):
        watched.scan()
        watched.later(60)


@chains
@pytest.mark.parametrize("worth", [30, 1_500])
def test_two_servers_that_call_a_transfer_older_are_believed(watched: Watched, chain: Chain, worth: int) -> None:
    stand = watched.open(chain)
    older(watched, chain, worth)
    minutes(watched, 2)
    assert (watched.deposit.held, watched.deposit.witness is None, stand.balance(watched.person)) == (
        *("earlier", False), 0
    )  # fmt: skip
    assert watched.deposit.alarmed_at is not None


@chains
@liars
@pytest.mark.parametrize("worth", [30, 1_500])
def test_one_server_that_calls_a_payment_older_keeps_it_from_nobody(
    watched: Watched, chain: Chain, worth: int, liar_first: bool
) -> None:
    stand = watched.open(chain, liar_first=liar_first, lies=dated(1_600_000_000))
    newer(watched, chain, worth)
    minutes(watched)
    assert stand.balance(watched.person) == worth * 100
    assert letters("admin_held", "admin_contradicted") == []


@chains
@liars
def test_one_server_that_calls_an_older_transfer_newer_passes_it_off_as_nobodys(
    watched: Watched, chain: Chain, liar_first: bool
) -> None:
    stand = watched.open(chain, liar_first=liar_first)

    def just_now(question: Any, answer: Any) -> Any:
        return dated(watched.clock())(question, answer)

    watched.liar.change = just_now
    older(watched, chain, 1_500)
    minutes(watched)
    assert (watched.deposit.held, stand.balance(watched.person)) == ("earlier", 0)


def test_admins_are_told_again_once_a_second_operator_shows_that_it_is_older(watched: Watched) -> None:
    """They were told that such a server would settle it, and now only they can."""

    def just_now(question: Any, answer: Any) -> Any:
        return dated(watched.clock())(question, answer)

    watched.open(Chain.ETH, lies=just_now, alone=True)
    older(watched, Chain.ETH, 1_500)
    minutes(watched)
    assert watched.deposit.held == "unwitnessed"
    first = letters("admin_held")
    assert first
    with watched.database.transaction():
        Outbox.update(sent_at=watched.clock()).execute()
    watched.open(Chain.ETH, lies=just_now)  # the operator of the shop has added a server
    minutes(watched)
    assert watched.deposit.held == "earlier"
    again = Outbox.select().where(Outbox.kind == "admin_held", Outbox.sent_at.is_null()).count()
    assert again == len(first)


def undated(_question: Any, answer: Any) -> Any:
    """Leave the times out of logs, as some nodes do; those of blocks stay."""
    if isinstance(answer, list):
        return [undated(_question, each) for each in answer]
    if isinstance(answer, dict):
        return {key: undated(None, each) for key, each in answer.items() if key != "blockTimestamp"}
    return answer


@pytest.mark.parametrize("chain", [Chain.ETH, Chain.TRX])
@pytest.mark.parametrize("is_older", [True, False])
def test_a_transfer_without_a_time_is_judged_by_the_blocks_since(
    watched: Watched, chain: Chain, is_older: bool
) -> None:
    stand = watched.open(chain, lies=undated)
    (older if is_older else newer)(watched, chain, 30)
    minutes(watched)
    assert watched.deposit.held == ("earlier" if is_older else None)
    assert stand.balance(watched.person) == (0 if is_older else 3_000)


def test_an_old_payment_without_a_time_that_was_found_late_is_credited(watched: Watched) -> None:
    stand = watched.open(Chain.ETH, lies=undated)
    watched.clock.pass_s(86_400)
    txid = watched.chains.pay("eth", watched.address, Decimal(30), "USDT")
    watched.chains.mine("eth", 1)
    watched.clock.pass_s(10 * 86_400)
    watched.chains.mine("eth", 72_000)
    stand.shop.payments.rates.refresh()
    stand.watch(Chain.ETH).find(txid, watched.address)
    assert (stand.balance(watched.person), watched.deposit.witness) == (3_000, "127.0.0.1")


def test_with_a_single_server_the_owners_are_asked_after_a_while(watched: Watched) -> None:
    stand = watched.open(Chain.TRX, alone=True)
    older(watched, Chain.TRX, 30)
    assert (watched.deposit.held, letters("admin_held")) == ("earlier", [])
    watched.clock.pass_s(CALM_S)
    minutes(watched, 2)
    assert readers("admin_held") == OWNERS
    stand.shop.payments.deposits.release(stand.visitor(1), watched.deposit.id)
    assert stand.balance(watched.person) == 3_000
