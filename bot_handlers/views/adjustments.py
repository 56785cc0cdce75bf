"""Adjustments of a balance, as an admin confirms them and as the customer hears of them."""

from bot_handlers.admin.callbacks_customers import Adjust, ShowCustomer, TypeAdjustment
from bot_handlers.callbacks_around import ShowStatement
from bot_handlers.views.home import back_home
from bot_handlers.views.screen import Button, Rows, Screen
from locales import Translator
from shop.adjustments import Adjustment
from shop.money import Money


def ask(customer_id: int, name: str, balance: Money, t: Translator) -> Screen:
    """Ask for the sum."""
    text = t.text("adjustment.ask", name=name, balance=balance, currency=balance.currency)
    return Screen(text, _back(customer_id, t))


def ask_again(customer_id: int, currency: str, t: Translator) -> Screen:
    """Say that this was no sum."""
    return Screen(t.text("adjustment.ask_again", currency=currency), _back(customer_id, t))


def ask_reason(customer_id: int, t: Translator) -> Screen:
    """Ask why."""
    return Screen(t.text("adjustment.ask_reason"), _back(customer_id, t))


def confirm(wanted: Adjustment, name: str, balance: Money, t: Translator) -> Screen:
    """Show what would be done, and the balance after it."""
    text = t.text(
        "adjustment.confirm",
        name=name,
        amount=_signed(wanted.amount, t),
        balance=balance + wanted.amount,
        reason=wanted.reason,
    )
    label = t.text("button.adjust", amount=_signed(wanted.amount, t))
    rows = (
        (Button(label, Adjust(wanted.id)),),
        (Button(t.text("button.back"), TypeAdjustment(wanted.customer_id)), *back_home(t)),
    )
    return Screen(text, rows)


def done(made: Adjustment, t: Translator) -> Screen:
    """Say what was done."""
    rows = ((Button(t.text("button.customer"), ShowCustomer(made.customer_id)), *back_home(t)),)
    return Screen(t.text("adjustment.done", amount=_signed(made.amount, t)), rows)


def told(made: Adjustment, t: Translator) -> Screen:
    """Tell the customer."""
    rows = ((Button(t.text("button.statement"), ShowStatement(0)), *back_home(t)),)
    return Screen(t.text("adjusted", amount=_signed(made.amount, t), reason=made.reason), rows)


def _signed(amount: Money, t: Translator) -> str:
    return ("+" if amount.minor > 0 else "−") + t.money(Money(abs(amount.minor), amount.currency))


def _back(customer_id: int, t: Translator) -> Rows:
    return ((Button(t.text("button.back"), ShowCustomer(customer_id)), *back_home(t)),)
