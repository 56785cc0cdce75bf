"""The base of all models."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, Self

from peewee import SQL, AutoField, ForeignKeyField, Model, TextField

from storage.database import proxy

AMONG = "(SELECT value FROM json_each(?))"
"""A list of numbers or texts as one parameter (see `among`), so a query has one form for any number of values."""


def among(values: Iterable[int] | Iterable[str]) -> str:
    """Write numbers or texts as the value of `AMONG`."""
    return json.dumps(list(values))


def summed(rows: Iterable[Any]) -> Counter[tuple[int, str]]:
    """Sum base units of rows of address, coin and units: they may be larger than what SQLite can sum."""
    sums: Counter[tuple[int, str]] = Counter()
    for address_id, asset, units in rows:
        sums[address_id, asset] += units
    return sums


class Base(Model):
    """A table of the shop's database."""

    class Meta:
        database = proxy
        legacy_table_names = False

    @classmethod
    def one_by(cls, condition: str, *values: object) -> Self | None:
        """Find a row by a condition in SQL, which must be a constant: queries of every update are not rebuilt each
        time.

        peewee takes five times as long to build such a query as the database to answer it.
        """
        rows = cls.list_by(f"{condition} LIMIT 1", *values)
        return rows[0] if rows else None

    @classmethod
    def list_by(cls, condition: str, *values: object) -> list[Self]:
        """List rows by a condition in SQL, which must be a constant and may include an order and a limit."""
        fields = cls._meta.sorted_fields
        columns = ", ".join(field.column_name for field in fields)
        sql = f"SELECT {columns} FROM {cls._meta.table_name} WHERE {condition}"  # noqa: S608
        found = cls._meta.database.execute_sql(sql, values)
        return [cls._filled(fields, row) for row in found]

    @classmethod
    def list_with(cls, link: ForeignKeyField, condition: str, *values: object) -> list[Self]:
        """List rows by a condition in constant SQL, each with the row that `link` refers to, by their ids.

        This takes one query, instead of one more for each row.
        """
        other, mine, theirs = link.rel_model, cls._meta.sorted_fields, link.rel_model._meta.sorted_fields
        here, there = cls._meta.table_name, other._meta.table_name
        columns = [f"{here}.{field.column_name}" for field in mine]
        columns += [f"{there}.{field.column_name}" for field in theirs]
        joined = f"{here} JOIN {there} ON {there}.id = {here}.{link.column_name}"
        sql = f"SELECT {', '.join(columns)} FROM {joined} WHERE {condition} ORDER BY {here}.id"  # noqa: S608
        rows = []
        for found in cls._meta.database.execute_sql(sql, values):
            row = cls._filled(mine, found[: len(mine)])
            row.__rel__[link.name] = other._filled(theirs, found[len(mine) :])
            rows.append(row)
        return rows

    @classmethod
    def value_by(cls, expression: str, condition: str, *values: object) -> Any:
        """Read an expression of the first row that meets a condition, both constant SQL; None if there is none."""
        sql = f"SELECT {expression} FROM {cls._meta.table_name} WHERE {condition} LIMIT 1"  # noqa: S608
        row = cls._meta.database.execute_sql(sql, values).fetchone()
        return None if row is None else row[0]

    @classmethod
    def is_there(cls, condition: str, *values: object) -> bool:
        """Return whether any row meets a condition, which must be constant SQL."""
        return cls.value_by("1", condition, *values) is not None

    @classmethod
    def add_row(cls, **values: object) -> int:
        """Insert a row by the names of its fields, the others at their defaults; return its number."""
        given = {cls._meta.combined[name].name: value for name, value in values.items()}
        row = {cls._meta.fields[name]: value for name, value in (cls._meta.get_default_dict() | given).items()}
        return cls.insert_row(**{field.column_name: field.db_value(value) for field, value in row.items()})

    @classmethod
    def set_by(cls, condition: str, *values: object, **columns: object) -> int:
        """Write the named columns of the rows of a condition, and no others; return how many there were."""
        fields = [cls._meta.combined[name] for name in columns]
        places = ", ".join(f"{field.column_name} = ?" for field in fields)
        given = [field.db_value(value) for field, value in zip(fields, columns.values(), strict=True)]
        return cls.run(f"UPDATE {cls._meta.table_name} SET {places} WHERE {condition}", *given, *values)  # noqa: S608

    @classmethod
    def drop_by(cls, condition: str, *values: object) -> int:
        """Delete the rows that meet a condition, which must be constant SQL; return how many there were."""
        return cls.run(f"DELETE FROM {cls._meta.table_name} WHERE {condition}", *values)  # noqa: S608

    @classmethod
    def run(cls, sql: str, *values: object) -> int:
        """Run a constant statement that writes; return the number of rows that it changed."""
        return int(cls._meta.database.execute_sql(sql, values).rowcount)

    @classmethod
    def rows(cls, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Run a constant statement; return the rows that it gives."""
        found: list[tuple[Any, ...]] = cls._meta.database.execute_sql(sql, values).fetchall()
        return found

    @classmethod
    def _filled(cls, fields: Sequence[Any], values: Sequence[Any]) -> Self:
        """Make an instance of a row that was read, with no field marked as changed."""
        row = cls(__no_default__=True)
        for field, value in zip(fields, values, strict=True):
            row.__data__[field.name] = field.python_value(value)
        return row

    @classmethod
    def insert_row(cls, **columns: object) -> int:
        """Insert one row by its columns, past peewee, and return its number. Needs a transaction.

        For rows that are inserted by the hundred thousand.
        """
        places = ", ".join("?" * len(columns))
        sql = f"INSERT INTO {cls._meta.table_name} ({', '.join(columns)}) VALUES ({places})"  # noqa: S608
        return int(cls._meta.database.execute_sql(sql, tuple(columns.values())).lastrowid)

    @classmethod
    def write_many(cls, sql: str, rows: list[tuple[object, ...]]) -> int:
        """Write many rows with one constant statement, past peewee; return how many were written. Needs a
        transaction.

        A hundred thousand items may be written while all other writers wait.
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
    """A table whose rows are numbered."""

    id = AutoField()

    @classmethod
    def create(cls, **values: object) -> Self:
        """Insert a row by the names of its fields, the others at their defaults; return it."""
        row = cls(**values)
        row.id = cls.add_row(**row.__data__)
        row._dirty.clear()
        return row

    @classmethod
    def get_by_id(cls, number: int | None) -> Self:
        """Read a row by its number.

        Raises:
            peewee.DoesNotExist: there is none.
        """
        row = cls.one_by("id = ?", number)
        if row is None:
            raise cls.DoesNotExist(f"{cls.__name__} {number}")
        return row


class Publishable(Numbered):
    """A table whose rows may be unpublished (`storage.models.unpublished`): queries leave those out.

    `even_unpublished` finds them, too, and writes by a condition include them. `_unpublished` is the SQL for their
    numbers.
    """

    _unpublished: ClassVar[str]

    @classmethod
    def select(cls, *fields: Any) -> Any:
        """Select visible rows."""
        return super().select(*fields).where(cls.id.not_in(SQL(cls._unpublished)))

    @classmethod
    def list_by(cls, condition: str, *values: object) -> list[Self]:
        """List visible rows by a condition in SQL."""
        return super().list_by(f"id NOT IN {cls._unpublished} AND {condition}", *values)

    @classmethod
    def value_by(cls, expression: str, condition: str, *values: object) -> Any:
        """Read an expression of the first visible row."""
        return super().value_by(expression, f"id NOT IN {cls._unpublished} AND {condition}", *values)

    @classmethod
    def even_unpublished(cls, condition: str, *values: object) -> Self | None:
        """Find a row by a condition in SQL, visible or not."""
        rows = super().list_by(f"{condition} LIMIT 1", *values)
        return rows[0] if rows else None


class UnitsField(TextField):
    """Whole base units of a coin, of any size: decimal text in the database, `int` in Python."""

    def db_value(self, value: int | None) -> str | None:
        return None if value is None else str(int(value))

    def python_value(self, value: str | None) -> int | None:
        return None if value is None else int(value)
