"""Top-up screens that update themselves: a locked rate counts down, and the payment's screen takes their place.

One message of each customer is kept up to date, the newest. Edits go through the outbox, like everything that has to
arrive: they survive a restart, and wait where Telegram asks for it.
"""

from dataclasses import dataclass

from shop.assets import Asset
from shop.context import Context
from shop.outbox import Event
from shop.payments.top_ups import TopUp, TopUps
from shop.people import Person
from storage.models import Customer, TopUpScreen
from wallet.chains import Chain

LAST_S = 600
"""How many seconds before its rate ends a screen begins to be edited each minute; and once when it ends."""
_FAR_S = 3_000
"""No edit is planned further ahead: the outbox counts a letter that has to wait for more than an hour as due."""
MOST_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class LiveScreen:
    """A top-up screen as it should look now, and the message that shows it."""

    id: int
    shown: TopUp
    message_id: int


@dataclass(frozen=True, slots=True)
class TopUpScreens:
    """Knows which message shows whose top-up."""

    context: Context
    top_ups: TopUps

    def begin(self, person: Person, shown: TopUp) -> int:
        """Keep a screen up to date from now on, instead of an older one; return its number."""
        now = self.context.clock()
        with self.context.database.transaction():
            wanted = None if shown.wanted is None else shown.wanted.minor
            return TopUpScreen.begin(
                person.id, shown.id, wanted_minor=wanted, now=now, next_edit_at=_next_edit(shown.expires_at, now)
            )

    def arrived(self, screen_id: int, message_id: int) -> None:
        """Remember which message shows a screen, unless a newer one took its place."""
        with self.context.database.transaction():
            TopUpScreen.change(screen_id, message_id=message_id)

    def left(self, person: Person, message_id: int) -> None:
        """Leave a message alone that now shows something else."""
        if TopUpScreen.shows(person.id, message_id):
            with self.context.database.transaction():
                TopUpScreen.end(person.id, message_id)

    def end(self, screen_id: int) -> None:
        """Stop keeping a screen up to date."""
        with self.context.database.transaction():
            TopUpScreen.forget(screen_id)

    def now(self, customer_id: int) -> LiveScreen | None:
        """Read how a customer's screen should look now; None if no message shows it."""
        row = TopUpScreen.of(customer_id)
        if row is None or row.message_id is None:
            return None
        return LiveScreen(row.id, self.top_ups.again(row.top_up_id, wanted_minor=row.wanted_minor), row.message_id)

    def on(self, customer_id: int, chain: Chain) -> LiveScreen | None:
        """Read the screen that a payment on a chain replaces."""
        screen = self.now(customer_id)
        return screen if screen is not None and screen.shown.asset.chain is chain else None

    def promised(self, customer_id: int, asset: Asset) -> TopUp | None:
        """Read what a customer was last asked to pay, if it was in this coin, whichever message shows it."""
        row = TopUpScreen.of(customer_id)
        if row is None or row.top_up.asset != asset.code:
            return None
        return self.top_ups.again(row.top_up_id, wanted_minor=row.wanted_minor)

    def run(self) -> None:
        """Queue the edits that are due; one that still waits to be sent shows what is true when it goes out."""
        now = self.context.clock()
        for row in TopUpScreen.due(now, limit=MOST_AT_ONCE) if TopUpScreen.any_due(now) else ():
            with self.context.database.transaction():
                TopUpScreen.change(row.id, next_edit_at=_next_edit(row.top_up.expires_at, now))
                self._edit(row)

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
