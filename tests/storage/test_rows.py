"""Rows read and written with handwritten SQL are the same as with peewee."""

import pytest
from peewee import IntegrityError

from storage.database import Database
from storage.models import Customer, Outbox, TopUp
from storage.models.base import AMONG, among

NOBODY = 2**40


def customer(telegram_id: int, **more: object) -> Customer:
    known = {"bot_id": 1, "first_name": "Ada", "language": "en", "created_at": 3}
    return Customer.create(telegram_id=telegram_id, **known | more)


def test_a_new_row_has_the_defaults_and_no_unsaved_changes(database: Database) -> None:
    with database.transaction():
        made = customer(7)
    read = Customer.get_by_id(made.id)
    peewees = Customer.select().where(Customer.telegram_id == 7).get()
    assert made.__data__ | {"username": None} == read.__data__ == peewees.__data__
    assert (read.banned, read.reachable, read.balance_minor, read.username) == (False, True, 0, None)
    assert (made.dirty_fields, read.dirty_fields) == ([], [])


def test_values_are_converted_on_the_way_in_and_out(database: Database) -> None:
    units = 10**30
    with database.transaction():
        owner = customer(7)
        row = TopUp.create(
            customer=owner, asset="ETH", asked_units=units, rate="1", rate_source="x", rate_at=1, created_at=1,
            expires_at=2,
        )  # fmt: skip
    read = TopUp.one_by("customer_id = ?", owner.id)
    assert read is not None
    assert (read.id, read.customer_id, read.asked_units, read.asked_minor) == (row.id, owner.id, units, None)
    assert TopUp.value_by("asked_units", "id = ?", row.id) == str(units)


def test_rows_come_in_order_and_only_those_that_match(database: Database) -> None:
    with database.transaction():
        people = [customer(number, first_name=f"P{number % 3}") for number in range(1, 8)]
    found = Customer.list_by("telegram_id > ? ORDER BY first_name, id DESC LIMIT ?", 2, 3)
    assert [row.telegram_id for row in found] == [6, 3, 7]
    some = [people[1].id, people[4].id, NOBODY]
    assert {row.id for row in Customer.list_by(f"id IN {AMONG}", among(some))} == set(some) - {NOBODY}
    assert Customer.list_by(f"id IN {AMONG}", among([])) == []


def test_a_missing_row_is_none_or_raises(database: Database) -> None:
    assert Customer.one_by("id = ?", NOBODY) is None
    assert Customer.value_by("balance_minor", "id = ?", NOBODY) is None
    assert not Customer.is_there("id = ?", NOBODY)
    with pytest.raises(Customer.DoesNotExist) as raised:
        Customer.get_by_id(NOBODY)
    assert str(NOBODY) in str(raised.value)


def test_only_the_named_columns_of_matching_rows_are_written(database: Database) -> None:
    with database.transaction():
        ada, ben = customer(1, username="ada"), customer(2, username="ben")
        assert Customer.set_by("telegram_id = ?", 2, banned=True, username=None) == 1
        assert Customer.set_by("telegram_id = ?", NOBODY, banned=True) == 0
    assert Customer.get_by_id(ada.id).__data__ == ada.__data__
    assert Customer.get_by_id(ben.id).__data__ == ben.__data__ | {"banned": True, "username": None}


def test_deleted_rows_are_counted_and_the_others_stay(database: Database) -> None:
    with database.transaction():
        for number in range(4):
            Outbox.add(key=f"k{number}", telegram_id=number % 2, bot_id=1, kind="x", payload={}, now=5)
        assert Outbox.drop_by("telegram_id = ?", 1) == 2
    assert [row.key for row in Outbox.list_by("1 ORDER BY id")] == ["k0", "k2"]


def test_the_databases_constraints_apply_to_handwritten_rows_too(database: Database) -> None:
    with database.transaction():
        customer(7)
    with pytest.raises(IntegrityError) as raised, database.transaction():
        customer(7)
    assert "telegram_id" in str(raised.value)
