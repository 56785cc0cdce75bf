"""What all models share."""

from peewee import AutoField, Model, TextField

from storage.database import proxy


class Base(Model):
    """A table of the shop's database."""

    class Meta:
        database = proxy
        legacy_table_names = False


class Numbered(Base):
    """A table whose rows have a number of their own."""

    id = AutoField()


class UnitsField(TextField):
    """Whole base units of a coin, of any size: decimal text in the database, `int` in Python."""

    def db_value(self, value: int | None) -> str | None:
        return None if value is None else str(int(value))

    def python_value(self, value: str | None) -> int | None:
        return None if value is None else int(value)
