"""A start for a chain of headers that operators agree on, for a release's checkpoint or if that is far behind."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from shop.chains.errors import BadAnswer, ProviderError
from shop.chains.http import Clock
from shop.chains.operators import operator_of
from shop.chains.proof.checkpoints import Checkpoint
from shop.chains.proof.consensus import PERIOD_BLOCKS, HeaderRules
from shop.chains.proof.proof_client import ProofClient
from shop.chains.servers import Cooldowns

T = TypeVar("T")
_SETTLED_BLOCKS = 144
_WITNESSES = 2


class NoAgreement(Exception):
    """The servers give no start; `reason` is a short phrase for admins."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Agreement:
    """A block with the headers that a start needs, not checked yet; `witnesses` named its hash, the source first."""

    checkpoint: Checkpoint
    witnesses: tuple[ProofClient, ...]


class ServerGroup:
    """Servers of one chain; one that gives no answer rests for a while."""

    def __init__(self, clients: Sequence[ProofClient], *, clock: Clock, rests: Cooldowns | None = None) -> None:
        self.clients = tuple(clients)
        self._rests = rests or Cooldowns(clock)
        self.failures: list[ProviderError] = []
        """The errors since the list was last cleared."""

    def ask(self, question: Callable[[ProofClient], T]) -> dict[ProofClient, T]:
        """Put a question to every server that does not rest, and collect the answers."""
        answers: dict[ProofClient, T] = {}
        for client in self.clients:
            if self._rests.is_resting(client.provider):
                continue
            try:
                answers[client] = question(client)
            except ProviderError as error:
                self.failed(client, error)
        return answers

    def failed(self, client: ProofClient, error: ProviderError) -> None:
        """Let a server rest."""
        self.failures.append(error)
        self._rests.failed(client.provider, error)

    def answered(self, client: ProofClient) -> None:
        """Forget what a server did wrong."""
        self._rests.answered(client.provider)

    def operators(self) -> int:
        """Count who runs them: two names of one operator are one."""
        return len({operator_of(client.provider.name) for client in self.clients})

    def problem(self, client: ProofClient) -> str:
        """Say why a server rests; empty when it does not."""
        status = self._rests.status(client.provider)
        return status.reason if status.resting_until is not None else ""


def agree_on_start(servers: ServerGroup, rules: HeaderRules, *, above: int) -> Agreement:
    """Find the newest retarget with 144 blocks on top on which two operators agree, if there are two.

    Raises:
        NoAgreement: they do not, or it is not above the height `above`.
    """
    needed = min(_WITNESSES, servers.operators())
    claims: dict[str, int] = {}
    for client, tip_height in servers.ask(lambda client: client.explorer.tip_height()).items():
        operator = operator_of(client.provider.name)
        claims[operator] = max(tip_height, claims.get(operator, 0))
    heights = sorted(claims.values(), reverse=True)
    if not needed or len(heights) < needed:
        raise NoAgreement("too few operators answer")
    height = rules.next_retarget(heights[needed - 1] - _SETTLED_BLOCKS) - PERIOD_BLOCKS
    if height <= above:
        raise NoAgreement("no newer retarget is deep enough yet")
    hashes = servers.ask(lambda client: client.explorer.block_hash(height))
    named = {(operator_of(client.provider.name), block_hash) for client, block_hash in hashes.items()}
    agreed = [block_hash for block_hash, count in Counter(each for _, each in named).items() if count >= needed]
    if len(agreed) != 1:
        raise NoAgreement("the servers name different blocks")
    witnesses = tuple(client for client, block_hash in hashes.items() if block_hash == agreed[0])
    return Agreement(_with_headers(servers, witnesses[0], rules, height, agreed[0]), witnesses)


def _with_headers(
    servers: ServerGroup, source: ProofClient, rules: HeaderRules, height: int, block_hash: str
) -> Checkpoint:
    count = height + 1 - rules.first_of_span(height + PERIOD_BLOCKS)
    try:
        headers = source.headers_up_to(height).headers[-count:]
        if headers[-1].hash != block_hash:
            raise BadAnswer(source.provider.name, "the header of a different block")
    except ProviderError as error:
        servers.failed(source, error)
        raise NoAgreement("the headers of the block are not available") from None
    return Checkpoint(height, tuple(header.raw for header in headers), agreed=True)
