"""Buttons of managers, the audit log, backups, notifications and the second factor."""

from bot_handlers.callbacks import Callback, button


@button("managers")
class ShowManagers(Callback):
    """Show a page of the managers."""

    page: int


@button("appoint")
class TypeManager(Callback):
    """Ask who should become a manager."""


@button("manager")
class ShowManager(Callback):
    """Show what a manager may do."""

    telegram_id: int


@button("give")
class GiveRight(Callback):
    """Grant a right, by its name; pressing twice changes nothing."""

    telegram_id: int
    right: str


@button("take")
class TakeRight(Callback):
    """Remove a right, by its name."""

    telegram_id: int
    right: str


@button("dismiss")
class RemoveManager(Callback):
    """Remove all rights."""

    telegram_id: int


@button("refactor")
class ResetFactor(Callback):
    """Forget the second factor of a manager."""

    telegram_id: int


@button("audit")
class ShowAudit(Callback):
    """Show a page of the audit log, perhaps of one admin only."""

    page: int
    done_by: int | None


@button("auditfile")
class SendAudit(Callback):
    """Send the audit log as a file, perhaps of one admin only."""

    done_by: int | None


@button("backups")
class ShowBackups(Callback):
    """Show the state of the backups."""


@button("backup")
class TakeBackup(Callback):
    """Take a backup now and send it."""


@button("keykept")
class KeepKey(Callback):
    """Confirm that the database key is also kept elsewhere."""


@button("notices")
class ShowNotifications(Callback):
    """Show what this admin is notified of."""


@button("notice")
class SwitchNotification(Callback):
    """Switch a notification on (1) or off (0)."""

    notification: str
    on: int
