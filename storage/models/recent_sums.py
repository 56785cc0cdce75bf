"""Buyers and best sellers of the last 7 and 30 days, maintained by triggers; a job moves the ends of these spans.

A requested span never matches the kept one exactly: the orders between their ends are read row by row, so the answer
is exact to the second. If that would be most of the span, the whole span is read row by row.
Only figures use these sums; nothing that moves money reads them.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Self

from peewee import CompositeKey, IntegerField

from storage.models.base import AMONG, Base, among

DAY_S = 86_400
SPANS = ((7, 0), (7, 1), (30, 0), (30, 1))
"""The kept spans: length in days, and 0 for the one that ends now or 1 for the one before it."""
Piece = tuple[int, int, int]
"""A sign (1 to add, -1 to subtract), the first second, and the second after the last."""

_PIECES = "WITH piece (sign, since, until) AS (SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?))"
BUYERS = f"""{_PIECES}
SELECT coalesce(sum((c.purchases + coalesce(k.purchases, 0) > 0) - (k.purchases IS NOT NULL)), 0) FROM (
    SELECT e.customer_id, sum(p.sign) AS purchases FROM piece p CROSS JOIN ledger_entry e
    ON e.kind = 'purchase' AND e.created_at >= p.since AND e.created_at < p.until GROUP BY e.customer_id
) c LEFT JOIN recent_buyer k ON k.days = ? AND k.ago = ? AND k.customer_id = c.customer_id
"""  # noqa: S608 - constants of ours, here and below
"""The query for how many buyers the pieces add to the kept span."""
CHANGES = f"""{_PIECES}
SELECT l.product_id, sum(p.sign * l.units), sum(p.sign * l.paid) FROM piece p
CROSS JOIN orders o ON o.created_at >= p.since AND o.created_at < p.until
CROSS JOIN line_kept l ON l.order_id = o.id GROUP BY l.product_id
"""  # noqa: S608
_CUT = "SELECT created_at FROM orders WHERE created_at >= ? AND created_at < ? ORDER BY created_at LIMIT 1 OFFSET ?"
DIFFERING = (
    """
SELECT coalesce(sum(k.purchases IS NOT a.purchases), 0) + abs(count(*) - (SELECT count(*) FROM recent_buyer))
FROM recent_buyer_anew a
LEFT JOIN recent_buyer k ON k.days = a.days AND k.ago = a.ago AND k.customer_id = a.customer_id
""",
    """
SELECT coalesce(sum(k.units IS NOT a.units OR k.paid IS NOT a.paid), 0)
    + abs(count(*) - (SELECT count(*) FROM recent_product))
FROM recent_product_anew a LEFT JOIN recent_product k ON k.days = a.days AND k.product_id = a.product_id
""",
    """
SELECT coalesce(sum(s.buyers <> (SELECT count(*) FROM recent_buyer k WHERE k.days = s.days AND k.ago = s.ago)), 0)
FROM recent_span s
""",
)
"""Queries that each return zero if the kept sums equal the sums of the rows."""


class RecentSpan(Base):
    """A kept span: the last `days` days, or the same number before them (`ago` 1); `until` is exclusive."""

    days = IntegerField()
    ago = IntegerField()
    since = IntegerField()
    until = IntegerField()
    buyers = IntegerField(default=0)

    class Meta:
        primary_key = CompositeKey("days", "ago")

    @classmethod
    def nearest(cls, since: int, until: int, *, ago: Iterable[int] = (0, 1)) -> Self | None:
        """Find the kept span that covers most of a span, or None."""
        rows = [row for row in cls.list_by("days >= 0") if row.ago in ago]
        found = min(rows, key=lambda row: row.far_from(since, until), default=None)
        return found if found is not None and found.far_from(since, until) * 2 < until - since else None

    def pieces(self, since: int, until: int) -> list[Piece]:
        """List the pieces that a span has and this one lacks (1), and the other way round (-1)."""
        kept, asked = (self.since, self.until), (since, until)
        return [*_without(1, asked, kept), *_without(-1, kept, asked)]

    def far_from(self, since: int, until: int) -> int:
        """Return the length of these pieces in seconds."""
        return sum(end - start for _, start, end in self.pieces(since, until))

    def follow(self, since: int, until: int, *, most: int) -> bool:
        """Move one end towards a span, by about `most` orders at a time; return whether it moved."""
        wanted = self.until if self.since > until else min(since, self.until)
        if self.since < wanted:
            self._move(since=_cut(self.since, wanted, most))
        elif self.since == self.until and not since <= self.since <= until:
            self.delete_instance()
            self.create(days=self.days, ago=self.ago, since=since, until=since)
        elif self.until < until:
            self._move(until=_cut(self.until, until, most))
        else:
            return False
        return True

    def _move(self, **ends: int) -> None:
        RecentSpan.update(**ends).where(RecentSpan.days == self.days, RecentSpan.ago == self.ago).execute()


class RecentBuyer(Base):
    """How many purchases a customer made in a kept span."""

    days = IntegerField()
    ago = IntegerField()
    customer_id = IntegerField()
    purchases = IntegerField()

    class Meta:
        primary_key = CompositeKey("days", "ago", "customer_id")


class RecentProduct(Base):
    """The items that a product sold in a kept span, and what was paid for them less refunds."""

    days = IntegerField()
    product_id = IntegerField()
    units = IntegerField()
    paid = IntegerField()

    class Meta:
        primary_key = CompositeKey("days", "product_id")


def buyers(since: int, until: int) -> int | None:
    """Count the customers who bought in a span; None if no kept span is near enough."""
    kept = RecentSpan.nearest(since, until)
    if kept is None:
        return None
    [(more,)] = Base.rows(BUYERS, json.dumps(kept.pieces(since, until)), kept.days, kept.ago)
    return kept.buyers + int(more)


def best(since: int, until: int, *, limit: int) -> list[tuple[int, int, int]] | None:
    """List the products with the most revenue in a span: number, items, paid; None if no kept span is near enough."""
    kept = RecentSpan.nearest(since, until, ago=(0,))
    if kept is None:
        return None
    changes = {
        product_id: (units, paid)
        for product_id, units, paid in Base.rows(CHANGES, json.dumps(kept.pieces(since, until)))
    }
    # Unchanged products keep their order, so the best are among the first `limit` of them and the changed ones.
    first = RecentProduct.list_by(
        "days = ? ORDER BY paid DESC, units DESC, product_id LIMIT ?", kept.days, limit + len(changes)
    )
    changed = RecentProduct.list_by(f"days = ? AND product_id IN {AMONG}", kept.days, among(changes))
    sums = dict.fromkeys(changes, (0, 0))
    sums |= {row.product_id: (row.units, row.paid) for row in (*first, *changed)}
    found = []
    for product_id, (units, paid) in sums.items():
        more_units, more_paid = changes.get(product_id, (0, 0))
        found.append((product_id, units + more_units, paid + more_paid))
    sold = [each for each in found if each[1] > 0]
    return sorted(sold, key=lambda each: (-each[2], -each[1], each[0]))[:limit]


def follow(now: int, *, most: int) -> bool:
    """Move each kept span towards the present, by about `most` orders at a time; return whether any moved.

    Needs a transaction.
    """
    there = {(row.days, row.ago): row for row in RecentSpan.list_by("days >= 0")}
    moved = False
    for days, ago in SPANS:
        until = now + 1 - ago * days * DAY_S
        since = until - days * DAY_S
        row = there.get((days, ago)) or RecentSpan.create(days=days, ago=ago, since=since, until=since)
        moved |= row.follow(since, until, most=most)
    return moved


def are_right() -> bool:
    """Return whether all kept sums equal the sums of their rows. Reads two months of orders."""
    return not any(_differing(sql) for sql in DIFFERING)


def forget() -> None:
    """Drop all kept sums; the job's next run rebuilds them. Needs a transaction."""
    for table in ("recent_span", "recent_buyer", "recent_product"):
        Base.rows(f"DELETE FROM {table}")  # noqa: S608 - names of ours


def _differing(sql: str) -> int:
    return int(Base._meta.database.execute_sql(sql).fetchone()[0])


def _without(sign: int, one: tuple[int, int], other: tuple[int, int]) -> Iterator[Piece]:
    """Yield the parts of one span that are outside another."""
    for start, end in ((one[0], min(one[1], other[0])), (max(one[0], other[1]), one[1])):
        if start < end:
            yield sign, start, end


def _cut(since: int, until: int, most: int) -> int:
    """Find the moment in a span before which there are about `most` orders."""
    found = Base.rows(_CUT, since, until, most)
    return max(int(found[0][0]), since + 1) if found else until
