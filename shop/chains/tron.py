"""Watches TRON: USDT and TRX at the same addresses.

USDT is read from logs, as on Ethereum, or, if no server has any, from the lists of some addresses in turn. TRX leaves
no logs, and TRON's blocks are too heavy to read all of them (28 800 a day): a peek asks for the lists of the given
addresses, and the scans go round all addresses, a few at a time. Customers who don't want to wait can paste the
transaction. Left out: TRX sent by a contract, which `shop.payments.unattributed` finds by the balance.
"""

import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from shop.assets import native
from shop.chains.empty_answers import EmptyAnswers
from shop.chains.errors import BadAnswer, ChainUnavailable, NotFound, Rejected, UnknownTransaction
from shop.chains.failover import Failover
from shop.chains.json_rpc import METHOD_NOT_FOUND, RpcError
from shop.chains.log_reader import LogReader
from shop.chains.parameters import PARAMETERS
from shop.chains.testimony import Interviewed, Interviews, shown_by
from shop.chains.tokens import Accounts, Log, address_of, contracts, other_tokens, transfers
from shop.chains.transfers import NATIVE, Balance, ChainStatus, Head, OtherToken, Scan, Transfer, WatchPlan
from shop.chains.tron_client import TronClient, TrxPayment
from wallet.chains import Chain

_log = logging.getLogger("souk.chains")
_TXID = re.compile(r"(?:0x)?([0-9a-fA-F]{64})")
_LOG_QUESTIONS_PER_SCAN = 20
_LOGS_AGAIN = 28_800
"""Blocks of logs to read again, about a day, if a false height moved the cursor."""
_LISTS_PER_SCAN = 5
_LISTS_PER_PEEK = 4
_NOT_ALLOWED = 405
_WITHOUT_RPC_S = 3_600
"""Seconds after which a server that had no JSON-RPC is asked for it again: it may have been a passing fault."""
_ASSET = native(Chain.TRX)
_PARAMETERS = PARAMETERS[Chain.TRX]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Position:
    """Up to which solid block logs were read, and the last address whose lists were.

    `at` is when that was the last solid block, in Unix seconds, or, while it is not, when it last was; 0: not known.
    """

    block: int
    address: str
    at: int = 0

    def __str__(self) -> str:
        return f"{self.block}:{self.address}:{self.at}"

    @classmethod
    def read(cls, cursor: str) -> "_Position":
        block, address, *at = cursor.split(":")
        return cls(int(block), address, *map(int, at))

    @property
    def read_to(self) -> tuple[int, int]:
        """The height below which a solid block would be that of a server that lags, and `at`."""
        return self.block - _PARAMETERS.overlap_blocks, self.at


class TronReader(Interviewed[TronClient]):
    """TRON, as the shop sees it."""

    def __init__(self, failover: Failover[TronClient]) -> None:
        self.chain = Chain.TRX
        self.plan = WatchPlan(
            peek_batch=1_000,
            looks=_PARAMETERS.looks,
            scan_every_s=_PARAMETERS.scan_every_s,
            own_coin_looks=_PARAMETERS.own_coin_looks,
        )
        self._failover = failover
        self._contracts = contracts(Chain.TRX)
        self._accounts = Accounts(Chain.TRX)
        self._emptiness = EmptyAnswers()
        self._without_rpc: dict[str, int] = {}
        """When each server without JSON-RPC was last found to have none, in Unix seconds."""
        self._last_peeked = ""
        self._interviews = Interviews(
            failover, head=TronClient.head, look_up=self._shown, block_hash=TronClient.block_hash
        )

    def status(self) -> ChainStatus:
        """Return the state of the chain's servers."""
        return self._failover.status()

    def head(self) -> Head:
        """Ask for the chain's head; `finalized` is the solid block."""
        return self._failover.head(lambda client: client.head())

    def peek(self, addresses: Sequence[str], *, own_coin: Sequence[str] = ()) -> tuple[Transfer, ...]:
        """Look at the last blocks' logs for `addresses`, and at the lists of TRX of `own_coin`."""
        found, lists_are_due = self._peek_at_logs(addresses) if addresses else ((), False)
        some: Sequence[str] = ()
        if lists_are_due:
            some = _next_after(self._last_peeked, sorted(addresses), _LISTS_PER_PEEK)
            self._last_peeked = some[-1]
            found += self._lists(some, with_tokens=True)
        return found + self._lists([each for each in own_coin if each not in some], with_tokens=False)

    def _peek_at_logs(self, addresses: Sequence[str]) -> tuple[tuple[Transfer, ...], bool]:
        """Look at the last blocks' logs; return whether no server has any, so that lists are needed instead."""
        watched = self._watched(addresses)

        def look(client: TronClient) -> tuple[tuple[Transfer, ...], bool]:
            known = self._failover.status().highest_block
            first = max(0, (client.latest() if known is None else known) - _PARAMETERS.peek_blocks)
            logs = self._logs(
                client, lambda reader: reader.newest(first, contracts=list(self._contracts), recipients=list(watched))
            )
            return shown_by(client, self._tokens(logs or (), watched)), logs is None

        return self._failover.ask(look, enough=lambda answer: not answer[1])

    def find(self, txid: str, addresses: Sequence[str]) -> tuple[Transfer, ...]:
        """Look one transaction up. Raises UnknownTransaction."""
        return self._look_up(txid, lambda client, wanted: self._shown(client, wanted, addresses))

    def other_tokens(self, txid: str, addresses: Sequence[str]) -> tuple[OtherToken, ...]:
        """Look up which other tokens one transaction paid. Raises UnknownTransaction."""
        watched = self._watched(addresses)

        def look(client: TronClient, wanted: str) -> tuple[OtherToken, ...]:
            client.payment(wanted)  # raises NotFound; a receipt is None also of what does not exist
            receipt = client.receipt(wanted)
            logs = receipt.logs if receipt is not None and receipt.succeeded else ()
            return other_tokens(logs, chain=self.chain, contracts=self._contracts, watched=watched)

        return self._look_up(txid, look)

    def scan(self, addresses: Sequence[str], cursor: str | None) -> Scan:
        """Find every final payment of USDT since `cursor` ("block:address:time"), and TRX at a few addresses more."""
        watched = self._watched(addresses)

        def look(client: TronClient) -> tuple[Head, tuple[Transfer, ...], _Position, bool]:
            head, start = self._begin(client, cursor)
            solid = head.finalized or 0
            if not watched:
                return head, (), _Position(max(solid, start.block), start.address, self._failover.now()), False
            first = max(0, min(start.block, solid) + 1 - _PARAMETERS.overlap_blocks)
            read = self._logs(client, lambda reader: self._logs_between(reader, first, solid, watched))
            if read is None:
                return head, (), start, True
            reached, logs, end = read
            if reached < end:  # java-tron lists no logs of blocks that it does not have, and does not say so
                raise BadAnswer(client.provider.name, "lags behind")
            found = shown_by(client, self._tokens(logs, watched))
            at = self._failover.now() if end >= solid else start.at
            return head, found, _Position(max(end, start.block), start.address, at), False

        head, found, position, lists_are_due = self._failover.ask(look, enough=lambda answer: not answer[3])
        if self._failover.asks_others_first:  # only TronGrid itself has lists
            return Scan(found, head, str(position), behind=max(0, (head.finalized or 0) - position.block))
        some = _next_after(position.address, sorted(addresses), _LISTS_PER_SCAN)
        unanswered = None
        try:
            found += self._lists(some, with_tokens=lists_are_due)
        except ChainUnavailable as error:  # only TronGrid itself has lists; without it, the logs still work
            unanswered = error
        after = replace(position, address=some[-1] if some else "")
        behind = 0 if lists_are_due else max(0, (head.finalized or 0) - position.block)
        return Scan(found, head, str(after), behind=behind, unanswered=unanswered)

    def balances(self, addresses: Sequence[str]) -> tuple[Balance, ...]:
        """Ask for the TRX balance of each address, solid or not."""
        accounts = self._watched(addresses)

        def look(client: TronClient) -> dict[bytes, int] | None:
            return self._by_rpc(client, lambda: client.balances(list(accounts)))

        found = self._failover.ask(look, enough=lambda answer: answer is not None)
        if found is None:
            lacking = tuple(BadAnswer(name, "no JSON-RPC") for name in self._without_rpc)
            raise ChainUnavailable(self.chain, lacking, retry_after_s=_WITHOUT_RPC_S)
        return tuple(Balance(accounts[who], _ASSET, sun) for who, sun in found.items())

    def _look_up(self, txid: str, question: Callable[[TronClient, str], T]) -> T:
        matched = _TXID.fullmatch(txid.strip())
        if matched is None:
            raise UnknownTransaction(self.chain, txid[:100])
        wanted = matched[1].lower()
        try:
            return self._failover.look_up(
                lambda client: question(client, wanted), height=lambda client: client.latest()
            )
        except NotFound:
            raise UnknownTransaction(self.chain, wanted) from None

    def _logs_between(
        self, reader: LogReader, first: int, last: int, watched: dict[bytes, str]
    ) -> tuple[int, list[Log], int]:
        """Read one scan's logs; return the head before that, the logs, and the last block read."""
        head = reader.head()
        wanted, recipients = list(self._contracts), list(watched)
        budget = _LOG_QUESTIONS_PER_SCAN
        return head, *reader.read(first, last, contracts=wanted, recipients=recipients, budget=budget)

    def _logs(self, client: TronClient, read: Callable[[LogReader], T]) -> T | None:
        """Read logs; None if the server has none: then the cursor's block stays where it is."""
        return self._by_rpc(client, lambda: read(client.logs))

    def _by_rpc(self, client: TronClient, ask: Callable[[], T]) -> T | None:
        """Ask the server's JSON-RPC; None if it has no such service, which is remembered for a while.

        Any other refusal may be temporary, and the server keeps its place.
        """
        name, now = client.provider.name, self._failover.now()
        if name in self._without_rpc and 0 <= now - self._without_rpc[name] < _WITHOUT_RPC_S:
            return None
        try:
            answer = ask()
        except (Rejected, RpcError) as error:
            lacks = error.status == _NOT_ALLOWED if isinstance(error, Rejected) else error.code == METHOD_NOT_FOUND
            if not lacks:
                raise
            if name not in self._without_rpc:
                _log.warning("%s: %s has no JSON-RPC", self.chain.value, name)
            self._without_rpc[name] = now
            return None
        self._without_rpc.pop(name, None)
        return answer

    def _lists(self, addresses: Sequence[str], *, with_tokens: bool) -> tuple[Transfer, ...]:
        watched = self._watched(addresses)

        def look(address: str) -> tuple[Transfer, ...]:
            question = partial(self._history, address=address, watched=watched, with_tokens=with_tokens)
            return self._failover.ask(question, of_one_address=True)

        found = self._failover.unread.look_at_each(look, addresses)
        return tuple({(transfer.txid, transfer.index): transfer for transfer in found}.values())

    def _history(
        self, client: TronClient, *, address: str, watched: dict[bytes, str], with_tokens: bool
    ) -> tuple[Transfer, ...]:
        payments = client.trx_payments(address)
        self._emptiness.check(client.provider.name, address, empty=not payments)
        found = [transfer for payment in payments for transfer in self._native(payment, watched)]
        txids: list[str] = []
        if with_tokens:
            for contract in self._contracts:
                txids += client.token_transactions(address, address_of(self.chain, contract))
        for txid in txids:
            receipt = client.receipt(txid)
            if receipt is not None and receipt.succeeded:
                found += self._tokens(receipt.logs, watched)
        return shown_by(client, found)

    def _shown(self, client: TronClient, txid: str, addresses: Sequence[str]) -> tuple[Transfer, ...]:
        return shown_by(client, self._paid(client, txid, self._watched(addresses)))

    def _paid(self, client: TronClient, txid: str, watched: dict[bytes, str]) -> tuple[Transfer, ...]:
        payment = client.payment(txid)
        receipt = client.receipt(txid)
        if receipt is None:
            return () if payment is None else self._native(payment, watched)
        if not receipt.succeeded:
            return ()
        if payment is None:
            return self._tokens(receipt.logs, watched)
        placed = TrxPayment(txid, payment.recipient, payment.units, receipt.block_height, receipt.block_time)
        return self._native(placed, watched)

    def _native(self, payment: TrxPayment, watched: dict[bytes, str]) -> tuple[Transfer, ...]:
        address = watched.get(payment.recipient)
        if address is None:
            return ()
        transfer = Transfer(
            chain=self.chain,
            txid=payment.txid,
            index=f"{NATIVE}:{address}",
            address=address,
            asset=_ASSET,
            units=payment.units,
            block_height=payment.block_height,
            block_time=payment.block_time,
            replaceable=payment.block_height is None,
        )
        return (transfer,)

    def _tokens(self, logs: Sequence[Log], watched: dict[bytes, str]) -> tuple[Transfer, ...]:
        return transfers(logs, chain=self.chain, contracts=self._contracts, watched=watched)

    def _begin(self, client: TronClient, cursor: str | None) -> tuple[Head, _Position]:
        """Ask a server for its head; return it, and where to read from. Raises ProviderError."""
        head, read_to = client.head(), (0, 0) if cursor is None else _Position.read(cursor).read_to
        solid = head.finalized or 0
        self._failover.check_not_behind(client, solid, read_to=read_to[0])
        self._failover.check_height(client, head.latest, read_to=read_to)
        return head, self._start(cursor, solid)

    def _start(self, cursor: str | None, solid: int) -> _Position:
        if cursor is None:
            return _Position(max(0, solid - _PARAMETERS.overlap_blocks), "", self._failover.now())
        position = _Position.read(cursor)
        again = max(0, solid - _LOGS_AGAIN)
        if self._failover.is_below(solid, read_to=position.read_to[0]):
            return replace(position, block=min(position.block, again))
        if self._failover.cannot_be(solid, since=(position.block, position.at)):
            return _Position(again, position.address, self._failover.now())
        return position

    def _watched(self, addresses: Sequence[str]) -> dict[bytes, str]:
        return self._accounts.of(addresses)


def _next_after(last: str, ordered: list[str], count: int) -> list[str]:
    """Take the next few of a round: those after the last one, then from the start again."""
    later = [item for item in ordered if item > last]
    return (later + ordered[: len(ordered) - len(later)])[:count]
