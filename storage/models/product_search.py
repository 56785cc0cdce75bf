"""Products by what they say: an index of trigrams names those that could hold a word, their text decides.

The index, `product_words`, is kept by triggers (SQLite FTS5, "The Trigram Tokenizer").
"""

from collections.abc import Collection

from storage.models.base import AMONG, Base, among
from storage.models.catalog import BY_NAME, SEEN, Product

TRIGRAM = 3
MOST_BEGINNINGS = 64
"""A word of one or two letters that begins more trigrams than this narrows nothing: too much holds it."""
_IN_INDEX = "id IN (SELECT rowid FROM product_words WHERE product_words MATCH ?)"
_LAST = "\U0010ffff"
_REPLACED = str.maketrans("\ufffe\uffff", "\ufffd\ufffd")
"""What the tokenizer writes for two code points that are no characters."""


def matching(words: list[str], *, within: Collection[int] = frozenset()) -> list[int]:
    """List the numbers of the products in sight that hold all of these folded words, in no order.

    If given, only those in the categories `within`. What a person types is looked for as it is: INSTR has no
    wildcards.
    """
    wanted = _index_query(words)
    if wanted is None:
        return []
    conditions = ["instr(search_text, ?) > 0"] * len(words) + [SEEN, f"id NOT IN {Product._unborn}"]
    values: list[object] = [*words]
    if wanted:
        conditions.insert(0, _IN_INDEX)
        values.insert(0, wanted)
    if within:
        conditions.append(f"+category_id IN {AMONG}")
        values.append(among(within))
    sql = f"SELECT id FROM product WHERE {' AND '.join(conditions)}"  # noqa: S608 - constants of ours
    return [int(product_id) for (product_id,) in Base._meta.database.execute_sql(sql, values).fetchall()]


def by_name(product_ids: list[int], *, start: int, count: int) -> list[Product]:
    """Read some of these products, by name."""
    return Product.list_by(
        f"id IN {AMONG} AND {SEEN} ORDER BY {BY_NAME} LIMIT ? OFFSET ?", among(product_ids), count, start
    )


def _index_query(words: list[str]) -> str | None:
    """Write what all products that hold these words have in the index; empty if that is nothing.

    None: no product holds them.
    """
    parts = []
    for word in words:
        if "\0" in word:  # `casefold` reads no further than that, so no product's text has one
            return None
        if len(word) >= TRIGRAM:
            places = {*range(0, len(word) - TRIGRAM, TRIGRAM), len(word) - TRIGRAM}
            parts += [_quoted(word[place : place + TRIGRAM]) for place in sorted(places)]
            continue
        trigrams = _beginning_with(word)
        if not trigrams:
            return None
        if len(trigrams) <= MOST_BEGINNINGS:
            parts.append(f"({' OR '.join(map(_quoted, trigrams))})")
    return " AND ".join(parts)


def _beginning_with(word: str) -> list[str]:
    """List trigrams of the index that begin with a shorter word, one more than may be used at most."""
    first = word.translate(_REPLACED)
    sql = "SELECT term FROM product_letters WHERE term >= ? AND term <= ? LIMIT ?"
    found = Base._meta.database.execute_sql(sql, (first, first + _LAST * 2, MOST_BEGINNINGS + 1))
    return [trigram for (trigram,) in found.fetchall()]


def _quoted(text: str) -> str:
    """Write a text as a string of FTS5's query language, in which nothing but a quote means anything."""
    doubled = text.replace('"', '""')
    return f'"{doubled}"'
