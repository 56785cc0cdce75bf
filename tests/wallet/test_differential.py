"""The same answers as other wallets, on inputs that differ in every run: hundreds, or thousands if in full."""

import secrets
import unicodedata
from random import Random

import pytest

from tests.endurance import times
from tests.wallet import references
from wallet import addresses, base58check, bech32, bip32, bip39, bip85, paths, secp256k1, slip10, slip132
from wallet.accounts import Accounts
from wallet.addresses import Kind, ValidAddress
from wallet.chains import Chain
from wallet.errors import InvalidAddress, InvalidMnemonic
from wallet.keyring import HotKeyring, WatchKeyring

WATCHED = [Chain.BTC, Chain.LTC, Chain.ETH, Chain.TRX]
PASSPHRASES = [
    "",
    "TREZOR",
    "пароль",
    "ｐａｓｓ",
    "é",
    "e\u0301",
    "㍍ガバヴァぱばぐゞちぢ",
    "🔑 \u00a0x",
    " ",
]
EDGE_INDEXES = [0, 1, 2**31 - 1, 2**31 - 2]
CASES = times(200, full=1_000)


@pytest.fixture
def random():
    """Fresh numbers each run; the seed is shown when a test fails."""
    seed = secrets.randbits(64)
    print(f"Random({seed})")
    return Random(seed)


def random_mnemonic(random):
    return bip39.from_entropy(random.randbytes(random.choice([16, 20, 24, 28, 32])))


def random_index(random):
    return random.choice([*EDGE_INDEXES, random.randrange(2**31), random.randrange(2**31)])


def random_path(random, depth=5):
    numbers = [random_index(random) + random.choice([0, paths.HARDENED]) for _ in range(random.randint(0, depth))]
    return paths.Path(tuple(numbers))


def test_mnemonics_and_seeds_match_libwally_and_python_mnemonic(random):
    wally = pytest.importorskip("wallycore")
    reference = pytest.importorskip("mnemonic").Mnemonic("english")
    for _ in range(CASES):
        entropy = random.randbytes(random.choice([16, 20, 24, 28, 32]))
        mnemonic = bip39.from_entropy(entropy)
        passphrase = random.choice(PASSPHRASES)
        words = mnemonic.reveal()
        assert words == reference.to_mnemonic(entropy) == wally.bip39_mnemonic_from_bytes(None, entropy)
        seed = bip39.seed(bip39.parse(words), passphrase)
        assert seed == reference.to_seed(words, passphrase)
        normal = unicodedata.normalize("NFKD", passphrase)
        assert seed == wally.bip39_mnemonic_to_seed512(words, normal)


def test_random_sentences_are_accepted_exactly_when_python_mnemonic_accepts_them(random):
    reference = pytest.importorskip("mnemonic").Mnemonic("english")
    accepted = 0
    for _ in range(2000):
        words = " ".join(random.choices(reference.wordlist, k=random.choice([12, 12, 12, 15, 18, 21, 24, 11, 13])))
        try:
            accepted += bool(bip39.parse(words))
            ours = True
        except InvalidMnemonic:
            ours = False
        assert ours == reference.check(words)
    assert accepted > 20


def test_extended_keys_at_random_paths_match_libwally(random):
    wally = pytest.importorskip("wallycore")
    for _ in range(CASES):
        seed, path = random.randbytes(random.choice([16, 32, 64])), random_path(random)
        key = bip32.master(seed).derive(path)
        reference = references.libwally_derive(seed, str(path))
        assert key.serialise() == wally.bip32_key_to_base58(reference, wally.BIP32_FLAG_KEY_PRIVATE)
        assert key.neuter().serialise() == wally.bip32_key_to_base58(reference, wally.BIP32_FLAG_KEY_PUBLIC)


def test_children_of_public_keys_match_libwally_and_the_private_key(random):
    wally = pytest.importorskip("wallycore")
    for _ in range(CASES):
        account, number = bip32.master(random.randbytes(32)), random_index(random)
        reference = wally.bip32_key_from_base58(account.neuter().serialise())
        child = wally.bip32_key_from_parent(reference, number, wally.BIP32_FLAG_KEY_PUBLIC)
        ours = account.neuter().child(number)
        assert ours == account.child(number).neuter()
        assert ours.serialise() == wally.bip32_key_to_base58(child, wally.BIP32_FLAG_KEY_PUBLIC)


def test_slip10_keys_match_bip_utils(random):
    b = pytest.importorskip("bip_utils")
    for _ in range(300):
        seed, path = random.randbytes(64), random_path(random, depth=4)
        hardened = paths.Path(tuple([number | paths.HARDENED for number in path.numbers]))
        ours = slip10.master(seed).derive(hardened)
        theirs = b.Bip32Slip10Ed25519.FromSeed(seed).DerivePath(str(hardened))
        assert ours.private_key == theirs.PrivateKey().Raw().ToBytes()
        assert ours.chain_code == theirs.ChainCode().ToBytes()


@pytest.mark.parametrize("chain", list(Chain), ids=lambda chain: chain.value)
def test_addresses_of_random_seeds_match_two_other_wallets(chain, random):
    for _ in range(CASES):
        seed, index = random.randbytes(64), random_index(random)
        ours = Accounts(seed).address(chain, index).address
        assert ours == references.bip_utils_address(chain, seed, index)
        assert ours == references.second_reference(chain, seed, index)


@pytest.mark.parametrize("chain", [Chain.BTC, Chain.LTC], ids=lambda chain: chain.value)
def test_segwit_addresses_match_embit(chain, random):
    for _ in range(50):
        seed, index = random.randbytes(64), random_index(random)
        assert Accounts(seed).address(chain, index).address == references.embit_address(chain, seed, index)


def test_pure_python_gives_the_same_addresses_as_other_wallets(random, monkeypatch):
    way = secp256k1.PurePython()
    monkeypatch.setattr(secp256k1, "curve", lambda: way)
    for _ in range(50):
        seed, index = random.randbytes(64), random_index(random)
        for chain in Chain:
            assert Accounts(seed).address(chain, index).address == references.second_reference(chain, seed, index)


def test_customers_mnemonics_match_libwally_and_embit(random):
    wally = pytest.importorskip("wallycore")
    embit = pytest.importorskip("embit.bip85")
    embit_root = pytest.importorskip("embit.bip32").HDKey.from_string
    for number in range(400):
        seed, index = random.randbytes(64), random_index(random)
        words = random.choice([12, 24]) if number < 50 else random.choice([12, 15, 18, 21, 24])
        master = bip32.master(seed)
        ours = bip85.mnemonic(bip85.mnemonics(master, words), index, words).reveal()
        # libwally's BIP-85 knows 12, 18 and 24 words, embit all of them.
        if words in {12, 18, 24}:
            entropy = wally.bip85_get_bip39_entropy(references.libwally_key(seed), "en", words, index)
            assert ours == wally.bip39_mnemonic_from_bytes(None, entropy)
        if number < 50:
            assert ours == embit.derive_mnemonic(embit_root(master.serialise()), num_words=words, index=index)


def test_a_hot_keyring_gives_each_customer_the_first_address_of_their_own_mnemonic(random):
    wally = pytest.importorskip("wallycore")
    for _ in range(30):
        mnemonic, passphrase = random_mnemonic(random).reveal(), random.choice(PASSPHRASES)
        keyring, index = HotKeyring(mnemonic, passphrase), random_index(random)
        seed = wally.bip39_mnemonic_to_seed512(mnemonic, unicodedata.normalize("NFKD", passphrase))
        entropy = wally.bip85_get_bip39_entropy(references.libwally_key(seed), "en", 12, index)
        child = wally.bip39_mnemonic_from_bytes(None, entropy)
        assert keyring.mnemonic_of(index).reveal() == child
        child_seed = bytes(wally.bip39_mnemonic_to_seed512(child, ""))
        for chain in Chain:
            derived = keyring.address_of(chain, index)
            assert derived.address == references.bip_utils_address(chain, child_seed, 0)


@pytest.mark.parametrize("chain", WATCHED, ids=lambda chain: chain.value)
def test_watching_another_wallets_account_key_gives_that_wallets_addresses(chain, random):
    for _ in range(100):
        seed, index = random.randbytes(64), random_index(random)
        key = references.bip_utils_account_key(chain, seed)
        assert slip132.print_account_key(chain, Accounts(seed).account_key(chain)) == key
        derived = WatchKeyring({chain: key}).address_of(chain, index)
        assert derived.address == references.bip_utils_address(chain, seed, index)
        assert derived == Accounts(seed).address(chain, index)


def test_scripts_of_random_bitcoin_addresses_match_libwally(random):
    wally = pytest.importorskip("wallycore")
    network = wally.WALLY_NETWORK_BITCOIN_MAINNET
    for _ in range(1000):
        for version in (0x00, 0x05):
            text = wally.base58check_from_bytes(bytes([version]) + random.randbytes(20))
            assert addresses.script_pubkey(Chain.BTC, text) == wally.address_to_scriptpubkey(text, network)
        program = random.choice([b"\x00\x14" + random.randbytes(20), b"\x00\x20" + random.randbytes(32)])
        taproot = b"\x51\x20" + random.randbytes(32)
        for script in (program, taproot):
            for chain, hrp in ((Chain.BTC, "bc"), (Chain.LTC, "ltc")):
                text = wally.addr_segwit_from_bytes(script, hrp, 0)
                assert addresses.script_pubkey(chain, text) == script
                assert addresses.encode(addresses.validate(chain, text)) == text


def test_random_witness_programs_of_every_version_survive_libwally(random):
    wally = pytest.importorskip("wallycore")
    for _ in range(1000):
        version = random.randrange(17)
        program = random.randbytes(random.choice([20, 32]) if version == 0 else random.randint(2, 40))
        ours = bech32.encode_witness("bc", bech32.WitnessProgram(version, program))
        script = addresses.script_pubkey(Chain.BTC, ours)
        assert ours == wally.addr_segwit_from_bytes(script, "bc", 0)
        assert wally.addr_segwit_to_bytes(ours, "bc", 0) == script


@pytest.mark.parametrize("chain", [Chain.BTC, Chain.LTC], ids=lambda chain: chain.value)
def test_taproot_is_payable_exactly_if_libsecp256k1_accepts_the_x_only_key(chain, random):
    x_only = pytest.importorskip("coincurve").PublicKeyXOnly
    verdicts = []
    for _ in range(200):
        program = random.randbytes(32)
        text = addresses.encode(ValidAddress(chain, "", Kind.P2TR, program, witness_version=1))
        try:
            theirs = bool(x_only(program))
        except ValueError:
            theirs = False
        try:
            ours = addresses.payable(chain, text).payload == program
        except InvalidAddress:
            ours = False
        assert ours == theirs
        verdicts.append(ours)
    assert set(verdicts) == {True, False}


def test_litecoins_old_and_new_forms_match_bip_utils(random):
    b = pytest.importorskip("bip_utils")
    conf = b.CoinsConf.LitecoinMainNet
    for _ in range(300):
        key = secp256k1.compress(secp256k1.public_key(random.randbytes(32)))
        legacy = b.P2PKHAddrEncoder.EncodeKey(key, net_ver=conf.ParamByKey("p2pkh_std_net_ver"))
        new = b.P2SHAddrEncoder.EncodeKey(key, net_ver=conf.ParamByKey("p2sh_std_net_ver"))
        old = b.P2SHAddrEncoder.EncodeKey(key, net_ver=conf.ParamByKey("p2sh_depr_net_ver"))
        assert addresses.validate(Chain.LTC, legacy).kind is Kind.P2PKH
        assert addresses.validate(Chain.LTC, old) == addresses.validate(Chain.LTC, new)
        assert addresses.validate(Chain.LTC, old).text == new
        for text in (legacy, new):
            with pytest.raises(InvalidAddress) as refusal:
                addresses.validate(Chain.BTC, text)
            assert refusal.value.reason.name == "NETWORK"


def test_random_accounts_are_capitalised_as_by_eth_utils(random):
    to_checksum = pytest.importorskip("eth_utils").to_checksum_address
    for _ in range(2000):
        account = random.randbytes(20)
        ours = addresses.encode(ValidAddress(Chain.ETH, "", Kind.EOA, account))
        assert ours == to_checksum(account)


def test_random_bytes_have_the_same_base58_as_in_libwally(random):
    wally = pytest.importorskip("wallycore")
    for _ in range(2000):
        payload = bytes(random.randrange(4)) + random.randbytes(random.randint(1, 70))
        assert base58check.encode(payload) == wally.base58check_from_bytes(payload)
        assert base58check.decode_plain(base58check.encode_plain(payload)) == payload
