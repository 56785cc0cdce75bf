"""Managers, as owners see them, and what a manager is told."""

from bot_handlers.admin.callbacks_roles import (
    GiveRight,
    RemoveManager,
    ResetFactor,
    ShowAudit,
    ShowManager,
    ShowManagers,
    TakeRight,
    TypeManager,
)
from bot_handlers.callbacks import AdminHome
from bot_handlers.views.catalog import pager
from bot_handlers.views.home import back_home
from bot_handlers.views.screen import Button, Screen, shortened
from locales import Translator
from shop.administration.managers import Manager, ManagerPage
from shop.people import EVERY_GIVEN, Right

MAX_LABEL = 40
_GIVEN = tuple(right for right in Right if right in EVERY_GIVEN)
_IN_A_ROW = 2


def managers(page: ManagerPage, t: Translator) -> Screen:
    """Show a page of the managers."""
    rows: list[tuple[Button, ...]] = [
        (Button(shortened(f"👤 {each.name}", MAX_LABEL), ShowManager(each.telegram_id)),) for each in page.managers
    ]
    rows += pager(page.page, page.pages, ShowManagers)
    rows.append((Button(t.text("button.appoint"), TypeManager()), Button(t.text("button.audit"), ShowAudit(0, None))))
    rows.append((Button(t.text("button.back"), AdminHome()), *back_home(t)))
    return Screen(t.text("roles" if page.managers else "roles.none"), tuple(rows))


def ask_manager(t: Translator) -> Screen:
    """Ask who is meant."""
    return Screen(t.text("ask_manager"), ((Button(t.text("button.back"), ShowManagers(0)),),))


def manager(shown: Manager, t: Translator) -> Screen:
    """Show somebody's rights, each with the button that gives it or takes it back."""
    marks = [_mark(shown, right, t) for right in _GIVEN]
    rows = [tuple(marks[start : start + _IN_A_ROW]) for start in range(0, len(marks), _IN_A_ROW)]
    more = []
    if shown.rights:
        more.append(Button(t.text("button.dismiss"), RemoveManager(shown.telegram_id)))
    if shown.customer_id is not None:
        more.append(Button(t.text("button.deeds"), ShowAudit(0, shown.customer_id)))
    if shown.has_second_factor:
        rows.append((Button(t.text("button.reset_factor"), ResetFactor(shown.telegram_id)),))
    if more:
        rows.append(tuple(more))
    rows.append((Button(t.text("button.back"), ShowManagers(0)), *back_home(t)))
    text = t.text("roles.manager" if shown.rights else "roles.nobody", name=shown.name)
    if shown.customer_id is None:
        text += "\n" + t.text("roles.stranger")
    return Screen(text, tuple(rows))


def role(rights: frozenset[Right], t: Translator) -> Screen:
    """Tell somebody what he may look after now."""
    if not rights:
        return Screen(t.text("role.none"), (back_home(t),))
    parts = "\n".join(f"• {t.text(f'right.{right.value}')}" for right in _GIVEN if right in rights)
    return Screen(t.text("role.given", parts=parts), ((Button(t.text("menu.admin"), AdminHome()),),))


def _mark(shown: Manager, right: Right, t: Translator) -> Button:
    name = t.text(f"right.{right.value}")
    if right in shown.rights:
        return Button(f"✅ {name}", TakeRight(shown.telegram_id, right.value))
    return Button(f"⬜ {name}", GiveRight(shown.telegram_id, right.value))
