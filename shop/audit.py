"""The audit log: written in the transaction of what it records. Owners read it in `administration.audit_log`."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from shop.people import Person
from storage.models import AuditEntry


@dataclass(frozen=True, slots=True)
class Audit:
    """The log of the admins. An entry is written in the transaction of what it tells of."""

    clock: Callable[[], int]

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
            created_at=self.clock(),
        )
        return int(entry.id)
