"""Managers, the audit log, backups, notifications and the second factor."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from bot_handlers.callbacks.administration import (
    GiveRight,
    KeepKey,
    RemoveManager,
    ResetFactor,
    SendAudit,
    ShowAudit,
    ShowBackups,
    ShowManager,
    ShowManagers,
    SwitchNotification,
    TakeBackup,
    TakeRight,
    TypeManager,
)
from bot_handlers.callbacks.home import AdminHome
from bot_handlers.callbacks.tickets import ShowOpenTickets
from bot_handlers.screens.screen import (
    MAX_TEXT,
    Button,
    FileParcel,
    Parcel,
    Rows,
    Screen,
    back_button,
    back_home,
    back_row,
    pager,
    shortened,
)
from bot_handlers.screens.top_ups import qr_picture
from locales import Translator
from shop.administration.audit_log import AuditEntryView, AuditPage, in_one_line
from shop.administration.backups import BackupStatus, Snapshot
from shop.administration.managers import Manager, ManagerPage
from shop.administration.notifications import Notification
from shop.administration.second_factor import OPEN_S, Enrolment
from shop.outbox import Event, Letter
from shop.payments.deposit_views import DepositView
from shop.people import EVERY_GIVEN, Right
from wallet.chains import Chain

MAX_LABEL = 40
_GIVEN = tuple(right for right in Right if right in EVERY_GIVEN)
_IN_A_ROW = 2
_MOST = 300
"""The most UTF-16 code units shown of an entry's details; the file has all of them."""
_FRAME = 120
"""UTF-16 code units that an entry takes besides its details."""
_MB = 1_000_000
_HOUR_S = 3600
_SHOWN_TRACEBACK = 3_000
"""How many UTF-16 code units of the end of a traceback are shown if no file can be sent."""
_TROUBLES = {
    "rates": ("admin.rates_delayed", "admin.rates_answers"),
    **{chain.value: ("admin.chain_delayed", "admin.chain_answers") for chain in Chain},
}
_OF_PROVIDERS = ("admin.provider_delayed", "admin.provider_answers")
"""The texts for an outage of a payment provider and for its end: anything that is neither rates nor a chain."""
_ALARMS = {
    "database": ("admin.alarm_database", "admin.clear_database"),
    "disk": ("admin.alarm_disk", "admin.clear_disk"),
    "outbox": ("admin.alarm_outbox", "admin.clear_outbox"),
    "clock": ("admin.alarm_clock", "admin.clear_clock"),
    "backup": ("admin.alarm_backup", "admin.clear_backup"),
    "job": ("admin.alarm_job", "admin.clear_job"),
}
"""The texts for each alarm and for its end."""
_MINUTES = OPEN_S // 60


def managers(page: ManagerPage, t: Translator) -> Screen:
    """Show a page of the managers."""
    rows: list[tuple[Button, ...]] = [
        (Button(shortened(f"👤 {each.name}", MAX_LABEL), ShowManager(each.telegram_id)),) for each in page.managers
    ]
    rows += pager(page, ShowManagers)
    rows.append((Button(t.text("button.appoint"), TypeManager()), Button(t.text("button.audit"), ShowAudit(0, None))))
    rows.append(back_row(AdminHome(), t))
    return Screen(t.text("roles" if page.managers else "roles.none"), tuple(rows))


def ask_manager(t: Translator) -> Screen:
    """Ask who should become a manager."""
    return Screen(t.text("ask_manager"), ((back_button(ShowManagers(0), t),),))


def manager(shown: Manager, t: Translator) -> Screen:
    """Show a person's rights, each with the button that grants or removes it."""
    marks = [_mark(shown, right, t) for right in _GIVEN]
    rows = [tuple(marks[start : start + _IN_A_ROW]) for start in range(0, len(marks), _IN_A_ROW)]
    more = []
    if shown.rights:
        more.append(Button(t.text("button.dismiss"), RemoveManager(shown.telegram_id)))
    if shown.customer_id is not None:
        more.append(Button(t.text("button.activity"), ShowAudit(0, shown.customer_id)))
    if shown.has_second_factor:
        rows.append((Button(t.text("button.reset_factor"), ResetFactor(shown.telegram_id)),))
    if more:
        rows.append(tuple(more))
    rows.append(back_row(ShowManagers(0), t))
    text = t.text("roles.manager" if shown.rights else "roles.nobody", name=shown.name)
    if shown.customer_id is None:
        text += "\n" + t.text("roles.stranger")
    return Screen(text, tuple(rows))


def role(rights: frozenset[Right], t: Translator) -> Screen:
    """Notify a person of their current rights."""
    if not rights:
        return Screen(t.text("role.none"), (back_home(t),))
    parts = "\n".join(f"• {t.text(f'right.{right.value}')}" for right in _GIVEN if right in rights)
    return Screen(t.text("role.given", parts=parts), ((Button(t.text("menu.admin"), AdminHome()),),))


def _mark(shown: Manager, right: Right, t: Translator) -> Button:
    name = t.text(f"right.{right.value}")
    if right in shown.rights:
        return Button(f"✅ {name}", TakeRight(shown.telegram_id, right.value))
    return Button(f"⬜ {name}", GiveRight(shown.telegram_id, right.value))


def page(shown: AuditPage, t: Translator) -> Screen:
    """Show a page of the log, newest first."""
    back = back_row(ShowManagers(0), t)
    if not shown.entries:
        return Screen(t.text("audit.empty"), (back,))
    most = max(10, min(_MOST, MAX_TEXT // (len(shown.entries) + 1) - _FRAME))
    rows = (
        *pager(shown, lambda number: ShowAudit(number, shown.admin_id)),
        (Button(t.text("button.csv"), SendAudit(shown.admin_id)),),
        back,
    )
    return Screen("\n\n".join([t.text("audit"), *(_entry(each, most, t) for each in shown.entries)]), rows)


def words(action: str, t: Translator) -> str:
    """Say what was done."""
    return t.text(f"audit.{action}")


def csv_head(t: Translator) -> tuple[str, ...]:
    """Name the columns of the file."""
    return tuple(t.text(f"csv.{column}") for column in ("when", "admin", "action", "subject", "details"))


def file(text: str, t: Translator) -> Parcel:
    """Pack the file."""
    return Parcel(t.text("audit"), t.text("audit"), text, "audit.csv")


def _entry(shown: AuditEntryView, most: int, t: Translator) -> str:
    about = " · ".join(part for part in (shown.subject, in_one_line(shown.details)) if part)
    return t.text(
        "audit.entry",
        moment=t.moment(shown.done_at),
        admin=shortened(shown.admin, 40),
        action=words(shown.action, t),
        about=shortened(about, most),
    ).rstrip()


def admin_action(shown: AuditEntryView, t: Translator) -> Screen:
    """Notify an owner of another admin's bulk action."""
    rows = ((Button(t.text("button.audit"), ShowAudit(0, None)), *back_home(t)),)
    entry = Markup(_entry(shown, _MOST, t))  # noqa: S704 - a text of ours, in which everything is escaped
    return Screen(t.text("admin.action", entry=entry), rows)


def series(payload: Mapping[str, int], name: str, t: Translator) -> Screen:
    """Notify an owner of how much a manager gave away for free within a day."""
    manager_id = payload["manager_id"]
    text = t.text("admin.series", manager=name, replaced=payload["replaced"], refunded=payload["refunded"])
    activity = Button(t.text("button.activity"), ShowAudit(0, manager_id))
    return Screen(text, ((activity, Button(t.text("button.managers"), ShowManagers(0))),))


def factor_reminder(t: Translator) -> Screen:
    """Remind an owner to set up a second factor."""
    return Screen(t.text("admin.factor"), ((Button(t.text("button.set_up_factor"), ShowManagers(0)), *back_home(t)),))


def standing(shown: BackupStatus, t: Translator) -> Screen:
    """Show how the backups are doing."""
    lines = [t.text("backups")]
    if shown.newest is None:
        lines.append(t.text("backups.none"))
    else:
        moment, size = t.moment(shown.newest.taken_at), _size(shown.newest)
        lines.append(t.text("backups.newest", moment=moment, size=size, count=shown.count, folder=shown.folder))
    if shown.plan.every_s:
        lines.append(t.text("backups.every", count=shown.plan.every_s // _HOUR_S))
    else:
        lines.append(t.text("backups.never"))
    lines.append(t.text("backups.key_kept" if shown.key_is_kept else "backups.key_only_here"))
    rows: Rows = ((Button(t.text("button.take_backup"), TakeBackup()),),)
    if not shown.key_is_kept:
        rows += ((Button(t.text("button.key_kept"), KeepKey()),),)
    return Screen("\n".join(lines), (*rows, back_row(AdminHome(), t)))


def key_reminder(source: str, file: str, t: Translator) -> Screen:
    """Remind an owner to keep the key elsewhere, until they say that they do."""
    text = t.text("admin.key", opener=t.text(f"backup.key.{source}", file=file))
    return Screen(text, ((Button(t.text("button.key_kept"), KeepKey()),), *_to_backups(t)))


def deletions(count: int, t: Translator) -> Screen:
    """Tell an owner that a restored backup cannot repeat deletions of people's data."""
    return Screen(t.text("admin.deletions", count=count), (back_home(t),))


def parcel(snapshot: Snapshot, content: bytes, t: Translator) -> FileParcel:
    """Pack a backup with the words that restore it."""
    return FileParcel(_words(snapshot, t), snapshot.path.name, content, on_the_server(snapshot, t))


def on_the_server(snapshot: Snapshot, t: Translator) -> Screen:
    """Say where to find a backup that is not sent."""
    return Screen(_words(snapshot, t) + "\n\n" + t.text("backup.on_the_server", path=snapshot.path), _to_backups(t))


def failed(reason: str, t: Translator) -> Screen:
    """Alert an owner that no backup was made."""
    return Screen(t.text("refusal.backup_failed", reason=reason), _to_backups(t))


def _words(snapshot: Snapshot, t: Translator) -> str:
    file = snapshot.database.name
    opener = t.text(f"backup.key.{snapshot.key.value}", file=file)
    return t.text("backup", moment=t.moment(snapshot.taken_at), size=_size(snapshot), opener=opener)


def _size(snapshot: Snapshot) -> str:
    return f"{max(snapshot.size * 10 // _MB, 1) / 10:.1f}"


def _to_backups(t: Translator) -> Rows:
    return ((Button(t.text("button.backups"), ShowBackups()), *back_home(t)),)


def switches(chosen: dict[Notification, bool], t: Translator) -> Screen:
    """Show which notifications an admin gets."""
    rows = []
    for each, on in chosen.items():
        label = f"{'✅' if on else '⬜'} {t.text(f'notification.{each.value}')}"
        rows.append((Button(label, SwitchNotification(each.value, int(not on))),))
    return Screen(t.text("notifications"), (*rows, back_row(AdminHome(), t)))


def new_customer(name: str, t: Translator) -> Screen:
    """Notify an admin of a new customer."""
    return Screen(t.text("admin.customer", customer=name))


def deposit_seen(view: DepositView, name: str, t: Translator) -> Screen:
    """Tell an admin of a deposit that is on its way."""
    amount = view.asset.format(view.units)
    return Screen(t.text("admin.seen", amount=amount, ticker=view.asset.ticker, customer=name))


def trouble(name: str, t: Translator, *, back: bool) -> Screen:
    """Notify an admin of an outage of a chain or of the rates, or of its end."""
    return Screen(t.text(_TROUBLES.get(name, _OF_PROVIDERS)[back], chain=name))


def alarm(payload: Mapping[str, Any], t: Translator) -> Screen:
    """Tell an owner what is wrong with the machine or the program, with the first cause."""
    return Screen(t.text(_ALARMS[payload["alarm"]][0], subject=payload["subject"], cause=payload["cause"]))


def all_clear(payload: Mapping[str, Any], t: Translator) -> Screen:
    """Tell an owner that an alarm is over."""
    return Screen(t.text(_ALARMS[payload["alarm"]][1], subject=payload["subject"]))


def deaf(payload: Mapping[str, str], t: Translator) -> Screen:
    """Tell an owner that updates of Telegram do not arrive, and why."""
    known = {"conflict": "admin.deaf_conflict", "moved": "admin.deaf_moved", "piled": "admin.deaf_piled"}
    return Screen(t.text(known.get(payload["trouble"], "admin.deaf"), detail=payload["detail"]))


def hears(t: Translator) -> Screen:
    """Tell an owner that updates arrive again."""
    return Screen(t.text("admin.hears"))


def branches(chain: str, servers: Sequence[str], t: Translator) -> Screen:
    """Tell an admin that servers follow another branch of a chain than the one with the most work."""
    return Screen(t.text("admin.branches", chain=chain, servers=", ".join(servers)))


def bundle(letter: Letter, t: Translator) -> Screen:
    """Tell an admin how many events came in a burst."""
    event, count, since = (letter.payload[name] for name in ("event", "count", "since"))
    rows: Rows = ()
    if event == Event.ADMIN_TICKET.value:
        rows = ((Button(t.text("button.open_tickets"), ShowOpenTickets(0)),),)
    return Screen(t.text(f"bundle.{event}", count=count, since=t.moment(since)), rows)


def error(letter: Letter, t: Translator) -> FileParcel:
    """Tell an owner what failed in the program: where, how often, and the traceback as a file."""
    what, where, count = (letter.payload[name] for name in ("what", "where", "count"))
    caption = t.text("admin.error", what=what, where=where)
    if count > 1:
        caption += "\n" + t.text("admin.error_count", count=count, since=t.moment(letter.payload["since"]))
    trace = str(letter.payload["traceback"])
    end = Markup("<pre>{}</pre>").format(shortened(trace[-_SHOWN_TRACEBACK:], _SHOWN_TRACEBACK))
    instead = Screen(f"{caption}\n{end}")
    return FileParcel(caption, f"error-{letter.id}.txt", trace.encode(), instead)


def enrolment(shown: Enrolment, t: Translator) -> Screen:
    """Show a new secret, as a picture and as text, and ask for the first code."""
    text = t.text("factor.enrol", secret=" ".join(_groups(shown.secret)))
    return Screen(text, _back_to_admin(t), picture=qr_picture(shown.uri))


def ask_code(t: Translator) -> Screen:
    """Ask for a code."""
    return Screen(t.text("factor.ask", count=_MINUTES), _back_to_admin(t))


def proven(t: Translator, *, secret_is_gone: bool) -> Screen:
    """Say that the code was right."""
    text = t.text("factor.proven", count=_MINUTES)
    return Screen(text if secret_is_gone else text + "\n" + t.text("factor.delete_it"), _back_to_admin(t))


def secret_was_here(t: Translator) -> Screen:
    """Replace the message with the secret."""
    return Screen(t.text("factor.was_here"), _back_to_admin(t))


def _groups(secret: str) -> list[str]:
    return [secret[start : start + 4] for start in range(0, len(secret), 4)]


def _back_to_admin(t: Translator) -> Rows:
    return (back_row(AdminHome(), t),)
