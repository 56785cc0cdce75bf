"""No private key in signed data, in any refusal, or in the errors behind it."""

import traceback

import pytest

from tests.wallet.transactions import test_ethereum, test_solana, test_tron
from wallet.errors import WalletError
from wallet.secp256k1 import N
from wallet.transactions import ethereum, solana, tron

KEY = bytes(range(1, 33))
SIGNERS = {
    "ethereum": lambda key: ethereum.sign(test_ethereum.PLAIN, key),
    "tron": lambda key: tron.sign(test_tron.PLAIN, key),
    "solana": lambda key: solana.sign(test_solana.PLAIN, key),
}
WRONG_KEYS = {"another account's": KEY, "long": KEY + b"\x21", "short": KEY[:31], "not below n": (N + 1).to_bytes(32)}


def forms(key):
    return [repr(key)[2:-1], key.hex(), str(int.from_bytes(key)), str(list(key))[1:-1]]


def chain_of(error):
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


@pytest.mark.parametrize("key", WRONG_KEYS.values(), ids=WRONG_KEYS.keys())
@pytest.mark.parametrize("sign", SIGNERS.values(), ids=SIGNERS.keys())
def test_a_refused_key_appears_in_no_error(sign, key, curve):
    try:
        shown = [repr(sign(key))]
    except WalletError as refusal:
        shown = traceback.format_exception(refusal)
        for error in chain_of(refusal):
            shown += [str(error), repr(error), repr(error.args), repr(vars(error))]
    for form in forms(key):
        assert form not in "".join(shown)


@pytest.mark.parametrize("name", ["ethereum", "tron", "solana"])
def test_signed_data_does_not_contain_the_key(name):
    module = {"ethereum": test_ethereum, "tron": test_tron, "solana": test_solana}[name]
    signed = SIGNERS[name](module.KEY)
    assert module.KEY not in signed.raw
    assert repr(module.KEY)[2:-1] not in repr(signed)
