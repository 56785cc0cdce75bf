"""Read the JSON bodies of the sandbox's API."""

import re
from decimal import Decimal
from typing import Any

from flask import request

from web.sandbox.errors import SandboxError
from web.sandbox.wire import Json

_AMOUNT = re.compile(r"[0-9]{1,30}(?:\.[0-9]{1,30})?", re.ASCII)


def json_body() -> Json:
    """Return the body as an object. Raises SandboxError if it is anything else."""
    body = request.get_json(silent=True, force=True) if request.get_data(cache=True) else {}
    if not isinstance(body, dict):
        raise SandboxError("The body must be a JSON object.")
    return body


def text(body: Json, key: str, *, maximum: int = 200) -> str:
    """Return a required text."""
    value = body.get(key)
    if not isinstance(value, str) or not value.strip() or len(value) > maximum:
        raise SandboxError(f"{key} must be a text of 1 to {maximum} characters.")
    return value.strip()


def optional_text(body: Json, key: str) -> str | None:
    """Return a text, or None if it is absent."""
    return text(body, key) if body.get(key) is not None else None


def whole(body: Json, key: str, *, default: int | None = None, least: int = 0, most: int = 10_000) -> int:
    """Return a whole number within bounds."""
    value: Any = body.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise SandboxError(f"{key} must be a whole number from {least} to {most}.")
    return value


def amount(body: Json, key: str) -> Decimal:
    """Return an amount of whole coins, above zero, given as a string of digits with at most one decimal point."""
    value = body.get(key)
    if not isinstance(value, str) or not _AMOUNT.fullmatch(value):
        raise SandboxError(f'{key} is a decimal number in a string, such as "0.0005".')
    parsed = Decimal(value)
    if parsed == 0:
        raise SandboxError(f"{key} must be more than zero.")
    return parsed
