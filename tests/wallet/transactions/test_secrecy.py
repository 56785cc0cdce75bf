"""No key in anything that Bitcoin and Litecoin transactions expose: objects, copies, refusals."""

import copy
import dataclasses
import logging
import pickle
import traceback

import pytest

from wallet import bip32, descriptors
from wallet.chains import Chain
from wallet.errors import WalletError
from wallet.transactions import der, p2wpkh, policy, psbt_roles, wire
from wallet.transactions.bitcoin import OutPoint, Output
from wallet.transactions.errors import InvalidPrivateKey
from wallet.transactions.p2wpkh import Coin, SigningKey

SECRET = bytes(range(1, 33))
KEY = SigningKey(SECRET)
MASTER = bip32.master(SECRET)
DESCRIPTOR = descriptors.parse(Chain.BTC, f"wpkh({MASTER.serialise()}/0/*)")
FORMS = [
    *[form for key in (SECRET, MASTER.private_key) for form in (key.hex(), str(key), str(int.from_bytes(key)))],
    MASTER.serialise(),
]
HOLDERS = [KEY, DESCRIPTOR.key]
COINS = [Coin(OutPoint("aa" * 32, 0), Output(10_000, KEY.script_pubkey))]
DRAFT = p2wpkh.draft(Chain.BTC, COINS, rest_to="bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", rate=1_000)
OTHER_COINS = [Coin(COINS[0].outpoint, Output(10_000, p2wpkh.PREFIX + bytes(20)))]
MODULES = [descriptors, der, p2wpkh, policy, psbt_roles, wire]


def silent(text):
    return not [form for form in FORMS if form in text]


@pytest.mark.parametrize("holder", HOLDERS, ids=lambda holder: type(holder).__name__)
def test_a_holder_of_a_key_prints_only_its_name(holder, caplog):
    logging.getLogger("wallet").warning("%s %r %s", holder, holder, [holder])
    for text in (repr(holder), str(holder), f"{holder}", f"{[holder]}", caplog.text):
        assert "redacted" in text
        assert silent(text)
    assert silent(repr(DESCRIPTOR))


@pytest.mark.parametrize("holder", HOLDERS, ids=lambda holder: type(holder).__name__)
@pytest.mark.parametrize("make", [pickle.dumps, copy.copy, copy.deepcopy, vars, dataclasses.asdict])
def test_a_holder_of_a_key_is_not_pickled_copied_or_listed(holder, make):
    with pytest.raises(TypeError) as refusal:
        make(holder)
    assert silent(str(refusal.value))


LEAKS = {
    "long key": lambda: SigningKey(SECRET + b"\1"),
    "no key": lambda: p2wpkh.sign(DRAFT, OTHER_COINS, [KEY]),
    "wrong coin": lambda: p2wpkh.sign(DRAFT, [*COINS, *COINS], [KEY]),
    "psbt": lambda: psbt_roles.sign(psbt_roles.create(Chain.BTC, DRAFT, OTHER_COINS), [KEY]),
    "descriptor": lambda: descriptors.parse(Chain.BTC, f"wpkh({MASTER.serialise()}x)"),
    "descriptor's path": lambda: descriptors.parse(Chain.BTC, f"wpkh({MASTER.serialise()}/2147483648)"),
    "descriptor's checksum": lambda: descriptors.parse(Chain.BTC, f"wpkh({MASTER.serialise()})#qqqqqqqq"),
    "hexadecimal key": lambda: descriptors.parse(Chain.BTC, f"wpkh({SECRET.hex()})"),
}


@pytest.mark.parametrize("leak", LEAKS.values(), ids=LEAKS.keys())
def test_no_refusal_contains_a_key(leak):
    with pytest.raises(WalletError) as refusal:
        leak()
    error, shown = refusal.value, traceback.format_exception_only(refusal.value)
    while error is not None:
        shown += [str(error), repr(error), repr(error.args), repr(vars(error))]
        error = error.__cause__ or error.__context__
    assert silent("\n".join(shown))


def test_no_refusal_has_a_field_for_text_or_bytes():
    found = {kind for module in MODULES for kind in vars(module).values() if isinstance(kind, type)}
    refusals = {kind for kind in found if issubclass(kind, WalletError)} - {WalletError}
    assert InvalidPrivateKey in refusals
    fields = {str(field.type) for kind in refusals for field in dataclasses.fields(kind)}
    assert fields
    assert not fields & {"str", "bytes", str(str), str(bytes)}
