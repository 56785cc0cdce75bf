"""Sums by hour and by day, for figures: exact to the second, and read from few rows.

Triggers maintain the sums of full hours and days (UTC); the ends of a period are read from the rows themselves. For
figures and lists; nothing that moves money reads them.
"""

import json
from collections.abc import Sequence
from typing import Self

from peewee import CompositeKey, IntegerField, TextField

from storage.models.base import Base

HOUR_S, DAY_S = 3_600, 86_400
ROWS = 0
"""The `step_s` of a piece that is read from the rows themselves."""
SUMS = """
WITH piece (part, step_s, since, until) AS MATERIALIZED (
    SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(?)
)
SELECT part, kind, sum(number), sum(amount) FROM (
    SELECT p.part, s.kind, s.number, s.amount FROM piece p CROSS JOIN period_sum s
    ON s.step_s = p.step_s AND s.start >= p.since AND s.start < p.until
    UNION ALL SELECT p.part, e.kind, 1, e.amount_minor FROM piece p CROSS JOIN ledger_entry e
    ON p.step_s = 0 AND e.kind IN ('deposit', 'purchase', 'refund', 'tolerance')
    AND e.created_at >= p.since AND e.created_at < p.until
    UNION ALL SELECT p.part, 'order', 1, o.discount_minor FROM piece p CROSS JOIN orders o
    ON p.step_s = 0 AND o.created_at >= p.since AND o.created_at < p.until
    UNION ALL SELECT p.part, 'unit', l.quantity, 0 FROM piece p CROSS JOIN orders o
    ON p.step_s = 0 AND o.created_at >= p.since AND o.created_at < p.until
    CROSS JOIN order_line l ON l.order_id = o.id
    UNION ALL SELECT p.part, 'customer', 1, 0 FROM piece p CROSS JOIN customer c
    ON p.step_s = 0 AND c.created_at >= p.since AND c.created_at < p.until
) GROUP BY part, kind
"""
Sums = dict[str, tuple[int, int]]
"""Count and amount by kind: four kinds of ledger entry, `order` (its discounts), `unit` and `customer`."""
_COLUMNS = "step_s, start, kind, number, amount"
_FROM_ROWS = {
    "'deposit', 'purchase', 'refund', 'tolerance'": (
        "SELECT count(*), coalesce(sum(t.amount_minor), 0) FROM ledger_entry t WHERE t.kind = p.kind",
        "SELECT count(*) FROM ledger_entry WHERE kind IN ('deposit', 'purchase', 'refund', 'tolerance')",
    ),
    "'order'": (
        "SELECT count(*), coalesce(sum(t.discount_minor), 0) FROM orders t WHERE 1",
        "SELECT count(*) FROM orders",
    ),
    "'unit'": (
        "SELECT coalesce(sum(l.quantity), 0), 0 FROM orders t CROSS JOIN order_line l ON l.order_id = t.id WHERE 1",
        "SELECT coalesce(sum(quantity), 0) FROM order_line",
    ),
    "'customer'": ("SELECT count(*), 0 FROM customer t WHERE 1", "SELECT count(*) FROM customer"),
    "'buyer'": (
        "SELECT count(*), 0 FROM ledger_entry t WHERE t.kind = 'purchase' AND NOT EXISTS (SELECT 1"
        " FROM ledger_entry e WHERE e.customer_id = t.customer_id AND e.id < t.id AND e.kind = 'purchase')",
        "SELECT count(DISTINCT customer_id) FROM ledger_entry WHERE kind = 'purchase'",
    ),
}
"""By kinds: the query that sums rows `t`, and the one that counts all of them. Hours are read one after another."""
DIFFERING = (
    # If each stored hour is right, and together they count all rows, then no row lies outside them.
    *(
        f"""
SELECT coalesce(sum((p.number, p.amount) IS NOT (
    {rows} AND t.created_at >= p.start AND t.created_at < p.start + {HOUR_S}
)), 0)
    + abs(coalesce(sum(p.number), 0) - ({ever}))
FROM period_sum p WHERE p.step_s = {HOUR_S} AND p.kind IN ({kinds})
"""  # noqa: S608 - constants of ours, here and below
        for kinds, (rows, ever) in _FROM_ROWS.items()
    ),
    f"""
SELECT coalesce(sum(p.number IS NOT a.number OR p.amount IS NOT a.amount), 0)
    + abs(count(*) - (SELECT count(*) FROM period_sum WHERE step_s = {DAY_S} AND (number <> 0 OR amount <> 0)))
FROM daily_sum a LEFT JOIN period_sum p ON p.step_s = {DAY_S} AND p.start = a.start AND p.kind = a.kind
""",  # noqa: S608
    """
SELECT coalesce(sum(p.units IS NOT a.units OR p.paid IS NOT a.paid), 0)
    + abs(count(*) - (SELECT count(*) FROM product_sum WHERE units <> 0 OR paid <> 0))
FROM product_sum_anew a LEFT JOIN product_sum p ON p.product_id = a.product_id
""",
)
"""Queries that each return zero if the kept sums equal the sums of the rows."""


class PeriodSum(Base):
    """The count and the amount of one kind in the hour or day that began at `start`."""

    step_s = IntegerField()
    start = IntegerField()
    kind = TextField()
    number = IntegerField()
    amount = IntegerField()

    class Meta:
        primary_key = CompositeKey("step_s", "start", "kind")

    @classmethod
    def count_ever(cls, kind: str) -> int:
        """Count all rows ever of a kind; `buyer`: customers who have bought something."""
        return int(cls.value_by("coalesce(sum(number), 0)", "step_s = ? AND kind = ?", DAY_S, kind))


class ProductSum(Base):
    """A product's total items sold, and the payments for them less refunds."""

    product_id = IntegerField(primary_key=True)
    units = IntegerField()
    paid = IntegerField()

    @classmethod
    def best(cls, limit: int) -> list[Self]:
        """List the products with the most revenue."""
        return cls.list_by("units > 0 ORDER BY paid DESC, units DESC, product_id LIMIT ?", limit)


def totals(spans: Sequence[tuple[int, int]]) -> list[Sums]:
    """Add up each of these spans (Unix seconds, the second one excluded)."""
    pieces = [(number, *piece) for number, span in enumerate(spans) for piece in pieces_of(*span)]
    found = [Sums() for _ in spans]
    for part, kind, number, amount in Base.rows(SUMS, json.dumps(pieces)):
        found[part][kind] = (number, amount)
    return found


def pieces_of(since: int, until: int) -> list[tuple[int, int, int]]:
    """Cut a period into full days, full hours around them, and the rest at the ends, each with its step."""
    steps = (ROWS, HOUR_S, DAY_S)
    pieces = []
    for step_s, longer_s in zip(steps, (*steps[1:], None), strict=True):
        if longer_s is None:
            inner = (until, until)
        else:
            inner = (-(-since // longer_s) * longer_s, until // longer_s * longer_s)
            if inner[0] >= inner[1]:
                inner = (until, until)
        pieces += [(step_s, start, end) for start, end in ((since, inner[0]), (inner[1], until)) if start < end]
        since, until = inner
    return pieces


def are_right() -> bool:
    """Return whether all sums are correct. Reads everything."""
    return all(map(_is_right, DIFFERING))


def _is_right(sql: str) -> bool:
    return Base.rows(sql) == [(0,)]


def rebuild() -> None:
    """Recompute all sums. Needs a transaction."""
    for table, columns, views in (
        ("period_sum", _COLUMNS, ("hourly_sum", "daily_sum")),
        ("product_sum", "product_id, units, paid", ("product_sum_anew",)),
    ):
        Base.rows(f"DELETE FROM {table}")  # noqa: S608 - names of ours
        for view in views:
            Base.rows(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {view}")  # noqa: S608
