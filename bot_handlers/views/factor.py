"""The second factor of admins."""

from bot_handlers.callbacks import AdminHome
from bot_handlers.views.home import back_home
from bot_handlers.views.payments import qr_picture
from bot_handlers.views.screen import Button, Rows, Screen
from locales import Translator
from shop.administration.second_factor import OPEN_S, Enrolment

_MINUTES = OPEN_S // 60


def enrolment(shown: Enrolment, t: Translator) -> Screen:
    """Show a new secret, as a picture and as text, and ask for the first code."""
    text = t.text("factor.enrol", secret=" ".join(_groups(shown.secret)))
    return Screen(text, _back(t), picture=qr_picture(shown.uri))


def ask_code(t: Translator) -> Screen:
    """Ask for a code."""
    return Screen(t.text("factor.ask", count=_MINUTES), _back(t))


def proven(t: Translator, *, secret_is_gone: bool) -> Screen:
    """Say that the code was right."""
    text = t.text("factor.proven", count=_MINUTES)
    return Screen(text if secret_is_gone else text + "\n" + t.text("factor.delete_it"), _back(t))


def secret_was_here(t: Translator) -> Screen:
    """Stand where the secret stood."""
    return Screen(t.text("factor.was_here"), _back(t))


def _groups(secret: str) -> list[str]:
    return [secret[start : start + 4] for start in range(0, len(secret), 4)]


def _back(t: Translator) -> Rows:
    return ((Button(t.text("button.back"), AdminHome()), *back_home(t)),)
