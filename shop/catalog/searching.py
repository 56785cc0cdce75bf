"""Search results, one page at a time; counts are cached until the catalogue changes."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from storage.models import Product, product_search

FEW = 300
"""The most product ids remembered for a search; if it finds more, only their number is."""
MOST_REMEMBERED = 64

Words = tuple[str, ...]
Key = TypeVar("Key")
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Matches:
    """How many products contain some words, and which ones, by name, if there are few."""

    count: int
    ids: tuple[int, ...] | None


class UntilChanged(Generic[Key, Value]):
    """A bounded cache of answers, emptied when the catalogue changes; the oldest go first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: OrderedDict[Key, tuple[int, Value]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Key, ask: Callable[[], Value]) -> Value:
        """Return the cached answer for a key, or compute it.

        The version is read first: an answer that is newer than it is merely computed again next time.
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

    The cache is the same for everyone: counts and numbers, no names or prices.
    """

    _known: UntilChanged[tuple[Words, frozenset[int]], Matches] = field(
        init=False, repr=False, default_factory=lambda: UntilChanged(MOST_REMEMBERED)
    )

    def matches(self, words: Words, within: frozenset[int]) -> Matches:
        """Count the products that contain all of these words. Needs the same snapshot as `page`."""
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
    """Find all products that contain the words or, if there are many, only their number."""
    if not words:
        return Matches(0, ())
    ids = product_search.matching(list(words), within=within, most=FEW + 1)
    if len(ids) <= FEW:
        return Matches(len(ids), tuple(product_search.by_name(ids)))
    return Matches(product_search.count_matching(list(words), within=within), None)
