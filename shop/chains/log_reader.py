"""Reads token transfers with eth_getLogs, in the block ranges that each public server allows."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from shop.chains.errors import Rejected, TooLarge
from shop.chains.json_rpc import JsonRpc, RpcError, error_text
from shop.chains.tokens import TRANSFER, Log, read_rpc_log
from shop.chains.transfers import MOST_LAG_BLOCKS

_MOST_RECIPIENTS = 1_000
_UNKNOWN_BLOCK = -39001
_PERHAPS_UNKNOWN = frozenset({-32602, -32001, -32603})
"""Codes of a refusal that may mean a block which the node lacks, whatever its words."""
_RANGE_WORDS = (
    *("range", "limit", "results", "too wide", "too large", "exceed", "size", "more than", "timeout"),
    *("too many logs", "too many blocks", "narrow", "timed out", "distance", "too long"),
)
_TOO_MANY_RECIPIENTS = re.compile(
    r"\b(max|maximum|too many|exceed(s|ed|ing)?|more than|at most|up to|limit)\b.{0,40}\b(topics|addresses)\b"
)
_BEYOND_HEAD = re.compile(
    r"\b(beyond|above|after|ahead of|past|(greater|higher) than) (the )?((current|latest|last|chain|accepted) )*"
    r"(head|block|tip|latest|accepted)\b"
    r"|\binvalid block range params\b"  # the first block is never after the last one here
)
_PERHAPS_BEYOND_HEAD = re.compile(
    r"\bunknown block\b|\bheader for block\b|\b(block|header) not found\b|\b(could not|cannot) be found\b"
)
"""Words that a refusal of a wide range may have too."""


@dataclass(slots=True)
class _Window:
    """How many blocks one request for logs may span on a server, found out by trying."""

    blocks: int
    most: int

    def shrink(self) -> None:
        self.blocks = max(1, self.blocks // 2)

    def grow(self) -> None:
        self.blocks = min(self.most, self.blocks + max(1, self.blocks // 4))


class LogReader:
    """The logs of one server."""

    def __init__(self, rpc: JsonRpc) -> None:
        self._rpc = rpc
        self._window_of_some = _Window(500, 5_000)
        self._window_of_all = _Window(20, 200)
        self._most_recipients = _MOST_RECIPIENTS
        """How many recipients one request may name, found out by trying."""

    def read(
        self, first: int, last: int, *, contracts: Sequence[bytes], recipients: Sequence[bytes], budget: int
    ) -> tuple[list[Log], int]:
        """Read the transfers of these contracts to these accounts, within about `budget` requests.

        Returns the logs, which may include other people's transfers, and the last block read: a node that is a few
        blocks behind is read up to its head.
        """
        everybodys = self._is_cheaper_for_all(len(recipients), last - first + 1)
        wanted = None if everybodys else recipients
        window = self._window_of_all if everybodys else self._window_of_some
        found: list[Log] = []
        position, reachable = first - 1, last
        while position < reachable and budget > 0:
            end = min(reachable, position + window.blocks)
            budget -= 1 if everybodys else self._calls(len(recipients))
            try:
                found += self._ask(hex(position + 1), hex(end), contracts, wanted)
            except TooLarge:
                if end == position + 1:
                    raise
                window.shrink()
                continue
            except (RpcError, Rejected) as error:
                is_wide = _names_range(error) and end > position + 1
                if (_names_head(error) and not is_wide) or self._is_behind(end, error):
                    reachable = self._below(end, error, asked=last)
                elif is_wide:
                    window.shrink()
                else:
                    raise
                continue
            position = end
            window.grow()
        return found, position

    def head(self) -> int:
        """Ask for the newest block that the node has logs of. Raises ProviderError."""
        return self._rpc.call("eth_blockNumber").height

    def newest(self, first: int, *, contracts: Sequence[bytes], recipients: Sequence[bytes]) -> list[Log]:
        """Read the transfers to a few accounts from a block to the current head."""
        return self._ask(hex(first), "latest", contracts, recipients)

    def _is_behind(self, end: int, error: RpcError | Rejected) -> bool:
        """Return whether a refusal comes from a node that does not have the block `end` yet, as its head shows."""
        may_be = _names_head(error) or (isinstance(error, RpcError) and error.code in _PERHAPS_UNKNOWN)
        return may_be and self.head() < end

    def _below(self, end: int, error: RpcError | Rejected, *, asked: int) -> int:
        """Return how far a node without the block `end` can be read. Raises `error` if that is not far enough."""
        reachable = min(self.head(), end - 1)
        if reachable < asked - MOST_LAG_BLOCKS:
            raise error
        return reachable

    def _is_cheaper_for_all(self, recipients: int, blocks: int) -> bool:
        """Return whether reading all transfers takes fewer requests than reading these recipients'."""
        if recipients <= self._most_recipients:
            return False
        for_some = self._calls(recipients) * -(-blocks // self._window_of_some.blocks)
        return -(-blocks // self._window_of_all.blocks) < for_some

    def _ask(
        self, first: str, last: str, contracts: Sequence[bytes], recipients: Sequence[bytes] | None
    ) -> list[Log]:
        addresses = ["0x" + contract.hex() for contract in contracts]
        wanted: dict[str, object] = {"fromBlock": first, "toBlock": last, "address": addresses}
        transfer = "0x" + TRANSFER.hex()
        if recipients is None:
            return self._ask_logs({**wanted, "topics": [transfer]})
        found: list[Log] = []
        left = ["0x" + who.rjust(32, b"\0").hex() for who in recipients]
        while left:  # an empty list would match everyone
            some = left[: self._most_recipients]
            try:
                found += self._ask_logs({**wanted, "topics": [transfer, None, some]})
            except (RpcError, Rejected) as error:
                if len(some) == 1 or not _names_recipients(error):
                    raise
                self._most_recipients = len(some) // 2
                continue
            left = left[len(some) :]
        return found

    def _calls(self, recipients: int) -> int:
        return -(-recipients // self._most_recipients)

    def _ask_logs(self, wanted: dict[str, object]) -> list[Log]:
        answer = self._rpc.call("eth_getLogs", wanted)
        return [log for item in answer.items() if (log := read_rpc_log(item)) is not None]


def _names_head(error: RpcError | Rejected) -> bool:
    """Return whether a refusal says that the range reaches beyond the node's head."""
    if isinstance(error, RpcError) and error.code == _UNKNOWN_BLOCK:
        return True
    text = error_text(error)
    return (_BEYOND_HEAD.search(text) or _PERHAPS_BEYOND_HEAD.search(text)) is not None


def _names_recipients(error: RpcError | Rejected) -> bool:
    """Return whether a refusal is about the number of recipients in one request, and not about the range."""
    text = error_text(error)
    return _TOO_MANY_RECIPIENTS.search(text) is not None and "range" not in text and "block" not in text


def _names_range(error: RpcError | Rejected) -> bool:
    """Return whether a refusal is about the width of the range: every server words it differently."""
    text = error_text(error)
    return _BEYOND_HEAD.search(text) is None and any(word in text for word in _RANGE_WORDS)
