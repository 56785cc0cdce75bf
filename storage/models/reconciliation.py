"""Reconciliation of the books: the checks and their findings."""

from itertools import islice
from typing import Any, Self

from peewee import IntegerField, TextField

from storage.models.base import Numbered
from storage.models.ledger import LedgerEntry

CHECKS: dict[str, str] = {
    # A balance, and the sum of its ledger entries.
    "balance": """
SELECT c.id, c.id,
    coalesce((SELECT sum(e.amount_minor) FROM ledger_entry e WHERE e.customer_id = c.id), 0) AS expected,
    c.balance_minor AS found
FROM customer c WHERE found <> expected
""",
    # The balance after an entry, and the balance before it plus its amount.
    "entry": """
SELECT id, customer_id, before + amount_minor, balance_minor FROM (
    SELECT id, customer_id, amount_minor, balance_minor,
        lag(balance_minor, 1, 0) OVER (PARTITION BY customer_id ORDER BY id) AS before
    FROM ledger_entry
) WHERE balance_minor <> before + amount_minor
""",
    # A deposit has one entry for its amount once it is credited, and none before.
    "deposit": """
SELECT d.id, d.customer_id, iif(d.state = 'credited', d.credited_minor, 0) AS expected,
    coalesce(e.amount_minor, 0) AS found
FROM deposit d
LEFT JOIN ledger_entry e ON e.key = 'deposit:' || d.chain || ':' || d.txid || ':' || d.output_index
    AND e.kind = 'deposit' AND e.customer_id = d.customer_id
WHERE found <> expected
""",
    "invoice": """
SELECT i.id, i.customer_id, iif(i.state = 'paid', i.fiat_minor, 0) AS expected, coalesce(e.amount_minor, 0) AS found
FROM invoice i
LEFT JOIN ledger_entry e ON e.key = i.ledger_key AND e.kind = 'deposit' AND e.customer_id = i.customer_id
WHERE found <> expected
""",
    # A payment in Stars was credited once, and its refund was deducted once.
    "stars": """
SELECT p.id, p.customer_id, p.credited_minor AS expected, coalesce(e.amount_minor, 0) AS found FROM star_payment p
LEFT JOIN ledger_entry e ON e.key = p.ledger_key AND e.kind = 'deposit' AND e.customer_id = p.customer_id
WHERE found <> expected
""",
    "stars_back": """
SELECT p.id, p.customer_id, iif(p.state = 'paid', 0, p.credited_minor) AS expected, coalesce((
    SELECT -sum(e.amount_minor) FROM ledger_entry e WHERE e.customer_id = p.customer_id
    AND (
        e.key = 'stars-chargeback:' || p.charge_id
        OR (e.key >= 'stars-refund:' || p.charge_id || ':' AND e.key < 'stars-refund:' || p.charge_id || ';')
        OR (e.key >= 'stars-kept:' || p.charge_id || ':' AND e.key < 'stars-kept:' || p.charge_id || ';')
    )
), 0) AS found
FROM star_payment p WHERE found <> expected
""",
    # The payments in Telegram's list, and their refunds; another program may have refunded its own.
    "stars_listed": """
SELECT t.id, p.customer_id, t.nanostars / 1000000000 AS expected, coalesce(p.stars, 0) AS found
FROM star_transaction t LEFT JOIN star_payment p ON p.charge_id = t.transaction_id
WHERE t.kind IN ('payment', 'refund') AND NOT EXISTS (
    SELECT 1 FROM star_transaction o WHERE o.transaction_id = t.transaction_id AND o.kind = 'other'
) AND (found <> expected OR (t.kind = 'refund' AND p.state = 'paid'))
""",
    # A deposit entry belongs to a deposit or an invoice of the same customer, or to a payment in Stars.
    "deposit_entry": """
SELECT e.id, e.customer_id, 0, e.amount_minor FROM ledger_entry e WHERE e.kind = 'deposit'
AND NOT EXISTS (
    SELECT 1 FROM deposit d
    WHERE 'deposit:' || d.chain || ':' || d.txid || ':' || d.output_index = +e.key AND d.customer_id = e.customer_id
)
AND NOT EXISTS (SELECT 1 FROM invoice i WHERE i.ledger_key = e.key AND i.customer_id = e.customer_id)
AND NOT EXISTS (SELECT 1 FROM star_payment p WHERE p.ledger_key = e.key AND p.customer_id = e.customer_id)
""",
    # An order's total is its lines less its discount, which is the sum of the lines' shares and has a coupon.
    "order": """
SELECT o.id, o.customer_id,
    (SELECT coalesce(sum(l.quantity * l.unit_price_minor), 0) FROM order_line l WHERE l.order_id = o.id)
        - o.discount_minor AS expected,
    o.total_minor AS found
FROM orders o WHERE found <> expected
""",
    "discount": """
SELECT o.id, o.customer_id,
    (SELECT coalesce(sum(l.discount_minor), 0) FROM order_line l WHERE l.order_id = o.id) AS expected,
    o.discount_minor AS found
FROM orders o WHERE found <> expected
""",
    "coupon": """
SELECT o.id, o.customer_id, o.discount_minor > 0 AS expected,
    (SELECT count(*) FROM coupon_use u WHERE u.order_id = o.id AND u.customer_id = o.customer_id) AS found
FROM orders o WHERE found <> expected
""",
    "purchase": """
SELECT o.id, o.customer_id, o.total_minor AS expected, coalesce(-e.amount_minor, 0) AS found
FROM orders o
LEFT JOIN ledger_entry e ON e.key = 'order:' || o.id AND e.kind = 'purchase' AND e.customer_id = o.customer_id
WHERE found <> expected
""",
    "purchase_entry": """
SELECT e.id, e.customer_id, 0, -e.amount_minor FROM ledger_entry e WHERE e.kind = 'purchase' AND NOT EXISTS (
    SELECT 1 FROM orders o
    WHERE o.id = CAST(substr(e.key, length('order:') + 1) AS INTEGER) AND e.key = 'order:' || o.id
    AND o.customer_id = e.customer_id
)
""",
    # A refund is on record, and goes to the customer who paid for its line.
    "refund": """
SELECT e.id, e.customer_id, iif(o.id IS NULL, 0, coalesce(r.amount_minor, 0)) AS expected, e.amount_minor AS found
FROM ledger_entry e
LEFT JOIN refund r ON r.order_line_id = CAST(substr(e.key, length('refund:') + 1) AS INTEGER)
    AND e.key = 'refund:' || r.order_line_id || iif(r.before_minor = 0, '', ':' || r.before_minor)
LEFT JOIN order_line l ON l.id = r.order_line_id
LEFT JOIN orders o ON o.id = l.order_id AND o.customer_id = e.customer_id
WHERE e.kind = 'refund' AND found <> expected
""",
    # The refunds of a line return at most what was paid for it.
    "refund_sum": """
SELECT l.id, o.customer_id, l.quantity * l.unit_price_minor - l.discount_minor AS expected,
    sum(r.amount_minor) AS found
FROM refund r
JOIN order_line l ON l.id = r.order_line_id
JOIN orders o ON o.id = l.order_id
GROUP BY l.id HAVING found > expected
""",
    "refund_record": """
SELECT r.order_line_id, o.customer_id, r.amount_minor AS expected, coalesce(e.amount_minor, 0) AS found
FROM refund r
LEFT JOIN order_line l ON l.id = r.order_line_id
LEFT JOIN orders o ON o.id = l.order_id
LEFT JOIN ledger_entry e ON e.kind = 'refund'
    AND e.key = 'refund:' || r.order_line_id || iif(r.before_minor = 0, '', ':' || r.before_minor)
WHERE found <> expected
""",
    "adjustment": """
SELECT e.id, e.customer_id, coalesce(a.amount_minor, 0) AS expected, e.amount_minor AS found
FROM ledger_entry e
LEFT JOIN adjustment a
    ON a.id = CAST(substr(e.key, length('adjustment:') + 1) AS INTEGER) AND e.key = 'adjustment:' || a.id
    AND a.customer_id = e.customer_id
WHERE e.kind = 'adjustment' AND found <> expected
""",
    # A moved balance is on record, and changed the balance by that amount.
    "moved_in": """
SELECT e.id, e.customer_id, coalesce(b.amount_minor, 0) AS expected, e.amount_minor AS found
FROM ledger_entry e
LEFT JOIN moved_balance b
    ON b.id = CAST(substr(e.key, length('moved_in:') + 1) AS INTEGER) AND e.key = 'moved_in:' || b.id
    AND b.customer_id = e.customer_id
WHERE e.kind = 'moved_in' AND found <> expected
""",
    # A waived amount is on record, and so is the part of it that a refund deducted.
    "tolerance": """
SELECT e.id, e.customer_id, iif(o.id IS NULL, 0, t.amount_minor) AS expected, e.amount_minor AS found
FROM ledger_entry e
LEFT JOIN tolerance t
    ON t.id = CAST(substr(e.key, length('tolerance:') + 1) AS INTEGER) AND e.key = 'tolerance:' || t.id
LEFT JOIN orders o ON o.id = t.order_id AND o.customer_id = e.customer_id
WHERE e.kind = 'tolerance' AND found <> expected
""",
    "tolerance_record": """
SELECT t.order_id, o.customer_id, t.amount_minor AS expected, coalesce(e.amount_minor, 0) AS found
FROM tolerance t
LEFT JOIN orders o ON o.id = t.order_id
LEFT JOIN ledger_entry e ON e.key = 'tolerance:' || t.id AND e.kind = 'tolerance'
WHERE found <> expected
""",
    # The bonuses for a deposit: for the customer who made it, and for their referrer.
    "referral": """
SELECT b.id, b.customer_id, b.referral_minor AS expected, coalesce(e.amount_minor, 0) AS found FROM referral_bonus b
LEFT JOIN ledger_entry e
    ON e.key = 'referral:' || b.deposit_key AND e.kind = 'referral_bonus' AND e.customer_id = b.customer_id
WHERE found <> expected
""",
    "referrer": """
SELECT b.id, b.referrer_id, b.referrer_minor AS expected, coalesce(e.amount_minor, 0) AS found FROM referral_bonus b
LEFT JOIN ledger_entry e
    ON e.key = 'referrer:' || b.deposit_key AND e.kind = 'referrer_bonus' AND e.customer_id = b.referrer_id
WHERE found <> expected
""",
    "bonus_entry": """
SELECT e.id, e.customer_id, 0, e.amount_minor FROM ledger_entry e
WHERE e.kind IN ('referral_bonus', 'referrer_bonus') AND NOT EXISTS (
    SELECT 1 FROM referral_bonus b WHERE b.deposit_key = substr(e.key, length('referral:') + 1)
    AND e.customer_id = iif(e.kind = 'referral_bonus', b.customer_id, b.referrer_id)
)
""",
    # Items for sale, reserved and sold, and items delivered for each line that has items of its own.
    "stock": """
SELECT p.id, NULL,
    (SELECT count(*) FROM stock_item s WHERE s.product_id = p.id AND s.order_line_id IS NULL
        AND s.id NOT IN (SELECT item_id FROM unborn_item)) AS expected,
    p.stock_count AS found
FROM product p WHERE found <> expected
""",
    # Items in two products, or twice in one, sold or not, unless an admin allowed them to be sold again.
    "twice": """
SELECT s.product_id, NULL, 0, count(*) FROM stock_item s WHERE s.again_by IS NULL AND EXISTS (
    SELECT 1 FROM stock_item o WHERE o.fingerprint = s.fingerprint AND o.occurrence < s.occurrence
) GROUP BY s.product_id
""",
    "reserved": """
SELECT p.id, NULL, (SELECT coalesce(sum(r.quantity), 0) FROM reserved_stock r WHERE r.product_id = p.id) AS expected,
    p.reserved_count AS found
FROM product p WHERE found <> expected
""",
    "sales": """
SELECT p.id, NULL, coalesce(l.units, 0) AS expected, p.sold_count AS found FROM product p
LEFT JOIN (SELECT product_id, sum(quantity) AS units FROM order_line GROUP BY product_id) l ON l.product_id = p.id
WHERE found <> expected
""",
    "units": """
SELECT l.id, o.customer_id, l.quantity AS expected,
    (
        SELECT count(*) FROM stock_item s WHERE s.order_line_id = l.id
        AND NOT EXISTS (SELECT 1 FROM replacement r WHERE r.faulty_item_id = s.id)
    ) AS found
FROM order_line l JOIN orders o ON o.id = l.order_id
WHERE l.deliverable IN ('unique_text', 'unique_file') AND found <> expected
""",
    # Swept coins come from a deposit that still counts: the same output, or one of the same coin at the same address.
    "swept": """
SELECT i.id, a.customer_id, 1 AS expected,
    (
        SELECT count(*) > 0 FROM deposit d WHERE d.address_id = i.address_id AND d.asset = i.asset
        AND d.state IN ('credited', 'dust')
        AND (i.place = '' OR (d.txid || ':' || d.output_index = i.place AND d.units = i.units))
    ) AS found
FROM sweep_input i JOIN deposit_address a ON a.id = i.address_id WHERE i.live = 1 AND found <> expected
""",
    "kind": """
SELECT e.id, e.customer_id, 0, e.amount_minor FROM ledger_entry e
WHERE e.kind NOT IN (
    'deposit', 'purchase', 'refund', 'adjustment', 'referral_bonus', 'referrer_bonus', 'moved_in', 'star_refund',
    'chargeback', 'tolerance'
)
""",
}
"""For each kind of difference, the query that finds it: (row id, customer, expected, found)."""

AT_ONCE: dict[tuple[str, ...], str] = {
    ("order", "discount"): """
SELECT count(*) FROM (
    SELECT o.id FROM orders o LEFT JOIN order_line l ON l.order_id = o.id GROUP BY o.id
    HAVING o.total_minor <> coalesce(sum(l.quantity * l.unit_price_minor), 0) - o.discount_minor
    OR o.discount_minor <> coalesce(sum(l.discount_minor), 0)
)
""",
    # Keys are unique: if each order has its entry, and there are as many entries as orders, each entry has its order.
    ("purchase", "purchase_entry"): """
SELECT coalesce(sum(coalesce(-e.amount_minor, 0) <> o.total_minor), 0)
    + abs(count(e.id) - (SELECT count(*) FROM ledger_entry WHERE kind = 'purchase'))
FROM orders o
LEFT JOIN ledger_entry e ON e.key = 'order:' || o.id AND e.kind = 'purchase' AND e.customer_id = o.customer_id
""",
}
"""For groups of checks, one query that returns zero if none of them would find a difference, which saves running
them.
"""

_LOOKED_AT = ("customer", "ledger_entry", "deposit", "invoice", "orders", "order_line", "referral_bonus", "product")
COUNT = " UNION ALL ".join(f"SELECT count(*) FROM {table}" for table in (*_LOOKED_AT, "stock_item", "sweep_input"))  # noqa: S608


def count_rows() -> int:
    """Count the rows that the checks look at."""
    return sum(count for (count,) in LedgerEntry.raw(COUNT).tuples())


def differences(kind: str, *, most: int) -> tuple[list[Any], int]:
    """Find the differences of one check: the first as (subject, customer, expected, found), and how many there
    are.
    """
    rows = iter(LedgerEntry.raw(CHECKS[kind]).tuples().iterator())
    named = list(islice(rows, most))
    return named, len(named) + sum(1 for _ in rows)


def all_differences(*, most: int) -> dict[str, tuple[list[Any], int]]:
    """Find the differences of all checks, as `differences` does."""
    clear = [kind for kinds, sql in AT_ONCE.items() if _finds_nothing(sql) for kind in kinds]
    return {kind: ([], 0) if kind in clear else differences(kind, most=most) for kind in CHECKS}


def _finds_nothing(sql: str) -> bool:
    [(count,)] = LedgerEntry.raw(sql).tuples()
    return bool(count == 0)


class Reconciliation(Numbered):
    """One run over all the books. Kept permanently."""

    asked_by = IntegerField(null=True)
    checked = IntegerField()
    differing = IntegerField()
    created_at = IntegerField()

    @classmethod
    def last(cls) -> Self | None:
        """Find the latest run."""
        return cls.select().order_by(cls.id.desc()).first()


class Difference(Numbered):
    """A difference between two records. The same finding is one row, however often it is found."""

    kind = TextField()
    subject = IntegerField()
    customer_id = IntegerField(null=True)
    expected = IntegerField()
    found = IntegerField()
    first_id = IntegerField()
    last_id = IntegerField()

    class Meta:
        indexes = ((("kind", "subject", "expected", "found"), True),)

    @classmethod
    def note(cls, look_id: int, kind: str, row: tuple[int, int | None, int, int]) -> bool:
        """Record a finding of a run; return whether it is new."""
        subject, customer_id, expected, found = row
        same = {"kind": kind, "subject": subject, "expected": expected, "found": found}
        known = cls.get_or_none(**same)
        if known is None:
            cls.create(customer_id=customer_id, first_id=look_id, last_id=look_id, **same)
        else:
            cls.update(last_id=look_id).where(cls.id == known.id).execute()
        return known is None

    @classmethod
    def of(cls, look_id: int, *, limit: int) -> list[Self]:
        """List the findings of a run."""
        return list(cls.select().where(cls.last_id == look_id).order_by(cls.id).limit(limit))

    @classmethod
    def first_found_by(cls, look_id: int) -> list[Self]:
        """List the findings that this run was the first to make."""
        return list(cls.select().where(cls.first_id == look_id).order_by(cls.id))
