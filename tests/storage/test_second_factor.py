"""What the database itself refuses about second factors."""

import pytest

from storage.database import Database
from storage.models import SecondFactor
from tests.conftest import refused

SECRET = "A" * 32


@pytest.fixture
def confirmed(database: Database) -> None:
    with database.transaction():
        SecondFactor.begin(7, SECRET, now=1)
        SecondFactor.change(7, confirmed_at=2, last_step=50, open_until=600)


@pytest.mark.usefixtures("confirmed")
def test_a_used_code_cannot_be_used_again(database: Database) -> None:
    assert "used again" in refused(database, lambda: SecondFactor.change(7, last_step=49))
    assert SecondFactor.of(7).last_step == 50


@pytest.mark.usefixtures("confirmed")
def test_a_confirmed_secret_stays_the_same_until_it_is_deleted(database: Database) -> None:
    for change in ({"secret": "B" * 32}, {"confirmed_at": 3}, {"confirmed_at": None}):
        assert "only reset" in refused(database, lambda change=change: SecondFactor.change(7, **change))
    assert "UNIQUE" in refused(database, lambda: SecondFactor.begin(7, "B" * 32, now=9))
    with database.transaction():
        assert SecondFactor.drop(7)
        SecondFactor.begin(7, "B" * 32, now=9)
    assert SecondFactor.of(7).secret == "B" * 32


def test_an_unconfirmed_factor_opens_nothing(database: Database) -> None:
    with database.transaction():
        SecondFactor.begin(7, SECRET, now=1)
    assert "CHECK" in refused(database, lambda: SecondFactor.change(7, open_until=600))


def test_an_impossible_factor_is_refused(database: Database) -> None:
    assert "CHECK" in refused(database, lambda: SecondFactor.begin(7, "short", now=1))
    with database.transaction():
        SecondFactor.begin(7, SECRET, now=1)
    assert "CHECK" in refused(database, lambda: SecondFactor.change(7, failures=-1))
