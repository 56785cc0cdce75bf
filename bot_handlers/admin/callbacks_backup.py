"""What the buttons of backups say."""

from dataclasses import dataclass

from bot_handlers.callbacks import Callback


@dataclass(frozen=True, slots=True)
class ShowBackups(Callback):
    """Show how the backups are doing."""

    prefix = "backups"


@dataclass(frozen=True, slots=True)
class TakeBackup(Callback):
    """Take a backup now and send it."""

    prefix = "backup"
