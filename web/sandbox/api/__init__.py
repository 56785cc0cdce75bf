"""The sandbox's own API under `/sandbox/api`. It speaks JSON; a refusal is `{"error": sentence}`."""

from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import urlsplit

from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from web.sandbox.api import chains as chains_api
from web.sandbox.api import stars as stars_api
from web.sandbox.api import telegram as telegram_api
from web.sandbox.api import users as users_api
from web.sandbox.chain_panel import ChainPanel
from web.sandbox.errors import SandboxError
from web.sandbox.telegram.emulator import Telegram
from web.sandbox.wire import Json

MAX_BODY_BYTES = 62 * 1024 * 1024


def sandbox_api(telegram: Telegram, chains: ChainPanel, *, facts: Json, on_change: Callable[[], None]) -> Blueprint:
    """Build the API. `facts` are added to `state` unchanged; `on_change` is called after a change on a chain."""
    blueprint = Blueprint("sandbox_api", __name__, url_prefix="/sandbox/api")

    @blueprint.before_request
    def guard() -> None:
        request.max_content_length = MAX_BODY_BYTES
        _refuse_other_sites()

    @blueprint.errorhandler(SandboxError)
    def refuse(error: SandboxError) -> tuple[Response, int]:
        return jsonify(error=error.sentence), error.status

    @blueprint.errorhandler(HTTPException)
    def refuse_http(error: HTTPException) -> tuple[Response, int]:
        return jsonify(error=error.description or "refused"), error.code or 500

    @blueprint.after_request
    def never_cached(reply: Response) -> Response:
        reply.headers.setdefault("Cache-Control", "no-store")
        reply.headers["X-Content-Type-Options"] = "nosniff"
        return reply

    users_api.mount(blueprint, telegram)
    stars_api.mount(blueprint, telegram)
    telegram_api.mount(blueprint, telegram, chains, facts)
    chains_api.mount(blueprint, chains, on_change)

    @blueprint.route("/<path:_rest>", methods=["GET", "POST", "PATCH", "PUT", "DELETE"])
    def unknown(_rest: str) -> Response:
        raise SandboxError("There is nothing here.", HTTPStatus.NOT_FOUND)

    return blueprint


def _refuse_other_sites() -> None:
    """Refuse requests from another site's page that is open in the same browser."""
    origin = request.headers.get("Origin")
    if origin and urlsplit(origin).netloc != request.host:
        raise SandboxError("This request comes from another site.", HTTPStatus.FORBIDDEN)
