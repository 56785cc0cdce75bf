"""What the shop says about its operator."""

from peewee import TextField

from storage.models.base import Base


class OperatorDetail(Base):
    """A detail of the operator that was typed in the bot, in place of the setting."""

    name = TextField(primary_key=True)
    value = TextField()

    @classmethod
    def every(cls) -> dict[str, str]:
        """Read every detail that was typed, by name."""
        return {row.name: row.value for row in cls.select()}

    @classmethod
    def put(cls, name: str, value: str) -> None:
        """Set a detail; an empty value removes it."""
        if value:
            cls.replace(name=name, value=value).execute()
        else:
            cls.delete().where(cls.name == name).execute()
