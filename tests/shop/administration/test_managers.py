"""Owners give managers rights to areas of the shop and can take them back at once; managers are told."""

import csv
import io
from typing import Any

import pytest

from shop.administration.managers import LARGEST_ID, LETTER_AFTER_S
from shop.errors.refusals import IsOwner, NotAllowed, PersonUnknown
from shop.people import EVERY_GIVEN, EVERY_RIGHT, Person, Right
from storage.models import Customer, ManagerRight, Outbox
from tests.stand import ADMIN, BOT_ID, MANAGER, Stand, audited


@pytest.fixture
def manager(stand: Stand) -> Person:
    return stand.visitor(MANAGER, first_name="Max", username="Max_77")


def test_a_manager_has_the_rights_given_and_none_after_they_are_taken_back(
    stand: Stand, owner: Person, manager: Person
) -> None:
    roles, customers = stand.shop.managers, stand.shop.customers
    roles.give(owner, MANAGER, Right.MONEY)
    roles.give(owner, MANAGER, Right.FIGURES)
    assert stand.visitor(MANAGER, first_name="Max", username="Max_77").rights == {Right.MONEY, Right.FIGURES}
    customers.require(manager, Right.MONEY)
    assert roles.take(owner, MANAGER, Right.MONEY).rights == {Right.FIGURES}
    with pytest.raises(NotAllowed) as refused:
        customers.require(manager, Right.MONEY)
    assert refused.value.args == ()
    roles.remove(owner, MANAGER)
    assert customers.rights_of(MANAGER) == frozenset()
    assert audited() == [
        ("role.given", "Max @Max_77 (77)", {"right": "money"}),
        ("role.given", "Max @Max_77 (77)", {"right": "figures"}),
        ("role.taken", "Max @Max_77 (77)", {"right": "money"}),
        ("role.removed", "Max @Max_77 (77)", {}),
    ]


def test_giving_or_taking_a_right_twice_is_logged_once(stand: Stand, owner: Person, manager: Person) -> None:
    for _ in range(2):
        stand.shop.managers.give(owner, MANAGER, Right.MONEY)
    for _ in range(2):
        stand.shop.managers.take(owner, MANAGER, Right.MONEY)
    stand.shop.managers.remove(owner, MANAGER)
    assert [action for action, _, _ in audited()] == ["role.given", "role.taken"]


def test_one_letter_lists_all_rights_once_they_are_given(stand: Stand, owner: Person, manager: Person) -> None:
    for right in (Right.MONEY, Right.FIGURES, Right.BACKUP):
        stand.shop.managers.give(owner, MANAGER, right)
        stand.clock.pass_s(LETTER_AFTER_S - 1)
        assert stand.shop.outbox.due(limit=9) == []
    stand.clock.pass_s(1)
    [letter] = stand.shop.outbox.due(limit=9)
    assert (letter.event.value, letter.telegram_id, letter.bot_id) == ("role", MANAGER, BOT_ID)
    stand.shop.outbox.sent(letter)
    stand.shop.managers.remove(owner, MANAGER)
    stand.clock.pass_s(LETTER_AFTER_S)
    assert [each.telegram_id for each in stand.shop.outbox.due(limit=9)] == [MANAGER]


def test_somebody_who_never_wrote_is_made_a_manager_by_id_and_told_when_they_write(
    stand: Stand, owner: Person
) -> None:
    found = stand.shop.managers.find(owner, " 4711 ")
    assert (found.telegram_id, found.name, found.rights, found.customer_id) == (4711, "4711", frozenset(), None)
    stand.shop.managers.give(owner, 4711, Right.CUSTOMERS)
    stand.clock.pass_s(LETTER_AFTER_S)
    [letter] = stand.shop.outbox.due(limit=9)
    stand.shop.outbox.unreachable(letter)
    assert stand.visitor(4711).rights == {Right.CUSTOMERS}
    assert [each.telegram_id for each in stand.shop.outbox.due(limit=9)] == [4711]


def test_a_known_person_is_found_by_username_in_either_case(stand: Stand, owner: Person, manager: Person) -> None:
    assert stand.shop.managers.find(owner, "@mAX_77").telegram_id == MANAGER


def test_a_username_stands_for_the_person_last_seen_with_it(stand: Stand, owner: Person, manager: Person) -> None:
    stand.visitor(78, first_name="Eve", username="max_77")
    found = stand.shop.managers.find(owner, "@max_77")
    assert (found.telegram_id, found.name, found.rights) == (78, "Eve @max_77 (78)", frozenset())


@pytest.mark.parametrize("text", ["", "@", "@nobody", "Max", "0", "-5", "٣", "1.5", str(LARGEST_ID + 1), "9" * 40])
def test_a_reference_to_nobody_is_refused(stand: Stand, owner: Person, manager: Person, text: str) -> None:
    with pytest.raises(PersonUnknown) as refused:
        stand.shop.managers.find(owner, text)
    assert refused.value.args == ()


def test_an_owner_is_not_a_manager_whatever_the_table_says(stand: Stand, owner: Person) -> None:
    with stand.database.transaction():
        ManagerRight.give(2, "money", given_by=owner.id, now=0)
    assert stand.shop.customers.rights_of(2) == EVERY_RIGHT
    assert stand.shop.managers.managers(owner, page=0).managers == ()
    calls = (
        lambda: stand.shop.managers.find(owner, "2"),
        lambda: stand.shop.managers.one(owner, 2),
        lambda: stand.shop.managers.give(owner, 2, Right.MONEY),
        lambda: stand.shop.managers.take(owner, 2, Right.MONEY),
        lambda: stand.shop.managers.remove(owner, ADMIN),
    )
    for call in calls:
        with pytest.raises(IsOwner):
            call()
    assert audited() == []


def test_nobody_can_be_given_the_right_to_give_rights(stand: Stand, owner: Person, manager: Person) -> None:
    with pytest.raises(NotAllowed) as refused:
        stand.shop.managers.give(owner, MANAGER, Right.OWNERS_ONLY)
    assert refused.value.args == ()
    assert ManagerRight.select().count() == 0


def test_a_manager_with_every_right_can_appoint_nobody_and_read_no_log(
    stand: Stand, owner: Person, manager: Person
) -> None:
    roles, log = stand.shop.managers, stand.shop.audit_log
    for right in EVERY_GIVEN:
        roles.give(owner, MANAGER, right)
    before = audited()
    calls = (
        lambda: roles.managers(manager, page=0),
        lambda: roles.find(manager, "5"),
        lambda: roles.one(manager, 5),
        lambda: roles.give(manager, 5, Right.MONEY),
        lambda: roles.give(manager, MANAGER, Right.OWNERS_ONLY),
        lambda: roles.take(manager, MANAGER, Right.MONEY),
        lambda: roles.remove(manager, MANAGER),
        lambda: log.page(manager, page=0, admin_id=None),
        lambda: log.csv(manager, str, (), admin_id=None),
    )
    for call in calls:
        with pytest.raises(NotAllowed):
            call()
    assert audited() == before


def test_a_banned_manager_can_do_nothing(stand: Stand, owner: Person, manager: Person) -> None:
    stand.shop.managers.give(owner, MANAGER, Right.MONEY)
    with stand.database.transaction():
        Customer.change(manager.id, banned=True)
    with pytest.raises(NotAllowed) as refused:
        stand.shop.customers.require(manager, Right.MONEY)
    assert refused.value.args == ()


def test_owners_who_change_one_manager_at_the_same_time_lose_nothing(
    stand: Stand, owner: Person, at_once: Any
) -> None:
    other = stand.visitor(2)
    rights = sorted(EVERY_GIVEN, key=lambda right: right.value)
    calls = [
        lambda by=by, right=right: stand.shop.managers.give(by, MANAGER, right)
        for by in (owner, other)
        for right in rights
    ]
    outcomes = at_once(*calls)
    assert [each for each in outcomes if isinstance(each, Exception)] == []
    assert stand.shop.customers.rights_of(MANAGER) == EVERY_GIVEN
    assert sorted(details["right"] for _, _, details in audited()) == [right.value for right in rights]
    assert Outbox.select().count() == 1


def test_once_a_right_is_taken_back_nothing_started_afterwards_gets_through(
    stand: Stand, owner: Person, manager: Person, at_once: Any
) -> None:
    customer = stand.visitor()
    numbers = [stand.shop.tickets.open(customer, f"ticket {number}").id for number in range(8)]
    stand.shop.managers.give(owner, MANAGER, Right.CUSTOMERS)

    def answer(number: int) -> None:
        stand.shop.tickets.answer(manager, number, "an answer")

    answers = [lambda number=number: answer(number) for number in numbers]
    outcomes = at_once(*answers[:4], lambda: stand.shop.managers.take(owner, MANAGER, Right.CUSTOMERS), *answers[4:])
    del outcomes[4]
    assert all(each is None or isinstance(each, NotAllowed) for each in outcomes)
    answered = sum(any(m.from_shop for m in stand.shop.tickets.ticket(number).messages) for number in numbers)
    assert answered == outcomes.count(None)
    assert all(isinstance(each, NotAllowed) for each in at_once(*answers))


def test_managers_are_listed_page_by_page(stand: Stand, owner: Person) -> None:
    for number in range(100, 117):
        stand.shop.managers.give(owner, number, Right.MONEY)
    first, last = (stand.shop.managers.managers(owner, page=page) for page in (0, 99))
    assert [each.telegram_id for each in first.managers] == list(range(100, 108))
    assert [each.telegram_id for each in last.managers] == [116]
    assert (last.page, last.pages) == (2, 3)


def test_the_log_is_read_newest_first_page_by_page_and_by_admin(stand: Stand, owner: Person) -> None:
    other = stand.visitor(2, first_name="Otto")
    for number in range(100, 110):
        stand.shop.managers.give(owner, number, Right.MONEY)
    stand.shop.managers.remove(other, 100)
    log = stand.shop.audit_log
    newest = log.page(owner, page=0, admin_id=None)
    assert (newest.entries[0].action, newest.entries[0].admin, newest.pages) == ("role.removed", "Otto (2)", 2)
    assert [entry.subject for entry in newest.entries[1:]] == [str(number) for number in range(109, 102, -1)]
    assert len(log.page(owner, page=9, admin_id=None).entries) == 3
    assert [entry.action for entry in log.page(owner, page=0, admin_id=other.id).entries] == ["role.removed"]
    assert log.page(owner, page=0, admin_id=10**9).entries == ()


def test_the_log_as_a_file_is_complete_and_has_no_formula(stand: Stand) -> None:
    owner = stand.visitor(ADMIN, first_name="=cmd()")
    stand.shop.managers.give(owner, MANAGER, Right.MONEY)
    stand.shop.managers.remove(owner, MANAGER)
    text = stand.shop.audit_log.csv(owner, str.upper, ("a", "b", "c", "d", "e"), admin_id=None)
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0] == ["a", "b", "c", "d", "e"]
    assert rows[1][1:] == ["'=cmd() (1)", "ROLE.GIVEN", "77", "right: money"]
    assert rows[2][1:] == ["'=cmd() (1)", "ROLE.REMOVED", "77", ""]
    assert rows[1][0].startswith("2026-")


@pytest.mark.parametrize("subject", ["=1+1", "+1", "-1", "@x", "\t=1+1", "\r=1+1", "'=1"])
def test_no_cell_of_the_log_begins_like_a_formula(stand: Stand, subject: str) -> None:
    owner = stand.visitor(ADMIN)
    with stand.database.transaction():
        stand.shop.context.audit.write(owner, "role.given", subject)
    text = stand.shop.audit_log.csv(owner, str, ("a", "b", "c", "d", "e"), admin_id=None)
    assert list(csv.reader(io.StringIO(text, newline="")))[1][3] == f"'{subject}"
