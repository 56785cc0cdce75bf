"""Solana's legacy transactions: instructions compiled into a message, signed by every account that must sign.

    planned = compile_message([system_transfer(source, payee, lamports)], fee_payer=source, blockhash=blockhash)
    signed = sign(planned, private_key)
    assert decode(signed.raw).message == planned

Source: https://solana.com/docs/core/transactions. Left out: versioned messages and lookup tables.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from wallet import base58check, slip10
from wallet.addresses import validate
from wallet.chains import Chain
from wallet.errors import InvalidEncoding
from wallet.transactions.errors import InvalidPrivateKey, InvalidTransaction, Malformed
from wallet.transactions.wire import varint

MAX_BYTES = 1232  # of a signed transaction: what fits into an IPv6 packet
MAX_ACCOUNTS = 256
KEY_BYTES, BLOCKHASH_BYTES, SIGNATURE_BYTES = 32, 32, 64
VERSIONED = 0x80  # the bit of the first byte that a legacy message never sets


@dataclass(frozen=True, slots=True)
class AccountMeta:
    """An account that an instruction uses, and how."""

    address: str
    is_signer: bool
    is_writable: bool


@dataclass(frozen=True, slots=True)
class Instruction:
    """A call of a program."""

    program: str
    accounts: tuple[AccountMeta, ...]
    data: bytes


@dataclass(frozen=True, slots=True)
class CompiledInstruction:
    """A call of a program; program and accounts are indexes into the message's keys."""

    program: int
    accounts: bytes
    data: bytes


@dataclass(frozen=True, slots=True)
class Message:
    """The signed part. Keys: writable signers with the fee payer first, other signers, writable ones, the rest.

    `blockhash`: a recent block's hash in base58, or the value of a durable nonce.
    Raises: InvalidTransaction, InvalidAddress.
    """

    signers: int
    readonly_signers: int
    readonly_others: int
    keys: tuple[str, ...]
    blockhash: str
    instructions: tuple[CompiledInstruction, ...]

    def __post_init__(self) -> None:
        """Check what nodes call sanitising: every count and every index refers to an account."""
        count = len(self.keys)
        _check(len(set(self.keys)) == count <= MAX_ACCOUNTS, Malformed.ACCOUNTS)
        _check(0 <= self.readonly_signers < self.signers < VERSIONED, Malformed.ACCOUNTS)
        _check(0 <= self.readonly_others <= count - self.signers, Malformed.ACCOUNTS)
        for called in self.instructions:
            _check(0 < called.program < count, Malformed.ACCOUNTS)  # 0 is the fee payer
            _check(max(called.accounts, default=0) < count, Malformed.ACCOUNTS)
        _check(self.transaction_bytes <= MAX_BYTES, Malformed.LENGTH)

    def serialise(self) -> bytes:
        """Write the message."""
        keys = b"".join([_key(address) for address in self.keys])
        calls = b"".join([_compiled(called) for called in self.instructions])
        header = bytes([self.signers, self.readonly_signers, self.readonly_others])
        counted = compact_u16(len(self.keys)) + keys + _hash(self.blockhash) + compact_u16(len(self.instructions))
        return header + counted + calls

    @property
    def transaction_bytes(self) -> int:
        """Compute the length of the signed transaction in bytes."""
        return len(compact_u16(self.signers)) + SIGNATURE_BYTES * self.signers + len(self.serialise())

    def calls(self) -> list[Instruction]:
        """List the instructions as they were before compilation."""
        return [
            Instruction(self.keys[called.program], tuple(self._meta(index) for index in called.accounts), called.data)
            for called in self.instructions
        ]

    def _meta(self, index: int) -> AccountMeta:
        is_signer = index < self.signers
        last_writable = self.signers - self.readonly_signers if is_signer else len(self.keys) - self.readonly_others
        return AccountMeta(self.keys[index], is_signer, index < last_writable)


@dataclass(frozen=True, slots=True)
class SignedTransaction:
    """A message and one signature by each of its signers, in the order of their keys."""

    message: Message
    signatures: tuple[bytes, ...]

    @property
    def txid(self) -> str:
        """Write the first signature in base58, which is the transaction's id on the chain."""
        return base58check.encode_plain(self.signatures[0])

    @property
    def raw(self) -> bytes:
        """Write the bytes to send."""
        return compact_u16(len(self.signatures)) + b"".join(self.signatures) + self.message.serialise()


def compile_message(instructions: Sequence[Instruction], *, fee_payer: str, blockhash: str) -> Message:
    """Compile instructions into a message: each account once, with every right that some instruction needs.

    Accounts with the same rights are sorted by their bytes, as Solana's own library does.
    Raises: InvalidTransaction, InvalidAddress.
    """
    rights = {fee_payer: (True, True)}
    for instruction in instructions:
        for meta in (*instruction.accounts, AccountMeta(instruction.program, False, False)):
            signer, writable = rights.get(meta.address, (False, False))
            rights[meta.address] = (signer or meta.is_signer, writable or meta.is_writable)
    keys = tuple(
        sorted(rights, key=lambda address: (address != fee_payer, *_class_of(rights[address]), _key(address)))
    )
    _check(len(keys) <= MAX_ACCOUNTS, Malformed.ACCOUNTS)
    index = {address: position for position, address in enumerate(keys)}
    calls = [
        CompiledInstruction(index[call.program], bytes([index[meta.address] for meta in call.accounts]), call.data)
        for call in instructions
    ]
    held = list(rights.values())
    signers = held.count((True, True)) + held.count((True, False))
    return Message(signers, held.count((True, False)), held.count((False, False)), keys, blockhash, tuple(calls))


def sign(message: Message, *private_keys: bytes) -> SignedTransaction:
    """Sign a message with the private key, 32 bytes, of each of its signers, in any order (RFC 8032).

    Raises: InvalidPrivateKey; InvalidTransaction with SIGNER if a key is missing or not needed.
    """
    from nacl import bindings

    if any(len(key) != KEY_BYTES for key in private_keys):
        raise InvalidPrivateKey
    by_address = {base58check.encode_plain(slip10.public_key(key)): key for key in private_keys}
    signers = message.keys[: message.signers]
    _check(by_address.keys() == set(signers), Malformed.SIGNER)
    payload = message.serialise()
    signatures = []
    for address in signers:
        secret_key = by_address[address] + _key(address)
        signatures.append(bytes(bindings.crypto_sign(payload, secret_key)[:SIGNATURE_BYTES]))
    return SignedTransaction(message, tuple(signatures))


def decode(raw: bytes) -> SignedTransaction:
    """Read a signed transaction and verify every signature.

    Raises: InvalidTransaction.
    """
    from nacl import bindings, exceptions

    _check(len(raw) <= MAX_BYTES, Malformed.LENGTH)
    reader = _Reader(raw)
    signatures = tuple(reader.take(SIGNATURE_BYTES) for _ in range(reader.compact_u16()))
    payload = reader.rest()
    message = parse(payload)
    _check(len(signatures) == message.signers, Malformed.SIGNATURE)
    for signature, address in zip(signatures, message.keys, strict=False):
        try:
            bindings.crypto_sign_open(signature + payload, _key(address))
        except exceptions.BadSignatureError:
            raise InvalidTransaction(Chain.SOL, Malformed.SIGNATURE) from None
    return SignedTransaction(message, signatures)


def parse(encoded: bytes) -> Message:
    """Read a message as another wallet writes it before signing.

    Raises: InvalidTransaction, with TYPE for a versioned message.
    """
    _check(len(encoded) <= MAX_BYTES, Malformed.LENGTH)
    reader = _Reader(encoded)
    header = reader.take(3)
    _check(header[0] < VERSIONED, Malformed.TYPE)
    keys = tuple(base58check.encode_plain(reader.take(KEY_BYTES)) for _ in range(reader.compact_u16()))
    blockhash = base58check.encode_plain(reader.take(BLOCKHASH_BYTES))
    instructions = []
    for _ in range(reader.compact_u16()):
        program = reader.take(1)[0]
        accounts = reader.take(reader.compact_u16())
        instructions.append(CompiledInstruction(program, accounts, reader.take(reader.compact_u16())))
    _check(not reader.rest(), Malformed.LENGTH)
    return Message(header[0], header[1], header[2], keys, blockhash, tuple(instructions))


def compact_u16(number: int) -> bytes:
    """Write the length of a compact array: seven bits per byte, the lowest first, at most three bytes."""
    return varint(number)


class _Reader:
    """Bytes read from front to back."""

    __slots__ = ("_encoded", "_position")

    def __init__(self, encoded: bytes) -> None:
        self._encoded, self._position = encoded, 0

    def take(self, count: int) -> bytes:
        taken = self._encoded[self._position : self._position + count]
        _check(len(taken) == count, Malformed.LENGTH)
        self._position += count
        return taken

    def rest(self) -> bytes:
        return self._encoded[self._position :]

    def compact_u16(self) -> int:
        """Read a length, in its shortest form only."""
        number = 0
        for shift in (0, 7, 14):
            byte = self.take(1)[0]
            number |= (byte & 0x7F) << shift
            if byte < 0x80:
                _check((byte > 0 or shift == 0) and number <= 0xFFFF, Malformed.ENCODING)
                return number
        raise InvalidTransaction(Chain.SOL, Malformed.ENCODING)


def _class_of(rights: tuple[bool, bool]) -> tuple[bool, bool]:
    """Sort signers before others, and within each writable accounts before the rest."""
    is_signer, is_writable = rights
    return not is_signer, not is_writable


def _compiled(called: CompiledInstruction) -> bytes:
    accounts = compact_u16(len(called.accounts)) + called.accounts
    return bytes([called.program]) + accounts + compact_u16(len(called.data)) + called.data


def _key(address: str) -> bytes:
    return validate(Chain.SOL, address).payload


def _hash(blockhash: str) -> bytes:
    try:
        decoded = base58check.decode_plain(blockhash)
    except InvalidEncoding:
        raise InvalidTransaction(Chain.SOL, Malformed.FIELDS) from None
    _check(len(decoded) == BLOCKHASH_BYTES, Malformed.FIELDS)
    return decoded


def _check(holds: bool, reason: Malformed) -> None:
    if not holds:
        raise InvalidTransaction(Chain.SOL, reason)
