"""One server behind a client: counts what it is asked per day and keeps to its quota."""

import threading
from collections.abc import Mapping

from shop.chains.answers import Answer
from shop.chains.errors import RateLimited
from shop.chains.http import Clock, Endpoint, HttpClient, Reply

_DAY_S = 86_400


class Provider:
    """A server and how many questions it may still get today (UTC)."""

    def __init__(self, endpoint: Endpoint, http: HttpClient, *, clock: Clock, daily_quota: int | None = None) -> None:
        self.name = endpoint.name
        self.daily_quota = daily_quota
        self._endpoint = endpoint
        self._http = http
        self._clock = clock
        self._lock = threading.Lock()
        self._day = -1
        self._asked_today = 0
        self._asked = 0

    @property
    def asked_today(self) -> int:
        """How many questions it got since midnight UTC."""
        with self._lock:
            return self._asked_today if int(self._clock()) // _DAY_S == self._day else 0

    @property
    def asked(self) -> int:
        """How many questions it got since the start of this process."""
        with self._lock:
            return self._asked

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Reply:
        """Ask with GET. Raises ProviderError."""
        self._count()
        return self._http.get(self._endpoint, path, params)

    def post(self, path: str, body: object) -> Reply:
        """Ask with POST and a JSON body. Raises ProviderError."""
        self._count()
        return self._http.post(self._endpoint, path, body)

    def get_json(self, path: str, params: Mapping[str, str] | None = None) -> Answer:
        """Ask with GET for JSON. Raises ProviderError."""
        return self.get(path, params).json()

    def _count(self) -> None:
        now = int(self._clock())
        with self._lock:
            if self._day != now // _DAY_S:
                self._day, self._asked_today = now // _DAY_S, 0
            if self.daily_quota is not None and self._asked_today >= self.daily_quota:
                wait_s = _DAY_S - now % _DAY_S
                raise RateLimited(self.name, "our quota for today is spent", retry_after_s=wait_s)
            self._asked_today += 1
            self._asked += 1
