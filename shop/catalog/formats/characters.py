"""Characters that a name must not have: invisible ones, and those that change the direction of writing.

A joiner between two letters (Persian, Hindi) or two emoji, and the sign that makes a character an emoji, are part of
what is seen. Unicode Standard Annex 44, general categories; Annex 31, section 2.3; Technical Standard 51.
"""

import re
import unicodedata

_BLANK = "\u115f\u1160\u2800\u3164\uffa0\U0001d159"
"""Letters and symbols that are drawn as blank space."""
_JOINERS = "\u200c\u200d"
_EMOJI_SIGN = "\ufe0f"
_FLAG = "\U0001f3f4"
_TAGS = re.compile("[\U000e0020-\U000e007f]")
_HIDDEN = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})
_UNUSED = re.compile("[\u2065\ufff0-\uffff\U000e0000-\U000e0fff]")
"""Code points reserved for invisible characters. Any other unassigned one may be an emoji newer than this
Python's Unicode.
"""
_VARIATIONS = re.compile("[\u034f\u17b4\u17b5\u180b-\u180f\ufe00-\ufe0e\U000e0100-\U000e01ef]")
"""Marks that only select a glyph variant, or are not drawn at all."""


def is_blank(text: str) -> bool:
    """Return whether nothing of a text can be seen."""
    return not any(_is_seen(each) or unicodedata.category(each) == "Cc" for each in text if not each.isspace())


def plain_blanks(text: str) -> str:
    """Replace every kind of space with a plain one, since they look the same."""
    return "".join(" " if unicodedata.category(each) == "Zs" else each for each in text)


def hides_something(name: str) -> bool:
    """Return whether a name holds a character that cannot be seen, or that changes the direction of writing."""
    return any(not _may_stand(name, place) for place in range(len(name)))


def seen_only(name: str) -> str:
    """Write an underscore for each character that hides something."""
    return "".join(each if _may_stand(name, place) else "_" for place, each in enumerate(name))


def without_hidden(text: str) -> str:
    """Drop the characters that hide something; every kind of space becomes a plain one."""
    text = "".join(" " if each.isspace() else each for each in text)
    while hides_something(text):
        text = "".join(each for place, each in enumerate(text) if _may_stand(text, place))
    return text


def _may_stand(name: str, place: int) -> bool:
    each, before = name[place], name[place - 1] if place else ""
    if each in _JOINERS:
        after = name[place + 1] if place + 1 < len(name) else ""
        return (_is_seen(before) or before == _EMOJI_SIGN) and _is_seen(after)
    if each == _EMOJI_SIGN:
        return _is_seen(before)
    if _TAGS.match(each):
        return before == _FLAG or bool(_TAGS.match(before))
    return each == " " or _is_seen(each)


def _is_seen(each: str) -> bool:
    if not each or each in _BLANK or each == _EMOJI_SIGN or _VARIATIONS.match(each) or _UNUSED.match(each):
        return False
    kind = unicodedata.category(each)
    return kind not in _HIDDEN and kind != "Zs"
