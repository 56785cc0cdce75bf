"""Posts updates to webhooks, with Telegram's order and retries."""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import urllib3

from web.sandbox.telegram.state import Bot, Update, Webhook
from web.sandbox.telegram.world import World

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the name of the header, not a secret
MAX_DELAY_S = 60.0
MAX_RETRY_AFTER_S = 3600.0


@dataclass(slots=True)
class Attempts:
    """How often an update has failed, and when it may be tried again."""

    failures: int = 0
    due: float = 0.0


@dataclass(frozen=True, slots=True)
class Job:
    """One update to post now."""

    bot: Bot
    webhook: Webhook
    update: Update


class Delivery:
    """One thread that chooses what may be posted, and a short-lived one per post.

    Updates of one lane go one after the other, the next only after a 2xx; different lanes go in parallel, up to the
    webhook's `max_connections`. The first retry is immediate, then after `retry_base_s`, twice that, and so on.
    """

    def __init__(
        self,
        world: World,
        *,
        retry_base_s: float = 2.0,
        timeout_s: float = 60.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._world = world
        self._retry_base_s = retry_base_s
        self._monotonic = monotonic
        self._timeout = urllib3.Timeout(connect=5.0, read=timeout_s)
        self._http = urllib3.PoolManager(num_pools=8, maxsize=40, retries=False)
        self._attempts: dict[tuple[str, int], Attempts] = {}
        self._in_flight: dict[tuple[str, int], str] = {}
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start delivering."""
        self._thread = threading.Thread(target=self._run, name="sandbox-telegram-delivery", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop choosing; running posts end on their own. The world must be stopping already."""
        if self._thread is not None:
            self._thread.join(timeout=5)
        self._http.clear()

    def _run(self) -> None:
        world = self._world
        while True:
            with world.changed:
                if world.stopping.is_set():
                    return
                jobs, wait_s = self._ready()
                for job in jobs:
                    self._in_flight[job.bot.token, job.update.update_id] = job.update.lane
                if not jobs:
                    world.changed.wait(wait_s)
            for job in jobs:
                threading.Thread(target=self._deliver, args=(job,), name="sandbox-telegram-post", daemon=True).start()

    def _ready(self) -> tuple[list[Job], float | None]:
        """Choose what may be posted now; if nothing, return how long to wait."""
        now, jobs, waits = self._monotonic(), list[Job](), list[float]()
        for bot in self._world.bots.values():
            if not bot.webhook.url:
                continue
            self._world.drop_expired(bot)
            busy = {lane for (token, _), lane in self._in_flight.items() if token == bot.token}
            free = bot.webhook.max_connections - len(busy)
            for update in bot.updates:
                if update.lane in busy:
                    continue
                busy.add(update.lane)
                due = self._attempts.get((bot.token, update.update_id), Attempts()).due
                if due > now:
                    waits.append(due - now)
                elif free > 0:
                    free -= 1
                    jobs.append(Job(bot, bot.webhook, update))
        return jobs, min(waits, default=None)

    def _deliver(self, job: Job) -> None:
        status, text, retry_after_s = self._post(job)
        key = (job.bot.token, job.update.update_id)
        with self._world.changed:
            self._in_flight.pop(key, None)
            if 200 <= status < 300:
                self._attempts.pop(key, None)
                self._world.acknowledge(job.bot, [job.update.update_id])
            else:
                self._note_failure(job, text, retry_after_s)
            self._world.changed.notify_all()

    def _note_failure(self, job: Job, text: str, retry_after_s: float | None) -> None:
        attempts = self._attempts.setdefault((job.bot.token, job.update.update_id), Attempts())
        attempts.failures += 1
        doubled = self._retry_base_s * 2 ** min(attempts.failures - 2, 10) if attempts.failures > 1 else 0.0
        delay_s = min(doubled, MAX_DELAY_S) if retry_after_s is None else min(retry_after_s, MAX_RETRY_AFTER_S)
        attempts.due = self._monotonic() + delay_s
        job.bot.webhook.last_error_date = int(self._world.clock())
        job.bot.webhook.last_error_message = text

    def _post(self, job: Job) -> tuple[int, str, float | None]:
        headers = {"Content-Type": "application/json"}
        if job.webhook.secret_token:
            headers[SECRET_HEADER] = job.webhook.secret_token
        body = json.dumps(job.update.body, ensure_ascii=False).encode("utf-8", "surrogatepass")
        try:
            reply = self._http.request(
                "POST", job.webhook.url, body=body, headers=headers, timeout=self._timeout, redirect=False
            )
        except (urllib3.exceptions.HTTPError, OSError) as error:
            return 0, f"Connection failed: {type(error).__name__}", None
        retry_after = reply.headers.get("Retry-After", "")
        wait_s = float(retry_after) if retry_after.isdecimal() else None
        return reply.status, f"Wrong response from the webhook: {reply.status} {reply.reason or ''}".strip(), wait_s
