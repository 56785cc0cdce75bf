"""A customer's own data: what they get, what a deletion takes, and how to change one's mind."""

from bot_handlers.callbacks.account import ShowProfile
from bot_handlers.callbacks.own_data import AskDeletion, DeleteMyData, KeepMyData, SendMyData, ShowMyData
from bot_handlers.screens.screen import Button, Parcel, Screen, back_row
from locales import Translator
from shop.terms.own_data import DeletionState, OwnData


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
    lines = [t.text("deletion", days=state.days, years=state.years)]
    if state.balance.minor:
        lines.append(t.text("deletion.balance", balance=state.balance, years=state.years))
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
