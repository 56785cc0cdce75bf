"""Servers' JSON, read with the expected types: anything else is a `BadAnswer`."""

import json
import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from shop.chains.errors import BadAnswer, TooLarge

_MOST_DIGITS = 100
_MOST_VALUES = 1_000_000
"""The most values in an answer. Each takes about 80 bytes, so 32 MB of empty objects would take 800 MB. A node sends
at most 20 000 logs of 20 values.
"""
_LARGEST = 2**63 - 1
_QUANTITY = re.compile(r"0x[0-9a-fA-F]{0,64}")
_HIGHEST_BLOCK = 10**12
"""Far above any real height: Solana, the fastest chain, counts 80 million slots a year."""
_LATEST_TIME = 2**32 - 1
"""In Unix seconds: the year 2106, the last time that fits into a Bitcoin header."""


class JsonValue:
    """A JSON value of an answer, with its path. Numbers with a decimal point are `Decimal`."""

    __slots__ = ("_path", "_value", "provider")

    def __init__(self, value: object, *, provider: str, path: str = "answer") -> None:
        self._value = value
        self._path = path
        self.provider = provider

    @classmethod
    def parse(cls, body: bytes, *, provider: str) -> "JsonValue":
        """Read JSON.

        Raises:
            BadAnswer: no JSON, or JSON with NaN, with Infinity, or nested too deep.
            TooLarge: JSON of too many values.
        """
        if sum(map(body.count, (b",", b"[", b"{"))) > _MOST_VALUES:
            raise TooLarge(provider, "more values than an answer may have")
        try:
            value = json.loads(body, parse_float=Decimal, parse_constant=_refuse_constant)
        except (ValueError, RecursionError, InvalidOperation):
            raise BadAnswer(provider, "not JSON") from None
        return cls(value, provider=provider)

    def __getitem__(self, key: str) -> "JsonValue":
        found = self.get(key)
        if found is None:
            raise self.bad("has no such field", key)
        return found

    def get(self, key: str) -> "JsonValue | None":
        """Find a field; None when it is absent or null. The value itself must be an object."""
        if not isinstance(self._value, dict):
            raise self.bad("is not an object")
        value = self._value.get(key)
        return None if value is None else JsonValue(value, provider=self.provider, path=f"{self._path}.{key}")

    def member(self, key: str) -> "JsonValue":
        """Take a field that must be there but may be null."""
        if not isinstance(self._value, dict) or key not in self._value:
            raise self.bad("has no such field", key)
        return JsonValue(self._value[key], provider=self.provider, path=f"{self._path}.{key}")

    def items(self) -> Iterator["JsonValue"]:
        """Walk a list; a null in it is a `JsonValue` that `is_null`."""
        if not isinstance(self._value, list):
            raise self.bad("is not a list")
        for number, value in enumerate(self._value):
            yield JsonValue(value, provider=self.provider, path=f"{self._path}[{number}]")

    @property
    def first(self) -> "JsonValue":
        """The first element of a list that has one."""
        found = next(self.items(), None)
        if found is None:
            raise self.bad("is empty")
        return found

    def fields(self) -> Iterator[tuple[str, "JsonValue"]]:
        """Walk an object."""
        if not isinstance(self._value, dict):
            raise self.bad("is not an object")
        for key, value in self._value.items():
            yield key, JsonValue(value, provider=self.provider, path=f"{self._path}.{key}")

    @property
    def is_null(self) -> bool:
        """Whether this is JSON's null."""
        return self._value is None

    @property
    def is_object(self) -> bool:
        """Whether this is an object."""
        return isinstance(self._value, dict)

    @property
    def is_list(self) -> bool:
        """Whether this is a list."""
        return isinstance(self._value, list)

    @property
    def is_text(self) -> bool:
        """Whether this is a string."""
        return isinstance(self._value, str)

    @property
    def integer(self) -> int:
        """A whole JSON number of at least zero that fits the database: no real value needs more than 63 bits."""
        if not isinstance(self._value, int) or isinstance(self._value, bool) or not 0 <= self._value <= _LARGEST:
            raise self.bad("is not a whole number")
        return self._value

    @property
    def error_code(self) -> int:
        """A whole JSON number of either sign and at most 63 bits; 0 for anything else."""
        value = self._value
        return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _LARGEST else 0

    @property
    def boolean(self) -> bool:
        """True or false, and nothing that merely looks like it."""
        if not isinstance(self._value, bool):
            raise self.bad("is neither true nor false")
        return self._value

    @property
    def text(self) -> str:
        """A string."""
        if not isinstance(self._value, str):
            raise self.bad("is not a string")
        return self._value

    @property
    def digits(self) -> int:
        """A whole number that is written as a string of at most 78 digits (a uint256)."""
        text = self.text
        if not (text.isascii() and text.isdecimal() and len(text) <= 78):
            raise self.bad("is not a whole number in a string")
        return int(text)

    @property
    def quantity(self) -> int:
        """A hexadecimal quantity as Ethereum writes it: "0x1f"."""
        text = self.text
        if not _QUANTITY.fullmatch(text):
            raise self.bad("is not a quantity")
        return int(text[2:] or "0", 16)

    def up_to(self, most: int) -> int:
        """A whole number from zero to `most`: a JSON number, or a quantity as Ethereum writes it."""
        number = self.quantity if self.is_text else self.integer
        if number > most:
            raise self.bad("is more than there can be")
        return number

    @property
    def height(self) -> int:
        """The number of a block or a slot."""
        return self.up_to(_HIGHEST_BLOCK)

    @property
    def time(self) -> int:
        """A time in Unix seconds."""
        return self.up_to(_LATEST_TIME)

    @property
    def time_ms(self) -> int:
        """A time that is given in milliseconds, in Unix seconds."""
        return self.up_to(_LATEST_TIME * 1_000 + 999) // 1_000

    @property
    def decimal(self) -> Decimal:
        """A finite number, written as a JSON number or as a string."""
        if isinstance(self._value, bool) or not isinstance(self._value, int | str | Decimal):
            raise self.bad("is not a number")
        try:
            number = Decimal(self._value)
        except InvalidOperation:
            raise self.bad("is not a number") from None
        if not number.is_finite() or abs(number.adjusted()) > _MOST_DIGITS:
            raise self.bad("is not a number")
        return number

    def hex(self, *, size: int | None = None) -> bytes:
        """Bytes as hexadecimal text, with or without 0x; `size` in bytes when it is known."""
        text = self.text.removeprefix("0x")
        try:
            value = bytes.fromhex(text)
        except ValueError:
            raise self.bad("is not hexadecimal") from None
        if len(value) * 2 != len(text) or (size is not None and len(value) != size):
            raise self.bad("has the wrong length")
        return value

    def bad(self, what: str, key: str = "") -> BadAnswer:
        """Build the error that says where the answer is wrong, without the value itself."""
        return BadAnswer(self.provider, f"{self._path} {what} {key}".strip()[:200])


def _refuse_constant(name: str) -> object:
    raise ValueError(name)
