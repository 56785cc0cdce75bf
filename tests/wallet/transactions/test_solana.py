"""Solana's transactions: published vectors, solders' answers to the same questions, and hostile bytes."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.endurance import times
from tests.wallet.published import load
from tests.wallet.transactions.spends import changes_of
from wallet import base58check, slip10
from wallet.contracts import SPL_2022_PROGRAM, SPL_PROGRAM
from wallet.errors import InvalidAddress
from wallet.transactions import solana
from wallet.transactions.errors import InvalidPrivateKey, InvalidTransaction, Malformed
from wallet.transactions.solana import AccountMeta, Instruction, compact_u16, compile_message, decode, parse, sign
from wallet.transactions.solana_programs import (
    associated_token_account,
    compute_budget,
    read_system_transfer,
    system_transfer,
)

VECTORS = load("solana_transactions")["vectors"]
LENGTHS = [vector for vector in VECTORS if vector["kind"] == "compact_u16"]
BAD_LENGTHS = [vector for vector in VECTORS if vector["kind"] == "compact_u16_invalid"]
SIGNED = [v for v in VECTORS if v["kind"] in {"transfer", "signed"} and v["version"] == "legacy"]
TRANSFERS = [vector for vector in SIGNED if vector["kind"] == "transfer"]
IN_ORDER_OF_APPEARANCE = {"transfer_with_priority_fee", "transfer_with_priority_fee_limit"}
KEY, OTHER_KEY = bytes(31) + b"\7", bytes(31) + b"\x08"
SOURCE, PAYEE = (base58check.encode_plain(slip10.public_key(key)) for key in (KEY, OTHER_KEY))
BLOCKHASH = base58check.encode_plain(bytes(range(32)))
PLAIN = compile_message([system_transfer(SOURCE, PAYEE, 1)], fee_payer=SOURCE, blockhash=BLOCKHASH)
SIGNED_PLAIN = sign(PLAIN, KEY)
USDC = "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v"


def name_of(vector):
    return vector["name"]


def with_length(encoded_length):
    """A message whose last field is an array of this length, with nothing in it."""
    return PLAIN.serialise()[: -len(PLAIN.instructions[0].data) - 1] + encoded_length


@pytest.mark.parametrize("vector", LENGTHS, ids=lambda vector: vector["hex"])
def test_published_lengths_are_written_as_published(vector):
    assert compact_u16(vector["value"]).hex() == vector["hex"]


@pytest.mark.parametrize("vector", [v for v in LENGTHS if v["value"] < 1000], ids=lambda vector: vector["hex"])
def test_published_lengths_are_read(vector):
    read = parse(with_length(bytes.fromhex(vector["hex"])) + bytes(vector["value"]))
    assert read.instructions[0].data == bytes(vector["value"])


@pytest.mark.parametrize("vector", BAD_LENGTHS, ids=lambda vector: vector["hex"])
def test_published_invalid_lengths_are_refused(vector):
    with pytest.raises(InvalidTransaction) as refusal:
        parse(with_length(bytes.fromhex(vector["hex"])))
    assert refusal.value.reason is (Malformed.LENGTH if vector["reason"] == "too short" else Malformed.ENCODING)


def test_a_message_followed_by_more_bytes_is_refused():
    with pytest.raises(InvalidTransaction) as refusal:
        parse(PLAIN.serialise() + bytes(1))
    assert refusal.value.reason is Malformed.LENGTH


@pytest.mark.parametrize("vector", SIGNED, ids=name_of)
def test_published_transactions_are_read_written_and_signed_identically(vector):
    raw = bytes.fromhex(vector["transaction"])
    signed = decode(raw)
    message = signed.message
    assert (signed.raw, signed.txid) == (raw, vector["signatures"][0])
    assert [message.signers, message.readonly_signers, message.readonly_others] == vector["header"]
    assert list(message.keys) == vector["account_keys"]
    assert message.blockhash == vector["recent_blockhash"]
    assert message.transaction_bytes == len(raw)
    calls = [{"program": c.program, "accounts": list(c.accounts), "data": c.data.hex()} for c in message.instructions]
    assert calls == vector["instructions"]
    keys = [bytes.fromhex(signer.get("private_key", "")) for signer in vector["signers"]]
    if all(keys):
        assert sign(message, *keys) == signed


@pytest.mark.parametrize("vector", TRANSFERS, ids=name_of)
def test_published_transfers_are_compiled_from_their_fields(vector):
    transfer = system_transfer(vector["from"], vector["to"], vector["lamports"])
    message = decode(bytes.fromhex(vector["transaction"])).message
    assert read_system_transfer(message.calls()[-1]) == (vector["from"], vector["to"], vector["lamports"])
    if vector["name"] not in IN_ORDER_OF_APPEARANCE:
        compiled = compile_message([transfer], fee_payer=vector["fee_payer"], blockhash=vector["recent_blockhash"])
        assert compiled == message


def published(name):
    return decode(bytes.fromhex(next(vector for vector in SIGNED if vector["name"] == name)["transaction"])).message


def test_a_published_call_is_compiled_from_its_fields():
    message = published("system_program Advance Nonce Account")
    assert compile_message(message.calls(), fee_payer=message.keys[0], blockhash=message.blockhash) == message


def test_versioned_transactions_are_refused():
    (vector,) = [vector for vector in VECTORS if vector.get("version") == 0]
    with pytest.raises(InvalidTransaction) as refusal:
        decode(bytes.fromhex(vector["transaction"]))
    assert refusal.value.reason is Malformed.TYPE


seeds = st.binary(min_size=32, max_size=32)
addresses = seeds.map(base58check.encode_plain)
instructions = st.builds(
    Instruction,
    program=addresses,
    accounts=st.lists(st.builds(AccountMeta, addresses, st.just(False), st.booleans()), max_size=5).map(tuple),
    data=st.binary(max_size=60),
)
uint64 = st.integers(0, 2**64 - 1)


def by_solders(instruction):
    from solders.instruction import AccountMeta as Meta
    from solders.instruction import Instruction as Call
    from solders.pubkey import Pubkey

    metas = [Meta(Pubkey.from_string(m.address), m.is_signer, m.is_writable) for m in instruction.accounts]
    return Call(Pubkey.from_string(instruction.program), instruction.data, metas)


@settings(max_examples=times(250, full=1_000), deadline=None)
@given(
    st.lists(seeds, min_size=2, max_size=3, unique=True),
    addresses,
    uint64,
    st.lists(instructions, max_size=3),
    addresses,
    st.booleans(),
)
def test_random_transactions_are_compiled_and_signed_as_by_solders(seeds, payee, lamports, more, blockhash, priority):
    pytest.importorskip("solders.keypair")
    from solders.hash import Hash
    from solders.keypair import Keypair
    from solders.message import Message
    from solders.pubkey import Pubkey
    from solders.transaction import Transaction

    payer, *sources = (base58check.encode_plain(slip10.public_key(seed)) for seed in seeds)
    calls = compute_budget(unit_limit=lamports % 2**32, unit_price_micro_lamports=lamports) if priority else []
    calls += [system_transfer(source, payee, lamports) for source in sources] + more
    message = compile_message(calls, fee_payer=payer, blockhash=blockhash)
    theirs = Message.new_with_blockhash(
        [by_solders(call) for call in calls], Pubkey.from_string(payer), Hash.from_string(blockhash)
    )
    assert message.serialise() == bytes(theirs)
    ours = sign(message, *seeds)
    signed = Transaction([Keypair.from_seed(seed) for seed in seeds], theirs, Hash.from_string(blockhash))
    assert ours.raw == bytes(signed)
    assert ours.txid == str(signed.signatures[0])
    assert decode(ours.raw) == ours
    assert [(call.program, call.data) for call in message.calls()] == [(call.program, call.data) for call in calls]


@settings(max_examples=300, deadline=None)
@given(addresses, addresses, st.booleans())
def test_token_accounts_are_where_solders_derives_them(owner, mint, new):
    associated = pytest.importorskip("solders.token.associated")
    from solders.pubkey import Pubkey

    program = SPL_2022_PROGRAM if new else SPL_PROGRAM
    theirs = associated.get_associated_token_address(
        Pubkey.from_string(owner), Pubkey.from_string(mint), Pubkey.from_string(program)
    )
    assert associated_token_account(owner, mint, program=program) == str(theirs)


@settings(max_examples=100, deadline=None)
@given(addresses, addresses, uint64, uint64)
def test_system_and_compute_budget_calls_match_solders(source, payee, number, nonce):
    system = pytest.importorskip("solders.system_program")
    from solders.compute_budget import set_compute_unit_limit, set_compute_unit_price
    from solders.pubkey import Pubkey

    one, other = Pubkey.from_string(source), Pubkey.from_string(payee)
    transfer = system.transfer({"from_pubkey": one, "to_pubkey": other, "lamports": number})
    assert by_solders(system_transfer(source, payee, number)) == transfer
    limit, price = compute_budget(unit_limit=number % 2**32, unit_price_micro_lamports=nonce)
    assert by_solders(limit) == set_compute_unit_limit(number % 2**32)
    assert by_solders(price) == set_compute_unit_price(nonce)


@settings(max_examples=times(200, full=500), deadline=None)
@given(changes_of(SIGNED_PLAIN.raw))
def test_no_other_bytes_are_read_as_the_signed_transaction(changed):
    with pytest.raises((InvalidTransaction, InvalidAddress)) as refusal:
        decode(changed)
    assert refusal.value.chain.value == "SOL"


@settings(max_examples=times(200, full=500), deadline=None)
@given(st.binary(max_size=200), st.integers(0, 150))
def test_whatever_is_read_has_no_other_encoding(tail, position):
    encoded = PLAIN.serialise()[:position] + tail
    try:
        message = parse(encoded)
    except InvalidTransaction:
        return
    assert message.serialise() == encoded


CALL = PLAIN.instructions[0]
WRONG = {
    "no signer": {"signers": 0},
    "a fee payer that cannot be written to": {"readonly_signers": 1},
    "more signers than keys": {"signers": 4},
    "more read-only accounts than keys": {"readonly_others": 3},
    "a key twice": {"keys": (SOURCE, SOURCE, PLAIN.keys[2])},
    "the fee payer as a program": {"instructions": (replace(CALL, program=0),)},
    "a program that is not there": {"instructions": (replace(CALL, program=3),)},
    "an account that is not there": {"instructions": (replace(CALL, accounts=b"\0\3"),)},
}


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG.keys())
def test_counts_and_indexes_that_point_nowhere_are_refused(change):
    with pytest.raises(InvalidTransaction) as refusal:
        replace(PLAIN, **change)
    assert refusal.value.reason is Malformed.ACCOUNTS


def test_a_transaction_has_at_most_1232_bytes():
    assert PLAIN.transaction_bytes == len(SIGNED_PLAIN.raw) == 215
    largest = replace(CALL, data=bytes(1232 - 215 + 12 - 1))
    assert replace(PLAIN, instructions=(largest,)).transaction_bytes == solana.MAX_BYTES
    with pytest.raises(InvalidTransaction) as refusal:
        replace(PLAIN, instructions=(replace(largest, data=largest.data + b"\0"),))
    assert refusal.value.reason is Malformed.LENGTH
    crowd = b"\1\0\0" + compact_u16(300) + bytes(300 * 32) + bytes(32) + b"\0"
    for read, encoded in ((parse, crowd), (decode, b"\1" + bytes(64) + crowd)):
        with pytest.raises(InvalidTransaction) as refusal:
            read(encoded)
        assert refusal.value.reason is Malformed.LENGTH


def test_more_accounts_than_an_index_can_reach_are_refused():
    crowd = tuple(AccountMeta(base58check.encode_plain(n.to_bytes(32)), False, True) for n in range(1, 300))
    with pytest.raises(InvalidTransaction) as refusal:
        compile_message([Instruction(PAYEE, crowd, b"")], fee_payer=SOURCE, blockhash=BLOCKHASH)
    assert refusal.value.reason is Malformed.ACCOUNTS


def test_a_blockhash_has_32_bytes():
    for text in ("", "0", base58check.encode_plain(bytes(31))):
        with pytest.raises(InvalidTransaction) as refusal:
            replace(PLAIN, blockhash=text)
        assert refusal.value.reason is Malformed.FIELDS


def test_every_signature_is_verified():
    message = compile_message([system_transfer(PAYEE, SOURCE, 1)], fee_payer=SOURCE, blockhash=BLOCKHASH)
    first, second = sign(message, OTHER_KEY, KEY).signatures
    assert decode(solana.SignedTransaction(message, (first, second)).raw).signatures == (first, second)
    for signatures in ((second, first), (first, first), (first,), (first, second, second), ()):
        with pytest.raises(InvalidTransaction) as refusal:
            decode(solana.SignedTransaction(message, signatures).raw)
        assert refusal.value.reason is Malformed.SIGNATURE


@pytest.mark.parametrize("keys", [(), (OTHER_KEY,), (KEY, OTHER_KEY)], ids=["none", "another", "one too many"])
def test_exactly_the_signers_keys_are_accepted(keys):
    with pytest.raises(InvalidTransaction) as refusal:
        sign(PLAIN, *keys)
    assert refusal.value.reason is Malformed.SIGNER


@pytest.mark.parametrize("key", [b"", KEY[1:], KEY + KEY], ids=bytes.hex)
def test_a_wrong_key_is_refused(key):
    with pytest.raises(InvalidPrivateKey) as refusal:
        sign(PLAIN, key)
    assert vars(refusal.value) == {}


def test_other_calls_are_refused_if_a_transfer_is_expected():
    transfer = system_transfer(SOURCE, PAYEE, 5)
    others = [
        *compute_budget(unit_limit=1, unit_price_micro_lamports=1),
        replace(transfer, data=transfer.data + b"\0"),
        replace(transfer, program=USDC),
        replace(transfer, data=b"\x03" + transfer.data[1:]),
        replace(transfer, accounts=(*transfer.accounts, transfer.accounts[0])),
    ]
    for call in others:
        with pytest.raises(InvalidTransaction) as refusal:
            read_system_transfer(call)
        assert refusal.value.reason is Malformed.TYPE


def test_numbers_that_do_not_fit_are_refused():
    for make in (
        lambda: system_transfer(SOURCE, PAYEE, -1),
        lambda: system_transfer(SOURCE, PAYEE, 2**64),
        lambda: compute_budget(unit_limit=2**32, unit_price_micro_lamports=0),
    ):
        with pytest.raises(InvalidTransaction) as refusal:
            make()
        assert refusal.value.reason is Malformed.RANGE
