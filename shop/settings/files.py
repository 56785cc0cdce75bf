"""Writes `.env`: completely or not at all, readable only by its owner, and never over an existing one."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

from shop.errors.refusals import CannotStart

_IN_DOUBLE_QUOTES = re.compile(r"[^\"$`\\\n]*")
_PLAIN = re.compile(r"[A-Za-z0-9_./:,@%+=-]*")


class SettingsFileThere(CannotStart):
    """The file exists already."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is there already: change it with an editor, or name another file with --env-file.")


class SettingsFileUnwritable(CannotStart):
    """The file cannot be written."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path} cannot be written: {reason}.")


class SettingNotQuotable(CannotStart):
    """A value cannot be written so that every reader of the file reads it back."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} has a line break, or a quote beside a $, a backslash or another kind of quote: change it."
        )


def text_of(values: Mapping[str, str]) -> str:
    """Write settings as lines that Souk, shells and Docker Compose all read the same way.

    Raises:
        SettingNotQuotable: no quotes suit a value.
    """
    return "".join(f"{name}={_quoted(name, value)}\n" for name, value in values.items())


def write(path: Path, values: Mapping[str, str]) -> None:
    """Write a new file of settings, mode 0600.

    Raises:
        SettingNotQuotable: as `text_of`.
        SettingsFileThere: there is a file of this name.
        SettingsFileUnwritable: it cannot be written.
    """
    text = text_of(values)
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        raise SettingsFileThere(path) from None
    except OSError as error:
        raise SettingsFileUnwritable(path, error.strerror or "unknown") from None


def _quoted(name: str, value: str) -> str:
    """Put a value with special characters into single quotes, or into double ones if it contains a single one."""
    if _PLAIN.fullmatch(value):
        return value
    if "'" not in value and "\n" not in value:
        return f"'{value}'"
    if _IN_DOUBLE_QUOTES.fullmatch(value):
        return f'"{value}"'
    raise SettingNotQuotable(name)
