"""Notifications in a group: what is posted there, who may press the buttons, and that nothing else is sent to it."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from bot_handlers.telegram.courier import MOST_PER_LANE
from shop.administration.notifications import AUDIENCES, IN_GROUP
from shop.outbox import Event
from shop.people import Right
from storage.models import Customer, TicketMessage
from tests.bot_handlers.fleet import FleetStage, token_of
from tests.bot_handlers.stage import CUSTOMER, NOT_SERVED, Stage, appoint
from tests.patience import wait_for
from tests.stand import ADMIN, BOT_ID, MANAGER, open_shop

GROUP = -1001234567890


@pytest.fixture
def team(database: Any, clock: Any, open_stage: Callable[..., Stage]) -> Stage:
    """A shop that also posts its notifications to a topic of a group."""
    stage = open_stage(open_shop(database, clock, NOTICES_CHAT=f"{GROUP}/7"))
    stage.telegram.open_group(GROUP, "The team")
    stage.say("/start", first_name="Ada")
    stage.say("/start", ADMIN)
    return stage


def ask(stage: Stage, text: str = "It does not work") -> None:
    stage.stand.shop.tickets.open(stage.stand.visitor(CUSTOMER), text)
    stage.send_letters()


def press_in_group(stage: Stage, label: str, user_id: int) -> None:
    message, button = stage.button(label, GROUP)
    stage.telegram.people.press(user_id, message["message_id"], button["callback_data"], group_id=GROUP)
    stage.deliver()


def test_a_notification_goes_to_the_topic_and_to_the_admins(team: Stage) -> None:
    ask(team)
    notification = team.messages(GROUP)[-1]
    assert "It does not work" in notification["text"]
    assert notification["message_thread_id"] == 7
    assert "It does not work" in team.texts(ADMIN)[-1]


def test_general_is_no_topic_that_telegram_takes(database: Any, clock: Any, open_stage: Callable[..., Stage]) -> None:
    stage = open_stage(open_shop(database, clock, NOTICES_CHAT=f"{GROUP}/1"))
    stage.telegram.open_group(GROUP, "The team")
    stage.say("/start", first_name="Ada")
    ask(stage)
    notice = stage.messages(GROUP)[-1]
    assert "It does not work" in notice["text"]
    assert "message_thread_id" not in notice


@pytest.mark.parametrize("refusal", ["message thread not found", "TOPIC_CLOSED", "TOPIC_DELETED"])
def test_what_belongs_in_a_topic_that_is_gone_or_closed_goes_to_the_group(
    team: Stage, caplog: pytest.LogCaptureFixture, refusal: str
) -> None:
    body = json.dumps({"ok": False, "error_code": 400, "description": f"Bad Request: {refusal}"})
    team.telegram.fault("answer", 1, "sendMessage", chat_id=GROUP, status=400, body=body)
    ask(team)
    assert "message_thread_id" not in team.messages(GROUP)[0]
    assert "the topic of NOTICES_CHAT is gone" in caplog.text


def test_a_group_that_takes_the_bot_back_gets_what_waited_for_it(team: Stage) -> None:
    body = json.dumps(
        {"ok": False, "error_code": 403, "description": "Forbidden: bot was kicked from the group chat"}
    )
    team.telegram.fault("answer", 99, "sendMessage", chat_id=GROUP, status=403, body=body)
    ask(team)
    team.telegram.fault("answer", 0, "sendMessage", chat_id=GROUP)
    team.send_letters()
    assert team.messages(GROUP) == []
    chat, bot = {"id": GROUP, "type": "supergroup", "title": "The team"}, {"id": BOT_ID, "is_bot": True}
    member = {"user": bot | {"first_name": "Souk"}, "status": "member"}
    change = {"chat": chat, "from": {"id": ADMIN, "is_bot": False, "first_name": "O"}, "date": 1}
    change |= {"old_chat_member": member | {"status": "left"}, "new_chat_member": member}
    team.front.bots.accept(BOT_ID, {"update_id": 77_000, "my_chat_member": change})
    team.send_letters()
    assert any("It does not work" in text for text in team.texts(GROUP))


def test_an_anonymous_admin_is_told_that_the_shop_cannot_know_them(team: Stage) -> None:
    ask(team)
    chat = {"id": GROUP, "type": "supergroup", "title": "The team"}
    group_bot = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
    reply = team.messages(GROUP)[-1] | {"chat": chat}
    for replied in (reply, None):
        update = team.update(text="Try again", chat=chat, sender_chat=chat, reply_to_message=replied)
        update["message"]["from"] = group_bot
        team.front.bots.accept(BOT_ID, update)
    assert TicketMessage.select().count() == 1
    told = [text for text in team.texts(GROUP) if "Remain anonymous" in text]
    assert len(told) == 1


def test_the_result_of_an_admins_press_in_the_group_is_shown_in_their_own_chat(team: Stage) -> None:
    ask(team)
    before = team.messages(GROUP)
    press_in_group(team, "Answer", ADMIN)
    assert team.texts(ADMIN)[-1] == "Write your message for ticket #1."
    assert team.alerts(ADMIN)[-1] == "The answer is in your chat with the bot."
    team.say("Try again", ADMIN)
    team.send_letters()
    assert "Try again" in team.texts()[-1]
    assert team.messages(GROUP) == before


@pytest.mark.parametrize("label", ["Answer", "View ticket"])
def test_a_tap_by_anyone_else_is_refused_and_makes_them_no_customer(team: Stage, label: str) -> None:
    ask(team)
    count, before = Customer.select().count(), team.messages(GROUP)
    for who in (CUSTOMER, 666):
        shown = len(team.texts(who))
        press_in_group(team, label, who)
        assert team.alerts(who)[-1] == "Only the admins of this shop can do that."
        assert len(team.texts(who)) == shown
    assert Customer.select().count() == count
    assert team.messages(GROUP) == before


def test_a_flood_of_taps_by_anyone_else_is_no_error(team: Stage, caplog: pytest.LogCaptureFixture) -> None:
    ask(team)
    message = team.messages(GROUP)[-1]
    team.telegram.fault("429", 1_000, seconds=60)
    for number in range(MOST_PER_LANE + 20):
        tap = {"id": str(number), "from": team.update(666)["message"]["from"], "data": "home", "message": message}
        team.front.bots.accept(BOT_ID, {"update_id": team.update()["update_id"], "callback_query": tap})
    assert sum("this chat has to wait" in record.getMessage() for record in caplog.records) == 1
    assert [record for record in caplog.records if record.exc_info] == []


def test_a_manager_without_the_right_is_refused(team: Stage) -> None:
    ask(team)
    appoint(team, Right.CATALOGUE)
    press_in_group(team, "View ticket", MANAGER)
    assert team.alerts(MANAGER)[-1] == "Only the admins of this shop can do that."


def reply_in_group(stage: Stage, text: str, user_id: int, *, to: int | None = None) -> int:
    """Reply in the group to its newest message, or to another one; return the id of the reply."""
    number = stage.messages(GROUP)[-1]["message_id"] if to is None else to
    posted = stage.telegram.people.say(user_id, text, profile={}, reply_to=number, group_id=GROUP)
    stage.deliver()
    assert posted.message_id is not None
    return posted.message_id


def says_in_group(stage: Stage, text: str) -> None:
    wait_for(lambda: stage.messages(GROUP)[-1]["text"] == text)


def test_a_reply_in_the_group_answers_the_ticket_and_says_so_there(team: Stage) -> None:
    ask(team)
    chat = team.messages(ADMIN)
    reply_in_group(team, "Try again", ADMIN)
    says_in_group(team, "✅ Reply to ticket #1 sent.")
    assert team.messages(GROUP)[-1]["message_thread_id"] == 7
    team.send_letters()
    assert team.texts()[-1] == "✉️ Reply to ticket #1\nTry again"
    assert team.messages(ADMIN) == chat, "their own chat is left alone"


def test_a_reply_in_the_group_leaves_the_dialog_in_the_admins_own_chat_open(team: Stage) -> None:
    ask(team)
    team.press("Answer", ADMIN)
    reply_in_group(team, "From the group", ADMIN)
    team.say("From my chat", ADMIN)
    team.send_letters()
    assert [text.partition("\n")[2] for text in team.texts()[-2:]] == ["From the group", "From my chat"]


def test_an_admins_edit_in_the_group_is_adopted(team: Stage) -> None:
    ask(team)
    number = reply_in_group(team, "Try agian", ADMIN)
    team.say("Something else", ADMIN)
    team.send_letters()
    team.telegram.people.edit(ADMIN, number, "Try again", group_id=GROUP)
    team.deliver()
    team.send_letters()
    assert team.texts()[-1] == "✉️ Reply to ticket #1\n✏️ Try again"


def test_a_manager_without_the_right_is_told_so_and_answers_nothing(team: Stage) -> None:
    ask(team)
    appoint(team, Right.CATALOGUE)
    reply_in_group(team, "Try again", MANAGER)
    says_in_group(team, "Only the admins of this shop can do that.")
    assert TicketMessage.select().count() == 1


def test_a_manager_with_the_right_answers_until_it_is_removed(team: Stage) -> None:
    ask(team)
    appoint(team, Right.CUSTOMERS)
    notification = team.messages(GROUP)[-1]["message_id"]
    reply_in_group(team, "Try again", MANAGER, to=notification)
    team.stand.shop.managers.take(team.stand.visitor(ADMIN), MANAGER, Right.CUSTOMERS)
    reply_in_group(team, "And again", MANAGER, to=notification)
    assert [message.text for message in TicketMessage.select()] == ["It does not work", "Try again"]


@pytest.mark.parametrize("who", [CUSTOMER, 666])
def test_a_reply_by_anyone_else_is_ignored(team: Stage, who: int) -> None:
    ask(team)
    count, notification = Customer.select().count(), team.messages(GROUP)[-1]["message_id"]
    number = reply_in_group(team, "I know", who)
    team.telegram.people.edit(who, number, "I know better", group_id=GROUP)
    team.deliver()
    assert (Customer.select().count(), TicketMessage.select().count()) == (count, 1)
    assert team.messages(GROUP)[-1]["message_id"] == number > notification


def test_anything_but_a_reply_to_a_ticket_is_left_alone(team: Stage) -> None:
    ask(team)
    number = reply_in_group(team, "Thanks", ADMIN)
    says_in_group(team, "✅ Reply to ticket #1 sent.")
    said = team.messages(GROUP)[-1]["message_id"]
    before = TicketMessage.select().count()
    for text, to in (("Who does that?", number), ("Well", said)):
        reply_in_group(team, text, ADMIN, to=to)
        assert team.messages(GROUP)[-1]["text"] == text
    assert TicketMessage.select().count() == before


def test_buttons_of_another_group_do_nothing(team: Stage) -> None:
    ask(team)
    team.telegram.open_group(-5, "Another")
    message, button = team.button("View ticket", GROUP)
    before = team.texts(ADMIN)
    team.telegram.people.press(ADMIN, message["message_id"], button["callback_data"], group_id=-5)
    team.deliver()
    assert team.texts(ADMIN) == before


def test_messages_written_in_a_group_are_ignored(team: Stage) -> None:
    chat = {"id": GROUP, "type": "supergroup", "title": "The team"}
    before = team.messages(GROUP), team.texts(ADMIN)
    team.front.bots.accept(team.bot.bot_id, team.update(ADMIN, text="/start", chat=chat))
    assert (team.messages(GROUP), team.texts(ADMIN)) == before


def test_alarms_backups_and_keys_never_go_to_a_group() -> None:
    secret = {Event.ADMIN_BACKUP, Event.ADMIN_KEY, Event.ADMIN_ERROR, Event.ADMIN_SWEEP, Event.ADMIN_ALARM}
    assert not secret & IN_GROUP
    assert {Event.ADMIN_TICKET, Event.ADMIN_PURCHASE, Event.ADMIN_TO_MAKE} <= IN_GROUP < set(AUDIENCES)


def test_a_group_that_is_gone_holds_nobody_up(team: Stage) -> None:
    del team.telegram.world.bots[team.bot.token].chats[GROUP]
    ask(team, "Hello?")
    assert "Hello?" in team.texts(ADMIN)[-1]


def times_told(fleet: FleetStage, text: str) -> list[int]:
    """Count how often each of the first three bots has posted a text in the group."""
    return [sum(text in said for said in fleet.said(number, GROUP)) for number in range(3)]


def test_another_bot_posts_in_the_group_while_the_main_one_is_refused(open_fleet: Callable[..., FleetStage]) -> None:
    fleet = open_fleet(MULTIBOT="true", NOTICES_CHAT=str(GROUP))
    fleet.telegram.open_group(GROUP, "The team")
    fleet.add(1, 2)
    fleet.tell(1, "/start", first_name="Ada")
    fleet.send_letters()
    for method in ("sendMessage", "getMe"):
        fleet.telegram.fault("answer", 1_000, method, bot_id=BOT_ID, **NOT_SERVED["Unauthorized"])
    fleet.stand.shop.tickets.open(fleet.person(), "Before it was off")
    fleet.send_letters()
    assert times_told(fleet, "Before it was off") == [0, 0, 0]
    fleet.front.fleet.look()
    fleet.stand.shop.tickets.open(fleet.person(), "While it was off")
    fleet.send_letters()
    assert times_told(fleet, "Before it was off") == times_told(fleet, "While it was off") == [0, 1, 0]

    kicked = {"error_code": 403, "description": "Forbidden: bot was kicked from the group chat"}
    refusal = {"status": 403, "body": json.dumps({"ok": False} | kicked)}
    fleet.telegram.fault("answer", 1, "sendMessage", bot_id=BOT_ID + 1, chat_id=GROUP, **refusal)
    fleet.stand.shop.tickets.open(fleet.person(), "Nobody could post it")
    fleet.send_letters()
    for method in ("sendMessage", "getMe"):
        fleet.telegram.fault("answer", 0, method, bot_id=BOT_ID)
    again = open_fleet(MULTIBOT="true", NOTICES_CHAT=str(GROUP))
    again.stand.shop.tickets.open(again.person(), "After it came back")
    again.send_letters()
    assert times_told(again, "Nobody could post it") == times_told(again, "After it came back") == [1, 0, 0]
    assert times_told(again, "Before it was off") == [0, 1, 0]


@pytest.mark.parametrize("by", ["press", "reply"])
def test_what_an_admin_does_in_the_group_leaves_their_letters_to_the_bot_they_started(
    open_fleet: Callable[..., FleetStage], by: str
) -> None:
    fleet = open_fleet(MULTIBOT="true", NOTICES_CHAT=str(GROUP))
    fleet.telegram.open_group(GROUP, "The team")
    fleet.add(1)
    fleet.tell(1, "/start", first_name="Ada")
    fleet.tell(0, "/start", MANAGER)
    fleet.stand.appoint(Right.CUSTOMERS)
    fleet.send_letters()
    for method in ("sendMessage", "getMe"):
        fleet.telegram.fault("answer", 1_000, method, bot_id=BOT_ID, **NOT_SERVED["Unauthorized"])
    fleet.stand.shop.tickets.open(fleet.person(), "The bot in the group is the second one")
    fleet.send_letters()
    fleet.front.fleet.look()
    fleet.send_letters()
    message, button = fleet.button_of(1, "View ticket", GROUP)
    place: dict[str, Any] = {"group_id": GROUP, "bot_name": str(BOT_ID + 1)}
    if by == "press":
        fleet.telegram.people.press(MANAGER, message["message_id"], button["callback_data"], **place)
    else:
        reply = {"reply_to": message["message_id"], "profile": {"first_name": "Mo"}}
        fleet.telegram.people.say(MANAGER, "Try again", **reply, **place)
    fleet.deliver_to(1)
    assert fleet.person(MANAGER).bot_id == BOT_ID
    for method in ("sendMessage", "getMe"):
        fleet.telegram.fault("answer", 0, method, bot_id=BOT_ID)
    again = open_fleet(MULTIBOT="true", NOTICES_CHAT=str(GROUP))
    again.stand.shop.tickets.open(again.person(), "After it came back")
    again.send_letters()
    assert any("After it came back" in text for text in again.said(0, MANAGER))


def press_at(fleet: FleetStage, number: int, label: str, user_id: int) -> None:
    """Press a button of what a bot has posted in the group."""
    message, button = fleet.button_of(number, label, GROUP)
    place: dict[str, Any] = {"group_id": GROUP, "bot_name": str(BOT_ID + number)}
    fleet.telegram.people.press(user_id, message["message_id"], button["callback_data"], **place)
    fleet.deliver_to(number)


@pytest.fixture
def shared_group(open_fleet: Callable[..., FleetStage]) -> FleetStage:
    """Two bots, the first of which has posted a ticket in the group; a manager who may answer it."""
    fleet = open_fleet(MULTIBOT="true", NOTICES_CHAT=str(GROUP))
    fleet.telegram.open_group(GROUP, "The team")
    fleet.add(1)
    fleet.tell(1, "/start", first_name="Ada")
    fleet.stand.appoint(Right.CUSTOMERS)
    fleet.stand.shop.tickets.open(fleet.person(), "It does not work")
    fleet.send_letters()
    return fleet


def test_a_press_in_the_group_is_answered_in_the_chat_with_the_bot_that_the_admin_started(
    shared_group: FleetStage,
) -> None:
    shared_group.tell(1, "/start", MANAGER)
    press_at(shared_group, 0, "Answer", MANAGER)
    told = "The answer is in your chat with the bot that you used last."
    wait_for(lambda: told in shared_group.alerts_of(0, MANAGER))
    assert shared_group.said(1, MANAGER)[-1] == "Write your message for ticket #1."
    assert shared_group.said(0, MANAGER) == []
    shared_group.tell(1, "Try again", MANAGER)
    shared_group.send_letters()
    assert "Try again" in shared_group.said(1)[-1]


def test_an_admin_who_started_no_bot_is_told_to_start_the_one_that_they_pressed(shared_group: FleetStage) -> None:
    body = {"ok": False, "error_code": 403, "description": "Forbidden: bot can't initiate conversation with a user"}
    refusal = {"status": 403, "body": json.dumps(body)}
    shared_group.telegram.fault("answer", 9, "sendMessage", chat_id=MANAGER, **refusal)
    press_at(shared_group, 0, "Answer", MANAGER)
    wait_for(lambda: any("press Start" in told for told in shared_group.alerts_of(0, MANAGER)))


@pytest.mark.parametrize("several", ["true", "false"])
def test_a_new_bot_posts_what_the_group_did_not_get_from_the_one_before(
    open_fleet: Callable[..., FleetStage], several: str
) -> None:
    fleet = open_fleet(MULTIBOT=several, NOTICES_CHAT=str(GROUP))
    fleet.telegram.open_group(GROUP, "The team")
    fleet.tell(0, "/start", first_name="Ada")
    fleet.send_letters()
    fleet.telegram.fault("answer", 1_000, "sendMessage", bot_id=BOT_ID, **NOT_SERVED["Unauthorized"])
    fleet.stand.shop.tickets.open(fleet.person(), "It does not work")
    fleet.send_letters()
    again = open_fleet(MULTIBOT=several, NOTICES_CHAT=str(GROUP), TOKEN=token_of(1))
    again.send_letters()
    assert times_told(again, "It does not work") == [0, 1, 0]


def test_a_group_that_became_a_supergroup_is_followed(
    database: Any, clock: Any, open_stage: Callable[..., Stage]
) -> None:
    small, large = -4242, -1009999999999
    stage = open_stage(open_shop(database, clock, NOTICES_CHAT=str(small)))
    stage.telegram.open_group(large, "The team")
    stage.say("/start", first_name="Ada")
    stage.say("/start", ADMIN)
    moved = {
        "ok": False,
        "error_code": 400,
        "description": "Bad Request: group chat was upgraded to a supergroup chat",
        "parameters": {"migrate_to_chat_id": large},
    }
    stage.telegram.fault("answer", 1, "sendMessage", chat_id=small, status=400, body=json.dumps(moved))
    ask(stage)
    clock.pass_s(2)
    stage.send_letters()
    texts = [message["text"] for message in stage.messages(large)]
    assert sum("It does not work" in text for text in texts) == 1
    assert sum("New customer: Ada" in text for text in texts) == 1
    message, button = stage.button("Answer", large)
    stage.telegram.people.press(ADMIN, message["message_id"], button["callback_data"], group_id=large)
    stage.deliver()
    assert stage.texts(ADMIN)[-1] == "Write your message for ticket #1."
    again = open_shop(database, clock, NOTICES_CHAT=str(small)).shop
    assert again.notification_group.id == large
    assert open_shop(database, clock, NOTICES_CHAT="-5").shop.notification_group.id == -5
