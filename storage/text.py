"""Texts as they are compared and sorted."""

import re
import unicodedata

_ACCENTS = re.compile("[\u0300-\u036f]")


def fold(text: str) -> str:
    """Take out what a search passes over: capitals, accents, other ways of writing the same letter (Unicode NFKD)."""
    return _ACCENTS.sub("", unicodedata.normalize("NFKD", text.casefold()))
