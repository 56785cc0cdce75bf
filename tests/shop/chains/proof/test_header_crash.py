"""The header file when its process is killed, when the disk is full, and when many threads read it."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from shop.chains.proof.headers import Header
from tests.patience import DEADLINE_S
from tests.shop.chains.proof.recorded import BTC_START, NOW, btc_chain, btc_headers

ROOT = Path(__file__).resolve().parents[4]
ADD_FOR_EVER = """
import sys
from pathlib import Path
from tests.shop.chains.proof.recorded import NOW, btc_chain, btc_headers
chain = btc_chain(Path(sys.argv[1]))
print("open", flush=True)
for start in range(1, 8_065, 3):
    chain.add(btc_headers()[start : start + 3], now=NOW)
    print(chain.tip.height, flush=True)
"""
FILL_THE_DISK = """
import resource, sys
from pathlib import Path
from tests.shop.chains.proof.recorded import NOW, btc_chain, btc_headers
chain = btc_chain(Path(sys.argv[1]))
limit = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (80 * 12 + 30, limit[1]))
try:
    chain.add(btc_headers()[:30], now=NOW)
except OSError as error:
    print(error, chain.tip.height, Path(sys.argv[1]).stat().st_size)
resource.setrlimit(resource.RLIMIT_FSIZE, limit)
chain.add(btc_headers()[:30], now=NOW)
print(chain.tip.height)
"""


@pytest.mark.parametrize("after_lines", [1, 2, 40, 333])
def test_a_killed_process_loses_no_accepted_header(tmp_path, after_lines):
    path = tmp_path / "headers"
    command = [sys.executable, "-c", ADD_FOR_EVER, str(path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        for _ in range(after_lines):
            line = process.stdout.readline().strip()
        os.kill(process.pid, signal.SIGKILL)
    accepted = BTC_START if line == "open" else int(line)
    chain = btc_chain(path)
    assert accepted <= chain.tip.height <= 830_592
    assert chain.tip.header.raw == btc_headers()[chain.tip.height - BTC_START]
    chain.add(btc_headers(), now=NOW)
    assert chain.tip.height == 830_592


def test_a_full_disk_raises_an_error_and_leaves_only_whole_headers(tmp_path):
    path = tmp_path / "headers"
    command = [sys.executable, "-c", FILL_THE_DISK, str(path)]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    full, after = said.splitlines()
    assert full == f"no room for a block header {BTC_START + 10} {80 * 12}"
    assert after == str(BTC_START + 29)
    assert btc_chain(path).tip.height == BTC_START + 29


def test_threads_read_correct_headers_while_another_adds_more(tmp_path):
    chain, done, wrong = btc_chain(tmp_path / "headers"), threading.Event(), []

    def read() -> None:
        while not done.is_set():
            tip = chain.tip
            height = BTC_START + (tip.height - BTC_START) // 2
            expected = Header.parse(btc_headers()[height - BTC_START])
            if (
                chain.header_at(height) != expected
                or chain.confirmations(height, expected.hash) < tip.height - height
            ):
                wrong.append(height)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for start in range(1, 3_000, 50):
        chain.add(btc_headers()[start : start + 50], now=NOW)
    done.set()
    for reader in readers:
        reader.join(timeout=DEADLINE_S)
    assert wrong == []
    assert chain.tip.height == BTC_START + 3_000
