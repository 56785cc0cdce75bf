"""Refunds, as an admin confirms them."""

from bot_handlers.admin.callbacks_customers import ShowCustomer, ShowCustomerOrder
from bot_handlers.callbacks import Callback
from bot_handlers.views.home import back_home
from bot_handlers.views.orders import listed
from bot_handlers.views.screen import Button, Screen
from locales import Translator
from shop.support.refunds import Refundable


def ask(due: Refundable, customer: str, confirm: Callback, back: Callback, t: Translator) -> Screen:
    """Show what would be given back, to whom and for what."""
    text = t.text("refund.ask", number=due.order_id, customer=customer, amount=due.amount, goods=listed(due.names))
    rows = (
        (Button(t.text("button.refund", amount=due.amount), confirm),),
        (Button(t.text("button.back"), back), *back_home(t)),
    )
    return Screen(text, rows)


def done(due: Refundable, t: Translator) -> Screen:
    """Say what was given back."""
    rows = (
        (
            Button(t.text("button.order"), ShowCustomerOrder(due.order_id, 0)),
            Button(t.text("button.customer"), ShowCustomer(due.customer_id)),
        ),
        back_home(t),
    )
    return Screen(t.text("refund.done", number=due.order_id, amount=due.amount), rows)
