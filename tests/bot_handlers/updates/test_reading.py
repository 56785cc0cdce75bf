"""Malformed updates: one line in the log, no traceback, and the next update works."""

import logging
from typing import Any

import pytest

from bot_handlers.telegram.visits import buttons_replied_to, html_of
from bot_handlers.updates.reading import UPDATE_NUMBERS, UnreadableUpdate, is_numbered, read
from shop.payments.stars import LONGEST_CHARGE_ID, MOST_STARS
from storage.models import Customer
from tests.bot_handlers.stage import CUSTOMER, Stage
from tests.stand import BOT_ID

PERSON = {"id": 9, "is_bot": False, "first_name": "Bo"}
CHAT = {"id": 9, "type": "private"}
MESSAGE = {"message_id": 1, "date": 1, "chat": CHAT, "from": PERSON, "text": "hello"}
FILE = {"file_id": "a", "file_unique_id": "b", "file_name": "a.json", "file_size": 5}
PAYMENT = {
    "currency": "XTR",
    "total_amount": 1,
    "invoice_payload": "a",
    "telegram_payment_charge_id": "b",
    "provider_payment_charge_id": "c",
}
MEMBER = {"chat": CHAT, "from": PERSON, "date": 1}


def without(content: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in content.items() if name not in names}


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


UNREADABLE = {
    "no date": {"message": without(MESSAGE, "date")},
    "no chat": {"message": without(MESSAGE, "chat")},
    "no message_id": {"message": without(MESSAGE, "message_id")},
    "an id beyond 63 bits": {"message": MESSAGE | {"from": PERSON | {"id": 2**63}}},
    "an id that is a text": {"message": MESSAGE | {"from": PERSON | {"id": "9"}}},
    "a chat beyond 63 bits": {"message": MESSAGE | {"chat": CHAT | {"id": -(2**64)}}},
    "a text that is a number": {"message": MESSAGE | {"text": 7}},
    "a name that is a list": {"message": MESSAGE | {"from": PERSON | {"first_name": ["Bo"]}}},
    "entities that are none": {"message": MESSAGE | {"entities": 7}},
    "an entity without a length": {"message": MESSAGE | {"entities": [{"type": "bold", "offset": 0}]}},
    "an entity of no kind": {"message": MESSAGE | {"entities": [{"type": [], "offset": 0, "length": 2}]}},
    "a photo of nothing": {"message": MESSAGE | {"photo": [None]}},
    "a photo without an id": {"message": MESSAGE | {"photo": [{"file_id": 5, "width": 1, "height": 1}]}},
    "a file that is a list": {"message": MESSAGE | {"document": ["a.json"]}},
    "a file with a size that is a text": {"message": MESSAGE | {"document": FILE | {"file_size": "5"}}},
    "a file of less than nothing": {"message": MESSAGE | {"document": FILE | {"file_size": -1}}},
    "a GIF that is a list": {"message": MESSAGE | {"animation": ["a.mp4"]}},
    "an audio file without an id": {"message": MESSAGE | {"audio": {"file_size": 5}}},
    "a file with a name that is a number": {"message": MESSAGE | {"document": FILE | {"file_name": 7}}},
    "a reply to buttons that are none": {
        "message": MESSAGE | {"reply_to_message": MESSAGE | {"reply_markup": {"inline_keyboard": [[None]]}}}
    },
    "a payment for a number": {"message": MESSAGE | {"successful_payment": PAYMENT | {"invoice_payload": 7}}},
    "a payment of half a Star": {"message": MESSAGE | {"successful_payment": PAYMENT | {"total_amount": 0.5}}},
    **{
        f"a {kind} of {stars} Stars": {"message": MESSAGE | {f"{kind}_payment": PAYMENT | {"total_amount": stars}}}
        for kind in ("successful", "refunded")
        for stars in (0, -5, MOST_STARS + 1, 2**62)
    },
    **{
        f"a payment with a name of {length} characters": {
            "message": MESSAGE | {"successful_payment": PAYMENT | {"telegram_payment_charge_id": "b" * length}}
        }
        for length in (0, LONGEST_CHARGE_ID + 1, 10_000)
    },
    "too deep": {"message": MESSAGE | {"reply_markup": nested(500)}},
    "an unknown status": {
        "my_chat_member": MEMBER
        | {
            "old_chat_member": {"user": PERSON, "status": "member"},
            "new_chat_member": {"user": PERSON, "status": "x"},
        }
    },
    "a membership of nobody": {"my_chat_member": without(MEMBER, "from")},
    "a tap of nobody": {"callback_query": {"id": "1", "data": "home", "message": MESSAGE}},
    "a tap without an id": {"callback_query": {"from": PERSON, "data": "home", "message": MESSAGE}},
    "a tap on a text": {"callback_query": {"id": "1", "from": PERSON, "message": "x"}},
    "a list": {"message": [MESSAGE]},
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_an_update_that_telegram_does_not_send_is_one_log_line(
    stage: Stage, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    number = stage.update()["update_id"]
    stage.front.bots.accept(BOT_ID, {"update_id": number} | UNREADABLE[name])
    [line] = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert f"update {number} was left out" in line.getMessage()
    assert not line.exc_info
    assert "hello" not in line.getMessage()
    stage.say("❓ Help")
    assert stage.texts()[-1].startswith("How it works")


NEWER: dict[str, dict[str, Any]] = {
    "a reply in another chat": {"external_reply": {"origin": {"type": "hologram", "date": 1}}},
    "a forwarded message": {"forward_origin": {"type": "hologram", "date": 1}},
    "a reply to a forwarded message": {
        "reply_to_message": MESSAGE | {"forward_origin": {"type": "hologram", "date": 1}}
    },
    "a reply to paid media": {
        "reply_to_message": MESSAGE | {"paid_media": {"star_count": 1, "paid_media": [{"type": "hologram"}]}}
    },
}
"""Kinds of something inside a message that the library does not know."""


@pytest.mark.parametrize("name", NEWER)
def test_a_text_beside_something_newer_than_this_shop_is_still_read(
    stage: Stage, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    stage.front.bots.accept(BOT_ID, stage.update(text="❓ Help", **NEWER[name]))
    assert stage.texts()[-1].startswith("How it works")
    assert caplog.records == []


def test_a_reply_keeps_its_buttons_and_a_payment_is_kept_beside_something_newer() -> None:
    markup = {"inline_keyboard": [[{"text": "Menu", "callback_data": "home"}]]}
    replied = MESSAGE | {"reply_markup": markup, "from": PERSON | {"is_bot": True}}
    message = MESSAGE | {"reply_to_message": replied, "successful_payment": PAYMENT} | NEWER["a forwarded message"]
    update = read({"update_id": 1, "message": message})
    assert buttons_replied_to(update.message) == ["home"]
    assert update.message.successful_payment.total_amount == 1


def test_newer_media_are_answered_and_a_newer_service_message_is_left_out(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    media = stage.update(paid_media={"star_count": 1, "paid_media": [{"type": "video"}]})
    del media["message"]["text"]
    stage.front.bots.accept(BOT_ID, media)
    assert stage.texts()[-1].startswith("I can’t handle this kind")
    assert caplog.records == []
    before = stage.texts()
    pinned = MESSAGE | NEWER["a forwarded message"]
    stage.front.bots.accept(BOT_ID, stage.update(pinned_message=pinned))
    assert stage.texts() == before
    assert "was left out" in caplog.text


@pytest.mark.parametrize("currency", ["XTR", "VND"])
def test_a_payment_is_as_large_as_its_currency_allows(currency: str) -> None:
    stars = MOST_STARS if currency == "XTR" else 10 * MOST_STARS
    payment = PAYMENT | {"currency": currency, "total_amount": stars}
    payment["telegram_payment_charge_id"] = "b" * LONGEST_CHARGE_ID
    update = read({"update_id": 1, "message": MESSAGE | {"successful_payment": payment}})
    assert update.message.successful_payment.total_amount == stars


def test_a_name_with_half_a_character_is_accepted(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    update = stage.update(CUSTOMER, text="/start \ud83d")
    update["message"]["from"]["first_name"] = "A\ud800da"
    stage.front.bots.accept(BOT_ID, update)
    assert Customer.by_telegram_id(CUSTOMER).first_name == "A\ufffdda"
    assert stage.texts()[-2].startswith("Hello A\ufffdda!")
    assert [record for record in caplog.records if record.exc_info] == []


ENTITIES: dict[str, dict[str, Any]] = {
    "up to half a character": {"type": "bold", "offset": 0, "length": 2},
    "from half a character": {"type": "bold", "offset": 2, "length": 1},
    "before the text": {"type": "bold", "offset": -5, "length": 3},
    "a link to nowhere": {"type": "text_link", "offset": 0, "length": 1},
    "a link to a number": {"type": "text_link", "offset": 0, "length": 1, "url": 5},
    "nobody": {"type": "text_mention", "offset": 0, "length": 1},
    "an emoji without an id": {"type": "custom_emoji", "offset": 0, "length": 1},
    "a date": {"type": "date_time", "offset": 0, "length": 1, "unix_time": 5, "date_time_format": "wDT"},
}


@pytest.mark.parametrize("name", ENTITIES)
def test_formatting_that_cannot_be_written_is_left_out_and_the_rest_stays(stage: Stage, name: str) -> None:
    bold = {"type": "bold", "offset": 6, "length": 1}
    update = stage.update(text="a😀 < b", entities=[ENTITIES[name], bold])
    assert html_of(read(update).message) == "a😀 &lt; <b>b</b>"
    stage.front.bots.accept(BOT_ID, update)
    assert stage.messages()[-1]["from"]["is_bot"], "it is answered"


def test_code_in_a_language_that_is_a_number_is_still_code(stage: Stage) -> None:
    code = {"type": "pre", "offset": 0, "length": 1, "language": 5}
    assert html_of(read(stage.update(text="a", entities=[code])).message) == "<pre>a</pre>"


def test_a_payment_question_that_is_null_hides_no_message(stage: Stage) -> None:
    stage.front.bots.accept(BOT_ID, stage.update(text="❓ Help") | {"pre_checkout_query": None})
    assert stage.texts()[-1].startswith("How it works")


def test_a_tap_without_chat_instance_works(stage: Stage) -> None:
    message = stage.messages()[-1]
    tap = {"id": "77", "from": PERSON | {"id": CUSTOMER}, "data": "help", "message": message}
    stage.front.bots.accept(BOT_ID, {"update_id": stage.update()["update_id"], "callback_query": tap})
    assert stage.texts()[-1].startswith("How it works")


@pytest.mark.parametrize("number", [None, "1", True, -1, UPDATE_NUMBERS, 10**22, 1.0])
def test_an_impossible_update_id_is_recognised(number: Any) -> None:
    assert not is_numbered({"update_id": number})
    assert is_numbered({"update_id": UPDATE_NUMBERS - 1})


def test_reading_an_update_does_not_change_it() -> None:
    update = {"update_id": 5, "callback_query": {"id": "1", "from": PERSON}}
    with pytest.raises(UnreadableUpdate):
        read({"update_id": 5, "message": {}})
    assert read(update).callback_query.chat_instance == ""
    assert update == {"update_id": 5, "callback_query": {"id": "1", "from": PERSON}}
