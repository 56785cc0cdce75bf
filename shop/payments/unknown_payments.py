"""Payments that a provider reports and the shop does not know, as after a restore: the owners are told of them.

Nothing is credited: only the database knew whose they were.
"""

import logging
import re
from dataclasses import dataclass, field

from shop.chains.errors import NotFound, Rejected
from shop.context import Context
from shop.errors.payments import PaymentsBusy
from shop.money import CURRENCIES, InvalidAmount, Money, parse
from shop.outbox import Event
from shop.payments.provider import PaymentProvider, ProviderPayment

_log = logging.getLogger("souk.invoices")

PAUSE_S = 60
"""How long a payment is not asked about again, whatever is reported, in seconds."""
MOST_ASKED = 30
"""The most questions within `PAUSE_S`."""
_NUMBER = re.compile(r"[0-9A-Za-z_-]{1,64}")


@dataclass(slots=True)
class UnknownPayments:
    """What the provider says about payments that are not in the database."""

    context: Context
    provider: PaymentProvider
    _asked: dict[str, int] = field(init=False, default_factory=dict)
    """When each payment was last asked about."""

    def look_up(self, reference: str) -> None:
        """Ask the provider about a reported payment; if it is paid, tell the owners, once.

        Raises:
            PaymentsBusy: it was asked too much in the last minute.
            ProviderError: no usable answer.
        """
        key = f"invoice-unknown:{self.provider.name}:{reference}"
        if self.context.outbox.has_told_admins(Event.ADMIN_INVOICE_UNKNOWN, key=key):
            return
        now = self.context.clock()
        recently = {each: at for each, at in self._asked.items() if 0 <= now - at < PAUSE_S}
        if reference in recently or len(recently) >= MOST_ASKED:
            raise PaymentsBusy
        self._asked = recently | {reference: now}
        try:
            payment = self.provider.ask(reference)
        except (NotFound, Rejected):
            _log.warning("a callback about a payment that the provider does not know itself")
            return
        if not payment.is_paid:
            _log.warning("a callback about a payment that is not this shop's, and is not paid")
            return
        asked = _sum_of(payment)
        if asked is None or not _NUMBER.fullmatch(payment.number):
            _log.error("a paid payment that the shop does not know has a number or a sum that makes no sense")
            return
        _log.error(
            "payment %s is paid, but the shop does not know it: %d %s", payment.number, asked.minor, asked.currency
        )
        names = {"provider": self.provider.title, "number": payment.number}
        payload = {**names, "minor": asked.minor, "currency": asked.currency}
        with self.context.database.transaction():
            self.context.outbox.tell_admins(Event.ADMIN_INVOICE_UNKNOWN, key=key, payload=payload)


def _sum_of(payment: ProviderPayment) -> Money | None:
    """Read the sum that a payment was opened for; None if it is not an amount of money."""
    if payment.fiat_amount is None or payment.fiat_currency not in CURRENCIES:
        return None
    try:
        asked = parse(f"{payment.fiat_amount.normalize():f}", payment.fiat_currency)
    except InvalidAmount:
        return None
    return asked if asked.minor > 0 else None
