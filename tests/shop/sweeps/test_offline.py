"""Sweep plans as files, and their signed versions: for shops that cannot spend."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from shop.assets import ASSETS
from shop.chains.sending import Speed
from shop.chains.tokens import account
from shop.payments.addresses import stored_words
from shop.sweeps import bitcoin
from shop.sweeps import offline as offline_sweeps
from shop.sweeps.offers import Kept
from shop.sweeps.offline import CannotSweep, OfflineSweeps
from shop.sweeps.views import SweepState
from storage.models import Sweep, SweepTransaction
from storage.models.address_list import listed_addresses
from tests.shop.sweeps.test_bitcoin import arrived
from tests.shop.sweeps.world import TO, World
from wallet import bip32, bip39, slip132
from wallet.accounts import Accounts
from wallet.chains import Chain
from wallet.plans import checks, plan, reading
from wallet.plans.collecting import Collector
from wallet.plans.errors import Fault, InvalidPlan, InvalidSigned, PlanExpired, SignedFault
from wallet.plans.files import unsigned_files
from wallet.plans.keys import Keys
from wallet.plans.parts import combined, part
from wallet.plans.plan import Account, Plan
from wallet.plans.signed import SignedPlan, read_signed, write_signed
from wallet.plans.signing import sign_plan
from wallet.sealing import OperatorKey
from wallet.transactions import psbt, psbt_roles
from wallet.transactions.p2wpkh import SigningKey

OPERATOR = OperatorKey(bytes(range(1, 33)))
WORDS = bip39.parse("legal winner thank year wave sausage worth useful legal winner thank yellow")
MASTER = bip32.master(bip39.seed(WORDS))
FINGERPRINT = MASTER.fingerprint.hex()
ACCOUNTS = Accounts(bip39.seed(WORDS))
ORIGIN = {Chain.BTC: "84h/0h/0h", Chain.LTC: "84h/2h/0h", Chain.ETH: "44h/60h/0h", Chain.TRX: "44h/195h/0h"}


def account_text(chain: Chain) -> str:
    key = slip132.print_account_key(chain, ACCOUNTS.account_key(chain))
    return f"[{FINGERPRINT}/{ORIGIN[chain]}]{key}"


WATCH = {
    "WALLET_MODE": "watch",
    "WALLET_XPUB_BTC": account_text(Chain.BTC),
    "WALLET_XPUB_LTC": account_text(Chain.LTC),
    "WALLET_XPUB_ETH": account_text(Chain.ETH),
    "WALLET_XPUB_TRON": account_text(Chain.TRX),
}
SEALED = {"WALLET_MODE": "sealed", "WALLET_OPERATOR_KEY": OPERATOR.public_key.hex()}


def offline(world: World) -> OfflineSweeps:
    return OfflineSweeps(world.shop.sweeps)


def file_of(world: World) -> Plan:
    """The plan as another machine reads it from its file."""
    planned = offline(world).plan(Speed.NORMAL)
    assert planned.plan is not None, planned
    return reading.read(plan.write(planned.plan))


def signed_by(made: Plan, world: World, keys: Keys) -> SignedPlan:
    return read_signed(write_signed(sign_plan(made, keys, now=world.clock())))


def run_to_the_end(world: World, chain: Chain, rounds: int = 6) -> None:
    for _ in range(rounds):
        world.run()
        world.chains.mine(chain.value, 70)
    world.run()


def states(sweep_id: int) -> list[str]:
    return [row.state for row in SweepTransaction.of(sweep_id)]


def test_a_sealed_shop_is_swept_by_its_operators_key(make_world: Callable[..., World]) -> None:
    world = make_world(**SEALED)
    for number in (1, 2):
        world.paid(world.customer(number), "BTC", "0.01")
        world.paid(world.customer(number), "LTC", "5")
    made = file_of(world)
    assert set(made.destinations) == {Chain.BTC, Chain.LTC}
    assert sorted(made.boxes) == sorted({holder.key.box for each in made.transactions for holder in each.holders})
    signed = signed_by(made, world, Keys(operator=OPERATOR))
    taken = offline(world).take(signed)
    assert len(taken) == 2
    for chain in (Chain.BTC, Chain.LTC):
        run_to_the_end(world, chain)
        (planned,) = [each for each in made.transactions if each.chain is chain]
        assert arrived(world, chain, TO[f"SWEEP_TO_{chain.value}"]) == planned.units
    assert {Sweep.get_by_id(sweep_id).state for sweep_id in taken} == {"done"}
    assert offline(world).plan(Speed.NORMAL).plan is None


def test_a_watching_shop_is_swept_by_another_wallets_psbt(make_world: Callable[..., World]) -> None:
    world = make_world(**WATCH)
    world.paid(world.customer(1), "LTC", "5")
    made = file_of(world)
    assert made.accounts == {Chain.LTC: Account.of(account_text(Chain.LTC))}
    (file,) = unsigned_files(made)
    partial = psbt.parse(Chain.LTC, file.content)
    (origin,) = [value for key, value in partial.inputs[0].items() if key[0] == psbt.INPUT_DERIVATION[0]]
    assert origin[:4].hex() == FINGERPRINT
    path = made.transactions[0].holders[0].key.path
    key = SigningKey(MASTER.derive(path).private_key)
    collector = Collector(made)
    collector.add(psbt_roles.sign(partial, [key]).serialise())
    offline(world).take(SignedPlan(made, collector.signed()))
    run_to_the_end(world, Chain.LTC)
    assert arrived(world, Chain.LTC, TO["SWEEP_TO_LTC"]) == made.transactions[0].units


def test_a_plan_can_include_the_previous_transactions_that_hardware_wallets_want(
    make_world: Callable[..., World],
) -> None:
    world = make_world(**WATCH)
    world.paid(world.customer(1), "BTC", "0.01")
    world.paid(world.customer(2), "LTC", "5")
    made = offline(world).plan(Speed.NORMAL, with_previous=True).plan
    assert made is not None
    checks.check(made, now=world.clock())
    spent = {each.txid for planned in made.transactions for each in planned.inputs}
    assert made.previous.keys() == spent
    signed = read_signed(write_signed(sign_plan(made, Keys(words=WORDS), now=world.clock())))
    assert len(offline(world).take(signed)) == 2


def test_a_plan_proves_what_several_inputs_hold(make_world: Callable[..., World]) -> None:
    world = make_world(**SEALED)
    for number in (1, 2):
        world.paid(world.customer(number), "BTC", "0.01")
    world.paid(world.customer(1), "LTC", "5")
    made = file_of(world)
    [bitcoin] = [each for each in made.transactions if each.chain is Chain.BTC]
    assert made.previous.keys() == {each.txid for each in bitcoin.inputs}
    signed = signed_by(made, world, Keys(operator=OPERATOR))
    offline(world).take(signed)
    run_to_the_end(world, Chain.BTC)
    assert arrived(world, Chain.BTC, TO["SWEEP_TO_BTC"]) == bitcoin.units


def test_outputs_whose_proof_does_not_fit_wait_for_the_next_plan(
    make_world: Callable[..., World], monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world(**SEALED)
    for number in (1, 2, 3):
        world.paid(world.customer(number), "BTC", "0.01")
    whole = file_of(world)
    sizes = [len(whole.previous[each.txid]) for each in whole.transactions[0].inputs]
    monkeypatch.setattr(offline_sweeps, "MOST_PREVIOUS_BYTES", sum(sizes) - 1)
    planned = offline(world).plan(Speed.NORMAL)
    assert planned.plan is not None
    assert planned.unproved == {Chain.BTC: (1, 1_000_000)}
    assert len(planned.plan.transactions[0].inputs) == 2
    keys = Keys(operator=OPERATOR)
    offline(world).take(signed_by(reading.read(plan.write(planned.plan)), world, keys))
    run_to_the_end(world, Chain.BTC)
    [rest] = file_of(world).transactions
    assert len(rest.inputs) == 1
    monkeypatch.setattr(offline_sweeps, "MOST_PREVIOUS_BYTES", 0)
    assert file_of(world).transactions == (rest,)


def test_a_hot_shop_can_be_swept_by_file_too(world: World) -> None:
    world.paid(world.customer(1), "BTC", "0.01")
    made = file_of(world)
    keys = Keys(words=bip39.parse(stored_words(world.database)))
    (sweep_id,) = offline(world).take(signed_by(made, world, keys))
    run_to_the_end(world, Chain.BTC)
    assert states(sweep_id) == ["confirmed"]


def test_a_token_transfer_signed_elsewhere_is_sent_once_its_gas_is_there(world: World) -> None:
    [gas] = [each for each in world.shop.sweeps.gas(world.owner) if each.chain is Chain.ETH]
    world.chains.pay("eth", gas.address, Decimal("0.05"), None)
    world.paid(world.customer(1), "USDT_ERC20", "250")
    keys = Keys(words=bip39.parse(stored_words(world.database)))
    (sweep_id,) = offline(world).take(signed_by(file_of(world), world, keys))
    world.run()
    assert states(sweep_id) == ["sent", "funding"]
    run_to_the_end(world, Chain.ETH)
    assert states(sweep_id) == ["confirmed", "confirmed"]
    there = account(Chain.ETH, TO["SWEEP_TO_ETH"])
    usdt = account(Chain.ETH, ASSETS["USDT_ERC20"].contract)
    assert world.chains.eth.token_balance(usdt, there) == 250 * 10**6


@pytest.fixture
def sealed(make_world: Callable[..., World]) -> World:
    world = make_world(**SEALED)
    world.paid(world.customer(1), "BTC", "0.01")
    return world


def kept(world: World) -> tuple[list[str], int]:
    return [row.state for row in Sweep.select()], SweepTransaction.select().count()


def test_importing_the_same_file_twice_sends_it_once(sealed: World) -> None:
    signed = signed_by(file_of(sealed), sealed, Keys(operator=OPERATOR))
    first = offline(sealed).take(signed)
    assert offline(sealed).take(signed) == first
    run_to_the_end(sealed, Chain.BTC)
    assert offline(sealed).take(signed) == first
    assert states(first[0]) == ["confirmed"]


def test_another_plans_signed_file_is_refused_and_changes_nothing(sealed: World) -> None:
    made = file_of(sealed)
    spend = made.transactions[0]
    other = replace(made, transactions=(replace(spend, fee=spend.fee + 1, units=spend.units - 1),))
    before = kept(sealed)
    with pytest.raises(InvalidSigned) as refusal:
        offline(sealed).take(signed_by(other, sealed, Keys(operator=OPERATOR)))
    assert refusal.value.fault is SignedFault.OTHER_PLAN
    assert kept(sealed) == before


def test_an_output_left_behind_as_too_dear_does_not_take_the_place_of_one_without_proof(
    make_world: Callable[..., World], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Alone it is too dear, and not asked for; among others it would pay."""
    world = make_world(**SEALED, SWEEP_MIN="0")
    monkeypatch.setattr(bitcoin, "MOST_INPUTS", 3)
    mover = world.shop.sweeps.movers[Chain.BTC]
    assert isinstance(mover, bitcoin.BitcoinMover)
    input_fee = bitcoin.INPUT_VBYTES * mover.sending.rates()[Speed.NORMAL] // 1_000
    dear = input_fee * 10 + 50
    for number, units in enumerate([1_000_000, 1_000_000, 1_000_000, dear], start=1):
        world.paid(world.customer(number), "BTC", str(Decimal(units) / 10**8))
    whole = offline(world).plan(Speed.NORMAL)
    assert whole.plan is not None
    left = {("BTC", Kept.DEAR): (1, dear)}
    assert whole.offers[Chain.BTC].left_behind.sums == left
    monkeypatch.setattr(offline_sweeps, "MOST_PREVIOUS_BYTES", sum(map(len, whole.plan.previous.values())) - 1)
    planned = offline(world).plan(Speed.NORMAL)
    assert planned.plan is not None
    checks.check_to_sign(planned.plan, now=world.clock())
    assert planned.unproved == {Chain.BTC: (1, 1_000_000)}
    assert planned.offers[Chain.BTC].left_behind.sums == left


def test_an_expired_plan_is_not_sent(sealed: World) -> None:
    signed = signed_by(file_of(sealed), sealed, Keys(operator=OPERATOR))
    sealed.clock.pass_s(24 * 3_600)
    with pytest.raises(PlanExpired):
        offline(sealed).take(signed)
    assert kept(sealed)[1] == 0


def test_a_plan_for_a_destination_no_longer_in_the_settings_is_not_sent(
    sealed: World, make_world: Callable[..., World]
) -> None:
    signed = signed_by(file_of(sealed), sealed, Keys(operator=OPERATOR))
    elsewhere = make_world(**SEALED, SWEEP_TO_BTC="bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4")
    with pytest.raises(CannotSweep) as refusal:
        offline(elsewhere).take(signed)
    assert str(refusal.value) == "BTC: SWEEP_TO was changed since the plan was made: make a new plan."
    assert kept(elsewhere)[1] == 0


def test_a_fee_above_the_shops_ceiling_is_not_sent(sealed: World) -> None:
    made = file_of(sealed)
    spend = made.transactions[0]
    dear = replace(spend, fee=200_000, units=spend.units + spend.fee - 200_000, fee_ceiling=200_000)
    signed = sign_plan(
        replace(made, transactions=(dear,)), Keys(operator=OPERATOR), now=sealed.clock(), fee_percent=50
    )
    with pytest.raises(InvalidPlan) as refusal:
        offline(sealed).take(signed)
    assert refusal.value.fault is Fault.FEE_SHARE


def test_coins_already_moved_by_another_plan_are_not_moved_twice(sealed: World) -> None:
    first, second = file_of(sealed), file_of(sealed)
    keys = Keys(operator=OPERATOR)
    assert first.transactions == second.transactions
    sealed.clock.pass_s(1)
    third = file_of(sealed)
    offline(sealed).take(signed_by(first, sealed, keys))
    with pytest.raises(CannotSweep):
        offline(sealed).take(signed_by(third, sealed, keys))


def test_a_chain_that_cannot_be_planned_says_why(sealed: World) -> None:
    offline(sealed).take(signed_by(file_of(sealed), sealed, Keys(operator=OPERATOR)))
    planned = offline(sealed).plan(Speed.NORMAL)
    assert planned.plan is None
    assert planned.refused[Chain.BTC] == "a sweep is under way"


def test_the_plans_of_several_chains_can_be_joined_and_split_again(make_world: Callable[..., World]) -> None:
    world = make_world(**SEALED)
    world.paid(world.customer(1), "BTC", "0.01")
    world.paid(world.customer(1), "LTC", "5")
    whole = file_of(world)
    parts = [part(whole, chain)[0] for chain in whole.destinations]
    assert combined(parts, accounts=whole.accounts, boxes=whole.boxes, previous={}) == whole
    assert [each.boxes for each in parts] == [{}, {}]


def test_a_stopped_sweep_is_not_continued(sealed: World) -> None:
    signed = signed_by(file_of(sealed), sealed, Keys(operator=OPERATOR))
    (sweep_id,) = offline(sealed).take(signed)
    with sealed.database.transaction():
        Sweep.change(sweep_id, state="stopped")
    with pytest.raises(CannotSweep) as refusal:
        offline(sealed).take(signed)
    assert str(refusal.value) == "BTC: this sweep was stopped: make a new plan."
    assert SweepState(Sweep.get_by_id(sweep_id).state) is SweepState.STOPPED


def test_addresses_from_another_mode_are_swept_with_their_own_keys(make_world: Callable[..., World]) -> None:
    modes: tuple[dict[str, str], ...] = ({}, SEALED, WATCH)
    for number, settings in enumerate(modes, start=1):
        world = make_world(**settings)
        world.paid(world.customer(number), "BTC", "0.01")
    keys = []
    for settings in modes:
        (spend,) = file_of(make_world(**settings)).transactions
        (holder,) = spend.holders
        keys.append((holder.key.child, holder.key.box, holder.key.path.numbers[-1]))
    assert keys == [(1, None, 0), (None, 2, 0), (None, None, 3)]


def test_a_customer_with_keys_of_two_modes_is_swept_in_each_with_its_own(make_world: Callable[..., World]) -> None:
    hot = make_world()
    hot.paid(hot.customer(), "BTC", "0.01")
    old = hot.address(hot.customer(), Chain.BTC)
    sealed = make_world(**SEALED)
    sealed.paid(sealed.customer(), "LTC", "5")
    made = file_of(sealed)
    assert set(made.destinations) == {Chain.LTC}
    assert len(offline(sealed).take(signed_by(made, sealed, Keys(operator=OPERATOR)))) == 1
    listed = {row.address: row.mode for row in listed_addresses()}
    assert listed == {address: "hot" if address == old else "sealed" for address in listed}
    hot = make_world()
    made = file_of(hot)
    assert [(each.address, each.key.child) for each in made.transactions[0].holders] == [(old, 1)]
    words = Keys(words=bip39.parse(stored_words(hot.database)))
    assert len(offline(hot).take(signed_by(made, hot, words))) == 1


def test_a_pool_of_sol_addresses_is_left_to_the_wallet_that_created_it(make_world: Callable[..., World]) -> None:
    pool = ACCOUNTS.address(Chain.SOL, 1).address
    world = make_world(**WATCH, WALLET_SOL_POOL=pool)
    world.paid(world.customer(1), "SOL", "2")
    planned = offline(world).plan(Speed.NORMAL)
    assert planned.plan is None
    assert Chain.SOL not in planned.refused
