"""Payments in Telegram Stars: bills that customers were sent, what was paid, and Telegram's own list."""

from dataclasses import dataclass
from typing import Any, Self

from peewee import ForeignKeyField, IntegerField, TextField, fn

from storage.models.base import Base, Numbered
from storage.models.catalog import Product
from storage.models.customers import Customer

NANO = 10**9
"""Nanostars in a Star: Telegram counts whole Stars and billionths (Bot API, “StarAmount”)."""
_ASKED = """
SELECT payer.id, coalesce(payer.banned, 0), payer.language, b.customer_id, b.stars, b.expires_at,
    EXISTS (SELECT 1 FROM star_payment p WHERE p.bill_id = b.id) AS paid,
    EXISTS (
        SELECT 1 FROM offer o, json_each(o.lines) line
        JOIN product ON product.id = json_extract(line.value, '$[0]')
        WHERE o.id = b.offer_id AND NOT EXISTS (SELECT 1 FROM orders WHERE orders.key = 'offer:' || o.id)
        AND (product.hidden = 1 OR (
            product.deliverable IN ('unique_text', 'unique_file')
            AND product.stock_count - product.reserved_count + coalesce((
                SELECT sum(r.quantity) FROM reserved_stock r
                JOIN reservation k ON k.customer_id = r.customer_id
                WHERE r.product_id = product.id AND (r.customer_id = b.customer_id OR k.expires_at <= :now)
            ), 0) < json_extract(line.value, '$[1]')
        ))
    ) AS gone,
    coalesce((
        SELECT sum(p.stars) FROM star_payment p
        WHERE p.customer_id = payer.id AND p.paid_at > :since AND p.paid_at <= :until
    ), 0)
FROM (SELECT 1)
LEFT JOIN customer payer ON payer.telegram_id = :telegram_id
LEFT JOIN star_bill b ON b.reference = :reference
"""


@dataclass(frozen=True, slots=True)
class AskedBill:
    """A bill and its would-be payer, from a single read.

    `payer_id` is None for a stranger, `customer_id` (whose bill it is) and `stars` for an unknown bill. `spent` are
    the Stars that the payer paid within a day. `gone`: the goods that it is for are no longer available.
    """

    payer_id: int | None
    banned: bool
    language: str | None
    customer_id: int | None
    stars: int | None
    expires_at: int
    paid: bool
    gone: bool
    spent: int


class StarBill(Numbered):
    """A bill sent to a customer: a number of Stars for an amount of balance, perhaps for the waiting offer."""

    customer = ForeignKeyField(Customer)
    customer_id: int
    reference = TextField(unique=True)
    fiat_minor = IntegerField()
    stars = IntegerField()
    offer_id = IntegerField(null=True)
    created_at = IntegerField()
    expires_at = IntegerField()

    @classmethod
    def asked(cls, reference: str, telegram_id: int, now: int, *, today: tuple[int, int]) -> AskedBill:
        """Read everything that decides whether a bill may be paid, in one query."""
        since, until = today
        values = {"reference": reference, "telegram_id": telegram_id, "now": now, "since": since, "until": until}
        row = cls._meta.database.execute_sql(_ASKED, values).fetchone()
        payer_id, banned, language, customer_id, stars, expires_at, paid, gone, spent = row
        return AskedBill(
            payer_id, bool(banned), language, customer_id, stars, expires_at or 0, bool(paid), bool(gone), spent
        )

    @classmethod
    def open_for(
        cls, customer_id: int, fiat_minor: int, stars: int, offer_id: int | None, *, until: int
    ) -> Self | None:
        """Find an unpaid bill for the same that can be paid at least until a moment."""
        same = "customer_id = ? AND fiat_minor = ? AND stars = ? AND offer_id IS ? AND expires_at >= ?"
        unpaid = "NOT EXISTS (SELECT 1 FROM star_payment WHERE bill_id = star_bill.id)"
        return cls.one_by(f"{same} AND {unpaid} ORDER BY id DESC", customer_id, fiat_minor, stars, offer_id, until)

    @classmethod
    def find(cls, reference: str) -> Self | None:
        """Find a bill by the payload that Telegram returns."""
        return cls.one_by("reference = ?", reference)

    @classmethod
    def forget_before(cls, moment: int) -> int:
        """Drop the unpaid bills from before `moment`; return how many."""
        paid = StarPayment.select(StarPayment.bill).where(StarPayment.bill.is_null(False))
        return cls.delete().where(cls.created_at < moment, cls.id.not_in(paid)).execute()


class StarPayment(Numbered):
    """A payment, by the id of its charge, and whether it has been returned since.

    `refund_to`: the Telegram id that a refund under way goes to; the database keeps it no longer than that.
    """

    charge_id = TextField(unique=True)
    customer = ForeignKeyField(Customer)
    customer_id: int
    bill = ForeignKeyField(StarBill, null=True)
    bill_id: int | None
    stars = IntegerField()
    credited_minor = IntegerField()
    state = TextField()
    attempt = IntegerField(default=0)
    refund_to = IntegerField(null=True)
    paid_at = IntegerField()
    changed_at = IntegerField()
    ledger_key = TextField(unique=True)

    @property
    def key(self) -> str:
        """The unique name of this money in the ledger, which the database writes from the charge."""
        return f"stars:{self.charge_id}"

    @classmethod
    def find(cls, charge_id: str) -> Self | None:
        """Find a payment by its charge."""
        return cls.one_by("charge_id = ?", charge_id)

    @classmethod
    def of_bill(cls, bill_id: int) -> int:
        """Count the payments of a bill."""
        counted = cls._meta.database.execute_sql("SELECT count(*) FROM star_payment WHERE bill_id = ?", (bill_id,))
        return int(counted.fetchone()[0])

    @classmethod
    def spent(cls, customer_id: int, *, within: tuple[int, int]) -> int:
        """Add up the Stars that a customer paid within a span."""
        mine = (cls.customer == customer_id, cls.paid_at > within[0], cls.paid_at <= within[1])
        return int(cls.select(fn.SUM(cls.stars)).where(*mine).scalar() or 0)

    @classmethod
    def page(cls, *, start: int, count: int) -> list[Self]:
        """List payments, newest first."""
        return list(cls.select().order_by(cls.id.desc()).offset(start).limit(count))

    @classmethod
    def count(cls) -> int:
        """Count all payments."""
        return cls.select(fn.COUNT(cls.id)).scalar()

    @classmethod
    def on_their_way_back(cls) -> list[tuple[int, str, int]]:
        """List the refunds that Telegram has not answered yet, oldest first: payment, charge, whom they go to."""
        sql = "SELECT id, charge_id, refund_to FROM star_payment WHERE state = 'refunding' ORDER BY id"
        return list(cls._meta.database.execute_sql(sql).fetchall())

    @classmethod
    def change(cls, payment_id: int, **columns: object) -> None:
        """Write the named columns of one payment, and no others."""
        cls.update(**columns).where(cls.id == payment_id).execute()

    @classmethod
    def money_of(cls, customer_id: int) -> int:
        """Return how much of a balance came from Stars, in minor units.

        Goods that took Stars when they were ordered count as paid for with that part first, all others with the
        rest. When an order is refunded, that part gets back its share.
        """
        part, paid_with = 0, dict[int, int]()
        for row in cls._meta.database.execute_sql(_MONEY, (customer_id,)).fetchall():
            kind, key, amount, balance, order_id, by_stars = row
            before = part
            if key.startswith("stars") or by_stars:
                part += amount
            elif kind == "refund":
                part += min(amount, paid_with.get(order_id, 0))
            part = max(0, min(part, balance))
            if order_id is not None:
                paid_with[order_id] = paid_with.get(order_id, 0) + before - part
        return part

    @classmethod
    def spendable(cls, customer_id: int, product_ids: list[int]) -> int:
        """Return how much of a balance can pay for these products, in minor units: without what came from Stars, if
        any of them take none.
        """
        balance = Customer.balance_of(customer_id)
        return balance if Product.without_stars(product_ids) is None else balance - cls.money_of(customer_id)


_MONEY = """
SELECT e.kind, e.key, e.amount_minor, e.balance_minor, o.id, e.kind = 'purchase' AND NOT EXISTS (
    SELECT 1 FROM order_line l WHERE l.order_id = o.id AND l.by_stars = 0
)
FROM ledger_entry e
LEFT JOIN orders o ON o.id = CASE e.kind
    WHEN 'purchase' THEN CAST(substr(e.key, length('order:') + 1) AS INTEGER)
    WHEN 'refund' THEN (
        SELECT l.order_id FROM order_line l WHERE l.id = CAST(substr(e.key, length('refund:') + 1) AS INTEGER)
    ) END
WHERE e.customer_id = ? ORDER BY e.id
"""


class HeldStar(Base):
    """A payment that waits for a price of Stars, by the id of its charge. Crediting it removes it."""

    charge_id = TextField(primary_key=True)
    customer = ForeignKeyField(Customer)
    customer_id: int

    @classmethod
    def customer_of(cls, charge_id: str) -> int | None:
        """Return whose payment it is; None if it is not held."""
        found: int | None = cls.value_by("customer_id", "charge_id = ?", charge_id)
        return found

    @classmethod
    def keep(cls, charge_id: str, customer_id: int) -> None:
        """Hold a payment; the first customer stays its customer. Needs a transaction."""
        cls.run("INSERT OR IGNORE INTO held_star (charge_id, customer_id) VALUES (?, ?)", charge_id, customer_id)

    @classmethod
    def let_go(cls, charge_id: str) -> None:
        """Forget a payment that Telegram returned to its payer: nobody is owed anything."""
        cls.run("DELETE FROM held_star WHERE charge_id = ?", charge_id)

    @classmethod
    def count_of(cls, customer_id: int) -> int:
        """Count a customer's."""
        return int(cls.value_by("count(*)", "customer_id = ?", customer_id))


class StarTransaction(Numbered):
    """A row of Telegram's list. A refund has the id of its payment, so an id alone names two rows."""

    transaction_id = TextField()
    incoming = IntegerField()
    kind = TextField()
    nanostars = IntegerField()
    made_at = IntegerField()

    @classmethod
    def is_known(cls, transaction_id: str, incoming: bool) -> bool:
        """Return whether a row was kept before."""
        return cls.one_by("transaction_id = ? AND incoming = ?", transaction_id, int(incoming)) is not None

    @classmethod
    def note(cls, rows: list[dict[str, Any]]) -> None:
        """Keep rows, each once. Needs a transaction."""
        for row in rows:
            if not cls.is_known(row["transaction_id"], row["incoming"]):
                cls.insert_row(**row)

    @classmethod
    def count(cls) -> int:
        """Count the rows."""
        return cls.select(fn.COUNT(cls.id)).scalar()
