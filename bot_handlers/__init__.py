"""The only room with Telegram objects: updates in, screens and letters out."""

import sys
import warnings

_NOT_NEEDED = {"PIL", "chardet", "charset_normalizer"} - set(sys.modules)
"""What telebot, and requests below it, import wherever it is installed, and every shop would hold for nothing.

Pillow (5 MB) is telebot's for images: pictures are bytes here, and charts load it when somebody asks for one. The
others (2 MB) are there for requests to guess the encoding of a text: what is read here are bytes, and JSON in UTF-8.
"""

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # requests says that it will not guess
    sys.modules.update(dict.fromkeys(_NOT_NEEDED))  # type: ignore[arg-type]
    import telebot  # noqa: F401

for name in _NOT_NEEDED:
    del sys.modules[name]
