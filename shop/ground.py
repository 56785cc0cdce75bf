"""What every subject of the shop stands on."""

from collections.abc import Callable
from dataclasses import dataclass

from shop.audit import Audit
from shop.customers import Customers
from shop.error_reports import ErrorReports
from shop.outbox import Outbox
from shop.second_factor import SecondFactor
from shop.settings import Settings
from storage.database import Database


@dataclass(frozen=True, slots=True)
class Ground:
    """Settings, file and time of the shop; who comes, what they are told, and what admins are held to."""

    settings: Settings
    database: Database
    clock: Callable[[], int]
    customers: Customers
    outbox: Outbox
    audit: Audit
    second_factor: SecondFactor
    error_reports: ErrorReports
