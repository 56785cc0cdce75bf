"""The only room with Telegram objects: updates in, screens and letters out."""

import sys
import warnings

_NOT_NEEDED = {"PIL", "chardet", "charset_normalizer"} - set(sys.modules)
"""Optional imports of telebot and requests that would only take memory here.

telebot imports Pillow (5 MB) for images, but pictures are bytes here, and charts load it when one is drawn. requests
imports the others (2 MB) to guess the encoding of texts, but here it reads only bytes and JSON in UTF-8.
"""

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # requests warns that it cannot guess encodings
    sys.modules.update(dict.fromkeys(_NOT_NEEDED))  # type: ignore[arg-type]
    import telebot  # noqa: F401

for name in _NOT_NEEDED:
    del sys.modules[name]
