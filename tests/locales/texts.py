"""The texts of every language, as the tests read them."""

import json
from pathlib import Path
from string import Formatter

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "locales").glob("*.json"))
TEXTS = {file.stem: json.loads(file.read_text("utf-8")) for file in FILES}
LABELS = ("menu.", "button.")
"""The prefixes of keys that are button labels."""


def forms(text: str | dict[str, str]) -> list[str]:
    """Return a text, or its plural forms."""
    return list(text.values()) if isinstance(text, dict) else [text]


def placeholders(text: str | dict[str, str]) -> set[str]:
    """List the names of a text's placeholders."""
    return {name for form in forms(text) for _, name, _, _ in Formatter().parse(form) if name}
