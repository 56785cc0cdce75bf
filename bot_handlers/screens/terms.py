"""The privacy policy, the terms of sale, help with payments, and who runs the shop."""

from bot_handlers.callbacks.account import ShowComing, ShowStatement
from bot_handlers.callbacks.appearance import ShowTexts
from bot_handlers.callbacks.home import ShowHelp
from bot_handlers.callbacks.own_data import ShowMyData
from bot_handlers.callbacks.terms import ShowOperator, TypeOperator
from bot_handlers.callbacks.tickets import ShowTickets, TypeTicket
from bot_handlers.screens.screen import Button, Rows, Screen, back_home, back_row
from locales import Translator
from shop.terms.disclosure import Disclosure
from shop.terms.operator import Detail, Operator

_NOTHING = "–"


def privacy(facts: Disclosure, t: Translator, own: str | None) -> Screen:
    """Show the privacy policy; the operator and the periods are always the shop's own."""
    parts = [t.text("privacy"), _operator(facts.operator, t)]
    parts += [own] if own else [t.text("privacy.stored"), _seen(facts, t)]
    return Screen("\n\n".join([*parts, _periods(facts, t), t.text("privacy.rights")]), _privacy_rows(t))


def terms(facts: Disclosure, t: Translator, own: str | None) -> Screen:
    """Show the terms of sale."""
    body = own or t.text("terms.body", currency=facts.currency)
    return Screen("\n\n".join([t.text("terms"), _operator(facts.operator, t), body]), _back(t))


def pay_support(facts: Disclosure, support_link: str, t: Translator, own: str | None) -> Screen:
    """Show what to do about a payment."""
    support = [(Button(t.text("button.support"), link=support_link),)] if support_link else []
    rows = (
        *support,
        (Button(t.text("button.coming"), ShowComing()), Button(t.text("button.statement"), ShowStatement(0))),
        (Button(t.text("button.write_ticket"), TypeTicket(None)), Button(t.text("button.tickets"), ShowTickets(0))),
        *_back(t),
    )
    return Screen("\n\n".join([own or t.text("paysupport"), _operator(facts.operator, t)]), rows)


def operator(shown: Operator, t: Translator) -> Screen:
    """Show an admin who runs the shop, and let them change it."""
    rows = tuple(
        (Button(t.text(f"button.operator.{detail.value}"), TypeOperator(detail.value)),) for detail in Detail
    )
    text = t.text("operator") + "\n\n" + _operator(shown, t)
    return Screen(text, (*rows, back_row(ShowTexts(), t)))


def ask_operator(detail: Detail, t: Translator) -> Screen:
    """Ask for one detail of the operator."""
    return Screen(t.text(f"ask_operator.{detail.value}"), (back_row(ShowOperator(), t),))


def _operator(shown: Operator, t: Translator) -> str:
    said = {detail.value: getattr(shown, detail.value) or _NOTHING for detail in Detail}
    return t.text("terms.operator", **said)


def _periods(facts: Disclosure, t: Translator) -> str:
    """Print the periods from the table that the job of deleting reads."""
    lines = [t.text("privacy.how_long")]
    for kept, days in facts.retention.printed():
        lines.append(t.text(f"privacy.kept.{kept.value}", period=t.text("privacy.days", count=days)))
    return "\n".join([*lines, t.text("privacy.rest", years=facts.retention.years)])


def _seen(facts: Disclosure, t: Translator) -> str:
    lines = [t.text("privacy.seen", servers=", ".join(facts.servers))]
    if facts.provider:
        lines.append(t.text("privacy.seen_provider", provider=facts.provider))
    if facts.sends_backups:
        lines.append(t.text("privacy.seen_backups"))
    return "\n".join(lines)


def _privacy_rows(t: Translator) -> Rows:
    return ((Button(t.text("button.my_data"), ShowMyData()),), *_back(t))


def _back(t: Translator) -> Rows:
    return ((Button(t.text("menu.help"), ShowHelp()), *back_home(t)),)
