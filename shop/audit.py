"""The audit log: written in the transaction of what it records. Owners read it in `administration.audit_log`."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from shop.people import Person
from storage.models import AuditEntry


@dataclass(frozen=True, slots=True)
class Audit:
    """The log of what admins do. An entry is written in the transaction of the change it records."""

    clock: Callable[[], int]

    def write(self, admin: Person, action: str, subject: str = "", **details: int | str | None) -> int:
        """Record that an admin did something to something; return the entry's number. Needs an open transaction.

        `action` is a constant such as `coupon.created`, with a text `audit.<action>`; `subject` names what was
        changed (`order 12`); `details` never hold goods or secrets.
        """
        entry = AuditEntry.create(
            admin=admin.id,
            action=action,
            subject=subject,
            details=json.dumps(details, ensure_ascii=False),
            created_at=self.clock(),
        )
        return int(entry.id)
