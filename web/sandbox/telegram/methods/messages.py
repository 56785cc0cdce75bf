"""Methods that send, edit and delete messages."""

from typing import Any

from web.sandbox.telegram.call import Call
from web.sandbox.telegram.composing import (
    caption_content,
    file_content,
    message_to_edit,
    replace,
    reply_content,
    send,
    text_content,
    without,
)
from web.sandbox.telegram.errors import bad_request
from web.sandbox.telegram.keyboards import inline_only, parse_markup
from web.sandbox.wire import Json

DELETABLE_S = 48 * 3600
MEDIA = ("photo", "document")
CAPTION = ("caption", "caption_entities")
MAX_GROUP = 10
MAX_DELETED = 100


def send_message(call: Call) -> Json:
    """sendMessage."""
    user_id, chat = call.chat_for_message()
    content = text_content(call)
    markup = parse_markup(call.nested("reply_markup"), private=call.world.faults.private)
    return send(call, chat, {**call.new_message(user_id), **reply_content(call, chat), **content}, markup)


def send_photo(call: Call) -> Json:
    """sendPhoto."""
    return _send_file(call, "photo")


def send_document(call: Call) -> Json:
    """sendDocument."""
    return _send_file(call, "document")


def send_video(call: Call) -> Json:
    """sendVideo."""
    return _send_file(call, "video")


def send_voice(call: Call) -> Json:
    """sendVoice."""
    return _send_file(call, "voice")


def _send_file(call: Call, kind: str) -> Json:
    user_id, chat = call.chat_for_message()
    caption = caption_content(call.text("caption"), call.text("parse_mode"), call.nested("caption_entities"))
    markup = parse_markup(call.nested("reply_markup"), private=call.world.faults.private)
    content = file_content(call, kind, call.values.get(kind))
    message = {**call.new_message(user_id), **reply_content(call, chat), **content, **caption}
    return send(call, chat, message, markup)


def send_media_group(call: Call) -> list[Json]:
    """sendMediaGroup, of photos and documents."""
    user_id, chat = call.chat_for_message()
    media = call.nested("media")
    if not isinstance(media, list) or not 1 < len(media) <= MAX_GROUP:
        raise bad_request("wrong number of media in the media group")
    contents = [_media_content(call, item) for item in media]
    group = {"media_group_id": str((user_id << 20) + call.bot.next_message_id)}
    return [send(call, chat, {**call.new_message(user_id), **group, **item}, parse_markup(None)) for item in contents]


def _media_content(call: Call, item: Any) -> Json:
    if not isinstance(item, dict) or item.get("type") not in MEDIA:
        raise bad_request("can't parse InputMedia: type must be photo or document in this server")
    caption = caption_content(item.get("caption") or "", item.get("parse_mode") or "", item.get("caption_entities"))
    return {**file_content(call, item["type"], item.get("media")), **caption}


def edit_message_text(call: Call) -> Json:
    """editMessageText; it also replaces the inline keyboard, or removes it if none is given."""
    chat, message = message_to_edit(call)
    if "text" not in message:
        raise bad_request("there is no text in the message to edit")
    kept = without(message, "text", "entities", "reply_markup")
    return replace(call, chat, message, {**kept, **text_content(call), **_inline(call)})


def edit_message_caption(call: Call) -> Json:
    """editMessageCaption."""
    chat, message = message_to_edit(call)
    if "text" in message:
        raise bad_request("there is no caption in the message to edit")
    caption = caption_content(call.text("caption"), call.text("parse_mode"), call.nested("caption_entities"))
    return replace(call, chat, message, {**without(message, *CAPTION, "reply_markup"), **caption, **_inline(call)})


def edit_message_media(call: Call) -> Json:
    """editMessageMedia, for photos and documents."""
    chat, message = message_to_edit(call)
    if "text" in message:
        raise bad_request("there is no media in the message to edit")
    content = _media_content(call, call.nested("media"))
    kept = without(message, *MEDIA, *CAPTION, "reply_markup")
    return replace(call, chat, message, {**kept, **content, **_inline(call)})


def edit_message_reply_markup(call: Call) -> Json:
    """editMessageReplyMarkup."""
    chat, message = message_to_edit(call)
    return replace(call, chat, message, {**without(message, "reply_markup"), **_inline(call)})


def _inline(call: Call) -> Json:
    markup = inline_only(call.nested("reply_markup"), private=call.world.faults.private)
    return {"reply_markup": markup} if markup else {}


def delete_message(call: Call) -> bool:
    """deleteMessage."""
    _, chat = call.chat()
    message_id = call.whole("message_id")
    if message_id is None or message_id not in chat.messages:
        raise bad_request("message to delete not found")
    if chat.messages[message_id]["date"] + DELETABLE_S < call.world.clock():
        raise bad_request("message can't be deleted")
    del chat.messages[message_id]
    call.world.touch(chat)
    return True


def delete_messages(call: Call) -> bool:
    """deleteMessages; missing ones are skipped."""
    _, chat = call.chat()
    wanted = call.nested("message_ids")
    if not isinstance(wanted, list) or not 0 < len(wanted) <= MAX_DELETED:
        raise bad_request("message identifiers are not specified")
    for message_id in wanted:
        message = chat.messages.get(message_id)
        if message is not None and message["date"] + DELETABLE_S >= call.world.clock():
            del chat.messages[message_id]
    call.world.touch(chat)
    return True
