"""Personal data is deleted when the policy says so, and not before."""

from collections.abc import Callable
from typing import Any

import pytest

from shop import assembly
from shop.announcements.announcement import AnnouncementKind, Audience, Wording
from shop.assembly import forget_old_rows
from shop.payments.assembly import Rhythm
from shop.terms.retention import KeptData, Retention
from storage.models import Announcement, Conversation, Customer, Search, Ticket, TicketMessage
from storage.models.customers import FIRST_PSEUDONYM
from tests.stand import ADMIN, Stand, open_shop

DAY_S = 86_400
YEAR_S = 31_557_600
SHORT = Retention(dialogs_days=2, tickets_days=3, backups_days=1, logs_days=1, years=1)


def forget(stand: Stand) -> None:
    forget_old_rows(stand.database, clock=stand.clock, retention=SHORT)


@pytest.fixture
def pass_days(stand: Stand) -> Callable[[int], None]:
    def pass_days(days: int) -> None:
        stand.clock.now += days * DAY_S
        forget(stand)

    return pass_days


def test_a_closed_ticket_is_deleted_with_its_messages_and_an_open_one_stays(stand: Stand, pass_days: Any) -> None:
    customer = stand.visitor()
    for text in ("solved", "open"):
        stand.shop.tickets.open(customer, text)
    solved = Ticket.select().order_by(Ticket.id).first()
    stand.shop.tickets.close(customer, solved.id)
    pass_days(3)
    assert (Ticket.select().count(), TicketMessage.select().count()) == (2, 2)
    pass_days(1)
    assert [each.text for each in TicketMessage.select()] == ["open"]
    assert [each.state for each in Ticket.select()] == ["open"]


def test_an_abandoned_dialog_is_deleted(stand: Stand, pass_days: Any) -> None:
    with stand.database.transaction():
        Conversation.keep(1, 1001, step="search", answers='{"word": "x"}', now=stand.clock())
    pass_days(2)
    assert Conversation.of(1, 1001) is not None
    pass_days(1)
    assert Conversation.of(1, 1001) is None


def test_searches_are_deleted_after_the_number_of_days_in_the_policy(stand: Stand, pass_days: Any) -> None:
    stand.shop.catalog.search(stand.visitor(), "something")
    days = dict(SHORT.printed())[KeptData.SEARCHES]
    pass_days(days)
    assert Search.select().count() == 1
    pass_days(1)
    assert Search.select().count() == 0
    assert not stand.shop.customers.is_banned(ADMIN)


def run(stand: Stand, name: str) -> None:
    """Run a job of the built shop once."""
    [job] = [each.job for runner in stand.shop.runners for each in runner.records if each.job.name == name]
    job.run()


@pytest.fixture
def short(database: Any, clock: Any) -> Stand:
    """A shop whose operator chose short periods."""
    return open_shop(database, clock, KEEP_TICKETS_DAYS="31", KEEP_DIALOGS_DAYS="2", KEEP_YEARS="1")


def test_the_shops_own_job_deletes_after_the_days_that_the_operator_chose(short: Stand) -> None:
    customer = short.visitor()
    short.shop.tickets.open(customer, "solved")
    short.shop.tickets.close(customer, Ticket.get().id)
    with short.database.transaction():
        Conversation.keep(1, 1001, step="search", answers='{"word": "x"}', now=short.clock())
    there: list[tuple[bool, int]] = []
    for days in (2, 1, 28, 1):
        short.clock.now += days * DAY_S
        run(short, "forget old rows")
        there.append((Conversation.of(1, 1001) is not None, Ticket.select().count()))
    assert there == [(True, 1), (False, 1), (False, 1), (False, 0)], "after 2, 3, 31 and 32 days"


def test_the_shops_own_job_forgets_a_deleted_person_after_the_years_that_the_operator_chose(short: Stand) -> None:
    ada = short.visitor()
    short.shop.data_rights.ask(ada)
    short.clock.now += 7 * DAY_S - 1
    run(short, "deletions")
    assert Customer.get_by_id(ada.id).telegram_id == ada.telegram_id
    short.clock.now += 1
    run(short, "deletions")
    hashed = Customer.get_by_id(ada.id).telegram_id
    assert hashed >= FIRST_PSEUDONYM
    short.clock.now += YEAR_S
    run(short, "deletions")
    assert Customer.get_by_id(ada.id).telegram_id == hashed
    short.clock.now += 1
    run(short, "deletions")
    assert Customer.get_by_id(ada.id).telegram_id != hashed
    assert short.visitor().id != ada.id


def test_a_clock_that_is_known_to_be_far_ahead_deletes_nothing_and_announces_nothing(stand: Stand) -> None:
    wrong, customer, owner = [True], stand.visitor(), stand.visitor(ADMIN)
    shop = assembly.build(
        stand.settings,
        stand.database,
        stand.world,
        clock=stand.clock,
        languages=frozenset({"en"}),
        rhythm=Rhythm(monotonic=stand.clock.monotonic),
        is_far_ahead=lambda: wrong[0],
    )
    shop.data_rights.ask(customer)
    draft = shop.announcements.compose(owner, AnnouncementKind.OWN, Audience())
    shop.announcements.write(owner, draft.id, Wording("New goods", 9))
    shop.announcements.schedule(owner, draft.id, stand.clock() + DAY_S)
    with stand.database.transaction():
        Conversation.keep(1, 1001, step="search", answers="{}", now=stand.clock())

    def after_the_jobs() -> tuple[str, bool, bool]:
        for name in ("forget old rows", "deletions"):
            [job] = [each.job for runner in shop.runners for each in runner.records if each.job.name == name]
            job.run()
        shop.broadcasts.start_due()
        is_known = Customer.get_by_id(customer.id).telegram_id == customer.telegram_id
        return Announcement.get().state, is_known, Conversation.of(1, 1001) is not None

    stand.clock.now += 365 * DAY_S
    assert after_the_jobs() == ("draft", True, True)
    wrong.clear()
    wrong.append(False)
    assert after_the_jobs() == ("queued", False, False)
