"""What admins are told of: the switches, and the words of the notices that are about no single thing."""

from markupsafe import Markup

from bot_handlers.admin.callbacks_notices import SwitchNotice
from bot_handlers.callbacks import AdminHome
from bot_handlers.callbacks_around import ShowOpenTickets
from bot_handlers.views.home import back_home
from bot_handlers.views.screen import Button, FileParcel, Rows, Screen, shortened
from locales import Translator
from shop.administration.notifications import Notification
from shop.outbox import Event, Letter
from shop.payments.deposits import DepositView

_SHOWN_TRACEBACK = 3_000
"""UTF-16 code units of the end of a traceback, where no file can be sent."""
_TROUBLES = {
    "rates": ("admin.rates_delayed", "admin.rates_answers"),
    "KryptoExpress": ("admin.provider_delayed", "admin.provider_answers"),
}
"""Who is no chain: the texts of an outage and of its end."""


def switches(notices: dict[Notification, bool], t: Translator) -> Screen:
    """Show what an admin is told of."""
    rows = [
        (
            Button(
                f"{'✅' if on else '⬜'} {t.text(f'notice.{notice.value}')}", SwitchNotice(notice.value, int(not on))
            ),
        )
        for notice, on in notices.items()
    ]
    return Screen(t.text("notices"), (*rows, (Button(t.text("button.back"), AdminHome()), *back_home(t))))


def new_customer(name: str, t: Translator) -> Screen:
    """Tell an admin of somebody new."""
    return Screen(t.text("admin.customer", customer=name))


def deposit_seen(view: DepositView, name: str, t: Translator) -> Screen:
    """Tell an admin of a deposit that is on its way."""
    amount = view.asset.format(view.units)
    return Screen(t.text("admin.seen", amount=amount, ticker=view.asset.ticker, customer=name))


def trouble(name: str, t: Translator, *, back: bool) -> Screen:
    """Tell an admin that nobody answers for a chain, for the rates, or that it is over."""
    return Screen(t.text(_TROUBLES.get(name, ("admin.chain_delayed", "admin.chain_answers"))[back], chain=name))


def bundle(letter: Letter, t: Translator) -> Screen:
    """Tell an admin how many there were of what came in a crowd."""
    event, count, since = (letter.payload[name] for name in ("event", "count", "since"))
    rows: Rows = ()
    if event == Event.ADMIN_TICKET.value:
        rows = ((Button(t.text("button.open_tickets"), ShowOpenTickets(0)),),)
    return Screen(t.text(f"bundle.{event}", count=count, since=t.moment(since)), rows)


def error(letter: Letter, t: Translator) -> FileParcel:
    """Tell an owner what failed in the program: where, how often, and the traceback as a file."""
    what, where, count = (letter.payload[name] for name in ("what", "where", "count"))
    caption = t.text("admin.error", what=what, where=where)
    if count > 1:
        caption += "\n" + t.text("admin.error_count", count=count, since=t.moment(letter.payload["since"]))
    trace = str(letter.payload["traceback"])
    end = Markup("<pre>{}</pre>").format(shortened(trace[-_SHOWN_TRACEBACK:], _SHOWN_TRACEBACK))
    instead = Screen(f"{caption}\n{end}")
    return FileParcel(caption, f"error-{letter.id}.txt", trace.encode(), instead)
