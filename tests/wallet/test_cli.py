"""`python -m wallet`, as an operator runs it."""

import json
import os
import pty
import shlex
import subprocess
import sys
import time

import pytest

from tests.patience import DEADLINE_S
from tests.wallet.published import MNEMONIC, load
from wallet import bip39
from wallet.chains import Chain
from wallet.keyring import HotKeyring, SealedKeyring, WatchKeyring
from wallet.sealing import OperatorKey

PROGRAM = [sys.executable, "-m", "wallet"]


def run(*arguments, given=""):
    return subprocess.run(
        [*PROGRAM, *arguments], input=given.encode(), capture_output=True, check=False, timeout=DEADLINE_S
    )


def printed(*arguments, given=MNEMONIC + "\n"):
    result = run(*arguments, given=given)
    assert result.returncode == 0, result.stderr.decode()
    return result.stdout.decode()


@pytest.mark.parametrize(("arguments", "words"), [([], 12), (["--words", "24"], 24), (["--words", "12"], 12)])
def test_new_prints_a_valid_mnemonic(arguments, words):
    line = printed("new", *arguments).rstrip("\n")
    assert len(bip39.parse(line).reveal().split()) == words


def test_addresses_match_those_of_other_wallets():
    rows = json.loads(printed("addresses", "--count", "8", "--json"))
    assert [row["chain"] for row in rows] == ["BTC", "LTC", "ETH", "TRX", "SOL"] * 8
    assert {tuple(row) for row in rows} == {("chain", "path", "address")}
    for vector in load("addresses")["addresses"]:
        assert vector in rows


def test_one_chain_and_one_index_can_be_selected():
    rows = json.loads(printed("addresses", "--chain", "btc", "--index", "7", "--json"))
    vector = next(row for row in load("addresses")["addresses"] if row["path"] == "m/84'/0'/0'/0/7")
    assert rows == [vector]


def test_columns_and_json_say_the_same():
    columns = [line.split("\t") for line in printed("addresses").splitlines()]
    assert columns == [list(row.values()) for row in json.loads(printed("addresses", "--json"))]


def test_a_child_is_a_hot_shops_customer():
    rows = json.loads(printed("addresses", "--child", "3", "--json"))
    expected = [HotKeyring(MNEMONIC).address_of(chain, 3) for chain in Chain]
    assert [(row["chain"], row["path"], row["address"]) for row in rows] == [
        (derived.chain.value, derived.path, derived.address) for derived in expected
    ]


def test_a_passphrase_is_the_second_line():
    given = f"{MNEMONIC}\nпароль\n"
    rows = json.loads(printed("addresses", "--child", "0", "--passphrase", "--json", "--chain", "ETH", given=given))
    assert rows[0]["address"] == HotKeyring(MNEMONIC, "пароль").address_of(Chain.ETH, 0).address


def test_xpub_prints_what_a_watching_shop_needs():
    keys = {Chain(row["chain"]): row["xpub"] for row in json.loads(printed("xpub", "--json"))}
    assert keys[Chain.BTC] == load("bip84")["account"]["zpub"]
    keyring = WatchKeyring(keys)
    for row in json.loads(printed("addresses", "--index", "7", "--json")):
        if row["chain"] != "SOL":
            assert keyring.address_of(Chain(row["chain"]), 7).address == row["address"]


def test_check_says_which_chains_can_pay():
    rows = json.loads(printed("check", "3CDJNfdWX8m2NwuGUV3nhXHXEeLygMXoAj", "--json"))
    assert [(row["chain"], row["kind"], row["address"]) for row in rows] == [
        ("BTC", "p2sh", "3CDJNfdWX8m2NwuGUV3nhXHXEeLygMXoAj"),
        ("LTC", "p2sh", "MJRSgZ3UUFcTBTBAaN38XAXvZLwRe8WVw7"),
    ]


@pytest.mark.parametrize(
    ("chain", "address", "unpayable"),
    [
        ("BTC", "bc1sw50qgdz25j", "unknown_witness"),
        ("BTC", "bc1pam775nxmvam4pfpqlm5q06k0y84e3x9w0xuhdpmxuna2qj3dfg6qnzh0s2", "not_on_curve"),
        ("SOL", "11111111111111111111111111111111", "burnt"),
        ("SOL", "9Yr5whYvpkq9C1hGbvXvwXoJCpLZyMmWFBFPWaRKHDE1", "not_on_curve"),
    ],
)
def test_check_shows_an_address_that_must_not_be_paid_and_says_why(chain, address, unpayable):
    result = run("check", address, "--chain", chain, "--json")
    assert result.returncode == 1
    row = json.loads(result.stdout)[0]
    assert (row["address"], row["unpayable"]) == (address, unpayable)


def test_check_says_why_no_chain_can_pay():
    result = run("check", "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyq", "--chain", "BTC", "--json")
    assert result.returncode == 1
    assert json.loads(result.stdout)[0]["invalid"] == "checksum"


def test_a_key_pair_made_here_opens_what_the_shop_seals():
    lines = dict(line.split() for line in printed("new", "--operator").splitlines())
    operator = OperatorKey(bytes.fromhex(lines["private"]))
    assert operator.public_key.hex() == lines["public"]
    boxes = [SealedKeyring(operator.public_key).new_customer() for _ in range(2)]
    words = printed("unseal", *[box.sealed.hex() for box in boxes], given=lines["private"] + "\n").splitlines()
    assert words == [operator.unseal(box.sealed).reveal() for box in boxes]


@pytest.mark.parametrize(
    ("arguments", "given", "sentence"),
    [
        (["addresses"], "abandon " * 3 + "secretword " * 9, "word 4: every word is on the English list"),
        (["addresses"], "secretword " * 11, "12, 15, 18, 21 or 24 words"),
        (["addresses"], MNEMONIC.replace("about", "zoo"), "checksum"),
        (["addresses", "--passphrase"], "", "12, 15, 18, 21 or 24 words"),
        (["xpub"], "", "12, 15, 18, 21 or 24 words"),
        (["addresses", "--index", str(2**31 - 1), "--count", "2"], MNEMONIC, "out of range"),
        (["unseal", "00"], "secretword", "not hexadecimal"),
        (["unseal", "zz"], "00" * 32, "not hexadecimal"),
        (["unseal", "00"], "00" * 31, "32 bytes"),
        (["unseal", "00"], "01" * 32, "not sealed to this key"),
    ],
)
def test_refusals_are_one_sentence_and_status_1(arguments, given, sentence):
    result = run(*arguments, given=given)
    assert result.returncode == 1
    assert result.stdout == b""
    assert sentence in result.stderr.decode()
    for secret in ("Traceback", "secretword", "zoo", "abandon"):
        assert secret not in result.stderr.decode()


@pytest.mark.parametrize(
    ("redirection", "sentence"),
    [("<&-", "Standard input is closed"), ("0>/dev/null", "Standard input cannot be read")],
)
@pytest.mark.parametrize("arguments", [["addresses"], ["xpub"], ["unseal", "00"]], ids=lambda words: words[0])
def test_empty_standard_input_is_refused_in_one_sentence(arguments, redirection, sentence):
    command = shlex.join([*PROGRAM, *arguments]) + " " + redirection
    result = subprocess.run(["sh", "-c", command], capture_output=True, check=False, timeout=DEADLINE_S)
    assert result.returncode == 1
    assert result.stdout == b""
    assert result.stderr.decode().startswith(f"Error: {sentence}")
    assert len(result.stderr.splitlines()) == 1


def test_input_that_is_not_utf8_is_refused_without_quoting_it():
    result = subprocess.run([*PROGRAM, "addresses"], input=b"\xff\xfeabandon", capture_output=True, check=False)
    assert result.returncode == 1
    assert b"UTF-8" in result.stderr
    assert b"abandon" not in result.stderr


@pytest.mark.parametrize("command", ["addresses", "xpub", "unseal"])
def test_no_command_takes_a_secret_as_an_option(command):
    options = printed(command, "--help", given="")
    assert "--mnemonic" not in options
    assert "--private" not in options


def test_a_mnemonic_as_an_argument_is_refused():
    result = run("addresses", MNEMONIC, given=MNEMONIC)
    assert result.returncode == 2
    assert b"bc1" not in result.stdout


def test_a_person_at_a_terminal_types_without_echo():
    leader, follower = pty.openpty()
    command = [*PROGRAM, "addresses", "--chain", "BTC"]
    with subprocess.Popen(command, stdin=follower, stdout=subprocess.PIPE, stderr=follower) as process:
        os.close(follower)
        screen = read_until(leader, "Mnemonic")
        os.write(leader, (MNEMONIC + "\n").encode())
        out, _ = process.communicate(timeout=DEADLINE_S)
    screen += read_rest(leader)
    assert "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu" in out.decode()
    assert "abandon" not in screen


def read_until(terminal, text):
    seen, deadline = "", time.monotonic() + DEADLINE_S
    while text not in seen and time.monotonic() < deadline:
        seen += os.read(terminal, 1024).decode()
    return seen


def read_rest(terminal):
    try:
        return os.read(terminal, 1024).decode()
    except OSError:
        return ""
    finally:
        os.close(terminal)
