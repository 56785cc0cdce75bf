"""`/healthz`: is the shop at work, and which chains are delayed. Nothing secret, nothing of customers."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, Response, jsonify


@dataclass(frozen=True, slots=True)
class Health:
    """What a monitor wants to know. `delayed` names the chains that no provider answers for."""

    database: bool
    delayed: tuple[str, ...]
    unsent: int
    job_failures: int

    @property
    def status(self) -> str:
        """Say it in one word."""
        if not self.database:
            return "down"
        return "degraded" if self.delayed else "ok"


def health_page(health: Callable[[], Health]) -> Blueprint:
    """Build the route: 200 while the shop serves customers, 503 when it cannot."""
    routes = Blueprint("health", __name__)

    @routes.get("/healthz")
    def healthz() -> tuple[Response, int]:
        now = health()
        answer = jsonify(
            status=now.status, delayed=list(now.delayed), unsent=now.unsent, job_failures=now.job_failures
        )
        return answer, 200 if now.database else 503

    return routes
