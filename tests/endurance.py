"""How often tests of endurance do what they do: moderately in the usual run, in full where that is asked for."""

import os

VARIABLE = "SOUK_ENDURANCE"


def in_full() -> bool:
    """Tell whether this run takes its time (`make endurance`)."""
    return os.environ.get(VARIABLE) == "1"


def times(usual: int, *, full: int) -> int:
    """Choose how often."""
    return full if in_full() else usual
