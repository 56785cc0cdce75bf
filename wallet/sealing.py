"""Sealed boxes: anyone can close one with the operator's public key, and only the operator can open it.

X25519 and XSalsa20-Poly1305 by libsodium's crypto_box_seal, through PyNaCl. The operator makes the pair on another
machine (`python -m wallet new --operator`) and gives the shop the public half.
"""

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox

from wallet import bip39
from wallet.bip39 import Mnemonic
from wallet.errors import InvalidMnemonic, Reason, Redacted, SealingFailed

KEY_BYTES = 32


class OperatorKey(Redacted):
    """The operator's X25519 pair; only `reveal` returns its private half."""

    __slots__ = ("_private",)

    def __init__(self, private_key: bytes) -> None:
        """Raises: SealingFailed with OPERATOR_KEY."""
        if len(private_key) != KEY_BYTES:
            raise SealingFailed(Reason.OPERATOR_KEY)
        self._private = PrivateKey(private_key)

    @classmethod
    def generate(cls) -> "OperatorKey":
        """Make a new pair from the system's randomness."""
        return cls(bytes(PrivateKey.generate()))

    @property
    def public_key(self) -> bytes:
        """Compute the public half, which is given to the shop."""
        return bytes(self._private.public_key)

    def reveal(self) -> bytes:
        """Return the private half, for the operator to keep."""
        return bytes(self._private)

    def unseal(self, sealed: bytes) -> Mnemonic:
        """Open what `seal` closed. Raises: SealingFailed with SEALED."""
        try:
            return bip39.parse(SealedBox(self._private).decrypt(sealed).decode("ascii"))
        except (CryptoError, UnicodeDecodeError, InvalidMnemonic, TypeError):
            raise SealingFailed(Reason.SEALED) from None


def seal(mnemonic: Mnemonic, operator_public_key: bytes) -> bytes:
    """Close a mnemonic to the operator's public key. Raises: SealingFailed with OPERATOR_KEY."""
    try:
        return bytes(SealedBox(PublicKey(operator_public_key)).encrypt(mnemonic.reveal().encode("ascii")))
    except (CryptoError, TypeError, ValueError):
        # A key of another length, or a point of small order.
        raise SealingFailed(Reason.OPERATOR_KEY) from None
