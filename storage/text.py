"""Texts as they are compared in a search."""

import unicodedata


def fold(text: str) -> str:
    """Take out what a search passes over: capitals, and other ways of writing the same letter (Unicode NFKC)."""
    return unicodedata.normalize("NFKC", text.casefold())
