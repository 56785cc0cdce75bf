"""Calls of the Solana programs System and Compute Budget, and the addresses of token accounts.

Numbers in call data are little-endian. Sources: https://solana.com/docs/core, https://www.solana-program.com/docs/token.
"""

from hashlib import sha256

from wallet import base58check
from wallet.addresses import validate
from wallet.chains import Chain
from wallet.contracts import ASSOCIATED_ACCOUNT_PROGRAM, SPL_PROGRAM
from wallet.transactions.errors import InvalidTransaction, Malformed
from wallet.transactions.solana import AccountMeta, Instruction

SYSTEM_PROGRAM = "11111111111111111111111111111111"
COMPUTE_BUDGET_PROGRAM = "ComputeBudget111111111111111111111111111111"

TRANSFER = (2).to_bytes(4, "little")
SET_COMPUTE_UNIT_LIMIT, SET_COMPUTE_UNIT_PRICE = b"\x02", b"\x03"
FIELD_PRIME = 2**255 - 19
CURVE_D = -121665 * pow(121666, -1, FIELD_PRIME) % FIELD_PRIME  # RFC 8032, section 5.1


def system_transfer(source: str, payee: str, lamports: int) -> Instruction:
    """Move lamports from an account, which signs.

    Raises: InvalidTransaction with RANGE.
    """
    accounts = (AccountMeta(source, True, True), AccountMeta(payee, False, True))
    return Instruction(SYSTEM_PROGRAM, accounts, TRANSFER + _uint(lamports, 8))


def read_system_transfer(instruction: Instruction) -> tuple[str, str, int]:
    """Read source, payee and lamports back.

    Raises: InvalidTransaction with TYPE for any other call.
    """
    addresses, lamports = _addresses(instruction, 2), int.from_bytes(instruction.data[4:12], "little")
    _check_same(instruction, system_transfer(addresses[0], addresses[1], lamports))
    return addresses[0], addresses[1], lamports


def compute_budget(*, unit_limit: int, unit_price_micro_lamports: int) -> list[Instruction]:
    """Limit the compute units and bid for priority: the fee rises by limit times price.

    Raises: InvalidTransaction with RANGE.
    """
    limit = SET_COMPUTE_UNIT_LIMIT + _uint(unit_limit, 4)
    price = SET_COMPUTE_UNIT_PRICE + _uint(unit_price_micro_lamports, 8)
    return [Instruction(COMPUTE_BUDGET_PROGRAM, (), data) for data in (limit, price)]


def associated_token_account(owner: str, mint: str, *, program: str = SPL_PROGRAM) -> str:
    """Derive the address of an owner's token account for a mint.

    Raises: InvalidAddress.
    """
    seeds = b"".join([_key(address) for address in (owner, program, mint)])
    return program_derived_address(seeds, program=ASSOCIATED_ACCOUNT_PROGRAM)


def program_derived_address(seeds: bytes, *, program: str) -> str:
    """Find the address for seeds that cannot have a private key: the highest bump that leads off the curve.

    Raises: InvalidAddress; InvalidTransaction if no bump does (once in 2^256).
    """
    for bump in range(255, -1, -1):
        candidate = sha256(seeds + bytes([bump]) + _key(program) + b"ProgramDerivedAddress").digest()
        if not _is_point(candidate):
            return base58check.encode_plain(candidate)
    raise InvalidTransaction(Chain.SOL, Malformed.ACCOUNTS)


def _is_point(encoded: bytes) -> bool:
    """Return whether an x exists for the y of these bytes (RFC 8032, section 5.1.3, steps 1 to 3).

    libsodium also asks for the prime-order group, which the chain does not: it would reject most points.
    """
    y = int.from_bytes(encoded, "little") % (1 << 255)
    u, v = y * y - 1, CURVE_D * y * y + 1
    return pow(u * v, (FIELD_PRIME - 1) // 2, FIELD_PRIME) in {0, 1}


def _key(address: str) -> bytes:
    return validate(Chain.SOL, address).payload


def _uint(number: int, length: int) -> bytes:
    if not 0 <= number < 1 << 8 * length:
        raise InvalidTransaction(Chain.SOL, Malformed.RANGE)
    return number.to_bytes(length, "little")


def _addresses(instruction: Instruction, count: int) -> list[str]:
    if len(instruction.accounts) != count:
        raise InvalidTransaction(Chain.SOL, Malformed.TYPE)
    return [meta.address for meta in instruction.accounts]


def _check_same(instruction: Instruction, rebuilt: Instruction) -> None:
    """Refuse a call with different bytes. An account may have more rights than it needs: the fee payer can write."""
    if (instruction.program, instruction.data) != (rebuilt.program, rebuilt.data):
        raise InvalidTransaction(Chain.SOL, Malformed.TYPE)
