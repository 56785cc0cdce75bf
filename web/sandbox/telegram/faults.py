"""Faults that a person can request from the emulated Telegram."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from types import MappingProxyType

from web.sandbox.errors import SandboxError
from web.sandbox.wire import Json

REFUSALS = frozenset({"400", "401", "403", "409", "429", "500", "502"})
"""Refusals by status."""
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
"""Answers that the Bot API never gives: status and body."""
KINDS = REFUSALS | set(SHAPES) | {"timeout", "drop", "drip", "lost_reply", "slow", "answer"}
"""`timeout` holds the call and then drops it. `drop` drops it at once, without doing it. `drip` doesn't do it either
and sends a byte now and then, forever. `lost_reply` does it and then drops the connection. `slow` does it after
`seconds`. `answer` returns the given `status` and `body`.
"""

OF_UPDATES = frozenset({"lost_update", "repeated_update"})
"""Faults of an update about a payment: it never arrives, or it arrives again with another id."""

SWITCHES = frozenset({"text_only", "paced", "private"})
"""These stay on until they are switched off."""
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
"""The Bot API of a server that supports only text methods."""

MAX_COUNT = 10_000


@dataclass(frozen=True, slots=True)
class Fault:
    """Make the next `count` calls of `method` fail in this way.

    Without a method, it matches every call but `getUpdates`, which is always open and would use the fault up at once.
    With a chat, it matches only calls for that chat; with a bot, only that bot's calls. `seconds` is how long `slow`
    takes, and the delay that `429` asks for.
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
        """Return whether the fault applies to a call of this method."""
        if self.chat_id is not None and str(self.chat_id) != chat_id:
            return False
        if self.bot_id not in (None, bot_id):
            return False
        return method != "getupdates" if self.method is None else method == self.method.lower()


class Faults:
    """Faults in the order of their requests, and three switches.

    `text_only`: the server supports text methods only. `paced`: it limits bots to one message a second in a chat over
    time. `private`: people's privacy settings forbid buttons that link to them.
    """

    def __init__(self) -> None:
        self.text_only = self.paced = self.private = False
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Request a fault; a count of 0 removes all faults of this kind.

        Raises: SandboxError for an unknown kind or a figure out of range.
        """
        if fault.kind not in KINDS | OF_UPDATES:
            raise SandboxError(
                f"Unknown kind of fault; there are {', '.join(sorted(KINDS | OF_UPDATES | SWITCHES))}."
            )
        if not 0 <= fault.count <= MAX_COUNT:
            raise SandboxError(f"count must be a whole number from 0 to {MAX_COUNT}.")
        if not 200 <= fault.status <= 599:
            raise SandboxError("status must be an HTTP status from 200 to 599.")
        if fault.count == 0:
            self._waiting = [each for each in self._waiting if each.kind != fault.kind]
        else:
            self._waiting.append(fault)

    def take(self, method: str, chat_id: str, bot_id: int = 0) -> Fault | None:
        """Use up one failure for a call; None if it may proceed."""
        return self._use_up(lambda fault: fault.kind not in OF_UPDATES and fault.meets(method, chat_id, bot_id))

    def take_update(self) -> str:
        """Use up one failure for an update about a payment and return its kind; empty if it may proceed."""
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
        """Return whether the server currently supports this method."""
        return not self.text_only or method in TEXT_METHODS

    def snapshot(self) -> Json:
        """Return the faults that are still pending."""
        waiting = [asdict(fault) for fault in self._waiting]
        switches = {name: getattr(self, name) for name in sorted(SWITCHES)}
        return {**switches, "waiting": waiting}

    def restore(self, saved: Json) -> None:
        """Restore a snapshot."""
        self.text_only = saved["text_only"]
        self.paced = saved.get("paced", self.paced)
        self.private = saved.get("private", False)
        self._waiting = [Fault(**fault) for fault in saved["waiting"]]
