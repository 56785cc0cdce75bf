"""Where settings come from: the environment and `.env`, directly or by `NAME_FILE`; and names that are no
settings.
"""

import codecs
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from dotenv import dotenv_values
from dotenv.parser import parse_stream

FILE = "_FILE"
_LARGEST_BYTES = 1024 * 1024
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark is its beginning
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_NOT_TEXT = "is not text in UTF-8: save it as UTF-8"
ALIKE_IN_FILE = 0.75
ALIKE_IN_ENVIRONMENT = 0.85
"""Higher, because the environment also holds other programs' variables."""
_OF_OTHERS = frozenset({"COMPOSE_PROFILES", "MEMORY_LIMIT", "SANDBOX_PUBLIC"})
"""Names used by Compose, its file and the command line, which may appear beside the settings."""
_FORWARDING = "has no effect: set SWEEP_TO_BTC, _LTC, _ETH, _TRON and _SOL, and SWEEP_ABOVE to sweep automatically"
_OF_AIOGRAM_SHOP_BOT = {
    "CRYPTO_FORWARDING_MODE": _FORWARDING,
    **{f"{coin}_FORWARDING_ADDRESS": _FORWARDING for coin in ("BTC", "LTC", "ETH", "SOL", "BNB", "DOGE")},
    "BOT_LANGUAGE": "has no effect: set DEFAULT_LANGUAGE; customers choose their own",
    **dict.fromkeys(
        ("DB_NAME", "DB_HOST", "DB_PORT", "POSTGRES_DB", "POSTGRES_USER", "POSTGRES_PASSWORD"),
        "has no effect: the database is a file, set DATABASE_PATH",
    ),
    "DB_ENCRYPTION": "has no effect: the database is always encrypted",
    "NGROK_TOKEN": "has no effect: start ngrok yourself and set RUNTIME_ENVIRONMENT=dev",
    "TELEGRAM_PROXY_URL": "has no effect: Souk uses no proxy, but can use your own Bot API server (TELEGRAM_API_URL)",
    **dict.fromkeys(
        ("SQLADMIN_RAW_PASSWORD", "JWT_EXPIRE_MINUTES", "JWT_ALGORITHM", "JWT_SECRET_KEY"),
        "has no effect: admins work in the chat, there is no web panel",
    ),
    "REDIS_HOST": "has no effect: Souk needs no Redis",
    "REDIS_PASSWORD": "has no effect: Souk needs no Redis",
}
"""Settings of AiogramShopBot that a `.env` taken over from it may still have."""


class Unreadable(Exception):
    """A file is missing, too large, or not text; `problem` says which."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class SettingsPlace:
    """A source of settings. An empty value counts as not set.

    Names are matched in capitals. `problems` collects a sentence for each file that cannot be read.
    """

    stated: Mapping[str, str | None]
    problems: list[str]

    def texts(self, fields: Iterable[str]) -> dict[str, str]:
        """Return the values of these fields, as far as they are set here."""
        found = {field: self._text(field.upper()) for field in fields}
        return {field: text for field, text in found.items() if text}

    def _text(self, name: str) -> str:
        text = (self.stated.get(name) or "").strip()
        file = (self.stated.get(name + FILE) or "").strip()
        if text or not file:
            return text
        try:
            found = read_text(Path(file)).strip()
        except Unreadable as error:
            self.problems.append(f"{name}{FILE}: {file} {error.problem}.")
            return ""
        if not found:
            self.problems.append(f"{name}{FILE}: {file} is empty.")
        return found


def env_file(path: Path, problems: list[str]) -> dict[str, str | None]:
    """Read `.env`; nothing if there is none."""
    if not path.exists():
        return {}
    try:
        text = read_text(path)
    except Unreadable as error:
        problems.append(f"{path.name} {error.problem}.")
        return {}
    problems += _unread_lines(path.name, text)
    return dotenv_values(stream=io.StringIO(text))


def _unread_lines(name: str, text: str) -> Iterator[str]:
    """Report what python-dotenv would leave out, because a default would silently replace it."""
    for binding in parse_stream(io.StringIO(text)):
        string = binding.original.string
        line = binding.original.line + string[: len(string) - len(string.lstrip())].count("\n")
        if binding.error:
            yield f"{name}, line {line}, can't be read: write NAME=value, with quotes only around the whole value."
        elif binding.key is not None and binding.value is None:
            yield f"{name}, line {line}, has no =: write NAME=value."


def read_text(path: Path) -> str:
    """Read a small text file in UTF-8, UTF-16 or UTF-32, with or without a byte order mark.

    A file in another encoding is refused rather than guessed, because a misread passphrase would make a different
    key.

    Raises:
        Unreadable: it is missing, too large, or not text.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(_LARGEST_BYTES + 1)
    except (OSError, ValueError):
        raise Unreadable("cannot be read") from None
    if len(raw) > _LARGEST_BYTES:
        raise Unreadable("is larger than 1 MB")
    for mark, encoding in _BOMS:
        if raw.startswith(mark):
            return _decoded(raw[len(mark) :], encoding)
    try:
        return _decoded(raw, "utf-8")
    except Unreadable:
        return _unmarked_utf_16(raw)


def _decoded(raw: bytes, encoding: str) -> str:
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        raise Unreadable(_NOT_TEXT) from None
    if "\0" in text:
        raise Unreadable(_NOT_TEXT)
    return text


def _unmarked_utf_16(raw: bytes) -> str:
    """Read UTF-16 without a mark. Almost any bytes decode to some text, so only ASCII is accepted."""
    for encoding in ("utf-16-le", "utf-16-be"):
        try:
            text = _decoded(raw, encoding)
        except Unreadable:
            continue
        if text.isascii():
            return text
    raise Unreadable(_NOT_TEXT)


def misspelt(stated: Mapping[str, str | None], known: Iterable[str], *, alike: float) -> list[str]:
    """Name everything that looks like a setting but isn't one, with the nearest setting that exists."""
    names = {*known}
    names |= {name + FILE for name in names}
    found = []
    for name in sorted(set(stated) - names - _OF_OTHERS - set(_OF_AIOGRAM_SHOP_BOT)):
        if meant := get_close_matches(name.upper(), names, n=1, cutoff=alike):
            found.append(f"{name} is not a setting: did you mean {meant[0]}?")
    return found


def from_aiogram_shop_bot(stated: Mapping[str, str | None]) -> list[str]:
    """List AiogramShopBot's settings that have no effect here."""
    return [f"{name} {_OF_AIOGRAM_SHOP_BOT[name]}." for name in sorted(set(stated) & set(_OF_AIOGRAM_SHOP_BOT))]
