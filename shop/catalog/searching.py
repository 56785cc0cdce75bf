"""What a search finds, one page at a time; counts are remembered until somebody changes what can be found."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from storage.models import Product, product_search

FEW = 300
"""So many numbers of products are remembered; of more than these, only how many there are."""
MOST_REMEMBERED = 64

Words = tuple[str, ...]
Key = TypeVar("Key")
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Matches:
    """How many products hold some words, and which, by name, if they are few."""

    count: int
    ids: tuple[int, ...] | None


class UntilChanged(Generic[Key, Value]):
    """Remembers answers until somebody changes what people can find: at most so many, the oldest go first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: OrderedDict[Key, tuple[int, Value]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Key, ask: Callable[[], Value]) -> Value:
        """Give what is known of a key, or ask for it.

        The version is read first: what is asked in between is newer, and asked again next time.
        """
        version = product_search.version()
        with self._lock:
            known = self._known.get(key)
        if known is not None and known[0] == version:
            return known[1]
        value = ask()
        with self._lock:
            self._known[key] = (version, value)
            if len(self._known) > self._most:
                self._known.popitem(last=False)
        return value


@dataclass(frozen=True, slots=True)
class Searching:
    """Finds products by folded words, in the categories `within`, or in all if there are none.

    What it remembers is the same for everybody: counts and numbers, no names and no prices.
    """

    _known: UntilChanged[tuple[Words, frozenset[int]], Matches] = field(
        init=False, repr=False, default_factory=lambda: UntilChanged(MOST_REMEMBERED)
    )

    def matches(self, words: Words, within: frozenset[int]) -> Matches:
        """Count what holds all of these words. Needs a snapshot, the same one as the `page`."""
        return self._known.get((words, within), lambda: _look(words, within))

    def page(
        self, words: Words, within: frozenset[int], matches: Matches, *, start: int, count: int
    ) -> list[Product]:
        """Read `count` of the products that were matched, by name."""
        if matches.ids is not None:
            ids = list(matches.ids[start : start + count])
        else:
            ids = product_search.in_order(list(words), within=within, start=start, count=count, of=matches.count)
        rows = {row.id: row for row in Product.in_sight(ids)} if ids else {}
        return [rows[number] for number in ids if number in rows]


def _look(words: Words, within: frozenset[int]) -> Matches:
    """Ask for all that hold the words, or, where these are many, how many they are."""
    if not words:
        return Matches(0, ())
    ids = product_search.matching(list(words), within=within, most=FEW + 1)
    if len(ids) <= FEW:
        return Matches(len(ids), tuple(product_search.by_name(ids)))
    return Matches(product_search.count_matching(list(words), within=within), None)
