"""KryptoExpress as a payment provider of the shop; `shop.chains.kryptoexpress` speaks its protocol."""

from dataclasses import dataclass
from typing import ClassVar, Self

from shop.assets import Asset
from shop.chains.http import Clock, HttpClient
from shop.chains.kryptoexpress import KryptoExpress, KryptoPayment, connect, read_callback
from shop.money import Money
from shop.payments.provider import ProviderPayment
from shop.settings.model import Settings


@dataclass(frozen=True, slots=True)
class KryptoExpressProvider:
    """KryptoExpress, with the secret that it signs its reports with. Its codes of coins are the shop's."""

    name: ClassVar[str] = "kryptoexpress"
    title: ClassVar[str] = "KryptoExpress"
    callback_path: ClassVar[str] = "/cryptoprocessing/event"
    signature_header: ClassVar[str] = "X-Signature"

    client: KryptoExpress
    secret: str

    @classmethod
    def connect(cls, settings: Settings, http: HttpClient, clock: Clock) -> Self:
        """Build it from KRYPTO_EXPRESS_API_URL, _KEY and _SECRET."""
        key, secret = settings.krypto_express_api_key, settings.krypto_express_api_secret
        client = connect(settings.krypto_express_api_url, key.get_secret_value(), http, clock=clock)
        return cls(client, secret.get_secret_value())

    def assets(self) -> frozenset[str]:
        """List the codes of the assets that can be paid with. Raises ProviderError."""
        return frozenset(self.client.currencies())

    def check_key(self) -> None:
        """Ask whether the key is accepted. Raises Refused, ProviderError."""
        self.client.check_key()

    def open(self, asked: Money, asset: Asset, *, callback_url: str) -> ProviderPayment:
        """Open a payment of a fixed amount in fiat. Raises Rejected, ProviderError."""
        return _payment(
            self.client.create_payment(
                fiat_currency=asked.currency,
                fiat_amount=asked.decimal,
                crypto_currency=asset.code,
                callback_url=callback_url,
                callback_secret=self.secret,
            )
        )

    def ask(self, reference: str) -> ProviderPayment:
        """Ask for a payment by its hash. Raises NotFound, ProviderError."""
        return _payment(self.client.payment(reference))

    def read_callback(self, body: bytes, signature: str | None) -> str:
        """Check the signature and read the hash of the payment. Raises UnsignedCallback, BadCallback."""
        return read_callback(body, signature=signature, secret=self.secret).hash


def _payment(payment: KryptoPayment) -> ProviderPayment:
    return ProviderPayment(
        reference=payment.hash,
        number=str(payment.id),
        fiat_currency=payment.fiat_currency,
        fiat_amount=payment.fiat_amount,
        asset_code=payment.crypto_currency,
        coins=payment.crypto_amount,
        address=payment.address,
        is_paid=payment.is_paid,
        expires_at=payment.expires_at,
    )
