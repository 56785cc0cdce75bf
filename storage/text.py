"""Texts as they are compared, sorted and recognised, and the characters of which nothing can be seen."""

import hashlib
import re
import unicodedata

EMOJI_SIGN = "\ufe0f"
"""Makes the character before it an emoji."""
_ACCENTS = re.compile("[\u0300-\u036f]")
_BLANK = "\u115f\u1160\u2800\u3164\uffa0\U0001d159"
"""Letters and symbols that are drawn as blank space."""
_UNUSED = "\u2065\ufff0-\ufff8\U000e0000-\U000e0fff"
"""Code points reserved for invisible characters. Any other unassigned one may be an emoji newer than this
Python's Unicode.
"""
_VARIATIONS = "\u034f\u17b4\u17b5\u180b-\u180f\ufe00-\ufe0e\U000e0100-\U000e01ef"
"""Marks that only select a glyph variant, or are not drawn at all."""
_UNSEEN = re.compile(f"[{_BLANK}{_UNUSED}{_VARIATIONS}{EMOJI_SIGN}]")
_FINGERPRINT_BYTES = 16


def fold(text: str) -> str:
    """Remove the differences that a search ignores: capitals, accents, variants of the same letter (Unicode NFKD)."""
    return _ACCENTS.sub("", unicodedata.normalize("NFKD", text.casefold()))


def nfc(text: str) -> str:
    """Write a text in Unicode's normalization form C: what looks the same is the same."""
    return unicodedata.normalize("NFC", text)


def plain_blanks(text: str) -> str:
    """Replace every kind of space with a plain one, since they look the same."""
    return "".join(" " if unicodedata.category(each) == "Zs" else each for each in text)


def is_unseen(each: str) -> bool:
    """Return whether a character, other than a space or a line break, is never seen by itself.

    Unicode Standard Annex 44, general categories; Annex 31, section 2.3.
    """
    return _UNSEEN.match(each) is not None or unicodedata.category(each) == "Cf"


def _without_the_unseen(text: str) -> str:
    """Write a text with plain spaces and without invisible characters; each kind of character is judged once."""
    changed = (each for each in set(text) if is_unseen(each) or unicodedata.category(each) == "Zs")
    return text.translate({ord(each): None if is_unseen(each) else " " for each in changed})


def fingerprint(content: str | bytes) -> bytes:
    """Identify goods: 16 bytes from a text, ignoring capitals, form and surrounding blanks, or from a file's bytes.

    Letters are compared as Unicode 15.0, section 3.13, D145 (canonical caseless match) has it. Invisible characters,
    the kind of space and of line break, and white space at the ends of lines make no difference either.
    """
    if isinstance(content, bytes):
        return hashlib.blake2b(content, digest_size=_FINGERPRINT_BYTES, person=b"file").digest()
    if not content.isascii():
        # First of all, since an invisible character between a letter and its accent keeps them apart.
        content = _without_the_unseen(content)
        content = nfc(nfc(unicodedata.normalize("NFD", content).casefold()).casefold())
    lines = "\n".join(line.strip() for line in content.casefold().splitlines()).strip()
    return hashlib.blake2b(lines.encode(), digest_size=_FINGERPRINT_BYTES, person=b"text").digest()
