"""What owners keep an eye on, put together: who may do what, who did what, who is told what."""

from dataclasses import dataclass

from shop.audit_log import AuditLog
from shop.backups import LOOK_EVERY_S, Backups, KeySource, Plan
from shop.error_reports import ErrorReports
from shop.ground import Ground
from shop.jobs import Job, Runner
from shop.menu_pictures import MenuPictures
from shop.notices import Notices
from shop.own_texts import OwnTexts
from shop.roles import Roles
from shop.second_factor import SecondFactor
from shop.settings import Settings


@dataclass(frozen=True, slots=True)
class Administration:
    """The owners' subjects."""

    audit_log: AuditLog
    roles: Roles
    second_factor: SecondFactor
    backups: Backups
    notices: Notices
    error_reports: ErrorReports
    texts: OwnTexts
    menu_pictures: MenuPictures


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
    audit_log = AuditLog(ground.customers, page_entries=settings.page_entries)
    backups = Backups(
        ground.database, ground.customers, ground.outbox, ground.audit, clock=ground.clock, plan=_plan(settings)
    )
    notices = Notices(ground.database, ground.customers)
    return Administration(
        audit_log,
        roles,
        ground.second_factor,
        backups,
        notices,
        ground.error_reports,
        OwnTexts(ground),
        MenuPictures(ground),
    )


def runners(office: Administration, ground: Ground) -> tuple[Runner, ...]:
    """Say what runs by itself: backups, on a thread of their own, where the operator wants them."""
    if not ground.settings.backup_every_hours:
        return ()
    job = Job("backup", LOOK_EVERY_S, office.backups.run)
    return (Runner("backups", (job,), let_go=ground.database.release_thread),)


def _plan(settings: Settings) -> Plan:
    key = KeySource.KEY_FILE
    if settings.db_key.get_secret_value():
        key = KeySource.DB_KEY
    elif settings.db_pass.get_secret_value():
        key = KeySource.DB_PASS
    return Plan(settings.backup_every_hours * 3600, settings.backup_copies, settings.backup_to_owners, key)
