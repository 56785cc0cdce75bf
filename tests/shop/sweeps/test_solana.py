"""SOL is swept to the last lamport; an expired transaction is signed again once two operators confirm it."""

from shop.sweeps.views import SweepState
from storage.models import SweepTransaction
from tests.shop.sweeps.world import TO, World
from wallet.chains import Chain


def lamports(world: World, address: str) -> int:
    return world.chains.sol.lamports(address, world.chains.sol.height)


def test_sol_leaves_every_address_to_the_last_lamport(world: World) -> None:
    customers = [world.customer(number) for number in (1, 2)]
    for customer in customers:
        world.paid(customer, "SOL", "1.5")
    view = world.plan(Chain.SOL)
    assert view.plan is not None
    [arrives] = view.plan.arrives
    assert arrives.units + view.plan.cost.units == 3 * 10**9
    done = world.swept(Chain.SOL, rounds=3)
    assert done.state is SweepState.DONE, done
    assert [lamports(world, world.address(each, Chain.SOL)) for each in customers] == [0, 0]
    assert lamports(world, TO["SWEEP_TO_SOL"]) == arrives.units


def test_a_dropped_transaction_expires_and_is_signed_again_and_sent_once(world: World) -> None:
    world.paid(world.customer(), "SOL", "1.5")
    view = world.plan(Chain.SOL)
    world.shop.sweeps.confirm(world.owner, view.id, view.speed)
    world.chains.fault("sol", "swallow", 0)
    before = set(world.chains.sol.transactions)
    world.run()
    [first] = SweepTransaction.select()
    world.chains.drop("sol", first.txid)
    world.chains.mine("sol", 30)
    world.run(5)
    assert SweepTransaction.select().count() == 1, "it may still count"
    world.chains.sol.transactions.pop(first.txid, None)
    world.chains.mine("sol", 400)
    world.run()
    world.run()
    again = SweepTransaction.select().order_by(SweepTransaction.id.desc()).first()
    assert (SweepTransaction.get_by_id(first.id).state, again.state) == ("failed", "sent")
    world.chains.mine("sol", 40)
    world.run()
    world.run()
    assert world.shop.sweeps.view(view.id).state is SweepState.DONE
    assert set(world.chains.sol.transactions) - before == {again.txid}
