"""The shape of the Bot API's answers, checked before telebot reads them.

telebot trusts a server: it indexes `ok`, `error_code` and the fields of a result, and raises what no caller expects.
A proxy in front of Telegram, or another server in its place, may send anything. Answers that pass have a shape that
telebot can read; messages keep only the fields that the shop uses.
"""

import json
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeGuard

MOST_RETRY_AFTER_S = 3_600
"""The longest wait for a chat in seconds, whatever an answer asks for; it equals the longest wait of a letter."""
MOST_BYTES = 16 * 1024 * 1024
"""The largest answer in bytes; a hundred updates take far less."""
_NUMBERS = 2**63
_LONGEST_TEXT = 1_000


class TelegramUnreachable(Exception):
    """No answer from the Bot API; says nothing about whether the call took effect, unless it was `never_asked`."""

    def __init__(self, reason: str, *, never_asked: bool = False) -> None:
        super().__init__(reason)
        self.never_asked = never_asked


class BadAnswer(TelegramUnreachable):
    """An answer that the Bot API never gives; `is_result`: only its result is wrong."""

    def __init__(self, reason: str, status: int, *, is_result: bool = False) -> None:
        super().__init__(f"status {status}, {reason}")
        self.status = status
        self.is_result = is_result


class TelegramReply:
    """The part of a response that telebot reads: an answer whose shape was checked."""

    __slots__ = ("_answer", "reason", "status_code")

    def __init__(self, status_code: int, answer: dict[str, Any], reason: str) -> None:
        self.status_code = status_code
        self.reason = reason
        self._answer = answer

    @property
    def text(self) -> str:
        """The text for telebot's own log, without anything that people wrote."""
        return ""

    def json(self) -> dict[str, Any]:
        """The answer."""
        return self._answer


def checked(method: str, status: int, content: bytes) -> dict[str, Any]:
    """Read an answer to a method (Bot API, “Making requests”).

    Raises:
        BadAnswer: it is not a JSON object with `ok` and, where that is true, with a result that the method has.
    """
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError):
        raise BadAnswer("the answer is not JSON", status) from None
    if not isinstance(answer, dict) or not isinstance(answer.get("ok"), bool):
        raise BadAnswer("an answer without ok", status)
    if not answer["ok"]:
        return _refusal(answer, status)
    if "result" not in answer or status >= 400:
        raise BadAnswer("an answer without a result", status)
    read = _READERS.get(method.lower())
    try:
        return {"ok": True, "result": read(answer["result"]) if read else answer["result"]}
    except (LookupError, TypeError, ValueError):
        raise BadAnswer(f"another result than {method} has", status, is_result=True) from None


def printable(text: str) -> str:
    """Replace lone surrogates, which JSON can escape and UTF-8 cannot hold."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def is_number(value: object) -> TypeGuard[int]:
    """Return whether this is a whole number that the database can hold."""
    return isinstance(value, int) and not isinstance(value, bool) and -_NUMBERS <= value < _NUMBERS


def _refusal(answer: dict[str, Any], status: int) -> dict[str, Any]:
    code, description, given = answer.get("error_code"), answer.get("description"), answer.get("parameters")
    refusal: dict[str, Any] = {
        "ok": False,
        "error_code": code if is_number(code) else status,
        "description": printable(description)[:_LONGEST_TEXT] if isinstance(description, str) else "no reason given",
    }
    if not isinstance(given, dict):
        return refusal
    wait_s, new_id = given.get("retry_after"), given.get("migrate_to_chat_id")
    if is_number(wait_s):
        refusal["parameters"] = {"retry_after": min(max(wait_s, 1), MOST_RETRY_AFTER_S)}
    if is_number(new_id):
        refusal.setdefault("parameters", {})["migrate_to_chat_id"] = new_id
    return refusal


def number_of(value: object) -> int:
    """Read a number. Raises: ValueError."""
    if not is_number(value):
        raise ValueError
    return value


def text_of(value: object) -> str:
    """Read a text that can be printed. Raises: TypeError."""
    if not isinstance(value, str):
        raise TypeError
    return printable(value)


def _user(result: Any) -> dict[str, Any]:
    if not isinstance(result["is_bot"], bool):
        raise TypeError
    user = {"id": number_of(result["id"]), "is_bot": result["is_bot"], "first_name": text_of(result["first_name"])}
    return user | ({"username": text_of(result["username"])} if "username" in result else {})


def _message(result: Any) -> dict[str, Any]:
    chat = result.get("chat") if isinstance(result, dict) else None
    message = {
        "message_id": number_of(result["message_id"]),
        "date": result["date"] if is_number(result.get("date")) else 0,
        "chat": {"id": number_of(chat["id"]), "type": "private"} if isinstance(chat, dict) else {"id": 0, "type": ""},
    }
    return message | ({"photo": [_photo(size) for size in result["photo"]]} if result.get("photo") else {})


def _photo(size: Any) -> dict[str, Any]:
    file_id = text_of(size["file_id"])
    return {"file_id": file_id, "file_unique_id": file_id, "width": 0, "height": 0}


def _edited(result: Any) -> Any:
    return True if result is True else _message(result)


def _true(result: Any) -> bool:
    if result is not True:
        raise ValueError
    return True


def _updates(result: Any) -> list[Any]:
    if not isinstance(result, list):
        raise TypeError
    return result


def _file(result: Any) -> dict[str, Any]:
    return {"file_id": "", "file_unique_id": "", "file_path": text_of(result["file_path"])}


def _webhook(result: Any) -> dict[str, Any]:
    url, kinds = text_of(result["url"]), result.get("allowed_updates")
    return {
        "url": url,
        "has_custom_certificate": result.get("has_custom_certificate") is True,
        "pending_update_count": number_of(result.get("pending_update_count", 0)),
        "last_error_date": number_of(result.get("last_error_date", 0)),
        "last_error_message": text_of(result.get("last_error_message", ""))[:_LONGEST_TEXT],
        "allowed_updates": [text_of(kind) for kind in kinds] if isinstance(kinds, list) else None,
    }


_READERS: Mapping[str, Callable[[Any], Any]] = MappingProxyType(
    {
        "getme": _user,
        "getupdates": _updates,
        "getfile": _file,
        "getwebhookinfo": _webhook,
        "sendmessage": _message,
        "sendphoto": _message,
        "senddocument": _message,
        "sendvideo": _message,
        "sendvoice": _message,
        "sendinvoice": _message,
        "editmessagetext": _edited,
        "editmessagecaption": _edited,
        "editmessagemedia": _message,
        "deletemessage": _true,
        "answercallbackquery": _true,
        "answerprecheckoutquery": _true,
        "refundstarpayment": _true,
        "setmycommands": _true,
        "setwebhook": _true,
        "deletewebhook": _true,
    }
)
"""The reader of each method's result; `stars.py` reads those of `getStarTransactions` and `getMyStarBalance`."""
