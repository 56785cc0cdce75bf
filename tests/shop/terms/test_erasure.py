"""Erasure leaves no name and no text; books, bans, limits and addresses stay; a restored backup erases again."""

import shutil

import pytest
from peewee import IntegrityError

from shop.errors.refusals import OnTheTeam
from shop.errors.sales import CouponReason, CouponRefused
from shop.outbox import Event
from shop.people import Person, Right, Sender
from shop.sales.coupon_admin import CouponTerms
from shop.terms.erasure import Erasures
from storage.database import Database
from storage.keys import DatabaseKey
from storage.models import (
    AuditEntry,
    Conversation,
    Customer,
    DepositAddress,
    Erasure,
    LedgerEntry,
    Order,
    Outbox,
    Review,
    Secret,
    Ticket,
    TicketMessage,
)
from storage.models import personal_data as rows
from storage.models.customers import FIRST_PSEUDONYM
from tests.conftest import StandingClock
from tests.raw_sql import engine_of
from tests.shop.books import check_books
from tests.stand import ADMIN, BOT_ID, Stand, open_shop
from wallet.chains import Chain

ADA = 1_234_567_890
SECRETS = (
    "Ada Lovelace",
    "countess",
    str(ADA),
    "my ticket",
    "my review",
    "my search",
    "rude to Max",
    "a word to Ada",
)
YEAR_S = 31_557_600


def erasures(stand: Stand) -> Erasures:
    return stand.shop.data_rights.erasures


@pytest.fixture
def ada(stand: Stand) -> Person:
    """Somebody who has left a trace everywhere."""
    shop, owner = stand.shop, stand.visitor(ADMIN)
    person = stand.visitor(ADA, first_name="Ada Lovelace", username="countess")
    line = stand.bought(person, stand.stock("KEY-1", "KEY-2", "KEY-3"))
    shop.tickets.open(person, "my ticket")
    shop.reviews.rate(person, line, 4)
    shop.reviews.write(person, line, "my review")
    shop.catalog.search(person, "my search")
    shop.carts.add(person, stand.product("Key"), 1)
    shop.customer_support.write(owner, person.id, "a word to Ada")
    shop.customer_support.ban(owner, person.id, "rude to Max", banned=True)
    stand.address(person, Chain.BTC)
    with stand.database.transaction():
        Conversation.keep(BOT_ID, ADA, step="search", answers='{"word": "my search"}', now=1)
    return person


def everything(database: Database) -> str:
    """Read the whole database as text."""
    engine = engine_of(database)
    tables = [name for (name,) in engine.execute_sql("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return "\n".join(str(row) for table in tables for row in engine.execute_sql(f'SELECT * FROM "{table}"'))


def come_back(stand: Stand, telegram_id: int = ADA) -> Person:
    return stand.shop.customers.welcome(Sender(telegram_id, BOT_ID, "Ada again"))


def test_nothing_that_identifies_a_person_is_left_but_the_books_are(stand: Stand, ada: Person) -> None:
    before = everything(stand.database)
    assert [word for word in SECRETS if word not in before] == []
    balance = stand.balance(ada)
    assert erasures(stand).erase(ada.id)
    after = everything(stand.database)
    assert [word for word in SECRETS if word in after] == []
    assert (Ticket.select().count(), TicketMessage.select().count()) == (0, 0)
    assert [(row.stars, row.text) for row in Review.select()] == [(4, "")]
    assert Order.select().where(Order.customer == ada.id).count() == 1
    assert LedgerEntry.select().where(LedgerEntry.customer == ada.id).count() == 2
    assert DepositAddress.select().where(DepositAddress.customer == ada.id).count() == 1
    assert Customer.balance_of(ada.id) == balance > 0
    check_books()
    assert not erasures(stand).erase(ada.id), "there is nothing to forget twice"


def test_an_erased_customer_is_never_written_to(stand: Stand, ada: Person) -> None:
    erasures(stand).erase(ada.id)
    stand.grant(stand.shop.customers.person(ada.id), "1.00")
    with stand.database.transaction():
        stand.shop.outbox.tell(Customer.get_by_id(ada.id), Event.REFUNDED, key="after", payload={})
    assert Outbox.select().where(Outbox.telegram_id >= FIRST_PSEUDONYM).count() == 0
    assert not Customer.get_by_id(ada.id).reachable


def test_a_payment_to_an_erased_customers_address_is_credited_to_their_number(stand: Stand, ada: Person) -> None:
    address = stand.address(ada, Chain.BTC)
    erasures(stand).erase(ada.id)
    before = Customer.balance_of(ada.id)
    stand.world.chains[Chain.BTC].pay(address, 100_000)
    stand.world.chains[Chain.BTC].mine()
    stand.watch(Chain.BTC).scan()
    assert Customer.balance_of(ada.id) == before + 5_000


def test_a_ban_still_applies_to_somebody_who_comes_back(stand: Stand, ada: Person) -> None:
    erasures(stand).erase(ada.id)
    back = come_back(stand)
    assert (back.id, back.banned) == (ada.id, True)
    assert stand.shop.customers.is_banned(ADA)
    assert Erasure.select().count() == 0
    assert come_back(stand, ADA + 1).id != ada.id


def test_a_coupons_limit_and_the_balance_still_apply_to_somebody_who_comes_back(stand: Stand) -> None:
    stand.stock("KEY-1", "KEY-2")
    person = stand.rich("30.00", telegram_id=ADA)
    owner = stand.visitor(ADMIN)
    stand.shop.coupons.create(owner, CouponTerms(code="TEN", percent=10, most_uses_each=1))
    offer = stand.shop.checkout.offer_product(person, stand.product("Key"), 1, code="TEN")
    stand.shop.checkout.place(person, offer.id)
    erasures(stand).erase(person.id)
    back = come_back(stand)
    assert stand.balance(back) == 2_100
    with pytest.raises(CouponRefused) as refused:
        stand.shop.checkout.offer_product(back, stand.product("Key"), 1, code="TEN")
    assert refused.value.reason is CouponReason.USED_BY_YOU


def test_the_text_in_the_audit_log_is_removed_only_with_the_person(stand: Stand, ada: Person) -> None:
    with pytest.raises(IntegrityError, match="append-only"), stand.database.transaction():
        AuditEntry.update(details="{}").execute()
    erasures(stand).erase(ada.id)
    subject = f"customer {Customer.get_by_id(ada.id).telegram_id}"
    assert [(row.action, row.details) for row in AuditEntry.select().where(AuditEntry.subject == subject)] == [
        ("customer.written_to", "{}"),
        ("customer.banned", "{}"),
    ]
    with pytest.raises(IntegrityError, match="append-only"), stand.database.transaction():
        AuditEntry.update(action="x").where(AuditEntry.subject == subject).execute()


def test_a_restored_backup_erases_again(stand: Stand, ada: Person, clock: StandingClock, key: DatabaseKey) -> None:
    other = stand.visitor(4242, first_name="Grace")
    copy = stand.database.path.with_name("copy")
    erasures(stand).pseudonym(1)  # creates the key, so that the copy has it
    stand.database.backup(copy)
    erasures(stand).erase(ada.id)
    stand.database.close()
    shutil.move(copy, stand.database.path)
    stand.database.open()
    assert Customer.by_telegram_id(ADA) is not None
    again = open_shop(stand.database, clock)
    assert Customer.by_telegram_id(ADA) is None
    assert [word for word in SECRETS if word in everything(again.database)] == []
    assert Customer.by_telegram_id(4242).id == other.id


def test_owners_hear_once_of_deletions_that_a_backup_without_the_key_cannot_repeat(
    stand: Stand, ada: Person, clock: StandingClock, caplog: pytest.LogCaptureFixture
) -> None:
    with stand.database.transaction():  # as an upgrade leaves a backup from before the first key
        Secret.forget("pseudonym_key")
    copy = stand.database.path.with_name("copy")
    stand.database.backup(copy)
    erasures(stand).erase(ada.id)
    stand.database.close()
    shutil.move(copy, stand.database.path)
    stand.database.open()
    for _ in range(2):
        again = open_shop(stand.database, clock)
        letters = [each for each in again.shop.outbox.due(limit=50) if each.event is Event.ADMIN_DELETIONS]
        assert [(each.telegram_id, each.payload) for each in letters] == [(ADMIN, {"count": 1}), (2, {"count": 1})]
    assert caplog.text.count("1 deletions cannot be repeated") == 1
    assert Customer.by_telegram_id(ADA) is not None


def test_a_new_database_beside_an_old_list_of_deletions_has_nobody_to_delete(
    stand: Stand, clock: StandingClock
) -> None:
    erasures(stand).log.add("deleted", FIRST_PSEUDONYM | 5, now=1)
    with stand.database.transaction():
        Secret.forget("pseudonym_key")
    again = open_shop(stand.database, clock)
    assert [each for each in again.shop.outbox.due(limit=50) if each.event is Event.ADMIN_DELETIONS] == []


def test_somebody_who_came_back_is_not_erased_again(stand: Stand, ada: Person, clock: StandingClock) -> None:
    erasures(stand).erase(ada.id)
    come_back(stand)
    open_shop(stand.database, clock)
    assert Customer.by_telegram_id(ADA).first_name == "Ada again"


def test_the_file_of_deletions_names_nobody_and_is_readable_only_by_its_owner(stand: Stand, ada: Person) -> None:
    erasures(stand).erase(ada.id)
    file = erasures(stand).log.file
    assert file.parent == stand.database.path.parent
    assert file.stat().st_mode & 0o077 == 0
    [line] = file.read_text().splitlines()
    word, digits, at = line.split()
    assert (word, int(digits, 16), int(at)) == ("deleted", Customer.get_by_id(ada.id).telegram_id, stand.clock())
    assert str(ADA) not in line


def test_a_torn_line_or_a_lost_file_does_no_harm(stand: Stand, ada: Person, clock: StandingClock) -> None:
    erasures(stand).erase(ada.id)
    file = erasures(stand).log.file
    whole = erasures(stand).log.known()
    with file.open("a") as handle:
        handle.write("deleted 12")
    assert erasures(stand).log.known() == whole
    file.unlink()
    open_shop(stand.database, clock)
    assert erasures(stand).log.known() == whole


def test_after_the_retention_years_nothing_leads_to_the_person(stand: Stand, ada: Person) -> None:
    erasures(stand).erase(ada.id)
    hashed = Customer.get_by_id(ada.id).telegram_id
    stand.clock.now += 10 * YEAR_S
    stand.shop.data_rights.run()
    assert Customer.get_by_id(ada.id).telegram_id == hashed
    stand.clock.now += 1
    stand.shop.data_rights.run()
    assert FIRST_PSEUDONYM <= Customer.get_by_id(ada.id).telegram_id != hashed
    assert erasures(stand).log.known() == {}
    assert come_back(stand).id != ada.id


def test_of_two_customers_who_had_one_account_the_hash_leads_to_the_last_with_the_bans_of_both(
    stand: Stand, ada: Person
) -> None:
    erasures(stand).erase(ada.id)
    grace = stand.visitor(ADA + 1, first_name="Grace")
    with stand.database.transaction():
        Customer.change(grace.id, telegram_id=ADA)  # as earlier versions did
    stand.shop.data_rights.ask(stand.shop.customers.person(grace.id))
    stand.clock.now += 8 * 86_400
    stand.shop.data_rights.run()
    assert erasures(stand).replay() == 0
    back = come_back(stand)
    assert (back.id, back.banned) == (grace.id, True)


def test_a_deletion_that_fails_holds_up_no_other_and_no_hash(
    stand: Stand, ada: Person, caplog: pytest.LogCaptureFixture
) -> None:
    erasures(stand).erase(ada.id)
    hashed = Customer.get_by_id(ada.id).telegram_id
    people = [stand.visitor(number) for number in (501, 502, 503)]
    stand.clock.now += 10 * YEAR_S
    for person in people:
        stand.shop.data_rights.ask(person)
    stand.clock.now += 8 * 86_400
    engine, second = engine_of(stand.database), people[1]
    engine.execute_sql(
        f"CREATE TRIGGER stuck BEFORE INSERT ON erasure WHEN NEW.customer_id = {second.id}"
        " BEGIN SELECT RAISE(ABORT, 'stuck'); END"
    )
    with pytest.raises(IntegrityError, match="stuck"):
        stand.shop.data_rights.run()
    assert [Customer.by_telegram_id(person.telegram_id) is None for person in people] == [True, False, True]
    assert Customer.get_by_id(ada.id).telegram_id != hashed
    assert f"the data of customer {second.id} could not be deleted: stuck" in caplog.messages
    engine.execute_sql("DROP TRIGGER stuck")
    stand.shop.data_rights.run()
    assert Customer.by_telegram_id(second.telegram_id) is None


def test_every_table_about_people_is_exported_and_erased_or_kept_for_a_reason(database: Database) -> None:
    admins = {
        "admin_id",
        "given_by",
        "made_by",
        "replaced_by",
        "refunded_by",
        "created_by",
        "asked_by",
        "author_id",
        "again_by",
    }
    engine, about = engine_of(database), set[str]()
    for (table,) in engine.execute_sql("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        columns = {row[1] for row in engine.execute_sql(f'PRAGMA table_info("{table}")')}
        people = {row[3] for row in engine.execute_sql(f'PRAGMA foreign_key_list("{table}")') if row[2] == "customer"}
        if (people - admins) or columns & {"telegram_id", "chat_id", "customer_id"}:
            about.add(table)
    erased = {word for statement in rows.ERASURES for word in statement.replace("(", " ").split()}
    asked = {word for each in rows.EXPORTS for word in each.sql.split()}
    assert len(about) > 25
    assert about - erased - set(rows.KEPT) == set()
    for_admins = {"coupon_draft", "manager_right", "notice_off", "second_factor", "sweep_message", "erasure"}
    assert about - asked - for_admins == set()


def test_an_owner_or_a_manager_is_erased_only_once_they_have_no_rights(stand: Stand) -> None:
    manager = stand.appoint(Right.MONEY)
    with pytest.raises(OnTheTeam) as refused:
        stand.shop.data_rights.ask(manager)
    assert refused.value.alert
