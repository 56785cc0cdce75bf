"""Sending announcements through the emulated Telegram: pace, refusals, pause, restart, races."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from bot_handlers.callbacks.announcements import GoOnAnnouncing, SendAnnouncement
from bot_handlers.screens.announcements import messages
from shop.announcements.announcement import AnnouncementKind, Audience
from shop.assembly import forget_old_rows
from shop.catalog.formats.aiogram import Goods
from storage.models import Announcement, AuditEntry, Customer
from tests.bot_handlers.crowd import FIRST, announce, begin, people, received, run, states, step, take
from tests.bot_handlers.stage import CUSTOMER, NOT_SERVED, Stage
from tests.patience import DEADLINE_S
from tests.stand import ADMIN, BOT_ID, Stand


@pytest.fixture
def stage(stage: Stage) -> Stage:
    """The customer is not notified, so that all messages counted are the crowd's and the admin's."""
    with stage.stand.database.transaction():
        Customer.update(banned=True).where(Customer.telegram_id == CUSTOMER).execute()
    return stage


def status(stage: Stage, announcement_id: int) -> Any:
    return stage.stand.shop.broadcasts.status(announcement_id)


def test_everybody_gets_it_once_and_the_admin_a_report(stage: Stage) -> None:
    crowd = people(stage, 30)
    number = announce(stage)
    run(stage)
    assert [received(stage, each) for each in crowd] == [1] * 30
    assert received(stage, CUSTOMER) == 0
    assert states(number) == {"sent": 31}  # the admin is a customer too
    stage.send_letters()
    report = stage.texts(ADMIN)[-1]
    assert "is finished" in report
    assert "Sent: 31 of 31" in report
    assert "Not delivered: 0" in report
    assert "Failed: 0" in report


def test_no_more_than_25_go_out_in_a_second(stage: Stage) -> None:
    people(stage, 60)
    announce(stage)
    sent_at = []
    began = stage.seconds.now
    while stage.seconds.now < began + 2 and step(stage) < 1:
        sent_at.append(stage.seconds.now)
    for moment in sent_at:
        assert sum(moment <= other < moment + 0.999 for other in sent_at) <= 25
    assert len(sent_at) > 45


def test_people_who_are_banned_or_have_blocked_the_bot_are_skipped(stage: Stage) -> None:
    crowd = people(stage, 4)
    with stage.stand.database.transaction():
        Customer.update(banned=True).where(Customer.telegram_id == crowd[0]).execute()
        Customer.reach(crowd[1], reachable=False)
    number = announce(stage)
    run(stage)
    assert [received(stage, each) for each in crowd] == [0, 0, 1, 1]
    assert states(number) == {"sent": 3}


def test_a_customer_who_stopped_announcements_gets_none_until_they_want_them_again(stage: Stage) -> None:
    crowd = people(stage, 2)
    announce(stage)
    run(stage)
    stage.press("Stop announcements", crowd[0])
    assert stage.texts(crowd[0])[-1].startswith("You won’t get announcements any more.")
    assert any("Stop announcements" in str(message) for message in stage.messages(crowd[0])), "it stays as it was"
    number = announce(stage)
    run(stage)
    assert [received(stage, each) for each in crowd] == [1, 2]
    assert states(number) == {"sent": 2}
    stage.say("/profile", crowd[0])
    stage.press("Get announcements", crowd[0])
    announce(stage)
    run(stage)
    assert received(stage, crowd[0]) == 2


def test_a_customer_who_stops_announcements_while_one_is_sent_is_skipped(stage: Stage) -> None:
    crowd = people(stage, 2)
    number = announce(stage)
    stage.stand.shop.customers.hear(stage.stand.visitor(crowd[1]), announcements=False)
    run(stage)
    assert [received(stage, each) for each in crowd] == [1, 0]
    assert states(number) == {"sent": 2, "unreachable": 1}


def test_letters_about_their_own_orders_reach_customers_who_stopped_announcements(stage: Stage) -> None:
    [person] = people(stage, 1)
    stage.stand.shop.customers.hear(stage.stand.visitor(person), announcements=False)
    stage.stand.stock("KEY-1")
    stage.stand.grant(stage.stand.visitor(person), "10.00")
    stage.stand.buy(stage.stand.visitor(person), "Key")
    stage.send_letters()
    assert "KEY-1" in str(stage.messages(person))


def test_a_customer_who_blocks_the_bot_meanwhile_is_unreachable_and_remembered(stage: Stage) -> None:
    crowd = people(stage, 5)
    number = announce(stage)
    stage.telegram.people.block(crowd[2], True)
    run(stage)
    assert states(number) == {"sent": 5, "unreachable": 1}
    assert Customer.by_telegram_id(crowd[2]).reachable is False


def test_a_customer_banned_after_the_start_is_not_written_to(stage: Stage) -> None:
    crowd = people(stage, 5)
    number = announce(stage)
    with stage.stand.database.transaction():
        Customer.update(banned=True).where(Customer.telegram_id == crowd[3]).execute()
    run(stage)
    assert received(stage, crowd[3]) == 0
    assert states(number) == {"sent": 5, "unreachable": 1}


def test_a_customer_who_arrives_after_the_start_is_not_a_recipient(stage: Stage) -> None:
    people(stage, 3)
    number = announce(stage)
    stage.say("/start", 555)
    run(stage)
    assert (states(number), received(stage, 555)) == ({"sent": 4}, 0)


def test_a_wait_that_telegram_asks_for_holds_up_everyone(stage: Stage) -> None:
    crowd = people(stage, 3)
    number = announce(stage)
    step(stage)
    stage.telegram.fault("429", 1, "sendMessage")
    before = stage.seconds.now
    while received(stage, crowd[1]) == 0:
        assert step(stage) < 5
    assert stage.seconds.now - before >= 1
    run(stage)
    assert [received(stage, each) for each in crowd] == [1, 1, 1]
    assert status(stage, number).failed == 0


def test_during_a_wait_nobody_is_tried_repeatedly(stage: Stage) -> None:
    people(stage, 3)
    announce(stage)
    stage.telegram.fault("429", 50, "sendMessage")
    began = stage.seconds.now
    while stage.seconds.now < began + 10:
        step(stage)
    left = next(fault["count"] for fault in stage.telegram.overview()["faults"])
    assert 50 - left <= 11


def test_one_refused_message_fails_only_one_person(stage: Stage) -> None:
    people(stage, 5)
    number = announce(stage)
    stage.telegram.fault("400", 1, "sendMessage")
    run(stage)
    assert states(number) == {"failed": 1, "sent": 5}


@pytest.mark.parametrize("kind", ["lost_reply", "500", "502"])
def test_a_person_who_may_have_got_it_is_not_written_to_again(stage: Stage, kind: str) -> None:
    crowd = people(stage, 4)
    number = announce(stage)
    run(stage, steps=1)
    stage.telegram.fault(kind, 1, "sendMessage")
    run(stage)
    assert max(received(stage, each) for each in crowd) == 1
    assert states(number) == {"failed": 1, "sent": 4}


def test_an_outage_fails_people_one_by_one_and_not_all_at_once(stage: Stage) -> None:
    people(stage, 40)
    number = announce(stage)
    stage.telegram.fault("502", 1000, "sendMessage")
    began = stage.seconds.now
    while stage.seconds.now < began + 60:
        step(stage)
    assert 0 < status(stage, number).failed <= 5


def test_nobody_is_given_up_while_telegram_is_unreachable(stage: Stage) -> None:
    crowd = people(stage, 3)
    number = announce(stage)
    stage.transport.install("http://127.0.0.1:9")  # the discard port, on which nothing listens
    for _ in range(5):
        step(stage)
    stage.transport.install(stage.url)
    run(stage)
    assert [received(stage, each) for each in crowd] == [1, 1, 1]
    assert states(number) == {"sent": 4}


@pytest.mark.parametrize("answer", NOT_SERVED)
def test_an_answer_that_is_not_about_a_person_costs_nobody_the_announcement(
    stage: Stage, answer: str, caplog: pytest.LogCaptureFixture
) -> None:
    crowd = people(stage, 3)
    number = announce(stage)
    stage.telegram.fault("answer", 3, "sendMessage", **NOT_SERVED[answer])
    began = stage.seconds.now
    while status(stage, number).sent == 0:
        step(stage)
    assert stage.seconds.now - began >= 2 + 5 + 15
    run(stage)
    assert [received(stage, each) for each in crowd] == [1, 1, 1]
    assert states(number) == {"sent": 4}
    assert caplog.text.count(f"announcement {number} waits: ") == 3


def test_a_message_that_a_proxy_never_lets_through_holds_up_nobody_for_good(stage: Stage) -> None:
    crowd = people(stage, 4)
    number = announce(stage)
    stage.telegram.fault("answer", 1000, "sendMessage", chat_id=crowd[1], status=403, body="<html>")
    while "waiting" in states(number):
        step(stage)
    run(stage)
    assert states(number) == {"sent": 4, "failed": 1}
    assert [received(stage, person) for person in crowd] == [1, 0, 1, 1]


def test_pausing_stops_at_once_and_resuming_continues_with_the_rest(stage: Stage) -> None:
    crowd = people(stage, 20)
    number = announce(stage)
    run(stage, steps=8)
    stage.rest()
    stage.press("Pause", ADMIN)
    before = sum(received(stage, each) for each in crowd)
    run(stage)
    assert 0 < before < 20
    assert sum(received(stage, each) for each in crowd) == before
    assert "is paused" in stage.texts(ADMIN)[-1]
    stage.rest()
    stage.press("Resume", ADMIN)
    run(stage)
    assert [received(stage, each) for each in crowd] == [1] * 20
    assert states(number) == {"sent": 21}


def test_cancel_ends_it_for_good(stage: Stage) -> None:
    crowd = people(stage, 20)
    number = announce(stage)
    run(stage, steps=8)
    stage.rest()
    stage.press("Cancel", ADMIN)
    before = sum(received(stage, each) for each in crowd)
    run(stage)
    assert sum(received(stage, each) for each in crowd) == before < 20
    assert "was cancelled" in stage.texts(ADMIN)[-1]
    stage.rest()
    stage.press_data(GoOnAnnouncing(number), ADMIN)
    assert "out of date" in stage.texts(ADMIN)[-1]
    assert status(stage, number).state.value == "cancelled"


def test_progress_is_one_message_that_is_edited(stage: Stage) -> None:
    people(stage, 200)
    announce(stage)
    count = len(stage.messages(ADMIN))
    seen = set()
    while step(stage) < 5:
        seen.add(stage.texts(ADMIN)[-1] if received(stage, ADMIN) < 2 else stage.texts(ADMIN)[-2])
    assert len(stage.messages(ADMIN)) == count + 1  # what the admin got as a recipient
    assert any("▰▰▰▱" in text and "Time left: about 0:0" in text for text in seen)
    assert 3 <= len(seen) <= 8


def test_a_restart_goes_on_and_skips_the_person_it_was_sending_to(
    stage: Stage, open_stage: Callable[[Stand], Stage]
) -> None:
    crowd = people(stage, 12)
    number = announce(stage)
    run(stage, steps=5)
    stage.front.announcer._write_down()
    hand = take(stage)
    assert hand is not None
    again = open_stage(stage.stand)
    stopper = threading.Thread(target=_stop_when_done, args=(again, number))
    stopper.start()
    again.front.announcer.run()
    stopper.join(DEADLINE_S)
    assert states(number) == {"sent": 12, "failed": 1}
    expected = [0 if each == hand.telegram_id else 1 for each in crowd]
    assert [received(stage, each) for each in crowd] == expected


def _stop_when_done(stage: Stage, number: int) -> None:
    """Move the clock until the announcement is done, then stop the announcer."""
    while status(stage, number).state.value != "done":
        stage.seconds.now += 0.04
        stage.stand.shop.broadcasts.ring()
    stage.front.announcer.stop()
    stage.stand.database.release_thread()


def test_an_announcement_left_when_the_shop_stops_waits_for_the_next_start(stage: Stage) -> None:
    crowd = people(stage, 5)
    number = announce(stage)
    stage.front.announcer.stop()
    stage.front.announcer.run()
    assert states(number) == {"waiting": 6}
    assert sum(received(stage, each) for each in crowd) == 0


def test_letters_go_first(stage: Stage) -> None:
    crowd = people(stage, 3)
    announce(stage)
    stage.stand.stock("KEY")
    buyer = stage.stand.visitor(crowd[0])
    stage.stand.grant(buyer, "10.00")
    shop = stage.stand.shop
    offer = shop.checkout.offer_product(buyer, stage.stand.product("Key"), 1)
    shop.checkout.place(buyer, offer.id)
    for _ in range(20):
        assert step(stage) <= 0.05
    assert sum(received(stage, each) for each in crowd) == 0
    stage.send_letters()
    run(stage)
    assert [("KEY" in text) for text in stage.texts(crowd[0])] == [True, False]


def test_a_double_tap_sends_once(stage: Stage) -> None:
    crowd = people(stage, 4)
    number = announce(stage)
    for _ in range(3):
        stage.rest()
        stage.press_data(SendAnnouncement(number), ADMIN)
    run(stage)
    stage.rest()
    stage.press_data(SendAnnouncement(number), ADMIN)
    run(stage)
    assert [received(stage, each) for each in crowd] == [1] * 4
    assert AuditEntry.select().where(AuditEntry.action == "announcement.started").count() == 1


def test_two_admins_start_at_the_same_time_and_one_waits_for_the_other(
    stage: Stage, at_once: Callable[..., list[Any]]
) -> None:
    crowd = people(stage, 6)
    drafts = []
    for admin, text in ((ADMIN, "First"), (2, "Second")):
        begin(stage, user_id=admin)
        stage.say(text, admin)
        drafts.append((stage.stand.visitor(admin), Announcement.select().count()))
    broadcasts = stage.stand.shop.broadcasts
    taps = [lambda a=admin, n=number: broadcasts.start(a, n, message_id=None) for admin, number in drafts * 3]
    assert not [each for each in at_once(*taps) if isinstance(each, Exception)]
    assert Announcement.select().where(Announcement.state == "queued").count() == 2
    run(stage, steps=3)
    assert sorted(row.state for row in Announcement.select()) == ["queued", "sending"]
    run(stage)
    assert [(received(stage, each, "First"), received(stage, each, "Second")) for each in crowd] == [(1, 1)] * 6
    assert [row.state for row in Announcement.select()] == ["done", "done"]


def test_a_second_announcement_waits_until_the_first_is_sent(stage: Stage) -> None:
    crowd = people(stage, 5)
    announce(stage, "First")
    run(stage, steps=2)
    second = announce(stage, "Second")
    assert "is about to start" in stage.texts(ADMIN)[-1]
    run(stage, steps=2)
    assert status(stage, second).state.value == "queued"
    run(stage)
    assert all(stage.texts(each) == ["First", "Second"] for each in crowd)


def test_a_person_whose_bot_is_gone_is_unreachable(stage: Stage) -> None:
    crowd = people(stage, 2)
    with stage.stand.database.transaction():
        Customer.update(bot_id=BOT_ID + 1).where(Customer.telegram_id == crowd[0]).execute()
    number = announce(stage)
    run(stage)
    assert states(number) == {"sent": 2, "unreachable": 1}


def test_a_failure_to_show_the_admin_progress_does_not_stop_the_announcement(stage: Stage) -> None:
    people(stage, 10)
    number = announce(stage)
    stage.telegram.fault("429", 1000, "editMessageText")
    run(stage)
    assert status(stage, number).sent == 11
    assert FIRST in {each["id"] for each in stage.telegram.overview()["users"]}


def test_recipients_are_deleted_after_a_month_and_the_report_stays(stage: Stage) -> None:
    people(stage, 5)
    number = announce(stage)
    run(stage)
    stage.stand.clock.pass_s(30 * 86_400 + 1)
    forget_old_rows(stage.stand.database, clock=stage.stand.clock)
    assert states(number) == {}
    begin(stage, f"#{number}")
    assert "Sent: 6 of 6" in stage.texts(ADMIN)[-1]


def test_a_change_of_language_between_two_parts_of_a_list_leaves_nothing_out(stage: Stage) -> None:
    reader = people(stage, 1)[0]
    stage.say("/start", ADMIN)
    announcements, broadcasts = stage.stand.shop.announcements, stage.stand.shop.broadcasts
    owner = stage.stand.visitor(ADMIN)

    def speak(telegram_id: int, language: str) -> None:
        with stage.stand.database.transaction():
            Customer.update(language=language).where(Customer.telegram_id == telegram_id).execute()

    def parts(number: int) -> dict[int, str]:
        """Map numbers of messages to the language in which the list takes that many, after adding twenty products."""
        names = [f"{each:04} {'x' * 50}" for each in range(number, number + 20)]
        place = [("Games", "Keys", name, stage.stand.usd("1234567.89"), f"KEY of {name}") for name in names]
        stage.stand.shop.inventory.stock([Goods(*each) for each in place])
        content = announcements.compose(owner, AnnouncementKind.STOCK, Audience()).content
        return {len(messages(content, stage.languages[code])): code for code in ("en", "de")}

    by_length = next(found for number in range(0, 2_000, 20) if len(found := parts(number)) > 1)
    draft = announcements.compose(owner, AnnouncementKind.STOCK, Audience())
    broadcasts.start(owner, draft.id, message_id=None)
    stage.send_letters()
    speak(reader, by_length[max(by_length)])
    while (hand := stage.front.announcer._hand) is None or (hand.telegram_id, hand.parts_sent) != (
        reader,
        min(by_length),
    ):
        step(stage)
    speak(reader, by_length[min(by_length)])
    run(stage)
    assert states(draft.id) == {"sent": 2}
