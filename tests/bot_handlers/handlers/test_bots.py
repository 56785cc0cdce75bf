"""Owners add, rename, switch and remove bots; a token is deleted wherever it is typed, and is stored nowhere else."""

import logging
from typing import Any

import pytest

from bot_handlers.callbacks.tickets import TypeTicket
from bot_handlers.screens.home import COMMANDS, TERMS_COMMANDS
from shop.people import Right
from storage.models import AuditEntry, Bot, Conversation, Customer, Outbox, TicketEdit, TicketMessage
from tests.bot_handlers.fleet import FleetStage, token_of
from tests.bot_handlers.stage import CUSTOMER, Stage
from tests.goods import png
from tests.stand import ADMIN, BOT_ID, MANAGER
from web.sandbox.telegram.call import Upload

ONE, TWO = token_of(1), token_of(2)


def everything_written(*tables: Any) -> str:
    return "\n".join(str(row) for table in tables for row in table.select().dicts())


def test_an_owner_adds_a_bot_by_a_command_and_it_serves_the_same_shop(fleet: FleetStage) -> None:
    fleet.stand.stock("KEY-1", name="Key")
    fleet.add(1)
    assert fleet.said(0, ADMIN)[-1].startswith("Souk 2 · @souk1_sandbox_bot")
    fleet.tell(1, "/start")
    fleet.tap(1, "Shop", "Games")
    assert "Key" in str(fleet.chat(1)[-1]["reply_markup"])
    fleet.tell(0, "/start")
    assert Customer.select().where(Customer.telegram_id == CUSTOMER).count() == 1


def test_the_message_with_the_token_is_deleted_and_only_one_column_holds_the_token(
    fleet: FleetStage, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    fleet.add(1)
    assert not any(ONE in str(message) for message in fleet.chat(0, ADMIN))
    assert Bot.get_by_id(BOT_ID + 1).token == ONE
    written = everything_written(Outbox, AuditEntry, Conversation)
    assert ONE.partition(":")[2] not in written
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("souk")]
    assert ours
    assert not any(ONE.partition(":")[2] in line for line in ours)


@pytest.mark.parametrize(
    "text",
    [
        TWO,
        f"/add {TWO}",
        f"Use this token to access the HTTP API:\n{TWO}\nKeep it safe",
        f"https://api.telegram.org/bot{TWO}/getMe",
    ],
)
@pytest.mark.parametrize("who", ["customer", "manager", "banned", "flooding"])
def test_a_token_from_anyone_else_is_deleted_and_refused_in_one_sentence(
    fleet: FleetStage, text: str, who: str
) -> None:
    person = {"customer": CUSTOMER, "manager": MANAGER, "banned": CUSTOMER, "flooding": CUSTOMER}[who]
    fleet.tell(0, "/start", ADMIN)
    fleet.tell(0, "/start", person)
    if who == "manager":
        fleet.stand.appoint(Right.CATALOGUE, Right.CUSTOMERS)
    if who == "banned":
        shop, admin = fleet.stand.shop, fleet.stand.visitor(ADMIN)
        shop.customer_support.ban(admin, fleet.stand.visitor(person).id, "rude", banned=True)
    if who == "flooding":
        for _ in range(35):
            fleet.telegram.people.say(person, "/start", profile={}, bot_name=str(BOT_ID))
        fleet.deliver_to(0)
        fleet.telegram.people.say(person, text, profile={}, bot_name=str(BOT_ID))
        fleet.deliver_to(0)
    else:
        fleet.tell(0, text, person)
    fleet.front.courier.settle((BOT_ID, person))
    assert not any(TWO in str(message) for message in fleet.chat(0, person))
    assert Bot.there(BOT_ID + 2) is None
    if who in ("customer", "manager"):
        assert fleet.said(0, person)[-1] == "Only the admins of this shop can do that."


def test_a_token_that_somebody_edits_into_a_message_is_deleted_and_stored_nowhere(stage: Stage) -> None:
    stage.say("/start", CUSTOMER)
    stage.press_data(TypeTicket(None))
    stage.say("My bot is broken")
    question = next(message for message in stage.messages() if message.get("text") == "My bot is broken")
    stage.edit(f"My bot is broken: {TWO}", question)
    stage.front.courier.settle((BOT_ID, CUSTOMER))
    assert not any(TWO in str(message) for message in stage.messages())
    assert TWO not in everything_written(Outbox, TicketEdit, TicketMessage, Conversation)


def test_a_token_is_deleted_in_a_shop_of_one_bot_too(stage: Stage) -> None:
    stage.say("/start", ADMIN)
    stage.say(f"/add {ONE}", ADMIN)
    assert not any(ONE in str(message) for message in stage.messages(ADMIN))
    assert "MULTIBOT=true" in stage.texts(ADMIN)[-1]
    stage.say("/add", ADMIN)
    assert "MULTIBOT=true" in stage.texts(ADMIN)[-1]


def test_a_token_among_goods_that_an_admin_types_is_goods(fleet: FleetStage) -> None:
    fleet.tell(0, "/start", ADMIN)
    with fleet.stand.database.transaction():
        Conversation.keep(BOT_ID, ADMIN, step="goods_pieces", answers="{}", now=1)
    fleet.tell(0, TWO, ADMIN)
    assert any(TWO in str(message) for message in fleet.chat(0, ADMIN))


def test_the_same_token_twice_is_one_sentence(fleet: FleetStage) -> None:
    fleet.add(1)
    fleet.tell(0, f"/add {ONE}", ADMIN)
    assert fleet.said(0, ADMIN)[-1] == "This bot is already part of the shop."
    fleet.tell(0, f"/add {token_of(0)}", ADMIN)
    assert fleet.said(0, ADMIN)[-1] == "This bot is already part of the shop."


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [("401", "Telegram rejects this token."), ("502", "Telegram isn’t responding at the moment.")],
)
def test_a_token_that_telegram_rejects_is_one_sentence(fleet: FleetStage, fault: str, sentence: str) -> None:
    fleet.tell(0, "/start", ADMIN)
    fleet.telegram.fault(fault, 1, "getMe", bot_id=BOT_ID + 1)
    fleet.tell(0, f"/add {ONE}", ADMIN)
    assert fleet.said(0, ADMIN)[-1].startswith(sentence)
    assert Bot.there(BOT_ID + 1) is None


@pytest.mark.parametrize("elsewhere", ["poll", "webhook"])
def test_a_bot_that_runs_elsewhere_is_off_until_it_stops_there(fleet: FleetStage, elsewhere: str) -> None:
    fleet.tell(0, "/start", ADMIN)
    if elsewhere == "poll":
        fleet.telegram.fault("409", 1, "getUpdates", bot_id=BOT_ID + 1)
    else:
        fleet.telegram.world.bots[ONE].webhook.url = "https://elsewhere.example/hook"
    fleet.tell(0, f"/add {ONE}", ADMIN)
    assert "Off: another program uses its token." in fleet.said(0, ADMIN)[-1]
    assert BOT_ID + 1 not in fleet.front.fleet.secrets
    fleet.tap(0, "Turn on", user_id=ADMIN)
    fleet.front.fleet.look()
    assert "🟢 On" in fleet.said(0, ADMIN)[-1]
    fleet.tell(1, "/start")
    assert any("Ada" in text or "User" in text for text in fleet.said(1))


def test_an_owner_adds_a_bot_in_a_dialog(fleet: FleetStage) -> None:
    fleet.tell(0, "/start", ADMIN)
    fleet.tap(0, "Admin", "Bots", "Add a bot", user_id=ADMIN)
    fleet.tell(0, "hello", ADMIN)
    assert "bot token" in fleet.said(0, ADMIN)[-1]
    fleet.tell(0, ONE, ADMIN)
    assert not any(ONE in str(message) for message in fleet.chat(0, ADMIN))
    fleet.tap(0, "Back", user_id=ADMIN)
    assert any("Souk 2" in str(message.get("reply_markup")) for message in fleet.chat(0, ADMIN))


def test_an_owner_renames_switches_and_removes_a_bot(fleet: FleetStage) -> None:
    fleet.add(1)
    fleet.tap(0, "Rename", user_id=ADMIN)
    fleet.tell(0, "  Second   shop ", ADMIN)
    assert fleet.said(0, ADMIN)[-1].startswith("Second shop · @souk1_sandbox_bot")
    fleet.tap(0, "Turn off", user_id=ADMIN)
    fleet.front.fleet.look()
    assert "🔴 Off: turned off by an owner." in fleet.said(0, ADMIN)[-1]
    assert BOT_ID + 1 not in fleet.front.fleet.secrets
    fleet.tap(0, "Turn on", user_id=ADMIN)
    fleet.front.fleet.look()
    fleet.tap(0, "Remove", "Remove", user_id=ADMIN)
    fleet.front.fleet.look()
    assert Bot.get_by_id(BOT_ID + 1).token is None
    assert Bot.there(BOT_ID + 1) is None
    assert BOT_ID + 1 not in fleet.front.fleet.secrets
    done = [row.action for row in AuditEntry.select().order_by(AuditEntry.id)]
    assert done == ["bot.added", "bot.renamed", "bot.off", "bot.on", "bot.removed"]
    fleet.tell(0, f"/add {ONE}", ADMIN)
    assert fleet.said(0, ADMIN)[-1].startswith("Second shop"), "a bot that comes back has the name that it had"


def test_a_bot_greets_and_looks_as_its_owner_wants_and_shows_its_part_of_the_catalogue(fleet: FleetStage) -> None:
    fleet.stand.stock("A", name="Apple key", category="Apples", subcategory="Keys")
    fleet.stand.stock("B", name="Berry key", category="Berries", subcategory="Keys")
    fleet.add(1)
    fleet.tap(0, "Welcome", user_id=ADMIN)
    fleet.tell(0, "Welcome to the berries, {name}!", ADMIN)
    fleet.tap(0, "Categories", "Berries", user_id=ADMIN)
    for number in (0, 1):
        fleet.tell(number, "/start", CUSTOMER, first_name="Ada")
    assert "Welcome to the berries, Ada!" in fleet.said(1)
    assert "Welcome to the berries, Ada!" not in fleet.said(0)
    fleet.tell(1, "/shop")
    shown = str(fleet.chat(1)[-1]["reply_markup"])
    assert ("Berries" in shown, "Apples" in shown) == (True, False)
    fleet.tap(1, "Search")
    fleet.tell(1, "key")
    found = str(fleet.chat(1)[-1]["reply_markup"])
    assert ("Berry key" in found, "Apple key" in found) == (True, False)
    fleet.tell(0, "/shop")
    assert "Apples" in str(fleet.chat(0)[-1]["reply_markup"])


def test_a_bot_shows_a_picture_of_its_own_above_its_menu_until_it_is_removed(fleet: FleetStage) -> None:
    fleet.add(1)
    fleet.tap(0, "Picture", user_id=ADMIN)
    fleet.tell(0, "no picture", ADMIN)
    assert Bot.get_by_id(BOT_ID + 1).picture_id is None
    fleet.telegram.people.send_document(ADMIN, Upload("a.png", png()), caption="", profile={}, bot_name=str(BOT_ID))
    fleet.deliver_to(0)
    for number in (0, 1):
        fleet.tell(number, "/start", CUSTOMER, first_name="Ada")
    assert "Main menu" in fleet.chat(1)[-1]["caption"]
    _, content = fleet.telegram.file(fleet.chat(1)[-1]["photo"][-1]["file_id"])
    assert content == png()
    assert "photo" not in fleet.chat(0)[-1]
    fleet.tap(0, "Picture", "Delete picture", user_id=ADMIN)
    fleet.tell(1, "/start")
    assert "photo" not in fleet.chat(1)[-1]
    assert "Main menu" in fleet.said(1)[-1]
    done = [row.action for row in AuditEntry.select().order_by(AuditEntry.id)]
    assert done.count("bot.picture") == 2


def test_each_bot_lists_its_commands_once_a_day(fleet: FleetStage) -> None:
    fleet.add(1)

    def listed(number: int, user_id: int) -> list[str]:
        shown = fleet.telegram.view(user_id, bot_name=str(BOT_ID + number))["commands"]
        return [each["command"] for each in shown]

    everyone = ["start", *COMMANDS, *TERMS_COMMANDS]
    for number in (0, 1):
        assert listed(number, CUSTOMER) == everyone
    fleet.telegram.world.bots[ONE].commands.clear()
    for seconds, theirs, owners in ((86_000, [], []), (400, everyone, [*everyone, "admin"])):
        fleet.seconds.now += seconds
        fleet.front.fleet.look()
        assert (listed(1, CUSTOMER), listed(1, ADMIN)) == (theirs, owners), "the owner has pressed Start by now"


def test_the_figures_tell_the_bots_apart(fleet: FleetStage) -> None:
    fleet.add(1)
    fleet.stand.stock("A", "B", "C", price="10.00", name="Key")
    person = fleet.stand.visitor(CUSTOMER)
    fleet.stand.grant(person, "30.00")
    for number, count in ((0, 1), (1, 2)):
        fleet.tell(number, "/start")
        for _ in range(count):
            fleet.stand.buy(person, "Key")
    report = fleet.stand.shop.figures.report(fleet.stand.visitor(ADMIN), 7)
    assert [(each.orders, each.revenue.minor) for each in report.bots] == [(2, 2000), (1, 1000)]
    fleet.tell(0, "/start", ADMIN)
    fleet.tap(0, "Admin", "Figures", user_id=ADMIN)
    assert "Souk 2: × 2 · $20.00" in fleet.said(0, ADMIN)[-1]
