"""Full-text search for products, using a trigram index.

The index, `product_words`, is kept by triggers (SQLite FTS5, "The Trigram Tokenizer").
"""

from collections.abc import Collection
from dataclasses import dataclass

from peewee import IntegerField

from storage.models.base import AMONG, Base, Numbered, among
from storage.models.catalog import BY_NAME, HIDDEN_TREE, VISIBLE, Product

TRIGRAM = 3
MOST_BEGINNINGS = 64
"""The most trigrams that a word of one or two letters may begin: with more, it is too common to narrow a search."""
_IN_INDEX = "product_words CROSS JOIN product ON id = product_words.rowid"
_OUT_OF_SIGHT = f"""
id IN (
    SELECT id FROM product WHERE hidden = 1 UNION ALL SELECT id FROM product WHERE category_id IN {HIDDEN_TREE}
    UNION ALL SELECT product_id FROM unborn_product
)
"""  # noqa: S608
_BACKWARDS = BY_NAME.replace(",", " DESC,") + " DESC"
_LAST = "\U0010ffff"
_WRITTEN = "\ufffd"
_REPLACED = str.maketrans("\ufffe\uffff", _WRITTEN * 2)
"""Two noncharacters, as the tokenizer stores them."""


@dataclass(frozen=True, slots=True)
class _Query:
    """Words as an index query; empty: the index cannot narrow them down. `is_exact`: it finds no product without
    them.
    """

    text: str
    is_exact: bool


class CatalogueChange(Numbered):
    """One row: the version of the searchable catalogue. Cached counts stay valid as long as it does."""

    number = IntegerField()


def version() -> int:
    """Return the version of the searchable catalogue."""
    return int(CatalogueChange.value_by("number", "id = 1"))


def matching(words: list[str], *, within: Collection[int] = frozenset(), most: int = -1) -> list[int]:
    """List the numbers of at most this many visible products that contain all of these folded words, in no order.

    If given, only those in the categories `within`. The typed text is searched for literally, since INSTR has no
    wildcards.
    """
    query = _query(words)
    if query is None:
        return []
    where, values = _where(words, query, within)
    return _numbers(f"SELECT id FROM {where} LIMIT ?", *values, most)  # noqa: S608


def count_matching(words: list[str], *, within: Collection[int] = frozenset()) -> int:
    """Count the products that `matching` lists."""
    query = _query(words)
    if query is None:
        return 0
    if not query.is_exact or within:
        where, values = _where(words, query, within)
        return _numbers(f"SELECT count(*) FROM {where}", *values)[0]  # noqa: S608
    [held] = _numbers("SELECT count(*) FROM product_words WHERE product_words MATCH ?", query.text)
    holding = " AND ".join(["instr(search_text, ?) > 0"] * len(words))
    unseen = f"SELECT count(*) FROM product WHERE {_OUT_OF_SIGHT} AND {holding}"  # noqa: S608
    return held - _numbers(unseen, *words)[0]


def by_name(product_ids: list[int]) -> list[int]:
    """Put the numbers of a few products in the order of their names."""
    return _numbers(f"SELECT id FROM product WHERE id IN {AMONG} ORDER BY {BY_NAME}", among(product_ids))  # noqa: S608


def in_order(
    words: list[str], *, within: Collection[int] = frozenset(), start: int, count: int, of: int
) -> list[int]:
    """List one page, by name, of the many products that `matching` lists, `of` in all.

    It examines products one by one until the page is full, from the nearer end.
    """
    conditions, values = _conditions(words, within)
    count = max(0, min(count, of - start))
    is_late = start > of // 2
    order, start = (_BACKWARDS, of - start - count) if is_late else (BY_NAME, start)
    sql = f"SELECT id FROM product INDEXED BY product_in_order WHERE {conditions} ORDER BY {order} LIMIT ? OFFSET ?"  # noqa: S608
    found = _numbers(sql, *values, count, start)
    return found[::-1] if is_late else found


def _where(words: list[str], query: _Query, within: Collection[int]) -> tuple[str, list[object]]:
    """Write the FROM clause for visible products that contain these words, and its values."""
    conditions, values = _conditions(words, within)
    if not query.text:
        return f"product WHERE {conditions}", values
    return f"{_IN_INDEX} WHERE product_words MATCH ? AND {conditions}", [query.text, *values]


def _conditions(words: list[str], within: Collection[int]) -> tuple[str, list[object]]:
    """Write the conditions for a visible product that contains these words, and their values."""
    conditions = ["instr(search_text, ?) > 0"] * len(words) + [VISIBLE, f"id NOT IN {Product._unpublished}"]
    if not within:
        return " AND ".join(conditions), [*words]
    return " AND ".join([*conditions, f"+category_id IN {AMONG}"]), [*words, among(within)]


def _query(words: list[str]) -> _Query | None:
    """Write the index query that all products with these words match. None: no product contains them."""
    parts, is_exact = [], True
    for word in words:
        if "\0" in word:  # `casefold` stops there, so no product's text contains one
            return None
        is_exact &= _WRITTEN not in word.translate(_REPLACED)
        if len(word) >= TRIGRAM:
            parts.append(_quoted(word))
            continue
        trigrams = _beginning_with(word)
        if not trigrams:
            return None
        if len(trigrams) <= MOST_BEGINNINGS:
            parts.append(f"({' OR '.join(map(_quoted, trigrams))})")
        else:
            is_exact = False
    return _Query(" AND ".join(parts), is_exact)


def _beginning_with(word: str) -> list[str]:
    """List trigrams of the index that begin with a shorter word, at most one more than may be used."""
    first = word.translate(_REPLACED)
    sql = "SELECT term FROM product_letters WHERE term >= ? AND term <= ? LIMIT ?"
    found = Base._meta.database.execute_sql(sql, (first, first + _LAST * 2, MOST_BEGINNINGS + 1))
    return [trigram for (trigram,) in found.fetchall()]


def _quoted(text: str) -> str:
    """Write a text as a string of FTS5's query language, in which nothing but a quote means anything."""
    doubled = text.replace('"', '""')
    return f'"{doubled}"'


def _numbers(sql: str, *values: object) -> list[int]:
    return [int(number) for (number,) in Base._meta.database.execute_sql(sql, values).fetchall()]
