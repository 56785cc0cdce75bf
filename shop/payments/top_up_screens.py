"""Top-up screens that update themselves: a rate or an invoice counts down, and the payment replaces them.

Each customer's newest message is kept up to date. Edits go through the outbox, like everything that has to arrive:
they survive a restart, and wait when Telegram asks for it.
"""

from dataclasses import dataclass

from shop.assets import Asset
from shop.context import Context
from shop.outbox import Event, SentMessage
from shop.payments.invoice_views import InvoiceView
from shop.payments.invoices import Invoices
from shop.payments.top_ups import TopUp, TopUps
from shop.people import Person
from storage.models import Customer, TopUpScreen
from wallet.chains import Chain

LAST_S = 600
"""For this many seconds before its rate ends, a screen is edited every minute, and once more when it ends."""
_FAR_S = 3_000
"""The furthest ahead that an edit is planned: the outbox treats a letter due in more than an hour as due now."""
MOST_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class LiveScreen:
    """A top-up screen as it should look now, and the message that shows it."""

    id: int
    shown: TopUp | InvoiceView
    message: SentMessage


@dataclass(frozen=True, slots=True)
class TopUpScreens:
    """Knows which message shows which customer's top-up."""

    context: Context
    top_ups: TopUps
    invoices: Invoices | None

    def begin(self, person: Person, shown: TopUp | InvoiceView) -> int:
        """Keep a screen up to date from now on, instead of an older one; return its number."""
        now = self.context.clock()
        if isinstance(shown, InvoiceView):
            what = {"invoice_id": shown.id}
        else:
            what = {"top_up_id": shown.id} | ({} if shown.wanted is None else {"wanted_minor": shown.wanted.minor})
        clock = {"shown_at": now, "ends_at": shown.expires_at, "next_edit_at": _next_edit(shown.expires_at, now)}
        with self.context.database.transaction():
            return TopUpScreen.begin(person.id, bot_id=person.bot_id, **what, **clock)

    def arrived(self, screen_id: int, message_id: int) -> None:
        """Remember which message shows a screen, unless a newer screen has replaced it."""
        with self.context.database.transaction():
            TopUpScreen.change(screen_id, message_id=message_id)

    def left(self, person: Person, message_id: int) -> None:
        """Stop updating a message that now shows something else."""
        row = TopUpScreen.of(person.id)
        if row is not None and (row.bot_id, row.message_id) == (person.bot_id, message_id):
            self.end(row.id)

    def end(self, screen_id: int) -> None:
        """Stop keeping a screen up to date."""
        with self.context.database.transaction():
            TopUpScreen.forget(screen_id)

    def now(self, customer_id: int) -> LiveScreen | None:
        """Read how a customer's screen should look now; None if no message shows it."""
        row = TopUpScreen.of(customer_id)
        if row is None or row.message_id is None:
            return None
        shown = self._shown(row)
        return None if shown is None else LiveScreen(row.id, shown, SentMessage(row.bot_id, row.message_id))

    def on(self, customer_id: int, chain: Chain) -> LiveScreen | None:
        """Read the screen that a payment on a chain replaces."""
        screen = self.now(customer_id)
        if screen is None or not isinstance(screen.shown, TopUp):
            return None
        return screen if screen.shown.asset.chain is chain else None

    def of_invoice(self, invoice: InvoiceView) -> LiveScreen | None:
        """Read the screen that the outcome of an invoice replaces."""
        screen = self.now(invoice.customer_id)
        if screen is None or not isinstance(screen.shown, InvoiceView):
            return None
        return screen if screen.shown.id == invoice.id else None

    def promised(self, customer_id: int, asset: Asset) -> TopUp | None:
        """Read what a customer was last asked to pay, if it was in this coin, in any message."""
        row = TopUpScreen.of(customer_id)
        shown = None if row is None else self._shown(row)
        return shown if isinstance(shown, TopUp) and shown.asset == asset else None

    def run(self) -> None:
        """Queue the edits that are due; an edit is written when it is sent, so one that waits is never out of
        date.
        """
        now = self.context.clock()
        for row in TopUpScreen.due(now, limit=MOST_AT_ONCE) if TopUpScreen.any_due(now) else ():
            with self.context.database.transaction():
                TopUpScreen.change(row.id, next_edit_at=_next_edit(row.ends_at, now))
                self._edit(row)

    def _shown(self, row: TopUpScreen) -> TopUp | InvoiceView | None:
        """Read what a screen shows; None for an invoice of a provider that takes no payments any more."""
        if row.top_up_id is not None:
            return self.top_ups.again(row.top_up_id, wanted_minor=row.wanted_minor)
        return None if self.invoices is None or row.invoice_id is None else self.invoices.view(row.invoice_id)

    def _edit(self, row: TopUpScreen) -> None:
        key, customer = f"top-up:{row.customer_id}", Customer.get_by_id(row.customer_id)
        if not self.context.outbox.waits(key):
            self.context.outbox.tell_again(customer, Event.TOP_UP, key=key, payload={"customer_id": row.customer_id})


def _next_edit(expires_at: int, now: int) -> int | None:
    """Return when a screen is edited next; None once its rate has ended."""
    left_s = expires_at - now
    if left_s <= 0:
        return None
    next_s = left_s - LAST_S if left_s > LAST_S else (left_s - 1) % 60 + 1
    return now + min(next_s, _FAR_S)
