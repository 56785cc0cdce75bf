"""Plans that must not be signed, each refused with one sentence."""

from dataclasses import replace

import pytest

from tests.wallet.plans import made
from tests.wallet.plans.made import DESTINATIONS, NOW, changed, child
from wallet.chains import Chain
from wallet.errors import InvalidAddress, Reason
from wallet.plans import checks
from wallet.plans.errors import Fault, InvalidPlan, PlanExpired
from wallet.transactions.policy import DustOutput

BTC, LTC, ETHER, GAS, TOKEN, TRON, TRON_GAS, TRON_TOKEN, SOLANA = range(9)
USUAL = made.transactions()


def refused(plan, **more):
    with pytest.raises(InvalidPlan) as refusal:
        checks.check(plan, now=NOW, **more)
    return refusal.value.fault, refusal.value.position


def terms(at, **values):
    return replace(USUAL[at].terms, **values)


def test_the_usual_plan_may_be_signed_until_it_expires():
    plan = made.plan()
    checks.check(plan, now=NOW)
    checks.check(plan, now=plan.expires_at - 1)
    with pytest.raises(PlanExpired) as refusal:
        checks.check(plan, now=plan.expires_at)
    assert str(refusal.value) == "the plan has expired: make a new one"


def ends(moment):
    return changed(TRON, terms=terms(TRON, expiration_ms=moment * 1_000))


HOLDER = USUAL[ETHER].source
REFUSALS = {
    "another address": (changed(BTC, to=child(Chain.BTC, 9).address), Fault.DESTINATION, 1),
    "another address for ether": (changed(ETHER, to=child(Chain.ETH, 9).address), Fault.DESTINATION, 3),
    "another address for a token": (changed(TOKEN, to=child(Chain.ETH, 9).address), Fault.DESTINATION, 5),
    "an address in small letters": (changed(ETHER, to=DESTINATIONS[Chain.ETH].lower()), Fault.DESTINATION, 3),
    "more than the inputs hold": (changed(BTC, units=USUAL[BTC].units + 1), Fault.SUM, 1),
    "less than the inputs hold": (changed(BTC, units=USUAL[BTC].units - 1), Fault.SUM, 1),
    "an output twice": (changed(BTC, inputs=USUAL[BTC].inputs[:1] * 3), Fault.DUPLICATE_INPUT, 1),
    "more ether than there is": (changed(ETHER, balance=10**18), Fault.BALANCE, 3),
    "more of a token than there is": (changed(TOKEN, token_balance=124_999_999), Fault.BALANCE, 5),
    "a token without its gas": (changed(TOKEN, balance=USUAL[TOKEN].fee - 1), Fault.BALANCE, 5),
    "more TRX than there are": (changed(TRON, units=90_730_001), Fault.BALANCE, 6),
    "a fee above its ceiling": (changed(BTC, fee_ceiling=1_999), Fault.FEE_CEILING, 1),
    "a fee above its share": (
        changed(BTC, units=130_000, fee=20_006, fee_ceiling=10**6),
        Fault.FEE_SHARE,
        1,
    ),
    "a fee that is not the gas": (changed(ETHER, fee=USUAL[ETHER].fee - 1), Fault.FEE, 3),
    "energy above the ceiling": (changed(TRON_TOKEN, terms=terms(TRON_TOKEN, fee_limit_sun=10**9)), Fault.FEE, 8),
    "energy above what one may cost": (
        changed(TRON_TOKEN, fee_ceiling=10**9, terms=terms(TRON_TOKEN, fee_limit_sun=101 * 10**6)),
        Fault.FEE,
        8,
    ),
    "a fee that is not Solana's": (changed(SOLANA, units=1_000_000_000 - 1, fee=5_001), Fault.FEE, 9),
    "TRON beyond its day": (ends(NOW + 86_401), Fault.EXPIRATION, 6),
    "TRON over before the plan": (ends(NOW + 12 * 3600 - 1), Fault.EXPIRATION, 6),
    "terms of another chain": (changed(SOLANA, terms=USUAL[TRON].terms), Fault.FIELD, 9),
    "gas for nothing": (changed(TOKEN, after=None), Fault.FUNDING, 4),
    "gas for another": (changed(GAS, to=child(Chain.ETH, 9).address), Fault.FUNDING, 4),
    "too much gas": (changed(GAS, units=USUAL[TOKEN].fee + 1), Fault.FUNDING, 4),
    "gas of a token": (changed(GAS, contract=made.USDT, token_balance=10**20), Fault.FUNDING, 4),
    "gas of another chain": (changed(TOKEN, after=TRON_GAS), Fault.FUNDING, 4),
    "after itself": (changed(ETHER, after=ETHER), Fault.ORDER, 3),
    "after the last": (changed(ETHER, after=99), Fault.ORDER, 3),
    "a destination that is emptied": (
        made.plan(USUAL[BTC], destinations={Chain.BTC: USUAL[BTC].inputs[0].holder.address}),
        Fault.DESTINATION,
        1,
    ),
    "nothing": (replace(made.plan(), transactions=()), Fault.EMPTY, None),
    "no destination": (made.plan(destinations={}), Fault.DESTINATION, 1),
    "made after its end": (made.plan(made_at=NOW + 86_400), Fault.FIELD, None),
    "a balance spent twice": (
        made.plan(USUAL[ETHER], replace(USUAL[ETHER], terms=terms(ETHER, nonce=1))),
        Fault.BALANCE,
        2,
    ),
    "the same nonce": (made.plan(USUAL[ETHER], replace(USUAL[ETHER], units=1, balance=10**19)), Fault.NONCE, 2),
    "a nonce left out": (
        made.plan(USUAL[ETHER], replace(USUAL[ETHER], balance=10**19, terms=terms(ETHER, nonce=2))),
        Fault.NONCE,
        2,
    ),
    "an address in small letters that is emptied": (
        changed(ETHER, source=replace(HOLDER, address=HOLDER.address.lower())),
        Fault.FIELD,
        3,
    ),
}


@pytest.mark.parametrize(("plan", "fault", "position"), REFUSALS.values(), ids=REFUSALS.keys())
def test_a_plan_that_must_not_be_signed_is_refused_with_the_place(plan, fault, position):
    assert refused(plan) == (fault, position)


def test_an_address_the_plan_empties_cannot_be_a_destination():
    spend = USUAL[BTC]
    own = spend.inputs[0].holder.address
    assert refused(made.plan(replace(spend, to=own), destinations={Chain.BTC: own})) == (Fault.OWN_DESTINATION, 1)


def test_a_destination_must_be_in_its_chains_canonical_form():
    small = DESTINATIONS[Chain.ETH].lower()
    assert refused(made.plan(replace(USUAL[ETHER], to=small), destinations={Chain.ETH: small})) == (Fault.FIELD, None)


def test_an_output_is_spent_by_only_one_transaction_of_the_plan():
    assert refused(made.plan(USUAL[BTC], USUAL[BTC])) == (Fault.DUPLICATE_INPUT, 2)


def test_the_signer_chooses_how_much_of_a_sum_a_fee_may_take():
    plan = made.plan(USUAL[BTC])  # 2,000 of 150,006
    checks.check(plan, now=NOW, fee_percent=2)
    assert refused(plan, fee_percent=1) == (Fault.FEE_SHARE, 1)


def test_more_inputs_than_nodes_relay_are_refused():
    holder = child(Chain.BTC, 1)
    checks.check(made.plan(made.spend(Chain.BTC, [holder] * 1_400)), now=NOW)
    assert refused(made.plan(made.spend(Chain.BTC, [holder] * 1_480))) == (Fault.WEIGHT, 1)


@pytest.mark.parametrize(
    ("chain", "address", "reason"),
    [
        (Chain.BTC, DESTINATIONS[Chain.LTC], Reason.NETWORK),
        (Chain.BTC, "tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx", Reason.NETWORK),
        (Chain.BTC, "bc1sw50qgdz25j", Reason.UNKNOWN_WITNESS),
        (Chain.SOL, "11111111111111111111111111111111", Reason.BURNT),
        (Chain.TRX, DESTINATIONS[Chain.ETH], Reason.CHARACTER),
        (Chain.ETH, DESTINATIONS[Chain.TRX], Reason.PREFIX),
        (Chain.ETH, made.USDT, Reason.CONTRACT),
        (Chain.TRX, made.TRC_USDT, Reason.CONTRACT),
        (Chain.ETH, "0x000000000000000000000000000000000000dEaD", Reason.BURNT),
    ],
)
def test_a_destination_on_another_network_or_without_a_spender_is_refused(chain, address, reason):
    with pytest.raises(InvalidAddress) as refusal:
        checks.check(made.plan(destinations={**DESTINATIONS, chain: address}), now=NOW)
    assert (refusal.value.chain, refusal.value.reason) == (chain, reason)


def test_an_amount_that_would_arrive_as_dust_is_refused():
    small = replace(USUAL[LTC].inputs[0], units=2_950)
    plan = made.plan(replace(USUAL[LTC], inputs=(small,), units=2_930, fee=20, fee_ceiling=20), previous={})
    with pytest.raises(DustOutput) as refusal:
        checks.check(plan, now=NOW)
    assert (refusal.value.value, refusal.value.threshold) == (2_930, 2_940)
