"""Pictures of the catalogue and the menu, and files that are sold."""

from dataclasses import dataclass

from peewee import SQL, BlobField, IntegerField, TextField, fn

from storage.models.base import Numbered

_SHOWN = SQL(
    "(SELECT picture_id FROM category WHERE picture_id > 0 UNION SELECT picture_id FROM product WHERE picture_id > 0"
    " UNION SELECT picture_id FROM announcement WHERE picture_id > 0 UNION SELECT picture_id FROM menu_picture"
    " UNION SELECT picture_id FROM bot WHERE picture_id > 0)"
)
"""The pictures in use."""


class Picture(Numbered):
    """A picture of a category or a product, kept once however often it is used."""

    media_type = TextField()
    digest = BlobField(unique=True)
    created_at = IntegerField()
    content = BlobField()

    @classmethod
    def ensure(cls, content: bytes, *, media_type: str, digest: bytes, now: int) -> int:
        """Find this picture, or keep it; return its id."""
        found = cls.select(cls.id).where(cls.digest == digest).scalar()
        if found:
            return found
        return cls.insert(media_type=media_type, digest=digest, created_at=now, content=content).execute()

    @classmethod
    def read(cls, picture_id: int) -> bytes:
        """Read the bytes of a picture."""
        return bytes(cls.select(cls.content).where(cls.id == picture_id).scalar())

    @classmethod
    def forget_before(cls, moment: int) -> int:
        """Drop what was kept before `moment` and is shown nowhere any more; return how many."""
        return cls.delete().where(cls.created_at < moment, cls.id.not_in(_SHOWN)).execute()


@dataclass(frozen=True, slots=True)
class FileLabel:
    """A file's name and size, without its content."""

    id: int
    name: str
    size: int


class StoredFile(Numbered):
    """A file that is sold. Never changed."""

    name = TextField()
    created_at = IntegerField()
    content = BlobField()

    @classmethod
    def keep(cls, name: str, content: bytes, *, now: int) -> int:
        """Keep a file; return its id."""
        return cls.insert(name=name, created_at=now, content=content).execute()

    @classmethod
    def labels(cls, ids: list[int]) -> list[FileLabel]:
        """Read what files are called, in the order of their ids, without loading them."""
        rows = cls.select(cls.id, cls.name, fn.LENGTH(cls.content)).where(cls.id.in_(ids)).order_by(cls.id)
        return [FileLabel(*row) for row in rows.tuples()]

    @classmethod
    def read(cls, file_id: int) -> bytes:
        """Read the bytes of a file."""
        return bytes(cls.select(cls.content).where(cls.id == file_id).scalar())
