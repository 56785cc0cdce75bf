"""Time signing for ETH, TRX and SOL, in pure Python and with libsecp256k1, and recovering the signer.

python -m tests.bench.bench_accounts
"""

from collections.abc import Callable
from statistics import median

from tests.bench.bench_wallet import timed, ways
from tests.bench.rows import Row, table, took
from wallet import addresses, base58check, secp256k1, slip10
from wallet.chains import Chain
from wallet.hashes import sha256
from wallet.transactions import ethereum, solana, tron
from wallet.transactions.erc20 import transfer_call
from wallet.transactions.signatures import recover, sign_recoverable
from wallet.transactions.solana_programs import system_transfer

ROUNDS = 200
KEY = bytes(31) + b"\7"
POINT = secp256k1.public_key(KEY)
OWNER = {chain: addresses.from_public_key(chain, POINT) for chain in (Chain.ETH, Chain.TRX)}
SOURCE = base58check.encode_plain(slip10.public_key(KEY))
DIGEST = sha256(b"a transaction")


def ethereum_token() -> ethereum.SignedTransaction:
    """Sign a transfer of an ERC-20 token."""
    transaction = ethereum.Eip1559(
        chain_id=1,
        nonce=0,
        max_priority_fee_per_gas=1,
        max_fee_per_gas=2,
        gas_limit=65_000,
        to=OWNER[Chain.ETH],
        value=0,
        data=transfer_call(Chain.ETH, OWNER[Chain.ETH], 1),
    )
    return ethereum.sign(transaction, KEY)


def tron_token() -> tron.SignedTransaction:
    """Sign a transfer of a TRC-20 token."""
    owner = OWNER[Chain.TRX]
    transaction = tron.Transaction(
        contract=tron.Trigger(owner=owner, contract=owner, data=transfer_call(Chain.TRX, owner, 1)),
        reference=tron.BlockReference(b"\1\2", bytes(8)),
        expiration_ms=1,
    )
    return tron.sign(transaction, KEY)


def solana_transfer() -> solana.SignedTransaction:
    """Sign a transfer of lamports."""
    transfer = system_transfer(SOURCE, base58check.encode_plain(bytes(31) + b"\1"), 1)
    return solana.sign(solana.compile_message([transfer], fee_payer=SOURCE, blockhash=SOURCE), KEY)


def main() -> list[Row]:
    r, s, recovery_id = sign_recoverable(DIGEST, KEY)
    rows: dict[str, Callable[[], object]] = {
        "the signer found again": lambda: recover(DIGEST, r=r, s=s, recovery_id=recovery_id),
        "ETH, transfer of a token": ethereum_token,
        "TRX, transfer of a token": tron_token,
        "SOL, transfer": solana_transfer,
    }
    found = []
    for way, curve in ways().items():
        curve.public_key(KEY)  # builds the table and loads the library, once per process
        for what, work in rows.items():
            seconds = median([timed(work, curve) for _ in range(ROUNDS)])
            found.append(took(f"{what}, {way}", seconds))
    return found


if __name__ == "__main__":
    print(table(main()))
