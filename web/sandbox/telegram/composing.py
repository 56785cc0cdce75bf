"""Checks and steps that sending and editing share."""

from typing import Any

from web.sandbox.telegram.call import Call, Upload
from web.sandbox.telegram.entities import formatted
from web.sandbox.telegram.errors import BotApiError, bad_request
from web.sandbox.telegram.files import StoredFile
from web.sandbox.telegram.keyboards import Markup
from web.sandbox.telegram.pictures import picture_size
from web.sandbox.telegram.state import Chat
from web.sandbox.wire import Json, utf16_length

_AS_IT_IS = "disable_content_type_detection"
MAX_TEXT = 4096
MAX_CAPTION = 1024
MAX_PHOTO_BYTES = 10 * 1024 * 1024
MAX_FILE_BYTES = 50 * 1024 * 1024
MAX_PHOTO_SIDES = 10_000
MAX_PHOTO_RATIO = 20


def text_content(call: Call) -> Json:
    """Read `text` with its entities. Raises: BotApiError 400 if it is empty or too long after parsing."""
    text, entities = formatted(call.text("text"), call.text("parse_mode"), call.nested("entities"))
    if not text:
        raise bad_request("message text is empty")
    if utf16_length(text) > MAX_TEXT:
        raise bad_request("message is too long")
    return {"text": text, **({"entities": entities} if entities else {})}


def caption_content(caption: str, parse_mode: str, given_entities: Any) -> Json:
    """Read a caption, which may be empty. Raises: BotApiError 400 if it is too long after parsing."""
    text, entities = formatted(caption, parse_mode, given_entities)
    if utf16_length(text) > MAX_CAPTION:
        raise bad_request("message caption is too long")
    found = {"caption_entities": entities} if entities else {}
    return {"caption": text, **found} if text else {}


def file_content(call: Call, kind: str, value: Any) -> Json:
    """Read a file of a kind (`shown_file`): an upload, `attach://name`, or the id of an earlier file."""
    return shown_file(kind, _stored_file(call, kind, value))


def shown_file(kind: str, stored: StoredFile) -> Json:
    """Return a file as it appears in a message."""
    shown = {
        "photo": stored.as_photo,
        "document": stored.as_document,
        "video": stored.as_video,
        "voice": stored.as_voice,
    }
    return {kind: shown[kind]()}


def _stored_file(call: Call, kind: str, value: Any) -> StoredFile:
    name = str(value or "")
    attached = name.removeprefix("attach://") if name.startswith("attach://") else None
    upload = call.uploads.get(attached if attached is not None else kind)
    if upload is not None:
        if kind == "document" and upload.name.lower().endswith(".gif") and not call.flag(_AS_IT_IS):
            upload = Upload(f"{upload.name}.mp4", upload.content)  # Telegram makes a video of it
        return _kept_upload(call, kind, upload)
    if attached is not None or not name:
        raise bad_request(f"there is no {kind} in the request")
    if name.startswith(("http://", "https://")):
        raise bad_request("failed to get HTTP URL content")
    stored = call.world.files.find(name)
    if stored is None or stored.bot_id != call.bot.bot_id or (kind == "photo") != bool(stored.width):
        raise bad_request("wrong file identifier/HTTP URL specified")
    return stored


def _kept_upload(call: Call, kind: str, upload: Upload) -> StoredFile:
    size = len(upload.content)
    if size == 0:
        raise bad_request("file must be non-empty")
    if size > MAX_FILE_BYTES:
        raise BotApiError(413, "Request Entity Too Large")
    if kind == "photo":
        _check_photo(upload.content)
    return call.world.files.add(call.bot.bot_id, upload.content, name=upload.name or "file", photo=kind == "photo")


def _check_photo(content: bytes) -> None:
    if len(content) > MAX_PHOTO_BYTES:
        size = len(content)
        raise bad_request(
            f"file of size {size} bytes is too big for a photo; the maximum size is {MAX_PHOTO_BYTES} bytes"
        )
    size_in_pixels = picture_size(content)
    if size_in_pixels is None:
        raise bad_request("IMAGE_PROCESS_FAILED")
    if sum(size_in_pixels) > MAX_PHOTO_SIDES or max(size_in_pixels) > MAX_PHOTO_RATIO * min(size_in_pixels):
        raise bad_request("PHOTO_INVALID_DIMENSIONS")


def reply_content(call: Call, chat: Chat) -> Json:
    """Read `reply_parameters` (or the older `reply_to_message_id`). Raises: BotApiError 400 for a missing message."""
    parameters = call.nested("reply_parameters") or {"message_id": call.whole("reply_to_message_id")}
    if not isinstance(parameters, dict) or parameters.get("message_id") is None:
        return {}
    replied = chat.messages.get(int(parameters["message_id"]))
    if replied is not None:
        return {"reply_to_message": {key: value for key, value in replied.items() if key != "reply_to_message"}}
    if parameters.get("allow_sending_without_reply") or call.flag("allow_sending_without_reply"):
        return {}
    raise bad_request("message to be replied not found")


def send(call: Call, chat: Chat, message: Json, markup: Markup) -> Json:
    """Post a message and apply its markup to the chat."""
    if call.flag("protect_content"):
        message = {**message, "has_protected_content": True}
    if markup.inline is not None:
        message = {**message, "reply_markup": markup.inline}
    posted = call.world.post(call.bot, chat, message)
    if markup.bars_editing:
        chat.fixed.add(posted["message_id"])
        chat.keyboard = markup.keyboard
    return posted


def message_to_edit(call: Call) -> tuple[Chat, Json]:
    """Find the message to edit. Raises: BotApiError 400 with the real server's error texts."""
    _, chat = call.chat()
    message_id = call.whole("message_id")
    if message_id is None:
        raise bad_request("message identifier is not specified")
    message = chat.messages.get(message_id)
    if message is None:
        raise bad_request("message to edit not found")
    if message["from"]["id"] != call.bot.bot_id or message_id in chat.fixed:
        raise bad_request("message can't be edited")
    return chat, message


def replace(call: Call, chat: Chat, old: Json, new: Json) -> Json:
    """Put the edited message in place of the old one. Raises: BotApiError 400 if nothing changed."""
    if new == {key: value for key, value in old.items() if key != "edit_date"}:
        raise bad_request(
            "message is not modified: specified new message content and reply markup are exactly the same"
            " as a current content and reply markup of the message"
        )
    edited = {**new, "edit_date": int(call.world.clock())}
    chat.messages[edited["message_id"]] = edited
    call.world.touch(chat)
    return edited


def without(message: Json, *keys: str) -> Json:
    """Copy a message, leaving out what an edit replaces."""
    return {key: value for key, value in message.items() if key not in {*keys, "edit_date"}}
