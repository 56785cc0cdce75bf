"""Real chain nodes, which the tests start on free ports in their own folders."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest
import requests

from tests.patience import DEADLINE_S, wait_for

FOLDER = Path(os.environ.get("SOUK_NODES_DIR") or Path.home() / ".cache" / "souk-nodes")


def program(name: str) -> str:
    """Find a node's program; otherwise skip the test, or fail it if nodes are required."""
    return shutil.which(name) or shutil.which(name, path=str(FOLDER / "node_modules" / ".bin")) or _missing(name)


def npm_package(name: str) -> Path:
    """Find a package that `tests/nodes/install` installs; otherwise skip the test, or fail it if required."""
    found = FOLDER / "node_modules" / name
    return found if found.is_dir() else _missing(name)


def _missing(name: str) -> NoReturn:
    reason = f"no {name} on this machine: tests/nodes/install"
    if os.environ.get("SOUK_REQUIRE_NODES") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class RpcFailed(Exception):
    """The node answered with an error."""


class Node:
    """A node's process and its JSON-RPC; it can be stopped and restarted with its data."""

    def __init__(self, command: list[str], url: str, *, probe: str, auth: tuple[str, str] | None = None) -> None:
        self.url = url
        self._command = command
        self._probe = probe
        self._auth = auth
        self._session = requests.Session()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(self._answers, "the node answers")

    def _answers(self) -> bool:
        try:
            self.call(self._probe)
        except (requests.RequestException, RpcFailed, ValueError):
            if self._process is None or self._process.poll() is not None:
                raise
            return False
        return True

    def stop(self) -> None:
        if self._process is not None:
            self._session.close()  # a node waits for open connections
            self._process.terminate()
            self._process.wait(timeout=DEADLINE_S)
            self._process = None

    def call(self, method: str, *params, path: str = ""):
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
        answer = self._session.post(self.url + path, json=body, auth=self._auth, timeout=DEADLINE_S).json()
        if answer.get("error"):
            raise RpcFailed(f"{method}: {answer['error']}")
        return answer["result"]


@contextmanager
def litecoind(folder: Path) -> Iterator[Node]:
    """A Litecoin node on regtest with a wallet, the wallet's address `bank`, and spendable coins."""
    port = free_port()
    options = {
        "datadir": folder, "rpcport": port, "rpcuser": "souk", "rpcpassword": "test", "txindex": 1, "listen": 0,
        "fallbackfee": "0.0001", "walletrbf": 1, "server": 1, "wallet": "bank",
        "mempoolreplacement": 1, "rpcservertimeout": 2,
    }  # fmt: skip
    command = [program("litecoind"), "-regtest", *(f"-{name}={value}" for name, value in options.items())]
    made = Node(command, f"http://127.0.0.1:{port}", probe="getblockchaininfo", auth=("souk", "test"))
    made.start()
    try:
        made.call("createwallet", "bank")
    except RpcFailed:
        made.call("getwalletinfo")
    made.bank = made.call("getnewaddress", "", "bech32")
    made.call("generatetoaddress", 110, made.bank)
    yield made
    made.stop()
