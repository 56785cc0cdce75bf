"""Texts as they are compared, sorted and recognised."""

import hashlib
import re
import unicodedata

_ACCENTS = re.compile("[\u0300-\u036f]")
_FINGERPRINT_BYTES = 16


def fold(text: str) -> str:
    """Remove the differences that a search ignores: capitals, accents, variants of the same letter (Unicode NFKD)."""
    return _ACCENTS.sub("", unicodedata.normalize("NFKD", text.casefold()))


def nfc(text: str) -> str:
    """Write a text in Unicode's normalization form C: what looks the same is the same."""
    return unicodedata.normalize("NFC", text)


def fingerprint(content: str | bytes) -> bytes:
    """Identify goods: 16 bytes from a text, ignoring capitals, form and surrounding blanks, or from a file's bytes.

    Letters are compared as Unicode 15.0, section 3.13, D145 (canonical caseless match) has it. Invisible characters,
    the kind of line break and white space at the ends of lines make no difference either.
    """
    if isinstance(content, bytes):
        return hashlib.blake2b(content, digest_size=_FINGERPRINT_BYTES, person=b"file").digest()
    if not content.isascii():
        content = nfc(nfc(unicodedata.normalize("NFD", content).casefold()).casefold())
        content = "".join(each for each in content if unicodedata.category(each) != "Cf")
    lines = "\n".join(line.strip() for line in content.casefold().splitlines()).strip()
    return hashlib.blake2b(lines.encode(), digest_size=_FINGERPRINT_BYTES, person=b"text").digest()
