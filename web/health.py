"""`/healthz` says whether the shop can serve its customers, `/readyz` whether it has started.

Neither shows secrets or customer data. Both read memory only and have a thread of their own (`web.limits`), so they
answer even when everything else hangs.
"""

from collections.abc import Callable

from flask import Blueprint, Response, jsonify

from shop.health import Health


def health_page(health: Callable[[], Health], *, is_ready: Callable[[], bool]) -> Blueprint:
    """Build both routes. `/healthz` is 503 when the shop cannot serve; `/readyz` is 200 from start to stop."""
    routes = Blueprint("health", __name__)

    @routes.get("/healthz")
    def healthz() -> tuple[Response, int]:
        now = health()
        answer = jsonify(
            status=now.status,
            failed=[reason.value for reason in now.failed],
            degraded=[reason.value for reason in now.degraded],
            delayed=list(now.delayed),
            reasons=dict(now.reasons),
            resting={chain: list(names) for chain, names in now.resting},
            slow={chain: list(names) for chain, names in now.slow},
            unsent=now.unsent,
            job_failures=now.job_failures,
            overdue=list(now.overdue),
        )
        return answer, 503 if now.failed else 200

    @routes.get("/readyz")
    def readyz() -> tuple[Response, int]:
        ready = is_ready()
        return jsonify(ready=ready), 200 if ready else 503

    return routes
