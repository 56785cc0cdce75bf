"""The call of a token's transfer(address,uint256): ERC-20 on Ethereum, TRC-20 on TRON, the same bytes on both.

Arguments are words of 32 bytes, big-endian (Contract ABI Specification). TRON leaves its 0x41 out of the word.
"""

from wallet.addresses import Kind, ValidAddress, encode, validate
from wallet.chains import Chain
from wallet.transactions.errors import InvalidTransaction, Malformed

SELECTOR = bytes.fromhex("a9059cbb")  # the first four bytes of keccak256("transfer(address,uint256)")
WORD_BYTES = 32
ACCOUNT = slice(16, 36)
CALL_BYTES = 68
UNITS_BELOW = 1 << 256


def transfer_call(chain: Chain, recipient: str, units: int) -> bytes:
    """Write the call data of a transfer; `units`: the token's base units.

    Raises: InvalidAddress; InvalidTransaction with RANGE.
    """
    if not 0 <= units < UNITS_BELOW:
        raise InvalidTransaction(chain, Malformed.RANGE)
    account = validate(chain, recipient).payload
    return SELECTOR + account.rjust(WORD_BYTES, b"\0") + units.to_bytes(WORD_BYTES)


def read_transfer_call(chain: Chain, data: bytes) -> tuple[str, int]:
    """Read the recipient's address and the units from the call data of a transfer.

    The call states the amount sent; a token that charges a fee credits less.

    Raises: InvalidTransaction with TYPE for any other call.
    """
    recipient = encode(ValidAddress(chain, "", Kind.EOA, data[ACCOUNT].rjust(20, b"\0")))
    units = int.from_bytes(data[ACCOUNT.stop : CALL_BYTES])
    if data != transfer_call(chain, recipient, units):
        raise InvalidTransaction(chain, Malformed.TYPE)
    return recipient, units
