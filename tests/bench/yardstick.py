"""The smallest application that does what every bot must do.

It checks an update's secret, stores the update durably in an encrypted database, calls Telegram once, and answers
200.

It uses the shop's server, framework, database and HTTP client, but has nothing of a shop. The shop's throughput is
measured as a share of this one's, on the same machine in the same minute, which separates the shop's own cost from
the machine's speed.

SECRET=… DB_KEY=… python tests/bench/yardstick.py PORT TELEGRAM_PORT DATABASE
"""

import hmac
import json
import logging
import os
import sys
import threading
from typing import Any

import sqlcipher3
import urllib3
import waitress
from flask import Flask, Response, abort, request

THREADS = 8
"""The same number as the shop's."""


class Log:
    """The received updates, one row each, with one connection per thread and one writer at a time."""

    def __init__(self, path: str, key: str) -> None:
        self._path = path
        self._key = key
        self._own = threading.local()
        self._writer = threading.Lock()
        self._connection.execute("CREATE TABLE IF NOT EXISTS handled (update_id INTEGER PRIMARY KEY)")

    def keep(self, update_id: int) -> None:
        """Store an update durably, in its own transaction."""
        connection = self._connection
        with self._writer:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("INSERT OR IGNORE INTO handled VALUES (?)", (update_id,))
            connection.execute("COMMIT")

    @property
    def _connection(self) -> Any:
        if not hasattr(self._own, "connection"):
            self._own.connection = sqlcipher3.connect(self._path, isolation_level=None)
            for pragma in (f"key = \"x'{self._key}'\"", "journal_mode = wal", "synchronous = full"):
                self._own.connection.execute(f"PRAGMA {pragma}")
        return self._own.connection


def application(log: Log, telegram_port: int, secret: str) -> Flask:
    """Build the route."""
    app = Flask(__name__)
    pool = urllib3.PoolManager(maxsize=THREADS)
    send = f"http://127.0.0.1:{telegram_port}/bot1:yardstick/sendMessage"

    @app.post("/telegram/<int:_bot_id>")
    def update(_bot_id: int) -> Response:
        if not hmac.compare_digest(request.headers.get("X-Telegram-Bot-Api-Secret-Token", ""), secret):
            abort(403)
        content = json.loads(request.get_data())
        log.keep(int(content["update_id"]))
        sender = (content.get("message") or content["callback_query"])["from"]["id"]
        pool.request("POST", send, fields={"chat_id": str(sender), "text": "-"}, encode_multipart=False)
        return Response(status=200)

    return app


if __name__ == "__main__":
    logging.disable(logging.WARNING)  # otherwise its queue warnings would fill the pipe, which nobody reads
    port, telegram_port, path = sys.argv[1:]
    log = Log(path, os.environ["DB_KEY"])
    waitress.serve(
        application(log, int(telegram_port), os.environ["SECRET"]), host="127.0.0.1", port=int(port), threads=THREADS
    )
