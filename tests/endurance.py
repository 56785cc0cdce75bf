"""How often endurance tests repeat: moderately in the usual run, fully on request."""

import os

VARIABLE = "SOUK_ENDURANCE"


def in_full() -> bool:
    """Return whether this is a full run (`make endurance`)."""
    return os.environ.get(VARIABLE) == "1"


def times(usual: int, *, full: int) -> int:
    """Choose the number of repetitions."""
    return full if in_full() else usual
