"""A large file: stored in many short transactions, visible all at once, and complete or absent whatever happens."""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from peewee import IntegrityError

from shop.catalog import imports as rules
from shop.catalog.imports import Preview
from shop.catalog.plans import Known
from shop.errors.catalog import ImportGone
from shop.errors.refusals import SecondFactorNeeded
from storage.database import Database
from storage.keys import DatabaseKey
from storage.models import (
    Category,
    Customer,
    PendingImport,
    Product,
    QuantityPrice,
    SharedItem,
    StockItem,
    StoredFile,
    product_search,
)
from storage.models.unpublished import ImportUnderWay
from tests.conftest import StandingClock, open_new_database, outcome_of
from tests.goods import EVERY_KIND
from tests.patience import DEADLINE_S
from tests.raw_sql import engine_of
from tests.stand import ADMIN, Stand, audited, open_shop, payloads

PRODUCTS = 160


LIST = "".join(f"Games;Keys;Thing {number % 90};5.00;KEY-7-{number}-0\n" for number in range(500)).encode()
"""A list from AiogramShopBot: ninety products, some with goods that the shop already has."""
KILLED = """
import os, signal, sys
from pathlib import Path
from storage.database import Database
from storage.keys import DatabaseKey
from tests.conftest import StandingClock, open_new_database
from tests.raw_sql import engine_of
from tests.stand import ADMIN, open_shop

database = Database(Path(sys.argv[1]) / "souk.db", DatabaseKey(bytes.fromhex(sys.argv[2])))
database.open()
stand = open_shop(database, StandingClock())
admin = stand.visitor(ADMIN)
preview = stand.shop.imports.receive(admin, "goods.json", sys.stdin.buffer.read())

engine = engine_of(database)
engine.register_function(lambda: os.kill(os.getpid(), signal.SIGKILL), "die", 0)
engine.execute_sql(
    f"CREATE TEMP TRIGGER deadly AFTER UPDATE ON import_under_way WHEN OLD.steps >= {int(sys.argv[3])} "
    "BEGIN SELECT die(); END"
)
stand.shop.imports.confirm(admin, preview.id)
"""


def many(first: int = 0, price: str = "5.00", count: int = PRODUCTS) -> bytes:
    """Make a file of products, ten to a category."""
    return json.dumps(
        {
            "souk": 1,
            "categories": [{"path": [f"New {first}"], "description": "All of it is new"}],
            "products": [
                {
                    "path": [f"New {first}", f"Shelf {number // 10}"],
                    "name": f"Thing {number}",
                    "price": price,
                    "quantity_prices": [{"from": 10, "price": "1.00"}],
                    "items": [f"KEY-{first}-{number}-{each}" for each in range(2)],
                }
                for number in range(count)
            ],
        }
    ).encode()


def mixed() -> bytes:
    """Make a file with goods of every kind."""
    file = json.loads(many())
    file["products"] = [*EVERY_KIND, *file["products"]]
    return json.dumps(file).encode()


def sent(stand: Stand, file: bytes) -> Preview:
    name = "goods.json" if file.startswith(b"{") else "goods.txt"
    return stand.shop.imports.receive(stand.visitor(ADMIN), name, file)


def everything(stand: Stand) -> tuple[Any, ...]:
    """Return what admins and customers see of the catalogue."""
    return (
        [row.name for row in Category.kept(None)],
        [each.name for each in stand.shop.catalog.shelf(None, page=0).categories],
        len(product_search.matching(["thing"])),
        Product.select().count(),
        StockItem.select().count(),
        [(row.name, row.stock_count, row.price_minor) for row in Product.select().order_by(Product.name).limit(5)],
    )


def whole() -> list[tuple[Any, ...]]:
    """Return every row of the catalogue, each with the name of its parent."""
    products = [
        (row.category.name, row.name, row.description, row.price_minor, row.stock_count, row.hidden, row.sold_count)
        for row in Product.select()
    ]
    items = [(row.product.name, row.content, row.order_line_id, row.occurrence) for row in StockItem.select()]
    steps = [(row.product.name, row.from_quantity, row.unit_price_minor) for row in QuantityPrice.select()]
    return [*sorted(products), *sorted(items, key=str), *sorted(steps)]


@contextmanager
def opened(folder: Path, clock: StandingClock) -> Iterator[Stand]:
    """Open another shop on a new database."""
    database = open_new_database(folder)
    yield open_shop(database, clock)
    database.close()


@contextmanager
def meanwhile(stand: Stand, work: Callable[[], Any]) -> Iterator[list[Any]]:
    """Run something on a separate thread; yield the list that receives its outcome."""
    outcome: list[Any] = []

    def run() -> None:
        outcome.append(outcome_of(work))
        stand.database.release_thread()

    thread = threading.Thread(target=run)
    thread.start()
    yield outcome
    thread.join(DEADLINE_S)
    assert not thread.is_alive()


def steps_done() -> int:
    row = ImportUnderWay.one()
    return -1 if row is None else row.steps


def differing(stand: Stand) -> set[str]:
    """List what the books report, except money that a test granted."""
    found = stand.shop.reconciliation.check(stand.visitor(ADMIN)).differences
    return {each.kind for each in found} - {"deposit_entry"}


def nothing_is_left(stand: Stand) -> bool:
    tables = ("unborn_item", "unborn_stock", "unborn_product", "unborn_category", "staging", "import_under_way")
    engine = engine_of(stand.database)
    return not any(engine.execute_sql(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables)


def test_others_can_write_between_the_slices_and_see_all_of_the_file_or_nothing(stand: Stand) -> None:
    admin = stand.visitor(ADMIN)
    stand.stock("OLD", name="Thing 0")
    preview, before = sent(stand, many()), everything(stand)
    seen, looks = [], []
    with meanwhile(stand, lambda: stand.shop.imports.confirm(admin, preview.id)) as outcome:
        while not outcome:
            with stand.database.transaction():
                seen.append(steps_done())
                Customer.reach(ADMIN, reachable=True)
            with stand.database.snapshot():
                looks.append((steps_done(), everything(stand)))
    assert any(steps > 0 for steps in seen), "others wrote between its slices"
    under_way = [look for steps, look in looks if steps >= 0]
    assert under_way
    assert all(look == before for look in under_way)
    assert outcome[0].products == PRODUCTS
    assert everything(stand) != before


@pytest.mark.parametrize("known", list(Known))
@pytest.mark.parametrize("file", [mixed(), many(7, "3.00"), LIST], ids=["new", "known", "list"])
def test_a_large_file_does_what_it_would_do_in_one_transaction(
    tmp_path: Path, clock: StandingClock, monkeypatch: pytest.MonkeyPatch, file: bytes, known: Known
) -> None:
    results = []
    for large in (10**9, 1):
        monkeypatch.setattr(rules, "LARGE", large)
        folder = tmp_path / str(large)
        with opened(folder, clock) as stand:
            admin = stand.visitor(ADMIN)
            monkeypatch.setattr(rules, "LARGE", 10**9)
            stand.bring(admin, many(7, count=60))
            stand.bought(stand.visitor(), "Thing 3")
            monkeypatch.setattr(rules, "LARGE", large)
            preview = sent(stand, file)
            report = stand.shop.imports.confirm(admin, preview.id, known=known)
            assert nothing_is_left(stand)
            assert differing(stand) == set()
            results.append((preview.report, report, whole(), audited()[-1]))
    assert results[0] == results[1]


@pytest.mark.parametrize("after", [1, 3])
def test_a_process_killed_in_between_leaves_nothing_to_see_and_finishes_the_file_later(
    tmp_path: Path, clock: StandingClock, key: DatabaseKey, after: int
) -> None:
    program = [sys.executable, "-c", KILLED, str(tmp_path), key.raw.hex(), str(after)]
    killed = subprocess.run(program, input=many(), capture_output=True, check=False, timeout=DEADLINE_S)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    database = Database(tmp_path / "souk.db", key)
    database.open()
    stand = open_shop(database, clock)
    assert steps_done() >= after
    assert (Category.kept(None), Product.select().count(), StockItem.select().count()) == ([], 0, 0)
    stand.shop.imports.resume()
    assert (Product.select().count(), StockItem.select().count()) == (PRODUCTS, 2 * PRODUCTS)
    assert QuantityPrice.select().count() == PRODUCTS
    assert [action for action, *_ in audited()] == ["goods.imported"]
    assert nothing_is_left(stand)
    assert differing(stand) == set()
    stand.shop.imports.resume()
    assert [action for action, *_ in audited()] == ["goods.imported"]
    database.close()


def test_a_process_that_dies_before_it_deletes_the_file_has_imported_it_once(stand: Stand) -> None:
    admin, imports, engine = stand.visitor(ADMIN), stand.shop.imports, engine_of(stand.database)
    preview = sent(stand, many())
    engine.execute_sql(
        "CREATE TEMP TRIGGER deadly BEFORE DELETE ON pending_import BEGIN SELECT RAISE(ABORT, 'dead'); END"
    )
    with pytest.raises(IntegrityError) as dead:
        imports.confirm(admin, preview.id)
    assert "dead" in str(dead.value)
    engine.execute_sql("DROP TRIGGER deadly")
    assert Product.select().count() == PRODUCTS, "all of it is seen: its file goes afterwards"
    assert nothing_is_left(stand)
    for attempt in (imports.confirm, imports.preview):
        with pytest.raises(ImportGone) as gone:
            attempt(admin, preview.id)
        assert gone.value.args == ()
    assert PendingImport.select().count() == 1
    imports.resume()
    assert (PendingImport.select().count(), Product.select().count()) == (0, PRODUCTS)


def test_a_refused_file_changes_nothing(database: Database, clock: StandingClock) -> None:
    stand = open_shop(database, clock, ADMIN_TOTP="true")
    admin = stand.visitor(ADMIN)
    stand.stock("OLD", name="Thing 0", price="50.00", category="New 0", subcategory="Shelf 0")
    before, preview = whole(), sent(stand, mixed())
    with pytest.raises(SecondFactorNeeded):
        stand.shop.imports.confirm(admin, preview.id)
    assert whole() == before
    assert nothing_is_left(stand)
    assert (StoredFile.select().count(), SharedItem.select().count()) == (0, 0)
    assert stand.shop.imports.preview(admin, preview.id) == preview


def test_a_file_is_compared_again_when_the_catalogue_changes_in_the_meantime(
    stand: Stand, wait_for: Callable[..., Any]
) -> None:
    admin = stand.visitor(ADMIN)
    preview = sent(stand, many())
    stand.stock("OLD", name="Thing 1", category="Elsewhere")
    with meanwhile(stand, lambda: stand.shop.imports.confirm(admin, preview.id)) as outcome:
        wait_for(lambda: steps_done() > 0 or outcome)
        category_id = stand.shop.editor.new_category(admin, None, "Made meanwhile")
    assert outcome[0].products == PRODUCTS
    assert Category.there(category_id) is not None
    assert nothing_is_left(stand)
    assert differing(stand) == set()


def test_sales_and_removals_in_the_meantime_stay_correct(stand: Stand, wait_for: Callable[..., Any]) -> None:
    admin, customer = stand.visitor(ADMIN), stand.rich("100.00")
    stand.bring(admin, many(7, count=20))
    product_id = stand.product("Thing 0")
    file = json.loads(many(7, count=20))
    for each in file["products"]:
        each["items"] += [f"MORE-{each['name']}-{number}" for number in range(40)]
    preview = sent(stand, json.dumps(file).encode())
    with meanwhile(stand, lambda: stand.shop.imports.confirm(admin, preview.id)) as outcome:
        wait_for(lambda: steps_done() > 0 or outcome)
        stand.buy(customer, product_id, 2)
    assert outcome[0].items == 20 * 40
    assert Product.there(product_id).stock_count == 40
    assert differing(stand) == set()


def test_customers_waiting_for_goods_are_told_once_the_goods_are_there(stand: Stand) -> None:
    admin, customer = stand.visitor(ADMIN), stand.visitor()
    stand.bring(admin, many(7, count=1))
    product_id = stand.product("Thing 0")
    stand.bought(customer, product_id, 2)
    stand.shop.restocks.ask(customer, product_id)
    file = json.loads(many(7, count=1))
    file["products"][0]["items"] = [f"LATER-{number}" for number in range(400)]
    stand.bring(admin, json.dumps(file).encode())
    assert payloads("restocked") == [{"product_id": product_id}]
    assert Product.there(product_id).stock_count == 400
