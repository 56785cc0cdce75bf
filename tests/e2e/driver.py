"""Drives a running sandbox from outside, as its page does: over HTTP alone."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import requests

from tests.patience import DEADLINE_S, wait_for

ROOT = Path(__file__).resolve().parents[2]
ADDRESS = re.compile(
    r"\b(bc1q[a-z0-9]{38}|ltc1q[a-z0-9]{38}|0x[0-9a-fA-F]{40}|T[1-9A-HJ-NP-Za-km-z]{33}|[1-9A-HJ-NP-Za-km-z]{43,44})\b"
)


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
        clean = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        self.process = subprocess.Popen(
            [*wrapper, sys.executable, str(script), *arguments],
            cwd=cwd,
            env=clean | {"WEBAPP_PORT": "0", "PYTHONUNBUFFERED": "1"} | environ,
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
        if self.process.poll() is None:
            self.process.send_signal(how)
        _, errors = self.process.communicate(timeout=DEADLINE_S)
        return self.process.returncode, errors


class Chat:
    """One person's chat."""

    def __init__(self, base: str, user_id: int) -> None:
        self.api = f"{base}/sandbox/api"
        self.user_id = user_id

    def state(self) -> dict[str, Any]:
        return self._json(requests.get(f"{self.api}/users/{self.user_id}/chat", timeout=DEADLINE_S))

    def say(self, text: str, **profile: Any) -> None:
        """Type a text and wait until the shop has dealt with it."""
        self._json(requests.post(f"{self._user}/messages", json={"text": text} | profile, timeout=DEADLINE_S))
        self.settle()

    def send_file(self, name: str, content: bytes) -> None:
        self._json(requests.post(f"{self._user}/messages", files={"document": (name, content)}, timeout=DEADLINE_S))
        self.settle()

    def press(self, label: str) -> None:
        """Press the newest button whose label holds `label`."""
        message, button = self.button(label)
        self.press_data(message["message_id"], button["callback_data"])

    def press_data(self, message_id: int, data: str) -> None:
        body = {"message_id": message_id, "data": data}
        self._json(requests.post(f"{self._user}/callbacks", json=body, timeout=DEADLINE_S))
        self.settle()

    def button(self, label: str) -> tuple[dict[str, Any], dict[str, Any]]:
        for message in reversed(self.messages):
            for row in message.get("reply_markup", {}).get("inline_keyboard", []):
                for button in row:
                    if label in button["text"]:
                        return message, button
        raise AssertionError(f"no button {label!r} in {self.texts}")

    def settle(self) -> None:
        wait_for(lambda: self.state()["pending"] == 0, "the shop deals with every update")

    def wait_text(self, part: str) -> str:
        """Wait until a message holds `part`; return the newest such."""
        return wait_for(lambda: next((t for t in reversed(self.texts) if part in t), ""), f"a message with {part!r}")

    @property
    def messages(self) -> list[dict[str, Any]]:
        return list(self.state()["messages"])

    @property
    def texts(self) -> list[str]:
        return [m.get("text") or m.get("caption") or "" for m in self.messages]

    @property
    def _user(self) -> str:
        return f"{self.api}/users/{self.user_id}"

    @staticmethod
    def _json(reply: requests.Response) -> dict[str, Any]:
        assert reply.ok, reply.text
        return dict(reply.json())


def text_only(base: str, *, on: bool) -> None:
    """Let the emulated Telegram know text methods alone."""
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
    """Read the address of the newest top-up screen."""
    for text in reversed(chat.texts):
        found = ADDRESS.search(text)
        if found:
            return found.group()
    raise AssertionError(f"no address in {chat.texts}")
