"""The payment provider's reports: who may post one, and the answers.

No signature or a wrong one 403, over 64 KiB (or of unknown length) 413, everything else 200 with an empty body: the
provider repeats a report four times if it gets any other answer, and the shop asks anyway.
"""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, Response, request

from shop.chains.errors import UnsignedCallback

MAX_BODY_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class CallbackRoute:
    """The route for a provider's reports. `accept` takes the raw body and the signature, and raises
    UnsignedCallback.
    """

    path: str
    signature_header: str
    accept: Callable[[bytes, str | None], None]


def payment_callbacks(route: CallbackRoute) -> Blueprint:
    """Build the provider's route."""
    routes = Blueprint("payment_callbacks", __name__)

    @routes.post(route.path)
    def event() -> Response:
        if request.content_length is None or request.content_length > MAX_BODY_BYTES:
            return Response(status=413)
        try:
            route.accept(request.get_data(), request.headers.get(route.signature_header))
        except UnsignedCallback:
            return Response(status=403)
        return Response(status=200)

    return routes
