"""What a search finds, one page at a time: remembered until somebody changes what can be found."""

import threading
from collections import OrderedDict
from dataclasses import dataclass, field

from storage.models import Product, product_search

FEW = 300
"""So many numbers of products are remembered; of more than these, only how many there are."""
MOST_REMEMBERED = 64

Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Matches:
    """How many products hold some words, and which, by name, if they are few."""

    count: int
    ids: tuple[int, ...] | None


_Known = OrderedDict[tuple[Words, frozenset[int]], tuple[int, Matches]]


@dataclass(frozen=True, slots=True)
class Searching:
    """Finds products by folded words, in the categories `within`, or in all if there are none.

    What it remembers is the same for everybody: counts and numbers, no names and no prices.
    """

    _known: _Known = field(init=False, repr=False, default_factory=OrderedDict)
    """Each with the version of the catalogue that it is true of."""
    _lock: threading.Lock = field(init=False, repr=False, default_factory=threading.Lock)

    def matches(self, words: Words, within: frozenset[int]) -> Matches:
        """Count what holds all of these words. Needs a snapshot, the same one as the `page`."""
        version = product_search.version()
        with self._lock:
            then, known = self._known.get((words, within), (None, None))
        if known is None or then != version:
            known = _look(words, within)
            with self._lock:
                self._known[words, within] = (version, known)
                if len(self._known) > MOST_REMEMBERED:
                    self._known.popitem(last=False)
        return known

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
