"""A customer is identified only by their Telegram id, whatever else changes."""

import pytest

from shop.errors.refusals import NotAllowed
from shop.people import EVERY_RIGHT, Right, Sender
from storage.database import Database
from storage.models import Customer
from tests.conftest import StandingClock
from tests.stand import ADMIN, BOT_ID, MANAGER, Stand, open_shop

LARGEST_ID = 2**52 - 1


def test_the_first_message_registers_a_person_and_the_next_one_knows_them(stand: Stand) -> None:
    first = stand.visitor(LARGEST_ID, username="ada", language_code="de")
    again = stand.visitor(LARGEST_ID, username="ada", language_code="de")
    assert first == again
    assert (first.telegram_id, first.language, first.is_admin, first.banned) == (LARGEST_ID, "de", False, False)
    assert Customer.select().count() == 1


def test_a_person_without_a_username_or_a_language_is_welcome(stand: Stand) -> None:
    person = stand.visitor(5, first_name="")
    assert (person.language, person.first_name) == ("en", "")
    assert stand.shop.customers.name_of(person.id) == " (5)"


@pytest.mark.parametrize(
    ("code", "language"),
    [
        ("de", "de"),
        ("DE", "de"),
        ("de-AT", "de"),
        ("pt-br", "en"),
        ("xx", "en"),
        ("", "en"),
        ("-", "en"),
        (None, "en"),
    ],
)
def test_telegrams_language_is_mapped_to_one_the_shop_speaks(stand: Stand, code: str | None, language: str) -> None:
    assert stand.visitor(5, language_code=code).language == language


def test_a_changed_username_is_noticed_and_may_now_belong_to_somebody_else(stand: Stand) -> None:
    ada = stand.visitor(5, username="ada")
    stand.grant(ada, "7.00")
    assert stand.visitor(5, username="countess").id == ada.id
    grace = stand.visitor(6, first_name="Grace", username="ada")
    assert grace.id != ada.id
    assert stand.balance(ada) == 700
    assert stand.balance(grace) == 0
    assert stand.shop.customers.name_of(ada.id) == "Ada @countess (5)"
    assert stand.shop.customers.name_of(grace.id) == "Grace @ada (6)"


def test_a_removed_username_is_forgotten(stand: Stand) -> None:
    person = stand.visitor(5, username="ada")
    stand.visitor(5)
    assert stand.shop.customers.name_of(person.id) == "Ada (5)"


def test_a_chosen_language_is_kept_whatever_telegram_says(stand: Stand) -> None:
    person = stand.visitor(5, language_code="de")
    assert stand.shop.customers.choose_language(person, "en").language == "en"
    assert stand.visitor(5, language_code="de", username="new").language == "en"
    assert stand.shop.customers.language_of(5) == "en"


def test_a_language_the_shop_does_not_speak_cannot_be_chosen(stand: Stand) -> None:
    person = stand.visitor(5, language_code="de")
    assert stand.shop.customers.choose_language(person, "xx").language == "de"


def test_somebody_who_never_wrote_gets_the_default_language(stand: Stand) -> None:
    assert stand.shop.customers.language_of(999) == "en"


def test_a_language_removed_from_the_shop_falls_back_to_the_default(stand: Stand) -> None:
    person = stand.visitor(5)
    with stand.database.transaction():
        Customer.change(person.id, language="tlh")
    assert stand.visitor(5).language == "en"
    assert stand.shop.customers.language_of(5) == "en"


def test_parallel_first_messages_make_one_customer(stand: Stand, at_once) -> None:
    people = at_once(*[lambda: stand.visitor(5)] * 10)
    assert {person.id for person in people} == {people[0].id}
    assert Customer.select().count() == 1


def test_writing_again_makes_a_person_reachable_and_changes_nothing_else(stand: Stand) -> None:
    person = stand.visitor(5)
    stand.grant(person, "3.00")
    stand.shop.customers.reachability(5, reachable=False)
    with stand.database.transaction():
        Customer.change(person.id, banned=True)
    again = stand.shop.customers.welcome(Sender(5, BOT_ID + 1, "Ada Lovelace"))
    row = Customer.get_by_id(person.id)
    assert (row.reachable, row.banned, row.balance_minor, row.bot_id) == (True, True, 300, BOT_ID + 1)
    assert again.first_name == "Ada Lovelace"
    assert again.banned


def test_the_settings_name_the_owners(stand: Stand) -> None:
    owner = stand.visitor(ADMIN)
    assert owner.is_admin
    stand.shop.customers.require(owner, Right.OWNERS_ONLY)
    assert stand.shop.customers.require_any(owner) == EVERY_RIGHT


def test_a_ban_from_before_someone_became_an_owner_ends_at_the_start_whoever_reads_it(
    database: Database, clock: StandingClock, caplog: pytest.LogCaptureFixture
) -> None:
    before = open_shop(database, clock, ADMIN_ID_LIST="2")
    person, other = before.visitor(ADMIN), before.visitor(5)
    for each in (person, other):
        before.shop.customer_support.ban(before.visitor(2), each.id, "spam", banned=True)
    after = open_shop(database, clock)
    assert [Customer.get_by_id(each.id).banned for each in (person, other)] == [False, True]
    assert (after.visitor(ADMIN).banned, after.visitor(ADMIN).is_admin) == (False, True)
    assert f"the ban of customer {person.id} ended: they are an owner now" in caplog.messages


def test_a_banned_person_who_was_forgotten_and_comes_back_as_an_owner_is_let_in(
    database: Database, clock: StandingClock
) -> None:
    before = open_shop(database, clock, ADMIN_ID_LIST="2")
    person = before.visitor(ADMIN)
    before.shop.customer_support.ban(before.visitor(2), person.id, "spam", banned=True)
    before.shop.data_rights.erasures.erase(person.id)
    back = open_shop(database, clock).visitor(ADMIN)
    assert (back.id, back.banned, Customer.get_by_id(person.id).banned) == (person.id, False, False)


def test_a_banned_manager_is_no_admin(stand: Stand) -> None:
    manager = stand.appoint(Right.FIGURES)
    stand.shop.customers.require(manager, Right.FIGURES)
    with stand.database.transaction():
        Customer.change(manager.id, banned=True)
    banned = stand.visitor(MANAGER)
    assert (banned.banned, banned.is_admin) == (True, False)
    with pytest.raises(NotAllowed) as refused:
        stand.shop.customers.require(banned, Right.FIGURES)
    assert refused.value.args == ()


def test_a_stranger_is_not_an_admin(stand: Stand) -> None:
    stranger = stand.visitor(77)
    assert not stranger.is_admin
    with pytest.raises(NotAllowed) as refused:
        stand.shop.customers.require(stranger, Right.CATALOGUE)
    assert refused.value.args == ()
