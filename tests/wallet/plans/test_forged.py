"""Plans as an intruder on the server would make them: with a digest, with boxes, and with a theft called gas."""

from dataclasses import replace

import pytest

from tests.wallet.plans import made
from tests.wallet.plans.made import DESTINATIONS, NOW, OPERATOR, Boxes, child, own
from tests.wallet.plans.test_elsewhere import ACCOUNTS, MASTER
from tests.wallet.published import MNEMONIC
from wallet import addresses, bip39, paths
from wallet.chains import Chain
from wallet.plans import checks, reading
from wallet.plans.errors import Fault, InvalidPlan
from wallet.plans.files import unsigned_files
from wallet.plans.keys import Keys
from wallet.plans.plan import EthereumTerms, Holder, KeySource, SolanaTerms, write
from wallet.plans.signing import sign_plan
from wallet.plans.summary import describe, question

ETHER, FUNDING, TOKEN = 2, 3, 4
TRON_FUNDING, TRON_TOKEN, SOLANA = 6, 7, 8
USUAL = made.transactions()
TOKEN_FEE = made.TOKEN_GAS * made.MAX_FEE


def refused(plan, **more):
    """Check a plan as it comes from a file, which has the digest of what is in it."""
    with pytest.raises(InvalidPlan) as refusal:
        checks.check(reading.read(write(plan)), now=NOW, **more)
    return refusal.value.fault, refusal.value.position


def stealing(chain, victim, *, units):
    """Plan that a victim pays "gas" to a customer whom the intruder made up, for a token that nobody has."""
    funding, token = {Chain.ETH: (FUNDING, TOKEN), Chain.TRX: (TRON_FUNDING, TRON_TOKEN)}[chain]
    return made.plan(
        replace(USUAL[funding], source=victim, units=units, balance=10 * units),
        replace(USUAL[token], after=0, fee_ceiling=10**30, units=1, token_balance=1),
    )


def first_of(account):
    """Return the first address of one of the operator's accounts."""
    path = paths.address(Chain.ETH, 0, account)
    return Holder(addresses.from_public_key(Chain.ETH, MASTER.derive(path).public_key), KeySource(path))


@pytest.mark.parametrize("chain", [Chain.ETH, Chain.TRX])
@pytest.mark.parametrize(
    "victim",
    [child, own, Boxes(range(7, 8)).holder],
    ids=["of a shop with words", "of a watch shop", "of a sealed shop"],
)
def test_no_customers_address_pays_gas(chain, victim):
    assert refused(stealing(chain, victim(chain, 7), units=1_000)) == (Fault.GAS_PAYER, 1)


def test_the_operators_key_signs_no_gas():
    boxes = Boxes()
    theft = made.plan(
        replace(USUAL[FUNDING], source=boxes.holder(Chain.ETH, 1), to=boxes.holder(Chain.ETH, 2).address),
        replace(USUAL[TOKEN], source=boxes.holder(Chain.ETH, 2), after=0),
        boxes=boxes.sealed,
    )
    with pytest.raises(InvalidPlan) as refusal:
        sign_plan(reading.read(write(theft)), Keys(operator=OPERATOR), now=NOW)
    assert (refusal.value.fault, refusal.value.position) == (Fault.GAS_PAYER, 1)


def test_there_is_no_gas_on_solana():
    one, other = child(Chain.SOL, 1), child(Chain.SOL, 2)
    gas = replace(made.solana(one, units=5_000), to=other.address, is_gas=True)
    assert refused(made.plan(gas, replace(made.solana(other, units=10**9), after=0))) == (Fault.GAS_PAYER, 1)


@pytest.mark.parametrize(
    "path",
    ["m/44'/60'/0'/0/0/0", "m/44'/60'/0'/1/0", "m/44'/60'/0/0/0", "m/44'/195'/0'/0/0", "m/44'/60'/0'/0/0'", "m"],
)
def test_a_path_that_is_not_the_first_of_an_account_holds_no_gas(path):
    place = Holder(own(Chain.ETH, 0).address, KeySource(paths.parse(path)))
    assert refused(stealing(Chain.ETH, place, units=1_000)) == (Fault.GAS_PAYER, 1)


def test_the_gas_address_may_be_the_first_of_any_account_or_of_child_0():
    for place in (first_of(4), child(Chain.ETH, 0)):
        checks.check(stealing(Chain.ETH, place, units=TOKEN_FEE), now=NOW)


def test_gas_does_not_come_from_an_address_that_the_plan_empties():
    emptied = replace(USUAL[ETHER], source=own(Chain.ETH, 0), terms=replace(USUAL[ETHER].terms, nonce=1))
    theft = stealing(Chain.ETH, own(Chain.ETH, 0), units=1_000)
    assert refused(made.plan(*theft.transactions, emptied)) == (Fault.GAS_PAYER, 1)


def test_gas_does_not_come_from_the_destination():
    payer = own(Chain.ETH, 0)
    theft = replace(stealing(Chain.ETH, payer, units=1_000), destinations={Chain.ETH: payer.address})
    assert refused(theft) == (Fault.GAS_PAYER, 1)


def test_gas_comes_from_one_address_of_a_chain():
    gas, token = USUAL[FUNDING], replace(USUAL[TOKEN], after=0)
    other = replace(gas, source=first_of(1), to=child(Chain.ETH, 3).address)
    waiting = replace(token, source=child(Chain.ETH, 3), after=2)
    assert refused(made.plan(gas, token, other, waiting)) == (Fault.GAS_PAYER, 3)


def test_gas_is_no_more_than_the_waiting_transfers_cost_whatever_their_ceilings():
    payer = own(Chain.ETH, 0)
    checks.check(stealing(Chain.ETH, payer, units=TOKEN_FEE), now=NOW)
    assert refused(stealing(Chain.ETH, payer, units=TOKEN_FEE + 1)) == (Fault.FUNDING, 1)


def test_gas_is_for_token_transfers_only():
    gas = replace(USUAL[FUNDING], to=USUAL[ETHER].source.address, units=1_000)
    assert refused(made.plan(gas, replace(USUAL[ETHER], after=0))) == (Fault.FUNDING, 1)


def priced(wei_per_gas, gas_limit=made.TOKEN_GAS):
    """Return the usual token transfer at a price of gas, with a balance and a ceiling that allow anything."""
    terms = EthereumTerms(
        chain_id=1,
        nonce=0,
        gas_limit=gas_limit,
        max_fee_per_gas=wei_per_gas,
        max_priority_fee_per_gas=wei_per_gas,
    )
    fee = gas_limit * wei_per_gas
    return replace(USUAL[TOKEN], terms=terms, fee=fee, balance=10**22, fee_ceiling=10**30, after=None)


def test_a_token_transfer_burns_no_more_ether_than_the_limit():
    checks.check(made.plan(priced(769 * 10**9)), now=NOW)
    assert refused(made.plan(priced(770 * 10**9))) == (Fault.FEE_LIMIT, 1)
    assert refused(made.plan(priced(12, gas_limit=2**52))) == (Fault.FEE_LIMIT, 1)


def test_gas_itself_is_sent_at_no_more_than_the_limit():
    dear = replace(USUAL[FUNDING], terms=priced(2_400 * 10**9, 21_000).terms, fee=21_000 * 2_400 * 10**9)
    plan = made.plan(replace(dear, balance=10**22, fee_ceiling=10**30), replace(USUAL[TOKEN], after=0))
    assert refused(plan) == (Fault.FEE_LIMIT, 1)


def test_a_token_transfer_burns_no_more_trx_than_the_limit():
    def burning(sun):
        terms = replace(USUAL[TRON_TOKEN].terms, fee_limit_sun=sun)
        return made.plan(replace(USUAL[TRON_TOKEN], terms=terms, fee=sun, balance=sun, fee_ceiling=sun, after=None))

    checks.check(burning(100_000_000), now=NOW)
    assert refused(burning(100_000_001)) == (Fault.FEE_LIMIT, 1)


def test_a_large_amount_of_sol_does_not_allow_a_large_bid():
    terms = SolanaTerms(unit_limit=1_000, unit_price_micro_lamports=10**9)
    dear = made.solana(child(Chain.SOL, 1), units=10**12, terms=terms, fee=1_005_000)
    assert refused(made.plan(dear)) == (Fault.FEE_LIMIT, 1)


def test_only_tokens_that_the_shop_knows_are_called():
    """A call of any other contract would burn ether, and a plan can have as many as it likes."""
    contract = child(Chain.ETH, 9).address
    assert refused(made.plan(replace(priced(made.MAX_FEE), contract=contract))) == (Fault.CONTRACT, 1)
    assert refused(made.changed(SOLANA, contract=made.USDT, token_balance=10**12)) == (Fault.CONTRACT, 9)


def test_a_coin_leaves_an_address_once():
    first = priced(made.MAX_FEE)
    again = replace(first, token_balance=10**12, terms=replace(first.terms, nonce=1))
    assert refused(made.plan(first, again)) == (Fault.TWICE, 2)


def test_a_watch_shops_gas_address_has_to_be_below_its_account_key():
    """Another wallet signs for each of its addresses, and a path is only what the plan says."""
    honest = made.plan(USUAL[FUNDING], replace(USUAL[TOKEN], after=0), accounts=ACCOUNTS)
    assert [file.name for file in unsigned_files(honest)] == ["1-ETH.json", "2-ETH.json"]
    customer = Holder(own(Chain.ETH, 7).address, own(Chain.ETH, 0).key)
    theft = stealing(Chain.ETH, customer, units=TOKEN_FEE)
    checks.check(theft, now=NOW)
    for accounts in (ACCOUNTS, {}):
        with pytest.raises(InvalidPlan) as refusal:
            list(unsigned_files(replace(theft, accounts=accounts)))
        assert (refusal.value.fault, refusal.value.position) == (Fault.GAS_PAYER, 1)


LIED_ABOUT = made.spend(Chain.BTC, [child(Chain.BTC, 1), child(Chain.BTC, 2)])


def lying(at):
    """Plan that one of two inputs holds a thousand satoshi less than it does, and the fee is as much lower."""
    inputs = list(LIED_ABOUT.inputs)
    inputs[at] = replace(inputs[at], units=inputs[at].units - 1_000)
    return replace(LIED_ABOUT, inputs=tuple(inputs), fee=LIED_ABOUT.fee - 1_000)


@pytest.mark.parametrize("at", [0, 1])
def test_several_inputs_are_signed_only_with_the_transactions_that_pay_them(at):
    """Two such plans would give a valid signature for each input, and together the fee that neither of them shows."""
    keys = Keys(words=bip39.parse(MNEMONIC))
    for previous, fault in (
        ({}, Fault.UNPROVED),
        ({LIED_ABOUT.inputs[1 - at].txid: made.PREVIOUS[LIED_ABOUT.inputs[1 - at].txid]}, Fault.UNPROVED),
        (made.plan(LIED_ABOUT).previous, Fault.PREVIOUS),
    ):
        plan = reading.read(write(made.plan(lying(at), previous=previous)))
        with pytest.raises(InvalidPlan) as refusal:
            sign_plan(plan, keys, now=NOW)
        assert (refusal.value.fault, refusal.value.position) == (fault, 1)
    assert len(sign_plan(made.plan(LIED_ABOUT), keys, now=NOW).transactions) == 1


def test_a_single_input_needs_no_proof_since_its_signature_commits_to_its_value():
    single = made.spend(Chain.LTC, [child(Chain.LTC, 1)])
    keys = Keys(words=bip39.parse(MNEMONIC))
    assert len(sign_plan(made.plan(single, previous={}), keys, now=NOW).transactions) == 1


def test_the_shop_that_proved_its_deposits_needs_no_second_proof():
    checks.check(made.plan(LIED_ABOUT, previous={}), now=NOW)


def test_every_recipient_of_gas_is_shown_and_the_sum_is_asked_about():
    gas, token = USUAL[FUNDING], replace(USUAL[TOKEN], after=0)
    other = replace(gas, to=child(Chain.ETH, 3).address, terms=replace(gas.terms, nonce=1))
    waiting = replace(token, source=child(Chain.ETH, 3), after=2)
    plan = made.plan(gas, token, other, waiting, *[replace(each, after=None) for each in USUAL[5:6]])
    checks.check(plan, now=NOW)
    shown = describe(plan)
    for recipient in (gas.to, other.to):
        assert f"    gas: 0.0013 ETH to {recipient}" in shown
    assert f"    gas in all: 0.0026 ETH from {gas.source.address} to 2 addresses of the plan" in shown
    assert question(plan) == (
        "Are these your addresses, and may 0.0026 ETH be paid as gas to the addresses of the plan?"
    )
    assert "0.0013 ETH and 14.35 TRX" in question(made.plan())
    assert question(made.plan(USUAL[0])) == "Are these your addresses?"
    assert DESTINATIONS[Chain.ETH] in "\n".join(shown)
