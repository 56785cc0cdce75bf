"""SLIP-10: BIP-32's private derivation for more than one curve; ed25519 has hardened children only.

Where BIP-32 tells to take the next index, SLIP-10 hashes again, so that every index has a key.
Left out: NIST P-256 and curve25519, which no chain here uses, and public derivation, which BIP-32 does.
"""

from enum import Enum

from wallet import ed25519, secp256k1
from wallet.bip32 import SEED_BYTES
from wallet.errors import InvalidIndex, InvalidSeed, NoSuchChild, Reason
from wallet.hashes import hash160, hmac_sha512
from wallet.paths import HARDENED, Path
from wallet.redacted import Redacted


class Curve(Enum):
    """A curve, by the HMAC key of its master node («Master key generation»)."""

    SECP256K1 = b"Bitcoin seed"
    ED25519 = b"ed25519 seed"


class Node(Redacted):
    """A private key and a chain code on one curve."""

    __slots__ = ("chain_code", "curve", "private_key")

    def __init__(self, curve: Curve, private_key: bytes, chain_code: bytes) -> None:
        self.curve, self.private_key, self.chain_code = curve, private_key, chain_code

    @property
    def public_key(self) -> bytes:
        """Compute the public key: 33 bytes of SEC 1, or the 32 of RFC 8032."""
        if self.curve is Curve.ED25519:
            return ed25519.public_key(self.private_key)
        return secp256k1.compress(secp256k1.public_key(self.private_key))

    @property
    def fingerprint(self) -> bytes:
        """Compute the first 32 bits of the identifier; an ed25519 key gets a zero byte in front."""
        return hash160(self.public_key.rjust(33, b"\0"))[:4]

    def child(self, number: int) -> "Node":
        """Derive one child: CKDpriv of «Private parent key → private child key».

        Raises: NoSuchChild, InvalidIndex.
        """
        if not 0 <= number < 2 * HARDENED:
            raise InvalidIndex(number)
        if self.curve is Curve.ED25519 and number < HARDENED:
            raise NoSuchChild(Reason.HARDENED_ONLY)
        key = b"\0" + self.private_key if number >= HARDENED else self.public_key
        digest = hmac_sha512(self.chain_code, key + number.to_bytes(4))
        if self.curve is Curve.ED25519:
            return Node(self.curve, digest[:32], digest[32:])
        while not (private_key := self._add(digest[:32])):
            digest = hmac_sha512(self.chain_code, b"\x01" + digest[32:] + number.to_bytes(4))
        return Node(self.curve, private_key.to_bytes(32), digest[32:])

    def derive(self, path: Path) -> "Node":
        """Derive a descendant, level by level."""
        node = self
        for number in path.numbers:
            node = node.child(number)
        return node

    def _add(self, left: bytes) -> int:
        """Compute parse256(IL) + kpar (mod n), or 0 when the result is no key."""
        step = int.from_bytes(left)
        return (step + int.from_bytes(self.private_key)) % secp256k1.N if step < secp256k1.N else 0


def master(curve: Curve, seed: bytes) -> Node:
    """Generate the master node of a seed.

    Raises: InvalidSeed.
    """
    if len(seed) not in SEED_BYTES:
        raise InvalidSeed(len(seed))
    digest = hmac_sha512(curve.value, seed)
    while curve is Curve.SECP256K1 and not 0 < int.from_bytes(digest[:32]) < secp256k1.N:
        digest = hmac_sha512(curve.value, digest)
    return Node(curve, digest[:32], digest[32:])
