"""Time signing one sweep of 200 inputs under 200 keys, compared with libwally, which uses libsecp256k1.

python -m tests.bench.bench_signing
"""

from statistics import median
from time import perf_counter
from unittest import mock

from tests.bench.bench_wallet import timed, ways
from tests.bench.rows import Row, table, took
from wallet import secp256k1
from wallet.chains import Chain
from wallet.transactions import p2wpkh
from wallet.transactions.bitcoin import OutPoint, Output, Transaction
from wallet.transactions.p2wpkh import Coin, SigningKey

INPUTS = 200
ROUNDS = 7
TO = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"
SECRETS = [(secp256k1.N // 3 + n).to_bytes(32) for n in range(INPUTS)]


def plan(keys: list[SigningKey]) -> tuple[Transaction, list[Coin]]:
    coins = [Coin(OutPoint(f"{n:064x}", n), Output(100_000, key.script_pubkey)) for n, key in enumerate(keys)]
    return p2wpkh.draft(Chain.BTC, coins, rest_to=TO, rate=2_000), coins


def sign_everything() -> Transaction:
    """Do all the steps of a sweep: public keys, draft, digests, signatures."""
    keys = [SigningKey(secret) for secret in SECRETS]
    transaction, coins = plan(keys)
    return p2wpkh.sign(transaction, coins, keys)


def by_libwally(transaction: Transaction, coins: list[Coin]) -> None:
    """Compute the same public keys, digests and signatures."""
    import wallycore as wally

    tx = wally.tx_from_bytes(transaction.serialise(), 0)
    for position, (secret, coin) in enumerate(zip(SECRETS, coins, strict=True)):
        wally.ec_public_key_from_private_key(secret)
        code = wally.scriptpubkey_p2pkh_from_bytes(coin.output.script_pubkey[2:], 0)
        digest = wally.tx_get_btc_signature_hash(
            tx, position, code, coin.output.value, wally.WALLY_SIGHASH_ALL, wally.WALLY_TX_FLAG_USE_WITNESS
        )
        wally.ec_sig_to_der(wally.ec_sig_from_bytes(secret, digest, wally.EC_FLAG_ECDSA))


def main() -> list[Row]:
    found = []
    for name, way in ways().items():
        way.public_key(bytes(31) + b"\1")  # builds the table and loads the library, once per process
        seconds = median([timed(sign_everything, way) for _ in range(ROUNDS)])
        found.append(took(f"sign {INPUTS} inputs, {name} (at most 1 s)", seconds))
        with mock.patch.object(secp256k1, "curve", lambda way=way: way):
            signed = sign_everything()
            _, coins = plan([SigningKey(secret) for secret in SECRETS])
        verified = timed(lambda signed=signed, coins=coins: p2wpkh.verify(signed, coins), way)
        found.append(took(f"verify {INPUTS} inputs, {name}", verified))
    transaction, coins = plan([SigningKey(secret) for secret in SECRETS])
    try:
        start = perf_counter()
        by_libwally(transaction, coins)
        found.append(took("the same keys and signatures, libwally", perf_counter() - start))
    except ImportError:
        print("wallycore is not installed: nothing to compare with")
    return found


if __name__ == "__main__":
    print(table(main()))
