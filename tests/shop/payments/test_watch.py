"""Watching a chain: nothing is missed, nothing changes because a server is down, and the cursor never runs ahead."""

from dataclasses import replace
from typing import Any

import pytest
from peewee import IntegrityError, OperationalError

from shop.chains.transfers import Head, Looks
from shop.payments.outages import ALARM_AFTER_S
from shop.payments.watch import ChainWatch
from shop.people import Person
from storage.database import Database
from storage.models import ChainCursor, Deposit, Outbox
from tests.conftest import StandingClock
from tests.raw_sql import engine_of
from tests.stand import OVERLAP, ScriptedChain, Stand, open_shop
from wallet.chains import Chain

TEN_USD = 20_000


@pytest.fixture
def chain(stand: Stand) -> ScriptedChain:
    return stand.world.chains[Chain.BTC]


@pytest.fixture
def watch(stand: Stand) -> ChainWatch:
    return stand.watch(Chain.BTC)


@pytest.fixture
def person(stand: Stand) -> Person:
    return stand.visitor()


@pytest.fixture
def address(stand: Stand, person: Person) -> str:
    return stand.shop.payments.top_ups.open(person, "BTC", None).address


def look(stand: Stand, watch: ChainWatch, *, after_s: int = 60) -> None:
    stand.clock.pass_s(after_s)
    watch.look()


def state() -> str:
    return Deposit.get().state


def cursor() -> str | None:
    return ChainCursor.read(Chain.BTC.value, "sweep")


def test_a_fresh_address_is_watched_and_followed_to_the_end(
    stand: Stand, chain: ScriptedChain, watch: ChainWatch, person: Person, address: str
) -> None:
    chain.pay(address, TEN_USD)
    look(stand, watch)
    assert (state(), stand.balance(person)) == ("seen", 0)
    chain.mine()
    look(stand, watch)
    assert (state(), stand.balance(person)) == ("credited", 1000)


def test_with_nothing_fresh_and_nothing_pending_no_server_is_asked(
    stand: Stand, chain: ScriptedChain, watch: ChainWatch, address: str
) -> None:
    look(stand, watch, after_s=90_000)
    assert chain.asked == []
    assert address


def test_a_pending_deposit_is_followed_although_its_screen_is_old(
    stand: Stand, chain: ScriptedChain, watch: ChainWatch, person: Person, address: str
) -> None:
    chain.pay(address, 100_000_000)
    look(stand, watch)
    stand.clock.pass_s(90_000)
    chain.mine(6)
    watch.look()
    assert chain.asked[-1] == "find"
    stand.shop.payments.rates.refresh()
    look(stand, watch)
    assert state() == "credited"


def test_a_replaced_transfer_is_orphaned_and_its_replacement_counts(
    stand: Stand, chain: ScriptedChain, watch: ChainWatch, person: Person, address: str
) -> None:
    first = chain.pay(address, TEN_USD, txid="first", replaceable=True)
    look(stand, watch)
    chain.transfers.remove(first)
    chain.pay(address, TEN_USD, txid="second")
    for _ in range(12):
        look(stand, watch)
    chain.mine()
    look(stand, watch)
    assert {row.txid: row.state for row in Deposit.select()} == {"first": "orphaned", "second": "credited"}
    assert stand.balance(person) == 1000


def test_an_orphan_that_is_mined_in_the_end_is_credited_by_a_scan(
    stand: Stand, chain: ScriptedChain, watch: ChainWatch, person: Person, address: str
) -> None:
    watch.scan()
    lost = chain.pay(address, TEN_USD)
    look(stand, watch)
    chain.transfers.remove(lost)
    for _ in range(12):
        look(stand, watch)
    assert state() == "orphaned"
    stand.clock.pass_s(90_000)
    stand.shop.payments.rates.refresh()
    chain.transfers.append(lost)
    chain.mine()
    watch.scan()
    assert (state(), stand.balance(person)) == ("credited", 1000)


def test_the_output_of_another_transaction_is_not_taken_for_the_missing_one(
    stand: Stand, chain: ScriptedChain, watch: ChainWatch, address: str
) -> None:
    chain.pay(address, TEN_USD, index="0")
    look(stand, watch)
    chain.transfers[0] = replace(chain.transfers[0], index="1", address="bc1qelsewhere")
    for _ in range(12):
        look(stand, watch)
    assert [(row.output_index, row.state) for row in Deposit.select()] == [("0", "orphaned")]


def test_after_three_days_of_downtime_everything_is_found_before_anything_expires(
    stand: Stand, chain: ScriptedChain, watch: ChainWatch, person: Person, address: str
) -> None:
    watch.scan()
    chain.pay(address, TEN_USD, txid="one", block_height=101)
    chain.pay(address, TEN_USD, txid="two", block_height=400)
    chain.tip = Head(532)
    stand.clock.pass_s(3 * 86_400)
    stand.shop.payments.rates.refresh()
    watch.scan()
    assert stand.balance(person) == 2000
    assert cursor() == "532"


def test_a_scan_overlaps_the_last_one(
    stand: Stand, chain: ScriptedChain, watch: ChainWatch, person: Person, address: str
) -> None:
    watch.scan()
    chain.pay(address, TEN_USD, block_height=100 - OVERLAP)
    watch.scan()
    watch.scan()
    assert stand.balance(person) == 1000


def test_the_cursor_stays_where_it_is_when_a_transfer_cannot_be_stored(
    stand: Stand, chain: ScriptedChain, watch: ChainWatch, person: Person, address: str
) -> None:
    watch.scan()
    good = chain.pay(address, TEN_USD, txid="good", block_height=101)
    chain.pay(address, TEN_USD, txid="bad", block_height=101)
    chain.tip = Head(101)
    engine_of(stand.database).execute_sql(
        "CREATE TRIGGER broken BEFORE INSERT ON deposit WHEN NEW.txid = 'bad'"
        " BEGIN SELECT RAISE(ABORT, 'the disk says no'); END"
    )
    with pytest.raises(IntegrityError) as raised:
        watch.scan()
    assert "the disk says no" in str(raised.value)
    assert cursor() == "100"
    assert (stand.balance(person), [row.txid for row in Deposit.select()]) == (1000, [good.txid])
    engine_of(stand.database).execute_sql("DROP TRIGGER broken")
    watch.scan()
    assert (cursor(), stand.balance(person)) == ("101", 2000)


def test_a_full_disk_does_not_set_any_transfer_aside(
    stand: Stand, chain: ScriptedChain, watch: ChainWatch, address: str
) -> None:
    watch.scan()
    for number in range(200):
        chain.pay(address, TEN_USD, txid=f"paid-{number}", block_height=101)
    chain.tip = Head(101)
    engine = engine_of(stand.database)
    [(pages,)] = engine.execute_sql("PRAGMA page_count").fetchall()
    engine.execute_sql(f"PRAGMA max_page_count = {pages}")
    for _ in range(5):
        with pytest.raises(OperationalError, match="full"):
            watch.scan()
        assert cursor() == "100"
    assert Deposit.select().count() < 200
    engine.execute_sql("PRAGMA max_page_count = 1000000")
    watch.scan()
    assert (cursor(), Deposit.select().count()) == ("101", 200)


def test_an_unrecordable_transfer_holds_up_no_other_and_is_set_aside_after_three_attempts(
    stand: Stand,
    chain: ScriptedChain,
    watch: ChainWatch,
    person: Person,
    address: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    watch.scan()
    chain.pay(address, TEN_USD, txid="bad", block_height=101)
    chain.pay(address, TEN_USD, txid="good", block_height=101)
    chain.tip = Head(101)
    engine_of(stand.database).execute_sql(
        "CREATE TRIGGER broken BEFORE INSERT ON deposit WHEN NEW.txid = 'bad'"
        " BEGIN SELECT RAISE(ABORT, 'the disk says no'); END"
    )
    for _ in range(3):
        with pytest.raises(IntegrityError):
            watch.scan()
        assert (cursor(), stand.balance(person)) == ("100", 1000)
    told = [record.getMessage() for record in caplog.records if record.exc_info]
    assert ["set aside" in each for each in told if "bad" in each] == [False, False, True]
    watch.scan()
    assert cursor() == "101"
    engine_of(stand.database).execute_sql("DROP TRIGGER broken")
    ChainWatch(watch.context, chain, watch.deposits, watch.pace).scan()
    assert stand.balance(person) == 2000


def test_a_server_outage_changes_no_state_and_moves_no_cursor(
    stand: Stand, chain: ScriptedChain, watch: ChainWatch, person: Person, address: str
) -> None:
    watch.scan()
    chain.pay(address, TEN_USD)
    look(stand, watch)
    chain.down = True
    chain.mine(5)
    for _ in range(50):
        look(stand, watch)
        watch.scan()
        watch.check_credited()
    assert (state(), cursor(), stand.balance(person)) == ("seen", "100", 0)
    assert Deposit.get().missing_since is None
    assert watch.delayed
    chain.down = False
    stand.shop.payments.rates.refresh()
    look(stand, watch)
    watch.scan()
    assert (state(), stand.balance(person), watch.delayed) == ("credited", 1000, False)


def test_one_chains_outage_does_not_affect_the_others(stand: Stand, chain: ScriptedChain) -> None:
    chain.down = True
    for watch in stand.shop.payments.watches:
        watch.scan()
    assert [watch.chain for watch in stand.shop.payments.watches if watch.delayed] == [Chain.BTC]


def test_a_lasting_outage_is_reported_to_the_admins_once_and_so_is_its_end(
    stand: Stand, chain: ScriptedChain, watch: ChainWatch
) -> None:
    def told() -> list[str]:
        return [row.kind for row in Outbox.select().where(Outbox.telegram_id == 1).order_by(Outbox.id)]

    chain.down = True
    watch.scan()
    stand.clock.pass_s(ALARM_AFTER_S - 1)
    watch.scan()
    assert told() == []
    for _ in range(3):
        stand.clock.pass_s(60)
        watch.scan()
    assert told() == ["admin_delayed"]
    chain.down = False
    watch.scan()
    watch.scan()
    assert told() == ["admin_delayed", "admin_answers"]


def test_a_short_outage_is_not_reported(stand: Stand, chain: ScriptedChain, watch: ChainWatch) -> None:
    chain.down = True
    watch.scan()
    chain.down = False
    watch.scan()
    assert Outbox.select().count() == 0
    assert not watch.delayed


def test_a_credited_transfer_that_the_chain_dropped_is_noticed(
    stand: Stand, chain: ScriptedChain, watch: ChainWatch, person: Person, address: str
) -> None:
    chain.pay(address, TEN_USD)
    chain.mine()
    look(stand, watch)
    assert stand.balance(person) == 1000
    chain.transfers.clear()
    for _ in range(3):
        stand.clock.pass_s(400)
        watch.check_credited()
    alarms = [row for row in Outbox.select() if row.kind == "admin_vanished"]
    assert len(alarms) == 2
    assert stand.balance(person) == 1000


def test_two_watchers_at_the_same_moment_credit_once(
    stand: Stand, chain: ScriptedChain, watch: ChainWatch, person: Person, address: str, at_once: Any
) -> None:
    watch.scan()
    for number in range(10):
        chain.pay(address, TEN_USD // 4, txid=f"tx{number}")
    chain.mine()
    stand.clock.pass_s(60)
    assert at_once(watch.look, watch.scan, watch.look, watch.scan) == [None] * 4
    assert stand.balance(person) == 2_500


def test_a_transaction_named_by_a_customer_is_found_and_recorded(
    stand: Stand, chain: ScriptedChain, watch: ChainWatch, person: Person, address: str
) -> None:
    chain.pay(address, TEN_USD, txid="mine")
    chain.pay("bc1qsomebodyelse", TEN_USD, txid="theirs")
    chain.mine()
    assert [transfer.txid for transfer in watch.find("mine", address)] == ["mine"]
    assert watch.find("theirs", address) == ()
    assert stand.balance(person) == 1000


def test_a_look_stays_within_its_budget_and_those_who_waited_longest_go_first(
    stand: Stand, chain: ScriptedChain, watch: ChainWatch
) -> None:
    people = [stand.visitor(3000 + number) for number in range(200)]
    addresses = {stand.shop.payments.top_ups.open(person, "BTC", None).address for person in people}
    for _ in range(2):
        look(stand, watch, after_s=10)
    assert [len(each) for each in chain.peeked] == [120, 120], "6 questions of 20 addresses"
    assert {address for each in chain.peeked for address in each} == addresses


def test_credited_deposits_are_checked_at_ever_longer_intervals(
    stand: Stand, chain: ScriptedChain, watch: ChainWatch, address: str
) -> None:
    chain.pay(address, TEN_USD)
    chain.mine()
    look(stand, watch)
    chain.asked.clear()
    for _ in range(96):
        stand.clock.pass_s(900)
        watch.check_credited()
    assert chain.asked.count("find") == 7, "after 1, 2, 4 … 64 quarters of an hour"


def test_the_head_is_not_requested_while_a_look_shows_nothing_new(
    stand: Stand, chain: ScriptedChain, watch: ChainWatch, address: str
) -> None:
    chain.pay(address, TEN_USD)
    chain.mine()
    look(stand, watch)
    assert state() == "credited"
    chain.asked.clear()
    look(stand, watch)
    assert chain.asked == ["peek"]


@pytest.mark.parametrize("minutes", [30, 120])
def test_an_address_is_checked_often_while_its_rate_is_locked(
    database: Database, clock: StandingClock, minutes: int
) -> None:
    stand = open_shop(database, clock, RATE_LOCK_MINUTES=str(minutes))
    chain, watch = stand.world.chains[Chain.BTC], stand.watch(Chain.BTC)
    chain.plan = replace(chain.plan, looks=Looks(10, ((10_000, 300),)))
    stand.shop.payments.top_ups.open(stand.visitor(), "BTC", None)
    clock.pass_s(minutes * 60 - 30)
    for _ in range(6):
        look(stand, watch, after_s=10)
    assert len(chain.peeked) == 6
    clock.pass_s(100)
    for _ in range(30):
        look(stand, watch, after_s=10)
    assert len(chain.peeked) == 6 + 1
