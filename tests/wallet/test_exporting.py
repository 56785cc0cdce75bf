"""Customers' keys for other wallets, read back by those wallets' libraries; and finding an address's key."""

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner
from embit.descriptor import Descriptor as EmbitDescriptor
from embit.ec import PrivateKey
from eth_account import Account
from solders.keypair import Keypair

from tests.patience import DEADLINE_S
from tests.wallet.plans.made import OPERATOR, Boxes
from tests.wallet.published import MNEMONIC
from wallet import addresses, bip39
from wallet.__main__ import main
from wallet.accounts import Accounts
from wallet.chains import Chain
from wallet.keyring import HotKeyring

HOT = HotKeyring(MNEMONIC)
NUMBERS = range(3, 6)


def run(folder, *arguments, given=MNEMONIC + "\n"):
    command = [sys.executable, "-m", "wallet", *arguments]
    return subprocess.run(command, input=given.encode(), capture_output=True, check=False, timeout=DEADLINE_S)


def exported(folder, name, *more):
    out = folder / "keys"
    result = run(folder, "export", "--child", "3-5", "--format", name, "--out", str(out), *more)
    assert result.returncode == 0, result.stderr.decode()
    return out.read_text()


def rows(text):
    return [line.split("\t") for line in text.splitlines()]


def refused(*arguments, given=MNEMONIC + "\n"):
    result = run(None, *arguments, given=given)
    assert result.returncode in {1, 2}
    printed = result.stderr.decode()
    assert MNEMONIC not in printed
    assert "Traceback" not in printed
    return printed.splitlines()[-1].rpartition("Error: ")[2]


def address_of(chain, number):
    return HOT.address_of(chain, number).address


@pytest.mark.parametrize(("chain", "more"), [(Chain.BTC, []), (Chain.LTC, ["--chain", "ltc"])])
def test_electrum_gets_one_line_per_key_with_its_script_type(tmp_path, chain, more):
    lines = exported(tmp_path, "electrum", *more).splitlines()
    keys = [PrivateKey.from_wif(line.removeprefix("p2wpkh:")) for line in lines]
    found = [addresses.from_public_key(chain, key.get_public_key().sec()) for key in keys]
    assert found == [address_of(chain, number) for number in NUMBERS]
    assert all(line.startswith("p2wpkh:") for line in lines)


@pytest.mark.parametrize(("chain", "more"), [(Chain.BTC, []), (Chain.LTC, ["--chain", "LTC"])])
def test_descriptors_are_in_the_form_importdescriptors_takes(tmp_path, chain, more):
    requests = json.loads(exported(tmp_path, "descriptors", *more))
    scripts = [EmbitDescriptor.from_string(each["desc"]).script_pubkey().data for each in requests]
    assert scripts == [addresses.script_pubkey(chain, address_of(chain, number)) for number in NUMBERS]
    assert {each["timestamp"] for each in requests} == {0}


def test_wif_lines_give_number_chain_and_address(tmp_path):
    for number, ticker, address, text in rows(exported(tmp_path, "wif")):
        key = PrivateKey.from_wif(text)
        assert addresses.from_public_key(Chain(ticker), key.get_public_key().sec()) == address
        assert address == address_of(Chain(ticker), int(number))
    assert len(rows((tmp_path / "keys").read_text())) == 6


def test_hex_is_only_for_ethereum_and_tron(tmp_path):
    found = rows(exported(tmp_path, "hex"))
    assert [(int(number), ticker) for number, ticker, *_ in found] == [
        (number, ticker) for number in NUMBERS for ticker in ("ETH", "TRX")
    ]
    for number, ticker, address, text in found:
        assert address == address_of(Chain(ticker), int(number))
        if ticker == "ETH":
            assert Account.from_key(text).address == address


def test_solana_keys_are_pairs_its_wallets_can_import(tmp_path):
    for number, ticker, address, text in rows(exported(tmp_path, "solana")):
        assert ticker == "SOL"
        assert str(Keypair.from_base58_string(text).pubkey()) == address == address_of(Chain.SOL, int(number))


def test_a_sealed_shop_is_exported_from_its_boxes(tmp_path):
    boxes = Boxes((3, 5, 9))
    (tmp_path / "boxes").write_text("".join(f"{number} {box.hex()}\n" for number, box in boxes.sealed.items()))
    (tmp_path / "key").write_text(OPERATOR.reveal().hex())
    found = rows(exported(tmp_path, "hex", "--boxes", str(tmp_path / "boxes"), "--key", str(tmp_path / "key")))
    expected = [(str(number), boxes.holder(Chain.ETH, number).address) for number in (3, 5)]
    assert [(number, address) for number, ticker, address, _ in found if ticker == "ETH"] == expected


@pytest.mark.parametrize("numbers", ["", "-", "3-", "-3", "5-3", "x", "1-200000", "2147483648", "1.5", "٣"])
def test_an_invalid_range_is_refused(numbers):
    said = refused("export", f"--child={numbers}", "--format", "wif", "--out", "unused")
    assert "Invalid value for '--child'" in said


def test_a_format_is_only_for_its_own_chains():
    said = refused("export", "--child", "1", "--format", "hex", "--chain", "BTC", "--out", "unused")
    assert said == "hex is for ETH and TRX."


def test_invalid_words_are_not_repeated():
    said = refused("export", "--child", "1", "--format", "wif", "--out", "unused", given="abandon " * 11 + "\n")
    assert said == "a mnemonic has 12, 15, 18, 21 or 24 words"


@pytest.mark.parametrize("chain", Chain, ids=lambda chain: chain.value)
def test_a_customers_address_is_found_from_the_words(chain):
    address = address_of(chain, 4)
    written = address.lower() if chain is Chain.ETH else address
    printed = run(None, "find", written, "--up-to", "6").stdout.decode()
    path = HOT.address_of(chain, 4).path
    assert printed == f"{chain.value}\tchild 4\t{path}\t{address}\n"


def test_an_address_of_the_words_own_account_is_found_too():
    derived = Accounts(bip39.seed(bip39.parse(MNEMONIC))).address(Chain.BTC, 3)
    printed = run(None, "find", derived.address, "--up-to", "6").stdout.decode()
    assert printed == f"BTC\taccount 3\tm/84'/0'/0'/0/3\t{derived.address}\n"


def test_an_address_beyond_the_last_number_is_not_found():
    said = refused("find", address_of(Chain.ETH, 4), "--up-to", "3")
    assert said == "Not found below these words, up to number 3: try a higher --up-to."


def test_text_that_is_not_an_address_is_not_searched_for():
    assert refused("find", "nobody") == "This is not an address of a chain that the shop uses."


def test_every_wallet_command_has_help():
    for name, command in main.commands.items():
        shown = CliRunner().invoke(main, [name, "--help"])
        assert shown.exit_code == 0
        assert command.help
