"""Secrets and settings that the shop made at its first start."""

from peewee import TextField

from storage.models.base import Base


class Secret(Base):
    """A value that the shop itself has to remember, such as a secret; the database file is encrypted."""

    name = TextField(primary_key=True)
    value = TextField()

    @classmethod
    def read(cls, name: str) -> str | None:
        """Read a secret, if there is one."""
        return cls.value_by("value", "name = ?", name)

    @classmethod
    def make(cls, name: str, value: str) -> None:
        """Keep a secret for the first time.

        Raises:
            peewee.IntegrityError: there is one of this name already.
        """
        cls.insert(name=name, value=value).execute()

    @classmethod
    def forget(cls, *names: str) -> None:
        """Drop secrets, whether they are there or not."""
        cls.delete().where(cls.name.in_(names)).execute()
