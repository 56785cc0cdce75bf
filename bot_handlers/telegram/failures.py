"""The meaning of Telegram's refusals, recognised by its server's texts."""

import re

from telebot.apihelper import ApiException, ApiTelegramException

from bot_handlers.telegram.answers import BadAnswer, TelegramUnreachable

TelegramFailure = (ApiException, TelegramUnreachable)
"""Every exception that a call to Telegram can raise."""
_NOT_MODIFIED = "message is not modified"
_IS_PICTURE = "there is no text in the message to edit"
_NOT_EDITABLE = (
    "message to edit not found",
    "message can't be edited",
    _IS_PICTURE,
    "there is no caption in the message to edit",
    "message_id_invalid",
    "message identifier is not specified",
)
_BAD_MARKUP = "can't parse entities"
_WRONG_FILE = ("wrong file identifier", "wrong remote file", "file reference", "wrong file_id", "invalid file_id")
_LINK_REFUSED = ("button_user_privacy_restricted", "button_user_invalid", "button_url_invalid", "wrong http url")
_PERSON_FORBIDS = (
    "by the user",
    "user is deactivated",
    "can't initiate",
    "can't send messages to bots",
    "kicked",
    "chat",
)
"""Phrases in a 403 that concern one chat, not the bot itself."""
_UNREACHABLE = ("chat not found", "peer_id_invalid", "user is deactivated", "user not found")


def says(error: Exception, *phrases: str) -> bool:
    """Return whether Telegram's description contains one of these phrases."""
    if not isinstance(error, ApiTelegramException):
        return False
    description = str(error.description).lower()
    return any(phrase in description for phrase in phrases)


def not_modified(error: Exception) -> bool:
    """The screen shows this already."""
    return says(error, _NOT_MODIFIED)


def not_editable(error: Exception) -> bool:
    """The message was deleted, or is of a kind that cannot be edited into this one."""
    return says(error, *_NOT_EDITABLE)


def is_picture(error: Exception) -> bool:
    """The message to edit is a picture or a file: it has no text."""
    return says(error, _IS_PICTURE)


def bad_markup(error: Exception) -> bool:
    """Telegram cannot parse our HTML."""
    return says(error, _BAD_MARKUP)


def wrong_file(error: Exception) -> bool:
    """Telegram does not know a file by this id (any more)."""
    return says(error, *_WRONG_FILE)


def refuses_topic(description: str) -> bool:
    """Return whether there is no such topic in a group (any more)."""
    return "message thread not found" in description.lower()


def link_refused(error: Exception) -> bool:
    """Telegram refuses the link of a button below a message."""
    return says(error, *_LINK_REFUSED)


def refuses_link(description: str) -> bool:
    """Return whether Telegram refuses the link of a button below a message: a wrong one, or one to a person whose
    privacy settings forbid it.
    """
    return any(phrase in description.lower() for phrase in _LINK_REFUSED)


def unreachable(error: Exception) -> bool:
    """The person cannot be written to: blocked, gone, or never there."""
    if isinstance(error, ApiTelegramException) and error.error_code == 403:
        return True
    return says(error, *_UNREACHABLE)


def bot_is_refused(error: Exception) -> bool:
    """Telegram may be refusing the bot itself, its token or all of it; `getMe` tells."""
    if not isinstance(error, ApiTelegramException) or says(error, "method not found"):
        return False
    if error.error_code == 403:
        return not says(error, *_PERSON_FORBIDS)
    return error.error_code == 401 or (error.error_code == 404 and str(error.description).lower() == "not found")


def refused(error: Exception) -> bool:
    """Telegram will never do this, such as a method or a file that the server does not support."""
    if isinstance(error, ApiTelegramException):
        return 400 <= error.error_code < 500 and not unreachable(error) and not retry_after_s(error)
    return isinstance(error, BadAnswer) and 400 <= error.status < 500 and error.status != 429


def retry_after_s(error: Exception) -> int:
    """How long Telegram asks us to wait; 0 when it does not."""
    if isinstance(error, BadAnswer):
        return int(error.status == 429)
    if not isinstance(error, ApiTelegramException) or error.error_code != 429:
        return 0
    return int(error.result_json.get("parameters", {}).get("retry_after", 1))


def moved_to(error: Exception) -> int | None:
    """Return which id a group has since it became a supergroup (Bot API, “ResponseParameters”)."""
    if not isinstance(error, ApiTelegramException):
        return None
    found: int | None = error.result_json.get("parameters", {}).get("migrate_to_chat_id")
    return found


def never_asked(error: Exception) -> bool:
    """Telegram was not reached at all, so the call has certainly had no effect."""
    return isinstance(error, TelegramUnreachable) and error.never_asked


def describe(error: Exception) -> str:
    """Describe a refusal for the log: Telegram's description, which contains no token."""
    if isinstance(error, ApiTelegramException):
        return f"{error.error_code} {error.description}"
    return re.sub(r"bot\d+:[\w-]+", "bot…", str(error))
