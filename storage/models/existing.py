"""The shop's existing data, read at once, for a move with thousands of rows, some of which may be among it."""

from typing import Any

from storage.models.catalog import Product
from storage.models.customers import Customer
from storage.models.orders import CartItem
from storage.models.payments import DepositAddress
from storage.models.referrals import Referral, ReferralCode
from storage.models.reviews import Review
from storage.models.stock import StockItem


def _rows(model: Any, *columns: Any) -> list[tuple[Any, ...]]:
    return list(model.select(*columns).tuples())


def customers() -> dict[int, int]:
    """Read the numbers of all customers, by their Telegram ids."""
    return dict(_rows(Customer, Customer.telegram_id, Customer.id))


def usernames() -> set[str]:
    """Read all usernames, in small letters."""
    return {name.lower() for (name,) in _rows(Customer, Customer.username) if name}


def balances() -> dict[int, int]:
    """Read all balances, in minor units, by customer."""
    return dict(_rows(Customer, Customer.id, Customer.balance_minor))


def addresses() -> set[tuple[str, str]]:
    """Read every address that is watched, with its chain."""
    return set(_rows(DepositAddress, DepositAddress.chain, DepositAddress.address))


def referrers() -> dict[int, int]:
    """Read the referrers, by customer."""
    return dict(_rows(Referral, Referral.customer, Referral.referrer_id))


def referral_codes() -> dict[int, str]:
    """Read the codes of personal links, by customer."""
    return dict(_rows(ReferralCode, ReferralCode.customer, ReferralCode.code))


def units() -> dict[bytes, tuple[int, bool]]:
    """Count every item that the shop has or had, by fingerprint, and tell whether one of these is for sale."""
    found: dict[bytes, tuple[int, bool]] = {}
    for mark, occurrence, line_id in _rows(
        StockItem, StockItem.fingerprint, StockItem.occurrence, StockItem.order_line_id
    ):
        count, for_sale = found.get(bytes(mark or b""), (0, False))
        found[bytes(mark or b"")] = (max(count, occurrence), for_sale or line_id is None)
    return found


def stocked() -> set[int]:
    """Read which products have items for sale."""
    return {row.id for row in Product.select(Product.id).where(Product.stock_count > 0)}


def reviewed_lines() -> set[int]:
    """Read which order lines have a review."""
    return {line_id for (line_id,) in _rows(Review, Review.order_line_id)}


def carts() -> set[tuple[int, int]]:
    """Read the contents of all carts: customer and product."""
    return set(_rows(CartItem, CartItem.customer, CartItem.product))
