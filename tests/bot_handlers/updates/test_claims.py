"""Each update is claimed once, and its claim is stored no later than its writes."""

from functools import partial
from typing import Any

import pytest
from peewee import OperationalError

from bot_handlers.updates.claims import MOST_WAITING, Claims
from storage.database import Database
from storage.models import HandledUpdate, Secret
from tests.raw_sql import engine_of


@pytest.fixture
def claims(database: Database) -> Claims:
    return Claims(database, clock=lambda: 5)


def rows() -> list[int]:
    return [row.update_id for row in HandledUpdate.list_by("bot_id = 1 ORDER BY update_id")]


def test_an_update_is_claimed_once_before_and_after_its_claim_is_stored(claims: Claims, database: Database) -> None:
    assert [claims.take(1, 9), claims.take(1, 9), claims.take(2, 9)] == [True, False, True]
    database.write_waiting()
    assert [claims.take(1, 9), claims.take(2, 9)] == [False, False]
    assert HandledUpdate.list_by("bot_id = 1")[0].handled_at == 5


def test_an_updates_writes_are_never_stored_without_its_claim(claims: Claims, database: Database) -> None:
    assert claims.take(1, 9)
    assert rows() == []
    with database.transaction():
        Secret.make("bought", "once")
        assert rows() == [9]
    assert rows() == [9]


def test_a_claim_outlives_the_refusal_of_its_updates_request(claims: Claims, database: Database) -> None:
    assert claims.take(1, 9)
    with pytest.raises(ZeroDivisionError) as raised, database.transaction():
        raise ZeroDivisionError("refused")
    assert str(raised.value) == "refused"
    assert not claims.take(1, 9)
    database.write_waiting()
    assert rows() == [9]


def test_claims_of_updates_that_wrote_nothing_are_stored_together_once_many_wait(
    claims: Claims, database: Database
) -> None:
    before = database.transactions
    for number in range(MOST_WAITING - 1):
        assert claims.take(1, number)
        claims.write_when_many()
    assert rows() == []
    assert claims.take(1, MOST_WAITING - 1)
    claims.write_when_many()
    assert rows() == [*range(MOST_WAITING)]
    assert database.transactions == before + 1


def test_an_update_that_wrote_nothing_before_the_program_died_is_claimed_again(
    claims: Claims, database: Database
) -> None:
    assert claims.take(1, 9)
    assert Claims(database, clock=lambda: 6).take(1, 9)
    database.write_waiting()
    assert rows() == [9]
    assert not Claims(database, clock=lambda: 7).take(1, 9)


def test_one_of_several_threads_that_claim_an_update_at_the_same_time_gets_it(
    claims: Claims, database: Database, at_once: Any
) -> None:
    def take(thread: int) -> int:
        taken = 0
        for number in range(40):
            taken += claims.take(1, number)
            if (number + thread) % 7 == 0:
                database.write_waiting()
        return taken

    assert sum(at_once(*(partial(take, thread) for thread in range(8)))) == 40
    database.write_waiting()
    assert sorted(rows()) == [*range(40)]


def test_an_update_that_could_not_be_looked_up_is_delivered_again(claims: Claims, database: Database) -> None:
    engine_of(database).execute_sql("ALTER TABLE handled_update RENAME TO elsewhere")
    with pytest.raises(OperationalError) as raised:
        claims.take(1, 9)
    assert "no such table" in str(raised.value)
    engine_of(database).execute_sql("ALTER TABLE elsewhere RENAME TO handled_update")
    assert claims.take(1, 9)
