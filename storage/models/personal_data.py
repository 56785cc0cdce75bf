"""Where personal data is: what a person's export contains, and what happens to the data when they are forgotten.

Each statement takes `:customer`, the customer's number, `:telegram`, their Telegram id, and `:pseudonym`, the number
that replaces it. A test compares both tables with the schema.
"""

from dataclasses import dataclass
from typing import Any

from storage.models.base import Base
from storage.models.order_lists import TO_MAKE

_AS_CUSTOMER = "a.subject = 'customer ' || t.account"
_AS_ADMIN = (
    "(a.action LIKE 'role.%' OR a.action LIKE 'factor.%')"
    " AND (a.subject = '' || t.account OR a.subject LIKE '%(' || t.account || ')')"
)


def _about(named: str, *, or_before: str = "0") -> str:
    """Write the query for the numbers of the entries of the audit log that are about a person.

    An entry `a` names a Telegram account `t`, and is about the person who had it then: as the first later move `m`
    shows, the customer who left the account, or the one who had it before a customer came; without a move, whoever
    has it now. `or_before`: which entries from before a customer came count, too.
    """
    return f"""
        SELECT a.id FROM (
            SELECT :telegram AS account
            UNION SELECT from_telegram_id FROM account_move WHERE customer_id = :customer
            UNION SELECT to_telegram_id FROM account_move WHERE vacated_id = :customer
        ) t CROSS JOIN audit_entry a WHERE ({named}) AND coalesce((
            SELECT iif(
                m.from_telegram_id = t.account, m.customer_id = :customer, m.vacated_id IS :customer OR {or_before}
            )
            FROM account_move m
            WHERE (m.from_telegram_id = t.account AND m.created_at >= a.created_at)
            OR (m.to_telegram_id = t.account AND m.created_at > a.created_at) ORDER BY m.id LIMIT 1
        ), t.account = :telegram)
    """  # noqa: S608


_TO_READ = _about(_AS_CUSTOMER)
_TO_ERASE = _about(f"{_AS_CUSTOMER} OR {_AS_ADMIN}", or_before="m.customer_id = :customer")
"""Entries from before the customer came to an account are erased, too: the account they name is the customer's."""


@dataclass(frozen=True, slots=True)
class Export:
    """A list in a person's export: the heading it stands under, its name, and the query."""

    heading: str
    name: str
    sql: str


EXPORTS: tuple[Export, ...] = (
    Export(
        "account",
        "account",
        "SELECT id AS number, telegram_id, first_name, username, language, balance_minor, banned, announcements,"
        " created_at FROM customer WHERE id = :customer",
    ),
    Export("account", "deletion", "SELECT asked_at, due_at FROM deletion_request WHERE customer_id = :customer"),
    Export("account", "exports", "SELECT sent_at FROM data_export WHERE customer_id = :customer"),
    Export("account", "bots", "SELECT bot_id AS bot FROM bot_visit WHERE customer_id = :customer"),
    Export("account", "dialog", "SELECT step, answers, updated_at FROM conversation WHERE chat_id = :telegram"),
    Export(
        "consents",
        "consents",
        "SELECT offer_id AS offer, version, language, created_at FROM consent WHERE customer_id = :customer",
    ),
    Export(
        "purchases",
        "orders",
        "SELECT id AS number, total_minor, discount_minor, note, created_at FROM orders"
        " WHERE customer_id = :customer",
    ),
    Export(
        "purchases",
        "lines",
        'SELECT l.order_id AS "order", l.product_name AS product, l.quantity, l.unit_price_minor, l.discount_minor'
        " FROM order_line l JOIN orders o ON o.id = l.order_id WHERE o.customer_id = :customer",
    ),
    Export(
        "purchases",
        "delivered",
        'SELECT l.order_id AS "order", l.product_name AS product, s.content FROM stock_item s'
        " JOIN order_line l ON l.id = s.order_line_id JOIN orders o ON o.id = l.order_id"
        " WHERE o.customer_id = :customer",
    ),
    Export(
        "purchases",
        "made",
        'SELECT l.order_id AS "order", l.product_name AS product, m.content, m.created_at FROM made_item m'
        " JOIN order_line l ON l.id = m.order_line_id JOIN orders o ON o.id = l.order_id"
        " WHERE o.customer_id = :customer",
    ),
    Export(
        "purchases",
        "refunds",
        'SELECT l.order_id AS "order", l.product_name AS product, r.amount_minor, r.created_at FROM refund r'
        " JOIN order_line l ON l.id = r.order_line_id JOIN orders o ON o.id = l.order_id"
        " WHERE o.customer_id = :customer",
    ),
    Export(
        "purchases",
        "coupons",
        'SELECT c.code, u.order_id AS "order", u.created_at FROM coupon_use u JOIN coupon c ON c.id = u.coupon_id'
        " WHERE u.customer_id = :customer",
    ),
    Export(
        "purchases",
        "counted",
        "SELECT days, ago, purchases FROM recent_buyer WHERE days IN (7, 30) AND ago IN (0, 1)"
        " AND customer_id = :customer",
    ),
    Export(
        "balance",
        "movements",
        "SELECT kind, amount_minor, balance_minor, created_at FROM ledger_entry WHERE customer_id = :customer",
    ),
    Export(
        "balance",
        "adjustments",
        "SELECT amount_minor, reason, created_at FROM adjustment WHERE customer_id = :customer",
    ),
    Export(
        "payments",
        "addresses",
        "SELECT chain, address, created_at FROM deposit_address WHERE customer_id = :customer",
    ),
    Export(
        "payments",
        "deposits",
        "SELECT chain, txid, asset, units, state, rate, credited_minor, seen_at FROM deposit"
        " WHERE customer_id = :customer",
    ),
    Export(
        "payments",
        "invoices",
        "SELECT provider, number, asset, address, fiat_minor, units, state, created_at FROM invoice"
        " WHERE customer_id = :customer",
    ),
    Export(
        "payments",
        "star_bills",
        "SELECT fiat_minor, stars, created_at, expires_at FROM star_bill WHERE customer_id = :customer",
    ),
    Export(
        "payments",
        "stars",
        "SELECT charge_id, stars, credited_minor, state, paid_at FROM star_payment WHERE customer_id = :customer",
    ),
    Export("payments", "held_stars", "SELECT charge_id FROM held_star WHERE customer_id = :customer"),
    Export(
        "payments", "rates", "SELECT asset, asked_minor, rate, created_at FROM top_up WHERE customer_id = :customer"
    ),
    Export("payments", "screen", "SELECT message_id, shown_at FROM top_up_screen WHERE customer_id = :customer"),
    Export("payments", "wallet", "SELECT created_at FROM sealed_wallet WHERE customer_id = :customer"),
    Export("payments", "moved_wallet", "SELECT created_at FROM moved_wallet WHERE customer_id = :customer"),
    Export(
        "payments",
        "moved_balance",
        "SELECT amount_minor, created_at FROM moved_balance WHERE customer_id = :customer",
    ),
    Export(
        "payments",
        "moved_deposits",
        "SELECT chain, txid, asset, units, fiat_minor, created_at FROM moved_deposit WHERE customer_id = :customer",
    ),
    Export(
        "cart",
        "cart",
        "SELECT p.name AS product, i.quantity FROM cart_item i JOIN product p ON p.id = i.product_id"
        " WHERE i.customer_id = :customer",
    ),
    Export("cart", "offers", "SELECT id AS number, total_minor, created_at FROM offer WHERE customer_id = :customer"),
    Export(
        "cart", "waiting", "SELECT offer_id AS offer, created_at FROM waiting_offer WHERE customer_id = :customer"
    ),
    Export("cart", "reserved", "SELECT expires_at FROM reservation WHERE customer_id = :customer"),
    Export("cart", "reserved_units", "SELECT product_id, quantity FROM reserved_stock WHERE customer_id = :customer"),
    Export("cart", "turns", "SELECT ends_at FROM reservation_turn WHERE customer_id = :customer"),
    Export(
        "cart",
        "coupon",
        "SELECT c.code, h.created_at FROM chosen_coupon h JOIN coupon c ON c.id = h.coupon_id"
        " WHERE h.customer_id = :customer",
    ),
    Export("cart", "searches", "SELECT words, created_at FROM search WHERE customer_id = :customer"),
    Export(
        "cart",
        "wishes",
        "SELECT p.name AS product, w.created_at FROM restock_wish w JOIN product p ON p.id = w.product_id"
        " WHERE w.customer_id = :customer",
    ),
    Export(
        "reviews",
        "reviews",
        "SELECT p.name AS product, r.stars, r.text, r.created_at FROM review r JOIN product p ON p.id = r.product_id"
        " WHERE r.customer_id = :customer",
    ),
    Export("tickets", "tickets", "SELECT id AS number, state, created_at FROM ticket WHERE customer_id = :customer"),
    Export(
        "tickets",
        "messages",
        "SELECT m.ticket_id AS ticket, m.from_shop, m.text, m.created_at FROM ticket_message m"
        " JOIN ticket t ON t.id = m.ticket_id WHERE t.customer_id = :customer",
    ),
    Export(
        "tickets",
        "files",
        "SELECT m.ticket_id AS ticket, f.kind, f.size_bytes, m.created_at FROM ticket_file f"
        " JOIN ticket_message m ON m.id = f.message_id JOIN ticket t ON t.id = m.ticket_id"
        " WHERE t.customer_id = :customer",
    ),
    Export(
        "tickets",
        "edits",
        "SELECT m.ticket_id AS ticket, e.text, e.edited_at FROM ticket_edit e"
        " JOIN ticket_message m ON m.id = e.message_id JOIN ticket t ON t.id = m.ticket_id"
        " WHERE t.customer_id = :customer",
    ),
    Export("invitations", "link", "SELECT code, created_at FROM referral_code WHERE customer_id = :customer"),
    Export("invitations", "joined", "SELECT created_at FROM referral WHERE customer_id = :customer"),
    Export("invitations", "invited", "SELECT created_at FROM referral WHERE referrer_id = :customer"),
    Export(
        "invitations",
        "bonuses",
        "SELECT referral_minor, created_at FROM referral_bonus WHERE customer_id = :customer",
    ),
    Export(
        "invitations",
        "rewards",
        "SELECT referrer_minor, created_at FROM referral_bonus WHERE referrer_id = :customer",
    ),
    Export(
        "messages",
        "messages",  # what a person was told as an admin is about others
        "SELECT kind, payload, created_at, sent_at FROM outbox WHERE telegram_id = :telegram"
        " AND kind NOT GLOB 'admin_*'",
    ),
    Export(
        "messages",
        "announcements",
        "SELECT announcement_id AS announcement, state FROM announcement_recipient WHERE customer_id = :customer",
    ),
    Export(
        "notes",
        "notes",
        f"SELECT action, details, created_at FROM audit_entry WHERE id IN ({_TO_READ})",  # noqa: S608
    ),
    Export("notes", "team_notes", "SELECT text, created_at FROM customer_note WHERE customer_id = :customer"),
    Export(
        "account",
        "moves",
        "SELECT from_telegram_id, to_telegram_id, created_at FROM account_move WHERE customer_id = :customer",
    ),
    Export("notes", "differences", "SELECT kind, expected, found FROM difference WHERE customer_id = :customer"),
)
"""The personal data that a person can export."""

ERASURES: tuple[str, ...] = (
    "UPDATE customer SET telegram_id = :pseudonym, username = NULL, first_name = '–', reachable = 0,"
    " announcements = 0 WHERE id = :customer",
    f"UPDATE audit_entry SET subject = 'customer ' || :pseudonym, details = '{{}}' WHERE id IN ({_TO_ERASE})",  # noqa: S608
    # The others' moves say whom earlier entries of the audit log are about, and who paid in Stars.
    "UPDATE account_move SET vacated_id = NULL WHERE vacated_id = :customer",
    "DELETE FROM account_move WHERE customer_id = :customer",
    "DELETE FROM customer_note WHERE customer_id = :customer",
    "UPDATE orders SET note = '' WHERE customer_id = :customer",
    "UPDATE adjustment SET reason = '–' WHERE customer_id = :customer",
    "UPDATE review SET text = '' WHERE customer_id = :customer",
    "DELETE FROM outbox WHERE kind = 'admin_ticket_closed' AND json_extract(payload, '$.ticket_id') IN"
    " (SELECT id FROM ticket WHERE customer_id = :customer)",
    "DELETE FROM outbox WHERE kind = 'admin_ticket' AND json_extract(payload, '$.message_id') IN"
    " (SELECT m.id FROM ticket_message m JOIN ticket t ON t.id = m.ticket_id WHERE t.customer_id = :customer)",
    "DELETE FROM ticket_message WHERE ticket_id IN (SELECT id FROM ticket WHERE customer_id = :customer)",
    "DELETE FROM ticket WHERE customer_id = :customer",
    "DELETE FROM outbox WHERE telegram_id = :telegram",
    "DELETE FROM conversation WHERE chat_id = :telegram",
    "DELETE FROM top_up_screen WHERE customer_id = :customer",
    "DELETE FROM waiting_offer WHERE customer_id = :customer",
    "DELETE FROM offer WHERE customer_id = :customer",
    "DELETE FROM reservation_turn WHERE customer_id = :customer",
    "DELETE FROM cart_item WHERE customer_id = :customer",
    "DELETE FROM chosen_coupon WHERE customer_id = :customer",
    "DELETE FROM coupon_draft WHERE customer_id = :customer",
    "DELETE FROM search WHERE customer_id = :customer",
    "DELETE FROM restock_wish WHERE customer_id = :customer",
    "DELETE FROM referral_code WHERE customer_id = :customer",
    "DELETE FROM notice_off WHERE telegram_id = :telegram",
    "DELETE FROM second_factor WHERE telegram_id = :telegram",
    "DELETE FROM manager_right WHERE telegram_id = :telegram",
    "DELETE FROM sweep_message WHERE telegram_id = :telegram",
    "DELETE FROM bot_visit WHERE customer_id = :customer",
    "DELETE FROM data_export WHERE customer_id = :customer",
    "DELETE FROM deletion_request WHERE customer_id = :customer",
)
"""The statements that erase a person's data, in this order, once their row of `erasure` is written."""

KEPT = {
    "orders": "the books",
    "ledger_entry": "the books",
    "recent_buyer": "how often a number without a name bought, for two months: the figures",
    "coupon_use": "a coupon's limit holds for someone who comes back",
    "consent": "the proof of a purchase",
    "deposit_address": "addresses stay watched",
    "deposit": "the books",
    "invoice": "the books",
    "star_bill": "a bill that was paid is in the books; the others go by age",
    "star_payment": "the books, and the Telegram id that a refund under way goes to, until Telegram has answered",
    "held_star": "whom a payment is credited to, once Stars have a price",
    "sealed_wallet": "it holds coins",
    "moved_wallet": "it holds coins",
    "moved_balance": "the books",
    "moved_deposit": "the books",
    "top_up": "a rate that a deposit may have been credited at; the others go by age",
    "referral": "the caps of bonuses",
    "referral_bonus": "the books",
    "announcement_recipient": "a number without a name, which goes by age",
    "difference": "the books",
    "reservation": "it goes with the waiting offer",
    "reserved_stock": "it goes with the reservation",
    "erasure": "says that the person was forgotten",
}
"""Tables with a customer's id that are kept, and why."""


def read(customer_id: int, telegram_id: int) -> list[tuple[str, str, list[dict[str, Any]]]]:
    """Read everything about a person: heading, name of the list, rows."""
    names = {"customer": customer_id, "telegram": telegram_id}
    return [(each.heading, each.name, _rows(each.sql, names)) for each in EXPORTS]


def erase(customer_id: int, telegram_id: int, pseudonym: int) -> None:
    """Forget a person. Needs an open transaction, and their row of `erasure`."""
    values = {"customer": customer_id, "telegram": telegram_id, "pseudonym": pseudonym}
    for statement in ERASURES:
        Base._meta.database.execute_sql(statement, values)


def _rows(question: str, names: dict[str, int]) -> list[dict[str, Any]]:
    cursor = Base._meta.database.execute_sql(question, names)
    columns = [column[0] for column in cursor.description]
    return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]


def count_unmade(customer_id: int) -> int:
    """Count what a customer has paid for that is not made yet."""
    sql = f"SELECT count(*) {TO_MAKE} AND l.order_id IN (SELECT id FROM orders WHERE customer_id = ?)"  # noqa: S608
    cursor = Base._meta.database.execute_sql(sql, (customer_id,))
    return int(cursor.fetchone()[0])
