"""Tell systemd, as sd_notify(3) does, that the server is ready, alive or stopping; does nothing without systemd."""

import logging
import socket
from collections.abc import Mapping

from shop.logs import Sparing

READY = "READY=1"
ALIVE = "WATCHDOG=1"
STOPPING = "STOPPING=1"
_log = logging.getLogger("souk.web")


class ServiceManager:
    """The socket that systemd listens on, given in NOTIFY_SOCKET: a path, or `@` and a name in the abstract
    namespace.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        name = environ.get("NOTIFY_SOCKET", "")
        self._address = f"\0{name[1:]}" if name.startswith("@") else name
        self._failures = Sparing(_log)

    def tell(self, state: str) -> None:
        """Send a state. A failure is only logged, because systemd notices the silence itself."""
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as notify:
                notify.sendto(state.encode(), socket.MSG_DONTWAIT, self._address)
        except OSError as error:
            self._failures.warning("systemd does not accept %s: %s", state, error)
