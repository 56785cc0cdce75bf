"""Sums by hour and by day, for figures: exact to the second, and read from few rows.

Triggers keep the sums of full hours and days (UTC); what lies at the ends of a span is read from the rows themselves.
For figures and lists. Nothing that moves money reads them.
"""

import json
from collections.abc import Sequence
from typing import Any, Self

from peewee import CompositeKey, IntegerField, TextField

from storage.models.base import Base

HOUR_S, DAY_S = 3_600, 86_400
ROWS = 0
"""The step of a piece that is read from the rows themselves."""
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
"""How many and how much, by kind: four kinds of the ledger, `order` (its discounts), `unit` and `customer`."""
_COLUMNS = "step_s, start, kind, number, amount"
_DIFFERING = """
SELECT coalesce(sum(p.number IS NOT a.number OR p.amount IS NOT a.amount), 0)
    + abs(count(*) - (SELECT count(*) FROM period_sum WHERE step_s = {step_s} AND (number <> 0 OR amount <> 0)))
FROM {view} a LEFT JOIN period_sum p ON p.step_s = {step_s} AND p.start = a.start AND p.kind = a.kind
"""
DIFFERING = (
    _DIFFERING.format(step_s=HOUR_S, view="hourly_sum"),
    _DIFFERING.format(step_s=DAY_S, view="daily_sum"),
    """
SELECT coalesce(sum(p.units IS NOT a.units OR p.paid IS NOT a.paid), 0)
    + abs(count(*) - (SELECT count(*) FROM product_sum WHERE units <> 0 OR paid <> 0))
FROM product_sum_anew a LEFT JOIN product_sum p ON p.product_id = a.product_id
""",
)
"""Each is zero where the sums that are kept are what they add up to; a row that is missing counts twice."""


class PeriodSum(Base):
    """How many, and how much, of a kind there was in an hour or a day that began at `start`."""

    step_s = IntegerField()
    start = IntegerField()
    kind = TextField()
    number = IntegerField()
    amount = IntegerField()

    class Meta:
        primary_key = CompositeKey("step_s", "start", "kind")

    @classmethod
    def count_ever(cls, kind: str) -> int:
        """Count what there ever was of a kind; `buyer`: customers who bought something."""
        return int(cls.value_by("coalesce(sum(number), 0)", "step_s = ? AND kind = ?", DAY_S, kind))


class ProductSum(Base):
    """Units that a product ever sold, and what was paid for them and not given back."""

    product_id = IntegerField(primary_key=True)
    units = IntegerField()
    paid = IntegerField()

    @classmethod
    def best(cls, limit: int) -> list[Self]:
        """List the products that brought most."""
        return cls.list_by("units > 0 ORDER BY paid DESC, units DESC, product_id LIMIT ?", limit)


def totals(spans: Sequence[tuple[int, int]]) -> list[Sums]:
    """Add up each of these spans (Unix seconds, the second one excluded)."""
    pieces = [(number, *piece) for number, span in enumerate(spans) for piece in pieces_of(*span)]
    found = [Sums() for _ in spans]
    for part, kind, number, amount in _run(SUMS, json.dumps(pieces)):
        found[part][kind] = (number, amount)
    return found


def pieces_of(since: int, until: int) -> list[tuple[int, int, int]]:
    """Cut a span into full days, full hours around them, and what is left at the ends, each with its step."""
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


def count_differing() -> int:
    """Count in how many places the sums are wrong. Reads everything."""
    return sum(int(count) for sql in DIFFERING for (count,) in _run(sql))


def rebuild() -> None:
    """Add everything up anew. Needs a transaction."""
    for table, columns, views in (
        ("period_sum", _COLUMNS, ("hourly_sum", "daily_sum")),
        ("product_sum", "product_id, units, paid", ("product_sum_anew",)),
    ):
        _run(f"DELETE FROM {table}")  # noqa: S608 - names of ours
        for view in views:
            _run(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {view}")  # noqa: S608


def _run(sql: str, *values: object) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = Base._meta.database.execute_sql(sql, values).fetchall()
    return rows
