"""LOG_FORMAT=json: one object per line, without secrets."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOG = """
import logging, threading
from shop.logs import UncaughtErrors, configure_logging
configure_logging("INFO", as_json=True)
UncaughtErrors().install()
logging.getLogger("souk.test").info("two\\nlines and %s", "123456:AAsecretsecret")
def fail():
    raise ValueError("of 123456:AAsecretsecret")
thread = threading.Thread(target=fail, name="frail")
thread.start()
thread.join()
"""


def test_each_line_is_an_object_without_the_token_and_includes_a_threads_error() -> None:
    done = subprocess.run([sys.executable, "-c", LOG], cwd=ROOT, capture_output=True, text=True, check=True)
    first, second = (json.loads(line) for line in done.stderr.splitlines())
    assert (first["level"], first["logger"], first["message"]) == ("INFO", "souk.test", "two\nlines and 123456:…")
    assert second["message"] == "thread frail ended with an error"
    assert "ValueError: of 123456:…" in second["error"]
    assert "secret" not in done.stderr
