"""BIP-32: hierarchical deterministic keys, private and public, and their serialisation both ways.

The names are the standard's: an extended key is (k, c) or (K, c); CKDpriv and CKDpub derive a child, N() neuters.
"""

from collections.abc import Container
from dataclasses import dataclass

from wallet import base58check, secp256k1
from wallet.errors import (
    InvalidEncoding,
    InvalidExtendedKey,
    InvalidIndex,
    InvalidPoint,
    InvalidSeed,
    NoSuchChild,
    Reason,
    UnusableChild,
)
from wallet.hashes import hash160, hmac_sha512
from wallet.paths import HARDENED, MAX_DEPTH, Path
from wallet.redacted import Redacted

XPUB = bytes.fromhex("0488b21e")
XPRV = bytes.fromhex("0488ade4")
SEED_BYTES = range(16, 65)
NO_PARENT = bytes(4)
SERIALISED_BYTES = 78


@dataclass(frozen=True, slots=True)
class ExtendedPublicKey:
    """(K, c) with what its serialisation tells about its origin; `public_key` is the point, 65 bytes."""

    public_key: bytes
    chain_code: bytes
    depth: int = 0
    parent_fingerprint: bytes = NO_PARENT
    child_number: int = 0

    @property
    def fingerprint(self) -> bytes:
        """Compute the first 32 bits of the identifier («Key identifiers»)."""
        return hash160(secp256k1.compress(self.public_key))[:4]

    def child(self, number: int) -> "ExtendedPublicKey":
        """Derive one child: CKDpub((Kpar, cpar), i) → (Ki, ci).

        Raises: NoSuchChild, InvalidIndex, UnusableChild.
        """
        _check_step(self.depth, number)
        if number >= HARDENED:
            raise NoSuchChild(Reason.HARDENED_FROM_PUBLIC)
        digest = hmac_sha512(self.chain_code, secp256k1.compress(self.public_key) + number.to_bytes(4))
        try:
            point = secp256k1.add_multiple(self.public_key, digest[:32])
        except InvalidPoint:
            raise UnusableChild(number) from None
        return ExtendedPublicKey(point, digest[32:], self.depth + 1, self.fingerprint, number)

    def derive(self, path: Path) -> "ExtendedPublicKey":
        """Derive a descendant, level by level."""
        key = self
        for number in path.numbers:
            key = key.child(number)
        return key

    def serialise(self, version: bytes = XPUB) -> str:
        """Write the key as xpub…, or as what another version of SLIP-132 makes of it."""
        return _serialise(version, self, secp256k1.compress(self.public_key))


class ExtendedPrivateKey(Redacted):
    """(k, c). Its public key and its parent's fingerprint cost a multiplication each: computed when asked for."""

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
        """`origin` is the parent, or its fingerprint when only that is known."""
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
        """Compute or recall the parent's fingerprint."""
        return self._origin if isinstance(self._origin, bytes) else self._origin.fingerprint

    @property
    def fingerprint(self) -> bytes:
        """Compute the first 32 bits of the identifier («Key identifiers»)."""
        return hash160(secp256k1.compress(self.public_key))[:4]

    def child(self, number: int) -> "ExtendedPrivateKey":
        """Derive one child: CKDpriv((kpar, cpar), i) → (ki, ci).

        Raises: NoSuchChild, InvalidIndex, UnusableChild.
        """
        _check_step(self.depth, number)
        hardened = number >= HARDENED
        key = b"\0" + self.private_key if hardened else secp256k1.compress(self.public_key)
        digest = hmac_sha512(self.chain_code, key + number.to_bytes(4))
        left = int.from_bytes(digest[:32])
        private_key = (left + int.from_bytes(self.private_key)) % secp256k1.N
        if left >= secp256k1.N or private_key == 0:
            raise UnusableChild(number)
        return ExtendedPrivateKey(
            private_key.to_bytes(32), digest[32:], depth=self.depth + 1, origin=self, child_number=number
        )

    def derive(self, path: Path) -> "ExtendedPrivateKey":
        """Derive a descendant, level by level."""
        key = self
        for number in path.numbers:
            key = key.child(number)
        return key

    def neuter(self) -> ExtendedPublicKey:
        """Take the private key away: N((k, c)) → (K, c)."""
        return ExtendedPublicKey(
            self.public_key, self.chain_code, self.depth, self.parent_fingerprint, self.child_number
        )

    def serialise(self, version: bytes = XPRV) -> str:
        """Write the key as xprv…: a secret."""
        return _serialise(version, self, b"\0" + self.private_key)


ExtendedKey = ExtendedPrivateKey | ExtendedPublicKey


def master(seed: bytes) -> ExtendedPrivateKey:
    """Generate the master key of a seed («Master key generation»).

    Raises: InvalidSeed, UnusableChild when this one seed in 2^127 gives no key.
    """
    if len(seed) not in SEED_BYTES:
        raise InvalidSeed(len(seed))
    digest = hmac_sha512(b"Bitcoin seed", seed)
    if not 0 < int.from_bytes(digest[:32]) < secp256k1.N:
        raise UnusableChild(0)
    return ExtendedPrivateKey(digest[:32], digest[32:])


def parse(text: str) -> ExtendedKey:
    """Read xprv… or xpub….

    Raises: InvalidExtendedKey.
    """
    return parse_versions(text, private=(XPRV,), public=(XPUB,))[1]


def parse_versions(text: str, *, private: Container[bytes], public: Container[bytes]) -> tuple[bytes, ExtendedKey]:
    """Read an extended key whose version is one of these («Serialization format»); give the version too.

    Raises: InvalidExtendedKey.
    """
    try:
        payload = base58check.decode(text)
    except InvalidEncoding as refusal:
        raise InvalidExtendedKey(refusal.reason) from None
    if len(payload) != SERIALISED_BYTES:
        raise InvalidExtendedKey(Reason.LENGTH)
    version, prefix = payload[:4], payload[45]
    if version not in private and version not in public:
        raise InvalidExtendedKey(Reason.KEY_VERSION)
    if prefix not in {0, 2, 3}:
        raise InvalidExtendedKey(Reason.KEY_PREFIX)
    if (prefix == 0) != (version in private):
        raise InvalidExtendedKey(Reason.KEY_MISMATCH)
    _check_root(payload)
    return version, _private_key(payload) if prefix == 0 else _public_key(payload)


def _check_root(payload: bytes) -> None:
    if payload[4] == 0 and payload[5:9] != NO_PARENT:
        raise InvalidExtendedKey(Reason.ROOT_WITH_PARENT)
    if payload[4] == 0 and any(payload[9:13]):
        raise InvalidExtendedKey(Reason.ROOT_WITH_INDEX)


def _private_key(payload: bytes) -> ExtendedPrivateKey:
    if not 0 < int.from_bytes(payload[46:]) < secp256k1.N:
        raise InvalidExtendedKey(Reason.KEY_RANGE)
    return ExtendedPrivateKey(
        payload[46:],
        payload[13:45],
        depth=payload[4],
        origin=payload[5:9],
        child_number=int.from_bytes(payload[9:13]),
    )


def _public_key(payload: bytes) -> ExtendedPublicKey:
    try:
        point = secp256k1.decompress(payload[45:])
    except InvalidPoint:
        raise InvalidExtendedKey(Reason.NOT_ON_CURVE) from None
    return ExtendedPublicKey(point, payload[13:45], payload[4], payload[5:9], int.from_bytes(payload[9:13]))


def _serialise(version: bytes, key: ExtendedKey, key_bytes: bytes) -> str:
    origin = bytes([key.depth]) + key.parent_fingerprint + key.child_number.to_bytes(4)
    return base58check.encode(version + origin + key.chain_code + key_bytes)


def _check_step(depth: int, number: int) -> None:
    if not 0 <= number < 2 * HARDENED:
        raise InvalidIndex(number)
    if depth == MAX_DEPTH:
        raise NoSuchChild(Reason.DEPTH)
