"""Watches Solana: SOL at many addresses.

One request shows the balances of a hundred addresses; only addresses whose balance changed are examined further.
Findings are cached for each operator (`solana_memory.py`), so a second look costs nothing. A scan looks at some of
the addresses and the next one continues from there: with more customers, not the requests per scan grow but the
length of a round. A balance that rose without a transaction that explains it counts as not read. Left out: coins that
leave an address between two looks, if exactly as many arrive. Tokens (SPL) are not credited (`solana_tokens.py`).
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from shop.assets import native
from shop.chains import solana_tokens
from shop.chains.errors import BadAnswer, ChainUnavailable, NotFound, UnknownTransaction
from shop.chains.failover import Failover
from shop.chains.operators import operator_of
from shop.chains.parameters import PARAMETERS
from shop.chains.solana_client import (
    ACCOUNTS_PER_CALL,
    CONFIRMED,
    FINALIZED,
    SIGNATURES_PER_CALL,
    AccountBalance,
    Signature,
    SolanaClient,
    is_signature,
)
from shop.chains.solana_memory import BalancesByOperator, ExplainedBalance, LongHistory, SolanaMemory
from shop.chains.testimony import Interviewed, Interviews, shown_by
from shop.chains.transfers import Balance, ChainStatus, Head, OtherToken, Scan, Transfer, WatchPlan
from wallet.chains import Chain

_log = logging.getLogger("souk.chains")

_LOOKS_PER_SCAN = 20
_QUESTIONS_PER_SCAN = 60
_SLOTS_AGAIN = 216_000
"""Slots to read again, about a day, if a false height moved the cursor above the head."""
_NEWEST = 25
_AGREED_AFTER_S, _ACCEPTED_AFTER_S = 3_600, 86_400
"""Seconds after which a balance that nothing explains is accepted: if two operators show it, and if one does.

Lamports can come without a transaction (a validator may send its rewards to any account), and nodes lose parts of
their history.
"""
_LONGEST_WAIT_S = 1_800
"""The most seconds until an address that cannot be read is tried again; less than it is remembered as such."""
_LACKS, _FORGOT = "does not show what it lists", "has no history that old"
_ASSET = native(Chain.SOL)
_PARAMETERS = PARAMETERS[Chain.SOL]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Position:
    """The progress of a round over all addresses.

    `since`: the slot at which the last complete round began; older transactions are known. `began`: the slot at
    which this round began, or a lower one from which on an address is yet to be read. `address`: the last one handled
    in this round; empty at the start. `head`: the final slot while an address is yet to be read, so that each cursor
    differs from the last; else 0.
    """

    since: int
    began: int
    address: str
    head: int = 0

    def __str__(self) -> str:
        return f"{self.since}:{self.began}:{self.address}" + (f":{self.head}" if self.head else "")

    @classmethod
    def read(cls, cursor: str) -> "_Position":
        since, began, address, *head = cursor.split(":")
        return cls(int(since), int(began), address, *map(int, head))


@dataclass(frozen=True, slots=True)
class _Debt:
    """An address yet to be read: the slot down to which, and when that was tried first and last, in Unix seconds."""

    slot: int
    since: int
    asked: int

    def is_due(self, now: int) -> bool:
        """Return whether to try again: less and less often, but at once if the clock was set back."""
        return not 0 <= now - self.asked < min(_LONGEST_WAIT_S, (self.asked - self.since) // 8)


_News = tuple[SolanaMemory, str, ExplainedBalance]
"""What an operator's memory is to keep of an address once its payments are stored."""


@dataclass(frozen=True, slots=True)
class _Look:
    """What a look at an address found in a server's history, and how many requests that took.

    `holding`: the balance that is explained. `news`: what is to be remembered of it. `left`: the slot down to which
    the address is still to be read; None if it is read. `problem`: why it counts as unread. `reasons`: what explains
    the balance. `lacks`: the server does not show what it lists, or has no history that old, and another one may.
    """

    holding: AccountBalance | None = None
    found: tuple[Transfer, ...] = ()
    questions: int = 0
    news: tuple[_News, ...] = ()
    left: int | None = None
    problem: ChainUnavailable | None = None
    reasons: tuple[Transfer, ...] = ()
    lacks: bool = False


@dataclass(frozen=True, slots=True)
class _Doubt:
    """A balance that a server shows and that its history, in which this was found, does not explain."""

    memory: SolanaMemory
    holding: AccountBalance
    found: tuple[Transfer, ...]
    problem: ChainUnavailable


class SolanaReader(Interviewed[SolanaClient]):
    """Solana, as the shop sees it. Heights are slots."""

    def __init__(self, failover: Failover[SolanaClient]) -> None:
        self.chain = Chain.SOL
        self.plan = WatchPlan(
            peek_batch=ACCOUNTS_PER_CALL, looks=_PARAMETERS.looks, scan_every_s=_PARAMETERS.scan_every_s
        )
        self._failover = failover
        self._confirmed: defaultdict[str, SolanaMemory] = defaultdict(SolanaMemory)
        self._final: defaultdict[str, SolanaMemory] = defaultdict(SolanaMemory)
        self._handed_over: dict[bool, tuple[str, list[_News]]] = {}
        """The cursor and the news of the last scan: of the usual one, and of the one at other operators."""
        self._owed: dict[str, _Debt] = {}
        """The addresses whose history no server could provide, or only a part of it."""
        self._interviews = Interviews(
            failover,
            head=SolanaClient.head,
            look_up=partial(self._shown, commitment=CONFIRMED),
            block_hash=SolanaClient.block_hash,
        )

    def status(self) -> ChainStatus:
        """Return the state of the chain's servers."""
        return self._failover.status()

    def head(self) -> Head:
        """Ask for the chain's head: the newest confirmed and the newest finalized slot."""
        return self._failover.head(lambda client: client.head())

    def peek(self, addresses: Sequence[str], *, own_coin: Sequence[str] = ()) -> tuple[Transfer, ...]:
        """Look at the balances, and at the newest transactions where one changed."""
        found: list[Transfer] = []
        for start in range(0, len(addresses), ACCOUNTS_PER_CALL):
            some = addresses[start : start + ACCOUNTS_PER_CALL]
            balances = BalancesByOperator(some, CONFIRMED)
            self._failover.ask(balances.shown_by)
            found += self._failover.unread.look_at_each(partial(self._newest, balances), some)
        return tuple(found)

    def find(self, txid: str, addresses: Sequence[str]) -> tuple[Transfer, ...]:
        """Look one transaction up. Raises UnknownTransaction."""
        return self._look_up(txid, partial(self._shown, addresses=set(addresses), commitment=CONFIRMED))

    def other_tokens(self, txid: str, addresses: Sequence[str]) -> tuple[OtherToken, ...]:
        """Look up which tokens one transaction paid: the shop takes none here. Raises UnknownTransaction."""
        return self._look_up(txid, partial(solana_tokens.paid, owners=set(addresses)))

    def balances(self, addresses: Sequence[str]) -> tuple[Balance, ...]:
        """Ask for the balances of uncredited tokens in the addresses' own token accounts."""
        return solana_tokens.balances(self._failover, addresses)

    def scan(self, addresses: Sequence[str], cursor: str | None) -> Scan:
        """Look at the next addresses of the round (cursor: "since:began:address").

        A caller that passes the last scan's cursor has stored its findings; until then none of them count as known.
        """
        lane = self._failover.asks_others_first
        handed, news = self._handed_over.pop(lane, ("", []))
        for memory, address, known in news if handed == cursor else ():
            memory.keep(address, known)
        scan, news = self._scan(addresses, cursor)
        if scan.cursor != cursor:
            self._handed_over[lane] = scan.cursor, news
        return scan

    def _scan(self, addresses: Sequence[str], cursor: str | None) -> tuple[Scan, list[_News]]:
        head = self.head()
        final = head.finalized or 0
        first = max(0, final - _PARAMETERS.overlap_blocks)
        position = _Position(first, final, "") if cursor is None else _Position.read(cursor)
        if max(position.since, position.began) > final + _PARAMETERS.overlap_blocks:
            position = _Position(min(position.since, max(0, final - _SLOTS_AGAIN)), final, "")
        if not position.address:
            position = _Position(position.since, final, "")
        later = sorted(address for address in set(addresses) if address > position.address)
        turn = later[: _LOOKS_PER_SCAN * ACCOUNTS_PER_CALL]
        found, news, last = self._round(turn, down_to=max(0, position.since - _PARAMETERS.overlap_blocks))
        # Addresses still to be read must survive a restart, and only the cursor does.
        began = min([position.began, *(debt.slot + _PARAMETERS.overlap_blocks for debt in self._owed.values())])
        if last == (later[-1] if later else ""):
            return Scan(found, head, str(_Position(began, began, "", final if self._owed else 0))), news
        interrupted = last != turn[-1]
        after = _Position(position.since, began, last or position.address)
        return Scan(found, head, str(after), behind=max(1, final - position.since) if interrupted else 0), news

    def _round(self, addresses: list[str], *, down_to: int) -> tuple[tuple[Transfer, ...], list[_News], str]:
        """Look at addresses until one scan's requests are used up; return findings, news and the last address."""
        found: list[Transfer] = []
        news: list[_News] = []
        last, questions = "", 0
        for start in range(0, len(addresses), ACCOUNTS_PER_CALL):
            some = addresses[start : start + ACCOUNTS_PER_CALL]
            balances = BalancesByOperator(some, FINALIZED)
            self._failover.ask(balances.shown_by)
            for address in some:
                if questions >= _QUESTIONS_PER_SCAN:
                    return tuple(found), news, last
                last, look = address, self._owed_or_new(address, balances, down_to)
                questions += look.questions
                found += look.found
                news += look.news
        return tuple(found), news, last

    def _owed_or_new(self, address: str, balances: BalancesByOperator, down_to: int) -> _Look:
        """Look at an address in a scan. What no server can read, a later round reads as far back.

        Raises:
            ChainUnavailable: no server answers, whatever the address.
        """
        now, debt = self._failover.now(), self._owed.get(address)
        if debt is not None and not debt.is_due(now):
            return _Look()
        begin, since = (down_to, now) if debt is None else (min(down_to, debt.slot), debt.since)
        looks: list[_Look] = []
        doubts: list[_Doubt] = []

        def read(client: SolanaClient) -> _Look:
            looks.append(self._read(client, address, balances, begin, doubts))
            return looks[-1]

        try:
            look = self._failover.ask(read, of_one_address=True, enough=lambda look: not look.lacks)
            since = since if look.lacks else now
        except ChainUnavailable as error:
            if not doubts and not error.is_about_the_question:
                raise
            look = _Look(questions=1, left=begin, problem=doubts[0].problem if doubts else error)
            looks.append(look)
        self._settle_debt(address, look, since=since, now=now)
        found = [transfer for each in looks for transfer in each.found]
        found += [transfer for doubt in doubts for transfer in doubt.found]
        # The payments that one operator lists explain a balance at another, but its balance alone explains nothing.
        why = look.reasons
        settled = [one for one in doubts if why and one.memory.explains(address, one.holding, why)]
        news = [(doubt.memory, address, ExplainedBalance(doubt.holding, why)) for doubt in settled]
        questions = sum(each.questions for each in looks) + len(doubts)
        return replace(look, found=tuple(found), news=look.news + tuple(news), questions=questions)

    def _settle_debt(self, address: str, look: _Look, *, since: int, now: int) -> None:
        """Record whether an address is still to be read, and whether it counts as unread."""
        if look.left is None:
            self._owed.pop(address, None)
        else:
            self._owed[address] = _Debt(look.left, since, now)
        whole = f"{address}, all of it"  # a peek, which reads the newest transactions, says nothing about the others
        if look.problem is None:
            self._failover.unread.answered(whole)
            self._failover.unread.answered(address)
        else:
            _log.warning("SOL: the history of an address cannot be read: %s", look.problem)
            self._failover.unread.failed(whole, look.problem)

    def _read(
        self, client: SolanaClient, address: str, balances: BalancesByOperator, down_to: int, doubts: list[_Doubt]
    ) -> _Look:
        """Read the history of an address at one server, or the next part of it, if its balance changed there.

        Raises:
            BadAnswer: the history does not explain the balance, as `doubts` says.
        """
        memory = self._final[operator_of(client.provider.name)]
        holding = balances.shown_by(client)[address]
        if (known := memory.recall(address, holding)) is not None:
            return _Look(holding, reasons=known)
        begun, before = memory.reading(address), memory.explained(address)
        reading = begun or LongHistory(holding, down_to if before is None else min(down_to, before.slot))
        listed, is_all = client.signatures(
            address, commitment=FINALIZED, down_to=reading.down_to, before=reading.before
        )
        part = memory.one_turn(address, listed, down_to=reading.down_to, most=_QUESTIONS_PER_SCAN)
        listed, is_all = listed[:part], is_all and part == len(listed)
        recent = [item for item in listed if not item.failed and item.slot >= reading.down_to]
        try:
            found = self._paid(client, memory, address, recent, commitment=FINALIZED)
        except NotFound:
            return self._lacking(client, _LACKS, min(reading.down_to, down_to))
        questions = 1 + len(listed) // SIGNATURES_PER_CALL + len(found)
        reading = replace(reading, found=reading.found + found)
        if not is_all:
            memory.go_on(address, replace(reading, before=listed[-1].signature))
            problem = BadAnswer(client.provider.name, "lists more than can be read at once")
            return _Look(None, found, questions, left=reading.down_to, problem=self._about(problem))
        memory.go_on(address, None)
        held = reading.holding
        is_explained = before is not None or held.lamports <= sum(each.units for each in reading.found)
        is_short = not is_explained and client.is_cut_short(listed, down_to=reading.down_to)
        if is_short and not self._accepts(memory, address, held):
            return self._lacking(client, _FORGOT, min(reading.down_to, down_to), found, questions)
        if memory.explains(address, held, reading.found) or self._accepts(memory, address, held):
            # A reading that took several turns leaves out what came since it began.
            left, why = None if begun is None else held.slot, reading.found
            return _Look(held, found, questions, ((memory, address, ExplainedBalance(held, why)),), left, reasons=why)
        memory.forget_news(recent, address)
        error = BadAnswer(client.provider.name, "does not list what it holds")
        doubts.append(_Doubt(memory, held, found, self._about(error)))
        raise error

    def _lacking(
        self, client: SolanaClient, why: str, slot: int, found: tuple[Transfer, ...] = (), questions: int = 1
    ) -> _Look:
        """Say that a server cannot show a history down to a slot, and that another one may."""
        problem = self._about(BadAnswer(client.provider.name, why))
        return _Look(None, found, questions, left=slot, problem=problem, lacks=True)

    def _accepts(self, memory: SolanaMemory, address: str, holding: AccountBalance) -> bool:
        """Return whether a balance that nothing explains has been there for long enough."""
        now = self._failover.now()
        since = memory.doubt(address, holding.lamports, now=now)
        others = [other.doubted(address) for other in list(self._final.values()) if other is not memory]
        if 0 <= now - since < (_AGREED_AFTER_S if holding.lamports in others else _ACCEPTED_AFTER_S):
            return False
        _log.warning("SOL: a balance that no transaction explains is accepted")
        return True

    def _newest(self, balances: BalancesByOperator, address: str) -> tuple[Transfer, ...]:
        """Return everything recent that an address received: from the cache while its balance is unchanged."""

        def look(client: SolanaClient) -> tuple[Transfer, ...] | None:
            memory = self._confirmed[operator_of(client.provider.name)]
            holding = balances.shown_by(client)[address]
            known = memory.recall(address, holding)
            if known is not None:
                return known
            listed, _ = client.signatures(address, commitment=CONFIRMED)
            recent = [item for item in listed if not item.failed][:_NEWEST]
            try:
                found = self._paid(client, memory, address, recent, commitment=CONFIRMED)
            except NotFound:
                return None
            if memory.explains(address, holding, found, is_peek=True):  # else the next look reads it again
                memory.keep(address, ExplainedBalance(holding, found))
            return found

        found = self._failover.ask(look, of_one_address=True, enough=lambda answer: answer is not None)
        if found is None:
            raise self._about(BadAnswer(self.chain.value, _LACKS))
        return found

    def _paid(
        self,
        client: SolanaClient,
        memory: SolanaMemory,
        address: str,
        listed: Sequence[Signature],
        *,
        commitment: str,
    ) -> tuple[Transfer, ...]:
        """Return what transactions paid to an address. Raises NotFound: the node does not show what it lists."""
        found: list[Transfer] = []
        for item in listed:
            paid = memory.paid(item.signature, address)
            if paid is None:
                paid = self._shown(client, item.signature, {address}, commitment=commitment)
                memory.note(item.signature, address, paid)
            found += paid
        return tuple(found)

    def _about(self, error: BadAnswer) -> ChainUnavailable:
        """Build the error that says why an address cannot be read."""
        return ChainUnavailable(self.chain, (error,), retry_after_s=_LONGEST_WAIT_S)

    def _look_up(self, txid: str, question: Callable[[SolanaClient, str], T]) -> T:
        signature = txid.strip()
        if not is_signature(signature):
            raise UnknownTransaction(self.chain, signature[:100])
        try:
            return self._failover.look_up(
                lambda client: question(client, signature), height=lambda client: client.head().latest
            )
        except NotFound:
            raise UnknownTransaction(self.chain, signature) from None

    def _shown(
        self, client: SolanaClient, signature: str, addresses: Collection[str], *, commitment: str
    ) -> tuple[Transfer, ...]:
        movement = client.movement(signature, commitment=commitment)
        if movement is None:
            return ()
        found = [
            Transfer(
                chain=self.chain,
                txid=signature,
                index=address,
                address=address,
                asset=_ASSET,
                units=lamports,
                block_height=movement.slot,
                block_time=movement.time,
            )
            for address, lamports in movement.received
            if address in addresses
        ]
        return shown_by(client, found)
