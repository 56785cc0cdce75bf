"""Spending P2WPKH: published transactions byte for byte, and a thousand others compared with libwally."""

import hashlib
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.endurance import times
from tests.wallet.published import load
from tests.wallet.transactions.spends import random_spend
from wallet import bip32, bip39, paths, secp256k1
from wallet.addresses import script_pubkey
from wallet.chains import Chain
from wallet.secp256k1 import N
from wallet.transactions import bitcoin, p2wpkh, policy
from wallet.transactions.bitcoin import Input, OutPoint, Output, Transaction
from wallet.transactions.errors import InvalidPrivateKey
from wallet.transactions.p2wpkh import (
    Coin,
    Digests,
    InputsTooSmall,
    NoKey,
    NotSigned,
    SigningKey,
    TooHeavy,
    WrongCoin,
)

VECTORS = load("bitcoin_transactions")["vectors"]
CHAINS = {"BTC": Chain.BTC, "LTC": Chain.LTC}
TO = {
    Chain.BTC: "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
    Chain.LTC: "ltc1qw508d6qejxtdg4y5r3zarvary0c5xw7kgmn4n9",
}
KEYS = [SigningKey((n + 1).to_bytes(32)) for n in range(5)]
PURE = secp256k1.PurePython()


def of_kind(kind):
    found = [vector for vector in VECTORS if vector["kind"] == kind]
    assert found
    return found


def unhex(text):
    return bytes.fromhex(text)


def coin_of(vector):
    script = unhex(vector["script_pubkey"])
    return Coin(OutPoint(vector["txid"], vector["vout"]), Output(vector["value"], script))


def outputs_of(vector):
    return tuple([Output(paid["value"], unhex(paid["script_pubkey"])) for paid in vector["outputs"]])


def test_the_bip143_digest_and_signature_are_those_published(curve):
    vector = load("bip143_p2wpkh")["vectors"][0]
    transaction = bitcoin.parse(Chain.BTC, unhex(vector["unsigned_tx"]))
    key = SigningKey(unhex(vector["private_key"]))
    assert key.public_key.hex() == vector["public_key"]
    digest = Digests(transaction).digest(vector["input_index"], Output(vector["value_satoshi"], key.script_pubkey))
    assert digest.hex() == vector["sighash"]
    assert key.sign(digest).hex() == vector["signature_der"] + "01"


@pytest.mark.parametrize("vector", of_kind("sighash"), ids=lambda vector: vector["name"])
def test_published_digests_are_reproduced(vector):
    transaction = bitcoin.parse(Chain.BTC, unhex(vector["unsigned"]))
    output = Output(vector["value"], p2wpkh.PREFIX + unhex(vector["public_key_hash"]))
    assert Digests(transaction).digest(vector["input_index"], output).hex() == vector["sighash"]


@pytest.mark.parametrize("vector", of_kind("signed"), ids=lambda vector: vector["name"])
def test_published_transactions_are_signed_byte_for_byte(vector, curve):
    coins = [coin_of(spent) for spent in vector["inputs"]]
    inputs = [Input(coin_of(spent).outpoint, sequence=spent["sequence"]) for spent in vector["inputs"]]
    unsigned = Transaction(tuple(inputs), outputs_of(vector), vector["version"], vector["locktime"])
    assert unsigned.stripped().hex() == vector["unsigned"]
    digests = Digests(unsigned)
    assert [digests.digest(n, coin.output).hex() for n, coin in enumerate(coins)] == vector["sighashes"]
    keys = {spent["private_key"]: SigningKey(unhex(spent["private_key"])) for spent in vector["inputs"]}
    signed = p2wpkh.sign(unsigned, coins, keys.values())
    assert signed.serialise().hex() == vector["raw"]
    assert sum(coin.output.value for coin in coins) - sum(paid.value for paid in signed.outputs) == vector["fee"]
    p2wpkh.verify(signed, coins)


@pytest.mark.parametrize("vector", of_kind("generated"), ids=lambda vector: f"{vector['coin']} {vector['name']}")
def test_hundreds_of_inputs_with_as_many_keys_are_signed_byte_for_byte(vector, curve):
    chain = CHAINS[vector["coin"]]
    account = bip32.master(bip39.seed(bip39.parse(vector["mnemonic"]))).derive(paths.account(chain))
    receive = account.child(0)
    coins, keys = [], []
    for i in range(vector["n"]):
        keys.append(SigningKey(receive.child(i).private_key))
        txid = hashlib.sha256(f"{vector['coin']} input {i}".encode()).hexdigest()
        coins.append(Coin(OutPoint(txid, i % 3), Output(100_000 + 1_000 * i, keys[-1].script_pubkey)))
    inputs = tuple([Input(coin.outpoint, sequence=vector["sequence"]) for coin in coins])
    unsigned = Transaction(inputs, outputs_of(vector), vector["version"], vector["locktime"])
    signed = p2wpkh.sign(unsigned, coins, keys)
    raw = signed.serialise()
    assert hashlib.sha256(raw).hexdigest() == vector["raw_sha256"]
    assert [len(raw), signed.txid, signed.wtxid] == [vector["raw_length"], vector["txid"], vector["wtxid"]]
    assert [signed.weight, signed.vsize] == [vector["weight"], vector["vsize"]]
    assert signed.weight <= policy.signed_weight(unsigned) <= signed.weight + 2 * vector["n"]


def signed_by_libwally(unsigned, coins, private_key_of):
    wally = pytest.importorskip("wallycore")
    tx = wally.tx_from_bytes(unsigned.serialise(), 0)
    for position, coin in enumerate(coins):
        key = private_key_of[coin.output.script_pubkey]
        public_key = wally.ec_public_key_from_private_key(key)
        code = wally.scriptpubkey_p2pkh_from_bytes(coin.output.script_pubkey[2:], 0)
        digest = wally.tx_get_btc_signature_hash(
            tx, position, code, coin.output.value, wally.WALLY_SIGHASH_ALL, wally.WALLY_TX_FLAG_USE_WITNESS
        )
        der = wally.ec_sig_to_der(wally.ec_sig_from_bytes(key, digest, wally.EC_FLAG_ECDSA))
        stack = wally.tx_witness_stack_init(2)
        wally.tx_witness_stack_add(stack, bytes(der) + b"\x01")
        wally.tx_witness_stack_add(stack, public_key)
        wally.tx_set_input_witness(tx, position, stack)
    return bytes(wally.tx_to_bytes(tx, wally.WALLY_TX_FLAG_USE_WITNESS))


@settings(max_examples=times(250, full=1_000), deadline=None)
@given(st.integers(0, 2**64 - 1).map(Random), st.booleans())
def test_random_transactions_match_those_libwally_signs(random, in_python):
    unsigned, coins, secrets = random_spend(random)
    private_key_of = {SigningKey(secret).script_pubkey: secret for secret in secrets}
    keys = [SigningKey(secret) for secret in secrets]
    with pytest.MonkeyPatch.context() as patch:
        if in_python:
            patch.setattr(secp256k1, "curve", lambda: PURE)
        signed = p2wpkh.sign(unsigned, coins, keys)
    assert signed.serialise() == signed_by_libwally(unsigned, coins, private_key_of)
    assert signed.txid == unsigned.txid
    assert signed.weight <= policy.signed_weight(unsigned) <= signed.weight + 9 * len(coins)
    p2wpkh.verify(signed, coins)


def coins_of(*values, keys=KEYS):
    return [
        Coin(OutPoint(f"{n:064x}", n), Output(value, keys[n % len(keys)].script_pubkey))
        for n, value in enumerate(values)
    ]


@pytest.mark.parametrize("chain", list(CHAINS.values()))
@settings(max_examples=50, deadline=None)
@given(
    values=st.lists(st.integers(1, 10**9), min_size=1, max_size=8),
    rate=st.integers(0, 500_000),
    paid=st.integers(6_000, 10**9),
)
def test_a_draft_accounts_for_every_unit_at_the_requested_rate(chain, values, rate, paid):
    coins = coins_of(*values)
    for payments in ((), (policy.payment(chain, TO[chain], paid),)):
        try:
            drafted = p2wpkh.draft(chain, coins, payments, rest_to=TO[chain], rate=rate)
        except InputsTooSmall as refusal:
            assert refusal.available == sum(values) < refusal.needed
            continue
        cost = sum(values) - sum(output.value for output in drafted.outputs)
        signed = p2wpkh.sign(drafted, coins, KEYS)
        assert drafted.outputs[: len(payments)] == payments
        assert cost * 1_000 >= signed.vsize * rate
        if len(drafted.outputs) > len(payments):
            assert cost == policy.fee(policy.signed_weight(drafted), rate)
            assert drafted.outputs[-1].value >= policy.dust_threshold(chain, drafted.outputs[-1].script_pubkey)
        assert [spent.sequence for spent in drafted.inputs] == [policy.REPLACEABLE] * len(values)


def test_a_sweep_of_200_inputs_has_the_size_assumed_for_fees():
    coins = coins_of(*[10_000] * 200)
    drafted = p2wpkh.draft(Chain.BTC, coins, rest_to=TO[Chain.BTC], rate=2_500)
    assert policy.signed_weight(drafted) == 54_566
    assert drafted.outputs == (Output(2_000_000 - 34_105, script_pubkey(Chain.BTC, TO[Chain.BTC])),)


def test_change_that_would_be_dust_goes_to_the_fee_but_a_sweep_is_never_dust():
    payment = policy.payment(Chain.BTC, TO[Chain.BTC], 9_600)
    drafted = p2wpkh.draft(Chain.BTC, coins_of(10_000), [payment], rest_to=TO[Chain.BTC], rate=1_000)
    assert drafted.outputs == (payment,)
    with pytest.raises(InputsTooSmall) as refusal:
        p2wpkh.draft(Chain.BTC, coins_of(403), rest_to=TO[Chain.BTC], rate=1_000)
    assert [refusal.value.available, refusal.value.needed] == [403, 110 + 294]
    assert p2wpkh.draft(Chain.BTC, coins_of(404), rest_to=TO[Chain.BTC], rate=1_000).outputs[0].value == 294


def test_a_transaction_too_heavy_for_nodes_to_relay_is_refused():
    p2wpkh.draft(Chain.BTC, coins_of(*[10_000] * 1_469), rest_to=TO[Chain.BTC], rate=1_000)
    with pytest.raises(TooHeavy) as refusal:
        p2wpkh.draft(Chain.BTC, coins_of(*[10_000] * 1_471), rest_to=TO[Chain.BTC], rate=1_000)
    assert refusal.value.weight > 400_000


def test_coins_of_another_kind_or_given_twice_are_refused():
    legacy = Coin(OutPoint("aa" * 32, 0), Output(10_000, b"\x76\xa9\x14" + bytes(20) + b"\x88\xac"))
    for coins in ([coins_of(10_000)[0], legacy], coins_of(10_000) * 2):
        with pytest.raises(WrongCoin) as refusal:
            p2wpkh.draft(Chain.BTC, coins, rest_to=TO[Chain.BTC], rate=1_000)
        assert refusal.value.position == 1


def test_an_input_without_its_key_or_its_coin_is_not_signed():
    coins = coins_of(10_000, 20_000)
    drafted = p2wpkh.draft(Chain.BTC, coins, rest_to=TO[Chain.BTC], rate=1_000)
    with pytest.raises(NoKey) as refusal:
        p2wpkh.sign(drafted, coins, KEYS[:1])
    assert refusal.value.position == 1
    for wrong, position in ((coins[::-1], 0), (coins[:1], 1), ([*coins, *coins], 2)):
        with pytest.raises(WrongCoin) as refusal:
            p2wpkh.sign(drafted, wrong, KEYS)
        assert refusal.value.position == position


def test_changed_signed_transactions_do_not_verify():
    coins = coins_of(10_000, 20_000)
    signed = p2wpkh.sign(p2wpkh.draft(Chain.BTC, coins, rest_to=TO[Chain.BTC], rate=1_000), coins, KEYS)
    p2wpkh.verify(signed, coins)
    first, second = signed.inputs
    signature, key = second.witness
    thief = KEYS[2]
    stolen = thief.sign(Digests(signed).digest(1, coins[1].output))
    forged = [
        (replace(signed, inputs=(first, replace(second, witness=witness))), 1)
        for witness in (
            (),
            (signature,),
            (signature, key, b""),
            (signature, KEYS[0].public_key),
            (stolen, thief.public_key),
            (signature[:-1] + b"\x03", key),
            (first.witness[0], key),
            (b"", key),
        )
    ]
    forged.append((replace(signed, inputs=(first, replace(second, script_sig=b"\x51"))), 1))
    forged.append((replace(signed, outputs=(Output(1, b"\x51"),)), 0))
    forged.append((replace(signed, locktime=1), 0))
    for transaction, position in forged:
        with pytest.raises(NotSigned) as refusal:
            p2wpkh.verify(transaction, coins)
        assert refusal.value.position == position


@pytest.mark.parametrize(
    "private_key", [b"", bytes(32), N.to_bytes(32), b"\x01" * 31], ids=["empty", "0", "n", "short"]
)
def test_bytes_that_are_not_a_private_key_are_refused_without_being_shown(private_key, curve):
    with pytest.raises(InvalidPrivateKey) as refusal:
        SigningKey(private_key)
    assert str(refusal.value) == "not a private key"
