"""Stock: unique, shared and made-to-order goods, reservations, and restock wishes."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from peewee import SQL, BlobField, CompositeKey, ForeignKeyField, IntegerField, TextField, fn

from storage.models.base import AMONG, Base, Numbered, Publishable, among
from storage.models.catalog import Product
from storage.models.customers import Customer
from storage.models.orders import OrderLine
from storage.models.pictures import StoredFile
from storage.text import fingerprint

_CHUNK = 500
"""The most values in one query, since SQLite limits them."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One thing to deliver: its text, or the name and the bytes of a file. `digest` identifies it."""

    content: str
    digest: bytes
    file: bytes | None = None

    def __repr__(self) -> str:
        return f"Piece({'text' if self.file is None else 'file'})"

    @property
    def fingerprint(self) -> bytes:
        """Its identity throughout the shop."""
        return fingerprint(self.content if self.file is None else self.file)


class StockItem(Publishable):
    """One deliverable item. Unsold while it has no order line; sold once, and kept permanently.

    Its `fingerprint` is unique in the shop. A sold item may come back, as the next `occurrence`, if an admin
    (`again_by`) says so.
    """

    _unpublished = "(SELECT item_id FROM unborn_item)"
    product = ForeignKeyField(Product, backref="stock")
    product_id: int
    content = TextField()
    content_hash = BlobField()
    order_line_id = IntegerField(null=True)
    created_at = IntegerField()
    file_id = IntegerField(null=True)
    fingerprint = BlobField(null=True)
    occurrence = IntegerField(default=1)
    again_by = IntegerField(null=True)

    @classmethod
    def select(cls, *fields: Any) -> Any:
        """Select visible items of visible products."""
        return super().select(*fields).where(cls.product.not_in(SQL(Product._unpublished)))

    @classmethod
    def add(cls, product_id: int, items: Iterable[tuple[str, bytes]], *, now: int) -> int:
        """Put (content, hash) pairs in stock; those that the shop has or had are skipped. Return how many were
        new.
        """
        # Of items from before, only a later occurrence may be left.
        sql = (
            "INSERT OR IGNORE INTO stock_item (product_id, content, content_hash, created_at, fingerprint)"
            " SELECT ?1, ?2, ?3, ?4, ?5 WHERE NOT EXISTS (SELECT 1 FROM stock_item WHERE fingerprint = ?5)"
        )
        return cls.write_many(
            sql, [(product_id, content, digest, now, fingerprint(content)) for content, digest in items]
        )

    @classmethod
    def add_files(cls, product_id: int, pieces: Iterable[Piece], *, now: int) -> int:
        """Put files in stock; those that the shop has or had are skipped. Return how many were new."""
        new = 0
        for piece in pieces:
            if piece.file is None or cls.even_unpublished("fingerprint = ?", piece.fingerprint) is not None:
                continue
            cls._put(product_id, piece, now=now)
            new += 1
        return new

    @classmethod
    def add_again(cls, product_id: int, pieces: Iterable[Piece], *, now: int, again_by: int) -> int:
        """Put items that were sold before on sale again; return how many."""
        count = 0
        for piece in pieces:
            before = cls.select(fn.MAX(cls.occurrence)).where(cls.fingerprint == piece.fingerprint).scalar() or 0
            digest = hashlib.blake2b(piece.digest, digest_size=16, salt=str(before).encode()).digest()
            again = Piece(piece.content, digest, piece.file)
            cls._put(product_id, again, now=now, occurrence=before + 1, again_by=again_by)
            count += 1
        return count

    @classmethod
    def _put(cls, product_id: int, piece: Piece, *, now: int, **columns: object) -> None:
        cls.insert(
            product=product_id,
            content=piece.content,
            content_hash=piece.digest,
            created_at=now,
            file_id=None if piece.file is None else StoredFile.keep(piece.content, piece.file, now=now),
            fingerprint=piece.fingerprint,
            **columns,
        ).execute()

    @classmethod
    def holders(cls, fingerprints: Iterable[bytes]) -> dict[bytes, tuple[int, bool]]:
        """Find which of these the shop has or had, with the product and whether it was sold (and is not for sale)."""
        every = sorted(set(fingerprints))
        found: dict[bytes, tuple[int, bool]] = {}
        for start in range(0, len(every), _CHUNK):
            here = cls.fingerprint.in_(every[start : start + _CHUNK])
            rows = cls.select(cls.fingerprint, cls.product, cls.order_line_id).where(here)
            # An item for sale comes last and wins; otherwise the latest sold one does.
            for row in rows.order_by(cls.order_line_id.is_null(), cls.id):
                found[bytes(row.fingerprint or b"")] = (row.product_id, row.order_line_id is not None)
        return found

    @classmethod
    def take(cls, product_id: int, quantity: int, *, order_line_id: int) -> int:
        """Give the oldest unsold items to an order line, except reserved ones. Return how many were available."""
        free = f"product_id = ? AND order_line_id IS NULL AND id NOT IN {cls._unpublished}"
        oldest = f"SELECT id FROM stock_item WHERE {free} ORDER BY id LIMIT ?"  # noqa: S608
        most = min(quantity, max(0, Product.free(product_id)))
        return cls.set_by(f"id IN ({oldest})", product_id, most, order_line_id=order_line_id)

    @classmethod
    def arrived_since(cls, moment: int) -> set[int]:
        """List the products with unsold items that arrived since a moment."""
        fresh = cls.select(cls.product).where(cls.order_line_id.is_null(), cls.created_at >= moment).distinct()
        return {row.product_id for row in fresh}

    @classmethod
    def unsold(cls, product_id: int, *, start: int = 0, count: int = -1, item_id: int | None = None) -> list[Self]:
        """List the items for sale, or the one that is named, the oldest first."""
        here = cls.select().where(cls.product == product_id, cls.order_line_id.is_null())
        if item_id is not None:
            here = here.where(cls.id == item_id)
        return list(here.order_by(cls.id).offset(start).limit(count))

    @classmethod
    def place_of(cls, product_id: int, item_id: int) -> int:
        """Count the items for sale up to one of them, the oldest first."""
        older = (cls.product == product_id, cls.order_line_id.is_null(), cls.id <= item_id)
        return cls.select().where(*older).count()

    @classmethod
    def discard(cls, product_id: int, item_id: int | None = None) -> int:
        """Delete one item for sale, or all of a product, with the files; return how many."""
        which = [cls.product == product_id, cls.order_line_id.is_null()]
        which += [] if item_id is None else [cls.id == item_id]
        files = [row.file_id for row in cls.select(cls.file_id).where(*which, cls.file_id.is_null(False))]
        count = cls.delete().where(*which).execute()
        for start in range(0, len(files), _CHUNK):
            StoredFile.delete().where(StoredFile.id.in_(files[start : start + _CHUNK])).execute()
        return count

    @classmethod
    def lines_of(cls, order_id: int) -> dict[int, int]:
        """Read the lines of an order's items, by item."""
        lines = OrderLine.select(OrderLine.id).where(OrderLine.order == order_id)
        return {unit.id: unit.order_line_id for unit in cls.select().where(cls.order_line_id.in_(lines))}

    @classmethod
    def give(cls, item_id: int, order_line_id: int) -> None:
        """Give one item, which is for sale and not reserved, to an order line."""
        cls.update(order_line_id=order_line_id).where(cls.id == item_id).execute()

    @classmethod
    def of_line(cls, order_line_id: int) -> list[str]:
        """Read the contents that an order line was paid for; faulty ones are left out."""
        return [row.content for row in cls.pieces_of(order_line_id)]

    @classmethod
    def files_of_line(cls, order_line_id: int) -> list[int]:
        """Read the ids of the files that an order line was paid for; faulty ones are left out."""
        return [row.file_id for row in cls.pieces_of(order_line_id) if row.file_id is not None]

    @classmethod
    def pieces_of(cls, order_line_id: int, *, faulty: bool = False) -> list[Self]:
        """List the items that an order line has, oldest first; or those that were replaced."""
        wanted = f"id {'IN' if faulty else 'NOT IN'} (SELECT faulty_item_id FROM replacement)"  # noqa: S608
        return cls.list_by(f"order_line_id = ? AND {wanted} ORDER BY id", order_line_id)

    @classmethod
    def oldest_free(cls, product_id: int) -> Self | None:
        """Find the oldest unsold item that is not reserved."""
        if Product.free(product_id) < 1:
            return None
        return cls.select().where(cls.product == product_id, cls.order_line_id.is_null()).order_by(cls.id).first()


class SharedItem(Numbered):
    """The item that every buyer of a product gets. Never changed, so earlier buyers keep theirs."""

    product = ForeignKeyField(Product)
    content = TextField()
    content_hash = BlobField()
    file_id = IntegerField(null=True)
    created_at = IntegerField()

    @classmethod
    def share(cls, product_id: int, piece: Piece, *, now: int) -> bool:
        """Make this the item that a product sells from now on; return whether it was different before."""
        known = cls.select(cls.id).where(cls.product == product_id, cls.content_hash == piece.digest).scalar()
        shared = Product.select(Product.shared_item_id).where(Product.id == product_id).scalar()
        if known is not None and known == shared:
            return False
        item_id = (
            known
            or cls.insert(
                product=product_id,
                content=piece.content,
                content_hash=piece.digest,
                file_id=None if piece.file is None else StoredFile.keep(piece.content, piece.file, now=now),
                created_at=now,
            ).execute()
        )
        Product.change(product_id, shared_item_id=item_id)
        return True

    @classmethod
    def digest_of(cls, item_id: int | None) -> bytes | None:
        """Read the digest of one; None if there is none."""
        digest = cls.select(cls.content_hash).where(cls.id == item_id).scalar()
        return None if digest is None else bytes(digest)


class MadeItem(Numbered):
    """Goods that an admin made for an order line: a text or a file."""

    order_line_id = IntegerField(unique=True)
    content = TextField()
    file_id = IntegerField(null=True)
    made_by = IntegerField()
    created_at = IntegerField()

    @classmethod
    def of_line(cls, order_line_id: int) -> Self | None:
        """Find the goods made for an order line."""
        return cls.get_or_none(cls.order_line_id == order_line_id)

    @classmethod
    def keep(cls, order_line_id: int, piece: Piece, *, made_by: int, now: int) -> None:
        """Store the goods made for an order line."""
        cls.insert(
            order_line_id=order_line_id,
            content=piece.content,
            file_id=None if piece.file is None else StoredFile.keep(piece.content, piece.file, now=now),
            made_by=made_by,
            created_at=now,
        ).execute()


class Reservation(Base):
    """Stock reserved for a customer, for as long as their offer waits and until `expires_at` at the latest.

    Until their payment is seen (`paid_at`), it gives way to customers who can pay now.
    """

    customer_id = IntegerField(primary_key=True)
    created_at = IntegerField()
    expires_at = IntegerField()
    paid_at = IntegerField(null=True)

    @classmethod
    def of(cls, customer_id: int, now: int) -> Self | None:
        """Find a customer's reservations."""
        return cls.one_by("customer_id = ? AND expires_at > ?", customer_id, now)

    @classmethod
    def keep(
        cls, customer_id: int, units: Mapping[int, int], *, now: int, expires_at: int, paid_at: int | None = None
    ) -> None:
        """Reserve items of each product for a customer who has no reservation yet."""
        cls.insert(customer_id=customer_id, created_at=now, expires_at=expires_at, paid_at=paid_at).execute()
        for product_id, quantity in units.items():
            ReservedStock.insert(customer_id=customer_id, product_id=product_id, quantity=quantity).execute()

    @classmethod
    def secure(cls, customer_id: int, *, now: int, expires_at: int) -> None:
        """Secure a customer's reservation from giving way, because their payment has been seen."""
        cls.update(paid_at=now, expires_at=expires_at).where(cls.customer_id == customer_id).execute()

    @classmethod
    def end_with(cls, customer_id: int, moment: int, *, now: int) -> None:
        """Limit the reservation of a customer whose payment is not seen to a moment at the latest."""
        ends = "UPDATE reservation SET expires_at = max(?, created_at + 1, ?)"
        unseen = " WHERE customer_id = ? AND paid_at IS NULL AND expires_at > ?"
        cls.run(ends + unseen, moment, now, customer_id, moment)

    @classmethod
    def drop(cls, customer_id: int) -> None:
        """Release a customer's reservation."""
        cls.delete().where(cls.customer_id == customer_id).execute()

    @classmethod
    def give_way(cls, product_id: int, wanted: int) -> None:
        """Release reservations of customers whose payment is not seen, until enough items are free.

        The newest goes first.
        """
        unpaid = (
            cls.select(cls.customer_id)
            .join(ReservedStock, on=(ReservedStock.customer_id == cls.customer_id))
            .where(ReservedStock.product_id == product_id, cls.paid_at.is_null())
            .order_by(cls.created_at.desc(), cls.customer_id.desc())
        )
        for row in list(unpaid) if Product.free(product_id) < wanted else ():
            cls.drop(row.customer_id)
            if Product.free(product_id) >= wanted:
                break

    @classmethod
    def end(cls, customer_id: int, product_ids: list[int]) -> None:
        """Release a customer's reservation if any of these products is in it."""
        kept = f"SELECT customer_id FROM reserved_stock WHERE customer_id = ? AND product_id IN {AMONG}"  # noqa: S608
        cls.drop_by(f"customer_id IN ({kept})", customer_id, among(product_ids))

    @classmethod
    def any_over(cls, now: int) -> bool:
        """Return whether any has expired."""
        return bool(cls.select().where(cls.expires_at <= now).exists())

    @classmethod
    def forget_over(cls, now: int) -> int:
        """Release expired reservations; return how many customers had one."""
        return cls.drop_by("expires_at <= ?", now)


class ReservedStock(Base):
    """How many items of a product are reserved for a customer."""

    customer_id = IntegerField()
    product_id = IntegerField()
    quantity = IntegerField()

    class Meta:
        primary_key = CompositeKey("customer_id", "product_id")

    @classmethod
    def of(cls, customer_id: int) -> list[tuple[str, int]]:
        """List a customer's reserved goods: names of products and quantities."""
        rows = (
            cls.select(Product.name, cls.quantity)
            .join(Product, on=(Product.id == cls.product_id))
            .where(cls.customer_id == customer_id)
        )
        return [(str(row.name), int(row.quantity)) for row in rows.order_by(Product.name, Product.id).namedtuples()]

    @classmethod
    def not_kept_from(cls, customer_id: int | None, now: int) -> dict[int, int]:
        """Count the items that products' counters hold back, but not from this customer.

        These are their own and expired ones; for customers with a balance, also those that give way to them.
        """
        free = (Reservation.expires_at <= now) | (Reservation.customer_id == customer_id)
        if customer_id is not None and Customer.balance_of(customer_id) > 0:
            free |= Reservation.paid_at.is_null()
        rows = (
            cls.select(cls.product_id, fn.SUM(cls.quantity).alias("quantity"))
            .join(Reservation, on=(Reservation.customer_id == cls.customer_id))
            .where(free)
        )
        return {row.product_id: row.quantity for row in rows.group_by(cls.product_id)}


class ReleasedStock(Base):
    """Released items of which no one has been notified yet."""

    product_id = IntegerField(primary_key=True)
    units = IntegerField()

    @classmethod
    def any(cls) -> bool:
        """Return whether there are some."""
        return bool(cls.select().exists())

    @classmethod
    def take(cls) -> list[tuple[int, int]]:
        """Read all as (product, items), and forget them."""
        rows = [(row.product_id, row.units) for row in cls.select().order_by(cls.product_id)]
        cls.delete().execute()
        return rows


class ReservationTurn(Base):
    """When a customer's last reservation turn ends, or ended."""

    customer_id = IntegerField(primary_key=True)
    ends_at = IntegerField()

    @classmethod
    def end_of(cls, customer_id: int) -> int | None:
        """Read when a customer's last turn ends or ended; None if they had none."""
        return cls.select(cls.ends_at).where(cls.customer_id == customer_id).scalar()

    @classmethod
    def begin(cls, customer_id: int, *, ends_at: int) -> None:
        """Begin a turn."""
        cls.replace(customer_id=customer_id, ends_at=ends_at).execute()

    @classmethod
    def forget(cls, customer_id: int) -> None:
        """Forget a customer's turn: they bought what was reserved."""
        cls.delete().where(cls.customer_id == customer_id).execute()


class RestockWish(Numbered):
    """A customer who wants to be notified when a product is back. Served once, in the order of asking."""

    product_id = IntegerField()
    customer = ForeignKeyField(Customer)
    customer_id: int
    created_at = IntegerField()
    served_at = IntegerField(null=True)

    @classmethod
    def waits(cls, product_id: int, customer_id: int) -> bool:
        """Return whether a customer waits for a product."""
        waiting = (cls.product_id == product_id, cls.customer == customer_id, cls.served_at.is_null())
        return bool(cls.select().where(*waiting).exists())

    @classmethod
    def withdraw(cls, product_id: int, customer_id: int) -> None:
        """Forget that a customer waits for a product."""
        mine = (cls.product_id == product_id, cls.customer == customer_id, cls.served_at.is_null())
        cls.delete().where(*mine).execute()

    @classmethod
    def next_for(cls, product_id: int, count: int) -> list[Self]:
        """List who waits for a product, the first `count` who asked and may be served."""
        waiting = (
            cls.select(cls, Customer).join(Customer).where(cls.product_id == product_id, cls.served_at.is_null())
        )
        return list(waiting.where(Customer.banned == 0).order_by(cls.id).limit(count))

    @classmethod
    def served(cls, wish_id: int, moment: int) -> None:
        """Remember that a wish was served."""
        cls.update(served_at=moment).where(cls.id == wish_id).execute()
