"""Faults that a person asks the emulated Telegram for."""

from dataclasses import asdict, dataclass, replace

from web.sandbox.errors import SandboxError
from web.sandbox.wire import Json

KINDS = frozenset({"429", "403", "400", "500", "502", "timeout", "drop", "lost_reply", "nonsense"})
"""Answers by their status; `timeout` holds the call and then drops it, `drop` drops it at once, undone,
`lost_reply` does what was asked and then drops the connection, `nonsense` answers what nobody asked."""

TEXT_METHODS = frozenset(
    {
        "getme",
        "getupdates",
        "setwebhook",
        "deletewebhook",
        "getwebhookinfo",
        "sendmessage",
        "editmessagetext",
        "editmessagereplymarkup",
        "deletemessage",
        "answercallbackquery",
    }
)
"""What is left of the Bot API on a server that knows only text methods."""

MAX_COUNT = 10_000


@dataclass(frozen=True, slots=True)
class Fault:
    """The next `count` calls of `method` fail in this way.

    Without a method it meets every call but `getUpdates`: that one is always open, and would use the fault up
    before the shop does anything.
    """

    kind: str
    count: int
    method: str | None = None

    def meets(self, method: str) -> bool:
        """Tell whether a call of this method fails."""
        return method != "getupdates" if self.method is None else method == self.method.lower()


class Faults:
    """Faults in the order in which they were asked for, and the switch to a server of text methods only."""

    def __init__(self) -> None:
        self.text_only = False
        self._waiting: list[Fault] = []

    def add(self, kind: str, count: int, method: str | None) -> None:
        """Ask for a fault; a count of 0 takes back all faults of this kind.

        Raises: SandboxError for an unknown kind or a count out of range.
        """
        if kind not in KINDS:
            raise SandboxError(f"Unknown kind of fault; there are {', '.join(sorted(KINDS))} and text_only.")
        if not 0 <= count <= MAX_COUNT:
            raise SandboxError(f"count is a whole number from 0 to {MAX_COUNT}.")
        if count == 0:
            self._waiting = [fault for fault in self._waiting if fault.kind != kind]
        else:
            self._waiting.append(Fault(kind, count, method))

    def take(self, method: str) -> str | None:
        """Use up one failure for a call, or return None when it may go on."""
        for place, fault in enumerate(self._waiting):
            if fault.meets(method):
                rest = [replace(fault, count=fault.count - 1)] if fault.count > 1 else []
                self._waiting[place : place + 1] = rest
                return fault.kind
        return None

    def knows(self, method: str) -> bool:
        """Tell whether the server has this method at present."""
        return not self.text_only or method in TEXT_METHODS

    def snapshot(self) -> Json:
        """Return the faults that are still to come."""
        return {"text_only": self.text_only, "waiting": [asdict(fault) for fault in self._waiting]}

    def restore(self, saved: Json) -> None:
        """Take back a snapshot."""
        self.text_only = saved["text_only"]
        self._waiting = [Fault(**fault) for fault in saved["waiting"]]
