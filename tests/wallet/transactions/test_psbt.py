"""PSBTs: BIP-174's valid and invalid vectors, whole flows, and other signers."""

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.wallet.published import load
from tests.wallet.transactions.spends import random_spend
from wallet import bip32, bip39, paths
from wallet.chains import Chain
from wallet.descriptors import KeyOrigin
from wallet.transactions import bitcoin, p2wpkh, psbt, psbt_roles
from wallet.transactions.bitcoin import Input, OutPoint, Output, Transaction
from wallet.transactions.p2wpkh import Coin, NoKey, NotSigned, SigningKey, WrongCoin
from wallet.transactions.psbt_roles import Doubt, InputRefused, OtherTransaction
from wallet.transactions.wire import Flaw, MalformedTransaction, byte_string, u32

VECTORS = load("bip174_psbt")["vectors"]
CHAINS = [Chain.BTC, Chain.LTC]
KEYS = [SigningKey((n + 1).to_bytes(32)) for n in range(3)]
COINS = [Coin(OutPoint(f"{n:064x}", n), Output(10_000 + n, key.script_pubkey)) for n, key in enumerate(KEYS)]
TO = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"
DRAFT = p2wpkh.draft(Chain.BTC, COINS, rest_to=TO, rate=1_000)


def of_kind(kind):
    found = [vector for vector in VECTORS if vector["kind"] == kind]
    assert found
    return found


def read(text, chain=Chain.BTC):
    return psbt.from_base64(chain, text)


FLAWS = {
    "Network transaction, not PSBT format": Flaw.MAGIC,
    "PSBT missing outputs": Flaw.TRUNCATED,
    "PSBT where one input has a filled scriptSig in the unsigned tx": Flaw.SIGNED,
    "PSBT where inputs and outputs are provided but without an unsigned tx": Flaw.NO_TRANSACTION,
    "PSBT with duplicate keys in an input": Flaw.DUPLICATE_KEY,
    "PSBT with unsigned tx serialized with witness serialization format": Flaw.TRUNCATED,
    "PSBT with an invalid value data due to its size being not the stated size": Flaw.TRAILING,
}


@pytest.mark.parametrize("vector", of_kind("invalid"), ids=lambda vector: vector["reason"])
def test_published_invalid_psbts_are_refused(vector):
    with pytest.raises(MalformedTransaction) as refusal:
        read(vector["psbt"])
    assert refusal.value.flaw is FLAWS.get(vector["reason"], Flaw.KEY)


@pytest.mark.parametrize("vector", of_kind("valid"), ids=lambda vector: vector["description"])
def test_published_valid_psbts_are_written_back_unchanged(vector):
    assert read(vector["psbt"]).to_base64() == vector["psbt"]


@pytest.mark.parametrize("vector", of_kind("fails_signer_checks"), ids=lambda vector: vector["reason"])
def test_published_psbts_a_signer_must_refuse_are_read_but_not_signed(vector):
    with pytest.raises((NoKey, InputRefused)):
        psbt_roles.sign(read(vector["psbt"]), KEYS)


def test_the_published_creation_is_reproduced_byte_for_byte():
    (vector,) = of_kind("creator")
    inputs = [
        Input(OutPoint(spent["txid"], spent["index"]), sequence=vector["sequence"]) for spent in vector["inputs"]
    ]
    outputs = [Output(paid["value_satoshi"], bytes.fromhex(paid["script_pubkey"])) for paid in vector["outputs"]]
    transaction = Transaction(tuple(inputs), tuple(outputs), vector["transaction_version"], vector["locktime"])
    created = psbt.Psbt(Chain.BTC, transaction, {}, ({}, {}), ({}, {}))
    assert created.to_base64() == vector["result"]


@pytest.mark.parametrize("vector", of_kind("combiner"), ids=["signatures", "unknown fields"])
def test_published_psbts_combine_to_the_published_maps_in_either_order(vector):
    first, second = [read(text) for text in vector["psbts"]]
    expected = read(vector["result"])
    assert psbt_roles.combine(first, second) == psbt_roles.combine(second, first) == expected
    assert psbt_roles.combine(first) == first


def test_the_published_transaction_is_extracted():
    (vector,) = of_kind("extractor")
    assert psbt_roles.extract(read(vector["psbt"])).serialise().hex() == vector["transaction"]


@pytest.mark.parametrize("vector", of_kind("finalizer"), ids=lambda vector: vector.get("description", "BIP-174"))
def test_published_p2wpkh_inputs_are_finalised_and_other_kinds_left_alone(vector):
    partial = read(vector["psbt"])
    if vector.get("description") == "P2WPKH":
        assert psbt_roles.finalise(partial) == read(vector["result"])
        return
    with pytest.raises(WrongCoin) as refusal:
        psbt_roles.finalise(partial)
    assert refusal.value.position == 0


@pytest.mark.parametrize("vector", of_kind("sign_finalize_extract"), ids=lambda vector: vector["description"])
def test_published_psbts_of_broadcast_transactions_have_their_p2wpkh_inputs_signed(vector, curve):
    key = SigningKey(bytes.fromhex(vector["private_key"]))
    if "P2PKH" in vector["description"]:
        with pytest.raises(NoKey):
            psbt_roles.sign(read(vector["psbt"]), [key])
        return
    final = psbt_roles.finalise(psbt_roles.sign(read(vector["psbt"]), [key]))
    assert final == read(vector["result"])
    transaction = psbt_roles.extract(final)
    assert transaction.serialise().hex() == vector["transaction"]
    assert [transaction.txid, transaction.vsize, transaction.weight] == [
        vector["txid"],
        vector["vsize"],
        vector["weight"],
    ]


@pytest.mark.parametrize("vector", of_kind("p2wpkh_flow"), ids=lambda vector: vector["description"])
def test_whole_flows_match_other_libraries_at_each_step(vector):
    chain = Chain[vector["description"][:3]]
    master = bip32.master(bip39.seed(bip39.parse(vector["mnemonic"])))
    assert master.fingerprint.hex() == vector["master_fingerprint"]
    expected = read(vector["psbt"], chain)
    origins, keys = {}, []
    for index in range(len(expected.inputs)):
        path = paths.address(chain, index)
        keys.append(SigningKey(master.derive(path).private_key))
        origins[keys[-1].public_key] = KeyOrigin(master.fingerprint, path)
    coins = [psbt_roles.coin_of(expected, n) for n in range(len(expected.inputs))]
    created = psbt_roles.create(chain, expected.transaction, coins, origins=origins)
    assert created.to_base64() == vector["psbt"]
    signed = psbt_roles.sign(created, keys)
    assert signed.to_base64() == vector["signed"]
    final = psbt_roles.finalise(signed)
    assert final.to_base64() == vector["finalized"]
    transaction = psbt_roles.extract(final)
    assert transaction.serialise().hex() == vector["transaction"]
    p2wpkh.verify(transaction, coins)


def test_signers_with_some_of_the_keys_each_add_their_signatures():
    created = psbt_roles.create(Chain.BTC, DRAFT, COINS)
    parts = [psbt_roles.sign(created, [key]) for key in KEYS]
    with pytest.raises(NotSigned) as refusal:
        psbt_roles.finalise(psbt_roles.combine(*parts[:2]))
    assert refusal.value.position == 2
    transaction = psbt_roles.extract(psbt_roles.finalise(psbt_roles.combine(*parts)))
    assert transaction == p2wpkh.sign(DRAFT, COINS, KEYS)


def test_the_wallets_own_outputs_include_their_origin():
    origin = KeyOrigin(bytes.fromhex("d34db33f"), paths.address(Chain.BTC, 7))
    transaction = replace(DRAFT, outputs=(Output(9_000, KEYS[2].script_pubkey), *DRAFT.outputs))
    created = psbt_roles.create(Chain.BTC, transaction, COINS, origins={KEYS[2].public_key: origin})
    value = bytes.fromhex("d34db33f" + "54000080" + "00000080" + "00000080" + "00000000" + "07000000")
    assert created.outputs == ({psbt.OUTPUT_DERIVATION + KEYS[2].public_key: value}, {})
    assert created.inputs[2][psbt.INPUT_DERIVATION + KEYS[2].public_key] == value
    assert [len(fields) for fields in created.inputs] == [1, 1, 2]


def funded():
    """Return a coin whose previous transaction is known, and the PSBT that spends it."""
    previous = Transaction(
        (Input(OutPoint("aa" * 32, 0)),), (Output(1, b"\x51"), Output(10_000, KEYS[0].script_pubkey))
    )
    coin = Coin(OutPoint(previous.txid, 1), previous.outputs[1])
    transaction = p2wpkh.draft(Chain.BTC, [coin], rest_to=TO, rate=1_000)
    return previous, psbt_roles.create(Chain.BTC, transaction, [coin], previous={previous.txid: previous.serialise()})


def with_field(partial, key, value):
    return replace(partial, inputs=({**partial.inputs[0], key: value}, *partial.inputs[1:]))


def test_a_previous_transaction_proves_what_is_spent_and_a_lie_about_it_is_refused():
    previous, partial = funded()
    psbt_roles.sign(psbt.parse(Chain.BTC, partial.serialise()), KEYS)
    other = replace(previous, locktime=1)
    lies = [
        with_field(partial, psbt.WITNESS_UTXO, Output(99_000, KEYS[0].script_pubkey).serialise()),
        with_field(partial, psbt.NON_WITNESS_UTXO, other.serialise()),
    ]
    for lie in lies:
        with pytest.raises(InputRefused) as refusal:
            psbt_roles.sign(lie, KEYS)
        assert [refusal.value.position, refusal.value.doubt] == [0, Doubt.UTXO]


@pytest.mark.parametrize(
    ("key", "value", "doubt"),
    [
        (psbt.REDEEM_SCRIPT, b"\x51", Doubt.SCRIPT),
        (psbt.WITNESS_SCRIPT, b"\x51", Doubt.SCRIPT),
        (psbt.SIGHASH_TYPE, u32(0x83), Doubt.SIGHASH),
    ],
)
def test_a_psbt_that_would_not_sign_the_whole_p2wpkh_spend_is_refused(key, value, doubt):
    partial = with_field(psbt_roles.create(Chain.BTC, DRAFT, COINS), key, value)
    with pytest.raises(InputRefused) as refusal:
        psbt_roles.sign(partial, KEYS)
    assert [refusal.value.position, refusal.value.doubt] == [0, doubt]


def test_a_value_changed_before_signing_gives_no_valid_transaction():
    lie = Output(COINS[0].output.value + 1, COINS[0].output.script_pubkey)
    partial = with_field(psbt_roles.create(Chain.BTC, DRAFT, COINS), psbt.WITNESS_UTXO, lie.serialise())
    transaction = psbt_roles.extract(psbt_roles.finalise(psbt_roles.sign(partial, KEYS)))
    with pytest.raises(NotSigned) as refusal:
        p2wpkh.verify(transaction, COINS)
    assert refusal.value.position == 0


def test_a_signature_that_does_not_match_is_not_finalised():
    signed = psbt_roles.sign(psbt_roles.create(Chain.BTC, DRAFT, COINS), KEYS)
    wrong = signed.inputs[1][psbt.PARTIAL_SIG + KEYS[1].public_key]
    with pytest.raises(NotSigned) as refusal:
        psbt_roles.finalise(with_field(signed, psbt.PARTIAL_SIG + KEYS[0].public_key, wrong))
    assert refusal.value.position == 0


def test_final_inputs_are_left_unchanged_and_only_complete_psbts_are_extracted():
    signed = psbt_roles.sign(psbt_roles.create(Chain.BTC, DRAFT, COINS), KEYS)
    final = psbt_roles.finalise(signed)
    assert psbt_roles.finalise(final) == final
    with pytest.raises(NoKey):
        psbt_roles.sign(final, KEYS)
    for incomplete in (signed, replace(final, inputs=(*final.inputs[:2], signed.inputs[2]))):
        with pytest.raises(NotSigned) as refusal:
            psbt_roles.extract(incomplete)
        assert refusal.value.position in {0, 2}


def test_unknown_fields_survive_every_role():
    partial = with_field(psbt_roles.create(Chain.BTC, DRAFT, COINS), b"\xfc\x04souk", b"ours")
    final = psbt_roles.finalise(psbt_roles.combine(psbt_roles.sign(partial, KEYS), partial))
    assert final.inputs[0][b"\xfc\x04souk"] == b"ours"


def test_the_first_psbt_wins_where_two_disagree():
    ours = psbt_roles.create(Chain.BTC, DRAFT, COINS)
    theirs = with_field(ours, psbt.WITNESS_UTXO, Output(1, KEYS[0].script_pubkey).serialise())
    assert psbt_roles.combine(ours, theirs) == ours
    assert psbt_roles.combine(theirs, ours) == theirs


def test_psbts_of_different_transactions_are_not_combined():
    ours = psbt_roles.create(Chain.BTC, DRAFT, COINS)
    for other in (replace(ours, transaction=replace(DRAFT, locktime=1)), replace(ours, chain=Chain.LTC)):
        with pytest.raises(OtherTransaction):
            psbt_roles.combine(ours, other)


UNSIGNED = byte_string(psbt.UNSIGNED_TX) + byte_string(DRAFT.stripped())
EMPTY_MAPS = bytes(len(DRAFT.inputs) + len(DRAFT.outputs))


@pytest.mark.parametrize(
    ("globals_", "flaw"),
    [
        (byte_string(psbt.GLOBAL_VERSION) + byte_string(u32(2)), Flaw.VERSION),
        (byte_string(psbt.GLOBAL_VERSION) + byte_string(b"\0"), Flaw.FIELD),
        (byte_string(psbt.GLOBAL_XPUB + bytes(78)) + byte_string(b"\0" * 5), Flaw.FIELD),
        (byte_string(psbt.GLOBAL_XPUB + bytes(77)) + byte_string(b"\0" * 4), Flaw.KEY),
    ],
)
def test_global_fields_of_the_wrong_form_are_refused(globals_, flaw):
    raw = psbt.MAGIC + UNSIGNED + globals_ + b"\0" + EMPTY_MAPS
    with pytest.raises(MalformedTransaction) as refusal:
        psbt.parse(Chain.BTC, raw)
    assert refusal.value.flaw is flaw


@pytest.mark.parametrize("text", ["cHNidP8=\n", "not base64", "psbtÿ", "cHNidP8"])
def test_text_that_is_not_base64_is_refused(text):
    with pytest.raises(MalformedTransaction) as refusal:
        read(text)
    assert refusal.value.flaw is Flaw.BASE64


def test_no_prefix_of_a_psbt_is_a_psbt_and_nothing_may_follow_it():
    raw = psbt_roles.sign(psbt_roles.create(Chain.BTC, DRAFT, COINS), KEYS).serialise()
    for part in [raw[:length] for length in range(len(raw))] + [raw + b"\0"]:
        with pytest.raises(MalformedTransaction):
            psbt.parse(Chain.BTC, part)


def test_a_file_larger_than_any_plan_is_refused_unread(monkeypatch):
    raw = psbt_roles.create(Chain.BTC, DRAFT, COINS).serialise()
    monkeypatch.setattr(psbt, "MAX_BYTES", len(raw))
    psbt.parse(Chain.BTC, raw)
    with pytest.raises(MalformedTransaction) as refusal:
        psbt.parse(Chain.BTC, raw + b"\0")
    assert refusal.value.flaw is Flaw.TOO_LARGE


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_damaged_psbts_are_refused_or_written_back_as_read(data):
    raw = bytearray(psbt_roles.sign(psbt_roles.create(Chain.BTC, DRAFT, COINS), KEYS).serialise())
    for _ in range(data.draw(st.integers(1, 3))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        partial = psbt.parse(Chain.BTC, bytes(raw))
    except MalformedTransaction:
        return
    assert psbt.parse(Chain.BTC, partial.serialise()) == partial


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**64 - 1).map(Random), st.sampled_from(CHAINS))
def test_psbts_are_signed_joined_and_finalised_as_in_libwally(random, chain):
    wally = pytest.importorskip("wallycore")
    unsigned, coins, secrets = random_spend(random)
    keys = [SigningKey(secret) for secret in secrets]
    origins = {key.public_key: KeyOrigin(random.randbytes(4), paths.address(chain, 5)) for key in keys}
    created = psbt_roles.create(chain, unsigned, coins, origins=origins)
    theirs = wally.psbt_from_base64(created.to_base64(), 0)
    assert bytes(wally.psbt_to_bytes(theirs, 0)) == created.serialise()
    for secret in secrets:
        wally.psbt_sign(theirs, secret, 0)
    ours = psbt_roles.sign(created, keys)
    assert read(wally.psbt_to_base64(theirs, 0), chain) == ours
    wally.psbt_finalize(theirs, 0)
    final = psbt_roles.finalise(read(wally.psbt_to_base64(theirs, 0), chain))
    assert psbt_roles.extract(final) == p2wpkh.sign(unsigned, coins, keys)
    extracted = wally.tx_to_bytes(wally.psbt_extract(theirs, 0), wally.WALLY_TX_FLAG_USE_WITNESS)
    assert bitcoin.parse(chain, bytes(extracted)) == psbt_roles.extract(psbt_roles.finalise(ours))


def test_embit_signs_these_psbts_and_its_signatures_are_accepted():
    embit_psbt, embit_bip32 = pytest.importorskip("embit.psbt"), pytest.importorskip("embit.bip32")
    master = bip32.master(bytes(range(32)))
    origins, coins = {}, []
    for index in range(5):
        path = paths.address(Chain.BTC, index)
        key = SigningKey(master.derive(path).private_key)
        origins[key.public_key] = KeyOrigin(master.fingerprint, path)
        coins.append(Coin(OutPoint(f"{index:064x}", index), Output(20_000, key.script_pubkey)))
    planned = p2wpkh.draft(Chain.BTC, coins, rest_to=TO, rate=1_000)
    created = psbt_roles.create(Chain.BTC, planned, coins, origins=origins)
    theirs = embit_psbt.PSBT.from_string(created.to_base64())
    assert theirs.sign_with(embit_bip32.HDKey.from_string(master.serialise())) == 5
    transaction = psbt_roles.extract(psbt_roles.finalise(read(theirs.to_string())))
    assert transaction.txid == planned.txid
    p2wpkh.verify(transaction, coins)
