"""Buttons of managers, the audit log, backups, notifications and the second factor."""

from dataclasses import dataclass

from bot_handlers.callbacks import Callback


@dataclass(frozen=True, slots=True)
class ShowManagers(Callback):
    """Show a page of the managers."""

    prefix = "managers"
    page: "int"


@dataclass(frozen=True, slots=True)
class TypeManager(Callback):
    """Ask who is to become a manager."""

    prefix = "appoint"


@dataclass(frozen=True, slots=True)
class ShowManager(Callback):
    """Show what somebody may do."""

    prefix = "manager"
    telegram_id: "int"


@dataclass(frozen=True, slots=True)
class GiveRight(Callback):
    """Give somebody a right, named by its word: pressed twice, it stays given."""

    prefix = "give"
    telegram_id: "int"
    right: "str"


@dataclass(frozen=True, slots=True)
class TakeRight(Callback):
    """Take a right back, named by its word."""

    prefix = "take"
    telegram_id: "int"
    right: "str"


@dataclass(frozen=True, slots=True)
class RemoveManager(Callback):
    """Take every right back."""

    prefix = "dismiss"
    telegram_id: "int"


@dataclass(frozen=True, slots=True)
class ResetFactor(Callback):
    """Forget somebody's second factor."""

    prefix = "refactor"
    telegram_id: "int"


@dataclass(frozen=True, slots=True)
class ShowAudit(Callback):
    """Show a page of the audit log, perhaps of one admin alone."""

    prefix = "audit"
    page: "int"
    done_by: "int | None"


@dataclass(frozen=True, slots=True)
class SendAudit(Callback):
    """Send the audit log as a file, perhaps of one admin alone."""

    prefix = "auditfile"
    done_by: "int | None"


@dataclass(frozen=True, slots=True)
class ShowBackups(Callback):
    """Show how the backups are doing."""

    prefix = "backups"


@dataclass(frozen=True, slots=True)
class TakeBackup(Callback):
    """Take a backup now and send it."""

    prefix = "backup"


@dataclass(frozen=True, slots=True)
class ShowNotices(Callback):
    """Show what this admin is told of."""

    prefix = "notices"


@dataclass(frozen=True, slots=True)
class SwitchNotice(Callback):
    """Switch a notice on (1) or off (0)."""

    prefix = "notice"
    notice: "str"
    on: "int"
