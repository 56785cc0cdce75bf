"""Goods that are not in the shop yet: files waiting for confirmation, and drafts of products."""

from typing import Self

from peewee import BlobField, ForeignKeyField, IntegerField, TextField

from storage.models.base import Base, Numbered
from storage.models.customers import Customer
from storage.models.stock import Piece

MOST_FILES = 20
"""The most files of one admin that may wait at once."""


_HERE = "id NOT IN (SELECT import_id FROM ended_import)"


class PendingImport(Numbered):
    """A file of goods between its preview and its confirmation.

    An ended file disappears from every query at once and is deleted later (`clear`): deleting a large one takes time.
    """

    admin = ForeignKeyField(Customer)
    file_name = TextField()
    created_at = IntegerField()
    content = BlobField()

    @classmethod
    def keep(cls, admin_id: int, file_name: str, content: bytes, *, now: int) -> int:
        """Keep a file beside earlier ones, of which only the newest stay; return its number."""
        cls._end(f"admin_id = ? AND {_HERE} ORDER BY id DESC LIMIT -1 OFFSET {MOST_FILES - 1}", admin_id)
        return cls.insert(admin=admin_id, file_name=file_name, content=content, created_at=now).execute()

    @classmethod
    def one_of(cls, admin_id: int, import_id: int) -> Self | None:
        """Find a file of this admin."""
        return cls.one_by(f"id = ? AND admin_id = ? AND {_HERE}", import_id, admin_id)

    @classmethod
    def rewrite(cls, import_id: int, content: bytes) -> None:
        """Keep a file in another encoding."""
        cls.update(content=content).where(cls.id == import_id).execute()

    @classmethod
    def end(cls, import_id: int) -> bool:
        """End a file; return whether it was there."""
        return bool(cls._end(f"id = ? AND {_HERE}", import_id))

    @classmethod
    def forget_before(cls, moment: int) -> int:
        """End the files sent before `moment`; return how many."""
        return cls._end(f"created_at < ? AND {_HERE}", moment)

    @classmethod
    def clear(cls) -> None:
        """Delete one ended file, if there is any."""
        cls._run("DELETE FROM pending_import WHERE id = (SELECT min(import_id) FROM ended_import)")

    @classmethod
    def count_gone(cls) -> int:
        """Count the ended files that are not deleted yet."""
        return EndedImport.select().count()

    @classmethod
    def _end(cls, which: str, *values: object) -> int:
        sql = f"INSERT INTO ended_import (import_id) SELECT id FROM pending_import WHERE {which}"  # noqa: S608
        return cls._run(sql, *values)

    @classmethod
    def _run(cls, sql: str, *values: object) -> int:
        return int(cls._meta.database.execute_sql(sql, values).rowcount)


class EndedImport(Base):
    """A file that has ended and will be deleted."""

    import_id = IntegerField(primary_key=True)


class GoodsDraft(Base):
    """An admin's draft of a product, or of goods for an existing one. At most one per admin."""

    admin = ForeignKeyField(Customer, primary_key=True)
    admin_id: int
    category_id = IntegerField()
    product_id = IntegerField(null=True)
    name = TextField(null=True)
    description = TextField(default="")
    price_minor = IntegerField(null=True)
    deliverable = TextField(null=True)
    created_at = IntegerField()

    @classmethod
    def begin(cls, admin_id: int, category_id: int, *, now: int, **columns: object) -> None:
        """Start over."""
        cls.end(admin_id)
        cls.insert(admin=admin_id, category_id=category_id, created_at=now, **columns).execute()

    @classmethod
    def of(cls, admin_id: int) -> Self | None:
        """Find an admin's draft."""
        return cls.one_by("admin_id = ?", admin_id)

    @classmethod
    def change(cls, admin_id: int, **columns: object) -> None:
        """Write the named columns of a draft, and no others."""
        cls.update(**columns).where(cls.admin == admin_id).execute()

    @classmethod
    def end(cls, admin_id: int) -> None:
        """Forget a draft and its pieces."""
        cls.delete().where(cls.admin == admin_id).execute()

    @classmethod
    def forget_before(cls, moment: int) -> int:
        """Drop the drafts that were begun before `moment`; return how many."""
        return cls.delete().where(cls.created_at < moment).execute()


class DraftPiece(Numbered):
    """One thing to hand over of a draft: a text, or the name and the bytes of a file."""

    admin_id = IntegerField()
    content = TextField()
    content_hash = BlobField()
    file = BlobField(null=True)

    @classmethod
    def add(cls, admin_id: int, piece: Piece) -> bool:
        """Add a piece; return whether it was not there before."""
        row = {"content": piece.content, "content_hash": piece.digest, "file": piece.file}
        return bool(cls.insert(admin_id=admin_id, **row).on_conflict_ignore().as_rowcount().execute())

    @classmethod
    def clear(cls, admin_id: int) -> None:
        """Take all pieces away."""
        cls.delete().where(cls.admin_id == admin_id).execute()

    @classmethod
    def count(cls, admin_id: int) -> int:
        """Count the pieces of a draft."""
        return cls.select().where(cls.admin_id == admin_id).count()

    @classmethod
    def first(cls, admin_id: int, most: int) -> tuple[str, ...]:
        """Read the texts, or the names of the files, of a draft's first pieces."""
        rows = cls.select(cls.content).where(cls.admin_id == admin_id).order_by(cls.id).limit(most)
        return tuple(row.content for row in rows)

    @classmethod
    def fingerprints(cls, admin_id: int) -> list[bytes]:
        """Read the fingerprints of a draft's pieces."""
        return [piece.fingerprint for piece in cls.of(admin_id)]

    @classmethod
    def of(cls, admin_id: int) -> list[Piece]:
        """Read the pieces of a draft, in their order."""
        rows = cls.select().where(cls.admin_id == admin_id).order_by(cls.id)
        return [Piece(row.content, row.content_hash, row.file) for row in rows]
