"""What the database itself refuses about goods."""

from storage.database import Database
from storage.models import Category, DraftPiece, GoodsDraft, OrderLine, PendingImport, Product, StockItem
from storage.models.stock import Piece
from tests.conftest import refused
from tests.storage.conftest import Rows


def test_anything_deleted_is_hidden(database: Database, rows: Rows) -> None:
    with database.transaction():
        StockItem.delete().execute()
        empty = Category.ensure("Empty", parent_id=None)
    assert "CHECK" in refused(database, lambda: Product.change(rows.product_id, deleted_at=1))
    assert "CHECK" in refused(database, lambda: Category.change(empty, deleted_at=1))
    with database.transaction():
        Product.change(rows.product_id, deleted_at=1, hidden=True)
    assert "CHECK" in refused(database, lambda: Product.change(rows.product_id, hidden=False))


def test_a_product_is_deleted_only_without_stock_and_gets_none_afterwards(database: Database, rows: Rows) -> None:
    def delete() -> None:
        Product.change(rows.product_id, deleted_at=1, hidden=True)

    assert "without stock" in refused(database, delete)
    with database.transaction():
        StockItem.take(rows.product_id, 2, order_line_id=rows.line_id)
        StockItem.delete().where(StockItem.order_line_id.is_null()).execute()
        delete()
    assert "gets no stock" in refused(database, lambda: StockItem.add(rows.product_id, [("d", b"d")], now=0))
    assert OrderLine.get_by_id(rows.line_id).product_id == rows.product_id
    assert len(StockItem.of_line(rows.line_id)) == 2


def test_a_category_is_deleted_only_when_it_is_empty(database: Database, rows: Rows) -> None:
    category = Product.get_by_id(rows.product_id).category_id
    with database.transaction():
        below = Category.ensure("Below", parent_id=category)

    def delete(number: int) -> None:
        Category.change(number, deleted_at=1, hidden=True)

    assert "when it is empty" in refused(database, lambda: delete(category))
    with database.transaction():
        StockItem.delete().execute()
        Product.change(rows.product_id, deleted_at=1, hidden=True)
    assert "when it is empty" in refused(database, lambda: delete(category))
    with database.transaction():
        delete(below)
        delete(category)
        assert Category.ensure("Keys", parent_id=None) == category
    assert Category.in_sight(category) is not None


def test_a_category_is_never_below_itself(database: Database) -> None:
    with database.transaction():
        one = Category.ensure("One", parent_id=None)
        two = Category.ensure("Two", parent_id=one)
        three = Category.ensure("Three", parent_id=two)
    for above in (one, two, three):
        assert "below itself" in refused(database, lambda above=above: Category.change(one, parent=above))
    with database.transaction():
        Category.change(three, parent=one)
    assert Category.get_by_id(three).parent_id == one


def test_an_entry_of_a_list_belongs_to_one_product(database: Database, rows: Rows) -> None:
    with database.transaction():
        Product.change(rows.product_id, list_key="a")
    other = {"name": "Other", "description": "Other", "price_minor": 1, "now": 0}
    with database.transaction():
        product, _ = Product.ensure(Category.ensure("Keys", parent_id=None), **other)
    assert "UNIQUE" in refused(database, lambda: Product.change(product, list_key="a"))


def test_a_threshold_is_a_number_of_units(database: Database, rows: Rows) -> None:
    for value in (-1, 1_000_001):
        assert "CHECK" in refused(
            database, lambda value=value: Product.change(rows.product_id, low_stock_threshold=value)
        )


def test_an_admins_files_can_wait_side_by_side_and_none_is_empty(database: Database, rows: Rows) -> None:
    with database.transaction():
        first = PendingImport.keep(rows.customer_id, "a", b"1", now=0)
        second = PendingImport.keep(rows.customer_id, "b", b"2", now=0)
    assert first != second
    assert PendingImport.select().count() == 2
    assert "CHECK" in refused(database, lambda: PendingImport.keep(rows.customer_id, "d", b"", now=0))


def test_a_draft_ends_at_once_and_its_pieces_are_deleted_bit_by_bit(database: Database, rows: Rows) -> None:
    pieces = [Piece(content, content.encode()) for content in ("a", "A ", "b", "c")]
    with database.transaction():
        GoodsDraft.begin(rows.customer_id, 1, now=0)
        draft = GoodsDraft.of(rows.customer_id)
        assert DraftPiece.add(draft.id, pieces) == 3
        assert DraftPiece.add(draft.id, pieces) == 0
    assert DraftPiece.first(draft.id, 2) == ("a", "b")
    assert "CHECK" in refused(database, lambda: GoodsDraft.change(rows.customer_id, price_minor=0))
    assert "CHECK" in refused(database, lambda: GoodsDraft.change(rows.customer_id, deliverable="gift"))
    with database.transaction():
        GoodsDraft.begin(rows.customer_id, 1, now=1)
    another = GoodsDraft.of(rows.customer_id)
    assert (another.id != draft.id, DraftPiece.count(another.id)) == (True, 0)
    left = []
    while GoodsDraft.any_ended():
        with database.transaction():
            assert GoodsDraft.clear(2)
        left.append(DraftPiece.select().count())
    assert left == [1, 0, 0]
    assert [row.id for row in GoodsDraft.select()] == [another.id]
