"""BIP-32: hierarchical deterministic keys, private and public, and their serialisation both ways.

The names are the standard's: an extended key is (k, c) or (K, c); CKDpriv and CKDpub derive a child, N() neuters.
"""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, Self

from wallet import base58check, secp256k1
from wallet.errors import DerivationFailed, InvalidEncoding, InvalidExtendedKey, InvalidPoint, Reason, Redacted
from wallet.hashes import hash160, hmac_sha512
from wallet.paths import HARDENED, MAX_DEPTH, Path, check

XPUB = bytes.fromhex("0488b21e")
XPRV = bytes.fromhex("0488ade4")
VERSIONS = {XPUB: False, XPRV: True}  # whether the key is private
SEED_BYTES = range(16, 65)
NO_PARENT = bytes(4)
SERIALISED_BYTES = 78


class HDKey:
    """A key with children."""

    __slots__ = ()

    @abstractmethod
    def child(self, number: int) -> Self:
        """Derive one child. Raises: DerivationFailed."""

    def derive(self, path: Path) -> Self:
        """Derive a descendant, level by level. Raises: DerivationFailed."""
        key = self
        for number in path.numbers:
            key = key.child(number)
        return key


class _HasPublicKey(Protocol):
    @property
    def public_key(self) -> bytes: ...


class _Extended(HDKey):
    """The fields that private and public extended keys share."""

    __slots__ = ()

    @property
    def fingerprint(self: _HasPublicKey) -> bytes:
        """Compute the first 32 bits of the identifier («Key identifiers»)."""
        return hash160(secp256k1.compress(self.public_key))[:4]


@dataclass(frozen=True, slots=True)
class ExtendedPublicKey(_Extended):
    """(K, c) and its origin as far as its serialisation tells; `public_key` is the point, 65 bytes."""

    public_key: bytes
    chain_code: bytes
    depth: int = 0
    parent_fingerprint: bytes = NO_PARENT
    child_number: int = 0

    def child(self, number: int) -> "ExtendedPublicKey":
        """Derive one child: CKDpub((Kpar, cpar), i) → (Ki, ci). Raises: DerivationFailed."""
        if check(number, below=2 * HARDENED) >= HARDENED:
            raise DerivationFailed(Reason.HARDENED_FROM_PUBLIC, number)
        digest = _child_digest(self, number, secp256k1.compress(self.public_key))
        try:
            point = secp256k1.add_multiple(self.public_key, digest[:32])
        except InvalidPoint:
            raise DerivationFailed(Reason.UNUSABLE, number) from None
        return ExtendedPublicKey(point, digest[32:], self.depth + 1, self.fingerprint, number)

    def serialise(self, version: bytes = XPUB) -> str:
        """Write the key as xpub…, or with the prefix of another SLIP-132 version."""
        return _serialise(version, self, secp256k1.compress(self.public_key))


class ExtendedPrivateKey(_Extended, Redacted):
    """(k, c). Its public key and its parent's fingerprint take a multiplication each and are computed on demand."""

    __slots__ = ("_origin", "_public_key", "chain_code", "child_number", "depth", "private_key")

    def __init__(
        self,
        private_key: bytes,
        chain_code: bytes,
        *,
        depth: int = 0,
        origin: "ExtendedPrivateKey | bytes" = NO_PARENT,
        child_number: int = 0,
    ) -> None:
        """`origin` is the parent, or its fingerprint if only that is known."""
        self.private_key, self.chain_code = private_key, chain_code
        self.depth, self.child_number = depth, child_number
        self._origin = origin
        self._public_key = b""

    @property
    def public_key(self) -> bytes:
        """Compute point(k), once."""
        if not self._public_key:
            self._public_key = secp256k1.public_key(self.private_key)
        return self._public_key

    @property
    def parent_fingerprint(self) -> bytes:
        """Return the parent's fingerprint, computing it if necessary."""
        return self._origin if isinstance(self._origin, bytes) else self._origin.fingerprint

    def child(self, number: int) -> "ExtendedPrivateKey":
        """Derive one child: CKDpriv((kpar, cpar), i) → (ki, ci). Raises: DerivationFailed."""
        hardened = check(number, below=2 * HARDENED) >= HARDENED
        key = b"\0" + self.private_key if hardened else secp256k1.compress(self.public_key)
        digest = _child_digest(self, number, key)
        left = int.from_bytes(digest[:32])
        private_key = (left + int.from_bytes(self.private_key)) % secp256k1.N
        if left >= secp256k1.N or private_key == 0:
            raise DerivationFailed(Reason.UNUSABLE, number)
        return ExtendedPrivateKey(
            private_key.to_bytes(32), digest[32:], depth=self.depth + 1, origin=self, child_number=number
        )

    def neuter(self) -> ExtendedPublicKey:
        """Remove the private key: N((k, c)) → (K, c)."""
        return ExtendedPublicKey(
            self.public_key, self.chain_code, self.depth, self.parent_fingerprint, self.child_number
        )

    def serialise(self, version: bytes = XPRV) -> str:
        """Write the key as xprv…: a secret."""
        return _serialise(version, self, b"\0" + self.private_key)


ExtendedKey = ExtendedPrivateKey | ExtendedPublicKey


def master(seed: bytes) -> ExtendedPrivateKey:
    """Generate the master key of a seed («Master key generation»). Raises: DerivationFailed."""
    digest = master_digest(b"Bitcoin seed", seed)
    if not 0 < int.from_bytes(digest[:32]) < secp256k1.N:
        raise DerivationFailed(Reason.UNUSABLE, 0)
    return ExtendedPrivateKey(digest[:32], digest[32:])


def master_digest(curve_name: bytes, seed: bytes) -> bytes:
    """Compute I = HMAC-SHA512(Key = the curve's name, Data = seed), as BIP-32 and SLIP-10 both do.

    Raises: DerivationFailed with SEED_LENGTH.
    """
    if len(seed) not in SEED_BYTES:
        raise DerivationFailed(Reason.SEED_LENGTH, len(seed))
    return hmac_sha512(curve_name, seed)


def parse(text: str, versions: Mapping[bytes, bool] = VERSIONS) -> ExtendedKey:
    """Read xprv… or xpub…, or a key of other `versions`, each with whether it is private («Serialization format»).

    Raises: InvalidExtendedKey.
    """
    try:
        payload = base58check.decode(text)
    except InvalidEncoding as refusal:
        raise InvalidExtendedKey(refusal.reason) from None
    if len(payload) != SERIALISED_BYTES:
        raise InvalidExtendedKey(Reason.LENGTH)
    version, prefix = payload[:4], payload[45]
    if version not in versions:
        raise InvalidExtendedKey(Reason.KEY_VERSION)
    if prefix not in {0, 2, 3}:
        raise InvalidExtendedKey(Reason.KEY_PREFIX)
    if (prefix == 0) != versions[version]:
        raise InvalidExtendedKey(Reason.KEY_MISMATCH)
    if payload[4] == 0 and payload[5:9] != NO_PARENT:
        raise InvalidExtendedKey(Reason.ROOT_WITH_PARENT)
    if payload[4] == 0 and any(payload[9:13]):
        raise InvalidExtendedKey(Reason.ROOT_WITH_INDEX)
    return _parse_key(payload)


def _parse_key(payload: bytes) -> ExtendedKey:
    depth, origin, child_number, chain_code = payload[4], payload[5:9], int.from_bytes(payload[9:13]), payload[13:45]
    if payload[45] == 0:
        if not 0 < int.from_bytes(payload[46:]) < secp256k1.N:
            raise InvalidExtendedKey(Reason.KEY_RANGE)
        return ExtendedPrivateKey(payload[46:], chain_code, depth=depth, origin=origin, child_number=child_number)
    try:
        return ExtendedPublicKey(secp256k1.decompress(payload[45:]), chain_code, depth, origin, child_number)
    except InvalidPoint:
        raise InvalidExtendedKey(Reason.NOT_ON_CURVE) from None


def _serialise(version: bytes, key: ExtendedKey, key_bytes: bytes) -> str:
    origin = bytes([key.depth]) + key.parent_fingerprint + key.child_number.to_bytes(4)
    return base58check.encode(version + origin + key.chain_code + key_bytes)


def _child_digest(parent: ExtendedKey, number: int, key_bytes: bytes) -> bytes:
    """Compute I = HMAC-SHA512(Key = cpar, Data = the parent's key and ser32(i))."""
    if parent.depth == MAX_DEPTH:
        raise DerivationFailed(Reason.DEPTH, MAX_DEPTH + 1)
    return hmac_sha512(parent.chain_code, key_bytes + number.to_bytes(4))
