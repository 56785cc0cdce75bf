"""Buttons of managers, the audit log, backups, notifications and the second factor."""

from bot_handlers.callbacks import Callback, button


@button("managers")
class ShowManagers(Callback):
    """Show a page of the managers."""

    page: int


@button("appoint")
class TypeManager(Callback):
    """Ask who is to become a manager."""


@button("manager")
class ShowManager(Callback):
    """Show what a manager may do."""

    telegram_id: int


@button("give")
class GiveRight(Callback):
    """Give a right, by its name: pressed twice, it stays given."""

    telegram_id: int
    right: str


@button("take")
class TakeRight(Callback):
    """Take a right back, by its name."""

    telegram_id: int
    right: str


@button("dismiss")
class RemoveManager(Callback):
    """Take all rights back."""

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
    """Show how the backups are doing."""


@button("backup")
class TakeBackup(Callback):
    """Take a backup now and send it."""


@button("keykept")
class KeepKey(Callback):
    """Say that the key of the database is kept elsewhere too."""


@button("notices")
class ShowNotices(Callback):
    """Show what this admin is notified of."""


@button("notice")
class SwitchNotice(Callback):
    """Switch a notification on (1) or off (0)."""

    notice: str
    on: int
