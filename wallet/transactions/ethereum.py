"""Ethereum's transactions: EIP-1559 (type 2) to build, sign and read; legacy ones with EIP-155 as well.

    planned = Eip1559(chain_id=1, nonce=0, gas_limit=21_000, to=address, value=wei, ...)
    signed = sign(planned, private_key)
    assert decode(signed.raw).transaction == planned

Amounts are wei, fees wei per gas. Left out, since no shop sends them: types 1 (EIP-2930), 3 (EIP-4844), 4 (EIP-7702).
"""

from dataclasses import dataclass
from typing import TypeAlias

from wallet import secp256k1
from wallet.addresses import Kind, ValidAddress, encode, from_public_key, validate
from wallet.chains import Chain
from wallet.hashes import keccak256
from wallet.transactions import rlp
from wallet.transactions.errors import InvalidSignature, InvalidTransaction, Malformed
from wallet.transactions.signatures import recover, sign_recoverable

EIP1559_TYPE = 2
LEGACY_FROM = 0xC0  # EIP-2718: a legacy transaction starts with the prefix of a list
EIP155_OFFSET, UNPROTECTED_OFFSET = 35, 27  # offsets of v: with a chain id, and before EIP-155
ACCOUNT_BYTES = 20
WORD_BYTES = 32
UINT64, UINT256 = 1 << 64, 1 << 256

AccessList: TypeAlias = tuple[tuple[str, tuple[bytes, ...]], ...]  # EIP-2930: addresses, each with its storage keys


@dataclass(frozen=True, slots=True, kw_only=True)
class Eip1559:
    """A transaction of EIP-1559; `to` is an address, or None if a contract is created.

    Raises: InvalidTransaction, InvalidAddress.
    """

    chain_id: int
    nonce: int
    max_priority_fee_per_gas: int
    max_fee_per_gas: int
    gas_limit: int
    to: str | None
    value: int
    data: bytes = b""
    access_list: AccessList = ()

    def __post_init__(self) -> None:
        _check_common(self)
        _check(0 < self.chain_id < UINT64, Malformed.CHAIN_ID)
        _check(0 <= self.max_priority_fee_per_gas < UINT256 > self.max_fee_per_gas, Malformed.RANGE)
        _check(self.max_priority_fee_per_gas <= self.max_fee_per_gas, Malformed.FEE_ORDER)
        _check(self.gas_limit * self.max_fee_per_gas < UINT256, Malformed.RANGE)
        _check(all(len(key) == WORD_BYTES for _, keys in self.access_list for key in keys), Malformed.FIELDS)
        canonical = tuple((validate(Chain.ETH, address).text, keys) for address, keys in self.access_list)
        object.__setattr__(self, "access_list", canonical)

    def fields(self) -> list[rlp.Item]:
        """List the signed fields, in the order of the standard."""
        numbers = (self.chain_id, self.nonce, self.max_priority_fee_per_gas, self.max_fee_per_gas, self.gas_limit)
        accesses: list[rlp.Item] = [[_account(address), keys] for address, keys in self.access_list]
        return [*_integers(*numbers), _account(self.to), *_integers(self.value), self.data, accesses]

    def signing_payload(self) -> bytes:
        """Write the unsigned transaction: its keccak256 is signed, and other wallets can read it."""
        return bytes([EIP1559_TYPE]) + rlp.encode(self.fields())

    def serialise(self, *, y_parity: int, r: int, s: int) -> bytes:
        """Write the signed transaction."""
        return bytes([EIP1559_TYPE]) + rlp.encode([*self.fields(), *_integers(y_parity, r, s)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Legacy:
    """A transaction from before EIP-2718, with EIP-155's chain id or, only if old, without.

    Raises: InvalidTransaction, InvalidAddress.
    """

    chain_id: int | None
    nonce: int
    gas_price: int
    gas_limit: int
    to: str | None
    value: int
    data: bytes = b""

    def __post_init__(self) -> None:
        _check_common(self)
        _check(self.chain_id is None or 0 < self.chain_id < UINT64, Malformed.CHAIN_ID)
        _check(0 <= self.gas_price < UINT256 and self.gas_limit * self.gas_price < UINT256, Malformed.RANGE)

    def fields(self) -> list[rlp.Item]:
        """List the first six fields in the order of the Yellow Paper."""
        numbers = _integers(self.nonce, self.gas_price, self.gas_limit)
        return [*numbers, _account(self.to), *_integers(self.value), self.data]

    def signing_payload(self) -> bytes:
        """Write the data to sign: nine fields with a chain id, six without (EIP-155)."""
        protection = [] if self.chain_id is None else _integers(self.chain_id, 0, 0)
        return rlp.encode([*self.fields(), *protection])

    def serialise(self, *, y_parity: int, r: int, s: int) -> bytes:
        """Write the signed transaction."""
        offset = UNPROTECTED_OFFSET if self.chain_id is None else EIP155_OFFSET + 2 * self.chain_id
        return rlp.encode([*self.fields(), *_integers(offset + y_parity, r, s)])


Transaction: TypeAlias = Eip1559 | Legacy


@dataclass(frozen=True, slots=True)
class SignedTransaction:
    """A transaction, the account that signed it, and the bytes to send."""

    transaction: Transaction
    sender: str
    raw: bytes

    @property
    def txid(self) -> str:
        """Compute the transaction's hash on the chain, without 0x."""
        return keccak256(self.raw).hex()


def sign(transaction: Transaction, private_key: bytes) -> SignedTransaction:
    """Sign a transaction. One without a chain id is refused, since anyone could replay it on another chain.

    Raises: InvalidPrivateKey; InvalidTransaction with CHAIN_ID, or with LENGTH for more bytes than a node accepts.
    """
    _check(transaction.chain_id is not None, Malformed.CHAIN_ID)
    r, s, recovery_id = sign_recoverable(keccak256(transaction.signing_payload()), private_key)
    _check(recovery_id in {0, 1}, Malformed.SIGNATURE)  # happens once in 2^127; no field could carry it
    sender = from_public_key(Chain.ETH, secp256k1.public_key(private_key))
    raw = transaction.serialise(y_parity=recovery_id, r=r, s=s)
    _check(len(raw) <= rlp.MAX_BYTES, Malformed.LENGTH)
    return SignedTransaction(transaction, sender, raw)


def decode(raw: bytes) -> SignedTransaction:
    """Read a signed transaction and recover its sender (EIP-2718).

    Raises: InvalidTransaction. Only a node knows whether its sender can pay, and for enough gas.
    """
    transaction, y_parity, r, s = _read(raw)
    try:
        key = recover(keccak256(transaction.signing_payload()), r=r, s=s, recovery_id=y_parity)
    except InvalidSignature:
        raise InvalidTransaction(Chain.ETH, Malformed.SIGNATURE) from None
    return SignedTransaction(transaction, from_public_key(Chain.ETH, key), raw)


def _check(holds: bool, reason: Malformed) -> None:
    if not holds:
        raise InvalidTransaction(Chain.ETH, reason)


def _check_common(transaction: Transaction) -> None:
    """Check nonce (EIP-2681), gas limit and value, and write the recipient with EIP-55's capitals."""
    _check(0 <= transaction.nonce < UINT64 - 1, Malformed.RANGE)
    _check(0 <= transaction.gas_limit < UINT64, Malformed.RANGE)
    _check(0 <= transaction.value < UINT256, Malformed.RANGE)
    if transaction.to is not None:
        object.__setattr__(transaction, "to", validate(Chain.ETH, transaction.to).text)


def _integers(*numbers: int) -> list[rlp.Item]:
    return [rlp.encode_integer(number) for number in numbers]


def _account(address: str | None) -> bytes:
    return b"" if address is None else validate(Chain.ETH, address).payload


def _read(raw: bytes) -> tuple[Transaction, int, int, int]:
    _check(bool(raw), Malformed.LENGTH)
    if raw[0] >= LEGACY_FROM:
        return _read_legacy(rlp.decode(raw))
    _check(raw[0] == EIP1559_TYPE, Malformed.TYPE)
    return _read_eip1559(rlp.decode(raw[1:]))


def _read_eip1559(item: rlp.Item) -> tuple[Eip1559, int, int, int]:
    fields = _listed(item, 12)
    chain_id, nonce, tip, max_fee, gas_limit = map(_number, fields[:5])
    y_parity, r, s = map(_number, fields[9:])
    _check(y_parity in {0, 1}, Malformed.SIGNATURE)
    transaction = Eip1559(
        chain_id=chain_id,
        nonce=nonce,
        max_priority_fee_per_gas=tip,
        max_fee_per_gas=max_fee,
        gas_limit=gas_limit,
        to=_recipient(fields[5]),
        value=_number(fields[6]),
        data=_string(fields[7]),
        access_list=_read_access_list(fields[8]),
    )
    return transaction, y_parity, r, s


def _read_legacy(item: rlp.Item) -> tuple[Legacy, int, int, int]:
    fields = _listed(item, 9)
    nonce, gas_price, gas_limit = map(_number, fields[:3])
    v, r, s = map(_number, fields[6:])
    unprotected = v in {UNPROTECTED_OFFSET, UNPROTECTED_OFFSET + 1}
    chain_id, y_parity = divmod(v - (UNPROTECTED_OFFSET if unprotected else EIP155_OFFSET), 2)
    transaction = Legacy(
        chain_id=None if unprotected else chain_id,
        nonce=nonce,
        gas_price=gas_price,
        gas_limit=gas_limit,
        to=_recipient(fields[3]),
        value=_number(fields[4]),
        data=_string(fields[5]),
    )
    return transaction, y_parity, r, s


def _read_access_list(item: rlp.Item) -> AccessList:
    read = []
    for entry in _listed(item):
        address, keys = _listed(entry, 2)
        read.append((_address(_string(address)), tuple(_string(key) for key in _listed(keys))))
    return tuple(read)


def _listed(item: rlp.Item, length: int | None = None) -> list[rlp.Item]:
    if isinstance(item, bytes) or length not in {None, len(item)}:
        raise InvalidTransaction(Chain.ETH, Malformed.FIELDS)
    return list(item)


def _string(item: rlp.Item) -> bytes:
    if not isinstance(item, bytes):
        raise InvalidTransaction(Chain.ETH, Malformed.FIELDS)
    return item


def _number(item: rlp.Item) -> int:
    return rlp.decode_integer(_string(item))


def _recipient(item: rlp.Item) -> str | None:
    account = _string(item)
    return _address(account) if account else None


def _address(account: bytes) -> str:
    _check(len(account) == ACCOUNT_BYTES, Malformed.FIELDS)
    return encode(ValidAddress(Chain.ETH, "", Kind.EOA, account))
