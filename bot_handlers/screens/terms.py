"""The policy, the terms, help with payments, who runs the shop, and a customer's own data."""

from bot_handlers.callbacks.account import ShowComing, ShowProfile, ShowStatement
from bot_handlers.callbacks.appearance import ShowTexts
from bot_handlers.callbacks.home import ShowHelp
from bot_handlers.callbacks.terms import (
    AskDeletion,
    DeleteMyData,
    KeepMyData,
    SendMyData,
    ShowMyData,
    ShowOperator,
    TypeOperator,
)
from bot_handlers.callbacks.tickets import ShowTickets, TypeTicket
from bot_handlers.screens.screen import Button, Parcel, Rows, Screen, back_home, back_row, support_rows
from locales import Translator
from shop.terms.disclosure import Disclosure
from shop.terms.operator import Detail, Operator
from shop.terms.own_data import DeletionState, OwnData

_NOTHING = "–"


def privacy(facts: Disclosure, t: Translator, own: str | None) -> Screen:
    """Show the privacy policy; the operator and the periods are always the shop's own."""
    parts = [t.text("privacy"), _operator(facts.operator, t)]
    parts += [own] if own else [_stored(facts, t), _seen(facts, t)]
    return Screen("\n\n".join([*parts, _periods(facts, t), t.text("privacy.rights")]), _privacy_rows(t))


def terms(facts: Disclosure, t: Translator, own: str | None) -> Screen:
    """Show the terms of sale."""
    body = own or t.text("terms.body", currency=facts.currency)
    if facts.uses_stars and own is None:
        body += "\n" + t.text("terms.stars")
    return Screen("\n\n".join([t.text("terms"), _operator(facts.operator, t), body]), _back(t))


def pay_support(facts: Disclosure, support_link: str, t: Translator, own: str | None) -> Screen:
    """Show what to do about a payment."""
    rows = (
        *support_rows(support_link, t),
        (Button(t.text("button.coming"), ShowComing()), Button(t.text("button.statement"), ShowStatement(0))),
        (Button(t.text("button.write_ticket"), TypeTicket(None)), Button(t.text("button.tickets"), ShowTickets(0))),
        *_back(t),
    )
    parts = [own or t.text("paysupport")]
    if facts.uses_stars and own is None:
        parts.append(t.text("paysupport.stars"))
    return Screen("\n\n".join([*parts, _operator(facts.operator, t)]), rows)


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
    if facts.uses_stars:
        lines.append(t.text("privacy.star_refunds"))
    return "\n".join([*lines, t.text("privacy.books", count=facts.retention.years), t.text("privacy.rest")])


def _stored(facts: Disclosure, t: Translator) -> str:
    coins = [t.text("privacy.stored_coins")] if facts.stores_coins else []
    return "\n".join([t.text("privacy.stored"), *coins, t.text("privacy.encrypted")])


def _seen(facts: Disclosure, t: Translator) -> str:
    lines = [t.text("privacy.seen")]
    if facts.servers:
        lines.append(t.text("privacy.seen_chains", servers=", ".join(facts.servers)))
    if facts.stores_coins:
        lines.append(t.text("privacy.seen_public"))
    if facts.provider:
        lines.append(t.text("privacy.seen_provider", provider=facts.provider))
    if facts.uses_stars:
        lines.append(t.text("privacy.seen_stars"))
    if facts.sends_backups:
        lines.append(t.text("privacy.seen_backups"))
    if facts.group:
        lines.append(t.text("privacy.seen_group"))
    if facts.off_site_copy:
        lines.append(t.text("privacy.seen_off_site"))
    return "\n".join(lines)


def _privacy_rows(t: Translator) -> Rows:
    return ((Button(t.text("button.my_data"), ShowMyData()),), *_back(t))


def _back(t: Translator) -> Rows:
    return ((Button(t.text("menu.help"), ShowHelp()), *back_home(t)),)


def my_data(state: DeletionState, t: Translator) -> Screen:
    """Show what a customer can do with their data, and whether it is about to be deleted."""
    lines = [t.text("my_data")]
    change = Button(t.text("button.delete_my_data"), AskDeletion())
    if state.due_at is not None:
        lines.append(t.text("my_data.due", moment=t.moment(state.due_at)))
        change = Button(t.text("button.keep_my_data"), KeepMyData())
    rows = ((Button(t.text("button.send_my_data"), SendMyData()),), (change,), back_row(ShowProfile(), t))
    return Screen("\n\n".join(lines), rows)


def ask_deletion(state: DeletionState, t: Translator) -> Screen:
    """Say what a deletion takes and what stays; a balance is never passed over."""
    lines = [t.text("deletion", days=state.days), t.text("deletion.return", count=state.years)]
    if state.balance.minor:
        lines.append(t.text("deletion.balance", balance=state.balance, count=state.years))
    if state.pending:
        lines.append(t.text("deletion.pending", number=state.pending))
    if state.undelivered:
        lines.append(t.text("deletion.undelivered", number=state.undelivered))
    rows = ((Button(t.text("button.confirm_deletion"), DeleteMyData()),), back_row(ShowMyData(), t))
    return Screen("\n\n".join(lines), rows)


def files(shown: OwnData, t: Translator) -> tuple[Parcel, Parcel]:
    """Pack the two files: one to read, one for programs."""
    title = t.text("my_data.file")
    readable = Parcel(title, title, _readable(shown, t), "my-data.txt")
    return readable, Parcel(title, title, shown.as_json, "my-data.json")


def _readable(shown: OwnData, t: Translator) -> str:
    """Write every list under its heading, a line for each row."""
    lines: list[str] = []
    last = ""
    for heading, name, found in shown.sections:
        if heading != last:
            lines += ["", t.text(f"my_data.section.{heading}").upper()]
            last = heading
        lines.append(f"{name}: " + ("" if found else t.text("my_data.none")))
        for row in found:
            said = (f"{column.replace('_', ' ')}: {value}" for column, value in row.items() if value is not None)
            lines.append("  - " + ", ".join(said))
    return "\n".join(lines).strip() + "\n"
