"""Compare what ordinary work costs in a large shop and in a small one: ratios from one run.

python -m tests.bench growth [--full]

The large shop has 100 000 customers, 50 000 products in 5 000 categories, and 300 000 orders or, with `--full`, a
million, each with a line and an entry in the ledger. SQL fills it while the triggers and indexes are removed; then
the books are compared, so that the shop measured is one with correct books.
"""

import secrets
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

from shop.catalog.storefront import Sorting
from shop.memory import give_back
from shop.reports.figures import FOLLOW_EVERY_S
from shop.support.orders import OrderFilter
from storage.database import Database
from storage.keys import DatabaseKey
from storage.models import period_sums
from tests.bench.rows import Row
from tests.conftest import NOW, StandingClock
from tests.raw_sql import engine_of
from tests.stand import ADMIN, BOT_ID, Stand, open_shop

ORDERS, MILLION = 300_000, 1_000_000
SMALL = "a hundredth of it"
_NOISE_PERCENT = 40.0
ROUNDS = 15
SLOW_S = 0.5
YEARS_S = 2 * 365 * 86_400
PRICE = 250


@dataclass(frozen=True, slots=True)
class Size:
    """The size of a shop."""

    customers: int
    products: int
    categories: int
    orders: int


@dataclass(frozen=True, slots=True)
class Work:
    """An operation, and the ratio between a large and a small shop that it must not exceed."""

    name: str
    aim: float
    run: Callable[[], object]


FILL = (
    # A tenth of the categories are roots, each with nine others; products lie in the latter.
    "INSERT INTO category (id, name) SELECT n, 'Place ' || n FROM numbers WHERE n <= :categories / 10",
    "INSERT INTO category (id, parent_id, name) SELECT n, 1 + n % (:categories / 10), 'Shelf ' || n FROM numbers"
    " WHERE n > :categories / 10 AND n <= :categories",
    "INSERT INTO product (id, category_id, name, import_key, price_minor, created_at, description, search_text,"
    " stock_count, sold_count) SELECT n, :categories / 10 + 1 + n % (:categories * 9 / 10), 'Thing ' || n,"
    " 'Thing ' || n, :price, :now - n * 60, 'One of many', 'thing ' || n || char(10) || 'one of many', 1,"
    " (:orders - n + :products) / :products FROM numbers WHERE n <= :products",
    "INSERT INTO stock_item (product_id, content, content_hash, created_at, fingerprint)"
    " SELECT n, 'key ' || n, CAST('key ' || n AS BLOB), :now, goods_fingerprint('key ' || n) FROM numbers"
    " WHERE n <= :products",
    "INSERT INTO customer (id, telegram_id, bot_id, username, first_name, language, created_at, balance_minor)"
    " SELECT 100 + n, 100000 + n, :bot, 'user' || n, 'Ada ' || n, 'en', :now - :years + (n * 619) % :years, 0"
    " FROM numbers WHERE n <= :customers",
    "INSERT INTO orders (id, customer_id, key, total_minor, created_at, bot_id)"
    " SELECT n, 101 + n % :customers, 'offer:' || n, :price, :now - :years + n * :years / (:orders + 1), :bot"
    " FROM numbers WHERE n <= :orders",
    "INSERT INTO order_line (id, order_id, product_id, product_name, unit_price_minor, quantity, deliverable)"
    " SELECT n, n, 1 + (n - 1) % :products, 'Thing ' || (1 + (n - 1) % :products), :price, 1, 'made_to_order'"
    " FROM numbers WHERE n <= :orders",
    "INSERT INTO made_item (order_line_id, content, made_by, created_at) SELECT n, 'made ' || n, 1, :now"
    " FROM numbers WHERE n <= :orders",
    # A customer's balance was topped up before they spent it.
    "INSERT INTO adjustment (id, customer_id, amount_minor, reason, admin_id, created_at)"
    " SELECT n, 100 + n, :price * (1 + :orders / :customers), 'x', 1, :now - :years FROM numbers"
    " WHERE n <= :customers",
    "INSERT INTO ledger_entry (customer_id, kind, amount_minor, balance_minor, key, created_at)"
    " SELECT customer_id, 'adjustment', amount_minor, amount_minor, 'adjustment:' || id, created_at FROM adjustment",
    "INSERT INTO ledger_entry (customer_id, kind, amount_minor, balance_minor, key, created_at)"
    " SELECT o.customer_id, 'purchase', -o.total_minor,"
    " a.amount_minor - :price * (1 + (o.id - 1) / :customers),"
    " 'order:' || o.id, o.created_at FROM orders o JOIN adjustment a ON a.customer_id = o.customer_id ORDER BY o.id",
    "UPDATE customer SET balance_minor = coalesce((SELECT sum(e.amount_minor) FROM ledger_entry e"
    " WHERE e.customer_id = customer.id), 0)",
)


def fill(database: Database, size: Size) -> None:
    """Fill a shop with SQL; triggers and plain indexes are restored at the end."""
    engine = engine_of(database)
    engine.execute_sql("PRAGMA cache_size = -200000")
    rules = engine.execute_sql(
        "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND (type = 'trigger' OR type = 'index'"
        " AND sql LIKE 'CREATE INDEX%' AND name NOT IN ('ledger_of_customer'))"
    ).fetchall()
    values = {"now": NOW, "years": YEARS_S, "bot": BOT_ID, "price": PRICE}
    values |= {name: getattr(size, name) for name in Size.__slots__}
    most = max(size.customers, size.products, size.orders)
    with database.transaction():
        for kind, name, _ in rules:
            engine.execute_sql(f"DROP {kind} {name}")
        for statement in FILL:
            numbers = (
                f"WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {most}) "
            )
            engine.execute_sql((numbers if "numbers" in statement else "") + statement, values)
        for *_, sql in rules:
            engine.execute_sql(sql)
        engine.execute_sql("INSERT INTO product_words (product_words) VALUES ('rebuild')")
        period_sums.rebuild()
    engine.execute_sql("PRAGMA cache_size = -4000")


def work_of(stand: Stand) -> list[Work]:
    """List the operations to measure, with their aims."""
    shop, admin = stand.shop, stand.visitor(ADMIN)
    person = stand.visitor(100_007)
    shelf = shop.catalog.shelf(1, page=0).categories[0].id
    product = shop.catalog.shelf(shelf, page=0).products[0].id
    frequent = permutations(("thi", "hin", "ing", "man", "any", "one"), 2)
    return [
        Work("first page of the shop", 1.5, lambda: shop.catalog.shelf(None, page=0)),
        Work("a shelf", 1.5, lambda: shop.catalog.shelf(shelf, page=0)),
        Work("a shelf, by price", 1.5, lambda: shop.catalog.shelf(shelf, page=0, sorting=Sorting.PRICE_UP)),
        Work("a product", 1.5, lambda: shop.catalog.product_page(product, person.id)),
        Work("/start of somebody known", 1.5, lambda: stand.visitor(100_007, username="user7")),
        Work("search for one thing", 3, lambda: shop.catalog.search(person, "thing 477")),
        Work("search for what one in thirty has", 3, lambda: shop.catalog.search(person, "thing 77")),
        Work("search for what all have", 3, lambda: shop.catalog.search(person, "thing")),
        Work("the same, each for the first time", 3, lambda: shop.catalog.search(person, " ".join(next(frequent)))),
        Work("a customer's orders", 1.5, lambda: shop.orders.history(person, page=0)),
        Work("a customer's statement", 1.5, lambda: shop.statements.page(person, page=0)),
        Work("admins: a customer", 1.5, lambda: shop.customer_support.card(admin, person.id)),
        Work("admins: look for a customer", 1.5, lambda: shop.support_search.find(admin, "@user7")),
        Work("admins: all orders", 1.5, lambda: shop.order_support.page(admin, OrderFilter.EVERY, page=0)),
        Work("admins: products of a category", 1.5, lambda: shop.catalog_tree.branch(admin, shelf)),
        Work("admins: what runs low", 1.5, lambda: shop.catalog_tree.scarce(admin, page=0)),
        Work("figures of a day", 3, lambda: shop.figures.charted(admin, 1)),
        Work("figures of a week", 3, lambda: shop.figures.charted(admin, 7)),
        Work("figures of a month", 3, lambda: shop.figures.charted(admin, 30)),
        Work("figures of all time", 3, lambda: shop.figures.charted(admin, 0)),
        Work("books compared", 1.5, lambda: shop.reconciliation.check(admin)),
    ]


def timed_ms(run: Callable[[], object]) -> float:
    """Return the median processor time of several runs, or of one if it is slow; the machine may be shared."""
    taken: list[float] = []
    while len(taken) < ROUNDS and sum(taken) < SLOW_S * 3:
        started = process_time()
        run()
        taken.append(process_time() - started)
    return median(taken) * 1000


def measured(folder: Path, size: Size) -> list[tuple[Work, float]]:
    """Fill a shop and measure its operations."""
    database = Database(folder / "souk.db", DatabaseKey(secrets.token_bytes(32)))
    database.open()
    stand = open_shop(database, StandingClock(), LOW_STOCK_THRESHOLD="0")
    admin, started = stand.visitor(ADMIN), perf_counter()
    fill(database, size)
    print(f"{size} filled in {perf_counter() - started:.0f} s, {database.size_bytes // 2**20} MB", flush=True)
    started = process_time()
    stand.shop.figures.follow()
    print(f"the last week and month taken in: {process_time() - started:.2f} s", flush=True)
    stand.clock.pass_s(FOLLOW_EVERY_S - 1)  # the worst moment: just before they follow again
    give_back()
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak so far is that of the filling
    result = stand.shop.reconciliation.check(admin)
    assert result.differing == 0, "the books of the bench are right"
    found = [(work, timed_ms(work.run)) for work in work_of(stand)]
    [peak] = [line.split()[1] for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line]
    print(f"this process had {int(peak) // 2**10} MB at most", flush=True)
    database.close()
    return found


def main(*, full: bool = False) -> list[Row]:
    """Measure the same operations in a small and a large shop; `full` means a million orders."""
    orders = MILLION if full else ORDERS
    large = Size(customers=100_000, products=50_000, categories=5_000, orders=orders)
    small = Size(customers=1_000, products=500, categories=50, orders=orders // 100)
    with tempfile.TemporaryDirectory(prefix="souk-bench-") as one, tempfile.TemporaryDirectory() as other:
        before, after = measured(Path(one), small), measured(Path(other), large)
    print(f"{'':34s}{'small':>10s}{'large':>12s}{'ratio':>8s}   aim")
    rows = list[Row]()
    for (work, small_ms), (_, large_ms) in zip(before, after, strict=True):
        ratio = large_ms / small_ms
        missed = "" if ratio <= work.aim else "  missed"
        print(f"{work.name:34s}{small_ms:7.2f} ms{large_ms:9.2f} ms{ratio:8.1f}   {work.aim:g}{missed}", flush=True)
        rows.append(Row(work.name, large_ms, "ms", ratio, SMALL, _NOISE_PERCENT))
    return rows


if __name__ == "__main__":
    main()
