"""What every subject of the shop is given."""

from collections.abc import Callable
from dataclasses import dataclass

from shop.audit import Audit
from shop.customers import Customers
from shop.outbox import Outbox
from shop.settings import Settings
from storage.database import Database


@dataclass(frozen=True, slots=True)
class Context:
    """Settings, database and clock of the shop; its customers, the letters to them, and the audit log."""

    settings: Settings
    database: Database
    clock: Callable[[], int]
    customers: Customers
    outbox: Outbox
    audit: Audit
