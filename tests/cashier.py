"""A shop that takes payments through the emulated KryptoExpress, over real HTTP."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from random import Random
from typing import Any

from flask import Flask, Response, request

from shop import assembly
from shop.payments.assembly import Rhythm
from shop.payments.invoice_views import InvoiceView
from shop.payments.invoices import Invoices
from shop.payments.kryptoexpress import KryptoExpressProvider
from shop.people import Person
from storage.database import Database
from storage.models import Invoice
from tests.patience import patient_client
from tests.stand import Stand, World, settings_of
from web.sandbox.chains import Chains
from web.sandbox.chains.kryptoexpress import Callback
from web.sandbox.server import serve_in_thread

SECRET = "a-secret-of-the-tests"
SHOP_URL = "https://shop.example"
SETTINGS = {
    "PAYMENT_BACKEND": "kryptoexpress",
    "KRYPTO_EXPRESS_API_KEY": "sandbox",
    "KRYPTO_EXPRESS_API_SECRET": SECRET,
    "PUBLIC_URL": SHOP_URL,
}


class Cashier:
    """The shop, the provider, and shortcuts for what passes between them."""

    def __init__(self, stand: Stand, chains: Chains, client: KryptoExpressProvider) -> None:
        assert stand.shop.payments.invoices is not None
        self.stand = stand
        self.chains = chains
        self.client = client
        self.provider = chains.kryptoexpress
        self.invoices: Invoices = stand.shop.payments.invoices
        self.ada: Person = stand.visitor()
        self.twist: Callable[[bytes], bytes] = bytes
        """Changes the provider's answers in transit."""
        self.refusing: dict[str, int] = {}
        """The status that the provider answers with whenever it is asked about a payment, by the payment's hash."""

    def with_secret(self, secret: str) -> Invoices:
        """The same shop with a different secret."""
        return Invoices(self.invoices.context, replace(self.client, secret=secret), ())

    def open(self, amount: str = "50.00", coin: str = "BTC", person: Person | None = None) -> InvoiceView:
        return self.invoices.open(person or self.ada, coin, self.stand.usd(amount))

    def hash_of(self, view: InvoiceView) -> str:
        return str(Invoice.get_by_id(view.id).reference)

    def pay(self, view: InvoiceView) -> Callback:
        """Pay the provider's invoice; return its report without delivering it."""
        return self.provider.pay(self.hash_of(view))

    def report(self, callback: Callback) -> None:
        self.invoices.callback(callback.body, callback.headers["X-Signature"])

    def state(self, view: InvoiceView) -> str:
        return self.invoices.view(view.id).state.value

    def balance(self) -> int:
        return self.stand.balance(self.ada)

    @property
    def questions(self) -> int:
        return self.chains.routes.questions.get("kryptoexpress", 0)


@contextmanager
def open_cashier(database: Database, clock: Any, **changes: str) -> Iterator[Cashier]:
    """Build the shop as `commands/serving.py` does, with the emulated provider on its own server."""
    chains = Chains(clock=clock, random=Random(7), hold_s=0.05)
    app = Flask("provider")
    app.register_blueprint(chains.blueprint())
    server = serve_in_thread(app)

    def no_transaction() -> None:
        assert not database.in_transaction(), "a server is asked while a transaction is open"

    http = patient_client(before_request=no_transaction)
    settings = settings_of(
        database.path.parent, **SETTINGS | {"KRYPTO_EXPRESS_API_URL": f"{server.url}/kryptoexpress"} | changes
    )
    provider = KryptoExpressProvider.connect(settings, http, clock)
    world = World(database)
    rhythm, languages = Rhythm(monotonic=clock.monotonic), frozenset({"en", "de"})
    shop = assembly.build(
        settings, database, world, clock=clock, languages=languages, rhythm=rhythm, provider=provider
    )
    cashier = Cashier(Stand(shop, world, database, clock, settings), chains, provider)

    @app.after_request
    def twisted(reply: Response) -> Response:
        if not reply.is_streamed:
            reply.set_data(cashier.twist(reply.get_data()))
            reply.status_code = cashier.refusing.get(request.args.get("hash", ""), reply.status_code)
        return reply

    cashier.invoices.refresh_assets()
    yield cashier
    chains.faults.released.set()
    http.close()
    server.stop()
