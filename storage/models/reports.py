"""Sums for the reports: ledger, sales and customers over a period, and the amounts at the shop's addresses.

Times are Unix seconds, `until` excluded. The SQL is constant so that tests can ask the database for its query
plan."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from storage.models import period_sums, recent_sums
from storage.models.base import Base
from storage.models.customers import Customer
from storage.models.invoices import Invoice
from storage.models.ledger import LedgerEntry
from storage.models.orders import NOT_REFUNDED, OrderLine
from storage.models.payments import Deposit, DepositAddress
from storage.models.period_sums import PeriodSum, ProductSum, Sums

EVER = 2**62
BUYERS = """
SELECT count(DISTINCT customer_id) FROM ledger_entry WHERE kind = 'purchase' AND created_at >= ? AND created_at < ?
"""
FIRST = "SELECT min(created_at) FROM customer"
BEST_SELLERS = """
SELECT l.product_id, sum(l.units), sum(l.paid) FROM orders o CROSS JOIN line_kept l ON l.order_id = o.id
WHERE o.created_at >= ? AND o.created_at < ?
GROUP BY l.product_id ORDER BY 3 DESC, 2 DESC, 1 LIMIT ?
"""
LAST_NAME = f"""
SELECT l.product_name FROM order_line l CROSS JOIN orders o ON o.id = l.order_id
WHERE l.product_id = ? AND o.created_at >= ? AND o.created_at < ? AND {NOT_REFUNDED} ORDER BY l.id DESC LIMIT 1
"""  # noqa: S608
# `+e.key` drops the column's affinity; otherwise the index on the expression would not be used.
COINS = """
SELECT coalesce(d.asset, i.asset), count(*), sum(e.amount_minor) FROM ledger_entry e
LEFT JOIN deposit d ON 'deposit:' || d.chain || ':' || d.txid || ':' || d.output_index = +e.key
LEFT JOIN invoice i ON i.ledger_key = e.key
WHERE e.kind = 'deposit' AND e.created_at >= ? AND e.created_at < ?
GROUP BY 1 ORDER BY 3 DESC
"""
ARRIVED = "SELECT asset, state, units, credited_minor, address_id FROM deposit WHERE state <> 'orphaned'"
_HOLDS = """
chain = ? AND EXISTS (
    SELECT 1 FROM deposit d WHERE d.address_id = deposit_address.id AND d.asset = ? AND d.state <> 'orphaned'
)
"""
ADDRESSES = f"SELECT * FROM deposit_address WHERE {_HOLDS} ORDER BY id LIMIT ? OFFSET ?"  # noqa: S608
COUNT = f"SELECT count(*) FROM deposit_address WHERE {_HOLDS}"  # noqa: S608


def _rows(model: type[Base], sql: str, *values: object) -> list[Any]:
    return list(model.raw(sql, *values).tuples())


def totals(spans: Sequence[tuple[int, int]], *, admins: Iterable[int]) -> list[Sums]:
    """Add up spans: deposits, purchases, refunds and tolerances in the ledger, orders, items, customers who came.

    `admins` are Telegram ids of people who don't count as customers.
    """
    found = period_sums.totals(spans)
    theirs = Customer.select(Customer.created_at).where(Customer.telegram_id.in_(list(admins)))
    for moment in [row.created_at for row in theirs]:
        for (since, until), sums in zip(spans, found, strict=True):
            if since <= moment < until:
                number, amount = sums["customer"]
                sums["customer"] = (number - 1, amount)
    return found


def buyers(since: int, until: int) -> int:
    """Count the customers who bought something."""
    kept = recent_sums.buyers(since, until)
    if kept is not None:
        return kept
    [(count,)] = _rows(LedgerEntry, BUYERS, since, until)
    return int(count)


def buyers_ever() -> int:
    """Count the customers who ever bought something."""
    return PeriodSum.count_ever("buyer")


def first_moment() -> int | None:
    """Return when the first customer arrived; nothing happened before."""
    [(moment,)] = _rows(Customer, FIRST)
    return moment if moment is None else int(moment)


def best_sellers(since: int, until: int, *, limit: int) -> list[tuple[str, int, int]]:
    """List the products with the most revenue after refunds: the name last sold under, items, amount paid."""
    kept = recent_sums.best(since, until, limit=limit)
    best = _rows(OrderLine, BEST_SELLERS, since, until, limit) if kept is None else kept
    return [(_last_name(product_id, since, until), units, paid) for product_id, units, paid in best]


def best_sellers_ever(*, limit: int) -> list[tuple[str, int, int]]:
    """List the products with the most revenue of all time, as `best_sellers` does."""
    best = ProductSum.best(limit)
    return [(_last_name(each.product_id, -EVER, EVER), each.units, each.paid) for each in best]


def _last_name(product_id: int, since: int, until: int) -> str:
    [(name,)] = _rows(OrderLine, LAST_NAME, product_id, since, until)
    return str(name)


def coins(since: int, until: int) -> list[tuple[str | None, int, int]]:
    """Sum up the deposits in the ledger by asset: its code, how many, what they were credited as."""
    return [(asset, count, total) for asset, count, total in _rows(Deposit, COINS, since, until)]


PAID = "SELECT provider, asset, fiat_minor, coalesce(paid_units, units) FROM invoice WHERE state = 'paid'"


def arrived() -> Iterator[tuple[str, str, int, int, int]]:
    """Read every deposit that is not orphaned: asset, state, units, what it was credited as, its address."""
    for asset, state, units, credited, address_id in Deposit.raw(ARRIVED).tuples().iterator():
        yield asset, state, int(units), credited or 0, address_id


def addresses(chain: str, asset: str, *, page: int, size: int) -> list[DepositAddress]:
    """List one page of the addresses that an asset arrived on, oldest first."""
    return list(DepositAddress.raw(ADDRESSES, chain, asset, size, page * size))


def count_addresses(chain: str, asset: str) -> int:
    """Count the addresses that an asset arrived on."""
    [(count,)] = DepositAddress.raw(COUNT, chain, asset).tuples()
    return int(count)


def units_on(address_ids: list[int], asset: str) -> dict[int, int]:
    """Add up what of an asset arrived on each of these addresses."""
    sums = dict.fromkeys(address_ids, 0)
    d = Deposit
    here = d.select(d.address, d.units).where(d.address.in_(address_ids), d.asset == asset, d.state != "orphaned")
    for row in here:
        sums[row.address_id] += row.units
    return sums


def paid() -> Iterator[tuple[str, str, int, int]]:
    """Read every payment that a provider took: provider, asset, fiat credited, units of the coin."""
    for provider, asset, minor, units in Invoice.raw(PAID).tuples().iterator():
        yield provider, asset, minor, int(units)
