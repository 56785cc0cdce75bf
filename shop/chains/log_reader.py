"""Read token transfers with eth_getLogs, in the windows of blocks that each public server allows."""

from collections.abc import Sequence
from dataclasses import dataclass

from shop.chains.errors import RateLimited, Rejected
from shop.chains.json_rpc import JsonRpc, RpcError
from shop.chains.tokens import TRANSFER, Log, read_rpc_log

_RECIPIENTS_PER_CALL = 1_000
_RANGE_WORDS = ("range", "limit", "results", "too wide", "too large", "exceed", "size", "more than", "timeout")


@dataclass(slots=True)
class _Window:
    """How many blocks a server lets one question about logs span: found out by asking."""

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

    def read(
        self, first: int, last: int, *, contracts: Sequence[bytes], recipients: Sequence[bytes], budget: int
    ) -> tuple[list[Log], int]:
        """Read the transfers of these contracts to these accounts, within about `budget` questions.

        Returns the logs (others' transfers may be among them) and the last block that was read.
        """
        everybodys = self._is_cheaper_for_all(len(recipients), last - first + 1)
        wanted = None if everybodys else recipients
        window = self._window_of_all if everybodys else self._window_of_some
        found: list[Log] = []
        position = first - 1
        while position < last and budget > 0:
            end = min(last, position + window.blocks)
            budget -= 1 if everybodys else _calls(len(recipients))
            try:
                found += self._ask(hex(position + 1), hex(end), contracts, wanted)
            except (RpcError, Rejected) as error:
                if not _names_range(error) or end == position + 1:
                    raise
                window.shrink()
                continue
            position = end
            window.grow()
        return found, position

    def newest(self, first: int, *, contracts: Sequence[bytes], recipients: Sequence[bytes]) -> list[Log]:
        """Read the transfers to a few accounts from a block to the head, whichever block that is by now."""
        return self._ask(hex(first), "latest", contracts, recipients)

    def _is_cheaper_for_all(self, recipients: int, blocks: int) -> bool:
        """Compare the questions for these recipients' transfers with those for everybody's."""
        if recipients <= _RECIPIENTS_PER_CALL:
            return False
        for_some = _calls(recipients) * -(-blocks // self._window_of_some.blocks)
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
        for start in range(0, len(recipients), _RECIPIENTS_PER_CALL):  # an empty list would match everybody
            words = ["0x" + who.rjust(32, b"\0").hex() for who in recipients[start : start + _RECIPIENTS_PER_CALL]]
            found += self._ask_logs({**wanted, "topics": [transfer, None, words]})
        return found

    def _ask_logs(self, wanted: dict[str, object]) -> list[Log]:
        answer = self._rpc.call("eth_getLogs", wanted)
        return [log for item in answer.items() if (log := read_rpc_log(item)) is not None]


def _calls(recipients: int) -> int:
    return -(-recipients // _RECIPIENTS_PER_CALL)


def _names_range(error: RpcError | Rejected) -> bool:
    """Tell whether a refusal is about the width of the question: every provider has its own words for it."""
    text = error.text if isinstance(error, RpcError) else error.body.decode("utf-8", "replace")
    if "rate limit" in text.lower() or "too many requests" in text.lower():
        raise RateLimited(error.provider, "too many questions")
    return any(word in text.lower() for word in _RANGE_WORDS)
