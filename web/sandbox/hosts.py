"""The names that the sandbox answers to.

Anyone who reaches the sandbox's page is its admin. A page of another site can point its own host name at this machine
after it was loaded (DNS rebinding), and then counts as the same site for the browser; only the Host header still has
its name. So any name that is not the sandbox's is refused. Numeric addresses cannot be pointed elsewhere.
"""

import ipaddress
from http import HTTPStatus
from urllib.parse import urlsplit

from flask import Flask, Response, request

from web.sandbox.errors import SandboxError


class NotOnLoopback(SandboxError):
    """The sandbox would be reachable from other machines without being asked to be."""

    def __init__(self, host: str) -> None:
        super().__init__(
            f"WEBAPP_HOST={host} lets other machines reach the sandbox, and whoever reaches its page is its admin. "
            "If you mean it, start it with `sandbox --public`."
        )


def require_loopback(host: str) -> None:
    """Refuse to listen where other machines can reach the sandbox.

    Raises: NotOnLoopback.
    """
    if not _is_loopback(host):
        raise NotOnLoopback(host)


def address_to_open(host: str, port: int) -> str:
    """Return the URL that leads to a server which listens on `host`, from this machine."""
    every_address = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared with, not listened on
    name = every_address.get(host, host)
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"


def answer_own_names_only(app: Flask, *, public: bool, public_url: str = "") -> None:
    """Make an app refuse requests that name another host, with 403.

    `localhost` and loopback addresses are its own; with `public`, so are all numeric addresses and the name in
    `public_url`.
    """
    own_name = urlsplit(public_url).hostname if public else None

    @app.before_request
    def guard() -> Response | None:
        host = _hostname(f"//{request.headers.get('Host', 'localhost')}")
        origin = request.headers.get("Origin")
        names = [host] if origin is None else [host, _hostname(origin)]
        if all(_is_own(name, public=public, own_name=own_name) for name in names):
            return None
        return Response(
            "The sandbox is opened by its address in numbers, or as localhost.\n",
            status=HTTPStatus.FORBIDDEN,
            mimetype="text/plain",
        )


def _hostname(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _is_own(name: str, *, public: bool, own_name: str | None) -> bool:
    return _is_loopback(name) or (public and (_is_address(name) or name == own_name))


def _is_loopback(name: str) -> bool:
    return name == "localhost" or (_is_address(name) and ipaddress.ip_address(name).is_loopback)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
