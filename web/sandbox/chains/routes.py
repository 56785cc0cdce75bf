"""Put the views of the emulated servers on one blueprint, with one request at a time."""

import functools
import threading
from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response, g, request
from werkzeug.routing import Map, Rule

from web.sandbox.chains.faults import Faults
from web.sandbox.chains.names import SERVERS, provider_in_path

View = Callable[..., Response]
Place = tuple[str, str]
"""A rule and its method."""


@functools.lru_cache(maxsize=4)
def _map_of(places: tuple[Place, ...]) -> Map:
    """Compile rules, which takes long, once for all chains in this process."""
    return Map([Rule(rule, methods=[method], endpoint=(rule, method)) for rule, method in places])


class Routes:
    """Views that share one lock and fail when a fault is due (`flask.g.fault` is its kind)."""

    def __init__(self, faults: Faults, lock: threading.RLock) -> None:
        self._views: dict[Place, View] = {}
        self._faults = faults
        self._lock = lock
        self.questions: dict[str, int] = {}

    def add(self, prefix: str, views: Mapping[str, View], *, method: str = "GET") -> None:
        """Add views by their rules under a prefix."""
        for rule, view in views.items():
            self._views[prefix + rule, method] = view

    def blueprint(self) -> Blueprint:
        """Return one blueprint with all views."""
        blueprint, rules = Blueprint("chains", __name__), _map_of(tuple(self._views))
        servers = ",".join(f'"{name}"' for name in sorted(SERVERS))

        def answer(**_parts: str) -> Response:
            place, arguments = rules.bind(request.host).match(request.path, request.method)
            return self._broken() or self._alone(self._views[place], arguments)

        for rest in ("", "/", "/<path:rest>"):
            rule = f"/<any({servers}):server>{rest}"
            blueprint.add_url_rule(rule, "server" + rest.replace("/", " "), answer, methods=["GET", "POST"])
        return blueprint

    def _alone(self, view: View, arguments: Mapping[str, Any]) -> Response:
        with self._lock:
            return view(**arguments)

    def _broken(self) -> Response | None:
        provider = provider_in_path(request.path)
        with self._lock:
            self.questions[provider] = self.questions.get(provider, 0) + 1
        kind = self._faults.next(provider)
        g.fault = kind
        return self._faults.response(kind) if kind else None


def is_mirror() -> bool:
    """Return whether the request is to a chain's second server, which may do some things in another way."""
    return provider_in_path(request.path).endswith("-mirror")
