"""Letters go through the bot that the customer used last; if a bot cannot send a letter, another one does."""

from typing import Any

import pytest

from bot_handlers.telegram.roster import Roster
from bot_handlers.telegram.setup import Links
from shop.administration.bots import OffReason
from shop.assets import ASSETS
from shop.chains.transfers import Head, Transfer
from storage.models import Bot, Deposit, Outbox
from tests.bot_handlers import crowd
from tests.bot_handlers.fleet import FleetStage, token_of
from tests.bot_handlers.stage import CUSTOMER, NOT_SERVED
from tests.goods import png
from tests.patience import wait_for
from tests.stand import ADMIN, BOT_ID
from wallet.chains import Chain
from web.sandbox.telegram.call import Upload

BO, CY = 2002, 2003


def buy(fleet: FleetStage, content: str, person_id: int = CUSTOMER) -> None:
    """Buy as a customer; the goods are sent in a letter."""
    person = fleet.person(person_id)
    product = fleet.stand.stock(content, name=f"Key {content}")
    fleet.stand.bought(person, product)


def has(fleet: FleetStage, number: int, content: str, user_id: int = CUSTOMER) -> bool:
    return any(content in text for text in fleet.said(number, user_id))


@pytest.fixture
def two(fleet: FleetStage) -> FleetStage:
    """Two bots; the customer has used both, the second one last."""
    fleet.add(1)
    fleet.tell(0, "/start", CUSTOMER, first_name="Ada")
    fleet.tell(1, "/start")
    fleet.send_letters()
    return fleet


def test_a_letter_goes_through_the_bot_that_its_reader_used_last(two: FleetStage) -> None:
    buy(two, "FIRST-KEY")
    two.send_letters()
    assert (has(two, 0, "FIRST-KEY"), has(two, 1, "FIRST-KEY")) == (False, True)
    two.tell(0, "/start")
    buy(two, "SECOND-KEY")
    two.send_letters()
    assert (has(two, 0, "SECOND-KEY"), has(two, 1, "SECOND-KEY")) == (True, False)


def test_an_announcement_reaches_each_person_once_through_the_last_bot(two: FleetStage) -> None:
    two.tell(0, "/start", BO)
    number = crowd.announce(two, "Big news")
    crowd.run(two)
    assert crowd.states(number) == {"sent": 3}
    counts = [[sum("Big news" in text for text in two.said(bot, user)) for bot in (0, 1)] for user in (CUSTOMER, BO)]
    assert counts == [[0, 1], [1, 0]]


@pytest.mark.parametrize("description", ["Unauthorized", "Forbidden: the bot is banned", "Not Found"])
def test_a_bot_that_is_gone_switches_itself_off_and_the_owners_are_told_through_another(
    two: FleetStage, description: str
) -> None:
    code = {"U": 401, "F": 403, "N": 404}[description[0]]
    body = f'{{"ok": false, "error_code": {code}, "description": "{description}"}}'
    two.telegram.fault("answer", 1_000, "sendMessage", bot_id=BOT_ID + 1, body=body, status=code)
    two.telegram.fault("answer", 1_000, "getMe", bot_id=BOT_ID + 1, body=body, status=code)
    two.tell(1, "/start", CY)
    buy(two, "KEY-OF-CY", CY)
    buy(two, "KEY-OF-ADA")
    two.send_letters()
    two.front.fleet.look()
    assert Bot.get_by_id(BOT_ID + 1).reason == OffReason.TOKEN.value
    two.send_letters()
    assert "Souk 2 (@souk1_sandbox_bot)\nOff: Telegram rejects its token." in "\n".join(two.said(0, ADMIN))
    assert has(two, 0, "KEY-OF-ADA"), "who has used another bot gets it there at once"
    waiting = Outbox.get(Outbox.telegram_id == CY, Outbox.kind == "goods")
    assert waiting.sent_at is None
    two.tell(0, "/start", CY)
    two.send_letters()
    assert has(two, 0, "KEY-OF-CY", CY), "who has not gets it with the first word to another bot"


def test_a_repaired_bot_sends_the_letters_that_waited(two: FleetStage) -> None:
    two.tell(1, "/start", CY)
    two.telegram.revoke(str(BOT_ID + 1), new_token=token_of(8).replace(str(BOT_ID + 8), str(BOT_ID + 1)))
    two.front.fleet.doubt(BOT_ID + 1)
    two.front.fleet.look()
    buy(two, "KEY-OF-CY", CY)
    two.send_letters()
    assert not has(two, 1, "KEY-OF-CY", CY)
    two.tell(0, f"/add {token_of(8).replace(str(BOT_ID + 8), str(BOT_ID + 1))}", ADMIN)
    two.front.fleet.look()
    two.send_letters()
    assert has(two, 1, "KEY-OF-CY", CY)


def test_one_persons_trouble_switches_no_bot_off(two: FleetStage) -> None:
    two.telegram.people.block(CUSTOMER, True, bot_name=str(BOT_ID + 1))
    two.deliver_to(1)
    buy(two, "KEY-1")
    two.send_letters()
    two.front.fleet.look()
    assert Bot.get_by_id(BOT_ID + 1).state == "on"


def test_a_refused_letter_does_not_switch_off_a_bot_that_telegram_knows(two: FleetStage) -> None:
    two.telegram.fault("401", 1, "sendMessage", bot_id=BOT_ID + 1)
    buy(two, "KEY-1")
    two.send_letters()
    two.front.fleet.look()
    assert Bot.get_by_id(BOT_ID + 1).state == "on"
    two.stand.clock.pass_s(3_600)
    two.send_letters()
    assert has(two, 1, "KEY-1")


def test_the_last_bot_never_switches_itself_off(fleet: FleetStage) -> None:
    fleet.telegram.fault("401", 100, "getMe")
    fleet.front.fleet.doubt(BOT_ID)
    fleet.front.fleet.look()
    assert Bot.get_by_id(BOT_ID).state == "on"
    assert fleet.front.reachability.trouble is not None


def test_an_announcement_does_not_wait_for_a_bot_that_telegram_throttles_or_refuses(two: FleetStage) -> None:
    two.tell(0, "/start", BO)
    two.tell(1, "/start", CY)
    two.telegram.fault("429", 1, "sendMessage", bot_id=BOT_ID + 1, seconds=600)
    number = crowd.announce(two, "Big news")
    while not any("Big news" in text for text in two.said(0, BO)):
        crowd.step(two)
    assert crowd.states(number)["waiting"] == 2, "those of the throttled bot"
    body = '{"ok": false, "error_code": 401, "description": "Unauthorized"}'
    two.telegram.fault("answer", 1_000, "sendMessage", bot_id=BOT_ID + 1, body=body, status=401)
    two.telegram.fault("answer", 1_000, "getMe", bot_id=BOT_ID + 1, body=body, status=401)
    two.seconds.now += 600
    crowd.run(two)
    assert crowd.states(number) == {"sent": 3, "unreachable": 1}
    assert sum("Big news" in text for text in two.said(0)) == 1, "Ada has used the other bot before"


def steps(stage: FleetStage, count: int) -> None:
    for _ in range(count):
        crowd.step(stage)


@pytest.mark.parametrize("answer", NOT_SERVED)
def test_a_bot_that_is_not_served_holds_up_only_its_own_recipients_and_loses_none(
    two: FleetStage, answer: str
) -> None:
    two.tell(0, "/start", BO)
    two.tell(1, "/start", CY)
    number = crowd.announce(two, "Big news")
    two.telegram.fault("answer", 2, "sendMessage", bot_id=BOT_ID + 1, **NOT_SERVED[answer])
    while not any("Big news" in text for text in two.said(0, BO)):
        crowd.step(two)
    assert crowd.states(number)["waiting"] == 2, "those of the other bot"
    steps(two, 20)
    assert crowd.states(number) == {"sent": 4}
    assert Bot.get_by_id(BOT_ID + 1).state == "on"


@pytest.mark.parametrize("answer", ["Unauthorized", "Forbidden", "Logged out"])
def test_an_announcement_waits_for_the_last_bot(fleet: FleetStage, answer: str) -> None:
    crowd.people(fleet, 1)
    number = crowd.announce(fleet, "Big news")
    for method in ("sendMessage", "getMe"):
        fleet.telegram.fault("answer", 2, method, **NOT_SERVED[answer])
    steps(fleet, 25)
    assert set(crowd.states(number)) == {"sent"}
    assert Bot.get_by_id(BOT_ID).state == "on"


def seen(two: FleetStage, **more: Any) -> None:
    """Make the customer's payment appear or progress."""
    address = two.stand.address(two.person(CUSTOMER), Chain.BTC)
    transfer = Transfer(Chain.BTC, "aa", "0", address, ASSETS["BTC"], 100_000, **more)
    two.stand.shop.payments.deposits.observe(transfer, Head(100))


def let_the_number_mean_another_message(two: FleetStage) -> None:
    """Give the payment's message an id that the other bot uses too."""
    with two.stand.database.transaction():
        Deposit.change(Deposit.get().id, message_id=two.chat(0)[-1]["message_id"])


def test_a_message_that_is_kept_up_to_date_is_sent_again_in_another_bot(two: FleetStage) -> None:
    seen(two)
    two.send_letters()
    assert "Payment detected" in two.said(1)[-1]
    two.tell(0, "/start")
    chats = two.said(0), two.said(1)
    let_the_number_mean_another_message(two)
    seen(two, block_height=90)
    two.send_letters()
    assert (two.said(0)[:-1], two.said(1)) == chats
    assert "Credited" in two.said(0)[-1]


def test_changing_bots_while_a_letter_is_being_sent_edits_no_other_message(two: FleetStage) -> None:
    seen(two)
    two.front.notifier.look()
    wait_for(lambda: "Payment detected" in two.said(1)[-1])
    two.tell(0, "/start")
    chat = two.said(0)
    two.front.notifier._reports.write_down()  # only now is it known which message of the other bot it was
    assert Deposit.get().message_bot_id == BOT_ID + 1
    let_the_number_mean_another_message(two)
    two.send_letters()
    assert two.said(0)[:-1] == chat
    assert "Payment detected" in two.said(0)[-1]


def attach(two: FleetStage, number: int, kind: str, user_id: int, content: bytes) -> None:
    """Send a file to a bot as an answer in a dialog."""
    upload = Upload(f"a.{kind}", content)
    two.telegram.people.send_document(
        user_id, upload, caption="Look", profile={}, kind=kind, bot_name=str(BOT_ID + number)
    )
    two.deliver_to(number)


def content_of(two: FleetStage, message: dict[str, Any], kind: str) -> bytes:
    sent = message[kind][-1] if kind == "photo" else message[kind]
    _, content = two.telegram.file(sent["file_id"])
    return content


@pytest.mark.parametrize("kind", ["photo", "document", "video", "voice"])
def test_a_tickets_file_is_passed_from_bot_to_bot(two: FleetStage, kind: str) -> None:
    content = png() if kind == "photo" else b"what the customer sent"
    two.tell(0, "/start", ADMIN)
    two.tap(1, "Profile", "Tickets", "Message the shop")
    attach(two, 1, kind, CUSTOMER, content)
    two.send_letters()
    letter = two.chat(0, ADMIN)[-1]
    assert "Look" in letter["caption"]
    assert content_of(two, letter, kind) == content
    two.tap(0, "Answer", user_id=ADMIN)
    attach(two, 0, kind, ADMIN, content)
    two.send_letters()
    answer = two.chat(1)[-1]
    assert "Reply to ticket #1" in answer["caption"]
    assert content_of(two, answer, kind) == content


def test_a_file_from_a_bot_that_is_gone_is_named(two: FleetStage) -> None:
    two.tell(0, "/start", ADMIN)
    two.tap(1, "Profile", "Tickets", "Message the shop")
    attach(two, 1, "document", CUSTOMER, b"a file")
    two.stand.shop.bots.switch(two.person(ADMIN), BOT_ID + 1, on=False)
    two.front.fleet.look()
    two.send_letters()
    assert "📄 File" in two.said(0, ADMIN)[-1]
    assert "Look" in two.said(0, ADMIN)[-1]


def test_links_lead_to_the_bot_in_which_they_were_requested(two: FleetStage) -> None:
    links = Links(Roster.of(map(token_of, range(2))))
    assert links.start(BOT_ID + 1, "ref_a") == "https://t.me/souk1_sandbox_bot?start=ref_a"
    assert links.start(BOT_ID, "ref_a") == "https://t.me/souk_sandbox_bot?start=ref_a"
    assert links.start(BOT_ID + 5, "ref_a") == "/start ref_a", "a bot that is not served has no name"
