"""Telegram's updates by webhook: who may post one, and the answers.

Unknown bot 404, wrong or missing secret 403, over 1 MiB 413, not a JSON object 400; everything else 200, whatever the
outcome, because any other answer makes Telegram hold back that chat's next updates for up to a day.
"""

import hmac
import json
from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response, abort, request

from web.limits import KnowsSender

MAX_BODY_BYTES = 1024 * 1024
"""The largest body in bytes; nothing that Telegram sends comes near it."""
_SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the header's name, not its content


def telegram_webhook(
    accept: Callable[[int, dict[str, Any]], None], secrets: Mapping[int, str], *, path: str
) -> Blueprint:
    """Build the route. `secrets` maps the id of each bot to its secret; bots come and go."""
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
    """Build the check of request headers: a POST to a bot's path, with that bot's secret. Bots come and go."""
    below, header = f"{path}/", _SECRET_HEADER.upper().replace("-", "_")

    def knows(method: str, path: str, headers: Mapping[str, str]) -> bool:
        name = path.removeprefix(below)
        if method != "POST" or name == path or not (name.isascii() and name.isdecimal() and len(name) < 20):
            return False
        return _is_secret(headers.get(header, ""), secrets.get(int(name), ""))

    return knows


def is_pre_checkout(body: bytes) -> bool:
    """Tell by its bytes whether an update is a question whether a payment may be made, which Telegram asks for 10 s.

    In text that a person wrote, JSON escapes the quotation marks. A stranger's request is refused as usual.
    """
    return b'"pre_checkout_query":' in body


def _is_secret(given: str, secret: str) -> bool:
    return bool(secret) and hmac.compare_digest(given.encode(), secret.encode())
