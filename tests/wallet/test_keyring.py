"""Three ways to get a customer's address, and what each refuses."""

import threading

import pytest

from tests.wallet.published import MNEMONIC, load
from wallet import addresses, bip32, bip39, bip85, paths, slip132
from wallet.accounts import Accounts
from wallet.addresses import from_public_key
from wallet.chains import Chain
from wallet.errors import (
    ChainUnsupported,
    DerivationFailed,
    InvalidAddress,
    InvalidExtendedKey,
    InvalidMnemonic,
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


def test_each_customer_of_a_hot_keyring_has_their_own_mnemonic():
    keyring = HotKeyring(MNEMONIC)
    for index in (0, 1, 2**31 - 1):
        words = bip85.mnemonic(bip85.mnemonics(MASTER), index).reveal()
        assert keyring.mnemonic_of(index).reveal() == words
        own = Accounts(bip39.seed(bip39.parse(words)))
        assert [keyring.address_of(chain, index) for chain in Chain] == [own.address(chain, 0) for chain in Chain]


def test_a_hot_keyrings_paths_are_below_the_customers_mnemonic():
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
    watch = WatchKeyring({Chain.BTC: account(Chain.BTC, "zpub")})
    for keyring, chain in ((HotKeyring(MNEMONIC), Chain.BTC), (HotKeyring(MNEMONIC), Chain.SOL), (watch, Chain.BTC)):
        with pytest.raises(DerivationFailed) as refusal:
            keyring.address_of(chain, index)
        assert (refusal.value.reason, refusal.value.number) == (Reason.INDEX, index)


@pytest.mark.parametrize(
    ("chain", "prefix"),
    [
        (Chain.BTC, "zpub"),
        (Chain.BTC, "xpub"),
        (Chain.LTC, "zpub"),
        (Chain.LTC, "xpub"),
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
        (Chain.LTC, "Ltub", "LEGACY"),
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
def test_account_keys_of_other_kinds_are_refused_with_the_reason(chain, prefix, reason):
    with pytest.raises(InvalidExtendedKey) as refusal:
        WatchKeyring({chain: account(chain, prefix)})
    assert (refusal.value.chain, refusal.value.reason.name) == (chain, reason)


@pytest.mark.parametrize("prefix", [prefix for prefix in slip132.CODES if slip132.is_private(prefix)])
def test_a_private_key_is_never_accepted_as_an_account(prefix):
    text = MASTER.derive(paths.account(Chain.BTC)).serialise(slip132.CODES[prefix])
    with pytest.raises(InvalidExtendedKey) as refusal:
        WatchKeyring({Chain.BTC: text})
    assert refusal.value.reason is Reason.PRIVATE_KEY
    assert text not in str(refusal.value) + repr(refusal.value)


@pytest.mark.parametrize("text", [account(Chain.BTC, "zpub")[:-1] + "1", "zpub", "", "words of a mnemonic"])
def test_a_broken_account_key_is_refused_naming_its_chain(text):
    with pytest.raises(InvalidExtendedKey) as refusal:
        WatchKeyring({Chain.BTC: text})
    assert refusal.value.reason in {Reason.CHECKSUM, Reason.LENGTH, Reason.CHARACTER}
    assert str(refusal.value) == f"BTC: {refusal.value.reason.value}"


def test_solana_has_no_account_key():
    with pytest.raises(InvalidExtendedKey) as refusal:
        WatchKeyring({Chain.SOL: account(Chain.BTC, "xpub")})
    assert refusal.value.reason is Reason.OTHER_NETWORK
    with pytest.raises(ChainUnsupported) as none:
        ACCOUNTS.account_key(Chain.SOL)
    assert none.value.chain is Chain.SOL


@pytest.mark.parametrize("path", ["m", "m/0'", "m/84'/0'", "m/84'/0'/0", "m/84'/0'/0'/0", "m/48'/0'/0'/2'"])
def test_a_key_that_is_not_three_hardened_levels_deep_is_not_an_account(path):
    text = MASTER.derive(paths.parse(path)).neuter().serialise(slip132.CODES["zpub"])
    with pytest.raises(InvalidExtendedKey) as refusal:
        WatchKeyring({Chain.BTC: text})
    assert (refusal.value.chain, refusal.value.reason) == (Chain.BTC, Reason.ACCOUNT_DEPTH)


def test_an_account_other_than_the_first_is_watched_under_its_own_path():
    text = ACCOUNTS.account_key(Chain.LTC, 4).serialise(slip132.CODES["zpub"])
    derived = WatchKeyring({Chain.LTC: text}).address_of(Chain.LTC, 9)
    key = MASTER.derive(paths.parse("m/84'/2'/4'/0/9"))
    assert (derived.path, derived.address) == ("m/84'/2'/4'/0/9", from_public_key(Chain.LTC, key.public_key))


def test_each_accounts_first_address_is_the_one_its_wallet_shows_first():
    keys = {chain: account(chain, "xpub") for chain in (Chain.ETH, Chain.LTC)} | {
        Chain.BTC: account(Chain.BTC, "zpub")
    }
    expected = [ACCOUNTS.address(chain, 0) for chain in keys]
    assert WatchKeyring(keys, SOL_POOL).first_addresses() == expected


def test_a_chain_without_an_account_key_is_not_watched():
    keyring = WatchKeyring({Chain.BTC: account(Chain.BTC, "zpub")})
    with pytest.raises(ChainUnsupported) as refusal:
        keyring.address_of(Chain.ETH, 0)
    assert (refusal.value.chain, refusal.value.reason) == (Chain.ETH, Reason.NO_ACCOUNT_KEY)


def test_the_pool_keeps_its_order():
    pool = WatchKeyring({}, SOL_POOL).sol_pool
    assert [(derived.chain, derived.path, derived.address) for derived in pool] == [
        (Chain.SOL, f"pool/{at}", text) for at, text in enumerate(SOL_POOL)
    ]


def test_a_pool_is_checked_before_an_address_is_given_out():
    with pytest.raises(InvalidAddress) as refusal:
        WatchKeyring({}, [SOL_POOL[0], "not an address"])
    assert refusal.value.chain is Chain.SOL
    with pytest.raises(InvalidAddress) as twice:
        WatchKeyring({}, [*SOL_POOL, SOL_POOL[0]])
    assert twice.value.reason is Reason.DUPLICATE


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("Es9vMFrzaCERmJfrF4H2FYD4KCoNkY11McCe8BenwNYB", Reason.CONTRACT),
        ("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA", Reason.CONTRACT),
        ("11111111111111111111111111111111", Reason.BURNT),
        ("1nc1nerator11111111111111111111111111111111", Reason.BURNT),
        ("SysvarC1ock11111111111111111111111111111111", Reason.BURNT),
        ("SysvarRecentB1ockHashes11111111111111111111", Reason.BURNT),
        ("Stake11111111111111111111111111111111111111", Reason.BURNT),
        ("Vote111111111111111111111111111111111111111", Reason.BURNT),
    ],
)
def test_a_pool_holds_no_address_that_nobody_can_spend_from(address, reason):
    with pytest.raises(InvalidAddress) as refusal:
        WatchKeyring({}, [SOL_POOL[0], address])
    assert refusal.value.reason is reason


def test_a_pool_may_hold_the_vault_of_a_multisig():
    vault = "9Yr5whYvpkq9C1hGbvXvwXoJCpLZyMmWFBFPWaRKHDE1"
    [derived] = WatchKeyring({}, [vault]).sol_pool
    assert derived.address == vault
    with pytest.raises(InvalidAddress):
        addresses.payable(Chain.SOL, vault)


def test_the_operator_can_open_a_sealed_wallet_and_it_holds_its_addresses():
    operator = OperatorKey.generate()
    keyring = SealedKeyring(operator.public_key)
    one, other = keyring.new_customer(), keyring.new_customer()
    assert one.addresses != other.addresses
    own = Accounts(bip39.seed(operator.unseal(one.sealed)))
    assert one.addresses == {chain: own.address(chain, 0) for chain in Chain}


@pytest.mark.parametrize("key", [b"", bytes(31), bytes(32), b"\x01" + bytes(31), bytes(33)])
def test_an_operator_key_that_cannot_seal_is_refused_at_once(key):
    with pytest.raises(SealingFailed) as refusal:
        SealedKeyring(key)
    assert refusal.value.reason is Reason.OPERATOR_KEY


def test_a_changed_box_or_one_sealed_to_another_key_does_not_open():
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


ORIGIN = "[d34db33f/84h/0h/0h]"


@pytest.mark.parametrize("origin", ["", ORIGIN, "[D34DB33F/84'/0'/0']"])
def test_an_account_key_may_include_its_origin(origin):
    key = slip132.print_account_key(Chain.BTC, ACCOUNTS.account_key(Chain.BTC))
    watch = WatchKeyring({Chain.BTC: origin + key})
    assert watch.address_of(Chain.BTC, 7) == ACCOUNTS.address(Chain.BTC, 7)


@pytest.mark.parametrize(
    ("origin", "reason"),
    [
        ("[d34db33f/84h/0h/1h]", Reason.ACCOUNT_DEPTH),
        ("[d34db33f/49h/0h/0h]", Reason.ACCOUNT_DEPTH),
        ("[d34db33f]", Reason.ACCOUNT_DEPTH),
        ("[d34db33/84h/0h/0h]", Reason.LENGTH),
        ("[d34db33f/84h/0h/0h", Reason.LENGTH),
    ],
)
def test_an_origin_that_is_invalid_or_has_another_path_is_refused(origin, reason):
    key = slip132.print_account_key(Chain.BTC, ACCOUNTS.account_key(Chain.BTC))
    with pytest.raises(InvalidExtendedKey) as refusal:
        WatchKeyring({Chain.BTC: origin + key})
    assert refusal.value.reason is reason
