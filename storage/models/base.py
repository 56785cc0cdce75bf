"""What all models share."""

from typing import Any, ClassVar, Self

from peewee import SQL, AutoField, Model, TextField

from storage.database import proxy


class Base(Model):
    """A table of the shop's database."""

    class Meta:
        database = proxy
        legacy_table_names = False

    @classmethod
    def one_by(cls, condition: str, *values: object) -> Self | None:
        """Find a row by a condition in SQL, a constant of ours: what every update asks is not built anew each time.

        peewee takes five times as long to put such a question into words as the database to answer it.
        """
        table = cls._meta.table_name
        rows = list(cls.raw(f"SELECT * FROM {table} WHERE {condition} LIMIT 1", *values))  # noqa: S608
        return rows[0] if rows else None

    @classmethod
    def insert_row(cls, **columns: object) -> int:
        """Insert one row by its columns, past peewee, and return its number. Needs a transaction.

        For rows that come by the hundred thousand, one after the other.
        """
        places = ", ".join("?" * len(columns))
        sql = f"INSERT INTO {cls._meta.table_name} ({', '.join(columns)}) VALUES ({places})"  # noqa: S608
        return int(cls._meta.database.execute_sql(sql, tuple(columns.values())).lastrowid)

    @classmethod
    def write_many(cls, sql: str, rows: list[tuple[object, ...]]) -> int:
        """Write many rows by one statement of ours, past peewee; return how many were written. Needs a transaction.

        A hundred thousand items go in while everybody else who writes waits.
        """
        if not rows:
            return 0
        first, *others = rows
        cursor = cls._meta.database.execute_sql(sql, first)
        written = cursor.rowcount
        if others:
            written += cursor.executemany(sql, others).rowcount
        return int(written)


class Numbered(Base):
    """A table whose rows have a number of their own."""

    id = AutoField()


class Seen(Numbered):
    """A table of which rows may be unborn (`storage.models.unborn`): a question leaves them out.

    `_unborn` is the SQL of their numbers. To find a row by a condition in SQL (`one_by`) finds them as well.
    """

    _unborn: ClassVar[str]

    @classmethod
    def select(cls, *fields: Any) -> Any:
        """Ask for rows that may be seen."""
        return super().select(*fields).where(cls.id.not_in(SQL(cls._unborn)))

    @classmethod
    def seen_by(cls, condition: str, *values: object) -> Self | None:
        """Find a row that may be seen by a condition in SQL, as `one_by` does."""
        return cls.one_by(f"id NOT IN {cls._unborn} AND {condition}", *values)


class UnitsField(TextField):
    """Whole base units of a coin, of any size: decimal text in the database, `int` in Python."""

    def db_value(self, value: int | None) -> str | None:
        return None if value is None else str(int(value))

    def python_value(self, value: str | None) -> int | None:
        return None if value is None else int(value)
