"""A sweep of SOL as the shop plans and signs it, on Solana's own runtime."""

from decimal import Decimal

import pytest

from shop.money import Money
from shop.sweeps.offers import SourceAddress
from shop.sweeps.solana import SolanaMover
from shop.sweeps.values import Budget
from tests.stand import WORDS
from wallet import bip39
from wallet.chains import Chain
from wallet.keyring import HotKeyring
from wallet.plans import checks
from wallet.plans.keys import Keys
from wallet.plans.signing import sign_transaction

litesvm = pytest.importorskip("solders.litesvm")
pubkey = pytest.importorskip("solders.pubkey").Pubkey.from_string
SOL = 10**9
NOW = 1_790_000_000
TO = "9WzDXwBbmkg8ZTbNMqUxvQRAyrZzDsGYdLVL9zYtAWWM"


@pytest.mark.parametrize("bid", [0, 50_000])
def test_every_account_is_emptied_and_the_planned_amount_arrives(bid: int) -> None:
    from solders.transaction import Transaction

    chain, keyring = litesvm.LiteSVM(), HotKeyring(WORDS)
    places = []
    for number in (1, 2, 3):
        derived = keyring.address_of(Chain.SOL, number)
        chain.airdrop(pubkey(derived.address), number * SOL)
        places.append(SourceAddress(number, number, derived.path, derived.address))
    held = {place: chain.get_balance(pubkey(place.address)) for place in places}
    budget = Budget(Money(100, "USD"), 10, {"SOL": Decimal(150)})
    mover = SolanaMover(sending=None, mode="hot")  # type: ignore[arg-type]
    plan = mover.offer(held, TO, budget, bid=bid, least=650_240, now=NOW).plan
    assert plan is not None
    checks.check(plan, now=NOW)
    keys = Keys(words=bip39.parse(WORDS))
    for position in range(len(plan.transactions)):
        signed = sign_transaction(plan, position, keys, blockhash=str(chain.latest_blockhash()))
        outcome = chain.send_transaction(Transaction.from_bytes(signed.raw))
        assert not hasattr(outcome, "err"), outcome
        assert str(outcome.signature()) == signed.txid
    assert [chain.get_balance(pubkey(place.address)) or 0 for place in places] == [0, 0, 0]
    assert chain.get_balance(pubkey(TO)) == sum(each.units for each in plan.transactions)
