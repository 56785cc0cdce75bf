"""BIP-39: a mnemonic is entropy and a checksum, eleven bits a word; its seed is PBKDF2 of the sentence.

    CS = ENT / 32        MS = (ENT + CS) / 11

    | ENT | CS | ENT+CS |  MS  |
    | 128 |  4 |   132  |  12  |
    | 160 |  5 |   165  |  15  |
    | 192 |  6 |   198  |  18  |
    | 224 |  7 |   231  |  21  |
    | 256 |  8 |   264  |  24  |

English only, as the BIP recommends. Refusals name the rule and the position, never a word.
"""

import hashlib
import secrets
import unicodedata
from functools import cache

from wallet.errors import InvalidMnemonic, InvalidSeed, MnemonicRule
from wallet.hashes import sha256
from wallet.redacted import Redacted

ENTROPY_BYTES = {12: 16, 15: 20, 18: 24, 21: 28, 24: 32}
BITS_PER_WORD = 11
PBKDF2_ROUNDS = 2048


class Mnemonic(Redacted):
    """A sentence that has passed every rule; `reveal` is the one way to its words."""

    __slots__ = ("_sentence",)

    def __init__(self, sentence: str) -> None:
        """Keep a sentence that is known to be valid; `parse` is for the others."""
        self._sentence = sentence

    def reveal(self) -> str:
        """Hand out the words, for a person to write down or a box to seal."""
        return self._sentence

    @property
    def word_count(self) -> int:
        """Count the words."""
        return self._sentence.count(" ") + 1


def generate(words: int = 12) -> Mnemonic:
    """Make a new mnemonic from the system's randomness.

    Raises: InvalidMnemonic with WORD_COUNT.
    """
    if words not in ENTROPY_BYTES:
        raise InvalidMnemonic(MnemonicRule.WORD_COUNT, words)
    return from_entropy(secrets.token_bytes(ENTROPY_BYTES[words]))


def from_entropy(entropy: bytes) -> Mnemonic:
    """Write 16, 20, 24, 28 or 32 bytes as words («Generating the mnemonic»).

    Raises: InvalidSeed.
    """
    if len(entropy) not in ENTROPY_BYTES.values():
        raise InvalidSeed(len(entropy))
    checksum_bits = len(entropy) // 4
    bits = int.from_bytes(entropy) << checksum_bits | sha256(entropy)[0] >> 8 - checksum_bits
    count = (len(entropy) * 8 + checksum_bits) // BITS_PER_WORD
    shifts = range((count - 1) * BITS_PER_WORD, -1, -BITS_PER_WORD)
    return Mnemonic(" ".join([_words()[bits >> shift & 2047] for shift in shifts]))


def parse(sentence: str) -> Mnemonic:
    """Check a sentence word by word, after NFKD.

    Raises: InvalidMnemonic: WORD_COUNT, SPACING, UNKNOWN_WORD or CHECKSUM.
    """
    normalised = unicodedata.normalize("NFKD", sentence)
    words = normalised.split()
    if len(words) not in ENTROPY_BYTES:
        raise InvalidMnemonic(MnemonicRule.WORD_COUNT, len(words))
    if " ".join(words) != normalised:
        raise InvalidMnemonic(MnemonicRule.SPACING, len(words))
    mnemonic = from_entropy(_entropy_of(words))
    if mnemonic.reveal() != normalised:
        raise InvalidMnemonic(MnemonicRule.CHECKSUM, len(words))
    return mnemonic


def seed(mnemonic: Mnemonic, passphrase: str = "") -> bytes:
    """Stretch a mnemonic and an optional passphrase to 64 bytes («From mnemonic to seed»).

    Raises: InvalidMnemonic with NOT_UNICODE.
    """
    # Looked for here, because the exception of encode() would carry the passphrase.
    if any("\ud800" <= character <= "\udfff" for character in passphrase):
        raise InvalidMnemonic(MnemonicRule.NOT_UNICODE, mnemonic.word_count)
    salt = unicodedata.normalize("NFKD", "mnemonic" + passphrase).encode("utf-8")
    return hashlib.pbkdf2_hmac("sha512", mnemonic.reveal().encode("ascii"), salt, PBKDF2_ROUNDS)


def _entropy_of(words: list[str]) -> bytes:
    bits = 0
    for position, word in enumerate(words, start=1):
        if word not in _positions():
            raise InvalidMnemonic(MnemonicRule.UNKNOWN_WORD, len(words), position)
        bits = bits << BITS_PER_WORD | _positions()[word]
    return (bits >> len(words) // 3).to_bytes(ENTROPY_BYTES[len(words)])


@cache
def _words() -> tuple[str, ...]:
    from mnemonic import Mnemonic as WordList

    return tuple(WordList("english").wordlist)


@cache
def _positions() -> dict[str, int]:
    return {word: position for position, word in enumerate(_words())}
