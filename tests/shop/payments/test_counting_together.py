"""What a customer pays within the hour counts together, on whatever chain, for a witness and for an owner."""

import pytest

from shop.assets import ASSETS
from shop.chains.transfers import Head, Transfer
from shop.people import Person
from storage.database import Database
from storage.models import Deposit
from tests.conftest import StandingClock
from tests.plans import Recorder
from tests.raw_sql import engine_of
from tests.stand import QUOTES, Stand, World, open_shop
from wallet.chains import Chain

pytestmark = pytest.mark.usefixtures("books_add_up_in_the_end")
COINS = {"USDT_ERC20": 1, "USDT_TRC20": 1, "SOL": 150}
"""A coin of each chain without proofs, and its price."""
HOUR_S = 3_600


@pytest.fixture
def stand(request: pytest.FixtureRequest, database: Database, clock: StandingClock) -> Stand:
    """A shop with the rules that the test names."""
    return open_shop(database, clock, world=World(database, tuple(Chain)), **getattr(request, "param", {}))


@pytest.fixture
def person(stand: Stand) -> Person:
    return stand.visitor()


def pay(stand: Stand, person: Person, code: str, worth: int, *, block: int | None = 100) -> Deposit:
    """Show a payment of this value in whole dollars, final if it is in a block; return its record."""
    asset = ASSETS[code]
    units = worth * 10**asset.decimals // int(QUOTES[asset.price_id])
    txid = f"{Deposit.select().count():064x}"
    transfer = Transfer(asset.chain, txid, "0", stand.address(person, asset.chain), asset, units, block)
    stand.shop.payments.deposits.observe(transfer, Head(200, 200, 200))
    return Deposit.select().order_by(Deposit.id.desc()).get()


def held(stand: Stand, person: Person, worth: int) -> list[str | None]:
    return [pay(stand, person, code, worth).held for code in COINS]


@pytest.mark.parametrize("stand", [{"WITNESS_ABOVE": "100"}], indirect=True)
def test_small_payments_on_several_chains_need_a_witness_together(stand: Stand, person: Person) -> None:
    assert held(stand, person, 90) == [None, "unwitnessed", "unwitnessed"]
    assert stand.balance(person) == 9_000


@pytest.mark.parametrize("stand", [{"WITNESS_ABOVE": "100"}], indirect=True)
def test_a_payment_that_is_in_no_block_yet_counts_as_well(stand: Stand, person: Person) -> None:
    pay(stand, person, "ETH", 90, block=None)
    assert pay(stand, person, "USDT_TRC20", 90).held == "unwitnessed"
    assert stand.balance(person) == 0


@pytest.mark.parametrize("stand", [{"WITNESS_ABOVE": "100"}, {"DEPOSIT_CEILING": "100"}], indirect=True)
def test_neither_another_customers_payment_counts_nor_one_of_an_hour_ago(stand: Stand, person: Person) -> None:
    assert pay(stand, stand.visitor(1002), "ETH", 90).held is None
    assert pay(stand, person, "SOL", 90).held is None
    stand.clock.pass_s(HOUR_S + 1)
    stand.shop.payments.rates.refresh()
    assert pay(stand, person, "USDT_TRC20", 90).held is None
    assert stand.balance(person) == 18_000


@pytest.mark.parametrize("stand", [{"WITNESS_ABOVE": "100", "DEPOSIT_CEILING": "1000"}], indirect=True)
@pytest.mark.parametrize("block", [100, None])
def test_what_stays_open_on_another_chain_counts_for_an_hour(stand: Stand, person: Person, block: int | None) -> None:
    pay(stand, person, "BTC", 2_000, block=block)
    assert pay(stand, person, "SOL", 5).held == "unwitnessed"
    stand.clock.pass_s(30 * 24 * HOUR_S)
    stand.shop.payments.rates.refresh()
    later = pay(stand, person, "SOL", 5)
    assert (later.held, later.state) == (None, "credited")


@pytest.mark.parametrize("stand", [{"WITNESS_ABOVE": "100"}], indirect=True)
def test_what_has_no_rate_on_another_chain_holds_nothing_up(stand: Stand, person: Person) -> None:
    for source in stand.world.prices:
        source.quotes = {code: quote for code, quote in QUOTES.items() if code != "BTC"}
    stand.clock.pass_s(24 * HOUR_S)
    stand.shop.payments.rates.refresh()
    assert pay(stand, person, "BTC", 2_000).rate is None
    assert pay(stand, person, "SOL", 5).held is None
    for source in stand.world.prices:
        source.quotes = QUOTES
    stand.shop.payments.rates.refresh()
    assert pay(stand, person, "SOL", 5).held == "unwitnessed"


@pytest.mark.parametrize("stand", [{"DEPOSIT_CEILING": "10000"}], indirect=True)
def test_payments_on_several_chains_reach_the_ceiling_together(stand: Stand, person: Person) -> None:
    assert held(stand, person, 4_000) == [None, None, "ceiling"]
    assert pay(stand, person, "BTC", 4_000).held == "ceiling"
    assert stand.balance(person) == 800_000


@pytest.mark.parametrize("stand", [{"UNWITNESSED_PER_HOUR": "100"}], indirect=True)
def test_one_servers_word_is_good_for_as_much_on_each_chain(stand: Stand, person: Person) -> None:
    assert held(stand, person, 90) == [None, None, None]
    assert pay(stand, person, "ETH", 90).held == "unwitnessed"


@pytest.mark.parametrize("stand", [{"WITNESS_ABOVE": "100", "DEPOSIT_CEILING": "100"}], indirect=True)
def test_a_customers_payments_are_found_through_an_index(stand: Stand, person: Person) -> None:
    recorder = Recorder()
    with recorder.listening():
        pay(stand, person, "SOL", 90)
    sums = [each for each in recorder.statements if each.place.endswith((":unsafe_of", ":credited_to"))]
    assert {each.place.rpartition(":")[2] for each in sums} == {"unsafe_of", "credited_to"}
    for each in sums:
        plan = engine_of(stand.database).execute_sql(f"EXPLAIN QUERY PLAN {each.sql}", each.values).fetchall()
        assert "USING INDEX deposit_of_customer" in plan[0][-1]
        assert len(plan) == 1


def test_payments_on_other_chains_change_nothing_about_the_blocks_that_one_waits_for(
    stand: Stand, person: Person
) -> None:
    alone = pay(stand, stand.visitor(1002), "BTC", 40).finality
    pay(stand, person, "SOL", 900)
    assert pay(stand, person, "BTC", 40).finality == alone
    assert pay(stand, person, "BTC", 40).finality != alone


@pytest.mark.parametrize(
    "stand",
    [{"WITNESS_ABOVE": "100"}, {"UNWITNESSED_PER_HOUR": "100"}, {"DEPOSIT_CEILING": "100"}],
    indirect=True,
)
@pytest.mark.parametrize("ahead_s", [60, 365 * 24 * HOUR_S])
def test_what_was_credited_while_the_clock_was_ahead_counts_no_longer_than_two_hours(
    stand: Stand, person: Person, ahead_s: int
) -> None:
    stand.clock.pass_s(ahead_s)
    stand.shop.payments.rates.refresh()
    assert pay(stand, person, "SOL", 90).held is None
    stand.clock.pass_s(-ahead_s)
    if ahead_s < HOUR_S:
        assert pay(stand, person, "SOL", 90).held is not None, "it was credited just now"
        stand.clock.pass_s(2 * HOUR_S)
        stand.shop.payments.rates.refresh()
        with stand.database.transaction():
            Deposit.update(state="orphaned").where(Deposit.state != "credited").execute()
    assert pay(stand, person, "SOL", 90).held is None
