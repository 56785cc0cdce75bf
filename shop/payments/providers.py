"""The payment providers that PAY_BY can name for coins. To add one, add a row here and its settings."""

from collections.abc import Mapping
from types import MappingProxyType

from shop.chains.http import Clock, HttpClient
from shop.payments.kryptoexpress import KryptoExpressProvider
from shop.payments.provider import PaymentProvider
from shop.settings.model import Settings

PROVIDERS: Mapping[str, type[PaymentProvider]] = MappingProxyType(
    {provider.name: provider for provider in (KryptoExpressProvider,)}
)


def connect(settings: Settings, http: HttpClient, *, clock: Clock) -> PaymentProvider | None:
    """Build the configured provider; None if customers pay to the shop's own addresses."""
    provider = PROVIDERS.get(settings.coins_through)
    return None if provider is None else provider.connect(settings, http, clock)


def title_of(name: str) -> str:
    """Return a provider's display name; one unknown to this version keeps the name on its invoices."""
    provider = PROVIDERS.get(name)
    return name if provider is None else provider.title
