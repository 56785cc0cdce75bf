"""Who may sweep and where to; lying, forgetful or expensive servers; stuck and automatic sweeps."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
import requests

from shop.chains.sending import Speed
from shop.errors.payments import SweepReason, SweepRefused
from shop.errors.refusals import CannotStart, NotAllowed, SecondFactorNeeded, StaleScreen
from shop.people import Right
from shop.sweeps import records
from shop.sweeps.offers import Kept, SourceAddress
from shop.sweeps.views import SweepState
from storage.models import (
    AuditEntry,
    Deposit,
    DepositAddress,
    ManagerRight,
    Outbox,
    SpentElsewhere,
    Sweep,
    SweepTransaction,
)
from tests.patience import DEADLINE_S
from tests.shop.sweeps.world import TO, World
from tests.stand import WORDS, payloads
from wallet import bip39
from wallet.accounts import Accounts
from wallet.addresses import script_pubkey
from wallet.chains import Chain
from wallet.keyring import HotKeyring
from wallet.plans import checks
from wallet.plans.keys import Keys
from wallet.transactions import p2wpkh
from wallet.transactions.bitcoin import OutPoint, Output
from wallet.transactions.p2wpkh import Coin, SigningKey

Make = Callable[..., World]


def arrived(world: World) -> int:
    script = script_pubkey(Chain.BTC, TO["SWEEP_TO_BTC"])
    held = [tx for tx in world.chains.btc.history(script) if world.chains.btc.block_of(tx.txid)]
    return sum(coin.value for tx in held for coin in tx.outputs if coin.script == script)


def confirmed(world: World, chain: Chain = Chain.BTC) -> int:
    view = world.plan(chain)
    world.shop.sweeps.confirm(world.owner, view.id, Speed.NORMAL)
    return view.id


def test_a_destination_that_is_the_shops_own_address_prevents_the_start(make_world: Make) -> None:
    own = make_world().address(make_world().customer(), Chain.BTC)
    with pytest.raises(CannotStart, match="SWEEP_TO_BTC is an address of this shop itself"):
        make_world(SWEEP_TO_BTC=own)


def test_an_address_that_later_becomes_the_shops_own_is_refused_when_a_sweep_is_requested(make_world: Make) -> None:
    world = make_world(SWEEP_TO_BTC=HotKeyring(WORDS).address_of(Chain.BTC, 1).address)
    world.address(world.owner, Chain.BTC)
    with pytest.raises(SweepRefused) as refusal:
        world.shop.sweeps.ask(world.owner, Chain.BTC, message_id=None)
    assert refusal.value.reason is SweepReason.OWN_ADDRESS


def test_a_manager_with_the_right_to_money_cannot_sweep(world: World) -> None:
    world.paid(world.customer(), "BTC", "0.01")
    view = world.plan(Chain.BTC)
    manager = world.customer(7)
    with world.database.transaction():
        ManagerRight.create(
            telegram_id=manager.telegram_id, right_name=Right.MONEY.value, given_by=world.owner.id, given_at=1
        )
    manager = world.shop.customers.person(manager.id)
    for deed in (
        lambda: world.shop.sweeps.ask(manager, Chain.BTC, message_id=None),
        lambda: world.shop.sweeps.confirm(manager, view.id, Speed.FAST),
        lambda: world.shop.sweeps.stop(manager, view.id),
    ):
        with pytest.raises(NotAllowed):
            deed()


def test_a_waiting_sweep_ends_if_its_destination_was_changed_in_the_meantime(make_world: Make) -> None:
    world = make_world(SWEEP_DELAY_MINUTES="10")
    world.paid(world.customer(), "BTC", "0.01")
    number = confirmed(world)
    world.registry.close()
    world = make_world(SWEEP_TO_BTC="bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4")
    world.run(700)
    assert world.shop.sweeps.view(number).state is SweepState.STOPPED
    assert SweepTransaction.select().count() == 0


def test_a_sweep_needs_the_second_factor(make_world: Make) -> None:
    world = make_world(ADMIN_TOTP="true")
    with pytest.raises(SecondFactorNeeded):
        world.shop.sweeps.ask(world.owner, Chain.BTC, message_id=None)


def test_two_confirmations_start_one_sweep_and_the_audit_log_has_what_was_confirmed(world: World) -> None:
    world.paid(world.customer(), "BTC", "0.01")
    view = world.plan(Chain.BTC)
    for _ in range(2):
        world.shop.sweeps.confirm(world.owner, view.id, Speed.NORMAL)
    world.run()
    assert SweepTransaction.select().count() == 1
    [entry] = AuditEntry.select().where(AuditEntry.action == "sweep.confirmed")
    assert TO["SWEEP_TO_BTC"] in entry.details
    with pytest.raises(SweepRefused) as refusal:
        world.shop.sweeps.ask(world.owner, Chain.BTC, message_id=None)
    assert refusal.value.reason is SweepReason.UNDER_WAY


def test_an_outdated_plan_cannot_be_confirmed(world: World) -> None:
    world.paid(world.customer(), "BTC", "0.01")
    view = world.plan(Chain.BTC)
    world.clock.pass_s(3_601)
    with pytest.raises(StaleScreen):
        world.shop.sweeps.confirm(world.owner, view.id, Speed.NORMAL)


def test_nothing_starts_before_the_delay_is_over_and_stopping_during_it_sends_nothing(make_world: Make) -> None:
    world = make_world(SWEEP_DELAY_MINUTES="10")
    world.paid(world.customer(), "BTC", "0.01")
    number = confirmed(world)
    readers = {row.telegram_id for row in Outbox.select().where(Outbox.kind == "admin_sweep")}
    assert readers == {1, 2}, "every owner is told beforehand"
    world.run(590)
    assert SweepTransaction.select().count() == 0
    world.shop.sweeps.stop(world.owner, number)
    world.run(60)
    assert world.shop.sweeps.view(number).state is SweepState.STOPPED
    assert world.chains.btc.mempool == {}
    assert not world.plan(Chain.BTC).plan.is_empty, "it can be planned anew"


def test_a_server_that_accepts_a_transaction_and_forgets_it_gets_the_same_bytes_again(world: World) -> None:
    world.paid(world.customer(), "BTC", "0.01")
    number = confirmed(world)
    world.chains.fault("btc", "swallow", 6)
    world.run()
    assert world.chains.btc.mempool == {}
    [row] = SweepTransaction.select()
    assert row.state == "sent"
    world.chains.fault("btc", "swallow", 0)
    world.run()
    assert list(world.chains.btc.mempool) == [row.txid]
    world.chains.mine("btc", 10)
    world.run()
    world.run()
    assert world.shop.sweeps.view(number).state is SweepState.DONE
    assert SweepTransaction.select().count() == 1


def test_fees_above_the_ceiling_move_nothing_whoever_quotes_them(world: World) -> None:
    world.paid(world.customer(), "BTC", "0.01")
    world.chains.cost("btc", 500)
    plan = world.plan(Chain.BTC)
    assert plan.plan.is_empty
    with pytest.raises(SweepRefused) as refusal:
        world.shop.sweeps.confirm(world.owner, plan.id, Speed.NORMAL)
    assert refusal.value.reason is SweepReason.NOTHING


@pytest.mark.parametrize(("code", "amount"), [("ETH", "0.5"), ("SOL", "1.5"), ("TRX", "500")])
def test_servers_that_lie_about_a_balance_cannot_move_more_than_there_is(
    world: World, code: str, amount: str
) -> None:
    chain = Chain(code)
    world.paid(world.customer(), code, amount)
    world.chains.fault(code, "lie", 60)
    view = world.plan(chain)
    world.chains.fault(code, "lie", 0)
    if not view.plan.is_empty:
        world.shop.sweeps.confirm(world.owner, view.id, Speed.NORMAL)
        for _ in range(2):
            world.run()
    assert [row.txid for row in SweepTransaction.select() if row.state != "failed"] == []
    done = world.swept(chain)
    assert done.state is SweepState.DONE
    assert [step.state for step in done.steps] == ["confirmed"]


def test_a_stuck_transaction_is_replaced_at_a_higher_fee_and_only_one_of_the_two_arrives(world: World) -> None:
    world.paid(world.customer(), "BTC", "0.01")
    number = confirmed(world)
    world.run()
    [first] = SweepTransaction.select()
    world.chains.cost("btc", 10)
    world.shop.sweeps.raise_fee(world.owner, first.id)
    world.run()
    second = SweepTransaction.get(SweepTransaction.replaces_id == first.id)
    assert list(world.chains.btc.mempool) == [second.txid]
    assert second.fee_units > first.fee_units
    world.chains.mine("btc", 10)
    world.run()
    world.run()
    view = world.shop.sweeps.view(number)
    assert (view.state, sorted(step.state for step in view.steps)) == (SweepState.DONE, ["confirmed", "replaced"])
    assert arrived(world) == second.units


def test_the_original_counts_if_a_miner_included_it_after_it_was_replaced(world: World) -> None:
    world.paid(world.customer(), "BTC", "0.01")
    number = confirmed(world)
    world.run()
    [first] = SweepTransaction.select()
    old = world.chains.btc.mempool[first.txid]
    world.shop.sweeps.raise_fee(world.owner, first.id)
    world.run()
    world.chains.btc.mempool.clear()
    world.chains.btc.accept(old)
    world.chains.mine("btc", 10)
    for _ in range(3):
        world.run()
    states = {row.id: row.state for row in SweepTransaction.select()}
    assert states == {first.id: "confirmed", first.id + 1: "failed"}
    assert world.shop.sweeps.view(number).state is SweepState.DONE
    assert arrived(world) == first.units
    assert world.plan(Chain.BTC).plan.is_empty


def test_an_output_spent_elsewhere_with_the_words_fails_its_sweep_but_no_later_one(world: World) -> None:
    customers = [world.customer(number) for number in (1, 2)]
    for customer in customers:
        world.paid(customer, "BTC", "0.01")
    spend_elsewhere(world, customers[0].id)
    number = confirmed(world)
    world.run()
    view = world.shop.sweeps.view(number)
    assert [step.state for step in view.steps] == ["failed"]
    assert SpentElsewhere.select().count() == 1
    done = world.swept(Chain.BTC)
    assert done.state is SweepState.DONE
    assert done.steps[0].state == "confirmed"
    assert 0 < arrived(world) < 1_000_000


def test_an_output_that_servers_no_longer_find_spent_is_in_the_next_plan_and_one_still_spent_is_listed(
    world: World,
) -> None:
    for number in (1, 2):
        world.paid(world.customer(number), "BTC", "0.01")
    spend_elsewhere(world, 1)
    with world.database.transaction():
        for deposit in Deposit.select():
            SpentElsewhere.note("BTC", f"{deposit.txid}:{deposit.output_index}", now=1)
    plan = world.plan(Chain.BTC).plan
    assert [(left.why, left.count, left.sum.units) for left in plan.left] == [(Kept.SPENT, 1, 1_000_000)]
    assert [each.units + plan.cost.units for each in plan.arrives] == [1_000_000]
    world.chains.fault("btc-mirror", "error500", 10_000)
    left = world.plan(Chain.BTC).plan.left
    assert [(each.why, each.count) for each in left] == [(Kept.SPENT, 2)], "one server alone is not enough"


def test_a_spend_that_no_block_holds_excludes_no_output(world: World) -> None:
    world.paid(world.customer(), "BTC", "0.01")
    number = confirmed(world)
    spend_elsewhere(world, world.customer().id, mined=False)
    [waiting] = world.chains.btc.mempool.values()
    world.chains.btc.mempool.clear()
    lasting = tuple([replace(each, sequence=2**32 - 1) for each in waiting.inputs])
    world.chains.btc.accept(replace(waiting, inputs=lasting))
    world.run()
    [row] = SweepTransaction.select()
    assert (row.state, row.reason) == ("signed", "an input or the nonce was used by another transaction")
    assert SpentElsewhere.select().count() == 0
    world.chains.btc.mempool.clear()
    world.run()
    world.chains.mine("btc", 10)
    world.run()
    world.run()
    assert world.shop.sweeps.view(number).state is SweepState.DONE
    assert arrived(world) == row.units


def test_a_transaction_nodes_find_too_cheap_is_sent_again_until_they_accept_it(world: World) -> None:
    customer = world.customer()
    world.paid(customer, "BTC", "0.01")
    number = confirmed(world)
    spend_elsewhere(world, customer.id, rate=500_000, mined=False)
    world.run()
    [row] = SweepTransaction.select()
    assert (row.state, row.reason) == ("signed", "the fee is too low now")
    world.chains.btc.mempool.clear()
    world.run()
    world.chains.mine("btc", 10)
    world.run()
    world.run()
    assert world.shop.sweeps.view(number).state is SweepState.DONE
    assert arrived(world) == row.units


def test_an_owner_can_drop_a_plan_until_it_is_confirmed(world: World) -> None:
    world.paid(world.customer(), "BTC", "0.01")
    view = world.plan(Chain.BTC)
    world.shop.sweeps.drop(world.owner, view.id + 1)
    with pytest.raises(NotAllowed) as refused:
        world.shop.sweeps.drop(world.customer(), view.id)
    assert refused.value.args == ()
    assert world.shop.sweeps.view(view.id).state is SweepState.PLANNED
    world.shop.sweeps.drop(world.owner, view.id)
    assert world.shop.sweeps.view(view.id).state is SweepState.DROPPED
    number = confirmed(world)
    world.shop.sweeps.drop(world.owner, number)
    assert world.shop.sweeps.view(number).state is not SweepState.DROPPED


def spend_elsewhere(world: World, number: int, *, rate: int = 2_000, mined: bool = True) -> None:
    """Spend a customer's output with the words, bypassing the shop."""
    accounts = Accounts(bip39.seed(HotKeyring(WORDS).mnemonic_of(number)))
    address = accounts.address(Chain.BTC, 0).address
    deposit = Deposit.get(Deposit.customer == number)
    coin = Coin(
        OutPoint(deposit.txid, int(deposit.output_index)), Output(deposit.units, script_pubkey(Chain.BTC, address))
    )
    keys = Keys(words=bip39.parse(WORDS))
    row = DepositAddress.find("BTC", address)
    holder = SourceAddress(row.id, number, row.path, address).holder("hot")
    secret = SigningKey(keys.private_key(Chain.BTC, holder, position=1))
    elsewhere = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"
    signed = p2wpkh.sign(p2wpkh.draft(Chain.BTC, [coin], rest_to=elsewhere, rate=rate), [coin], [secret])
    plain, raw = {"Content-Type": "text/plain"}, signed.serialise().hex()
    sent = requests.post(f"{world.url}/btc/api/tx", data=raw, headers=plain, timeout=DEADLINE_S)
    assert sent.ok, sent.text
    if mined:
        world.chains.btc.mine(1)


def test_a_restarted_shop_continues_where_it_was(world: World) -> None:
    world.paid(world.customer(), "BTC", "0.01")
    number = confirmed(world)
    world.run()
    world.registry.close()
    world.start()
    world.chains.mine("btc", 10)
    world.run()
    world.run()
    assert world.shop.sweeps.view(number).state is SweepState.DONE
    assert SweepTransaction.select().count() == 1


def test_without_a_server_nothing_changes_and_the_plan_comes_once_one_answers(world: World) -> None:
    world.paid(world.customer(), "BTC", "0.01")
    world.chains.fault("btc", "error500", 1)
    view = world.plan(Chain.BTC)
    assert view.state is SweepState.ASKED
    world.run(30)
    assert world.shop.sweeps.view(view.id).state is SweepState.PLANNED


def test_above_the_threshold_a_sweep_starts_automatically_but_not_again_within_the_interval(make_world: Make) -> None:
    world = make_world(SWEEP_ABOVE="BTC=600", SWEEP_EVERY_HOURS="24")
    world.paid(world.customer(1), "BTC", "0.005")
    world.shop.sweeps.watch_sums()
    assert Sweep.select().count() == 0
    world.paid(world.customer(2), "BTC", "0.02")
    world.shop.sweeps.watch_sums()
    for _ in range(3):
        world.run()
        world.chains.mine("btc", 10)
    world.run()
    [sweep] = Sweep.select()
    assert (sweep.state, sweep.asked_by) == ("done", None)
    assert arrived(world) > 2_400_000
    world.paid(world.customer(3), "BTC", "0.05")
    world.shop.sweeps.watch_sums()
    for seconds, count in ((0, 1), (43_200, 1), (43_200, 2)):
        world.clock.pass_s(seconds)
        world.shop.payments.rates.refresh()
        world.shop.sweeps.watch_sums()
        assert Sweep.select().count() == count


def test_no_sweep_starts_automatically_while_another_is_in_progress(make_world: Make) -> None:
    world = make_world(SWEEP_ABOVE="BTC=600", SWEEP_EVERY_HOURS="1", SWEEP_DELAY_MINUTES="600")
    world.paid(world.customer(), "BTC", "0.02")
    confirmed(world)
    world.clock.pass_s(3_600)
    world.shop.payments.rates.refresh()
    world.shop.sweeps.watch_sums()
    assert [sweep.asked_by for sweep in Sweep.select()] == [world.owner.id]


def test_whoever_requested_the_plan_is_told_when_it_is_ready(world: World) -> None:
    world.paid(world.customer(), "BTC", "0.01")
    asked = world.shop.sweeps.ask(world.owner, Chain.BTC, message_id=None)
    assert payloads("admin_sweep") == []
    world.shop.sweeps.run()
    assert payloads("admin_sweep") == [{"sweep_id": asked.id}]


def test_swept_coins_appear_in_holdings_and_in_the_books(world: World) -> None:
    world.paid(world.customer(), "BTC", "0.01")
    world.swept(Chain.BTC)
    [coin], _ = world.shop.holdings.all(world.owner)
    assert (coin.units, coin.moved) == (0, 1_000_000)
    assert world.shop.reconciliation.check(world.owner).differing == 0
    with world.database.transaction():
        Deposit.update(state="orphaned", credited_minor=None).execute()
    found = {each.kind for each in world.shop.reconciliation.check(world.owner).differences}
    assert "swept" in found


def test_a_plan_passes_the_signing_machines_checks(world: World) -> None:
    [gas] = [each for each in world.shop.sweeps.gas(world.owner) if each.chain is Chain.TRX]
    world.chains.pay("trx", gas.address, Decimal(100), None)
    customer = world.customer()
    for code, amount in (("BTC", "0.01"), ("ETH", "0.5"), ("SOL", "1.5"), ("TRX", "500"), ("USDT_TRC20", "300")):
        world.paid(customer, code, amount)
    for chain in (Chain.BTC, Chain.ETH, Chain.SOL, Chain.TRX):
        for offer in records.offers_of(world.plan(chain).id).values():
            assert offer.plan is not None
            checks.check(offer.plan, now=world.clock(), fee_percent=10)
