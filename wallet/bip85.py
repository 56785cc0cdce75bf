"""BIP-85: entropy for other wallets out of one master key; here application 39, whole English mnemonics."""

from wallet import bip39, paths
from wallet.bip32 import ExtendedPrivateKey
from wallet.bip39 import ENTROPY_BYTES, Mnemonic
from wallet.errors import InvalidMnemonic, MnemonicRule
from wallet.hashes import hmac_sha512
from wallet.paths import Path

PURPOSE = 83696968
APPLICATION_BIP39 = 39
ENGLISH = 0


def entropy(key: ExtendedPrivateKey) -> bytes:
    """Turn a derived key into 64 bytes: HMAC-SHA512(key="bip-entropy-from-k", msg=k) («Specification»)."""
    return hmac_sha512(b"bip-entropy-from-k", key.private_key)


def derive_entropy(master: ExtendedPrivateKey, path: Path) -> bytes:
    """Derive the 64 bytes at m/83696968'/…."""
    return entropy(master.derive(path))


def mnemonics(master: ExtendedPrivateKey, words: int = 12) -> ExtendedPrivateKey:
    """Derive the key above all mnemonics of one length: m/83696968'/39'/0'/words'.

    Raises: InvalidMnemonic with WORD_COUNT.
    """
    if words not in ENTROPY_BYTES:
        raise InvalidMnemonic(MnemonicRule.WORD_COUNT, words)
    return master.derive(paths.of(hardened=(PURPOSE, APPLICATION_BIP39, ENGLISH, words)))


def mnemonic(above: ExtendedPrivateKey, index: int, words: int = 12) -> Mnemonic:
    """Derive one mnemonic below what `mnemonics` gave for the same number of words («BIP39»).

    Raises: InvalidIndex.
    """
    return bip39.from_entropy(entropy(above.child(paths.harden(index)))[: ENTROPY_BYTES[words]])
