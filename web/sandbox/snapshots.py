"""Keeps the sandbox's state in a file, so that it survives even a killed process."""

import json
import logging
import os
import threading
from collections.abc import Callable
from pathlib import Path

from web.sandbox.errors import SandboxError
from web.sandbox.wire import Json

log = logging.getLogger(__name__)


class SnapshotFile:
    """One JSON file, replaced as a whole: a reader sees the old state or the new one, never half of one."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> Json | None:
        """Return the saved state; None if there is none.

        Raises: SandboxError if the file exists but cannot be read.
        """
        try:
            saved = json.loads(self._path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValueError):
            saved = None
        if not isinstance(saved, dict):
            raise SandboxError(
                f"The sandbox's saved state {self._path} cannot be read: move it away to start anew.", 500
            )
        return saved

    def write(self, state: Json) -> None:
        """Replace the saved state."""
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        temporary = self._path.with_suffix(".tmp")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="surrogatepass") as file:
            json.dump(state, file, ensure_ascii=True, separators=(",", ":"))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self._path)


class Saver:
    """Writes the state at most `delay_s` after a change, however many changes follow."""

    def __init__(self, file: SnapshotFile, state: Callable[[], Json], *, delay_s: float) -> None:
        self._file = file
        self._state = state
        self._delay_s = delay_s
        self._dirty = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sandbox-saver", daemon=True)

    def start(self) -> None:
        """Start saving."""
        self._thread.start()

    def changed(self) -> None:
        """Record that there is something to save. Never blocks."""
        self._dirty.set()

    def stop(self) -> None:
        """Save once more and end."""
        self._stopping.set()
        self._dirty.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    def _run(self) -> None:
        while True:
            self._dirty.wait()
            self._stopping.wait(self._delay_s)
            ending = self._stopping.is_set()
            self._dirty.clear()
            try:
                self._file.write(self._state())
            except OSError:
                log.exception("the sandbox's state could not be saved")
            if ending:
                return
