"""Tickets: what customers and admins write to each other, and who may read it."""

import pytest

from shop.errors.refusals import NotAllowed, NotFound, TextTooLong, TooManyTickets
from shop.outbox import Event
from shop.support.tickets import MAX_TEXT, MOST_OPEN
from storage.models import Ticket, TicketMessage
from tests.stand import ADMIN, Stand, readers


def test_a_customer_and_the_admins_write_to_each_other(stand: Stand) -> None:
    ada, admin = stand.visitor(), stand.visitor(ADMIN)
    ticket = stand.shop.tickets.open(ada, "It does not work <&>")
    assert readers(Event.ADMIN_TICKET.value) == [1, 2], "both admins"
    assert [each.id for each in stand.shop.tickets.all_open(admin, page=0).tickets] == [ticket.id]
    stand.shop.tickets.answer(admin, ticket.id, "Try again")
    assert readers(Event.TICKET.value) == [1001]
    stand.shop.tickets.reply(ada, ticket.id, "Thanks")
    read = stand.shop.tickets.one_of(ada, ticket.id)
    assert [(each.from_shop, each.text) for each in read.messages] == [
        (False, "It does not work <&>"),
        (True, "Try again"),
        (False, "Thanks"),
    ]


def test_a_problem_with_a_line_continues_in_its_open_ticket(stand: Stand) -> None:
    ada = stand.visitor()
    line_id = stand.bought(ada, stand.stock("A"))
    first = stand.shop.tickets.open(ada, "one", line_id=line_id)
    second = stand.shop.tickets.open(ada, "two", line_id=line_id)
    assert (first.id, first.about, first.order_id) == (second.id, "Key", 1)
    stand.shop.tickets.close(ada, first.id)
    third = stand.shop.tickets.open(ada, "three", line_id=line_id)
    assert third.id != first.id
    assert stand.shop.tickets.reply(ada, first.id, "four").id == third.id, "one open ticket for each line"


def test_twenty_reports_at_once_are_one_ticket(stand: Stand, at_once) -> None:
    ada = stand.visitor()
    line_id = stand.bought(ada, stand.stock("A"))
    outcomes = at_once(*[lambda n=n: stand.shop.tickets.open(ada, f"text {n}", line_id=line_id) for n in range(20)])
    assert {each.id for each in outcomes} == {1}
    assert (Ticket.select().count(), TicketMessage.select().count()) == (1, 20)


def test_nobody_reads_answers_or_closes_other_peoples_tickets(stand: Stand) -> None:
    ada, mallory = stand.visitor(), stand.visitor(666)
    line_id = stand.bought(ada, stand.stock("A"))
    ticket = stand.shop.tickets.open(ada, "secret")
    for act in (
        lambda: stand.shop.tickets.one_of(mallory, ticket.id),
        lambda: stand.shop.tickets.reply(mallory, ticket.id, "x"),
        lambda: stand.shop.tickets.close(mallory, ticket.id),
        lambda: stand.shop.tickets.open(mallory, "x", line_id=line_id),
        lambda: stand.shop.tickets.one_of(ada, 99),
    ):
        with pytest.raises(NotFound):
            act()
    for act in (
        lambda: stand.shop.tickets.one(mallory, ticket.id),
        lambda: stand.shop.tickets.answer(mallory, ticket.id, "x"),
        lambda: stand.shop.tickets.close_as_admin(ada, ticket.id),
        lambda: stand.shop.tickets.all_open(ada, page=0),
    ):
        with pytest.raises(NotAllowed):
            act()
    assert stand.shop.tickets.of(mallory, page=0).tickets == ()
    assert TicketMessage.select().count() == 1


def test_closing_is_announced_once_and_a_reply_reopens_the_ticket(stand: Stand) -> None:
    ada, admin = stand.visitor(), stand.visitor(ADMIN)
    ticket = stand.shop.tickets.open(ada, "hello")
    for _ in range(2):
        assert not stand.shop.tickets.close_as_admin(admin, ticket.id).is_open
    assert readers(Event.TICKET_CLOSED.value) == [1001]
    assert stand.shop.tickets.reply(ada, ticket.id, "not yet").is_open
    assert not stand.shop.tickets.close(ada, ticket.id).is_open
    assert readers(Event.ADMIN_TICKET_CLOSED.value) == [1, 2]
    assert stand.shop.tickets.all_open(admin, page=3).tickets == ()


def test_the_length_of_texts_and_the_number_of_open_tickets_are_limited(stand: Stand) -> None:
    ada = stand.visitor()
    with pytest.raises(TextTooLong) as long:
        stand.shop.tickets.open(ada, "x" * (MAX_TEXT + 1))
    assert long.value.most == MAX_TEXT
    for number in range(MOST_OPEN):
        stand.shop.tickets.open(ada, str(number))
    with pytest.raises(TooManyTickets) as many:
        stand.shop.tickets.open(ada, "one more")
    assert many.value.most == MOST_OPEN
