"""Faulty units, and what was given instead."""

from peewee import IntegerField

from storage.models.base import Base


class Replacement(Base):
    """A faulty unit and the one given instead; inserting it gives the new one to the line of the old."""

    faulty_item_id = IntegerField(primary_key=True)
    new_item_id = IntegerField(unique=True)
    replaced_by = IntegerField()
    created_at = IntegerField()

    @classmethod
    def make(cls, faulty_item_id: int, new_item_id: int, *, replaced_by: int, now: int) -> None:
        """Give a unit from stock instead of a faulty one."""
        row = {"faulty_item_id": faulty_item_id, "new_item_id": new_item_id}
        cls.insert(replaced_by=replaced_by, created_at=now, **row).execute()

    @classmethod
    def is_faulty(cls, item_id: int) -> bool:
        """Tell whether a unit was replaced."""
        return cls.select().where(cls.faulty_item_id == item_id).exists()
