"""Keeps a header chain up to date with the servers: each is asked for its tip, and the branch with the most work
counts.

A server whose headers break a rule is rested, and the others are asked. One that follows a branch with less work is
not wrong: its headers are kept but do not count, and the report says how far apart it is.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from shop.chains.errors import BadAnswer, ProviderError
from shop.chains.http import Clock
from shop.chains.proof.agreement import NoAgreement, ServerGroup, agree_on_start
from shop.chains.proof.checkpoints import BadCheckpoint
from shop.chains.proof.header_chain import FAR_BEHIND_BLOCKS, HeaderChain, UnknownBlock
from shop.chains.proof.headers import BadHeader, Header
from shop.chains.proof.proof_client import HeaderPage, ProofClient
from shop.chains.servers import Cooldowns

QUESTIONS_A_ROUND = 20
"""The most pages requested from one server in a round, besides its tip; most servers send ten headers a page."""
_FORKS_WITHIN_BLOCKS = 2_000
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ServerTip:
    """One server's branch. `apart`: blocks from the branch that counts to its tip, 0 if that is part of it.

    `apart` is None while the server rests or its tip is still being read; `problem` says why it rests.
    """

    name: str
    apart: int | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class SyncReport:
    """The result of a round. `added`: new headers; `forked_at`: the lowest common height if branches changed.

    `answered`: whether any server did; `failures`: what went wrong at the others.
    """

    added: int
    forked_at: int | None
    servers: tuple[ServerTip, ...]
    answered: bool
    failures: tuple[ProviderError, ...]


class HeaderSync:
    """Reads headers for one chain. To be used by one thread. `rests` is shared with everything else that asks the
    servers.
    """

    def __init__(
        self,
        chain: HeaderChain,
        clients: Sequence[ProofClient],
        *,
        clock: Clock,
        rests: Cooldowns | None = None,
    ) -> None:
        self.chain = chain
        self._servers = ServerGroup(clients, clock=clock, rests=rests)
        self._clock = clock
        self._added = 0
        self._forks: list[int] = []

    def round(self, *, questions: int = QUESTIONS_A_ROUND) -> SyncReport:
        """Ask every server that is not resting for its tip, and for the headers that lead there.

        One request per server if nothing is new, two for up to ten new blocks.
        """
        self._added, self._forks = 0, []
        self._servers.failures.clear()
        if self._is_far_behind():
            self._start_where_servers_agree()
        tips = self._servers.ask(lambda client: self._follow(client, questions))
        for client in tips:
            self._servers.answered(client)
        servers = tuple(
            ServerTip(client.provider.name, self._apart(tips.get(client, "")), self._servers.problem(client))
            for client in self._servers.clients
        )
        failures = tuple(self._servers.failures)
        return SyncReport(self._added, min(self._forks, default=None), servers, bool(tips), failures)

    def _follow(self, client: ProofClient, questions: int) -> str:
        """Read the headers that lead to a server's tip, within the limit of requests; return the tip's hash."""
        tip_hash = client.explorer.tip_hash()
        if self.chain.knows(tip_hash):
            return tip_hash
        newest = client.newest_headers()
        reached = self._add(client, newest) or self._fill_the_gap(client, newest, questions)
        if reached and not self.chain.knows(tip_hash):
            raise BadAnswer(client.provider.name, "a tip that is not among its newest blocks")
        return tip_hash

    def _fill_the_gap(self, client: ProofClient, newest: HeaderPage, questions: int) -> bool:
        """Read upwards from our tip, or from the fork, which is searched for in growing steps; return whether that is
        all.
        """
        ours, top, page_blocks = self.chain.tip.height, newest.top_height, len(newest.headers)
        lowest = max(self.chain.start.height, ours - _FORKS_WITHIN_BLOCKS)
        height, step, linked = max(lowest, min(ours, top)), page_blocks, False
        for _ in range(questions):
            page = client.headers_up_to(min(height + page_blocks, top))
            if self._add(client, page):
                height, linked = page.top_height, True
                if height == top:
                    return True
            elif linked or height == lowest:
                raise BadAnswer(client.provider.name, "headers of a different chain")
            else:
                height, step = max(lowest, height - step), 2 * step
        return False

    def _add(self, client: ProofClient, page: HeaderPage) -> bool:
        """Add those headers of a page that link to a known block; return whether there were any."""
        linked = _linked(self.chain, page.headers)
        if not linked:
            return False
        # A clock set back must not make honest blocks look like blocks from the future.
        now = max(int(self._clock()), self.chain.tip.header.time)
        try:
            growth = self.chain.add([header.raw for header in linked], now=now)
        except BadHeader as error:
            raise BadAnswer(client.provider.name, error.reason) from None
        self._added += growth.added
        self._forks += [] if growth.forked_at is None else [growth.forked_at]
        return True

    def _apart(self, tip_hash: str) -> int | None:
        try:
            return self.chain.distance_from_best(tip_hash)
        except UnknownBlock:
            return None

    def _is_far_behind(self) -> bool:
        """Return whether so much is missing that reading it takes hours, judged by the clock and not by a server."""
        rules = self.chain.rules
        missing_s = int(self._clock()) - self.chain.tip.header.time
        return rules.stale_after_s is not None and missing_s > FAR_BEHIND_BLOCKS * rules.spacing_s

    def _start_where_servers_agree(self) -> None:
        """Start over at a recent block on which two operators agree, if there are two.

        If they do not, or the block needs too little work, nothing changes, and all headers are read, slowly.
        """
        try:
            found = agree_on_start(self._servers, self.chain.rules, above=self.chain.tip.height)
        except NoAgreement as error:
            _log.info("%s: every header is read: %s", self.chain.rules.name, error.reason)
            return
        try:
            self.chain.restart(found.checkpoint)
        except BadCheckpoint as error:
            for client in found.witnesses:
                self._servers.failed(client, BadAnswer(client.provider.name, error.reason))


def _linked(chain: HeaderChain, headers: Sequence[Header]) -> Sequence[Header]:
    """Leave out everything before the first header that links to the chain."""
    for i, header in enumerate(headers):
        if chain.knows(header.previous) or chain.knows(header.hash):
            return headers[i:]
    return ()
