"""Solana transactions on its own runtime, LiteSVM: what it accepts, what it charges, and the resulting accounts."""

import pytest

from wallet import base58check, slip10
from wallet.transactions.solana import compile_message, sign
from wallet.transactions.solana_programs import compute_budget, system_transfer

litesvm = pytest.importorskip("solders.litesvm")
pubkey = pytest.importorskip("solders.pubkey").Pubkey.from_string

SOL = 10**9
SIGNATURE_FEE = 5_000
KEY, PAYEE_KEY = bytes(31) + b"\7", bytes(31) + b"\x08"
SOURCE, PAYEE = (base58check.encode_plain(slip10.public_key(key)) for key in (KEY, PAYEE_KEY))


@pytest.fixture
def chain():
    made = litesvm.LiteSVM()
    made.airdrop(pubkey(SOURCE), SOL)
    return made


def send(chain, calls, *keys, blockhash=None):
    from solders.transaction import Transaction

    message = compile_message(calls, fee_payer=SOURCE, blockhash=blockhash or str(chain.latest_blockhash()))
    signed = sign(message, *keys)
    outcome = chain.send_transaction(Transaction.from_bytes(signed.raw))
    if hasattr(outcome, "err"):
        return outcome.err()
    assert str(outcome.signature()) == signed.txid
    return None


def test_the_whole_balance_can_leave_and_the_account_vanishes(chain):
    assert send(chain, [system_transfer(SOURCE, PAYEE, SOL - SIGNATURE_FEE)], KEY) is None
    assert chain.get_balance(pubkey(PAYEE)) == SOL - SIGNATURE_FEE
    assert not chain.get_balance(pubkey(SOURCE))


def test_one_lamport_more_than_the_balance_cannot_leave(chain):
    refusal = send(chain, [system_transfer(SOURCE, PAYEE, SOL - SIGNATURE_FEE + 1)], KEY)
    assert "Custom(1)" in str(refusal)  # ResultWithNegativeLamports
    assert not chain.get_balance(pubkey(PAYEE))


def test_a_priority_fee_is_its_limit_times_its_price(chain):
    budget = compute_budget(unit_limit=1_000, unit_price_micro_lamports=2_000_000)
    assert send(chain, [*budget, system_transfer(SOURCE, PAYEE, SOL // 2)], KEY) is None
    assert chain.get_balance(pubkey(SOURCE)) == SOL // 2 - SIGNATURE_FEE - 2_000


def test_a_transaction_with_an_old_blockhash_is_refused(chain):
    old = str(chain.latest_blockhash())
    chain.expire_blockhash()
    refusal = send(chain, [system_transfer(SOURCE, PAYEE, SOL // 2)], KEY, blockhash=old)
    assert "BlockhashNotFound" in str(refusal)
