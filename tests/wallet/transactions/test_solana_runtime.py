"""Solana transactions on its own runtime, LiteSVM: what it accepts, what it charges, and the resulting accounts."""

import struct

import pytest

from wallet import base58check, slip10
from wallet.transactions.solana import compile_message, sign
from wallet.transactions.solana_programs import (
    SPL_PROGRAM,
    advance_nonce_account,
    associated_token_account,
    compute_budget,
    create_token_account,
    system_transfer,
    transfer_checked,
)

litesvm = pytest.importorskip("solders.litesvm")
pubkey = pytest.importorskip("solders.pubkey").Pubkey.from_string

SOL = 10**9
SIGNATURE_FEE = 5_000
KEY, PAYEE_KEY, NONCE_KEY = bytes(31) + b"\7", bytes(31) + b"\x08", bytes(31) + b"\x09"
SOURCE, PAYEE, NONCE = (base58check.encode_plain(slip10.public_key(key)) for key in (KEY, PAYEE_KEY, NONCE_KEY))
MINT = base58check.encode_plain(slip10.public_key(bytes(31) + b"\x0a"))


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


def test_a_durable_nonce_replaces_an_expired_blockhash_and_works_once(chain):
    from solders.keypair import Keypair
    from solders.message import Message
    from solders.system_program import create_nonce_account
    from solders.transaction import Transaction

    rent = chain.minimum_balance_for_rent_exemption(80)
    creation = create_nonce_account(pubkey(SOURCE), pubkey(NONCE), pubkey(SOURCE), rent)
    message = Message.new_with_blockhash(list(creation), pubkey(SOURCE), chain.latest_blockhash())
    keys = [Keypair.from_seed(KEY), Keypair.from_seed(NONCE_KEY)]
    outcome = chain.send_transaction(Transaction(keys, message, chain.latest_blockhash()))
    assert not hasattr(outcome, "err")
    nonce = base58check.encode_plain(bytes(chain.get_account(pubkey(NONCE)).data)[40:72])
    chain.expire_blockhash()
    calls = [advance_nonce_account(NONCE, SOURCE), system_transfer(SOURCE, PAYEE, SOL // 2)]
    assert send(chain, calls, KEY, blockhash=nonce) is None
    assert chain.get_balance(pubkey(PAYEE)) == SOL // 2
    assert send(chain, calls, KEY, blockhash=nonce) is not None
    assert chain.get_balance(pubkey(PAYEE)) == SOL // 2


def test_tokens_move_into_an_account_created_for_them(chain):
    from solders.account import Account

    mint = struct.pack("<I32sQBBI32s", 0, bytes(32), 1_000, 6, 1, 0, bytes(32))
    chain.set_account(pubkey(MINT), Account(SOL, mint, pubkey(SPL_PROGRAM)))
    source, payee = associated_token_account(SOURCE, MINT), associated_token_account(PAYEE, MINT)
    held = bytes(pubkey(MINT)) + bytes(pubkey(SOURCE)) + struct.pack("<Q36sB56s", 1_000, bytes(36), 1, bytes(56))
    chain.set_account(pubkey(source), Account(SOL, held, pubkey(SPL_PROGRAM)))
    creation = create_token_account(SOURCE, owner=PAYEE, mint=MINT)
    move = transfer_checked(source, payee, owner=SOURCE, mint=MINT, units=400, decimals=6)
    for _ in range(2):  # the second time the account is there
        assert send(chain, [creation, move], KEY) is None
        chain.expire_blockhash()
    assert [units_in(chain, account) for account in (source, payee)] == [200, 800]


def units_in(chain, account):
    return int.from_bytes(bytes(chain.get_account(pubkey(account)).data)[64:72], "little")
