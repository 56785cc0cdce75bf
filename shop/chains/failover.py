"""Several servers for one chain, in order of preference: which one is asked, which rest, and which height is
believed.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from shop.chains.errors import BadAnswer, ChainUnavailable, NotFound, ProviderError, Rejected
from shop.chains.http import Clock
from shop.chains.operators import operator_of
from shop.chains.parameters import PARAMETERS, BlockPace
from shop.chains.servers import Cooldowns, Provider
from shop.chains.transfers import ChainStatus, Head
from shop.chains.unread_addresses import UnreadAddresses
from wallet.chains import Chain

_FORGET_HEIGHT_AFTER_S = 3_600
_UNEXPECTED_BLOCKS = 200
_CLOCKS_ARE_SET_S = 30 * 86_400
_ANY_JUMP = 1 << 62
_TWO = 2
T = TypeVar("T")


class Client(Protocol):
    """A client for one server."""

    @property
    def provider(self) -> Provider:
        """The server."""
        ...


C = TypeVar("C", bound=Client)


@dataclass(frozen=True, slots=True)
class _Claim:
    """The greatest height that an operator has reported, and when it reached it."""

    height: int
    at: int


class _Order(threading.local):
    """In which order a thread asks: whether `others_first`, and then, before the operators `besides`.

    `believed`: the operators whose answers it has taken since it last asked others first.
    """

    others_first = False

    def __init__(self) -> None:
        self.believed: set[str] = set()
        self.besides: set[str] = set()


class Failover(Generic[C]):
    """Asks the first server that is not resting, and the next one if it fails; those that are slow come last."""

    def __init__(self, chain: Chain, clients: Sequence[C], *, clock: Clock, pace: BlockPace | None = None) -> None:
        self.chain = chain
        self._clients = tuple(clients)
        self._clock = clock
        self._pace = pace or PARAMETERS[chain].pace
        self.rests = Cooldowns(clock)
        """The servers that are resting; shared with everything else that asks them."""
        self.unread = UnreadAddresses(clock)
        """The addresses that none of the servers can read."""
        self._lock = threading.Lock()
        self._order = _Order()
        self._delayed_since: int | None = None
        self._claims: dict[str, _Claim] = {}
        self._behind: dict[bool, dict[str, int]] = {False: {}, True: {}}
        """Since when operators have been below what each of the two sweeps has read, in Unix seconds."""

    def ask(
        self,
        question: Callable[[C], T],
        *,
        of_one_address: bool = False,
        enough: Callable[[T], bool] = lambda _: True,
    ) -> T:
        """Ask until one server answers. "Not found" is a failure here, because every server should have it.

        If no server can answer about one address, the address is at fault, and none is rested for it. An answer that
        is not `enough` counts only if no server gives a better one, and is held against no other. It does not
        reset the server's failures, since it may be a refusal.

        Raises:
            ChainUnavailable: no server answered.
        """
        failures: list[ProviderError] = []
        puzzled: list[tuple[C, ProviderError]] = []
        poor: list[T] = []
        for client in self._awake():
            try:
                answer = question(client)
            except ProviderError as error:
                failures.append(error)
                self._failed(client, error, puzzled if of_one_address else None)
            else:
                if enough(answer):
                    self._believe(client)
                    self._blame(puzzled)
                    return answer
                poor.append(answer)
        if poor:
            self.heard()
            return poor[0]
        raise self.unavailable(failures)

    @property
    def clients(self) -> tuple[C, ...]:
        """The servers, in the order they are asked."""
        return self._clients

    def look_up(self, question: Callable[[C], T], *, height: Callable[[C], int], last: str = "") -> T:
        """Ask for something that may not exist until one server has it; `last` is the server to ask last.

        A server that does not have it must prove by its height that it is not lagging before it is believed. If no
        server can answer, the question is at fault, since customers ask what they like; no server is rested for it.

        Raises:
            NotFound: every server that answered says so.
            ChainUnavailable: no server answered.
        """
        failures: list[ProviderError] = []
        puzzled: list[tuple[C, ProviderError]] = []
        denials: dict[str, NotFound] = {}
        for client in sorted(self._awake(), key=lambda client: client.provider.name == last):
            try:
                answer = question(client)
            except NotFound as denial:
                try:
                    self._put(lambda one: self.check_height(one, height(one)), client)
                except ProviderError as error:
                    failures.append(error)
                else:
                    denials[client.provider.name] = denial
            except (BadAnswer, Rejected) as error:
                puzzled.append((client, error))
            except ProviderError as error:
                self.rests.failed(client.provider, error)
                failures.append(error)
            else:
                self._believe(client)
                self._blame(puzzled)
                return answer
        if denials:
            self._blame(puzzled)
            if not self._are_behind(denials):
                raise next(reversed(denials.values()))
            failures += [BadAnswer(name, "lags behind") for name in denials]
        raise self.unavailable([*failures, *(error for _, error in puzzled)])

    def ask_each(self, question: Callable[[C], T], *, of_one_address: bool = False) -> list[T]:
        """Ask every server that is not resting, and collect the answers; `of_one_address` as for `ask`.

        Raises:
            ChainUnavailable: no server answered.
        """
        failures: list[ProviderError] = []
        puzzled: list[tuple[C, ProviderError]] = []
        answers: list[T] = []
        for client in self._awake():
            try:
                answers.append(question(client))
            except ProviderError as error:
                failures.append(error)
                self._failed(client, error, puzzled if of_one_address else None)
            else:
                self._answered(client)
        if not answers:
            raise self.unavailable(failures)
        self._blame(puzzled)
        return answers

    def ask_operators(self, question: Callable[[C], T]) -> dict[str, list[T]]:
        """Ask every server that is not resting, and collect the answers by operator.

        Raises:
            ChainUnavailable: no server answered.
        """
        answers: dict[str, list[T]] = {}
        for operator, answer in self.ask_each(lambda client: (operator_of(client.provider.name), question(client))):
            answers.setdefault(operator, []).append(answer)
        return answers

    def is_quorum(self, answers: Mapping[str, Sequence[object]]) -> bool:
        """Return whether answers by operator are enough where one is not believed.

        These are enough: two operators, or two servers of the only operator, or its only server.
        """
        if self.operators > 1:
            return len(answers) >= _TWO
        return sum(len(each) for each in answers.values()) >= min(_TWO, len(self._clients))

    def head(self, question: Callable[[C], Head]) -> Head:
        """Ask for the chain's head; compare servers if it has not grown for a long time.

        Raises:
            ChainUnavailable: no server gives a credible answer.
        """
        asked: list[C] = []

        def checked(client: C) -> Head:
            asked.append(client)
            found = question(client)
            self.check_height(client, found.latest)
            return found

        head = self.ask(checked)
        return self._second_opinion(asked[-1], head, question) if self._is_stalled() else head

    def check_height(self, client: C, height: int, *, read_to: tuple[int, int] = (0, 0)) -> None:
        """Check a height against what is possible, what the same operator said before, and what two others say.

        One operator's height, however high, discredits no one else: that takes two. `read_to`: as far as the shop has
        read the chain, and when that was its head, in Unix seconds; 0: not known.

        Raises:
            BadAnswer: it is lower than before, or higher than the chain can have grown.
        """
        self.check_not_behind(client, height, read_to=read_to[0])
        now, operator = int(self._clock()), operator_of(client.provider.name)
        with self._lock:
            recent = self._recent_claims(now)
            own, agreed = recent.get(operator), _second(claim.height for claim in recent.values())
            # An operator that lagged may catch up with what anybody else has seen.
            seen = [*recent.values(), *([_Claim(*read_to)] if read_to[1] else [])]
            jumps = own is not None and height > max(self._possible(claim, now) for claim in seen)
            if height > self._pace.most(now) or jumps:
                raise BadAnswer(client.provider.name, "a height that the chain cannot have reached")
            if height + self._pace.tolerance < max(own.height if own is not None else 0, agreed or 0):
                raise BadAnswer(client.provider.name, "a lower height than before")
            if own is None or height > own.height:
                self._claims[operator] = _Claim(height, now)

    def check_not_behind(self, client: C, height: int, *, read_to: int) -> None:
        """Check that a server is not below what the shop has read, so that its low head moves no cursor.

        If two operators are, or one for an hour, then a false height has led the shop too far.

        Raises:
            BadAnswer: it is.
        """
        now, operator = int(self._clock()), operator_of(client.provider.name)
        with self._lock:
            if height < self._pace.least(now):
                raise BadAnswer(client.provider.name, "a height that the chain has long passed")
            if not self._pace.block_s or read_to <= 0:
                return
            lane = self._behind[self.asks_others_first]  # the two sweeps have cursors of their own
            if not height + self._pace.tolerance < read_to <= self._pace.most(now):
                lane.pop(operator, None)
                return
            recent = {who: at for who, at in lane.items() if 0 <= now - at < 2 * _FORGET_HEIGHT_AFTER_S}
            self._behind[self.asks_others_first] = lane = {operator: now} | recent
            if len(lane) < _TWO and now - lane[operator] < _FORGET_HEIGHT_AFTER_S:
                raise BadAnswer(client.provider.name, "lags behind")

    def is_below(self, height: int, *, read_to: int) -> bool:
        """Return whether a height that was checked is far below what the shop has read."""
        return height + self._pace.tolerance < read_to

    def now(self) -> int:
        """Return the time in Unix seconds."""
        return int(self._clock())

    def cannot_be(self, height: int, *, since: tuple[int, int]) -> bool:
        """Return whether the chain cannot have reached a height since it was at another one: (height, Unix seconds).

        It may be a month further than seems possible, because clocks get changed. If the time is not known (0), any
        height is possible.
        """
        was, at = since
        return at > 0 and height > self._possible(_Claim(was, at - _CLOCKS_ARE_SET_S), max(at, self.now()))

    def heard(self) -> None:
        """Record that a server answered."""
        with self._lock:
            self._delayed_since = None

    def unavailable(self, failures: Sequence[ProviderError] = ()) -> ChainUnavailable:
        """Record that no server answered, and build the error that says so."""
        now = int(self._clock())
        with self._lock:
            if self._delayed_since is None:
                self._delayed_since = now
        retry_after_s = min((self.rests.left_s(client.provider) for client in self._clients), default=60)
        return ChainUnavailable(self.chain, tuple(failures), retry_after_s=retry_after_s)

    @property
    def operators(self) -> int:
        """Count the servers' operators."""
        return len({operator_of(client.provider.name) for client in self._clients})

    @property
    def asks_others_first(self) -> bool:
        """Return whether this thread asks other operators first now."""
        return self._order.others_first

    @contextmanager
    def others_first(self) -> Iterator[None]:
        """Make this thread ask other operators before those whose answers it has taken since it last did so.

        If it has taken answers of all, only that of the first server comes last: whether others are asked before that
        server, because it is slow, is its own choice.
        """
        order = self._order
        if order.believed:
            order.besides, order.believed = order.believed, set()
            if len(order.besides) == self.operators:
                order.besides = {operator_of(self._clients[0].provider.name)}
        order.others_first = True
        try:
            yield
        finally:
            order.others_first = False

    def others_than(self, server: str) -> list[C]:
        """List the servers that are not resting and belong to an operator other than that of `server`."""
        operator = operator_of(server)
        return [client for client in self._awake() if operator_of(client.provider.name) != operator]

    def named(self, server: str) -> list[C]:
        """List the servers of this name that are not resting: one or none."""
        return [client for client in self._awake() if client.provider.name == server]

    def put(self, question: Callable[[C], T], client: C) -> T:
        """Put a question to one server, and record the outcome. Raises ProviderError."""
        return self._put(question, client)

    def status(self) -> ChainStatus:
        """Return the state of the chain and of each of its servers."""
        providers = tuple(self.rests.status(client.provider) for client in self._clients)
        with self._lock:
            heights = [claim.height for claim in self._recent_claims(int(self._clock())).values()]
            highest = _second(heights) or max(heights, default=None)
            return ChainStatus(self.chain, self._delayed_since, highest, providers, unread=self.unread.reason)

    def _awake(self) -> list[C]:
        awake = [client for client in self._clients if not self.rests.is_resting(client.provider)]
        awake.sort(key=lambda client: client.provider.is_slow)
        if self.asks_others_first and awake:
            besides = self._order.besides or {operator_of(self._clients[0].provider.name)}
            awake.sort(key=lambda client: operator_of(client.provider.name) in besides)
        return awake

    def _put(self, question: Callable[[C], T], client: C) -> T:
        """Put a question to one server, and record the outcome."""
        try:
            answer = question(client)
        except ProviderError as error:
            self.rests.failed(client.provider, error)
            raise
        self._answered(client)
        return answer

    def _failed(self, client: C, error: ProviderError, puzzled: list[tuple[C, ProviderError]] | None) -> None:
        """Rest a server, or, if the question may be at fault, add it to `puzzled` if that is given."""
        if puzzled is not None and isinstance(error, BadAnswer | Rejected):
            puzzled.append((client, error))
        else:
            self.rests.failed(client.provider, error)

    def _blame(self, puzzled: Sequence[tuple[C, ProviderError]]) -> None:
        """Rest the servers that could not answer what others could."""
        for client, error in puzzled:
            self.rests.failed(client.provider, error)

    def _recent_claims(self, now: int) -> dict[str, "_Claim"]:
        """Forget heights that have not grown for a long time; a clock set back makes none of them newer than now."""
        kept_s = max(_FORGET_HEIGHT_AFTER_S, 2 * self._pace.stalled_s)
        aged = {who: _Claim(claim.height, min(claim.at, now)) for who, claim in self._claims.items()}
        self._claims = {who: claim for who, claim in aged.items() if now - claim.at <= kept_s}
        return self._claims

    def _possible(self, claim: "_Claim", now: int) -> int:
        """Return how far the chain can have come since it was at a height."""
        if not self._pace.block_s:
            return claim.height + _ANY_JUMP
        return claim.height + _UNEXPECTED_BLOCKS + 3 * (now - claim.at) // self._pace.block_s

    def _are_behind(self, servers: Iterable[str]) -> bool:
        """Return whether another server is further ahead than these, so that nothing follows from what they do not
        know.
        """
        asked = {operator_of(server) for server in servers}
        with self._lock:
            claims = self._recent_claims(int(self._clock())).items()
            own = max((claim.height for operator, claim in claims if operator in asked), default=0)
            others = max((claim.height for operator, claim in claims if operator not in asked), default=0)
            return own + self._pace.tolerance < others

    def _is_stalled(self) -> bool:
        now = int(self._clock())
        with self._lock:
            grown_at = max((claim.at for claim in self._recent_claims(now).values()), default=0)
            return now - grown_at >= self._pace.stalled_s

    def _second_opinion(self, first: C, head: Head, question: Callable[[C], Head]) -> Head:
        for other in self._clients:
            if other is first or self.rests.is_resting(other.provider):
                continue
            try:
                found = question(other)
                self.check_height(other, found.latest)
            except ProviderError as error:
                self.rests.failed(other.provider, error)
                continue
            if found.latest > head.latest + self._pace.tolerance:
                self.rests.failed(first.provider, BadAnswer(first.provider.name, "lags behind"))
                return found
            return head
        return head

    def _believe(self, client: C) -> None:
        if not self.asks_others_first:
            self._order.believed.add(operator_of(client.provider.name))
        self._answered(client)

    def _answered(self, client: C) -> None:
        self.rests.answered(client.provider)
        self.heard()


def _second(heights: Iterable[int]) -> int | None:
    """Find the second-highest of several heights, which two agree that the chain has reached."""
    ordered = sorted(heights, reverse=True)
    return ordered[1] if len(ordered) > 1 else None
