"""Tickets with photos, files, videos and voice messages; Telegram's own Reply; edits; and unexpected messages."""

from typing import Any

import pytest

from bot_handlers.callbacks.catalog import SearchLoose
from bot_handlers.callbacks.tickets import SendLoose
from shop.support.tickets import MAX_FILE_BYTES, MAX_TEXT, MOST_EDITS, MOST_FILES
from storage.models import Ticket, TicketEdit, TicketFile, TicketMessage
from tests.bot_handlers.handlers.test_everyday import goods_of
from tests.bot_handlers.stage import CUSTOMER, Stage, labels
from tests.stand import ADMIN, BOT_ID

FILES = ("photo", "document", "video", "voice")


def ask(stage: Stage) -> None:
    for label in ("Profile", "Tickets", "Message the shop"):
        stage.rest()
        stage.press(label)


def newest(stage: Stage, user_id: int, *, ours: bool = True) -> dict[str, Any]:
    return [each for each in stage.messages(user_id) if each["from"]["is_bot"] is ours][-1]


def written() -> list[str]:
    return [row.text for row in TicketMessage.select().order_by(TicketMessage.id)]


@pytest.mark.parametrize("kind", FILES)
def test_a_file_goes_both_ways_with_its_caption(stage: Stage, kind: str) -> None:
    stage.say("/start", ADMIN)
    ask(stage)
    stage.send(kind, caption="The key does not work")
    stage.send_letters()
    letter = newest(stage, ADMIN)
    assert kind in letter
    assert "Ticket #1 from Ada" in letter["caption"]
    assert "The key does not work" in letter["caption"]
    stage.press("Answer", ADMIN)
    stage.send(kind, ADMIN)
    stage.send_letters()
    answer = newest(stage, CUSTOMER)
    assert kind in answer
    assert "Reply to ticket #1" in answer["caption"]
    assert [(row.kind, row.bot_id) for row in TicketFile.select()] == [(kind, BOT_ID)] * 2


@pytest.mark.parametrize("kind", ["animation", "audio"])
def test_a_gif_or_an_audio_file_goes_to_the_ticket_as_a_file_with_its_caption(stage: Stage, kind: str) -> None:
    stage.say("/start", ADMIN)
    stage.send("document")  # a GIF comes with the same file as a document, for old apps
    sent = newest(stage, CUSTOMER, ours=False)["document"]
    kept = {"document": sent} if kind == "animation" else {}
    ask(stage)
    content = kept | {kind: sent | {"width": 8, "height": 8, "duration": 1}}
    stage.front.bots.accept(BOT_ID, stage.update(text="", caption="The key does not work", **content))
    stage.send_letters()
    letter = newest(stage, ADMIN)
    assert letter["document"]["file_id"]
    assert "The key does not work" in letter["caption"]
    assert [row.kind for row in TicketFile.select()] == ["document"]


@pytest.mark.parametrize("kind", FILES)
def test_a_file_whose_answer_lacks_what_the_shop_does_not_use_is_sent_once(stage: Stage, kind: str) -> None:
    stage.say("/start", ADMIN)
    ask(stage)
    stage.telegram.fault("answer", 2, f"send{kind}", chat_id=ADMIN, body='{"ok": true, "result": {"message_id": 5}}')
    stage.send(kind, caption="The key does not work")
    stage.send_letters()
    stage.stand.clock.pass_s(3_600)
    stage.send_letters()
    assert [fault["count"] for fault in stage.telegram.overview()["faults"]] == [1]


@pytest.mark.parametrize("kind", FILES)
def test_a_file_that_got_no_proper_answer_is_sent_again(
    stage: Stage, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    stage.say("/start", ADMIN)
    ask(stage)
    stage.telegram.fault("answer", 1, f"send{kind}", chat_id=ADMIN, body='{"ok": true, "result": true}')
    stage.send(kind, caption="The key does not work")
    stage.send_letters()
    assert [record for record in caplog.records if record.exc_info] == []
    stage.stand.clock.pass_s(3_600)
    stage.send_letters()
    assert kind in newest(stage, ADMIN)


def test_a_caption_that_is_too_long_is_sent_below_its_file(stage: Stage) -> None:
    stage.say("/start", ADMIN)
    ask(stage)
    stage.send("photo", caption="x" * MAX_TEXT)
    stage.send_letters()
    photo, text = [each for each in stage.messages(ADMIN) if each["from"]["is_bot"]][-2:]
    assert photo["photo"]
    assert "x" * MAX_TEXT in text["text"]


def test_if_no_files_can_be_sent_the_letter_says_that_there_is_one(stage: Stage) -> None:
    stage.say("/start", ADMIN)
    ask(stage)
    stage.send("voice")
    stage.telegram.fault("text_only", 1)
    stage.send_letters()
    assert newest(stage, ADMIN)["text"].endswith("🎤 Voice message")


def test_every_part_of_an_album_goes_to_one_ticket(stage: Stage) -> None:
    ask(stage)
    for number in range(3):
        stage.send("photo", caption=f"part {number}", album="77")
    assert Ticket.select().count() == 1
    assert written() == ["part 0", "part 1", "part 2"]


def test_files_are_limited_in_size_and_number(stage: Stage) -> None:
    ask(stage)
    large = {"document": {"file_id": "f", "file_unique_id": "u", "file_size": MAX_FILE_BYTES + 1}}
    stage.front.bots.accept(BOT_ID, stage.update(text="", **large))
    assert stage.texts()[-1] == "The file is too large: the limit is 50 MB."
    for _ in range(MOST_FILES):
        stage.rest()
        stage.send("photo", caption="one more", album="77")
    stage.rest()
    stage.send("photo", caption="too many", album="77")
    assert stage.texts()[-1].startswith("A ticket can have up to 30 files.")
    assert TicketFile.select().count() == MOST_FILES


def test_a_telegram_reply_to_a_letter_continues_its_ticket(stage: Stage) -> None:
    stage.say("/start", ADMIN)
    ask(stage)
    stage.say("It does not work")
    stage.send_letters()
    stage.reply("Try again", newest(stage, ADMIN), ADMIN)
    stage.send_letters()
    letter = next(each for each in stage.messages() if "Try again" in str(each.get("text")))
    stage.say("/help")
    stage.reply("Thanks", letter)
    assert written() == ["It does not work", "Try again", "Thanks"]


def test_a_telegram_reply_to_goods_reports_a_problem_with_them(stage: Stage) -> None:
    stage.stand.stock("SECRET-1")
    stage.reply("It does not open", goods_of(stage))
    [ticket] = Ticket.select()
    assert ticket.order_line_id is not None
    assert written() == ["It does not open"]


def test_a_reply_to_goods_of_several_products_is_asked_about(stage: Stage) -> None:
    stage.stand.sell(stage.stand.visitor(CUSTOMER), "Lamp", "Chair")
    stage.send_letters()
    goods = next(each for each in reversed(stage.messages()) if "Your goods" in str(each.get("text")))
    stage.reply("It is broken", goods)
    assert [each for each in labels(stage, CUSTOMER) if "It’s about" in each] == [
        "✉️ It’s about Chair",
        "✉️ It’s about Lamp",
    ]
    stage.press("It’s about Lamp")
    assert "About: Lamp" in stage.texts()[-1]


def test_nobody_continues_somebody_elses_ticket_by_a_reply(stage: Stage) -> None:
    ask(stage)
    stage.say("secret")
    stage.say("/start", 666)
    keyboard = {"inline_keyboard": [[{"text": "Answer", "callback_data": f"{button}:1"}] for button in ("answer",)]}
    bot = {"id": BOT_ID, "is_bot": True, "first_name": "Souk"}
    replied = {"message_id": 1, "date": 1, "chat": {"id": 666, "type": "private"}, "from": bot, "text": "x"}
    for button in ("answer", "reply", "wrong"):
        keyboard["inline_keyboard"][0][0]["callback_data"] = f"{button}:1"
        forged = replied | {"reply_markup": keyboard}
        stage.front.bots.accept(BOT_ID, stage.update(666, text="mine", reply_to_message=forged))
    assert written() == ["secret"]


def test_an_edit_in_an_open_ticket_is_adopted_and_the_original_is_kept(stage: Stage) -> None:
    stage.say("/start", ADMIN)
    ask(stage)
    stage.say("It dose not work")
    mine = newest(stage, CUSTOMER, ours=False)
    stage.send_letters()
    stage.edit("It does not work", mine)
    stage.send_letters()
    assert newest(stage, ADMIN)["text"].endswith("✏️ It does not work")
    assert written() == ["It dose not work"]
    stage.press("View ticket", ADMIN)
    assert "✏️ It does not work" in stage.texts(ADMIN)[-1]


def test_an_edit_of_a_caption_is_adopted(stage: Stage) -> None:
    ask(stage)
    stage.send("photo", caption="This one")
    stage.edit("That one", newest(stage, CUSTOMER, ours=False))
    assert [row.text for row in TicketEdit.select()] == ["That one"]


def test_an_edit_of_anything_else_changes_nothing(stage: Stage) -> None:
    ask(stage)
    stage.say("It does not work")
    mine = newest(stage, CUSTOMER, ours=False)
    stage.press("Mark as solved")
    before = len(stage.texts())
    stage.edit("It never worked", mine)
    stage.say("/cart")
    stage.edit("/orders", newest(stage, CUSTOMER, ours=False))
    assert TicketEdit.select().count() == 0
    assert len(stage.texts()) == before + 1


def test_the_number_of_edits_is_limited(stage: Stage) -> None:
    ask(stage)
    stage.say("It does not work")
    mine = newest(stage, CUSTOMER, ours=False)
    for number in range(MOST_EDITS + 3):
        stage.rest()
        stage.edit(f"No. {number}", mine)
    assert TicketEdit.select().count() == MOST_EDITS


def test_free_text_is_offered_as_a_search_and_as_a_message(stage: Stage) -> None:
    stage.stand.stock("SECRET-1", name="Lamp")
    stage.say("lamp")
    assert stage.texts()[-1] == "“lamp”\nWhat would you like to do with it?"
    stage.press("Search for it")
    assert "Lamp" in str(labels(stage, CUSTOMER))
    stage.say("Where is my <order>?")
    stage.press("Send it to the shop")
    assert written() == ["Where is my <order>?"]
    mine = newest(stage, CUSTOMER, ours=False)["message_id"]
    stage.press_data(SendLoose(None, mine))
    stage.press_data(SearchLoose(mine))
    assert written() == ["Where is my <order>?"]
    assert stage.texts()[-1].startswith("That button is out of date.")


@pytest.mark.parametrize("label", ["Send it to the shop", "Search for it"])
def test_a_button_below_an_earlier_free_text_does_nothing_with_a_later_one(stage: Stage, label: str) -> None:
    stage.say("lamp")
    message, button = stage.button(label)
    stage.say("It does not work")
    stage.press_data(button["callback_data"], message_id=message["message_id"])
    assert written() == []
    [shown] = [each["text"] for each in stage.messages() if each["message_id"] == message["message_id"]]
    assert shown.startswith("That button is out of date.")
    stage.press("Send it to the shop")
    assert written() == ["It does not work"]


def test_a_customers_unexpected_file_is_offered_as_a_message(stage: Stage) -> None:
    stage.say("/start", ADMIN)
    stage.send("document", caption="See this")
    assert labels(stage, CUSTOMER) == ["🔎 Search for it", "✉️ Send it to the shop", "🏠 Menu"]
    stage.press("Send it to the shop")
    stage.send_letters()
    assert newest(stage, ADMIN)["document"]["file_name"] == "a.document"


def test_a_customer_is_never_told_that_only_admins_can_do_that_for_a_message(stage: Stage) -> None:
    for kind in FILES:
        stage.rest()
        stage.send(kind)
    assert not [text for text in stage.texts() if "Only the admins" in text]


def test_an_admins_free_text_is_offered_only_as_a_search(stage: Stage) -> None:
    stage.say("/start", ADMIN)
    stage.say("lamp", ADMIN)
    assert labels(stage, ADMIN) == ["🔎 Search for it", "🏠 Menu"]
