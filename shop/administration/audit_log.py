"""The audit log as owners read it."""

import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass

from shop.catalog.formats.tables import harmless
from shop.context import Context
from shop.people import Person, Right
from storage.models import AuditEntry


@dataclass(frozen=True, slots=True)
class AuditEntryView:
    """An entry of the log as owners see it. `details` are names and values. `done_at` is in Unix seconds."""

    admin: str
    action: str
    subject: str
    details: dict[str, int | str | None]
    done_at: int


@dataclass(frozen=True, slots=True)
class AuditPage:
    """One page of the log, newest first; of only one admin if `admin_id` is set."""

    entries: tuple[AuditEntryView, ...]
    admin_id: int | None
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class AuditLog:
    """The log as owners read it. Everything takes `Right.OWNERS_ONLY`, which only owners have."""

    context: Context

    def page(self, owner: Person, *, page: int, admin_id: int | None) -> AuditPage:
        """Read one page; a page beyond the last shows the last."""
        self.context.customers.require(owner, Right.OWNERS_ONLY)
        page, pages = self.context.page(page, AuditEntry.count_of(admin_id))
        rows = AuditEntry.page(page=page, size=self.context.page_entries, admin_id=admin_id)
        return AuditPage(tuple(map(self._view, rows)), admin_id, page, pages)

    def csv(self, owner: Person, say: Callable[[str], str], head: tuple[str, ...], *, admin_id: int | None) -> str:
        """Write the log as CSV (RFC 4180), oldest first. Times are as in `Context.iso`; `say` words an action."""
        self.context.customers.require(owner, Right.OWNERS_ONLY)
        out = io.StringIO()
        table = csv.writer(out)
        table.writerow(head)
        for row in AuditEntry.every(admin_id):
            entry = self._view(row)
            cells = (entry.admin, say(entry.action), entry.subject, in_one_line(entry.details))
            table.writerow((self.context.iso(entry.done_at), *map(harmless, cells)))
        return out.getvalue()

    def one(self, entry_id: int) -> AuditEntryView:
        """Read an entry, for letters."""
        return self._view(AuditEntry.get_by_id(entry_id))

    def _view(self, row: AuditEntry) -> AuditEntryView:
        name = self.context.customers.name_of(row.admin_id)
        return AuditEntryView(name, row.action, row.subject, json.loads(row.details), row.created_at)


def in_one_line(details: dict[str, int | str | None]) -> str:
    """Write details as `name: value`, leaving out those without a value."""
    return ", ".join(f"{name}: {value}" for name, value in details.items() if value is not None)
