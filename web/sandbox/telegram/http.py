"""The Bot API over HTTP: `/bot<token>/<Method>` and `/file/bot<token>/<path>`."""

import json
import logging
from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from web.sandbox.telegram.call import Call, Described, Upload
from web.sandbox.telegram.errors import BLOCKED, BotApiError, bad_request, method_not_found, too_many_requests
from web.sandbox.telegram.faults import SHAPES, Fault
from web.sandbox.telegram.methods import METHODS
from web.sandbox.telegram.methods.updates import CONFLICT_POLL
from web.sandbox.telegram.state import Bot
from web.sandbox.telegram.world import World

MAX_BODY_BYTES = 52 * 1024 * 1024
DRIP_S = 3.0
_DRIPS = 1_200

log = logging.getLogger(__name__)


def bot_api(world: World, *, hang_s: float) -> Blueprint:
    """Build the emulated Bot API. A `timeout` fault holds a call for `hang_s` seconds before dropping it."""
    blueprint = Blueprint("sandbox_bot_api", __name__)

    @blueprint.before_request
    def limit_body() -> None:
        request.max_content_length = MAX_BODY_BYTES
        request.max_form_memory_size = MAX_BODY_BYTES

    @blueprint.route("/bot<token>/<method>", methods=["GET", "POST"])
    def call_method(token: str, method: str) -> Response:
        try:
            return _answer(world, token, method.lower(), hang_s)
        except BotApiError as error:
            return _refusal(error)
        except RequestEntityTooLarge:
            return _refusal(BotApiError(413, "Request Entity Too Large"))
        except HTTPException as error:
            return _refusal(bad_request(str(error.name).lower()))

    @blueprint.get("/file/bot<token>/<path:path>")
    def download(token: str, path: str) -> Response:
        try:
            with world.changed:
                bot = world.bot_of_token(token)
                stored = world.files.find_by_path(bot.bot_id, path)
                if stored is None or not world.faults.knows("getfile"):
                    raise BotApiError(404, "Not Found")
                return Response(world.files.content(stored), mimetype="application/octet-stream")
        except BotApiError as error:
            return _refusal(error)

    return blueprint


def _answer(world: World, token: str, method: str, hang_s: float) -> Response:
    chat_id = str(_values().get("chat_id", ""))
    with world.changed:
        bot = world.bot_of_token(token)
        fault = world.faults.take(method, chat_id, bot.bot_id)
        known = method in METHODS and world.faults.knows(method)
    kind = fault.kind if fault else ""
    if fault and kind in {"timeout", "slow"}:
        world.stopping.wait(hang_s if kind == "timeout" else fault.seconds)
    if kind in {"timeout", "drop"}:
        return _dropped()
    if kind == "drip":
        return _dripping(world, every_s=min(DRIP_S, hang_s))
    if fault and kind not in {"", "slow", "lost_reply"}:
        return _broken(fault)
    if not known:
        raise method_not_found()
    result = _perform(world, bot, method)
    return _dropped() if kind == "lost_reply" else result


def _perform(world: World, bot: Bot, method: str) -> Response:
    values = _values()
    uploads = {name: Upload(upload.filename or "", upload.read()) for name, upload in request.files.items()}
    with world.changed:
        result = METHODS[method](Call(world, bot, values, uploads))
    if isinstance(result, Described):
        return _json({"ok": True, "result": result.result, "description": result.description}, 200)
    return _json({"ok": True, "result": result}, 200)


def _values() -> dict[str, Any]:
    """Collect the parameters from the query string, the form or the JSON body; the body wins."""
    values: dict[str, Any] = {**request.args, **request.form}
    if request.mimetype == "application/json" and request.get_data(cache=True):
        body = request.get_json(silent=True)
        if not isinstance(body, dict):
            raise bad_request("object expected as request body")
        values |= body
    return values


def _broken(fault: Fault) -> Response:
    """Answer as a fault demands.

    Raises: BotApiError for refusals that Telegram itself may give.
    """
    if fault.kind == "502":
        return Response("<html><body><h1>502 Bad Gateway</h1></body></html>", 502, mimetype="text/html")
    if fault.kind == "answer":
        return Response(fault.body, fault.status, mimetype="application/json")
    if fault.kind in SHAPES:
        status, body = SHAPES[fault.kind]
        return Response(body, status, mimetype="application/json")
    raise _fault_error(fault)


def _fault_error(fault: Fault) -> BotApiError:
    if fault.kind == "429":
        return too_many_requests(max(1, fault.seconds))
    known = {"401": (401, "Unauthorized"), "403": (403, BLOCKED), "409": (409, CONFLICT_POLL)}
    if fault.kind in known:
        return BotApiError(*known[fault.kind])
    if fault.kind == "400":
        return bad_request("a fault that was asked for in the sandbox")
    return BotApiError(500, "Internal Server Error: restart")


def _refusal(error: BotApiError) -> Response:
    body: dict[str, Any] = {"ok": False, "error_code": error.code, "description": error.description}
    if error.retry_after is not None:
        body["parameters"] = {"retry_after": error.retry_after}
    reply = _json(body, error.code)
    if error.retry_after is not None:
        reply.headers["Retry-After"] = str(error.retry_after)
    return reply


def _json(body: dict[str, Any], status: int) -> Response:
    return Response(json.dumps(body), status, mimetype="application/json")


def _dripping(world: World, *, every_s: float) -> Response:
    """Announce a long body and send a byte now and then, for an hour."""

    def body() -> Iterator[bytes]:
        for _ in range(_DRIPS):
            yield b" "
            if world.stopping.wait(every_s):
                return

    return Response(body(), 200, headers={"Content-Length": "1000000"}, mimetype="application/json")


def _dropped() -> Response:
    """Break the answer off: it is shorter than announced, so the server closes the connection."""

    def broken() -> Iterator[bytes]:
        yield b"{"

    return Response(broken(), 200, headers={"Content-Length": "1000"}, mimetype="application/json")
