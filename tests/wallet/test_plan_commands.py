"""Plans on the command line of a machine without a network, as an operator uses them."""

import os
import pty
import re
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.patience import DEADLINE_S
from tests.wallet.plans import made
from tests.wallet.plans.made import DESTINATIONS, OPERATOR, Boxes
from tests.wallet.plans.test_elsewhere import ACCOUNTS
from tests.wallet.published import MNEMONIC
from wallet import bip39
from wallet.chains import Chain
from wallet.plans import plan
from wallet.plans.keys import Keys
from wallet.plans.signed import read_signed
from wallet.plans.signing import sign_plan

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = [sys.executable, "-m", "wallet"]
YES = f"y\n{MNEMONIC}\n"
SECRETS = [MNEMONIC, "abandon", OPERATOR.reveal().hex()]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "plan.json").write_bytes(plan.write(made.plan()))
    (tmp_path / "operator.key").write_text(f"public {OPERATOR.public_key.hex()}\nprivate {OPERATOR.reveal().hex()}\n")
    return tmp_path


def run(folder, *arguments, given=""):
    return subprocess.run(
        [*PROGRAM, *arguments],
        input=given.encode(),
        capture_output=True,
        check=False,
        timeout=DEADLINE_S,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def refusal(folder, *arguments, given=YES):
    """Return the one sentence of a command that refuses, and check that it leaves no file behind."""
    before = sorted(folder.iterdir())
    result = run(folder, *arguments, given=given)
    assert result.returncode in {1, 2}
    assert sorted(folder.iterdir()) == before
    printed = (result.stdout + result.stderr).decode()
    assert "Traceback" not in printed
    assert not [secret for secret in SECRETS if secret in printed]
    return printed.splitlines()[-1].rpartition("Error: ")[2]


def test_words_sign_a_plan_after_a_yes(folder):
    result = run(folder, "sign", "plan.json", "--words", given=YES)
    assert result.returncode == 0, result.stderr.decode()
    assert result.stdout.decode() == "8 of 9 transactions are signed: signed.json\n"
    expected = sign_plan(made.plan(), Keys(words=bip39.parse(MNEMONIC)), now=made.NOW)
    signed = read_signed((folder / "signed.json").read_bytes(), plan_digest=made.plan().digest)
    assert [each.txid for each in signed.transactions] == [each.txid for each in expected.transactions]
    assert stat.S_IMODE((folder / "signed.json").stat().st_mode) == 0o600


def test_destinations_and_sums_are_shown_before_the_question(folder):
    shown = run(folder, "sign", "plan.json", "--words", given=YES).stderr.decode()
    for chain, address in DESTINATIONS.items():
        assert f"{chain.value} to {address}" in shown
    for line in (
        "0.00148006 BTC from 2 addresses, 1 transaction",
        "1 ETH from 1 address, 1 transaction",
        f"125 USDT (contract {made.USDT}) from 1 address, 1 transaction",
        f"500 USDT (contract {made.TRC_USDT}) from 1 address, 1 transaction",
        f"gas: 0.0013 ETH to {made.child(Chain.ETH, 2).address}",
        f"gas in all: 0.0013 ETH from {made.own(Chain.ETH, 0).address} to 1 address of the plan",
        "it costs 0.00002 BTC at most",
        f"Plan {made.plan().digest}",
    ):
        assert line in shown
    assert shown.index("BTC to") < shown.index(
        "may 0.0013 ETH and 14.35 TRX be paid as gas to the addresses of the plan? Shall it be signed?"
    )


def test_another_network_is_named(folder):
    ether = made.transactions()[2]
    moved = replace(ether, terms=replace(ether.terms, chain_id=11_155_111))
    (folder / "plan.json").write_bytes(plan.write(made.plan(moved)))
    assert "on another network: chain id 11155111" in run(folder, "sign", "plan.json", "--words").stderr.decode()


@pytest.mark.parametrize("answer", ["", "n\n", "\n", "maybe\n"])
def test_without_a_yes_nothing_is_signed(folder, answer):
    assert refusal(folder, "sign", "plan.json", "--words", given=answer) == "Nothing was signed."


@pytest.mark.parametrize("by_file", [True, False], ids=["boxes by file", "boxes in the plan"])
def test_the_operators_key_signs_for_a_sealed_shop(folder, by_file):
    boxes = Boxes()
    sealed = [each for each in made.transactions(boxes.holder) if each.holders[0].key.box is not None]
    sealed = [replace(each, after=None) if hasattr(each, "after") else each for each in sealed]
    made_plan = made.plan(*sealed, boxes={} if by_file else boxes.sealed)
    (folder / "plan.json").write_bytes(plan.write(made_plan))
    (folder / "boxes.txt").write_text("".join(f"{number} {box.hex()}\n" for number, box in boxes.sealed.items()))
    more = ["--boxes", "boxes.txt"] if by_file else []
    result = run(folder, "sign", "plan.json", "--key", "operator.key", *more, given="y\n")
    assert result.returncode == 0, result.stderr.decode()
    assert read_signed((folder / "signed.json").read_bytes()).unsigned == (6,)  # SOL


def test_a_key_file_may_hold_only_the_private_half(folder):
    (folder / "operator.key").write_text(OPERATOR.reveal().hex() + "\n")
    said = refusal(folder, "sign", "plan.json", "--key", "operator.key", given="y\n")
    assert said == "transaction 1: nothing that was given opens its key"


def resealed(**values):
    return plan.write(made.plan(**values))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            plan.write(made.plan()).replace(b'"fee":"2000"', b'"fee":"2001"'),
            "the plan was changed after it was made: make a new one",
        ),
        (resealed(made_at=1, expires_at=2), "the plan has expired: make a new one"),
        (
            resealed(destinations={**DESTINATIONS, Chain.BTC: DESTINATIONS[Chain.LTC]}),
            "BTC: an address of another chain or of a test network",
        ),
        (
            resealed(destinations={**DESTINATIONS, Chain.BTC: made.child(Chain.BTC, 9).address}),
            "transaction 1: this does not go to the plan's destination",
        ),
        (b"", "the file is not a plan of Souk"),
    ],
    ids=["changed by hand", "expired", "another network", "another destination", "no plan"],
)
def test_a_plan_that_must_not_be_signed_is_refused_in_one_sentence(folder, content, said):
    (folder / "plan.json").write_bytes(content)
    assert refusal(folder, "sign", "plan.json", "--words") == said


def test_a_fee_above_your_own_ceiling_is_refused(folder):
    for command in (("sign", "plan.json", "--words"), ("unsigned", "plan.json", "--out", "files")):
        said = refusal(folder, *command, "--fee-percent", "1")
        assert said.startswith("transaction 1: the fee is a larger share than --fee-percent allows")


@pytest.mark.parametrize("command", [("sign", "plan.json", "--words"), ("unsigned", "plan.json", "--out", "files")])
def test_a_plan_without_the_transactions_that_pay_its_inputs_is_refused(folder, command):
    (folder / "plan.json").write_bytes(resealed(previous={}))
    assert refusal(folder, *command).startswith(
        "transaction 1: it is not proved what its inputs hold: make a new plan"
    )


def test_wrong_words_are_refused_naming_the_transaction(folder):
    said = refusal(folder, "sign", "plan.json", "--words", given=f"y\n{made.OTHER_WORDS.reveal()}\n")
    assert said == "transaction 1: the key that was given is of another address"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("zz", "operator.key does not hold an operator's key."),
        ("00" * 31, "the operator's key is not 32 bytes of X25519"),
    ],
)
def test_a_file_that_is_not_a_key_is_refused_without_quoting_it(folder, content, said):
    (folder / "operator.key").write_text(content)
    assert refusal(folder, "sign", "plan.json", "--key", "operator.key", given="y\n") == said


def test_a_signed_file_is_never_overwritten(folder):
    (folder / "signed.json").write_text("mine")
    assert refusal(folder, "sign", "plan.json", "--words") == "signed.json exists already: choose another name."
    assert (folder / "signed.json").read_text() == "mine"


def test_a_plan_can_be_signed_by_other_wallets(folder):
    watched = made.plan(*made.transactions(made.own)[:6], accounts=ACCOUNTS)
    (folder / "plan.json").write_bytes(plan.write(watched))
    listed = run(folder, "unsigned", "plan.json", "--out", "files").stdout.decode().split()
    assert listed == [f"files/{name}" for name in sorted(path.name for path in (folder / "files").iterdir())]
    for each in sign_plan(watched, Keys(words=bip39.parse(MNEMONIC)), now=made.NOW).transactions:
        (folder / f"{each.position}.hex").write_text(each.raw.hex())
    result = run(folder, "collect", "plan.json", "0.hex", "1.hex", "2.hex")
    assert result.stdout.decode() == "3 of 6 transactions are signed: signed.json\n"
    assert read_signed((folder / "signed.json").read_bytes()).unsigned == (3, 4, 5)
    (folder / "signed.json").unlink()
    assert refusal(folder, "collect", "plan.json", "0.hex", "files/2-LTC.psbt") == (
        "transaction 2: the signature is missing or wrong"
    )
    (folder / "plan.json").write_bytes(plan.write(made.changed(0, fee=2_001, units=148_005)))
    assert refusal(folder, "collect", "plan.json", "0.hex") == "0.hex: this was signed for another plan"


def on_a_terminal(folder, *arguments, typed):
    """Run a command on a terminal with typed input; return what it prints."""
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [*PROGRAM, *arguments],
        stdin=subprocess.PIPE,
        stdout=follower,
        stderr=subprocess.PIPE,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    process.communicate(typed.encode(), timeout=DEADLINE_S)
    os.close(follower)
    printed = os.read(leader, 100_000).decode()
    os.close(leader)
    return printed.replace("\r\n", "\n")


def test_keys_are_shown_only_on_a_terminal(folder):
    arguments = ("export", "--child", "1-2", "--format", "hex", "--words")
    said = refusal(folder, *arguments, given=MNEMONIC + "\n")
    assert said == "Keys are only shown on a terminal, or written to a new file: --out FILE."
    printed = on_a_terminal(folder, *arguments, typed=MNEMONIC + "\n")
    assert re.fullmatch(r"(?:[12]\t(?:ETH|TRX)\t\w+\t[0-9a-f]{64}\n){4}", printed)


def test_keys_are_written_to_a_file_that_only_you_can_read(folder):
    result = run(folder, "export", "--child", "1", "--format", "wif", "--out", "keys", given=MNEMONIC + "\n")
    assert (result.returncode, result.stdout) == (0, b"")
    assert stat.S_IMODE((folder / "keys").stat().st_mode) == 0o600
    assert MNEMONIC not in (folder / "keys").read_text()
