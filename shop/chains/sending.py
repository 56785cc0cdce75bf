"""Sending transactions and what they cost: what the four families have in common.

A transaction's id is known before it is sent. A server's "ok" means that one node accepted it; a timeout means
nothing at all; so the id is looked up afterwards, and the same bytes are sent again.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TypeVar

from shop.chains.errors import ChainUnavailable, ProviderError
from shop.chains.failover import Client, Failover

C = TypeVar("C", bound=Client)


class Speed(Enum):
    """How soon a transaction should get into a block."""

    SLOW = "slow"
    NORMAL = "normal"
    FAST = "fast"


Prices = dict[Speed, int]
"""A chain's fee rate at each speed: per 1,000 virtual bytes, per unit of gas, or per compute unit."""


class SendRefusal(Enum):
    """Why a server did not accept a transaction; the value is a phrase for admins."""

    SPENT = "an input or the nonce was used by another transaction"
    UNDERPRICED = "the fee is too low now"
    FUNDS = "there is less on the address than it takes"
    EXPIRED = "it expired before it was sent"
    INVALID = "the node says that it is not valid"
    OTHER = "the node refused it"


class NotTaken(Exception):
    """Every server that answered refused a transaction; what it wrote is only for the log."""

    def __init__(self, why: SendRefusal, said: str) -> None:
        super().__init__(f"{why.value}: {said[:200]}")
        self.why = why
        self.said = said[:200]


@dataclass(frozen=True, slots=True)
class Answer:
    """One server's answer to a transaction: None, or the reason why it did not accept it."""

    why: SendRefusal | None = None
    said: str = ""


def refusal_in(said: str, reasons: Sequence[tuple[SendRefusal, tuple[str, ...]]]) -> SendRefusal:
    """Return the first reason one of whose phrases a server's message contains, else OTHER."""
    return next((why for why, phrases in reasons if any(each in said for each in phrases)), SendRefusal.OTHER)


def lower_median(prices: Sequence[Prices]) -> Prices:
    """Return the lower median of the servers' fees for each speed; no speed is cheaper than a slower one.

    Of two, the lower: a fee that is too low waits and can be replaced, one that is too high is lost.
    """
    found: Prices = {}
    least = 0
    for speed in Speed:
        quotes = sorted(each[speed] for each in prices)
        least = max(least, quotes[(len(quotes) - 1) // 2])
        found[speed] = least
    return found


def upper_median(figures: Mapping[str, Sequence[int]]) -> int:
    """Return the upper median of what operators say that something takes; of one operator, its highest figure.

    Of two, the higher: a transaction that brings too little fails in a block, and its fee is lost. Of three, one that
    lies changes nothing.
    """
    quotes = sorted(max(each) for each in figures.values())
    return quotes[len(quotes) // 2]


def upper_median_of_runs(figures: Mapping[str, Sequence[int | None]]) -> int | None:
    """As `upper_median`; None if any server says that it would fail (None), or no one tried."""
    if any(None in each for each in figures.values()):
        return None
    ran = {operator: [each for each in shown if each is not None] for operator, shown in figures.items() if shown}
    return upper_median(ran) if ran else None


def send_to_all(servers: Failover[C], send: Callable[[C], Answer]) -> None:
    """Hand a transaction to every server; it is enough that one accepts it.

    Raises:
        NotTaken: every server that answered refused it.
        ChainUnavailable: no server answered; whether it was accepted is unknown.
    """
    answers = servers.ask_each(send)
    if all(answer.why is not None for answer in answers):
        worst = next((each for each in answers if each.why is not SendRefusal.OTHER), answers[0])
        raise NotTaken(worst.why or SendRefusal.OTHER, worst.said)


def each_of_two(servers: Failover[C], ask: Callable[[C], bool]) -> bool:
    """Return whether enough servers say yes (`Failover.is_quorum`) and none says no; silence counts as no."""
    try:
        answers = servers.ask_operators(ask)
    except (ChainUnavailable, ProviderError):
        return False
    return all(all(each) for each in answers.values()) and servers.is_quorum(answers)
