"""The shop and the yardstick, each in its own process, measured from outside."""

import asyncio
import os
import resource
import socket
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

from storage.keys import DatabaseKey
from tests.e2e.driver import ROOT, Program
from tests.stand import BOT_ID, TOKEN

YARDSTICK_SECRET = "yardstick"


class Measured:
    """A program, and what the operating system reports about its process."""

    program: Program
    port: int

    @property
    def processor_s(self) -> float:
        """Return the processor time that the program has used, in seconds, in user and system mode."""
        fields = Path(f"/proc/{self.program.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def memory_mb(self) -> float:
        """Return the program's memory (RSS)."""
        pages = int(Path(f"/proc/{self.program.process.pid}/statm").read_text().split()[1])
        return pages * resource.getpagesize() / 1e6

    @property
    def is_listening(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    @cached_property
    def path(self) -> str:
        """The path to which updates are posted."""
        return f"/telegram/{BOT_ID}"


class Shop(Measured):
    """The unmodified shop. With a `counts` file, what each update costs is counted there (`counted.py`)."""

    def __init__(self, folder: Path, key: DatabaseKey, *, telegram_port: int, counts: Path | None = None) -> None:
        with socket.create_server(("127.0.0.1", 0)) as probe, socket.create_server(("127.0.0.1", 0)) as closed:
            self.port, nobody = probe.getsockname()[1], f"http://127.0.0.1:{closed.getsockname()[1]}"
        chains = ("BTC_API_URLS", "LTC_API_URLS", "ETH_RPC_URLS", "ETHPLORER_URL", "TRONGRID_URLS", "SOLANA_RPC_URLS")
        telegram = f"http://127.0.0.1:{telegram_port}"
        self.program = Program(
            *(() if counts is None else (str(counts),)),
            cwd=folder,
            script=ROOT / ("app.py" if counts is None else "tests/bench/counted.py"),
            TOKEN=TOKEN,
            ADMIN_ID_LIST="1",
            TELEGRAM_API_URL=telegram,
            PUBLIC_URL=f"http://127.0.0.1:{self.port}",
            WEBAPP_PORT=str(self.port),
            DATABASE_PATH=str(folder / "souk.db"),
            DB_KEY=key.raw.hex(),
            PRICE_URLS=f"{telegram}/coingecko",
            PRICE_SOURCES_NEEDED="1",
            LOG_LEVEL="ERROR",
            **dict.fromkeys(chains, nobody),
        )


class Yardstick(Measured):
    """The smallest application of this kind (`yardstick.py`)."""

    def __init__(self, folder: Path, key: DatabaseKey, *, telegram_port: int) -> None:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        self.program = Program(
            str(self.port),
            str(telegram_port),
            str(folder / "yardstick.db"),
            cwd=folder,
            script=ROOT / "tests/bench/yardstick.py",
            SECRET=YARDSTICK_SECRET,
            DB_KEY=key.raw.hex(),
        )


async def until(condition: Callable[[], object], measured: Measured) -> None:
    """Wait for a condition while the program is running."""
    while not condition():
        if measured.program.process.poll() is not None:
            raise RuntimeError(measured.program.stop()[1])
        await asyncio.sleep(0.05)
