"""The host names that the sandbox answers to.

Anyone who reaches the sandbox's page is its admin. Another site's page can point its own host name at this machine
after it has loaded (DNS rebinding); the browser then treats the sandbox as the same site, and only the Host header
still shows the other name. So names other than the sandbox's own are refused. Numeric addresses cannot be rebound.
"""

import ipaddress
from http import HTTPStatus
from urllib.parse import urlsplit

from flask import Flask, Response, request

from web.sandbox.errors import SandboxError


class NotOnLoopback(SandboxError):
    """The sandbox would be reachable from other machines without having been told to be public."""

    def __init__(self, host: str) -> None:
        super().__init__(
            f"WEBAPP_HOST={host} lets other machines reach the sandbox, and whoever reaches its page is its admin. "
            "If you mean it, start it with `sandbox --public`."
        )


def require_loopback(host: str) -> None:
    """Refuse to listen on an address that other machines can reach.

    Raises: NotOnLoopback.
    """
    if not _is_loopback(host):
        raise NotOnLoopback(host)


def address_to_open(host: str, port: int) -> str:
    """Return the URL under which this machine reaches a server that listens on `host`."""
    every_address = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - only compared, not bound
    name = every_address.get(host, host)
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"


def answer_own_names_only(app: Flask, *, public: bool, public_url: str = "") -> None:
    """Make an app refuse requests for other hosts with 403.

    `localhost` and loopback addresses are its own. `public` also allows every numeric address, and the name in
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
