"""Headers below the start of a chain, from which a shop that was stopped for a long time continues reading.

A hash commits to everything before it, so the headers are read downwards from the start, and each is proved by the
one above it. They are kept in memory only.
"""

import threading

from shop.chains.errors import BadAnswer, ChainDoubtful
from shop.chains.failover import Failover
from shop.chains.proof.checkpoints import Checkpoint
from shop.chains.proof.header_chain import HeaderChain
from shop.chains.proof.headers import Header
from shop.chains.proof.proof_client import HeaderPage, ProofClient

_PAGES_AT_ONCE = 20


class OlderHeaders:
    """The headers below one chain. Thread-safe."""

    def __init__(self, chain: HeaderChain, servers: Failover[ProofClient]) -> None:
        self._chain = chain
        self._servers = servers
        self._lock = threading.Lock()
        self._begin(chain.start)

    def header_at(self, height: int) -> Header:
        """Read a header below the chain, at most 20 pages deeper per call.

        Raises:
            ChainDoubtful: it takes more pages; ask again later.
            ChainUnavailable: no server provides the pages.
        """
        with self._lock:
            if self._chain.start is not self._start:
                self._begin(self._chain.start)
            for _ in range(_PAGES_AT_ONCE):
                if self._lowest <= height:
                    break
                self._go_down()
            if height not in self._headers:
                raise ChainDoubtful(self._servers.chain, "headers of a long pause are still being read")
            return Header.parse(self._headers[height])

    def _begin(self, start: Checkpoint) -> None:
        self._start = start
        self._headers = {start.first_height: start.headers[0]}
        self._lowest = start.first_height

    def _go_down(self) -> None:
        page = self._servers.ask(self._page)
        for header in reversed(page.headers):
            self._lowest -= 1
            self._headers[self._lowest] = header.raw

    def _page(self, client: ProofClient) -> HeaderPage:
        page = client.headers_up_to(self._lowest - 1)
        if page.headers[-1].hash != Header.parse(self._headers[self._lowest]).previous:
            raise BadAnswer(client.provider.name, "headers of a different chain")
        return page
