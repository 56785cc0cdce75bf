"""BIP-85: entropy for other wallets from one master key; here application 39, whole English mnemonics.

entropy = HMAC-SHA512(key = "bip-entropy-from-k", msg = k)        k at m / 83696968' / application' / …
m / 83696968' / 39' / language' / words' / index'                 the first bytes of the entropy are a mnemonic's

Neither the master nor another child can be computed from a child, so one customer's mnemonic can be given away
without risk to the others.
"""

from wallet import bip39, paths
from wallet.bip32 import ExtendedPrivateKey
from wallet.bip39 import Mnemonic
from wallet.hashes import hmac_sha512
from wallet.paths import Path

PURPOSE = 83696968
APPLICATION_BIP39 = 39
ENGLISH = 0


def entropy(key: ExtendedPrivateKey) -> bytes:
    """Turn a derived key into 64 bytes («Specification»)."""
    return hmac_sha512(b"bip-entropy-from-k", key.private_key)


def mnemonics(master: ExtendedPrivateKey, words: int = 12) -> ExtendedPrivateKey:
    """Derive the key above all mnemonics of one length: m/83696968'/39'/0'/words'. Raises: InvalidMnemonic."""
    bip39.entropy_bytes(words)
    levels = (PURPOSE, APPLICATION_BIP39, ENGLISH, words)
    return master.derive(Path(tuple(map(paths.harden, levels))))


def mnemonic(above: ExtendedPrivateKey, index: int, words: int = 12) -> Mnemonic:
    """Derive one mnemonic below the key that `mnemonics` returned for the same number of words («BIP39»).

    Raises: DerivationFailed with INDEX; InvalidMnemonic with WORD_COUNT.
    """
    size = bip39.entropy_bytes(words)
    child = above.child(paths.harden(index))
    return bip39.from_entropy(entropy(child)[:size])
