"""No word, seed or key in anything that plans expose: objects, files, refusals."""

import copy
import dataclasses
import logging
import pickle
import traceback

import pytest

from tests.wallet.plans import made
from tests.wallet.plans.made import NOW, OPERATOR, Boxes
from tests.wallet.plans.test_elsewhere import account_of
from tests.wallet.published import MNEMONIC
from wallet import bip32, bip39
from wallet.chains import Chain
from wallet.commands import exporting, inputs
from wallet.commands.exporting import Exported
from wallet.errors import WalletError
from wallet.plans import collecting, errors, files, plan, reading, signed, signing
from wallet.plans.collecting import Collector
from wallet.plans.files import unsigned_files
from wallet.plans.keys import Keys
from wallet.plans.plan import KeySource
from wallet.plans.signed import read_signed, write_signed
from wallet.plans.signing import sign_plan
from wallet.sealing import OperatorKey

SEED = bip39.seed(bip39.parse(MNEMONIC))
BOXES = Boxes()
KEYS = Keys(words=bip39.parse(MNEMONIC), passphrase="", operator=OPERATOR, boxes=BOXES.sealed)
ACCOUNTS = {chain: account_of(chain) for chain in (Chain.ETH, Chain.TRX)}
PLAN = made.plan(*made.transactions(), boxes=BOXES.sealed, accounts=ACCOUNTS)
SIGNED = sign_plan(PLAN, KEYS, now=NOW)
PRIVATE = [KEYS.private_key(each.chain, holder, position=1) for each in PLAN.transactions for holder in each.holders]
RAW_SECRETS = [SEED, bip32.master(SEED).private_key, OPERATOR.reveal(), *PRIVATE]
FORMS = [MNEMONIC, "abandon"] + [
    form for key in RAW_SECRETS for form in (key.hex(), str(key), str(int.from_bytes(key)))
]
EXPORTED = Exported(1, Chain.ETH, "0x", private_key=PRIVATE[0], public_key=b"")
SHOWN = [KEYS, PLAN, SIGNED, EXPORTED, *unsigned_files(PLAN)]
FIRST = made.child(Chain.BTC, 1)
MODULES = [collecting, errors, files, plan, reading, signed, signing, exporting, inputs]


def silent(text):
    return not [form for form in FORMS if form in text]


@pytest.mark.parametrize("shown", SHOWN, ids=lambda shown: type(shown).__name__)
def test_no_part_of_a_key_is_printed(shown, caplog):
    logging.getLogger("wallet").warning("%s %r %s", shown, shown, [shown])
    for text in (repr(shown), str(shown), f"{[shown]}", caplog.text):
        assert silent(text)


@pytest.mark.parametrize("make", [pickle.dumps, copy.copy, copy.deepcopy, vars, dataclasses.asdict])
def test_keys_are_not_pickled_copied_or_listed(make):
    with pytest.raises(TypeError) as refusal:
        make(KEYS)
    assert silent(str(refusal.value))


def test_no_file_of_a_plan_contains_a_secret():
    contents = [plan.write(PLAN), write_signed(SIGNED), *[file.content for file in unsigned_files(PLAN)]]
    for content in contents:
        assert silent(content.decode("latin-1"))
        assert not [key for key in RAW_SECRETS if key in content]


def private(keys, holder=FIRST, boxes=None):
    return keys.private_key(Chain.BTC, holder, position=1, boxes=boxes or {})


LEAKS = {
    "words of another": lambda: private(Keys(words=made.OTHER_WORDS)),
    "no words": lambda: private(Keys(operator=OPERATOR)),
    "no box": lambda: private(Keys(operator=OPERATOR), BOXES.holder(Chain.BTC, 1)),
    "another's box": lambda: private(Keys(operator=OperatorKey(bytes(32))), BOXES.holder(Chain.BTC, 1), BOXES.sealed),
    "box with something else": lambda: private(Keys(operator=OPERATOR), BOXES.holder(Chain.BTC, 1), {1: SEED}),
    "words as a plan": lambda: reading.read(MNEMONIC.encode()),
    "key as a plan": lambda: reading.read(OPERATOR.reveal().hex().encode()),
    "words as a signed file": lambda: read_signed(MNEMONIC.encode()),
    "words as what came back": lambda: Collector(PLAN).add(MNEMONIC.encode()),
    "key as what came back": lambda: Collector(PLAN).add(OPERATOR.reveal().hex().encode()),
    "path": lambda: KEYS.derive(Chain.SOL, KeySource(made.parse("m/44'/501'/0'/0")), position=1),
}


@pytest.mark.parametrize("leak", LEAKS.values(), ids=LEAKS.keys())
def test_no_refusal_contains_a_secret(leak):
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
    assert errors.WrongKey in refusals
    fields = {
        str(field.type) for kind in refusals if dataclasses.is_dataclass(kind) for field in dataclasses.fields(kind)
    }
    assert fields
    assert not fields & {"str", "bytes", str(str), str(bytes)}
