"""`/metrics` for Prometheus, behind a token, because business figures are confidential."""

import hmac
from collections.abc import Callable

from flask import Blueprint, Response, request

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def metrics_page(text: Callable[[], bytes], *, token: str) -> Blueprint:
    """Build the route. A wrong token gets the same 404 as a page that does not exist."""
    routes = Blueprint("metrics", __name__)
    expected = f"Bearer {token}".encode()

    @routes.get("/metrics")
    def metrics() -> tuple[Response, int]:
        given = request.headers.get("Authorization", "").encode("utf-8", "surrogateescape")
        if not token or not hmac.compare_digest(given, expected):
            return Response("not found", mimetype="text/plain"), 404
        return Response(text(), content_type=MEDIA_TYPE), 200

    return routes
