"""The trigram index finds exactly what a scan of every product's text finds, whatever has changed."""

import itertools
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import sqlcipher3
from hypothesis import given, settings
from hypothesis import strategies as st
from peewee import IntegrityError

from storage import snapshots
from storage.database import Database
from storage.keys import DatabaseKey
from storage.models import Category, Product, product_search
from storage.models.product_search import MOST_BEGINNINGS
from storage.text import fold
from tests.raw_sql import engine_of

# Few letters, so that words are found; FTS5's quotes and operators; several scripts; noncharacters and NUL.
LETTERS = "aAbBäßéшШ書物ﬁ'\"*^():+-%_\\<&;\0\n\t \ufffd\ufffe\uffff\U0010ffff😀"
NAMES = st.text(LETTERS, min_size=1, max_size=12) | st.sampled_from(["NEAR(ab ba)", "a AND b", "text:ab", "<b>&amp;"])
TEXTS = st.text(LETTERS, max_size=12)
WORDS = st.lists(st.text(LETTERS, min_size=1, max_size=5), min_size=1, max_size=3)
CHANGES = st.one_of(
    st.tuples(st.just("make"), NAMES, TEXTS),
    st.tuples(st.just("rename"), st.integers(0, 9), NAMES),
    st.tuples(st.just("describe"), st.integers(0, 9), TEXTS),
    st.tuples(st.just("hide"), st.integers(0, 9), st.booleans()),
    st.tuples(st.just("hide category"), st.integers(0, 1), st.booleans()),
    st.tuples(st.just("move"), st.integers(0, 9), st.integers(0, 1)),
    st.tuples(st.just("drop"), st.integers(0, 9), st.just("")),
    st.tuples(st.just("roll back"), NAMES, NAMES),
)


PRICES = itertools.count(1)
"""Each product has a different price; products that are otherwise the same would be one."""


@contextmanager
def copied(blank: Path, key: DatabaseKey) -> Iterator[Database]:
    with TemporaryDirectory() as folder:
        database = Database(Path(shutil.copy(blank, folder)), key)
        database.open()
        with database.transaction():
            for name in ("one", "two"):
                Category.ensure(name, parent_id=None)
        yield database
        database.close()


def make(name: str, description: str = "") -> int:
    columns = {"description": description, "price_minor": next(PRICES)}
    return Product.make(1, name, kind="unique_text", now=0, columns=columns)


def happen(database: Database, change: tuple[str, object, object]) -> None:
    what, first, second = change
    if what == "roll back":
        with pytest.raises(InterruptedError), database.transaction():
            Product.change(make(str(first), str(second)), name=str(second))
            raise InterruptedError
        return
    with database.transaction():
        if what == "make":
            make(str(first), str(second))
        elif what == "hide category":
            Category.change(int(first) + 1, hidden=second)
        else:
            ids = [row.id for row in Product.select().order_by(Product.id)]
            if ids:
                change_one(ids[int(first) % len(ids)], what, second)


def change_one(product_id: int, what: str, value: object) -> None:
    if what == "drop":
        Product.delete().where(Product.id == product_id).execute()
    else:
        column = {"rename": "name", "describe": "description", "hide": "hidden", "move": "category_id"}[what]
        Product.change(product_id, **{column: int(value) + 1 if what == "move" else value})


def folded(row: Product) -> str:
    """Return the text that is searched; SQLite passes a function only what comes before a NUL."""
    return fold(f"{row.name}\n{row.description}".partition("\0")[0])


def plainly(words: list[str]) -> set[int]:
    """Find products by scanning every text."""
    shown = {row.id for row in Category.select() if not row.hidden}
    return {
        row.id
        for row in Product.select()
        if not row.hidden and row.category_id in shown and all(word in folded(row) for word in words)
    }


def sight() -> set[tuple[int, str]]:
    """Return what people can find."""
    return {(row.id, row.search_text) for row in Product.every_in_sight()}


def require_found(words: list[str]) -> None:
    """Compare what is found, counted and shown page by page with a scan of every text."""
    expected = plainly(words)
    by_name = [row.id for row in Product.every_in_sight() if row.id in expected]
    found = product_search.matching(words)
    assert sorted(found) == sorted(expected), words
    assert product_search.by_name(found) == by_name
    assert product_search.count_matching(words) == len(expected), words
    pages = [
        product_search.in_order(words, start=start, count=2, of=len(expected)) for start in range(0, len(expected), 2)
    ]
    assert [each for page in pages for each in page] == by_name, words


def require_the_index_right(database: Database) -> None:
    """Make FTS5 compare its index with the table. Raises SQLite's error if they differ."""
    with database.transaction():
        engine_of(database).execute_sql(
            "INSERT INTO product_words (product_words, rank) VALUES ('integrity-check', 1)"
        )


@given(st.lists(CHANGES, max_size=15), st.lists(WORDS, min_size=1, max_size=8))
@settings(max_examples=60)
def test_the_index_finds_what_a_scan_of_every_text_finds(
    blank: Path, key: DatabaseKey, changes: list[tuple[str, object, object]], searches: list[list[str]]
) -> None:
    with copied(blank, key) as database:
        seen, version = sight(), product_search.version()
        for change in changes:
            happen(database, change)
            before, seen = seen, sight()
            before_version, version = version, product_search.version()
            assert seen == before or version > before_version, change
        require_the_index_right(database)
        names = [[part] for row in Product.select() for part in folded(row).split()]
        for words in [*searches, *names]:
            asked = " ".join(map(fold, words)).split()
            if asked:
                require_found(asked)


def test_a_letter_that_very_many_words_begin_with_is_still_found(database: Database) -> None:
    with database.transaction():
        Category.ensure("one", parent_id=None)
        many = make("Many", " ".join(f"q{chr(0x4E00 + number)}" for number in range(MOST_BEGINNINGS + 6)))
        plain = make("Plain", "q")
        make("Other", "x")
    assert set(product_search.matching(["q"])) == {many, plain}
    assert product_search.matching(["q", "plain"]) == [plain]
    assert product_search.matching(["q", "w"]) == []


def test_a_search_stays_within_its_categories(database: Database) -> None:
    with database.transaction():
        for name in ("one", "two"):
            Category.ensure(name, parent_id=None)
        here, there = make("Lamp"), make("Lamp of brass")
        Product.change(there, category_id=2)
    assert set(product_search.matching(["lamp"])) == {here, there}
    assert product_search.matching(["lamp"], within=frozenset({2})) == [there]
    inside = frozenset({2})
    assert product_search.count_matching(["lamp"], within=inside) == 1
    assert product_search.in_order(["lamp"], within=inside, start=0, count=8, of=1) == [there]
    assert product_search.by_name([there, here]) == [here, there]


def test_a_sale_does_not_invalidate_the_counts(database: Database) -> None:
    with database.transaction():
        Category.ensure("one", parent_id=None)
        lamp = make("Lamp")
    before = product_search.version()
    with database.transaction():
        Product.change(lamp, stock_count=5, price_minor=7, name="Lamp", hidden=False)
    assert product_search.version() == before


def test_a_new_product_without_a_searchable_character_still_counts_as_a_change(database: Database) -> None:
    with database.transaction():
        Category.ensure("one", parent_id=None)
    before = product_search.version()
    with database.transaction():
        make("\0")
    assert product_search.version() > before


def test_only_the_database_writes_the_search_text(database: Database) -> None:
    with database.transaction():
        Category.ensure("one", parent_id=None)
    with pytest.raises(IntegrityError, match="made by the database"), database.transaction():
        Product.insert(category=1, name="x", import_key="x", price_minor=5, created_at=0, search_text="y").execute()


def test_a_copy_has_the_index_and_finds_the_same(database: Database, key: DatabaseKey, tmp_path: Path) -> None:
    with database.transaction():
        Category.ensure("one", parent_id=None)
        lamp = make("Lamp", "of brass")
    database.backup(tmp_path / "copy.db")
    connection = sqlcipher3.connect(str(tmp_path / "copy.db"), isolation_level=None)
    connection.execute(f"PRAGMA key = \"x'{key.raw.hex()}'\"")
    assert snapshots.damage(connection) == []
    rows = connection.execute("SELECT rowid FROM product_words WHERE product_words MATCH '\"bra\"'").fetchall()
    connection.close()
    assert rows == [(lamp,)]


def test_an_index_that_missed_a_change_is_detected(database: Database) -> None:
    with database.transaction():
        Category.ensure("one", parent_id=None)
        make("Lamp")
    require_the_index_right(database)
    with database.transaction():
        engine_of(database).execute_sql("DROP TRIGGER product_text_is_indexed")
        Product.update(name="Torch").execute()
    with pytest.raises(Exception, match="malformed") as raised:
        require_the_index_right(database)
    assert type(raised.value).__name__ == "DatabaseError"
