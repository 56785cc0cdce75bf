"""Customers get all their data once a day, and have a week to cancel a deletion."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from shop.errors.refusals import DataSentToday, StaleScreen
from shop.outbox import Event
from shop.people import Person, Right
from storage.models import Customer, DeletionRequest, ManagerRight
from tests.stand import MANAGER, Stand, payloads
from wallet.chains import Chain

DAY_S = 86_400


def test_the_file_has_everything_about_a_person_and_nothing_about_others(stand: Stand) -> None:
    ada, grace = stand.visitor(1001, first_name="Ada", username="ada"), stand.visitor(1002, first_name="Grace")
    stand.stock("KEY-OF-ADA", "KEY-OF-GRACE")
    for person, word in ((ada, "ada"), (grace, "grace")):
        stand.bought(person, "Key")
        stand.shop.tickets.open(person, f"ticket of {word}")
        stand.shop.catalog.search(person, f"search of {word}")
    found = json.loads(stand.shop.data_rights.export(ada).as_json)
    assert found["account"]["account"][0]["username"] == "ada"
    assert found["purchases"]["orders"] == [
        {
            **{"number": 1, "total": "10.00 USD", "discount": "0.00 USD", "note": ""},
            "created_at": "2026-09-21T14:13:20+00:00",
        }
    ]
    assert found["purchases"]["delivered"][0]["content"] == "KEY-OF-ADA"
    assert [row["amount"] for row in found["balance"]["movements"]] == ["100.00 USD", "-10.00 USD"]
    assert found["tickets"]["messages"][0]["text"] == "ticket of ada"
    assert found["cart"]["searches"][0]["words"] == "search of ada"
    whole = json.dumps(found)
    assert "grace" not in whole.casefold()
    assert "1002" not in whole


def test_the_file_leaves_out_what_a_person_was_told_as_an_admin(stand: Stand, owner: Person) -> None:
    manager, bob = stand.appoint(Right.MONEY), stand.visitor(1002, first_name="Bob")
    payload = {"asset": "ETH", "units": "1000", "address": stand.address(bob, Chain.ETH), "customer_id": bob.id}
    with stand.database.transaction():
        stand.shop.outbox.tell_admins(Event.ADMIN_UNSEEN, key="unseen", payload=payload)
        stand.shop.outbox.tell_later(manager.telegram_id, Event.ROLE, key="role", after_s=0)
    assert payloads("admin_unseen", to=MANAGER) == [payload]
    stand.shop.managers.remove(owner, MANAGER)
    found = json.loads(stand.shop.data_rights.export(manager).as_json)
    assert {row["kind"] for row in found["messages"]["messages"]} == {"role"}
    stand.shop.data_rights.erasures.erase(manager.id)
    assert payloads("admin_unseen", to=MANAGER) == []


def test_the_file_can_be_had_once_a_day(stand: Stand) -> None:
    person = stand.visitor()
    stand.shop.data_rights.export(person)
    stand.clock.now += DAY_S - 1
    with pytest.raises(DataSentToday) as refused:
        stand.shop.data_rights.export(person)
    assert refused.value.alert
    stand.clock.now += 1
    assert stand.shop.data_rights.export(person).sections


def test_the_file_can_be_had_after_a_clock_that_was_ahead(stand: Stand) -> None:
    person = stand.visitor()
    stand.clock.now += 365 * DAY_S
    stand.shop.data_rights.export(person)
    stand.clock.now -= 365 * DAY_S
    assert stand.shop.data_rights.export(person).sections
    with pytest.raises(DataSentToday) as refused:
        stand.shop.data_rights.export(person)
    assert refused.value.alert


def test_a_deletion_waits_a_week_and_can_be_cancelled(stand: Stand) -> None:
    rights, person = stand.shop.data_rights, stand.visitor()
    due_at = rights.ask(person).due_at
    assert due_at == stand.clock() + 7 * DAY_S
    stand.clock.now += 3 * DAY_S
    assert rights.ask(person).due_at == due_at, "a second press changes nothing"
    assert rights.keep(person).due_at is None
    stand.clock.now += 30 * DAY_S
    rights.run()
    assert Customer.by_telegram_id(person.telegram_id) is not None
    rights.ask(person)
    stand.clock.now += 7 * DAY_S - 1
    rights.run()
    assert Customer.by_telegram_id(person.telegram_id) is not None
    stand.clock.now += 1
    rights.run()
    assert Customer.by_telegram_id(person.telegram_id) is None


def test_a_deletion_cancelled_while_another_is_carried_out_is_cancelled(
    stand: Stand, at_once: Callable[..., list[Any]]
) -> None:
    rights = stand.shop.data_rights
    people = [stand.visitor(number, first_name="Bea") for number in range(501, 541)]
    for person in people:
        rights.ask(person)
    stand.clock.now += 7 * DAY_S
    keep = [partial(rights.keep, person) for person in reversed(people)]
    _, *kept = at_once(rights.run, *keep)
    for person, outcome in zip(reversed(people), kept, strict=True):
        forgotten = Customer.by_telegram_id(person.telegram_id) is None
        assert isinstance(outcome, StaleScreen) == forgotten
    assert DeletionRequest.select().count() == 0


def test_a_person_forgotten_in_the_meantime_can_neither_ask_nor_keep(stand: Stand) -> None:
    person = stand.visitor()
    stand.shop.data_rights.erasures.erase(person.id)
    for press in (stand.shop.data_rights.ask, stand.shop.data_rights.keep):
        with pytest.raises(StaleScreen) as refused:
            press(person)
        assert refused.value.args == ()
    assert DeletionRequest.select().count() == 0


def test_somebody_who_became_a_manager_in_the_meantime_is_not_deleted(stand: Stand) -> None:
    person = stand.visitor(MANAGER)
    stand.shop.data_rights.ask(person)
    stand.appoint(Right.MONEY)
    stand.clock.now += 8 * DAY_S
    stand.shop.data_rights.run()
    assert Customer.by_telegram_id(MANAGER) is not None
    with stand.database.transaction():
        ManagerRight.take_all(MANAGER)
    stand.shop.data_rights.run()
    assert stand.shop.data_rights.state(person).due_at is None


def test_a_customer_is_told_beforehand_what_a_deletion_would_take(stand: Stand) -> None:
    state = stand.shop.data_rights.state(stand.rich("12.50"))
    assert (state.balance.minor, state.pending, state.undelivered, state.due_at) == (1250, 0, 0, None)
