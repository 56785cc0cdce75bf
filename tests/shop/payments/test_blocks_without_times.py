"""A payment whose block has no time is judged by the blocks since, and a guess never takes it from its customer."""

from shop.chains.transfers import Head
from shop.people import Person
from storage.database import Database
from storage.models import Deposit
from tests.conftest import StandingClock
from tests.stand import Stand, World, open_shop
from wallet.chains import Chain

SLOT_S = 12
TWENTY_USD, HUNDRED_USD = 10**16, 5 * 10**16


def pass_s(stand: Stand, seconds: int) -> None:
    """Let time pass, in which Ethereum makes its blocks."""
    stand.clock.pass_s(seconds)
    chain = stand.world.chains[Chain.ETH]
    latest = chain.tip.latest + seconds // SLOT_S
    chain.tip = Head(latest, latest - 32, latest - 64)
    stand.shop.payments.rates.refresh()


def look(stand: Stand, times: int, *, every_s: int) -> None:
    for _ in range(times):
        pass_s(stand, every_s)
        stand.watch(Chain.ETH).look()


def open_with_customer(database: Database, clock: StandingClock, **settings: str) -> tuple[Stand, Person, str]:
    stand = open_shop(database, clock, world=World(database, tuple(Chain)), **settings)
    person = stand.visitor()
    address = stand.address(person, Chain.ETH)
    stand.world.chains[Chain.ETH].tip = Head(3_000, 2_968, 2_936)
    stand.watch(Chain.ETH).scan()
    pass_s(stand, 300)
    return stand, person, address


def pay(stand: Stand, address: str, units: int, **block: int) -> None:
    chain = stand.world.chains[Chain.ETH]
    chain.pay(
        address, units, txid="ab" * 32, index=f"native:{address}", **({"block_height": chain.tip.latest} | block)
    )


def test_one_that_waits_for_a_second_server_overnight_stays_its_customers(
    database: Database, clock: StandingClock
) -> None:
    stand, _, address = open_with_customer(database, clock, WITNESS_ABOVE="50")
    pay(stand, address, HUNDRED_USD)
    stand.watch(Chain.ETH).scan()
    look(stand, 40, every_s=900)
    assert (Deposit.get().held, Deposit.get().alarmed_at) == ("unwitnessed", None)


def test_one_found_hours_later_is_credited_though_nobody_knows_its_time(
    database: Database, clock: StandingClock
) -> None:
    stand, person, address = open_with_customer(database, clock)
    pay(stand, address, TWENTY_USD)
    pass_s(stand, 8 * 3_600)
    stand.watch(Chain.ETH).find("ab" * 32, address)
    look(stand, 4, every_s=301)
    assert (Deposit.get().state, Deposit.get().held, stand.balance(person)) == ("credited", None, 2_000)


def test_one_that_is_certainly_older_is_left_to_the_admins(database: Database, clock: StandingClock) -> None:
    stand, person, address = open_with_customer(database, clock)
    pay(stand, address, TWENTY_USD, block_height=1_000)  # more than 6 hours of slots
    stand.watch(Chain.ETH).find("ab" * 32, address)
    look(stand, 4, every_s=301)
    assert (Deposit.get().state, Deposit.get().held, stand.balance(person)) == ("confirming", "earlier", 0)
    assert Deposit.get().alarmed_at is not None
