"""The width of a text in the sandbox's chat, in DejaVu Sans at 14 pixels, the browsers' fallback font.

DejaVu is the widest font that the page names, so what fits in it fits in the others. Its file comes with matplotlib.
Characters that it lacks come from other fonts: an ideograph is a square, an emoji a little wider.
"""

import unicodedata
from functools import cache
from pathlib import Path

import matplotlib
from PIL import ImageFont

SIZE_PX = 14
"""The font size of `.key` in the page's style sheet."""
PHONE_PX = 412
"""A common width of phones; their own fonts are an eighth narrower."""
KEYBOARD_PX = int(PHONE_PX * 0.88)
"""A message takes at most 88 percent of the screen."""
GAP_PX = 4
PADDING_PX = 5
"""The padding on each side of a label before an app cuts the text."""
ROW_PX = KEYBOARD_PX - 2 * PADDING_PX
HALF_ROW_PX = (KEYBOARD_PX - GAP_PX) // 2 - 2 * PADDING_PX
EMOJI_PX = 19
_INVISIBLE = "\ufe0f\u200d"


@cache
def _font() -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf", SIZE_PX)


def width_px(label: str) -> float:
    """Measure the width of a one-line label."""
    letters, width = "", 0.0
    for sign in label:
        if sign in _INVISIBLE:
            continue
        if unicodedata.east_asian_width(sign) in "WF":
            width += EMOJI_PX if unicodedata.category(sign) == "So" else SIZE_PX
        elif unicodedata.category(sign) == "So":
            width += EMOJI_PX
        else:
            letters += sign
    return width + _font().getlength(letters)
