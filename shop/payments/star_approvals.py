"""Bills in Stars that may be paid and are not paid yet: STARS_DAY_LIMIT counts them as paid."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

APPROVED_S = 60
"""Seconds that an approved bill counts as paid: Telegram charges for it at once, and reports it a moment later."""


@dataclass(frozen=True, slots=True)
class Approval:
    """A bill that may be paid: by whom, and until when it counts (monotonic seconds)."""

    payer_id: int | None
    reference: str
    stars: int
    until: float


@dataclass(slots=True)
class StarApprovals:
    """The open approvals, by pre-checkout query. They are in memory only, so a restart forgets them.

    `lock` is held from reading what was paid until the approval. `monotonic` counts seconds and never goes back.
    """

    monotonic: Callable[[], float]
    lock: threading.Lock = field(init=False, default_factory=threading.Lock)
    _open: dict[str, Approval] = field(init=False, default_factory=dict)

    def stars_of(self, payer_id: int | None, *, but: str) -> int:
        """Add up what a payer may still pay, except on one query, which Telegram may repeat. Needs the lock."""
        now = self.monotonic()
        self._open = {key: each for key, each in self._open.items() if now < each.until}
        return sum(each.stars for key, each in self._open.items() if each.payer_id == payer_id and key != but)

    def add(self, query_id: str, payer_id: int | None, reference: str, stars: int) -> None:
        """Approve a bill. Needs the lock."""
        self._open[query_id] = Approval(payer_id, reference, stars, self.monotonic() + APPROVED_S)

    def paid(self, reference: str) -> None:
        """Drop the oldest approval of a bill, whose payment has been committed."""
        with self.lock:
            query_id = next((key for key, each in self._open.items() if each.reference == reference), None)
            if query_id is not None:
                del self._open[query_id]
