"""Importing `wallet` loads nothing; each part loads what it needs, when it needs it."""

import json
import subprocess
import sys

import pytest

HEAVY = ["ecdsa", "nacl", "Crypto", "mnemonic", "base58", "coincurve", "click", "dataclasses"]

# The interpreter may already have loaded some of these at its start (.pth files), so only later imports count.
SCRIPT = """
import json, sys
before = set(sys.modules)
{statement}
print(json.dumps([name for name in sys.modules if name not in before]))
"""


def loaded_by(statement):
    command = [sys.executable, "-c", SCRIPT.format(statement=statement)]
    return set(json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout))


def test_importing_wallet_loads_no_heavy_module():
    loaded = loaded_by("import wallet")
    assert not loaded.intersection(HEAVY)
    assert {name for name in loaded if name.startswith("wallet.")} == set()


@pytest.mark.parametrize("module", ["wallet.addresses", "wallet.bip39", "wallet.errors", "wallet.paths"])
def test_a_module_loads_a_library_only_when_it_is_needed(module):
    assert not loaded_by(f"import {module}").intersection({"ecdsa", "nacl", "Crypto", "mnemonic", "coincurve"})


def test_importing_the_keyrings_loads_no_word_list_hashes_or_coincurve():
    loaded = loaded_by("import wallet.keyring")
    assert not loaded.intersection({"Crypto", "mnemonic", "coincurve"})
