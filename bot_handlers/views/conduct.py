"""Letters to one customer and bans, as an admin types them and as the customer reads them."""

from bot_handlers.admin.callbacks_customers import ShowCustomer
from bot_handlers.callbacks_around import TypeTicket
from bot_handlers.views.home import back_home
from bot_handlers.views.screen import Button, Rows, Screen
from locales import Translator


def ask_letter(customer_id: int, name: str, t: Translator) -> Screen:
    """Ask for the words."""
    return Screen(t.text("letter.ask", name=name), _back(customer_id, t))


def written(customer_id: int, t: Translator) -> Screen:
    """Say that it is on its way."""
    return Screen(
        t.text("letter.sent"), ((Button(t.text("button.customer"), ShowCustomer(customer_id)), *back_home(t)),)
    )


def letter(text: str, t: Translator) -> Screen:
    """Bring a customer what the shop wrote, with the shop's words around it."""
    rows = ((Button(t.text("button.write_ticket"), TypeTicket(None)), *back_home(t)),)
    return Screen(t.text("letter", text=text), rows)


def ask_ban(customer_id: int, name: str, t: Translator, *, banned: bool) -> Screen:
    """Ask for the reason."""
    return Screen(t.text("ban.ask" if banned else "ban.ask_end", name=name), _back(customer_id, t))


def _back(customer_id: int, t: Translator) -> Rows:
    return ((Button(t.text("button.back"), ShowCustomer(customer_id)), *back_home(t)),)
