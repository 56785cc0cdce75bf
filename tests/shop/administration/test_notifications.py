"""Admins get the notifications they chose for their areas; many at once are bundled, alarms never are."""

import json
from typing import Any

import pytest

from shop.administration.notifications import AUDIENCES, RIGHTS, Notification
from shop.errors.refusals import NotAllowed
from shop.outbox import CROWD, CROWD_S, Event, Letter
from shop.payments.outages import ALARM_AFTER_S
from shop.people import Person, Right
from storage.models import Customer, ManagerRight, NotificationOff, Outbox
from tests.stand import ADMIN, Stand

OTHER_OWNER = 2
MANAGER = 77


def appoint(stand: Stand, owner: Person, *rights: Right) -> Person:
    stand.visitor(MANAGER)
    with stand.database.transaction():
        for right in rights:
            ManagerRight.create(telegram_id=MANAGER, right_name=right.value, given_by=owner.id, given_at=1)
    return stand.visitor(MANAGER)


def tell(stand: Stand, event: Event, key: str = "k", **payload: Any) -> None:
    with stand.database.transaction():
        stand.shop.outbox.tell_admins(event, key=f"{event.value}:{key}", payload=payload)


def told(stand: Stand, event: Event) -> list[int]:
    """Queue a notification; return who has a letter about it."""
    tell(stand, event)
    return sorted({row.telegram_id for row in Outbox.select().where(Outbox.kind == event.value)})


def letters_to(reader: int) -> list[tuple[str, dict[str, Any]]]:
    rows = Outbox.select().where(Outbox.telegram_id == reader).order_by(Outbox.id)
    return [(row.kind, json.loads(row.payload)) for row in rows]


def send_all(stand: Stand) -> list[Letter]:
    due = stand.shop.outbox.due(limit=99)
    for letter in due:
        stand.shop.outbox.sent(letter)
    return due


SWITCHED = [event for event, audience in AUDIENCES.items() if audience.notification]
ALWAYS = [event for event, audience in AUDIENCES.items() if not audience.notification]


def test_every_admin_event_has_recipients() -> None:
    events = {event for event in Event if event.name.startswith("ADMIN_")} - {Event.ADMIN_BUNDLE}
    assert events == set(AUDIENCES)


def test_every_notification_requires_one_right() -> None:
    pairs = {(audience.notification, audience.right) for audience in AUDIENCES.values() if audience.notification}
    assert pairs == set(RIGHTS.items())
    assert set(RIGHTS) == set(Notification)


@pytest.mark.parametrize("event", SWITCHED, ids=lambda event: event.value)
def test_a_notification_goes_to_owners_and_the_managers_of_its_area(
    stand: Stand, owner: Person, event: Event
) -> None:
    with stand.database.transaction():
        NotificationOff.delete().execute()
    right = AUDIENCES[event].right
    appoint(stand, owner, *([right] if right else [Right.CUSTOMERS, Right.MONEY, Right.CATALOGUE]))
    assert told(stand, event) == ([ADMIN, OTHER_OWNER, MANAGER] if right else [ADMIN, OTHER_OWNER])


@pytest.mark.parametrize("event", SWITCHED, ids=lambda event: event.value)
def test_a_notification_goes_to_no_manager_of_another_area(stand: Stand, owner: Person, event: Event) -> None:
    with stand.database.transaction():
        NotificationOff.delete().execute()
    others = {Right.CUSTOMERS, Right.MONEY, Right.CATALOGUE} - {AUDIENCES[event].right}
    appoint(stand, owner, *others)
    assert told(stand, event) == [ADMIN, OTHER_OWNER]


def test_an_admin_switches_notifications_for_nobody_else(stand: Stand, owner: Person) -> None:
    manager = appoint(stand, owner, Right.CUSTOMERS)
    stand.shop.notifications.switch(owner, Notification.PURCHASE, on=False)
    assert told(stand, Event.ADMIN_PURCHASE) == [OTHER_OWNER, MANAGER]
    assert stand.shop.notifications.of(owner)[Notification.PURCHASE] is False
    assert stand.shop.notifications.of(manager)[Notification.PURCHASE] is True
    stand.shop.notifications.switch(owner, Notification.PURCHASE, on=True)
    stand.shop.notifications.switch(owner, Notification.PURCHASE, on=True)
    assert stand.shop.notifications.of(owner)[Notification.PURCHASE] is True


@pytest.mark.parametrize("event", ALWAYS, ids=lambda event: event.value)
def test_alarms_about_money_cannot_be_switched_off(stand: Stand, owner: Person, event: Event) -> None:
    for notification in Notification:
        stand.shop.notifications.switch(owner, notification, on=False)
    right = AUDIENCES[event].right
    appoint(stand, owner, *([right] if right else [Right.BACKUP, Right.MONEY]))
    assert told(stand, event) == ([ADMIN, OTHER_OWNER, MANAGER] if right else [ADMIN, OTHER_OWNER])


def test_a_banned_manager_gets_no_notice(stand: Stand, owner: Person) -> None:
    manager = appoint(stand, owner, Right.CUSTOMERS)
    with stand.database.transaction():
        Customer.change(manager.id, banned=True)
    assert told(stand, Event.ADMIN_PURCHASE) == [ADMIN, OTHER_OWNER]
    with pytest.raises(NotAllowed):
        stand.shop.notifications.of(manager)


def test_a_manager_can_switch_only_what_they_could_get_and_a_customer_nothing(stand: Stand, owner: Person) -> None:
    manager = appoint(stand, owner, Right.MONEY)
    assert set(stand.shop.notifications.of(manager)) == {
        Notification.DEPOSIT_SEEN,
        Notification.DEPOSIT,
        Notification.TROUBLE,
    }
    for person, notification in (
        (manager, Notification.ERROR),
        (manager, Notification.PURCHASE),
        (stand.visitor(), Notification.DEPOSIT),
    ):
        with pytest.raises(NotAllowed):
            stand.shop.notifications.switch(person, notification, on=False)
    assert NotificationOff.of(MANAGER) == frozenset()


def test_a_new_customer_is_reported_once_and_an_admin_never(stand: Stand, owner: Person) -> None:
    stand.shop.notifications.switch(owner, Notification.NEW_CUSTOMER, on=True)
    ada = stand.visitor()
    stand.visitor(first_name="Ada Lovelace")
    stand.visitor(OTHER_OWNER)
    assert letters_to(ADMIN) == [("admin_customer", {"customer_id": ada.id})]


def test_ten_thousand_events_of_a_kind_become_a_few_letters(stand: Stand, owner: Person) -> None:
    for number in range(10_000):
        if number % 100 == 0:
            stand.clock.pass_s(1)
        tell(stand, Event.ADMIN_PURCHASE, str(number), order_id=number)
    first, bundle = letters_to(ADMIN)[:CROWD], letters_to(ADMIN)[CROWD:]
    assert [payload["order_id"] for _, payload in first] == list(range(CROWD))
    since = stand.clock.now - 99
    assert bundle == [("admin_bundle", {"event": "admin_purchase", "count": 10_000 - CROWD, "since": since})]


def test_during_a_rush_there_is_one_letter_a_minute_and_afterwards_one_for_each_event_again(stand: Stand) -> None:
    for number in range(CROWD):
        tell(stand, Event.ADMIN_PURCHASE, str(number))
    assert len([letter for letter in send_all(stand) if letter.telegram_id == ADMIN]) == CROWD
    tell(stand, Event.ADMIN_PURCHASE, "first of the crowd")
    assert send_all(stand) == []
    stand.clock.pass_s(CROWD_S)
    [bundle, _] = send_all(stand)
    assert (bundle.event, bundle.payload["count"]) == (Event.ADMIN_BUNDLE, 1)
    stand.clock.pass_s(CROWD_S - 1)
    tell(stand, Event.ADMIN_PURCHASE, "the crowd goes on")
    assert send_all(stand) == []
    stand.clock.pass_s(CROWD_S)
    [bundle, _] = send_all(stand)
    assert (bundle.payload["count"], bundle.payload["since"]) == (1, stand.clock.now - CROWD_S)
    stand.clock.pass_s(CROWD_S)
    tell(stand, Event.ADMIN_PURCHASE, "alone")
    assert [letter.event for letter in send_all(stand)] == [Event.ADMIN_PURCHASE] * 2
    tell(stand, Event.ADMIN_TICKET, "of another kind")
    assert [letter.event for letter in send_all(stand)] == [Event.ADMIN_TICKET] * 2


def test_a_rush_while_the_clock_was_ahead_is_over_once_it_is_right(stand: Stand) -> None:
    stand.clock.pass_s(86_400)
    for number in range(CROWD):
        tell(stand, Event.ADMIN_PURCHASE, str(number))
        change(stand, Event.ADMIN_REVIEW, str(number))
    send_all(stand)
    stand.clock.pass_s(-86_400)
    tell(stand, Event.ADMIN_PURCHASE, "alone")
    change(stand, Event.ADMIN_REVIEW, "0")
    change(stand, Event.ADMIN_REVIEW, "0")
    sent = [letter.event for letter in send_all(stand) if letter.telegram_id == ADMIN]
    assert sorted(each.name for each in sent) == ["ADMIN_PURCHASE", "ADMIN_REVIEW"]


def test_events_counted_while_their_bundle_is_being_sent_are_not_lost(stand: Stand) -> None:
    for number in range(CROWD + 1):
        tell(stand, Event.ADMIN_PURCHASE, str(number))
    stand.clock.pass_s(CROWD_S)
    due = [letter for letter in stand.shop.outbox.due(limit=99) if letter.telegram_id == ADMIN]
    stand.shop.outbox.begin(due[-1])
    tell(stand, Event.ADMIN_PURCHASE, "meanwhile")
    for letter in due:
        stand.shop.outbox.sent(letter)
    stand.clock.pass_s(CROWD_S)
    [again] = [letter for letter in stand.shop.outbox.due(limit=99) if letter.telegram_id == ADMIN]
    assert (again.payload["count"], again.payload["since"]) == (2, due[-1].payload["since"])


def change(stand: Stand, event: Event, key: str) -> None:
    with stand.database.transaction():
        stand.shop.outbox.tell_admins_again(event, key=f"{event.value}:{key}", payload={})


def test_a_review_rewritten_every_second_is_two_letters_and_then_one_a_minute(stand: Stand) -> None:
    sent = []
    for second in range(3 * CROWD_S):
        change(stand, Event.ADMIN_REVIEW, "rewritten")
        sent += [second for letter in send_all(stand) if letter.telegram_id == ADMIN]
        stand.clock.pass_s(1)
    assert sent == [0, 1, CROWD_S + 1, 2 * CROWD_S + 1]
    stand.clock.pass_s(1)
    assert len(send_all(stand)) == 2
    assert send_all(stand) == []


def test_a_letter_that_changes_while_it_is_being_sent_goes_out_once_more(stand: Stand) -> None:
    tell(stand, Event.ADMIN_TICKET, "edited")
    due = stand.shop.outbox.due(limit=99)
    change(stand, Event.ADMIN_TICKET, "edited")
    for letter in due:
        stand.shop.outbox.sent(letter)
    assert len(send_all(stand)) == len(due) == 2
    assert send_all(stand) == []


def test_old_messages_that_are_edited_all_at_once_are_counted_in_a_bundle(stand: Stand) -> None:
    for number in range(30):
        tell(stand, Event.ADMIN_TICKET, str(number))
        send_all(stand)
        stand.clock.pass_s(CROWD_S)
    for number in range(30):
        change(stand, Event.ADMIN_TICKET, str(number))
        send_all(stand)
    stand.clock.pass_s(CROWD_S)
    [bundle] = [letter for letter in send_all(stand) if letter.telegram_id == ADMIN]
    assert (bundle.event, bundle.payload["count"]) == (Event.ADMIN_BUNDLE, 30 - CROWD)


def test_an_alarm_whose_content_changed_is_sent_again_at_once(stand: Stand) -> None:
    for _ in range(3):
        change(stand, Event.ADMIN_SWEEP, "sweep")
        assert len(send_all(stand)) == 2


def test_nothing_piles_up_for_somebody_who_cannot_be_reached(stand: Stand, owner: Person) -> None:
    for number in range(50):
        tell(stand, Event.ADMIN_PURCHASE, str(number))
        for letter in stand.shop.outbox.due(limit=99):
            stand.shop.outbox.unreachable(letter)
        stand.clock.pass_s(600)
    assert [kind for kind, _ in letters_to(ADMIN)] == ["admin_purchase"] * CROWD + ["admin_bundle"]
    stand.visitor(ADMIN)
    [bundle] = [letter for letter in stand.shop.outbox.due(limit=99) if letter.event is Event.ADMIN_BUNDLE]
    assert (bundle.telegram_id, bundle.payload["count"]) == (ADMIN, 50 - CROWD)


def test_an_alarm_is_never_bundled(stand: Stand) -> None:
    for number in range(3 * CROWD):
        tell(stand, Event.ADMIN_VANISHED, str(number))
    assert [kind for kind, _ in letters_to(ADMIN)] == ["admin_vanished"] * 3 * CROWD


def test_missing_rates_are_reported_and_shown_and_so_is_their_return(stand: Stand) -> None:
    payments = stand.shop.payments
    for source in stand.world.prices:
        source.down = True
    payments.refresh_rates()
    assert payments.delayed == ()
    stand.clock.pass_s(601)
    payments.refresh_rates()
    assert payments.delayed == ("rates",)
    assert letters_to(ADMIN) == []
    stand.clock.pass_s(ALARM_AFTER_S)
    payments.refresh_rates()
    payments.refresh_rates()
    assert letters_to(ADMIN) == [("admin_delayed", {"chain": "rates"})]
    for source in stand.world.prices:
        source.down = False
    payments.refresh_rates()
    assert (payments.delayed, letters_to(ADMIN)[1:]) == ((), [("admin_answers", {"chain": "rates"})])


def test_sources_that_contradict_each_other_are_reported_like_missing_rates(stand: Stand) -> None:
    stand.world.prices[0].quotes["BTC"] = "500000"
    stand.shop.payments.refresh_rates()
    assert stand.shop.payments.delayed == ("rates",)
    stand.clock.pass_s(ALARM_AFTER_S)
    stand.shop.payments.refresh_rates()
    assert letters_to(ADMIN) == [("admin_delayed", {"chain": "rates"})]


@pytest.mark.parametrize("jump_s", [86_400, -86_400])
def test_an_outage_is_as_long_as_it_lasts_even_if_the_clock_is_set_meanwhile(stand: Stand, jump_s: int) -> None:
    stand.world.prices[0].quotes["BTC"] = "500000"
    stand.shop.payments.refresh_rates()
    stand.clock.now += jump_s
    stand.clock.pass_s(ALARM_AFTER_S - 1)
    stand.shop.payments.refresh_rates()
    assert letters_to(ADMIN) == [], "it has not lasted for long"
    stand.clock.pass_s(1)
    stand.shop.payments.refresh_rates()
    assert letters_to(ADMIN) == [("admin_delayed", {"chain": "rates"})]
