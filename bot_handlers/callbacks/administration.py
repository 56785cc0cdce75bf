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
    """Show what somebody may do."""

    telegram_id: int


@button("give")
class GiveRight(Callback):
    """Give somebody a right, named by its word: pressed twice, it stays given."""

    telegram_id: int
    right: str


@button("take")
class TakeRight(Callback):
    """Take a right back, named by its word."""

    telegram_id: int
    right: str


@button("dismiss")
class RemoveManager(Callback):
    """Take every right back."""

    telegram_id: int


@button("refactor")
class ResetFactor(Callback):
    """Forget somebody's second factor."""

    telegram_id: int


@button("audit")
class ShowAudit(Callback):
    """Show a page of the audit log, perhaps of one admin alone."""

    page: int
    done_by: int | None


@button("auditfile")
class SendAudit(Callback):
    """Send the audit log as a file, perhaps of one admin alone."""

    done_by: int | None


@button("backups")
class ShowBackups(Callback):
    """Show how the backups are doing."""


@button("backup")
class TakeBackup(Callback):
    """Take a backup now and send it."""


@button("notices")
class ShowNotices(Callback):
    """Show what this admin is told of."""


@button("notice")
class SwitchNotice(Callback):
    """Switch a notice on (1) or off (0)."""

    notice: str
    on: int
