"""Faults of the emulated Telegram, on request."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from types import MappingProxyType

from web.sandbox.errors import SandboxError
from web.sandbox.wire import Json

REFUSALS = frozenset({"400", "401", "403", "409", "429", "500", "502"})
"""Refusals, named by their status."""
SHAPES: Mapping[str, tuple[int, str]] = MappingProxyType(
    {
        "502_json": (502, '{"error": "bad gateway"}'),
        "nonsense": (200, '{"ok": true, "result": {"nothing": 1}}'),
        "empty_object": (200, "{}"),
        "empty_list": (200, "[]"),
        "null": (200, "null"),
        "no_result": (200, '{"ok": true}'),
        "not_ok": (200, '{"ok": false}'),
        "bad_retry": (429, '{"ok": false, "error_code": 429, "parameters": {"retry_after": "soon"}}'),
    }
)
"""Answers that the real Bot API never gives: status and body."""
KINDS = REFUSALS | set(SHAPES) | {"timeout", "drop", "drip", "lost_reply", "slow", "answer"}
"""`timeout` holds the call and then drops it; `drop` drops it at once. `drip` sends an endless answer, one byte at a
time. None of these executes the call. `lost_reply` executes it and then drops the connection, `slow` executes it
after `seconds`, and `answer` sends the given `status` and `body`.
"""

OF_UPDATES = frozenset({"lost_update", "repeated_update"})
"""Faults of updates about payments: they never arrive, or arrive again under another number."""

SWITCHES = frozenset({"text_only", "paced"})
"""Faults that last until they are switched off, not for a number of calls."""
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
"""The methods of a Bot API server that knows only text methods."""

MAX_COUNT = 10_000


@dataclass(frozen=True, slots=True)
class Fault:
    """The next `count` calls of `method` fail in this way.

    Without a method it affects every call except `getUpdates`, which is always open and would use up the fault before
    the shop does anything. With a chat it affects only the calls that name that chat, with a bot only its calls.
    `seconds` is how long `slow` takes, and how long `429` asks to wait.
    """

    kind: str
    count: int
    method: str | None = None
    chat_id: int | None = None
    seconds: int = 1
    status: int = 200
    body: str = ""
    bot_id: int | None = None

    def meets(self, method: str, chat_id: str, bot_id: int) -> bool:
        """Return whether a call of this method fails."""
        if self.chat_id is not None and str(self.chat_id) != chat_id:
            return False
        if self.bot_id not in (None, bot_id):
            return False
        return method != "getupdates" if self.method is None else method == self.method.lower()


class Faults:
    """Faults in the order in which they were requested, and two switches.

    `text_only`: the server knows text methods only. `paced`: it accepts one sustained message per second in a chat.
    """

    def __init__(self) -> None:
        self.text_only = self.paced = False
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Add a fault; a count of 0 removes all faults of this kind.

        Raises: SandboxError for an unknown kind or a figure out of range.
        """
        if fault.kind not in KINDS | OF_UPDATES:
            raise SandboxError(
                f"Unknown kind of fault; there are {', '.join(sorted(KINDS | OF_UPDATES | SWITCHES))}."
            )
        if not 0 <= fault.count <= MAX_COUNT:
            raise SandboxError(f"count is a whole number from 0 to {MAX_COUNT}.")
        if not 200 <= fault.status <= 599:
            raise SandboxError("status is a status of HTTP, from 200 to 599.")
        if fault.count == 0:
            self._waiting = [each for each in self._waiting if each.kind != fault.kind]
        else:
            self._waiting.append(fault)

    def take(self, method: str, chat_id: str, bot_id: int = 0) -> Fault | None:
        """Use up one failure for a call; return None if the call may proceed."""
        return self._use_up(lambda fault: fault.kind not in OF_UPDATES and fault.meets(method, chat_id, bot_id))

    def take_update(self) -> str:
        """Use up one failure for an update about a payment; return its kind, empty if it may be sent."""
        fault = self._use_up(lambda fault: fault.kind in OF_UPDATES)
        return fault.kind if fault else ""

    def _use_up(self, fits: Callable[[Fault], bool]) -> Fault | None:
        for place, fault in enumerate(self._waiting):
            if fits(fault):
                rest = [replace(fault, count=fault.count - 1)] if fault.count > 1 else []
                self._waiting[place : place + 1] = rest
                return fault
        return None

    def knows(self, method: str) -> bool:
        """Return whether the server has this method now."""
        return not self.text_only or method in TEXT_METHODS

    def snapshot(self) -> Json:
        """Return the faults that are still to come."""
        waiting = [asdict(fault) for fault in self._waiting]
        return {"text_only": self.text_only, "paced": self.paced, "waiting": waiting}

    def restore(self, saved: Json) -> None:
        """Take back a snapshot."""
        self.text_only = saved["text_only"]
        self.paced = saved.get("paced", self.paced)
        self._waiting = [Fault(**fault) for fault in saved["waiting"]]
