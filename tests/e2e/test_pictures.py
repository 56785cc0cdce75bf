"""The README's pictures show what the shop shows today."""

import json

from tests import pictures


def test_each_picture_shows_what_the_sandbox_shows(base: str) -> None:
    known = {name: each["shows"] for name, each in json.loads(pictures.SHOWN.read_text("utf-8")).items()}
    assert pictures.walk(base) == known, "a screen has changed: make pictures"
