"""An account moves to another Telegram account: everything moves with it, and the books do not change."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from shop.errors.refusals import (
    AccountBanned,
    AccountInUse,
    AccountOfTeam,
    NotAllowed,
    NotFound,
    PersonUnknown,
    Refusal,
    SameAccount,
    SecondFactorNeeded,
    StaleScreen,
)
from shop.people import Person, Right
from storage.database import Database
from storage.models import AccountMove, Conversation, Customer, LedgerEntry, Order, Outbox, Ticket
from tests.conftest import StandingClock
from tests.shop.terms.test_erasure import everything
from tests.stand import ADMIN, BOT_ID, Stand, audited, open_shop, payloads, readers
from wallet.chains import Chain

OLD, NEW = 1001, 2002
DAY_S = 86_400


@pytest.fixture
def ada(stand: Stand) -> Person:
    """A customer with money, an order, an address and a letter that did not arrive."""
    ada = stand.visitor(OLD, first_name="Ada", username="ada_l")
    stand.sell(ada, "Key")
    stand.grant(ada, "7.00")
    stand.address(ada, Chain.BTC)
    with stand.database.transaction():
        Outbox.update(given_up_at=5).where(Outbox.telegram_id == OLD, Outbox.kind == "goods").execute()
    return stand.shop.customers.person(ada.id)


def books() -> list[tuple[int, ...]]:
    return [(row.id, row.customer_id, row.amount_minor, row.balance_minor) for row in LedgerEntry.select()]


def test_everything_moves_to_an_account_the_shop_did_not_know(
    stand: Stand, owner: Person, ada: Person, books_add_up: Callable[[], None]
) -> None:
    before, address = books(), stand.address(ada, Chain.BTC)
    known = stand.shop.reconciliation.check(owner).differing  # money granted by tests has no deposits
    plan = stand.shop.account_moves.plan(owner, ada.id, NEW)
    assert (plan.balance, plan.orders, plan.to_name) == (stand.usd("7"), 1, str(NEW))
    stand.shop.account_moves.move(owner, ada.id, NEW)
    moved = stand.visitor(NEW, first_name="Ada")
    assert (moved.id, stand.balance(moved), stand.address(moved, Chain.BTC)) == (ada.id, 700, address)
    assert stand.shop.orders.history(moved, page=0).orders[0].id == 1
    assert books() == before
    again = stand.visitor(OLD, first_name="Ada")
    assert (again.id != ada.id, stand.balance(again)) == (True, 0)
    books_add_up()
    assert stand.shop.reconciliation.check(owner).differing == known


def test_waiting_letters_go_to_the_new_account_and_dialogs_end(stand: Stand, owner: Person, ada: Person) -> None:
    with stand.database.transaction():
        Conversation.keep(BOT_ID, OLD, step="search", answers="{}", now=1)
    stand.shop.account_moves.move(owner, ada.id, NEW)
    [goods] = Outbox.select().where(Outbox.kind == "goods")
    assert (goods.telegram_id, goods.given_up_at) == (NEW, None)
    assert Conversation.select().count() == 0
    assert (readers("account_arrived"), readers("account_left")) == ([NEW], [OLD])


def test_an_account_that_only_looked_around_swaps_places_and_gives_up_its_tickets(
    stand: Stand, owner: Person, ada: Person, books_add_up: Callable[[], None]
) -> None:
    eve = stand.visitor(NEW, first_name="Ada again", username="ada_new")
    stand.shop.tickets.open(eve, "I lost my account")
    stand.shop.account_moves.move(owner, ada.id, NEW)
    moved = stand.visitor(NEW, first_name="Ada again", username="ada_new")
    assert (moved.id, Ticket.get().customer_id) == (ada.id, ada.id)
    left = Customer.by_telegram_id(OLD)
    assert (left.id, left.username, left.balance_minor) == (eve.id, "ada_l", 0)
    assert Customer.get_by_id(ada.id).username == "ada_new"
    [move] = AccountMove.select()
    assert (move.customer_id, move.vacated_id, move.from_telegram_id, move.to_telegram_id) == (
        ada.id,
        eve.id,
        OLD,
        NEW,
    )
    books_add_up()


def test_the_other_owners_are_told_and_the_move_is_logged(stand: Stand, owner: Person, ada: Person) -> None:
    stand.shop.account_moves.move(owner, ada.id, NEW)
    assert audited()[-1] == ("customer.moved", f"customer {NEW}", {"from": OLD, "to": NEW})
    assert readers("admin_deed") == [2], "the other owner"


def in_books(stand: Stand) -> None:
    stand.grant(stand.visitor(NEW), "1.00")


def in_addresses(stand: Stand) -> None:
    stand.address(stand.visitor(NEW), Chain.ETH)


def in_notes(stand: Stand) -> None:
    stand.shop.notes.add(stand.visitor(ADMIN), stand.visitor(NEW).id, "Wrote in anger")


def in_team(stand: Stand) -> None:
    stand.appoint(Right.FIGURES, telegram_id=NEW)


def in_bans(stand: Stand) -> None:
    stand.shop.customer_support.ban(stand.visitor(ADMIN), stand.visitor(NEW).id, "x", banned=True)


def itself_in_bans(stand: Stand) -> None:
    stand.shop.customer_support.ban(stand.visitor(ADMIN), stand.visitor(OLD).id, "x", banned=True)


def forgotten(stand: Stand, state: Callable[[Stand], None] = lambda _stand: None) -> int:
    """Have the person of the new account leave something behind and be forgotten; return their number."""
    number = stand.visitor(NEW).id
    state(stand)
    stand.shop.data_rights.erasures.erase(number)
    return number


def in_forgotten_books(stand: Stand) -> None:
    forgotten(stand, in_books)


def in_forgotten_bans(stand: Stand) -> None:
    forgotten(stand, in_bans)


@pytest.mark.parametrize(
    ("state", "refusal"),
    [
        (in_books, AccountInUse),
        (in_addresses, AccountInUse),
        (in_notes, AccountInUse),
        (in_team, AccountOfTeam),
        (in_bans, AccountBanned),
        (itself_in_bans, AccountBanned),
        (in_forgotten_books, AccountInUse),
        (in_forgotten_bans, AccountBanned),
    ],
)
def test_accounts_that_cannot_be_joined_are_refused_and_nothing_moves(
    stand: Stand, owner: Person, ada: Person, state: Callable[[Stand], None], refusal: type[Refusal]
) -> None:
    state(stand)
    before = [(row.id, row.telegram_id) for row in Customer.select()]
    for call in (stand.shop.account_moves.plan, stand.shop.account_moves.move):
        with pytest.raises(refusal) as refused:
            call(owner, ada.id, NEW)
        assert type(refused.value) is refusal
    assert [(row.id, row.telegram_id) for row in Customer.select()] == before


@pytest.mark.parametrize("text", ["", "@nobody", "0", "-5", "9" * 30, "²", "Ada", str(2**52)])
def test_an_id_that_nobody_can_have_is_refused(stand: Stand, owner: Person, ada: Person, text: str) -> None:
    with pytest.raises(PersonUnknown) as refused:
        stand.shop.account_moves.read(owner, ada.id, text)
    assert refused.value.args == ()


def test_the_account_is_named_by_username_or_id(stand: Stand, owner: Person, ada: Person) -> None:
    stand.visitor(NEW, username="ada_new")
    read = stand.shop.account_moves.read
    assert [read(owner, ada.id, text).to_telegram_id for text in ("@Ada_New", " 2002 ", "3003")] == [NEW, NEW, 3003]
    with pytest.raises(SameAccount) as same:
        read(owner, ada.id, str(OLD))
    assert same.value.args == ()


def test_only_owners_can_move_accounts(stand: Stand, ada: Person) -> None:
    manager = stand.appoint(Right.CUSTOMERS, Right.MONEY)
    for call in (stand.shop.account_moves.plan, stand.shop.account_moves.move):
        with pytest.raises(NotAllowed) as refused:
            call(manager, ada.id, NEW)
        assert refused.value.alert
    with pytest.raises(NotFound) as nobody:
        stand.shop.account_moves.plan(stand.visitor(ADMIN), 99, NEW)
    assert nobody.value.args == ()


def test_a_move_needs_the_second_factor(database: Database, clock: StandingClock) -> None:
    stand = open_shop(database, clock, ADMIN_TOTP="true")
    with pytest.raises(SecondFactorNeeded) as needed:
        stand.shop.account_moves.move(stand.visitor(ADMIN), stand.visitor(OLD).id, NEW)
    assert not needed.value.enrolled


def test_twenty_presses_and_a_newcomer_at_once_make_one_move(
    stand: Stand, owner: Person, ada: Person, at_once: Callable[..., list[Any]], books_add_up: Callable[[], None]
) -> None:
    presses = [lambda: stand.shop.account_moves.move(owner, ada.id, NEW) for _ in range(19)]
    outcomes = at_once(*presses, lambda: stand.visitor(NEW, first_name="Ada"))
    assert sum(isinstance(each, StaleScreen) for each in outcomes[:19]) == 18
    assert Customer.by_telegram_id(NEW).id == ada.id
    assert AccountMove.select().count() == 1
    books_add_up()


def test_a_purchase_during_the_move_belongs_to_the_customer_and_is_delivered_to_the_new_account(
    stand: Stand, owner: Person, ada: Person, at_once: Callable[..., list[Any]], books_add_up: Callable[[], None]
) -> None:
    stand.stock("NEXT", name="Map", price="5.00")
    offer = stand.shop.checkout.offer_product(ada, stand.product("Map"), 1)
    at_once(
        lambda: stand.shop.account_moves.move(owner, ada.id, NEW), lambda: stand.shop.checkout.place(ada, offer.id)
    )
    assert Order.select().where(Order.customer == ada.id).count() == 2
    assert {row.telegram_id for row in Outbox.select().where(Outbox.kind == "goods")} == {NEW}
    books_add_up()


def test_erasing_the_customer_erases_the_previous_account_too(stand: Stand, owner: Person, ada: Person) -> None:
    stand.shop.customer_support.write(owner, ada.id, "About your order")
    stand.shop.account_moves.move(owner, ada.id, NEW)
    stand.shop.data_rights.erasures.erase(ada.id)
    assert AccountMove.select().count() == 0
    assert [subject for _, subject, _ in audited() if str(OLD) in subject or str(NEW) in subject] == []


def test_the_holder_of_the_old_account_is_not_given_letters_to_the_customer(
    stand: Stand, owner: Person, ada: Person
) -> None:
    stand.shop.customer_support.write(owner, ada.id, "Your key is KEY-OF-ADA")
    stand.clock.pass_s(60)
    stand.shop.account_moves.move(owner, ada.id, NEW)
    stand.clock.pass_s(60)
    thief = stand.visitor(OLD, first_name="Eve")
    stand.shop.customer_support.write(owner, thief.id, "Who are you?")
    assert "KEY-OF-ADA" not in stand.shop.data_rights.export(thief).as_json
    stand.shop.customer_support.write(owner, ada.id, "Welcome back")
    found = stand.shop.data_rights.export(stand.shop.customers.person(ada.id)).as_json
    assert "KEY-OF-ADA" in found
    assert "Welcome back" in found
    assert "Who are you?" not in found


def test_the_customer_is_not_given_earlier_letters_to_the_new_account(
    stand: Stand, owner: Person, ada: Person
) -> None:
    bob = stand.visitor(NEW, first_name="Bob")
    stand.shop.customer_support.write(owner, bob.id, "You look around a lot")
    stand.clock.pass_s(60)
    stand.shop.account_moves.move(owner, ada.id, NEW)
    ada, bob = stand.shop.customers.person(ada.id), stand.shop.customers.person(bob.id)
    assert "look around" not in json.dumps(json.loads(stand.shop.data_rights.export(ada).as_json)["notes"])
    assert "look around" in stand.shop.data_rights.export(bob).as_json


def test_an_erased_customer_is_not_moved_and_keeps_their_number(stand: Stand, owner: Person, ada: Person) -> None:
    erasures = stand.shop.data_rights.erasures
    erasures.erase(ada.id)
    with pytest.raises(NotFound):
        stand.shop.account_moves.plan(owner, ada.id, NEW)
    assert stand.visitor(OLD).id == ada.id
    assert erasures.replay() == 0


def test_a_deletion_asked_for_from_the_lost_account_ends_with_the_move(
    stand: Stand, owner: Person, ada: Person
) -> None:
    stand.shop.tickets.open(ada, "My account was stolen")
    due_at = stand.shop.data_rights.ask(ada).due_at
    assert stand.shop.account_moves.plan(owner, ada.id, NEW).deletion_at == due_at
    stand.shop.account_moves.move(owner, ada.id, NEW)
    assert payloads("account_arrived") == [{"deletion_ended": True}]
    stand.clock.pass_s(8 * DAY_S)
    stand.shop.data_rights.run()
    assert (Customer.by_telegram_id(NEW).first_name, Ticket.select().count()) == ("Ada", 1)


def test_an_account_whose_person_was_forgotten_and_left_nothing_is_the_customers_from_then_on(
    stand: Stand, owner: Person, ada: Person
) -> None:
    number = forgotten(stand)
    stand.shop.account_moves.move(owner, ada.id, NEW)
    erasures = stand.shop.data_rights.erasures
    assert erasures.replay() == 0, "the earlier deletion is not repeated on the customer"
    assert erasures.erase(ada.id)
    back = stand.visitor(NEW, first_name="Ada")
    assert (back.id, back.id != number, stand.balance(back)) == (ada.id, True, 700)


@pytest.mark.parametrize("was_here", [True, False])
def test_the_holder_of_the_old_account_is_forgotten_without_the_customers_history(
    stand: Stand, owner: Person, ada: Person, was_here: bool
) -> None:
    if was_here:
        stand.visitor(NEW, first_name="Ada again")
    stand.shop.customer_support.write(owner, ada.id, "Your key is KEY-OF-ADA")
    stand.clock.pass_s(60)
    stand.shop.account_moves.move(owner, ada.id, NEW)
    stand.clock.pass_s(60)
    before, ada = audited(), stand.shop.customers.person(ada.id)
    thief = stand.visitor(OLD, first_name="Eve")
    stand.shop.customer_support.write(owner, thief.id, "Who are you?")
    stand.shop.data_rights.erasures.erase(thief.id)
    assert audited()[:-1] == before
    assert "Who are you?" not in str(audited())
    found = stand.shop.data_rights.export(ada).as_json
    assert "KEY-OF-ADA" in found
    assert f'"from_telegram_id": {OLD}' in found


@pytest.mark.parametrize("customer_first", [True, False])
def test_once_both_are_forgotten_nothing_names_either_account(
    stand: Stand, owner: Person, customer_first: bool
) -> None:
    old, new = 1_234_567_890, 2_345_678_901
    ada, eve = stand.visitor(old, first_name="Ada"), stand.visitor(new, first_name="Ada again")
    for person, right in ((ada, Right.FIGURES), (ada, Right.MONEY), (eve, Right.FIGURES)):
        stand.shop.managers.give(owner, person.telegram_id, right)
        stand.shop.managers.remove(owner, person.telegram_id)
        stand.shop.customer_support.write(owner, person.id, "Thank you")
    stand.clock.pass_s(60)
    stand.shop.account_moves.move(owner, ada.id, new)
    stand.clock.pass_s(60)
    for number in (ada.id, eve.id):
        stand.shop.customer_support.write(owner, number, "Welcome")
    first, second = (ada, eve) if customer_first else (eve, ada)
    stand.shop.data_rights.erasures.erase(first.id)
    left = [details for _, _, details in audited() if details.get("text")]
    assert len(left) == (1 if customer_first else 3), "of Eve, and of Ada in both accounts"
    stand.shop.data_rights.erasures.erase(second.id)
    whole = everything(stand.database)
    assert [number for number in (old, new) if str(number) in whole] == []
