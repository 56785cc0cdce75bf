"""BIP-39: a mnemonic is entropy and a checksum, eleven bits a word; its seed is PBKDF2 of the sentence.

    CS = ENT / 32        MS = (ENT + CS) / 11        128, 160, 192, 224, 256 bits: 12, 15, 18, 21, 24 words

English only, as the BIP recommends. Refusals name the rule and the position, never the word.
"""

import hashlib
import secrets
import unicodedata
from functools import cache

from wallet.errors import DerivationFailed, InvalidMnemonic, MnemonicRule, Reason, Redacted
from wallet.hashes import sha256

ENTROPY_BYTES = {12: 16, 15: 20, 18: 24, 21: 28, 24: 32}
BITS_PER_WORD = 11
PBKDF2_ROUNDS = 2048


class Mnemonic(Redacted):
    """A sentence that has passed every rule; only `reveal` returns its words."""

    __slots__ = ("_sentence",)

    def __init__(self, sentence: str) -> None:
        """Wrap a sentence that is known to be valid; use `parse` for any other."""
        self._sentence = sentence

    def reveal(self) -> str:
        """Return the words, for a person to write down or a box to seal."""
        return self._sentence


def generate(words: int = 12) -> Mnemonic:
    """Make a new mnemonic from the system's randomness. Raises: InvalidMnemonic with WORD_COUNT."""
    return from_entropy(secrets.token_bytes(entropy_bytes(words)))


def entropy_bytes(words: int) -> int:
    """Look up ENT for MS, in bytes. Raises: InvalidMnemonic with WORD_COUNT."""
    if words not in ENTROPY_BYTES:
        raise InvalidMnemonic(MnemonicRule.WORD_COUNT)
    return ENTROPY_BYTES[words]


def from_entropy(entropy: bytes) -> Mnemonic:
    """Write 16, 20, 24, 28 or 32 bytes as words («Generating the mnemonic»). Raises: DerivationFailed."""
    if len(entropy) not in ENTROPY_BYTES.values():
        raise DerivationFailed(Reason.SEED_LENGTH, len(entropy))
    checksum_bits = len(entropy) // 4
    bits = int.from_bytes(entropy) << checksum_bits | sha256(entropy)[0] >> 8 - checksum_bits
    count = (len(entropy) * 8 + checksum_bits) // BITS_PER_WORD
    shifts = range((count - 1) * BITS_PER_WORD, -1, -BITS_PER_WORD)
    return Mnemonic(" ".join([_words()[bits >> shift & 2047] for shift in shifts]))


def parse(sentence: str) -> Mnemonic:
    """Check a sentence word by word, after NFKD. Raises: InvalidMnemonic."""
    normalised = unicodedata.normalize("NFKD", sentence)
    words = normalised.split()
    size = entropy_bytes(len(words))
    if " ".join(words) != normalised:
        raise InvalidMnemonic(MnemonicRule.SPACING)
    bits = 0
    for position, word in enumerate(words, start=1):
        if word not in _positions():
            raise InvalidMnemonic(MnemonicRule.UNKNOWN_WORD, position)
        bits = bits << BITS_PER_WORD | _positions()[word]
    mnemonic = from_entropy((bits >> len(words) // 3).to_bytes(size))
    if mnemonic.reveal() != normalised:
        raise InvalidMnemonic(MnemonicRule.CHECKSUM)
    return mnemonic


def seed(mnemonic: Mnemonic, passphrase: str = "") -> bytes:
    """Stretch a mnemonic and an optional passphrase to 64 bytes («From mnemonic to seed»).

    Raises: InvalidMnemonic with NOT_UNICODE.
    """
    # Checked here because the exception of encode() would contain the passphrase.
    if any("\ud800" <= character <= "\udfff" for character in passphrase):
        raise InvalidMnemonic(MnemonicRule.NOT_UNICODE)
    salt = unicodedata.normalize("NFKD", "mnemonic" + passphrase).encode("utf-8")
    return hashlib.pbkdf2_hmac("sha512", mnemonic.reveal().encode("ascii"), salt, PBKDF2_ROUNDS)


@cache
def _words() -> tuple[str, ...]:
    from mnemonic import Mnemonic as WordList

    return tuple(WordList("english").wordlist)


@cache
def _positions() -> dict[str, int]:
    return {word: position for position, word in enumerate(_words())}
