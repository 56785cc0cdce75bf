"""TRON's transactions: TransferContract for TRX, TriggerSmartContract for tokens, signed by the sending account.

    planned = Transaction(contract=Transfer(owner=…, to=…, amount_sun=1), reference=…, expiration_ms=…)
    signed = sign(planned, private_key)
    assert decode(signed.raw).transaction == planned

Sources: core/Tron.proto, core/contract/{balance,smart}_contract.proto of tronprotocol/protocol.
Left out: other contracts, several signatures, account permissions, TRC-10 tokens.
"""

from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from wallet import secp256k1
from wallet.addresses import TRON_VERSION, Kind, ValidAddress, encode, from_public_key, validate
from wallet.chains import Chain
from wallet.hashes import sha256
from wallet.transactions import protobuf
from wallet.transactions.errors import InvalidSignature, InvalidTransaction, Malformed
from wallet.transactions.signatures import recover, sign_recoverable

MAX_BYTES = 500 * 1024  # java-tron, TRANSACTION_MAX_BYTE_SIZE
INT64 = 1 << 63
ADDRESS_BYTES = 21
SIGNATURE_BYTES = 65
SIGNATURE_FIELD_BYTES = 2 + SIGNATURE_BYTES
RESULT_BYTES = 64  # java-tron, MAX_RESULT_SIZE_IN_TX: the node adds this and charges for it
RECOVERY_OFFSET = 27  # offset of a signature's last byte; nodes accept it with and without
TYPE_URL = "type.googleapis.com/protocol."


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """A TransferContract: TRX, in sun, from its owner to an address.

    Raises: InvalidTransaction, InvalidAddress.
    """

    owner: str
    to: str
    amount_sun: int
    type: ClassVar[int] = 1
    name: ClassVar[str] = "TransferContract"

    def __post_init__(self) -> None:
        _check(0 < self.amount_sun < INT64, Malformed.RANGE)
        _check_addresses(self.owner, self.to)

    def message(self) -> protobuf.Message:
        """List the fields by number."""
        return {1: _account(self.owner), 2: _account(self.to), 3: self.amount_sun}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """A TriggerSmartContract: a call of a contract, such as a TRC-20 token.

    Raises: InvalidTransaction, InvalidAddress.
    """

    owner: str
    contract: str
    data: bytes
    call_value_sun: int = 0
    type: ClassVar[int] = 31
    name: ClassVar[str] = "TriggerSmartContract"

    def __post_init__(self) -> None:
        _check(0 <= self.call_value_sun < INT64, Malformed.RANGE)
        _check_addresses(self.owner, self.contract)

    def message(self) -> protobuf.Message:
        """List the fields by number."""
        return {1: _account(self.owner), 2: _account(self.contract), 3: self.call_value_sun, 4: self.data}


Contract: TypeAlias = Transfer | Trigger


@dataclass(frozen=True, slots=True)
class BlockReference:
    """The block that a transaction builds on (TaPoS): bytes 6 and 7 of its height, bytes 8 to 15 of its id.

    Nodes know the last 65,536 blocks, some 54 hours.
    """

    height_bytes: bytes
    id_bytes: bytes

    def __post_init__(self) -> None:
        _check(len(self.height_bytes) == 2 and len(self.id_bytes) == 8, Malformed.FIELDS)

    @classmethod
    def to(cls, block_id: bytes) -> "BlockReference":
        """Refer to a block by its id of 32 bytes, which begins with its height.

        Raises: InvalidTransaction.
        """
        _check(len(block_id) == 32, Malformed.FIELDS)
        return cls(block_id[6:8], block_id[8:16])


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """A transaction with one contract. Times are milliseconds since 1970; `fee_limit_sun` limits a Trigger's cost.

    Nodes refuse an expiration that is more than 24 hours away.
    Raises: InvalidTransaction.
    """

    contract: Contract
    reference: BlockReference
    expiration_ms: int
    timestamp_ms: int = 0
    fee_limit_sun: int = 0
    memo: bytes = b""

    def __post_init__(self) -> None:
        _check(0 < self.expiration_ms < INT64 and 0 <= self.timestamp_ms < INT64, Malformed.RANGE)
        _check(0 <= self.fee_limit_sun < INT64, Malformed.RANGE)

    @property
    def raw_data(self) -> bytes:
        """Write the data to sign."""
        any_message = {1: (TYPE_URL + self.contract.name).encode(), 2: protobuf.write(self.contract.message())}
        message: protobuf.Message = {
            1: self.reference.height_bytes,
            4: self.reference.id_bytes,
            8: self.expiration_ms,
            10: self.memo,
            11: protobuf.write({1: self.contract.type, 2: protobuf.write(any_message)}),
            14: self.timestamp_ms,
            18: self.fee_limit_sun,
        }
        return protobuf.write(message)

    @property
    def txid(self) -> str:
        """Compute the transaction's id on the chain: the SHA-256 of `raw_data`, whatever the signature."""
        return sha256(self.raw_data).hex()

    @property
    def bandwidth_bytes(self) -> int:
        """Compute how many bytes of bandwidth it costs once it is signed (java-tron, BandwidthProcessor)."""
        return len(protobuf.write({1: self.raw_data})) + SIGNATURE_FIELD_BYTES + RESULT_BYTES


@dataclass(frozen=True, slots=True)
class SignedTransaction:
    """A transaction and its owner's signature: r, s and the recovery id, plain or 27 higher."""

    transaction: Transaction
    signature: bytes

    @property
    def txid(self) -> str:
        """Compute the id that the chain knows it by."""
        return self.transaction.txid

    @property
    def raw(self) -> bytes:
        """Write the bytes to send: the message Transaction."""
        return protobuf.write({1: self.transaction.raw_data, 2: self.signature})


def sign(transaction: Transaction, private_key: bytes) -> SignedTransaction:
    """Sign a transaction with the key of its owner.

    Raises: InvalidPrivateKey; InvalidTransaction with SIGNER for the key of a different account, with LENGTH for more
    bytes than a node accepts.
    """
    _check(transaction.bandwidth_bytes - RESULT_BYTES <= MAX_BYTES, Malformed.LENGTH)
    r, s, recovery_id = sign_recoverable(sha256(transaction.raw_data), private_key)
    owner = from_public_key(Chain.TRX, secp256k1.public_key(private_key))
    _check(owner == transaction.contract.owner, Malformed.SIGNER)
    signature = r.to_bytes(32) + s.to_bytes(32) + bytes([RECOVERY_OFFSET + recovery_id])
    return SignedTransaction(transaction, signature)


def decode(raw: bytes) -> SignedTransaction:
    """Read a signed transaction and check that its owner signed it.

    Raises: InvalidTransaction.
    """
    _check(len(raw) <= MAX_BYTES, Malformed.LENGTH)
    fields = _fields(raw, {1, 2})
    transaction, signature = parse(_bytes(fields, 1)), _bytes(fields, 2)
    _check(len(signature) == SIGNATURE_BYTES, Malformed.SIGNATURE)
    recovery_id = signature[64] - (RECOVERY_OFFSET if signature[64] >= RECOVERY_OFFSET else 0)
    r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:64])
    try:
        key = recover(sha256(transaction.raw_data), r=r, s=s, recovery_id=recovery_id)
    except InvalidSignature:
        raise InvalidTransaction(Chain.TRX, Malformed.SIGNATURE) from None
    _check(from_public_key(Chain.TRX, key) == transaction.contract.owner, Malformed.SIGNER)
    return SignedTransaction(transaction, signature)


def parse(raw_data: bytes) -> Transaction:
    """Read an unsigned transaction, as a node or another wallet writes `raw_data`.

    Raises: InvalidTransaction.
    """
    _check(len(raw_data) <= MAX_BYTES, Malformed.LENGTH)
    fields = _fields(raw_data, {1, 4, 8, 10, 11, 14, 18})
    return Transaction(
        contract=_read_contract(_bytes(fields, 11)),
        reference=BlockReference(_bytes(fields, 1), _bytes(fields, 4)),
        expiration_ms=_number(fields, 8),
        timestamp_ms=_number(fields, 14),
        fee_limit_sun=_number(fields, 18),
        memo=_bytes(fields, 10),
    )


def _read_contract(encoded: bytes) -> Contract:
    contract = protobuf.read(encoded)
    parameter = protobuf.read(_bytes(contract, 2))
    kind = (contract.get(1), parameter.get(1))
    _check(contract.keys() == parameter.keys() == {1, 2}, Malformed.TYPE)
    if kind == (Transfer.type, (TYPE_URL + Transfer.name).encode()):
        fields = _fields(_bytes(parameter, 2), {1, 2, 3})
        return Transfer(owner=_address(fields, 1), to=_address(fields, 2), amount_sun=_number(fields, 3))
    _check(kind == (Trigger.type, (TYPE_URL + Trigger.name).encode()), Malformed.TYPE)
    fields = _fields(_bytes(parameter, 2), {1, 2, 3, 4})
    owner, called, data = _address(fields, 1), _address(fields, 2), _bytes(fields, 4)
    return Trigger(owner=owner, contract=called, call_value_sun=_number(fields, 3), data=data)


def _fields(encoded: bytes, known: set[int]) -> protobuf.Message:
    fields = protobuf.read(encoded)
    _check(fields.keys() <= known, Malformed.FIELDS)
    return fields


def _number(fields: protobuf.Message, number: int) -> int:
    value = fields.get(number, 0)
    if isinstance(value, bytes):
        raise InvalidTransaction(Chain.TRX, Malformed.FIELDS)
    return value


def _bytes(fields: protobuf.Message, number: int) -> bytes:
    value = fields.get(number, b"")
    if not isinstance(value, bytes):
        raise InvalidTransaction(Chain.TRX, Malformed.FIELDS)
    return value


def _address(fields: protobuf.Message, number: int) -> str:
    account = _bytes(fields, number)
    _check(len(account) == ADDRESS_BYTES and account[0] == TRON_VERSION, Malformed.FIELDS)
    return encode(ValidAddress(Chain.TRX, "", Kind.EOA, account[1:]))


def _account(address: str) -> bytes:
    return bytes([TRON_VERSION]) + validate(Chain.TRX, address).payload


def _check_addresses(*addresses: str) -> None:
    for address in addresses:
        validate(Chain.TRX, address)


def _check(holds: bool, reason: Malformed) -> None:
    if not holds:
        raise InvalidTransaction(Chain.TRX, reason)
