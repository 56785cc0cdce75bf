"""Reports from the payment provider: who may post one, and how it is answered.

403 for a missing or wrong signature, 413 for a body over 64 KiB or of unknown length, 503 for a payment that the shop
doesn't know and can't ask about now, otherwise 200 with an empty body. The provider repeats a report four times if it
gets any other answer; about payments that it knows, the shop asks the provider anyway.
"""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, Response, request

from shop.chains.errors import UnsignedCallback
from shop.errors.payments import PaymentsBusy, PaymentsUnavailable

MAX_BODY_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class CallbackRoute:
    """The provider's route. `accept` takes the raw body and the signature, and raises UnsignedCallback.

    If it raises PaymentsBusy or PaymentsUnavailable, the report has to come again.
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
        except (PaymentsBusy, PaymentsUnavailable):
            return Response(status=503)
        return Response(status=200)

    return routes
