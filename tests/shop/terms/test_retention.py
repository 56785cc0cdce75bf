"""Personal data is deleted when the policy says so, and not before."""

from collections.abc import Callable
from typing import Any

import pytest

from shop.assembly import forget_old_rows
from shop.terms.retention import KeptData, Retention
from storage.models import Conversation, Search, Ticket, TicketMessage
from tests.stand import ADMIN, Stand

DAY_S = 86_400
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
