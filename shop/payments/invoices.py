"""Invoices of a payment provider: opened for an amount in fiat, tracked until paid or long expired."""

import logging
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, localcontext

from shop.assets import ASSETS, Asset
from shop.chains.errors import (
    BadAnswer,
    BadCallback,
    NotFound,
    ProviderError,
    RateLimited,
    Rejected,
    UnsignedCallback,
)
from shop.context import Context
from shop.errors.payments import PaymentsBusy, PaymentsUnavailable, SumNotTaken, TooManyInvoices, UnknownAsset
from shop.ledger import Follower, credit_deposit
from shop.logs import Sparing
from shop.money import Money, whole_units
from shop.outbox import Event, SentMessage
from shop.payments.invoice_views import InvoiceState, InvoiceView, view_of
from shop.payments.outages import Outage
from shop.payments.provider import PaymentProvider, ProviderPayment
from shop.payments.store_mode import StoreMode
from shop.payments.unknown_payments import UnknownPayments
from shop.people import Person
from storage.models import Customer, Invoice
from storage.models import Invoice as InvoiceRow
from wallet.addresses import validate
from wallet.errors import InvalidAddress

_log = logging.getLogger("souk.invoices")

FRESH_S = 900
FOLLOW_S = 86_400
"""Seconds after expiry during which the provider is still asked about an invoice; callbacks always count."""
_LONGEST_LIFE_S = 30 * 86_400
_LONGEST_NAME = 200
MOST_OPEN = 5
MOST_WAITING = 2
"""The most threads that wait for the provider at once on behalf of people: a silent one must not stop the shop."""
LEAST_LEFT_S = 120
"""Seconds before expiry from which a new invoice is opened instead of showing the old one."""
AT_ONCE = 30
RETRY_S = 60
LONGEST_WAIT_S = 900
"""The longest wait in seconds between two questions about an invoice."""
_LAST_TRIES = FOLLOW_S // LONGEST_WAIT_S
"""How often a payment that cannot be read is still asked about a day late: the shop may have been off until now."""


def can_be_shown(payment: ProviderPayment, asset: Asset, asked: Money, *, now: int) -> bool:
    """Return whether a new payment matches the request: this amount, unpaid, an address of the coin's chain."""
    try:
        validate(asset.chain, payment.address)
    except InvalidAddress:
        return False
    lives_s = payment.expires_at - now
    return (
        (payment.fiat_currency, payment.fiat_amount) == (asked.currency, asked.decimal)
        and payment.asset_code == asset.code
        and not payment.is_paid
        and payment.coins is not None
        and payment.coins > 0
        and 0 < lives_s <= _LONGEST_LIFE_S
        and all(0 < len(name) <= _LONGEST_NAME for name in (payment.reference, payment.number))
    )


def differences(row: Invoice, payment: ProviderPayment, asked: Money) -> list[str]:
    """List the fields in which the provider contradicts the opened invoice."""
    pairs = {
        "id": ((payment.reference, payment.number), (row.reference, row.number)),
        "address": (payment.address, row.address),
        "coin": (payment.asset_code, row.asset),
        "currency": (payment.fiat_currency, asked.currency),
        "sum": (payment.fiat_amount, asked.decimal),
    }
    return [name for name, (now, then) in pairs.items() if now != then]


def units_of(coins: Decimal | None, asset: Asset, *, rounding: str) -> int:
    """Convert whole coins to base units: exactly, if the coin has enough decimals."""
    with localcontext() as context:
        context.prec = 200
        return int((coins or Decimal(0)).scaleb(asset.decimals).to_integral_value(rounding=rounding))


def next_check(row: Invoice, now: int) -> int | None:
    """Return when to ask again: every 10 s at first, every minute until expiry, then more rarely, then never."""
    if now < row.expires_at:
        wait_s = 10 if now - row.created_at < FRESH_S else 60
        return int(min(now + wait_s, row.expires_at))
    late_s = now - row.expires_at
    if late_s >= FOLLOW_S:
        return None
    return now + (120 if late_s < FRESH_S * 4 else LONGEST_WAIT_S)


@dataclass(slots=True)
class Invoices:
    """Opens invoices and credits paid ones."""

    context: Context
    provider: PaymentProvider
    followers: tuple[Follower, ...]
    outage: Outage = field(init=False)
    opening: Outage = field(init=False)
    """Failures to open a payment: one may be due to its sum and refuses nobody else, but admins hear of several."""
    _callback_url: str = field(init=False, default="")
    _assets: tuple[Asset, ...] = field(init=False, default=())
    _quiet_since: int = field(init=False, default=0)
    _quiet_s: int = field(init=False, default=0)
    _doubted: bool = field(init=False, default=False)
    """Whether a payment could not be opened, so the job has to find out if that is an outage."""
    _last_tries: Counter[int] = field(init=False, default_factory=Counter)
    _refused: Sparing = field(init=False)
    _waiting: threading.Semaphore = field(init=False, default_factory=lambda: threading.Semaphore(MOST_WAITING))
    _unknown: UnknownPayments = field(init=False)

    def __post_init__(self) -> None:
        self.outage = Outage(self.context, self.provider.title)
        self.opening = Outage(self.context, self.provider.title)
        self._refused = Sparing(_log, clock=self.context.clock)
        self._unknown = UnknownPayments(self.context, self.provider)

    def report_to(self, base_url: str) -> None:
        """Have payments reported to the web server at this URL; without it, the shop only polls."""
        self._callback_url = base_url + self.provider.callback_path if base_url else ""

    @property
    def assets(self) -> tuple[Asset, ...]:
        """The coins that both the shop and the provider accept, in the order that customers see.

        Raises:
            PaymentsUnavailable: the provider has not listed its coins since the shop started.
        """
        if not self._assets:
            raise PaymentsUnavailable
        return self._assets

    def asset(self, code: str) -> Asset:
        """Find an accepted coin.

        Raises:
            UnknownAsset: the coin is not accepted.
            PaymentsUnavailable: see `assets`.
        """
        asset = next((asset for asset in self.assets if asset.code == code), None)
        if asset is None:
            raise UnknownAsset(code)
        return asset

    def least(self, asset: Asset) -> Money:
        """Return the minimum payment if the settings name one, else zero."""
        return whole_units(self.context.settings.least_sums.get(asset.code, Decimal(0)), self.context.currency)

    @property
    def delayed(self) -> bool:
        """Return whether the provider does not answer, or has opened no payment for a while, at the moment."""
        return self.outage.lasts or self.opening.is_told

    def refresh_assets(self) -> None:
        """Ask the provider for its coins; if it does not answer, its last answer stays valid. Only for jobs."""
        try:
            with self.outage.watching():
                taken = self.provider.assets()
        except ProviderError as error:
            _log.warning("coins not refreshed: %s", error)
        else:
            self._assets = tuple(asset for code, asset in ASSETS.items() if code in taken)

    def open(self, person: Person, asset_code: str, asked: Money) -> InvoiceView:
        """Open an invoice at the provider, or return an open one for the same.

        It is for no less than the coin's minimum, if the settings name one.

        Raises:
            CoinsNotTaken: the shop takes no coins at the moment.
            UnknownAsset: the coin is not accepted.
            TooManyInvoices: the customer has too many unpaid ones.
            SumNotTaken: the provider refuses this amount.
            PaymentsUnavailable: the provider does not answer, or its answer does not match the request. During a
                known outage it is not asked.
            PaymentsBusy: it is being asked for others.
        """
        StoreMode(self.context).require_coins()
        asset = self.asset(asset_code)
        asked = max(asked, self.least(asset))
        known = self._open_already(person, asset, asked)
        if known is not None:
            return self._view(known)
        payment = self._create(asset, asked)
        with self.context.database.transaction():
            row = self._open_already(person, asset, asked) or self._keep(person, asset, asked, payment)
        return self._view(row)

    def callback(self, body: bytes, signature: str | None) -> None:
        """Handle a callback: check its signature, then ask the provider itself.

        Raises:
            UnsignedCallback: the provider's signature is missing or wrong.
            PaymentsBusy, PaymentsUnavailable: the shop doesn't know the payment, and the provider could not be asked
                about it now, so it has to report it again.
        """
        try:
            reference = self.provider.read_callback(body, signature)
        except UnsignedCallback as error:
            self._refused.warning("callback refused: %s", error.reason)
            raise
        except BadCallback as error:
            _log.warning("a signed callback is not a payment: %s", error.reason)
            return
        row = InvoiceRow.find(self.provider.name, reference)
        if row is None:
            self._look_up(reference)
        elif row.state != InvoiceState.PAID.value:
            try:
                with self._turn():
                    self._check(row)
            except ProviderError as error:
                _log.warning("payment %s will be checked again: %s", row.number, error)
                self._plan(row.id, self.context.clock())
            except (PaymentsBusy, PaymentsUnavailable):
                self._plan(row.id, self.context.clock())

    def _look_up(self, reference: str) -> None:
        """Ask about a payment that is not in the database. Raises PaymentsBusy, PaymentsUnavailable."""
        try:
            with self._turn(), self.outage.watching(of_one=True):
                self._unknown.look_up(reference)
        except ProviderError as error:
            _log.warning("a payment that the shop does not know could not be looked up: %s", error)
            raise PaymentsUnavailable from None

    def poll(self) -> None:
        """Ask about the invoices that are due, and whether an outage is over.

        A provider that does not answer changes nothing. An error in one of them is raised after the others.
        """
        now = self.context.clock()
        if self._rests(now):
            return
        with ExitStack() as each_of_them:
            each_of_them.callback(self._look_for_an_end, now)
            for row in reversed(self._due(now)):
                each_of_them.callback(self._poll_one, row, now)

    def view(self, invoice_id: int) -> InvoiceView:
        """Read an invoice, for its customer or the admins."""
        return self._view(InvoiceRow.get_by_id(invoice_id))

    def announced(self, invoice_id: int, message: SentMessage) -> None:
        """Store the message that shows an invoice's outcome."""
        with self.context.database.transaction():
            InvoiceRow.change(invoice_id, message_id=message.message_id, message_bot_id=message.bot_id)

    def _rests(self, now: int) -> bool:
        """Return whether the provider is left alone for a while."""
        return 0 <= now - self._quiet_since < self._quiet_s

    def _poll_one(self, row: InvoiceRow, now: int) -> None:
        """Ask about an invoice, and plan it after those behind it if that fails."""
        if self._rests(now):
            return
        try:
            self._check(row)
        except ProviderError as error:
            _log.warning("payment %s will be checked again: %s", row.number, error)
            self._plan(row.id, now + RETRY_S)
            if isinstance(error, RateLimited):
                self._quiet_since, self._quiet_s = now, error.retry_after_s or RETRY_S
            elif isinstance(error, NotFound | BadAnswer | Rejected) or self._answers(now):
                self._put_off(row, now)
        except Exception as error:
            _log.error("payment %s could not be followed: %s", row.number, error)
            self._plan(row.id, now + RETRY_S)
            raise

    def _look_for_an_end(self, now: int) -> None:
        """End an outage: nothing is opened meanwhile, so nobody else finds out that it is over."""
        if not self._rests(now) and (self._doubted or self.outage.lasts or not self._assets):
            self._answers(now)

    def _answers(self, now: int) -> bool:
        """Ask for the coins, which shows whether the provider answers at all; if not, leave it alone for a while."""
        self._doubted = False
        self.refresh_assets()
        if self.outage.lasts or not self._assets:
            self._quiet_since, self._quiet_s = now, RETRY_S
            return False
        return True

    def _put_off(self, row: InvoiceRow, now: int) -> None:
        """Ask later about a payment that cannot be read, and give it up when others are.

        If the provider said nothing about it after its expiry, the customer and the admins are told.
        """
        later = next_check(row, now)
        if later is not None:
            self._plan(row.id, max(now + RETRY_S, later))
            return
        self._last_tries[row.id] += 1
        if self._last_tries[row.id] < _LAST_TRIES:
            self._plan(row.id, now + LONGEST_WAIT_S)
            return
        del self._last_tries[row.id]
        with self.context.database.transaction():
            InvoiceRow.change(row.id, next_check_at=None)
            if InvoiceRow.get_by_id(row.id).state == InvoiceState.OPEN.value:
                InvoiceRow.change(row.id, state=InvoiceState.EXPIRED.value)
                self._tell(row)
                key, payload = f"invoice-unread:{row.id}", {"invoice_id": row.id}
                self.context.outbox.tell_admins(Event.ADMIN_INVOICE_UNREAD, key=key, payload=payload)

    def _due(self, now: int) -> list[InvoiceRow]:
        """List the invoices to ask about now, also those that a clock ahead of time gave up too early."""
        name = self.provider.name
        rows = InvoiceRow.due(name, now, limit=AT_ONCE, longest_wait_s=LONGEST_WAIT_S)
        return rows + InvoiceRow.given_up(name, expired_after=now - FOLLOW_S, limit=AT_ONCE - len(rows))

    def _open_already(self, person: Person, asset: Asset, asked: Money) -> InvoiceRow | None:
        now = self.context.clock()
        known = InvoiceRow.open_for(person.id, self.provider.name, asset.code, asked.minor, now + LEAST_LEFT_S)
        if known is None and InvoiceRow.count_open(person.id, now) >= MOST_OPEN:
            raise TooManyInvoices(MOST_OPEN)
        return known

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Let few threads ask the provider for people at once, and none during a known outage.

        Raises:
            PaymentsUnavailable: there is an outage.
            PaymentsBusy: others are asking.
        """
        if self.outage.lasts:
            raise PaymentsUnavailable
        if not self._waiting.acquire(blocking=False):
            raise PaymentsBusy
        try:
            yield
        finally:
            self._waiting.release()

    def _create(self, asset: Asset, asked: Money) -> ProviderPayment:
        try:
            with self.opening.watching():
                with self._turn(), self.outage.watching(of_one=True):
                    payment = self.provider.open(asked, asset, callback_url=self._callback_url)
                if not can_be_shown(payment, asset, asked, now=self.context.clock()):
                    raise BadAnswer(self.provider.title, "a payment that does not match the request")
        except Rejected:
            raise SumNotTaken(asked) from None
        except ProviderError as error:
            _log.warning("no payment can be opened: %s", error)
            self._doubted = True
            raise PaymentsUnavailable from None
        return payment

    def _keep(self, person: Person, asset: Asset, asked: Money, payment: ProviderPayment) -> InvoiceRow:
        if InvoiceRow.find(self.provider.name, payment.reference) is not None:
            _log.warning(
                "no payment can be opened: %s: the reference of another payment was given again", self.provider.title
            )
            raise PaymentsUnavailable
        now = self.context.clock()
        row = InvoiceRow(
            customer=person.id,
            asset=asset.code,
            provider=self.provider.name,
            reference=payment.reference,
            number=payment.number,
            address=payment.address,
            fiat_minor=asked.minor,
            units=units_of(payment.coins, asset, rounding=ROUND_CEILING),
            state=InvoiceState.OPEN.value,
            created_at=now,
            expires_at=payment.expires_at,
        )
        row.next_check_at = next_check(row, now)
        row.save(force_insert=True)
        return row

    def _check(self, row: InvoiceRow) -> None:
        """Ask the provider about an invoice, and apply the answer. Raises ProviderError."""
        with self.outage.watching(of_one=True):
            payment = self.provider.ask(row.reference)
        with self.context.database.transaction():
            current = InvoiceRow.get_by_id(row.id)
            if current.state != InvoiceState.PAID.value:
                self._settle(current, payment)

    def _settle(self, row: InvoiceRow, payment: ProviderPayment) -> None:
        now = self.context.clock()
        later = next_check(row, now)
        differing = differences(row, payment, Money(row.fiat_minor, self.context.currency))
        if differing:
            _log.error("payment %s differs from the invoice opened: %s", row.number, ", ".join(differing))
            InvoiceRow.change(row.id, next_check_at=later)
            payload = {"invoice_id": row.id, "differing": differing}
            self.context.outbox.tell_admins(
                Event.ADMIN_INVOICE_DIFFERS, key=f"invoice-differs:{row.id}", payload=payload
            )
        elif payment.is_paid:
            self._credit(row, payment)
        elif row.state == InvoiceState.OPEN.value and now >= row.expires_at:
            InvoiceRow.change(row.id, state=InvoiceState.EXPIRED.value, next_check_at=later)
            self._tell(row)
        else:
            InvoiceRow.change(row.id, next_check_at=later)

    def _credit(self, row: InvoiceRow, payment: ProviderPayment) -> None:
        paid = payment.coins
        InvoiceRow.change(
            row.id,
            state=InvoiceState.PAID.value,
            paid_at=self.context.clock(),
            paid_units=None if paid is None or paid < 0 else units_of(paid, ASSETS[row.asset], rounding=ROUND_FLOOR),
            next_check_at=None,
        )
        amount, now = Money(row.fiat_minor, self.context.currency), self.context.clock()
        if credit_deposit(row.customer_id, amount, key=row.ledger_key, now=now, followers=self.followers):
            self._tell(row)
            key, payload = f"admin-invoice:{row.id}", {"invoice_id": row.id}
            self.context.outbox.tell_admins(Event.ADMIN_INVOICE, key=key, payload=payload)

    def _tell(self, row: InvoiceRow) -> None:
        customer = Customer.get_by_id(row.customer_id)
        self.context.outbox.tell_again(
            customer, Event.INVOICE, key=f"invoice:{row.id}", payload={"invoice_id": row.id}
        )

    def _plan(self, invoice_id: int, moment: int) -> None:
        with self.context.database.transaction():
            if InvoiceRow.get_by_id(invoice_id).state != InvoiceState.PAID.value:
                InvoiceRow.change(invoice_id, next_check_at=moment)

    def _view(self, row: InvoiceRow) -> InvoiceView:
        return view_of(row, self.context.currency, now=self.context.clock())
