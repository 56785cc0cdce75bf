"""Stars: paying a bill, filling a wallet, reversing a payment, withdrawing."""

from flask import Blueprint, Response, jsonify

from web.sandbox.api.body import json_body, text, whole
from web.sandbox.telegram.emulator import Telegram
from web.sandbox.telegram.people import MAX_USER_ID
from web.sandbox.telegram.stars import MOST_STARS

MOST_WITHDRAWN = 10**9
"""The most Stars in one withdrawal: more than a bot of the sandbox ever earns."""


def mount(blueprint: Blueprint, telegram: Telegram) -> None:
    """Add the routes."""

    @blueprint.get("/users/<int:user_id>/stars")
    def show_wallet(user_id: int) -> Response:
        return jsonify(telegram.wallet(user_id))

    @blueprint.post("/users/<int:user_id>/stars/pay")
    def pay_stars(user_id: int) -> Response:
        body = json_body()
        message_id = whole(body, "message_id", least=1, most=MAX_USER_ID)
        bill_of = whole(body, "bill_of", default=user_id, least=1, most=MAX_USER_ID)
        return jsonify(question=telegram.pay_stars(user_id, message_id, bill_of=bill_of))

    @blueprint.post("/users/<int:user_id>/stars/fill")
    def fill_wallet(user_id: int) -> Response:
        stars = whole(json_body(), "stars", least=1, most=MOST_STARS)
        return jsonify(telegram.fill_wallet(user_id, stars))

    @blueprint.post("/telegram/chargeback")
    def charge_back() -> Response:
        telegram.charge_back(text(json_body(), "charge_id"))
        return jsonify(ok=True)

    @blueprint.post("/telegram/withdraw")
    def withdraw_stars() -> Response:
        telegram.withdraw_stars(whole(json_body(), "stars", least=1, most=MOST_WITHDRAWN))
        return jsonify(ok=True)
