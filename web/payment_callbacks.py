"""Reports of the payment provider: who may post one, and what is answered.

No signature or a wrong one 403, over 64 KiB (or of unknown length) 413, everything else 200 with an empty body: the
provider repeats a report four times when it gets another answer, and the shop asks anyway.
"""

from collections.abc import Callable

from flask import Blueprint, Response, request

from shop.chains.kryptoexpress import UnsignedCallback
from shop.payments.invoices import CALLBACK_PATH

MAX_BODY_BYTES = 64 * 1024
_SIGNATURE_HEADER = "X-Signature"


def payment_callbacks(accept: Callable[[bytes, str | None], None]) -> Blueprint:
    """Build the route. `accept` takes the raw body and the signature, and raises UnsignedCallback."""
    routes = Blueprint("payment_callbacks", __name__)

    @routes.post(CALLBACK_PATH)
    def event() -> Response:
        if request.content_length is None or request.content_length > MAX_BODY_BYTES:
            return Response(status=413)
        try:
            accept(request.get_data(), request.headers.get(_SIGNATURE_HEADER))
        except UnsignedCallback:
            return Response(status=403)
        return Response(status=200)

    return routes
