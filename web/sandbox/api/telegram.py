"""Faults of the emulated Telegram, and the state that the page shows."""

from flask import Blueprint, Response, jsonify

from web.sandbox.api.body import json_body, optional_text, text, whole
from web.sandbox.chain_panel import ChainPanel
from web.sandbox.errors import SandboxError
from web.sandbox.telegram.emulator import Telegram
from web.sandbox.telegram.methods import METHODS
from web.sandbox.wire import Json


def mount(blueprint: Blueprint, telegram: Telegram, chains: ChainPanel, facts: Json) -> None:
    """Add the routes."""

    @blueprint.get("/state")
    def state() -> Response:
        return jsonify({**facts, **telegram.overview(), "chains": chains.overview()})

    @blueprint.post("/telegram/fault")
    def break_calls() -> Response:
        body = json_body()
        method = optional_text(body, "method")
        if method is not None and method.lower() not in METHODS:
            raise SandboxError("The emulated Telegram has no method of this name.")
        bot = optional_text(body, "bot")
        telegram.fault(
            text(body, "kind"),
            whole(body, "count", default=1),
            method,
            chat_id=whole(body, "chat_id", default=0, most=2**52) or None,
            seconds=whole(body, "seconds", default=1),
            status=whole(body, "status", default=200),
            body=text(body, "body", maximum=4_000) if "body" in body else "",
            bot_id=None if bot is None else telegram.bot_id(bot),
        )
        return jsonify(ok=True)

    @blueprint.post("/telegram/bots/<name>/revoke")
    def revoke(name: str) -> Response:
        telegram.revoke(name)
        return jsonify(ok=True)

    @blueprint.post("/telegram/<any(text_only, paced, private):switch>")
    def switch_on_or_off(switch: str) -> Response:
        is_on = json_body().get("on")
        if not isinstance(is_on, bool):
            raise SandboxError("on must be true or false.")
        telegram.fault(switch, int(is_on))
        return jsonify(on=is_on)
