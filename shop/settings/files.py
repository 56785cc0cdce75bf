"""Writes `.env`: completely or not at all, readable only by its owner, and never over an existing one."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

from shop.errors.refusals import CannotStart

_PLAIN = re.compile(r"[A-Za-z0-9_./:,@%+=-]*")


class SettingsFileThere(CannotStart):
    """The file exists already."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is there already: change it with an editor, or name another file with --env-file.")


class SettingsFileUnwritable(CannotStart):
    """The file cannot be written."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path} cannot be written: {reason}.")


def text_of(values: Mapping[str, str]) -> str:
    """Write settings as lines that Souk, shells and Docker Compose all read the same way."""
    return "".join(f"{name}={_quoted(value)}\n" for name, value in values.items())


def write(path: Path, values: Mapping[str, str]) -> None:
    """Write a new file of settings, mode 0600.

    Raises:
        SettingsFileThere: there is a file of this name.
        SettingsFileUnwritable: it cannot be written.
    """
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text_of(values))
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        raise SettingsFileThere(path) from None
    except OSError as error:
        raise SettingsFileUnwritable(path, error.strerror or "unknown") from None


def _quoted(value: str) -> str:
    """Put values with special characters into single quotes; no setting contains one itself."""
    if _PLAIN.fullmatch(value):
        return value
    if "'" in value or "\n" in value:
        raise ValueError("a value with a quote or a line break")
    return f"'{value}'"
