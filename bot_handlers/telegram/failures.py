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
_LINK_REFUSED = (
    *("button_user_privacy_restricted", "button_user_invalid", "button_url_invalid", "wrong http url"),
    "inline keyboard button url",
)
WEBHOOK_IS_SET = ("terminated by setwebhook", "webhook is active")
"""In a 409: what a poll is told that waits while another program sets a webhook, and one that comes after that."""
_TOPIC_REFUSED = ("message thread not found", "topic_closed", "topic_deleted")
_PERSON_FORBIDS = (
    "by the user",
    "user is deactivated",
    "can't initiate",
    "can't send messages",
    "kicked",
    "chat",
)
"""Phrases in a 403 that concern one chat, not the bot itself."""
_NO_METHOD = "method not found"
_OF_THE_BOT = frozenset({404, 409, 421})
"""Codes that Telegram's server gives whoever is written to; it changes a person's 404 into a 400."""
_UNREACHABLE = ("chat not found", "peer_id_invalid", "user is deactivated", "user not found")


def says(error: Exception, *phrases: str) -> bool:
    """Return whether Telegram's description contains one of these phrases."""
    if not isinstance(error, ApiTelegramException):
        return False
    description = str(error.description).lower()
    return any(phrase in description for phrase in phrases)


def tap_is_old(error: Exception) -> bool:
    """Return whether a tap can no longer be answered: Telegram waits about 15 seconds for taps that it delivers for
    150.
    """
    return says(error, "query is too old")


def not_modified(error: Exception) -> bool:
    """Return whether the screen shows this already."""
    return says(error, _NOT_MODIFIED)


def not_editable(error: Exception) -> bool:
    """Return whether the message was deleted, or is of a kind that cannot be edited into this one."""
    return says(error, *_NOT_EDITABLE)


def is_picture(error: Exception) -> bool:
    """Return whether the message to edit is a picture or a file, without text."""
    return says(error, _IS_PICTURE)


def bad_markup(error: Exception) -> bool:
    """Return whether Telegram cannot parse our HTML."""
    return says(error, _BAD_MARKUP)


def wrong_file(error: Exception) -> bool:
    """Return whether Telegram does not know a file by this id (any more)."""
    return says(error, *_WRONG_FILE)


def refuses_topic(description: str) -> bool:
    """Return whether there is no such topic in a group (any more), or it is closed."""
    return any(phrase in description.lower() for phrase in _TOPIC_REFUSED)


def link_refused(error: Exception) -> bool:
    """Return whether Telegram refused the link of a button below a message (`refuses_link`)."""
    return isinstance(error, ApiTelegramException) and refuses_link(str(error.description))


def unknown_method(error: Exception) -> bool:
    """Return whether the server does not know what was called, as one that takes texts only."""
    return says(error, _NO_METHOD)


def refuses_link(description: str) -> bool:
    """Return whether Telegram refuses the link of a button below a message: a wrong one, or one to a person whose
    privacy settings forbid it.
    """
    return any(phrase in description.lower() for phrase in _LINK_REFUSED)


def unreachable(error: Exception) -> bool:
    """Return whether the person cannot be written to: blocked, gone, or never there. Every 403 about a person says
    why.
    """
    if isinstance(error, ApiTelegramException) and error.error_code == 403:
        return says(error, "forbidden: ", *_PERSON_FORBIDS)
    return says(error, *_UNREACHABLE)


def bot_is_refused(error: Exception) -> bool:
    """Return whether Telegram may be refusing the bot itself, its token or all of it; `getMe` tells."""
    if not isinstance(error, ApiTelegramException) or unknown_method(error):
        return False
    if error.error_code == 403:
        return not says(error, *_PERSON_FORBIDS)
    return error.error_code == 401 or (error.error_code == 404 and str(error.description).lower() == "not found")


def concerns_the_bot(error: Exception) -> bool:
    """Return whether the bot is not served now, whoever is written to: refused, logged out, or at another server or
    program.
    """
    if bot_is_refused(error):
        return True
    if not isinstance(error, ApiTelegramException) or unknown_method(error):
        return False
    return error.error_code in _OF_THE_BOT or says(error, "logged out")


def refused(error: Exception) -> bool:
    """Return whether Telegram itself refuses this call, and would refuse it again."""
    if not isinstance(error, ApiTelegramException) or not 400 <= error.error_code < 500:
        return False
    return not unreachable(error) and not retry_after_s(error) and not concerns_the_bot(error)


def not_taken(error: Exception) -> bool:
    """Return whether the server, or a proxy, does not take this kind of content, but may take text."""
    if isinstance(error, ApiTelegramException):
        return refused(error) or (error.error_code == 404 and not unreachable(error))
    return is_page(error)


def retry_after_s(error: Exception) -> int:
    """Return how long Telegram asks us to wait, in seconds; 0 if it does not."""
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


def not_done(error: Exception) -> bool:
    """Return whether the call certainly had no effect, for reasons unrelated to the person: Telegram was not
    reached, a proxy turned the call away, or the bot is not served.
    """
    if isinstance(error, TelegramUnreachable) and error.never_asked:
        return True
    return is_page(error) or concerns_the_bot(error)


def is_page(error: Exception) -> bool:
    """A proxy refuses the call with a page of its own."""
    return isinstance(error, BadAnswer) and 400 <= error.status < 500 and error.status != 429


def describe(error: Exception) -> str:
    """Describe a refusal for the log: Telegram's description, which contains no token."""
    if isinstance(error, ApiTelegramException):
        return f"{error.error_code} {error.description}"
    return re.sub(r"bot\d+:[\w-]+", "bot…", str(error))
