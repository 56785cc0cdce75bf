"""The sandbox's page: static files, nothing from other sites, and a strict content security policy."""

from flask import Blueprint, Response

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)


def sandbox_page() -> Blueprint:
    """Build the page at `/`, with its files under `/sandbox/page`."""
    page = Blueprint("sandbox_page", __name__, static_folder="static", static_url_path="/sandbox/page")

    @page.get("/")
    def index() -> Response:
        return page.send_static_file("index.html")

    @page.after_request
    def protect(reply: Response) -> Response:
        reply.headers["Content-Security-Policy"] = POLICY
        reply.headers["X-Content-Type-Options"] = "nosniff"
        reply.headers["Referrer-Policy"] = "no-referrer"
        reply.headers["Cache-Control"] = "no-cache"
        return reply

    return page
