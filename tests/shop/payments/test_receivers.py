"""A server that names another receiver of a payment shows another payment, and never moves the true one."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from shop.assets import ASSETS, native
from shop.chains.tokens import account
from shop.chains.transfers import Head, Transfer
from storage.models import Deposit, DepositAddress, LedgerEntry
from tests.shop.payments.test_witnesses import Watched, letters
from wallet.chains import Chain

TXID = "ab" * 32
FINAL = Head(latest=500, safe=500, finalized=500)
COINS = {Chain.ETH: ("eth", Decimal(3)), Chain.TRX: ("tron", Decimal(60_000))}


@pytest.fixture
def watched(database, clock):
    made = Watched(database, clock)
    yield made
    made.close()


def named(before, after):
    """Replace the bytes of one account by those of another in an answer."""
    return lambda _question, answer: json.loads(json.dumps(answer).replace(before.hex(), after.hex()))


def grow(shop, blocks=5, times=30):
    name, _ = COINS[shop.chain]
    for _ in range(times):
        shop.chains.mine(name, blocks)
        shop.scan()
        shop.later(60)


@pytest.mark.parametrize("chain", COINS)
def test_a_payment_first_shown_to_another_customer_is_credited_to_its_receiver_alone(watched, chain):
    stand = watched.open(chain)
    ada, bob = watched.person, stand.visitor(2002)
    address, (name, amount) = stand.address(bob, chain), COINS[chain]
    watched.liar.change = named(account(chain, address), account(chain, watched.address))
    txid = watched.chains.pay(name, address, amount, None)
    watched.chains.mine(name, 1)
    stand.watch(chain).find(txid, watched.address, address)
    assert [row.customer_id for row in Deposit.select()] == [ada.id]
    watched.liar.change = lambda _question, answer: answer
    found = stand.watch(chain).find(txid, address)
    assert [view.customer_id for view in stand.shop.payments.deposits.of_transfers(found)] == [bob.id]
    grow(watched)
    assert (stand.balance(ada), stand.balance(bob)) == (0, 600_000)
    assert {(row.customer_id, row.state) for row in Deposit.select()} == {(ada.id, "orphaned"), (bob.id, "credited")}
    assert LedgerEntry.select().count() == 1


def test_a_server_that_goes_on_naming_another_receiver_is_contradicted(watched):
    stand = watched.open(Chain.ETH)
    ada, bob = watched.person, stand.visitor(2002)
    address = stand.address(bob, Chain.ETH)
    watched.liar.change = named(account(Chain.ETH, address), account(Chain.ETH, watched.address))
    txid = watched.chains.pay("eth", address, Decimal(3), None)
    watched.chains.mine("eth", 1)
    grow(watched)
    rows = {row.customer_id: (row.state, row.held) for row in Deposit.select()}
    assert rows == dict.fromkeys((ada.id, bob.id), ("confirming", "denied")), "each server denies the other"
    assert letters("admin_contradicted") == len(rows), "one for each"
    assert (stand.balance(ada), stand.balance(bob)) == (0, 0)
    watched.liar.change = lambda _question, answer: answer
    grow(watched)
    stand.watch(Chain.ETH).find(txid, address)
    grow(watched)
    assert (stand.balance(ada), stand.balance(bob)) == (0, 600_000)


def transfer_to(stand, person, chain=Chain.ETH):
    address, asset = stand.address(person, chain), native(chain)
    units = int(COINS[chain][1]) * 10**asset.decimals
    return Transfer(chain, TXID, f"native:{address}", address, asset, units, 400, shown_by="one.example")


def recorded(stand, transfer, *, name="native", **columns):
    """Record a transfer as the shop did when receivers were not part of the name."""
    place = DepositAddress.find(transfer.chain.value, transfer.address)
    plain = {"state": "confirming", "finality": "finalized", "seen_at": 1, "updated_at": 1} | columns
    plain |= {"chain": transfer.chain.value, "txid": TXID, "asset": transfer.asset.code, "units": transfer.units}
    owner = {"customer": place.customer_id, "address": place.id}
    with stand.database.transaction():
        return Deposit.create(**plain, **owner, output_index=name, identity=name)


@pytest.mark.parametrize("chain", COINS)
def test_an_old_record_is_found_by_its_address_and_credited_once_under_its_old_key(stand, chain):
    person = stand.visitor()
    transfer = transfer_to(stand, person, chain)
    recorded(stand, transfer, rate="1", rate_source="then", rate_at=1)
    deposits = stand.shop.payments.deposits
    assert deposits.unsettled([transfer]) == [transfer]
    for _ in range(2):
        deposits.observe(transfer, FINAL)
    assert [entry.key for entry in LedgerEntry.of(person.id)] == [f"deposit:{chain.value}:{TXID}:native"]
    assert (deposits.unsettled([transfer]), len(deposits.of_transfers([transfer]))) == ([], 1)
    assert Deposit.select().count() == 1


def test_an_old_record_credited_then_is_not_credited_again(stand):
    person = stand.visitor()
    transfer = transfer_to(stand, person)
    recorded(stand, transfer, state="credited", credited_minor=1, rate="1", rate_source="then", rate_at=1)
    stand.shop.payments.deposits.observe(transfer, FINAL)
    assert (stand.balance(person), Deposit.select().count()) == (0, 1)


def test_an_old_record_of_another_customer_stays_as_it_is(stand):
    ada, bob = stand.visitor(), stand.visitor(2002)
    to_ada, to_bob = transfer_to(stand, ada), transfer_to(stand, bob)
    before = recorded(stand, to_ada)
    deposits = stand.shop.payments.deposits
    assert deposits.unsettled([to_bob]) == [to_bob]
    for _ in range(2):
        deposits.observe(to_bob, FINAL)
    assert (stand.balance(ada), stand.balance(bob)) == (0, 600_000)
    after = Deposit.get_by_id(before.id)
    assert (after.state, after.updated_at, after.block_height) == ("confirming", 1, None)
    assert [view.customer_id for view in deposits.of_transfers([to_bob])] == [bob.id]


@pytest.mark.parametrize("state", ["confirming", "orphaned", "credited"])
def test_a_record_of_the_same_name_with_another_receiver_or_coin_is_never_moved(stand, state):
    ada, bob = stand.visitor(), stand.visitor(2002)
    shown = replace(transfer_to(stand, ada), index="0", block_hash="a" * 64)
    credit = {"credited_minor": 0, "rate": "1", "rate_source": "then", "rate_at": 1} if state == "credited" else {}
    before = recorded(stand, shown, name="0", state=state, block_hash="b" * 64, shown_by="one.example", **credit)
    others = replace(shown, address=stand.address(bob, Chain.ETH)), replace(shown, asset=ASSETS["USDT_ERC20"])
    deposits = stand.shop.payments.deposits
    for other in others[: 1 if state == "credited" else 2]:
        assert deposits.unsettled([other]) == [other]
        deposits.observe(other, FINAL)
    after = Deposit.get_by_id(before.id)
    assert (after.state, after.units, after.block_hash, after.confirmations) == (state, shown.units, "b" * 64, 0)
    assert (stand.balance(ada), stand.balance(bob), letters("admin_contradicted")) == (0, 0, 1)
