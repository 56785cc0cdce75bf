"""Admins' notes about a customer: visible to admins, logged without text, and part of the customer's data."""

import pytest

from shop.errors.refusals import NotAllowed, NotFound, TextTooLong
from shop.people import Person, Right
from shop.support.notes import MAX_NOTE
from storage.models import CustomerNote
from tests.stand import Stand, audited


@pytest.fixture
def manager(stand: Stand) -> Person:
    return stand.appoint(Right.CUSTOMERS)


def test_notes_are_listed_newest_first_with_their_authors(stand: Stand, manager: Person) -> None:
    ada = stand.visitor()
    for number in range(9):
        stand.shop.notes.add(manager, ada.id, f"  Note {number} ")
    page = stand.shop.notes.of(manager, ada.id, page=0)
    assert [(each.text, each.author) for each in page.notes[:2]] == [("Note 8", "Max (77)"), ("Note 7", "Max (77)")]
    assert (page.pages, stand.shop.notes.of(manager, ada.id, page=5).notes[0].text) == (2, "Note 0")
    assert stand.shop.customer_support.card(manager, ada.id).notes == 9


def test_a_deleted_note_leaves_an_entry_in_the_log_but_no_text(stand: Stand, manager: Person) -> None:
    ada = stand.visitor()
    stand.shop.notes.add(manager, ada.id, "Rude")
    assert stand.shop.notes.remove(manager, 1) == ada.id
    with pytest.raises(NotFound) as gone:
        stand.shop.notes.remove(manager, 1)
    assert gone.value.args == ()
    assert audited() == [("customer.noted", "customer 1001", {}), ("customer.note_removed", "customer 1001", {})]


def test_a_note_is_part_of_the_customers_data_and_erased_with_it(stand: Stand, manager: Person) -> None:
    ada = stand.visitor()
    stand.shop.notes.add(manager, ada.id, "Prefers German")
    given = {name: rows for _, name, rows in stand.shop.data_rights.export(ada).sections}
    assert given["team_notes"][0]["text"] == "Prefers German"
    stand.shop.data_rights.erasures.erase(ada.id)
    assert CustomerNote.select().count() == 0


def test_notes_need_the_right_to_customers_an_existing_customer_and_a_limited_length(
    stand: Stand, manager: Person
) -> None:
    ada, stranger = stand.visitor(), stand.appoint(Right.CATALOGUE, telegram_id=78)
    for call in (
        lambda: stand.shop.notes.of(stranger, ada.id, page=0),
        lambda: stand.shop.notes.add(stranger, ada.id, "x"),
        lambda: stand.shop.notes.remove(stranger, 1),
    ):
        with pytest.raises(NotAllowed) as refused:
            call()
        assert refused.value.alert
    with pytest.raises(NotFound) as nobody:
        stand.shop.notes.add(manager, 99, "x")
    assert nobody.value.args == ()
    with pytest.raises(TextTooLong) as long:
        stand.shop.notes.add(manager, ada.id, "x" * (MAX_NOTE + 1))
    assert long.value.most == MAX_NOTE
