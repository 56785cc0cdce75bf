"""Plans signed with words, by a sealed shop's operator, or not at all; read back by other libraries."""

import itertools

import pytest
from embit.transaction import Transaction as EmbitTransaction
from eth_account import Account
from solders.transaction import Transaction as SoldersTransaction

from tests.wallet.plans import made
from tests.wallet.plans.made import DESTINATIONS, NOW, OPERATOR, Boxes
from tests.wallet.published import MNEMONIC
from wallet import base58check, bip39
from wallet.chains import Chain
from wallet.plans import plan, reading
from wallet.plans.errors import InvalidPlan, InvalidSigned, KeyMissing, SignedFault, WrongKey
from wallet.plans.keys import Keys
from wallet.plans.signed import SignedPlan, SignedTransaction, read_signed, verify, write_signed
from wallet.plans.signing import BlockhashNeeded, sign_plan, sign_transaction
from wallet.sealing import OperatorKey
from wallet.transactions import bitcoin, ethereum, tron

PLAN = made.plan()
KEYS = Keys(words=bip39.parse(MNEMONIC))
SIGNED = sign_plan(PLAN, KEYS, now=NOW)
RAW = [each.raw for each in SIGNED.transactions]
BLOCKHASH = base58check.encode_plain(bytes(range(32)))
SOLANA = 8


def refused(call, kind=InvalidSigned):
    with pytest.raises(kind) as refusal:
        call()
    return refusal.value


def test_everything_but_solana_is_signed_without_a_network():
    assert [each.position for each in SIGNED.transactions] == list(range(8))
    assert SIGNED.unsigned == (SOLANA,)
    assert [verify(PLAN, each.position, each.raw) for each in SIGNED.transactions] == list(SIGNED.transactions)


def test_another_library_reads_the_bitcoin_transactions():
    read = EmbitTransaction.parse(RAW[0])
    planned = PLAN.transactions[0]
    assert read.txid().hex() == SIGNED.transactions[0].txid
    assert [(each.txid.hex(), each.vout) for each in read.vin] == [(each.txid, each.index) for each in planned.inputs]
    assert [(each.value, each.script_pubkey.address()) for each in read.vout] == [(148_006, DESTINATIONS[Chain.BTC])]


@pytest.mark.parametrize("position", [2, 3, 4])
def test_ethereum_signatures_recover_to_the_paying_address(position):
    assert Account.recover_transaction(RAW[position]) == PLAN.transactions[position].source.address


def test_a_token_call_has_the_destination_and_its_units():
    call = ethereum.decode(RAW[4]).transaction
    assert (call.to, call.value) == (made.USDT, 0)
    assert call.data.hex() == f"a9059cbb{DESTINATIONS[Chain.ETH][2:].lower():0>64}{125_000_000:064x}"
    trigger = tron.decode(RAW[7]).transaction
    assert (trigger.contract.contract, trigger.fee_limit_sun) == (made.TRC_USDT, 14_000_000)


def test_solana_is_signed_with_a_recent_blockhash():
    refused(lambda: sign_transaction(PLAN, SOLANA, KEYS), BlockhashNeeded)
    signed = sign_transaction(PLAN, SOLANA, KEYS, blockhash=BLOCKHASH)
    read = SoldersTransaction.from_bytes(signed.raw)
    read.verify()
    assert str(read.signatures[0]) == signed.txid
    assert str(read.message.recent_blockhash) == BLOCKHASH
    assert verify(PLAN, SOLANA, signed.raw) == signed


def test_progress_is_reported_after_each():
    told = []
    sign_plan(PLAN, KEYS, now=NOW, progress=told.append)
    assert told == list(range(1, 10))


def sealed_plan(boxes, *, inline):
    return made.plan(*made.transactions(boxes.holder), boxes=boxes.sealed if inline else {})


@pytest.mark.parametrize("inline", [True, False], ids=["inline", "by file"])
def test_a_sealed_shops_plan_is_signed_by_its_operator(inline):
    boxes = Boxes()
    usual = sealed_plan(boxes, inline=inline)
    without_gas = [position for position in range(8) if position not in {3, 6}]
    keys = Keys(operator=OPERATOR, boxes={} if inline else boxes.sealed)
    for position in without_gas:
        signed = sign_transaction(usual, position, keys)
        assert verify(usual, position, signed.raw) == signed
    refused(lambda: sign_plan(usual, keys, now=NOW), KeyMissing)  # the gas address is below words
    both = Keys(operator=OPERATOR, boxes=boxes.sealed, words=bip39.parse(MNEMONIC))
    assert sign_plan(usual, both, now=NOW).unsigned == (SOLANA,)


def test_the_same_words_with_a_passphrase_are_the_wrong_key():
    keys = Keys(words=bip39.parse(MNEMONIC), passphrase="more")
    assert refused(lambda: sign_plan(PLAN, keys, now=NOW), WrongKey).position == 1


def test_the_wrong_key_is_refused_naming_the_transaction():
    boxes = Boxes()
    usual = sealed_plan(boxes, inline=True)
    stranger = Keys(operator=OperatorKey(bytes(range(2, 34))))
    assert refused(lambda: sign_transaction(usual, 1, stranger), WrongKey).position == 2
    others = Keys(words=made.OTHER_WORDS)
    assert refused(lambda: sign_plan(PLAN, others, now=NOW), WrongKey).position == 1


def test_a_swapped_box_is_a_wrong_key():
    boxes = Boxes()
    swapped = {1: boxes.sealed[2], 2: boxes.sealed[1]}
    usual = made.plan(*made.transactions(boxes.holder), boxes=swapped)
    assert refused(lambda: sign_transaction(usual, 0, Keys(operator=OPERATOR)), WrongKey).position == 1


def test_one_set_of_keys_opens_two_plans_with_different_boxes_for_the_same_number():
    keys = Keys(operator=OPERATOR)
    for _ in range(2):
        usual = sealed_plan(Boxes(), inline=True)
        assert sign_transaction(usual, 1, keys).position == 1


@pytest.mark.parametrize("keys", [Keys(), Keys(operator=OPERATOR)], ids=["nothing", "operator"])
def test_a_missing_key_is_reported(keys):
    assert refused(lambda: sign_plan(PLAN, keys, now=NOW), KeyMissing).position == 1


def test_a_missing_box_is_reported():
    usual = sealed_plan(Boxes(), inline=False)
    assert refused(lambda: sign_transaction(usual, 5, Keys(operator=OPERATOR)), KeyMissing).position == 6


def test_a_signed_file_reads_back_as_written():
    assert read_signed(write_signed(SIGNED)) == SIGNED
    assert read_signed(write_signed(SIGNED), plan_digest=PLAN.digest) == SIGNED


def test_another_plans_signed_file_is_refused():
    other = made.plan(made_at=NOW - 1)
    refusal = refused(lambda: read_signed(write_signed(SIGNED), plan_digest=other.digest))
    assert (refusal.fault, str(refusal)) == (SignedFault.OTHER_PLAN, "this was signed for another plan")


def test_another_plans_signatures_do_not_match():
    other = made.changed(0, fee=2_001, units=148_005)
    refusal = refused(lambda: read_signed(write_signed(SignedPlan(other, SIGNED.transactions))))
    assert (refusal.fault, refusal.position) == (SignedFault.OTHER_TRANSACTION, 1)


@pytest.mark.parametrize(("position", "other"), list(itertools.permutations(range(8), 2)))
def test_no_transaction_is_accepted_for_another(position, other):
    swapped = SignedPlan(PLAN, (SignedTransaction(position, SIGNED.transactions[other].txid, RAW[other]),))
    assert refused(lambda: read_signed(write_signed(swapped))).position == position + 1


@pytest.mark.parametrize("position", range(8))
def test_a_changed_byte_is_refused(position):
    raw = RAW[position]
    for at in range(0, len(raw), 7):
        changed = raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]
        assert refused(lambda changed=changed: verify(PLAN, position, changed)).position == position + 1


def test_an_input_without_a_signature_is_refused():
    unsigned = bitcoin.parse(Chain.BTC, RAW[0]).stripped()
    assert refused(lambda: verify(PLAN, 0, unsigned)).fault is SignedFault.SIGNATURE


def test_an_id_that_does_not_match_the_bytes_is_refused():
    first = SIGNED.transactions[0]
    lied = SignedPlan(PLAN, (SignedTransaction(0, "00" * 32, first.raw),))
    assert refused(lambda: read_signed(write_signed(lied))).fault is SignedFault.OTHER_TRANSACTION


def test_the_same_transaction_twice_is_refused():
    first = SIGNED.transactions[0]
    refusal = refused(lambda: read_signed(write_signed(SignedPlan(PLAN, (first, first)))))
    assert (refusal.fault, refusal.position) == (SignedFault.TWICE, 1)


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"{}", id="an empty object"),
        pytest.param(b"[]", id="a list"),
        pytest.param(plan.write(PLAN), id="a plan"),
        pytest.param(
            write_signed(SIGNED).replace(b'"souk-signed-plan","plan"', b'"souk-signed-plan","other"'), id="no plan"
        ),
        pytest.param(write_signed(SIGNED).replace(b'"position":7', b'"position":9'), id="another position"),
        pytest.param(write_signed(SIGNED).replace(b'"position":7', b'"position":true'), id="no position"),
        pytest.param(write_signed(SIGNED).replace(b'"raw":"02', b'"raw":"0x02'), id="a prefix"),
        pytest.param(write_signed(SIGNED).replace(b'}],"version":1}', b'}],"version":true}'), id="no version"),
    ],
)
def test_a_file_that_is_not_a_signed_plan_is_refused(raw):
    assert refused(lambda: read_signed(raw)).fault is SignedFault.NOT_SIGNED_FILE


def test_a_plan_changed_inside_a_signed_file_is_refused():
    raw = write_signed(SIGNED).replace(b'"fee":"2000"', b'"fee":"2001"')
    refused(lambda: read_signed(raw), InvalidPlan)


def test_a_plan_read_from_its_file_is_signed_the_same():
    assert sign_plan(reading.read(plan.write(PLAN)), KEYS, now=NOW) == SIGNED


@pytest.mark.parametrize("shown", [repr, str, lambda value: f"{[value]}"])
def test_keys_show_nothing(shown):
    assert shown(KEYS).strip("[]") == "<Keys (redacted)>"
    assert "raw" not in shown(SIGNED)
