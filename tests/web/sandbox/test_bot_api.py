"""The emulated Bot API, called through the shop's library, and in raw HTTP for what the library cannot do."""

import json
from typing import Any

import pytest
import requests
import telebot
from telebot import types
from telebot.apihelper import ApiTelegramException

from tests.patience import DEADLINE_S

TOKEN = "4200000001:sandbox-token"


@pytest.fixture(name="chat_id")
def _chat_id(running: Any) -> int:
    running.say(1001, "/start")
    return 1001


def refusal(call: Any, *arguments: Any, **named: Any) -> ApiTelegramException:
    with pytest.raises(ApiTelegramException) as refused:
        call(*arguments, **named)
    return refused.value


def test_get_me_answers_and_method_names_are_case_insensitive(running: Any, bot: telebot.TeleBot) -> None:
    assert bot.get_me().id == 4200000001
    assert running.call("GETME")["result"]["is_bot"] is True


def test_an_unknown_method_and_an_unknown_token_are_refused(running: Any) -> None:
    assert running.call("sendGame") == {
        "status": 404,
        "ok": False,
        "error_code": 404,
        "description": "Not Found: method not found",
    }
    reply = requests.get(f"{running.providers.url}/bot1:x/getMe", timeout=DEADLINE_S)
    assert (reply.status_code, reply.json()["description"]) == (401, "Unauthorized")


def test_parameters_come_by_query_form_multipart_and_json(running: Any, chat_id: int) -> None:
    url = f"{running.providers.url}/bot{TOKEN}/sendMessage"
    markup = {"inline_keyboard": [[{"text": "A", "callback_data": "a"}]]}
    flat = {"chat_id": str(chat_id), "text": "x", "reply_markup": json.dumps(markup)}
    ways: list[dict[str, Any]] = [
        {"params": flat},
        {"data": flat},
        {"files": {key: (None, value) for key, value in flat.items()}},
        {"json": {"chat_id": chat_id, "text": "x", "reply_markup": markup}},
    ]
    for way in ways:
        assert requests.post(url, timeout=DEADLINE_S, **way).json()["result"]["reply_markup"] == markup


def test_a_message_is_sent_edited_and_deleted(running: Any, bot: telebot.TeleBot, chat_id: int) -> None:
    keyboard = types.InlineKeyboardMarkup([[types.InlineKeyboardButton("Buy", callback_data="buy")]])
    sent = bot.send_message(chat_id, "<b>Menu</b>", parse_mode="HTML", reply_markup=keyboard)
    assert (sent.text, sent.entities[0].type, sent.chat.id) == ("Menu", "bold", chat_id)
    edited = bot.edit_message_text("Other", chat_id, sent.message_id)
    assert (edited.text, edited.reply_markup, edited.entities) == ("Other", None, None)
    assert edited.edit_date
    shown = running.chat(chat_id)["messages"]
    assert [(m["text"], m["from"]["is_bot"]) for m in shown] == [("/start", False), ("Other", True)]
    assert bot.delete_message(chat_id, sent.message_id)
    assert refusal(bot.delete_message, chat_id, sent.message_id).description == (
        "Bad Request: message to delete not found"
    )
    assert len(running.chat(chat_id)["messages"]) == 1


@pytest.mark.parametrize(
    ("parameters", "description"),
    [
        ({"text": ""}, "Bad Request: message text is empty"),
        ({"text": " \n "}, "Bad Request: message text is empty"),
        ({"text": "<b> </b>", "parse_mode": "HTML"}, "Bad Request: message text is empty"),
        ({"text": "a" * 4097}, "Bad Request: message is too long"),
        ({"text": "😀" * 2049}, "Bad Request: message is too long"),
        ({"text": "<b>", "parse_mode": "HTML"}, "Bad Request: can't parse entities: Can't find end tag"),
        ({"text": "x", "parse_mode": "MarkdownV2"}, "Bad Request: unsupported parse_mode"),
        ({"text": "x", "chat_id": 77}, "Bad Request: chat not found"),
        ({"text": "x", "chat_id": "@nobody"}, "Bad Request: chat not found"),
        ({"text": "x", "chat_id": ""}, "Bad Request: chat_id is empty"),
        ({"text": "x", "reply_markup": "{"}, "Bad Request: can't parse reply_markup JSON object"),
        ({"text": "x", "reply_parameters": {"message_id": 99}}, "Bad Request: message to be replied not found"),
    ],
)
def test_a_bad_message_is_refused(running: Any, chat_id: int, parameters: dict[str, Any], description: str) -> None:
    answer = running.call("sendMessage", **{"chat_id": chat_id, **parameters})
    assert (answer["status"], answer["error_code"]) == (400, 400)
    assert answer["description"].startswith(description)


@pytest.mark.parametrize("text", ["<b>" + "&lt;" * 4096 + "</b>", "😀" * 2048])
def test_the_length_is_counted_after_parsing_in_utf16_units(running: Any, chat_id: int, text: str) -> None:
    assert running.sent("sendMessage", chat_id=chat_id, text=text, parse_mode="HTML")


@pytest.mark.parametrize(
    ("button", "description"),
    [
        ({"callback_data": ""}, "BUTTON_DATA_INVALID"),
        ({"callback_data": "x" * 65}, "BUTTON_DATA_INVALID"),
        ({"callback_data": "ä" * 33}, "BUTTON_DATA_INVALID"),
        ({}, "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"),
        ({"url": "bitcoin:bc1q"}, "BUTTON_URL_INVALID"),
        ({"url": "javascript:alert(1)"}, "BUTTON_URL_INVALID"),
        ({"url": "https://name"}, "inline keyboard button URL 'https://name' is invalid: Wrong HTTP URL"),
        ({"url": "http://"}, "inline keyboard button URL 'http://' is invalid: Wrong HTTP URL"),
        ({"copy_text": {"text": "x" * 257}}, "BUTTON_COPY_TEXT_INVALID"),
        ({"copy_text": {"text": ""}}, "BUTTON_COPY_TEXT_INVALID"),
    ],
)
def test_a_bad_button_is_refused(running: Any, chat_id: int, button: dict[str, Any], description: str) -> None:
    markup = {"inline_keyboard": [[{"text": "A", **button}]]}
    answer = running.call("sendMessage", chat_id=chat_id, text="x", reply_markup=markup)
    assert answer["description"] == f"Bad Request: {description}"


def test_good_buttons_pass_and_too_many_do_not(running: Any, chat_id: int) -> None:
    good = [
        {"text": "a", "callback_data": "ä" * 32},
        {"text": "b", "url": "https://example.com"},
        {"text": "c", "url": "tg://user?id=1"},
        {"text": "d", "copy_text": {"text": "x" * 256}},
    ]
    assert running.sent("sendMessage", chat_id=chat_id, text="x", reply_markup={"inline_keyboard": [good]})
    rows = [[{"text": str(n), "callback_data": str(n)}] for n in range(101)]
    too_many = running.call("sendMessage", chat_id=chat_id, text="x", reply_markup={"inline_keyboard": rows})
    assert too_many["description"] == "Bad Request: reply markup is too long"


def test_edits_are_refused_with_the_servers_words(running: Any, bot: telebot.TeleBot, chat_id: int, png: Any) -> None:
    sent = bot.send_message(chat_id, "x").message_id
    photo = bot.send_photo(chat_id, png(20, 20), caption="c").message_id
    with_keyboard = bot.send_message(chat_id, "k", reply_markup=types.ReplyKeyboardMarkup().add("A")).message_id
    own = running.chat(chat_id)["messages"][0]["message_id"]
    edit = bot.edit_message_text
    assert refusal(edit, "x", chat_id, sent).description == (
        "Bad Request: message is not modified: specified new message content and reply markup are exactly the same"
        " as a current content and reply markup of the message"
    )
    assert refusal(edit, "y", chat_id, 999).description == "Bad Request: message to edit not found"
    assert refusal(edit, "y", chat_id, photo).description == "Bad Request: there is no text in the message to edit"
    assert refusal(edit, "y", chat_id, with_keyboard).description == "Bad Request: message can't be edited"
    assert refusal(edit, "y", chat_id, own).description == "Bad Request: message can't be edited"
    assert refusal(bot.edit_message_caption, "y", chat_id, sent).description == (
        "Bad Request: there is no caption in the message to edit"
    )
    assert bot.edit_message_caption("new", chat_id, photo).caption == "new"


def test_photos_must_be_pictures(running: Any, bot: telebot.TeleBot, chat_id: int, png: Any) -> None:
    sent = bot.send_photo(chat_id, png(30, 20), caption="<b>QR</b>", parse_mode="HTML")
    assert (sent.photo[-1].width, sent.photo[-1].height, sent.caption) == (30, 20, "QR")
    again = bot.send_photo(chat_id, sent.photo[-1].file_id)
    assert again.photo[-1].file_id == sent.photo[-1].file_id
    shown = running.chat(chat_id)["messages"][1]
    assert shown["html"] == "<b>QR</b>"
    picture = requests.get(running.page.url + shown["url"], timeout=DEADLINE_S)
    assert (picture.content, picture.headers["Content-Type"]) == (png(30, 20), "image/png")
    broken = png(30, 20)[:-9] + b"123456789"
    assert refusal(bot.send_photo, chat_id, broken).description == "Bad Request: IMAGE_PROCESS_FAILED"
    assert refusal(bot.send_photo, chat_id, png(4, 100)).description == "Bad Request: PHOTO_INVALID_DIMENSIONS"
    assert "wrong file identifier" in refusal(bot.send_photo, chat_id, "AgACnothing").description
    assert refusal(bot.send_photo, chat_id, png(9, 9), caption="x" * 1025).description == (
        "Bad Request: message caption is too long"
    )


def test_media_is_edited_and_sent_in_groups(running: Any, bot: telebot.TeleBot, chat_id: int, png: Any) -> None:
    sent = bot.send_photo(chat_id, png(20, 20), caption="one")
    edited = bot.edit_message_media(types.InputMediaPhoto(png(10, 10), caption="two"), chat_id, sent.message_id)
    assert (edited.photo[-1].width, edited.caption) == (10, "two")
    group = bot.send_media_group(chat_id, [types.InputMediaPhoto(png(8, 8)), types.InputMediaPhoto(png(9, 9))])
    assert len({message.media_group_id for message in group}) == 1


def test_a_document_goes_both_ways(running: Any, bot: telebot.TeleBot, chat_id: int) -> None:
    converted = bot.send_document(chat_id, b"GIF89a", visible_file_name="x.gif")
    kept = bot.send_document(chat_id, b"GIF89a", visible_file_name="x.gif", disable_content_type_detection=True)
    assert [each.document.file_name for each in (converted, kept)] == ["x.gif.mp4", "x.gif"]
    sent = bot.send_document(chat_id, b"key-1\nkey-2", visible_file_name="keys.txt", caption="Yours")
    assert (sent.document.file_name, sent.document.file_size) == ("keys.txt", 11)
    shown = running.chat(chat_id)["messages"][-1]
    download = requests.get(running.page.url + shown["url"], timeout=DEADLINE_S)
    assert download.content == b"key-1\nkey-2"
    assert download.headers["Content-Disposition"] == "attachment; filename=keys.txt"
    path = f"users/{chat_id}/messages"
    running.done("POST", path, files={"document": ("goods.json", b"[]")}, data={"caption": "stock"})
    message = bot.get_updates(timeout=5)[-1].message
    assert message.caption == "stock"
    assert running.chat(chat_id)["messages"][-1]["document"]["file_name"] == "goods.json"
    file = bot.get_file(message.document.file_id)
    assert bot.download_file(file.file_path) == b"[]"
    assert refusal(bot.get_file, "BQACnothing").error_code == 400


def test_a_file_over_20_mb_cannot_be_fetched_by_the_bot(running: Any, bot: telebot.TeleBot, chat_id: int) -> None:
    large = b"x" * (20 * 1024 * 1024 + 1)
    running.done("POST", f"users/{chat_id}/messages", files={"document": ("large.bin", large)})
    document = bot.get_updates(timeout=5)[-1].message.document
    assert refusal(bot.get_file, document.file_id).description == "Bad Request: file is too big"


def test_a_callback_is_answered_once(running: Any, bot: telebot.TeleBot, chat_id: int) -> None:
    sent = bot.send_message(chat_id, "x")
    running.press(chat_id, sent.message_id, "forged:" + "x" * 100)
    query = bot.get_updates(timeout=5)[-1].callback_query
    assert (query.data[:7], query.message.text, query.from_user.id) == ("forged:", "x", chat_id)
    assert bot.answer_callback_query(query.id, "Done", show_alert=True)
    assert running.chat(chat_id)["answers"] == [
        {"callback_query_id": query.id, "text": "Done", "show_alert": True},
    ]
    words = "Bad Request: query is too old and response timeout expired or query ID is invalid"
    assert refusal(bot.answer_callback_query, query.id).description == words
    assert refusal(bot.answer_callback_query, "123").description == words


def test_a_callback_on_a_deleted_message_has_an_inaccessible_one(running: Any, bot: telebot.TeleBot) -> None:
    running.press(555, 12345, "buy")
    query = bot.get_updates(timeout=5)[-1].callback_query
    assert isinstance(query.message, types.InaccessibleMessage)
    assert (query.message.date, query.message.chat.id) == (0, 555)


def test_a_callback_expires(start_sandbox: Any) -> None:
    now = [1_800_000_000.0]
    running = start_sandbox(clock=lambda: now[0])
    running.say(7, "hello")
    running.press(7, 1, "late")
    query = running.sent("getUpdates")[-1]["callback_query"]
    now[0] += 151
    assert [list(update)[1] for update in running.sent("getUpdates")] == ["message"]
    assert "query is too old" in running.call("answerCallbackQuery", callback_query_id=query["id"])["description"]
    now[0] += 24 * 3600
    assert running.sent("getUpdates") == []


def test_commands_follow_scope_and_language(running: Any, bot: telebot.TeleBot) -> None:
    running.say(1001, "x", language_code="de-at")
    running.say(1, "x")
    bot.set_my_commands([types.BotCommand("start", "Begin")])
    bot.set_my_commands([types.BotCommand("start", "Anfangen")], language_code="de")
    bot.set_my_commands([types.BotCommand("admin", "Rule")], scope=types.BotCommandScopeChat(1))
    assert [c["description"] for c in running.chat(1001)["commands"]] == ["Anfangen"]
    assert [c["command"] for c in running.chat(1)["commands"]] == ["admin"]
    assert bot.get_my_commands()[0].description == "Begin"
    bot.delete_my_commands(language_code="de")
    assert [c["description"] for c in running.chat(1001)["commands"]] == ["Begin"]
    stranger = types.BotCommandScopeChat(4711)
    assert refusal(bot.set_my_commands, [types.BotCommand("a", "b")], scope=stranger).description == (
        "Bad Request: chat not found"
    )
    assert "BOT_COMMAND_INVALID" in refusal(bot.set_my_commands, [types.BotCommand("Bad Name", "b")]).description


def test_the_remaining_methods_answer(running: Any, bot: telebot.TeleBot, chat_id: int) -> None:
    assert bot.send_chat_action(chat_id, "typing")
    assert bot.get_chat(chat_id).first_name == "Ada"
    assert bot.set_my_description("What we sell")
    assert bot.set_my_short_description("Short")
    assert bot.get_my_description().description == "What we sell"
    assert running.chat(4)["bot"]["description"] == "What we sell"
    assert bot.set_chat_menu_button(chat_id, types.MenuButtonCommands())
    assert bot.delete_messages(chat_id, [message["message_id"] for message in running.chat(chat_id)["messages"]])
    assert running.chat(chat_id)["messages"] == []
    assert bot.log_out()
    assert bot.close()


def test_a_person_who_blocked_the_bot_cannot_be_written_to(running: Any, bot: telebot.TeleBot, chat_id: int) -> None:
    running.done("POST", f"users/{chat_id}/block")
    blocked = refusal(bot.send_message, chat_id, "x")
    assert (blocked.error_code, blocked.description) == (403, "Forbidden: bot was blocked by the user")
    assert running.api("POST", f"users/{chat_id}/messages", json={"text": "x"}).status_code == 409
    running.done("POST", f"users/{chat_id}/unblock")
    bot.send_message(chat_id, "x")
    changes = [update.my_chat_member for update in bot.get_updates(timeout=5) if update.my_chat_member]
    assert [change.new_chat_member.status for change in changes] == ["kicked", "member"]


def test_a_reply_keyboard_is_shown_until_it_is_removed(running: Any, bot: telebot.TeleBot, chat_id: int) -> None:
    bot.send_message(chat_id, "x", reply_markup=types.ReplyKeyboardMarkup().add("Shop", "Help"))
    assert running.chat(chat_id)["reply_keyboard"] == [[{"text": "Shop"}, {"text": "Help"}]]
    bot.send_message(chat_id, "y", reply_markup=types.ReplyKeyboardRemove())
    assert running.chat(chat_id)["reply_keyboard"] is None
