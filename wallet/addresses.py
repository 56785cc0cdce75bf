"""Addresses from public keys, and strict validation of any address that a person types.

Bitcoin and Litecoin: BIP-173/350 witness programs, Base58Check hashes. Ethereum: EIP-55. TRON: Base58Check of an
Ethereum account behind 0x41. Solana: base58 of the ed25519 key, which carries no checksum at all.
Left out on purpose: Litecoin's MWEB addresses (ltcmweb1…), ICAP, TRON's hexadecimal form, every test network.
"""

import re
from dataclasses import dataclass
from enum import Enum

from wallet import base58check, bech32
from wallet.bech32 import WitnessProgram
from wallet.chains import PARAMETERS, Chain, Codec
from wallet.contracts import BURNT, PROGRAMS, TOKENS
from wallet.errors import ChainUnsupported, InvalidAddress, InvalidEncoding, InvalidPoint, Reason
from wallet.hashes import hash160, keccak256

TRON_VERSION = 0x41
HASH_BYTES = 20
ED25519_KEY_BYTES = 32
CHOSEN_BYTES = 4  # only one key in 2^128 leads to an account that is zero before them
WRITTEN_ONES = "1" * 16  # only one key in 2^93 ends with them; those of sysvars and native programs have 20
HEX_ACCOUNT = re.compile(r"[0-9a-fA-F]{40}")
FOREIGN_HRPS = frozenset({"bc", "tb", "bcrt", "ltc", "tltc", "rltc", "ltcmweb"})


class Kind(Enum):
    """The kind of output or account that an address pays to."""

    P2PKH = "p2pkh"
    P2SH = "p2sh"
    P2WPKH = "p2wpkh"
    P2WSH = "p2wsh"
    P2TR = "p2tr"
    WITNESS_UNKNOWN = "witness-unknown"  # valid by BIP-350; anyone can spend it until a soft fork defines it
    EOA = "eoa"  # an account by its key; contracts of ETH and TRX look the same
    OFF_CURVE = "off-curve"  # Solana: no key exists; only a program, such as a multisig, can spend


@dataclass(frozen=True, slots=True)
class ValidAddress:
    """A well-formed address of its chain; `payable` decides whether coins may be sent to it.

    `text` is its canonical form: bech32 in lower case, M… for Litecoin's 3…, EIP-55 capitals.
    `payload` is the hash, witness program, account or key inside; `witness_version` is -1 if there is none.
    """

    chain: Chain
    text: str
    kind: Kind
    payload: bytes
    witness_version: int = -1


def from_public_key(chain: Chain, public_key: bytes) -> str:
    """Write the address that the wallet gives out for a key: P2WPKH, an account, or the key itself.

    P2PKH on a chain without SegWit.

    `public_key`: SEC 1, 33 or 65 bytes; for SOL the 32 bytes of RFC 8032.
    Raises: InvalidPoint.
    """
    from wallet import secp256k1

    codec = PARAMETERS[chain].codec
    if codec is Codec.SOLANA:
        if len(public_key) != ED25519_KEY_BYTES:
            raise InvalidPoint
        return base58check.encode_plain(public_key)
    point = secp256k1.parse(public_key)
    if codec is Codec.BITCOIN:
        digest = hash160(secp256k1.compress(point))
        if not PARAMETERS[chain].hrp:
            return encode(ValidAddress(chain, "", Kind.P2PKH, digest))
        return encode(ValidAddress(chain, "", Kind.P2WPKH, digest, witness_version=0))
    return encode(ValidAddress(chain, "", Kind.EOA, keccak256(point[1:])[-HASH_BYTES:]))


def encode(address: ValidAddress) -> str:
    """Write an address from its kind and payload; `text` is ignored."""
    parameters = PARAMETERS[address.chain]
    if parameters.codec is Codec.SOLANA:
        return base58check.encode_plain(address.payload)
    if parameters.codec is Codec.ETHEREUM:
        return _hex_checksummed(address.payload)
    if parameters.codec is Codec.TRON:
        return base58check.encode(bytes([TRON_VERSION]) + address.payload)
    if address.witness_version >= 0:
        witness = WitnessProgram(version=address.witness_version, program=address.payload)
        return bech32.encode_witness(parameters.hrp, witness)
    version = parameters.p2pkh_version if address.kind is Kind.P2PKH else parameters.p2sh_versions[0]
    return base58check.encode(bytes([version]) + address.payload)


def validate(chain: Chain, text: str) -> ValidAddress:
    """Read an address exactly as given; nothing is trimmed or guessed. Raises: InvalidAddress."""
    if not text:
        raise InvalidAddress(chain, Reason.EMPTY)
    try:
        return _READERS[PARAMETERS[chain].codec](chain, text)
    except InvalidEncoding as refusal:
        raise InvalidAddress(chain, refusal.reason) from None


def payable(chain: Chain, text: str) -> ValidAddress:
    """Read an address to send coins to: it must be valid, and nothing may rule out that its owner can spend them.

    Raises: InvalidAddress with the reasons of `validate`, with UNKNOWN_WITNESS for a program that no rule protects
        yet, with NOT_ON_CURVE for a taproot or Solana key without a private key, with CONTRACT for a token's
        contract or mint or a program, or with BURNT for an address that was made up.
    """
    address = receivable(chain, text)
    if address.kind is Kind.OFF_CURVE:
        raise InvalidAddress(chain, Reason.NOT_ON_CURVE)
    return address


def receivable(chain: Chain, text: str) -> ValidAddress:
    """Read an address to be paid at, which its owner knows: as `payable`, but a program of Solana may own it.

    Raises: InvalidAddress.
    """
    address = validate(chain, text)
    if address.kind is Kind.WITNESS_UNKNOWN:
        raise InvalidAddress(chain, Reason.UNKNOWN_WITNESS)
    if address.kind is Kind.P2TR and not _is_x_only_key(address.payload):
        raise InvalidAddress(chain, Reason.NOT_ON_CURVE)
    if address.text in TOKENS.get(chain, ()) or (chain is Chain.SOL and address.text in PROGRAMS):
        raise InvalidAddress(chain, Reason.CONTRACT)
    if address.text in BURNT or _is_made_up(address):
        raise InvalidAddress(chain, Reason.BURNT)
    return address


def script_pubkey(chain: Chain, address: str) -> bytes:
    """Write the output script that pays to an address, as explorers index it.

    Raises: InvalidAddress; ChainUnsupported with NO_SCRIPT for ETH, TRX and SOL.
    """
    if PARAMETERS[chain].codec is not Codec.BITCOIN:
        raise ChainUnsupported(chain, Reason.NO_SCRIPT)
    valid = validate(chain, address)
    push = bytes([len(valid.payload)]) + valid.payload
    if valid.kind is Kind.P2PKH:  # OP_DUP OP_HASH160 <hash> OP_EQUALVERIFY OP_CHECKSIG
        return b"\x76\xa9" + push + b"\x88\xac"
    if valid.kind is Kind.P2SH:  # OP_HASH160 <hash> OP_EQUAL (BIP-16)
        return b"\xa9" + push + b"\x87"
    op_n = 0x50 + valid.witness_version if valid.witness_version else 0
    return bytes([op_n]) + push  # BIP-141


def _read_bitcoin(chain: Chain, text: str) -> ValidAddress:
    parameters = PARAMETERS[chain]
    hrp = text.rpartition("1")[0].lower()
    if hrp in FOREIGN_HRPS - {parameters.hrp}:
        raise InvalidEncoding(Reason.NETWORK)
    if not parameters.hrp or hrp != parameters.hrp:
        return _read_hash(chain, text)
    witness = bech32.decode_witness(hrp, text)
    shapes = {(0, 20): Kind.P2WPKH, (0, 32): Kind.P2WSH, (1, 32): Kind.P2TR}
    kind = shapes.get((witness.version, len(witness.program)), Kind.WITNESS_UNKNOWN)
    return ValidAddress(chain, text.lower(), kind, witness.program, witness.version)


def _read_hash(chain: Chain, text: str) -> ValidAddress:
    parameters = PARAMETERS[chain]
    version, payload = _split(base58check.decode(text))
    if version == parameters.p2pkh_version:
        return ValidAddress(chain, text, Kind.P2PKH, payload)
    if version not in parameters.p2sh_versions:
        raise InvalidEncoding(Reason.NETWORK)
    return ValidAddress(chain, base58check.encode(bytes([parameters.p2sh_versions[0]]) + payload), Kind.P2SH, payload)


def _read_ethereum(chain: Chain, text: str) -> ValidAddress:
    digits = text.removeprefix("0x")
    if digits == text:
        raise InvalidEncoding(Reason.PREFIX)
    if len(digits) != 2 * HASH_BYTES:
        raise InvalidEncoding(Reason.LENGTH)
    if not HEX_ACCOUNT.fullmatch(digits):
        raise InvalidEncoding(Reason.CHARACTER)
    account = bytes.fromhex(digits)
    checksummed = _hex_checksummed(account)
    if text != checksummed and digits not in {digits.lower(), digits.upper()}:
        raise InvalidEncoding(Reason.CHECKSUM)
    return ValidAddress(chain, checksummed, Kind.EOA, account)


def _read_tron(chain: Chain, text: str) -> ValidAddress:
    version, account = _split(base58check.decode(text))
    if version != TRON_VERSION:
        raise InvalidEncoding(Reason.NETWORK)
    return ValidAddress(chain, text, Kind.EOA, account)


def _read_solana(chain: Chain, text: str) -> ValidAddress:
    key = base58check.decode_plain(text)
    if len(key) != ED25519_KEY_BYTES:
        raise InvalidEncoding(Reason.LENGTH)
    return ValidAddress(chain, text, Kind.EOA if _is_ed25519_key(key) else Kind.OFF_CURVE, key)


_READERS = {
    Codec.BITCOIN: _read_bitcoin,
    Codec.ETHEREUM: _read_ethereum,
    Codec.TRON: _read_tron,
    Codec.SOLANA: _read_solana,
}


def _hex_checksummed(account: bytes) -> str:
    """Write an account with EIP-55's capitals: a letter is a capital if the hash's digit is 8 or more."""
    digits = account.hex()
    marks = keccak256(digits.encode("ascii")).hex()
    return "0x" + "".join([d.upper() if m >= "8" else d for d, m in zip(digits, marks, strict=False)])


def _split(decoded: bytes) -> tuple[int, bytes]:
    if len(decoded) != 1 + HASH_BYTES:
        raise InvalidEncoding(Reason.LENGTH)
    return decoded[0], decoded[1:]


def _is_made_up(address: ValidAddress) -> bool:
    """Return whether somebody wrote this down instead of hashing a key: zeros up to the last digits (0x…dEaD, the
    precompiled contracts), one byte throughout, or, on Solana, a word and ones (the incinerator, sysvars).
    """
    payload = address.payload
    written = address.chain is Chain.SOL and address.text.endswith(WRITTEN_ONES)
    return written or not any(payload[:-CHOSEN_BYTES]) or len(set(payload)) == 1


def _is_x_only_key(program: bytes) -> bool:
    """Return whether a taproot program is the x of a point (BIP-340, lift_x)."""
    from wallet import secp256k1

    try:
        return bool(secp256k1.decompress(b"\x02" + program))
    except InvalidPoint:
        return False


def _is_ed25519_key(key: bytes) -> bool:
    """Return whether a private key can exist for this public key: a point of the prime-order group.

    Stricter than Solana's own "on the curve", which defines program derived addresses.
    """
    from nacl import bindings

    return bool(bindings.crypto_core_ed25519_is_valid_point(key))
