"""Characters that a name must not have: invisible ones, and those that change the direction of writing.

A joiner between two letters (Persian, Hindi) or two emoji, and the sign that makes a character an emoji, are part of
what is seen. Unicode Standard Annex 44, general categories; Annex 31, section 2.3; Technical Standard 51.
`storage.text` lists those of which nothing is ever seen, since it recognises goods without them.
"""

import re
import unicodedata

from storage.text import EMOJI_SIGN, is_unseen

_JOINERS = "\u200c\u200d"
_FLAG = "\U0001f3f4"
_TAGS = re.compile("[\U000e0020-\U000e007f]")
_HIDDEN = frozenset({"Cc", "Co", "Cs", "Zl", "Zp", "Zs"})
_MISREAD = "\ufffc\ufffd\ufffe\uffff"
"""What stands for an object or a character that is not there."""


def is_blank(text: str) -> bool:
    """Return whether nothing of a text can be seen."""
    return not any(_is_seen(each) or unicodedata.category(each) == "Cc" for each in text if not each.isspace())


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
        return (_is_seen(before) or before == EMOJI_SIGN) and _is_seen(after)
    if each == EMOJI_SIGN:
        return _is_seen(before)
    if _TAGS.match(each):
        return before == _FLAG or bool(_TAGS.match(before))
    return each == " " or _is_seen(each)


def _is_seen(each: str) -> bool:
    if not each or is_unseen(each) or each in _MISREAD:
        return False
    return unicodedata.category(each) not in _HIDDEN
