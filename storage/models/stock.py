"""What is handed over: units sold once, what every buyer shares, and what was made for one order."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from peewee import BlobField, ForeignKeyField, IntegerField, TextField

from storage.models.base import Numbered
from storage.models.catalog import Product
from storage.models.pictures import StoredFile
from storage.models.replacements import Replacement


@dataclass(frozen=True, slots=True)
class Piece:
    """One thing to hand over: its text, or the name and the bytes of a file. `digest` knows it again."""

    content: str
    digest: bytes
    file: bytes | None = None

    def __repr__(self) -> str:
        return f"Piece({'text' if self.file is None else 'file'})"


class StockItem(Numbered):
    """One deliverable unit. Unsold while it has no order line; sold once, and kept for ever."""

    product = ForeignKeyField(Product, backref="stock")
    product_id: int
    content = TextField()
    content_hash = BlobField()
    order_line_id = IntegerField(null=True)
    created_at = IntegerField()
    file_id = IntegerField(null=True)

    @classmethod
    def add(cls, product_id: int, items: Iterable[tuple[str, bytes]], *, now: int) -> int:
        """Put (content, hash) pairs in stock; what the product has or had is skipped. Return how many were new."""
        sql = "INSERT OR IGNORE INTO stock_item (product_id, content, content_hash, created_at) VALUES (?, ?, ?, ?)"
        return cls.write_many(sql, [(product_id, content, digest, now) for content, digest in items])

    @classmethod
    def add_files(cls, product_id: int, pieces: Iterable[Piece], *, now: int) -> int:
        """Put files in stock; what the product has or had is skipped. Return how many were new."""
        new = 0
        for piece in pieces:
            if piece.file is None or _known(cls, product_id, piece):
                continue
            cls.insert(
                product=product_id,
                content=piece.content,
                content_hash=piece.digest,
                created_at=now,
                file_id=StoredFile.keep(piece.content, piece.file, now=now),
            ).execute()
            new += 1
        return new

    @classmethod
    def count_known(cls, product_id: int, digests: set[bytes]) -> int:
        """Count which of these a product has or had."""
        every = sorted(digests)
        return sum(
            cls.select().where(cls.product == product_id, cls.content_hash.in_(every[start : start + 500])).count()
            for start in range(0, len(every), 500)
        )

    @classmethod
    def take(cls, product_id: int, quantity: int, *, order_line_id: int) -> int:
        """Give the oldest unsold units to an order line; what is kept stays. Return how many there were to take."""
        oldest = (
            cls.select(cls.id)
            .where(cls.product == product_id, cls.order_line_id.is_null())
            .order_by(cls.id)
            .limit(min(quantity, max(0, Product.free(product_id))))
        )
        return cls.update(order_line_id=order_line_id).where(cls.id.in_(oldest)).execute()

    @classmethod
    def arrived_since(cls, moment: int) -> set[int]:
        """List the products that have unsold units which came since a moment."""
        fresh = cls.select(cls.product).where(cls.order_line_id.is_null(), cls.created_at >= moment).distinct()
        return {row.product_id for row in fresh}

    @classmethod
    def unsold(cls, product_id: int, *, start: int = 0, count: int = -1, item_id: int | None = None) -> list[Self]:
        """List the units for sale, or the one that is named, the oldest first."""
        here = cls.select().where(cls.product == product_id, cls.order_line_id.is_null())
        if item_id is not None:
            here = here.where(cls.id == item_id)
        return list(here.order_by(cls.id).offset(start).limit(count))

    @classmethod
    def discard(cls, product_id: int, item_id: int | None = None) -> int:
        """Delete one unit for sale, or all of a product, with the files; return how many."""
        which = [cls.product == product_id, cls.order_line_id.is_null()]
        which += [] if item_id is None else [cls.id == item_id]
        files = [row.file_id for row in cls.select(cls.file_id).where(*which, cls.file_id.is_null(False))]
        count = cls.delete().where(*which).execute()
        for start in range(0, len(files), 500):
            StoredFile.delete().where(StoredFile.id.in_(files[start : start + 500])).execute()
        return count

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
        """List the units that an order line has, oldest first; or those that were replaced."""
        replaced = Replacement.select(Replacement.faulty_item_id)
        wanted = cls.id.in_(replaced) if faulty else cls.id.not_in(replaced)
        return list(cls.select().where(cls.order_line_id == order_line_id, wanted).order_by(cls.id))

    @classmethod
    def oldest_free(cls, product_id: int) -> Self | None:
        """Find the oldest unsold unit, unless all are kept for somebody."""
        if Product.free(product_id) < 1:
            return None
        return cls.select().where(cls.product == product_id, cls.order_line_id.is_null()).order_by(cls.id).first()


class SharedItem(Numbered):
    """What every buyer of a product gets. Never changed: who bought it keeps it."""

    product = ForeignKeyField(Product)
    content = TextField()
    content_hash = BlobField()
    file_id = IntegerField(null=True)
    created_at = IntegerField()

    @classmethod
    def share(cls, product_id: int, piece: Piece, *, now: int) -> bool:
        """Make this what a product sells from now on; return whether it was something else before."""
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


class MadeItem(Numbered):
    """What an admin made for an order line: a text, or a file."""

    order_line_id = IntegerField(unique=True)
    content = TextField()
    file_id = IntegerField(null=True)
    made_by = IntegerField()
    created_at = IntegerField()

    @classmethod
    def of_line(cls, order_line_id: int) -> Self | None:
        """Find what was made for an order line."""
        return cls.get_or_none(cls.order_line_id == order_line_id)

    @classmethod
    def keep(cls, order_line_id: int, piece: Piece, *, made_by: int, now: int) -> None:
        """Keep what was made."""
        cls.insert(
            order_line_id=order_line_id,
            content=piece.content,
            file_id=None if piece.file is None else StoredFile.keep(piece.content, piece.file, now=now),
            made_by=made_by,
            created_at=now,
        ).execute()


def _known(model: type[StockItem], product_id: int, piece: Piece) -> bool:
    return model.select().where(model.product == product_id, model.content_hash == piece.digest).exists()
