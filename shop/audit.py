"""The audit log: written in the transaction of what it records, read by owners."""

import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from shop.customers import Customers
from shop.people import Person, Right
from storage.models import AuditEntry

_FORMULA = ("=", "+", "-", "@")
"""What a spreadsheet would take for a formula at the beginning of a cell."""


class Audit:
    """The log of the admins. An entry is written in the transaction of what it tells of."""

    def __init__(self, *, clock: Callable[[], int]) -> None:
        self._clock = clock

    def write(self, admin: Person, action: str, subject: str = "", **details: int | str | None) -> int:
        """Record that an admin did something to something; return the entry's number. Needs an open transaction.

        `action` is a constant of ours such as `coupon.created`, with a text `audit.<action>`; `subject` names what it
        was done to (`order 12`); `details` hold no goods and no secret.
        """
        entry = AuditEntry.create(
            admin=admin.id,
            action=action,
            subject=subject,
            details=json.dumps(details, ensure_ascii=False),
            created_at=self._clock(),
        )
        return int(entry.id)


@dataclass(frozen=True, slots=True)
class Deed:
    """What an admin did to what; `details` are names and values. `done_at` is in Unix seconds."""

    admin: str
    action: str
    subject: str
    details: dict[str, int | str | None]
    done_at: int


@dataclass(frozen=True, slots=True)
class AuditPage:
    """One page of the log, newest first; of one admin alone where `admin_id` names him."""

    deeds: tuple[Deed, ...]
    admin_id: int | None
    page: int
    pages: int


class AuditLog:
    """Reads of the log. All of it takes `Right.ROLES`, which owners alone have."""

    def __init__(self, customers: Customers, *, page_entries: int) -> None:
        self._customers = customers
        self._size = page_entries

    def page(self, owner: Person, *, page: int, admin_id: int | None) -> AuditPage:
        """Read one page; a page beyond the last shows the last.

        Raises:
            NotAllowed: he is no owner.
        """
        self._customers.require(owner, Right.ROLES)
        pages = max(1, -(-AuditEntry.count_of(admin_id) // self._size))
        page = min(max(page, 0), pages - 1)
        rows = AuditEntry.page(page=page, size=self._size, admin_id=admin_id)
        return AuditPage(tuple(map(self._deed, rows)), admin_id, page, pages)

    def csv(self, owner: Person, say: Callable[[str], str], head: tuple[str, ...], *, admin_id: int | None) -> str:
        """Write all of it as CSV (RFC 4180), oldest first; times are UTC (ISO 8601), `say` names an action.

        Raises:
            NotAllowed: he is no owner.
        """
        self._customers.require(owner, Right.ROLES)
        out = io.StringIO()
        table = csv.writer(out)
        table.writerow(head)
        for row in AuditEntry.every(admin_id):
            deed = self._deed(row)
            moment = datetime.fromtimestamp(deed.done_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            cells = (deed.admin, say(deed.action), deed.subject, in_one_line(deed.details))
            table.writerow((moment, *map(_harmless, cells)))
        return out.getvalue()

    def _deed(self, row: AuditEntry) -> Deed:
        name = self._customers.name_of(row.admin_id)
        return Deed(name, row.action, row.subject, json.loads(row.details), row.created_at)


def in_one_line(details: dict[str, int | str | None]) -> str:
    """Write details as `name: value`, those without a value left out."""
    return ", ".join(f"{name}: {value}" for name, value in details.items() if value is not None)


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
