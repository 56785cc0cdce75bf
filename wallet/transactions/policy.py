"""The nodes' relay policy: fees by virtual size, dust, replaceability, weight, as in Bitcoin Core and Litecoin Core.

Amounts are satoshi or litoshi. Rates are whole numbers per 1,000 virtual bytes, since servers quote fractions per
byte. Sources: `policy/policy.cpp` (dust, weight), BIP-125 (replacement), BIP-141 (weight).
"""

from dataclasses import dataclass

from wallet import addresses
from wallet.addresses import Kind
from wallet.chains import Chain
from wallet.errors import WalletError
from wallet.transactions.bitcoin import WITNESS_SCALE, Output, Transaction
from wallet.transactions.der import MAX_BYTES as MAX_DER_BYTES

DUST_RATE = {Chain.BTC: 3_000, Chain.LTC: 30_000}
INCREMENTAL_RATE = 1_000  # nodes since Bitcoin Core 29.1 ask for less
REPLACEABLE = 0xFFFF_FFFD  # BIP-125: the highest sequence that signals it; sets no relative lock (BIP-68)
OP_RETURN = 0x6A

# The size of an input for the dust rule; signature and key take 107 bytes, or a quarter of that in a witness.
SPENDING_BYTES, SPENDING_WITNESS_BYTES = 41 + 107, 41 + 107 // WITNESS_SCALE

PUBLIC_KEY_BYTES = 33
WITNESS_BYTES = 1 + 1 + (MAX_DER_BYTES + 1) + 1 + PUBLIC_KEY_BYTES  # count, then signature with its type, then key
WITNESS_MARKER_BYTES = 2


@dataclass(eq=False)
class NotPayable(WalletError):
    """An address whose coins anyone could take, since no rule defines yet how they are spent (BIP-350)."""

    chain: Chain
    says = "{chain.value}: nothing is paid to a witness version that has no rules yet"


@dataclass(eq=False)
class DustOutput(WalletError):
    """An output that costs so much to spend that nodes do not relay it."""

    value: int
    threshold: int
    says = "{value} is below {threshold}, the least that nodes relay to such an address"


def payment(chain: Chain, address: str, value: int) -> Output:
    """Create the output that pays to an address.

    Raises: InvalidAddress, NotPayable, DustOutput.
    """
    output = Output(value, payable_script(chain, address))
    threshold = dust_threshold(chain, output.script_pubkey)
    if value < threshold:
        raise DustOutput(value, threshold=threshold)
    return output


def payable_script(chain: Chain, address: str) -> bytes:
    """Write the script that pays to an address of any defined kind: P2PKH, P2SH, P2WPKH, P2WSH, P2TR.

    Raises: InvalidAddress, NotPayable.
    """
    if addresses.validate(chain, address).kind is Kind.WITNESS_UNKNOWN:
        raise NotPayable(chain)
    return addresses.script_pubkey(chain, address)


def dust_threshold(chain: Chain, script_pubkey: bytes) -> int:
    """Compute the smallest output that nodes relay (`GetDustThreshold`)."""
    if script_pubkey[:1] == bytes([OP_RETURN]):
        return 0
    spending = SPENDING_WITNESS_BYTES if _is_witness_program(script_pubkey) else SPENDING_BYTES
    return DUST_RATE[chain] * (len(Output(0, script_pubkey).serialise()) + spending) // 1_000


def signed_weight(transaction: Transaction) -> int:
    """Compute the most that a transaction can weigh once each of its inputs, all of them P2WPKH, is signed."""
    witnesses = WITNESS_MARKER_BYTES + len(transaction.inputs) * WITNESS_BYTES
    return WITNESS_SCALE * len(transaction.stripped()) + witnesses


def fee(weight: int, rate: int) -> int:
    """Compute the fee for a weight at a rate per 1,000 virtual bytes, rounded up."""
    vsize = -(-weight // WITNESS_SCALE)
    return -(-vsize * rate // 1_000)


def replacement_fee(old_fee: int, weight: int, rate: int) -> int:
    """Compute the fee of a replacement: by its rate, but at least what BIP-125's rules 3 and 4 require.

    The rate must also be higher than that of the replaced transaction (rule 6 of `validation.cpp`).
    """
    return max(fee(weight, rate), old_fee + fee(weight, INCREMENTAL_RATE))


def _is_witness_program(script: bytes) -> bool:
    """Return whether a script is a version and a push of 2 to 40 bytes (BIP-141)."""
    is_version = script[:1] == b"\0" or 0x51 <= script[0] <= 0x60 if script else False
    return is_version and 4 <= len(script) <= 42 and script[1] == len(script) - 2
