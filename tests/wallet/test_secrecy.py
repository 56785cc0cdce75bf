"""No key, seed or word in any repr, str, log, pickle, copy or exception."""

import copy
import dataclasses
import logging
import pickle
import traceback

import pytest

from tests.wallet.published import MNEMONIC, load
from wallet import bip32, bip39, bip85, errors, paths, slip10, slip132
from wallet.accounts import Accounts
from wallet.chains import Chain
from wallet.errors import WalletError
from wallet.keyring import HotKeyring, SealedKeyring, WatchKeyring
from wallet.sealing import OperatorKey

SEED = bip39.seed(bip39.parse(MNEMONIC))
MASTER = bip32.master(SEED)
NODE = slip10.master(SEED)
OPERATOR = OperatorKey(bytes(range(32)))
HOT = HotKeyring(MNEMONIC)
CHILD = HOT.mnemonic_of(0)
HOLDERS = [bip39.parse(MNEMONIC), MASTER, MASTER.child(0), NODE, Accounts(SEED), HOT, OPERATOR]


def secrets_of():
    keys = [SEED, MASTER.private_key, MASTER.chain_code, NODE.private_key, bytes(range(32))]
    texts = [MNEMONIC, "abandon", CHILD.reveal(), MASTER.serialise(), *[str(key) for key in keys]]
    return [*texts, *[key.hex() for key in keys], *[str(int.from_bytes(key)) for key in keys]]


SECRETS = secrets_of()


def silent(text):
    return not [secret for secret in SECRETS if secret in text]


@pytest.mark.parametrize("holder", HOLDERS, ids=lambda holder: type(holder).__name__)
def test_a_holder_of_secrets_prints_only_its_name(holder, caplog):
    HOT.address_of(Chain.BTC, 0)
    logging.getLogger("wallet").warning("%s %r %s", holder, holder, [holder])
    for text in (repr(holder), str(holder), f"{holder}", f"{[holder]}", caplog.text):
        assert "redacted" in text
        assert silent(text)


@pytest.mark.parametrize("holder", HOLDERS, ids=lambda holder: type(holder).__name__)
def test_a_holder_of_secrets_is_not_pickled_copied_or_listed(holder):
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError) as refusal:
            pickle.dumps(holder, protocol)
        assert silent(str(refusal.value))
    for make in (copy.copy, copy.deepcopy, vars, dataclasses.asdict):
        with pytest.raises(TypeError) as refusal:
            make(holder)
        assert silent(str(refusal.value))


def test_a_sealed_wallet_prints_neither_words_nor_box():
    wallet = SealedKeyring(OPERATOR.public_key).new_customer()
    words = OPERATOR.unseal(wallet.sealed).reveal()
    assert words not in repr(wallet)
    assert str(wallet.sealed) not in repr(wallet)


def test_keyrings_that_cannot_spend_hold_no_key():
    sealed = SealedKeyring(OPERATOR.public_key)
    watch = WatchKeyring({Chain.BTC: Accounts(SEED).account_key(Chain.BTC).serialise()})
    for keyring in (sealed, watch):
        for name in type(keyring).__slots__:
            assert silent(repr(getattr(keyring, name)))


WORDS = MNEMONIC.split()
XPRV = MASTER.serialise()
LEAKS = {
    "wrong checksum": lambda: bip39.parse(" ".join([*WORDS[:-1], "abandon"])),
    "unknown word": lambda: bip39.parse(" ".join(["abandonn", *WORDS[1:]])),
    "word count": lambda: bip39.parse(" ".join(WORDS[:-1])),
    "spacing": lambda: bip39.parse("  ".join(WORDS)),
    "hot": lambda: HotKeyring(" ".join([*WORDS[:-1], "abandon"])),
    "passphrase": lambda: bip39.seed(bip39.parse(MNEMONIC), MNEMONIC + "\ud800"),
    "mnemonic as an address": lambda: _validate(MNEMONIC),
    "xprv as an address": lambda: _validate(XPRV),
    "mnemonic as a path": lambda: paths.parse(MNEMONIC),
    "mnemonic as a key": lambda: bip32.parse(MNEMONIC),
    "broken xprv": lambda: bip32.parse(XPRV[:-1] + "1"),
    "xprv to watch": lambda: slip132.account_key(Chain.BTC, XPRV),
    "xprv in the pool": lambda: WatchKeyring({}, [XPRV]),
    "child out of range": lambda: MASTER.child(-1),
    "customer out of range": lambda: HOT.address_of(Chain.BTC, -1),
    "child mnemonic out of range": lambda: bip85.mnemonic(MASTER, 2**31),
    "ed25519": lambda: NODE.child(0),
    "seed": lambda: bip32.master(SEED + SEED),
    "box": lambda: OPERATOR.unseal(SEED),
    "operator key": lambda: OperatorKey(SEED),
    "operator public key": lambda: SealedKeyring(SEED),
}


def _validate(text):
    from wallet.addresses import validate

    return validate(Chain.BTC, text)


def chain_of(error):
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


@pytest.mark.parametrize("leak", LEAKS.values(), ids=LEAKS.keys())
def test_no_refusal_contains_a_secret(leak):
    with pytest.raises(WalletError) as refusal:
        leak()
    shown = traceback.format_exception_only(refusal.value)
    for error in chain_of(refusal.value):
        shown += [str(error), repr(error), repr(error.args), repr(vars(error))]
    assert silent("\n".join(shown))
    assert MNEMONIC not in "".join(traceback.format_exception(refusal.value))


def test_no_error_has_a_field_for_text():
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, WalletError)]
    fields = {field.name: str(field.type) for kind in kinds[1:] for field in dataclasses.fields(kind)}
    assert "str" not in fields.values()
    assert "bytes" not in fields.values()


def test_published_reasons_are_sentences_without_the_refused_text():
    for vector in load("bip32")["invalid"]:
        with pytest.raises(errors.InvalidExtendedKey) as refusal:
            bip32.parse(vector["key"])
        assert vector["key"] not in str(refusal.value)
