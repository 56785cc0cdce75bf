"""Lists of all orders, for admins: by what remains to be done, and by their contents."""

from storage.models.base import Base
from storage.models.orders import NOT_REFUNDED
from storage.models.period_sums import PeriodSum

TO_MAKE = f"""
FROM order_line l WHERE l.deliverable = 'made_to_order'
AND NOT EXISTS (SELECT 1 FROM made_item m WHERE m.order_line_id = l.id) AND {NOT_REFUNDED}
"""  # noqa: S608
_LISTS = {
    "all": ("SELECT o.id FROM orders o", "DESC"),
    "make": (f"SELECT DISTINCT l.order_id AS id {TO_MAKE}", "ASC"),
    "back": ("SELECT DISTINCT l.order_id AS id FROM refund r JOIN order_line l ON l.id = r.order_line_id", "DESC"),
}
"""Each list's query, and its order: DESC has the newest first."""
# `?1` is a folded text. instr takes no patterns, so no character in it is special.
_FOUND = """
SELECT o.id FROM orders o JOIN customer c ON c.id = o.customer_id
WHERE instr(casefold(c.first_name), ?1) OR casefold(coalesce(c.username, '')) = ?1 OR ('' || c.telegram_id) = ?1
UNION SELECT l.order_id FROM order_line l WHERE instr(casefold(l.product_name), ?1)
"""
_WITH_GOODS = """
SELECT l.order_id AS id FROM stock_item s JOIN order_line l ON l.id = s.order_line_id
WHERE instr(casefold(s.content), ?1)
UNION SELECT l.order_id FROM made_item m JOIN order_line l ON l.id = m.order_line_id
WHERE instr(casefold(m.content), ?1)
UNION SELECT l.order_id FROM shared_item i JOIN order_line l ON l.shared_item_id = i.id
WHERE instr(casefold(i.content), ?1)
ORDER BY 1 DESC
"""


def ids(which: str, *, start: int, size: int) -> list[int]:
    """List some orders of a list; a `size` of -1 lists all the rest."""
    orders, way = _LISTS[which]
    return _numbers(f"SELECT id FROM ({orders}) ORDER BY id {way} LIMIT ? OFFSET ?", size, start)  # noqa: S608


def count(which: str) -> int:
    """Count the orders of a list."""
    if which == "all":
        return PeriodSum.count_ever("order")
    return _numbers(f"SELECT count(*) FROM ({_LISTS[which][0]})")[0]  # noqa: S608


def count_to_make() -> int:
    """Count the order lines that were paid for, are not refunded, and are still to be made."""
    return _numbers(f"SELECT count(*) {TO_MAKE}")[0]


def found(words: str, *, start: int, size: int) -> list[int]:
    """List some of the orders whose customer or product has these folded words, newest first."""
    return _numbers(f"SELECT id FROM ({_FOUND}) ORDER BY id DESC LIMIT ?2 OFFSET ?3", words, size, start)  # noqa: S608


def count_found(words: str) -> int:
    """Count the orders whose customer or product has these folded words."""
    return _numbers(f"SELECT count(*) FROM ({_FOUND})", words)[0]  # noqa: S608


def with_goods(fragment: str) -> list[int]:
    """List the orders that were delivered a text with this folded fragment, newest first."""
    return _numbers(_WITH_GOODS, fragment)


def _numbers(sql: str, *values: object) -> list[int]:
    return [int(number) for (number,) in Base._meta.database.execute_sql(sql, values).fetchall()]
