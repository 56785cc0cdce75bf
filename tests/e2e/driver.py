"""Drives a running sandbox from outside, as its page does: over HTTP only."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import requests

from tests.patience import DEADLINE_S, wait_for
from web.sandbox.wire import Json

T = TypeVar("T")

ROOT = Path(__file__).resolve().parents[2]
ADDRESS = re.compile(
    r"\b(bc1q[a-z0-9]{38}|ltc1q[a-z0-9]{38}|0x[0-9a-fA-F]{40}|T[1-9A-HJ-NP-Za-km-z]{33}|[1-9A-HJ-NP-Za-km-z]{43,44})\b"
)
LONGEST_PAUSE_S = 0.15
"""Between two reads of a chat: a read costs as much as a tap, and a bot may have to wait a second to write."""
HELD_S = 2
"""How long the sandbox holds back an answer until there is something new, which saves asking again."""


class Program:
    """`app.py`, or another script that runs the shop, as a child process."""

    def __init__(
        self,
        *arguments: str,
        cwd: Path,
        wrapper: tuple[str, ...] = (),
        script: Path = ROOT / "app.py",
        **environ: str,
    ) -> None:
        self._is_wrapped = bool(wrapper)
        clean = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        self.process = subprocess.Popen(
            [*wrapper, sys.executable, str(script), *arguments],
            cwd=cwd,
            env=clean | {"WEBAPP_PORT": "0", "PYTHONUNBUFFERED": "1", "CONSENT": "never"} | environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def address(self) -> str:
        """Wait for the line that names the page."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        found = re.search(r"http://\S+", line)
        if not found:
            self.process.kill()
            raise AssertionError(f"no address: {line!r} {self.process.communicate()}")
        return found.group().rstrip("/")

    def children(self) -> list[int]:
        """List the processes that this one started."""
        listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [int(pid) for pid in listed]

    def stop(self, how: int = signal.SIGTERM) -> tuple[int, str]:
        """End the program; return its exit code and what it wrote to standard error."""
        if how == signal.SIGTERM and not self._is_wrapped:
            wait_for(self._takes_sigterm, "a program that has loaded its modules")
        if self.process.poll() is None:
            self.process.send_signal(how)
        _, errors = self.process.communicate(timeout=DEADLINE_S)
        return self.process.returncode, errors

    def _takes_sigterm(self) -> bool:
        """Return whether the program has ended or handles SIGTERM, which kills it until then (proc(5), SigCgt)."""
        if self.process.poll() is not None:
            return True
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        caught = int(re.search(r"^SigCgt:\s*(\w+)", status, re.MULTILINE).group(1), 16)
        return bool(caught & 1 << signal.SIGTERM - 1)


def run(*arguments: str, cwd: Path, **environ: str) -> tuple[int, str, str]:
    """Run a command of `app.py` to its end; return its exit code, its output and its errors."""
    program = Program(*arguments, cwd=cwd, **environ)
    told, errors = program.process.communicate(timeout=DEADLINE_S)
    assert "Traceback" not in errors, errors
    return program.process.returncode, told, errors


class Chat:
    """One person's chat.

    Letters arrive at any moment, and screens change. So a test says which message it means: one that was sent or
    edited since this person's last action, and that contains certain words.
    """

    def __init__(self, base: str, user_id: int, *, bot: str | None = None) -> None:
        self.api = f"{base}/sandbox/api"
        self.user_id = user_id
        self._bot = {} if bot is None else {"bot": bot}
        self._session = requests.Session()
        self._session.trust_env = False  # looking for proxies takes longer than asking a server on this machine
        self._before: list[Json] = []
        self._answers_before: list[Json] = []
        self._pressed: int | None = None
        self.settled: Json = {}
        """The chat after the shop had handled this person's last action."""

    def state(self, **asked: Any) -> Json:
        return self._json(self._session.get(f"{self._user}/chat", params=self._bot | asked, timeout=DEADLINE_S))

    def say(self, text: str, **profile: Any) -> None:
        """Type a text and wait until the shop has handled it."""
        self._act("messages", json={"text": text} | profile)

    def send_file(self, name: str, content: bytes) -> None:
        self._act("messages", files={"document": (name, content)})

    def press(self, *labels: str) -> None:
        """Press buttons one after another, each as soon as there is one whose label contains these words."""
        for label in labels:
            message, button = self.button(label)
            self.press_data(message["message_id"], button["callback_data"])

    def press_data(self, message_id: int, data: str) -> None:
        self._act("callbacks", pressed=message_id, json={"message_id": message_id, "data": data})

    def button(self, label: str) -> tuple[Json, Json]:
        """Wait for a button whose label contains `label`; return its message and the button."""
        return self._until(lambda: self.find_button(label), f"a button {label!r}")

    def find_button(self, label: str) -> tuple[Json, Json] | None:
        """Look for a button on the screen that the last press changed, then from the newest message on.

        This way, a letter that arrives below a screen does not receive a press meant for the screen.
        """
        messages = self.messages
        screen = [message for message in self._new(messages) if message["message_id"] == self._pressed]
        for message in (*screen, *reversed(messages)):
            for button in buttons_of(message):
                if label in button["text"]:
                    return message, button
        return None

    def settle(self) -> Json:
        """Wait until the shop has handled every update; return what the chat shows then."""

        def settled() -> Json | None:
            state = self.state(settled=1, wait=HELD_S)
            return state if state["pending"] == 0 else None

        return wait_for(settled, "the shop deals with every update")

    def says(self, part: str | re.Pattern[str]) -> str:
        """Wait for a message since this person's last action that contains `part`; return the text of the newest."""
        return text_of(self._until(lambda: self._newest(part), f"news with {part!r}"))

    def screen(self, part: str = "") -> Json:
        """Wait for a message with buttons since this person's last action that contains `part`; return the newest."""
        return self._until(lambda: self._newest(part, with_buttons=True), f"a screen with {part!r}")

    def labels(self, part: str = "") -> list[str]:
        """Read the buttons of the newest screen that contains `part`."""
        return [button["text"] for button in buttons_of(self.screen(part))]

    def alert(self, part: str) -> str:
        """Wait for an alert since this person's last action that contains `part`."""

        def popped_up() -> str:
            answers = [each for each in self.state()["answers"] if each not in self._answers_before]
            return next((text for each in answers if part in (text := each.get("text") or "")), "")

        return self._until(popped_up, f"an alert with {part!r}")

    def wait_text(self, part: str) -> str:
        """Wait until any message in the chat contains `part`; return the text of the newest one."""
        return self._until(
            lambda: next((t for t in reversed(self.texts) if part in t), ""), f"a message with {part!r}"
        )

    def file(self, name: str = "") -> bytes:
        """Wait for a file since this person's last action whose name contains `name`; return its content."""

        def found() -> Json | None:
            documents = [message["document"] for message in self.news if "document" in message]
            return next((each for each in reversed(documents) if name in each["file_name"]), None)

        return self.download(self._until(found, f"a file {name!r}"))

    def files(self) -> dict[str, bytes]:
        """Fetch every file in the chat, by name."""
        documents = [message["document"] for message in self.messages if "document" in message]
        return {each["file_name"]: self.download(each) for each in documents}

    def download(self, document: Json) -> bytes:
        reply = self._session.get(f"{self.api}/files/{document['file_id']}", timeout=DEADLINE_S)
        assert reply.ok, reply.text
        return reply.content

    @property
    def messages(self) -> list[Json]:
        """The bot's messages in the chat, oldest first."""
        return [message for message in self.state()["messages"] if message["from"]["is_bot"]]

    @property
    def news(self) -> list[Json]:
        """Messages sent or edited since this person's last action."""
        return self._new(self.messages)

    @property
    def texts(self) -> list[str]:
        return [text_of(message) for message in self.messages]

    @property
    def _user(self) -> str:
        return f"{self.api}/users/{self.user_id}"

    def _act(self, what: str, *, pressed: int | None = None, **request: Any) -> None:
        state = self.state()
        self._before, self._answers_before, self._pressed = state["messages"], state["answers"], pressed
        if "json" in request:
            request["json"] = request["json"] | self._bot
        self._json(self._session.post(f"{self._user}/{what}", timeout=DEADLINE_S, **request))
        self.settled = self.settle()

    def _new(self, messages: list[Json]) -> list[Json]:
        before = {message["message_id"]: message for message in self._before}
        return [message for message in messages if before.get(message["message_id"]) != message]

    def _newest(self, part: str | re.Pattern[str], *, with_buttons: bool = False) -> Json | None:
        def fits(message: Json) -> bool:
            text = text_of(message)
            holds = part in text if isinstance(part, str) else part.search(text) is not None
            return holds and (not with_buttons or bool(buttons_of(message)))

        return next(filter(fits, reversed(self.news)), None)

    def _until(self, find: Callable[[], T | None], what: str) -> T:
        try:
            return wait_for(find, what, longest_pause_s=LONGEST_PAUSE_S)
        except AssertionError as error:
            raise AssertionError(f"{error}; the chat shows {self.texts}") from None

    @staticmethod
    def _json(reply: requests.Response) -> Json:
        assert reply.ok, reply.text
        return dict(reply.json())


def text_of(message: Json) -> str:
    return message.get("text") or message.get("caption") or ""


def buttons_of(message: Json) -> list[Json]:
    return [button for row in message.get("reply_markup", {}).get("inline_keyboard", []) for button in row]


def plain(text: str) -> str:
    """Return a text from the language files as a person reads it: without its markup."""
    return re.sub(r"<[^>]*>", "", text).strip()


@contextmanager
def running(*arguments: str, cwd: Path, **environ: str) -> Iterator[str]:
    """Run a sandbox and yield its address; in the end it must exit with 0 and no traceback."""
    program = Program(*(arguments or ("sandbox",)), cwd=cwd, **environ)
    yield program.address()
    code, errors = program.stop()
    assert code == 0, errors
    assert "Traceback" not in errors, errors


def text_only(base: str, *, on: bool) -> None:
    """Make the emulated Telegram know only text methods, or everything again."""
    assert requests.post(f"{base}/sandbox/api/telegram/text_only", json={"on": on}, timeout=DEADLINE_S).ok


class ChainPanel:
    """The panel of the emulated chains."""

    def __init__(self, base: str) -> None:
        self.api = f"{base}/sandbox/api/chains"

    def pay(self, chain: str, address: str, amount: str) -> str:
        return str(self._post(f"{chain}/pay", {"address": address, "amount": amount})["txid"])

    def mine(self, chain: str, blocks: int = 1) -> None:
        self._post(f"{chain}/mine", {"blocks": blocks})

    def drop(self, chain: str, txid: str) -> None:
        self._post(f"{chain}/drop", {"txid": txid})

    def fault(self, chain: str, kind: str, count: int) -> None:
        self._post(f"{chain}/fault", {"kind": kind, "count": count})

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        reply = requests.post(f"{self.api}/{path}", json=body, timeout=DEADLINE_S)
        assert reply.ok, reply.text
        return dict(reply.json())


def address_in(chat: Chat) -> str:
    """Read the address of the top-up screen that the last action led to."""
    return ADDRESS.search(chat.says(ADDRESS)).group()
