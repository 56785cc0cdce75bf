"""The audit log in words."""

from bot_handlers.admin.callbacks_roles import SendAudit, ShowAudit, ShowManagers
from bot_handlers.views.catalog import pager
from bot_handlers.views.home import back_home
from bot_handlers.views.screen import MAX_TEXT, Button, Parcel, Screen, shortened
from locales import Translator
from shop.audit import AuditPage, Deed, in_one_line

_MOST = 300
"""UTF-16 units of what one entry is about; the file has all of it."""
_FRAME = 120
"""Units that an entry takes besides."""


def page(shown: AuditPage, t: Translator) -> Screen:
    """Show a page of the log, newest first."""
    back = (Button(t.text("button.back"), ShowManagers(0)), *back_home(t))
    if not shown.deeds:
        return Screen(t.text("audit.empty"), (back,))
    most = max(10, min(_MOST, MAX_TEXT // (len(shown.deeds) + 1) - _FRAME))
    rows = (
        *pager(shown.page, shown.pages, lambda number: ShowAudit(number, shown.admin_id)),
        (Button(t.text("button.csv"), SendAudit(shown.admin_id)),),
        back,
    )
    return Screen("\n\n".join([t.text("audit"), *(_entry(deed, most, t) for deed in shown.deeds)]), rows)


def words(action: str, t: Translator) -> str:
    """Say what was done."""
    return t.text(f"audit.{action}")


def csv_head(t: Translator) -> tuple[str, ...]:
    """Name the columns of the file."""
    return tuple(t.text(f"csv.{column}") for column in ("when", "admin", "action", "subject", "details"))


def file(text: str, t: Translator) -> Parcel:
    """Pack the file."""
    return Parcel(t.text("audit"), t.text("audit"), text, "audit.csv")


def _entry(deed: Deed, most: int, t: Translator) -> str:
    about = " · ".join(part for part in (deed.subject, in_one_line(deed.details)) if part)
    return t.text(
        "audit.entry",
        moment=t.moment(deed.done_at),
        admin=shortened(deed.admin, 40),
        action=words(deed.action, t),
        about=shortened(about, most),
    ).rstrip()
