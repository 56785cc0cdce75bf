"""The rows that change when a customer moves to another Telegram account."""

from typing import Any

from storage.models.base import Base
from storage.models.customers import Customer
from storage.models.outbox import Outbox

_BOOKS = (
    *("ledger_entry", "orders", "deposit", "deposit_address", "invoice", "sealed_wallet", "adjustment", "review"),
    *("coupon_use", "moved_wallet", "moved_balance", "moved_deposit", "deletion_request", "customer_note"),
    *("held_star",),
)
"""Tables whose rows cannot be transferred to another customer."""


def is_in_use(customer_id: int) -> bool:
    """Return whether a customer has anything that cannot be transferred to another."""
    has = " OR ".join(f"EXISTS (SELECT 1 FROM {table} WHERE customer_id = ?1)" for table in _BOOKS)  # noqa: S608
    return bool(_do(f"SELECT {has}", customer_id).fetchone()[0])


def swap(customer_id: int, other_id: int | None, *, to_telegram_id: int, now: int) -> None:
    """Give a customer another Telegram account, and their old one to the customer who had it, if there is one.

    Needs a transaction. All of the customer's letters move along; waiting ones are sent to the new account.
    """
    mine = Customer.get_by_id(customer_id)
    other = None if other_id is None else Customer.get_by_id(other_id)
    if other is not None:
        # Both columns are unique, so they are freed before they are assigned.
        Customer.change(other.id, telegram_id=-other.id, username=None)
    Customer.change(
        mine.id,
        telegram_id=to_telegram_id,
        username=None if other is None else other.username,
        first_name=mine.first_name if other is None else other.first_name,
        bot_id=mine.bot_id if other is None else other.bot_id,
        reachable=True,
    )
    if other is not None:
        about = {"first_name": mine.first_name, "bot_id": mine.bot_id, "reachable": mine.reachable}
        Customer.change(other.id, telegram_id=mine.telegram_id, username=mine.username, **about)
        _do("UPDATE ticket SET customer_id = ?1 WHERE customer_id = ?2", mine.id, other.id)
    _do("UPDATE outbox SET telegram_id = ?1 WHERE telegram_id = ?2", to_telegram_id, mine.telegram_id)
    Outbox.send_after_all(to_telegram_id, now=now)
    if other is not None:
        Outbox.send_through(other.bot_id, to_telegram_id, now=now)
    for chat in (mine.telegram_id, to_telegram_id):
        _do("DELETE FROM conversation WHERE chat_id = ?1", chat)


def _do(sql: str, *values: object) -> Any:
    return Base._meta.database.execute_sql(sql, values)
