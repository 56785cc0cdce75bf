"""The public address of a tunnel on a developer's machine, from ngrok's local API.

`GET /api/tunnels` lists what is open (ngrok's documentation, "Agent API"):
`{"tunnels": [{"public_url": "https://…", "config": {"addr": "http://localhost:8080"}}]}`
"""

import logging
import re

from shop.chains.errors import ProviderError
from shop.chains.http import Endpoint, HttpClient

_HTTPS = re.compile(r"https://[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?/?")
_log = logging.getLogger("souk.tunnels")


def public_address(http: HttpClient, api_url: str, *, port: int) -> str:
    """Find the https address that leads to `port` on this machine; empty if no tunnel does."""
    try:
        for tunnel in http.get(Endpoint(api_url), "/api/tunnels").json()["tunnels"].items():
            url, leads_to = tunnel["public_url"].text, tunnel["config"]["addr"].text
            if _HTTPS.fullmatch(url) and leads_to.rstrip("/").rpartition(":")[2] == str(port):
                return url.rstrip("/")
    except ProviderError as error:
        _log.info("no tunnel found: %s", error)
        return ""
    _log.info("no tunnel leads to port %d", port)
    return ""
