"""The only room with Telegram objects: updates in, screens and letters out."""

import sys

if "PIL" not in sys.modules:
    # telebot imports Pillow wherever it is installed, to take its images. Pictures are bytes here, and every shop
    # would hold 5 MB for charts that its operator may never ask for.
    sys.modules["PIL"] = None  # type: ignore[assignment]
    import telebot  # noqa: F401

    del sys.modules["PIL"]
