"""The off-site copy: changes are written to a folder every few minutes, so a lost machine loses no more than that.

The folder is uploaded by the operator's own program (`BACKUP_HOOK`), such as rclone, which speaks S3 and forty other
protocols, keeps its own credentials, and is updated independently of this program.
"""

import contextlib
import logging
import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from shop.context import Context
from shop.cpu_affinity import let_loose
from shop.outbox import Event
from storage.errors import SnapshotFailed
from storage.off_site import PageLog

_log = logging.getLogger("souk.backups")
HOOK_TIMEOUT_S = 600
_DAY_S = 86_400
_HANDED_ON = ("PATH", "HOME", "LANG", "TMPDIR", "XDG_CONFIG_HOME", "RCLONE_CONFIG")
"""The only environment variables that the hook receives, to keep the shop's secrets from it."""


@dataclass(slots=True)
class OffSiteCopy:
    """The folder, its contents, and whether it waits for the hook."""

    context: Context
    folder: Path
    hook: str = ""
    _log: PageLog | None = field(init=False, default=None)
    _waits: bool = field(init=False, default=False)

    def run(self) -> None:
        """Write the changes, then start the hook; retry it as long as it fails."""
        database = self.context.database
        if self._log is None:  # the folder is read only once, and not during startup
            self._log = PageLog.open(self.folder, database.key)
        try:
            written = self._log.write(database, now=self.context.clock())
        except SnapshotFailed as failed:
            self._tell(failed.reason)
            return
        if written is not None:
            _log.info("off-site copy: %s, %d bytes", written.name, written.stat().st_size)
        self._waits = bool(self.hook) and (self._waits or written is not None)
        if self._waits:
            self._upload()

    def _upload(self) -> None:
        environ = {name: os.environ[name] for name in _HANDED_ON if name in os.environ}
        with contextlib.suppress(OSError, AttributeError):
            let_loose()  # the hook may take minutes, and has to leave the shop's core to the shop
        try:
            done = subprocess.run(  # noqa: S603 - the operator's own program, without a shell
                [self.hook, str(self.folder)],
                env=environ,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=HOOK_TIMEOUT_S,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            self._tell(f"{Path(self.hook).name}: {type(error).__name__}")
            return
        if done.returncode:
            self._tell(f"{Path(self.hook).name}: {done.returncode}")
        else:
            self._waits = False

    def _tell(self, reason: str) -> None:
        """Tell the owners once a day."""
        _log.warning("off-site copy: %s", reason)
        key = f"off-site-copy-failed:{self.context.clock() // _DAY_S}"
        with self.context.database.transaction():
            self.context.outbox.tell_admins(Event.ADMIN_BACKUP_FAILED, key=key, payload={"reason": reason})
