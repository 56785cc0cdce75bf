"""Incoming money: every transfer is credited in full and once, and nothing else is."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from shop.assets import ASSETS
from shop.chains.transfers import Head, Transfer
from shop.outbox import SentMessage
from shop.payments.deposit_views import DepositState, DepositView
from shop.people import Person
from storage.models import ChainCursor, Deposit, LedgerEntry, Outbox
from tests.stand import BOT_ID, Stand, open_shop
from wallet.chains import Chain

BTC_UNIT = 100_000_000
TEN_USD = 20_000
"""Satoshi that are worth 10.00 at 50 000."""
SMALL = 999
"""Satoshi, one below the minimum: 0.4995 USD."""


@pytest.fixture(autouse=True)
def _the_books_add_up_in_the_end(stand: Stand, books_add_up: Callable[[], None]):
    yield
    books_add_up()
    credited = sum(row.credited_minor for row in Deposit.select().where(Deposit.state == "credited"))
    entries = LedgerEntry.select().where(LedgerEntry.key.startswith("deposit:"))
    assert credited == sum(entry.amount_minor for entry in entries)


@pytest.fixture
def person(stand: Stand) -> Person:
    return stand.visitor()


@pytest.fixture
def pay(stand: Stand, person: Person) -> Callable[..., Transfer]:
    """Show a transfer to a customer's BTC address: unconfirmed, unless it is given a block."""

    def pay(
        units: int = TEN_USD, *, to: Person = person, txid: str = "aa", index: str = "0", **more: Any
    ) -> Transfer:
        address = stand.address(to, Chain.BTC)
        return Transfer(Chain.BTC, txid, index, address, ASSETS["BTC"], units, **more)

    return pay


def see(stand: Stand, transfer: Transfer, *, tip: int = 100, block: int | None = None) -> None:
    stand.shop.payments.deposits.observe(replace(transfer, block_height=block or transfer.block_height), Head(tip))


def latest(stand: Stand, person: Person) -> DepositView:
    return views(stand, person)[0]


def views(stand: Stand, person: Person) -> list[DepositView]:
    """What customers would be shown of their deposits, newest first."""
    rows = Deposit.select().where(Deposit.customer == person.id).order_by(Deposit.id.desc())
    return [stand.shop.payments.deposits.view(row.id) for row in rows]


def lock(stand: Stand, person: Person, asked: str | None = None) -> None:
    stand.shop.payments.top_ups.open(person, "BTC", None if asked is None else stand.usd(asked))


def price(stand: Stand, value: str, coin: str = "BTC") -> None:
    for source in stand.world.prices:
        source.quotes[coin] = value
    stand.shop.payments.rates.refresh()


def test_a_transfer_is_seen_then_confirming_then_credited_in_full(stand: Stand, person: Person, pay: Any) -> None:
    lock(stand, person)
    transfer = pay(BTC_UNIT * 29 // 100)
    see(stand, transfer)
    seen = latest(stand, person)
    assert (seen.state, seen.confirmations, seen.depth) == (DepositState.SEEN, 0, 6)
    for tip in range(101, 106):
        see(stand, transfer, block=101, tip=tip)
        assert latest(stand, person).state is DepositState.CONFIRMING
        assert latest(stand, person).confirmations == tip - 100
        assert stand.balance(person) == 0
    see(stand, transfer, block=101, tip=106)
    done = latest(stand, person)
    assert (done.state, done.credited) == (DepositState.CREDITED, stand.usd("14500"))
    assert stand.balance(person) == 1_450_000


def test_a_small_transfer_is_final_in_its_first_block(stand: Stand, person: Person, pay: Any) -> None:
    see(stand, pay(), block=100)
    assert stand.balance(person) == 1000
    assert LedgerEntry.get().key == "deposit:BTC:aa:0"


def test_the_same_transfer_seen_again_and_again_is_credited_once(stand: Stand, person: Person, pay: Any) -> None:
    for tip in range(100, 120):
        see(stand, pay(), block=100, tip=tip)
    assert stand.balance(person) == 1000
    assert Deposit.select().count() == 1


def test_parallel_scans_of_the_same_transfer_credit_it_once(stand: Stand, person: Person, pay: Any, at_once) -> None:
    transfer = pay()
    assert at_once(*[lambda: see(stand, transfer, block=100)] * 12) == [None] * 12
    assert stand.balance(person) == 1000
    assert Deposit.select().count() == 1


def test_a_restart_between_credit_and_cursor_credits_nothing_twice(stand: Stand, person: Person, pay: Any) -> None:
    chain = stand.world.chains[Chain.BTC]
    stand.watch(Chain.BTC).scan()
    chain.transfers.append(pay())
    chain.mine()
    see(stand, chain.transfers[0], tip=chain.tip.latest)
    assert stand.balance(person) == 1000
    again = open_shop(stand.database, stand.clock, world=stand.world)
    again.watch(Chain.BTC).scan()
    assert ChainCursor.read(Chain.BTC.value, "sweep") == "101"
    assert stand.balance(person) == 1000
    assert Deposit.select().count() == 1


def test_two_outputs_of_one_transaction_to_one_customer_both_count(stand: Stand, person: Person, pay: Any) -> None:
    see(stand, pay(TEN_USD, index="0"), block=100)
    see(stand, pay(TEN_USD, index="1"), block=100)
    assert stand.balance(person) == 2000


def test_two_outputs_of_one_transaction_to_two_customers_both_count(stand: Stand, person: Person, pay: Any) -> None:
    other = stand.visitor(5)
    see(stand, pay(TEN_USD, index="0"), block=100)
    see(stand, pay(2 * TEN_USD, to=other, index="1"), block=100)
    assert (stand.balance(person), stand.balance(other)) == (1000, 2000)


@pytest.mark.parametrize("units", [0, -1])
def test_a_zero_transfer_is_ignored(stand: Stand, pay: Any, units: int) -> None:
    see(stand, pay(units), block=100)
    assert (Deposit.select().count(), Outbox.select().count()) == (0, 0)


def test_a_transfer_to_an_unknown_address_is_ignored(stand: Stand, pay: Any) -> None:
    see(stand, replace(pay(), address="bc1qstranger"), block=100)
    assert Deposit.select().count() == 0


def test_the_same_address_text_on_another_chain_is_a_different_address(stand: Stand, pay: Any) -> None:
    see(stand, replace(pay(), chain=Chain.LTC, asset=ASSETS["LTC"]), block=100)
    assert Deposit.select().count() == 0


def test_another_coin_at_the_same_address_is_credited_as_what_it_is(stand: Stand, person: Person) -> None:
    address = stand.shop.payments.top_ups.open(person, "USDT_ERC20", None).address
    finalized = Head(200, safe=200, finalized=200)
    ether = Transfer(Chain.ETH, "0x1", f"native:{address}", address, ASSETS["ETH"], 10**18, block_height=100)
    tether = Transfer(Chain.ETH, "0x1", "log:0", address, ASSETS["USDT_ERC20"], 5_000_000, block_height=100)
    for transfer in (ether, tether):
        stand.shop.payments.deposits.observe(transfer, finalized)
    assert stand.balance(person) == 200_000 + 500
    coins = {view.asset.code: view.credited for view in views(stand, person)}
    assert coins == {"ETH": stand.usd("2000"), "USDT_ERC20": stand.usd("5")}


def test_more_ether_than_64_bits_of_wei_is_credited_exactly(stand: Stand, person: Person) -> None:
    address = stand.shop.payments.top_ups.open(person, "ETH", None).address
    transfer = Transfer(Chain.ETH, "0x1", f"native:{address}", address, ASSETS["ETH"], 2**63 + 1, block_height=100)
    stand.shop.payments.deposits.observe(transfer, Head(200, safe=200, finalized=200))
    assert stand.balance(person) == 1_844_674
    assert latest(stand, person).units == 2**63 + 1


def test_a_transfer_seen_in_time_gets_the_locked_rate(stand: Stand, person: Person, pay: Any) -> None:
    lock(stand, person, "10.00")
    stand.clock.pass_s(1800)
    price(stand, "40000")
    see(stand, pay())
    stand.clock.pass_s(7200)
    price(stand, "30000")
    see(stand, pay(), block=101, tip=101)
    done = latest(stand, person)
    assert (done.credited, done.locked, done.asked) == (stand.usd("10"), True, stand.usd("10"))
    assert (done.rate.value, done.rate.source) == (50_000, "first, second")


@pytest.mark.parametrize("late_s", [1, 3_600, 40 * 86_400])
def test_a_late_transfer_is_credited_in_full_at_the_rate_of_its_arrival(
    stand: Stand, person: Person, pay: Any, late_s: int
) -> None:
    lock(stand, person, "10.00")
    stand.clock.pass_s(1800 + late_s)
    price(stand, "40000")
    see(stand, pay(), block=100)
    done = latest(stand, person)
    assert (done.state, done.credited, done.locked) == (DepositState.CREDITED, stand.usd("8"), False)
    assert done.rate.at == stand.clock.now


def test_after_downtime_the_blocks_own_time_decides_whether_a_transfer_was_in_time(
    stand: Stand, person: Person, pay: Any
) -> None:
    lock(stand, person)
    mined_at = stand.clock.now + 900
    stand.clock.pass_s(3 * 86_400)
    price(stand, "40000")
    see(stand, pay(txid="in-time", block_time=mined_at), block=100)
    see(stand, pay(txid="too-late", block_time=mined_at + 1800), block=100)
    assert stand.balance(person) == 1000 + 800


def test_a_block_with_a_time_in_the_future_counts_as_arriving_now(stand: Stand, person: Person, pay: Any) -> None:
    lock(stand, person)
    see(stand, pay(block_time=stand.clock.now + 7200), block=100)
    assert latest(stand, person).locked


def test_a_transfer_nobody_announced_is_credited(stand: Stand, person: Person, pay: Any) -> None:
    see(stand, pay(), block=100)
    assert (latest(stand, person).credited, latest(stand, person).asked) == (stand.usd("10"), None)


@pytest.mark.parametrize(
    ("units", "credited"), [(TEN_USD - 1, 999), (TEN_USD, 1000), (TEN_USD + 1, 1000), (30_000, 1500)]
)
def test_any_amount_is_credited_whether_too_little_exact_or_too_much(
    stand: Stand, person: Person, pay: Any, units: int, credited: int
) -> None:
    lock(stand, person, "10.00")
    see(stand, pay(units), block=100)
    assert stand.balance(person) == credited
    assert latest(stand, person).asked == stand.usd("10")


def test_a_sum_paid_in_parts_is_credited_part_by_part(stand: Stand, person: Person, pay: Any) -> None:
    lock(stand, person, "10.00")
    for number in range(3):
        stand.clock.pass_s(60)
        see(stand, pay(TEN_USD // 4, txid=f"part{number}"), block=100)
    assert stand.balance(person) == 750
    assert Deposit.select().count() == 3


def test_a_replaceable_transfer_gets_no_locked_rate_before_it_is_in_a_block(
    stand: Stand, person: Person, pay: Any
) -> None:
    lock(stand, person)
    see(stand, pay(replaceable=True))
    assert latest(stand, person).rate is None
    stand.clock.pass_s(1801)
    price(stand, "40000")
    see(stand, pay(replaceable=True), block=100)
    assert (latest(stand, person).credited, latest(stand, person).locked) == (stand.usd("8"), False)


def test_a_replaceable_transfer_in_a_block_in_time_gets_the_locked_rate(
    stand: Stand, person: Person, pay: Any
) -> None:
    lock(stand, person)
    price(stand, "40000")
    see(stand, pay(replaceable=True))
    see(stand, pay(replaceable=True), block=100)
    assert (latest(stand, person).credited, latest(stand, person).locked) == (stand.usd("10"), True)


def gone(stand: Stand, person: Person, *, for_s: int) -> None:
    """Make the chain lose the newest deposit, now and later."""
    deposit_id = latest(stand, person).id
    stand.shop.payments.deposits.missed(deposit_id)
    stand.clock.pass_s(for_s)
    stand.shop.payments.deposits.missed(deposit_id)


def test_a_briefly_missing_transfer_changes_nothing(stand: Stand, person: Person, pay: Any) -> None:
    see(stand, pay())
    gone(stand, person, for_s=599)
    assert latest(stand, person).state is DepositState.SEEN
    see(stand, pay())
    gone(stand, person, for_s=599)
    assert latest(stand, person).state is DepositState.SEEN


def test_a_transfer_that_stays_missing_is_orphaned_and_counts_if_it_comes_back(
    stand: Stand, person: Person, pay: Any
) -> None:
    see(stand, pay(BTC_UNIT), block=100)
    gone(stand, person, for_s=600)
    assert (latest(stand, person).state, latest(stand, person).confirmations) == (DepositState.ORPHANED, 0)
    assert stand.balance(person) == 0
    see(stand, pay(BTC_UNIT), block=150, tip=150)
    assert latest(stand, person).state is DepositState.CONFIRMING
    see(stand, pay(BTC_UNIT), block=150, tip=155)
    assert stand.balance(person) == 5_000_000


@pytest.mark.parametrize("block", [None, 100])
def test_no_rate_can_be_picked_while_a_transfer_is_pending(
    stand: Stand, person: Person, pay: Any, block: int | None
) -> None:
    see(stand, pay(BTC_UNIT), block=block)
    stand.clock.pass_s(60)
    price(stand, "60000")
    lock(stand, person)
    see(stand, pay(BTC_UNIT), block=block)
    price(stand, "40000")
    see(stand, pay(BTC_UNIT), block=100, tip=105)
    assert (latest(stand, person).credited, latest(stand, person).locked) == (stand.usd("40000"), False)


def test_no_rate_is_kept_for_a_transfer_that_comes_back_next_year(stand: Stand, person: Person, pay: Any) -> None:
    lock(stand, person)
    see(stand, pay())
    gone(stand, person, for_s=600)
    stand.clock.pass_s(365 * 86_400)
    price(stand, "25000")
    see(stand, pay())
    see(stand, pay(), block=100)
    assert (latest(stand, person).credited, latest(stand, person).locked) == (stand.usd("5"), False)


def test_a_transfer_that_comes_back_in_time_gets_the_locked_rate(stand: Stand, person: Person, pay: Any) -> None:
    lock(stand, person)
    see(stand, pay())
    gone(stand, person, for_s=600)
    price(stand, "25000")
    see(stand, pay(), block=100)
    assert (latest(stand, person).credited, latest(stand, person).locked) == (stand.usd("10"), True)


def test_a_reorganisation_takes_confirmations_back(stand: Stand, person: Person, pay: Any) -> None:
    see(stand, pay(BTC_UNIT), block=100, tip=103)
    assert latest(stand, person).confirmations == 4
    see(stand, pay(BTC_UNIT))
    assert (latest(stand, person).state, latest(stand, person).confirmations) == (DepositState.SEEN, 0)


def test_a_transfer_that_vanishes_after_its_credit_alarms_the_admins_and_changes_nothing(
    stand: Stand, person: Person, pay: Any
) -> None:
    see(stand, pay(), block=100)
    gone(stand, person, for_s=600)
    gone(stand, person, for_s=6000)
    alarms = [(row.kind, row.telegram_id) for row in Outbox.select() if row.kind == "admin_vanished"]
    assert alarms == [("admin_vanished", 1), ("admin_vanished", 2)]
    assert latest(stand, person).state is DepositState.CREDITED
    assert stand.balance(person) == 1000
    assert stand.shop.payments.deposits.credited_lately(Chain.BTC, 86_400) == []


def test_a_credited_transfer_that_shows_up_again_raises_no_alarm(stand: Stand, person: Person, pay: Any) -> None:
    see(stand, pay(), block=100)
    gone(stand, person, for_s=599)
    see(stand, pay(), block=100)
    gone(stand, person, for_s=599)
    assert [row for row in Outbox.select() if row.kind == "admin_vanished"] == []


def test_dust_waits_until_it_adds_up_and_is_then_credited_to_the_last_cent(
    stand: Stand, person: Person, pay: Any
) -> None:
    see(stand, pay(SMALL, txid="d0"), block=100)
    assert (latest(stand, person).state, stand.balance(person)) == (DepositState.DUST, 0)
    see(stand, pay(SMALL, txid="d1"), block=100)
    assert stand.balance(person) == 99, "0.999 USD; credited apart it would be 2 × 0.49"
    assert {row.state for row in Deposit.select()} == {"credited"}
    see(stand, pay(SMALL, txid="d0"), block=100)
    assert stand.balance(person) == 99


def test_dust_that_leaves_the_chain_is_looked_for_and_adds_up_no_more(stand: Stand, person: Person, pay: Any) -> None:
    see(stand, pay(SMALL, txid="d0"), block=100)
    [dust] = stand.shop.payments.deposits.credited_lately(Chain.BTC, 86_400)
    assert dust.txid == "d0"
    gone(stand, person, for_s=600)
    see(stand, pay(SMALL, txid="d1"), block=100)
    assert stand.balance(person) == 0


def test_one_customers_or_coins_dust_does_not_count_for_another(stand: Stand, person: Person, pay: Any) -> None:
    other = stand.visitor(5)
    see(stand, pay(SMALL, txid="d0"), block=100)
    see(stand, pay(SMALL, to=other, txid="d1"), block=100)
    address = stand.address(person, Chain.ETH)
    wei = Transfer(Chain.ETH, "0x1", f"native:{address}", address, ASSETS["ETH"], 10**14 - 1, block_height=100)
    stand.shop.payments.deposits.observe(wei, Head(200, safe=200, finalized=200))
    assert (stand.balance(person), stand.balance(other)) == (0, 0)
    assert {row.state for row in Deposit.select()} == {"dust"}


def test_much_dust_adds_up_exactly_at_one_rate(stand: Stand, person: Person, pay: Any) -> None:
    price(stand, "33333.33")
    for number in range(1, 8):
        see(stand, pay(140 + number, txid=f"d{number}"), block=100)
    units = sum(140 + number for number in range(1, 8))
    assert units == 1008
    assert stand.balance(person) == units * 3_333_333 // 10**8


def test_without_a_rate_a_final_transfer_waits_and_is_credited_later(stand: Stand, person: Person, pay: Any) -> None:
    stand.clock.pass_s(601)
    see(stand, pay(), block=100, tip=105)
    waiting = latest(stand, person)
    assert (waiting.state, waiting.confirmations, waiting.rate) == (DepositState.CONFIRMING, waiting.depth, None)
    assert stand.balance(person) == 0
    price(stand, "51000")
    see(stand, pay(), block=100, tip=106)
    assert latest(stand, person).credited == stand.usd("10.20")
    assert latest(stand, person).rate.at == stand.clock.now


def test_a_locked_rate_is_kept_although_the_sources_are_silent(stand: Stand, person: Person, pay: Any) -> None:
    lock(stand, person)
    stand.clock.pass_s(900)
    see(stand, pay(), block=100, tip=105)
    assert latest(stand, person).credited == stand.usd("10")


def test_the_customer_has_one_message_per_deposit_and_the_admins_are_told_of_the_credit(
    stand: Stand, person: Person, pay: Any
) -> None:
    see(stand, pay(BTC_UNIT))
    stand.shop.payments.deposits.announced(latest(stand, person).id, SentMessage(BOT_ID, 77))
    for tip in range(100, 107):
        see(stand, pay(BTC_UNIT), block=100, tip=tip)
    assert latest(stand, person).message == SentMessage(BOT_ID, 77)
    kinds = [(row.kind, row.telegram_id) for row in Outbox.select().order_by(Outbox.id)]
    assert kinds == [
        ("deposit", 1001),
        ("admin_seen", 1),
        ("admin_seen", 2),
        ("admin_deposit", 1),
        ("admin_deposit", 2),
    ]


def test_nothing_new_means_no_message(stand: Stand, person: Person, pay: Any) -> None:
    see(stand, pay(BTC_UNIT), block=100, tip=101)
    progress = Outbox.get().progress
    see(stand, pay(BTC_UNIT), block=100, tip=101)
    assert Outbox.get().progress == progress


@pytest.mark.parametrize("first_seen_in_block", [False, True])
def test_a_large_sum_in_many_parts_waits_like_a_large_sum(
    stand: Stand, person: Person, pay: Any, first_seen_in_block: bool
) -> None:
    def see_all(block: int | None, tip: int) -> int:
        for number in range(100):
            see(stand, pay(98_000, index=str(number)), block=block, tip=tip)
        return stand.balance(person)

    if not first_seen_in_block:
        assert see_all(None, 99) == 0
    assert see_all(100, 100) <= 5_000
    assert see_all(100, 101) <= 100_000
    assert see_all(100, 104) <= 100_000
    assert see_all(100, 105) == 490_000


def test_a_deposit_keeps_its_rule_if_the_price_moves(stand: Stand, person: Person, pay: Any) -> None:
    see(stand, pay())
    price(stand, "5000000")
    see(stand, pay(), block=100)
    assert latest(stand, person).depth == 1
    assert latest(stand, person).state is DepositState.CREDITED


def test_a_worthless_transfer_above_dust_is_recorded_and_moves_no_money(
    stand: Stand, person: Person, pay: Any
) -> None:
    price(stand, "0.01")
    see(stand, pay(1000), block=100)
    assert (latest(stand, person).state, latest(stand, person).credited) == (DepositState.CREDITED, stand.usd("0"))
    assert LedgerEntry.select().count() == 0
