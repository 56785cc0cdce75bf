"""Three ways to know a customer's address, and what each refuses."""

import threading

import pytest

from tests.wallet.published import MNEMONIC, load
from wallet import bip32, bip39, bip85, paths, slip132
from wallet.accounts import Accounts
from wallet.chains import Chain
from wallet.errors import (
    AccountKeyRefused,
    InvalidAddress,
    InvalidExtendedKey,
    InvalidIndex,
    InvalidMnemonic,
    NotWatched,
    NotYetMade,
    PoolExhausted,
    Reason,
    SealingFailed,
)
from wallet.keyring import HotKeyring, SealedKeyring, WatchKeyring
from wallet.sealing import OperatorKey

SOL_POOL = [row["address"] for row in load("addresses")["addresses"] if row["chain"] == "SOL"]
MASTER = bip32.master(bip39.seed(bip39.parse(MNEMONIC)))
ACCOUNTS = Accounts(bip39.seed(bip39.parse(MNEMONIC)))


def account(chain, prefix):
    """The account of the test mnemonic, as a wallet that uses this prefix would export it."""
    return ACCOUNTS.account_key(chain).serialise(slip132.CODES[prefix])


def test_each_customer_of_a_hot_keyring_has_a_mnemonic_of_his_own():
    keyring = HotKeyring(MNEMONIC)
    for index in (0, 1, 2**31 - 1):
        words = bip85.mnemonic(bip85.mnemonics(MASTER), index).reveal()
        assert keyring.mnemonic_of(index).reveal() == words
        own = Accounts(bip39.seed(bip39.parse(words)))
        assert [keyring.address_of(chain, index) for chain in Chain] == [own.address(chain, 0) for chain in Chain]


def test_paths_of_a_hot_keyring_are_those_below_the_customers_mnemonic():
    keyring = HotKeyring(MNEMONIC)
    assert [keyring.address_of(chain, 5).path for chain in Chain] == [
        "m/84'/0'/0'/0/0",
        "m/84'/2'/0'/0/0",
        "m/44'/60'/0'/0/0",
        "m/44'/195'/0'/0/0",
        "m/44'/501'/0'/0'",
    ]


def test_the_masters_passphrase_changes_every_customer():
    plain, other = HotKeyring(MNEMONIC), HotKeyring(MNEMONIC, "é")
    assert plain.address_of(Chain.BTC, 0) != other.address_of(Chain.BTC, 0)
    assert HotKeyring(MNEMONIC, "e\u0301").address_of(Chain.BTC, 0) == other.address_of(Chain.BTC, 0)


def test_a_hot_keyring_needs_a_valid_mnemonic():
    with pytest.raises(InvalidMnemonic) as refusal:
        HotKeyring(MNEMONIC.replace("about", "abandon"))
    assert refusal.value.rule.name == "CHECKSUM"


def test_threads_share_a_hot_keyring():
    keyring, expected = HotKeyring(MNEMONIC), {}
    for index in range(4):
        expected[index] = HotKeyring(MNEMONIC).address_of(Chain.BTC, index).address
    wrong = []

    def work(index):
        for _ in range(20):
            if keyring.address_of(Chain.BTC, index).address != expected[index]:
                wrong.append(index)

    threads = [threading.Thread(target=work, args=(index,)) for index in expected]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@pytest.mark.parametrize("index", [-1, 2**31, 2**40])
def test_customer_numbers_are_below_two_to_the_31(index):
    watch = WatchKeyring({Chain.BTC: account(Chain.BTC, "zpub")}, SOL_POOL)
    sealed = SealedKeyring(OperatorKey.generate().public_key)
    for keyring in (HotKeyring(MNEMONIC), watch, sealed):
        for chain in (Chain.BTC, Chain.SOL):
            with pytest.raises(InvalidIndex) as refusal:
                keyring.address_of(chain, index)
            assert refusal.value.index == index


@pytest.mark.parametrize(
    ("chain", "prefix"),
    [
        (Chain.BTC, "zpub"),
        (Chain.BTC, "xpub"),
        (Chain.LTC, "zpub"),
        (Chain.LTC, "xpub"),
        (Chain.LTC, "Ltub"),
        (Chain.ETH, "xpub"),
        (Chain.TRX, "xpub"),
    ],
)
def test_watching_gives_the_addresses_of_the_account(chain, prefix):
    keyring = WatchKeyring({chain: account(chain, prefix)})
    for index in (0, 1, 7, 2**31 - 1):
        assert keyring.address_of(chain, index) == ACCOUNTS.address(chain, index)


@pytest.mark.parametrize(
    ("chain", "prefix", "reason"),
    [
        (Chain.BTC, "ypub", "NESTED_SEGWIT"),
        (Chain.LTC, "ypub", "NESTED_SEGWIT"),
        (Chain.LTC, "Mtub", "NESTED_SEGWIT"),
        (Chain.BTC, "Ypub", "MULTISIG"),
        (Chain.BTC, "Zpub", "MULTISIG"),
        (Chain.ETH, "Zpub", "MULTISIG"),
        (Chain.BTC, "Ltub", "OTHER_NETWORK"),
        (Chain.BTC, "Mtub", "OTHER_NETWORK"),
        (Chain.ETH, "Ltub", "OTHER_NETWORK"),
        (Chain.ETH, "zpub", "OTHER_NETWORK"),
        (Chain.TRX, "zpub", "OTHER_NETWORK"),
        (Chain.BTC, "tpub", "OTHER_NETWORK"),
        (Chain.BTC, "vpub", "OTHER_NETWORK"),
        (Chain.BTC, "Vpub", "OTHER_NETWORK"),
        (Chain.LTC, "ttub", "OTHER_NETWORK"),
    ],
)
def test_account_keys_of_other_kinds_are_refused_with_a_reason(chain, prefix, reason):
    with pytest.raises(AccountKeyRefused) as refusal:
        WatchKeyring({chain: account(chain, prefix)})
    assert (refusal.value.chain, refusal.value.reason.name) == (chain, reason)


@pytest.mark.parametrize("prefix", [v.prefix for v in slip132.VERSIONS.values() if v.is_private])
def test_a_private_key_is_never_taken_for_an_account(prefix):
    text = MASTER.derive(paths.account(Chain.BTC)).serialise(slip132.CODES[prefix])
    with pytest.raises(AccountKeyRefused) as refusal:
        WatchKeyring({Chain.BTC: text})
    assert refusal.value.reason is Reason.PRIVATE_KEY
    assert text not in str(refusal.value) + repr(refusal.value)


def test_a_broken_account_key_is_refused():
    with pytest.raises(InvalidExtendedKey) as refusal:
        WatchKeyring({Chain.BTC: account(Chain.BTC, "zpub")[:-1] + "1"})
    assert refusal.value.reason is Reason.CHECKSUM


def test_solana_has_no_account_key():
    with pytest.raises(AccountKeyRefused) as refusal:
        WatchKeyring({Chain.SOL: account(Chain.BTC, "xpub")})
    assert refusal.value.reason is Reason.OTHER_NETWORK
    with pytest.raises(NotWatched) as none:
        ACCOUNTS.account_key(Chain.SOL)
    assert none.value.chain is Chain.SOL


def test_a_key_of_another_depth_is_located_relative_to_itself():
    text = MASTER.derive(paths.parse("m/0'")).neuter().serialise(slip132.CODES["zpub"])
    assert WatchKeyring({Chain.BTC: text}).address_of(Chain.BTC, 3).path == "M/0/3"


def test_a_chain_without_an_account_key_is_not_watched():
    keyring = WatchKeyring({Chain.BTC: account(Chain.BTC, "zpub")})
    with pytest.raises(NotWatched) as refusal:
        keyring.address_of(Chain.ETH, 0)
    assert refusal.value.chain is Chain.ETH
    assert keyring.remaining(Chain.ETH, 0) == 0


def test_the_pool_is_handed_out_in_order_and_says_when_it_is_empty():
    keyring = WatchKeyring({}, SOL_POOL)
    assert [keyring.address_of(Chain.SOL, index).address for index in range(3)] == SOL_POOL
    assert [keyring.remaining(Chain.SOL, index) for index in range(5)] == [3, 2, 1, 0, 0]
    with pytest.raises(PoolExhausted) as refusal:
        keyring.address_of(Chain.SOL, 3)
    assert (refusal.value.chain, refusal.value.customer_index, refusal.value.pool_size) == (Chain.SOL, 3, 3)


def test_accounts_run_low_only_after_two_to_the_31():
    keyring = WatchKeyring({Chain.BTC: account(Chain.BTC, "zpub")})
    assert keyring.remaining(Chain.BTC, 0) == 2**31
    assert keyring.remaining(Chain.BTC, 2**31 + 5) == 0


def test_a_pool_is_checked_before_anyone_is_sent_there():
    with pytest.raises(InvalidAddress) as refusal:
        WatchKeyring({}, [SOL_POOL[0], "not an address"])
    assert refusal.value.chain is Chain.SOL
    with pytest.raises(InvalidAddress) as twice:
        WatchKeyring({}, [*SOL_POOL, SOL_POOL[0]])
    assert twice.value.reason is Reason.DUPLICATE


def test_a_sealed_wallet_opens_for_the_operator_and_holds_its_addresses():
    operator = OperatorKey.generate()
    keyring = SealedKeyring(operator.public_key)
    one, other = keyring.new_customer(), keyring.new_customer()
    assert one.addresses != other.addresses
    own = Accounts(bip39.seed(operator.unseal(one.sealed)))
    assert one.addresses == {chain: own.address(chain, 0) for chain in Chain}


def test_a_sealed_keyring_finds_what_the_shop_has_stored():
    stored = {}
    keyring = SealedKeyring(OperatorKey.generate().public_key, stored)
    with pytest.raises(NotYetMade) as refusal:
        keyring.address_of(Chain.BTC, 4)
    assert (refusal.value.chain, refusal.value.customer_index) == (Chain.BTC, 4)
    wallet = keyring.new_customer()
    stored.update({(chain, 4): derived for chain, derived in wallet.addresses.items()})
    assert keyring.address_of(Chain.BTC, 4) == wallet.addresses[Chain.BTC]


@pytest.mark.parametrize("key", [b"", bytes(31), bytes(32), b"\x01" + bytes(31), bytes(33)])
def test_an_operators_key_that_cannot_seal_is_refused_at_once(key):
    with pytest.raises(SealingFailed) as refusal:
        SealedKeyring(key)
    assert refusal.value.reason is Reason.OPERATOR_KEY


def test_a_box_that_was_changed_or_is_anothers_does_not_open():
    operator, other = OperatorKey.generate(), OperatorKey.generate()
    sealed = SealedKeyring(operator.public_key).new_customer().sealed
    flipped = bytes([sealed[0] ^ 1]) + sealed[1:]
    for key, box in ((other, sealed), (operator, flipped), (operator, sealed[:-1]), (operator, b"")):
        with pytest.raises(SealingFailed) as refusal:
            key.unseal(box)
        assert refusal.value.reason is Reason.SEALED


def test_an_operators_private_key_has_32_bytes():
    with pytest.raises(SealingFailed) as refusal:
        OperatorKey(bytes(31))
    assert refusal.value.reason is Reason.OPERATOR_KEY
