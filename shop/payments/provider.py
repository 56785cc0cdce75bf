"""The interface to a payment provider, which takes coins on the shop's behalf at its own addresses."""

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar, Protocol, Self

from shop.assets import Asset
from shop.chains.http import Clock, HttpClient
from shop.money import Money
from shop.settings.model import Settings


@dataclass(frozen=True, slots=True)
class ProviderPayment:
    """A payment as its provider shows it.

    `reference` identifies it in requests, `number` on the provider's pages. `asset_code` is the shop's code.
    `coins` are whole coins, asked for or paid; None until known. Times are Unix seconds.
    """

    reference: str
    number: str
    fiat_currency: str
    fiat_amount: Decimal | None
    asset_code: str
    coins: Decimal | None
    address: str
    is_paid: bool
    expires_at: int


class PaymentProvider(Protocol):
    """A payment provider.

    `name` marks its invoices in the database and begins their ledger keys, so it never changes; lower-case letters,
    digits and underscores. `title` is the name shown to people. Reports come to `callback_path`, each with its
    signature in the header `signature_header`.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    callback_path: ClassVar[str]
    signature_header: ClassVar[str]

    @classmethod
    def connect(cls, settings: Settings, http: HttpClient, clock: Clock) -> Self:
        """Build the provider from the shop's settings; nothing is asked yet."""

    def assets(self) -> frozenset[str]:
        """List the codes of the assets that can be paid with, in the shop's spelling. Raises ProviderError."""

    def check_key(self) -> None:
        """Ask whether the shop's key is accepted; no payment is opened.

        Raises:
            Refused: it is not.
            ProviderError: no usable answer.
        """

    def open(self, asked: Money, asset: Asset, *, callback_url: str) -> ProviderPayment:
        """Open a payment of a fixed amount in fiat; without a URL it is not reported.

        Raises:
            Rejected: the provider does not take this amount.
            ProviderError: no usable answer.
        """

    def ask(self, reference: str) -> ProviderPayment:
        """Ask for a payment. Raises NotFound, ProviderError."""

    def read_callback(self, body: bytes, signature: str | None) -> str:
        """Check a report's signature over its raw body, and only then read and return the reference of its payment.

        Raises:
            UnsignedCallback: the signature is missing or wrong.
            BadCallback: it is signed, but is not about a payment.
        """
