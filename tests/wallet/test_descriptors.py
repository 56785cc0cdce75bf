"""Output descriptors: the BIPs' vectors, Bitcoin Core's, hardware wallets', and libwally's reading of ours."""

import traceback

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.wallet.published import MNEMONIC, load
from wallet import addresses, base58check, bip32, bip39, descriptors, paths, wif
from wallet.accounts import Accounts
from wallet.chains import Chain
from wallet.descriptors import Fault, InvalidDescriptor, KeyOrigin
from wallet.errors import DerivationFailed, InvalidEncoding, Reason
from wallet.secp256k1 import N

VECTORS = load("bip380_checksums")["vectors"]
READ_HERE = ("pk(", "pkh(", "sh(pk", "sh(wpkh(", "sh(wsh(pk", "wpkh(", "wsh(pk", "combo(")
MASTER = bip32.master(bip39.seed(bip39.parse(MNEMONIC)))
COIN = {Chain.BTC: 0, Chain.LTC: 2}


def of_kind(kind, *, valid=True):
    found = [vector for vector in VECTORS if vector["kind"] == kind and vector.get("valid", True) is valid]
    assert found
    return found


def has_one_key(vector):
    return vector["descriptor"].startswith(READ_HERE) and "multi" not in vector["descriptor"]


DESCRIPTORS = [vector for vector in of_kind("descriptor") if has_one_key(vector)]
OTHER_KINDS = [vector for vector in of_kind("descriptor") if vector not in DESCRIPTORS]


def shortened(vector):
    return vector.get("reason") or vector.get("description") or vector["descriptor"][:30]


@pytest.mark.parametrize("vector", of_kind("checksum") + of_kind("account_descriptor"), ids=shortened)
def test_published_checksums_are_reproduced(vector):
    body, mark, checksum = vector["descriptor"].partition("#")
    assert descriptors.check(vector["descriptor"]) == body
    if mark:
        assert descriptors.checksum(body) == checksum


@pytest.mark.parametrize("vector", of_kind("checksum", valid=False), ids=shortened)
def test_published_wrong_checksums_are_refused(vector):
    with pytest.raises(InvalidDescriptor) as refusal:
        descriptors.check(vector["descriptor"])
    assert refusal.value.fault in {Fault.CHECKSUM, Fault.CHECKSUM_LENGTH, Fault.CHARACTER}


@pytest.mark.parametrize("vector", of_kind("key_expression"), ids=shortened)
def test_published_key_expressions_are_read(vector):
    key = descriptors.parse_key(Chain.BTC, vector["key"])
    assert (key.origin is not None) == vector["key"].startswith("[")


@pytest.mark.parametrize("vector", of_kind("key_expression", valid=False), ids=shortened)
def test_published_wrong_key_expressions_are_refused(vector):
    with pytest.raises(InvalidDescriptor) as refusal:
        descriptors.parse_key(Chain.BTC, vector["key"])
    assert refusal.value.fault in {Fault.KEY, Fault.INDEX}


@pytest.mark.parametrize("vector", DESCRIPTORS, ids=shortened)
def test_published_descriptors_give_the_published_scripts(vector):
    descriptor = descriptors.parse(Chain.BTC, vector["descriptor"])
    for index, expected in enumerate(vector["scripts"]):
        if "combo" in vector["descriptor"]:
            per_index = vector["scripts"] if isinstance(expected, str) else expected
            assert [script.hex() for script in descriptor.scripts(index)] == per_index
        else:
            assert [script.hex() for script in descriptor.scripts(index)] == [expected]


@pytest.mark.parametrize("vector", of_kind("descriptor", valid=False), ids=shortened)
def test_published_wrong_descriptors_are_refused(vector):
    with pytest.raises(InvalidDescriptor) as refusal:
        descriptors.parse(Chain.BTC, vector["descriptor"])
    assert refusal.value.fault in {Fault.FUNCTION, Fault.KEY, Fault.UNCOMPRESSED, Fault.LENGTH}


@pytest.mark.parametrize("vector", OTHER_KINDS, ids=shortened)
def test_descriptors_with_several_keys_or_none_are_refused_as_another_function(vector):
    with pytest.raises(InvalidDescriptor) as refusal:
        descriptors.parse(Chain.BTC, vector["descriptor"])
    assert refusal.value.fault in {Fault.FUNCTION, Fault.LENGTH, Fault.KEY}


def account_text(chain, branch=0, *, private=False):
    account = MASTER.derive(paths.account(chain))
    origin = KeyOrigin(MASTER.fingerprint, paths.account(chain))
    return descriptors.account(account if private else account.neuter(), origin, branch=branch)


def test_an_accounts_descriptor_is_the_one_hardware_wallets_print():
    vectors = [v for v in of_kind("account_descriptor") if v["purpose"] == 84 and v["network"] == "Bitcoin"]
    assert vectors
    for vector in vectors:
        master = bip32.master(bip39.seed(bip39.parse(vector["mnemonic"])))
        path = paths.account(Chain.BTC, vector["account"])
        ours = descriptors.account(master.derive(path).neuter(), KeyOrigin(master.fingerprint, path), branch=0)
        both_branches = vector["descriptor"].partition("#")[0]
        assert ours == descriptors.add_checksum(both_branches.replace("<0;1>", "0"))


@pytest.mark.parametrize("chain", [Chain.BTC, Chain.LTC])
@pytest.mark.parametrize("private", [False, True])
def test_an_accounts_descriptor_gives_the_addresses_handed_out(chain, private):
    text = account_text(chain, private=private)
    assert text.startswith(f"wpkh([73c5da0a/84h/{COIN[chain]}h/0h]{'xprv' if private else 'xpub'}")
    descriptor = descriptors.parse(chain, text)
    accounts = Accounts(bip39.seed(bip39.parse(MNEMONIC)))
    for index in (0, 1, 2**31 - 1):
        address = accounts.address(chain, index).address
        assert descriptor.scripts(index) == (addresses.script_pubkey(chain, address),)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**31 - 1), st.sampled_from([0, 1]), st.booleans())
def test_libwally_reads_our_descriptors_as_we_do(index, branch, private):
    wally = pytest.importorskip("wallycore")
    text = account_text(Chain.BTC, branch, private=private)
    theirs = wally.descriptor_parse(text, None, wally.WALLY_NETWORK_BITCOIN_MAINNET, 0)
    assert wally.descriptor_get_checksum(theirs, 0) == text.partition("#")[2]
    script = bytes(wally.descriptor_to_script(theirs, 0, 0, 0, 0, index, 0))
    assert descriptors.parse(Chain.BTC, text).scripts(index) == (script,)


def test_embit_computes_the_same_checksums():
    embit = pytest.importorskip("embit.descriptor.checksum")
    for text in (account_text(Chain.BTC), account_text(Chain.LTC, 1)):
        assert embit.add_checksum(text.partition("#")[0]) == text


@given(st.data())
def test_a_changed_character_is_detected(data):
    text = account_text(Chain.BTC)
    where = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from(descriptors.INPUT_CHARSET).filter(lambda character: character != text[where]))
    with pytest.raises(InvalidDescriptor):
        descriptors.parse(Chain.BTC, text[:where] + other + text[where + 1 :])


def test_a_public_keys_hardened_children_have_no_scripts():
    text = account_text(Chain.BTC).partition("#")[0].replace("/*", "/*h")
    with pytest.raises(DerivationFailed) as refusal:
        descriptors.parse(Chain.BTC, text).scripts(0)
    assert refusal.value.reason is Reason.HARDENED_FROM_PUBLIC


def test_overlong_and_deeply_nested_texts_are_refused():
    for text, fault in (("wpkh(" * 150 + ")" * 150, Fault.FUNCTION), ("a" * 1_001, Fault.LENGTH)):
        with pytest.raises(InvalidDescriptor) as refusal:
            descriptors.parse(Chain.BTC, text)
        assert refusal.value.fault is fault


def test_descriptors_and_their_refusals_show_no_secret():
    secret = account_text(Chain.BTC, private=True)
    xprv = secret.partition("]")[2].partition("/")[0]
    key = wif.encode(Chain.BTC, MASTER.private_key)
    shown = [repr(descriptors.parse(Chain.BTC, secret)), repr(descriptors.parse(Chain.BTC, f"wpkh({key})"))]
    for wrong in (secret[:-1], secret.replace("wpkh", "wphk"), f"wpkh({xprv}1/*)", f"wpkh({key}1)", f"wpkh({key}/0)"):
        with pytest.raises(InvalidDescriptor) as refusal:
            descriptors.parse(Chain.BTC, wrong)
        shown += [repr(refusal.value), "".join(traceback.format_exception_only(refusal.value))]
    assert "redacted" in shown[0]
    for text in shown:
        assert xprv[:20] not in text
        assert key[:20] not in text


@settings(max_examples=300, deadline=None)
@given(
    st.integers(1, N - 1).map(lambda key: key.to_bytes(32)), st.sampled_from([(Chain.BTC, 0x80), (Chain.LTC, 0xB0)])
)
def test_private_keys_are_written_as_libwally_does_and_read_back(private_key, row):
    wally = pytest.importorskip("wallycore")
    chain, version = row
    text = wif.encode(chain, private_key)
    assert text == wally.wif_from_bytes(private_key, version, wally.WALLY_WIF_FLAG_COMPRESSED)
    assert wif.decode(chain, text) == (private_key, True)
    uncompressed = wally.wif_from_bytes(private_key, version, wally.WALLY_WIF_FLAG_UNCOMPRESSED)
    assert wif.decode(chain, uncompressed) == (private_key, False)
    with pytest.raises(InvalidEncoding) as refusal:
        wif.decode(Chain.LTC if chain is Chain.BTC else Chain.BTC, text)
    assert refusal.value.reason is Reason.NETWORK


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"\x80" + bytes(32) + b"\x01", Reason.KEY_RANGE),
        (b"\x80" + N.to_bytes(32), Reason.KEY_RANGE),
        (b"\x80" + b"\x01" * 31, Reason.LENGTH),
        (b"\x80" + b"\x01" * 33 + b"\x01", Reason.LENGTH),
        (b"\x80" + b"\x01" * 32 + b"\x02", Reason.LENGTH),
    ],
)
def test_a_payload_that_is_not_a_private_key_is_refused(payload, reason):
    with pytest.raises(InvalidEncoding) as refusal:
        wif.decode(Chain.BTC, base58check.encode(payload))
    assert refusal.value.reason is reason
