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


class GoodsDraft(Numbered):
    """An admin's draft of a product, or of goods for an existing one. At most one per admin.

    An ended draft has no admin, which hides it, and is deleted later (`clear`): deleting a large one takes time.
    """

    admin = ForeignKeyField(Customer, null=True)
    admin_id: int | None
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
    def empty(cls, admin_id: int) -> None:
        """Forget the pieces of a draft: it gets another number."""
        row = cls.of(admin_id)
        if row is not None:
            columns = {name: value for name, value in row.__data__.items() if name != "id"}
            cls.end(admin_id)
            cls.insert(**columns).execute()

    @classmethod
    def end(cls, admin_id: int) -> None:
        """Forget a draft and its pieces."""
        cls.set_by("admin_id = ?", admin_id, admin=None)

    @classmethod
    def forget_before(cls, moment: int) -> int:
        """End the drafts that were begun before `moment`; return how many."""
        return cls.set_by("admin_id IS NOT NULL AND created_at < ?", moment, admin=None)

    @classmethod
    def clear(cls, most: int) -> bool:
        """Delete an ended draft, or a limited number of its pieces; return whether there was any."""
        row = cls.one_by("admin_id IS NULL")
        if row is not None and not DraftPiece.drop(row.id, most):
            cls.drop_by("id = ?", row.id)
        return row is not None

    @classmethod
    def any_ended(cls) -> bool:
        """Return whether an ended draft is not deleted yet."""
        return cls.is_there("admin_id IS NULL")


class DraftPiece(Numbered):
    """One thing to hand over of a draft: a text, or the name and the bytes of a file."""

    draft_id = IntegerField()
    content = TextField()
    content_hash = BlobField()
    file = BlobField(null=True)
    fingerprint = BlobField()

    @classmethod
    def add(cls, draft_id: int, pieces: list[Piece]) -> int:
        """Add pieces, unless their fingerprints are in the draft already; return how many were new."""
        sql = (
            "INSERT OR IGNORE INTO draft_piece (draft_id, content, content_hash, file, fingerprint)"
            " VALUES (?, ?, ?, ?, ?)"
        )
        return cls.write_many(
            sql, [(draft_id, each.content, each.digest, each.file, each.fingerprint) for each in pieces]
        )

    @classmethod
    def drop(cls, draft_id: int, most: int) -> int:
        """Delete a limited number of pieces; return how many."""
        which = "SELECT id FROM draft_piece WHERE draft_id = ? ORDER BY id LIMIT ?"
        return cls.drop_by(f"id IN ({which})", draft_id, most)

    @classmethod
    def count(cls, draft_id: int) -> int:
        """Count the pieces of a draft."""
        return int(cls.value_by("count(*)", "draft_id = ?", draft_id))

    @classmethod
    def first(cls, draft_id: int, most: int) -> tuple[str, ...]:
        """Read the texts, or the names of the files, of a draft's first pieces."""
        rows = cls.select(cls.content).where(cls.draft_id == draft_id).order_by(cls.id).limit(most)
        return tuple(row.content for row in rows)

    @classmethod
    def fingerprints(cls, draft_id: int) -> list[bytes]:
        """Read the fingerprints of a draft's pieces."""
        sql = "SELECT fingerprint FROM draft_piece WHERE draft_id = ?"
        return [bytes(mark) for (mark,) in cls._meta.database.execute_sql(sql, (draft_id,))]

    @classmethod
    def of(cls, draft_id: int) -> list[Piece]:
        """Read the pieces of a draft, in their order."""
        rows = cls.list_by("draft_id = ? ORDER BY id", draft_id)
        return [Piece(row.content, row.content_hash, row.file) for row in rows]
