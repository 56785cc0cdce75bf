"""Put the views of the emulated servers on one blueprint, with one request at a time."""

import functools
import threading
from collections.abc import Callable, Mapping

from flask import Blueprint, Response, g, request

from web.sandbox.chains.faults import Faults
from web.sandbox.chains.names import provider_in_path

View = Callable[..., Response]


class Routes:
    """A blueprint whose views share one lock and fail when a fault is due (`flask.g.fault` is its kind)."""

    def __init__(self, faults: Faults, lock: threading.RLock) -> None:
        self.blueprint = Blueprint("chains", __name__)
        self._faults = faults
        self._lock = lock
        self.questions: dict[str, int] = {}
        self.blueprint.before_request(self._break)

    def add(self, prefix: str, views: Mapping[str, View], *, method: str = "GET") -> None:
        """Add views by their rules under a prefix."""
        for rule, view in views.items():
            endpoint = f"{method}{prefix}{rule}".replace(".", "_")
            self.blueprint.add_url_rule(prefix + rule, endpoint, self._alone(view), methods=[method])

    def _alone(self, view: View) -> View:
        @functools.wraps(view)
        def locked(**arguments: object) -> Response:
            with self._lock:
                return view(**arguments)

        return locked

    def _break(self) -> Response | None:
        provider = provider_in_path(request.path)
        with self._lock:
            self.questions[provider] = self.questions.get(provider, 0) + 1
        kind = self._faults.next(provider)
        g.fault = kind
        return self._faults.response(kind) if kind else None


def is_mirror() -> bool:
    """Return whether the request is to a chain's second server, which may do some things in another way."""
    return provider_in_path(request.path).endswith("-mirror")
