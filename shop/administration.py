"""What owners keep an eye on, put together: who may do what, and who did what."""

from dataclasses import dataclass

from shop.audit_log import AuditLog
from shop.ground import Ground
from shop.roles import Roles
from shop.second_factor import SecondFactor


@dataclass(frozen=True, slots=True)
class Administration:
    """The owners' subjects."""

    audit_log: AuditLog
    roles: Roles
    second_factor: SecondFactor


def build(ground: Ground) -> Administration:
    """Build them on an open database."""
    settings = ground.settings
    roles = Roles(
        ground.database,
        ground.customers,
        ground.outbox,
        ground.audit,
        clock=ground.clock,
        admin_ids=settings.admin_id_list,
        page_entries=settings.page_entries,
    )
    return Administration(AuditLog(ground.customers, page_entries=settings.page_entries), roles, ground.second_factor)
