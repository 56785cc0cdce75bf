"""A stuck transaction is given up without risk: a new plan takes its coins, and whichever of the two lands counts."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from shop.assets import ASSETS
from shop.chains.sending import SendRefusal, Speed
from shop.errors.payments import SweepRefused
from shop.sweeps.engine import GIVEN_UP, LONG_S, MOST_STEPS, STOPPED, TAKEN
from shop.sweeps.offline import UNKNOWN_HEIGHT, CannotSweep
from shop.sweeps.views import SweepState
from storage.models import SpentElsewhere, Sweep, SweepTransaction
from storage.models.sweeps import held
from tests.shop.sweeps.test_ethereum import DESTINATION, fill_gas
from tests.shop.sweeps.test_offline import OPERATOR, SEALED, file_of, offline, signed_by
from tests.shop.sweeps.test_sweeps import spend_elsewhere
from tests.shop.sweeps.world import TO, World
from wallet.chains import Chain
from wallet.plans.keys import Keys

Make = Callable[..., World]


def confirmed(world: World, chain: Chain) -> int:
    view = world.plan(chain)
    world.shop.sweeps.confirm(world.owner, view.id, Speed.NORMAL)
    return view.id


def rows() -> list[tuple[str, str, bool]]:
    return [(row.state, row.reason, bool(row.may_land)) for row in SweepTransaction.select()]


def stopped(world: World, number: int) -> None:
    world.shop.sweeps.stop(world.owner, number)
    world.run()
    view = world.shop.sweeps.view(number)
    assert (view.state, view.reason) == (SweepState.DONE, STOPPED)


def stuck_ether(world: World) -> tuple[int, SweepTransaction]:
    """A sweep whose only transaction offers less than the base fee, and was given up."""
    world.paid(world.customer(), "ETH", "0.5")
    number = confirmed(world, Chain.ETH)
    world.chains.eth.fees = 5
    world.run()
    stopped(world, number)
    [row] = SweepTransaction.select()
    assert rows() == [("failed", STOPPED, True)]
    assert held()["ETH"] == 5 * 10**17, "the coins are still at the address"
    assert world.shop.sweeps.view(number).given_up == 1
    return number, row


def run(world: World, chain: str, rounds: int = 6) -> None:
    for _ in range(rounds):
        world.run(600)
        world.chains.mine(chain, 70)
    world.run(600)


def test_what_was_given_up_makes_way_for_a_new_plan_with_the_same_nonce(world: World) -> None:
    number, old = stuck_ether(world)
    done = world.swept(Chain.ETH)
    run(world, "eth")
    assert [(step.state, step.reason) for step in done.steps] == [("confirmed", "")]
    new = SweepTransaction.get_by_id(old.id + 1)
    assert (new.nonce, old.nonce) == (0, 0)
    assert rows() == [("failed", STOPPED, False), ("confirmed", "", False)]
    assert held()["ETH"] == 0
    assert world.shop.sweeps.view(number).given_up == 0
    assert world.chains.eth.balance(DESTINATION, world.chains.eth.height) == new.units


def test_what_was_given_up_counts_if_it_lands_before_the_new_one(world: World) -> None:
    number, old = stuck_ether(world)
    world.chains.fault("eth", "swallow", 10_000)
    newer = confirmed(world, Chain.ETH)
    world.run()
    world.chains.fault("eth", "swallow", 0)
    world.chains.eth.fees = 1
    world.chains.mine("eth", 1)
    world.run(1)
    assert SweepTransaction.get_by_id(old.id).state == "failed", "one block is not final"
    run(world, "eth")
    states = [(row.state, bool(row.may_land)) for row in SweepTransaction.select()]
    assert states[0] == ("confirmed", False)
    assert states[1][0] == "failed"
    assert held()["ETH"] == 0
    assert {world.shop.sweeps.view(each).state for each in (number, newer)} == {SweepState.DONE}
    assert world.chains.eth.balance(DESTINATION, world.chains.eth.height) == old.units


def test_what_was_given_up_and_lands_after_a_restart_without_a_new_plan_counts_too(world: World) -> None:
    stuck_ether(world)
    world.start()
    world.clock.pass_s(30 * 86_400)
    world.chains.eth.fees = 1
    run(world, "eth")
    world.run(3_600)
    assert rows() == [("confirmed", "", False)]
    assert held()["ETH"] == 0
    assert world.plan(Chain.ETH).plan.is_empty


def test_a_sealed_shops_stuck_transaction_can_only_be_stopped_and_then_planned_anew(make_world: Make) -> None:
    world = make_world(**SEALED)
    world.paid(world.customer(), "ETH", "0.5")
    signed = signed_by(file_of(world), world, Keys(operator=OPERATOR))
    world.chains.eth.fees = 5
    [number] = offline(world).take(signed)
    for _ in range(3):
        world.run()
        world.chains.mine("eth", 5)
    view = world.shop.sweeps.view(number)
    assert (view.state, view.can_replace) == (SweepState.RUNNING, False)
    stopped(world, number)
    world.clock.pass_s(1)
    [again] = offline(world).take(signed_by(file_of(world), world, Keys(operator=OPERATOR)))
    run(world, "eth")
    assert world.shop.sweeps.view(again).steps[0].state == "confirmed"
    assert offline(world).take(signed) == (number,)
    run(world, "eth", 2)
    assert rows() == [("failed", STOPPED, False), ("confirmed", "", False)]
    assert held()["ETH"] == 0


@pytest.mark.parametrize("lands", ["old", "new"])
def test_of_a_bitcoin_sweep_that_was_given_up_and_a_new_one_the_one_in_a_block_counts(
    world: World, lands: str
) -> None:
    for number in (1, 2):
        world.paid(world.customer(number), "BTC", "0.01")
    first = confirmed(world, Chain.BTC)
    world.run()
    [old] = SweepTransaction.select()
    kept = world.chains.btc.mempool[old.txid]
    stopped(world, first)
    assert held()["BTC"] == 2_000_000
    world.chains.cost("btc", 10)
    second = confirmed(world, Chain.BTC)
    world.run()
    new = SweepTransaction.get_by_id(old.id + 1)
    assert list(world.chains.btc.mempool) == [new.txid]
    if lands == "old":
        world.chains.btc.mempool.clear()
        world.chains.btc.accept(kept)
    world.chains.mine("btc", 1)
    run(world, "btc", 3)
    states = {"old": [("confirmed", ""), ("failed", TAKEN)], "new": [("failed", STOPPED), ("confirmed", "")]}
    found = [(row.state, row.reason) for row in SweepTransaction.select()]
    assert [state for state, _ in found] == [state for state, _ in states[lands]]
    assert held()["BTC"] == 0
    assert SpentElsewhere.select().count() == 0
    assert {world.shop.sweeps.view(each).state for each in (first, second)} == {SweepState.DONE}
    assert not any(row.may_land for row in SweepTransaction.select().where(SweepTransaction.state == "confirmed"))


@pytest.mark.parametrize(("code", "amount"), [("BTC", "0.01"), ("ETH", "0.5")])
def test_a_new_plan_of_the_very_same_transaction_sends_the_one_that_was_given_up(
    world: World, code: str, amount: str
) -> None:
    chain = Chain(code)
    world.paid(world.customer(), code, amount)
    world.chains.fault(code.lower(), "swallow", 10_000)
    first = confirmed(world, chain)
    world.run()
    stopped(world, first)
    world.chains.fault(code.lower(), "swallow", 0)
    second = confirmed(world, chain)
    world.run()
    assert rows() == [("failed", STOPPED, True), ("failed", GIVEN_UP, False)]
    assert world.shop.sweeps.view(second).state is SweepState.DONE
    run(world, code.lower())
    assert rows() == [("confirmed", "", False), ("failed", GIVEN_UP, False)]
    assert held()[code] == 0
    assert {world.shop.sweeps.view(each).state for each in (first, second)} == {SweepState.DONE}


def test_a_raised_fee_that_makes_the_very_same_transaction_sends_the_one_that_was_given_up(world: World) -> None:
    world.paid(world.customer(), "BTC", "0.5")
    for cost in (2, 3):
        world.chains.cost("btc", cost)
        number = confirmed(world, Chain.BTC)
        world.run()
        [*_, row] = SweepTransaction.select().order_by(SweepTransaction.id)
        world.chains.cost("btc", 20)
        if cost == 2:
            world.shop.sweeps.raise_fee(world.owner, row.id)
            stopped(world, number)
    with pytest.raises(SweepRefused):
        world.shop.sweeps.raise_fee(world.owner, row.id)
    assert [(state, reason) for state, reason, _ in rows()] == [("replaced", ""), ("failed", STOPPED), ("sent", "")]
    run(world, "btc")
    assert [(state, reason) for state, reason, _ in rows()] == [
        ("replaced", ""),
        ("confirmed", ""),
        ("failed", TAKEN),
    ]


def test_a_signed_plan_of_the_very_same_transaction_is_refused_with_advice(make_world: Make) -> None:
    world = make_world(**SEALED)
    for number in (1, 2):
        world.paid(world.customer(number), "BTC", "0.01")
    [number] = offline(world).take(signed_by(file_of(world), world, Keys(operator=OPERATOR)))
    world.run()
    stopped(world, number)
    again = signed_by(file_of(world), world, Keys(operator=OPERATOR))
    with pytest.raises(CannotSweep) as refusal:
        offline(world).take(again)
    assert "make a new plan at another speed" in str(refusal.value)
    assert rows() == [("failed", STOPPED, True)]
    faster = offline(world).plan(Speed.FAST).plan
    assert faster is not None
    [other] = offline(world).take(signed_by(faster, world, Keys(operator=OPERATOR)))
    run(world, "btc")
    assert world.shop.sweeps.view(other).steps[0].state == "confirmed"


def test_a_tron_sweep_that_is_stopped_is_followed_until_it_lands_or_expires(world: World) -> None:
    world.paid(world.customer(), "TRX", "500")
    number = confirmed(world, Chain.TRX)
    world.run()
    world.shop.sweeps.stop(world.owner, number)
    assert world.shop.sweeps.view(number).state is SweepState.RUNNING
    run(world, "trx", 2)
    assert rows() == [("confirmed", "", False)]


def test_a_transaction_whose_nonce_leaves_a_gap_fails_by_itself_and_its_coins_leave_with_the_next_plan(
    world: World,
) -> None:
    """Both servers lie at first."""
    world.paid(world.customer(), "ETH", "0.5")
    asked = world.shop.sweeps.ask(world.owner, Chain.ETH, message_id=None)
    with_lies(world, world.shop.sweeps.run)
    world.shop.sweeps.confirm(world.owner, asked.id, Speed.NORMAL)
    with_lies(world, world.run)
    [lost] = SweepTransaction.select()
    assert (lost.state, lost.nonce) == ("sent", 3)
    world.run()
    assert rows() == [("failed", "nothing is on its way that takes the nonces before it", True)]
    done = world.swept(Chain.ETH)
    assert [step.state for step in done.steps] == ["confirmed"]
    assert held()["ETH"] == 0


def with_lies(world: World, deed: Callable[[], object]) -> None:
    """Let every server name a nonce that is too high by three while something is done."""
    methods, name = world.chains.eth_node.methods, "eth_getTransactionCount"
    honest = methods[name]
    methods[name] = lambda *given: hex(int(str(honest(*given)), 16) + 3)
    try:
        deed()
    finally:
        methods[name] = honest


def test_a_raised_fee_that_the_gas_address_cannot_pay_is_refused(world: World) -> None:
    world.paid(world.customer(), "USDT_ERC20", "250")
    lacking = world.plan(Chain.ETH).plan
    assert lacking is not None
    fill_gas(world, ASSETS["ETH"].format(lacking.gas_missing.units))
    number = confirmed(world, Chain.ETH)
    world.chains.eth.fees = 3
    world.run()
    [gas, _] = world.shop.sweeps.view(number).steps
    assert gas.is_gas
    with pytest.raises(SweepRefused):
        world.shop.sweeps.raise_fee(world.owner, gas.id)
    assert SweepTransaction.get_by_id(gas.id).state == "sent"
    world.chains.eth.fees = 1
    run(world, "eth")
    assert {row.state for row in SweepTransaction.select()} == {"confirmed"}


def test_a_replaced_transaction_in_a_block_is_final_by_its_chains_rule_and_not_after_one_block(world: World) -> None:
    world.paid(world.customer(), "BTC", "0.5")
    number = confirmed(world, Chain.BTC)
    world.run()
    [first] = SweepTransaction.select()
    assert first.needed > 1
    old = world.chains.btc.mempool[first.txid]
    world.shop.sweeps.raise_fee(world.owner, first.id)
    world.run()
    world.chains.btc.mempool.clear()
    world.chains.btc.accept(old)
    world.chains.mine("btc", 1)
    world.run()
    assert [row.state for row in SweepTransaction.select()] == ["replaced", "sent"]
    [_, shown] = SweepTransaction.select()
    assert shown.confirmations == 1
    world.chains.mine("btc", 10)
    world.run()
    world.run()
    assert [(row.state, row.reason) for row in SweepTransaction.select()] == [("confirmed", ""), ("failed", TAKEN)]
    assert world.shop.sweeps.view(number).state is SweepState.DONE


def given_up_elsewhere(world: World, chain: str, *txids: str) -> None:
    """Write rows of transactions that were signed elsewhere and given up long ago."""
    to = TO[f"SWEEP_TO_{chain}"]
    values = {
        "chain": chain, "asset": chain, "purpose": "move", "source": to, "recipient": to,
        "units": 1, "fee_units": 1, "state": "failed", "may_land": 1, "created_at": 1, "updated_at": 0,
        "signed_bytes": b"x", "valid_until": UNKNOWN_HEIGHT,
    }  # fmt: skip
    with world.database.transaction():
        sweep = Sweep.create(chain=chain, destination=to, speed="normal", state="asked", created_at=1)
        for at, txid in enumerate(txids):
            SweepTransaction.create(**{**values, "sweep": sweep.id, "position": at, "txid": txid})


@pytest.mark.parametrize("why", ["no destination", "no server"])
def test_a_chain_that_cannot_be_asked_keeps_no_other_waiting(make_world: Make, why: str) -> None:
    world = make_world(**({"SWEEP_TO_LTC": ""} if why == "no destination" else {}))
    number, old = stuck_ether(world)
    given_up_elsewhere(world, "LTC", *[f"{at:064x}" for at in range(MOST_STEPS)])
    if why == "no server":
        for server in ("ltc", "ltc-mirror"):
            world.chains.fault(server, "error500", 10_000)
    world.chains.eth.fees = 1
    run(world, "eth")
    world.run(3_600)
    assert SweepTransaction.get_by_id(old.id).state == "confirmed"
    assert world.shop.sweeps.view(number).given_up == 0


def looked_for_until_days_have_passed(world: World) -> bool:
    """Whether the only transaction is looked for at first, and no longer once nothing can change any more."""
    found = []
    for seconds in (61, LONG_S):
        world.run(seconds)
        [row] = SweepTransaction.select()
        assert row.state == "failed"
        found.append(bool(row.may_land))
    return found == [True, False]


def test_what_failed_on_the_chain_after_it_was_given_up_is_looked_for_only_for_days(world: World) -> None:
    number, old = stuck_ether(world)
    there = world.chains.eth.transactions
    there[old.txid] = replace(there[old.txid], ok=False)
    world.chains.eth.fees = 1
    world.chains.mine("eth", 70)
    assert looked_for_until_days_have_passed(world)
    assert world.shop.sweeps.view(number).given_up == 0


def test_what_was_given_up_because_others_spent_its_input_is_looked_for_only_for_days(world: World) -> None:
    customer = world.customer()
    world.paid(customer, "BTC", "0.01")
    spend_elsewhere(world, customer.id)
    confirmed(world, Chain.BTC)
    world.run()
    assert rows() == [("failed", SendRefusal.SPENT.value, True)]
    assert looked_for_until_days_have_passed(world)


def test_sol_that_was_signed_elsewhere_and_never_arrived_is_not_looked_for_for_ever(world: World) -> None:
    given_up_elsewhere(world, "SOL", "1" * 64)
    world.run()
    [row] = SweepTransaction.select()
    assert not row.may_land
