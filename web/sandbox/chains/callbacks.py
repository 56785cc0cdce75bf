"""Post the emulated payment provider's callbacks to the shop."""

import threading

import urllib3

from web.sandbox.chains.kryptoexpress import Callback

_TIMEOUT_S = 15


def deliver(callback: Callback) -> None:
    """Post a callback once, on its own thread; a lost one is not repeated."""
    if callback.url:
        threading.Thread(target=_post, args=(callback,), name="sandbox-callback", daemon=True).start()


def _post(callback: Callback) -> None:
    try:
        with urllib3.PoolManager(retries=False) as http:
            http.request("POST", callback.url, body=callback.body, headers=callback.headers, timeout=_TIMEOUT_S)
    except (urllib3.exceptions.HTTPError, OSError):
        return
