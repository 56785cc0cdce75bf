"""What confirms a transfer, and what happens if the chain is stale or reorganises."""

from dataclasses import replace
from decimal import Decimal
from types import SimpleNamespace

import pytest

from shop.chains.errors import ChainDoubtful, UnknownTransaction
from storage.models import ChainCursor, Deposit, DepositAddress, Outbox
from tests.shop.chains.proof.test_liars import NOTHING, Liar
from tests.stand import World, open_shop
from wallet.addresses import script_pubkey
from wallet.chains import Chain
from web.sandbox.chains.bitcoin_coding import Coin

ANN = "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu"
STALE_AFTER_S = 7_200
DAY_S = 86_400


@pytest.fixture
def networks(chains):
    """The emulated Bitcoin, except that its chain is stale after two hours without a new block."""
    btc = chains.networks[Chain.BTC]
    return chains.networks | {Chain.BTC: replace(btc, rules=replace(btc.rules, stale_after_s=STALE_AFTER_S))}


@pytest.fixture
def told():
    """`say(path, truth)` returns a lie to give instead of the truth, or None; a test may replace it."""
    return SimpleNamespace(say=lambda path, truth: None)


@pytest.fixture
def both(front, shop, told):
    (honest,) = shop.settings.servers[Chain.BTC]
    honest_app = front.app.wsgi_app
    front.app = Liar(honest_app, lambda path, truth: told.say(path, truth))  # noqa: PLW0108 - it changes
    return honest.replace(front.url, f"{front.url}/liar"), honest


def pay(chains, amount: str = "0.5") -> str:
    return chains.pay("btc", ANN, Decimal(amount), None)


@pytest.fixture
def stale_shop(chains, shop, networks, database, clock):
    registry = shop.registry(networks=networks)
    world = World(database)
    world.chains = {Chain.BTC: registry.readers()[Chain.BTC]}
    yield open_shop(database, clock, world=world)
    registry.close()


def test_a_stale_chain_confirms_nothing_and_says_why(chains, stale_shop, clock):
    person, watch = stale_shop.visitor(), stale_shop.watch(Chain.BTC)
    address = stale_shop.shop.payments.top_ups.open(person, "BTC", None).address
    watch.scan()
    chains.pay("btc", address, Decimal("0.001"), None)
    clock.pass_s(60)
    watch.look()
    assert Deposit.get().state == "seen"
    chains.mine("btc", 6)
    clock.pass_s(STALE_AFTER_S + 1)
    for _ in range(3):
        watch.look()
        watch.scan()
        clock.pass_s(60)
    assert (Deposit.get().state, stale_shop.balance(person)) == ("seen", 0)
    assert stale_shop.shop.payments.delayed == ("BTC",)
    assert "newest block is old" in watch.reason
    chains.mine("btc", 1)
    watch.scan()
    assert stale_shop.balance(person) == 5_000
    assert (stale_shop.shop.payments.delayed, watch.reason) == ((), "")


def test_an_unconfirmed_payment_is_seen_although_the_chain_is_stale(chains, stale_shop, clock):
    person = stale_shop.visitor()
    address = stale_shop.address(person, Chain.BTC)
    clock.pass_s(STALE_AFTER_S + 60)
    with stale_shop.database.transaction():
        DepositAddress.shown(person.id, "BTC", clock())
    chains.pay("btc", address, Decimal("0.001"), None)
    stale_shop.watch(Chain.BTC).look()
    assert Deposit.get().state == "seen"
    assert stale_shop.watch(Chain.BTC).delayed


def test_a_reader_of_a_stale_chain_returns_no_block(chains, shop, networks, clock):
    reader = shop.reader(Chain.BTC, networks=networks)
    txid = pay(chains)
    chains.mine("btc", 3)
    assert reader.peek([ANN])[0].block_height is not None
    clock.pass_s(STALE_AFTER_S + 60)
    assert reader.peek([ANN]) == ()
    for ask in (reader.head, lambda: reader.scan([ANN], None)):
        with pytest.raises(ChainDoubtful) as refused:
            ask()
        assert refused.value.chain is Chain.BTC
    assert txid == reader.find(txid, [ANN])[0].txid


def test_newly_mined_coins_count_after_a_hundred_blocks(chains, shop, monkeypatch):
    reader = shop.reader(Chain.BTC)
    cursor = reader.scan([ANN], None).cursor
    monkeypatch.setattr(chains.btc, "anybody", lambda value: Coin(script_pubkey(Chain.BTC, ANN), value, ANN))
    chains.mine("btc", 1)
    monkeypatch.undo()
    (young,) = reader.scan([ANN], cursor).transfers
    assert young.block_height is None
    chains.mine("btc", 98)
    assert reader.find(young.txid, [ANN])[0].block_height is None
    chains.mine("btc", 1)
    assert reader.find(young.txid, [ANN])[0].block_height == chains.btc.height - 99


def test_a_cursor_below_the_start_of_the_chain_continues_from_the_start(chains, shop):
    txid = pay(chains)
    chains.mine("btc", 40)
    start = chains.networks[Chain.BTC].start
    chains.mine("btc", 40)
    block = chains.btc.block(chains.btc.height - 10)
    late = replace(start, height=block.height, headers=(block.header.serialise(),))
    btc = replace(chains.networks[Chain.BTC], start=late)
    reader = shop.reader(Chain.BTC, networks=chains.networks | {Chain.BTC: btc})
    cursor, found = f"{start.height + 2}:{chains.btc.block(start.height + 2).hash}", []
    for _ in range(20):
        scan = reader.scan([ANN], cursor)
        found += scan.transfers
        cursor = scan.cursor
        if not scan.behind:
            break
    assert [(each.txid, each.block_height) for each in found] == [(txid, chains.btc.block_of(txid).height)]
    assert cursor == f"{chains.btc.height}:{chains.btc.blocks[-1].hash}"


def test_a_server_that_denies_a_confirmation_delays_it_by_one_block_at_most(chains, shop, both, told):
    def unconfirmed(value):
        if isinstance(value, dict):
            return {
                key: {"confirmed": False} if key == "status" else unconfirmed(each) for key, each in value.items()
            }
        return [unconfirmed(each) for each in value] if isinstance(value, list) else value

    told.say = lambda path, truth: NOTHING if path.endswith("/merkle-proof") else truth and unconfirmed(truth)
    reader = shop.reader(Chain.BTC, both)
    txid = pay(chains)
    chains.mine("btc", 1)
    height = chains.btc.height
    assert reader.peek([ANN])[0].block_height is None
    chains.mine("btc", 1)
    assert [(each.txid, each.block_height) for each in reader.peek([ANN])] == [(txid, height)]
    assert reader.find(txid, [ANN])[0].shown_by == "127.0.0.1 (2)"


def test_one_server_that_hides_days_of_payments_cannot_hide_them(chains, shop, both, told):
    told.say = lambda path, truth: [] if path.startswith("/address/") else None
    reader = shop.reader(Chain.BTC, both)
    cursor = reader.scan([ANN], None).cursor
    paid = set()
    for _ in range(20):
        paid.add(pay(chains, "0.01"))
        chains.mine("btc", 3)
    scan = reader.scan([ANN], cursor)
    assert {each.txid for each in scan.transfers if each.block_height is not None} == paid
    assert scan.behind <= 6


def test_what_is_proved_stays_proved_whatever_servers_say_later(chains, shop, both, told):
    reader = shop.reader(Chain.BTC, both)
    txid = pay(chains)
    chains.mine("btc", 2)
    (proved,) = reader.find(txid, [ANN])
    told.say = lambda path, truth: NOTHING if path.startswith("/tx/") else None
    assert reader.find(txid, [ANN]) == (proved,)


def test_a_credited_transaction_is_looked_up_at_the_other_server_first(chains, shop, both, told):
    reader = shop.reader(Chain.BTC, both)
    txid = pay(chains)
    chains.mine("btc", 2)
    (first,) = reader.find(txid, [ANN])
    (second,) = reader.find_again(txid, [ANN])
    assert {first.shown_by, second.shown_by} == {"127.0.0.1 (1)", "127.0.0.1 (2)"}
    assert replace(second, shown_by="") == replace(first, shown_by="")


def test_a_credited_deposit_whose_block_was_replaced_raises_an_alarm_in_the_next_scans(chains, shop, database, clock):
    registry = shop.registry()
    world = World(database)
    world.chains = {Chain.BTC: registry.readers()[Chain.BTC]}
    stand = open_shop(database, clock, world=world)
    person, watch = stand.visitor(), stand.watch(Chain.BTC)
    address = stand.shop.payments.top_ups.open(person, "BTC", None).address
    watch.scan()
    txid = chains.pay("btc", address, Decimal("0.001"), None)
    chains.mine("btc", 2)
    watch.scan()
    assert stand.balance(person) == 5_000
    chains.drop("btc", txid)
    for _ in range(13):
        clock.pass_s(60)
        watch.scan()
    alarms = Outbox.select().where(Outbox.kind == "admin_vanished", Outbox.telegram_id == 1)
    assert alarms.count() == 1
    assert stand.balance(person) == 5_000
    assert ChainCursor.read("BTC", "sweep").endswith(chains.btc.blocks[-1].hash)
    registry.close()


def test_a_clock_that_goes_back_a_day_holds_up_no_header(chains, shop, clock):
    reader = shop.reader(Chain.BTC)
    txid = pay(chains)
    chains.mine("btc", 1)
    assert reader.find(txid, [ANN])[0].block_height == chains.btc.height
    for _ in range(6):
        clock.pass_s(600)
        chains.mine("btc", 1)
    clock.pass_s(-DAY_S)
    assert reader.head().latest == chains.btc.height
    assert not any(provider.reason for provider in reader.status().providers)


def test_another_transactions_bytes_are_not_an_answer(chains, shop, both, told):
    other, txid = pay(chains, "9"), pay(chains)
    hexadecimal = chains.btc.transaction(other).serialise().hex()
    told.say = lambda path, truth: hexadecimal if path == f"/tx/{txid}/hex" else None
    reader = shop.reader(Chain.BTC, both)
    assert [each.units for each in reader.find(txid, [ANN])] == [50_000_000]
    assert reader.status().providers[0].reason == "a different transaction than requested"


def test_a_transaction_whose_bytes_no_server_has_is_unknown(chains, shop, both, told):
    said = {"txid": "ab" * 32, "vin": [], "vout": [], "status": {"confirmed": True, "block_height": 870_005}}
    told.say = lambda path, truth: said if path == f"/tx/{'ab' * 32}" else None
    reader = shop.reader(Chain.BTC, both)
    with pytest.raises(UnknownTransaction) as refused:
        reader.find("ab" * 32, [ANN])
    assert refused.value.txid == "ab" * 32
