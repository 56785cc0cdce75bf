"""`/healthz`: is the shop at work, and which chains are delayed. Nothing secret, nothing of customers."""

from collections.abc import Callable

from flask import Blueprint, Response, jsonify

from shop.health import Health


def health_page(health: Callable[[], Health]) -> Blueprint:
    """Build the route: 200 while the shop serves customers, 503 when it cannot."""
    routes = Blueprint("health", __name__)

    @routes.get("/healthz")
    def healthz() -> tuple[Response, int]:
        now = health()
        answer = jsonify(
            status=now.status,
            delayed=list(now.delayed),
            reasons=dict(now.reasons),
            resting={chain: list(names) for chain, names in now.resting},
            unsent=now.unsent,
            job_failures=now.job_failures,
        )
        return answer, 200 if now.database else 503

    return routes
