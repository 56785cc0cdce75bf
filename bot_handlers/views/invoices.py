"""Payments that a provider takes: the sum, the address with its exact amount, and what became of it."""

from bot_handlers.callbacks import ChooseCoin, Home, ShowShelf, ShowTopUp, TypeSum
from bot_handlers.views.home import back_home
from bot_handlers.views.payments import PRESET_UNITS, qr_picture
from bot_handlers.views.screen import Button, Screen
from locales import Translator
from shop.assets import Asset
from shop.money import Money, exponent
from shop.payments.invoices import InvoiceState, InvoiceView
from shop.payments.top_ups import payment_uri


def choose_sum(asset: Asset, currency: str, t: Translator) -> Screen:
    """Show the sums to top up: a provider wants to know it first."""
    sums = [Money(units * 10 ** exponent(currency), currency) for units in PRESET_UNITS]
    rows = (
        tuple(Button(t.money(money), ShowTopUp(asset.code, money.minor)) for money in sums),
        (Button(t.text("button.other_sum"), TypeSum(asset.code)),),
        (Button(t.text("button.back"), ChooseCoin(None)), *back_home(t)),
    )
    return Screen(t.text("invoice.sum", coin=asset.name), rows)


def invoice(view: InvoiceView, t: Translator, *, minutes_left: int) -> Screen:
    """Show where to pay, and how much: as text, as a link and as a picture."""
    asset, amount = view.asset, view.asset.format(view.units)
    uri = payment_uri(asset, view.address, view.units)
    parts = [
        t.text("top_up.sum", asked=view.asked, amount=amount, ticker=asset.ticker),
        t.text("invoice.address", coin=asset.name, address=view.address),
    ]
    if asset.contract is not None:
        parts.append(t.text("invoice.exact"))
    if ":" in uri:
        parts.append(t.text("top_up.link", uri=uri))
    parts.append(t.text("invoice.until", moment=t.moment(view.expires_at), count=minutes_left))
    rows = (
        (
            Button(t.text("button.copy_address"), copy=view.address),
            Button(t.text("button.copy_amount"), copy=amount),
        ),
        (Button(t.text("button.other_sum"), TypeSum(asset.code)),),
        (Button(t.text("button.back"), ChooseCoin(view.asked.minor)), *back_home(t)),
    )
    return Screen("\n\n".join(parts), rows, picture=qr_picture(uri))


def outcome(view: InvoiceView, t: Translator) -> Screen:
    """Say what became of an invoice: the same message when it is paid after it expired."""
    if view.state is not InvoiceState.PAID:
        rows = ((Button(t.text("menu.top_up"), ChooseCoin(view.asked.minor)), *back_home(t)),)
        return Screen(t.text("invoice.expired", asked=view.asked, coin=view.asset.name), rows)
    rows = (
        (
            Button(t.text("button.shop"), ShowShelf(None, 0)),
            Button(t.text("button.home"), Home()),
        ),
    )
    return Screen(t.text("invoice.paid", amount=view.asked, balance=view.balance), rows)
