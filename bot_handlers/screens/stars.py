"""Telegram Stars: what they cost, what was paid, what went back, and store mode."""

from bot_handlers.callbacks.catalog import ShowShelf
from bot_handlers.callbacks.customers import ShowCustomer, ShowCustomerOrder
from bot_handlers.callbacks.home import AdminHome, Home
from bot_handlers.callbacks.stars import (
    RefundStars,
    SendBill,
    ShowStarPayment,
    ShowStarPayments,
    ShowStars,
    SwitchStoreMode,
    TakeStarsFor,
    TypeStarSum,
)
from bot_handlers.callbacks.top_ups import ChooseCoin
from bot_handlers.screens.screen import Button, Rows, Screen, back_button, back_row, pager, shortened
from locales import Translator
from shop.money import Money
from shop.payments.star_refunds import StarPage
from shop.payments.stars import PaymentState, PaymentView

MAX_LABEL = 60
Prices = tuple[tuple[Money, int], ...]
"""Amounts, each with its price in Stars."""


def way(asked: Money | None, stars: int | None, t: Translator) -> Rows:
    """Make the button that leads from the coins to Stars, with the price where the sum is known."""
    label = t.text("button.stars")
    return ((Button(label if stars is None else f"{label} · {stars}", ShowStars(asked.minor if asked else None)),),)


def sums(prices: Prices, t: Translator) -> Screen:
    """Show sums to top up, each with its price."""
    labels = [Button(f"{t.money(asked)} · {stars} ⭐", ShowStars(asked.minor)) for asked, stars in prices]
    rows = (
        *((each,) for each in labels),
        (Button(t.text("button.other_sum"), TypeStarSum()),),
        back_row(ChooseCoin(None), t),
    )
    return Screen(t.text("stars.sum"), rows)


def ask_sum(currency: str, t: Translator) -> Screen:
    """Ask for the sum to top up."""
    return Screen(t.text("ask_sum", currency=currency), ((back_button(ShowStars(None), t),),))


def price(asked: Money, stars: int, t: Translator) -> Screen:
    """Show what a sum costs, before anything is sent that could be paid."""
    rows = (
        (Button(t.label("button.pay_stars", stars=stars), SendBill(asked.minor)),),
        (Button(t.text("button.other_sum"), TypeStarSum()),),
        back_row(ChooseCoin(asked.minor), t),
    )
    return Screen(t.text("stars.price", asked=asked, stars=stars), rows)


def paid(view: PaymentView, t: Translator) -> Screen:
    """Tell a customer that their payment is in their balance, and when it was the second of one bill."""
    text = t.text("stars.paid", stars=view.stars, amount=view.credited, balance=view.balance)
    if view.again:
        text += "\n\n" + t.text("stars.paid_again")
    return Screen(text, _onward(t))


def refunded(view: PaymentView, t: Translator) -> Screen:
    """Tell a customer that they have their Stars back."""
    return Screen(t.text("stars.refunded", stars=view.stars, amount=view.credited), _onward(t))


def taken_back(view: PaymentView, t: Translator) -> Screen:
    """Tell a customer that a payment was reversed, and their balance now."""
    text = t.text("stars.taken_back", stars=view.stars, amount=view.credited, balance=view.balance)
    if view.balance.minor < 0:
        text += "\n\n" + t.text("stars.owed")
    return Screen(text, _onward(t))


def _onward(t: Translator) -> Rows:
    return ((Button(t.text("button.shop"), ShowShelf(None, 0)), Button(t.text("button.home"), Home())),)


def admin_paid(view: PaymentView, customer: str, t: Translator) -> Screen:
    """Tell an admin of a payment."""
    text = t.text("admin.stars", stars=view.stars, amount=view.credited, customer=customer)
    if view.again:
        text += "\n" + t.text("admin.stars_again")
    return Screen(text, _look(view, t))


def charged_back(view: PaymentView, customer: str, t: Translator) -> Screen:
    """Alert an owner that a payment was reversed, with the order that it paid for."""
    text = t.text("admin.chargeback", stars=view.stars, amount=view.credited, customer=customer, balance=view.balance)
    rows: Rows = ((Button(t.text("button.customer"), ShowCustomer(view.customer_id)),),)
    if view.order_id is not None:
        text += "\n" + t.text("admin.chargeback_order", number=view.order_id)
        rows = ((Button(t.text("button.order"), ShowCustomerOrder(view.order_id, 0)),), *rows)
    return Screen(text, rows)


def kept(view: PaymentView, customer: str, t: Translator) -> Screen:
    """Tell an admin that Telegram refuses a refund."""
    return Screen(
        t.text("admin.stars_kept", stars=view.stars, amount=view.credited, customer=customer), _look(view, t)
    )


def held(stars: int, customer_id: int, customer: str, t: Translator) -> Screen:
    """Tell an owner that a payment cannot be credited until Stars have a price."""
    rows = ((Button(t.text("button.customer"), ShowCustomer(customer_id)),),)
    return Screen(t.text("admin.stars_held", stars=stars, customer=customer), rows)


def withdrawn(stars: int, t: Translator, *, incoming: bool) -> Screen:
    """Tell an owner that Stars were withdrawn, or that a withdrawal came back."""
    return Screen(t.text("admin.stars_returned" if incoming else "admin.stars_withdrawn", stars=stars))


def differ(listed: int, balance: int, t: Translator) -> Screen:
    """Alert an owner that Telegram's list does not add up to its balance."""
    return Screen(t.text("admin.stars_differ", listed=listed, balance=balance))


def _look(view: PaymentView, t: Translator) -> Rows:
    return ((Button(t.text("button.star_payment"), ShowStarPayment(view.id)),),)


def payments(page: StarPage, t: Translator, *, takes_stars: bool, store_mode: bool | None) -> Screen:
    """Show admins a page of payments; `store_mode` is None for those who cannot switch it."""
    rows: list[tuple[Button, ...]] = [
        (Button(shortened(f"{_mark(view)} {view.stars} · {name}", MAX_LABEL), ShowStarPayment(view.id)),)
        for view, name in page.payments
    ]
    rows += pager(page, ShowStarPayments)
    parts = [t.text("stars.all" if page.payments else "stars.none")]
    if not takes_stars:
        parts.append(t.text("stars.off"))
    if store_mode is not None:
        parts.append(t.text("store_mode.on" if store_mode else "store_mode.off"))
        label = t.text("button.store_mode_off" if store_mode else "button.store_mode_on")
        rows.append((Button(label, SwitchStoreMode(int(not store_mode))),))
    rows.append(back_row(AdminHome(), t))
    return Screen("\n\n".join(parts), tuple(rows))


def payment(view: PaymentView, customer: str, t: Translator) -> Screen:
    """Show an admin a payment, and the button to refund it."""
    lines = [
        t.text("stars.payment", stars=view.stars, amount=view.credited, customer=customer),
        t.moment(view.paid_at),
        t.text(f"stars.state.{view.state.value}"),
    ]
    rows: list[tuple[Button, ...]] = []
    if view.state is PaymentState.PAID:
        rows.append((Button(t.text("button.refund_stars"), RefundStars(view.id)),))
    rows.append((Button(t.text("button.customer"), ShowCustomer(view.customer_id)),))
    rows.append(back_row(ShowStarPayments(0), t))
    return Screen("\n".join(lines), tuple(rows))


def switch_for(product_id: int, back: str, t: Translator, *, on: bool) -> tuple[Button, ...]:
    """Make the row of a product's page that says whether it can be paid for with Stars."""
    label = t.text("button.by_stars" if on else "button.not_by_stars")
    return (Button(label, TakeStarsFor(product_id, int(not on), back)),)


def _mark(view: PaymentView) -> str:
    return "⭐" if view.state is PaymentState.PAID else "↩️"
