"""Every vector that the standards publish, with both ways to multiply if a curve is involved."""

import pytest

from tests.wallet.published import VECTORS, load
from wallet import addresses, base58check, bech32, bip32, bip39, bip85, paths, secp256k1, slip10, slip132
from wallet.accounts import Accounts
from wallet.chains import Chain
from wallet.errors import InvalidAddress, InvalidEncoding, InvalidExtendedKey, InvalidMnemonic


def by(field):
    return lambda vector: str(vector[field])[:24]


@pytest.mark.parametrize("name", sorted(path.stem for path in VECTORS.glob("*.json")))
def test_every_file_names_its_source(name):
    assert load(name)["source"]


@pytest.mark.parametrize("vector", load("bip39")["vectors"], ids=by("entropy"))
def test_bip39_entropy_gives_the_words_and_the_words_give_the_seed(vector):
    mnemonic = bip39.from_entropy(bytes.fromhex(vector["entropy"]))
    assert mnemonic.reveal() == vector["mnemonic"]
    seed = bip39.seed(bip39.parse(vector["mnemonic"]), load("bip39")["passphrase"])
    assert seed.hex() == vector["seed"]
    assert bip32.master(seed).serialise() == vector["xprv"]


@pytest.mark.parametrize("vector", load("bip39")["invalid"], ids=by("reason"))
def test_bip39_refusals_name_the_rule_and_the_position(vector):
    with pytest.raises(InvalidMnemonic) as refusal:
        bip39.parse(vector["sentence"])
    assert refusal.value.rule.name == vector["rule"]
    assert refusal.value.position == vector.get("position")


@pytest.mark.parametrize("vector", load("bip32")["vectors"], ids=by("seed"))
def test_bip32_chains_serialise_as_published(vector, curve):
    master = bip32.master(bytes.fromhex(vector["seed"]))
    for step in vector["chain"]:
        key = master.derive(paths.parse(step["path"]))
        assert key.serialise() == step["xprv"]
        assert key.neuter().serialise() == step["xpub"]
        assert bip32.parse(step["xprv"]).serialise() == step["xprv"]
        assert bip32.parse(step["xprv"]).neuter().serialise() == step["xpub"]
        assert bip32.parse(step["xpub"]).serialise() == step["xpub"]


@pytest.mark.parametrize("vector", load("bip32")["invalid"], ids=by("reason"))
def test_bip32_invalid_keys_are_refused_with_their_reason(vector):
    with pytest.raises(InvalidExtendedKey) as refusal:
        bip32.parse(vector["key"])
    assert refusal.value.reason.name == vector["expected"]


@pytest.mark.parametrize("vector", load("slip10")["ed25519"], ids=by("seed"))
def test_slip10_chains_of_ed25519_are_as_published(vector):
    master = slip10.master(bytes.fromhex(vector["seed"]))
    for step in vector["chain"]:
        node = master.derive(paths.parse(step["path"]))
        assert node.private_key.hex() == step["private"]
        assert node.chain_code.hex() == step["chain_code"]
        assert node.public_key.hex().rjust(66, "0") == step["public"].rjust(66, "0")


@pytest.mark.parametrize("vector", load("slip10")["secp256k1"], ids=by("seed"))
def test_slip10_chains_of_secp256k1_match_bip32(vector, curve):
    master = bip32.master(bytes.fromhex(vector["seed"]))
    for step in vector["chain"]:
        key = master.derive(paths.parse(step["path"]))
        assert key.private_key.hex() == step["private"]
        assert key.chain_code.hex() == step["chain_code"]
        assert secp256k1.compress(key.public_key).hex() == step["public"]
        assert key.parent_fingerprint.hex() == step["parent_fingerprint"]


def test_bip84_root_account_and_addresses_are_as_published(curve):
    vector = load("bip84")
    master = bip32.master(bip39.seed(bip39.parse(vector["mnemonic"])))
    account = master.derive(paths.parse(vector["account"]["path"]))
    zprv, zpub = slip132.CODES["zprv"], slip132.CODES["zpub"]
    assert (master.serialise(zprv), master.neuter().serialise(zpub)) == (vector["rootpriv"], vector["rootpub"])
    assert account.serialise(zprv) == vector["account"]["zprv"]
    assert account.neuter().serialise(zpub) == vector["account"]["zpub"]
    for row in vector["addresses"]:
        key = master.derive(paths.parse(row["path"]))
        assert base58check.decode(row["wif"]) == b"\x80" + key.private_key + b"\x01"
        assert secp256k1.compress(key.public_key).hex() == row["pubkey"]
        assert addresses.from_public_key(Chain.BTC, key.public_key) == row["address"]


@pytest.mark.parametrize("vector", load("bip85")["entropy"], ids=by("path"))
def test_bip85_entropy_is_as_published(vector):
    master = bip32.parse(load("bip85")["master"])
    path = paths.parse(vector["path"])
    key = master.derive(path)
    assert bip85.entropy(key).hex() == vector["entropy"]
    assert key.private_key.hex() == vector.get("key", key.private_key.hex())


@pytest.mark.parametrize("vector", load("bip85")["mnemonics"], ids=by("words"))
def test_bip85_mnemonics_are_as_published(vector):
    words, index = vector["words"], vector["index"]
    above = bip85.mnemonics(bip32.parse(load("bip85")["master"]), words)
    assert bip85.mnemonic(above, index, words).reveal() == vector["mnemonic"]
    assert bip39.from_entropy(bytes.fromhex(vector["entropy"])).reveal() == vector["mnemonic"]


@pytest.mark.parametrize("vector", load("slip132")["accounts"], ids=by("path"))
def test_slip132_accounts_serialise_and_parse_as_published(vector):
    master = bip32.master(bip39.seed(bip39.parse(load("slip132")["mnemonic"])))
    account = master.derive(paths.parse(vector["path"]))
    private, public = slip132.CODES[vector["private"][:4]], slip132.CODES[vector["public"][:4]]
    assert (account.serialise(private), account.neuter().serialise(public)) == (
        vector["private"],
        vector["public"],
    )
    for text in (vector["private"], vector["public"]):
        assert slip132.parse(text).serialise(slip132.CODES[text[:4]]) == text


@pytest.mark.parametrize("encoding", list(bech32.Encoding))
def test_bech32_valid_strings_survive_a_round_trip(encoding):
    for text in load("bech32")[f"{encoding.name.lower()}_valid"]:
        hrp, values, found = bech32.decode(text)
        assert found is encoding
        assert bech32.encode(hrp, values, encoding) == text.lower()


INVALID_BECH32 = load("bech32")["bech32_invalid"] + load("bech32")["bech32m_invalid"]


@pytest.mark.parametrize("vector", INVALID_BECH32, ids=by("string"))
def test_bech32_invalid_strings_are_refused_with_their_reason(vector):
    with pytest.raises(InvalidEncoding) as refusal:
        bech32.decode(vector["string"])
    assert refusal.value.reason.name == vector["expected"]


@pytest.mark.parametrize("vector", load("bech32")["address_valid"], ids=by("address"))
def test_segwit_addresses_give_the_published_script(vector):
    text = vector["address"]
    hrp = text[:2].lower()
    witness = bech32.decode_witness(hrp, text)
    assert bech32.encode_witness(hrp, witness) == text.lower()
    if hrp == "bc":
        assert addresses.script_pubkey(Chain.BTC, text).hex() == vector["script_pubkey"]
    else:
        with pytest.raises(InvalidAddress) as refusal:
            addresses.validate(Chain.BTC, text)
        assert refusal.value.reason.name == "NETWORK"


@pytest.mark.parametrize("vector", load("bech32")["address_invalid"], ids=by("address"))
def test_invalid_segwit_addresses_are_refused_with_their_reason(vector):
    text = vector["address"]
    hrp = "tb" if text.startswith("tb") else "bc"
    with pytest.raises(InvalidEncoding) as refusal:
        bech32.decode_witness(hrp, text)
    assert refusal.value.reason.name == vector["expected"]


@pytest.mark.parametrize("vector", load("base58")["vectors"], ids=by("hex"))
def test_base58_is_as_published_both_ways(vector):
    assert base58check.encode_plain(bytes.fromhex(vector["hex"])) == vector["base58"]
    assert base58check.decode_plain(vector["base58"]).hex() == vector["hex"]


@pytest.mark.parametrize("vector", load("base58")["invalid"], ids=by("reason"))
def test_base58_refuses_text_no_encoder_writes(vector):
    with pytest.raises(InvalidEncoding) as refusal:
        base58check.decode_plain(vector["base58"])
    assert refusal.value.reason.name == vector["expected"]


@pytest.mark.parametrize("text", load("eip55")["checksummed"])
def test_eip55_capitals_are_as_published(text):
    valid = addresses.validate(Chain.ETH, text)
    assert addresses.validate(Chain.ETH, text.lower()) == valid
    assert valid.payload.hex() == text[2:].lower()
    if text[2:] not in {text[2:].lower(), text[2:].upper()}:
        assert valid.text == text


@pytest.mark.parametrize("vector", load("eip55")["invalid"], ids=by("reason"))
def test_eip55_refusals_have_a_reason(vector):
    with pytest.raises(InvalidAddress) as refusal:
        addresses.validate(Chain.ETH, vector["address"])
    assert refusal.value.reason.name == vector["expected"]


@pytest.mark.parametrize("vector", load("addresses")["addresses"], ids=by("path"))
def test_addresses_on_five_chains_match_other_wallets(vector, curve):
    seed = bip39.seed(bip39.parse(load("addresses")["mnemonic"]))
    chain = Chain(vector["chain"])
    numbers = paths.parse(vector["path"]).numbers
    index = numbers[2] - paths.HARDENED if chain is Chain.SOL else numbers[4]
    derived = Accounts(seed).address(chain, index)
    assert (derived.path, derived.address) == (vector["path"], vector["address"])


def test_bip143_example_key_gives_its_public_key(curve):
    for vector in load("bip143_p2wpkh")["vectors"]:
        point = secp256k1.public_key(bytes.fromhex(vector["private_key"]))
        assert secp256k1.compress(point).hex() == vector["public_key"]


@pytest.mark.parametrize("vector", load("typed_addresses")["valid"], ids=by("text"))
def test_typed_addresses_are_read_and_written_in_one_form(vector):
    chain = Chain(vector["chain"])
    valid = addresses.validate(chain, vector["text"])
    assert (valid.kind.value, valid.text) == (vector["kind"], vector["written"])
    assert addresses.encode(valid) == vector["written"]
    assert addresses.validate(chain, valid.text) == valid


@pytest.mark.parametrize("vector", load("typed_addresses")["invalid"], ids=by("reason"))
def test_typed_addresses_are_refused_with_a_reason(vector):
    with pytest.raises(InvalidAddress) as refusal:
        addresses.validate(Chain(vector["chain"]), vector["text"])
    assert refusal.value.reason.name == vector["expected"]
    assert refusal.value.chain is Chain(vector["chain"])


@pytest.mark.parametrize("vector", load("payable")["payable"], ids=by("text"))
def test_addresses_that_a_key_holder_can_spend_from_are_payable(vector):
    chain = Chain(vector["chain"])
    assert addresses.payable(chain, vector["text"]) == addresses.validate(chain, vector["text"])


@pytest.mark.parametrize("vector", load("payable")["unpayable"], ids=by("text"))
def test_addresses_that_are_only_well_formed_are_valid_and_not_payable(vector):
    chain = Chain(vector["chain"])
    assert addresses.validate(chain, vector["text"]).text == vector["text"]
    with pytest.raises(InvalidAddress) as refusal:
        addresses.payable(chain, vector["text"])
    assert (refusal.value.chain, refusal.value.reason.name) == (chain, vector["expected"])


@pytest.mark.parametrize("vector", load("typed_addresses")["invalid"], ids=by("reason"))
def test_an_invalid_address_is_unpayable_for_the_same_reason(vector):
    with pytest.raises(InvalidAddress) as refusal:
        addresses.payable(Chain(vector["chain"]), vector["text"])
    assert refusal.value.reason.name == vector["expected"]
