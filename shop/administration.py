"""What owners keep an eye on, put together: who may do what, and who did what."""

from collections.abc import Callable
from dataclasses import dataclass

from shop.audit import Audit
from shop.audit_log import AuditLog
from shop.customers import Customers
from shop.outbox import Outbox
from shop.roles import Roles
from shop.settings import Settings
from storage.database import Database


@dataclass(frozen=True, slots=True)
class Administration:
    """The owners' subjects."""

    audit_log: AuditLog
    roles: Roles


def build(
    settings: Settings,
    database: Database,
    customers: Customers,
    outbox: Outbox,
    audit: Audit,
    *,
    clock: Callable[[], int],
) -> Administration:
    """Build them on an open database."""
    roles = Roles(
        database,
        customers,
        outbox,
        audit,
        clock=clock,
        admin_ids=settings.admin_id_list,
        page_entries=settings.page_entries,
    )
    return Administration(AuditLog(customers, page_entries=settings.page_entries), roles)
