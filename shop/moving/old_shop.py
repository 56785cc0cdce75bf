"""AiogramShopBot's database in the schemas of 3.2.10, 3.3.3 and 4.2, each row checked individually.

3.2.10 gives each user a mnemonic and five addresses, and stores a deposit's transaction; a purchase is of one
subcategory. 3.3.3 takes payments through KryptoExpress. 4.2 is on PostgreSQL and adds languages, bans, referrals,
coupons, reviews and physical goods; a purchase has parts, each with a list of items.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeVar

from shop.errors.refusals import CannotStart
from shop.money import Money
from shop.moving.values import StaysBehind, decimal, flag, less, moment, money, number, numbers, optional, word
from storage.foreign.tables import Row, Tables

T = TypeVar("T")
MOST_TELEGRAM_ID = 2**52
_NEEDED = {"users": {"id", "telegram_id", "top_up_amount", "consume_records"}, "items": {"id", "private_data"}}


class NotThatShop(CannotStart):
    """The tables are not those of AiogramShopBot."""

    def __init__(self, missing: str) -> None:
        super().__init__(
            f"This is not an AiogramShopBot database that Souk knows (3.2 to 4.2): {missing} is missing. "
            "A database of an older version is brought up to date by starting that bot's 3.2.10 once."
        )


@dataclass(frozen=True, slots=True)
class User:
    """A customer there. `balance` is their exact balance; `addresses` are by column name."""

    id: int
    telegram_id: int
    username: str | None
    balance: Decimal
    registered_at: int
    refreshed_at: int
    reachable: bool
    language: str
    banned: bool
    referral_code: str | None
    referrer_id: int | None
    seed: str | None = field(repr=False)
    addresses: dict[str, str]


@dataclass(frozen=True, slots=True)
class Item:
    """One item of goods."""

    id: int
    category_id: int
    subcategory_id: int
    content: str = field(repr=False)
    price: Money
    description: str
    sold: bool
    physical: bool


@dataclass(frozen=True, slots=True)
class Buy:
    """A purchase. `parts` are its rows of `buyItem`, by their numbers, each with its items."""

    id: int
    user_id: int
    total: Money
    bought_at: int
    refunded: bool
    coupon_id: int | None
    parts: dict[int, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class OldDeposit:
    """A deposit. Only 3.2.10 knows its transaction, only 4.2 its worth."""

    id: int
    user_id: int
    asset: str
    units: int
    txid: str | None
    output: int | None
    withdrawn: bool
    worth: Money | None
    made_at: int


@dataclass(frozen=True, slots=True)
class OldCoupon:
    """A coupon: a percentage or a sum, with how often it may be used (0: any number of times)."""

    id: int
    code: str
    kind: str
    value: Decimal
    made_at: int
    expires_at: int
    active: bool
    limit: int


@dataclass(frozen=True, slots=True)
class OldReview:
    """A buyer's review of a part of a purchase."""

    id: int
    part_id: int
    stars: int
    text: str
    written_at: int


@dataclass(frozen=True, slots=True)
class OldCartItem:
    """An item in a cart."""

    id: int
    user_id: int
    category_id: int
    subcategory_id: int
    quantity: int
    physical: bool


@dataclass(slots=True)
class OldShop:
    """Everything that was read; `refused` has (table, number, reason) for unreadable rows."""

    version: str
    users: dict[int, User]
    categories: dict[int, str]
    subcategories: dict[int, str]
    items: dict[int, Item]
    buys: dict[int, Buy]
    deposits: dict[int, OldDeposit]
    coupons: dict[int, OldCoupon]
    reviews: dict[int, OldReview]
    cart_items: dict[int, OldCartItem]
    counts: dict[str, int]
    refused: list[tuple[str, str, str]]


class Reader:
    """Turns tables of strings into typed rows. `now` replaces missing times."""

    def __init__(self, tables: Tables, currency: str, now: int) -> None:
        self._tables, self._currency, self._now = tables, currency, now
        self.refused: list[tuple[str, str, str]] = []

    def read(self) -> OldShop:
        """Read the whole database. Raises: NotThatShop."""
        for name, columns in _NEEDED.items():
            rows = self._tables.get(name)
            if rows is None:
                raise NotThatShop(f"the table `{name}`")
            if rows and not columns <= set(rows[0]):
                raise NotThatShop(f"`{min(columns - set(rows[0]))}` of `{name}`")
        return OldShop(
            version=self._version(),
            users=self._users(),
            categories=self._each("categories", lambda row: row.get("name") or ""),
            subcategories=self._each("subcategories", lambda row: row.get("name") or ""),
            items=self._each("items", self._item),
            buys=self._buys(),
            deposits=self._each("deposits", self._deposit),
            coupons=self._each("coupons", self._coupon),
            reviews=self._each("reviews", self._review),
            cart_items=self._cart_items(),
            counts={name: len(rows) for name, rows in self._tables.items()},
            refused=self.refused,
        )

    def _version(self) -> str:
        columns = set(self._tables["users"][0]) if self._tables["users"] else set[str]()
        if "seed" in columns:
            return "3.2 (a mnemonic for each customer)"
        return "4 (referrals, coupons, reviews)" if "language" in columns else "3.3 (KryptoExpress)"

    def _each(self, name: str, read: Callable[[Row], T]) -> dict[int, T]:
        """Read the rows of a table by their numbers; of two with the same number, the first counts."""
        found: dict[int, T] = {}
        for row in self._tables.get(name, []):
            try:
                row_id = number(row.get("id"))
                if row_id in found:
                    raise StaysBehind("another row has the same number")
                found[row_id] = read(row)
            except StaysBehind as error:
                self.refused.append((name, row.get("id") or "?", error.reason))
        return found

    def _users(self) -> dict[int, User]:
        users = self._each("users", self._user)
        first: dict[int, int] = {}
        for user in list(users.values()):
            if first.setdefault(user.telegram_id, user.id) != user.id:
                reason = f"user {first[user.telegram_id]} has the same Telegram id ({user.telegram_id})"
                self.refused.append(("users", str(user.id), f"{reason}; its balance there: {user.balance:f}"))
                del users[user.id]
        return users

    def _user(self, row: Row) -> User:
        telegram_id = number(row.get("telegram_id"), most=MOST_TELEGRAM_ID)
        if not telegram_id:
            raise StaysBehind("it has no Telegram id")
        return User(
            id=number(row["id"]),
            telegram_id=telegram_id,
            username=(row.get("telegram_username") or "").strip().removeprefix("@") or None,
            balance=less(decimal(row.get("top_up_amount") or "0"), decimal(row.get("consume_records") or "0")),
            registered_at=min(self._now, moment(row.get("registered_at"), otherwise=self._now)),
            refreshed_at=min(self._now, moment(row.get("last_balance_refresh"), otherwise=0)),
            reachable=row.get("can_receive_messages") is None or flag(row["can_receive_messages"]),
            language=word(row.get("language")).lower(),
            banned=flag(row.get("is_banned")),
            referral_code=row.get("referral_code"),
            referrer_id=optional(row.get("referred_by_user_id")),
            seed=row.get("seed"),
            addresses={name: text for name, text in row.items() if name.endswith("_address") and text},
        )

    def _item(self, row: Row) -> Item:
        return Item(
            id=number(row["id"]),
            category_id=number(row.get("category_id")),
            subcategory_id=number(row.get("subcategory_id")),
            content=row.get("private_data") or "",
            price=money(row.get("price"), self._currency),
            description=(row.get("description") or "").strip(),
            sold=flag(row.get("is_sold")),
            physical=word(row.get("item_type")) == "PHYSICAL",
        )

    def _buys(self) -> dict[int, Buy]:
        parts: dict[int, dict[int, tuple[int, ...]]] = defaultdict(dict)
        for part_id, (buy_id, items) in self._each("buyitem", _part).items():
            parts[buy_id][part_id] = items
        return self._each("buys", lambda row: self._buy(row, parts.get(number(row["id"]), {})))

    def _buy(self, row: Row, parts: dict[int, tuple[int, ...]]) -> Buy:
        if row.get("buyer_id") is None:
            raise StaysBehind("it has no buyer")
        return Buy(
            id=number(row["id"]),
            user_id=number(row["buyer_id"]),
            total=money(row.get("total_price"), self._currency),
            bought_at=min(self._now, moment(row.get("buy_datetime"), otherwise=self._now)),
            refunded=flag(row.get("is_refunded")) or word(row.get("status")) == "REFUNDED",
            coupon_id=optional(row.get("coupon_id")),
            parts=parts,
        )

    def _deposit(self, row: Row) -> OldDeposit:
        worth = row.get("fiat_amount")
        if worth is not None and money(worth, self._currency).minor < 0:
            raise StaysBehind("its value is below zero")
        return OldDeposit(
            id=number(row["id"]),
            user_id=number(row.get("user_id")),
            asset=word(row.get("token_name")) or word(row.get("network")),
            units=number(row.get("amount"), most=10**78),
            txid=row.get("tx_id"),
            output=optional(row.get("vout")),
            withdrawn=flag(row.get("is_withdrawn")),
            worth=None if worth is None else money(worth, self._currency),
            made_at=min(self._now, moment(row.get("deposit_datetime"), otherwise=self._now)),
        )

    def _coupon(self, row: Row) -> OldCoupon:
        return OldCoupon(
            id=number(row["id"]),
            code=(row.get("code") or "").strip(),
            kind=word(row.get("type")),
            value=decimal(row.get("value")),
            made_at=moment(row.get("create_datetime"), otherwise=self._now),
            expires_at=moment(row.get("expire_datetime"), otherwise=self._now),
            active=flag(row.get("is_active")),
            limit=optional(row.get("usage_limit")) or 0,
        )

    def _review(self, row: Row) -> OldReview:
        stars = number(row.get("rating"), most=5)
        if not stars:
            raise StaysBehind("it has no stars")
        return OldReview(
            id=number(row["id"]),
            part_id=number(row.get("buyitem_id")),
            stars=stars,
            text=(row.get("text") or "").replace("\x00", "").strip(),
            written_at=min(self._now, moment(row.get("create_datetime"), otherwise=self._now)),
        )

    def _cart_items(self) -> dict[int, OldCartItem]:
        owners = self._each("carts", lambda row: number(row.get("user_id")))

        def read(row: Row) -> OldCartItem:
            cart_id = number(row.get("cart_id"))
            if cart_id not in owners:
                raise StaysBehind(f"its cart {cart_id} is missing")
            return OldCartItem(
                id=number(row["id"]),
                user_id=owners[cart_id],
                category_id=number(row.get("category_id")),
                subcategory_id=number(row.get("subcategory_id")),
                quantity=number(row.get("quantity"), most=10**6),
                physical=word(row.get("item_type")) == "PHYSICAL",
            )

        return self._each("cart_items", read)


def _part(row: Row) -> tuple[int, tuple[int, ...]]:
    items = (number(row["item_id"]),) if row.get("item_id") is not None else numbers(row.get("item_ids"))
    return number(row.get("buy_id")), items


def open_payments(tables: Tables, now: int) -> Iterator[str]:
    """List the payments at KryptoExpress that can still be paid, of which this shop will not know."""
    for row in tables.get("payments", []):
        if not flag(row.get("is_paid")) and moment(row.get("expire_datetime"), otherwise=0) > now:
            yield row.get("id") or "?"
