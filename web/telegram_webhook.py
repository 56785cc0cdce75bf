"""Telegram's updates by webhook: who may post one, and how it is answered.

404 for an unknown bot, 403 for a missing or wrong secret, 413 for a body over 1 MiB, 400 for a body that is not a
JSON object, and otherwise 200, whatever happens to the update. Any other answer makes Telegram hold back that chat's
next updates for up to a day.
"""

import hmac
import json
from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response, abort, request

from web.limits import KnowsSender

MAX_BODY_BYTES = 1024 * 1024
"""Nothing that Telegram sends comes near this size."""
_SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the header's name, not its content


def telegram_webhook(
    accept: Callable[[int, dict[str, Any]], None], secrets: Mapping[int, str], *, path: str
) -> Blueprint:
    """Build the route. `secrets` maps each bot's id to its secret; bots may be added and removed while it runs."""
    routes = Blueprint("telegram_webhook", __name__)

    @routes.post(f"{path}/<int:bot_id>")
    def update(bot_id: int) -> Response:
        secret = secrets.get(bot_id)
        if secret is None:
            abort(404)
        if not _is_secret(request.headers.get(_SECRET_HEADER, ""), secret):
            abort(403)
        if request.content_length is None or request.content_length > MAX_BODY_BYTES:
            abort(413)
        try:
            content = json.loads(request.get_data())
        except (ValueError, RecursionError):
            abort(400)
        if not isinstance(content, dict):
            abort(400)
        accept(bot_id, content)
        return Response(status=200)

    return routes


def knows_telegram(secrets: Mapping[int, str], *, path: str) -> KnowsSender:
    """Build a check of request headers: is this a POST to a bot's path with that bot's secret?"""
    below, header = f"{path}/", _SECRET_HEADER.upper().replace("-", "_")

    def knows(method: str, path: str, headers: Mapping[str, str]) -> bool:
        name = path.removeprefix(below)
        if method != "POST" or name == path or not (name.isascii() and name.isdecimal() and len(name) < 20):
            return False
        return _is_secret(headers.get(header, ""), secrets.get(int(name), ""))

    return knows


def is_pre_checkout(body: bytes) -> bool:
    """Return whether the bytes of an update are a pre-checkout query, which Telegram wants answered within 10 s.

    JSON escapes quotation marks, so no text that a person wrote can match. A stranger's request is still refused.
    """
    return b'"pre_checkout_query":' in body


def _is_secret(given: str, secret: str) -> bool:
    return bool(secret) and hmac.compare_digest(given.encode(), secret.encode())
