"""Random spends, for comparison with other libraries: few keys, some coins under each, outputs of every kind.

It also makes random changes to the bytes of a signed transaction.
"""

from hypothesis import strategies as st

from wallet.secp256k1 import N
from wallet.transactions.bitcoin import Input, OutPoint, Output, Transaction
from wallet.transactions.p2wpkh import Coin, SigningKey


def random_script(random):
    hash_, long_hash = random.randbytes(20), random.randbytes(32)
    return random.choice(
        [
            b"\x76\xa9\x14" + hash_ + b"\x88\xac",
            b"\xa9\x14" + hash_ + b"\x87",
            b"\x00\x14" + hash_,
            b"\x00\x20" + long_hash,
            b"\x51\x20" + long_hash,
        ]
    )


def random_spend(random):
    secrets = [random.randrange(1, N).to_bytes(32) for _ in range(random.randint(1, 3))]
    keys = [SigningKey(secret) for secret in secrets]
    coins = [
        Coin(
            OutPoint(random.randbytes(32).hex(), random.randrange(2**32)),
            Output(random.randrange(1, 10**14), random.choice(keys).script_pubkey),
        )
        for _ in range(random.randint(1, 4))
    ]
    inputs = [Input(coin.outpoint, sequence=random.randrange(2**32)) for coin in coins]
    outputs = [Output(random.randrange(10**14), random_script(random)) for _ in range(random.randint(1, 4))]
    return Transaction(tuple(inputs), tuple(outputs), random.choice([1, 2]), random.randrange(2**32)), coins, secrets


def changes_of(raw: bytes) -> st.SearchStrategy[bytes]:
    """Return different bytes: one byte changed, some inserted or appended, or the rest cut off."""

    def at(position: int) -> st.SearchStrategy[bytes]:
        return st.one_of(
            st.integers(0, 255).map(lambda byte: raw[:position] + bytes([byte]) + raw[position + 1 :]),
            st.binary(max_size=3).map(lambda inserted: raw[:position] + inserted + raw[position:]),
            st.just(raw[:position]),
            st.binary(min_size=1, max_size=3).map(lambda tail: raw + tail),
        ).filter(lambda changed: changed != raw)

    return st.integers(0, len(raw) - 1).flatmap(at)
